/* What is sent to services for a task, and what their answers mean for it: reference/integrations.md 2
 * to 5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tasks/service.h"
#include "json/json.h"

/* Not linked: the driver's side. */
void engine_task_finished(struct engine *e, uint64_t id, const struct task_result *result)
{
    (void)e;
    (void)id;
    (void)result;
    fail();
}

static struct task_request task_of(const char *type, const char *action, const char *input)
{
    return (struct task_request){
        .arn = "arn:aws:states:::x",
        .type = type,
        .action = action,
        .input = {input, strlen(input)},
        .account = "111111111111",
        .region = "eu-west-1",
        .execution_arn = "arn:aws:states:eu-west-1:111111111111:execution:m:e",
    };
}

static struct aws_integration integration(const struct task_request *t)
{
    struct aws_integration i;

    assert_true(service_find(t->arn, t->type, t->action, &i, NULL));
    return i;
}

/* ---- requests ---- */

static void check_request(const struct task_request *t, const char *expected)
{
    struct aws_integration i = integration(t);
    struct call_request request;
    struct task_result failure;
    struct arena a;
    CLEANUP(strbuf_done) struct strbuf sb;

    arena_init(&a);
    strbuf_init(&sb, 65536);
    if (service_request(&a, &i, "http://h:1", t, &request, &failure)) {
        strbuf_addf(&sb, "%s %s\n", request.method, request.url);
        for (const char *const *h = request.headers; *h; h++)
            strbuf_addf(&sb, "%s\n", *h);
        strbuf_add(&sb, request.body.data, request.body.len);
    } else {
        strbuf_addf(&sb, "%s\n", failure.error);
        strbuf_add(&sb, failure.cause.data, failure.cause.len);
    }
    assert_string_equal(sb.data, expected);
    arena_done(&a);
}

#define AUTHORIZATION(account, service)                                                  \
    "Authorization: AWS4-HMAC-SHA256 Credential=" account "/20150331/eu-west-1/" service \
    "/aws4_request, SignedHeaders=host, Signature=0\n"

static void test_requests(void **state)
{
    struct task_request t;

    (void)state;
    t = task_of("sqs", "sendMessage", "{\"QueueUrl\":\"http://else/q\",\"MessageBody\":\"m\"}");
    check_request(&t, "POST http://h:1/\n" AUTHORIZATION(
                          "111111111111",
                          "sqs") "X-Amz-Target: AmazonSQS.SendMessage\nX-Amzn-Query-Mode: true\n"
                                 "Content-Type: application/x-amz-json-1.0\n"
                                 "{\"QueueUrl\":\"http://else/q\",\"MessageBody\":\"m\"}");
    /* The account of the role that the state has taken. */
    t.role_arn = "arn:aws:iam::222222222222:role/r";
    t.input = TEXT("{\"QueueUrl\":\"http://else/q\",\"MessageBody\":1}");
    check_request(&t, "POST http://h:1/\n" AUTHORIZATION(
                          "222222222222",
                          "sqs") "X-Amz-Target: AmazonSQS.SendMessage\nX-Amzn-Query-Mode: true\n"
                                 "Content-Type: application/x-amz-json-1.0\n"
                                 "{\"QueueUrl\":\"http://else/q\",\"MessageBody\":\"1\"}");
    /* services.events-task-service.test-put-events-base: the machine and the execution. */
    t = task_of("events", "putEvents", "{\"Entries\":[{\"Resources\":[\"r\"]},{}]}");
    check_request(
        &t,
        "POST http://h:1/\n" AUTHORIZATION(
            "111111111111",
            "events") "X-Amz-Target: AWSEvents.PutEvents\nContent-Type: "
                      "application/x-amz-json-1.1\n"
                      "{\"Entries\":[{\"Resources\":[\"r\","
                      "\"arn:aws:states:eu-west-1:111111111111:stateMachine:m\","
                      "\"arn:aws:states:eu-west-1:111111111111:execution:m:e\"]},{\"Resources\":["
                      "\"arn:aws:states:eu-west-1:111111111111:stateMachine:m\","
                      "\"arn:aws:states:eu-west-1:111111111111:execution:m:e\"]}]}");
    t = task_of("ecs", "runTask", "{\"TaskDefinition\":\"d\"}");
    t.token = "token";

    struct aws_integration i = integration(&t);

    assert_string_equal(i.operation.name, "RunTask");
    t = task_of("aws-sdk:lambda", "invoke", "{\"FunctionName\":\"f\",\"Payload\":null}");
    check_request(&t, "POST http://h:1/2015-03-31/functions/f/invocations\n" AUTHORIZATION(
                          "111111111111", "lambda") "{}");
}

static void test_refused(void **state)
{
    struct task_request t;

    (void)state;
    t = task_of("sqs", "sendMessage", "{\"QueueUrl\":\"no-such-queue\",\"MessageBody\":\"m\"}");
    check_request(&t, "SQS.SdkClientException\n"
                      "Unable to execute HTTP request: no-such-queue: Name or service not known");
    t = task_of("sqs", "sendMessage", "{\"QueueUrl\":\"http://q\",\"MessageBody\":null}");
    check_request(&t, "SQS.AmazonSQSException\n"
                      "The request must contain the parameter MessageBody. (Service: AmazonSQS; "
                      "Status Code: 400; Error Code: MissingParameter; Request ID: null; Proxy: "
                      "null)");
    t = task_of("aws-sdk:sns", "publish", "{\"Colour\":1}");
    check_request(&t,
                  "States.Runtime\nThe Parameters '{\"Colour\":1}' could not be used to start the "
                  "Task: [The field 'Colour' is not supported by Step Functions]");
    t = task_of("aws-sdk:lambda", "invoke", "{\"FunctionName\":\"f\",\"Payload\":\"x\"}");
    check_request(&t,
                  "Lambda.InvalidRequestContentException\n"
                  "Could not parse request body into json: Could not parse payload into json: "
                  "Unrecognized token 'x': was expecting (JSON String, Number, Array, Object or "
                  "token 'null', 'true' or 'false')\n at [Source: (String)\"x\"; line: 1, "
                  "column: 2] (Service: Lambda, Status Code: 400, Request ID: null) (SDK Attempt "
                  "Count: 1)");
}

static void test_find(void **state)
{
    const struct aws_service *service = NULL;
    struct aws_integration i;

    (void)state;
    assert_false(service_find("arn:x", "lambda", "invoke", &i, NULL));
    assert_false(service_find("arn:x", "states", "startExecution", &i, NULL));
    assert_false(service_find("arn:x", NULL, NULL, &i, NULL));
    assert_true(service_find("arn:x:runTask.waitForTaskToken", "ecs", "runTask", &i, NULL));
    assert_false(service_find("arn:x:runTask.sync", "ecs", "runTask", &i, &service));
    assert_non_null(service);
    assert_false(service_find("arn:x:startJobRun.sync:2", "glue", "startJobRun", &i, NULL));
    assert_true(service_find("arn:x", "aws-sdk:sfn", "sendTaskSuccess", &i, NULL));
}

/* ---- results ---- */

static void check_result(const struct task_request *t, const struct call_response *r,
                         int64_t max_bytes, const char *expected)
{
    struct aws_integration i = integration(t);
    struct task_result result;
    struct arena a;
    CLEANUP(strbuf_done) struct strbuf sb;

    arena_init(&a);
    strbuf_init(&sb, 65536);
    service_result(&a, &i, t, r, max_bytes, &result);
    if (result.outcome == TASK_FAILED) {
        strbuf_addf(&sb, "%s\n", result.error);
        strbuf_add(&sb, result.cause.data, result.cause.len);
    } else {
        strbuf_add(&sb, result.output.data, result.output.len);
    }
    assert_string_equal(sb.data, expected);
    arena_done(&a);
}

static void check_answer(const char *type, const char *action, int status, const char *body,
                         const char *expected)
{
    static const struct call_header headers[] = {{TEXT("x-amzn-RequestId"), TEXT("id")}};
    struct task_request t = task_of(type, action, "{}");
    struct call_response r = {.end = CALL_ANSWERED,
                              .status = status,
                              .headers = headers,
                              .headers_len = 1,
                              .body = {body, strlen(body)}};

    check_result(&t, &r, 262144, expected);
}

static void test_succeeded(void **state)
{
    (void)state;
    check_answer(
        "sns", "publish", 200,
        "<R><PublishResult><MessageId>m</MessageId><SequenceNumber>1</SequenceNumber>"
        "</PublishResult></R>",
        "{\"MessageId\":\"m\",\"SdkHttpMetadata\":{\"AllHttpHeaders\":{\"x-amzn-RequestId\":"
        "[\"id\"]},\"HttpHeaders\":{\"x-amzn-RequestId\":\"id\"},\"HttpStatusCode\":200},"
        "\"SdkResponseMetadata\":{\"RequestId\":\"id\"},\"SequenceNumber\":\"1\"}");
    check_answer("dynamodb", "putItem", 200, "{}",
                 "{\"SdkHttpMetadata\":{\"AllHttpHeaders\":{\"x-amzn-RequestId\":[\"id\"]},"
                 "\"HttpHeaders\":{\"x-amzn-RequestId\":\"id\"},\"HttpStatusCode\":200},"
                 "\"SdkResponseMetadata\":{\"RequestId\":\"id\"}}");
    check_answer("aws-sdk:dynamodb", "putItem", 200, "{}", "{}");
    check_answer("events", "putEvents", 200, "{\"FailedEntryCount\":0,\"Entries\":[]}",
                 "{\"Entries\":[],\"FailedEntryCount\":0}");
    check_answer("bedrock", "invokeModel", 200, "{\"a\":[1]}", "{\"Body\":{\"a\":[1]}}");
}

static void test_failed(void **state)
{
    (void)state;
    check_answer(
        "dynamodb", "putItem", 400,
        "{\"__type\":\"x#ResourceNotFoundException\",\"message\":\"m\"}",
        "DynamoDB.ResourceNotFoundException\nm (Service: AmazonDynamoDBv2; Status Code: 400; "
        "Error Code: ResourceNotFoundException; Request ID: id; Proxy: null)");
    check_answer("dynamodb", "putItem", 400, "{\"__type\":\"x#ValidationException\"}",
                 "DynamoDB.AmazonDynamoDBException\nnull (Service: AmazonDynamoDBv2; Status Code: "
                 "400; Error Code: ValidationException; Request ID: id; Proxy: null)");
    check_answer("sns", "publish", 404,
                 "<E><Error><Code>NotFound</Code><Message>m</Message></Error></E>",
                 "SNS.NotFoundException\nm (Service: AmazonSNS; Status Code: 404; Error Code: "
                 "NotFound; Request ID: id; Proxy: null)");
    check_answer("aws-sdk:secretsmanager", "createSecret", 400,
                 "{\"__type\":\"ValidationException\",\"Message\":\"m\"}",
                 "SecretsManager.SecretsManagerException\nm (Service: SecretsManager, Status Code: "
                 "400, Request ID: id) (SDK Attempt Count: 1)");
    check_answer(
        "aws-sdk:s3", "getObject", 404,
        "<Error><Code>NoSuchKey</Code><Message>m</Message><HostId>h</HostId></Error>",
        "S3.NoSuchKeyException\nm (Service: S3, Status Code: 404, Request ID: id, Extended "
        "Request ID: h) (SDK Attempt Count: 1)");
    check_answer("events", "putEvents", 200,
                 "{\"FailedEntryCount\":1,\"Entries\":[{\"ErrorCode\":\"MalformedDetail\","
                 "\"ErrorMessage\":\"Detail is malformed.\"}]}",
                 "EventBridge.FailedEntry\n{\"Entries\":[{\"ErrorCode\":\"MalformedDetail\","
                 "\"ErrorMessage\":\"Detail is malformed.\"}],\"FailedEntryCount\":1}");
    check_answer("ecs", "runTask", 200, "{\"failures\":[{\"reason\":\"r\"}],\"tasks\":[]}",
                 "AmazonECS.Unknown\n{\"Failures\":[{\"Reason\":\"r\"}],\"Tasks\":[]}");
    check_answer("sqs", "sendMessage", 200, "<html>",
                 "SQS.SdkClientException\nUnable to read the response of Sqs");
    check_answer("sqs", "sendMessage", 302, "",
                 "SQS.AmazonSQSException\nnull (Service: AmazonSQS; "
                 "Status Code: 302; Error Code: null; Request ID: id; "
                 "Proxy: null)");
}

static void test_not_answered(void **state)
{
    struct task_request t = task_of("aws-sdk:sqs", "sendMessage", "{}");
    struct call_response r = {.end = CALL_UNREACHABLE, .reason = "h: Connection refused"};

    (void)state;
    check_result(&t, &r, 1000,
                 "Sqs.SdkClientException\nUnable to execute HTTP request: h: Connection refused");
    r.end = CALL_TIMED_OUT;
    check_result(&t, &r, 1000,
                 "Sqs.SdkClientException\nUnable to execute HTTP request: Read timed out");
    r.end = CALL_TOO_LARGE;
    check_result(&t, &r, 1000,
                 "States.DataLimitExceeded\nThe state/task 'aws-sdk:sqs' returned a result with a "
                 "size exceeding the maximum number of bytes service limit.");
}

/* At the limit of a result, one past it; and an object's bytes, whatever they are. */
static void test_sizes(void **state)
{
    struct task_request t = task_of("aws-sdk:sqs", "sendMessage", "{}");
    struct call_response r = {.end = CALL_ANSWERED,
                              .status = 200,
                              .body = TEXT("{\"MessageId\":\"12345\",\"Unknown\":\"1234567890\"}")};

    (void)state;
    check_result(&t, &r, 21, "{\"MessageId\":\"12345\"}");
    check_result(&t, &r, 20,
                 "States.DataLimitExceeded\nThe state/task 'aws-sdk:sqs' returned a result with a "
                 "size exceeding the maximum number of bytes service limit.");
    t = task_of("s3", "getObject", "{}");
    t.raw = true;
    r.body = TEXT("\xff\xfe not JSON");
    check_result(&t, &r, 20, "\xff\xfe not JSON");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),    cmocka_unit_test(test_requests),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_succeeded),
        cmocka_unit_test(test_failed),  cmocka_unit_test(test_not_answered),
        cmocka_unit_test(test_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
