/* What an HTTP Task sends: reference/integrations.md 3 and 7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "tasks/http.h"

#define CONNECTION "\"ConnectionArn\":\"arn:aws:events:us-east-1:123456789012:connection/c/1\""
#define AUTH       "\"Authentication\":{" CONNECTION "}"
/* A request of the usual kind, with more members. */
#define GET(more)    "{\"ApiEndpoint\":\"https://h/p\",\"Method\":\"GET\"," AUTH more "}"
#define POST(more)   "{\"ApiEndpoint\":\"https://h/p\",\"Method\":\"POST\"," AUTH more "}"
#define USUAL        "user-agent: Amazon|StepFunctions|HttpInvoke|eu-west-1; range: bytes=0-262144; "
#define JSON_TYPE    "content-type: application/json; charset=UTF-8; "
#define FORM(format) ",\"Transform\":{\"RequestBodyEncoding\":\"URL_ENCODED\"" format "}"
#define ARRAYS(name) ",\"RequestEncodingOptions\":{\"ArrayFormat\":\"" name "\"}"

#define API_KEY                                                                         \
    "{\"AuthorizationType\":\"API_KEY\",\"AuthParameters\":{\"ApiKeyAuthParameters\":{" \
    "\"ApiKeyName\":\"X-Key\",\"ApiKeyValue\":\"k\"}"
#define KEY        API_KEY "}}"
#define ADDS(http) API_KEY ",\"InvocationHttpParameters\":{" http "}}}"

/* "METHOD URL | headers | body", or the failure's cause. */
static char *made(const char *input, const char *connection)
{
    const struct task_request task = {.input = {input, strlen(input)}};
    struct arena a;
    struct strbuf sb;
    struct http_parameters p = {0};
    struct connection c;
    struct http_access access = {.authorization = TEXT("Bearer t")};
    struct http_message m;
    struct task_result failure;

    arena_init(&a);
    strbuf_init(&sb, 4 * 1024 * 1024);
    if (connection) {
        CLEANUP(json_unref_p)
        struct json *v = json_parse(connection, strlen(connection), JSON_PARSE_DEFAULT, NULL);

        assert_int_equal(connection_read(&a, v, NULL, &c, NULL), 0);
        access.connection = &c;
    }
    if (!http_parameters_read(&a, &task, &p, &failure) ||
        !http_message_make(&a, &p, "eu-west-1", &access, &m, &failure)) {
        assert_int_equal(failure.outcome, TASK_FAILED);
        assert_string_equal(failure.error, "States.Runtime");
        strbuf_add(&sb, failure.cause.data, failure.cause.len);
    } else {
        strbuf_addf(&sb, "%s %s | ", m.method, m.url);
        for (size_t i = 0; i < m.headers_len; i++)
            strbuf_addf(&sb, "%s: %s; ", m.headers[i].name.data, m.headers[i].value.data);
        strbuf_adds(&sb, "| ");
        strbuf_add(&sb, m.body.data ? m.body.data : "-", m.body.data ? m.body.len : 1);
    }
    http_parameters_done(&p);
    arena_done(&a);
    return strbuf_take(&sb, NULL);
}

static void expect(const char *input, const char *connection, const char *wanted)
{
    CLEANUP(free_p) char *seen = made(input, connection);

    assert_string_equal(seen, wanted);
}

/* The failure names the parameters, and this problem. */
static void expect_problem(const char *input, const char *connection, const char *problem)
{
    CLEANUP(free_p) char *seen = made(input, connection);
    CLEANUP(free_p)
    char *wanted = xasprintf("could not be used to start the Task: [%s]", problem);

    if (strncmp(seen, "The Parameters '", 16) != 0 || !strstr(seen, wanted))
        fail_msg("'%s' is not in '%s'", wanted, seen);
}

static void test_defaults(void **state)
{
    (void)state;
    expect(GET(""), NULL, "GET https://h/p | " USUAL "| -");
    expect(POST(""), NULL, "POST https://h/p | " USUAL "| -");
    expect("{\"ApiEndpoint\":\"http://h\",\"Method\":\"GET\",\"InvocationConfig\":{" CONNECTION
           "}}",
           NULL, "GET http://h | " USUAL "| -");
    expect(POST(",\"RequestBody\":null,\"Headers\":null"), NULL, "POST https://h/p | " USUAL "| -");
}

static void test_headers(void **state)
{
    (void)state;
    expect(GET(",\"Headers\":{\"A\":\"1\",\"b\":[2,true],\"C\":null,\"D\":\"\"}"), NULL,
           "GET https://h/p | " USUAL "A: 1; b: 2; b: true; D: ; | -");
    expect(GET(",\"Headers\":{\"Range\":\"bytes=0-1\"}"), NULL,
           "GET https://h/p | user-agent: Amazon|StepFunctions|HttpInvoke|eu-west-1; Range: "
           "bytes=0-1; | -");
    expect(POST(",\"Headers\":{\"Content-Type\":\"text/x\"},\"RequestBody\":\"b\""), NULL,
           "POST https://h/p | " USUAL "Content-Type: text/x; | b");
}

static void test_forbidden_headers(void **state)
{
    static const char *const names[] = {"Authorization", "authorization", "Host",
                                        "Connection",    "Date",          "Transfer-Encoding",
                                        "x-amz-date",    "X-Amzn-Trace",  "X-Forwarded-For"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(free_p) char *input = xasprintf(GET(",\"Headers\":{\"%s\":\"x\"}"), names[i]);
        CLEANUP(free_p)
        char *problem = xasprintf("The 'Headers' field contains unsupported values: %s", names[i]);

        expect_problem(input, NULL, problem);
    }
}

static void test_query(void **state)
{
    (void)state;
    expect(GET(",\"QueryParameters\":{\"a b\":\"x+y z\",\"c\":[1,\"\xc3\xbc\"],\"d\":null}"), NULL,
           "GET https://h/p?a%20b=x%2By%20z&c=1&c=%C3%BC | " USUAL "| -");
    expect("{\"ApiEndpoint\":\"https://h/p?z=1#part\",\"Method\":\"GET\"," AUTH
           ",\"QueryParameters\":{\"a\":false}}",
           NULL, "GET https://h/p?z=1&a=false | " USUAL "| -");
}

static void test_json_bodies(void **state)
{
    (void)state;
    expect(POST(",\"RequestBody\":{\"b\":1.00,\"a\":[null]}"), NULL,
           "POST https://h/p | " USUAL JSON_TYPE "| {\"b\":1.0,\"a\":[null]}");
    expect(POST(",\"RequestBody\":\"text \\\"\\u00fc\""), NULL,
           "POST https://h/p | " USUAL JSON_TYPE "| text \"\xc3\xbc");
    expect(POST(",\"RequestBody\":[1,2],\"Transform\":{\"RequestBodyEncoding\":\"NONE\"}"), NULL,
           "POST https://h/p | " USUAL JSON_TYPE "| [1,2]");
}

/* The four formats of arrays, as documented for {"array": [...]}. */
static void test_forms(void **state)
{
    static const struct {
        const char *format, *body;
    } cases[] = {
        {"", "s=a%20%2B%26&n=1&o[p]=true&l[0]=1&l[1][q]=x&z="},
        {ARRAYS("INDICES"), "s=a%20%2B%26&n=1&o[p]=true&l[0]=1&l[1][q]=x&z="},
        {ARRAYS("REPEAT"), "s=a%20%2B%26&n=1&o[p]=true&l=1&l[q]=x&z="},
        {ARRAYS("BRACKETS"), "s=a%20%2B%26&n=1&o[p]=true&l[]=1&l[][q]=x&z="},
        {ARRAYS("COMMAS"), "s=a%20%2B%26&n=1&o[p]=true&l[0]=1&l[1][q]=x&z="},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(free_p)
        char *input = xasprintf(POST(",\"RequestBody\":{\"s\":\"a +&\",\"n\":1,\"o\":{\"p\":true},"
                                     "\"l\":[1,{\"q\":\"x\"}],\"z\":null}" FORM("%s")),
                                cases[i].format);
        CLEANUP(free_p)
        char *wanted = xasprintf("POST https://h/p | " USUAL JSON_TYPE "| %s", cases[i].body);

        expect(input, NULL, wanted);
    }
    expect(POST(",\"RequestBody\":{\"a b\":[\"1,2\",3,null]}" FORM(ARRAYS("COMMAS"))), NULL,
           "POST https://h/p | " USUAL JSON_TYPE "| a%20b=1%2C2,3,");
    expect_problem(POST(",\"RequestBody\":\"a=1\"" FORM("")), NULL,
                   "The value of the field 'RequestBody' has an invalid format");
}

static void test_authorization(void **state)
{
    (void)state;
    expect(GET(""),
           "{\"AuthorizationType\":\"BASIC\",\"AuthParameters\":{\"BasicAuthParameters\":{"
           "\"Username\":\"Aladdin\",\"Password\":\"open sesame\"}}}",
           "GET https://h/p | " USUAL "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==; | -");
    expect(GET(""), KEY, "GET https://h/p | " USUAL "X-Key: k; | -");
    expect(GET(""),
           "{\"AuthorizationType\":\"OAUTH_CLIENT_CREDENTIALS\",\"AuthParameters\":{"
           "\"OAuthParameters\":{\"ClientParameters\":{\"ClientID\":\"i\",\"ClientSecret\":\"s\"},"
           "\"AuthorizationEndpoint\":\"https://o\",\"HttpMethod\":\"POST\"}}}",
           "GET https://h/p | " USUAL "Authorization: Bearer t; | -");
}

/* The connection's values replace those of the same name. */
static void test_merging(void **state)
{
    (void)state;
    expect(POST(",\"Headers\":{\"a\":\"mine\",\"b\":\"mine\"},\"QueryParameters\":{\"q\":\"mine\","
                "\"r\":\"mine\"},\"RequestBody\":{\"x\":\"mine\",\"y\":{\"z\":1}}"),
           ADDS("\"HeaderParameters\":[{\"Key\":\"A\",\"Value\":\"its\"}],"
                "\"QueryStringParameters\":[{\"Key\":\"q\",\"Value\":\"its own\"}],"
                "\"BodyParameters\":[{\"Key\":\"x\",\"Value\":\"its\"},{\"Key\":\"w\",\"Value\":"
                "\"new\"}]"),
           "POST https://h/p?r=mine&q=its%20own | " USUAL "b: mine; A: its; X-Key: k; " JSON_TYPE
           "| {\"x\":\"its\",\"y\":{\"z\":1},\"w\":\"new\"}");
    expect(POST(",\"RequestBody\":{\"a\":1}" FORM("")),
           ADDS("\"BodyParameters\":[{\"Key\":\"a\",\"Value\":\"1+1 2\"}]"),
           "POST https://h/p | " USUAL "X-Key: k; " JSON_TYPE "| a=1%2B1%202");
    expect(POST(""), ADDS("\"BodyParameters\":[{\"Key\":\"a\",\"Value\":\"1\"}]"),
           "POST https://h/p | " USUAL "X-Key: k; " JSON_TYPE "| {\"a\":\"1\"}");
    expect_problem(POST(",\"RequestBody\":\"text\""),
                   ADDS("\"BodyParameters\":[{\"Key\":\"a\",\"Value\":\"1\"}]"),
                   "The field 'RequestBody' must be an object, because the connection adds body "
                   "parameters to it");
    /* What a connection adds cannot end a header either. */
    expect_problem(GET(""), ADDS("\"HeaderParameters\":[{\"Key\":\"A\",\"Value\":\"x\\ny\"}]"),
                   "The value of the field 'Headers' has an invalid format");
}

static void test_problems(void **state)
{
#define BAD(field) "The value of the field '" field "' has an invalid format"
    static const struct {
        const char *input, *problem;
    } cases[] = {
        {"[]", "The value must be an object"},
        {"{}", "The field 'ApiEndpoint' is required but was missing"},
        {"{\"ApiEndpoint\":1}", BAD("ApiEndpoint")},
        {"{\"ApiEndpoint\":\"ftp://h\"}", BAD("ApiEndpoint")},
        {"{\"ApiEndpoint\":\"http://\"}", BAD("ApiEndpoint")},
        {"{\"ApiEndpoint\":\"http://h/a b\"}", BAD("ApiEndpoint")},
        {"{\"ApiEndpoint\":\"http://u:p@h/\"}", BAD("ApiEndpoint")},
        {"{\"ApiEndpoint\":\"http://h/\\u0000\"}", BAD("ApiEndpoint")},
        {"{\"ApiEndpoint\":\"http://h\"}", "The field 'Method' is required but was missing"},
        {"{\"ApiEndpoint\":\"http://h\",\"Method\":\"get\"}", BAD("Method")},
        {"{\"ApiEndpoint\":\"http://h\",\"Method\":\"GET\"}",
         "The field 'Authentication' is required but was missing"},
        {"{\"ApiEndpoint\":\"http://h\",\"Method\":\"GET\",\"Authentication\":1}",
         BAD("Authentication")},
        {"{\"ApiEndpoint\":\"http://h\",\"Method\":\"GET\",\"Authentication\":{}}",
         "The field 'ConnectionArn' is required but was missing"},
        {"{\"ApiEndpoint\":\"http://h\",\"Method\":\"GET\",\"Authentication\":{\"ConnectionArn\":"
         "\"arn:aws:events:r:1:rule/x\"}}",
         BAD("ConnectionArn")},
        {GET(",\"Headers\":[]"), BAD("Headers")},
        {GET(",\"Headers\":{\"a\":{}}"), BAD("Headers")},
        {GET(",\"Headers\":{\"a b\":\"x\"}"), BAD("Headers")},
        {GET(",\"Headers\":{\"\":\"x\"}"), BAD("Headers")},
        {GET(",\"Headers\":{\"a\":\"x\\r\\ny: z\"}"), BAD("Headers")},
        {GET(",\"QueryParameters\":\"a=1\""), BAD("QueryParameters")},
        {GET(",\"QueryParameters\":{\"a\":{}}"), BAD("QueryParameters")},
        {GET(",\"QueryParameters\":{\"a\":[[]]}"), BAD("QueryParameters")},
        {GET(",\"Transform\":1"), BAD("Transform")},
        {GET(",\"Transform\":{\"RequestBodyEncoding\":\"X\"}"), BAD("RequestBodyEncoding")},
        {GET(",\"Transform\":{\"RequestEncodingOptions\":1}"), BAD("RequestEncodingOptions")},
        {GET(",\"Transform\":{\"RequestEncodingOptions\":{\"ArrayFormat\":1}}"),
         BAD("ArrayFormat")},
        {GET(",\"More\":1"), "The field 'More' is not supported by Step Functions"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_problem(cases[i].input, NULL, cases[i].problem);
}

/* ---- ceilings -------------------------------------------------------------------------------- */

static char *repeated(char ch, size_t count)
{
    char *s = xmalloc(count + 1);

    memset(s, ch, count);
    s[count] = '\0';
    return s;
}

static void test_url_ceiling(void **state)
{
    size_t room = HTTP_URL_BYTES - strlen("https://h/p?a=");

    (void)state;
    for (size_t more = 0; more < 2; more++) {
        CLEANUP(free_p) char *value = repeated('x', room + more);
        CLEANUP(free_p) char *input = xasprintf(GET(",\"QueryParameters\":{\"a\":\"%s\"}"), value);

        if (more) {
            expect_problem(input, NULL, "The request's URL is too large");
        } else {
            CLEANUP(free_p) char *seen = made(input, NULL);

            assert_non_null(strstr(seen, "xxx | user-agent"));
        }
    }
}

static void test_body_ceiling(void **state)
{
    size_t room = (HTTP_BODY_BYTES - strlen("a=")) / 3; /* each space is three bytes */

    (void)state;
    for (size_t more = 0; more < 2; more++) {
        CLEANUP(free_p) char *value = repeated(' ', room + more);
        CLEANUP(free_p)
        char *input = xasprintf(POST(",\"RequestBody\":{\"a\":\"%s\"}" FORM("")), value);

        if (more) {
            expect_problem(input, NULL, "The request's body is too large");
        } else {
            CLEANUP(free_p) char *seen = made(input, NULL);

            assert_non_null(strstr(seen, "| a=%20%20"));
        }
    }
}

static void test_header_ceiling(void **state)
{
    CLEANUP(free_p) char *value = repeated('x', HTTP_HEADER_BYTES);
    CLEANUP(free_p) char *long_one = xasprintf(GET(",\"Headers\":{\"a\":\"%s\"}"), value);
    struct strbuf sb;

    (void)state;
    expect_problem(long_one, NULL, "The request's headers are too large");
    strbuf_init(&sb, 1000000);
    strbuf_adds(&sb,
                "{\"ApiEndpoint\":\"http://h\",\"Method\":\"GET\"," AUTH ",\"Headers\":{\"a\":[0");
    for (unsigned i = 0; i < HTTP_HEADERS; i++)
        strbuf_adds(&sb, ",1");
    strbuf_adds(&sb, "]}}");
    expect_problem(sb.data, NULL, "The request's headers are too large");
    strbuf_done(&sb);
}

/* Every leaf of a deep value repeats the whole path to it: that ends at the ceiling, soon. */
static void test_deep_form(void **state)
{
    struct strbuf sb;

    (void)state;
    strbuf_init(&sb, 1000000);
    strbuf_adds(&sb, "{\"ApiEndpoint\":\"http://h\",\"Method\":\"POST\"," AUTH ",\"RequestBody\":");
    for (unsigned i = 0; i < 900; i++)
        strbuf_adds(&sb, "{\"0123456789012345678901234567890123456789\":");
    strbuf_adds(&sb, "[0");
    for (unsigned i = 0; i < 50000; i++)
        strbuf_adds(&sb, ",1");
    strbuf_addc(&sb, ']');
    for (unsigned i = 0; i < 900; i++)
        strbuf_addc(&sb, '}');
    strbuf_adds(&sb, FORM("") "}");
    expect_problem(sb.data, NULL, "The request's body is too large");
    strbuf_done(&sb);
}

/* How libcurl is told: an empty header ends in a semicolon, and a type is never made up. */
static void test_call(void **state)
{
    struct call_header headers[] = {{TEXT("a"), TEXT("1")}, {TEXT("b"), TEXT("")}};
    struct http_message m = {
        .method = "PATCH", .url = "http://h", .headers = headers, .headers_len = 2};
    struct call_request r;
    struct arena a;

    (void)state;
    arena_init(&a);
    http_message_call(&a, &m, &r);
    assert_string_equal(r.method, "PATCH");
    assert_string_equal(r.headers[0], "a: 1");
    assert_string_equal(r.headers[1], "b;");
    assert_string_equal(r.headers[2], "Content-Type:");
    assert_null(r.headers[3]);
    assert_null(r.body.data);
    assert_int_equal(r.answer_seconds, 60);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),          cmocka_unit_test(test_headers),
        cmocka_unit_test(test_forbidden_headers), cmocka_unit_test(test_query),
        cmocka_unit_test(test_json_bodies),       cmocka_unit_test(test_forms),
        cmocka_unit_test(test_authorization),     cmocka_unit_test(test_merging),
        cmocka_unit_test(test_problems),          cmocka_unit_test(test_url_ceiling),
        cmocka_unit_test(test_body_ceiling),      cmocka_unit_test(test_header_ceiling),
        cmocka_unit_test(test_deep_form),         cmocka_unit_test(test_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
