/* The generated table: in order, and every text of it can be read to its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/data.h"

static struct aws_operation find(const char *service, const char *action)
{
    struct aws_operation op;
    const struct aws_service *s = aws_service_find((struct text){service, strlen(service)});

    assert_non_null(s);
    assert_true(aws_operation_find(s, (struct text){action, strlen(action)}, &op));
    return op;
}

static struct aws_member member(const char *shape, const char *name)
{
    struct aws_member m;

    for (const char *at = shape + 1; *at;) {
        at = aws_member_read(at, &m);
        if (m.name.len == strlen(name) && memcmp(m.name.data, name, m.name.len) == 0)
            return m;
    }
    fail_msg("no member %s", name);
    return m;
}

static void assert_text(struct text t, const char *expected)
{
    assert_int_equal(t.len, strlen(expected));
    assert_memory_equal(t.data, expected, t.len);
}

static void test_services(void **state)
{
    const struct aws_service *s = aws_service_find(TEXT("cloudwatchlogs"));

    (void)state;
    assert_string_equal(s->client, "CloudWatchLogs");
    assert_string_equal(s->endpoint, "logs");
    assert_string_equal(s->target_prefix, "Logs_20140328");
    assert_string_equal(s->json_version, "1.1");
    assert_string_equal(aws_service_find(TEXT("sfn"))->endpoint, "states");
    assert_string_equal(aws_service_find(TEXT("ecr"))->signing, "ecr");
    assert_int_equal(aws_service_find(TEXT("cloudwatch"))->protocol, AWS_QUERY);
    assert_int_equal(aws_service_find(TEXT("sqs"))->protocol, AWS_JSON);
    assert_null(aws_service_find(TEXT("nothing")));
    assert_null(aws_service_find(TEXT("")));
}

static void test_operations(void **state)
{
    struct aws_operation op = find("s3", "getObject");

    (void)state;
    assert_text(op.method, "GET");
    assert_text(op.path, "/{Bucket}/{Key+}");
    assert_null(op.root.data);
    op = find("route53", "changeResourceRecordSets");
    assert_text(op.root, "ChangeResourceRecordSetsRequest");
    op = find("sqs", "sendMessage");
    assert_text(op.path, "/");
    assert_false(aws_operation_find(op.service, TEXT("SendMessage"), &op));
    assert_false(aws_operation_find(op.service, TEXT("sendMessages"), &op));
    assert_false(aws_operation_find(op.service, TEXT("sendMessag"), &op));
    assert_false(aws_operation_find(op.service, TEXT(""), &op));
}

/* reference/integrations.md 2: MD5OfMessageBody is Md5OfMessageBody in the Java SDK; ETag and
 * ChecksumCRC32 are recorded as they are. */
static void test_names(void **state)
{
    static const struct {
        const char *service, *action, *name, *plain, *java;
    } cases[] = {
        {"sqs", "sendMessage", "MD5OfMessageBody", "MD5OfMessageBody", "Md5OfMessageBody"},
        {"s3", "putObject", "ETag", "ETag", "ETag"},
        {"s3", "putObject", "ChecksumCRC32", "ChecksumCRC32", "ChecksumCRC32"},
        {"s3", "putObject", "SSEKMSKeyId", "SSEKMSKeyId", "SsekmsKeyId"},
        {"ecs", "runTask", "tasks", "Tasks", "Tasks"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct aws_operation op = find(cases[i].service, cases[i].action);
        struct aws_member m = member(op.output, cases[i].name);
        char label[AWS_NAME_SIZE];

        aws_member_label(&m, false, label);
        assert_string_equal(label, cases[i].plain);
        aws_member_label(&m, true, label);
        assert_string_equal(label, cases[i].java);
    }
}

static void test_integrations(void **state)
{
    const struct aws_service *service = NULL;
    struct aws_integration i;

    (void)state;
    assert_true(aws_integration_find("events", "putEvents", &i, NULL));
    assert_string_equal(i.optimized->errors, "EventBridge");
    assert_true(aws_integration_find("aws-sdk:eventbridge", "putEvents", &i, NULL));
    assert_null(i.optimized);
    assert_true(aws_integration_find("bedrock", "invokeModel", &i, NULL));
    assert_string_equal(i.operation.service->endpoint, "bedrock-runtime");
    assert_true(aws_integration_find("s3", "listObjectsV2", &i, NULL));
    assert_true(i.own);
    assert_false(aws_integration_find("aws-sdk:sqs", "fly", &i, &service));
    assert_string_equal(service->client, "Sqs");
    assert_false(aws_integration_find("http", "invoke", &i, NULL));
}

/* reference/integrations.md 4. */
static void test_errors(void **state)
{
    static const struct {
        const char *service, *code, *v1, *v2;
    } cases[] = {
        {"dynamodb", "ResourceNotFoundException", "ResourceNotFoundException",
         "ResourceNotFoundException"},
        {"sns", "NotFound", "NotFoundException", "NotFoundException"},
        {"s3", "NoSuchKey", "NoSuchKeyException", "NoSuchKeyException"},
        {"sfn", "InvalidToken", "InvalidTokenException", "InvalidTokenException"},
        {"kms", "KMSInvalidStateException", "KMSInvalidStateException", "KmsInvalidStateException"},
        {"rds", "DBInstanceNotFound", "DBInstanceNotFoundException", "DbInstanceNotFoundException"},
        {"dynamodb", "ValidationException", NULL, NULL},
        {"dynamodb", "", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct aws_service *s =
            aws_service_find((struct text){cases[i].service, strlen(cases[i].service)});
        struct text code = {cases[i].code, strlen(cases[i].code)};

        if (cases[i].v1) {
            assert_text(aws_error_class(s, code, false), cases[i].v1);
            assert_text(aws_error_class(s, code, true), cases[i].v2);
        } else {
            assert_null(aws_error_class(s, code, false).data);
        }
    }
}

/* Walks a shape once; shapes hold themselves, so only to a depth. */
static size_t walk(const char *shape, int depth)
{
    size_t count = 1;

    assert_non_null(strchr("{[%=", *shape));
    if (*shape == '[' || *shape == '%') {
        struct aws_container c;

        aws_container_read(shape, &c);
        if (depth && *c.element == '#')
            count += walk(aws_shape(c.element), depth - 1);
    }
    for (const char *at = *shape == '{' ? shape + 1 : ""; *at;) {
        struct aws_member m;
        char label[AWS_NAME_SIZE];

        at = aws_member_read(at, &m);
        aws_member_label(&m, true, label);
        assert_non_null(strchr("#sxnbt*", *m.type));
        assert_true(m.place == 0 || strchr("hHuqsapb", m.place));
        if (depth && *m.type == '#')
            count += walk(aws_shape(m.type), depth - 1);
    }
    return count;
}

static void test_table(void **state)
{
    size_t operations = 0, shapes = 0;

    (void)state;
    for (size_t i = 0; i < aws_services_len; i++) {
        const struct aws_service *s = &aws_services[i];

        assert_true(i == 0 || strcmp(aws_services[i - 1].name, s->name) < 0);
        assert_int_equal(s->first, operations);
        operations += s->operations;
        for (size_t n = s->first; n < operations; n++) {
            const struct aws_operation_row *row = &aws_operation_rows[n];

            assert_true(n == s->first || strcmp(aws_text + row[-1].name, aws_text + row->name) < 0);
            shapes += row->input ? walk(aws_text + row->input, 4) : 0;
            shapes += row->output ? walk(aws_text + row->output, 4) : 0;
        }
    }
    assert_true(operations > 2000 && shapes > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_services), cmocka_unit_test(test_operations),
        cmocka_unit_test(test_names),    cmocka_unit_test(test_integrations),
        cmocka_unit_test(test_errors),   cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
