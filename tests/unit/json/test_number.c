#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "base/mem.h"
#include "json/json.h"

static void assert_prints(const char *text, const char *printed)
{
    struct json *v = json_parse(text, strlen(text), 0, NULL);
    assert_non_null(v);
    char buf[32];
    assert_string_equal(json_number_text(v, buf), printed);
    CLEANUP(free_p) char *whole = json_text(v, 100000, NULL);
    assert_string_equal(whole, printed);
    assert_int_equal(json_text_size(v, SIZE_MAX), strlen(printed));
    struct json *again = json_number_from_text(text, strlen(text));
    assert_true(json_equal(v, again));
    json_unref(again);
    json_unref(v);
}

static void test_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed;
    } cases[] = {
        /* reference/asl.md section 3, numbers. */
        {"1.00", "1.0"},
        {"0.0", "0.0"},
        {"5", "5"},
        /* reference/asl.md section 5, States.StringToJson. */
        {"-0", "0"},
        {"-0.0", "-0.0"},
        {"-0e5", "-0.0"},
        {"0e999999999999999999999", "0.0"},
        {"0.000e-999999999999999999999", "0.0"},
        /* Integers keep every digit. */
        {"9007199254740993", "9007199254740993"},
        {"-9007199254740993", "-9007199254740993"},
        {"9223372036854775807", "9223372036854775807"},
        {"9223372036854775808", "9223372036854775808"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"-9223372036854775809", "-9223372036854775809"},
        {"9999999999999999999", "9999999999999999999"},
        {"10000000000000000000", "10000000000000000000"},
        {"100000000000000000000000000000000000000000000000000000000000001",
         "100000000000000000000000000000000000000000000000000000000000001"},
        /* Decimals print in the shape of Java's Double.toString. */
        {"1e3", "1000.0"},
        {"1e10", "1.0E10"},
        {"1E7", "1.0E7"},
        {"9999999.0", "9999999.0"},
        {"12345678.9", "1.23456789E7"},
        {"0.001", "0.001"},
        {"0.0012", "0.0012"},
        {"0.00099", "9.9E-4"},
        {"0.0001", "1.0E-4"},
        {"123.456", "123.456"},
        {"-1.5", "-1.5"},
        {"100.0", "100.0"},
        {"1234567.125", "1234567.125"},
        {"0.1", "0.1"},
        {"0.30000000000000004", "0.30000000000000004"},
        {"3.141592653589793", "3.141592653589793"},
        {"3.14159265358979311600", "3.141592653589793"},
        {"1.7976931348623157e308", "1.7976931348623157E308"},
        {"2.2250738585072014e-308", "2.2250738585072014E-308"},
        {"4.9e-324", "4.9E-324"},
        {"5e-324", "4.9E-324"},
        {"1e-323", "9.9E-324"},
        {"1e23", "1.0E23"},
        {"9007199254740993.0", "9.007199254740992E15"},
        {"5.684341886080802e-14", "5.684341886080802E-14"},
        {"1e22", "1.0E22"},
        {"1.5e-7", "1.5E-7"},
        {"-2.5e+100", "-2.5E100"},
        /* Out of the range of doubles, the text stays. */
        {"1e400", "1e400"},
        {"-1.50E+400", "-1.50E+400"},
        {"1e-400", "1e-400"},
        {"1e99999999999999999999", "1e99999999999999999999"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_prints(cases[i].text, cases[i].printed);
}

static void test_not_numbers(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",   "-",  "+1",  ".5",  "1.",  "1.e5", "1e",   "1e+", "01",       "-01",   "1 ",
        " 1", "1x", "0x1", "1_0", "NaN", "--1",  "1.5.", "1,5", "Infinity", "1e5.0", "\"1\"",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_null(json_number_from_text(bad[i], strlen(bad[i])));
    assert_null(json_number_from_text("1\0", 2));
}

static void test_reading(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_int, fits;
        int64_t i;
        double d;
    } cases[] = {
        {"0", true, true, 0, 0},
        {"-7", true, true, -7, -7},
        {"9223372036854775807", true, true, INT64_MAX, 0x1p63},
        {"-9223372036854775808", true, true, INT64_MIN, -0x1p63},
        {"9223372036854775808", true, false, 0, 0x1p63},
        {"1.0", false, false, 0, 1},
        {"1e2", false, false, 0, 100},
        {"0.1", false, false, 0, 0.1},
        {"1e400", false, false, 0, INFINITY},
        {"-1e400", false, false, 0, -INFINITY},
        {"1e-400", false, false, 0, 0},
        {"100000000000000000000", true, false, 0, 1e20},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json *v = json_number_from_text(cases[i].text, strlen(cases[i].text));
        assert_int_equal(json_type(v), JSON_NUMBER);
        assert_int_equal(json_is_int(v), cases[i].is_int);
        int64_t value = 77;
        assert_int_equal(json_int64(v, &value), cases[i].fits);
        assert_int_equal(value, cases[i].fits ? cases[i].i : 77);
        assert_true(json_double(v) == cases[i].d);
        json_unref(v);
    }
}

static void test_building(void **state)
{
    (void)state;
    static const struct {
        double d;
        const char *real, *number;
    } cases[] = {
        {1, "1.0", "1"},
        {-0.0, "-0.0", "0"},
        {0.5, "0.5", "0.5"},
        {-3, "-3.0", "-3"},
        {9007199254740991, "9.007199254740991E15", "9007199254740991"},
        {9007199254740992, "9.007199254740992E15", "9.007199254740992E15"},
        {1e300, "1.0E300", "1.0E300"},
    };
    char buf[32];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json *real = json_real(cases[i].d);
        assert_string_equal(json_number_text(real, buf), cases[i].real);
        assert_false(json_is_int(real));
        struct json *number = json_number(cases[i].d);
        assert_string_equal(json_number_text(number, buf), cases[i].number);
        json_unref(real);
        json_unref(number);
    }
    struct json *v = json_int(INT64_MIN);
    assert_string_equal(json_number_text(v, buf), "-9223372036854775808");
    json_unref(v);
}

/* The fewest digits that read back, found by trying: never fewer, and never further from d. */
static void assert_shortest(double d)
{
    char buf[32];
    struct json *v = json_real(d);
    const char *text = json_number_text(v, buf);
    if (strtod(text, NULL) != d)
        fail_msg("%.17g printed as %s", d, text);

    int digits = 0;
    for (const char *s = text; *s && *s != 'E'; s++)
        digits += *s >= '0' && *s <= '9';
    /* Zeros around the digits that count. */
    const char *first = text + strspn(text, "-0.");
    for (const char *s = text; s < first; s++)
        digits -= *s == '0';
    size_t mantissa = strcspn(text, "E");
    for (size_t i = mantissa; i > 0 && (text[i - 1] == '0' || text[i - 1] == '.'); i--)
        digits -= text[i - 1] == '0';

    for (int fewer = 1; fewer < digits; fewer++) {
        char trial[40];
        (void)snprintf(trial, sizeof(trial), "%.*e", fewer - 1, d);
        if (strtod(trial, NULL) == d && !(digits == 2 && fewer == 1))
            fail_msg("%.17g printed as %s, but %s is shorter", d, text, trial);
    }
    char nearest[40];
    (void)snprintf(nearest, sizeof(nearest), "%.*e", MAX(digits, 1) - 1, d);
    if (strtod(nearest, NULL) == d) { /* then it is the one to print */
        struct json *same = json_number_from_text(nearest, strlen(nearest));
        char other[40];
        (void)snprintf(other, sizeof(other), "%.*e", MAX(digits, 1) - 1, strtod(text, NULL));
        assert_string_equal(other, nearest);
        json_unref(same);
    }
    json_unref(v);
}

static void test_shortest(void **state)
{
    (void)state;
    for (int e = -1074; e < 1024; e++) {
        double d = ldexp(1, e);
        assert_shortest(d);
        assert_shortest(nextafter(d, 0) != 0 ? nextafter(d, 0) : d);
        assert_shortest(nextafter(d, INFINITY));
    }
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random_u64();
        double d;
        memcpy(&d, &bits, sizeof(d));
        if (isfinite(d) && d != 0)
            assert_shortest(d);
        assert_shortest((double)(bits % 1000000) / 100 + 0.01);
        assert_shortest((double)(bits >> (bits & 63)) + 1);
    }
}

/* Parsing agrees with the C library whatever the shape of the text. */
static void test_nearest_double(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[80];
        uint64_t r = random_u64();
        int shape = (int)(r % 5);
        if (shape == 0)
            (void)snprintf(text, sizeof(text), "%u.%u", (unsigned)(r >> 40), (unsigned)(r >> 8));
        else if (shape == 1)
            (void)snprintf(text, sizeof(text), "0.%020lluE%d", (unsigned long long)r,
                           (int)(r >> 32) % 330);
        else if (shape == 2)
            (void)snprintf(text, sizeof(text), "%llu%llu.5e-%d", (unsigned long long)r,
                           (unsigned long long)r, (int)(r >> 32 & 255));
        else if (shape == 3)
            (void)snprintf(text, sizeof(text), "%llue%d", (unsigned long long)r >> (r >> 10 & 31),
                           (int)(r >> 32 & 63) - 32);
        else
            (void)snprintf(text, sizeof(text), "-%u.%03u0000000000000000000000000",
                           (unsigned)(r >> 50), (unsigned)(r >> 8 & 511));
        struct json *v = json_number_from_text(text, strlen(text));
        assert_non_null(v);
        if (json_double(v) != strtod(text, NULL))
            fail_msg("%s read as %.17g", text, json_double(v));
        json_unref(v);
    }
}

static void test_equality(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"1", "1", true},
        {"1", "2", false},
        {"1", "1.0", true},
        {"0", "-0.0", true},
        {"100", "1e2", true},
        {"1", "1.5", false},
        {"9007199254740993", "9007199254740993", true},
        {"9007199254740993", "9007199254740992.0", false}, /* not as doubles */
        {"9223372036854775807", "9223372036854775808", false},
        {"9223372036854775807", "9.223372036854775807e18", false}, /* which reads as 2^63 */
        {"-9223372036854775808", "-9.223372036854775808e18", true},
        {"9223372036854775808", "9.223372036854775808e18", true},
        {"100000000000000000000", "1e20", true},
        {"100000000000000000001", "1e20", false},
        {"100000000000000000000", "-1e20", false},
        {"0.1", "0.10", true},
        {"1e400", "1e400", true},
        {"1e400", "10e399", true},
        {"1e400", "1.0E+400", true},
        {"1e400", "0.001e403", true},
        {"1e400", "-1e400", false},
        {"1e400", "1e401", false},
        {"1.5e400", "1.25e400", false},
        {"12e399", "1.2e400", true},
        {"12e399", "1.23e400", false},
        {"1e-400", "0.1e-399", true},
        {"1e-400", "0.0", false},
        {"0", "1e-400", false},
        {"1e400", "1.7976931348623157e308", false},
        {"1e99999999999999999999", "1e99999999999999999999", true},
        {"1e99999999999999999999", "1e99999999999999999998", false},
        {"1e400", "5", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json *a = json_number_from_text(cases[i].a, strlen(cases[i].a));
        struct json *b = json_number_from_text(cases[i].b, strlen(cases[i].b));
        if (json_equal(a, b) != cases[i].equal || json_equal(b, a) != cases[i].equal)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
        json_unref(a);
        json_unref(b);
    }
    /* An integer of 401 digits and the same as a power of ten. */
    char digits[402];
    memset(digits, '0', 401);
    digits[0] = '1';
    struct json *a = json_number_from_text(digits, 401);
    struct json *b = json_number_from_text("1e400", 5);
    assert_true(json_is_int(a));
    assert_true(json_equal(a, b));
    json_unref(a);
    json_unref(b);
}

/* A text of very many digits is no more work than its length. */
static void test_many_digits(void **state)
{
    (void)state;
    enum { LEN = 1000000 };
    char *text = xmalloc(LEN);
    memset(text, '7', LEN);
    struct json *v = json_number_from_text(text, LEN);
    assert_true(json_is_int(v));
    assert_true(isinf(json_double(v)));
    assert_int_equal(json_text_size(v, SIZE_MAX), LEN);
    json_unref(v);
    text[1] = '.';
    v = json_number_from_text(text, LEN);
    assert_true(json_double(v) == 70.0 / 9); /* 7.777... */
    json_unref(v);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),     cmocka_unit_test(test_not_numbers),
        cmocka_unit_test(test_reading),  cmocka_unit_test(test_building),
        cmocka_unit_test(test_shortest), cmocka_unit_test(test_nearest_double),
        cmocka_unit_test(test_equality), cmocka_unit_test(test_many_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
