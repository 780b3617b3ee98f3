/* Map Runs that end in other ways than well, and what becomes of them: reference/redrive.md section 6. */
#include "map_run_check.h"

/* ---- failures that start over: reference/redrive.md section 6 ---- */

static void test_new_run_after_data_limit(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    int runs;

    arena_init(&a);
    w->limits.payload_bytes = 1000;
    world_open(w);
    start(w,
          MAP_OF("STANDARD", "",
                 "\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Result\":"
                 "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\","
                 "\"End\":true}}"),
          "[1,2,3,4,5,6,7,8,9,10,11,12,13,14]");
    x = execution(w, &a, "e");
    assert_int_equal(x.status, EXECUTION_FAILED);
    assert_string_equal(x.error, "States.DataLimitExceeded");
    assert_int_equal(map_run(w, &a, x.id, NULL).status, EXECUTION_FAILED);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    (void)map_run(w, &a, x.id, &runs);
    assert_int_equal(runs, 2);
    arena_done(&a);
}

static void test_new_run_after_interpolation(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    int runs;

    arena_init(&a);
    world_open(w);
    /* A path that is not there, in one item: what runs meanwhile is aborted. */
    start(w, MAP_OF("STANDARD", "\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value.v\"},", TASKS),
          "[{\"v\":\"never\"},{\"v\":\"a\"},{}]");
    x = execution(w, &a, "e");
    assert_int_equal(x.status, EXECUTION_FAILED);
    assert_string_equal(x.error, "States.Runtime");
    assert_counts(map_run(w, &a, x.id, NULL).executions, 1, 0, 0, 0, 0, 2, 0, 3);
    expect_history(w, x.id, 6,
                   "MapRunStarted<-5 MapRunFailed<-6 MapStateFailed<-7 "
                   "ExecutionFailed<-8");
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    (void)map_run(w, &a, x.id, &runs);
    assert_int_equal(runs, 2);
    arena_done(&a);
}

/* ---- stopping ---- */

static void test_stop_and_redrive(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    start(w, MAP_OF("STANDARD", LABEL "\"MaxConcurrency\":2,", TASK_OR_WAIT),
          "[\"wait\",\"wait\",\"a\"]");
    assert_int_equal(world_stop(w, "m", "e", "Enough", "tired"), ENGINE_OK);
    world_settle(w);
    x = execution(w, &a, "e");
    run = map_run(w, &a, x.id, NULL);
    expect_history(w, x.id, 6, "MapRunStarted<-5 ExecutionAborted<-0");
    assert_int_equal(run.status, EXECUTION_ABORTED);
    assert_int_equal(child(w, &a, &run, 1).status, EXECUTION_ABORTED);
    assert_counts(run.executions, 1, 0, 0, 0, 0, 2, 0, 3);

    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_advance(w, 30000);
    expect_history(w, x.id, 8,
                   "ExecutionRedriven<-7 MapRunRedriven<-5 MapRunSucceeded<-9 "
                   "MapStateSucceeded<-10 MapStateExited<-9 PassStateEntered<-12 "
                   "PassStateExited<-13 ExecutionSucceeded<-14");
    assert_counts(map_run(w, &a, x.id, NULL).executions, 0, 0, 3, 0, 0, 0, 0, 3);
    arena_done(&a);
}

/* A child is stopped by its own ARN: by its label, and not without. */
static void test_stop_child(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_map_run run;
    struct store_execution x;
    struct call call;

    arena_init(&a);
    world_open(w);
    start(w, MAP_OF("STANDARD", LABEL, TASKS), "[\"never\",\"a\"]");
    run = map_run(w, &a, execution(w, &a, "e").id, NULL);
    x = child(w, &a, &run, 0);
    assert_int_equal(world_stop(w, "m", x.name, NULL, NULL), ENGINE_NO_EXECUTION);
    assert_int_equal(world_redrive(w, "m", x.name, NULL, NULL), ENGINE_NO_EXECUTION);
    call_init(&call, ENGINE_STOP_EXECUTION, "m");
    call.c.u.stop.execution = x.name;
    call.c.u.stop.label = "L";
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    world_settle(w);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_FAILED);
    assert_counts(map_run(w, &a, run.execution, NULL).executions, 0, 0, 1, 0, 0, 1, 0, 2);
    arena_done(&a);
}

/* A sibling's failure ends the run of a Parallel's branch. */
static void test_sibling_fails(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;

    arena_init(&a);
    world_open(w);
    assert_int_equal(
        world_create(
            w, "m",
            "{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Parallel\",\"Branches\":["
            "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemProcessor\":"
            "{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"},"
            "\"StartAt\":\"T\",\"States\":{\"T\":" TASK_STATE "}},\"End\":true}}},"
            "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":"
            "\"X\"},\"X\":{\"Type\":\"Fail\"}}}],\"End\":true}}}"),
        ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "[\"never\"]"), ENGINE_OK);
    world_advance(w, 1000);
    x = execution(w, &a, "e");
    assert_int_equal(x.status, EXECUTION_FAILED);
    assert_int_equal(map_run(w, &a, x.id, NULL).status, EXECUTION_ABORTED);
    arena_done(&a);
}

/* ---- waiting for a redrive ---- */

static void test_pending_redrive(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    fail_times(w, 1);
    start(w, MAP_OF("STANDARD", LABEL "\"MaxConcurrency\":3,", TASK_OR_WAIT),
          "[\"wait\",\"wait\",\"fail\",\"b\"]");
    x = execution(w, &a, "e");
    run = map_run(w, &a, x.id, NULL);
    assert_counts(run.executions, 1, 0, 0, 1, 0, 2, 0, 4);

    /* One at a time: the others wait. */
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);

    struct call call;

    call_init(&call, ENGINE_UPDATE_MAP_RUN, "m");
    call.c.u.map_run.label = "L";
    call.c.u.map_run.uuid = run.uuid;
    call.c.u.map_run.max_concurrency = 1;
    call.c.u.map_run.tolerated_count = -1;
    call.c.u.map_run.tolerated_percentage = -1;
    (void)world_do(w, &call);
    world_settle(w);
    run = map_run(w, &a, x.id, NULL);
    assert_int_equal(run.max_concurrency, 1);
    world_advance(w, 15000);

    /* Stopped while some may still wait: none of them does afterwards. */
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    run = map_run(w, &a, x.id, NULL);
    assert_int_equal(run.executions.pending_redrive, 0);
    assert_int_equal(count_children(w, &a, &run, EXECUTION_PENDING_REDRIVE, STORE_ANY), 0);

    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    run = map_run(w, &a, x.id, NULL);
    assert_counts(run.executions, run.executions.total - run.executions.started, 1,
                  run.executions.succeeded, 0, 0, 0, run.executions.pending_redrive, 4);
    assert_true(run.executions.pending_redrive > 0);
    assert_int_equal(count_children(w, &a, &run, EXECUTION_PENDING_REDRIVE, STORE_ANY),
                     run.executions.pending_redrive);
    world_advance(w, 60000);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    assert_counts(map_run(w, &a, x.id, NULL).executions, 0, 0, 4, 0, 0, 0, 0, 4);
    call.done = false;
    assert_int_equal(world_do(w, &call), ENGINE_MAP_RUN_CLOSED);
    arena_done(&a);
}

/* A failure of more than 14 days ago stays, and counts towards the threshold. */
static void test_not_redrivable(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    fail_times(w, 1);
    start(w,
          MAP_OF(
              "STANDARD", ONE_BY_ONE "\"ToleratedFailureCount\":1,",
              "\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":"
              "\"$\",\"StringEquals\":\"late\",\"Next\":\"W\"}],\"Default\":\"T\"},\"W\":{\"Type\":"
              "\"Wait\",\"Seconds\":1296000,\"Next\":\"T\"},\"T\":" TASK_STATE "}"),
          "[\"fail\",\"late\"]");
    world_advance(w, INT64_C(1296000) * 1000 - 1000);
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    world_advance(w, 2000);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    x = execution(w, &a, "e");
    run = map_run(w, &a, x.id, NULL);
    assert_int_equal(run.executions.not_redrivable, 1);
    assert_counts(run.executions, 0, 1, 0, 1, 0, 0, 0, 2);
    world_advance(w, INT64_C(1296000) * 1000);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    assert_text(execution(w, &a, "e").output.text, "[\"late\"]");
    arena_done(&a);
}

static void test_redrive_limit(void **state)
{
    struct world *w = *state;
    struct arena a;

    arena_init(&a);
    w->limits.map_run_redrives = 2;
    world_open(w);
    fail_times(w, 10);
    start(w, MAP_OF("STANDARD", "", TASKS), "[\"fail\"]");
    for (int i = 0; i < 3; i++) {
        assert_string_equal(execution(w, &a, "e").error, "States.ExceedToleratedFailureThreshold");
        assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
        world_settle(w);
    }
    assert_string_equal(execution(w, &a, "e").error, "States.Runtime");
    arena_done(&a);
}

/* ---- EXPRESS children: reference/redrive.md section 6 ---- */

static void express(struct world *w)
{
    struct arena a;
    struct store_execution x;
    struct store_map_run run;
    struct store_execution first;

    arena_init(&a);
    world_open(w);
    fail_times(w, 1);
    start(w, MAP_OF("EXPRESS", LABEL ONE_BY_ONE, TASK_OR_WAIT), "[\"a\",\"fail\",\"b\"]");
    x = execution(w, &a, "e");
    run = map_run(w, &a, x.id, NULL);
    assert_int_equal(x.status, EXECUTION_FAILED);
    assert_counts(run.executions, 1, 0, 1, 1, 0, 0, 0, 3);
    first = child(w, &a, &run, 1);
    assert_int_equal(strlen(first.name), 73);
    assert_int_equal(first.name[14], '3');
    assert_int_equal(first.name[36], ':');
    assert_string_equal(first.error, "Oops");
    expect_history(w, first.id, 1, ""); /* has none */

    world_advance(w, 5000);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    run = map_run(w, &a, x.id, NULL);
    assert_counts(run.executions, 0, 0, 3, 0, 0, 0, 0, 3);
    /* The same name; another start; counted, but without a date; everything runs again. */
    assert_string_equal(child(w, &a, &run, 1).name, first.name);
    assert_int_equal(child(w, &a, &run, 1).start_ms, START + 5000);
    assert_int_equal(child(w, &a, &run, 1).redrive_count, 1);
    assert_int_equal(child(w, &a, &run, 1).redrive_ms, 0);
    assert_text(execution(w, &a, "e").output.text,
                "[{\"x\":{\"v\":\"a\",\"n\":0},\"count\":0},{\"x\":{\"v\":\"fail\",\"n\":1},"
                "\"count\":1},{\"x\":{\"v\":\"b\",\"n\":0},\"count\":0}]");
    arena_done(&a);
}

static void test_express(void **state)
{
    express(*state);
}

/* What had not ended when the process died begins anew. */
static void test_express_killed(void **state)
{
    struct world *w = *state;
    struct arena a;

    arena_init(&a);
    world_use_file(w);
    world_open(w);
    start(w, MAP_OF("EXPRESS", LABEL, TASK_OR_WAIT), "[\"wait\",\"a\"]");
    for (int i = 0; i < 3; i++) {
        world_advance(w, 20000);
        world_kill(w);
        world_settle(w);
    }
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_RUNNING);
    world_advance(w, 30000);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    arena_done(&a);
}

/* They are not aborted: the run ends when they have. */
static void test_express_run_to_their_end(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    fail_times(w, 1);
    start(w, MAP_OF("EXPRESS", LABEL, TASK_OR_WAIT), "[\"wait\",\"fail\"]");
    x = execution(w, &a, "e");
    assert_int_equal(x.status, EXECUTION_RUNNING);
    /* Stopped: its parent is gone at once, the run when the child has ended.  A redrive waits for that. */
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_ABORTED);
    assert_int_equal(map_run(w, &a, x.id, NULL).status, EXECUTION_RUNNING);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    expect_history(w, x.id, 7, "ExecutionAborted<-0 ExecutionRedriven<-7");
    world_advance(w, 30000);
    run = map_run(w, &a, x.id, NULL);
    expect_history(w, x.id, 9,
                   "MapRunRedriven<-5 MapRunSucceeded<-9 MapStateSucceeded<-10 MapStateExited<-9 "
                   "PassStateEntered<-12 PassStateExited<-13 ExecutionSucceeded<-14");
    assert_int_equal(child(w, &a, &run, 0).redrive_count, 0);
    assert_int_equal(child(w, &a, &run, 1).redrive_count, 1);
    arena_done(&a);
}

/* ---- a run inside of a run, killed ---- */

static void test_nested_killed(void **state)
{
    struct world *w = *state;
    struct arena a;

    arena_init(&a);
    world_use_file(w);
    w->kill = true;
    w->steps = 1;
    world_open(w);
    fail_times(w, 1);
    start(
        w,
        MAP_OF(
            "STANDARD", "",
            "\"StartAt\":\"N\",\"States\":{\"N\":{\"Type\":\"Map\",\"ItemProcessor\":"
            "{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"}," TASKS
            "},\"End\":true}}"),
        "[[\"a\",\"fail\"],[\"b\"],[]]");
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_FAILED);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    assert_text(execution(w, &a, "e").output.text, "[[\"a\",\"fail\"],[\"b\"],[]]");
    assert_true(w->kills > 20);
    arena_done(&a);
}

/* ---- what is left of them ---- */

static void test_retention(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;
    struct store_execution c;

    arena_init(&a);
    world_open(w);
    start(w, MAP_OF("STANDARD", LABEL, PASSES), "[1,2]");
    x = execution(w, &a, "e");
    run = map_run(w, &a, x.id, NULL);
    c = child(w, &a, &run, 0);
    for (int i = 0; i < 2; i++)
        world_advance(w, INT64_C(7776000) * 1000);
    assert_int_equal(store_get_map_run_by_id(w->store, &a, run.id, &run), ERR_NOT_FOUND);
    for (int i = 0; i < 2; i++)
        world_advance(w, INT64_C(2) * 3600 * 1000);
    assert_int_equal(store_get_execution_by_id(w->store, &a, c.id, &x), ERR_NOT_FOUND);
    arena_done(&a);
}

static void test_deleted_machine(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct call call;
    struct store_machine m;

    arena_init(&a);
    world_open(w);
    start(w, MAP_OF("EXPRESS", LABEL, TASK_OR_WAIT), "[\"wait\",\"wait\"]");
    call_init(&call, ENGINE_DELETE_MACHINE, "m");
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    world_advance(w, 60000);
    world_settle(w);
    assert_int_equal(store_get_machine(w->store, &a, ACCOUNT, REGION, "m", &m), ERR_NOT_FOUND);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new_run_after_data_limit),
        TEST(test_new_run_after_interpolation),
        TEST(test_stop_and_redrive),
        TEST(test_stop_child),
        TEST(test_sibling_fails),
        TEST(test_pending_redrive),
        TEST(test_not_redrivable),
        TEST(test_redrive_limit),
        TEST(test_express),
        TEST(test_express_killed),
        TEST(test_express_run_to_their_end),
        TEST(test_nested_killed),
        TEST(test_retention),
        TEST(test_deleted_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
