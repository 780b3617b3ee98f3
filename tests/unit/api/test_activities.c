/* Activities and their tasks: reference/api.md section 3, "Activities" and "SendTaskSuccess". */
#include "harness.h"

#define ACTIVITY HEAD "activity:act"
#define ABOUT    "{\"activityArn\":\"" ACTIVITY "\"}"
#define CREATED  "{\"activityArn\":\"" ACTIVITY "\",\"creationDate\":" DATE "}"

static void test_create_describe_delete(void **state)
{
    struct harness *h = *state;
    ANSWERS(h, "CreateActivity", "{\"name\":\"act\"}", CREATED);
    clock_advance(h->clock, 1000);
    ANSWERS(h, "CreateActivity", "{\"name\":\"act\"}", CREATED);
    ANSWERS(h, "DescribeActivity", ABOUT,
            "{\"activityArn\":\"" ACTIVITY "\",\"creationDate\":" DATE
            ",\"encryptionConfiguration\":{\"type\":\"AWS_OWNED_KEY\"},\"name\":\"act\"}");
    REFUSES(h, "CreateActivity",
            "{\"name\":\"act\",\"encryptionConfiguration\":{\"type\":\"CUSTOMER_MANAGED_KMS_KEY\","
            "\"kmsKeyId\":\"k\"}}",
            SERVICE "ActivityAlreadyExists", "Activity Already Exists: '" ACTIVITY "'");
    ANSWERS(h, "DeleteActivity", ABOUT, "{}");
    ANSWERS(h, "DeleteActivity", ABOUT, "{}");
    REFUSES(h, "DescribeActivity", ABOUT, SERVICE "ActivityDoesNotExist",
            "Activity Does Not Exist: '" ACTIVITY "'");
    REFUSES(h, "GetActivityTask", ABOUT, SERVICE "ActivityDoesNotExist",
            "Activity Does Not Exist: '" ACTIVITY "'");
    REFUSES(h, "GetActivityTask", "{\"activityArn\":\"x\"}", SERVICE "InvalidArn",
            "Invalid Arn: 'Invalid ARN prefix: x'");
    REFUSES(h, "CreateActivity", "{\"name\":\"activity?name\"}", SERVICE "InvalidName",
            "Invalid Name: 'activity?name'");
}

static void test_list_and_limit(void **state)
{
    struct harness *h = *state;
    (void)ask(h, "AWSStepFunctions.CreateActivity", "{\"name\":\"c\"}", 200);
    (void)ask(h, "AWSStepFunctions.CreateActivity", "{\"name\":\"a\"}", 200);
    (void)ask(h, "AWSStepFunctions.CreateActivity", "{\"name\":\"b\"}", 200);
    assert_non_null(strstr(ask(h, "AWSStepFunctions.CreateActivity", "{\"name\":\"d\"}", 400),
                           "#ActivityLimitExceeded"));
#define ROW(name)                                                                               \
    "{\"activityArn\":\"" HEAD "activity:" name "\",\"creationDate\":" DATE ",\"name\":\"" name \
    "\"}"
    ANSWERS(h, "ListActivities", "{}", "{\"activities\":[" ROW("a") "," ROW("b") "," ROW("c") "]}");
}

/* A worker's answer with the token of its task. */
static void body_with_token(char *body, size_t size, const char *token, const char *more)
{
    (void)snprintf(body, size, "{\"taskToken\":\"%s\"%s}", token, more);
}

/* Starts an execution and takes its task; the token goes to `token`. */
static void take_task(struct harness *h, const char *execution, char token[256])
{
    start_execution(h, "m", execution);
    const char *answer = ask(h, "AWSStepFunctions.GetActivityTask", ABOUT, 200);
    static const char start[] = "{\"input\":\"{}\",\"taskToken\":\"";
    assert_memory_equal(answer, start, sizeof(start) - 1);
    (void)snprintf(token, 256, "%s", answer + sizeof(start) - 1);
    *strchr(token, '"') = '\0';
}

/* Constraints, then the token, then the output, then whether the task is still open. */
static void test_order_of_checks(void **state)
{
    struct harness *h = *state;
    char token[256];
    char body[512];
    (void)ask(h, "AWSStepFunctions.CreateActivity", "{\"name\":\"act\"}", 200);
    create_machine(h, "m", WORK);
    take_task(h, "x", token);

    REFUSES(h, "SendTaskSuccess", "{\"taskToken\":\"bad\"}", CONSTRAINT,
            "1 validation error detected: Value null at 'output' failed to satisfy constraint: "
            "Member must not be null");
    REFUSES(h, "SendTaskSuccess", "{\"taskToken\":\"bad\",\"output\":\"no json\"}",
            SERVICE "InvalidToken", "Invalid Token: 'Invalid token'");
    body_with_token(body, sizeof(body), token, ",\"output\":\"no json\"");
    REFUSES(h, "SendTaskSuccess", body, SERVICE "InvalidOutput",
            "Invalid Output: 'no json' is not valid JSON.");
    body_with_token(body, sizeof(body), token, "");
    ANSWERS(h, "SendTaskHeartbeat", body, "{}");
    body_with_token(body, sizeof(body), token, ",\"output\":\"[1]\"");
    ANSWERS(h, "SendTaskSuccess", body, "{}");

    body_with_token(body, sizeof(body), token, ",\"output\":\"no json\"");
    REFUSES(h, "SendTaskSuccess", body, SERVICE "InvalidOutput",
            "Invalid Output: 'no json' is not valid JSON.");
    body_with_token(body, sizeof(body), token, ",\"output\":\"[1]\"");
    REFUSES(h, "SendTaskSuccess", body, SERVICE "TaskTimedOut", "Task Timed Out: '" ACTIVITY "'");
    body_with_token(body, sizeof(body), token, "");
    REFUSES(h, "SendTaskFailure", body, SERVICE "TaskTimedOut", "Task Timed Out: '" ACTIVITY "'");
    REFUSES(h, "SendTaskHeartbeat", body, SERVICE "TaskTimedOut", "Task Timed Out: '" ACTIVITY "'");
    assert_non_null(strstr(ask(h, "AWSStepFunctions.DescribeExecution",
                               "{\"executionArn\":\"" HEAD "execution:m:x\"}", 200),
                           "\"output\":\"[1]\""));
}

static void test_failure(void **state)
{
    struct harness *h = *state;
    char token[256];
    char body[512];
    (void)ask(h, "AWSStepFunctions.CreateActivity", "{\"name\":\"act\"}", 200);
    create_machine(h, "m", WORK);
    take_task(h, "x", token);
    body_with_token(body, sizeof(body), token, ",\"error\":\"E\",\"cause\":\"C\"");
    ANSWERS(h, "SendTaskFailure", body, "{}");
    assert_non_null(strstr(ask(h, "AWSStepFunctions.DescribeExecution",
                               "{\"executionArn\":\"" HEAD "execution:m:x\"}", 200),
                           "\"cause\":\"C\",\"error\":\"E\""));
}

/* A worker that went away gets no task. */
static void test_poll_of_a_client_that_left(void **state)
{
    struct harness *h = *state;
    (void)ask(h, "AWSStepFunctions.CreateActivity", "{\"name\":\"act\"}", 200);
    create_machine(h, "m", WORK);
    harness_prepare(h, &h->poll, "AWSStepFunctions.GetActivityTask", ABOUT);
    assert_false(api_handle(h->api, &h->poll));
    harness_run(h);
    assert_int_equal(h->poll.reply.len, 0);

    h->client_gone = true;
    start_execution(h, "m", "x");
    assert_string_equal(h->poll.reply.data, "{}");
    h->client_gone = false;
    assert_non_null(strstr(ask(h, "AWSStepFunctions.GetActivityTask", ABOUT, 200), "taskToken"));
}

/* A poll that still waits when the server goes down is answered. */
static void test_poll_at_the_end(void **state)
{
    struct harness *h = *state;
    (void)ask(h, "AWSStepFunctions.CreateActivity", "{\"name\":\"act\"}", 200);
    harness_prepare(h, &h->poll, "AWSStepFunctions.GetActivityTask", ABOUT);
    assert_false(api_handle(h->api, &h->poll));
    harness_run(h);
    engine_free(h->engine);
    h->engine = NULL;
    assert_int_equal(h->poll.status, 503);
    assert_non_null(strstr(h->poll.reply.data, "ServiceUnavailableException"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_describe_delete), TEST(test_list_and_limit),
        TEST(test_order_of_checks),        TEST(test_failure),
        TEST(test_poll_at_the_end),        TEST(test_poll_of_a_client_that_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
