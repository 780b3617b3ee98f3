#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

#define NO_CEILING ((size_t)1 << 30)

static void test_empty(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, 10);
    assert_string_equal(sb.data, "");
    assert_int_equal(sb.len, 0);
    strbuf_clear(&sb);
    strbuf_truncate(&sb, 0);
    strbuf_commit(&sb, 0);
    strbuf_add(&sb, NULL, 0);
    assert_string_equal(sb.data, "");

    size_t len = 9;
    char *taken = strbuf_take(&sb, &len);
    assert_string_equal(taken, "");
    assert_int_equal(len, 0);
    free(taken);
    strbuf_done(&sb);
    strbuf_done(&sb); /* twice does no harm */
}

static void test_appending(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, NO_CEILING);
    strbuf_adds(&sb, "ab");
    strbuf_addc(&sb, 'c');
    strbuf_add(&sb, "\0d", 2);
    strbuf_addf(&sb, "[%s %d]", "x", 7);
    assert_int_equal(sb.len, 10);
    assert_memory_equal(sb.data, "abc\0d[x 7]", 11);
    strbuf_truncate(&sb, 2);
    assert_string_equal(sb.data, "ab");
    strbuf_clear(&sb);
    assert_string_equal(sb.data, "");

    /* Longer than the buffer that formatting tries first. */
    char wide[600];
    memset(wide, 'w', sizeof(wide) - 1);
    wide[sizeof(wide) - 1] = '\0';
    strbuf_addf(&sb, "<%s>", wide);
    assert_int_equal(sb.len, 601);
    assert_int_equal(sb.data[600], '>');
    assert_int_equal(sb.data[601], '\0');

    size_t len;
    char *taken = strbuf_take(&sb, &len);
    assert_int_equal(len, 601);
    assert_int_equal(strlen(taken), 601);
    assert_int_equal(sb.len, 0);
    assert_string_equal(sb.data, "");
    free(taken);
    strbuf_done(&sb);
}

static void test_ceiling(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, 5);
    strbuf_adds(&sb, "12345"); /* exactly full */
    assert_false(sb.overflow);
    strbuf_adds(&sb, "");
    assert_false(sb.overflow);
    strbuf_addc(&sb, '6'); /* one past */
    assert_true(sb.overflow);
    assert_string_equal(sb.data, "12345");

    strbuf_truncate(&sb, 1);
    strbuf_addc(&sb, 'x'); /* would fit, but something is missing before it */
    assert_string_equal(sb.data, "1");

    strbuf_clear(&sb);
    strbuf_adds(&sb, "123");
    strbuf_adds(&sb, "456"); /* nothing of it */
    assert_string_equal(sb.data, "123");
    assert_true(sb.overflow);

    strbuf_clear(&sb);
    strbuf_addf(&sb, "%06d", 1);
    assert_true(sb.overflow);
    assert_string_equal(sb.data, "");
    strbuf_clear(&sb);
    strbuf_addf(&sb, "%300d", 1);
    assert_true(sb.overflow);
    assert_string_equal(sb.data, "");
    strbuf_done(&sb);
}

static void test_ceiling_of_nothing(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, 0);
    strbuf_adds(&sb, "");
    assert_false(sb.overflow);
    assert_null(strbuf_reserve(&sb, 1));
    assert_true(sb.overflow);
    strbuf_done(&sb);
}

static void test_reserve(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, 8);
    char *room = strbuf_reserve(&sb, 8);
    assert_non_null(room);
    memcpy(room, "abcdefgh", 8);
    strbuf_commit(&sb, 3);
    assert_string_equal(sb.data, "abc");
    assert_null(strbuf_reserve(&sb, 6));
    assert_true(sb.overflow);
    assert_null(strbuf_reserve(&sb, 1));
    strbuf_done(&sb);

    strbuf_init(&sb, 100);
    assert_non_null(strbuf_reserve(&sb, 50)); /* and nothing written there */
    assert_string_equal(sb.data, "");
    strbuf_done(&sb);

    strbuf_init(&sb, SIZE_MAX);
    assert_null(strbuf_reserve(&sb, SIZE_MAX - 1));
    assert_true(sb.overflow);
    strbuf_done(&sb);
}

static void test_growth_is_amortised(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, NO_CEILING);
    size_t moves = 0;
    size_t cap = 0;
    for (int i = 0; i < 1000000; i++) {
        strbuf_addc(&sb, 'x');
        moves += sb.cap != cap;
        cap = sb.cap;
    }
    assert_int_equal(sb.len, 1000000);
    assert_true(moves < 30);
    strbuf_done(&sb);
}

static void test_int(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {7, "7"},
        {-1, "-1"},
        {1234567890123, "1234567890123"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };
    struct strbuf sb;
    strbuf_init(&sb, 100);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        strbuf_clear(&sb);
        strbuf_add_int(&sb, cases[i].value);
        assert_string_equal(sb.data, cases[i].text);
    }
    strbuf_done(&sb);
}

static void test_json(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, NO_CEILING);
    strbuf_add_json(&sb, "", 0);
    assert_string_equal(sb.data, "\"\"");
    strbuf_clear(&sb);

    static const char s[] = "a\"b\\c/\b\t\n\f\r\0\x1b\x1f\x7f\xc3\xa9z";
    strbuf_add_json(&sb, s, sizeof(s) - 1);
    assert_string_equal(sb.data,
                        "\"a\\\"b\\\\c/\\b\\t\\n\\f\\r\\u0000\\u001B\\u001F\x7f\xc3\xa9z\"");
    strbuf_clear(&sb);
    strbuf_add_json_body(&sb, "\"", 1);
    assert_string_equal(sb.data, "\\\"");
    strbuf_done(&sb);

    strbuf_init(&sb, 7);
    strbuf_add_json(&sb, "a\nb", 3); /* "a\nb" with quotes is 6 bytes */
    assert_false(sb.overflow);
    strbuf_clear(&sb);
    strbuf_add_json(&sb, "a\nb\n\n\n", 6);
    assert_true(sb.overflow);
    strbuf_done(&sb);
}

/* reference/api.md section 1: seconds with up to three decimals, trailing zeros dropped. */
static void test_epoch(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {1790218577620, "1790218577.62"},
        {1790218584412, "1790218584.412"},
        {1790218584000, "1790218584"},
        {1790218584100, "1790218584.1"},
        {1790218584007, "1790218584.007"},
        {0, "0"},
        {5, "0.005"},
        {1000, "1"},
        {10000, "10"},
        {-1500, "-1.5"},
    };
    struct strbuf sb;
    strbuf_init(&sb, 100);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        strbuf_clear(&sb);
        strbuf_add_epoch(&sb, cases[i].ms);
        assert_string_equal(sb.data, cases[i].text);
    }
    strbuf_done(&sb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),   cmocka_unit_test(test_appending),
        cmocka_unit_test(test_ceiling), cmocka_unit_test(test_ceiling_of_nothing),
        cmocka_unit_test(test_reserve), cmocka_unit_test(test_growth_is_amortised),
        cmocka_unit_test(test_int),     cmocka_unit_test(test_json),
        cmocka_unit_test(test_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
