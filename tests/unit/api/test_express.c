/* EXPRESS machines and mocked test cases: reference/api.md section 3, reference/integrations.md section 8,
 * the recorded cases of the suites api_express and express. */
#include "harness.h"

#define TYPE_REFUSED                                                                               \
    "{\"__type\":\"" SERVICE "StateMachineTypeNotSupported\",\"message\":\"This operation is not " \
    "supported by this type of state machine\"}"
#define MACHINE     "{\"stateMachineArn\":\"" HEAD "stateMachine:m\"}"
#define START(more) "{\"stateMachineArn\":\"" HEAD "stateMachine:m\",\"name\":\"x\"" more "}"
#define CASE(name)  "{\"stateMachineArn\":\"" HEAD "stateMachine:m#" name "\",\"name\":\"x\"}"
#define UUID_HIDDEN "UUID"

static void create_express(struct harness *h, const char *definition)
{
    char body[2048];

    (void)snprintf(body, sizeof(body),
                   "{\"name\":\"m\",\"roleArn\":\"" ROLE "\",\"type\":\"EXPRESS\",\"definition\":"
                   "\"%s\"}",
                   definition);
    (void)ask(h, "AWSStepFunctions.CreateStateMachine", body, 200);
}

/* The answer with the UUID behind "express:m:x:" replaced. */
static char *hidden(const char *answer)
{
    static const char before[] = ":express:m:x:";
    const char *at = strstr(answer, before);

    if (!at)
        fail_msg("no express ARN in %s", answer);
    at += sizeof(before) - 1;
    assert_int_equal(strcspn(at, "\""), 36);
    return xasprintf("%.*s" UUID_HIDDEN "%s", (int)(at - answer), answer, at + 36);
}

static void test_sync(void **state)
{
    struct harness *h = *state;
    create_express(h, PASS);
    CLEANUP(free_p)
    char *all = hidden(ask(h, "AWSStepFunctions.StartSyncExecution",
                           START(",\"input\":\"{ \\\"a\\\": 1.0 }\",\"traceHeader\":\"t\""), 200));
    assert_string_equal(all, "{\"executionArn\":\"" HEAD "express:m:x:" UUID_HIDDEN
                             "\",\"name\":\"x\",\"startDate\":" DATE ",\"stateMachineArn\":\"" HEAD
                             "stateMachine:m\",\"status\":\"SUCCEEDED\",\"stopDate\":" DATE
                             ",\"traceHeader\":\"t\",\"billingDetails\":{"
                             "\"billedDurationInMilliseconds\":100,\"billedMemoryUsedInMB\":64},"
                             "\"input\":\"{ \\\"a\\\": 1.0 }\",\"output\":\"{ \\\"a\\\": 1.0 }\","
                             "\"inputDetails\":{\"included\":true},\"outputDetails\":{\"included\":"
                             "true}}");
    const char *less = ask(h, "AWSStepFunctions.StartSyncExecution",
                           START(",\"includedData\":\"METADATA_ONLY\""), 200);
    assert_non_null(strstr(less, "\"inputDetails\":{\"included\":false}"));
    assert_null(strstr(less, "\"input\":"));
    assert_null(strstr(less, "\"output\":"));
}

/* 200 also when the workflow failed, with outputDetails (recorded). */
static void test_sync_failed(void **state)
{
    struct harness *h = *state;
    create_express(h, FAIL);
    CLEANUP(free_p)
    char *answer = hidden(ask(h, "AWSStepFunctions.StartSyncExecution", START(""), 200));
    assert_non_null(strstr(answer, "\"status\":\"FAILED\""));
    assert_non_null(strstr(answer, ",\"cause\":\"C\",\"error\":\"E\",\"input\":\"{}\","
                                   "\"inputDetails\":{\"included\":true},\"outputDetails\":{"
                                   "\"included\":true}}"));
}

/* The answer comes when the execution ends, here by the five minutes of the service. */
static void test_sync_waits(void **state)
{
    struct harness *h = *state;
    create_express(h, WAIT);
    harness_prepare(h, &h->call, "AWSStepFunctions.StartSyncExecution", START(""));
    int finished = h->finished;
    assert_false(api_handle(h->api, &h->call));
    harness_run(h);
    assert_int_equal(h->finished, finished);
    clock_advance(h->clock, 59950);
    harness_run(h);
    assert_int_equal(h->finished, finished);
    clock_advance(h->clock, 60);
    harness_run(h);
    assert_int_equal(h->finished, finished + 1);
    assert_int_equal(h->call.status, 200);
    assert_non_null(strstr(h->call.reply.data, "\"billedDurationInMilliseconds\":60100,"));
}

static void test_async(void **state)
{
    struct harness *h = *state;
    create_express(h, PASS);
    CLEANUP(free_p)
    char *answer = hidden(ask(h, "AWSStepFunctions.StartExecution", START(""), 200));
    assert_string_equal(answer, "{\"executionArn\":\"" HEAD "express:m:x:" UUID_HIDDEN
                                "\",\"startDate\":" DATE "}");
    CLEANUP(free_p)
    char *again = hidden(ask(h, "AWSStepFunctions.StartExecution", START(",\"input\":\"1\""), 200));
    assert_string_equal(again, answer);
}

/* Recorded: none of these knows an express execution. */
static void test_refusals(void **state)
{
    static const char *const operations[] = {
        "AWSStepFunctions.DescribeExecution", "AWSStepFunctions.StopExecution",
        "AWSStepFunctions.GetExecutionHistory", "AWSStepFunctions.RedriveExecution",
        "AWSStepFunctions.DescribeStateMachineForExecution"};
    struct harness *h = *state;
    create_express(h, PASS);
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        assert_string_equal(
            ask(h, operations[i],
                "{\"executionArn\":\"" HEAD "express:m:x:16a43b3f-0000-4000-8000-000000000000\"}",
                400),
            "{\"__type\":\"" SERVICE "InvalidArn\",\"message\":\"Invalid Arn: 'Resource type not "
            "valid in this context: express'\"}");
    assert_string_equal(ask(h, "AWSStepFunctions.ListExecutions", MACHINE, 400), TYPE_REFUSED);
    assert_non_null(strstr(ask(h, "AWSStepFunctions.DescribeStateMachine", MACHINE, 200),
                           "\"type\":\"EXPRESS\""));
}

static void test_sync_of_standard(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", PASS);
    assert_string_equal(ask(h, "AWSStepFunctions.StartSyncExecution", START(""), 400),
                        TYPE_REFUSED);
    REFUSES(h, "StartSyncExecution", "{\"stateMachineArn\":\"" HEAD "stateMachine:n\"}",
            SERVICE "StateMachineDoesNotExist",
            "State Machine Does Not Exist: '" HEAD "stateMachine:n'");
    REFUSES(h, "StartSyncExecution", START(",\"input\":\"\""), SERVICE "InvalidExecutionInput",
            "Invalid State Machine Execution Input: 'Invalid execution input.'");
}

/* reference/asl.md section 12: what EXPRESS does not support, at the creation and at an update. */
static void test_definitions(void **state)
{
    struct harness *h = *state;
    create_express(h, PASS);
    REFUSES(h, "CreateStateMachine",
            "{\"name\":\"n\",\"roleArn\":\"" ROLE "\",\"type\":\"EXPRESS\",\"definition\":\"" WORK
            "\"}",
            SERVICE "InvalidDefinition",
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine "
            "does not support Activity ARN at /States/A/Resource'");
    REFUSES(h, "UpdateStateMachine",
            "{\"stateMachineArn\":\"" HEAD "stateMachine:m\",\"definition\":\"" WORK "\"}",
            SERVICE "InvalidDefinition",
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine "
            "does not support Activity ARN at /States/A/Resource'");
    REFUSES(h, "UpdateStateMachine",
            "{\"stateMachineArn\":\"" HEAD "stateMachine:o\",\"definition\":\"" WORK "\"}",
            SERVICE "StateMachineDoesNotExist",
            "State Machine Does Not Exist: '" HEAD "stateMachine:o'");
}

/* ---- mocks ---- */

static const char *admin(struct harness *h, enum api_admin what, const char *body, int status)
{
    harness_prepare(h, &h->call, NULL, body);
    if (!api_handle_admin(h->api, &h->call, what))
        harness_run(h);
    assert_int_equal(h->call.status, status);
    return h->call.reply.data;
}

#define MOCKS                                                                                \
    "{\"StateMachines\":{\"m\":{\"TestCases\":{\"T\":{\"A\":\"r\"}}}},\"MockedResponses\":{" \
    "\"r\":{\"0\":{\"Return\": 42}}}}"
#define NO_MOCKS "{\"StateMachines\":{},\"MockedResponses\":{}}"

static void test_mocks(void **state)
{
    struct harness *h = *state;
    assert_string_equal(admin(h, API_ADMIN_GET_MOCKS, "", 200), NO_MOCKS);
    create_machine(h, "m", WORK);
    REFUSES(h, "StartExecution", CASE("T"), SERVICE "ValidationException",
            "The mock configuration has no such test case: '" HEAD "stateMachine:m#T'");
    assert_string_equal(admin(h, API_ADMIN_SET_MOCKS, MOCKS, 200), "{}");
    assert_string_equal(admin(h, API_ADMIN_GET_MOCKS, "", 200), MOCKS);

    /* Neither the answer nor what is described shows the test case. */
    ANSWERS(h, "StartExecution", CASE("T"),
            "{\"executionArn\":\"" HEAD "execution:m:x\",\"startDate\":" DATE "}");
    const char *described = ask(h, "AWSStepFunctions.DescribeExecution",
                                "{\"executionArn\":\"" HEAD "execution:m:x\"}", 200);
    assert_non_null(strstr(described, "\"output\":\"42\""));
    assert_null(strchr(described, '#'));

    /* A bad one changes nothing. */
    assert_non_null(strstr(admin(h, API_ADMIN_SET_MOCKS, "{\"StateMachines\":1}", 400),
                           "\"message\":\"StateMachines: has to be an object\""));
    assert_string_equal(admin(h, API_ADMIN_GET_MOCKS, "", 200), MOCKS);
    assert_string_equal(admin(h, API_ADMIN_DELETE_MOCKS, "", 200), "{}");
    assert_string_equal(admin(h, API_ADMIN_GET_MOCKS, "", 200), NO_MOCKS);
    REFUSES(h, "StartExecution", CASE("T"), SERVICE "ValidationException",
            "The mock configuration has no such test case: '" HEAD "stateMachine:m#T'");
}

static void test_mocked_express(void **state)
{
    struct harness *h = *state;
    create_express(h, "{\\\"StartAt\\\":\\\"A\\\",\\\"States\\\":{\\\"A\\\":{\\\"Type\\\":"
                      "\\\"Task\\\",\\\"Resource\\\":\\\"arn:aws:lambda:us-east-1:123456789012:"
                      "function:f\\\",\\\"End\\\":true}}}");
    (void)admin(h, API_ADMIN_SET_MOCKS, MOCKS, 200);
    CLEANUP(free_p)
    char *answer = hidden(ask(h, "AWSStepFunctions.StartSyncExecution", CASE("T"), 200));
    assert_non_null(strstr(answer, "\"output\":\"42\""));
    assert_non_null(strstr(answer, "\"stateMachineArn\":\"" HEAD "stateMachine:m\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sync),        TEST(test_sync_failed), TEST(test_sync_waits),
        TEST(test_async),       TEST(test_refusals),    TEST(test_sync_of_standard),
        TEST(test_definitions), TEST(test_mocks),       TEST(test_mocked_express),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
