/* State machines: reference/api.md sections 1 to 3 and the recorded answers of the suite `api`. */
#include "harness.h"

#define MACHINE      HEAD "stateMachine:m"
#define CREATE(more) "{\"name\":\"m\",\"roleArn\":\"" ROLE "\",\"definition\":\"" PASS "\"" more "}"
#define CREATED      "{\"creationDate\":" DATE ",\"stateMachineArn\":\"" MACHINE "\"}"
#define DESCRIBE     "{\"stateMachineArn\":\"" MACHINE "\"}"

static void test_create_and_describe(void **state)
{
    struct harness *h = *state;
    ANSWERS(h, "CreateStateMachine", CREATE(""), CREATED);
    ANSWERS(h, "DescribeStateMachine", DESCRIBE,
            "{\"creationDate\":" DATE ",\"definition\":\"" PASS "\","
            "\"encryptionConfiguration\":{\"type\":\"AWS_OWNED_KEY\"},"
            "\"loggingConfiguration\":{\"level\":\"OFF\",\"includeExecutionData\":false},"
            "\"name\":\"m\",\"roleArn\":\"" ROLE "\",\"stateMachineArn\":\"" MACHINE "\","
            "\"tracingConfiguration\":{\"enabled\":false},"
            "\"status\":\"ACTIVE\",\"type\":\"STANDARD\"}");
    assert_non_null(strstr(ask(h, "AWSStepFunctions.DescribeStateMachine",
                               "{\"stateMachineArn\":\"" MACHINE "\",\"includedData\":"
                               "\"METADATA_ONLY\"}",
                               200),
                           "\"definition\":\"{}\""));
}

/* Section 2. */
static void test_create_again(void **state)
{
    struct harness *h = *state;
    ANSWERS(h, "CreateStateMachine", CREATE(""), CREATED);
    clock_advance(h->clock, 5000);
    ANSWERS(h, "CreateStateMachine", CREATE(",\"tags\":[{\"key\":\"k\",\"value\":\"v\"}]"),
            CREATED);
    ANSWERS(h, "ListTagsForResource", "{\"resourceArn\":\"" MACHINE "\"}", "{\"tags\":[]}");
    REFUSES(h, "CreateStateMachine", CREATE(",\"tracingConfiguration\":{\"enabled\":true}"),
            SERVICE "StateMachineAlreadyExists", "State Machine Already Exists: '" MACHINE "'");
}

static void test_create_refused(void **state)
{
    struct harness *h = *state;
    REFUSES(h, "CreateStateMachine",
            "{\"name\":\"a b\",\"roleArn\":\"" ROLE "\",\"definition\":\"" PASS "\"}",
            SERVICE "InvalidName", "Invalid Name: 'a b'");
    REFUSES(h, "CreateStateMachine",
            "{\"name\":\"m\",\"roleArn\":\"r\",\"definition\":\"" PASS "\"}", SERVICE "InvalidArn",
            "Invalid Role Arn: 'r'");
    REFUSES(h, "CreateStateMachine",
            "{\"name\":\"m\",\"roleArn\":\"" ROLE "\",\"definition\":"
            "\"{\\\"Comment\\\": \\\"x\\\", \\\"StartAt\\\": \\\"State_1\\\"}\"}",
            SERVICE "InvalidDefinition",
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are "
            "required: [States] at /'");
    REFUSES(h, "CreateStateMachine", CREATE(",\"versionDescription\":\"x\""),
            SERVICE "ValidationException",
            "Version description can only be set when publish is true");
    ANSWERS(h, "ListStateMachines", "{}", "{\"stateMachines\":[]}");
    ANSWERS(h, "CreateStateMachine", CREATE(",\"publish\":false,\"type\":\"STANDARD\""), CREATED);
}

/* The recorded answers of the suite `api_logs`. */
static void test_logging(void **state)
{
    struct harness *h = *state;
#define GROUP(arn) "{\"cloudWatchLogsLogGroup\":{\"logGroupArn\":\"" arn "\"}}"
#define LOGS       GROUP("arn:aws:logs:us-east-1:123456789012:log-group:g:*")
#define LOGGING(s) CREATE(",\"loggingConfiguration\":{" s "}")
    static const char *const not_one[] = {
        LOGGING("\"level\":\"FATAL\""),
        LOGGING("\"level\":\"ALL\",\"destinations\":[]"),
        LOGGING("\"level\":\"OFF\",\"destinations\":[" LOGS "," LOGS "]"),
    };
    for (size_t i = 0; i < ARRAY_LEN(not_one); i++)
        REFUSES(h, "CreateStateMachine", not_one[i], SERVICE "InvalidLoggingConfiguration",
                "Invalid Logging Configuration: Must specify exactly one Log Destination.");
    REFUSES(h, "CreateStateMachine",
            LOGGING("\"level\":\"ALL\",\"destinations\":[" GROUP("arn:aws:logs:x") "]"),
            SERVICE "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Log Destination not found.");
    ANSWERS(h, "CreateStateMachine", LOGGING("\"level\":\"ALL\",\"destinations\":[" LOGS "]"),
            CREATED);
    assert_non_null(strstr(ask(h, "AWSStepFunctions.DescribeStateMachine", DESCRIBE, 200),
                           "\"loggingConfiguration\":{\"level\":\"ALL\",\"includeExecutionData\":"
                           "false,\"destinations\":[" LOGS "]}"));
}

static void test_encryption(void **state)
{
    struct harness *h = *state;
#define ENCRYPTED(s) CREATE(",\"encryptionConfiguration\":{" s "}")
    assert_non_null(strstr(ask(h, "AWSStepFunctions.CreateStateMachine",
                               ENCRYPTED("\"type\":\"CUSTOMER_MANAGED_KMS_KEY\""), 400),
                           "#InvalidEncryptionConfiguration"));
    assert_non_null(strstr(ask(h, "AWSStepFunctions.CreateStateMachine",
                               ENCRYPTED("\"type\":\"AWS_OWNED_KEY\",\"kmsKeyId\":\"k\""), 400),
                           "#InvalidEncryptionConfiguration"));
    ANSWERS(h, "CreateStateMachine",
            ENCRYPTED("\"type\":\"CUSTOMER_MANAGED_KMS_KEY\",\"kmsKeyId\":\"k\""), CREATED);
    assert_non_null(strstr(ask(h, "AWSStepFunctions.DescribeStateMachine", DESCRIBE, 200),
                           "\"encryptionConfiguration\":{\"kmsKeyId\":\"k\","
                           "\"kmsDataKeyReusePeriodSeconds\":300,"
                           "\"type\":\"CUSTOMER_MANAGED_KMS_KEY\"}"));
}

static void test_tags(void **state)
{
    struct harness *h = *state;
    ANSWERS(h, "CreateStateMachine",
            CREATE(",\"tags\":[{\"key\":\"k\",\"value\":\"1\"},{\"key\":\"e\",\"value\":\"\"},"
                   "{\"key\":\"k\",\"value\":\"2\"}]"),
            CREATED);
    const char *tags =
        ask(h, "AWSStepFunctions.ListTagsForResource", "{\"resourceArn\":\"" MACHINE "\"}", 200);
    assert_non_null(strstr(tags, "{\"key\":\"k\",\"value\":\"2\"}"));
    assert_non_null(strstr(tags, "{\"key\":\"e\",\"value\":\"\"}"));
    assert_null(strstr(tags, "\"1\""));
    REFUSES(h, "ListTagsForResource", "{\"resourceArn\":\"" HEAD "stateMachine:none\"}",
            SERVICE "ResourceNotFound", "Resource not found: '" HEAD "stateMachine:none'");
    assert_string_equal(
        ask(h, "AWSStepFunctions.CreateStateMachine",
            CREATE(",\"tags\":[{\"key\":\"aws:k\",\"value\":\"\"}]"), 400),
        "{\"__type\":\"com.amazon.coral.service#AccessDeniedException\",\"Message\":"
        "\"Caller is an end user and not allowed to mutate system tags\"}");
}

static void test_too_many_tags(void **state)
{
    struct harness *h = *state;
    CLEANUP(strbuf_done) struct strbuf body;
    for (int count = 50; count <= 51; count++) {
        strbuf_init(&body, 100000);
        strbuf_adds(&body, "{\"name\":\"m\",\"roleArn\":\"" ROLE "\",\"definition\":\"" PASS
                           "\",\"tags\":[");
        for (int i = 0; i < count; i++)
            strbuf_addf(&body, "%s{\"key\":\"%d\",\"value\":\"\"}", i ? "," : "", i);
        strbuf_adds(&body, "]}");
        (void)ask(h, "AWSStepFunctions.CreateStateMachine", body.data, count == 50 ? 200 : 400);
        if (count == 51)
            assert_non_null(strstr(h->call.reply.data, "#TooManyTags"));
        strbuf_done(&body);
    }
}

static void test_update(void **state)
{
    struct harness *h = *state;
    ANSWERS(h, "CreateStateMachine", CREATE(""), CREATED);
    clock_advance(h->clock, 1000);
#define UPDATE(more) "{\"stateMachineArn\":\"" MACHINE "\"" more "}"
    REFUSES(h, "UpdateStateMachine", UPDATE(",\"versionDescription\":\"x\""),
            SERVICE "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the "
            "TracingConfiguration must be specified");
    ANSWERS(h, "UpdateStateMachine", UPDATE(",\"roleArn\":\"" ROLE "\""),
            "{\"updateDate\":" DATE "}");
    const char *answer =
        ask(h, "AWSStepFunctions.UpdateStateMachine", UPDATE(",\"roleArn\":\"" ROLE "2\""), 200);
    assert_memory_equal(answer, "{\"revisionId\":\"", 15);
    assert_non_null(strstr(answer, "\",\"updateDate\":1790000001.5}"));
    REFUSES(h, "UpdateStateMachine",
            "{\"stateMachineArn\":\"" MACHINE ":1\",\"roleArn\":\"" ROLE "\"}",
            SERVICE "StateMachineDoesNotExist", "State Machine Does Not Exist: '" MACHINE ":1'");
}

static void test_arns(void **state)
{
    struct harness *h = *state;
    REFUSES(h, "DescribeStateMachine", "{\"stateMachineArn\":\"x\"}", SERVICE "InvalidArn",
            "Invalid Arn: 'Invalid ARN prefix: x'");
    REFUSES(h, "DescribeStateMachine", "{\"stateMachineArn\":\"" HEAD "activity:a\"}",
            SERVICE "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: activity'");
    REFUSES(h, "DescribeStateMachine", DESCRIBE, SERVICE "StateMachineDoesNotExist",
            "State Machine Does Not Exist: '" MACHINE "'");
    REFUSES(h, "DescribeStateMachine", "{\"stateMachineArn\":\"" MACHINE "#Case\"}",
            SERVICE "ValidationException",
            "stateMachineArn: a test case can be named only when an execution is started");
    assert_string_equal(ask(h, "AWSStepFunctions.DescribeStateMachine",
                            "{\"stateMachineArn\":\"" MACHINE "/label\"}", 400),
                        "{\"__type\":\"" SERVICE "ValidationException\",\"message\":"
                        "\"Labeled State Machine ARNs are not supported for this API\","
                        "\"reason\":\"API_DOES_NOT_SUPPORT_LABELED_ARNS\"}");
    ANSWERS(h, "DeleteStateMachine", DESCRIBE, "{}");
}

/* By name, pages of one; a token serves its own list for 24 hours. */
static void test_list(void **state)
{
    struct harness *h = *state;
    create_machine(h, "b", PASS);
    create_machine(h, "a", PASS);
    ANSWERS(h, "ListStateMachines", "{\"maxResults\":0}",
            "{\"stateMachines\":["
            "{\"creationDate\":" DATE ",\"name\":\"a\",\"stateMachineArn\":\"" HEAD
            "stateMachine:a\",\"type\":\"STANDARD\"},"
            "{\"creationDate\":" DATE ",\"name\":\"b\",\"stateMachineArn\":\"" HEAD
            "stateMachine:b\",\"type\":\"STANDARD\"}]}");

    const char *page = ask(h, "AWSStepFunctions.ListStateMachines", "{\"maxResults\":1}", 200);
    const char *token = strstr(page, "],\"nextToken\":\"");
    assert_non_null(strstr(page, "\"name\":\"a\""));
    assert_null(strstr(page, "\"name\":\"b\""));
    assert_non_null(token);
    char next[512];
    (void)snprintf(next, sizeof(next), "{\"maxResults\":1,%s", token + 2);

    page = ask(h, "AWSStepFunctions.ListStateMachines", next, 200);
    assert_non_null(strstr(page, "\"name\":\"b\""));
    assert_null(strstr(page, "\"name\":\"a\""));
    assert_null(strstr(page, "nextToken"));
    REFUSES(h, "ListActivities", next, SERVICE "InvalidToken", "Invalid Token: 'Invalid token'");
    clock_advance(h->clock, 24 * 60 * 60 * 1000);
    (void)ask(h, "AWSStepFunctions.ListStateMachines", next, 200);
    clock_advance(h->clock, 1);
    REFUSES(h, "ListStateMachines", next, SERVICE "InvalidToken", "Invalid Token: 'Invalid token'");
}

/* Accounts and regions keep apart: design section 8. */
static void test_accounts(void **state)
{
    struct harness *h = *state;
    harness_prepare(h, &h->call, "AWSStepFunctions.CreateStateMachine", CREATE(""));
    h->call.authorization = "AWS4-HMAC-SHA256 Credential=000000000007/20260101/eu-west-1/states/"
                            "aws4_request, SignedHeaders=host, Signature=x";
    assert_false(api_handle(h->api, &h->call));
    harness_run(h);
    assert_string_equal(h->call.reply.data,
                        "{\"creationDate\":" DATE ",\"stateMachineArn\":"
                        "\"arn:aws:states:eu-west-1:000000000007:stateMachine:m\"}");
    ANSWERS(h, "ListStateMachines", "{}", "{\"stateMachines\":[]}");
}

static void test_limit(void **state)
{
    struct harness *h = *state;
    create_machine(h, "1", PASS);
    create_machine(h, "2", PASS);
    create_machine(h, "3", PASS);
    assert_non_null(strstr(ask(h, "AWSStepFunctions.CreateStateMachine", CREATE(""), 400),
                           "#StateMachineLimitExceeded"));
}

static void test_validate(void **state)
{
    struct harness *h = *state;
    ANSWERS(h, "ValidateStateMachineDefinition", "{\"definition\":\"" PASS "\"}",
            "{\"diagnostics\":[],\"result\":\"OK\",\"truncated\":false}");
    const char *answer =
        ask(h, "AWSStepFunctions.ValidateStateMachineDefinition",
            "{\"definition\":\"{\\\"StartAt\\\":\\\"X\\\",\\\"States\\\":{\\\"A\\\":"
            "{\\\"Type\\\":\\\"Pass\\\",\\\"End\\\":true}}}\",\"maxResults\":1}",
            200);
    assert_non_null(strstr(answer, "\"result\":\"FAIL\",\"truncated\":true}"));
    assert_non_null(strstr(answer, "\"severity\":\"ERROR\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_and_describe),
        TEST(test_create_again),
        TEST(test_create_refused),
        TEST(test_logging),
        TEST(test_encryption),
        TEST(test_tags),
        TEST(test_too_many_tags),
        TEST(test_update),
        TEST(test_arns),
        TEST(test_list),
        TEST(test_accounts),
        TEST(test_limit),
        TEST(test_validate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
