/* TestState over the API: what is refused, with which words, and what the answer looks like
 * (reference/integrations.md section 9). */
#include "harness.h"

#define SINGLE                                                                        \
    "\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke\",\"End\":true," \
    "\"Parameters\":{\"FunctionName\":\"f\"}"
#define PASS_STATE "{\"Type\":\"Pass\",\"End\":true}"
#define TASK_STATE "{" SINGLE "}"
#define MAP_STATE                                                                           \
    "{\"Type\":\"Map\",\"End\":true,\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":"      \
    "\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"},\"StartAt\":\"I\",\"States\":{\"I\":{" \
    "\"Type\":\"Pass\",\"End\":true}}}%s}"
#define PARALLEL_STATE                                                                         \
    "{\"Type\":\"Parallel\",\"End\":true,\"Branches\":[{\"StartAt\":\"B\",\"States\":{\"B\":{" \
    "\"Type\":\"Pass\",\"End\":true}}}]}"
#define READER                                                                         \
    ",\"ItemReader\":{\"Resource\":\"arn:aws:states:::s3:getObject\",\"Parameters\":{" \
    "\"Bucket\":\"b\",\"Key\":\"k\"}}"
#define WRITER                                                                           \
    ",\"ResultWriter\":{\"Resource\":\"arn:aws:states:::s3:putObject\",\"Parameters\":{" \
    "\"Bucket\":\"b\"}}"
#define INVALID         SERVICE "ValidationException"
#define DEFINITION      SERVICE "InvalidDefinition"
#define ROLE_GIVEN      ",\"roleArn\":\"" ROLE "\""
#define RESULT(escaped) ",\"mock\":{\"result\":\"" escaped "\"}"
#define FAILURE         ",\"mock\":{\"errorOutput\":{\"error\":\"E\"}}"

/* The answer to a test of `definition` with more members. */
static const char *test(struct harness *h, const char *definition, const char *more, int status)
{
    CLEANUP(strbuf_done) struct strbuf body;

    strbuf_init(&body, 1 << 20);
    strbuf_adds(&body, "{\"definition\":");
    strbuf_add_json(&body, definition, strlen(definition));
    strbuf_adds(&body, more);
    strbuf_addc(&body, '}');
    return ask(h, "AWSStepFunctions.TestState", body.data, status);
}

static void answers(struct harness *h, const char *definition, const char *more, const char *answer)
{
    assert_string_equal(test(h, definition, more, 200), answer);
}

static void refuses(struct harness *h, const char *definition, const char *more, const char *type,
                    const char *message)
{
    CLEANUP(strbuf_done) struct strbuf expected;

    strbuf_init(&expected, 1 << 16);
    strbuf_addf(&expected, "{\"__type\":\"%s\",\"message\":", type);
    strbuf_add_json(&expected, message, strlen(message));
    strbuf_addc(&expected, '}');
    assert_string_equal(test(h, definition, more, 400), expected.data);
}

static void test_answers(void **state)
{
    answers(*state, PASS_STATE, "", "{\"output\":\"{}\",\"status\":\"SUCCEEDED\"}");
    answers(*state, PASS_STATE, ",\"input\":\"[ 1 ]\",\"inspectionLevel\":\"TRACE\"",
            "{\"inspectionData\":{\"input\":\"[ 1 ]\",\"afterInputPath\":\"[ 1 ]\","
            "\"afterParameters\":\"[ 1 ]\",\"afterResultSelector\":\"[ 1 ]\",\"afterResultPath\":"
            "\"[ 1 ]\"},\"output\":\"[ 1 ]\",\"status\":\"SUCCEEDED\"}");
    answers(*state, "{\"Type\":\"Pass\",\"Next\":\"N\"}",
            ",\"variables\":\"{\\\"x\\\":1}\","
            "\"inspectionLevel\":\"DEBUG\"",
            "{\"inspectionData\":{\"input\":\"{}\",\"afterInputPath\":\"{}\",\"afterParameters\":"
            "\"{}\",\"afterResultSelector\":\"{}\",\"afterResultPath\":\"{}\",\"variables\":"
            "\"{\\\"x\\\":1}\"},\"nextState\":\"N\",\"output\":\"{}\",\"status\":\"SUCCEEDED\"}");
    answers(*state, "{\"Type\":\"Fail\",\"Error\":\"E\",\"Cause\":\"C\"}",
            ",\"inspectionLevel\":\"INFO\"",
            "{\"cause\":\"C\",\"error\":\"E\",\"status\":\"FAILED\"}");
    answers(*state, "{" SINGLE ",\"Retry\":[{\"ErrorEquals\":[\"E\"]}]}",
            FAILURE
            ",\"inspectionLevel\":\"DEBUG\",\"stateConfiguration\":{\"retrierRetryCount\":1}",
            "{\"error\":\"E\",\"inspectionData\":{\"input\":\"{}\",\"afterInputPath\":\"{}\","
            "\"afterParameters\":\"{\\\"FunctionName\\\":\\\"f\\\"}\",\"errorDetails\":{"
            "\"retryBackoffIntervalSeconds\":2,\"retryIndex\":0}},\"status\":\"RETRIABLE\"}");
    answers(*state, TASK_STATE, RESULT("{\\\"Payload\\\":\\\"x\\\"}") ",\"revealSecrets\":false",
            "{\"output\":\"{\\\"Payload\\\":\\\"x\\\"}\",\"status\":\"SUCCEEDED\"}");

    CLEANUP(free_p) char *map = xasprintf(MAP_STATE, ",\"ToleratedFailurePercentage\":1");

    answers(*state, map, RESULT("[1]") ",\"input\":\"[5]\",\"inspectionLevel\":\"DEBUG\"",
            "{\"inspectionData\":{\"input\":\"[5]\",\"afterInputPath\":\"[5]\",\"afterItemsPath\":"
            "\"[5]\",\"afterResultSelector\":\"[1]\",\"afterResultPath\":\"[1]\","
            "\"maxConcurrency\":0,\"toleratedFailurePercentage\":1.0},\"output\":\"[1]\","
            "\"status\":\"SUCCEEDED\"}");
}

static void test_definition(void **state)
{
#define MACHINE                                                                                \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":[{" \
    "\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Pass\",\"Result\":7,\"End\":true}}}]}}}"
    answers(*state, MACHINE, ",\"stateName\":\"B\"", "{\"output\":\"7\",\"status\":\"SUCCEEDED\"}");
    refuses(*state, MACHINE, ",\"stateName\":\"C\"", INVALID, "State not found in definition");
    refuses(
        *state, "{\"Type\":\"Pass\",\"ResultSelector\":{},\"End\":true}", "", DEFINITION,
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Field 'ResultSelector' is "
        "not supported at /States/StateName'");
    refuses(
        *state, "not a definition", "", DEFINITION,
        "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: Unrecognized token 'not': "
        "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n"
        " at [Source: (String)\"not a definition\"; line: 1, column: 4] at [Source: (String)\"not "
        "a definition\"; line: 1, column: 4]'");
    assert_non_null(strstr(test(*state, "[]", "", 400), "#InvalidDefinition\""));
    assert_non_null(
        strstr(test(*state, "{\"Type\":\"Pass\",\"Type\":\"Pass\",\"End\":true}", "", 400),
               "#InvalidDefinition\""));
}

static void test_request(void **state)
{
    refuses(*state, PASS_STATE, ",\"input\":\"{'not'\"", SERVICE "InvalidExecutionInput",
            "Invalid State Machine Execution Input: 'Unexpected character (''' (code 39)): was "
            "expecting double-quote to start field name'");
    refuses(*state, PASS_STATE, ",\"variables\":\"[]\"", INVALID,
            "Variables must be a valid JSON object.");
    refuses(*state, PASS_STATE, ",\"stateName\":\"\"", CONSTRAINT,
            "1 validation error detected: Value '' at 'stateName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1");
    refuses(*state, PASS_STATE, ",\"inspectionLevel\":\"ALL\"", CONSTRAINT,
            "1 validation error detected: Value 'ALL' at 'inspectionLevel' failed to satisfy "
            "constraint: Member must satisfy enum value set: [INFO, DEBUG, TRACE]");
}

/* What cannot be run, or not be mocked. */
static void test_needs(void **state)
{
#define NO_CONTAINERS                                                                        \
    "TestState API does not support Map or Parallel states. Supported state types include: " \
    "[Task, Wait, Pass, Succeed, Fail, Choice]"
    CLEANUP(free_p) char *map = xasprintf(MAP_STATE, "");

    refuses(*state, map, "", DEFINITION, NO_CONTAINERS);
    refuses(*state, PARALLEL_STATE, "", DEFINITION, NO_CONTAINERS);
    refuses(*state, TASK_STATE, "", INVALID, "RoleArn must be specified when testing a Task state");
    refuses(*state, PASS_STATE, RESULT("{}"), INVALID,
            "State type 'Pass' is not supported when a mock is specified");
    refuses(*state, "{\"Type\":\"Wait\",\"Seconds\":1,\"End\":true}", FAILURE, INVALID,
            "State type 'Wait' is not supported when a mock is specified");
    assert_non_null(
        strstr(test(*state, "{\"Type\":\"Task\",\"Resource\":\"" HEAD "activity:a\",\"End\":true}",
                    ROLE_GIVEN, 400),
               "does not support Activity tasks"));
    assert_non_null(
        strstr(test(*state,
                    "{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke."
                    "waitForTaskToken\",\"Parameters\":{\"FunctionName\":\"f\"},\"End\":true}",
                    ROLE_GIVEN, 400),
               "#InvalidDefinition\""));
    /* An HTTP Task runs; no driver is linked here that could. */
    assert_non_null(strstr(
        test(*state,
             "{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::http:invoke\",\"Parameters\":"
             "{\"ApiEndpoint\":\"https://h/\",\"Method\":\"GET\",\"Authentication\":{"
             "\"ConnectionArn\":\"arn:aws:events:us-east-1:123456789012:connection/c/1\"}},"
             "\"End\":true}",
             ROLE_GIVEN, 200),
        "Nothing here can run the resource"));
}

static void test_mock(void **state)
{
    CLEANUP(free_p) char *map = xasprintf(MAP_STATE, "");
    CLEANUP(free_p) char *reads = xasprintf(MAP_STATE, READER);
    CLEANUP(free_p) char *writes = xasprintf(MAP_STATE, WRITER);

    refuses(*state, TASK_STATE, ",\"mock\":{}", INVALID,
            "One of the following fields is required for a test mock: [result, errorOutput].");
    refuses(*state, TASK_STATE, ",\"mock\":{\"result\":\"{}\",\"errorOutput\":{\"error\":\"E\"}}",
            INVALID,
            "A test mock should have only one of the following fields: [result, errorOutput].");
    refuses(*state, TASK_STATE, ",\"mock\":{\"errorOutput\":{}}", INVALID,
            "An error was not specified in the mocked error output.");
    refuses(*state, TASK_STATE, RESULT("null"), INVALID,
            "Mocked result must be a valid JSON object.");
    refuses(*state, TASK_STATE, RESULT("{"), INVALID, "Mocked result must be valid JSON");
    refuses(*state, TASK_STATE, RESULT("{}") ",\"revealSecrets\":true", INVALID,
            "TestState does not support RevealSecrets when a mock is specified.");
    refuses(*state, map, RESULT("{}"), INVALID, "Mocked result must be an array.");
    refuses(*state, writes, RESULT("[]"), INVALID, "Mocked result must be a JSON object.");
    refuses(*state, map, RESULT("[1]") ",\"input\":\"[]\"", INVALID,
            "Input array does not equal the mocked result array's size");
    refuses(*state, PARALLEL_STATE, RESULT("[1,2]"), INVALID,
            "Mocked result must contain the same number of items as number of Parallel branches.");
    refuses(
        *state, reads, RESULT("[]"), INVALID,
        "ItemReader data must be specified when testing a Map state with ItemReader specified.");
    /* A function's own result may be anything; so may that of a callback. */
    answers(*state,
            "{\"Type\":\"Task\",\"Resource\":\"arn:aws:lambda:us-east-1:123456789012:"
            "function:f\",\"End\":true}",
            RESULT("\\\"x\\\""), "{\"output\":\"\\\"x\\\"\",\"status\":\"SUCCEEDED\"}");
    answers(*state,
            "{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sqs:sendMessage."
            "waitForTaskToken\",\"Parameters\":{\"QueueUrl\":\"q\",\"MessageBody.$\":"
            "\"$$.Task.Token\"},\"End\":true}",
            RESULT("7"), "{\"output\":\"7\",\"status\":\"SUCCEEDED\"}");
}

static void test_schema(void **state)
{
#define SCHEMA "Mock result schema validation error: "
#define MODE(result, mode) \
    ",\"mock\":{\"result\":\"" result "\",\"fieldValidationMode\":\"" mode "\"}"
    refuses(*state, TASK_STATE, RESULT("{\\\"Payload\\\":{}}"), INVALID,
            SCHEMA "Field 'Payload' must be a string");
    refuses(*state, TASK_STATE, MODE("{\\\"Payload\\\":{}}", "PRESENT"), INVALID,
            SCHEMA "Field 'Payload' must be a string");
    answers(*state, TASK_STATE, MODE("{\\\"Payload\\\":{}}", "NONE"),
            "{\"output\":\"{\\\"Payload\\\":{}}\",\"status\":\"SUCCEEDED\"}");
#define START_STATE                                                                              \
    "{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::states:startExecution\",\"Parameters\":" \
    "{\"StateMachineArn\":\"arn:aws:states:us-east-1:123456789012:stateMachine:m\"},\"End\":true}"
    refuses(*state, START_STATE, RESULT("{}"), INVALID,
            SCHEMA "Required field 'ExecutionArn' is missing");
    answers(*state, START_STATE, MODE("{}", "PRESENT"),
            "{\"output\":\"{}\",\"status\":\"SUCCEEDED\"}");
}

static void test_configuration(void **state)
{
#define CONFIGURE(members) ",\"stateConfiguration\":{" members "}"
    CLEANUP(free_p) char *map = xasprintf(MAP_STATE, "");

    refuses(*state, TASK_STATE, FAILURE CONFIGURE("\"mapIterationFailureCount\":1"), INVALID,
            "MapIterationFailureCount is only supported when testing a Map state.");
    refuses(*state, PASS_STATE, CONFIGURE("\"mapIterationFailureCount\":1"), INVALID,
            "TestState does not support MapIterationFailureCount when a mock is not specified.");
    refuses(
        *state, map, RESULT("[1]") CONFIGURE("\"mapIterationFailureCount\":2") ",\"input\":\"[1]\"",
        INVALID,
        "Map iteration failure count must be less than or equal to the number of Map iterations");
    refuses(*state, TASK_STATE, FAILURE CONFIGURE("\"errorCausedByState\":\"I\""), INVALID,
            "ErrorCausedByState is only supported when testing a Map or Parallel state.");
    refuses(*state, map, FAILURE CONFIGURE("\"errorCausedByState\":\"J\""), INVALID,
            "State not found in definition");
    refuses(
        *state, map, FAILURE CONFIGURE("\"mapItemReaderData\":\"[]\""), INVALID,
        "MapItemReaderData is only supported when testing a Map state with ItemReader specified.");
    refuses(
        *state, TASK_STATE, FAILURE CONFIGURE("\"retrierRetryCount\":-1"), CONSTRAINT,
        "1 validation error detected: Value '-1' at 'stateConfiguration.retrierRetryCount' failed "
        "to satisfy constraint: Member must have value greater than or equal to 0");
}

static void test_context(void **state)
{
#define CONTEXT(escaped) RESULT("{}") ",\"context\":\"" escaped "\""
#define BAD_CONTEXT      "Invalid Context object provided: "
    refuses(*state, PASS_STATE, ",\"context\":\"{}\"", INVALID,
            "TestState does not support Context when a mock is not specified.");
    refuses(*state, TASK_STATE, CONTEXT("{\\\"Map\\\":{}}"), INVALID,
            BAD_CONTEXT "'Map' field is not supported when mocking a Context object");
    refuses(*state, TASK_STATE, CONTEXT("{\\\"Task\\\":{}}"), INVALID,
            BAD_CONTEXT
            "Context object contains 'Task' when state is not a Task state with a '.sync' "
            "or '.waitForTaskToken' service integration pattern");
    refuses(*state, TASK_STATE, CONTEXT("{\\\"Execution\\\":{\\\"Id\\\":1}}"), INVALID,
            BAD_CONTEXT "Execution.Id must be a string");
    refuses(*state, TASK_STATE, CONTEXT("{\\\"Pokedex\\\":{}}"), INVALID,
            BAD_CONTEXT "Field 'Pokedex' is not allowed");
    refuses(*state, TASK_STATE, CONTEXT("{\\\"State\\\":{\\\"Pokedex\\\":1}}"), INVALID,
            BAD_CONTEXT "Field 'Pokedex' is not allowed");
    refuses(*state, TASK_STATE, CONTEXT("[]"), INVALID,
            BAD_CONTEXT "Context must be a valid JSON object");
    refuses(*state, TASK_STATE, CONTEXT("{\\\"State\\\":1}"), INVALID,
            BAD_CONTEXT "State must be an object");
    answers(*state, TASK_STATE, CONTEXT("{\\\"State\\\":{\\\"RetryCount\\\":1}}"),
            "{\"output\":\"{}\",\"status\":\"SUCCEEDED\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answers), TEST(test_definition), TEST(test_request),       TEST(test_needs),
        TEST(test_mock),    TEST(test_schema),     TEST(test_configuration), TEST(test_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
