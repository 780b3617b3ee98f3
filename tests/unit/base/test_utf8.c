#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/utf8.h"

static void test_valid(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        size_t len;
        bool valid;
    } cases[] = {
        {"", 0, true},
        {"plain text that is longer than a word", 37, true},
        {"\0", 1, true},
        {"\xc3\xa9", 2, true},
        {"\xe2\x82\xac", 3, true},
        {"\xf0\x9f\x98\x80", 4, true},
        {"\xed\x9f\xbf\xee\x80\x80", 6, true}, /* both sides of the surrogates */
        {"\xf4\x8f\xbf\xbf", 4, true},         /* U+10FFFF */
        {"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80", 14, true},
        {"\x80", 1, false},
        {"\xbf", 1, false},
        {"\xc3", 1, false},
        {"\xc3\x28", 2, false},
        {"\xc0\x80", 2, false}, /* overlong */
        {"\xc1\xbf", 2, false},
        {"\xe0\x9f\xbf", 3, false},
        {"\xf0\x8f\xbf\xbf", 4, false},
        {"\xed\xa0\x80", 3, false}, /* surrogates */
        {"\xed\xbf\xbf", 3, false},
        {"\xf4\x90\x80\x80", 4, false}, /* beyond U+10FFFF */
        {"\xf5\x80\x80\x80", 4, false},
        {"\xff", 1, false},
        {"\xe2\x82", 2, false},
        {"\xf0\x9f\x98", 3, false},
        {"\xe2\x28\xa1", 3, false},
        {"\xf0\x9f\x28\x80", 4, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(utf8_valid(cases[i].s, cases[i].len), cases[i].valid);
        /* The same behind text of every alignment. */
        for (size_t shift = 1; shift < 20; shift++) {
            char text[64];
            memset(text, 'x', sizeof(text));
            memcpy(text + shift, cases[i].s, cases[i].len);
            assert_int_equal(utf8_valid(text, shift + cases[i].len), cases[i].valid);
        }
    }
}

/* Every code point there and back, surrogates refused. */
static void test_code_points(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        char out[4];
        size_t size = utf8_encode(cp, out);
        bool surrogate = cp >= 0xD800 && cp <= 0xDFFF;
        if (utf8_valid(out, size) == surrogate)
            fail_msg("validity of U+%04X", cp);
        size_t read;
        uint32_t back = utf8_decode(out, size, &read);
        if (surrogate ? back != 0xFFFD || read != 1 : back != cp || read != size)
            fail_msg("U+%04X read as U+%04X", cp, back);
        if (size > 1) {
            back = utf8_decode(out, size - 1, &read); /* cut */
            if (back != 0xFFFD || read != 1)
                fail_msg("cut U+%04X read as U+%04X", cp, back);
        }
    }
}

static void test_lengths(void **state)
{
    (void)state;
    static const char s[] = "ab\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z and more after it";
    size_t len = sizeof(s) - 1;
    assert_int_equal(utf8_length(s, len), 24);
    assert_int_equal(utf8_utf16_length(s, len), 25); /* the one beyond U+FFFF counts twice */
    assert_int_equal(utf8_length("", 0), 0);
    assert_int_equal(utf8_length("\0\0", 2), 2);
    assert_int_equal(utf8_cut("abc", 3, 3), 3);
    assert_int_equal(utf8_cut("abcd", 4, 3), 3);
    assert_int_equal(utf8_cut("ab\u00e9d", 5, 3), 2);
    assert_int_equal(utf8_cut("\u20ac\u20ac", 6, 5), 3);
    assert_int_equal(utf8_cut("\u20ac", 3, 2), 0);
    assert_int_equal(utf8_utf16_length("\xf0\x9f\x98\x80", 4), 2);
    for (size_t n = 0; n < 40; n++) {
        char text[200];
        for (size_t i = 0; i < n; i++)
            memcpy(text + i * 4, "\xf0\x9f\x98\x80", 4);
        memset(text + n * 4, 'x', 9);
        assert_int_equal(utf8_length(text, n * 4 + 9), n + 9);
        assert_int_equal(utf8_utf16_length(text, n * 4 + 9), n * 2 + 9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_code_points),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
