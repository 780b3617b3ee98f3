/* What the answer to an HTTP Task means, and what TestState shows of it: reference/integrations.md 2,
 * 7 and 9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "tasks/http.h"

#define T(literal)                     \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

struct seen {
    struct arena arena;
    struct task_result result;
};

static void see(struct seen *s, const char *method, const struct call_response *r)
{
    arena_init(&s->arena);
    memset(&s->result, 0xff, sizeof(s->result));
    http_result(&s->arena, method, r, limits_service.payload_bytes, &s->result);
}

static void expect_output(const char *method, const struct call_response *r, const char *output)
{
    struct seen s;

    see(&s, method, r);
    assert_int_equal(s.result.outcome, TASK_SUCCEEDED);
    assert_string_equal(s.result.output.data, output);
    arena_done(&s.arena);
}

static void expect_failure(const struct call_response *r, const char *error, const char *cause)
{
    struct seen s;

    see(&s, "GET", r);
    assert_int_equal(s.result.outcome, TASK_FAILED);
    assert_string_equal(s.result.error, error);
    assert_string_equal(s.result.cause.data, cause);
    arena_done(&s.arena);
}

static struct call_response answer(int status, const char *reason,
                                   const struct call_header *headers, size_t headers_len,
                                   const char *body)
{
    return (struct call_response){
        .end = CALL_ANSWERED,
        .status = status,
        .status_text = {reason, strlen(reason)},
        .headers = headers,
        .headers_len = headers_len,
        .body = {body, strlen(body)},
    };
}

static void expect_body(const char *type, const char *body, const char *shown)
{
    struct call_header h = {T("Content-Type"), {type, strlen(type)}};
    struct call_response r = answer(200, "OK", &h, 1, body);
    CLEANUP(free_p)
    char *wanted = xasprintf("{\"Headers\":{\"Content-Type\":[\"%s\"]},\"ResponseBody\":%s,"
                             "\"StatusCode\":200,\"StatusText\":\"OK\"}",
                             type, shown);

    expect_output("GET", &r, wanted);
}

static void test_envelope(void **state)
{
    static const struct call_header headers[] = {
        {T("X-One"), T("1")},
        {T("content-type"), T("application/json")},
        {T("x-one"), T("2")},
    };
    struct call_response r = answer(201, "Created", headers, 3, "{\"b\":1,\"a\":1.00}");

    (void)state;
    expect_output("GET", &r,
                  "{\"Headers\":{\"X-One\":[\"1\",\"2\"],\"content-type\":[\"application/json\"]},"
                  "\"ResponseBody\":{\"b\":1,\"a\":1.0},\"StatusCode\":201,\"StatusText\":"
                  "\"Created\"}");
}

static void test_content_types(void **state)
{
    (void)state;
    expect_body("application/json; charset=utf-8", "[1]", "[1]");
    expect_body("Application/JSON", "null", "null");
    expect_body("application/problem+json", "{}", "{}");
    expect_body("application/json", "{oops", "\"{oops\"");
    expect_body("text/plain", "{}", "\"{}\"");
    expect_body("text/plain", "\xe4", "\"\xc3\xa4\"");
    expect_body("application/xml", "<a/>", "\"<a/>\"");
    expect_body("image/svg+xml", "<a/>", "\"<a/>\"");
    expect_body("", "text", "\"text\"");
}

static void test_no_body(void **state)
{
    static const struct call_header type = {T("Content-Type"), T("application/json")};
    struct call_response empty = answer(204, "No Content", NULL, 0, "");
    struct call_response head = answer(200, "OK", &type, 1, "");

    (void)state;
    expect_output("GET", &empty,
                  "{\"Headers\":{},\"StatusCode\":204,\"StatusText\":\"No Content\"}");
    expect_output("HEAD", &head,
                  "{\"Headers\":{\"Content-Type\":[\"application/json\"]},\"StatusCode\":200,"
                  "\"StatusText\":\"OK\"}");
}

static void test_binary(void **state)
{
    static const char *const types[] = {"application/octet-stream", "image/png", "audio/ogg",
                                        "video/mp4", "application/x-what"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct call_header h = {T("Content-Type"), {types[i], strlen(types[i])}};
        struct call_response r = answer(200, "OK", &h, 1, "\x01\xff");
        CLEANUP(free_p)
        char *cause = xasprintf("The response of the API has the content type '%s', which an HTTP "
                                "Task cannot read.",
                                types[i]);

        expect_failure(&r, "States.Runtime", cause);
    }
}

static void test_statuses(void **state)
{
    struct call_response missing = answer(404, "Not Found", NULL, 0, "why");
    struct call_response teapot = answer(418, "", NULL, 0, "");
    struct call_response moved = answer(302, "Found", NULL, 0, "");
    struct call_response large = answer(500, "Oops", NULL, 0, "");

    (void)state;
    large.end = CALL_TOO_LARGE;
    expect_failure(&missing, "States.Http.StatusCode.404", "Not Found");
    expect_failure(&teapot, "States.Http.StatusCode.418", "");
    expect_failure(&moved, "States.Http.StatusCode.302", "Found");
    expect_failure(&large, "States.Http.StatusCode.500", "Oops");
}

static void test_no_answer(void **state)
{
    struct call_response r = {.end = CALL_UNREACHABLE, .reason = "h: Name or service not known"};

    (void)state;
    expect_failure(&r, "States.Http.Socket",
                   "Unable to execute HTTP request: h: Name or service not known");
    r = (struct call_response){.end = CALL_TIMED_OUT};
    expect_failure(&r, "States.Http.Socket",
                   "Unable to execute HTTP request: no response within 60 seconds");
}

#define TOO_LARGE                                                                          \
    "The state/task 'http' returned a result with a size exceeding the maximum number of " \
    "bytes service limit."

/* At the ceiling of a result, and one past it; and a body that was not read to its end. */
static void test_size(void **state)
{
    static const char rest[] = "{\"Headers\":{},\"ResponseBody\":\"\",\"StatusCode\":200,"
                               "\"StatusText\":\"\"}";
    size_t room = (size_t)limits_service.payload_bytes - strlen(rest);
    CLEANUP(free_p) char *body = xmalloc(room + 2);
    struct call_response r;
    struct seen s;

    (void)state;
    memset(body, 'x', room + 1);
    body[room] = '\0';
    r = answer(200, "", NULL, 0, body);
    see(&s, "GET", &r);
    assert_int_equal(s.result.outcome, TASK_SUCCEEDED);
    assert_int_equal(s.result.output.len, limits_service.payload_bytes);
    arena_done(&s.arena);
    r.body.len++;
    body[room] = 'x';
    body[room + 1] = '\0';
    expect_failure(&r, "States.DataLimitExceeded", TOO_LARGE);
    r.end = CALL_TOO_LARGE;
    expect_failure(&r, "States.DataLimitExceeded", TOO_LARGE);
}

/* JSON as deep as a text may be is deeper in the envelope: then it stays text. */
static void test_depth(void **state)
{
    static const struct call_header type = {T("Content-Type"), T("application/json")};
    char body[2 * LIMIT_JSON_DEPTH + 1];
    struct call_response r;
    struct seen s;

    (void)state;
    memset(body, '[', LIMIT_JSON_DEPTH);
    memset(body + LIMIT_JSON_DEPTH, ']', LIMIT_JSON_DEPTH);
    body[2 * LIMIT_JSON_DEPTH] = '\0';
    r = answer(200, "OK", &type, 1, body);
    see(&s, "GET", &r);
    assert_int_equal(s.result.outcome, TASK_SUCCEEDED);
    assert_non_null(strstr(s.result.output.data, "\"ResponseBody\":\"[["));
    assert_true(json_valid(s.result.output.data, s.result.output.len, NULL));
    arena_done(&s.arena);
}

/* The form of the service's documentation (section 9). */
static void test_trace(void **state)
{
    struct call_header sent[] = {{T("user-agent"), T("x")}, {T("A"), T("1")}};
    static const struct call_header got[] = {{T("B"), T("2")}, {T("C"), T("\xe4")}};
    struct http_message m = {
        .method = "POST", .url = "https://h", .headers = sent, .headers_len = 2, .body = T("b")};
    struct call_response r = answer(200, "OK", got, 2, "answer");
    struct arena a;
    const struct task_trace *t;

    (void)state;
    arena_init(&a);
    t = http_trace(&a, &m, &r);
    assert_string_equal(t->request.protocol.data, "https");
    assert_string_equal(t->request.method.data, "POST");
    assert_string_equal(t->request.url.data, "https://h");
    assert_string_equal(t->request.headers.data, "[user-agent: x, A: 1]");
    assert_string_equal(t->request.body.data, "b");
    assert_string_equal(t->response.protocol.data, "https");
    assert_string_equal(t->response.status_code.data, "200");
    assert_string_equal(t->response.status_message.data, "OK");
    assert_string_equal(t->response.headers.data, "[B: 2, C: \xc3\xa4]");
    assert_string_equal(t->response.body.data, "answer");
    r.end = CALL_UNREACHABLE;
    assert_null(http_trace(&a, &m, &r)->response.protocol.data);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_envelope), cmocka_unit_test(test_content_types),
        cmocka_unit_test(test_no_body),  cmocka_unit_test(test_binary),
        cmocka_unit_test(test_statuses), cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_size),     cmocka_unit_test(test_depth),
        cmocka_unit_test(test_trace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
