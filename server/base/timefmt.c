#include "base/timefmt.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define MS_PER_DAY INT64_C(86400000)

/* The calendar below counts years from March, so that the leap day is the last day of a year, and
 * days in eras of 400 years, which all have the same number of days. */
enum { DAYS_PER_ERA = 146097, DAYS_TO_EPOCH = 719468 };

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    if (month <= 2)
        year--;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH;
}

static void date_from_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    days += DAYS_TO_EPOCH;
    int64_t era = (days >= 0 ? days : days - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t day_of_era = days - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *ret_month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

/* Days since 1970-01-01 and the milliseconds of the day. */
static int64_t split_days(int64_t epoch_ms, int64_t *ret_rest)
{
    int64_t days = epoch_ms / MS_PER_DAY;
    int64_t rest = epoch_ms % MS_PER_DAY;
    if (rest < 0) {
        rest += MS_PER_DAY;
        days--;
    }
    *ret_rest = rest;
    return days;
}

char *http_time_format(int64_t epoch_ms, char buf[HTTP_TIME_SIZE])
{
    static const char weekdays[7][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t rest;
    int64_t days = split_days(epoch_ms, &rest);
    int64_t year;
    int month;
    int day;
    date_from_days(days, &year, &month, &day);
    int n = snprintf(buf, HTTP_TIME_SIZE, "%s, %02d %s %04lld %02d:%02d:%02d GMT",
                     weekdays[(days % 7 + 7) % 7], day, months[month - 1], (long long)year,
                     (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60));
    CHECK(n > 0 && n < HTTP_TIME_SIZE);
    return buf;
}

char *iso_time_format(int64_t epoch_ms, char buf[ISO_TIME_SIZE])
{
    int64_t rest;
    int64_t days = split_days(epoch_ms, &rest);
    int64_t year;
    int month;
    int day;
    date_from_days(days, &year, &month, &day);
    int n = snprintf(buf, ISO_TIME_SIZE, "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ", (long long)year,
                     month, day, (int)(rest / 3600000), (int)(rest / 60000 % 60),
                     (int)(rest / 1000 % 60), (int)(rest % 1000));
    CHECK(n > 0 && n < ISO_TIME_SIZE);
    return buf;
}

/* What is left of a text being read. */
struct cursor {
    const char *at, *end;
};

static bool take_char(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly `count` digits of a number from min to max. */
static bool take_number(struct cursor *c, int count, int min, int max, int *ret_value)
{
    int value = 0;
    for (int i = 0; i < count; i++, c->at++) {
        if (c->at == c->end || !is_digit(*c->at))
            return false;
        value = value * 10 + (*c->at - '0');
    }
    if (value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

/* The digits behind a decimal point, as milliseconds. */
static bool take_fraction(struct cursor *c, int *ret_ms)
{
    int ms = 0;
    int digits = 0;
    for (; c->at < c->end && is_digit(*c->at); c->at++, digits++)
        if (digits < 3)
            ms = ms * 10 + (*c->at - '0');
    if (digits == 0)
        return false;
    for (; digits < 3; digits++)
        ms *= 10;
    *ret_ms = ms;
    return true;
}

/* "Z", "+02:00", "-11:30": minutes ahead of UTC. */
static bool take_offset(struct cursor *c, int *ret_minutes)
{
    if (take_char(c, 'Z')) {
        *ret_minutes = 0;
        return true;
    }
    int sign = take_char(c, '+') ? 1 : -1;
    if (sign < 0 && !take_char(c, '-'))
        return false;
    int hours;
    int minutes;
    if (!take_number(c, 2, 0, 23, &hours) || !take_char(c, ':') ||
        !take_number(c, 2, 0, 59, &minutes))
        return false;
    *ret_minutes = sign * (hours * 60 + minutes);
    return true;
}

static int days_in_month(int year, int month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

int iso_time_parse(const char *s, size_t len, int64_t *ret_epoch_ms)
{
    struct cursor c = {s, s + len};
    int year;
    int month;
    int day;
    if (!take_number(&c, 4, 0, 9999, &year) || !take_char(&c, '-') ||
        !take_number(&c, 2, 1, 12, &month) || !take_char(&c, '-') ||
        !take_number(&c, 2, 1, days_in_month(year, month), &day) || !take_char(&c, 'T'))
        return ERR_INVALID;

    int hour;
    int minute;
    int second;
    int ms = 0;
    if (!take_number(&c, 2, 0, 23, &hour) || !take_char(&c, ':') ||
        !take_number(&c, 2, 0, 59, &minute) || !take_char(&c, ':') ||
        !take_number(&c, 2, 0, 59, &second))
        return ERR_INVALID;
    if (take_char(&c, '.') && !take_fraction(&c, &ms))
        return ERR_INVALID;

    int offset;
    if (!take_offset(&c, &offset) || c.at != c.end)
        return ERR_INVALID;

    int64_t minutes = days_from_date(year, month, day) * 1440 + hour * 60 + minute - offset;
    *ret_epoch_ms = (minutes * 60 + second) * 1000 + ms;
    return 0;
}

/* The parts of a duration in the order in which they may come. */
static const struct {
    char letter;
    bool time; /* stands behind the T */
    int64_t ms;
} duration_parts[] = {
    {'W', false, 7 * MS_PER_DAY}, {'D', false, MS_PER_DAY}, {'H', true, 3600000},
    {'M', true, 60000},           {'S', true, 1000},
};

/* "14D", the 14 being any whole number, or "1.5S".  *part is the first part that may come; moved
 * behind the one that was read. */
static bool take_duration_part(struct cursor *c, bool time, size_t *part, int64_t *total)
{
    int64_t count = 0;
    const char *start = c->at;
    for (; c->at < c->end && is_digit(*c->at); c->at++)
        if (__builtin_mul_overflow(count, 10, &count) ||
            __builtin_add_overflow(count, *c->at - '0', &count))
            return false;
    if (c->at == start)
        return false;

    int fraction_ms = 0;
    bool fraction = take_char(c, '.');
    if (fraction && !take_fraction(c, &fraction_ms))
        return false;

    for (; *part < ARRAY_LEN(duration_parts); ++*part) {
        if (duration_parts[*part].time != time || !take_char(c, duration_parts[*part].letter))
            continue;
        int64_t ms;
        if ((fraction && duration_parts[*part].letter != 'S') ||
            __builtin_mul_overflow(count, duration_parts[*part].ms, &ms) ||
            __builtin_add_overflow(ms, fraction_ms, &ms) ||
            __builtin_add_overflow(*total, ms, total))
            return false;
        ++*part;
        return true;
    }
    return false;
}

int iso_duration_parse(const char *s, size_t len, int64_t *ret_ms)
{
    struct cursor c = {s, s + len};
    size_t part = 0;
    int64_t total = 0;
    if (!take_char(&c, 'P') || c.at == c.end)
        return ERR_INVALID;
    while (c.at < c.end && *c.at != 'T')
        if (!take_duration_part(&c, false, &part, &total))
            return ERR_INVALID;
    if (take_char(&c, 'T')) {
        do {
            if (!take_duration_part(&c, true, &part, &total))
                return ERR_INVALID;
        } while (c.at < c.end);
    }
    *ret_ms = total;
    return 0;
}
