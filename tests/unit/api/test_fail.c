/* Errors as they go over the wire: reference/api.md section 1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/fail.h"

static void test_namespaces(void **state)
{
    (void)state;
    struct api_call call;
    api_call_init(&call);
    assert_int_equal(api_fail(&call, API_ERR_INVALID_NAME, "Invalid Name: '%s'", "a\n\"b"),
                     API_REPLIED);
    assert_int_equal(call.status, 400);
    assert_string_equal(call.reply.data,
                        "{\"__type\":\"com.amazonaws.swf.service.v2.model#InvalidName\","
                        "\"message\":\"Invalid Name: 'a\\n\\\"b'\"}");
    (void)api_fail(&call, API_ERR_CONSTRAINT, "x");
    assert_string_equal(call.reply.data, "{\"__type\":\"com.amazon.coral.validate#"
                                         "ValidationException\",\"message\":\"x\"}");
    (void)api_fail(&call, API_ERR_ACCESS_DENIED, "x");
    assert_string_equal(call.reply.data, "{\"__type\":\"com.amazon.coral.service#"
                                         "AccessDeniedException\",\"Message\":\"x\"}");
    api_refuse(&call, 413, "T", "%d", 7);
    assert_int_equal(call.status, 413);
    assert_string_equal(call.reply.data, "{\"__type\":\"T\",\"message\":\"7\"}");
    api_call_done(&call);
}

static void test_reason(void **state)
{
    (void)state;
    struct api_call call;
    api_call_init(&call);
    (void)api_fail_reason(&call, API_ERR_VALIDATION, "WHY", "%d \"x\"", 7);
    assert_string_equal(call.reply.data,
                        "{\"__type\":\"com.amazonaws.swf.service.v2.model#ValidationException\","
                        "\"message\":\"7 \\\"x\\\"\",\"reason\":\"WHY\"}");
    api_call_done(&call);
}

/* A refusal replaces what was written before it, also what did not fit. */
static void test_replaces_the_answer(void **state)
{
    (void)state;
    struct api_call call;
    api_call_init(&call);
    call.reply.max = 200;
    for (int i = 0; i < 300; i++)
        strbuf_addc(&call.reply, 'x');
    strbuf_adds(&call.reply, "0123456789012345678901234567890123456789012345678901234567890123456");
    assert_true(call.reply.overflow);
    (void)api_fail(&call, API_ERR_INTERNAL, "x");
    assert_false(call.reply.overflow);
    assert_int_equal(call.status, 500);
    assert_int_equal(call.reply.data[0], '{');
    api_call_done(&call);
}

/* Refusals that say more than the outcome does: the answering action has their words. */
static bool has_own_words(int outcome)
{
    return outcome == ENGINE_NOT_REDRIVABLE || outcome == ENGINE_REVISION_CONFLICT ||
           outcome == ENGINE_VERSION_IN_USE || outcome == ENGINE_MAP_RUN_CLOSED;
}

static bool names_the_subject(int outcome)
{
    static const enum engine_outcome others[] = {
        ENGINE_STOPPING,  ENGINE_BAD_TOKEN,           ENGINE_MACHINE_TYPE, ENGINE_DANGLING,
        ENGINE_PUBLISHED, ENGINE_PUBLISHED_OTHERWISE, ENGINE_ALIAS_EXISTS,
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (others[i] == (enum engine_outcome)outcome)
            return false;
    return true;
}

/* Every other refusal of the engine has its words. */
static void test_every_outcome(void **state)
{
    (void)state;
    struct api_call call;
    api_call_init(&call);
    call.subject = "50%s";
    for (int outcome = ENGINE_OK + 1; outcome <= ENGINE_STOPPING; outcome++) {
        if (has_own_words(outcome))
            continue;
        (void)api_fail_outcome(&call, (enum engine_outcome)outcome);
        assert_int_equal(call.status, outcome == ENGINE_STOPPING ? 503 : 400);
        if (names_the_subject(outcome))
            assert_non_null(strstr(call.reply.data, "'50%s'\"}"));
        else
            assert_null(strstr(call.reply.data, "%s"));
    }
    api_call_done(&call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_namespaces),
        cmocka_unit_test(test_reason),
        cmocka_unit_test(test_replaces_the_answer),
        cmocka_unit_test(test_every_outcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
