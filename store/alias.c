/* Aliases of state machines. */
#include "store/internal.h"

static void read_alias(sqlite3_stmt *st, struct arena *a, struct store_alias *ret_alias)
{
    *ret_alias = (struct store_alias){
        .machine = sqlite3_column_int64(st, 0),
        .name = column_str(st, 1, a),
        .creation_ms = sqlite3_column_int64(st, 2),
        .update_ms = sqlite3_column_int64(st, 3),
        .description = column_str(st, 4, a),
        .routes[0] = {.version = sqlite3_column_int64(st, 5),
                      .weight = sqlite3_column_int64(st, 6)},
        .routes[1] = {.version = sqlite3_column_int64(st, 7),
                      .weight = sqlite3_column_int64(st, 8)},
    };
    ret_alias->routes_len = ret_alias->routes[1].version ? 2 : 1;
}

/* What adding and updating both write, from parameter 4 on. */
static void bind_content(sqlite3_stmt *st, const struct store_alias *alias)
{
    bool both = alias->routes_len == 2;

    CHECK(both || alias->routes_len == 1);
    bind_int_or_null(st, 4, alias->update_ms);
    bind_str(st, 5, alias->description);
    bind_int(st, 6, alias->routes[0].version);
    bind_int(st, 7, alias->routes[0].weight);
    if (both) {
        bind_int(st, 8, alias->routes[1].version);
        bind_int(st, 9, alias->routes[1].weight);
    } else {
        (void)sqlite3_bind_null(st, 8);
        (void)sqlite3_bind_null(st, 9);
    }
}

int store_add_alias(struct store *s, const struct store_alias *alias)
{
    sqlite3_stmt *st = statement_get(s, STMT_ADD_ALIAS);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, alias->machine);
    bind_str(st, 2, alias->name);
    bind_int(st, 3, alias->creation_ms);
    bind_content(st, alias);
    return statement_run(s, st);
}

int store_update_alias(struct store *s, const struct store_alias *alias)
{
    sqlite3_stmt *st = statement_get(s, STMT_UPDATE_ALIAS);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, alias->machine);
    bind_str(st, 2, alias->name);
    bind_content(st, alias);
    return statement_change(s, st);
}

int store_get_alias(struct store *s, struct arena *a, int64_t machine, const char *name,
                    struct store_alias *ret_alias)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_ALIAS);
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, machine);
    bind_str(st, 2, name);
    r = statement_one(s, st);
    if (r < 0)
        return r;

    read_alias(st, a, ret_alias);
    (void)sqlite3_reset(st);
    return 0;
}

int store_delete_alias(struct store *s, int64_t machine, const char *name)
{
    sqlite3_stmt *st = statement_get(s, STMT_DELETE_ALIAS);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, machine);
    bind_str(st, 2, name);
    return statement_change(s, st);
}

int store_count_aliases(struct store *s, int64_t machine, int64_t *ret_count)
{
    sqlite3_stmt *st = statement_get(s, STMT_COUNT_ALIASES);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, machine);
    return statement_number(s, st, ret_count);
}

int store_list_aliases(struct store *s, struct arena *a, int64_t machine, int64_t version,
                       const char *after, int max,
                       void (*visit)(void *arg, const struct store_alias *alias), void *arg)
{
    sqlite3_stmt *st = statement_get(s, version ? STMT_LIST_ALIASES_OF_VERSION : STMT_LIST_ALIASES);
    struct store_alias alias;
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, machine);
    bind_str(st, 2, after);
    bind_int(st, 3, max);
    if (version)
        bind_int(st, 4, version);
    while ((r = statement_row(s, st)) > 0) {
        read_alias(st, a, &alias);
        visit(arg, &alias);
    }
    return r;
}
