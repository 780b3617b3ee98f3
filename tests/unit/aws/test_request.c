/* Parameters to requests, byte by byte, in each of the protocols; and parameters that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/request.h"
#include "base/limits.h"

struct made {
    struct arena arena;
    struct aws_request request;
    struct strbuf problems;
    bool good;
};

static void make(struct made *m, const char *type, const char *action, const char *parameters)
{
    CLEANUP(json_unref_p)
    struct json *value = json_parse(parameters, strlen(parameters), JSON_PARSE_DEFAULT, NULL);
    CLEANUP(json_unref_p) struct json *input = NULL;
    struct aws_integration i;

    assert_non_null(value);
    assert_true(aws_integration_find(type, action, &i, NULL));
    arena_init(&m->arena);
    strbuf_init(&m->problems, 65536);
    input = aws_input(&i, value, &m->problems);
    m->good = input && aws_request_make(&m->arena, &i, input, &m->request, &m->problems);
}

static void made_done(struct made *m)
{
    arena_done(&m->arena);
    strbuf_done(&m->problems);
}

/* "METHOD PATH\nHeader: value\n...\nbody" */
static void check(const char *type, const char *action, const char *parameters,
                  const char *expected)
{
    CLEANUP(made_done) struct made m;
    CLEANUP(strbuf_done) struct strbuf sb;

    make(&m, type, action, parameters);
    strbuf_init(&sb, 65536);
    assert_string_equal(m.problems.data, "");
    assert_true(m.good);
    strbuf_addf(&sb, "%s %s\n", m.request.method, m.request.path);
    for (const char *const *h = m.request.headers; *h; h++)
        strbuf_addf(&sb, "%s\n", *h);
    strbuf_adds(&sb, "\n");
    if (m.request.body.data)
        strbuf_add(&sb, m.request.body.data, m.request.body.len);
    else
        strbuf_adds(&sb, "(none)");
    assert_string_equal(sb.data, expected);
}

static void check_wrong(const char *type, const char *action, const char *parameters,
                        const char *problems)
{
    CLEANUP(made_done) struct made m;

    make(&m, type, action, parameters);
    assert_false(m.good);
    assert_string_equal(m.problems.data, problems);
}

static void test_json(void **state)
{
    (void)state;
    /* reference/integrations.md 3: what is no string is handed on as its JSON; what sendMessage does
     * not know vanishes. */
    check("sqs", "sendMessage",
          "{\"QueueUrl\":\"http://q\",\"MessageBody\":{\"a\":1},\"DelaySeconds\":\"5\",\"No\":1}",
          "POST /\nX-Amz-Target: AmazonSQS.SendMessage\nX-Amzn-Query-Mode: true\n"
          "Content-Type: application/x-amz-json-1.0\n\n"
          "{\"QueueUrl\":\"http://q\",\"MessageBody\":\"{\\\"a\\\":1}\",\"DelaySeconds\":5}");
    check("dynamodb", "putItem",
          "{\"TableName\":\"t\",\"Item\":{\"id\":{\"N\":12},\"b\":{\"B\":\"QQ==\"}},"
          "\"ReturnValues\":null}",
          "POST /\nX-Amz-Target: DynamoDB_20120810.PutItem\n"
          "Content-Type: application/x-amz-json-1.0\n\n"
          "{\"TableName\":\"t\",\"Item\":{\"id\":{\"N\":\"12\"},\"b\":{\"B\":\"QQ==\"}}}");
    check("aws-sdk:dynamodb", "putItem",
          "{\"TableName\":\"t\",\"Item\":{\"b\":{\"Bool\":true},\"n\":{\"Nul\":true},"
          "\"x\":{\"BOOL\":\"false\"},\"y\":{\"B\":\"A\"}}}",
          "POST /\nX-Amz-Target: DynamoDB_20120810.PutItem\n"
          "Content-Type: application/x-amz-json-1.0\n\n"
          "{\"TableName\":\"t\",\"Item\":{\"b\":{\"BOOL\":true},\"n\":{\"NULL\":true},"
          "\"x\":{\"BOOL\":false},\"y\":{\"B\":\"QQ==\"}}}");
    /* Names that begin with a small letter, and times. */
    check("aws-sdk:cloudwatchlogs", "putLogEvents",
          "{\"LogGroupName\":\"g\",\"LogStreamName\":\"s\",\"LogEvents\":[{\"Timestamp\":1,"
          "\"Message\":\"m\"}]}",
          "POST /\nX-Amz-Target: Logs_20140328.PutLogEvents\n"
          "Content-Type: application/x-amz-json-1.1\n\n"
          "{\"logGroupName\":\"g\",\"logStreamName\":\"s\",\"logEvents\":[{\"timestamp\":1,"
          "\"message\":\"m\"}]}");
    check("events", "putEvents",
          "{\"Entries\":[{\"Time\":\"2026-09-24T02:56:17.620Z\",\"Detail\":{\"a\":[]}},null]}",
          "POST /\nX-Amz-Target: AWSEvents.PutEvents\nContent-Type: application/x-amz-json-1.1\n\n"
          "{\"Entries\":[{\"Time\":1.79021857762E9,\"Detail\":\"{\\\"a\\\":[]}\"}]}");
    check("aws-sdk:sts", "getCallerIdentity", "{}",
          "POST /\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n\n"
          "Action=GetCallerIdentity&Version=2011-06-15");
}

static void test_query(void **state)
{
    (void)state;
    check("sns", "publish",
          "{\"TopicArn\":\"arn:t\",\"Message\":{\"a\":\"b c\"},\"MessageAttributes\":{\"k\":"
          "{\"DataType\":\"String\",\"StringValue\":\"v\"}}}",
          "POST /\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n\n"
          "Action=Publish&Version=2010-03-31&TopicArn=arn%3At&Message=%7B%22a%22%3A%22b%20c%22%7D"
          "&MessageAttributes.entry.1.Name=k&MessageAttributes.entry.1.Value.DataType=String"
          "&MessageAttributes.entry.1.Value.StringValue=v");
    check("aws-sdk:cloudwatch", "putMetricData",
          "{\"Namespace\":\"n\",\"MetricData\":[{\"MetricName\":\"m\",\"Value\":1.5,\"Timestamp\":"
          "\"2026-09-24T02:56:17Z\"}]}",
          "POST /\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n\n"
          "Action=PutMetricData&Version=2010-08-01&Namespace=n&MetricData.member.1.MetricName=m"
          "&MetricData.member.1.Timestamp=2026-09-24T02%3A56%3A17Z&MetricData.member.1.Value=1.5");
    check("aws-sdk:ec2", "startInstances", "{\"InstanceIds\":[\"i-1\",\"i-2\"],\"DryRun\":true}",
          "POST /\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n\n"
          "Action=StartInstances&Version=2016-11-15&InstanceId.1=i-1&InstanceId.2=i-2&DryRun=true");
    check("aws-sdk:iam", "tagRole", "{\"RoleName\":\"r\",\"Tags\":[]}",
          "POST /\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n\n"
          "Action=TagRole&Version=2010-05-08&RoleName=r&Tags=");
}

static void test_rest_json(void **state)
{
    (void)state;
    check("aws-sdk:lambda", "invoke",
          "{\"FunctionName\":\"a/b\",\"Payload\":\"{\\\"x\\\":1}\",\"Qualifier\":\"q 1\","
          "\"InvocationType\":\"Event\"}",
          "POST /2015-03-31/functions/a%2Fb/invocations?Qualifier=q%201\n"
          "X-Amz-Invocation-Type: Event\nContent-Type: application/octet-stream\n\n{\"x\":1}");
    check("aws-sdk:lambda", "invoke", "{\"FunctionName\":\"f\",\"Payload\":{\"x\":[1]}}",
          "POST /2015-03-31/functions/f/invocations\nContent-Type: application/octet-stream\n\n"
          "{\"x\":[1]}");
    check("aws-sdk:lambda", "getFunction", "{\"FunctionName\":\"f\"}",
          "GET /2015-03-31/functions/f\n\n(none)");
    check("aws-sdk:lambda", "untagResource", "{\"Resource\":\"r\",\"TagKeys\":[\"a\",\"b\"]}",
          "DELETE /2017-03-31/tags/r?tagKeys=a&tagKeys=b\n\n(none)");
    check("batch", "submitJob",
          "{\"JobName\":\"j\",\"JobQueue\":\"q\",\"JobDefinition\":\"d\",\"Parameters\":{\"A\":1}}",
          "POST /v1/submitjob\nContent-Type: application/json\n\n"
          "{\"jobName\":\"j\",\"jobQueue\":\"q\",\"jobDefinition\":\"d\","
          "\"parameters\":{\"A\":\"1\"}}");
}

static void test_rest_xml(void **state)
{
    (void)state;
    check("aws-sdk:s3", "getObject",
          "{\"Bucket\":\"b\",\"Key\":\"a/../ \xc3\xa4?\",\"IfModifiedSince\":"
          "\"2026-09-24T02:56:17Z\"}",
          "GET /b/a/../%20%C3%A4%3F\nIf-Modified-Since: Thu, 24 Sep 2026 02:56:17 GMT\n\n(none)");
    check("aws-sdk:s3", "listObjectsV2", "{\"Bucket\":\"b\",\"Prefix\":\"x/\",\"MaxKeys\":2}",
          "GET /b?list-type=2&max-keys=2&prefix=x%2F\n\n(none)");
    /* A text keeps its quotes, and the sum is that of what is sent (recorded: services.aws-sdk-task-
     * service.test-s3-put-object-str and -dict). */
    check("aws-sdk:s3", "putObject",
          "{\"Bucket\":\"b\",\"Key\":\"k\",\"Body\":\"text data\",\"Metadata\":{\"m\":\"1\"}}",
          "PUT /b/k\nx-amz-meta-m: 1\nContent-Type: application/octet-stream\n"
          "x-amz-sdk-checksum-algorithm: CRC32\nx-amz-checksum-crc32: KUmHvQ==\n\n\"text data\"");
    check("aws-sdk:s3", "putObject",
          "{\"Bucket\":\"b\",\"Key\":\"k\",\"Body\":{\"Dict\":\"Value\"},\"ContentType\":\"a/b\"}",
          "PUT /b/k\nContent-Type: a/b\nx-amz-sdk-checksum-algorithm: CRC32\n"
          "x-amz-checksum-crc32: hnEfWw==\n\n{\"Dict\":\"Value\"}");
    /* A Map's own request has the object's bytes. */
    check("s3", "putObject",
          "{\"Bucket\":\"b\",\"Key\":\"k\",\"Body\":\"[1]\",\"ChecksumCRC32\":\"AAAAAA==\"}",
          "PUT /b/k\nx-amz-checksum-crc32: AAAAAA==\nContent-Type: application/octet-stream\n\n"
          "[1]");
    check("aws-sdk:s3", "deleteObjects",
          "{\"Bucket\":\"b\",\"Delete\":{\"Objects\":[{\"Key\":\"<&>\"},{\"Key\":\"2\"}],"
          "\"Quiet\":true},\"ChecksumAlgorithm\":\"SHA1\"}",
          "POST /b?delete\nx-amz-sdk-checksum-algorithm: SHA1\nContent-Type: application/xml\n\n"
          "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>&lt;&amp;&gt;"
          "</Key></Object><Object><Key>2</Key></Object><Quiet>true</Quiet></Delete>");
    check("aws-sdk:route53", "changeTagsForResource",
          "{\"ResourceType\":\"hostedzone\",\"ResourceId\":\"z\",\"AddTags\":[{\"Key\":\"k\","
          "\"Value\":\"v\"}]}",
          "POST /2013-04-01/tags/hostedzone/z\nContent-Type: application/xml\n\n"
          "<ChangeTagsForResourceRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">"
          "<AddTags><Tag><Key>k</Key><Value>v</Value></Tag></AddTags>"
          "</ChangeTagsForResourceRequest>");
}

/* A token that is not given is made up. */
static void test_token(void **state)
{
    CLEANUP(made_done) struct made m;

    (void)state;
    make(&m, "athena", "startQueryExecution", "{\"QueryString\":\"select 1\"}");
    assert_true(m.good);
    assert_non_null(strstr(m.request.body.data, "\"ClientRequestToken\":\""));
}

static void test_wrong(void **state)
{
    (void)state;
    check_wrong("sqs", "sendMessage",
                "{\"QueueUrl\":\"q\",\"MessageBody\":\"\",\"DelaySeconds\":[]}",
                "The value of the field 'DelaySeconds' has an invalid format");
    check_wrong("sqs", "sendMessage", "[]", "The value must be an object");
    check_wrong("sqs", "sendMessage", "{}",
                "The field 'QueueUrl' is required but was missing, The field 'MessageBody' is "
                "required but was missing");
    check_wrong("aws-sdk:sqs", "sendMessage",
                "{\"QueueUrl\":\"q\",\"MessageBody\":\"\",\"Colour\":1}",
                "The field 'Colour' is not supported by Step Functions");
    check_wrong("aws-sdk:dynamodb", "getItem",
                "{\"TableName\":\"t\",\"Key\":[],\"ConsistentRead\":\"maybe\"}",
                "The value of the field 'Key' has an invalid format, The value of the field "
                "'ConsistentRead' has an invalid format");
    check_wrong("aws-sdk:s3", "getObject", "{\"Bucket\":null,\"Key\":\"k\"}",
                "The value of the field 'Bucket' has an invalid format");
    check_wrong("aws-sdk:s3", "getObject", "{\"Bucket\":\"b\",\"Key\":\"k\",\"IfMatch\":\"a\\nb\"}",
                "The value of the field 'IfMatch' has an invalid format");
    check_wrong("aws-sdk:s3", "getObject",
                "{\"Bucket\":\"b\",\"Key\":\"k\",\"IfModifiedSince\":\"now\"}",
                "The value of the field 'IfModifiedSince' has an invalid format");
    check_wrong("aws-sdk:s3", "putObject",
                "{\"Bucket\":\"b\",\"Key\":\"k\",\"Metadata\":{\"a b\":\"1\"}}",
                "The value of the field 'Metadata' has an invalid format");
}

/* As deep as a JSON text may nest; and no more is told of what is wrong than fits into a cause. */
static void test_bounds(void **state)
{
    CLEANUP(made_done) struct made m;
    CLEANUP(strbuf_done) struct strbuf sb;

    (void)state;
    strbuf_init(&sb, (size_t)1 << 20);
    strbuf_adds(&sb, "{\"TableName\":\"t\",\"Item\":{\"a\":");
    for (unsigned i = 0; i < (LIMIT_JSON_DEPTH - 4) / 2; i++)
        strbuf_adds(&sb, "{\"L\":[");
    strbuf_adds(&sb, "{\"S\":\"x\"}");
    for (unsigned i = 0; i < (LIMIT_JSON_DEPTH - 4) / 2; i++)
        strbuf_adds(&sb, "]}");
    strbuf_adds(&sb, "}}");
    make(&m, "aws-sdk:dynamodb", "putItem", sb.data);
    assert_true(m.good);
    assert_int_equal(m.request.body.len, sb.len);
    made_done(&m);

    strbuf_clear(&sb);
    strbuf_adds(&sb, "{\"TableName\":\"t\"");
    for (unsigned i = 0; i < 10000; i++)
        strbuf_addf(&sb, ",\"a%u\":1", i);
    strbuf_addc(&sb, '}');
    make(&m, "aws-sdk:dynamodb", "putItem", sb.data);
    assert_false(m.good);
    assert_true(m.problems.len > 1000 && m.problems.len < 2000);
}

/* At the ceiling of what goes into a URL or a header, and one past it. */
static void test_places(void **state)
{
    static const char *const forms[] = {
        "{\"Bucket\":\"b\",\"Key\":\"%s\"}",
        "{\"Bucket\":\"b\",\"Key\":\"k\",\"IfMatch\":\"%s\"}",
    };
    char value[LIMIT_PLACE_BYTES + 2];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        for (size_t len = LIMIT_PLACE_BYTES; len <= LIMIT_PLACE_BYTES + 1; len++) {
            CLEANUP(made_done) struct made m;
            CLEANUP(strbuf_done) struct strbuf sb;
            const char *mark = strchr(forms[i], '%');

            memset(value, 'x', len);
            value[len] = '\0';
            strbuf_init(&sb, 65536);
            strbuf_add(&sb, forms[i], (size_t)(mark - forms[i]));
            strbuf_adds(&sb, value);
            strbuf_adds(&sb, mark + 2);
            make(&m, "aws-sdk:s3", "getObject", sb.data);
            assert_int_equal(m.good, len == LIMIT_PLACE_BYTES);
        }
    }
}

static void test_many_headers(void **state)
{
    (void)state;
    for (unsigned n = 50; n <= 70; n += 20) {
        CLEANUP(made_done) struct made m;
        CLEANUP(strbuf_done) struct strbuf sb;

        strbuf_init(&sb, 65536);
        strbuf_adds(&sb, "{\"Bucket\":\"b\",\"Key\":\"k\",\"Metadata\":{");
        for (unsigned i = 0; i < n; i++)
            strbuf_addf(&sb, "%s\"k%u\":\"v\"", i ? "," : "", i);
        strbuf_adds(&sb, "}}");
        make(&m, "aws-sdk:s3", "putObject", sb.data);
        assert_int_equal(m.good, n == 50);
    }
}

/* Recorded: error_handling.aws-sdk.test-dynamodb-invalid-param, error_handling.task-service-sqs.test-
 * send-message-empty-body. */
static void test_refusal(void **state)
{
    static const struct {
        const char *type, *action, *parameters, *code, *message;
    } cases[] = {
        {"aws-sdk:dynamodb", "putItem", "{\"TableName\":\"t\",\"Item\":null}",
         "ValidationException",
         "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member "
         "must not be null"},
        {"dynamodb", "getItem", "{\"TableName\":null,\"Key\":null}", "ValidationException",
         "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: "
         "Member must not be null; Value null at 'key' failed to satisfy constraint: Member must "
         "not be null"},
        {"sqs", "sendMessage", "{\"QueueUrl\":\"q\",\"MessageBody\":null}", "MissingParameter",
         "The request must contain the parameter MessageBody."},
        {"sns", "publish", "{\"Message\":null}", NULL, ""},
        {"dynamodb", "getItem", "{\"TableName\":\"t\",\"Key\":{}}", NULL, ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(json_unref_p)
        struct json *parameters =
            json_parse(cases[i].parameters, strlen(cases[i].parameters), 0, NULL);
        CLEANUP(strbuf_done) struct strbuf message;
        struct aws_integration found;
        const char *code;

        strbuf_init(&message, 4096);
        assert_true(aws_integration_find(cases[i].type, cases[i].action, &found, NULL));
        code = aws_input_refusal(&found, parameters, &message);
        if (cases[i].code)
            assert_string_equal(code, cases[i].code);
        else
            assert_null(code);
        assert_string_equal(message.data, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),         cmocka_unit_test(test_query),
        cmocka_unit_test(test_rest_json),    cmocka_unit_test(test_rest_xml),
        cmocka_unit_test(test_token),        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_bounds),       cmocka_unit_test(test_places),
        cmocka_unit_test(test_many_headers), cmocka_unit_test(test_refusal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
