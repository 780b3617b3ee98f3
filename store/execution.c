#include "store/internal.h"

int store_last_execution_id(struct store *s, int64_t *ret_id)
{
    sqlite3_stmt *st = statement_get(s, STMT_LAST_EXECUTION);

    return st ? statement_number(s, st, ret_id) : ERR_DB;
}

int store_add_execution(struct store *s, const struct store_execution *e)
{
    sqlite3_stmt *st = statement_get(s, STMT_ADD_EXECUTION);

    CHECK(e->id > 0 && e->id < INT64_MAX >> NUMBER_KEY_BITS);
    if (!st)
        return ERR_DB;

    bind_int(st, 1, e->id);
    bind_int(st, 2, e->machine);
    bind_int(st, 3, e->revision);
    bind_str(st, 4, e->name);
    bind_int(st, 5, e->status);
    bind_int(st, 6, e->start_ms);
    bind_int_or_null(st, 7, e->stop_ms);
    bind_int_or_null(st, 8, e->redrive_ms);
    bind_int(st, 9, e->redrive_count);
    bind_int(st, 10, e->event_count);
    bind_int(st, 11, e->payload_count);
    bind_int(st, 12, e->branch_count);
    bind_int_or_null(st, 13, e->timeout_ms);
    bind_str(st, 14, e->version_arn);
    bind_str(st, 15, e->alias_arn);
    bind_int_or_null(st, 16, e->map_run);
    if (e->map_run) {
        bind_int(st, 17, e->item);
        bind_int(st, 18, e->item_count);
    } else {
        bind_int_or_null(st, 17, 0);
        bind_int_or_null(st, 18, 0);
    }
    bind_str(st, 19, e->trace_header);
    bind_str(st, 20, e->error);
    bind_str(st, 21, e->cause);
    bind_store_text(st, 22, &e->input);
    bind_store_text(st, 23, &e->output);
    bind_str(st, 24, e->test_case);
    return statement_run(s, st);
}

/* Bit n: an execution of status n may be written as `to`.  Only an open one may; to RUNNING there
 * is no way but the redrive. */
static unsigned statuses_before(enum execution_status to)
{
    static const enum execution_status open[] = {EXECUTION_RUNNING, EXECUTION_PENDING_REDRIVE};
    unsigned mask = 0;

    for (size_t i = 0; i < ARRAY_LEN(open); i++) {
        if (open[i] == to || (to != EXECUTION_RUNNING && execution_status_can_move(open[i], to)))
            mask |= 1U << open[i];
    }
    return mask;
}

static bool execution_exists(struct store *s, int64_t id)
{
    sqlite3_stmt *st = statement_get(s, STMT_HAS_EXECUTION);
    int64_t one;

    if (!st)
        return false;

    bind_int(st, 1, id);
    return statement_number(s, st, &one) == 0;
}

/* The progress of an open execution touches no index, so it has a statement of its own. */
int store_update_execution(struct store *s, const struct store_execution *e)
{
    bool closed = execution_status_is_closed(e->status);
    sqlite3_stmt *st = statement_get(s, closed ? STMT_CLOSE_EXECUTION : STMT_UPDATE_EXECUTION);
    int r;

    CHECK(closed || (!e->stop_ms && !e->error && !e->cause));
    CHECK(closed || (!e->output.number && !e->output.text.data));
    if (!st)
        return ERR_DB;

    bind_int(st, 1, e->id);
    bind_int(st, 2, e->event_count);
    bind_int(st, 3, e->payload_count);
    bind_int(st, 4, e->branch_count);
    bind_int_or_null(st, 5, e->timeout_ms);
    bind_int(st, 6, e->status);
    if (closed) {
        bind_int(st, 7, e->stop_ms);
        bind_store_text(st, 8, &e->output);
        bind_str(st, 9, e->error);
        bind_str(st, 10, e->cause);
        bind_int(st, 11, statuses_before(e->status));
    }
    r = statement_run(s, st);
    if (r < 0)
        return r;

    if (sqlite3_changes(s->db))
        return 0;
    if (execution_exists(s, e->id))
        return ERR_CONFLICT;
    return s->failed ? ERR_DB : ERR_NOT_FOUND;
}

static void read_list_columns(sqlite3_stmt *st, struct arena *a, struct store_execution *ret_e)
{
    *ret_e = (struct store_execution){
        .id = sqlite3_column_int64(st, 0),
        .machine = sqlite3_column_int64(st, 1),
        .revision = sqlite3_column_int64(st, 2),
        .name = column_str(st, 3, a),
        .status = (enum execution_status)sqlite3_column_int(st, 4),
        .start_ms = sqlite3_column_int64(st, 5),
        .stop_ms = sqlite3_column_int64(st, 6),
        .redrive_ms = sqlite3_column_int64(st, 7),
        .redrive_count = sqlite3_column_int64(st, 8),
        .event_count = sqlite3_column_int64(st, 9),
        .payload_count = sqlite3_column_int64(st, 10),
        .branch_count = sqlite3_column_int64(st, 11),
        .timeout_ms = sqlite3_column_int64(st, 12),
        .version_arn = column_str(st, 13, a),
        .alias_arn = column_str(st, 14, a),
        .map_run = sqlite3_column_int64(st, 15),
        .item = sqlite3_column_int64(st, 16),
        .item_count = sqlite3_column_int64(st, 17),
    };
}

static int read_execution(struct store *s, sqlite3_stmt *st, struct arena *a,
                          struct store_execution *ret_execution)
{
    struct store_execution e;
    int r;

    read_list_columns(st, a, &e);
    e.trace_header = column_str(st, 18, a);
    e.error = column_str(st, 19, a);
    e.cause = column_str(st, 20, a);
    r = column_store_text(s, st, 21, a, e.id, &e.input);
    if (r < 0)
        return r;

    r = column_store_text(s, st, 22, a, e.id, &e.output);
    if (r < 0)
        return r;

    e.test_case = column_str(st, 23, a);
    *ret_execution = e;
    return 0;
}

static int get_execution(struct store *s, sqlite3_stmt *st, struct arena *a,
                         struct store_execution *ret_execution)
{
    int r = statement_one(s, st);

    if (r < 0)
        return r;

    r = read_execution(s, st, a, ret_execution);
    (void)sqlite3_reset(st);
    return r;
}

int store_get_execution(struct store *s, struct arena *a, int64_t machine, const char *name,
                        struct store_execution *ret_execution)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_EXECUTION);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, machine);
    bind_str(st, 2, name);
    return get_execution(s, st, a, ret_execution);
}

int store_get_execution_by_id(struct store *s, struct arena *a, int64_t id,
                              struct store_execution *ret_execution)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_EXECUTION_BY_ID);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, id);
    return get_execution(s, st, a, ret_execution);
}

int store_find_execution(struct store *s, int64_t machine, const char *name, int64_t *ret_id,
                         enum execution_status *ret_status)
{
    sqlite3_stmt *st = statement_get(s, STMT_FIND_EXECUTION);
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, machine);
    bind_str(st, 2, name);
    r = statement_one(s, st);
    if (r < 0)
        return r;

    *ret_id = sqlite3_column_int64(st, 0);
    *ret_status = (enum execution_status)sqlite3_column_int(st, 1);
    (void)sqlite3_reset(st);
    return 0;
}

int store_count_open_executions(struct store *s, int64_t *ret_count)
{
    sqlite3_stmt *st = statement_get(s, STMT_COUNT_OPEN);

    return st ? statement_number(s, st, ret_count) : ERR_DB;
}

int store_list_running(struct store *s, int64_t after, int64_t *ret_ids, int max, int *ret_len)
{
    sqlite3_stmt *st = statement_get(s, STMT_LIST_RUNNING);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, after);
    bind_int(st, 2, max);
    return statement_numbers(s, st, ret_ids, ret_len);
}

/* Parameter 1, whose executions they are, is bound. */
static int list_executions(struct store *s, sqlite3_stmt *st, struct arena *a,
                           enum execution_status status, int64_t before, int max,
                           void (*visit)(void *arg, const struct store_execution *e), void *arg)
{
    struct store_execution e;
    int r;

    bind_int(st, 2, before);
    bind_int(st, 3, max);
    if (status)
        bind_int(st, 4, status);
    while ((r = statement_row(s, st)) > 0) {
        read_list_columns(st, a, &e);
        visit(arg, &e);
    }
    return r;
}

int store_list_executions(struct store *s, struct arena *a, int64_t machine,
                          enum execution_status status, int64_t before, int max,
                          void (*visit)(void *arg, const struct store_execution *e), void *arg)
{
    sqlite3_stmt *st =
        statement_get(s, status ? STMT_LIST_EXECUTIONS_WITH_STATUS : STMT_LIST_EXECUTIONS);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, machine);
    return list_executions(s, st, a, status, before, max, visit, arg);
}

int store_list_executions_started(struct store *s, struct arena *a, enum store_started_by by,
                                  const char *arn, enum execution_status status, int64_t before,
                                  int max,
                                  void (*visit)(void *arg, const struct store_execution *e),
                                  void *arg)
{
    static const enum statement statements[][2] = {
        [STARTED_BY_VERSION] = {STMT_LIST_OF_VERSION, STMT_LIST_OF_VERSION_WITH_STATUS},
        [STARTED_BY_ALIAS] = {STMT_LIST_OF_ALIAS, STMT_LIST_OF_ALIAS_WITH_STATUS},
    };
    sqlite3_stmt *st = statement_get(s, statements[by][status != 0]);

    if (!st)
        return ERR_DB;

    bind_str(st, 1, arn);
    return list_executions(s, st, a, status, before, max, visit, arg);
}

int store_list_children(struct store *s, struct arena *a, int64_t map_run,
                        enum execution_status status, enum store_redriven redriven, int64_t before,
                        int max, void (*visit)(void *arg, const struct store_execution *e),
                        void *arg)
{
    sqlite3_stmt *st =
        statement_get(s, status ? STMT_LIST_CHILDREN_WITH_STATUS : STMT_LIST_CHILDREN);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, map_run);
    bind_int(st, 5, redriven);
    return list_executions(s, st, a, status, before, max, visit, arg);
}

/* The tokens go with their execution's row.  Of a parent only the Map Runs go at once: it may have very
 * many children, which expire by themselves once their Map Run is gone. */
int execution_remove(struct store *s, int64_t id)
{
    static const struct {
        enum statement number;
        int key_bits;
    } ranges[] = {
        {STMT_DELETE_EVENTS, EVENT_KEY_BITS},
        {STMT_DELETE_PAYLOADS, NUMBER_KEY_BITS},
        {STMT_DELETE_BRANCHES, NUMBER_KEY_BITS},
    };
    sqlite3_stmt *st;
    int r;

    for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
        st = statement_get(s, ranges[i].number);
        if (!st)
            return ERR_DB;

        bind_int(st, 1, id << ranges[i].key_bits);
        bind_int(st, 2, (id + 1) << ranges[i].key_bits);
        r = statement_run(s, st);
        if (r < 0)
            return r;
    }

    r = statement_run_for(s, STMT_DELETE_MAP_RUNS, id);
    if (r < 0)
        return r;

    return statement_run_for(s, STMT_DELETE_EXECUTION, id);
}

int execution_remove_some(struct store *s, sqlite3_stmt *st, int max, int *ret_removed)
{
    int64_t ids[64];
    int removed = 0;
    int len;
    int r;

    do {
        bind_int(st, 2, MIN(max - removed, (int)ARRAY_LEN(ids)));
        len = 0;
        r = statement_numbers(s, st, ids, &len);
        for (int i = 0; i < len && r == 0; i++)
            r = execution_remove(s, ids[i]);
        if (r < 0)
            return r;

        removed += len;
    } while (len > 0 && removed < max);

    *ret_removed = removed;
    return 0;
}

static int expire_executions(struct store *s, int64_t closed_before_ms, int max, int *ret_removed)
{
    sqlite3_stmt *st = statement_get(s, STMT_LIST_EXPIRED);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, closed_before_ms);
    return execution_remove_some(s, st, max, ret_removed);
}

int store_expire_executions(struct store *s, int64_t closed_before_ms, int max, int *ret_removed)
{
    int removed = 0;
    bool own;
    int r;

    CHECK(max > 0);
    r = store_enter(s, &own);
    if (r < 0)
        return r;

    r = store_leave(s, own, expire_executions(s, closed_before_ms, max, &removed));
    if (r < 0)
        return r;

    *ret_removed = removed;
    return 0;
}
