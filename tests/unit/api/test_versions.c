/* Versions: reference/api.md sections 1 to 3 and the recorded answers of the suite `api_versioning`. */
#include "harness.h"

#define MACHINE HEAD "stateMachine:m"
#define CREATE(more) \
    "{\"name\":\"m\",\"roleArn\":\"" ROLE "\",\"definition\":\"" PASS "\",\"publish\":true" more "}"
#define CREATED                                                       \
    "{\"creationDate\":" DATE ",\"stateMachineArn\":\"" MACHINE "\"," \
    "\"stateMachineVersionArn\":\"" MACHINE ":1\"}"
#define OF(arn)      "{\"stateMachineArn\":\"" arn "\"}"
#define UPDATE(more) "{\"stateMachineArn\":\"" MACHINE "\"" more "}"
#define PUBLISHED(date, n) \
    "{\"creationDate\":" date ",\"stateMachineVersionArn\":\"" MACHINE ":" n "\"}"
#define DELETE(n) "{\"stateMachineVersionArn\":\"" MACHINE ":" n "\"}"

static void test_create_published(void **state)
{
    struct harness *h = *state;
    ANSWERS(h, "CreateStateMachine", CREATE(",\"versionDescription\":\"first\""), CREATED);
    clock_advance(h->clock, 1000);
    ANSWERS(h, "DescribeStateMachine", OF(MACHINE ":1"),
            "{\"creationDate\":" DATE ",\"definition\":\"" PASS "\","
            "\"encryptionConfiguration\":{\"type\":\"AWS_OWNED_KEY\"},"
            "\"loggingConfiguration\":{\"level\":\"OFF\",\"includeExecutionData\":false},"
            "\"name\":\"m\",\"roleArn\":\"" ROLE "\",\"stateMachineArn\":\"" MACHINE ":1\","
            "\"tracingConfiguration\":{\"enabled\":false},\"description\":\"first\","
            "\"status\":\"ACTIVE\",\"type\":\"STANDARD\"}");
    assert_null(strstr(ask(h, "AWSStepFunctions.DescribeStateMachine", OF(MACHINE), 200),
                       "\"description\""));
    REFUSES(h, "DescribeStateMachine", OF(MACHINE ":2"), SERVICE "StateMachineDoesNotExist",
            "State Machine Version Does Not Exist: '" MACHINE ":2'");
    REFUSES(h, "DescribeStateMachine", OF(MACHINE ":01"), SERVICE "StateMachineDoesNotExist",
            "State Machine Version Does Not Exist: '" MACHINE ":01'");
    REFUSES(h, "DescribeStateMachine", OF(MACHINE ":99999999999999999999"),
            SERVICE "StateMachineDoesNotExist",
            "State Machine Version Does Not Exist: '" MACHINE ":99999999999999999999'");
    REFUSES(h, "DescribeStateMachine", OF(HEAD "stateMachine:n:1"),
            SERVICE "StateMachineDoesNotExist",
            "State Machine Does Not Exist: '" HEAD "stateMachine:n:1'");
}

/* Section 3, CreateStateMachine: publish and versionDescription are compared as well. */
static void test_create_again(void **state)
{
    struct harness *h = *state;
    ANSWERS(h, "CreateStateMachine", CREATE(",\"versionDescription\":\"first\""), CREATED);
    clock_advance(h->clock, 1000);
    ANSWERS(h, "CreateStateMachine", CREATE(",\"versionDescription\":\"first\""), CREATED);
    REFUSES(h, "CreateStateMachine", CREATE(""), SERVICE "StateMachineAlreadyExists",
            "State Machine Already Exists: This state machine was already created with a "
            "published version using a different description.");
    create_machine(h, "n", PASS);
    REFUSES(h, "CreateStateMachine",
            "{\"name\":\"m\",\"roleArn\":\"" ROLE "\",\"definition\":\"" PASS "\"}",
            SERVICE "StateMachineAlreadyExists",
            "State Machine Already Exists: This state machine was already created with a "
            "published version.");
    REFUSES(h, "CreateStateMachine",
            "{\"name\":\"n\",\"roleArn\":\"" ROLE "\",\"definition\":\"" PASS
            "\",\"publish\":true}",
            SERVICE "StateMachineAlreadyExists",
            "State Machine Already Exists: '" HEAD "stateMachine:n'");
    REFUSES(h, "CreateStateMachine",
            CREATE(",\"versionDescription\":\"first\",\"tracingConfiguration\":{\"enabled\":true}"),
            SERVICE "StateMachineAlreadyExists", "State Machine Already Exists: '" MACHINE "'");
}

/* Recorded: nothing changed, so the version there is, no revisionId, the old date. */
static void test_update_and_publish(void **state)
{
    struct harness *h = *state;
    ANSWERS(h, "CreateStateMachine", CREATE(""), CREATED);
    clock_advance(h->clock, 1000);
    ANSWERS(h, "UpdateStateMachine", UPDATE(",\"roleArn\":\"" ROLE "\",\"publish\":true"),
            "{\"stateMachineVersionArn\":\"" MACHINE ":1\",\"updateDate\":" DATE "}");
    assert_non_null(strstr(ask(h, "AWSStepFunctions.UpdateStateMachine",
                               UPDATE(",\"roleArn\":\"" ROLE "2\",\"publish\":true,"
                                      "\"versionDescription\":\"second\""),
                               200),
                           "\",\"stateMachineVersionArn\":\"" MACHINE
                           ":2\",\"updateDate\":1790000001.5}"));
    REFUSES(h, "UpdateStateMachine", UPDATE(",\"publish\":true"),
            SERVICE "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the "
            "TracingConfiguration must be specified");
    REFUSES(h, "UpdateStateMachine",
            "{\"stateMachineArn\":\"" MACHINE ":2\",\"publish\":true,\"roleArn\":\"" ROLE "\"}",
            SERVICE "StateMachineDoesNotExist", "State Machine Does Not Exist: '" MACHINE ":2'");

    const char *second = ask(h, "AWSStepFunctions.DescribeStateMachine", OF(MACHINE ":2"), 200);
    assert_memory_equal(second, "{\"creationDate\":1790000001.5,", 29);
    assert_non_null(strstr(second, "\"revisionId\":\""));
    assert_non_null(strstr(second, "\"roleArn\":\"" ROLE "2\""));
    assert_non_null(strstr(second, "\"description\":\"second\""));
    const char *first = ask(h, "AWSStepFunctions.DescribeStateMachine", OF(MACHINE ":1"), 200);
    assert_non_null(strstr(first, "\"roleArn\":\"" ROLE "\""));
    assert_null(strstr(first, "\"revisionId\""));
}

/* One version per revision; the description of a repeated request is ignored (section 2). */
static void test_publish(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", PASS);
    ANSWERS(h, "PublishStateMachineVersion", OF(MACHINE), PUBLISHED(DATE, "1"));
    clock_advance(h->clock, 1000);
    ANSWERS(h, "PublishStateMachineVersion",
            UPDATE(",\"description\":\"x\",\"revisionId\":\"INITIAL\""), PUBLISHED(DATE, "1"));
    assert_null(strstr(ask(h, "AWSStepFunctions.DescribeStateMachine", OF(MACHINE ":1"), 200),
                       "\"description\""));
    REFUSES(h, "PublishStateMachineVersion", UPDATE(",\"revisionId\":\"r\""),
            SERVICE "ConflictException",
            "Failed to publish the State Machine version for revision r. The current State "
            "Machine revision is INITIAL.");
    REFUSES(h, "PublishStateMachineVersion", OF("x"), SERVICE "InvalidArn",
            "Invalid Arn: 'Invalid ARN prefix: x'");
    REFUSES(h, "PublishStateMachineVersion", OF(HEAD "stateMachine:n"),
            SERVICE "StateMachineDoesNotExist",
            "State Machine Does Not Exist: '" HEAD "stateMachine:n'");
}

/* Recorded: test_list_delete_version, test_version_ids_between_deletions. */
static void test_list_and_delete(void **state)
{
    struct harness *h = *state;
    ANSWERS(h, "CreateStateMachine", CREATE(""), CREATED);
    clock_advance(h->clock, 1000);
    (void)ask(h, "AWSStepFunctions.UpdateStateMachine",
              UPDATE(",\"roleArn\":\"" ROLE "2\",\"publish\":true"), 200);
    ANSWERS(
        h, "ListStateMachineVersions", OF(MACHINE),
        "{\"stateMachineVersions\":[" PUBLISHED("1790000001.5", "2") "," PUBLISHED(DATE, "1") "]}");
    ANSWERS(h, "DeleteStateMachineVersion", DELETE("2"), "{}");
    ANSWERS(h, "DeleteStateMachineVersion", DELETE("2"), "{}");
    ANSWERS(h, "ListStateMachineVersions", OF(MACHINE),
            "{\"stateMachineVersions\":[" PUBLISHED(DATE, "1") "]}");
    ANSWERS(h, "PublishStateMachineVersion", OF(MACHINE), PUBLISHED("1790000001.5", "3"));
    REFUSES(h, "ListStateMachineVersions", OF(HEAD "stateMachine:n"),
            SERVICE "StateMachineDoesNotExist",
            "State Machine Does Not Exist: '" HEAD "stateMachine:n'");
    ANSWERS(h, "DeleteStateMachineVersion",
            "{\"stateMachineVersionArn\":\"" HEAD "stateMachine:n:1\"}", "{}");
    static const char *const no_versions[] = {
        "{\"stateMachineVersionArn\":\"" MACHINE "\"}",
        "{\"stateMachineVersionArn\":\"" MACHINE ":live\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(no_versions); i++)
        REFUSES(h, "DeleteStateMachineVersion", no_versions[i], SERVICE "InvalidArn",
                "Invalid Arn: 'Resource type not valid in this context: stateMachine'");
    REFUSES(h, "DeleteStateMachine", OF(MACHINE ":1"), SERVICE "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: stateMachine'");
}

static void test_pages(void **state)
{
    struct harness *h = *state;
    ANSWERS(h, "CreateStateMachine", CREATE(""), CREATED);
    (void)ask(h, "AWSStepFunctions.UpdateStateMachine",
              UPDATE(",\"roleArn\":\"" ROLE "2\",\"publish\":true"), 200);
    char body[512];
    const char *page =
        ask(h, "AWSStepFunctions.ListStateMachineVersions", UPDATE(",\"maxResults\":1"), 200);
    const char *token = strstr(page, "\"nextToken\"");
    assert_non_null(strstr(page, MACHINE ":2"));
    assert_null(strstr(page, MACHINE ":1"));
    assert_non_null(token);
    (void)snprintf(body, sizeof(body), "{\"stateMachineArn\":\"" MACHINE "\",%s", token);
    ANSWERS(h, "ListStateMachineVersions", body,
            "{\"stateMachineVersions\":[" PUBLISHED(DATE, "1") "]}");
    REFUSES(h, "ListStateMachineVersions", UPDATE(",\"nextToken\":\"x\""), SERVICE "InvalidToken",
            "Invalid Token: 'Invalid token'");
}

/* An execution keeps the version it was started with (recorded: test_start_version_execution,
 * test_describe_state_machine_for_execution_of_version). */
static void test_start(void **state)
{
    struct harness *h = *state;
    ANSWERS(h, "CreateStateMachine", CREATE(""), CREATED);
    (void)ask(h, "AWSStepFunctions.UpdateStateMachine", UPDATE(",\"roleArn\":\"" ROLE "2\""), 200);
    start_execution(h, "m", "x");
    start_execution(h, "m:1", "y");
#define EXECUTION(name) "{\"executionArn\":\"" HEAD "execution:m:" name "\"}"
    assert_non_null(strstr(ask(h, "AWSStepFunctions.DescribeExecution", EXECUTION("y"), 200),
                           "\"stateMachineArn\":\"" MACHINE
                           "\",\"stateMachineVersionArn\":\"" MACHINE ":1\""));
    assert_non_null(strstr(ask(h, "AWSStepFunctions.GetExecutionHistory", EXECUTION("y"), 200),
                           "\"roleArn\":\"" ROLE "\",\"stateMachineVersionArn\":\"" MACHINE
                           ":1\"}"));
    assert_null(
        strstr(ask(h, "AWSStepFunctions.GetExecutionHistory", EXECUTION("x"), 200), "VersionArn"));

    const char *list = ask(h, "AWSStepFunctions.ListExecutions", OF(MACHINE ":1"), 200);
    assert_non_null(strstr(list, "execution:m:y"));
    assert_null(strstr(list, "execution:m:x"));
    assert_null(
        strstr(ask(h, "AWSStepFunctions.ListExecutions",
                   "{\"stateMachineArn\":\"" MACHINE ":1\",\"statusFilter\":\"FAILED\"}", 200),
               "execution:m:y"));
    assert_non_null(
        strstr(ask(h, "AWSStepFunctions.ListExecutions", OF(MACHINE), 200), "execution:m:x"));

    ANSWERS(h, "DeleteStateMachineVersion", DELETE("1"), "{}");
    const char *machine =
        ask(h, "AWSStepFunctions.DescribeStateMachineForExecution", EXECUTION("y"), 200);
    assert_non_null(
        strstr(machine, "\"roleArn\":\"" ROLE "\",\"stateMachineArn\":\"" MACHINE "\""));
    assert_non_null(
        strstr(ask(h, "AWSStepFunctions.ListExecutions", OF(MACHINE ":1"), 200), "execution:m:y"));
    REFUSES(h, "ListExecutions", OF(MACHINE ":2"), SERVICE "StateMachineDoesNotExist",
            "State Machine Version Does Not Exist: '" MACHINE ":2'");
    REFUSES(h, "StartExecution", OF(MACHINE ":1"), SERVICE "StateMachineDoesNotExist",
            "State Machine Version Does Not Exist: '" MACHINE ":1'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_published),
        TEST(test_create_again),
        TEST(test_update_and_publish),
        TEST(test_publish),
        TEST(test_list_and_delete),
        TEST(test_pages),
        TEST(test_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
