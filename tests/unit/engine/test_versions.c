/* Versions, aliases and tags: reference/api.md sections 2 and 3, redrive.md section 3. */
#include "harness.h"

#define FAILS \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Fail\",\"Error\":\"E\",\"Cause\":\"C\"}}}"
#define WORKS "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"
#define WAITS \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":60,\"End\":true}}}"
#define MACHINE "arn:aws:states:" REGION ":" ACCOUNT ":stateMachine:m"

static void open_world(struct world *w)
{
    world_init(w);
    world_open(w);
}

static enum engine_outcome publish(struct world *w, const char *description, int64_t *ret_number)
{
    struct call call;

    call_init(&call, ENGINE_PUBLISH_VERSION, "m");
    call.c.u.version.description = description;

    enum engine_outcome outcome = world_do(w, &call);

    *ret_number = call.c.u.version.number;
    return outcome;
}

static void assert_published(struct world *w, int64_t number)
{
    int64_t got;

    assert_int_equal(publish(w, NULL, &got), ENGINE_OK);
    assert_int_equal(got, number);
}

static enum engine_outcome update(struct world *w, const char *definition)
{
    struct call call;

    call_machine(&call, ENGINE_UPDATE_MACHINE, "m", definition);
    return world_do(w, &call);
}

static enum engine_outcome delete_version(struct world *w, int64_t number)
{
    struct call call;

    call_init(&call, ENGINE_DELETE_VERSION, "m");
    call.c.u.version.number = number;
    return world_do(w, &call);
}

/* To the versions 1 and 2, by weight; 100 leaves out the second. */
static enum engine_outcome put_alias(struct world *w, enum engine_command_type type,
                                     const char *alias, int64_t weight)
{
    struct call call;

    call_init(&call, type, "m");
    call.c.u.alias.alias = alias;
    call.c.u.alias.routes[0] = (struct store_route){1, weight};
    call.c.u.alias.routes[1] = (struct store_route){2, 100 - weight};
    call.c.u.alias.routes_len = weight == 100 ? 1 : 2;
    return world_do(w, &call);
}

static enum engine_outcome start(struct world *w, int64_t version, const char *alias,
                                 const char *execution)
{
    struct call call;

    call_init(&call, ENGINE_START_EXECUTION, "m");
    call.c.u.start.version = version;
    call.c.u.start.alias = alias;
    call.c.u.start.execution = execution;
    call.c.u.start.input = TEXT("{}");

    enum engine_outcome outcome = world_do(w, &call);

    world_settle(w);
    return outcome;
}

static void assert_started(struct world *w, const char *execution, enum execution_status status,
                           const char *version, const char *alias)
{
    struct arena a;
    struct store_execution x;

    arena_init(&a);
    assert_true(world_execution(w, &a, "m", execution, &x));
    assert_int_equal(x.status, status);
    assert_true(version ? x.version_arn && strcmp(x.version_arn, version) == 0 : !x.version_arn);
    assert_true(alias ? x.alias_arn && strcmp(x.alias_arn, alias) == 0 : !x.alias_arn);
    arena_done(&a);
}

/* Version 1 fails, version 2 waits a minute, the current revision works. */
static void make_three(struct world *w)
{
    assert_int_equal(world_create(w, "m", FAILS), ENGINE_OK);
    assert_published(w, 1);
    assert_int_equal(update(w, WAITS), ENGINE_OK);
    assert_published(w, 2);
    assert_int_equal(update(w, WORKS), ENGINE_OK);
}

static void execution_keeps_its_version(void **state)
{
    struct world w;

    (void)state;
    open_world(&w);
    make_three(&w);
    assert_int_equal(start(&w, 0, NULL, "current"), ENGINE_OK);
    assert_int_equal(start(&w, 1, NULL, "first"), ENGINE_OK);
    assert_int_equal(start(&w, 2, NULL, "second"), ENGINE_OK);
    assert_started(&w, "current", EXECUTION_SUCCEEDED, NULL, NULL);
    assert_started(&w, "first", EXECUTION_FAILED, MACHINE ":1", NULL);
    assert_int_equal(start(&w, 3, NULL, "third"), ENGINE_NO_VERSION);
    assert_int_equal(start(&w, INT64_MAX, NULL, "third"), ENGINE_NO_VERSION);
    assert_int_equal(start(&w, 0, "live", "third"), ENGINE_NO_ALIAS);

    /* Running executions of a deleted version go on (section 3, DeleteStateMachineVersion). */
    assert_int_equal(delete_version(&w, 2), ENGINE_OK);
    assert_int_equal(start(&w, 2, NULL, "third"), ENGINE_NO_VERSION);
    world_advance(&w, 60000);
    assert_started(&w, "second", EXECUTION_SUCCEEDED, MACHINE ":2", NULL);
    world_done(&w);
}

/* redrive.md section 3: both ARNs as originally resolved, and the definition of then, also after the alias
 * was turned to another version and the process was killed. */
static void redrive_keeps_both_arns(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_use_file(&w);
    world_open(&w);
    make_three(&w);
    assert_int_equal(put_alias(&w, ENGINE_CREATE_ALIAS, "live", 100), ENGINE_OK);
    assert_int_equal(start(&w, 0, "live", "x"), ENGINE_OK);
    assert_started(&w, "x", EXECUTION_FAILED, MACHINE ":1", MACHINE ":live");
    assert_int_equal(put_alias(&w, ENGINE_UPDATE_ALIAS, "live", 0), ENGINE_OK);
    world_kill(&w);
    assert_int_equal(world_redrive(&w, "m", "x", NULL, NULL), ENGINE_OK);
    world_settle(&w);
    assert_started(&w, "x", EXECUTION_FAILED, MACHINE ":1", MACHINE ":live");
    assert_int_equal(start(&w, 0, "live", "y"), ENGINE_OK);
    assert_started(&w, "y", EXECUTION_RUNNING, MACHINE ":2", MACHINE ":live");
    world_kill(&w);
    world_advance(&w, 60000);
    assert_started(&w, "y", EXECUTION_SUCCEEDED, MACHINE ":2", MACHINE ":live");
    world_done(&w);
}

/* How many of `count` executions an alias with this weight starts through version 1. */
static int first_of(struct world *w, int64_t weight, int count)
{
    struct arena a;
    int first = 0;

    arena_init(&a);
    assert_int_equal(put_alias(w, ENGINE_UPDATE_ALIAS, "live", weight), ENGINE_OK);
    for (int i = 0; i < count; i++) {
        struct store_execution x;
        char name[32];

        snprintf(name, sizeof(name), "w%d-%d", (int)weight, i);
        assert_int_equal(start(w, 0, "live", name), ENGINE_OK);
        assert_true(world_execution(w, &a, "m", name, &x));
        first += strcmp(x.version_arn, MACHINE ":1") == 0;
    }
    arena_done(&a);
    return first;
}

static void alias_chooses_by_weight(void **state)
{
    struct world w;

    (void)state;
    open_world(&w);
    make_three(&w);
    assert_int_equal(put_alias(&w, ENGINE_CREATE_ALIAS, "live", 100), ENGINE_OK);
    assert_int_equal(first_of(&w, 100, 50), 50);
    assert_int_equal(first_of(&w, 0, 50), 0);
    /* 80 of 400 are expected, with a standard deviation of 8. */
    assert_in_range(first_of(&w, 20, 400), 20, 140);
    world_done(&w);
}

static void limits_hold(void **state)
{
    struct world w;
    int64_t number;

    (void)state;
    world_init(&w);
    w.limits.versions = 2;
    w.limits.aliases = 2;
    world_open(&w);
    make_three(&w);
    assert_int_equal(publish(&w, NULL, &number), ENGINE_VERSION_LIMIT);

    struct call call;

    call_machine(&call, ENGINE_UPDATE_MACHINE, "m", WAITS);
    call.c.u.machine.publish = true;
    assert_int_equal(world_do(&w, &call), ENGINE_VERSION_LIMIT);
    assert_int_equal(start(&w, 0, NULL, "unchanged"), ENGINE_OK);
    assert_started(&w, "unchanged", EXECUTION_SUCCEEDED, NULL, NULL);

    assert_int_equal(put_alias(&w, ENGINE_CREATE_ALIAS, "a", 100), ENGINE_OK);
    assert_int_equal(put_alias(&w, ENGINE_CREATE_ALIAS, "b", 50), ENGINE_OK);
    assert_int_equal(put_alias(&w, ENGINE_CREATE_ALIAS, "c", 100), ENGINE_ALIAS_LIMIT);
    assert_int_equal(put_alias(&w, ENGINE_CREATE_ALIAS, "b", 50), ENGINE_OK);
    assert_int_equal(delete_version(&w, 2), ENGINE_VERSION_IN_USE);
    call_init(&call, ENGINE_DELETE_ALIAS, "m");
    call.c.u.alias.alias = "b";
    assert_int_equal(world_do(&w, &call), ENGINE_OK);
    assert_int_equal(delete_version(&w, 2), ENGINE_OK);
    assert_published(&w, 3);
    world_done(&w);
}

/* Section 3, DeleteStateMachine. */
static void machine_takes_versions_and_aliases_along(void **state)
{
    struct world w;
    int64_t number;

    (void)state;
    open_world(&w);
    make_three(&w);
    assert_int_equal(put_alias(&w, ENGINE_CREATE_ALIAS, "live", 50), ENGINE_OK);
    assert_int_equal(start(&w, 2, NULL, "x"), ENGINE_OK);

    struct call call;

    call_init(&call, ENGINE_DELETE_MACHINE, "m");
    assert_int_equal(world_do(&w, &call), ENGINE_OK);
    assert_int_equal(publish(&w, NULL, &number), ENGINE_MACHINE_DELETING);
    assert_int_equal(put_alias(&w, ENGINE_CREATE_ALIAS, "beta", 50), ENGINE_MACHINE_DELETING);
    assert_int_equal(start(&w, 1, NULL, "y"), ENGINE_MACHINE_DELETING);
    assert_int_equal(world_stop(&w, "m", "x", NULL, NULL), ENGINE_OK);
    world_settle(&w);
    assert_int_equal(publish(&w, NULL, &number), ENGINE_NO_MACHINE);
    assert_int_equal(put_alias(&w, ENGINE_UPDATE_ALIAS, "live", 50), ENGINE_DANGLING);

    /* A machine of the same name is another one. */
    assert_int_equal(world_create(&w, "m", WORKS), ENGINE_OK);
    assert_int_equal(start(&w, 1, NULL, "x"), ENGINE_NO_VERSION);
    assert_int_equal(start(&w, 0, "live", "x"), ENGINE_NO_ALIAS);
    assert_published(&w, 1);
    world_done(&w);
}

/* ---- workers and tokens ---- */

static bool gone(struct engine_command *c)
{
    (void)c;
    return false;
}

/* At the limit, workers that left without a word make room. */
static void workers_that_left_do_not_count(void **state)
{
    struct world w;
    struct call polls[3];

    (void)state;
    world_init(&w);
    w.limits.activity_pollers = 2;
    world_open(&w);
    assert_int_equal(world_create_activity(&w, "a"), ENGINE_OK);
    for (size_t i = 0; i < ARRAY_LEN(polls); i++) {
        call_init(&polls[i], ENGINE_GET_ACTIVITY_TASK, "a");
        polls[i].c.u.poll.deadline = INT64_MAX;
        polls[i].c.u.poll.alive = i == 0 ? gone : NULL;
        world_post(&w, &polls[i]);
    }
    world_settle(&w);
    assert_true(polls[0].done);
    assert_int_equal(polls[0].c.outcome, ENGINE_OK);
    assert_null(polls[0].c.u.poll.token);
    assert_false(polls[1].done);
    assert_false(polls[2].done);

    struct call late;

    assert_int_equal(world_poll(&w, "a", NULL, &late), ENGINE_WORKER_LIMIT);
    world_close(&w); /* answers those that wait */
    assert_true(polls[2].done);
    world_done(&w);
}

#define HEARTBEATS                                                                    \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:" \
    "states:" REGION ":" ACCOUNT                                                      \
    ":activity:a\",\"TimeoutSeconds\":600,\"HeartbeatSeconds\":10,\"End\":"           \
    "true}}}"

/* Asking whether a token is good is no heartbeat. */
static void check_of_a_token_changes_nothing(void **state)
{
    struct world w;
    struct call poll;

    (void)state;
    open_world(&w);
    assert_int_equal(world_create_activity(&w, "a"), ENGINE_OK);
    assert_int_equal(world_create(&w, "m", HEARTBEATS), ENGINE_OK);
    assert_int_equal(world_start(&w, "m", "x", "{}"), ENGINE_OK);
    world_settle(&w);
    assert_int_equal(world_poll(&w, "a", NULL, &poll), ENGINE_OK);
    assert_non_null(poll.token);
    world_advance(&w, 9000);
    assert_int_equal(world_task(&w, ENGINE_TASK_CHECK, poll.token, NULL, NULL, NULL), ENGINE_OK);
    world_advance(&w, 2000);
    assert_started(&w, "x", EXECUTION_FAILED, NULL, NULL);

    struct call check;

    assert_int_equal(world_task(&w, ENGINE_TASK_CHECK, poll.token, NULL, NULL, &check),
                     ENGINE_TASK_CLOSED);
    assert_non_null(check.c.u.task.resource);
    free(check.c.u.task.resource);
    assert_int_equal(world_task(&w, ENGINE_TASK_CHECK, "x", NULL, NULL, NULL), ENGINE_BAD_TOKEN);
    call_done(&poll);
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(execution_keeps_its_version),
        cmocka_unit_test(redrive_keeps_both_arns),
        cmocka_unit_test(alias_chooses_by_weight),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(machine_takes_versions_and_aliases_along),
        cmocka_unit_test(workers_that_left_do_not_count),
        cmocka_unit_test(check_of_a_token_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
