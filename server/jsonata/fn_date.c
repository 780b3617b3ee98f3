/* $now, $millis, $fromMillis. */
#include <math.h>
#include <string.h>

#include "jsonata/fn.h"
#include "jsonata/picture_date.h"

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
    struct jn_mark mark = jn_heap_mark(&ev->heap);
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
    return jn_keep_text(ev, mark, text_value(&out));
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
