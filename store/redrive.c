#include <stdio.h>
#include <string.h>

#include "store/internal.h"

static const int64_t redrive_launch_ms = 1700006400000; /* 2023-11-15T00:00:00Z */

static const char *const reason_texts[] = {
    [REDRIVE_OK] = NULL,
    [REDRIVE_MACHINE_DELETING] = "State machine is in DELETING status",
    [REDRIVE_RUNNING] = "Execution is RUNNING and cannot be redriven",
    [REDRIVE_SUCCEEDED] = "Execution is SUCCEEDED and cannot be redriven",
    [REDRIVE_BEFORE_LAUNCH] = "Execution was started before the launch of RedriveExecution",
    [REDRIVE_HISTORY_LIMIT] = "Execution has exceeded the maximum history event limit",
    [REDRIVE_TOO_OLD] = "Execution has exceeded the max execution time",
    [REDRIVE_PERIOD_OVER] = "Execution redrivable period exceeded",
};

const char *redrive_reason_text(enum redrive_reason reason)
{
    CHECK((unsigned)reason < ARRAY_LEN(reason_texts));
    return reason_texts[reason];
}

/* A history needs room for ExecutionRedriven and at least one event after it. */
enum redrive_reason redrive_check(const struct store_execution *e, enum machine_status machine,
                                  int64_t now_ms, const struct limits *limits)
{
    if (machine == MACHINE_DELETING)
        return REDRIVE_MACHINE_DELETING;
    if (!execution_status_is_closed(e->status))
        return REDRIVE_RUNNING;
    if (!execution_status_can_move(e->status, EXECUTION_RUNNING))
        return REDRIVE_SUCCEEDED;
    if (e->start_ms < redrive_launch_ms)
        return REDRIVE_BEFORE_LAUNCH;
    if (e->event_count >= limits->history_events - 1)
        return REDRIVE_HISTORY_LIMIT;
    if (now_ms - e->start_ms > limits->execution_seconds * 1000)
        return REDRIVE_TOO_OLD;
    if (now_ms - e->stop_ms > limits->redrive_window_seconds * 1000)
        return REDRIVE_PERIOD_OVER;
    return REDRIVE_OK;
}

int store_find_redrive(struct store *s, int64_t execution, const char *token, int64_t now_ms,
                       struct store_redrive *ret_redrive)
{
    sqlite3_stmt *st = statement_get(s, STMT_FIND_TOKEN);
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, execution);
    bind_str(st, 2, token);
    bind_int(st, 3, now_ms - REDRIVE_TOKEN_LIFE_MS);
    r = statement_one(s, st);
    if (r < 0)
        return r;

    *ret_redrive = (struct store_redrive){
        .repeated = true,
        .reason = REDRIVE_OK,
        .redrive_ms = sqlite3_column_int64(st, 0),
        .redrive_count = sqlite3_column_int64(st, 1),
    };
    (void)sqlite3_reset(st);
    return 0;
}

/* What the conditions depend on, and no more of the row. */
static int read_state(struct store *s, int64_t execution, struct store_execution *ret_execution,
                      enum machine_status *ret_machine)
{
    sqlite3_stmt *st = statement_get(s, STMT_REDRIVE_STATE);
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, execution);
    r = statement_one(s, st);
    if (r < 0)
        return r;

    *ret_execution = (struct store_execution){
        .id = execution,
        .status = (enum execution_status)sqlite3_column_int(st, 0),
        .start_ms = sqlite3_column_int64(st, 1),
        .stop_ms = sqlite3_column_int64(st, 2),
        .redrive_count = sqlite3_column_int64(st, 3),
        .event_count = sqlite3_column_int64(st, 4),
    };
    *ret_machine = (enum machine_status)sqlite3_column_int(st, 5);
    (void)sqlite3_reset(st);
    return 0;
}

/* `statement` tells from which statuses. */
static int open_again(struct store *s, enum statement statement, const struct store_execution *e,
                      int64_t now_ms, int64_t timeout_ms)
{
    sqlite3_stmt *st = statement_get(s, statement);
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, e->id);
    bind_int(st, 2, now_ms);
    bind_int(st, 3, e->redrive_count + 1);
    bind_int(st, 4, e->event_count + 1);
    bind_int_or_null(st, 5, timeout_ms);
    r = statement_run(s, st);
    if (r < 0)
        return r;

    CHECK(sqlite3_changes(s->db) == 1);
    return 0;
}

/* The event before it is the one that ended the execution, which is its last. */
static int append_event(struct store *s, const struct store_execution *e, int64_t now_ms)
{
    char details[64];
    int len = snprintf(details, sizeof(details), "\"redriveCount\":%lld",
                       (long long)e->redrive_count + 1);
    struct store_event ev = {
        .id = e->event_count + 1,
        .previous = e->event_count,
        .time_ms = now_ms,
        .type = EVENT_EXECUTION_REDRIVEN,
        .details = {details, (size_t)len},
    };

    return store_add_event(s, e->id, &ev);
}

static int remember_token(struct store *s, const struct store_execution *e, const char *token,
                          int64_t now_ms)
{
    sqlite3_stmt *st = statement_get(s, STMT_PUT_TOKEN);
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, e->id);
    bind_str(st, 2, token);
    bind_int(st, 3, now_ms);
    bind_int(st, 4, e->redrive_count + 1);
    r = statement_run(s, st);
    if (r < 0)
        return r;

    st = statement_get(s, STMT_FORGET_TOKENS);
    if (!st)
        return ERR_DB;

    bind_int(st, 1, e->id);
    bind_int(st, 2, REDRIVE_TOKENS_KEPT);
    return statement_run(s, st);
}

/* What every redrive does: the execution runs again, and its history says so. */
static int redrive(struct store *s, enum statement statement, const struct store_execution *e,
                   int64_t now_ms, int64_t timeout_ms, struct store_redrive *ret_redrive)
{
    int r;

    r = open_again(s, statement, e, now_ms, timeout_ms);
    if (r < 0)
        return r;

    r = append_event(s, e, now_ms);
    if (r < 0)
        return r == ERR_DB ? r : store_fail_content(s, "a history is longer than its event count");

    *ret_redrive = (struct store_redrive){
        .reason = REDRIVE_OK,
        .redrive_ms = now_ms,
        .redrive_count = e->redrive_count + 1,
        .event_id = e->event_count + 1,
    };
    return 0;
}

int store_redrive_execution(struct store *s, int64_t execution, const char *token, int64_t now_ms,
                            int64_t timeout_ms, const struct limits *limits,
                            struct store_redrive *ret_redrive)
{
    struct store_execution e;
    struct store_redrive done;
    enum machine_status machine;
    enum redrive_reason reason;
    int r;

    CHECK(s->in_transaction);
    r = read_state(s, execution, &e, &machine);
    if (r < 0)
        return r;

    /* A known token comes before the status: reference/redrive.md section 1. */
    if (token) {
        r = store_find_redrive(s, execution, token, now_ms, ret_redrive);
        if (r != ERR_NOT_FOUND)
            return r;
    }

    reason = redrive_check(&e, machine, now_ms, limits);
    if (reason != REDRIVE_OK) {
        *ret_redrive = (struct store_redrive){.reason = reason};
        return ERR_NOT_REDRIVABLE;
    }

    r = redrive(s, STMT_REDRIVE, &e, now_ms, timeout_ms, &done);
    if (r < 0)
        return r;

    if (token) {
        r = remember_token(s, &e, token, now_ms);
        if (r < 0)
            return r;
    }

    *ret_redrive = done;
    return 0;
}

/* ---- children of a Map Run: reference/redrive.md section 6 ---- */

int store_pend_redrive(struct store *s, int64_t execution, bool express, int64_t now_ms,
                       const struct limits *limits)
{
    struct store_execution e;
    enum machine_status machine;
    int r;

    r = read_state(s, execution, &e, &machine);
    if (r < 0)
        return r;

    if (!execution_status_can_move(e.status, EXECUTION_PENDING_REDRIVE))
        return ERR_NOT_REDRIVABLE;
    if (!express && redrive_check(&e, machine, now_ms, limits) != REDRIVE_OK)
        return ERR_NOT_REDRIVABLE;

    return statement_run_for(s, STMT_PEND_REDRIVE, execution);
}

int store_redrive_child(struct store *s, int64_t execution, int64_t now_ms, int64_t life_ms,
                        struct store_redrive *ret_redrive)
{
    struct store_execution e;
    enum machine_status machine;
    int r;

    CHECK(s->in_transaction);
    r = read_state(s, execution, &e, &machine);
    if (r < 0)
        return r;

    CHECK(e.status == EXECUTION_PENDING_REDRIVE);
    return redrive(s, STMT_REDRIVE_CHILD, &e, now_ms, e.start_ms + life_ms, ret_redrive);
}

/* One row that has to be there: see the statements for its status. */
static int change_child(struct store *s, sqlite3_stmt *st)
{
    int r = statement_run(s, st);

    if (r < 0)
        return r;

    return sqlite3_changes(s->db) ? 0 : ERR_CONFLICT;
}

int store_restart_child(struct store *s, int64_t execution, int64_t now_ms, int64_t timeout_ms)
{
    sqlite3_stmt *st = statement_get(s, STMT_RESTART_CHILD);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, execution);
    bind_int(st, 2, now_ms);
    bind_int_or_null(st, 3, timeout_ms);
    return change_child(s, st);
}

int store_abort_pending(struct store *s, int64_t execution, int64_t now_ms, const char *cause)
{
    sqlite3_stmt *st = statement_get(s, STMT_ABORT_PENDING);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, execution);
    bind_int(st, 2, now_ms);
    bind_str(st, 3, cause);
    return change_child(s, st);
}
