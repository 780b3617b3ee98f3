/* $now, $millis, $fromMillis, $toMillis. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "jsonata/fn.h"
#include "jsonata/picture_date.h"
#include "jsonata/regex.h"

/* ---- formatting ---- */

struct zone {
    double hours, minutes;
};

static void add_name(struct textbuf *out, const struct date_part *p, const char *name)
{
    size_t len = strlen(name);
    if (p->has_max)
        len = MIN(len, (size_t)p->max);
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        if (p->names == NAMES_UPPER && c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        else if (p->names == NAMES_LOWER && c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        text_addc(out, c);
    }
}

static void format_zone(struct ev *ev, struct textbuf *out, const struct date_part *p,
                        const struct zone *zone)
{
    double offset = zone->hours * 100 + zone->minutes;
    if (offset == 0 && p->traditional) {
        text_addc(out, 'Z');
        return;
    }
    if (p->component == 'z')
        text_adds(out, "GMT");
    if (offset >= 0)
        text_addc(out, '+');
    unsigned digits = p->integer.mandatory;
    if (p->integer.regular || digits == 3 || digits == 4) {
        picture_format(ev, offset, &p->integer, out);
    } else if (digits == 1 || digits == 2) {
        picture_format(ev, zone->hours, &p->integer, out);
        if (zone->minutes != 0) {
            struct picture_integer two;
            picture_analyse(ev, v_lit("00"), &two);
            text_addc(out, ':');
            picture_format(ev, zone->minutes, &two, out);
        }
    } else {
        jn_throw(ev, D3134, .value = v_num(digits));
    }
}

static void format_part(struct ev *ev, struct textbuf *out, const struct date_part *p,
                        const struct date_time *t, const struct zone *zone)
{
    struct value component = v_str(&p->component, 1);
    double v;
    switch (p->component) {
    case 'Z':
    case 'z':
        format_zone(ev, out, p, zone);
        return;
    case 'C':
    case 'E':
        text_adds(out, "ISO");
        return;
    case 'P':
        text_adds(out, p->names == NAMES_UPPER ? (t->hour >= 12 ? "PM" : "AM")
                       : t->hour >= 12         ? "pm"
                                               : "am");
        return;
    default:
        break;
    }
    v = date_component(t, p->component);
    if (p->component == 'Y' && p->n)
        v = fmod(v, pow(10, p->n));
    if (!p->names)
        picture_format(ev, v, &p->integer, out);
    else if (p->component == 'M' || p->component == 'x')
        add_name(out, p, date_months[(int)v - 1]);
    else if (p->component == 'F')
        add_name(out, p, date_days[(int)v]);
    else
        jn_throw(ev, D3133, .value = component);
}

static char *put_digits(char *to, unsigned v, int digits)
{
    for (int i = digits - 1; i >= 0; i--, v /= 10)
        to[i] = (char)('0' + v % 10);
    return to + digits;
}

/* The default picture, [Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t], in UTC. */
static struct value format_iso(struct ev *ev, const struct date_time *t)
{
    char *text = jn_alloc(ev, 24), *at = text;
    at = put_digits(at, (unsigned)(t->year % 10000), 4);
    *at++ = '-';
    at = put_digits(at, (unsigned)t->month, 2);
    *at++ = '-';
    at = put_digits(at, (unsigned)t->day, 2);
    *at++ = 'T';
    at = put_digits(at, (unsigned)t->hour, 2);
    *at++ = ':';
    at = put_digits(at, (unsigned)t->minute, 2);
    *at++ = ':';
    at = put_digits(at, (unsigned)t->second, 2);
    *at++ = '.';
    at = put_digits(at, (unsigned)t->milli, 3);
    *at++ = 'Z';
    return v_str(text, (size_t)(at - text));
}

static struct zone read_zone(struct ev *ev, struct value s)
{
    size_t n = s.len > 0 && (s.str[0] == '+' || s.str[0] == '-');
    size_t digits = n;
    while (n < s.len && s.str[n] >= '0' && s.str[n] <= '9')
        n++;
    if (n == digits || n > 8)
        jn_throw(ev, D3150, .value = s);
    double offset = number_parse(s.str, n);
    return (struct zone){floor(offset / 100), fmod(offset, 100)};
}

static struct value format_date(struct ev *ev, double ms, struct value picture, struct value zone)
{
    struct zone offset = {0, 0};
    if (zone.tag)
        offset = read_zone(ev, zone);
    ms = trunc(ms) + (60 * offset.hours + offset.minutes) * 60000;
    if (!(fabs(ms) <= DATE_MAX))
        jn_throw(ev, D1001, .value = v_num(ms));
    struct date_time t;
    date_split((int64_t)ms, &t);
    if (!picture.tag && t.year >= 0 && offset.hours == 0 && offset.minutes == 0)
        return format_iso(ev, &t);
    if (!picture.tag)
        picture = v_lit("[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]");
    struct date_picture p;
    date_analyse(ev, picture, &p);
    struct textbuf out;
    text_init(&out, &ev->heap, 48);
    for (size_t i = 0; i < p.len; i++) {
        if (p.parts[i].literal.tag)
            text_addv(&out, p.parts[i].literal);
        else
            format_part(ev, &out, &p.parts[i], &t, &offset);
    }
    return text_value(&out);
}

FN(now)
{
    (void)nargs;
    return format_date(ev, (double)ev->call->now_ms, args[0], args[1]);
}

FN(millis)
{
    (void)args, (void)nargs;
    return v_num((double)ev->call->now_ms);
}

FN(from_millis)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    return format_date(ev, v_double(args[0]), args[1], args[2]);
}

/* ---- parsing: ISO 8601 ---- */

struct cursor {
    const char *s;
    size_t len, at;
};

/* Exactly `n` digits, or false. */
static bool take_digits(struct cursor *c, int n, int *ret)
{
    int v = 0;
    for (int i = 0; i < n; i++, c->at++) {
        if (c->at >= c->len || c->s[c->at] < '0' || c->s[c->at] > '9')
            return false;
        v = v * 10 + (c->s[c->at] - '0');
    }
    *ret = v;
    return true;
}

static bool take(struct cursor *c, char ch)
{
    if (c->at >= c->len || c->s[c->at] != ch)
        return false;
    c->at++;
    return true;
}

static bool take_zone(struct cursor *c, int64_t *ret_minutes)
{
    int hours, minutes, sign = take(c, '+') ? 1 : take(c, '-') ? -1 : 0;
    *ret_minutes = 0;
    if (!sign)
        return take(c, 'Z') || c->at == c->len;
    if (!take_digits(c, 2, &hours))
        return false;
    (void)take(c, ':');
    if (!take_digits(c, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret_minutes = sign * (hours * 60 + minutes);
    return true;
}

static bool take_time(struct cursor *c, int64_t *ret_ms)
{
    int hour, minute, second;
    *ret_ms = 0;
    if (take(c, 'T')) {
        if (!take_digits(c, 2, &hour) || !take(c, ':') || !take_digits(c, 2, &minute) ||
            !take(c, ':') || !take_digits(c, 2, &second) || hour > 24 || minute > 59 || second > 59)
            return false;
        *ret_ms = ((hour * 60 + minute) * 60 + second) * (int64_t)1000;
    }
    if (take(c, '.')) {
        int scale = 100, digit;
        size_t from = c->at;
        for (; c->at < c->len && c->s[c->at] >= '0' && c->s[c->at] <= '9'; scale /= 10) {
            (void)take_digits(c, 1, &digit);
            *ret_ms += digit * scale;
        }
        return c->at > from;
    }
    return true;
}

static struct value parse_iso(struct ev *ev, struct value s)
{
    struct cursor c = {s.str, s.len, 0};
    int year, month = 1, day = 1;
    int64_t ms, zone;
    bool ok = take_digits(&c, 4, &year);
    if (ok && take(&c, '-')) {
        ok = take_digits(&c, 2, &month) && month >= 1 && month <= 12;
        if (ok && take(&c, '-'))
            ok = take_digits(&c, 2, &day) && day >= 1 && day <= 31;
    }
    ok = ok && take_time(&c, &ms) && take_zone(&c, &zone) && c.at == c.len;
    if (!ok)
        jn_throw(ev, D3110, .value = s);
    int64_t days = date_days_from_civil(year, month, day);
    return v_num((double)(days * 86400000 + ms - zone * 60000));
}

/* ---- parsing with a picture ---- */

/* The components found, by letter; V_UNDEF: not given. */
struct components {
    struct value by[128];
};

static void add_occurrences(struct textbuf *out, const struct date_part *p)
{
    char text[48];
    size_t n = 0;
    if (!p->n) {
        text_addc(out, '+');
        return;
    }
    unsigned least = p->n > p->integer.optional ? p->n - p->integer.optional : 0;
    text_addc(out, '{');
    if (p->integer.optional) {
        n = number_text(least, text);
        text_add(out, text, n);
        text_addc(out, ',');
    }
    n = number_text(p->n, text);
    text_add(out, text, n);
    text_addc(out, '}');
}

static void add_integer_pattern(struct ev *ev, struct textbuf *out, const struct date_part *p)
{
    bool upper = p->integer.letters == PICTURE_UPPER;
    switch (p->integer.kind) {
    case PICTURE_LETTERS:
        text_adds(out, upper ? "[A-Z]+" : "[a-z]+");
        break;
    case PICTURE_ROMAN:
        text_adds(out, upper ? "[MDCLXVI]+" : "[mdclxvi]+");
        break;
    case PICTURE_WORDS:
        text_adds(out, "(?:");
        picture_words_pattern(out);
        text_adds(out, ")+");
        break;
    case PICTURE_SEQUENCE:
        jn_throw(ev, D3130, .value = p->integer.token);
    default:
        text_adds(out, "[0-9]");
        add_occurrences(out, p);
        if (p->integer.ordinal)
            text_adds(out, "(?:th|st|nd|rd)");
    }
}

/* The separator between the hours and minutes of a zone, if the picture has a regular one. */
static uint32_t zone_separator(const struct date_part *p)
{
    return p->integer.regular ? p->integer.separators[0].point : 0;
}

static void add_escaped(struct textbuf *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] && strchr(".*+?^${}()|[]\\/", s[i]))
            text_addc(out, '\\');
        text_addc(out, s[i]);
    }
}

static void add_pattern(struct ev *ev, struct textbuf *out, const struct date_part *p)
{
    text_addc(out, '(');
    if (p->literal.tag) {
        add_escaped(out, p->literal.str, p->literal.len);
    } else if (p->component == 'Z' || p->component == 'z') {
        uint32_t separator = zone_separator(p);
        text_adds(out, p->component == 'z' ? "GMT[-+][0-9]+" : "[-+][0-9]+");
        if (separator) {
            char bytes[4];
            add_escaped(out, bytes, text_encode(separator, bytes));
            text_adds(out, "[0-9]+");
        }
    } else if (p->has_integer) {
        add_integer_pattern(ev, out, p);
    } else {
        if (!strchr("MxFP", p->component))
            jn_throw(ev, D3133, .value = v_str(&p->component, 1));
        text_adds(out, "[a-zA-Z]+");
    }
    text_addc(out, ')');
}

static bool is_name(const struct date_part *p, const char *name, struct value s)
{
    size_t len = strlen(name);
    if (p->has_max && p->max)
        len = MIN(len, (size_t)p->max);
    return s.len == len && memcmp(s.str, name, len) == 0;
}

static struct value parse_name(const struct date_part *p, struct value s)
{
    if (p->component == 'P') {
        if (v_str_is(s, "am") || v_str_is(s, "AM"))
            return v_num(0);
        return v_str_is(s, "pm") || v_str_is(s, "PM") ? v_num(1) : UNDEF;
    }
    bool month = p->component != 'F';
    for (int i = 1; i <= (month ? 12 : 7); i++)
        if (is_name(p, month ? date_months[i - 1] : date_days[i], s))
            return v_num(i);
    return UNDEF;
}

static double parse_int(const char *s, size_t len)
{
    return number_parse(s, len);
}

/* Minutes east of UTC. */
static struct value parse_zone(const struct date_part *p, struct value s)
{
    if (p->component == 'z') {
        s.str += 3;
        s.len -= 3;
    }
    uint32_t separator = zone_separator(p);
    if (separator) {
        char bytes[4];
        size_t n = text_encode(separator, bytes), at = text_find(s.str, s.len, bytes, n, 0);
        return v_num(parse_int(s.str, at) * 60 + parse_int(s.str + at + n, s.len - at - n));
    }
    if (s.len <= 3)
        return v_num(parse_int(s.str, s.len) * 60);
    return v_num(parse_int(s.str, 3) * 60 + parse_int(s.str + 3, s.len - 3));
}

static struct value parse_part(struct ev *ev, const struct date_part *p, struct value s)
{
    if (p->component == 'Z' || p->component == 'z')
        return parse_zone(p, s);
    return p->has_integer ? v_num(picture_parse(ev, s, &p->integer)) : parse_name(p, s);
}

/* The picture as a regular expression of one group for each part. */
static const struct regex *picture_regex(struct ev *ev, const struct date_picture *p)
{
    struct textbuf pattern;
    text_init(&pattern, &ev->heap, 128);
    text_addc(&pattern, '^');
    for (size_t i = 0; i < p->len; i++)
        add_pattern(ev, &pattern, &p->parts[i]);
    text_addc(&pattern, '$');
    jn_charge(ev, pattern.len);
    char message[8];
    struct regex *re =
        regex_new(pattern.data, pattern.len, REGEX_CASELESS, message, sizeof(message));
    if (!re)
        jn_throw(ev, D3136, 0);
    re->next = ev->regexes;
    ev->regexes = re;
    return re;
}

static bool given(const struct components *c, char letter)
{
    struct value v = c->by[(unsigned char)letter];
    return v.tag && v.num != 0 && !isnan(v.num);
}

/* True when only letters of `allowed` are given, and at least one of them. */
static bool is_type(const struct components *c, const char *letters, const char *allowed)
{
    bool any = false;
    for (; *letters; letters++) {
        if (!given(c, *letters))
            continue;
        if (!strchr(allowed, *letters))
            return false;
        any = true;
    }
    return any;
}

/* Parts left of what was given come from the present, parts right of it are zero or one. */
static void fill_gaps(struct ev *ev, struct components *c, const char *parts)
{
    struct date_time now;
    bool started = false, ended = false;
    date_split(ev->call->now_ms, &now);
    for (; *parts; parts++) {
        struct value *v = &c->by[(unsigned char)*parts];
        if (v->tag) {
            started = true;
            if (ended)
                jn_throw(ev, D3136, 0);
        } else if (started) {
            *v = v_num(strchr("MDd", *parts) ? 1 : 0);
            ended = true;
        } else {
            *v = v_num(date_component(&now, *parts));
        }
    }
}

static double number_of(const struct components *c, char letter)
{
    struct value v = c->by[(unsigned char)letter];
    return v.tag ? v.num : NAN;
}

static struct value compose(struct ev *ev, struct components *c)
{
    static const char date_letters[] = "YXMxWwdD", time_letters[] = "PHhmsf";
    bool year_day = !is_type(c, date_letters, "YMD") && is_type(c, date_letters, "Yd");
    bool month_week = is_type(c, date_letters, "Xxw");
    bool year_week = !month_week && is_type(c, date_letters, "XW");
    bool half_day = !is_type(c, time_letters, "Hmsf") && is_type(c, time_letters, "Phmsf");

    char parts[16];
    size_t n = 0;
    const char *date = year_day ? "YD" : month_week ? "XxwF" : year_week ? "XWF" : "YMD";
    const char *time = half_day ? "Phmsf" : "Hmsf";
    for (; *date; date++)
        parts[n++] = *date;
    for (; *time; time++)
        parts[n++] = *time;
    parts[n] = '\0';
    fill_gaps(ev, c, parts);
    if (month_week || year_week)
        jn_throw(ev, D3136, 0);

    double year = number_of(c, 'Y'), month = number_of(c, 'M'), day = number_of(c, 'D');
    double hour = half_day ? fmod(number_of(c, 'h'), 12) : number_of(c, 'H');
    if (half_day && number_of(c, 'h') != 12)
        hour = number_of(c, 'h');
    if (half_day && number_of(c, 'P') == 1)
        hour += 12;
    if (!(month > 0))
        month = 1;
    if (year_day) {
        month = 1;
        day = number_of(c, 'd');
    }
    if (year >= 0 && year <= 99)
        year += 1900;
    double ms = number_of(c, 'm') * 60000 + number_of(c, 's') * 1000 +
                fmin(number_of(c, 'f'), 1e15) + hour * 3600000;
    if (!(fabs(year) < 300000) || !(fabs(month) < 1e6) || !(fabs(day) < 1e9) || !(fabs(ms) < 1e18))
        return v_num(NAN);
    ms += (double)date_days_from_civil((int64_t)year, (int64_t)month, (int64_t)day) * 86400000.0;
    char zone = given(c, 'Z') ? 'Z' : 'z';
    if (given(c, zone))
        ms -= number_of(c, zone) * 60000;
    return v_num(fabs(ms) <= DATE_MAX ? ms : NAN);
}

static struct value parse_with_picture(struct ev *ev, struct value s, struct value picture)
{
    struct date_picture p;
    struct regex_match m;
    date_analyse(ev, picture, &p);
    if (!regex_exec(ev, picture_regex(ev, &p), s, 0, &m))
        return UNDEF;
    struct components c = {0};
    bool any = false;
    for (size_t i = 0; i < p.len; i++) {
        const struct date_part *part = &p.parts[i];
        if (part->literal.tag)
            continue;
        struct value text =
            v_str(s.str + m.groups[i * 2], m.groups[i * 2 + 1] - m.groups[i * 2]);
        c.by[(unsigned char)part->component & 127] = parse_part(ev, part, text);
        any = true;
    }
    return any ? compose(ev, &c) : UNDEF;
}

FN(to_millis)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    return args[1].tag ? parse_with_picture(ev, args[0], args[1]) : parse_iso(ev, args[0]);
}
