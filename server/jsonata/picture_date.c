#include "jsonata/picture_date.h"

#include <string.h>

#include "jsonata/fn.h"

const char *const date_months[12] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December",
};
const char *const date_days[8] = {
    "", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
};

/* ---- calendar ---- */

enum { DAY_MS = 86400000 };

int64_t date_days_from_civil(int64_t year, int64_t month, int64_t day)
{
    /* Years that begin in March put the leap day at their end. */
    year += (month - 1) / 12;
    month = (month - 1) % 12 + 1;
    if (month < 1) {
        month += 12;
        year--;
    }
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468 + day - 1;
}

static void civil_from_days(int64_t days, struct date_time *t)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    t->day = (int)(of_year - (153 * month + 2) / 5 + 1);
    t->month = (int)(month < 10 ? month + 3 : month - 9);
    t->year = year + era * 400 + (t->month <= 2);
}

void date_split(int64_t ms, struct date_time *ret)
{
    int64_t days = ms / DAY_MS, rest = ms % DAY_MS;
    if (rest < 0) {
        rest += DAY_MS;
        days--;
    }
    ret->ms = ms;
    civil_from_days(days, ret);
    ret->hour = (int)(rest / 3600000);
    ret->minute = (int)(rest / 60000 % 60);
    ret->second = (int)(rest / 1000 % 60);
    ret->milli = (int)(rest % 1000);
}

/* 1 (Monday) to 7. */
static int64_t weekday(int64_t days)
{
    return ((days + 3) % 7 + 7) % 7 + 1;
}

/* The Monday of the week that holds the first Thursday of the month. */
static int64_t first_week(int64_t year, int64_t month)
{
    int64_t first = date_days_from_civil(year, month, 1), day = weekday(first);
    return day > 4 ? first + 8 - day : first - (day - 1);
}

static int64_t week_from(int64_t start, int64_t day)
{
    int64_t days = day - start;
    return (days >= 0 ? days / 7 : -((-days + 6) / 7)) + 1;
}

/* The week of the period that begins at `month`, where `step` months on the next one begins. */
static int64_t week_of(const struct date_time *t, int64_t month, int64_t step, int64_t most)
{
    int64_t today = date_days_from_civil(t->year, t->month, t->day);
    int64_t week = week_from(first_week(t->year, month), today);
    if (week > most) {
        if (today >= first_week(t->year, month + step))
            week = 1;
    } else if (week < 1) {
        week = week_from(first_week(t->year, month - step), today);
    }
    return week;
}

double date_component(const struct date_time *t, char component)
{
    int64_t today = date_days_from_civil(t->year, t->month, t->day);
    switch (component) {
    case 'Y':
        return (double)t->year;
    case 'M':
        return t->month;
    case 'D':
        return t->day;
    case 'd':
        return (double)(today - date_days_from_civil(t->year, 1, 1) + 1);
    case 'F':
        return (double)weekday(today);
    case 'W':
        return (double)week_of(t, 1, 12, 52);
    case 'w':
        return (double)week_of(t, t->month, 1, 4);
    case 'X':
        if (today < first_week(t->year, 1))
            return (double)t->year - 1;
        return (double)t->year + (today >= first_week(t->year + 1, 1));
    case 'x':
        if (today < first_week(t->year, t->month))
            return t->month == 1 ? 12 : t->month - 1;
        if (today >= first_week(t->year, t->month + 1))
            return t->month % 12 + 1;
        return t->month;
    case 'H':
        return t->hour;
    case 'h':
        return t->hour % 12 ? t->hour % 12 : 12;
    case 'P':
        return t->hour >= 12;
    case 'm':
        return t->minute;
    case 's':
        return t->second;
    default:
        return t->milli;
    }
}

/* ---- pictures ---- */

static struct value default_presentation(char component)
{
    switch (component) {
    case 'F':
    case 'P':
    case 'C':
    case 'E':
        return v_lit("n");
    case 'm':
    case 's':
        return v_lit("01");
    case 'Z':
    case 'z':
        return v_lit("01:01");
    default:
        return v_lit("1");
    }
}

static bool is_in(char c, const char *set)
{
    return c && strchr(set, c);
}

/* Digits at the start of s; false when there are none. */
static bool read_width(struct value s, unsigned *ret)
{
    unsigned n = 0;
    size_t i = 0;
    for (; i < s.len && s.str[i] >= '0' && s.str[i] <= '9' && n < 10000; i++)
        n = n * 10 + (unsigned)(s.str[i] - '0');
    if (i > 0)
        *ret = n;
    return i > 0;
}

/* "min", "min-max"; a star is no bound. */
static bool parse_widths(struct value s, struct date_part *p, unsigned *ret_min)
{
    const char *dash = memchr(s.str, '-', s.len);
    size_t at = dash ? (size_t)(dash - s.str) : s.len;
    if (dash)
        p->has_max = read_width(v_str(dash + 1, s.len - at - 1), &p->max);
    return read_width(v_str(s.str, at), ret_min);
}

static void analyse_integer(struct ev *ev, struct date_part *p, struct value presentation,
                            char modifier, bool has_min, unsigned min)
{
    struct textbuf pattern;
    text_init(&pattern, &ev->heap, presentation.len + 2);
    text_addv(&pattern, presentation);
    if (modifier) {
        text_addc(&pattern, ';');
        text_addc(&pattern, modifier);
    }
    picture_analyse(ev, text_value(&pattern), &p->integer);
    p->has_integer = true;
    if (has_min && p->integer.mandatory < min)
        p->integer.mandatory = min;
    if (!is_in(p->component, "YMD"))
        return;
    unsigned digits = p->integer.mandatory + p->integer.optional;
    if (p->has_max)
        p->n = p->integer.mandatory = p->max;
    else if (digits >= 2)
        p->n = digits;
}

/* A marker's text with its white space taken out. */
static struct value squeeze(struct ev *ev, const char *s, size_t len)
{
    char *out = jn_alloc(ev, len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        if (!is_in(s[i], " \t\n\r\v\f"))
            out[n++] = s[i];
    return v_str(out, n);
}

static void analyse_marker(struct ev *ev, struct value marker, struct date_part *p)
{
    unsigned min = 0;
    bool has_min = false;
    char modifier = 0;
    *p = (struct date_part){.component = marker.len ? marker.str[0] : 0};
    if (!is_in(p->component, "YMDdFWwXxHhPmsfZzCE")) {
        size_t size = 0;
        if (marker.len)
            text_decode(marker.str, marker.len, &size);
        jn_throw(ev, D3132, .value = v_str(marker.str, size));
    }
    struct value presentation = v_str(marker.str + 1, marker.len - 1);
    const char *comma = memrchr(marker.str, ',', marker.len);
    if (comma) {
        size_t at = (size_t)(comma - marker.str);
        has_min = parse_widths(v_str(comma + 1, marker.len - at - 1), p, &min);
        presentation.len = (uint32_t)at - 1;
    }
    if (presentation.len == 0) {
        presentation = default_presentation(p->component);
    } else if (presentation.len > 1 && is_in(presentation.str[presentation.len - 1], "atco")) {
        modifier = presentation.str[--presentation.len];
        p->traditional = modifier == 't';
    }
    if (presentation.str[0] == 'n')
        p->names = NAMES_LOWER;
    else if (presentation.str[0] == 'N')
        p->names = presentation.len > 1 && presentation.str[1] == 'n' ? NAMES_TITLE : NAMES_UPPER;
    else if (is_in(p->component, "YMDdFWwXxHhmsf"))
        analyse_integer(ev, p, presentation, modifier, has_min, min);
    if (is_in(p->component, "Zz")) {
        picture_analyse(ev, presentation, &p->integer);
        p->has_integer = true;
    }
}

struct builder {
    struct ev *ev;
    struct date_picture *out;
    size_t cap;
};

static struct date_part *add_part(struct builder *b)
{
    struct date_picture *out = b->out;
    if (out->len == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 8;
        struct date_part *parts = jn_alloc(b->ev, cap * sizeof(*parts));
        if (out->len)
            memcpy(parts, out->parts, out->len * sizeof(*parts));
        out->parts = parts;
        b->cap = cap;
    }
    return &out->parts[out->len++];
}

/* Text between markers; ]] stands for ]. */
static void add_literal(struct builder *b, const char *s, size_t len)
{
    if (len == 0)
        return;
    char *out = jn_alloc(b->ev, len);
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        out[n++] = s[i];
        if (s[i] == ']' && i + 1 < len && s[i + 1] == ']')
            i++;
    }
    *add_part(b) = (struct date_part){.literal = v_str(out, n)};
}

void date_analyse(struct ev *ev, struct value picture, struct date_picture *ret)
{
    struct builder b = {.ev = ev, .out = ret};
    const char *s = picture.str;
    size_t start = 0, i = 0;
    *ret = (struct date_picture){0};
    jn_charge(ev, picture.len / 4);
    while (i < picture.len) {
        if (s[i] != '[') {
            i++;
            continue;
        }
        add_literal(&b, s + start, i - start);
        if (i + 1 < picture.len && s[i + 1] == '[') {
            *add_part(&b) = (struct date_part){.literal = v_lit("[")};
            start = i += 2;
            continue;
        }
        const char *close = memchr(s + i, ']', picture.len - i);
        if (!close)
            jn_throw(ev, D3135, 0);
        size_t end = (size_t)(close - s);
        analyse_marker(ev, squeeze(ev, s + i + 1, end - i - 1), add_part(&b));
        start = i = end + 1;
    }
    add_literal(&b, s + start, picture.len - start);
}
