/* Activities, and the tags of any resource. */
#include "store/internal.h"

static void read_activity(sqlite3_stmt *st, struct arena *a, struct store_activity *ret_activity)
{
    *ret_activity = (struct store_activity){
        .id = sqlite3_column_int64(st, 0),
        .account = column_str(st, 1, a),
        .region = column_str(st, 2, a),
        .name = column_str(st, 3, a),
        .creation_ms = sqlite3_column_int64(st, 4),
        .encryption = column_str(st, 5, a),
    };
}

int store_add_activity(struct store *s, struct store_activity *act)
{
    sqlite3_stmt *st = statement_get(s, STMT_ADD_ACTIVITY);
    int r;

    if (!st)
        return ERR_DB;

    bind_name(st, act->account, act->region, act->name);
    bind_int(st, 4, act->creation_ms);
    bind_str(st, 5, act->encryption);
    r = statement_run(s, st);
    if (r < 0)
        return r;

    act->id = sqlite3_last_insert_rowid(s->db);
    return 0;
}

int store_get_activity(struct store *s, struct arena *a, const char *account, const char *region,
                       const char *name, struct store_activity *ret_activity)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_ACTIVITY);
    int r;

    if (!st)
        return ERR_DB;

    bind_name(st, account, region, name);
    r = statement_one(s, st);
    if (r < 0)
        return r;

    read_activity(st, a, ret_activity);
    (void)sqlite3_reset(st);
    return 0;
}

int store_delete_activity(struct store *s, int64_t id)
{
    sqlite3_stmt *st = statement_get(s, STMT_DELETE_ACTIVITY);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, id);
    return statement_change(s, st);
}

int store_count_activities(struct store *s, const char *account, const char *region,
                           int64_t *ret_count)
{
    sqlite3_stmt *st = statement_get(s, STMT_COUNT_ACTIVITIES);

    if (!st)
        return ERR_DB;

    bind_str(st, 1, account);
    bind_str(st, 2, region);
    return statement_number(s, st, ret_count);
}

int store_list_activities(struct store *s, struct arena *a, const char *account, const char *region,
                          const char *after, int max,
                          void (*visit)(void *arg, const struct store_activity *act), void *arg)
{
    sqlite3_stmt *st = statement_get(s, STMT_LIST_ACTIVITIES);
    struct store_activity act;
    int r;

    if (!st)
        return ERR_DB;

    bind_name(st, account, region, after);
    bind_int(st, 4, max);
    while ((r = statement_row(s, st)) > 0) {
        read_activity(st, a, &act);
        visit(arg, &act);
    }
    return r;
}

int store_put_tag(struct store *s, const char *arn, const char *key, const char *value)
{
    sqlite3_stmt *st = statement_get(s, STMT_PUT_TAG);

    if (!st)
        return ERR_DB;

    bind_str(st, 1, arn);
    bind_str(st, 2, key);
    bind_str(st, 3, value);
    return statement_run(s, st);
}

int store_delete_tag(struct store *s, const char *arn, const char *key)
{
    sqlite3_stmt *st = statement_get(s, STMT_DELETE_TAG);

    if (!st)
        return ERR_DB;

    bind_str(st, 1, arn);
    bind_str(st, 2, key);
    return statement_run(s, st);
}

int store_delete_tags(struct store *s, const char *arn)
{
    sqlite3_stmt *st = statement_get(s, STMT_DELETE_TAGS);

    if (!st)
        return ERR_DB;

    bind_str(st, 1, arn);
    return statement_run(s, st);
}

int store_list_tags(struct store *s, struct arena *a, const char *arn,
                    void (*visit)(void *arg, const char *key, const char *value), void *arg)
{
    sqlite3_stmt *st = statement_get(s, STMT_LIST_TAGS);
    int r;

    if (!st)
        return ERR_DB;

    bind_str(st, 1, arn);
    while ((r = statement_row(s, st)) > 0)
        visit(arg, column_str(st, 0, a), column_str(st, 1, a));
    return r;
}
