/* What comes of each command, and of commands that meet: what the API turns into answers. */
#include "simple.h"

/* ---- state machines ---- */

static void test_create_machine(void **state)
{
    struct world *w = *state;
    struct call call;

    world_open(w);
    assert_int_equal(world_create(w, "m", PASS), ENGINE_OK);
    world_advance(w, 5000);

    /* The same again: the date of the first; role and tags are not looked at. */
    call_machine(&call, ENGINE_CREATE_MACHINE, "m", PASS);
    call.c.u.machine.role_arn = ROLE "2";
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_int_equal(call.c.u.machine.date_ms, START);

    /* White space is a difference, and so is each setting. */
    assert_int_equal(world_create(w, "m", PASS_SPACED), ENGINE_MACHINE_EXISTS);
    call_machine(&call, ENGINE_CREATE_MACHINE, "m", PASS);
    call.c.u.machine.type = MACHINE_EXPRESS;
    assert_int_equal(world_do(w, &call), ENGINE_MACHINE_EXISTS);
    call_machine(&call, ENGINE_CREATE_MACHINE, "m", PASS);
    call.c.u.machine.logging = "{\"level\":\"ALL\"}";
    assert_int_equal(world_do(w, &call), ENGINE_MACHINE_EXISTS);
    call_machine(&call, ENGINE_CREATE_MACHINE, "m", PASS);
    call.c.u.machine.tracing = "{\"enabled\":true}";
    assert_int_equal(world_do(w, &call), ENGINE_MACHINE_EXISTS);

    /* Compared with what it is now, not with what it was. */
    call_machine(&call, ENGINE_UPDATE_MACHINE, "m", FAIL);
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_int_equal(world_create(w, "m", PASS), ENGINE_MACHINE_EXISTS);
    assert_int_equal(world_create(w, "m", FAIL), ENGINE_OK);

    /* Another account or region is another machine. */
    call_machine(&call, ENGINE_CREATE_MACHINE, "m", PASS_SPACED);
    call.c.region = "eu-west-1";
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    call_machine(&call, ENGINE_CREATE_MACHINE, "m", PASS_SPACED);
    call.c.account = "000000000000";
    assert_int_equal(world_do(w, &call), ENGINE_OK);
}

static void test_create_machine_limit(void **state)
{
    struct world *w = *state;
    struct call call;

    w->limits.state_machines = 2;
    world_open(w);
    assert_int_equal(world_create(w, "a", PASS), ENGINE_OK);
    assert_int_equal(world_create(w, "b", PASS), ENGINE_OK);
    assert_int_equal(world_create(w, "c", PASS), ENGINE_MACHINE_LIMIT);
    assert_int_equal(world_create(w, "b", PASS), ENGINE_OK);
    call_init(&call, ENGINE_DELETE_MACHINE, "a");
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    world_settle(w);
    assert_int_equal(world_create(w, "c", PASS), ENGINE_OK);
}

static void test_update_machine(void **state)
{
    struct world *w = *state;
    struct call call, again;

    world_open(w);
    call_machine(&call, ENGINE_UPDATE_MACHINE, "m", PASS);
    assert_int_equal(world_do(w, &call), ENGINE_NO_MACHINE);
    assert_int_equal(world_create(w, "m", PASS), ENGINE_OK);

    /* Nothing changes: the date and revision of the last change. */
    world_advance(w, 1000);
    call_machine(&call, ENGINE_UPDATE_MACHINE, "m", PASS);
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_int_equal(call.c.u.machine.date_ms, START);
    assert_string_equal(call.c.u.machine.revision_id, "");

    call_machine(&call, ENGINE_UPDATE_MACHINE, "m", FAIL);
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_int_equal(call.c.u.machine.date_ms, START + 1000);
    assert_int_equal(strlen(call.c.u.machine.revision_id), 36);

    world_advance(w, 1000);
    call_machine(&again, ENGINE_UPDATE_MACHINE, "m", FAIL);
    assert_int_equal(world_do(w, &again), ENGINE_OK);
    assert_int_equal(again.c.u.machine.date_ms, START + 1000);
    assert_string_equal(again.c.u.machine.revision_id, call.c.u.machine.revision_id);

    /* Only the role: a revision of its own, with the definition as it was. */
    call_machine(&again, ENGINE_UPDATE_MACHINE, "m", NULL);
    again.c.u.machine.role_arn = ROLE "2";
    assert_int_equal(world_do(w, &again), ENGINE_OK);
    assert_int_equal(again.c.u.machine.date_ms, START + 2000);
    assert_string_not_equal(again.c.u.machine.revision_id, call.c.u.machine.revision_id);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_FAILED);

    /* Two in one tick: the second sees the first. */
    call_machine(&call, ENGINE_UPDATE_MACHINE, "m", PASS);
    call_machine(&again, ENGINE_UPDATE_MACHINE, "m", PASS);
    world_post(w, &call);
    world_post(w, &again);
    world_settle(w);
    assert_int_equal(again.c.outcome, ENGINE_OK);
    assert_string_equal(again.c.u.machine.revision_id, call.c.u.machine.revision_id);
}

static void test_delete_machine(void **state)
{
    struct world *w = *state;
    struct call call;

    world_open(w);
    /* One that is not there is deleted already. */
    call_init(&call, ENGINE_DELETE_MACHINE, "m");
    assert_int_equal(world_do(w, &call), ENGINE_OK);

    assert_int_equal(world_create(w, "m", WAIT("100")), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    call_init(&call, ENGINE_DELETE_MACHINE, "m");
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_int_equal(world_create(w, "m", WAIT("100")), ENGINE_MACHINE_DELETING);
    assert_int_equal(world_start(w, "m", "f", "{}"), ENGINE_MACHINE_DELETING);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_MACHINE_DELETING);
    call_machine(&call, ENGINE_UPDATE_MACHINE, "m", PASS);
    assert_int_equal(world_do(w, &call), ENGINE_MACHINE_DELETING);
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), 0);
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_NO_EXECUTION);
    assert_int_equal(world_start(w, "m", "f", "{}"), ENGINE_NO_MACHINE);
    assert_int_equal(world_create(w, "m", PASS), ENGINE_OK);
}

/* More executions than one tick removes, and a kill in the middle. */
static void test_delete_machine_with_many_executions(void **state)
{
    struct world *w = *state;
    struct call call;
    struct store_machine m;
    struct arena a;

    world_use_file(w);
    world_open(w);
    assert_int_equal(world_create(w, "m", PASS), ENGINE_OK);
    for (int i = 0; i < 450; i++) {
        char name[16];

        snprintf(name, sizeof(name), "e%d", i);
        assert_int_equal(world_start(w, "m", name, "{}"), ENGINE_OK);
    }
    world_settle(w);
    call_init(&call, ENGINE_DELETE_MACHINE, "m");
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    arena_init(&a);
    assert_int_equal(store_get_machine(w->store, &a, ACCOUNT, REGION, "m", &m), 0);
    assert_int_equal(m.status, MACHINE_DELETING);
    world_kill(w);
    assert_int_equal(world_start(w, "m", "x", "{}"), ENGINE_MACHINE_DELETING);
    world_settle(w);
    assert_int_equal(store_get_machine(w->store, &a, ACCOUNT, REGION, "m", &m), ERR_NOT_FOUND);
    arena_done(&a);
}

/* ---- executions ---- */

static void test_start_execution(void **state)
{
    struct world *w = *state;
    struct call call, again;

    world_open(w);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_NO_MACHINE);
    assert_int_equal(world_create(w, "m", WAIT("10")), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);

    /* The same again while it runs: the first one's date.  Another input: refused. */
    world_advance(w, 2000);
    call_init(&call, ENGINE_START_EXECUTION, "m");
    call.c.u.start.execution = "e";
    call.c.u.start.input = TEXT("{}");
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_int_equal(call.c.u.start.date_ms, START);
    assert_int_equal(world_start(w, "m", "e", "{ }"), ENGINE_EXECUTION_EXISTS);

    /* After it has closed the name is taken, whatever the input. */
    world_advance(w, 8000);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_EXECUTION_EXISTS);

    /* Both in one tick. */
    call_init(&call, ENGINE_START_EXECUTION, "m");
    call.c.u.start.execution = "f";
    call.c.u.start.input = TEXT("1");
    again = call;
    world_post(w, &call);
    world_post(w, &again);
    struct call other = call;
    other.done = false;
    other.c.u.start.input = TEXT("2");
    world_post(w, &other);
    world_settle(w);
    assert_int_equal(call.c.outcome, ENGINE_OK);
    assert_int_equal(again.c.outcome, ENGINE_OK);
    assert_int_equal(other.c.outcome, ENGINE_EXECUTION_EXISTS);

    /* Without a name it gets a UUID. */
    call_init(&call, ENGINE_START_EXECUTION, "m");
    call.c.u.start.input = TEXT("{}");
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_int_equal(strlen(call.c.u.start.made_name), 36);
    assert_int_equal(status_of(w, "m", call.c.u.start.made_name), EXECUTION_RUNNING);

    /* A name belongs to its machine. */
    assert_int_equal(world_create(w, "n", PASS), ENGINE_OK);
    assert_int_equal(world_start(w, "n", "e", "{}"), ENGINE_OK);
}

/* Started and stopped before its first step; started, ended and named again within one tick. */
static void test_commands_of_one_tick(void **state)
{
    struct world *w = *state;
    struct call start, stop, redrive, again;
    struct seen_history h;
    struct arena a;
    struct store_execution row;

    world_open(w);
    assert_int_equal(world_create(w, "m", PASS), ENGINE_OK);
    call_init(&start, ENGINE_START_EXECUTION, "m");
    start.c.u.start.execution = "e";
    start.c.u.start.input = TEXT("{}");
    again = start;
    call_init(&stop, ENGINE_STOP_EXECUTION, "m");
    stop.c.u.stop.execution = "e";
    call_init(&redrive, ENGINE_REDRIVE_EXECUTION, "m");
    redrive.c.u.redrive.execution = "e";
    redrive.c.u.redrive.token = "t";
    world_post(w, &start);
    world_post(w, &stop);
    world_post(w, &again);
    world_post(w, &redrive);
    world_settle(w);
    assert_int_equal(start.c.outcome, ENGINE_OK);
    assert_int_equal(stop.c.outcome, ENGINE_OK);
    assert_int_equal(again.c.outcome, ENGINE_EXECUTION_EXISTS);
    assert_int_equal(redrive.c.outcome, ENGINE_OK);

    /* Its first state begins as if nothing had happened: it points to nothing. */
    arena_init(&a);
    assert_true(world_execution(w, &a, "m", "e", &row));
    assert_int_equal(row.status, EXECUTION_SUCCEEDED);
    world_history(w, row.id, 1, &h);
    assert_int_equal(h.len, 6);
    assert_int_equal(h.events[1].type, EVENT_EXECUTION_ABORTED);
    assert_int_equal(h.events[2].type, EVENT_EXECUTION_REDRIVEN);
    assert_int_equal(h.events[2].previous, 2);
    assert_int_equal(h.events[3].type, EVENT_PASS_STATE_ENTERED);
    assert_int_equal(h.events[3].previous, 0);
    seen_history_done(&h);
    arena_done(&a);
}

static void test_open_executions_limit(void **state)
{
    struct world *w = *state;
    struct call call;

    w->limits.open_executions = 2;
    world_use_file(w);
    world_open(w);
    assert_int_equal(world_create(w, "m", WAIT("10")), ENGINE_OK);
    assert_int_equal(world_create(w, "f", FAIL), ENGINE_OK);
    assert_int_equal(world_start(w, "f", "failed", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(world_redrive(w, "f", "failed", "known", NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(world_start(w, "m", "a", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "b", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "c", "{}"), ENGINE_EXECUTION_LIMIT);
    assert_int_equal(world_start(w, "m", "a", "{}"), ENGINE_OK); /* opens nothing */

    /* Another account has its own. */
    call_machine(&call, ENGINE_CREATE_MACHINE, "m", WAIT("10"));
    call.c.account = "000000000000";
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    call_init(&call, ENGINE_START_EXECUTION, "m");
    call.c.account = "000000000000";
    call.c.u.start.input = TEXT("{}");
    assert_int_equal(world_do(w, &call), ENGINE_OK);

    /* A redrive opens one, too; but a token that is known, and what is not redrivable, come first
     * (reference/redrive.md section 1, check order). */
    assert_int_equal(world_redrive(w, "f", "failed", "new", NULL), ENGINE_EXECUTION_LIMIT);
    assert_int_equal(world_redrive(w, "f", "failed", "known", NULL), ENGINE_OK);
    assert_int_equal(world_redrive(w, "m", "a", NULL, NULL), ENGINE_NOT_REDRIVABLE);
    assert_int_equal(status_of(w, "f", "failed"), EXECUTION_FAILED);

    /* Counted again after a restart, and free again when one ends. */
    world_kill(w);
    assert_int_equal(world_start(w, "m", "c", "{}"), ENGINE_EXECUTION_LIMIT);
    assert_int_equal(world_stop(w, "m", "a", NULL, NULL), ENGINE_OK);
    assert_int_equal(world_redrive(w, "f", "failed", "new", NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(world_start(w, "m", "c", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "d", "{}"), ENGINE_EXECUTION_LIMIT);
    world_advance(w, 10000);
    assert_int_equal(world_start(w, "m", "d", "{}"), ENGINE_OK);
}

static void test_stop_execution(void **state)
{
    struct world *w = *state;
    struct call call;

    world_open(w);
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_NO_EXECUTION);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_NO_EXECUTION);
    assert_int_equal(world_create(w, "m", WAIT("10")), ENGINE_OK);
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_NO_EXECUTION);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_NO_EXECUTION);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_advance(w, 1000);
    assert_int_equal(world_stop(w, "m", "e", "E", "C"), ENGINE_OK);
    world_advance(w, 1000);
    call_init(&call, ENGINE_STOP_EXECUTION, "m");
    call.c.u.stop.execution = "e";
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_int_equal(call.c.u.stop.date_ms, START + 1000);
}

/* Two redrives in one tick: one wins (design section 2, rule 4). */
static void test_racing_redrives(void **state)
{
    struct world *w = *state;
    struct call first, second, third;

    world_open(w);
    assert_int_equal(world_create(w, "m", WAIT("10")), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_OK);
    call_init(&first, ENGINE_REDRIVE_EXECUTION, "m");
    first.c.u.redrive.execution = "e";
    second = third = first;
    first.c.u.redrive.token = third.c.u.redrive.token = "one";
    second.c.u.redrive.token = "two";
    world_post(w, &first);
    world_post(w, &second);
    world_post(w, &third);
    world_settle(w);
    assert_int_equal(first.c.outcome, ENGINE_OK);
    assert_int_equal(second.c.outcome, ENGINE_NOT_REDRIVABLE);
    assert_int_equal(second.c.u.redrive.reason, REDRIVE_RUNNING);
    assert_int_equal(third.c.outcome, ENGINE_OK);
    assert_int_equal(third.c.u.redrive.date_ms, first.c.u.redrive.date_ms);
}

/* ---- activities ---- */

static void test_activities(void **state)
{
    struct world *w = *state;
    struct call call;

    w->limits.activities = 2;
    world_open(w);
    assert_int_equal(world_create_activity(w, "a"), ENGINE_OK);
    world_advance(w, 1000);
    call_init(&call, ENGINE_CREATE_ACTIVITY, "a");
    call.c.u.activity.encryption = "{\"type\":\"AWS_OWNED_KEY\"}";
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_int_equal(call.c.u.activity.date_ms, START);
    call_init(&call, ENGINE_CREATE_ACTIVITY, "a");
    call.c.u.activity.encryption = "{\"type\":\"CUSTOMER_MANAGED_KMS_KEY\"}";
    assert_int_equal(world_do(w, &call), ENGINE_ACTIVITY_EXISTS);
    assert_int_equal(world_create_activity(w, "b"), ENGINE_OK);
    assert_int_equal(world_create_activity(w, "c"), ENGINE_ACTIVITY_LIMIT);
    assert_int_equal(world_create_activity(w, "b"), ENGINE_OK);
    call_init(&call, ENGINE_DELETE_ACTIVITY, "b");
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_int_equal(world_create_activity(w, "c"), ENGINE_OK);
    assert_int_equal(world_poll(w, "b", NULL, &call), ENGINE_NO_ACTIVITY);
}

/* Its tasks stay when an activity is deleted, and are handed out when it is there again. */
static void test_deleted_activity(void **state)
{
    struct world *w = *state;
    struct call call, poll;

    world_open(w);
    assert_int_equal(world_create_activity(w, "a"), ENGINE_OK);
    assert_int_equal(world_create(w, "m", TASK(ACTIVITY_ARN("a"))), ENGINE_OK);

    /* A worker that waits is told. */
    call_init(&poll, ENGINE_GET_ACTIVITY_TASK, "a");
    poll.c.u.poll.deadline = INT64_MAX;
    world_post(w, &poll);
    world_settle(w);
    assert_false(poll.done);
    call_init(&call, ENGINE_DELETE_ACTIVITY, "a");
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_true(poll.done);
    assert_int_equal(poll.c.outcome, ENGINE_NO_ACTIVITY);

    assert_int_equal(world_create_activity(w, "a"), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    call_init(&call, ENGINE_DELETE_ACTIVITY, "a");
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_int_equal(world_poll(w, "a", NULL, &poll), ENGINE_NO_ACTIVITY);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_RUNNING);
    assert_int_equal(world_create_activity(w, "a"), ENGINE_OK);
    assert_int_equal(world_poll(w, "a", NULL, &poll), ENGINE_OK);
    assert_non_null(poll.token);
    assert_int_equal(world_task(w, ENGINE_TASK_SUCCESS, poll.token, "{}", NULL, NULL), ENGINE_OK);
    call_done(&poll);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
}

static bool is_dead(struct engine_command *c)
{
    (void)c;
    return false;
}

static bool is_alive(struct engine_command *c)
{
    (void)c;
    return true;
}

/* A worker that went away must not cost a task. */
static void test_dead_pollers(void **state)
{
    struct world *w = *state;
    struct call dead[3], alive;

    world_open(w);
    assert_int_equal(world_create_activity(w, "a"), ENGINE_OK);
    assert_int_equal(world_create(w, "m", TASK(ACTIVITY_ARN("a"))), ENGINE_OK);
    for (size_t i = 0; i < ARRAY_LEN(dead); i++) {
        call_init(&dead[i], ENGINE_GET_ACTIVITY_TASK, "a");
        dead[i].c.u.poll.deadline = INT64_MAX;
        dead[i].c.u.poll.alive = is_dead;
        world_post(w, &dead[i]);
    }
    call_init(&alive, ENGINE_GET_ACTIVITY_TASK, "a");
    alive.c.u.poll.deadline = INT64_MAX;
    alive.c.u.poll.alive = is_alive;
    world_post(w, &alive);
    world_settle(w);
    assert_false(dead[0].done);
    assert_int_equal(world_start(w, "m", "e", "7"), ENGINE_OK);
    world_settle(w);
    for (size_t i = 0; i < ARRAY_LEN(dead); i++) {
        assert_true(dead[i].done);
        assert_int_equal(dead[i].c.outcome, ENGINE_OK);
        assert_null(dead[i].token);
    }
    assert_true(alive.done);
    assert_string_equal(alive.input, "7");
    assert_int_equal(world_task(w, ENGINE_TASK_SUCCESS, alive.token, "8", NULL, NULL), ENGINE_OK);
    call_done(&alive);

    /* And when only dead ones ask, the task waits on. */
    assert_int_equal(world_start(w, "m", "f", "9"), ENGINE_OK);
    call_init(&dead[0], ENGINE_GET_ACTIVITY_TASK, "a");
    dead[0].c.u.poll.alive = is_dead;
    assert_int_equal(world_do(w, &dead[0]), ENGINE_OK);
    assert_null(dead[0].token);
    assert_int_equal(world_poll(w, "a", NULL, &alive), ENGINE_OK);
    assert_string_equal(alive.input, "9");
    call_done(&alive);
}

static void test_polls_wait(void **state)
{
    struct world *w = *state;
    struct call first, second, late;
    int64_t now = clock_monotonic();

    w->limits.activity_pollers = 3;
    world_open(w);
    assert_int_equal(world_create_activity(w, "a"), ENGINE_OK);
    assert_int_equal(world_create(w, "m", TASK(ACTIVITY_ARN("a"))), ENGINE_OK);

    /* One whose time is over is answered empty, though not when there is a task. */
    assert_int_equal(world_poll(w, "a", NULL, &late), ENGINE_OK);
    assert_null(late.token);
    assert_int_equal(world_start(w, "m", "e0", "0"), ENGINE_OK);
    assert_int_equal(world_poll(w, "a", NULL, &late), ENGINE_OK);
    assert_string_equal(late.input, "0");
    call_done(&late);

    /* Those that wait get tasks in the order they came; the time of the third passes meanwhile. */
    call_init(&first, ENGINE_GET_ACTIVITY_TASK, "a");
    first.c.u.poll.deadline = now + 3600 * 1000;
    second = first;
    late = first;
    late.c.u.poll.deadline = now + 20;
    world_post(w, &first);
    world_post(w, &second);
    world_post(w, &late);
    world_settle(w);
    assert_false(first.done || second.done);
    struct call fourth;
    assert_int_equal(world_poll(w, "a", NULL, &fourth), ENGINE_WORKER_LIMIT);
    assert_int_equal(world_start(w, "m", "e1", "1"), ENGINE_OK);
    world_settle(w);
    assert_true(first.done);
    assert_string_equal(first.input, "1");
    assert_false(second.done);
    assert_int_equal(world_start(w, "m", "e2", "2"), ENGINE_OK);
    world_settle(w);
    assert_true(second.done);
    assert_string_equal(second.input, "2");
    while (clock_monotonic() <= now + 20)
        usleep(1000);
    world_settle(w);
    assert_true(late.done);
    assert_int_equal(late.c.outcome, ENGINE_OK);
    assert_null(late.token);
    call_done(&first);
    call_done(&second);

    /* The engine goes: all are told. */
    call_init(&first, ENGINE_GET_ACTIVITY_TASK, "a");
    first.c.u.poll.deadline = INT64_MAX;
    world_post(w, &first);
    world_settle(w);
    call_init(&second, ENGINE_START_EXECUTION, "m");
    second.c.u.start.input = TEXT("{}");
    world_post(w, &second); /* never taken */
    world_close(w);
    assert_true(first.done);
    assert_int_equal(first.c.outcome, ENGINE_STOPPING);
    assert_true(second.done);
    assert_int_equal(second.c.outcome, ENGINE_STOPPING);
}

/* ---- reset ---- */

static void test_reset(void **state)
{
    struct world *w = *state;
    struct call reset, poll, waits;
    struct engine_stats stats;
    char *token;

    w->limits.open_executions = 3;
    world_use_file(w);
    world_open(w);
    assert_int_equal(world_create_activity(w, "a"), ENGINE_OK);
    assert_int_equal(world_create(w, "m", TASK(ACTIVITY_ARN("a"))), ENGINE_OK);
    assert_int_equal(world_create(w, "l", TASK(LAMBDA)), ENGINE_OK);
    assert_int_equal(world_create(w, "w", WAIT("10")), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "l", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "w", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "w", "f", "{}"), ENGINE_EXECUTION_LIMIT);
    assert_int_equal(world_poll(w, "a", NULL, &poll), ENGINE_OK);
    token = poll.token;
    call_init(&waits, ENGINE_GET_ACTIVITY_TASK, "a");
    waits.c.u.poll.deadline = INT64_MAX;
    world_post(w, &waits);
    world_settle(w);

    call_init(&reset, ENGINE_RESET, NULL);
    assert_int_equal(world_do(w, &reset), ENGINE_OK);
    assert_true(waits.done);
    assert_null(waits.token);
    assert_true(w->requests[0].cancelled);
    engine_get_stats(w->engine, &stats);
    assert_int_equal(stats.running, 0);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_NO_MACHINE);
    assert_int_equal(world_stop(w, "w", "e", NULL, NULL), ENGINE_NO_EXECUTION);
    assert_int_equal(world_poll(w, "a", NULL, &waits), ENGINE_NO_ACTIVITY);
    assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, token), ENGINE_BAD_TOKEN);
    world_advance(w, 20000);

    /* What comes later has nothing to do with what was before. */
    assert_int_equal(world_create_activity(w, "a"), ENGINE_OK);
    assert_int_equal(world_create(w, "m", TASK(ACTIVITY_ARN("a"))), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "1"), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "f", "2"), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "g", "3"), ENGINE_OK);
    assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, token), ENGINE_BAD_TOKEN);
    call_done(&poll);
    assert_int_equal(world_poll(w, "a", NULL, &poll), ENGINE_OK);
    assert_string_equal(poll.input, "1");
    world_kill(w);
    assert_int_equal(world_task(w, ENGINE_TASK_SUCCESS, poll.token, "{}", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
    call_done(&poll);
}

/* Everything at once in one tick, and a reset in the middle of it. */
static void test_reset_within_a_tick(void **state)
{
    struct world *w = *state;
    struct call calls[6];

    world_open(w);
    call_machine(&calls[0], ENGINE_CREATE_MACHINE, "m", TASK(LAMBDA));
    call_init(&calls[1], ENGINE_START_EXECUTION, "m");
    calls[1].c.u.start.execution = "e";
    calls[1].c.u.start.input = TEXT("{}");
    call_init(&calls[2], ENGINE_RESET, NULL);
    calls[3] = calls[1];
    call_machine(&calls[4], ENGINE_CREATE_MACHINE, "m", TASK(LAMBDA));
    calls[5] = calls[1];
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        world_post(w, &calls[i]);
    world_settle(w);
    assert_int_equal(calls[1].c.outcome, ENGINE_OK);
    assert_int_equal(calls[2].c.outcome, ENGINE_OK);
    assert_int_equal(calls[3].c.outcome, ENGINE_NO_MACHINE);
    assert_int_equal(calls[5].c.outcome, ENGINE_OK);
    assert_int_equal(w->requests_len, 1);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_RUNNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_machine),
        TEST(test_create_machine_limit),
        TEST(test_update_machine),
        TEST(test_delete_machine),
        TEST(test_delete_machine_with_many_executions),
        TEST(test_start_execution),
        TEST(test_commands_of_one_tick),
        TEST(test_open_executions_limit),
        TEST(test_stop_execution),
        TEST(test_racing_redrives),
        TEST(test_activities),
        TEST(test_deleted_activity),
        TEST(test_dead_pollers),
        TEST(test_polls_wait),
        TEST(test_reset),
        TEST(test_reset_within_a_tick),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
