/* Any answer of a service, and any parameters: what is read of an answer is JSON that parses again, and
 * a request never has a header or a URL with bytes that would end it.  The first byte picks the
 * operation, the second what is done. */
#include <stdint.h>
#include <string.h>

#include "aws/reply.h"
#include "aws/request.h"

#define MOST_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *type, *action;
} operations[] = {
    {"sqs", "sendMessage"},
    {"aws-sdk:dynamodb", "transactWriteItems"},
    {"dynamodb", "getItem"},
    {"sns", "publish"},
    {"aws-sdk:sns", "getTopicAttributes"},
    {"aws-sdk:cloudwatch", "getMetricData"},
    {"aws-sdk:ec2", "describeInstances"},
    {"aws-sdk:s3", "listObjectsV2"},
    {"aws-sdk:s3", "getObject"},
    {"aws-sdk:s3", "putBucketAcl"},
    {"s3", "putObject"},
    {"aws-sdk:route53", "changeResourceRecordSets"},
    {"aws-sdk:lambda", "invoke"},
    {"batch", "submitJob"},
    {"ecs", "runTask"},
    {"aws-sdk:rdsdata", "executeStatement"},
};

static void check_text(const struct json *value)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, MOST_BYTES);
    json_print(value, &sb);
    CHECK(!sb.overflow);
    if (json_depth(value) <= 1000)
        CHECK(json_valid(sb.data, sb.len, NULL));
}

static void read_answer(const struct aws_integration *i, struct text body)
{
    const struct aws_header headers[] = {
        {TEXT("x-amz-meta-a"), body.len > 20 ? (struct text){body.data, 20} : body},
        {TEXT("Last-Modified"), body},
        {TEXT("Content-Length"), body},
        {TEXT("x-amz-delete-marker"), body},
    };
    struct aws_reply r = {200, headers, ARRAY_LEN(headers), body};
    CLEANUP(json_unref_p) struct json *value = aws_result(i, &r);

    if (value)
        check_text(value);
}

static void read_failure(const struct aws_integration *i, struct text body)
{
    const struct aws_header headers[] = {{TEXT("x-amzn-query-error"), body}};
    struct aws_reply r = {400, headers, body.len % 2, body};
    struct aws_failure f;
    struct arena a;

    arena_init(&a);
    aws_failure_read(&a, i->operation.service, &r, &f);
    (void)aws_error_class(i->operation.service, f.code, !i->optimized);
    arena_done(&a);
}

static void check_line(const char *s)
{
    CHECK(!strpbrk(s, "\r\n"));
}

static void make_request(const struct aws_integration *i, struct text body)
{
    CLEANUP(json_unref_p)
    struct json *parameters = json_parse(body.data, body.len, JSON_PARSE_DEFAULT, NULL);
    CLEANUP(json_unref_p) struct json *input = NULL;
    CLEANUP(strbuf_done) struct strbuf problems;
    struct aws_request request;
    struct arena a;

    strbuf_init(&problems, 65536);
    if (!parameters)
        return;
    arena_init(&a);
    (void)aws_input_refusal(i, parameters, &problems);
    strbuf_clear(&problems);
    input = aws_input(i, parameters, &problems);
    if (input && aws_request_make(&a, i, input, &request, &problems)) {
        check_line(request.path);
        CHECK(!strpbrk(request.path, " #"));
        for (const char *const *h = request.headers; *h; h++)
            check_line(*h);
    } else {
        CHECK(problems.len > 0);
    }
    arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct aws_integration i;
    struct text body;

    if (size < 2)
        return 0;
    body = (struct text){(const char *)data + 2, size - 2};

    const size_t which = data[0] % ARRAY_LEN(operations);

    CHECK(aws_integration_find(operations[which].type, operations[which].action, &i, NULL));
    switch (data[1] % 3) {
    case 0:
        read_answer(&i, body);
        break;
    case 1:
        read_failure(&i, body);
        break;
    default:
        make_request(&i, body);
    }
    return 0;
}
