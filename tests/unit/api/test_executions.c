/* Executions: reference/api.md sections 2 and 3, reference/redrive.md sections 1, 2 and 7. */
#include "harness.h"

#define START(more)   "{\"stateMachineArn\":\"" HEAD "stateMachine:m\"" more "}"
#define EXECUTION     HEAD "execution:m:x"
#define ABOUT         "{\"executionArn\":\"" EXECUTION "\"}"
#define REDRIVE(more) "{\"executionArn\":\"" EXECUTION "\"" more "}"
#define DAY_MS        INT64_C(86400000)

static void test_start(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", WAIT);
    static const char started[] = "{\"executionArn\":\"" EXECUTION "\",\"startDate\":" DATE "}";
    ANSWERS(h, "StartExecution", START(",\"name\":\"x\",\"input\":\"{ }\""), started);
    clock_advance(h->clock, 1000);
    ANSWERS(h, "StartExecution", START(",\"name\":\"x\",\"input\":\"{ }\""), started);
    REFUSES(h, "StartExecution", START(",\"name\":\"x\",\"input\":\"{}\""),
            SERVICE "ExecutionAlreadyExists", "Execution Already Exists: '" EXECUTION "'");
    REFUSES(h, "StartExecution", START(",\"name\":\"a/b\""), SERVICE "InvalidName",
            "Invalid Name: 'a/b'");
    const char *answer = ask(h, "AWSStepFunctions.StartExecution", START(""), 200);
    assert_memory_equal(answer, "{\"executionArn\":\"" HEAD "execution:m:",
                        sizeof("{\"executionArn\":\"" HEAD "execution:m:") - 1);
    assert_non_null(strstr(answer, "\",\"startDate\":1790000001.5}"));
}

/* The recorded messages of the suite `api`. */
static void test_start_input(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", PASS);
#define BAD     SERVICE "InvalidExecutionInput"
#define MESSAGE "Invalid State Machine Execution Input: "
    REFUSES(h, "StartExecution", START(",\"input\":\"\""), BAD,
            MESSAGE "'Invalid execution input.'");
    REFUSES(h, "StartExecution", START(",\"input\":\"not some json\""), BAD,
            MESSAGE "'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object "
                    "or token 'null', 'true' or 'false')'");
    REFUSES(h, "StartExecution", START(",\"input\":\"{'not': 'json'\""), BAD,
            MESSAGE "'Unexpected character (''' (code 39)): was expecting double-quote to start "
                    "field name'");
    static const char *const good[] = {
        START(",\"input\":\"2\""),
        START(",\"input\":\"\\\"some text\\\"\""),
        START(",\"input\":\"null\""),
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        (void)ask(h, "AWSStepFunctions.StartExecution", good[i], 200);
}

static void test_start_refused(void **state)
{
    struct harness *h = *state;
    REFUSES(h, "StartExecution", START(""), SERVICE "StateMachineDoesNotExist",
            "State Machine Does Not Exist: '" HEAD "stateMachine:m'");
    REFUSES(h, "StartExecution", "{\"stateMachineArn\":\"" HEAD "stateMachine:m:live\"}",
            SERVICE "StateMachineDoesNotExist",
            "State Machine Does Not Exist: '" HEAD "stateMachine:m:live'");
}

/* Fields per phase: redrive.md section 7. */
static void test_describe_phases(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", FAIL);
    start_execution(h, "m", "x");
#define PHASE(redrives, status, times, more)                                                      \
    "{\"executionArn\":\"" EXECUTION "\",\"name\":\"x\",\"redriveCount\":" redrives               \
    ",\"startDate\":" DATE ",\"stateMachineArn\":\"" HEAD "stateMachine:m\",\"status\":\"" status \
    "\"" times more "}"
#define DATA ",\"input\":\"{}\",\"inputDetails\":{\"included\":true}"
    ANSWERS(h, "DescribeExecution", ABOUT,
            PHASE("0", "FAILED", ",\"stopDate\":" DATE,
                  ",\"redriveStatus\":\"REDRIVABLE\",\"cause\":\"C\",\"error\":\"E\"" DATA));
    clock_advance(h->clock, 14 * DAY_MS);
    assert_non_null(strstr(ask(h, "AWSStepFunctions.DescribeExecution", ABOUT, 200),
                           "\"redriveStatus\":\"REDRIVABLE\""));
    clock_advance(h->clock, 1);
    ANSWERS(h, "DescribeExecution", ABOUT,
            PHASE("0", "FAILED", ",\"stopDate\":" DATE,
                  ",\"redriveStatus\":\"NOT_REDRIVABLE\",\"redriveStatusReason\":"
                  "\"Execution redrivable period exceeded\",\"cause\":\"C\",\"error\":\"E\"" DATA));
}

static void test_describe_running_and_succeeded(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", WAIT);
    start_execution(h, "m", "x");
    ANSWERS(h, "DescribeExecution", ABOUT,
            PHASE("0", "RUNNING", "",
                  ",\"redriveStatus\":\"NOT_REDRIVABLE\",\"redriveStatusReason\":"
                  "\"Execution is RUNNING and cannot be redriven\"" DATA));
    clock_advance(h->clock, 60000);
    harness_run(h);
    ANSWERS(h, "DescribeExecution", ABOUT,
            PHASE("0", "SUCCEEDED", ",\"stopDate\":1790000060.5",
                  ",\"redriveStatus\":\"NOT_REDRIVABLE\",\"redriveStatusReason\":"
                  "\"Execution is SUCCEEDED and cannot be redriven\"" DATA
                  ",\"output\":\"{}\",\"outputDetails\":{\"included\":true}"));
    const char *bare =
        ask(h, "AWSStepFunctions.DescribeExecution",
            "{\"executionArn\":\"" EXECUTION "\",\"includedData\":\"METADATA_ONLY\"}", 200);
    assert_non_null(strstr(bare, "\"inputDetails\":{\"included\":false},"
                                 "\"outputDetails\":{\"included\":false}}"));
    assert_null(strstr(bare, "\"input\":"));
}

static void test_stop(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", WAIT);
    start_execution(h, "m", "x");
    clock_advance(h->clock, 1000);
    static const char stopped[] = "{\"stopDate\":1790000001.5}";
    ANSWERS(h, "StopExecution", REDRIVE(",\"error\":\"E\",\"cause\":\"C\""), stopped);
    clock_advance(h->clock, 1000);
    ANSWERS(h, "StopExecution", ABOUT, stopped);
    assert_non_null(strstr(ask(h, "AWSStepFunctions.DescribeExecution", ABOUT, 200),
                           "\"status\":\"ABORTED\",\"stopDate\":1790000001.5,\"redriveStatus\":"
                           "\"REDRIVABLE\",\"cause\":\"C\",\"error\":\"E\""));
}

/* Section 1 of redrive.md: messages, order of the checks, tokens. */
static void test_redrive(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", WAIT);
    start_execution(h, "m", "x");
    REFUSES(h, "RedriveExecution", REDRIVE(",\"clientToken\":\"t\""),
            SERVICE "ExecutionNotRedrivable",
            "Execution " EXECUTION " invalid for redrive as: Execution is RUNNING and cannot be "
            "redriven");
    ANSWERS(h, "StopExecution", ABOUT, "{\"stopDate\":" DATE "}");
    clock_advance(h->clock, 1000);
    static const char redriven[] = "{\"redriveDate\":1790000001.5}";
    ANSWERS(h, "RedriveExecution", REDRIVE(",\"clientToken\":\"t\""), redriven);
    clock_advance(h->clock, 1000);
    ANSWERS(h, "RedriveExecution", REDRIVE(",\"clientToken\":\"t\""), redriven);
    ANSWERS(h, "DescribeExecution", ABOUT,
            "{\"executionArn\":\"" EXECUTION "\",\"name\":\"x\",\"redriveCount\":1,"
            "\"redriveDate\":1790000001.5,\"startDate\":" DATE ",\"stateMachineArn\":\"" HEAD
            "stateMachine:m\",\"status\":\"RUNNING\",\"redriveStatus\":\"NOT_REDRIVABLE\","
            "\"redriveStatusReason\":\"Execution is RUNNING and cannot be redriven\"" DATA "}");
}

static void test_redrive_arns(void **state)
{
    struct harness *h = *state;
    REFUSES(h, "RedriveExecution", ABOUT, SERVICE "ExecutionDoesNotExist",
            "Execution Does Not Exist: '" EXECUTION "'");
    REFUSES(h, "RedriveExecution", "{\"executionArn\":\"" HEAD "express:m:x:u\"}",
            SERVICE "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: express'");
    REFUSES(h, "RedriveExecution", "{\"executionArn\":\"" HEAD "execution:m/Map:u\"}", CONSTRAINT,
            "Labeled Execution ARNs are not supported for this API");
    REFUSES(h, "RedriveExecution", "{\"executionArn\":\"x\"}", SERVICE "InvalidArn",
            "Invalid Arn: 'Invalid ARN prefix: x'");
}

/* Newest first; filters that do not go together with a machine. */
static void test_list(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", WAIT);
    start_execution(h, "m", "x1");
    start_execution(h, "m", "x2");
    (void)ask(h, "AWSStepFunctions.StopExecution", "{\"executionArn\":\"" HEAD "execution:m:x1\"}",
              200);
#define ROW(name, status, more)                                                                    \
    "{\"executionArn\":\"" HEAD "execution:m:" name "\",\"name\":\"" name "\",\"redriveCount\":0," \
    "\"startDate\":" DATE ",\"stateMachineArn\":\"" HEAD "stateMachine:m\",\"status\":\"" status   \
    "\"" more "}"
#define LIST(more) "{\"stateMachineArn\":\"" HEAD "stateMachine:m\"" more "}"
    ANSWERS(h, "ListExecutions", LIST(""),
            "{\"executions\":[" ROW("x2", "RUNNING", "") "," ROW("x1", "ABORTED",
                                                                 ",\"stopDate\":" DATE) "]}");
    ANSWERS(h, "ListExecutions", LIST(",\"statusFilter\":\"RUNNING\""),
            "{\"executions\":[" ROW("x2", "RUNNING", "") "]}");

    const char *page = ask(h, "AWSStepFunctions.ListExecutions", LIST(",\"maxResults\":1"), 200);
    char next[512];
    (void)snprintf(next, sizeof(next), LIST(",\"maxResults\":1,%.200s"),
                   strstr(page, "\"nextToken\""));
    next[strlen(next) - 1] = '\0'; /* the brace came with the token */
    ANSWERS(h, "ListExecutions", next,
            "{\"executions\":[" ROW("x1", "ABORTED", ",\"stopDate\":" DATE) "]}");

    REFUSES(h, "ListExecutions", LIST(",\"redriveFilter\":\"REDRIVEN\""), CONSTRAINT,
            "RedriveFilter cannot be applied to ListExecutions call with StateMachine ARN");
    REFUSES(h, "ListExecutions", "{\"mapRunArn\":\"" HEAD "mapRun:m/Map:u\"}",
            SERVICE "ResourceNotFound", "Map Run Does Not Exist: '" HEAD "mapRun:m/Map:u'");
    REFUSES(h, "ListExecutions", "{\"stateMachineArn\":\"" HEAD "stateMachine:none\"}",
            SERVICE "StateMachineDoesNotExist",
            "State Machine Does Not Exist: '" HEAD "stateMachine:none'");
    (void)ask(h, "AWSStepFunctions.ListExecutions", "{}", 400);
}

/* reference/history.md section 1. */
static void test_history_pages(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", PASS);
    start_execution(h, "m", "x");
    static const char *const types[] = {"ExecutionStarted", "PassStateEntered", "PassStateExited",
                                        "ExecutionSucceeded"};
    for (int reverse = 0; reverse < 2; reverse++) {
        char body[512];
        (void)snprintf(body, sizeof(body), REDRIVE(",\"maxResults\":1,\"reverseOrder\":%s"),
                       reverse ? "true" : "false");
        for (int i = 0; i < 4; i++) {
            const char *page = ask(h, "AWSStepFunctions.GetExecutionHistory", body, 200);
            char type[64];
            (void)snprintf(type, sizeof(type), "\"type\":\"%s\"}]", types[reverse ? 3 - i : i]);
            assert_non_null(strstr(page, type));
            const char *token = strstr(page, "\"nextToken\"");
            assert_int_equal(token != NULL, i < 3);
            if (token)
                (void)snprintf(body, sizeof(body),
                               REDRIVE(",\"maxResults\":1,\"reverseOrder\":%s,%.*s"),
                               reverse ? "true" : "false", (int)strlen(token) - 1, token);
        }
    }
    REFUSES(h, "GetExecutionHistory", "{\"executionArn\":\"" HEAD "express:m:x:u\"}",
            SERVICE "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: express'");
}

static void test_machine_for_execution(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", WAIT);
    start_execution(h, "m", "x");
    clock_advance(h->clock, 1000);
    (void)ask(h, "AWSStepFunctions.UpdateStateMachine", START(",\"definition\":\"" PASS "\""), 200);
    ANSWERS(h, "DescribeStateMachineForExecution", ABOUT,
            "{\"definition\":\"" WAIT "\",\"encryptionConfiguration\":{\"type\":\"AWS_OWNED_KEY\"},"
            "\"loggingConfiguration\":{\"level\":\"OFF\",\"includeExecutionData\":false},"
            "\"name\":\"m\",\"roleArn\":\"" ROLE "\",\"stateMachineArn\":\"" HEAD
            "stateMachine:m\",\"tracingConfiguration\":{\"enabled\":false},\"updateDate\":" DATE
            "}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_start),
        TEST(test_start_input),
        TEST(test_start_refused),
        TEST(test_describe_phases),
        TEST(test_stop),
        TEST(test_describe_running_and_succeeded),
        TEST(test_redrive),
        TEST(test_redrive_arns),
        TEST(test_list),
        TEST(test_history_pages),
        TEST(test_machine_for_execution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
