/* $toMillis. */
#include <math.h>
#include <string.h>

#include "jsonata/fn.h"
#include "jsonata/picture_date.h"
#include "jsonata/regex.h"

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

/* What a compiled expression is taken to need, for the memory limit. */
enum { REGEX_COST = 8192 };

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
    if (ev->heap.limit - MIN(ev->heap.total, ev->heap.limit) < REGEX_COST)
        jn_heap_overflow(&ev->heap);
    ev->heap.total += REGEX_COST;
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
            /* The reference compares its "am" and "pm" of now with 1, so it is never afternoon. */
            *v = v_num(*parts == 'P' ? 0 : date_component(&now, *parts));
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
    double hour = number_of(c, half_day ? 'h' : 'H');
    if (half_day && hour == 12)
        hour = 0;
    if (half_day && number_of(c, 'P') == 1)
        hour += 12;
    if (!(month > 0))
        month = 1;
    if (year_day && fabs(number_of(c, 'd')) < 1e9 && fabs(year) < 300000) {
        /* A day beyond the year's last gives its month and day, not the next year. */
        struct date_time t;
        int64_t days = date_days_from_civil((int64_t)year, 1, (int64_t)number_of(c, 'd'));
        date_split(days * 86400000, &t);
        month = t.month;
        day = t.day;
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

/* One picture is often used for many texts: the last one stays analysed. */
struct date_cache {
    struct value text;
    struct date_picture picture;
    const struct regex *regex;
};

static const struct date_cache *analysed(struct ev *ev, struct value picture)
{
    struct date_cache *cache = ev->dates;
    if (cache && v_same_str(cache->text, picture))
        return cache;
    ev->dates = NULL;
    cache = jn_alloc(ev, sizeof(*cache));
    cache->text = picture;
    date_analyse(ev, picture, &cache->picture);
    cache->regex = picture_regex(ev, &cache->picture);
    ev->dates = cache;
    return cache;
}

static struct value parse_with_picture(struct ev *ev, struct value s, struct value picture)
{
    const struct date_cache *cache = analysed(ev, picture);
    const struct date_picture *p = &cache->picture;
    struct regex_match m;
    if (!regex_exec(ev, cache->regex, s, 0, &m))
        return UNDEF;
    struct components c = {0};
    bool any = false;
    for (size_t i = 0; i < p->len; i++) {
        const struct date_part *part = &p->parts[i];
        if (part->literal.tag)
            continue;
        struct value text = v_str(s.str + m.groups[i * 2], m.groups[i * 2 + 1] - m.groups[i * 2]);
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
