/* The rules of reference/redrive.md, one by one. */
#include "tests/unit/store/fixture.h"

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define START 1800000000000LL
#define STOP  (START + 5 * MINUTE)

/* An execution as it failed: closed at STOP with an error, a cause and a history of 6 events. */
static void add_failed(struct fixture *f, int64_t id, const char *name,
                       enum execution_status status)
{
    struct store_execution e = fixture_execution(f, id, name);
    struct store_branch b = {.state = "Work", .input = {0, TEXT("{}")}, .entered_event = 2};

    e.status = status;
    e.start_ms = START;
    e.stop_ms = STOP;
    e.event_count = 6;
    e.branch_count = 1;
    e.timeout_ms = START + HOUR;
    e.error = "E";
    e.cause = "C";
    assert_int_equal(store_add_execution(f->s, &e), 0);
    for (int64_t event = 1; event <= 6; event++)
        fixture_add_event(f->s, id, event);
    assert_int_equal(store_put_branch(f->s, id, &b), 0);
}

/* One redrive in a transaction of its own. */
static int redrive(struct fixture *f, int64_t id, const char *token, int64_t now_ms,
                   struct store_redrive *ret_redrive)
{
    int r;

    assert_int_equal(store_begin(f->s), 0);
    r = store_redrive_execution(f->s, id, token, now_ms, 0, &limits_service, ret_redrive);
    assert_int_equal(store_commit(f->s), 0);
    return r;
}

/* The redriven run ends again. */
static void close_again(struct fixture *f, int64_t id, enum execution_status status, int64_t now_ms)
{
    struct store_execution e;

    assert_int_equal(store_get_execution_by_id(f->s, &f->a, id, &e), 0);
    e.status = status;
    e.stop_ms = now_ms;
    e.event_count++;
    fixture_add_event(f->s, id, e.event_count);
    assert_int_equal(store_update_execution(f->s, &e), 0);
}

static enum execution_status status_of(struct fixture *f, int64_t id)
{
    struct store_execution e;

    assert_int_equal(store_get_execution_by_id(f->s, &f->a, id, &e), 0);
    return e.status;
}

static void copy_event(void *arg, const struct store_event *ev)
{
    struct store_event *copy = arg;

    *copy = *ev;
    copy->details.data = strndup(ev->details.data, ev->details.len);
}

/* reference/redrive.md 3 and 5, row 1 */
static void redrive_opens_the_execution_again(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;
    struct store_execution e;
    struct store_branch *branches;
    struct store_event ev = {0};
    size_t len;

    add_failed(f, 1, "e", EXECUTION_FAILED);
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(
        store_redrive_execution(f->s, 1, "t", STOP + DAY, STOP + DAY + HOUR, &limits_service, &red),
        0);
    assert_int_equal(store_commit(f->s), 0);
    assert_false(red.repeated);
    assert_int_equal(red.reason, REDRIVE_OK);
    assert_int_equal(red.redrive_ms, STOP + DAY);
    assert_int_equal(red.redrive_count, 1);
    assert_int_equal(red.event_id, 7);

    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 1, &e), 0);
    assert_int_equal(e.status, EXECUTION_RUNNING);
    assert_int_equal(e.redrive_ms, STOP + DAY);
    assert_int_equal(e.redrive_count, 1);
    assert_int_equal(e.event_count, 7);
    assert_int_equal(e.timeout_ms, STOP + DAY + HOUR);
    assert_int_equal(e.stop_ms, 0);
    assert_null(e.error);
    assert_null(e.cause);
    assert_null(e.output.text.data);
    assert_int_equal(e.start_ms, START);
    assert_string_equal(e.name, "e");
    assert_int_equal(e.revision, f->revision);
    assert_text(e.input.text, "{}");
    assert_int_equal(e.branch_count, 1);

    /* ExecutionRedriven points back to the event that ended the execution; its time is the date. */
    assert_int_equal(store_read_events(f->s, 1, 7, 1, false, true, copy_event, &ev), 0);
    assert_int_equal(ev.id, 7);
    assert_int_equal(ev.previous, 6);
    assert_int_equal(ev.type, EVENT_EXECUTION_REDRIVEN);
    assert_int_equal(ev.time_ms, red.redrive_ms);
    assert_text(ev.details, "\"redriveCount\":1");
    assert_null(ev.payload.text.data);
    free((char *)ev.details.data);

    /* The checkpoint is what it goes on with. */
    assert_int_equal(store_list_branches(f->s, &f->a, 1, &branches, &len), 0);
    assert_int_equal(len, 1);
    assert_string_equal(branches[0].state, "Work");
}

static void timeout_is_cleared_without_a_new_one(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;
    struct store_execution e;

    add_failed(f, 1, "e", EXECUTION_TIMED_OUT);
    assert_int_equal(redrive(f, 1, NULL, STOP, &red), 0);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 1, &e), 0);
    assert_int_equal(e.timeout_ms, 0);
}

/* reference/redrive.md 5.1: every redrive counts and appends. */
static void redrives_count(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;
    struct store_event ev = {0};

    add_failed(f, 1, "e", EXECUTION_FAILED);
    for (int64_t n = 1; n <= 3; n++) {
        char details[64];

        assert_int_equal(redrive(f, 1, NULL, STOP + n * HOUR, &red), 0);
        assert_int_equal(red.redrive_count, n);
        assert_int_equal(red.event_id, 5 + 2 * n);
        assert_int_equal(store_read_events(f->s, 1, red.event_id, 1, false, true, copy_event, &ev),
                         0);
        (void)snprintf(details, sizeof(details), "\"redriveCount\":%lld", (long long)n);
        assert_text(ev.details, details);
        free((char *)ev.details.data);
        close_again(f, 1, EXECUTION_FAILED, STOP + n * HOUR + MINUTE);
    }
}

static void unknown_execution(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red = {.redrive_count = 42};

    assert_int_equal(redrive(f, 99, "t", STOP, &red), ERR_NOT_FOUND);
    assert_int_equal(red.redrive_count, 42);
}

/* reference/redrive.md 2 */
static void eligible_statuses(void **state)
{
    static const struct {
        enum execution_status status;
        enum redrive_reason reason;
    } cases[] = {
        {EXECUTION_RUNNING, REDRIVE_RUNNING}, {EXECUTION_SUCCEEDED, REDRIVE_SUCCEEDED},
        {EXECUTION_FAILED, REDRIVE_OK},       {EXECUTION_TIMED_OUT, REDRIVE_OK},
        {EXECUTION_ABORTED, REDRIVE_OK},      {EXECUTION_PENDING_REDRIVE, REDRIVE_RUNNING},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct store_redrive red;
        int64_t id = (int64_t)i + 1;
        bool ok = cases[i].reason == REDRIVE_OK;

        add_failed(f, id, execution_status_name(cases[i].status), cases[i].status);
        assert_int_equal(redrive(f, id, "t", STOP, &red), ok ? 0 : ERR_NOT_REDRIVABLE);
        assert_int_equal(red.reason, cases[i].reason);
        assert_int_equal(status_of(f, id), ok ? EXECUTION_RUNNING : cases[i].status);
    }
}

/* reference/redrive.md 2: the texts of redriveStatusReason. */
static void reason_texts(void **state)
{
    (void)state;
    assert_null(redrive_reason_text(REDRIVE_OK));
    assert_string_equal(redrive_reason_text(REDRIVE_MACHINE_DELETING),
                        "State machine is in DELETING status");
    assert_string_equal(redrive_reason_text(REDRIVE_RUNNING),
                        "Execution is RUNNING and cannot be redriven");
    assert_string_equal(redrive_reason_text(REDRIVE_SUCCEEDED),
                        "Execution is SUCCEEDED and cannot be redriven");
    assert_string_equal(redrive_reason_text(REDRIVE_BEFORE_LAUNCH),
                        "Execution was started before the launch of RedriveExecution");
    assert_string_equal(redrive_reason_text(REDRIVE_HISTORY_LIMIT),
                        "Execution has exceeded the maximum history event limit");
    assert_string_equal(redrive_reason_text(REDRIVE_TOO_OLD),
                        "Execution has exceeded the max execution time");
    assert_string_equal(redrive_reason_text(REDRIVE_PERIOD_OVER),
                        "Execution redrivable period exceeded");
}

static struct store_execution failed_execution(void)
{
    return (struct store_execution){
        .status = EXECUTION_FAILED, .start_ms = START, .stop_ms = STOP, .event_count = 6};
}

/* reference/redrive.md 2, reason 4: the launch was on 2023-11-15. */
static void launch_date(void **state)
{
    struct store_execution e = failed_execution();
    const int64_t launch = 1700006400000;

    (void)state;
    e.start_ms = launch - 1;
    e.stop_ms = launch + HOUR;
    assert_int_equal(redrive_check(&e, MACHINE_ACTIVE, launch + DAY, &limits_service),
                     REDRIVE_BEFORE_LAUNCH);
    e.start_ms = launch;
    assert_int_equal(redrive_check(&e, MACHINE_ACTIVE, launch + DAY, &limits_service), REDRIVE_OK);
}

/* reference/redrive.md 2, reason 5: fewer than 24,999 events. */
static void history_limit(void **state)
{
    struct store_execution e = failed_execution();
    struct limits lowered = limits_service;

    (void)state;
    e.event_count = 24998;
    assert_int_equal(redrive_check(&e, MACHINE_ACTIVE, STOP, &limits_service), REDRIVE_OK);
    e.event_count = 24999;
    assert_int_equal(redrive_check(&e, MACHINE_ACTIVE, STOP, &limits_service),
                     REDRIVE_HISTORY_LIMIT);
    e.event_count = 25000;
    assert_int_equal(redrive_check(&e, MACHINE_ACTIVE, STOP, &limits_service),
                     REDRIVE_HISTORY_LIMIT);

    assert_int_equal(limits_set(&lowered, "history-events", "50"), 0);
    e.event_count = 48;
    assert_int_equal(redrive_check(&e, MACHINE_ACTIVE, STOP, &lowered), REDRIVE_OK);
    e.event_count = 49;
    assert_int_equal(redrive_check(&e, MACHINE_ACTIVE, STOP, &lowered), REDRIVE_HISTORY_LIMIT);
}

/* reference/redrive.md 2, reason 6: a year since the start, which no redrive prolongs. */
static void execution_time(void **state)
{
    struct store_execution e = failed_execution();

    (void)state;
    e.stop_ms = START + 364 * DAY;
    assert_int_equal(redrive_check(&e, MACHINE_ACTIVE, START + 365 * DAY, &limits_service),
                     REDRIVE_OK);
    assert_int_equal(redrive_check(&e, MACHINE_ACTIVE, START + 365 * DAY + 1, &limits_service),
                     REDRIVE_TOO_OLD);
}

/* reference/redrive.md 2, reason 7: 14 days since the last close. */
static void redrive_window(void **state)
{
    struct store_execution e = failed_execution();

    (void)state;
    assert_int_equal(
        redrive_check(&e, MACHINE_ACTIVE, STOP + 14 * DAY - 10 * MINUTE, &limits_service),
        REDRIVE_OK);
    assert_int_equal(redrive_check(&e, MACHINE_ACTIVE, STOP + 14 * DAY, &limits_service),
                     REDRIVE_OK);
    assert_int_equal(redrive_check(&e, MACHINE_ACTIVE, STOP + 14 * DAY + 1, &limits_service),
                     REDRIVE_PERIOD_OVER);
    assert_int_equal(
        redrive_check(&e, MACHINE_ACTIVE, STOP + 14 * DAY + 10 * MINUTE, &limits_service),
        REDRIVE_PERIOD_OVER);
}

/* reference/redrive.md 2: each new close opens the window anew. */
static void window_restarts_at_each_close(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;
    int64_t closed = STOP;

    add_failed(f, 1, "e", EXECUTION_FAILED);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(redrive(f, 1, NULL, closed + 13 * DAY, &red), 0);
        closed += 14 * DAY;
        close_again(f, 1, EXECUTION_FAILED, closed);
    }
    assert_int_equal(redrive(f, 1, NULL, closed + 15 * DAY, &red), ERR_NOT_REDRIVABLE);
    assert_int_equal(red.reason, REDRIVE_PERIOD_OVER);
}

/* reference/redrive.md 2: the reasons' order when several apply. */
static void order_of_reasons(void **state)
{
    struct store_execution e = {.status = EXECUTION_RUNNING, .event_count = 25000};
    enum machine_status machine = MACHINE_DELETING;
    const int64_t now = 1700006400000 + 1000 * DAY;

    (void)state;
    assert_int_equal(redrive_check(&e, machine, now, &limits_service), REDRIVE_MACHINE_DELETING);
    machine = MACHINE_ACTIVE;
    assert_int_equal(redrive_check(&e, machine, now, &limits_service), REDRIVE_RUNNING);
    e.status = EXECUTION_SUCCEEDED;
    assert_int_equal(redrive_check(&e, machine, now, &limits_service), REDRIVE_SUCCEEDED);
    e.status = EXECUTION_ABORTED;
    assert_int_equal(redrive_check(&e, machine, now, &limits_service), REDRIVE_BEFORE_LAUNCH);
    e.start_ms = e.stop_ms = 1700006400000;
    assert_int_equal(redrive_check(&e, machine, now, &limits_service), REDRIVE_HISTORY_LIMIT);
    e.event_count = 10;
    assert_int_equal(redrive_check(&e, machine, now, &limits_service), REDRIVE_TOO_OLD);
    e.start_ms = now - DAY;
    assert_int_equal(redrive_check(&e, machine, now, &limits_service), REDRIVE_PERIOD_OVER);
    e.stop_ms = now;
    assert_int_equal(redrive_check(&e, machine, now, &limits_service), REDRIVE_OK);
}

/* Each condition is enforced by the redrive itself, and a refusal changes nothing. */
static void refusals_change_nothing(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;
    struct store_execution e;
    struct store_event ev = {0};

    add_failed(f, 1, "e", EXECUTION_FAILED);
    assert_int_equal(redrive(f, 1, "t", STOP + 15 * DAY, &red), ERR_NOT_REDRIVABLE);
    assert_int_equal(red.reason, REDRIVE_PERIOD_OVER);
    assert_int_equal(redrive(f, 1, "t", START + 366 * DAY, &red), ERR_NOT_REDRIVABLE);
    assert_int_equal(red.reason, REDRIVE_TOO_OLD);
    assert_int_equal(store_set_machine_status(f->s, f->machine, MACHINE_DELETING), 0);
    assert_int_equal(redrive(f, 1, "t", STOP, &red), ERR_NOT_REDRIVABLE);
    assert_int_equal(red.reason, REDRIVE_MACHINE_DELETING);

    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 1, &e), 0);
    assert_int_equal(e.status, EXECUTION_FAILED);
    assert_int_equal(e.stop_ms, STOP);
    assert_int_equal(e.redrive_count, 0);
    assert_int_equal(e.redrive_ms, 0);
    assert_int_equal(e.event_count, 6);
    assert_string_equal(e.error, "E");
    assert_string_equal(e.cause, "C");
    assert_int_equal(store_read_events(f->s, 1, 7, 1, false, true, copy_event, &ev), 0);
    assert_int_equal(ev.id, 0);
}

/* Of two redrives without a token, or with different ones, the second meets a running execution. */
static void racing_redrives_cannot_both_win(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;

    add_failed(f, 1, "e", EXECUTION_FAILED);
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(store_redrive_execution(f->s, 1, "a", STOP, 0, &limits_service, &red), 0);
    assert_int_equal(store_redrive_execution(f->s, 1, "b", STOP, 0, &limits_service, &red),
                     ERR_NOT_REDRIVABLE);
    assert_int_equal(red.reason, REDRIVE_RUNNING);
    assert_int_equal(store_redrive_execution(f->s, 1, NULL, STOP, 0, &limits_service, &red),
                     ERR_NOT_REDRIVABLE);
    assert_int_equal(store_commit(f->s), 0);
}

/* What was not committed did not happen, the token included. */
static void rolled_back_redrive_did_not_happen(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;

    add_failed(f, 1, "e", EXECUTION_FAILED);
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(store_redrive_execution(f->s, 1, "t", STOP, 0, &limits_service, &red), 0);
    store_rollback(f->s);
    assert_int_equal(status_of(f, 1), EXECUTION_FAILED);
    assert_int_equal(redrive(f, 1, "t", STOP + 1, &red), 0);
    assert_false(red.repeated);
    assert_int_equal(red.redrive_ms, STOP + 1);
    assert_int_equal(red.event_id, 7);
}

/* reference/redrive.md 1: a token used before is answered with its date, whatever became of the
 * execution: while it runs, after it failed again, during a later redrive, after it succeeded. */
static void known_token_comes_before_the_status(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;

    add_failed(f, 1, "e", EXECUTION_FAILED);
    assert_int_equal(redrive(f, 1, "first", STOP, &red), 0);

    assert_int_equal(redrive(f, 1, "first", STOP + MINUTE, &red), 0);
    assert_true(red.repeated);
    assert_int_equal(red.redrive_ms, STOP);
    assert_int_equal(red.redrive_count, 1);
    assert_int_equal(red.event_id, 0);
    assert_int_equal(status_of(f, 1), EXECUTION_RUNNING);

    close_again(f, 1, EXECUTION_FAILED, STOP + 2 * MINUTE);
    assert_int_equal(redrive(f, 1, "first", STOP + 3 * MINUTE, &red), 0);
    assert_true(red.repeated);
    assert_int_equal(red.redrive_ms, STOP);
    assert_int_equal(status_of(f, 1), EXECUTION_FAILED);

    assert_int_equal(redrive(f, 1, "second", STOP + 4 * MINUTE, &red), 0);
    assert_false(red.repeated);
    assert_int_equal(redrive(f, 1, "first", STOP + 5 * MINUTE, &red), 0);
    assert_int_equal(red.redrive_ms, STOP);
    assert_int_equal(redrive(f, 1, "second", STOP + 5 * MINUTE, &red), 0);
    assert_true(red.repeated);
    assert_int_equal(red.redrive_ms, STOP + 4 * MINUTE);
    assert_int_equal(red.redrive_count, 2);

    close_again(f, 1, EXECUTION_SUCCEEDED, STOP + 6 * MINUTE);
    assert_int_equal(redrive(f, 1, "second", STOP + 7 * MINUTE, &red), 0);
    assert_true(red.repeated);
    assert_int_equal(store_set_machine_status(f->s, f->machine, MACHINE_DELETING), 0);
    assert_int_equal(redrive(f, 1, "second", STOP + 8 * MINUTE, &red), 0);
    assert_true(red.repeated);
    assert_int_equal(redrive(f, 1, "third", STOP + 8 * MINUTE, &red), ERR_NOT_REDRIVABLE);
}

/* reference/redrive.md 1: a refused token is not consumed. */
static void refused_token_is_not_consumed(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;

    add_failed(f, 1, "e", EXECUTION_FAILED);
    assert_int_equal(redrive(f, 1, "first", STOP, &red), 0);
    assert_int_equal(redrive(f, 1, "second", STOP + MINUTE, &red), ERR_NOT_REDRIVABLE);
    assert_int_equal(red.reason, REDRIVE_RUNNING);
    close_again(f, 1, EXECUTION_FAILED, STOP + 2 * MINUTE);
    assert_int_equal(redrive(f, 1, "second", STOP + 3 * MINUTE, &red), 0);
    assert_false(red.repeated);
    assert_int_equal(red.redrive_ms, STOP + 3 * MINUTE);
    assert_int_equal(red.redrive_count, 2);
}

/* reference/redrive.md 1: tokens belong to their execution. */
static void tokens_are_per_execution(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;

    add_failed(f, 1, "e", EXECUTION_FAILED);
    add_failed(f, 2, "f", EXECUTION_FAILED);
    assert_int_equal(redrive(f, 1, "t", STOP, &red), 0);
    assert_int_equal(redrive(f, 2, "t", STOP + 1, &red), 0);
    assert_false(red.repeated);
    assert_int_equal(red.redrive_ms, STOP + 1);
}

/* reference/redrive.md 1: a token is known for 15 minutes from its first use; asking does not renew
 * it, and afterwards it is a new one. */
static void tokens_expire(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;

    add_failed(f, 1, "e", EXECUTION_FAILED);
    assert_int_equal(redrive(f, 1, "t", STOP, &red), 0);
    close_again(f, 1, EXECUTION_FAILED, STOP + MINUTE);
    assert_int_equal(redrive(f, 1, "t", STOP + 14 * MINUTE, &red), 0);
    assert_true(red.repeated);
    assert_int_equal(redrive(f, 1, "t", STOP + 15 * MINUTE, &red), 0);
    assert_true(red.repeated);
    assert_int_equal(redrive(f, 1, "t", STOP + 16 * MINUTE, &red), 0);
    assert_false(red.repeated);
    assert_int_equal(red.redrive_ms, STOP + 16 * MINUTE);
    assert_int_equal(red.redrive_count, 2);

    /* Its second life is counted from the second redrive. */
    assert_int_equal(redrive(f, 1, "t", STOP + 30 * MINUTE, &red), 0);
    assert_true(red.repeated);
    assert_int_equal(red.redrive_ms, STOP + 16 * MINUTE);
    assert_int_equal(redrive(f, 1, "t", STOP + 32 * MINUTE, &red), ERR_NOT_REDRIVABLE);
    assert_int_equal(red.reason, REDRIVE_RUNNING);
}

static void redrive_with(struct fixture *f, int n, int64_t now_ms)
{
    struct store_redrive red;
    char token[32];

    (void)snprintf(token, sizeof(token), "token-%d", n);
    assert_int_equal(redrive(f, 1, token, now_ms, &red), 0);
    assert_false(red.repeated);
    close_again(f, 1, EXECUTION_FAILED, now_ms + 1);
}

/* reference/redrive.md 1: the last ten tokens are kept, so the eleventh drives out the first. */
static void eleventh_token_forgets_the_first(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;

    add_failed(f, 1, "e", EXECUTION_FAILED);
    for (int n = 1; n <= 10; n++)
        redrive_with(f, n, STOP + n * SECOND);
    assert_int_equal(redrive(f, 1, "token-1", STOP + MINUTE, &red), 0);
    assert_true(red.repeated);
    assert_int_equal(red.redrive_count, 1);

    /* Redrives without a token drive out nothing. */
    assert_int_equal(redrive(f, 1, NULL, STOP + MINUTE, &red), 0);
    close_again(f, 1, EXECUTION_FAILED, STOP + MINUTE);
    assert_int_equal(redrive(f, 1, "token-1", STOP + MINUTE, &red), 0);
    assert_true(red.repeated);

    redrive_with(f, 11, STOP + MINUTE);
    assert_int_equal(redrive(f, 1, "token-2", STOP + MINUTE, &red), 0);
    assert_true(red.repeated);
    assert_int_equal(redrive(f, 1, "token-11", STOP + MINUTE, &red), 0);
    assert_true(red.repeated);
    assert_int_equal(redrive(f, 1, "token-1", STOP + MINUTE, &red), 0);
    assert_false(red.repeated);
    assert_int_equal(red.redrive_count, 13);
}

/* A history that is longer than its execution says must not be committed half redriven. */
static void broken_history_dooms_the_transaction(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;

    add_failed(f, 1, "e", EXECUTION_FAILED);
    fixture_add_event(f->s, 1, 7);
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(store_redrive_execution(f->s, 1, "t", STOP, 0, &limits_service, &red), ERR_DB);
    assert_int_equal(store_commit(f->s), ERR_DB);
    assert_int_equal(status_of(f, 1), EXECUTION_FAILED);
}

static void tokens_go_with_their_execution(void **state)
{
    struct fixture *f = *state;
    struct store_redrive red;
    int removed;

    add_failed(f, 1, "e", EXECUTION_FAILED);
    assert_int_equal(redrive(f, 1, "t", STOP, &red), 0);
    close_again(f, 1, EXECUTION_FAILED, STOP + 1);
    assert_int_equal(store_expire_executions(f->s, STOP + 2, 1, &removed), 0);
    assert_int_equal(removed, 1);
    add_failed(f, 1, "e", EXECUTION_FAILED);
    assert_int_equal(redrive(f, 1, "t", STOP + 3, &red), 0);
    assert_false(red.repeated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(redrive_opens_the_execution_again),
        fixture_test(timeout_is_cleared_without_a_new_one),
        fixture_test(redrives_count),
        fixture_test(unknown_execution),
        fixture_test(eligible_statuses),
        cmocka_unit_test(reason_texts),
        cmocka_unit_test(launch_date),
        cmocka_unit_test(history_limit),
        cmocka_unit_test(execution_time),
        cmocka_unit_test(redrive_window),
        fixture_test(window_restarts_at_each_close),
        cmocka_unit_test(order_of_reasons),
        fixture_test(refusals_change_nothing),
        fixture_test(racing_redrives_cannot_both_win),
        fixture_test(rolled_back_redrive_did_not_happen),
        fixture_test(known_token_comes_before_the_status),
        fixture_test(refused_token_is_not_consumed),
        fixture_test(tokens_are_per_execution),
        fixture_test(tokens_expire),
        fixture_test(eleventh_token_forgets_the_first),
        fixture_test(broken_history_dooms_the_transaction),
        fixture_test(tokens_go_with_their_execution),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
