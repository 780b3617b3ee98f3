/* Published versions of state machines. */
#include "store/internal.h"

static void read_version(sqlite3_stmt *st, struct arena *a, struct store_version *ret_version)
{
    *ret_version = (struct store_version){
        .machine = sqlite3_column_int64(st, 0),
        .number = sqlite3_column_int64(st, 1),
        .revision = sqlite3_column_int64(st, 2),
        .creation_ms = sqlite3_column_int64(st, 3),
        .description = column_str(st, 4, a),
    };
}

/* The row goes in before the machine's count moves, so that a refusal uses up no number. */
static int add_version(struct store *s, const struct store_version *v, int64_t *ret_number)
{
    sqlite3_stmt *st = statement_get(s, STMT_ADD_VERSION);
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, v->machine);
    bind_int(st, 2, v->revision);
    bind_int(st, 3, v->creation_ms);
    bind_str(st, 4, v->description);
    r = statement_run(s, st);
    if (r < 0)
        return r;

    st = statement_get(s, STMT_COUNT_VERSION_UP);
    if (!st)
        return ERR_DB;

    bind_int(st, 1, v->machine);
    return statement_number(s, st, ret_number);
}

int store_add_version(struct store *s, struct store_version *v)
{
    int64_t number = 0;
    bool own;
    int r;

    r = store_enter(s, &own);
    if (r < 0)
        return r;

    r = store_leave(s, own, add_version(s, v, &number));
    if (r < 0)
        return r;

    v->number = number;
    return 0;
}

static int get_version(struct store *s, sqlite3_stmt *st, struct arena *a,
                       struct store_version *ret_version)
{
    int r = statement_one(s, st);

    if (r < 0)
        return r;

    read_version(st, a, ret_version);
    (void)sqlite3_reset(st);
    return 0;
}

int store_get_version(struct store *s, struct arena *a, int64_t machine, int64_t number,
                      struct store_version *ret_version)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_VERSION);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, machine);
    bind_int(st, 2, number);
    return get_version(s, st, a, ret_version);
}

int store_get_version_of_revision(struct store *s, struct arena *a, int64_t revision,
                                  struct store_version *ret_version)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_VERSION_OF_REVISION);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, revision);
    return get_version(s, st, a, ret_version);
}

int store_get_first_version(struct store *s, struct arena *a, int64_t machine,
                            struct store_version *ret_version)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_FIRST_VERSION);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, machine);
    return get_version(s, st, a, ret_version);
}

/* The one foreign key that points to a version is an alias's. */
int store_delete_version(struct store *s, int64_t machine, int64_t number)
{
    sqlite3_stmt *st = statement_get(s, STMT_DELETE_VERSION);
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, machine);
    bind_int(st, 2, number);
    r = statement_run(s, st);
    if (r < 0)
        return r == ERR_NOT_FOUND ? ERR_CONFLICT : r;

    return sqlite3_changes(s->db) ? 0 : ERR_NOT_FOUND;
}

int store_count_versions(struct store *s, int64_t machine, int64_t *ret_count)
{
    sqlite3_stmt *st = statement_get(s, STMT_COUNT_VERSIONS);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, machine);
    return statement_number(s, st, ret_count);
}

int store_list_versions(struct store *s, struct arena *a, int64_t machine, int64_t before, int max,
                        void (*visit)(void *arg, const struct store_version *v), void *arg)
{
    sqlite3_stmt *st = statement_get(s, STMT_LIST_VERSIONS);
    struct store_version v;
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, machine);
    bind_int(st, 2, before);
    bind_int(st, 3, max);
    while ((r = statement_row(s, st)) > 0) {
        read_version(st, a, &v);
        visit(arg, &v);
    }
    return r;
}
