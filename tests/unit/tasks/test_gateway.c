/* apigateway:invoke: reference/integrations.md 2, 3 and 4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tasks/gateway.h"

static void check_request(const char *input, const char *expected)
{
    struct task_request t = {
        .type = "apigateway",
        .action = "invoke",
        .input = {input, strlen(input)},
        .account = "1",
        .region = "r",
    };
    struct call_request request;
    struct task_result failure;
    struct arena a;
    CLEANUP(strbuf_done) struct strbuf sb;

    arena_init(&a);
    strbuf_init(&sb, 65536);
    if (gateway_request(&a, "http://h:1", &t, &request, &failure)) {
        strbuf_addf(&sb, "%s %s\n", request.method, request.url);
        for (const char *const *h = request.headers; *h; h++)
            strbuf_addf(&sb, "%s\n", *h);
        if (request.body.data)
            strbuf_add(&sb, request.body.data, request.body.len);
    } else {
        strbuf_addf(&sb, "%s %s", failure.error, strstr(failure.cause.data, "Task: ") + 6);
    }
    assert_string_equal(sb.data, expected);
    arena_done(&a);
}

static void test_requests(void **state)
{
    (void)state;
    check_request("{\"ApiEndpoint\":\"a.execute-api.r.amazonaws.com\",\"Method\":\"GET\"}",
                  "GET http://h:1/\nHost: a.execute-api.r.amazonaws.com\n");
    check_request(
        "{\"ApiEndpoint\":\"https://a/\",\"Method\":\"POST\",\"Stage\":\"s\",\"Path\":"
        "\"/x y/%20\",\"QueryParameters\":{\"q\":[\"1\",\"a&b\"]},\"Headers\":{\"H\":[\"1\","
        "\"2\"]},\"RequestBody\":{\"a\":null},\"AuthType\":\"IAM_ROLE\"}",
        "POST http://h:1/s/x%20y/%20?q=1&q=a%26b\nH: 1\nH: 2\n"
        "Content-Type: application/json\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=1/20150331/r/execute-api/aws4_request, "
        "SignedHeaders=host, Signature=0\nHost: a\n{\"a\":null}");
}

#define WRONG(field) "States.Runtime [The value of the field '" field "' has an invalid format]"

static void test_wrong(void **state)
{
    (void)state;
    check_request("{\"ApiEndpoint\":\"a\",\"Method\":\"GET\",\"Headers\":{\"h\":\"1\"}}",
                  WRONG("Headers"));
    check_request("{\"ApiEndpoint\":\"a\",\"Method\":\"GET\",\"Headers\":{\"Host\":[\"1\"]}}",
                  WRONG("Headers"));
    check_request("{\"ApiEndpoint\":\"a\",\"Method\":\"GET\",\"Headers\":{\"h\":[\"1\\r\\nx\"]}}",
                  WRONG("Headers"));
    check_request("{\"ApiEndpoint\":\"a\",\"Method\":\"GET\",\"QueryParameters\":{\"q\":1}}",
                  WRONG("QueryParameters"));
    check_request("{\"ApiEndpoint\":\"a b\",\"Method\":\"GET\"}", WRONG("ApiEndpoint"));
    check_request("{\"ApiEndpoint\":\"a\",\"Method\":\"BREW\"}", WRONG("Method"));
    check_request("[]", WRONG("Method"));
}

static void check_result(int status, const char *body, int64_t max_bytes, const char *expected)
{
    static const struct call_header headers[] = {
        {TEXT("A"), TEXT("1")}, {TEXT("B"), TEXT("2")}, {TEXT("a"), TEXT("3")}};
    struct call_response r = {.end = CALL_ANSWERED,
                              .status = status,
                              .status_text = TEXT("OK"),
                              .headers = headers,
                              .headers_len = 3,
                              .body = {body, strlen(body)}};
    struct task_request t = {.type = "apigateway"};
    struct task_result result;
    struct arena a;

    arena_init(&a);
    gateway_result(&a, &t, &r, max_bytes, &result);
    if (result.outcome == TASK_FAILED)
        assert_string_equal(result.error, expected);
    else
        assert_string_equal(result.output.data, expected);
    arena_done(&a);
}

static void test_results(void **state)
{
    (void)state;
    check_result(200, "{\"a\": 1}", 100,
                 "{\"Headers\":{\"A\":[\"1\",\"3\"],\"B\":[\"2\"]},\"ResponseBody\":{\"a\":1},"
                 "\"StatusCode\":200,\"StatusText\":\"OK\"}");
    check_result(201, "text", 100,
                 "{\"Headers\":{\"A\":[\"1\",\"3\"],\"B\":[\"2\"]},\"ResponseBody\":\"text\","
                 "\"StatusCode\":201,\"StatusText\":\"OK\"}");
    check_result(201, "text", 50, "States.DataLimitExceeded");
    check_result(403, "no", 100, "ApiGateway.403");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_results),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
