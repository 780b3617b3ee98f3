#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(err_name(ERR_NOT_FOUND), "not found");
    assert_string_equal(err_name(ERR_NOT_REDRIVABLE), "not redrivable");
    assert_string_equal(err_name(0), "success");
    assert_string_equal(err_name(-12345), "unknown error");
}

static void test_set(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(err_set(&err, ERR_IO, "reading %s: %d", "x", 3), ERR_IO);
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.text, "reading x: 3");
    assert_int_equal(err_set(&err, ERR_DB, "again"), ERR_DB); /* overwrites */
    assert_string_equal(err.text, "again");
    assert_int_equal(err_set(NULL, ERR_DB, "nobody reads %d", 1), ERR_DB);
}

/* A text that is too long ends with a whole character. */
static void test_long_text(void **state)
{
    (void)state;
    static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t shift = 0; shift < 4; shift++) {
        for (size_t i = 0; i < ARRAY_LEN(characters); i++) {
            struct err err = {0};
            char text[4096] = "";
            memset(text, 'y', shift);
            for (size_t at = shift; at + 5 < sizeof(text); at += i + 1)
                memcpy(text + at, characters[i], i + 2);
            (void)err_set(&err, ERR_INVALID, "%s", text);
            size_t len = strlen(err.text);
            assert_in_range(len, sizeof(err.text) - 4, sizeof(err.text) - 1);
            assert_true(utf8_valid(err.text, len));
            assert_memory_equal(err.text, text, len);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
