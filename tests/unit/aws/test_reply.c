/* Answers of services as results of tasks, and what errors say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/reply.h"
#include "base/strbuf.h"

static const struct aws_header no_headers[1];

/* expected NULL: the answer cannot be read. */
static void check_with(const char *type, const char *action, const struct aws_header *headers,
                       size_t headers_len, const char *body, const char *expected)
{
    struct aws_reply r = {200, headers, headers_len, {body, strlen(body)}};
    struct aws_integration i;
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, 65536);
    assert_true(aws_integration_find(type, action, &i, NULL));

    CLEANUP(json_unref_p) struct json *value = aws_result(&i, &r);

    if (!expected) {
        assert_null(value);
        return;
    }
    assert_non_null(value);
    json_print(value, &sb);
    assert_string_equal(sb.data, expected);
}

static void check(const char *type, const char *action, const char *body, const char *expected)
{
    check_with(type, action, no_headers, 0, body, expected);
}

/* reference/integrations.md 2. */
static void test_json(void **state)
{
    (void)state;
    check("sqs", "sendMessage", "{\"MessageId\":\"i\",\"MD5OfMessageBody\":\"m\",\"Other\":1}",
          "{\"MD5OfMessageBody\":\"m\",\"MessageId\":\"i\"}");
    check("aws-sdk:sqs", "sendMessage", "{\"MessageId\":\"i\",\"MD5OfMessageBody\":\"m\"}",
          "{\"Md5OfMessageBody\":\"m\",\"MessageId\":\"i\"}");
    check("aws-sdk:dynamodb", "putItem", "", "{}");
    check("aws-sdk:dynamodb", "putItem", "{}", "{}");
    check("aws-sdk:dynamodb", "getItem",
          "{\"Item\":{\"b\":{\"BOOL\":true},\"a\":{\"NULL\":true},\"n\":{\"N\":\"1\"}}}",
          "{\"Item\":{\"b\":{\"Bool\":true},\"a\":{\"Nul\":true},\"n\":{\"N\":\"1\"}}}");
    check("dynamodb", "getItem", "{\"Item\":{\"b\":{\"BOOL\":true}},\"ConsumedCapacity\":null}",
          "{\"Item\":{\"b\":{\"BOOL\":true}}}");
    /* Times: text for aws-sdk, milliseconds for optimized integrations. */
    check("aws-sdk:sfn", "startExecution", "{\"executionArn\":\"a\",\"startDate\":1790218577.62}",
          "{\"ExecutionArn\":\"a\",\"StartDate\":\"2026-09-24T02:56:17.620Z\"}");
    check("aws-sdk:sfn", "startExecution", "{\"executionArn\":\"a\",\"startDate\":1790218577}",
          "{\"ExecutionArn\":\"a\",\"StartDate\":\"2026-09-24T02:56:17Z\"}");
    check("ecs", "runTask",
          "{\"tasks\":[{\"createdAt\":1790218577.62,\"cpu\":\"1\"}],"
          "\"failures\":[]}",
          "{\"Failures\":[],\"Tasks\":[{\"Cpu\":\"1\",\"CreatedAt\":1790218577620}]}");
    /* What is not of its type stays; what is no object cannot be read. */
    check("ecs", "runTask", "{\"tasks\":{},\"failures\":[1]}", "{\"Failures\":[1],\"Tasks\":{}}");
    check("sqs", "sendMessage", "[]", NULL);
    check("sqs", "sendMessage", "{", NULL);
    check("sqs", "sendMessage", "<html/>", NULL);
}

static void test_rest(void **state)
{
    static const struct aws_header lambda[] = {
        {TEXT("x-amz-executed-version"), TEXT("$LATEST")},
        {TEXT("X-Amz-Function-Error"), TEXT("Unhandled")},
    };
    /* services.aws-sdk-task-service.test-s3-get-object-empty-binary. */
    static const struct aws_header object[] = {
        {TEXT("ETag"), TEXT("\"d4\"")},
        {TEXT("Content-Length"), TEXT("3")},
        {TEXT("Last-Modified"), TEXT("Thu, 24 Sep 2026 02:56:17 GMT")},
        {TEXT("x-amz-meta-colour"), TEXT("r\xf6t")},
        {TEXT("x-amz-delete-marker"), TEXT("true")},
    };

    (void)state;
    check_with("aws-sdk:lambda", "invoke", lambda, 2, "{\"a\":1}",
               "{\"ExecutedVersion\":\"$LATEST\",\"FunctionError\":\"Unhandled\",\"Payload\":"
               "\"{\\\"a\\\":1}\",\"StatusCode\":200}");
    check_with(
        "aws-sdk:s3", "getObject", object, 5,
        "a\xff"
        "b",
        "{\"ContentLength\":3,\"DeleteMarker\":true,\"ETag\":\"\\\"d4\\\"\",\"LastModified\":"
        "\"2026-09-24T02:56:17Z\",\"Metadata\":{\"colour\":\"r\xc3\xb6t\"},\"Body\":"
        "\"a\xc3\xbf"
        "b\"}");
    check("aws-sdk:s3", "getObject", "", "{\"Metadata\":{},\"Body\":\"\"}");
    check("aws-sdk:appconfigdata", "startConfigurationSession",
          "{\"InitialConfigurationToken\":\"t\"}", "{\"InitialConfigurationToken\":\"t\"}");
    check("batch", "submitJob", "{\"jobName\":\"j\",\"jobId\":\"i\"}",
          "{\"JobId\":\"i\",\"JobName\":\"j\"}");
    check("batch", "submitJob", "nonsense", NULL);
}

static void test_xml(void **state)
{
    (void)state;
    check("sns", "publish",
          "<PublishResponse xmlns=\"u\"><PublishResult><MessageId>m</MessageId></PublishResult>"
          "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>",
          "{\"MessageId\":\"m\"}");
    check(
        "aws-sdk:sns", "listTopics",
        "<ListTopicsResponse><ListTopicsResult><Topics><member><TopicArn>a</TopicArn></member>"
        "<member><TopicArn>b</TopicArn></member></Topics></ListTopicsResult></ListTopicsResponse>",
        "{\"Topics\":[{\"TopicArn\":\"a\"},{\"TopicArn\":\"b\"}]}");
    check("aws-sdk:sns", "getTopicAttributes",
          "<R><GetTopicAttributesResult><Attributes><entry><key>k</key><value>v</value></entry>"
          "</Attributes></GetTopicAttributesResult></R>",
          "{\"Attributes\":{\"k\":\"v\"}}");
    check("aws-sdk:s3", "listObjectsV2",
          "<ListBucketResult><Name>b</Name><KeyCount>2</KeyCount><IsTruncated>false</IsTruncated>"
          "<Contents><Key>1</Key><Size>5</Size><LastModified>2026-09-24T02:56:17.000Z"
          "</LastModified></Contents><Contents><Key>2</Key></Contents></ListBucketResult>",
          "{\"Contents\":[{\"Key\":\"1\",\"LastModified\":\"2026-09-24T02:56:17Z\",\"Size\":5},"
          "{\"Key\":\"2\"}],\"IsTruncated\":false,\"KeyCount\":2,\"Name\":\"b\"}");
    check("aws-sdk:s3", "getBucketLocation", "<LocationConstraint>EU</LocationConstraint>",
          "{\"LocationConstraint\":\"EU\"}");
    check("aws-sdk:ec2", "describeRegions",
          "<DescribeRegionsResponse><requestId>r</requestId><regionInfo><item><regionName>x"
          "</regionName></item></regionInfo></DescribeRegionsResponse>",
          "{\"Regions\":[{\"RegionName\":\"x\"}]}");
    check("aws-sdk:iam", "deleteRole", "<DeleteRoleResponse/>", "{}");
    check("sns", "publish", "{}", NULL);
    check("sns", "publish", "<PublishResponse>", NULL);
}

static void check_failure(const char *service, const struct aws_header *headers, size_t headers_len,
                          const char *body, const char *expected)
{
    struct aws_reply r = {400, headers, headers_len, {body, strlen(body)}};
    struct aws_failure f;
    struct arena a;
    char shown[512];

    arena_init(&a);
    aws_failure_read(&a, aws_service_find((struct text){service, strlen(service)}), &r, &f);
    (void)snprintf(shown, sizeof(shown), "%.*s|%.*s|%.*s|%.*s|%.*s", (int)f.code.len, f.code.data,
                   (int)f.message.len, f.message.data, (int)f.query_code.len, f.query_code.data,
                   (int)f.request_id.len, f.request_id.data, (int)f.extended_request_id.len,
                   f.extended_request_id.data);
    assert_string_equal(shown, expected);
    arena_done(&a);
}

static void test_failures(void **state)
{
    static const struct aws_header id[] = {{TEXT("x-amzn-requestid"), TEXT("id")}};
    static const struct aws_header sqs[] = {
        {TEXT("x-amzn-query-error"), TEXT("AWS.SimpleQueueService.NonExistentQueue;Sender")}};
    static const struct aws_header rest[] = {
        {TEXT("x-amzn-ErrorType"), TEXT("ResourceNotFoundException:http://internal/")}};
    static const struct aws_header s3[] = {{TEXT("x-amz-request-id"), TEXT("id")},
                                           {TEXT("x-amz-id-2"), TEXT("host")}};

    (void)state;
    check_failure("dynamodb", id, 1,
                  "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException\","
                  "\"message\":\"m\"}",
                  "ResourceNotFoundException|m||id|");
    check_failure("sqs", sqs, 1, "{\"__type\":\"a#QueueDoesNotExist\",\"message\":\"m\"}",
                  "QueueDoesNotExist|m|AWS.SimpleQueueService.NonExistentQueue||");
    check_failure("lambda", rest, 1, "{\"Message\":\"m\"}", "ResourceNotFoundException|m|||");
    check_failure("lambda", NULL, 0, "<html>", "||||");
    check_failure("lambda", NULL, 0, "[1]", "||||");
    check_failure("sns", NULL, 0,
                  "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>m"
                  "</Message></Error><RequestId>r</RequestId></ErrorResponse>",
                  "NotFound|m||r|");
    check_failure("ec2", NULL, 0,
                  "<Response><Errors><Error><Code>C</Code><Message>m</Message></Error></Errors>"
                  "<RequestID>r</RequestID></Response>",
                  "C|m||r|");
    check_failure("s3", s3, 2, "<Error><Code>NoSuchKey</Code><Message>m</Message></Error>",
                  "NoSuchKey|m||id|host");
    check_failure("s3", NULL, 0,
                  "<Error><Code>C</Code><RequestId>r</RequestId><HostId>h</HostId></Error>",
                  "C|||r|h");
    check_failure("s3", NULL, 0, "", "||||");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_xml),
        cmocka_unit_test(test_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
