/* Map Runs and their children. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/internal.h"

/* ---- counts: kept as an array of numbers, in the order of the struct ---- */

enum { COUNTS = sizeof(struct store_map_counts) / sizeof(int64_t), COUNTS_SIZE = COUNTS * 21 + 2 };

static int64_t *count_at(struct store_map_counts *c, int i)
{
    int64_t *const fields[COUNTS] = {
        &c->total,     &c->started, &c->running,        &c->succeeded,       &c->failed,
        &c->timed_out, &c->aborted, &c->not_redrivable, &c->pending_redrive, &c->written,
    };

    return fields[i];
}

static const char *print_counts(const struct store_map_counts *counts, char buf[COUNTS_SIZE])
{
    struct store_map_counts c = *counts;
    int len = 0;

    for (int i = 0; i < COUNTS; i++)
        len += snprintf(buf + len, (size_t)(COUNTS_SIZE - len), "%c%" PRId64, i ? ',' : '[',
                        *count_at(&c, i));
    (void)snprintf(buf + len, (size_t)(COUNTS_SIZE - len), "]");
    return buf;
}

static void read_counts(const char *text, struct store_map_counts *ret_counts)
{
    struct store_map_counts c = {0};

    for (int i = 0; i < COUNTS && *text; i++) {
        char *end;

        *count_at(&c, i) = strtoll(text + 1, &end, 10);
        text = end;
    }
    *ret_counts = c;
}

/* ---- the runs ---- */

int store_add_map_run(struct store *s, struct store_map_run *run)
{
    sqlite3_stmt *st = statement_get(s, STMT_ADD_MAP_RUN);
    char executions[COUNTS_SIZE], items[COUNTS_SIZE];
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, run->machine);
    bind_int(st, 2, run->execution);
    bind_int(st, 3, run->revision);
    bind_str(st, 4, run->uuid);
    bind_str(st, 5, run->label);
    bind_str(st, 6, run->state);
    bind_int(st, 7, run->express);
    bind_int(st, 8, run->status);
    bind_int(st, 9, run->phase);
    bind_int(st, 10, run->outcome);
    bind_int(st, 11, run->start_ms);
    bind_int_or_null(st, 12, run->stop_ms);
    bind_int_or_null(st, 13, run->redrive_ms);
    bind_int(st, 14, run->redrive_count);
    bind_int(st, 15, run->max_concurrency);
    bind_int(st, 16, run->tolerated_count);
    (void)sqlite3_bind_double(st, 17, run->tolerated_percentage);
    bind_str(st, 18, run->error);
    bind_str(st, 19, run->cause);
    bind_str(st, 20, run->plan);
    bind_str(st, 21, print_counts(&run->executions, executions));
    bind_str(st, 22, print_counts(&run->items, items));
    bind_str(st, 23, run->objects);
    r = statement_run(s, st);
    if (r < 0)
        return r;

    run->id = sqlite3_last_insert_rowid(s->db);
    return 0;
}

int store_update_map_run(struct store *s, const struct store_map_run *run)
{
    sqlite3_stmt *st = statement_get(s, STMT_UPDATE_MAP_RUN);
    char executions[COUNTS_SIZE], items[COUNTS_SIZE];

    if (!st)
        return ERR_DB;

    bind_int(st, 1, run->id);
    bind_int(st, 2, run->status);
    bind_int(st, 3, run->phase);
    bind_int(st, 4, run->outcome);
    bind_int_or_null(st, 5, run->stop_ms);
    bind_int_or_null(st, 6, run->redrive_ms);
    bind_int(st, 7, run->redrive_count);
    bind_int(st, 8, run->max_concurrency);
    bind_int(st, 9, run->tolerated_count);
    (void)sqlite3_bind_double(st, 10, run->tolerated_percentage);
    bind_str(st, 11, run->error);
    bind_str(st, 12, run->cause);
    bind_str(st, 13, run->plan);
    bind_str(st, 14, print_counts(&run->executions, executions));
    bind_str(st, 15, print_counts(&run->items, items));
    bind_str(st, 16, run->objects);
    return statement_change(s, st);
}

static void read_map_run(sqlite3_stmt *st, struct arena *a, struct store_map_run *ret_run)
{
    const char *executions = column_str(st, 21, a);
    const char *items = column_str(st, 22, a);

    *ret_run = (struct store_map_run){
        .id = sqlite3_column_int64(st, 0),
        .machine = sqlite3_column_int64(st, 1),
        .execution = sqlite3_column_int64(st, 2),
        .revision = sqlite3_column_int64(st, 3),
        .uuid = column_str(st, 4, a),
        .label = column_str(st, 5, a),
        .state = column_str(st, 6, a),
        .express = sqlite3_column_int(st, 7) != 0,
        .status = (enum execution_status)sqlite3_column_int(st, 8),
        .phase = sqlite3_column_int(st, 9),
        .outcome = sqlite3_column_int(st, 10),
        .start_ms = sqlite3_column_int64(st, 11),
        .stop_ms = sqlite3_column_int64(st, 12),
        .redrive_ms = sqlite3_column_int64(st, 13),
        .redrive_count = sqlite3_column_int64(st, 14),
        .max_concurrency = sqlite3_column_int64(st, 15),
        .tolerated_count = sqlite3_column_int64(st, 16),
        .tolerated_percentage = sqlite3_column_double(st, 17),
        .error = column_str(st, 18, a),
        .cause = column_str(st, 19, a),
        .plan = column_str(st, 20, a),
        .objects = column_str(st, 23, a),
    };
    read_counts(executions, &ret_run->executions);
    read_counts(items, &ret_run->items);
}

static int get_map_run(struct store *s, sqlite3_stmt *st, struct arena *a,
                       struct store_map_run *ret_run)
{
    int r = statement_one(s, st);

    if (r < 0)
        return r;

    read_map_run(st, a, ret_run);
    (void)sqlite3_reset(st);
    return 0;
}

int store_get_map_run(struct store *s, struct arena *a, int64_t machine, const char *uuid,
                      struct store_map_run *ret_run)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_MAP_RUN);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, machine);
    bind_str(st, 2, uuid);
    return get_map_run(s, st, a, ret_run);
}

int store_get_map_run_by_id(struct store *s, struct arena *a, int64_t id,
                            struct store_map_run *ret_run)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_MAP_RUN_BY_ID);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, id);
    return get_map_run(s, st, a, ret_run);
}

int store_list_map_runs(struct store *s, struct arena *a, int64_t execution, int64_t before,
                        int max, void (*visit)(void *arg, const struct store_map_run *run),
                        void *arg)
{
    sqlite3_stmt *st = statement_get(s, STMT_LIST_MAP_RUNS);
    struct store_map_run run;
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, execution);
    bind_int(st, 2, before);
    bind_int(st, 3, max);
    while ((r = statement_row(s, st)) > 0) {
        read_map_run(st, a, &run);
        visit(arg, &run);
    }
    return r;
}

int store_list_open_map_runs(struct store *s, int64_t after, int64_t *ret_ids, int max,
                             int *ret_len)
{
    sqlite3_stmt *st = statement_get(s, STMT_LIST_OPEN_MAP_RUNS);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, after);
    bind_int(st, 2, max);
    return statement_numbers(s, st, ret_ids, ret_len);
}

/* ---- captured items ---- */

int store_put_map_items(struct store *s, int64_t map_run, const struct store_map_items *items)
{
    sqlite3_stmt *st = statement_get(s, STMT_PUT_MAP_ITEMS);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, map_run);
    bind_int(st, 2, items->first);
    bind_str(st, 3, items->source);
    bind_text(st, 4, items->items);
    return statement_run(s, st);
}

int store_get_map_items(struct store *s, struct arena *a, int64_t map_run, int64_t index,
                        struct store_map_items *ret_items)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_MAP_ITEMS);
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, map_run);
    bind_int(st, 2, index);
    r = statement_one(s, st);
    if (r < 0)
        return r;

    *ret_items = (struct store_map_items){
        .first = sqlite3_column_int64(st, 0),
        .source = column_str(st, 1, a),
        .items = column_text(st, 2, a),
    };
    (void)sqlite3_reset(st);
    return 0;
}

int store_delete_map_items(struct store *s, int64_t map_run, int max, bool *ret_done)
{
    sqlite3_stmt *st = statement_get(s, STMT_DELETE_MAP_ITEMS);
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, map_run);
    bind_int(st, 2, max);
    r = statement_run(s, st);
    if (r < 0)
        return r;

    *ret_done = sqlite3_changes(s->db) < max;
    return 0;
}

/* ---- their children ---- */

int store_find_children(struct store *s, int64_t map_run, enum execution_status status,
                        int64_t after, struct store_child *ret_children, int max, int *ret_len)
{
    sqlite3_stmt *st = statement_get(s, STMT_FIND_CHILDREN);
    int len = 0;
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, map_run);
    bind_int(st, 2, status);
    bind_int(st, 3, after);
    bind_int(st, 4, max);
    while ((r = statement_row(s, st)) > 0)
        ret_children[len++] = (struct store_child){
            sqlite3_column_int64(st, 0),
            sqlite3_column_int64(st, 1),
        };
    if (r < 0)
        return r;

    *ret_len = len;
    return 0;
}

/* An output: in its row, or in a payload of its execution. */
static int visit_output(struct store *s, sqlite3_stmt *st,
                        void (*visit)(void *arg, int64_t id, int64_t item, struct text output),
                        void *arg)
{
    int64_t id = sqlite3_column_int64(st, 0);
    int64_t item = sqlite3_column_int64(st, 1);
    sqlite3_stmt *payload;
    struct text text;
    int r;

    if (sqlite3_column_type(st, 2) != SQLITE_INTEGER) {
        visit(arg, id, item, column_borrow(st, 2));
        return 0;
    }

    r = payload_borrow(s, id, (uint32_t)sqlite3_column_int64(st, 2), &payload, &text);
    if (r < 0)
        return r;

    visit(arg, id, item, text);
    (void)sqlite3_reset(payload);
    return 0;
}

int store_read_outputs(struct store *s, int64_t map_run, int64_t after, int max,
                       void (*visit)(void *arg, int64_t id, int64_t item, struct text output),
                       void *arg, int *ret_len)
{
    sqlite3_stmt *st = statement_get(s, STMT_READ_OUTPUTS);
    int len = 0;
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, map_run);
    bind_int(st, 2, after);
    bind_int(st, 3, max);
    while ((r = statement_row(s, st)) > 0) {
        r = visit_output(s, st, visit, arg);
        if (r < 0) {
            (void)sqlite3_reset(st);
            return r;
        }
        len++;
    }
    if (r < 0)
        return r;

    *ret_len = len;
    return 0;
}
