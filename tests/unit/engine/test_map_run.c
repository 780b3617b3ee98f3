/* Map Runs: reference/asl.md section 9, reference/redrive.md sections 5.8, 5.9 and 6. */
#include "map_run_check.h"

/* ---- the histories of reference/redrive.md ---- */

/* Sections 5.8 and 6: six items, two at once; two succeed, one fails, one is aborted, two never start. */
static void test_redrive_5_8_and_5_9(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    fail_times(w, 2);
    start(w, MAP_OF("STANDARD", LABEL "\"MaxConcurrency\":2,", TASK_OR_WAIT),
          "[\"a\",\"b\",\"fail\",\"wait\",\"c\",\"d\"]");

    x = execution(w, &a, "e");
    run = map_run(w, &a, x.id, NULL);
    assert_int_equal(x.status, EXECUTION_FAILED);
    expect_history(w, x.id, 4,
                   "MapStateEntered<-3 MapStateStarted<-4 MapRunStarted<-5 MapRunFailed<-6 "
                   "MapStateFailed<-7 ExecutionFailed<-8");
    expect_details(w, x.id, 5, "{\"length\":6}");
    for (int i = 7; i <= 9; i += 2)
        expect_details(w, x.id, i, EXCEEDED);
    assert_int_equal(run.status, EXECUTION_FAILED);
    assert_counts(run.executions, 2, 0, 2, 1, 0, 1, 0, 6);
    assert_counts(run.items, 2, 0, 2, 1, 0, 1, 0, 6);
    assert_int_equal(run.redrive_count, 0);

    /* Section 6: what an aborted child shows. */
    struct store_execution waiting = child(w, &a, &run, 3);
    CLEANUP(free_p)
    char *cause = xasprintf("The map run execution [arn:aws:states:us-east-1:123456789012:mapRun:"
                            "m/L:%s] which was managing this resource was aborted",
                            run.uuid);

    assert_int_equal(waiting.status, EXECUTION_ABORTED);
    assert_null(waiting.error);
    assert_string_equal(waiting.cause, cause);

    /* Fails once more, then succeeds. */
    world_advance(w, 1000);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    expect_history(w, x.id, 10,
                   "ExecutionRedriven<-9 MapRunRedriven<-5 MapRunFailed<-11 MapStateFailed<-12 "
                   "ExecutionFailed<-13");
    world_advance(w, 1000);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    run = map_run(w, &a, x.id, NULL);
    assert_int_equal(run.status, EXECUTION_RUNNING);
    assert_int_equal(run.stop_ms, 0);
    world_advance(w, 30000);

    int runs;

    run = map_run(w, &a, x.id, &runs);
    expect_history(w, x.id, 15,
                   "ExecutionRedriven<-14 MapRunRedriven<-5 MapRunSucceeded<-16 "
                   "MapStateSucceeded<-17 MapStateExited<-16 PassStateEntered<-19 "
                   "PassStateExited<-20 ExecutionSucceeded<-21");
    CLEANUP(free_p)
    char *details = xasprintf("{\"mapRunArn\":\"arn:aws:states:us-east-1:123456789012:mapRun:m/L:"
                              "%s\",\"redriveCount\":2}",
                              run.uuid);

    expect_details(w, x.id, 16, details);
    assert_int_equal(runs, 1);
    assert_int_equal(run.status, EXECUTION_SUCCEEDED);
    assert_int_equal(run.redrive_count, 2);
    assert_int_equal(run.start_ms, START);
    assert_int_equal(run.redrive_ms, START + 2000);
    assert_int_equal(run.stop_ms, START + 32000);
    assert_counts(run.executions, 0, 0, 6, 0, 0, 0, 0, 6);
    assert_counts(run.items, 0, 0, 6, 0, 0, 0, 0, 6);
    assert_int_equal(count_children(w, &a, &run, 0, STORE_REDRIVEN), 2);
    assert_int_equal(count_children(w, &a, &run, 0, STORE_NOT_REDRIVEN), 4);

    /* Section 5.9: the children's own histories. */
    struct store_execution failing = child(w, &a, &run, 2);

    waiting = child(w, &a, &run, 3);
    expect_history(w, failing.id, 1,
                   "ExecutionStarted<-0 PassStateEntered<-0 PassStateExited<-2 "
                   "ChoiceStateEntered<-3 ChoiceStateExited<-4 TaskStateEntered<-5 "
                   "TaskScheduled<-6 TaskStarted<-7 TaskFailed<-8 ExecutionFailed<-9 "
                   "ExecutionRedriven<-10 TaskScheduled<-6 TaskStarted<-12 TaskFailed<-13 "
                   "ExecutionFailed<-14 ExecutionRedriven<-15 TaskScheduled<-6 TaskStarted<-17 "
                   "TaskSucceeded<-18 TaskStateExited<-19 PassStateEntered<-20 PassStateExited<-21 "
                   "ExecutionSucceeded<-22");
    /* What was shown before the failure still shows no redrive; what comes after shows it. */
    assert_text(failing.output.text, "{\"x\":{\"v\":\"fail\",\"n\":0},\"count\":2}");
    assert_int_equal(failing.start_ms, START);
    assert_int_equal(failing.redrive_count, 2);
    assert_int_equal(failing.redrive_ms, START + 2000);
    expect_history(w, waiting.id, 1,
                   "ExecutionStarted<-0 PassStateEntered<-0 PassStateExited<-2 "
                   "ChoiceStateEntered<-3 ChoiceStateExited<-4 WaitStateEntered<-5 "
                   "ExecutionAborted<-0 ExecutionRedriven<-7 ExecutionAborted<-0 "
                   "ExecutionRedriven<-9 WaitStateExited<-6 PassStateEntered<-11 "
                   "PassStateExited<-12 ExecutionSucceeded<-13");
    assert_int_equal(waiting.stop_ms, START + 32000);
    /* Succeeded children are untouched, those that never ran begin now. */
    assert_int_equal(child(w, &a, &run, 0).redrive_count, 0);
    assert_int_equal(child(w, &a, &run, 0).stop_ms, START);
    assert_int_equal(child(w, &a, &run, 5).redrive_count, 0);
    assert_int_equal(child(w, &a, &run, 5).start_ms, START + 2000);
    arena_done(&a);
}

/* Killed and continued after every commit, with commits after single steps. */
static void test_redrive_killed(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;

    arena_init(&a);
    world_use_file(w);
    w->kill = true;
    w->steps = 1;
    world_open(w);
    fail_times(w, 2);
    start(w, MAP_OF("STANDARD", LABEL "\"MaxConcurrency\":1,", TASK_OR_WAIT),
          "[\"a\",\"fail\",\"wait\",\"b\"]");
    x = execution(w, &a, "e");
    assert_counts(map_run(w, &a, x.id, NULL).executions, 2, 0, 1, 1, 0, 0, 0, 4);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
        world_advance(w, 30000);
    }
    expect_history(w, x.id, 4,
                   "MapStateEntered<-3 MapStateStarted<-4 MapRunStarted<-5 MapRunFailed<-6 "
                   "MapStateFailed<-7 ExecutionFailed<-8 ExecutionRedriven<-9 MapRunRedriven<-5 "
                   "MapRunFailed<-11 MapStateFailed<-12 ExecutionFailed<-13 ExecutionRedriven<-14 "
                   "MapRunRedriven<-5 MapRunSucceeded<-16 MapStateSucceeded<-17 MapStateExited<-16 "
                   "PassStateEntered<-19 PassStateExited<-20 ExecutionSucceeded<-21");
    assert_counts(map_run(w, &a, x.id, NULL).executions, 0, 0, 4, 0, 0, 0, 0, 4);
    assert_text(execution(w, &a, "e").output.text,
                "[{\"x\":{\"v\":\"a\",\"n\":0},\"count\":0},{\"x\":{\"v\":\"fail\",\"n\":0},"
                "\"count\":2},{\"x\":{\"v\":\"wait\",\"n\":0},\"count\":0},{\"x\":{\"v\":\"b\","
                "\"n\":0},\"count\":0}]");
    assert_true(w->kills > 20);
    arena_done(&a);
}

/* ---- thresholds: reference/asl.md section 9 ---- */

static enum execution_status run_with(struct world *w, const char *definition, const char *input,
                                      int failures, struct store_map_counts *ret_counts)
{
    struct arena a;
    struct store_execution x;
    enum execution_status status;

    arena_init(&a);
    if (w->engine)
        world_close(w);
    world_open(w);
    fail_times(w, failures);
    start(w, definition, input);
    x = execution(w, &a, "e");
    status = x.status;
    *ret_counts = map_run(w, &a, x.id, NULL).items;
    arena_done(&a);
    return status;
}

#define FOUR "[\"fail\",\"fail\",\"fail\",\"a\"]"

static void test_threshold(void **state)
{
    struct world *w = *state;
    struct store_map_counts c;

    assert_int_equal(run_with(w, MAP_OF("STANDARD", ONE_BY_ONE, TASKS), FOUR, 1, &c),
                     EXECUTION_FAILED);
    assert_counts(c, 3, 0, 0, 1, 0, 0, 0, 4);
    /* Strictly more than tolerated. */
    assert_int_equal(run_with(w,
                              MAP_OF("STANDARD", ONE_BY_ONE "\"ToleratedFailureCount\":2,", TASKS),
                              FOUR, 2, &c),
                     EXECUTION_SUCCEEDED);
    assert_counts(c, 0, 0, 2, 2, 0, 0, 0, 4);
    assert_int_equal(run_with(w,
                              MAP_OF("STANDARD", ONE_BY_ONE "\"ToleratedFailureCount\":2,", TASKS),
                              FOUR, 3, &c),
                     EXECUTION_FAILED);
    assert_counts(c, 1, 0, 0, 3, 0, 0, 0, 4);
    assert_int_equal(
        run_with(w, MAP_OF("STANDARD", ONE_BY_ONE "\"ToleratedFailurePercentage\":50,", TASKS),
                 FOUR, 2, &c),
        EXECUTION_SUCCEEDED);
    assert_int_equal(
        run_with(w, MAP_OF("STANDARD", ONE_BY_ONE "\"ToleratedFailurePercentage\":49.9,", TASKS),
                 FOUR, 2, &c),
        EXECUTION_FAILED);
    /* Either one. */
    assert_int_equal(run_with(w,
                              MAP_OF("STANDARD",
                                     ONE_BY_ONE "\"ToleratedFailureCount\":1,"
                                                "\"ToleratedFailurePercentage\":100,",
                                     TASKS),
                              FOUR, 2, &c),
                     EXECUTION_FAILED);
}

/* The error can be caught, and a retrier starts another run. */
static void test_retry_and_catch(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    int runs;

    arena_init(&a);
    world_open(w);
    fail_times(w, 3);
    start(
        w,
        MAP_OF("STANDARD",
               "\"Retry\":[{\"ErrorEquals\":[\"States.ExceedToleratedFailureThreshold\"],"
               "\"MaxAttempts\":1}],\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"Z\"}],",
               TASKS),
        "[\"fail\"]");
    world_advance(w, 2000);
    x = execution(w, &a, "e");
    (void)map_run(w, &a, x.id, &runs);
    assert_int_equal(x.status, EXECUTION_SUCCEEDED);
    assert_int_equal(runs, 2);
    expect_history(w, x.id, 5,
                   "MapStateStarted<-4 MapRunStarted<-5 MapRunFailed<-6 MapStateStarted<-7 "
                   "MapRunStarted<-8 MapRunFailed<-9 MapStateFailed<-10 MapStateExited<-11 "
                   "PassStateEntered<-12 PassStateExited<-13 ExecutionSucceeded<-14");
    arena_done(&a);
}

/* ---- items ---- */

static void expect_output(struct world *w, const char *definition, const char *input,
                          const char *output)
{
    struct arena a;

    arena_init(&a);
    if (w->engine)
        world_close(w);
    world_open(w);
    start(w, definition, input);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    assert_text(execution(w, &a, "e").output.text, output);
    arena_done(&a);
}

static void test_items(void **state)
{
    struct world *w = *state;

    expect_output(w, MAP_OF("STANDARD", "", PASSES), "[]", "[]");
    expect_output(w, MAP_OF("STANDARD", "", PASSES), "[3,1.0,\"x\"]", "[3,1.0,\"x\"]");
    expect_output(w,
                  MAP_OF("STANDARD",
                         LABEL
                         "\"ItemsPath\":\"$.l\",\"ItemSelector\":{\"i.$\":\"$$.Map.Item.Index\","
                         "\"v.$\":\"$$.Map.Item.Value\",\"s.$\":\"$$.Map.Item.Source\","
                         "\"x.$\":\"$$.Execution.Id\",\"k.$\":\"$.k\"},",
                         PASSES),
                  "{\"l\":[7],\"k\":true}",
                  "[{\"i\":0,\"v\":7,\"s\":\"STATE_DATA\",\"x\":\"arn:aws:states:us-east-1:"
                  "123456789012:execution:m:e\",\"k\":true}]");
    /* The context of a child. */
    expect_output(w,
                  MAP_OF("STANDARD", LABEL,
                         "\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Parameters\":{"
                         "\"m.$\":\"$$.StateMachine\",\"i.$\":\"$$.Execution.Input\",\"r.$\":"
                         "\"$$.Execution.RedriveCount\"},\"End\":true}}"),
                  "[1]",
                  "[{\"m\":{\"Id\":\"arn:aws:states:us-east-1:123456789012:stateMachine:m/L\","
                  "\"Name\":\"m\"},\"i\":1,\"r\":0}]");
}

static void test_batches(void **state)
{
    struct world *w = *state;

    expect_output(w, MAP_OF("STANDARD", "\"ItemBatcher\":{\"MaxItemsPerBatch\":2},", PASSES),
                  "[1,2,3]", "[{\"Items\":[1,2]},{\"Items\":[3]}]");
    expect_output(w,
                  MAP_OF("STANDARD",
                         "\"ItemsPath\":\"$.l\",\"ItemBatcher\":{\"MaxItemsPerBatchPath\":\"$.n\","
                         "\"BatchInput\":{\"k.$\":\"$.k\"}},",
                         PASSES),
                  "{\"l\":[1,2,3],\"n\":5,\"k\":\"x\"}",
                  "[{\"BatchInput\":{\"k\":\"x\"},\"Items\":[1,2,3]}]");
    /* {"Items":[]} takes 12 bytes, "aaaa" 6 and a comma. */
    expect_output(w, MAP_OF("STANDARD", "\"ItemBatcher\":{\"MaxInputBytesPerBatch\":26},", PASSES),
                  "[\"aaaa\",\"bbbb\",\"cccc\"]",
                  "[{\"Items\":[\"aaaa\",\"bbbb\"]},{\"Items\":[\"cccc\"]}]");
}

/* Items count, not batches; killed at every step. */
static void test_batches_killed(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_map_run run;

    arena_init(&a);
    world_use_file(w);
    w->kill = true;
    w->steps = 1;
    world_open(w);
    fail_times(w, 1);
    start(w,
          MAP_OF("STANDARD",
                 "\"ItemBatcher\":{\"MaxInputBytesPerBatch\":26},\"ToleratedFailureCount\":2,",
                 TASKS),
          "[\"aaaa\",\"bbbb\",\"fail\",\"cccc\",\"dddd\"]");
    run = map_run(w, &a, execution(w, &a, "e").id, NULL);
    assert_counts(run.executions, 0, 0, 2, 1, 0, 0, 0, 3);
    assert_counts(run.items, 0, 0, 3, 2, 0, 0, 0, 5);
    assert_string_equal(run.plan, "[2,2,1]");
    assert_int_equal(child(w, &a, &run, 2).item_count, 1);
    assert_text(execution(w, &a, "e").output.text,
                "[{\"Items\":[\"aaaa\",\"bbbb\"]},{\"Items\":[\"dddd\"]}]");
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_redrive_5_8_and_5_9), TEST(test_redrive_killed), TEST(test_threshold),
        TEST(test_retry_and_catch),     TEST(test_items),          TEST(test_batches),
        TEST(test_batches_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
