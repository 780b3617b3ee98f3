/* What Lambda's answers mean for a task: reference/integrations.md 2, 4 and 5,
 * reference/history.md 4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tasks/lambda.h"
#include "tasks/sdk.h"

#define ARN "arn:aws:lambda:us-east-1:123456789012:function:f"
#define T(literal)                     \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

static const struct task_request by_arn = {.id = 1, .arn = ARN};
static const struct task_request integration = {
    .id = 1, .arn = "arn:aws:states:::lambda:invoke", .type = "lambda", .action = "invoke"};

struct mapped {
    struct arena arena;
    struct task_result result;
};

static void map_answer(struct mapped *m, const struct task_request *task,
                       const struct call_response *r)
{
    arena_init(&m->arena);
    memset(&m->result, 0xff, sizeof(m->result));
    lambda_result(&m->arena, task, r, limits_service.payload_bytes, &m->result);
}

static struct call_response answer(int status, const struct call_header *headers,
                                   size_t headers_len, const char *body)
{
    return (struct call_response){
        .end = CALL_ANSWERED,
        .status = status,
        .headers = headers,
        .headers_len = headers_len,
        .body = {body, strlen(body)},
    };
}

static void expect_output(const struct task_request *task, const struct call_response *r,
                          const char *output)
{
    struct mapped m;

    map_answer(&m, task, r);
    assert_int_equal(m.result.outcome, TASK_SUCCEEDED);
    assert_string_equal(m.result.output.data, output);
    assert_int_equal(m.result.output.len, strlen(output));
    arena_done(&m.arena);
}

static void expect_failure(const struct task_request *task, const struct call_response *r,
                           const char *error, const char *cause)
{
    struct mapped m;

    map_answer(&m, task, r);
    assert_int_equal(m.result.outcome, TASK_FAILED);
    assert_string_equal(m.result.error, error);
    assert_string_equal(m.result.cause.data, cause);
    assert_int_equal(m.result.cause.len, strlen(cause));
    arena_done(&m.arena);
}

/* The head of an answer as Lambda sends it. */
static const struct call_header usual[] = {
    {T("Date"), T("Thu, 06 Nov 2025 12:32:09 GMT")},
    {T("Content-Type"), T("application/json")},
    {T("Content-Length"), T("13")},
    {T("Connection"), T("keep-alive")},
    {T("x-amzn-RequestId"), T("4a1b")},
    {T("x-amzn-Remapped-Content-Length"), T("0")},
    {T("X-Amz-Executed-Version"), T("$LATEST")},
    {T("X-Amzn-Trace-Id"), T("root=1-2")},
};

#define METADATA                                                                               \
    "\"SdkHttpMetadata\":{\"AllHttpHeaders\":{\"X-Amz-Executed-Version\":[\"$LATEST\"],"       \
    "\"x-amzn-Remapped-Content-Length\":[\"0\"],\"Connection\":[\"keep-alive\"],"              \
    "\"x-amzn-RequestId\":[\"4a1b\"],\"Content-Length\":[\"13\"],"                             \
    "\"Date\":[\"Thu, 06 Nov 2025 12:32:09 GMT\"],\"X-Amzn-Trace-Id\":[\"root=1-2\"],"         \
    "\"Content-Type\":[\"application/json\"]},\"HttpHeaders\":{\"Connection\":\"keep-alive\"," \
    "\"Content-Length\":\"13\",\"Content-Type\":\"application/json\","                         \
    "\"Date\":\"Thu, 06 Nov 2025 12:32:09 GMT\",\"X-Amz-Executed-Version\":\"$LATEST\","       \
    "\"x-amzn-Remapped-Content-Length\":\"0\",\"x-amzn-RequestId\":\"4a1b\","                  \
    "\"X-Amzn-Trace-Id\":\"root=1-2\"},\"HttpStatusCode\":200},"                               \
    "\"SdkResponseMetadata\":{\"RequestId\":\"4a1b\"},\"StatusCode\":200}"

/* Members, their order and the order of the headers as recorded:
 * services.lambda-task-service.test-invoke-bytes-payload. */
static void test_integration(void **state)
{
    struct call_response r = answer(200, usual, ARRAY_LEN(usual), "\"HelloWorld!\"");

    (void)state;
    expect_output(&integration, &r,
                  "{\"ExecutedVersion\":\"$LATEST\",\"Payload\":\"HelloWorld!\"," METADATA);
    r.body = TEXT("{ \"b\": 1.00, \"a\": [] }");
    expect_output(&integration, &r,
                  "{\"ExecutedVersion\":\"$LATEST\",\"Payload\":{\"b\":1.0,\"a\":[]}," METADATA);
    /* Bytes that are not JSON stay a string. */
    r.body = TEXT("Hello");
    expect_output(&integration, &r,
                  "{\"ExecutedVersion\":\"$LATEST\",\"Payload\":\"Hello\"," METADATA);
    r.body = TEXT("caf\xe9");
    expect_output(&integration, &r,
                  "{\"ExecutedVersion\":\"$LATEST\",\"Payload\":\"caf\xc3\xa9\"," METADATA);
}

static void test_integration_event(void **state)
{
    static const struct call_header headers[] = {{T("x-amzn-RequestId"), T("7")}};
    struct call_response r = answer(202, headers, ARRAY_LEN(headers), "");

    (void)state;
    expect_output(&integration, &r,
                  "{\"Payload\":null,\"SdkHttpMetadata\":{\"AllHttpHeaders\":{\"x-amzn-RequestId\":"
                  "[\"7\"]},\"HttpHeaders\":{\"x-amzn-RequestId\":\"7\"},\"HttpStatusCode\":202},"
                  "\"SdkResponseMetadata\":{\"RequestId\":\"7\"},\"StatusCode\":202}");
}

static void test_integration_log_result(void **state)
{
    static const struct call_header headers[] = {{T("X-Amz-Log-Result"), T("bG9n")}};
    struct call_response r = answer(200, headers, ARRAY_LEN(headers), "1");

    (void)state;
    expect_output(
        &integration, &r,
        "{\"LogResult\":\"bG9n\",\"Payload\":1,\"SdkHttpMetadata\":{\"AllHttpHeaders\":{"
        "\"X-Amz-Log-Result\":[\"bG9n\"]},\"HttpHeaders\":{\"X-Amz-Log-Result\":\"bG9n\"},"
        "\"HttpStatusCode\":200},\"SdkResponseMetadata\":{\"RequestId\":null},"
        "\"StatusCode\":200}");
}

/* A header that comes twice: all values in one list, the last one in the other. */
static void test_integration_repeated_header(void **state)
{
    static const struct call_header headers[] = {
        {T("Via"), T("a")}, {T("Server"), T("s")}, {T("via"), T("b")}};
    struct call_response r = answer(200, headers, ARRAY_LEN(headers), "1");

    (void)state;
    expect_output(&integration, &r,
                  "{\"Payload\":1,\"SdkHttpMetadata\":{\"AllHttpHeaders\":{\"Server\":[\"s\"],"
                  "\"Via\":[\"a\",\"b\"]},\"HttpHeaders\":{\"Server\":\"s\",\"Via\":\"b\"},"
                  "\"HttpStatusCode\":200},\"SdkResponseMetadata\":{\"RequestId\":null},"
                  "\"StatusCode\":200}");
}

static void test_function_arn(void **state)
{
    static const struct {
        const char *body, *output;
    } cases[] = {
        {"\"HelloWorld!\"", "\"HelloWorld!\""},
        {"0.0", "0.0"},
        {"{\"Return\": \"HelloWorld\"}", "{\"Return\":\"HelloWorld\"}"},
        {"9007199254740993", "9007199254740993"},
        {"null", "null"},
        {"", "null"},
        {"not json", "\"not json\""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct call_response r = answer(200, usual, ARRAY_LEN(usual), cases[i].body);

        expect_output(&by_arn, &r, cases[i].output);
    }
}

/* As written by ARN (error_handling.task-lambda.test-raise-exception-catch), compact through the
 * integration (states_variables.error-output.test-map-catch-error). */
static void test_function_error(void **state)
{
    static const struct call_header headers[] = {{T("X-Amz-Function-Error"), T("Unhandled")}};
    const char *written = "{\"errorMessage\": \"Some exception was raised.\", \"errorType\": "
                          "\"Exception\", \"requestId\": \"1\", \"stackTrace\": [\"line 2\\n\"]}";
    const char *compact = "{\"errorMessage\":\"Some exception was raised.\",\"errorType\":"
                          "\"Exception\",\"requestId\":\"1\",\"stackTrace\":[\"line 2\\n\"]}";
    struct call_response r = answer(200, headers, ARRAY_LEN(headers), written);

    (void)state;
    expect_failure(&by_arn, &r, "Exception", written);
    expect_failure(&integration, &r, "Exception", compact);
}

static void test_function_error_without_type(void **state)
{
    static const struct call_header headers[] = {{T("x-amz-function-error"), T("Unhandled")}};
    static const char *const bodies[] = {"{\"errorMessage\":\"Task timed out after 3.00 seconds\"}",
                                         "{\"errorType\":1}",
                                         "{\"errorType\":\"\"}",
                                         "[1]",
                                         "Killed",
                                         ""};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct call_response r = answer(200, headers, ARRAY_LEN(headers), bodies[i]);
        char *cause =
            xasprintf("The cause could not be determined because Lambda did not return an "
                      "error type. Returned payload: %s",
                      bodies[i]);

        expect_failure(&by_arn, &r, "Lambda.Unknown", cause);
        free(cause);
    }
}

/* reference/quotas.md: error 256, cause 32,768 characters. */
static void test_long_function_error(void **state)
{
    static const struct call_header headers[] = {{T("X-Amz-Function-Error"), T("Handled")}};
    CLEANUP(strbuf_done) struct strbuf sb;
    struct mapped m;

    (void)state;
    strbuf_init(&sb, 1000000);
    strbuf_adds(&sb, "{\"errorType\":\"");
    for (size_t i = 0; i < 300; i++)
        strbuf_adds(&sb, "\xc3\xa9");
    strbuf_adds(&sb, "\",\"errorMessage\":\"");
    for (size_t i = 0; i < 100000; i++)
        strbuf_adds(&sb, "\xc3\xa9");
    strbuf_adds(&sb, "\"}");

    struct call_response r = answer(200, headers, ARRAY_LEN(headers), sb.data);

    map_answer(&m, &by_arn, &r);
    assert_int_equal(utf8_length(m.result.error, strlen(m.result.error)), 256);
    assert_int_equal(utf8_length(m.result.cause.data, m.result.cause.len), 32768);
    assert_memory_equal(m.result.cause.data + m.result.cause.len - 2, "\xc3\xa9", 2);
    arena_done(&m.arena);
}

/* reference/integrations.md 4: the shape of the client's texts. */
static void test_refused(void **state)
{
    static const struct call_header not_found[] = {
        {T("x-amzn-RequestId"), T("1-2")}, {T("x-amzn-ErrorType"), T("ResourceNotFoundException")}};
    static const struct call_header throttled[] = {
        {T("x-amzn-ErrorType"), T("TooManyRequestsException:http://internal/")}};
    static const struct call_header denied[] = {
        {T("x-amzn-errortype"), T("com.amazon#AccessDeniedException")}};
    struct call_response r;

    (void)state;
    r = answer(404, not_found, ARRAY_LEN(not_found),
               "{\"Type\":\"User\",\"Message\":\"Function not found: " ARN ":$LATEST\"}");
    expect_failure(&integration, &r, "Lambda.ResourceNotFoundException",
                   "Function not found: " ARN ":$LATEST (Service: AWSLambda; Status Code: 404; "
                   "Error Code: ResourceNotFoundException; Request ID: 1-2; Proxy: null)");
    r = answer(429, throttled, ARRAY_LEN(throttled), "{\"message\":\"Rate Exceeded.\"}");
    expect_failure(&by_arn, &r, "Lambda.TooManyRequestsException",
                   "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: "
                   "TooManyRequestsException; Request ID: null; Proxy: null)");
    r = answer(403, denied, ARRAY_LEN(denied), "{\"Message\":\"no\"}");
    expect_failure(&by_arn, &r, "Lambda.AWSLambdaException",
                   "no (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; "
                   "Request ID: null; Proxy: null)");
    r = answer(400, NULL, 0, "{\"__type\":\"x#InvalidRequestContentException\"}");
    expect_failure(&by_arn, &r, "Lambda.InvalidRequestContentException",
                   "null (Service: AWSLambda; Status Code: 400; Error Code: "
                   "InvalidRequestContentException; Request ID: null; Proxy: null)");
    r = answer(500, NULL, 0, "");
    expect_failure(
        &by_arn, &r, "Lambda.ServiceException",
        "null (Service: AWSLambda; Status Code: 500; Error Code: null; Request ID: null; "
        "Proxy: null)");
    r = answer(302, NULL, 0, "<h1>Moved</h1>");
    expect_failure(&by_arn, &r, "Lambda.AWSLambdaException",
                   "<h1>Moved</h1> (Service: AWSLambda; Status Code: 302; Error Code: null; "
                   "Request ID: null; Proxy: null)");
}

static void test_no_answer(void **state)
{
    struct call_response r = {.end = CALL_UNREACHABLE, .reason = "h: Name or service not known"};

    (void)state;
    expect_failure(&by_arn, &r, "Lambda.SdkClientException",
                   "Unable to execute HTTP request: h: Name or service not known");
    r = (struct call_response){.end = CALL_TIMED_OUT};
    expect_failure(&by_arn, &r, "Lambda.ClientExecutionTimeoutException",
                   "Client execution did not complete before the specified timeout configuration");
}

#define TOO_LARGE(what)     \
    "The state/task '" what \
    "' returned a result with a size exceeding the maximum number of bytes service limit."

static char *letters(size_t len, bool quoted)
{
    char *s = xmalloc(len + 1);

    memset(s, 'a', len);
    s[len] = '\0';
    if (quoted)
        s[0] = s[len - 1] = '"';
    return s;
}

/* reference/history.md 4: at the limit and one past it. */
static void test_result_limit(void **state)
{
    struct mapped m;
    char *body;

    (void)state;
    for (size_t over = 0; over <= 1; over++) {
        struct call_response r;

        body = letters(262144 + over, true);
        r = answer(200, NULL, 0, body);
        if (over)
            expect_failure(&by_arn, &r, "States.DataLimitExceeded", TOO_LARGE(ARN));
        else
            expect_output(&by_arn, &r, body);
        /* The envelope counts. */
        expect_failure(&integration, &r, "States.DataLimitExceeded", TOO_LARGE("lambda"));
        free(body);

        /* error_handling.states-errors.test-task-lambda-data-limit-exceeded…: not even JSON. */
        body = letters(263168, false);
        r = answer(200, NULL, 0, body);
        expect_failure(&by_arn, &r, "States.DataLimitExceeded", TOO_LARGE(ARN));
        r.end = CALL_TOO_LARGE;
        expect_failure(&integration, &r, "States.DataLimitExceeded", TOO_LARGE("lambda"));
        free(body);
    }

    /* At the limit with what the envelope without headers adds. */
    struct call_response r = answer(200, NULL, 0, "\"\"");
    size_t envelope;

    map_answer(&m, &integration, &r);
    envelope = m.result.output.len - 2;
    arena_done(&m.arena);
    for (size_t over = 0; over <= 1; over++) {
        body = letters(262144 - envelope + over, true);
        r = answer(200, NULL, 0, body);
        map_answer(&m, &integration, &r);
        assert_int_equal(m.result.outcome, over ? TASK_FAILED : TASK_SUCCEEDED);
        arena_done(&m.arena);
        free(body);
    }
}

/* A result has to be JSON that can be read again, even when the envelope takes it a level
 * deeper. */
static void test_depth(void **state)
{
    (void)state;
    for (size_t depth = LIMIT_JSON_DEPTH - 1; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
        CLEANUP(free_p) char *body = xmalloc(2 * depth + 1);
        struct mapped m;

        memset(body, '[', depth);
        memset(body + depth, ']', depth);
        body[2 * depth] = '\0';

        struct call_response r = answer(200, NULL, 0, body);

        map_answer(&m, &by_arn, &r);
        assert_int_equal(m.result.outcome, TASK_SUCCEEDED);
        assert_true(json_valid(m.result.output.data, m.result.output.len, NULL));
        arena_done(&m.arena);

        map_answer(&m, &integration, &r);
        assert_int_equal(m.result.outcome, TASK_SUCCEEDED);
        assert_true(json_valid(m.result.output.data, m.result.output.len, NULL));
        assert_int_equal(strncmp(m.result.output.data, "{\"Payload\":[", 12) == 0,
                         depth < LIMIT_JSON_DEPTH);
        arena_done(&m.arena);
    }
}

/* A Java map of 16 buckets grows with the thirteenth name, and its order changes. */
static void test_order_of_many_headers(void **state)
{
    static const struct call_header headers[] = {
        {T("k"), T("")}, {T("a"), T("")}, {T("x"), T("")}, {T("b"), T("")}, {T("y"), T("")},
        {T("c"), T("")}, {T("z"), T("")}, {T("d"), T("")}, {T("w"), T("")}, {T("e"), T("")},
        {T("v"), T("")}, {T("f"), T("")}, {T("u"), T("")}};
    static const struct {
        size_t len;
        const char *order;
    } cases[] = {{12, "abcdevfwxyzk"}, {13, "abcdefkuvwxyz"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct call_response r = answer(200, headers, cases[i].len, "1");
        struct mapped m;

        map_answer(&m, &integration, &r);
        assert_int_equal(m.result.outcome, TASK_SUCCEEDED);

        CLEANUP(json_unref_p)
        struct json *output =
            json_parse(m.result.output.data, m.result.output.len, JSON_PARSE_DEFAULT, NULL);
        const struct json *all = json_gets(json_gets(output, "SdkHttpMetadata"), "AllHttpHeaders");

        assert_int_equal(json_len(all), cases[i].len);
        for (size_t k = 0; k < cases[i].len; k++)
            assert_int_equal(json_str(json_key_at(all, k), NULL)[0], cases[i].order[k]);
        arena_done(&m.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integration),
        cmocka_unit_test(test_integration_event),
        cmocka_unit_test(test_integration_log_result),
        cmocka_unit_test(test_integration_repeated_header),
        cmocka_unit_test(test_function_arn),
        cmocka_unit_test(test_function_error),
        cmocka_unit_test(test_function_error_without_type),
        cmocka_unit_test(test_long_function_error),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_result_limit),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_order_of_many_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
