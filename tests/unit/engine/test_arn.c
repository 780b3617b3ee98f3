/* ARNs: reference/api.md section 1, "ARN forms". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "engine/arn.h"

#define HEAD "arn:aws:states:us-east-1:123456789012:"

static void same(const char *is, const char *wanted)
{
    if (wanted)
        assert_string_equal(is, wanted);
    else
        assert_null(is);
}

static void test_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum arn_kind kind;
        const char *name, *label, *qualifier, *test_case, *execution;
    } cases[] = {
        {HEAD "stateMachine:m", ARN_MACHINE, "m", NULL, NULL, NULL, NULL},
        {HEAD "stateMachine:m.x:12", ARN_MACHINE, "m.x", NULL, "12", NULL, NULL},
        {HEAD "stateMachine:m:live", ARN_MACHINE, "m", NULL, "live", NULL, NULL},
        {HEAD "stateMachine:m/Map", ARN_MACHINE, "m", "Map", NULL, NULL, NULL},
        {HEAD "stateMachine:m#Happy", ARN_MACHINE, "m", NULL, NULL, "Happy", NULL},
        {HEAD "execution:m:x", ARN_EXECUTION, "m", NULL, NULL, NULL, "x"},
        {HEAD "execution:m/Map:u", ARN_EXECUTION, "m", "Map", NULL, NULL, "u"},
        {HEAD "express:m:x:u", ARN_EXPRESS, "m", NULL, NULL, NULL, "x:u"},
        {HEAD "express:m/Map:a:b", ARN_EXPRESS, "m", "Map", NULL, NULL, "a:b"},
        {HEAD "activity:a", ARN_ACTIVITY, "a", NULL, NULL, NULL, NULL},
        {HEAD "mapRun:m/Map:u", ARN_MAP_RUN, "m", "Map", NULL, NULL, "u"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(arena_done) struct arena a;
        arena_init(&a);
        struct arn arn;
        assert_int_equal(arn_parse(&a, cases[i].text, &arn), 0);
        assert_int_equal(arn.kind, cases[i].kind);
        assert_string_equal(arn.region, "us-east-1");
        assert_string_equal(arn.account, "123456789012");
        same(arn.name, cases[i].name);
        same(arn.label, cases[i].label);
        same(arn.qualifier, cases[i].qualifier);
        same(arn.test_case, cases[i].test_case);
        same(arn.execution, cases[i].execution);
    }
}

static void test_other_partition(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena a;
    arena_init(&a);
    struct arn arn;
    assert_int_equal(arn_parse(&a, "arn:aws-cn:states:cn-north-1:1:activity:a", &arn), 0);
    assert_string_equal(arn.region, "cn-north-1");
}

static void test_no_arns(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "m",
        "arn:",
        "arn:aws:states",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "arn:gcp:states:us-east-1:123456789012:stateMachine:m",
        "arn:aws:states::123456789012:stateMachine:m",
        "arn:aws:states:us-east-1::stateMachine:m",
        HEAD "stateMachine",
        HEAD "stateMachine:",
        HEAD "stateMachine:m:",
        HEAD "stateMachine:m/",
        HEAD "stateMachine:m#",
        HEAD "stateMachine:m:1:2",
        HEAD "stateMachine:m/Map:1",
        HEAD "statemachine:m",
        HEAD "execution:m",
        HEAD "execution:m:",
        HEAD "execution::x",
        HEAD "execution:m:x:y",
        HEAD "express:m:x",
        HEAD "activity:a:b",
        HEAD "mapRun:m:u",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(arena_done) struct arena a;
        arena_init(&a);
        struct arn arn = {.name = "untouched"};
        assert_int_equal(arn_parse(&a, texts[i], &arn), ERR_INVALID);
        assert_string_equal(arn.name, "untouched");
    }
}

static void test_roles(void **state)
{
    (void)state;
    assert_true(arn_is_role("arn:aws:iam::123456789012:role/r"));
    assert_true(arn_is_role("arn:aws-cn:iam::123456789012:role/service-role/r"));

    char *account = arn_role_account("arn:aws-cn:iam::111122223333:role/r");
    assert_string_equal(account, "111122223333");
    free(account);
    assert_null(arn_role_account("arn:aws:iam::111122223333:user/u"));
    assert_false(arn_is_role("arn:aws:iam::123456789012:role/"));
    assert_false(arn_is_role("arn:aws:iam::123456789012:user/u"));
    assert_false(arn_is_role("arn:aws:iam::12345:role/r"));
    assert_false(arn_is_role("role"));
}

static void test_write(void **state)
{
    (void)state;
    CLEANUP(strbuf_done) struct strbuf out;
    strbuf_init(&out, 1000);
    arn_write(&out, ARN_EXECUTION, "us-east-1", "123456789012", "m", "x");
    assert_string_equal(out.data, HEAD "execution:m:x");
    strbuf_clear(&out);
    arn_write(&out, ARN_MACHINE, "us-gov-west-1", "123456789012", "m", NULL);
    assert_string_equal(out.data,
                        "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:m");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form), cmocka_unit_test(test_other_partition),
        cmocka_unit_test(test_no_arns),    cmocka_unit_test(test_roles),
        cmocka_unit_test(test_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
