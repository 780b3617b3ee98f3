/* Names: reference/api.md section 1, "Names", and the recorded refusals of CreateActivity. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/names.h"

static void test_allowed(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Activity1",     "activity-name_123", "activityName.with.dots",
        "a+b=c@d'e(f)!", "Stra\u00dfe",       "\u72b6\u614b",
        "\U0001F600",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_true(name_is_valid(names[i]));
}

static void test_forbidden_characters(void **state)
{
    (void)state;
    for (const char *c = " <>{}[]?*\"#%\\^|~`$&,;:/\t\n\x01\x1F\x7F"; *c; c++) {
        char name[] = {'a', *c, 'b', '\0'};
        assert_false(name_is_valid(name));
    }
}

static void test_forbidden_beyond_ascii(void **state)
{
    (void)state;
    static const char *const names[] = {
        "a\xC2\x80", "a\xC2\x9F", "a\uFFFE", "a\uFFFF", "a\U0010FFFF",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_false(name_is_valid(names[i]));
    assert_true(name_is_valid("a\u00A0"));
    assert_true(name_is_valid("a\U0010FFFE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_forbidden_characters),
        cmocka_unit_test(test_forbidden_beyond_ascii),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
