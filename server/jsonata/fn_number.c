#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "jsonata/fn.h"

/* ---- casting ---- */

static size_t digits_at(struct value s, size_t at)
{
    size_t n = 0;
    while (at + n < s.len && s.str[at + n] >= '0' && s.str[at + n] <= '9')
        n++;
    return n;
}

/* -?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)? */
static bool is_decimal(struct value s)
{
    size_t i = s.len > 0 && s.str[0] == '-', n = digits_at(s, i);
    if (n == 0)
        return false;
    i += n;
    if (i < s.len && s.str[i] == '.') {
        n = digits_at(s, i + 1);
        if (n == 0)
            return false;
        i += 1 + n;
    }
    if (i < s.len && (s.str[i] == 'e' || s.str[i] == 'E')) {
        i++;
        if (i < s.len && (s.str[i] == '-' || s.str[i] == '+'))
            i++;
        n = digits_at(s, i);
        if (n == 0)
            return false;
        i += n;
    }
    return i == s.len;
}

/* 0x, 0o and 0b text. */
static bool parse_radix(struct value s, double *ret)
{
    if (s.len < 3 || s.str[0] != '0')
        return false;
    char kind = (char)(s.str[1] | 0x20);
    int radix = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
    double d = 0;
    for (size_t i = 2; i < s.len; i++) {
        int c = (unsigned char)s.str[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' ? (c | 0x20) - 'a' + 10 : 99;
        if (digit >= radix)
            return false;
        d = d * radix + digit;
    }
    *ret = d;
    return radix > 0;
}

FN(number)
{
    (void)nargs;
    struct value v = args[0];
    double d;
    if (!v.tag || v_is_num(v))
        return v;
    if (v.tag == V_BOOL)
        return v_num(v.yes);
    if (v.tag == V_STR && is_decimal(v) && isfinite(d = number_parse(v.str, v.len)))
        return v_num(d);
    if (v.tag == V_STR && parse_radix(v, &d))
        return v_num(d);
    jn_throw(ev, D3030, .value = v);
}

/* ---- one number in, one out ---- */

FN(abs)
{
    (void)ev, (void)nargs;
    return args[0].tag ? v_num(fabs(v_double(args[0]))) : UNDEF;
}

FN(floor)
{
    (void)ev, (void)nargs;
    return args[0].tag ? v_num(floor(v_double(args[0]))) : UNDEF;
}

FN(ceil)
{
    (void)ev, (void)nargs;
    return args[0].tag ? v_num(ceil(v_double(args[0])) + 0.0) : UNDEF;
}

FN(round)
{
    (void)ev, (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    double d = v_double(args[0]);
    if (!isfinite(d))
        return v_num(d);
    return v_num(number_round(d, args[1].tag ? v_double(args[1]) : 0));
}

FN(sqrt)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    double d = v_double(args[0]);
    if (d < 0)
        jn_throw(ev, D3060, .value = args[0]);
    return v_num(sqrt(d));
}

FN(power)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    double d = args[1].tag ? pow(v_double(args[0]), v_double(args[1])) : NAN;
    if (!isfinite(d))
        jn_throw(ev, D3061, .value = args[0], .exp = args[1]);
    return v_num(d);
}

/* Equal seeds give equal numbers (splitmix64 over the seed's bits). */
FN(random)
{
    (void)ev, (void)nargs;
    uint64_t x;
    if (args[0].tag) {
        double seed = v_double(args[0]) + 0.0;
        memcpy(&x, &seed, sizeof(x));
        x += 0x9E3779B97F4A7C15ULL;
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
        x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
        x ^= x >> 31;
    } else {
        x = random_u64();
    }
    return v_num((double)(x >> 11) * 0x1p-53);
}

FN(format_base)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    double d = number_round(v_double(args[0]), 0);
    double radix = args[1].tag ? number_round(v_double(args[1]), 0) : 10;
    if (!(radix >= 2 && radix <= 36))
        jn_throw(ev, D3100, .value = v_num(radix));
    if (!isfinite(d))
        jn_throw(ev, D1001, .value = args[0]);
    struct textbuf out;
    if (radix == 10) {
        char buf[NUMBER_TEXT];
        text_init(&out, &ev->heap, NUMBER_TEXT);
        text_add(&out, buf, number_text(d, buf));
        return text_value(&out);
    }
    char digits[1100];
    size_t at = sizeof(digits);
    double rest = fabs(d);
    do {
        int digit = (int)fmod(rest, radix);
        digits[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[digit];
        rest = floor((rest - digit) / radix);
    } while (rest > 0 && at > 1);
    if (d < 0)
        digits[--at] = '-';
    text_init(&out, &ev->heap, sizeof(digits) - at);
    text_add(&out, digits + at, sizeof(digits) - at);
    return text_value(&out);
}

/* ---- aggregation ---- */

static double total(struct ev *ev, struct value array)
{
    double sum = 0;
    size_t n = v_len(array);
    jn_charge(ev, n / 4);
    for (size_t i = 0; i < n; i++)
        sum += v_double(v_at(array, i));
    return sum;
}

FN(sum)
{
    (void)nargs;
    return args[0].tag ? v_num(total(ev, args[0])) : UNDEF;
}

FN(average)
{
    (void)nargs;
    if (!args[0].tag || v_len(args[0]) == 0)
        return UNDEF;
    return v_num(total(ev, args[0]) / (double)v_len(args[0]));
}

/* The first of the largest (sign 1) or smallest (-1), as it is. */
static struct value extreme(struct ev *ev, struct value array, double sign)
{
    if (!array.tag || v_len(array) == 0)
        return UNDEF;
    size_t n = v_len(array);
    struct value best = v_at(array, 0);
    jn_charge(ev, n / 4);
    for (size_t i = 1; i < n; i++) {
        struct value v = v_at(array, i);
        if (v_double(v) * sign > v_double(best) * sign)
            best = v;
    }
    return best;
}

FN(max)
{
    (void)nargs;
    return extreme(ev, args[0], 1);
}

FN(min)
{
    (void)nargs;
    return extreme(ev, args[0], -1);
}
