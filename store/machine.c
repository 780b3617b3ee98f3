#include "store/internal.h"

static void read_machine(sqlite3_stmt *st, struct arena *a, struct store_machine *ret_machine)
{
    *ret_machine = (struct store_machine){
        .id = sqlite3_column_int64(st, 0),
        .account = column_str(st, 1, a),
        .region = column_str(st, 2, a),
        .name = column_str(st, 3, a),
        .type = (enum machine_type)sqlite3_column_int(st, 4),
        .status = (enum machine_status)sqlite3_column_int(st, 5),
        .creation_ms = sqlite3_column_int64(st, 6),
        .revision = sqlite3_column_int64(st, 7),
    };
}

/* Inserts r and makes it the current revision of its machine. */
static int insert_revision(struct store *s, const struct store_revision *r, int64_t *ret_id)
{
    sqlite3_stmt *st = statement_get(s, STMT_ADD_REVISION);
    int64_t id;
    int result;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, r->machine);
    bind_str(st, 2, r->revision_id);
    bind_int(st, 3, r->creation_ms);
    bind_text(st, 4, r->definition);
    bind_str(st, 5, r->role_arn);
    bind_str(st, 6, r->logging);
    bind_str(st, 7, r->tracing);
    bind_str(st, 8, r->encryption);
    bind_str(st, 9, r->variable_references);
    result = statement_run(s, st);
    if (result < 0)
        return result;

    id = sqlite3_last_insert_rowid(s->db);
    st = statement_get(s, STMT_SET_MACHINE_REVISION);
    if (!st)
        return ERR_DB;

    bind_int(st, 1, id);
    bind_int(st, 2, r->machine);
    result = statement_run(s, st);
    if (result < 0)
        return result;

    *ret_id = id;
    return 0;
}

/* A machine points to its revision and the revision to its machine, so the machine goes in with the
 * revision 0, which the deferred foreign key tolerates until the transaction ends. */
static int insert_machine(struct store *s, const struct store_machine *m,
                          const struct store_revision *r, int64_t *ret_id, int64_t *ret_revision)
{
    sqlite3_stmt *st = statement_get(s, STMT_ADD_MACHINE);
    struct store_revision revision = *r;
    int result;

    if (!st)
        return ERR_DB;

    bind_name(st, m->account, m->region, m->name);
    bind_int(st, 4, m->type);
    bind_int(st, 5, m->status);
    bind_int(st, 6, m->creation_ms);
    result = statement_run(s, st);
    if (result < 0)
        return result;

    revision.machine = sqlite3_last_insert_rowid(s->db);
    result = insert_revision(s, &revision, ret_revision);
    if (result < 0)
        return result;

    *ret_id = revision.machine;
    return 0;
}

int store_add_machine(struct store *s, struct store_machine *m, struct store_revision *r)
{
    int64_t id = 0;
    int64_t revision = 0;
    bool own;
    int result;

    result = store_enter(s, &own);
    if (result < 0)
        return result;

    result = store_leave(s, own, insert_machine(s, m, r, &id, &revision));
    if (result < 0)
        return result;

    m->id = r->machine = id;
    m->revision = r->id = revision;
    return 0;
}

int store_add_revision(struct store *s, struct store_revision *r)
{
    int64_t id = 0;
    bool own;
    int result;

    result = store_enter(s, &own);
    if (result < 0)
        return result;

    result = store_leave(s, own, insert_revision(s, r, &id));
    if (result < 0)
        return result;

    r->id = id;
    return 0;
}

static int get_machine(struct store *s, sqlite3_stmt *st, struct arena *a,
                       struct store_machine *ret_machine)
{
    int r = statement_one(s, st);

    if (r < 0)
        return r;

    read_machine(st, a, ret_machine);
    (void)sqlite3_reset(st);
    return 0;
}

int store_get_machine(struct store *s, struct arena *a, const char *account, const char *region,
                      const char *name, struct store_machine *ret_machine)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_MACHINE);

    if (!st)
        return ERR_DB;

    bind_name(st, account, region, name);
    return get_machine(s, st, a, ret_machine);
}

int store_get_machine_by_id(struct store *s, struct arena *a, int64_t id,
                            struct store_machine *ret_machine)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_MACHINE_BY_ID);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, id);
    return get_machine(s, st, a, ret_machine);
}

int store_get_revision(struct store *s, struct arena *a, int64_t id,
                       struct store_revision *ret_revision)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_REVISION);
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, id);
    r = statement_one(s, st);
    if (r < 0)
        return r;

    *ret_revision = (struct store_revision){
        .id = sqlite3_column_int64(st, 0),
        .machine = sqlite3_column_int64(st, 1),
        .revision_id = column_str(st, 2, a),
        .creation_ms = sqlite3_column_int64(st, 3),
        .definition = column_text(st, 4, a),
        .role_arn = column_str(st, 5, a),
        .logging = column_str(st, 6, a),
        .tracing = column_str(st, 7, a),
        .encryption = column_str(st, 8, a),
        .variable_references = column_str(st, 9, a),
    };
    (void)sqlite3_reset(st);
    return 0;
}

int store_set_machine_status(struct store *s, int64_t id, enum machine_status status)
{
    sqlite3_stmt *st = statement_get(s, STMT_SET_MACHINE_STATUS);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, status);
    bind_int(st, 2, id);
    return statement_change(s, st);
}

/* Revisions, versions and aliases go with their machine's row. */
static int delete_machine(struct store *s, int64_t id, int max, bool *ret_done)
{
    sqlite3_stmt *st = statement_get(s, STMT_LIST_OF_MACHINE);
    int removed;
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, id);
    r = execution_remove_some(s, st, max, &removed);
    if (r < 0)
        return r;

    if (removed >= max) {
        *ret_done = false;
        return 0;
    }

    r = statement_run_for(s, STMT_DELETE_MACHINE, id);
    if (r < 0)
        return r;

    *ret_done = true;
    return 0;
}

int store_delete_machine(struct store *s, int64_t id, int max, bool *ret_done)
{
    bool done = false;
    bool own;
    int r;

    CHECK(max > 0);
    r = store_enter(s, &own);
    if (r < 0)
        return r;

    r = store_leave(s, own, delete_machine(s, id, max, &done));
    if (r < 0)
        return r;

    *ret_done = done;
    return 0;
}

int store_list_deleting(struct store *s, struct arena *a, int64_t **ret_ids, size_t *ret_len)
{
    sqlite3_stmt *st = statement_get(s, STMT_LIST_DELETING);
    int64_t *ids = NULL;
    size_t len = 0;
    size_t cap = 0;
    int r;

    if (!st)
        return ERR_DB;

    while ((r = statement_row(s, st)) > 0) {
        ids = array_grow(a, ids, len, &cap, sizeof(*ids));
        ids[len++] = sqlite3_column_int64(st, 0);
    }
    if (r < 0)
        return r;

    *ret_ids = ids;
    *ret_len = len;
    return 0;
}

int store_count_machines(struct store *s, const char *account, const char *region,
                         int64_t *ret_count)
{
    sqlite3_stmt *st = statement_get(s, STMT_COUNT_MACHINES);

    if (!st)
        return ERR_DB;

    bind_str(st, 1, account);
    bind_str(st, 2, region);
    return statement_number(s, st, ret_count);
}

int store_list_machines(struct store *s, struct arena *a, const char *account, const char *region,
                        const char *after, int max,
                        void (*visit)(void *arg, const struct store_machine *m), void *arg)
{
    sqlite3_stmt *st = statement_get(s, STMT_LIST_MACHINES);
    struct store_machine m;
    int r;

    if (!st)
        return ERR_DB;

    bind_name(st, account, region, after);
    bind_int(st, 4, max);
    while ((r = statement_row(s, st)) > 0) {
        read_machine(st, a, &m);
        visit(arg, &m);
    }
    return r;
}
