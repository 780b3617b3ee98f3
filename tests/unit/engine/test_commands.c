/* What comes of each command, and of commands that meet: the outcomes the API turns into answers. */
#include "harness.h"

#define PASS        "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}"
#define PASS_SPACED "{ \"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}"
#define FAIL        "{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Fail\",\"Error\":\"E\"}}}"
#define WAIT(seconds)                                                              \
    "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":" seconds \
    ",\"End\":true}}}"
#define ACTIVITY_ARN(name) "arn:aws:states:" REGION ":" ACCOUNT ":activity:" name
#define TASK(arn)                                                                 \
    "{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" arn \
    "\",\"End\":true}}}"
#define LAMBDA "arn:aws:lambda:us-east-1:123456789012:function:f"

static int setup(void **state)
{
    struct world *w = xmalloc(sizeof(*w));

    world_init(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    world_done(w);
    free(w);
    return 0;
}

static enum execution_status status_of(struct world *w, const char *machine, const char *execution)
{
    struct arena a;
    struct store_execution row;
    enum execution_status status = 0;

    arena_init(&a);
    if (world_execution(w, &a, machine, execution, &row))
        status = row.status;
    arena_done(&a);
    return status;
}

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

/* ---- tokens ---- */

static enum engine_outcome heartbeat_of(struct world *w, const char *account, const char *region,
                                        const char *token)
{
    struct call call;
    enum engine_outcome outcome;

    call_init(&call, ENGINE_TASK_HEARTBEAT, NULL);
    call.c.account = account;
    call.c.region = region;
    call.c.u.task.token = token;
    outcome = world_do(w, &call);
    call_done(&call);
    return outcome;
}

static void test_tokens(void **state)
{
    struct world *w = *state;
    static const char *const garbage[] = {
        "",
        "x",
        "AAAA",
        "not base64 at all!",
        "\xff\xfe",
        "AQAAAAAAAAABAAAAAAAAAAQ",
        "====",
        "a\nb",
        "AQAAAAAAAAABAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAA",
    };
    struct call call, poll;
    char *token;
    struct world other;

    world_open(w);
    for (size_t i = 0; i < ARRAY_LEN(garbage); i++)
        assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, garbage[i]), ENGINE_BAD_TOKEN);
    char *longest = xmalloc(2049);
    memset(longest, 'A', 2048);
    longest[2048] = '\0';
    assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, longest), ENGINE_BAD_TOKEN);
    free(longest);

    assert_int_equal(world_create_activity(w, "a"), ENGINE_OK);
    assert_int_equal(world_create(w, "m", TASK(ACTIVITY_ARN("a"))), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_poll(w, "a", NULL, &poll), ENGINE_OK);
    token = poll.token;
    assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, token), ENGINE_OK);
    assert_int_equal(heartbeat_of(w, ACCOUNT, "eu-west-1", token), ENGINE_BAD_TOKEN);
    assert_int_equal(heartbeat_of(w, "000000000000", REGION, token), ENGINE_BAD_TOKEN);

    /* Any change of it makes it another's. */
    for (size_t i = 0; token[i]; i++) {
        char was = token[i];

        token[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, token), ENGINE_BAD_TOKEN);
        token[i] = was;
    }
    for (size_t len = 0; len < strlen(token); len++) {
        char *cut = xmemdup(token, len);

        assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, cut), ENGINE_BAD_TOKEN);
        free(cut);
    }

    /* Another server has another secret. */
    world_init(&other);
    world_open(&other);
    assert_int_equal(heartbeat_of(&other, ACCOUNT, REGION, token), ENGINE_BAD_TOKEN);
    world_done(&other);

    /* Used up: the answer names the resource. */
    assert_int_equal(world_task(w, ENGINE_TASK_SUCCESS, token, "{}", NULL, NULL), ENGINE_OK);
    assert_int_equal(world_task(w, ENGINE_TASK_FAILURE, token, "E", NULL, &call),
                     ENGINE_TASK_CLOSED);
    assert_string_equal(call.resource, ACTIVITY_ARN("a"));
    call_done(&call);

    /* Two answers in one tick: the first counts. */
    assert_int_equal(world_start(w, "m", "f", "{}"), ENGINE_OK);
    call_done(&poll);
    assert_int_equal(world_poll(w, "a", NULL, &poll), ENGINE_OK);
    struct call first, second;
    call_init(&first, ENGINE_TASK_SUCCESS, NULL);
    first.c.u.task.token = poll.token;
    first.c.u.task.output = TEXT("1");
    call_init(&second, ENGINE_TASK_FAILURE, NULL);
    second.c.u.task.token = poll.token;
    world_post(w, &first);
    world_post(w, &second);
    world_settle(w);
    assert_int_equal(first.c.outcome, ENGINE_OK);
    assert_int_equal(second.c.outcome, ENGINE_TASK_CLOSED);
    assert_int_equal(status_of(w, "m", "f"), EXECUTION_SUCCEEDED);
    call_done(&second);

    /* Of an execution that is gone: nothing is known of it any more. */
    struct call gone;
    call_init(&gone, ENGINE_DELETE_MACHINE, "m");
    assert_int_equal(world_do(w, &gone), ENGINE_OK);
    world_settle(w);
    assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, poll.token), ENGINE_BAD_TOKEN);
    call_done(&poll);
}

/* ---- tasks ---- */

static void test_results_of_drivers(void **state)
{
    struct world *w = *state;
    struct task_result result = {.outcome = TASK_SUCCEEDED, .output = TEXT("1")};
    struct arena a;
    struct store_execution row;

    world_open(w);
    assert_int_equal(world_create(w, "m", TASK(LAMBDA)), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(w->requests_len, 1);
    /* Of a number that was never given out; twice; after the end. */
    engine_task_finished(w->engine, 12345, &result);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_RUNNING);
    engine_task_finished(w->engine, w->requests[0].id, &result);
    engine_task_finished(w->engine, w->requests[0].id, &result);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
    engine_task_finished(w->engine, w->requests[0].id, &result);
    world_settle(w);

    /* Without an output it is null; with a failure that says nothing, nothing is told. */
    world_outcome(w, FAKE_SUCCESS, NULL, NULL, NULL);
    assert_int_equal(world_start(w, "m", "f", "{}"), ENGINE_OK);
    world_settle(w);
    arena_init(&a);
    assert_true(world_execution(w, &a, "m", "f", &row));
    assert_string_equal(row.output.text.data, "null");

    /* Stopped before the request left: the driver never hears of it. */
    struct call start, stop;
    call_init(&start, ENGINE_START_EXECUTION, "m");
    start.c.u.start.execution = "g";
    start.c.u.start.input = TEXT("{}");
    call_init(&stop, ENGINE_STOP_EXECUTION, "m");
    stop.c.u.stop.execution = "g";
    world_post(w, &start);
    world_post(w, &stop);
    world_settle(w);
    assert_int_equal(w->requests_len, 2);

    /* Stopped afterwards: it is cancelled. */
    assert_int_equal(world_start(w, "m", "h", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(w->requests_len, 3);
    assert_int_equal(world_stop(w, "m", "h", NULL, NULL), ENGINE_OK);
    assert_true(w->requests[2].cancelled);

    /* Nobody runs it. */
    assert_int_equal(
        world_create(w, "n", TASK("arn:aws:lambda:us-east-1:123456789012:function:nobody")),
        ENGINE_OK);
    assert_int_equal(world_start(w, "n", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_true(world_execution(w, &a, "n", "e", &row));
    assert_int_equal(row.status, EXECUTION_FAILED);
    assert_string_equal(row.error, "States.TaskFailed");
    arena_done(&a);
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

/* ---- time ---- */

static void test_manual_clock(void **state)
{
    struct world *w = *state;
    struct call one, two;

    world_use_file(w);
    world_open(w);
    assert_int_equal(world_create(w, "m", WAIT("10")), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(clock_now(w->clock), START);

    /* Two at once: one after the other. */
    call_init(&one, ENGINE_ADVANCE_CLOCK, NULL);
    one.c.u.clock.ms = 6000;
    two = one;
    world_post(w, &one);
    world_post(w, &two);
    world_settle(w);
    assert_true(one.done && two.done);
    assert_int_equal(clock_now(w->clock), START + 12000);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);

    /* By nothing: answered all the same. */
    call_init(&one, ENGINE_ADVANCE_CLOCK, NULL);
    one.c.u.clock.ms = 0;
    world_post(w, &one);
    world_settle(w);
    assert_true(one.done);
    assert_int_equal(one.c.u.clock.now_ms, START + 12000);

    /* A restart does not turn the clock back. */
    world_kill(w);
    assert_int_equal(clock_now(w->clock), START + 12000);

    /* Far: at the end of time it stops. */
    call_init(&one, ENGINE_ADVANCE_CLOCK, NULL);
    one.c.u.clock.ms = INT64_C(300000000000000);
    world_post(w, &one);
    world_settle(w);
    assert_true(one.done);
}

static void test_skip_clock(void **state)
{
    struct world *w = *state;
    struct call poll;
    int64_t before;

    w->mode = CLOCK_SKIP;
    world_open(w);
    assert_int_equal(world_create(w, "m", WAIT("99999")), ENGINE_OK);
    assert_int_equal(world_create_activity(w, "a"), ENGINE_OK);
    assert_int_equal(world_create(w, "t", TASK(ACTIVITY_ARN("a"))), ENGINE_OK);

    /* Nothing but a Wait: time jumps. */
    before = clock_now(w->clock);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
    assert_in_range(clock_now(w->clock) - before, 99999000, 99999000 + 60000);

    /* Somebody outside has something to do: time runs. */
    assert_int_equal(world_start(w, "t", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "f", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "f"), EXECUTION_RUNNING);
    assert_int_equal(world_poll(w, "a", NULL, &poll), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "f"), EXECUTION_RUNNING);

    /* It was stopped: nobody has any more. */
    assert_int_equal(world_stop(w, "t", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "f"), EXECUTION_SUCCEEDED);

    /* The same with a task that is queued, one that failed, and one that was answered. */
    assert_int_equal(world_start(w, "t", "queued", "{}"), ENGINE_OK);
    assert_int_equal(world_stop(w, "t", "queued", NULL, NULL), ENGINE_OK);
    assert_int_equal(world_start(w, "t", "failed", "{}"), ENGINE_OK);
    call_done(&poll);
    assert_int_equal(world_poll(w, "a", NULL, &poll), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "g", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "g"), EXECUTION_RUNNING);
    assert_int_equal(world_task(w, ENGINE_TASK_FAILURE, poll.token, "E", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "g"), EXECUTION_SUCCEEDED);
    call_done(&poll);

    /* By request it moves even when somebody is busy. */
    assert_int_equal(world_start(w, "t", "busy", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "h", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "h"), EXECUTION_RUNNING);
    world_advance(w, 99999000);
    assert_int_equal(status_of(w, "m", "h"), EXECUTION_SUCCEEDED);
}

static void test_real_clock(void **state)
{
    struct world *w = *state;
    int64_t before;

    w->mode = CLOCK_REAL;
    world_use_file(w);
    world_open(w);
    assert_int_equal(world_create(w, "m", WAIT("3600")), ENGINE_OK);
    before = clock_now(w->clock);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_RUNNING);
    assert_in_range(engine_deadline(w->engine), before, before + 3600 * 1000);
    world_advance(w, 3600 * 1000);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
    assert_in_range(clock_now(w->clock) - before, 3600 * 1000, 3600 * 1000 + 60000);

    /* What it was moved by is kept. */
    world_kill(w);
    assert_in_range(clock_now(w->clock) - before, 3600 * 1000, 3600 * 1000 + 60000);
}

static void test_wait_time_scale(void **state)
{
    struct world *w = *state;

    w->wait_time_scale = 0.01;
    world_open(w);
    assert_int_equal(world_create(w, "m", WAIT("100")), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_advance(w, 999);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_RUNNING);
    world_advance(w, 1);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
}

/* Retention: an execution closed 90 days ago goes, with its name; more of them than one tick removes. */
static void test_retention(void **state)
{
    struct world *w = *state;

    world_open(w);
    assert_int_equal(world_create(w, "m", PASS), ENGINE_OK);
    for (int i = 0; i < 450; i++) {
        char name[16];

        snprintf(name, sizeof(name), "e%d", i);
        assert_int_equal(world_start(w, "m", name, "{}"), ENGINE_OK);
    }
    world_settle(w);
    world_advance(w, INT64_C(7776000) * 1000 - 3600 * 1000);
    assert_int_equal(world_start(w, "m", "young", "{}"), ENGINE_OK);
    assert_int_equal(status_of(w, "m", "e0"), EXECUTION_SUCCEEDED);
    world_advance(w, 2 * 3600 * 1000);
    assert_int_equal(status_of(w, "m", "e0"), 0);
    assert_int_equal(status_of(w, "m", "e449"), 0);
    assert_int_equal(status_of(w, "m", "young"), EXECUTION_SUCCEEDED);
    assert_int_equal(world_start(w, "m", "e0", "{}"), ENGINE_OK);
}

/* ---- bounds ---- */

/* A machine that never waits does not keep others from running, and a tick ends. */
static void test_busy_machines(void **state)
{
    struct world *w = *state;
    unsigned ticks = 0;

    w->steps = 100;
    w->limits.history_events = 5000;
    world_open(w);
    assert_int_equal(
        world_create(w, "loop",
                     "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Next\":\"C\"},"
                     "\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.x\","
                     "\"IsPresent\":true,\"Next\":\"S\"}],\"Default\":\"P\"},"
                     "\"S\":{\"Type\":\"Succeed\"}}}"),
        ENGINE_OK);
    assert_int_equal(world_create(w, "m", PASS), ENGINE_OK);
    assert_int_equal(world_start(w, "loop", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "loop", "f", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    for (int i = 0; i < 3; i++)
        assert_true(world_tick(w));
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
    assert_int_equal(status_of(w, "loop", "e"), EXECUTION_RUNNING);
    /* Neither does a stop have to wait. */
    assert_int_equal(world_stop(w, "loop", "f", NULL, NULL), ENGINE_OK);
    while (world_tick(w))
        ticks++;
    assert_in_range(ticks, 30, 200);
    assert_int_equal(status_of(w, "loop", "e"), EXECUTION_FAILED);
}

/* What one template repeats is megabytes as text, gigabytes when repeated again: refused at once. */
static void test_values_that_explode(void **state)
{
    struct world *w = *state;
    struct strbuf sb, input;
    struct arena a;
    struct store_execution row;

    world_open(w);
    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    strbuf_adds(&sb, "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Parameters\":{");
    for (int i = 0; i < 20000; i++)
        strbuf_addf(&sb, "%s\"%d.$\":\"$\"", i ? "," : "", i);
    strbuf_adds(&sb, "},\"End\":true}}}");
    strbuf_init(&input, LIMIT_VALUE_BYTES);
    strbuf_addc(&input, '[');
    for (int i = 0; i < 100000; i++)
        strbuf_adds(&input, i ? ",1" : "1");
    strbuf_addc(&input, ']');
    assert_int_equal(world_create(w, "m", sb.data), ENGINE_OK);
    int64_t before = clock_monotonic();
    assert_int_equal(world_start(w, "m", "e", input.data), ENGINE_OK);
    world_settle(w);
    assert_in_range(clock_monotonic() - before, 0, 5000);
    arena_init(&a);
    assert_true(world_execution(w, &a, "m", "e", &row));
    assert_int_equal(row.status, EXECUTION_FAILED);
    assert_string_equal(row.error, "States.DataLimitExceeded");
    arena_done(&a);
    strbuf_done(&sb);
    strbuf_done(&input);
}

/* An input as deep as one may be: whatever puts it deeper is refused, and every checkpoint can be read
 * back. */
static void test_deep_values(void **state)
{
    static const struct {
        const char *definition;
        enum execution_status status;
    } machines[] = {
        {PASS, EXECUTION_SUCCEEDED},
        {"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Parameters\":{\"a.$\":\"$\"},"
         "\"Next\":\"W\"},\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"End\":true}}}",
         EXECUTION_FAILED},
        {"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Assign\":{\"a.$\":\"$\"},"
         "\"Next\":\"W\"},\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":\"Q\"},"
         "\"Q\":{\"Type\":\"Pass\",\"Parameters\":{\"a.$\":\"$a[0]\"},\"End\":true}}}",
         EXECUTION_FAILED},
        {"{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Parallel\",\"Next\":\"W\",\"Branches\":["
         "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}]},"
         "\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":\"Q\"},"
         "\"Q\":{\"Type\":\"Pass\",\"InputPath\":\"$[0]\",\"End\":true}}}",
         EXECUTION_FAILED},
        {"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"Next\":\"W\",\"ItemProcessor\":"
         "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Wait\",\"Seconds\":1,\"End\":true}}}},"
         "\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":\"Q\"},"
         "\"Q\":{\"Type\":\"Pass\",\"InputPath\":\"$[0]\",\"End\":true}}}",
         EXECUTION_SUCCEEDED},
    };
    struct world *w = *state;
    char deep[2 * LIMIT_JSON_DEPTH + 1];

    memset(deep, '[', LIMIT_JSON_DEPTH);
    memset(deep + LIMIT_JSON_DEPTH, ']', LIMIT_JSON_DEPTH);
    deep[2 * LIMIT_JSON_DEPTH] = '\0';
    world_use_file(w);
    w->kill = true;
    world_open(w);
    for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
        char name[16];

        snprintf(name, sizeof(name), "m%zu", i);
        assert_int_equal(world_create(w, name, machines[i].definition), ENGINE_OK);
        assert_int_equal(world_start(w, name, "e", deep), ENGINE_OK);
        world_advance(w, 5000);
        assert_int_equal(status_of(w, name, "e"), machines[i].status);
        if (machines[i].status == EXECUTION_FAILED) {
            assert_int_equal(world_redrive(w, name, "e", NULL, NULL), ENGINE_OK);
            world_advance(w, 5000);
            assert_int_equal(status_of(w, name, "e"), EXECUTION_FAILED);
        }
    }
}

/* reference/redrive.md section 2, at the service's own limit: 24,998 events can be redriven, 24,999 cannot.
 * Events of a run with n items: 1 + Pass or not + Map 4 + 4n + Wait 1 + ExecutionAborted 1; a Lambda task adds
 * 5, a Pass 2. */
static void test_real_history_limit(void **state)
{
    static const struct {
        const char *name, *start;
        int items;
        int64_t events;
        bool redrivable;
    } cases[] = {
        {"most", "L", 6246, 24998, true},
        {"more", "M", 6248, 24999, false},
    };
    struct world *w = *state;
    struct arena a;

    world_open(w);
    arena_init(&a);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct store_execution row;
        struct call call;
        struct strbuf sb;
        char *definition = xasprintf(
            "{\"StartAt\":\"%s\",\"States\":{%s"
            "\"M\":{\"Type\":\"Map\",\"Next\":\"W\",\"ResultPath\":null,\"ItemProcessor\":"
            "{\"StartAt\":\"X\",\"States\":{\"X\":{\"Type\":\"Pass\",\"End\":true}}}},"
            "\"W\":{\"Type\":\"Wait\",\"Seconds\":60,\"End\":true}}}",
            cases[i].start,
            *cases[i].start == 'L'
                ? "\"L\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
                  "\",\"ResultPath\":null,\"Next\":\"P\"},\"P\":{\"Type\":\"Pass\",\"Next\":\"M\"},"
                : "");

        strbuf_init(&sb, LIMIT_VALUE_BYTES);
        for (int n = 0; n < cases[i].items; n++)
            strbuf_adds(&sb, n ? ",1" : "[1");
        strbuf_addc(&sb, ']');
        world_outcome(w, FAKE_SUCCESS, "{}", NULL, NULL);
        assert_int_equal(world_create(w, cases[i].name, definition), ENGINE_OK);
        assert_int_equal(world_start(w, cases[i].name, "e", sb.data), ENGINE_OK);
        world_settle(w);
        assert_int_equal(status_of(w, cases[i].name, "e"), EXECUTION_RUNNING);
        assert_int_equal(world_stop(w, cases[i].name, "e", NULL, NULL), ENGINE_OK);
        assert_true(world_execution(w, &a, cases[i].name, "e", &row));
        assert_int_equal(row.event_count, cases[i].events);
        if (cases[i].redrivable) {
            assert_int_equal(world_redrive(w, cases[i].name, "e", NULL, NULL), ENGINE_OK);
            world_advance(w, 60000);
            assert_true(world_execution(w, &a, cases[i].name, "e", &row));
            assert_int_equal(row.event_count, 25000);
            assert_int_equal(row.status, EXECUTION_FAILED);
            assert_string_equal(
                row.cause, "The execution reached the maximum number of history events (25000).");
        }
        assert_int_equal(world_redrive(w, cases[i].name, "e", NULL, &call), ENGINE_NOT_REDRIVABLE);
        assert_int_equal(call.c.u.redrive.reason, REDRIVE_HISTORY_LIMIT);
        strbuf_done(&sb);
        free(definition);
    }
    arena_done(&a);
}

/* ---- numbers ---- */

static void test_stats(void **state)
{
    struct world *w = *state;
    struct engine_stats stats;

    world_open(w);
    assert_int_equal(world_create(w, "p", PASS), ENGINE_OK);
    assert_int_equal(world_create(w, "f", FAIL), ENGINE_OK);
    assert_int_equal(world_create(w, "w", WAIT("10")), ENGINE_OK);
    assert_int_equal(
        world_create(w, "t",
                     "{\"TimeoutSeconds\":5,\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":"
                     "\"Wait\",\"Seconds\":10,\"End\":true}}}"),
        ENGINE_OK);
    assert_int_equal(world_start(w, "p", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "f", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "w", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "w", "f", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "t", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_stop(w, "w", "f", NULL, NULL), ENGINE_OK);
    assert_int_equal(world_redrive(w, "f", "e", NULL, NULL), ENGINE_OK);
    world_advance(w, 6000);
    engine_get_stats(w->engine, &stats);
    assert_int_equal(stats.running, 1);
    assert_int_equal(stats.started, 5);
    assert_int_equal(stats.succeeded, 1);
    assert_int_equal(stats.failed, 2);
    assert_int_equal(stats.aborted, 1);
    assert_int_equal(stats.timed_out, 1);
    assert_int_equal(stats.redriven, 1);
    assert_int_equal(stats.events, 4 + 3 + 2 + 2 + 3 + 3);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

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
        TEST(test_tokens),
        TEST(test_results_of_drivers),
        TEST(test_reset),
        TEST(test_reset_within_a_tick),
        TEST(test_manual_clock),
        TEST(test_skip_clock),
        TEST(test_real_clock),
        TEST(test_wait_time_scale),
        TEST(test_retention),
        TEST(test_busy_machines),
        TEST(test_values_that_explode),
        TEST(test_deep_values),
        TEST(test_real_history_limit),
        TEST(test_stats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
