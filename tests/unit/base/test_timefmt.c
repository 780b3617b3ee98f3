#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"

/* reference/api.md section 1: always three decimals and Z. */
static void test_format(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {1790218577620, "2026-09-24T02:56:17.620Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {951868800000, "2000-03-01T00:00:00.000Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
        {4107542399999, "2100-02-28T23:59:59.999Z"},
        {1709251199000, "2024-02-29T23:59:59.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {-62167219200000, "0000-01-01T00:00:00.000Z"},
        {INT64_MAX, "292278994-08-17T07:12:55.807Z"},
        {INT64_MIN, "-292275055-05-16T16:47:04.192Z"},
    };
    char buf[ISO_TIME_SIZE];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(iso_time_format(cases[i].ms, buf), cases[i].text);
}

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-09-24T02:56:17.620Z", 1790218577620},
        {"2026-09-24T02:56:17.62Z", 1790218577620},
        {"2026-09-24T02:56:17.6Z", 1790218577600},
        /* reference/asl.md section 9, Wait: nanoseconds are accepted; ours are cut. */
        {"2026-09-24T02:56:17.620999999Z", 1790218577620},
        {"2026-09-24T04:56:17.620+02:00", 1790218577620},
        {"2026-09-23T15:26:17.620-11:30", 1790218577620},
        {"2026-09-24T02:56:17.620-00:00", 1790218577620},
        {"1970-01-01T00:00:00+23:59", -86340000},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"2024-02-29T23:59:59Z", 1709251199000},
        {"0000-01-01T00:00:00Z", -62167219200000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t ms = 1;
        assert_int_equal(iso_time_parse(cases[i].text, strlen(cases[i].text), &ms), 0);
        assert_int_equal(ms, cases[i].ms);
    }
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "2026",
        "2026-09-24",
        "2026-09-24T02:56",
        "2026-09-24T02:56Z",
        /* reference/asl.md section 9: no offset, no time, or a space are no timestamps. */
        "2012-10-09T19:00:55",
        "2023-02-24",
        "2016-12-05 21:29:29Z",
        "2026-09-24t02:56:17Z",
        "2026-09-24T02:56:17z",
        "2026-00-24T02:56:17Z",
        "2026-13-24T02:56:17Z",
        "2026-09-00T02:56:17Z",
        "2026-09-31T02:56:17Z",
        "2023-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2026-09-24T24:00:00Z",
        "2026-09-24T25:00:00Z",
        "2026-09-24T02:60:17Z",
        "2026-09-24T02:56:60Z",
        "2026-09-24T02:56:17.Z",
        "2026-09-24T02:56:17,5Z",
        "2026-09-24T02:56:17+24:00",
        "2026-09-24T02:56:17+02:60",
        "2026-09-24T02:56:17+0200",
        "2026-09-24T02:56:17+02",
        "2026-09-24T02:56:17 02:00",
        "2026-09-24T02:56:17ZZ",
        "2026-09-24T02:56:17Z ",
        " 2026-09-24T02:56:17Z",
        "+2026-09-24T02:56:17Z",
        "26-09-24T02:56:17Z",
        "2026-9-24T02:56:17Z",
        "2026-09-24T2:56:17Z",
        "12026-09-24T02:56:17Z",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t ms = 77;
        assert_int_equal(iso_time_parse(cases[i], strlen(cases[i]), &ms), ERR_INVALID);
        assert_int_equal(ms, 77);
    }
    int64_t ms;
    assert_int_equal(iso_time_parse("2026-09-24T02:56:17Z\0", 21, &ms), ERR_INVALID);
}

/* Every day for some centuries, and back. */
static void test_round_trip(void **state)
{
    (void)state;
    char buf[ISO_TIME_SIZE];
    for (int64_t day = -150000; day < 150000; day += 7) {
        int64_t ms = day * 86400000 + 12345678;
        int64_t back = 0;
        (void)iso_time_format(ms, buf);
        assert_int_equal(iso_time_parse(buf, strlen(buf), &back), 0);
        assert_int_equal(back, ms);
    }
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"P14D", 1209600000},
        {"P2W", 1209600000},
        {"PT1H30M", 5400000},
        {"PT90S", 90000},
        {"PT0.25S", 250},
        {"PT1.0009S", 1000},
        {"P1DT1S", 86401000},
        {"P0D", 0},
        {"PT0S", 0},
        {"P1W2D", 777600000},
        {"PT1M", 60000},
        {"P1DT2H3M4S", 93784000},
        {"P100000D", 8640000000000},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        int64_t ms = -1;
        assert_int_equal(iso_duration_parse(good[i].text, strlen(good[i].text), &ms), 0);
        assert_int_equal(ms, good[i].ms);
    }
    static const char *const bad[] = {
        "",
        "P",
        "PT",
        "14D",
        "P14",
        "P1Y",
        "P1M",
        "P1DT",
        "PT1D",
        "P1H",
        "PT1S1M",
        "PT1M1M",
        "P1D1W",
        "-P1D",
        "P-1D",
        "P1.5D",
        "PT1.5H",
        "PT1.S",
        "PT.5S",
        "p1d",
        "P1d",
        " P1D",
        "P1D ",
        "P1DT1HT1M",
        "P9223372036854775807W",
        "P99999999999999999999D",
        "PT9223372036854775807S",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t ms = 77;
        assert_int_equal(iso_duration_parse(bad[i], strlen(bad[i]), &ms), ERR_INVALID);
        assert_int_equal(ms, 77);
    }
}

/* RFC 9110 section 5.6.7, whose example comes first; days around the epoch and a leap day. */
static void test_http_date(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {784111777000, "Sun, 06 Nov 1994 08:49:37 GMT"},
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
        {1709251199999, "Thu, 29 Feb 2024 23:59:59 GMT"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[HTTP_TIME_SIZE];
        assert_string_equal(http_time_format(cases[i].ms, text), cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_refuses), cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_durations),     cmocka_unit_test(test_http_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
