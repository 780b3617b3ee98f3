#include <string.h>
/* The error value and which names catch it: reference/asl.md 11. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asl/error.h"
#include "base/base.h"
#include "base/mem.h"

static void test_set_and_move(void **state)
{
    struct asl_error a = {0};
    struct asl_error b = {0};
    (void)state;
    asl_error_set(&a, "Name", "%d of %s", 3, "x");
    a.evaluation = true;
    assert_string_equal(a.name, "Name");
    assert_string_equal(a.cause, "3 of x");

    asl_error_set(&b, NULL, NULL);
    assert_null(b.name);
    assert_null(b.cause);
    asl_error_move(&b, &a);
    assert_string_equal(b.name, "Name");
    assert_true(b.evaluation);
    assert_null(a.name);

    asl_error_set(&b, "Other", "%s", b.name); /* the old value may be part of the new one */
    assert_string_equal(b.name, "Other");
    assert_string_equal(b.cause, "Name");
    assert_false(b.evaluation);
    asl_error_done(&b);
    assert_null(b.name);
}

static void test_prefix(void **state)
{
    struct asl_error e = {0};
    (void)state;
    asl_error_set(&e, "States.Runtime", "Invalid path '$.a' : No results for path: $['a']");
    asl_error_prefix(&e, "Pass", 2);
    assert_string_equal(e.cause,
                        "An error occurred while executing the state 'Pass' (entered at the "
                        "event id #2). Invalid path '$.a' : No results for path: $['a']");
    asl_error_set(&e, "States.Runtime", "Reference path \"$.items\" must point to array.");
    e.no_prefix = true;
    asl_error_prefix(&e, "Pass", 2);
    assert_string_equal(e.cause, "Reference path \"$.items\" must point to array.");
    asl_error_set(&e, "States.Timeout", NULL);
    asl_error_prefix(&e, "Pass", 2);
    assert_null(e.cause);
    asl_error_done(&e);
}

static bool matches(const char *error, const char *name, bool heartbeat)
{
    struct asl_error e = {.name = (char *)error, .heartbeat = heartbeat};
    return asl_error_matches(&e, &name, 1);
}

/* An event holds 256 characters of the name and 32,768 of the cause (reference/history.md section 3). */
static void test_cut(void **state)
{
    CLEANUP(asl_error_done) struct asl_error e = {0};

    (void)state;
    asl_error_cut(&e);
    assert_null(e.name);
    e.name = xmalloc(2 * 257 + 1);
    for (size_t i = 0; i < 257; i++)
        memcpy(e.name + 2 * i, "\xc3\xa9", 3);
    e.cause = xmalloc(32770);
    memset(e.cause, 'x', 32769);
    e.cause[32769] = '\0';
    asl_error_cut(&e);
    assert_int_equal(strlen(e.name), 2 * 256);
    assert_int_equal(strlen(e.cause), 32768);
    asl_error_cut(&e);
    assert_int_equal(strlen(e.name), 2 * 256);
}

static void test_matches(void **state)
{
    static const struct {
        const char *error, *name;
        bool heartbeat, expected;
    } rows[] = {
        {"Custom", "Custom", false, true},
        {"Custom", "custom", false, false},
        {"Custom", "States.ALL", false, true},
        {"Custom", "States.TaskFailed", false, true},
        {NULL, "States.ALL", false, true},
        {NULL, "Custom", false, false},
        {"States.Timeout", "States.Timeout", false, true},
        {"States.Timeout", "States.ALL", false, true},
        {"States.Timeout", "States.TaskFailed", false, false},
        {"States.Timeout", "States.HeartbeatTimeout", false, false},
        {"States.Timeout", "States.HeartbeatTimeout", true, true},
        {"States.Timeout", "States.Timeout", true, true},
        {"States.Runtime", "States.Runtime", false, false},
        {"States.Runtime", "States.ALL", false, false},
        {"States.Runtime", "States.TaskFailed", false, false},
        {"States.TaskFailed", "States.TaskFailed", false, true},
        {"States.DataLimitExceeded", "States.ALL", false, true},
        {"States.DataLimitExceeded", "States.DataLimitExceeded", false, true},
        {"States.QueryEvaluationError", "States.QueryEvaluationError", false, true},
        {"States.ExceedToleratedFailureThreshold", "States.TaskFailed", false, false},
        {"States.ExceedToleratedFailureThreshold", "States.ALL", false, true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (matches(rows[i].error, rows[i].name, rows[i].heartbeat) != rows[i].expected)
            fail_msg("%s by %s", rows[i].error ? rows[i].error : "(none)", rows[i].name);
}

static void test_matches_any_of_list(void **state)
{
    static const char *const names[] = {"A", "B", "C"};
    struct asl_error e = {.name = (char *)"C"};
    (void)state;
    assert_true(asl_error_matches(&e, names, 3));
    assert_false(asl_error_matches(&e, names, 2));
    assert_false(asl_error_matches(&e, names, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_and_move),
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_matches),
        cmocka_unit_test(test_matches_any_of_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
