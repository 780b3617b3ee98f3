/* Map Runs and their children: reference/api.md (DescribeMapRun, ListMapRuns, UpdateMapRun, ListExecutions),
 * reference/redrive.md sections 1, 6 and 7. */
#include "harness.h"

#define MAP_OF(type, state)                                                                    \
    "{\\\"StartAt\\\":\\\"M\\\",\\\"States\\\":{\\\"M\\\":{\\\"Type\\\":\\\"Map\\\","          \
    "\\\"Label\\\":\\\"L\\\",\\\"MaxConcurrency\\\":2,\\\"ToleratedFailurePercentage\\\":0.5," \
    "\\\"ItemProcessor\\\":{\\\"ProcessorConfig\\\":{\\\"Mode\\\":\\\"DISTRIBUTED\\\","        \
    "\\\"ExecutionType\\\":\\\"" type                                                          \
    "\\\"},\\\"StartAt\\\":\\\"S\\\",\\\"States\\\":{\\\"S\\\":" state "}},\\\"End\\\":true}}}"
#define PASS_STATE "{\\\"Type\\\":\\\"Pass\\\",\\\"End\\\":true}"
#define FAIL_STATE "{\\\"Type\\\":\\\"Fail\\\",\\\"Error\\\":\\\"E\\\",\\\"Cause\\\":\\\"C\\\"}"
#define WAIT_STATE "{\\\"Type\\\":\\\"Wait\\\",\\\"Seconds\\\":60,\\\"End\\\":true}"
#define PARENT     HEAD "execution:m:x"

/* Starts the parent and returns the UUID of its Map Run. */
static void begin(struct harness *h, const char *definition, const char *input, char uuid[37])
{
    char body[512];
    const char *at;
    create_machine(h, "m", definition);
    (void)snprintf(
        body, sizeof(body),
        "{\"stateMachineArn\":\"" HEAD "stateMachine:m\",\"name\":\"x\",\"input\":\"%s\"}", input);
    (void)ask(h, "AWSStepFunctions.StartExecution", body, 200);
    harness_run(h);
    at = strstr(ask(h, "AWSStepFunctions.ListMapRuns", "{\"executionArn\":\"" PARENT "\"}", 200),
                "mapRun:m/L:");
    assert_non_null(at);
    memcpy(uuid, at + strlen("mapRun:m/L:"), 36);
    uuid[36] = '\0';
}

/* The ARN of the first child in the answer of ListExecutions, in `arn`. */
static void first_child(struct harness *h, const char *uuid, const char *more, char arn[256])
{
    char body[256];
    const char *at;
    (void)snprintf(body, sizeof(body), "{\"mapRunArn\":\"" HEAD "mapRun:m/L:%s\"%s}", uuid, more);
    at = strstr(ask(h, "AWSStepFunctions.ListExecutions", body, 200), "\"executionArn\":\"");
    assert_non_null(at);
    at += strlen("\"executionArn\":\"");
    (void)snprintf(arn, 256, "%.*s", (int)strcspn(at, "\""), at);
}

static const char *about(struct harness *h, const char *operation, const char *member,
                         const char *arn, int status)
{
    char target[64], body[512];
    (void)snprintf(target, sizeof(target), "AWSStepFunctions.%s", operation);
    (void)snprintf(body, sizeof(body), "{\"%s\":\"%s\"}", member, arn);
    return ask(h, target, body, status);
}

#define COUNTS(failed, pending, running, succeeded, total)                                        \
    "{\"aborted\":0,\"failed\":" failed ",\"failuresNotRedrivable\":0,\"pending\":" pending       \
    ",\"pendingRedrive\":0,\"resultsWritten\":0,\"running\":" running ",\"succeeded\":" succeeded \
    ",\"timedOut\":0,\"total\":" total "}"
#define BOTH(c) "\"executionCounts\":" c ",\"itemCounts\":" c

static void test_describe_and_list(void **state)
{
    struct harness *h = *state;
    char uuid[37], arn[256], expected[2048];
    begin(h, MAP_OF("STANDARD", WAIT_STATE), "[1,2,3]", uuid);
    (void)snprintf(arn, sizeof(arn), HEAD "mapRun:m/L:%s", uuid);
    (void)snprintf(expected, sizeof(expected),
                   "{\"executionArn\":\"" PARENT
                   "\"," BOTH(COUNTS("0", "1", "2", "0",
                                     "3")) ",\"mapRunArn\":\"%s\",\"maxConcurrency\":2,"
                                           "\"redriveCount\":0,\"startDate\":" DATE
                                           ",\"status\":\"RUNNING\",\"toleratedFailureCount\":0,"
                                           "\"toleratedFailurePercentage\":0.5}",
                   arn);
    assert_string_equal(about(h, "DescribeMapRun", "mapRunArn", arn, 200), expected);
    (void)snprintf(expected, sizeof(expected),
                   "{\"mapRuns\":[{\"executionArn\":\"" PARENT "\",\"mapRunArn\":\"%s\","
                   "\"startDate\":" DATE ",\"stateMachineArn\":\"" HEAD "stateMachine:m/L\"}]}",
                   arn);
    assert_string_equal(about(h, "ListMapRuns", "executionArn", PARENT, 200), expected);

    clock_advance(h->clock, 60000);
    harness_run(h);
    clock_advance(h->clock, 60000);
    harness_run(h);
    const char *answer = about(h, "DescribeMapRun", "mapRunArn", arn, 200);
    assert_non_null(strstr(answer, BOTH(COUNTS("0", "0", "0", "3", "3"))));
    assert_non_null(strstr(answer, "\"status\":\"SUCCEEDED\",\"stopDate\":1790000120.5,"));

    REFUSES(h, "DescribeMapRun", "{\"mapRunArn\":\"" HEAD "mapRun:m/L:u\"}",
            SERVICE "ResourceNotFound", "Map Run Does Not Exist: '" HEAD "mapRun:m/L:u'");
    (void)snprintf(arn, sizeof(arn), HEAD "mapRun:m/Other:%s", uuid);
    assert_non_null(strstr(about(h, "DescribeMapRun", "mapRunArn", arn, 400), "ResourceNotFound"));
    REFUSES(h, "DescribeMapRun", "{\"mapRunArn\":\"" PARENT "\"}", SERVICE "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: execution'");
    REFUSES(h, "ListMapRuns", "{\"executionArn\":\"" HEAD "execution:m:none\"}",
            SERVICE "ExecutionDoesNotExist",
            "Execution Does Not Exist: '" HEAD "execution:m:none'");
}

static void test_update(void **state)
{
    struct harness *h = *state;
    char uuid[37], arn[256], body[512];
    begin(h, MAP_OF("STANDARD", WAIT_STATE), "[1,2,3]", uuid);
    (void)snprintf(arn, sizeof(arn), HEAD "mapRun:m/L:%s", uuid);
    (void)snprintf(body, sizeof(body),
                   "{\"mapRunArn\":\"%s\",\"maxConcurrency\":3,\"toleratedFailureCount\":1,"
                   "\"toleratedFailurePercentage\":12.25}",
                   arn);
    ANSWERS(h, "UpdateMapRun", body, "{}");
    harness_run(h);
    const char *answer = about(h, "DescribeMapRun", "mapRunArn", arn, 200);
    assert_non_null(strstr(answer, COUNTS("0", "0", "3", "0", "3")));
    assert_non_null(strstr(answer, "\"maxConcurrency\":3,"));
    assert_non_null(
        strstr(answer, "\"toleratedFailureCount\":1,\"toleratedFailurePercentage\":12.25}"));

    assert_non_null(strstr(about(h, "UpdateMapRun", "mapRunArn", arn, 400),
                           "\"reason\":\"MISSING_REQUIRED_PARAMETER\""));
    (void)snprintf(
        body, sizeof(body),
        "{\"mapRunArn\":\"%s\",\"toleratedFailurePercentage\":100.5,\"maxConcurrency\":-1}", arn);
    REFUSES(
        h, "UpdateMapRun", body, CONSTRAINT,
        "2 validation errors detected: Value '-1' at 'maxConcurrency' failed to satisfy "
        "constraint: Member must have value greater than or equal to 0; Value '100.5' at "
        "'toleratedFailurePercentage' failed to satisfy constraint: Member must have value less "
        "than or equal to 100");
    (void)snprintf(body, sizeof(body), "{\"mapRunArn\":\"%s\",\"maxConcurrency\":1}", arn);
    clock_advance(h->clock, 60000);
    harness_run(h);
    assert_non_null(strstr(ask(h, "AWSStepFunctions.UpdateMapRun", body, 400),
                           "\"reason\":\"CANNOT_UPDATE_COMPLETED_MAP_RUN\""));
}

static void test_children(void **state)
{
    struct harness *h = *state;
    char uuid[37], child[256], body[512], expected[2048];
    begin(h, MAP_OF("STANDARD", FAIL_STATE), "[1]", uuid);
    first_child(h, uuid, "", child);
    const char *name = strrchr(child, ':') + 1;
    assert_int_equal(name[14], '3');
    assert_memory_equal(child, HEAD "execution:m/L:", strlen(HEAD "execution:m/L:"));

#define CHILD(more)                                                                               \
    "{\"executionArn\":\"%s\",\"mapRunArn\":\"" HEAD "mapRun:m/L:%s\",\"name\":\"%s\","           \
    "\"redriveCount\":0,\"startDate\":" DATE ",\"stateMachineArn\":\"" HEAD "stateMachine:m/L\"," \
    "\"status\":\"FAILED\",\"stopDate\":" DATE "," more "}"
    (void)snprintf(expected, sizeof(expected), "{\"executions\":[" CHILD("\"itemCount\":1") "]}",
                   child, uuid, name);
    (void)snprintf(body, sizeof(body), "{\"mapRunArn\":\"" HEAD "mapRun:m/L:%s\"}", uuid);
    ANSWERS(h, "ListExecutions", body, expected);
    (void)snprintf(body, sizeof(body),
                   "{\"mapRunArn\":\"" HEAD "mapRun:m/L:%s\",\"redriveFilter\":\"REDRIVEN\"}",
                   uuid);
    ANSWERS(h, "ListExecutions", body, "{\"executions\":[]}");
    (void)snprintf(body, sizeof(body),
                   "{\"mapRunArn\":\"" HEAD "mapRun:m/L:%s\",\"statusFilter\":\"PENDING_REDRIVE\"}",
                   uuid);
    ANSWERS(h, "ListExecutions", body, "{\"executions\":[]}");
    (void)snprintf(
        expected, sizeof(expected),
        CHILD("\"redriveStatus\":\"REDRIVABLE_BY_MAP_RUN\",\"cause\":\"C\",\"error\":\"E\","
              "\"input\":\"1\",\"inputDetails\":{\"included\":true}"),
        child, uuid, name);
    assert_string_equal(about(h, "DescribeExecution", "executionArn", child, 200), expected);

    /* No list of a machine's executions shows them, and no ARN without the label finds them. */
    const char *answer = about(h, "ListExecutions", "stateMachineArn", HEAD "stateMachine:m", 200);
    assert_null(strstr(answer, name));
    (void)snprintf(body, sizeof(body), HEAD "execution:m:%s", name);
    assert_non_null(
        strstr(about(h, "DescribeExecution", "executionArn", body, 400), "ExecutionDoesNotExist"));
    assert_non_null(strstr(about(h, "GetExecutionHistory", "executionArn", child, 200),
                           "\"type\":\"FailStateEntered\""));
    (void)snprintf(body, sizeof(body), "{\"executionArn\":\"%s\"}", child);
    REFUSES(h, "RedriveExecution", body, CONSTRAINT,
            "Labeled Execution ARNs are not supported for this API");

    answer = about(h, "DescribeStateMachineForExecution", "executionArn", child, 200);
    assert_non_null(strstr(answer, "\"definition\":\"{\\\"StartAt\\\":\\\"S\\\",\\\"States\\\":"
                                   "{\\\"S\\\":{\\\"Type\\\":\\\"Fail\\\",\\\"Error\\\":\\\"E\\\","
                                   "\\\"Cause\\\":\\\"C\\\"}}}\""));
    assert_non_null(strstr(answer, "\"label\":\"L\",\"mapRunArn\":\"" HEAD "mapRun:m/L:"));
    assert_non_null(strstr(answer, "\"name\":\"m\""));
    assert_non_null(strstr(answer, "\"stateMachineArn\":\"" HEAD "stateMachine:m/L\""));
}

static void test_express_children(void **state)
{
    struct harness *h = *state;
    char uuid[37], child[256], body[512];
    begin(h, MAP_OF("EXPRESS", PASS_STATE), "[1]", uuid);
    first_child(h, uuid, "", child);
    assert_memory_equal(child, HEAD "express:m/L:", strlen(HEAD "express:m/L:"));
    const char *answer = about(h, "DescribeExecution", "executionArn", child, 200);
    assert_non_null(strstr(answer, "\"redriveStatus\":\"NOT_REDRIVABLE\",\"redriveStatusReason\":"
                                   "\"Execution is SUCCEEDED and cannot be redriven\""));
    assert_non_null(strstr(answer, "\"output\":\"1\""));
#define EXPRESS "Invalid Arn: 'Resource type not valid in this context: express'"
    (void)snprintf(body, sizeof(body), "{\"executionArn\":\"%s\"}", child);
    REFUSES(h, "GetExecutionHistory", body, SERVICE "InvalidArn", EXPRESS);
    REFUSES(h, "RedriveExecution", body, SERVICE "InvalidArn", EXPRESS);
    REFUSES(h, "StopExecution", body, SERVICE "InvalidArn", EXPRESS);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, harness_set_up, harness_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_describe_and_list),
        TEST(test_update),
        TEST(test_children),
        TEST(test_express_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
