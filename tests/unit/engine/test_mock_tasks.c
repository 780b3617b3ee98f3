/* Executions with a test case of a mock configuration: reference/integrations.md section 8. */
#include "harness.h"

#define FUNCTION "arn:aws:lambda:us-east-1:123456789012:function:f"

static void set_mocks(struct world *w, const char *text)
{
    struct err err = {0};
    struct call call;

    call_init(&call, ENGINE_SET_MOCKS, NULL);
    if (text && mocks_parse(text, strlen(text), &call.c.u.mocks.mocks, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(world_do(w, &call), ENGINE_OK);
}

static enum engine_outcome start(struct world *w, const char *machine, const char *test_case)
{
    struct call call;

    call_init(&call, ENGINE_START_EXECUTION, machine);
    call.c.u.start.execution = "x";
    call.c.u.start.input = TEXT("{}");
    call.c.u.start.test_case = test_case;
    return world_do(w, &call);
}

/* Checks the types of all events of execution x, written with spaces between them. */
static void assert_events(struct world *w, const char *machine, const char *expected)
{
    struct store_execution row;
    struct seen_history h;
    struct arena a;
    char *types = xstrdup("");

    arena_init(&a);
    assert_true(world_execution(w, &a, machine, "x", &row));
    world_history(w, row.id, 1, &h);
    for (size_t i = 0; i < h.len; i++) {
        char *more =
            xasprintf("%s%s%s", types, i ? " " : "", event_type_info(h.events[i].type)->name);

        free(types);
        types = more;
    }
    assert_string_equal(types, expected);
    free(types);
    seen_history_done(&h);
    arena_done(&a);
}

static void assert_result(struct world *w, enum execution_status status, const char *output,
                          const char *error, const char *cause)
{
    struct store_execution row;
    struct arena a;

    arena_init(&a);
    assert_true(world_execution(w, &a, "m", "x", &row));
    assert_int_equal(row.status, status);
    if (output)
        assert_string_equal(row.output.text.data, output);
    if (error)
        assert_string_equal(row.error, error);
    if (cause)
        assert_string_equal(row.cause, cause);
    arena_done(&a);
}

#define TASK(resource, more)                                                                     \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"" resource "\"" more \
    ",\"End\":true}}}"
#define MOCKS(responses)                                                \
    "{\"StateMachines\":{\"m\":{\"TestCases\":{\"T\":{\"A\":\"r\"}}}}," \
    "\"MockedResponses\":{\"r\":{" responses "}}}"
#define RETURN "\"0\":{\"Return\":{\"StatusCode\":200,\"Payload\":{\"n\":1}}}"
#define THROW  "\"0\":{\"Throw\":{\"Error\":\"E\",\"Cause\":\"C\"}}"
#define HEAD   "ExecutionStarted TaskStateEntered "

/* Every kind of task has the events of a real one, and nobody is asked. */
static void test_events(void **state)
{
    static const struct {
        const char *definition, *responses, *events, *output;
    } cases[] = {
        {TASK(FUNCTION, ""), RETURN,
         HEAD "LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded "
              "TaskStateExited ExecutionSucceeded",
         "{\"n\":1}"},
        {TASK(FUNCTION, ""), THROW,
         HEAD "LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionFailed ExecutionFailed",
         NULL},
        {TASK("arn:aws:states:::lambda:invoke", ",\"Parameters\":{\"FunctionName\":\"f\"}"), RETURN,
         HEAD "TaskScheduled TaskStarted TaskSucceeded TaskStateExited ExecutionSucceeded",
         "{\"StatusCode\":200,\"Payload\":{\"n\":1}}"},
        {TASK("arn:aws:states:us-east-1:123456789012:activity:nobody", ""), RETURN,
         HEAD "ActivityScheduled ActivityStarted ActivitySucceeded TaskStateExited "
              "ExecutionSucceeded",
         "{\"StatusCode\":200,\"Payload\":{\"n\":1}}"},
        {TASK("arn:aws:states:::states:startExecution.sync:2",
              ",\"Parameters\":{\"StateMachineArn\":\"a\"}"),
         RETURN,
         HEAD "TaskScheduled TaskStarted TaskSubmitted TaskSucceeded TaskStateExited "
              "ExecutionSucceeded",
         "{\"StatusCode\":200,\"Payload\":{\"n\":1}}"},
        {TASK("arn:aws:states:::sqs:sendMessage.waitForTaskToken",
              ",\"Parameters\":{\"QueueUrl\":\"q\",\"MessageBody.$\":\"$$.Task.Token\"}"),
         "\"0\":{\"Return\":\"literal\"}",
         HEAD "TaskScheduled TaskStarted TaskSubmitted TaskSucceeded TaskStateExited "
              "ExecutionSucceeded",
         "\"literal\""},
        {TASK("arn:aws:states:::sqs:sendMessage.waitForTaskToken",
              ",\"Parameters\":{\"QueueUrl\":\"q\",\"MessageBody.$\":\"$$.Task.Token\"}"),
         THROW, HEAD "TaskScheduled TaskStarted TaskSubmitted TaskFailed ExecutionFailed", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(free_p)
        char *mocks = xasprintf("{\"StateMachines\":{\"m\":{\"TestCases\":{\"T\":{\"A\":\"r\"}}}},"
                                "\"MockedResponses\":{\"r\":{%s}}}",
                                cases[i].responses);
        struct world w;

        world_init(&w);
        world_open(&w);
        set_mocks(&w, mocks);
        assert_int_equal(world_create(&w, "m", cases[i].definition), ENGINE_OK);
        assert_int_equal(start(&w, "m", "T"), ENGINE_OK);
        world_settle(&w);
        assert_events(&w, "m", cases[i].events);
        if (cases[i].output)
            assert_result(&w, EXECUTION_SUCCEEDED, cases[i].output, NULL, NULL);
        else
            assert_result(&w, EXECUTION_FAILED, NULL, "E", "C");
        assert_int_equal(w.requests_len, 0);
        world_done(&w);
    }
}

/* Three attempts are three invocations, as are three iterations; a state that is not listed is asked for
 * really. */
#define RETRIED                                                                             \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"" FUNCTION      \
    "\",\"Retry\":[{\"ErrorEquals\":[\"E\"],\"MaxAttempts\":5}],\"Next\":\"B\"},\"B\":{"    \
    "\"Type\":\"Task\",\"Resource\":\"" FUNCTION "\",\"Next\":\"C\"},\"C\":{\"Type\":"      \
    "\"Map\",\"MaxConcurrency\":1,\"ItemProcessor\":{\"StartAt\":\"D\",\"States\":{\"D\":{" \
    "\"Type\":\"Task\",\"Resource\":\"" FUNCTION "\",\"End\":true}}},\"End\":true}}}"
#define RETRIED_MOCKS                                                                    \
    "{\"StateMachines\":{\"m\":{\"TestCases\":{\"T\":{\"A\":\"a\",\"D\":\"d\"}}}},"      \
    "\"MockedResponses\":{\"a\":{\"0-1\":{\"Throw\":{\"Error\":\"E\",\"Cause\":\"C\"}}," \
    "\"2\":{\"Return\":{}}},\"d\":{\"0\":{\"Return\":\"first\"},\"1-2\":{\"Return\":"    \
    "\"later\"}}}}"

static void run_retried(struct world *w)
{
    world_outcome(w, FAKE_SUCCESS, "[1,2,3]", NULL, NULL);
    assert_int_equal(world_create(w, "m", RETRIED), ENGINE_OK);
    assert_int_equal(start(w, "m", "T"), ENGINE_OK);
    world_advance(w, 60000);
    assert_result(w, EXECUTION_SUCCEEDED, "[\"first\",\"later\",\"later\"]", NULL, NULL);
    assert_int_equal(w->requests_len, 1);
}

static void test_invocations(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_open(&w);
    set_mocks(&w, RETRIED_MOCKS);
    run_retried(&w);
    world_done(&w);
}

/* Killed again and again; each new process reads the mock configuration anew. */
static void test_restart(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_use_file(&w);
    world_open(&w);
    set_mocks(&w, RETRIED_MOCKS);
    assert_int_equal(world_create(&w, "m", RETRIED), ENGINE_OK);
    assert_int_equal(start(&w, "m", "T"), ENGINE_OK);
    world_outcome(&w, FAKE_SUCCESS, "[1,2,3]", NULL, NULL);
    for (int i = 0; i < 200; i++) {
        world_kill(&w);
        clock_advance_to(w.clock, START + i * INT64_C(500));
        set_mocks(&w, RETRIED_MOCKS);
        (void)world_tick(&w);
        (void)world_tick(&w);
    }
    world_settle(&w);
    assert_result(&w, EXECUTION_SUCCEEDED, "[\"first\",\"later\",\"later\"]", NULL, NULL);
    world_done(&w);
}

/* The children of a Map Run count together, as iterations do, before and after a kill. */
static void test_map_run(void **state)
{
    static const char definition[] =
        "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Result\":[1,2,3],\"Next\":\"M\"}"
        ","
        "\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":1,\"ItemProcessor\":{\"ProcessorConfig\":{"
        "\"Mode\":"
        "\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"},\"StartAt\":\"D\",\"States\":{\"D\":{"
        "\"Type\":"
        "\"Task\",\"Resource\":\"" FUNCTION "\",\"End\":true}}},\"End\":true}}}";
    struct world w;

    (void)state;
    for (int kill = 0; kill < 2; kill++) {
        world_init(&w);
        world_use_file(&w);
        world_open(&w);
        set_mocks(&w, RETRIED_MOCKS);
        assert_int_equal(world_create(&w, "m", definition), ENGINE_OK);
        assert_int_equal(start(&w, "m", "T"), ENGINE_OK);
        for (int i = 0; kill && i < 40; i++) {
            world_kill(&w);
            set_mocks(&w, RETRIED_MOCKS);
            (void)world_tick(&w);
            (void)world_tick(&w);
        }
        world_settle(&w);
        assert_result(&w, EXECUTION_SUCCEEDED, "[\"first\",\"later\",\"later\"]", NULL, NULL);
        world_done(&w);
    }
}

/* A redrive is one more invocation. */
static void test_redrive(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_open(&w);
    set_mocks(&w, MOCKS(THROW ",\"1\":{\"Return\":7}"));
    assert_int_equal(world_create(&w, "m", TASK(FUNCTION, "")), ENGINE_OK);
    assert_int_equal(start(&w, "m", "T"), ENGINE_OK);
    world_settle(&w);
    assert_result(&w, EXECUTION_FAILED, NULL, "E", "C");
    assert_int_equal(world_redrive(&w, "m", "x", NULL, NULL), ENGINE_OK);
    world_settle(&w);
    assert_result(&w, EXECUTION_SUCCEEDED, "7", NULL, NULL);
    world_done(&w);
}

/* An index that is missing fails the execution, even where everything is caught. */
static void test_missing(void **state)
{
    static const char caught[] = TASK(
        FUNCTION, ",\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"]}],\"Catch\":[{\"ErrorEquals\":"
                  "[\"States.ALL\"],\"Next\":\"A\"}]");
    struct world w;

    (void)state;
    world_init(&w);
    world_open(&w);
    set_mocks(&w, MOCKS("\"1\":{\"Return\":1}"));
    assert_int_equal(world_create(&w, "m", caught), ENGINE_OK);
    assert_int_equal(start(&w, "m", "T"), ENGINE_OK);
    world_settle(&w);
    assert_result(&w, EXECUTION_FAILED, NULL, "States.Runtime",
                  "The mocked response 'r' has no result for invocation 0 of the state 'A'.");
    world_done(&w);
}

static void test_unknown_case(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_open(&w);
    assert_int_equal(world_create(&w, "m", TASK(FUNCTION, "")), ENGINE_OK);
    assert_int_equal(start(&w, "m", "T"), ENGINE_NO_TEST_CASE);
    set_mocks(&w, MOCKS(RETURN));
    assert_int_equal(start(&w, "m", "U"), ENGINE_NO_TEST_CASE);
    assert_int_equal(start(&w, "m", "T"), ENGINE_OK);
    set_mocks(&w, NULL);
    assert_int_equal(start(&w, "m", "T"), ENGINE_NO_TEST_CASE);
    world_done(&w);
}

/* What is scheduled with a mock, and answered without, says so. */
static void test_removed(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_use_file(&w);
    w.steps = 3; /* up to Scheduled */
    world_open(&w);
    set_mocks(&w, MOCKS(RETURN));
    assert_int_equal(world_create(&w, "m", TASK(FUNCTION, "")), ENGINE_OK);
    assert_int_equal(start(&w, "m", "T"), ENGINE_OK);
    world_kill(&w);
    world_settle(&w);
    assert_result(&w, EXECUTION_FAILED, NULL, "States.Runtime",
                  "The mock configuration no longer has results for the state 'A' in the test case "
                  "'T' of 'm'.");
    world_done(&w);
}

/* The same name with another test case is another execution. */
static void test_same_name(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    world_open(&w);
    set_mocks(&w, MOCKS(RETURN));
    assert_int_equal(
        world_create(&w, "m",
                     "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":9,"
                     "\"End\":true}}}"),
        ENGINE_OK);
    assert_int_equal(start(&w, "m", "T"), ENGINE_OK);
    assert_int_equal(start(&w, "m", "T"), ENGINE_OK);
    assert_int_equal(start(&w, "m", NULL), ENGINE_EXECUTION_EXISTS);
    world_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),  cmocka_unit_test(test_invocations),
        cmocka_unit_test(test_restart), cmocka_unit_test(test_redrive),
        cmocka_unit_test(test_missing), cmocka_unit_test(test_unknown_case),
        cmocka_unit_test(test_removed), cmocka_unit_test(test_same_name),
        cmocka_unit_test(test_map_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
