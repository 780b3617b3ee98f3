#include <math.h>
#include <string.h>

#include "jsonata/casemap.h"
#include "jsonata/fn.h"

FN(string)
{
    (void)nargs;
    if (!args[0].tag)
        return args[0];
    return jn_string(ev, args[0], args[1].tag == V_BOOL && args[1].yes);
}

FN(length)
{
    (void)nargs;
    jn_charge(ev, args[0].len / 64);
    return args[0].tag ? v_num((double)text_points(args[0].str, args[0].len)) : UNDEF;
}

/* JavaScript's slice bounds: negative from the end, fractions cut. */
static size_t slice_bound(double d, double len)
{
    d = isnan(d) ? 0 : trunc(d);
    if (d < 0)
        d += len;
    return (size_t)(d < 0 ? 0 : MIN(d, len));
}

FN(substring)
{
    (void)nargs;
    struct value s = args[0];
    if (!s.tag)
        return s;
    jn_charge(ev, s.len / 64);
    bool ascii = text_is_ascii(s.str, s.len);
    double len = ascii ? s.len : (double)text_points(s.str, s.len);
    double start = args[1].tag ? v_double(args[1]) : NAN; /* which no comparison holds for */
    if (len + start < 0)
        start = 0;
    size_t from = slice_bound(start, len), to = (size_t)len;
    if (args[2].tag) {
        double count = v_double(args[2]);
        if (count <= 0)
            return v_lit("");
        to = slice_bound(start >= 0 ? start + count : len + start + count, len);
    }
    if (from >= to)
        return v_lit("");
    if (!ascii) {
        from = text_point_offset(s.str, s.len, from);
        to = text_point_offset(s.str, s.len, to);
    }
    return v_str(s.str + from, to - from);
}

FN(substring_before)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    jn_charge(ev, args[0].len / 64);
    struct value what = args[1].tag ? args[1] : v_lit("undefined");
    size_t at = text_find(args[0].str, args[0].len, what.str, what.len, 0);
    return at == SIZE_MAX ? args[0] : v_str(args[0].str, at);
}

FN(substring_after)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    jn_charge(ev, args[0].len / 64);
    struct value what = args[1].tag ? args[1] : v_lit("undefined");
    size_t at = text_find(args[0].str, args[0].len, what.str, what.len, 0);
    if (at == SIZE_MAX)
        return args[0];
    at += what.len;
    return v_str(args[0].str + at, args[0].len - at);
}

FN(uppercase)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    struct textbuf out;
    text_init(&out, &ev->heap, args[0].len);
    for (size_t i = 0, size; i < args[0].len; i += size) {
        uint32_t cp = text_decode(args[0].str + i, args[0].len - i, &size);
        const char *several = casemap_upper_expansion(cp);
        if (several)
            text_adds(&out, several);
        else if (cp < 0x80)
            text_addc(&out, (char)casemap_upper(cp));
        else
            text_add_point(&out, casemap_upper(cp));
    }
    jn_charge(ev, args[0].len / 16);
    return text_value(&out);
}

static bool is_cased(uint32_t cp)
{
    return casemap_upper(cp) != cp || casemap_lower(cp) != cp;
}

/* A capital sigma at the end of a word. */
static bool is_final_sigma(struct value s, size_t at)
{
    size_t size, before = at;
    while (before > 0 && ((unsigned char)s.str[--before] & 0xC0) == 0x80)
        continue;
    if (at == 0 || !is_cased(text_decode(s.str + before, s.len - before, &size)))
        return false;
    at += 2;
    return at >= s.len || !is_cased(text_decode(s.str + at, s.len - at, &size));
}

FN(lowercase)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    struct textbuf out;
    text_init(&out, &ev->heap, args[0].len);
    for (size_t i = 0, size; i < args[0].len; i += size) {
        uint32_t cp = text_decode(args[0].str + i, args[0].len - i, &size);
        if (cp < 0x80)
            text_addc(&out, (char)casemap_lower(cp));
        else if (cp == 0x130)
            text_adds(&out, "i\xCC\x87");
        else if (cp == 0x3A3 && is_final_sigma(args[0], i))
            text_add_point(&out, 0x3C2);
        else
            text_add_point(&out, casemap_lower(cp));
    }
    jn_charge(ev, args[0].len / 16);
    return text_value(&out);
}

FN(trim)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    struct textbuf out;
    text_init(&out, &ev->heap, args[0].len);
    bool blank = false;
    for (size_t i = 0; i < args[0].len; i++) {
        char c = args[0].str[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            blank = true;
            continue;
        }
        if (blank && out.len > 0)
            text_addc(&out, ' ');
        blank = false;
        text_addc(&out, c);
    }
    jn_charge(ev, args[0].len / 16);
    return text_value(&out);
}

enum { PAD_MAX = 262144 }; /* characters added; more is "memory" (reference/asl.md section 6) */

FN(pad)
{
    (void)nargs;
    struct value s = args[0], with = args[2];
    if (!s.tag)
        return s;
    if (!with.tag || with.len == 0)
        with = v_lit(" ");
    double width = args[1].tag ? v_double(args[1]) : 0;
    double missing = trunc(fabs(width) - (double)text_points(s.str, s.len));
    if (!(missing > 0))
        return s;
    if (missing > PAD_MAX)
        jn_heap_overflow(&ev->heap);
    struct textbuf out;
    text_init(&out, &ev->heap, s.len + (size_t)missing * 4);
    if (width > 0)
        text_addv(&out, s);
    for (size_t i = 0, size; missing > 0; missing--) {
        text_decode(with.str + i, with.len - i, &size);
        text_add(&out, with.str + i, size);
        i = i + size < with.len ? i + size : 0;
    }
    if (width <= 0)
        text_addv(&out, s);
    jn_charge(ev, out.len / 16);
    return text_value(&out);
}

FN(join)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    struct value separator = args[1].tag ? args[1] : v_lit("");
    size_t n = v_len(args[0]);
    struct textbuf out;
    text_init(&out, &ev->heap, 64);
    for (size_t i = 0; i < n; i++) {
        struct value s = v_at(args[0], i);
        if (i)
            text_addv(&out, separator);
        if (s.tag == V_STR)
            text_addv(&out, s);
    }
    jn_charge(ev, n + out.len / 64);
    if (out.len > UINT32_MAX)
        jn_heap_overflow(&ev->heap);
    return text_value(&out);
}
