/* What is sent to Lambda for a task: reference/integrations.md 3 and 5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tasks/lambda.h"

#define ARN "arn:aws:lambda:us-east-1:123456789012:function:f"

struct sent {
    struct arena arena;
    bool made;
    struct call_request request;
    struct task_result failure;
};

static void send_task(struct sent *s, const char *arn, const char *type, const char *input)
{
    struct task_request task = {
        .id = 1,
        .arn = arn,
        .type = type,
        .action = type ? "invoke" : NULL,
        .input = {input, strlen(input)},
        .account = "111122223333",
        .region = "eu-west-1",
    };

    *s = (struct sent){0};
    arena_init(&s->arena);
    s->made = lambda_request(&s->arena, "http://h:1", &task, &s->request, &s->failure);
}

static void send_invoke(struct sent *s, const char *parameters)
{
    send_task(s, "arn:aws:states:::lambda:invoke", "lambda", parameters);
}

static const char *header(const struct sent *s, const char *name)
{
    for (const char *const *h = s->request.headers; *h; h++) {
        size_t len = strlen(name);

        if (strncmp(*h, name, len) == 0 && strncmp(*h + len, ": ", 2) == 0)
            return *h + len + 2;
    }
    return NULL;
}

static void expect_body(const char *parameters, const char *body)
{
    struct sent s;

    send_invoke(&s, parameters);
    assert_true(s.made);
    assert_int_equal(s.request.body.len, strlen(body));
    assert_memory_equal(s.request.body.data, body, strlen(body));
    arena_done(&s.arena);
}

static void expect_url(const char *parameters, const char *url)
{
    struct sent s;

    send_invoke(&s, parameters);
    assert_true(s.made);
    assert_string_equal(s.request.url, url);
    arena_done(&s.arena);
}

static void expect_failure(const char *parameters, const char *error, const char *cause)
{
    struct sent s;

    send_invoke(&s, parameters);
    assert_false(s.made);
    assert_int_equal(s.failure.outcome, TASK_FAILED);
    assert_string_equal(s.failure.error, error);
    assert_string_equal(s.failure.cause.data, cause);
    assert_int_equal(s.failure.cause.len, strlen(cause));
    arena_done(&s.arena);
}

static void test_names_of_functions(void **state)
{
    static const struct {
        const char *text, *name, *qualifier, *account, *region;
    } good[] = {
        {"f", "f", NULL, NULL, NULL},
        {"f:live", "f", "live", NULL, NULL},
        {"f:$LATEST", "f", "$LATEST", NULL, NULL},
        {"123456789012:function:f", "f", NULL, "123456789012", NULL},
        {"123456789012:function:f:7", "f", "7", "123456789012", NULL},
        {ARN, "f", NULL, "123456789012", "us-east-1"},
        {ARN ":live", "f", "live", "123456789012", "us-east-1"},
        {"arn:aws-cn:lambda:cn-north-1:1:function:g", "g", NULL, "1", "cn-north-1"},
    };
    static const char *const bad[] = {
        "",
        ":",
        "f:",
        ":q",
        "a:b:c",
        "f g",
        "f\r\nX: y",
        ARN ":",
        ARN ":a:b",
        "arn:aws:lambda:us-east-1:1:function:",
        "arn:aws:lambda:us-east-1:1:layer:f",
        "arn:aws:sqs:us-east-1:1:function:f",
        "arn",
        "1:2:3:4:5:6:7:8:9:10:11",
        "\xc3\xa9",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct lambda_function f;
        const char *expected[] = {good[i].name, good[i].qualifier, good[i].account, good[i].region};

        assert_true(lambda_function_parse((struct text){good[i].text, strlen(good[i].text)}, &f));

        const struct text *got[] = {&f.name, &f.qualifier, &f.account, &f.region};

        for (size_t k = 0; k < 4; k++) {
            if (!expected[k]) {
                assert_null(got[k]->data);
                continue;
            }
            assert_int_equal(got[k]->len, strlen(expected[k]));
            assert_memory_equal(got[k]->data, expected[k], got[k]->len);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct lambda_function f;

        if (lambda_function_parse((struct text){bad[i], strlen(bad[i])}, &f))
            fail_msg("'%s' was taken for a function", bad[i]);
    }
}

static void test_accepts(void **state)
{
    (void)state;
    assert_true(lambda_accepts(ARN, NULL, NULL));
    assert_true(lambda_accepts("arn:aws:states:::lambda:invoke", "lambda", "invoke"));
    assert_true(
        lambda_accepts("arn:aws:states:::lambda:invoke.waitForTaskToken", "lambda", "invoke"));
    assert_false(
        lambda_accepts("arn:aws:states:::lambda:listFunctions", "lambda", "listFunctions"));
    assert_false(
        lambda_accepts("arn:aws:states:::aws-sdk:lambda:invoke", "aws-sdk:lambda", "invoke"));
    assert_false(lambda_accepts("arn:aws:states:us-east-1:1:activity:a", NULL, NULL));
    assert_false(lambda_accepts("f", NULL, NULL));
}

/* The effective input goes out as it is, whatever JSON it is (reference/integrations.md 5). */
static void test_function_arn(void **state)
{
    static const char *const inputs[] = {"{}", "null", "0.0", "\"HelloWorld\"", "{\"a\":[1, 2]}"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
        struct sent s;

        send_task(&s, ARN ":live", NULL, inputs[i]);
        assert_true(s.made);
        assert_string_equal(s.request.url,
                            "http://h:1/2015-03-31/functions/f/invocations?Qualifier=live");
        assert_string_equal(s.request.body.data, inputs[i]);
        assert_string_equal(header(&s, "X-Amz-Invocation-Type"), "RequestResponse");
        assert_string_equal(header(&s, "Content-Type"), "application/json");
        assert_string_equal(header(&s, "Authorization"),
                            "AWS4-HMAC-SHA256 Credential=123456789012/20150331/us-east-1/lambda/"
                            "aws4_request, SignedHeaders=host, Signature=0");
        assert_null(header(&s, "X-Amz-Log-Type"));
        assert_null(header(&s, "X-Amz-Client-Context"));
        arena_done(&s.arena);
    }
}

static void test_payload(void **state)
{
    (void)state;
    expect_body("{\"FunctionName\":\"f\",\"Payload\":{\"a\":1.00,\"b\":9007199254740993}}",
                "{\"a\":1.0,\"b\":9007199254740993}");
    expect_body("{\"FunctionName\":\"f\",\"Payload\":[true,null]}", "[true,null]");
    expect_body("{\"FunctionName\":\"f\",\"Payload\":0}", "0");
    expect_body("{\"FunctionName\":\"f\",\"Payload\":null}", "{}");
    expect_body("{\"FunctionName\":\"f\"}", "{}");
    expect_body("{\"FunctionName\":\"f\",\"Payload\":\"\"}", "{}");
    /* A string's content is the JSON text. */
    expect_body("{\"FunctionName\":\"f\",\"Payload\":\"{\\\"a\\\": 1}\"}", "{\"a\": 1}");
    expect_body("{\"FunctionName\":\"f\",\"Payload\":\"\\\"Hi\\\"\"}", "\"Hi\"");
    expect_body("{\"FunctionName\":\"f\",\"Payload\":\"null\"}", "null");
}

static void test_payload_that_is_not_json(void **state)
{
    struct sent s;

    (void)state;
    send_invoke(&s, "{\"FunctionName\":\"f\",\"Payload\":\"nonsense\"}");
    assert_false(s.made);
    assert_string_equal(s.failure.error, "Lambda.InvalidRequestContentException");
    assert_non_null(strstr(s.failure.cause.data, "Could not parse payload into json: "
                                                 "Unrecognized token 'nonsense'"));
    assert_non_null(strstr(s.failure.cause.data,
                           " (Service: AWSLambda; Status Code: 400; Error Code: "
                           "InvalidRequestContentException; Request ID: null; Proxy: null)"));
    arena_done(&s.arena);
}

static void test_url(void **state)
{
    (void)state;
    expect_url("{\"FunctionName\":\"f\"}", "http://h:1/2015-03-31/functions/f/invocations");
    expect_url("{\"FunctionName\":\"" ARN ":$LATEST\"}",
               "http://h:1/2015-03-31/functions/f/invocations?Qualifier=%24LATEST");
    expect_url("{\"FunctionName\":\"a/b?c\",\"Qualifier\":\"x&y\"}",
               "http://h:1/2015-03-31/functions/a%2Fb%3Fc/invocations?Qualifier=x%26y");
    expect_url("{\"FunctionName\":\"f:1\",\"Qualifier\":\"1\"}",
               "http://h:1/2015-03-31/functions/f/invocations?Qualifier=1");
    expect_url("{\"FunctionName\":\"f\",\"Qualifier\":null}",
               "http://h:1/2015-03-31/functions/f/invocations");
    expect_failure("{\"FunctionName\":\"f:1\",\"Qualifier\":\"2\"}",
                   "Lambda.InvalidParameterValueException",
                   "The derived qualifier from the function name does not match the specified "
                   "qualifier. (Service: AWSLambda; Status Code: 400; Error Code: "
                   "InvalidParameterValueException; Request ID: null; Proxy: null)");
}

static void test_headers(void **state)
{
    struct sent s;

    (void)state;
    send_invoke(&s, "{\"FunctionName\":\"f\",\"InvocationType\":\"Event\",\"LogType\":\"Tail\","
                    "\"ClientContext\":\"eyJhIjoxfQ==\"}");
    assert_true(s.made);
    assert_string_equal(header(&s, "X-Amz-Invocation-Type"), "Event");
    assert_string_equal(header(&s, "X-Amz-Log-Type"), "Tail");
    assert_string_equal(header(&s, "X-Amz-Client-Context"), "eyJhIjoxfQ==");
    assert_string_equal(header(&s, "Authorization"),
                        "AWS4-HMAC-SHA256 Credential=111122223333/20150331/eu-west-1/lambda/"
                        "aws4_request, SignedHeaders=host, Signature=0");
    arena_done(&s.arena);
}

#define CANNOT(parameters, reason) \
    "The Parameters '" parameters "' could not be used to start the Task: [" reason "]"

static void test_parameters_that_cannot_be_used(void **state)
{
    (void)state;
    expect_failure("{}", "States.Runtime",
                   CANNOT("{}", "The field 'FunctionName' is required but was missing"));
    expect_failure("[]", "States.Runtime", CANNOT("[]", "The value must be an object"));
    expect_failure("{\"FunctionName\":1}", "States.Runtime",
                   CANNOT("{\"FunctionName\":1}",
                          "The value of the field 'FunctionName' has an invalid format"));
    expect_failure("{\"FunctionName\":\"arn:aws:sqs:us-east-1:1:q\"}", "States.Runtime",
                   CANNOT("{\"FunctionName\":\"arn:aws:sqs:us-east-1:1:q\"}",
                          "The value of the field 'FunctionName' has an invalid format"));
    expect_failure("{\"FunctionName\":\"f\",\"Bogus\":1,\"Other\":null}", "States.Runtime",
                   CANNOT("{\"FunctionName\":\"f\",\"Bogus\":1,\"Other\":null}",
                          "The field 'Bogus' is not supported by Step Functions, "
                          "The field 'Other' is not supported by Step Functions"));
    expect_failure("{\"FunctionName\":\"f\",\"InvocationType\":\"event\"}", "States.Runtime",
                   CANNOT("{\"FunctionName\":\"f\",\"InvocationType\":\"event\"}",
                          "The value of the field 'InvocationType' has an invalid format"));
    /* Nothing gets into the head of the request that could be another header. */
    expect_failure("{\"FunctionName\":\"f\",\"ClientContext\":\"a\\r\\nX-B: c\"}", "States.Runtime",
                   CANNOT("{\"FunctionName\":\"f\",\"ClientContext\":\"a\\r\\nX-B: c\"}",
                          "The value of the field 'ClientContext' has an invalid format"));
    expect_failure("{\"FunctionName\":\"f\",\"ClientContext\":\"a\\u0000\"}", "States.Runtime",
                   CANNOT("{\"FunctionName\":\"f\",\"ClientContext\":\"a\\u0000\"}",
                          "The value of the field 'ClientContext' has an invalid format"));
}

/* A long name at its limit and one past it. */
static void test_name_limit(void **state)
{
    (void)state;
    for (size_t len = 512; len <= 513; len++) {
        struct sent s;
        struct strbuf sb;

        strbuf_init(&sb, 2048);
        strbuf_adds(&sb, "{\"FunctionName\":\"");
        for (size_t i = 0; i < len; i++)
            strbuf_addc(&sb, '%');
        strbuf_adds(&sb, "\"}");
        send_invoke(&s, sb.data);
        assert_int_equal(s.made, len == 512);
        if (s.made)
            assert_int_equal(strlen(s.request.url),
                             strlen("http://h:1/2015-03-31/functions//invocations") + 3 * len);
        arena_done(&s.arena);
        strbuf_done(&sb);
    }
}

/* What is wrong stays readable when the parameters are long. */
static void test_long_parameters(void **state)
{
    struct sent s;
    struct strbuf sb;

    (void)state;
    strbuf_init(&sb, 300000);
    strbuf_adds(&sb, "{\"Payload\":\"");
    for (size_t i = 0; i < 260000; i++)
        strbuf_addc(&sb, 'p');
    strbuf_adds(&sb, "\"}");
    send_invoke(&s, sb.data);
    assert_false(s.made);
    assert_true(s.failure.cause.len < LIMIT_CAUSE_CHARS);
    assert_non_null(strstr(s.failure.cause.data, "'FunctionName' is required"));
    arena_done(&s.arena);
    strbuf_done(&sb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_functions),
        cmocka_unit_test(test_accepts),
        cmocka_unit_test(test_function_arn),
        cmocka_unit_test(test_payload),
        cmocka_unit_test(test_payload_that_is_not_json),
        cmocka_unit_test(test_url),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_parameters_that_cannot_be_used),
        cmocka_unit_test(test_name_limit),
        cmocka_unit_test(test_long_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
