/* Bodies and their constraints: reference/api.md section 1, "Constraint-violation message format". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/actions.h"
#include "base/mem.h"

struct fixture {
    struct api api;
    struct api_call call;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->api.limits = limits_service;
    f->api.limits.payload_bytes = 10;
    api_call_init(&f->call);
    request_setup();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    api_call_done(&f->call);
    free(f);
    return 0;
}

static bool read_body(struct fixture *f, const char *body, size_t len, const struct shape *shape)
{
    api_call_clear(&f->call);
    f->call.api = &f->api;
    f->call.body = body;
    f->call.body_len = len;
    return request_read(&f->call, shape);
}

#define READ(f, body, shape) read_body((f), (body), sizeof(body) - 1, &(shape))

/* The reply is an error of that type whose message is `message`. */
static void failed(struct fixture *f, const char *type, const char *member, const char *message)
{
    CLEANUP(strbuf_done) struct strbuf wanted;
    strbuf_init(&wanted, 100000);
    strbuf_addf(&wanted, "{\"__type\":\"com.amazon.coral.%s\",\"%s\":", type, member);
    strbuf_add_json(&wanted, message, strlen(message));
    strbuf_addc(&wanted, '}');
    assert_int_equal(f->call.status, 400);
    assert_string_equal(f->call.reply.data, wanted.data);
}

static void violates(struct fixture *f, const char *message)
{
    failed(f, "validate#ValidationException", "message", message);
}

static void test_good_request(void **state)
{
    struct fixture *f = *state;
    assert_true(READ(f,
                     "{\"executionArn\":\"x\",\"maxResults\":1000,\"reverseOrder\":true,"
                     "\"nextToken\":null,\"unknown\":[{}]}",
                     shape_get_history));
    assert_string_equal(request_string(&f->call, "executionArn"), "x");
    assert_int_equal(request_int(&f->call, "maxResults", 7), 1000);
    assert_true(request_bool(&f->call, "reverseOrder", false));
    assert_true(request_bool(&f->call, "includeExecutionData", true));
    assert_null(request_string(&f->call, "nextToken"));
    assert_null(request_string(&f->call, "ExecutionArn"));
    assert_true(READ(f, "", shape_list_machines));
}

static void test_missing_and_null(void **state)
{
    struct fixture *f = *state;
    static const char wanted[] =
        "1 validation error detected: Value null at 'executionArn' failed to "
        "satisfy constraint: Member must not be null";
    assert_false(READ(f, "{}", shape_get_history));
    violates(f, wanted);
    assert_false(READ(f, "{\"executionArn\":null}", shape_get_history));
    violates(f, wanted);
}

static void test_recorded_maximum(void **state)
{
    struct fixture *f = *state;
    assert_false(READ(f, "{\"maxResults\":1001}", shape_list_machines));
    violates(f, "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy "
                "constraint: Member must have value less than or equal to 1000");
    assert_false(READ(f, "{\"maxResults\":-1}", shape_list_machines));
    violates(f, "1 validation error detected: Value '-1' at 'maxResults' failed to satisfy "
                "constraint: Member must have value greater than or equal to 0");
}

static void test_several_violations(void **state)
{
    struct fixture *f = *state;
    assert_false(READ(f,
                      "{\"stateMachineArn\":\"m\",\"statusFilter\":\"DONE\",\"nextToken\":\"\","
                      "\"maxResults\":2000}",
                      shape_list_executions));
    violates(f,
             "3 validation errors detected: Value 'DONE' at 'statusFilter' failed to satisfy "
             "constraint: Member must satisfy enum value set: [SUCCEEDED, TIMED_OUT, "
             "PENDING_REDRIVE, ABORTED, FAILED, RUNNING]; Value '2000' at 'maxResults' failed to "
             "satisfy constraint: Member must have value less than or equal to 1000; Value '' at "
             "'nextToken' failed to satisfy constraint: Member must have length greater than or "
             "equal to 1");
}

static void test_pattern(void **state)
{
    struct fixture *f = *state;
    assert_true(
        READ(f, "{\"executionArn\":\"x\",\"clientToken\":\"a-b~!\"}", shape_redrive_execution));
    assert_false(
        READ(f, "{\"executionArn\":\"x\",\"clientToken\":\"a b\"}", shape_redrive_execution));
    violates(f, "1 validation error detected: Value 'a b' at 'clientToken' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: [!-~]+");
}

static void test_paths_in_lists(void **state)
{
    struct fixture *f = *state;
    assert_false(READ(f,
                      "{\"name\":\"a\",\"tags\":[{\"key\":\"k\",\"value\":\"\"},{\"key\":\"\"}]}",
                      shape_create_activity));
    violates(f, "1 validation error detected: Value '' at 'tags.2.member.key' failed to satisfy "
                "constraint: Member must have length greater than or equal to 1");
    assert_false(READ(f, "{\"name\":\"a\",\"encryptionConfiguration\":{\"kmsKeyId\":\"k\"}}",
                      shape_create_activity));
    violates(f, "1 validation error detected: Value null at 'encryptionConfiguration.type' failed "
                "to satisfy constraint: Member must not be null");
}

/* Lengths count UTF-16 units; payloads count bytes, and messages do not show them. */
static void test_lengths(void **state)
{
    struct fixture *f = *state;
    static const char eighty[] =
        "{\"name\":\"0123456789012345678901234567890123456789012345678901234"
        "5678901234567890123\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\"}";
    static const char one_more[] =
        "{\"name\":\"01234567890123456789012345678901234567890123456789012"
        "345678901234567890123\U0001F600\u00e9\u00e9\u00e9\u00e9\u00e9\"}";
    assert_true(READ(f, eighty, shape_create_activity));
    assert_false(READ(f, one_more, shape_create_activity));
    assert_non_null(strstr(f->call.reply.data, "Member must have length less than or equal to 80"));

    assert_true(
        READ(f, "{\"stateMachineArn\":\"m\",\"input\":\"0123456789\"}", shape_start_execution));
    assert_false(READ(f, "{\"stateMachineArn\":\"m\",\"input\":\"012345678\u00e9\"}",
                      shape_start_execution));
    violates(f,
             "1 validation error detected: Value at 'input' failed to satisfy constraint: Member "
             "must have length less than or equal to 10");
}

static void test_wrong_types(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *body, *message;
    } cases[] = {
        {"{\"executionArn\":1}", "NUMBER_VALUE can not be converted to String at 'executionArn'"},
        {"{\"executionArn\":\"x\",\"maxResults\":\"1\"}",
         "STRING_VALUE can not be converted to Integer at 'maxResults'"},
        {"{\"executionArn\":\"x\",\"maxResults\":1.5}",
         "NUMBER_VALUE can not be converted to Integer at 'maxResults'"},
        {"{\"executionArn\":\"x\",\"maxResults\":1e300}",
         "NUMBER_VALUE can not be converted to Integer at 'maxResults'"},
        {"{\"executionArn\":\"x\",\"reverseOrder\":0}",
         "NUMBER_VALUE can not be converted to Boolean at 'reverseOrder'"},
        {"{\"executionArn\":[]}", "START_ARRAY can not be converted to String at 'executionArn'"},
        {"{\"executionArn\":{}}", "START_OBJECT can not be converted to String at 'executionArn'"},
        {"{\"executionArn\":true}", "TRUE_VALUE can not be converted to String at 'executionArn'"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_false(read_body(f, cases[i].body, strlen(cases[i].body), &shape_get_history));
        failed(f, "service#SerializationException", "Message", cases[i].message);
    }
    assert_false(READ(f, "{\"name\":\"a\",\"tags\":{}}", shape_create_activity));
    assert_false(READ(f, "{\"name\":\"a\",\"tags\":[1]}", shape_create_activity));
    failed(f, "service#SerializationException", "Message",
           "NUMBER_VALUE can not be converted to Structure at 'tags.1.member'");
}

static void test_bodies_that_are_no_json(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *body;
        size_t len;
    } cases[] = {
        {"{", 1},
        {"[]", 2},
        {"null", 4},
        {"{} {}", 5},
        {"{}\0", 3},
        {"{\"a\":01}", 8},
        {"{\"a\":\"\xff\"}", 9},
        {"{'a':1}", 7},
        {"{\"a\":\"\n\"}", 9},
        {"\"x\"", 3},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_false(read_body(f, cases[i].body, cases[i].len, &shape_list_machines));
        assert_int_equal(f->call.status, 400);
        assert_non_null(strstr(f->call.reply.data, "SerializationException"));
    }
}

static void test_half_a_surrogate_pair(void **state)
{
    struct fixture *f = *state;
    assert_false(READ(f, "{\"name\":\"\\ud800\"}", shape_create_activity));
    assert_non_null(strstr(f->call.reply.data, "SerializationException"));
    assert_true(READ(f, "{\"name\":\"\\ud83d\\ude00\"}", shape_create_activity));
    assert_string_equal(request_string(&f->call, "name"), "\U0001F600");
}

/* A string must not end where the library ends it. */
static void test_escaped_nul(void **state)
{
    struct fixture *f = *state;
    assert_false(READ(f, "{\"name\":\"a\\u0000b\"}", shape_create_activity));
    assert_non_null(strstr(f->call.reply.data, "U+0000"));
    assert_false(READ(f, "{\"name\":\"\\\\\\u0000\"}", shape_create_activity));
    assert_false(READ(f, "{\"n\\u0000\":1,\"name\":\"a\"}", shape_create_activity));
    assert_true(READ(f, "{\"name\":\"a\\\\u0000b\"}", shape_create_activity));
    assert_string_equal(request_string(&f->call, "name"), "a\\u0000b");
    assert_true(READ(f, "{\"name\":\"\\u0001\"}", shape_create_activity));
}

static void test_many_violations_are_cut(void **state)
{
    struct fixture *f = *state;
    CLEANUP(strbuf_done) struct strbuf body;
    strbuf_init(&body, 1000000);
    strbuf_adds(&body, "{\"name\":\"a\",\"tags\":[");
    for (int i = 0; i < 10000; i++)
        strbuf_adds(&body, "{\"key\":\"\"},");
    strbuf_adds(&body, "{}]}");
    assert_false(read_body(f, body.data, body.len, &shape_create_activity));
    assert_non_null(strstr(f->call.reply.data, "\"64 validation errors detected: "));
}

static void test_deep_nesting(void **state)
{
    struct fixture *f = *state;
    CLEANUP(strbuf_done) struct strbuf body;
    strbuf_init(&body, 1000000);
    strbuf_adds(&body, "{\"a\":");
    for (int i = 0; i < 100000; i++)
        strbuf_addc(&body, '[');
    assert_false(read_body(f, body.data, body.len, &shape_list_machines));
    assert_non_null(strstr(f->call.reply.data, "SerializationException"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good_request),
        TEST(test_missing_and_null),
        TEST(test_recorded_maximum),
        TEST(test_several_violations),
        TEST(test_pattern),
        TEST(test_paths_in_lists),
        TEST(test_lengths),
        TEST(test_wrong_types),
        TEST(test_bodies_that_are_no_json),
        TEST(test_escaped_nul),
        TEST(test_half_a_surrogate_pair),
        TEST(test_many_violations_are_cut),
        TEST(test_deep_nesting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
