/* Numbers as JavaScript writes, reads and rounds them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsonata/eval.h"

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* A positive number as digits * 10^-scale. */
struct decimal {
    uint64_t digits;
    int scale;
};

/* The shortest decimal that reads back as d (> 0), when it has at most 15 digits; both the digits and
 * the power of ten are exact doubles then, so the division below is the rounding of a reader. */
static bool short_decimal(double d, struct decimal *ret)
{
    if (d >= 1e15 || d < 1e-7)
        return false;
    for (int scale = 0; scale <= 22; scale++) {
        double digits = rint(d * powers[scale]);
        if (digits >= 1e15)
            return false;
        if (digits / powers[scale] == d) {
            *ret = (struct decimal){(uint64_t)digits, scale};
            return true;
        }
    }
    return false;
}

static size_t put_integer(uint64_t v, char *out)
{
    char reversed[24];
    size_t n = 0;
    do {
        reversed[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    return n;
}

/* Lays out digits (no zeros at the end) so that the first one stands for 10^exponent. */
static size_t lay_out(const char *digits, size_t n, int exponent, char *out)
{
    size_t at = 0;
    if (exponent >= 21 || exponent < -6) {
        out[at++] = digits[0];
        if (n > 1) {
            out[at++] = '.';
            memcpy(out + at, digits + 1, n - 1);
            at += n - 1;
        }
        out[at++] = 'e';
        out[at++] = exponent < 0 ? '-' : '+';
        return at + put_integer((uint64_t)abs(exponent), out + at);
    }
    if (exponent < 0) {
        out[at++] = '0';
        out[at++] = '.';
        for (int i = -1; i > exponent; i--)
            out[at++] = '0';
        memcpy(out + at, digits, n);
        return at + n;
    }
    for (size_t i = 0; i < n || i <= (size_t)exponent; i++) {
        if (i == (size_t)exponent + 1)
            out[at++] = '.';
        out[at++] = i < n ? digits[i] : '0';
    }
    return at;
}

/* From "d.ddde+xx" as printf writes it. */
static size_t lay_out_scientific(const char *text, char *out)
{
    char digits[40];
    size_t n = 0;
    const char *p = text;
    for (; *p && *p != 'e'; p++)
        if (*p != '.' && n < sizeof(digits))
            digits[n++] = *p;
    int exponent = *p ? (int)strtol(p + 1, NULL, 10) : 0;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    return lay_out(digits, n, exponent, out);
}

static size_t simple_text(double d, char *out)
{
    struct decimal dec;
    if (d < 1e15 && d == floor(d))
        return put_integer((uint64_t)d, out);
    if (!short_decimal(d, &dec))
        return 0;
    char digits[24];
    size_t n = put_integer(dec.digits, digits);
    return lay_out(digits, n, (int)n - 1 - dec.scale, out);
}

size_t number_text(double d, char out[NUMBER_TEXT])
{
    size_t sign = 0;
    if (d < 0) {
        out[0] = '-';
        sign = 1;
        d = -d;
    }
    size_t n = d == 0 ? put_integer(0, out) : simple_text(d, out + sign);
    /* 15 digits are enough or do no harm, except for numbers with fewer bits. */
    for (int precision = d < 1e-290 ? 0 : 14; n == 0; precision++) {
        char text[40];
        snprintf(text, sizeof(text), "%.*e", precision, d);
        if (precision >= 16 || strtod(text, NULL) == d)
            n = lay_out_scientific(text, out + sign);
    }
    return d == 0 ? n : sign + n;
}

/* "%.14e", but a tie goes up. */
static void print_cut(double d, char text[64])
{
    snprintf(text, 64, "%.30e", d);
    const char *rest = text + 16; /* after "d." and 14 digits */
    bool tie = rest[0] == '5';
    for (int i = 1; i < 16 && tie; i++)
        tie = rest[i] == '0';
    snprintf(text, 64, "%.14e", tie ? nextafter(d, INFINITY) : d);
}

double number_cut(double d)
{
    char text[64];
    double a = fabs(d);
    struct decimal dec;
    if (a == 0 || (a < 1e15 && a == floor(a)) || short_decimal(a, &dec))
        return d;
    print_cut(a, text);
    return copysign(strtod(text, NULL), d);
}

size_t number_text_cut(double d, char out[NUMBER_TEXT])
{
    size_t sign = 0;
    if (d < 0) {
        out[0] = '-';
        sign = 1;
        d = -d;
    }
    if (d == 0)
        return put_integer(0, out);
    size_t n = simple_text(d, out + sign);
    if (n == 0 && d < 1e-290) { /* fewer than 15 digits tell such numbers apart */
        n = number_text(number_cut(d), out + sign);
    } else if (n == 0) {
        char text[64];
        print_cut(d, text);
        n = lay_out_scientific(text, out + sign);
    }
    return sign + n;
}

double number_parse(const char *s, size_t len)
{
    /* strtod wants a NUL and would take "inf", "nan" and hexadecimal: cut the decimal part out. */
    char small[64];
    size_t n = 0;
    if (n < len && (s[n] == '-' || s[n] == '+'))
        n++;
    size_t digits = n;
    while (n < len && ((s[n] >= '0' && s[n] <= '9') || s[n] == '.'))
        n++;
    if (n == digits)
        return NAN;
    if (n < len && (s[n] == 'e' || s[n] == 'E')) {
        n++;
        if (n < len && (s[n] == '-' || s[n] == '+'))
            n++;
        while (n < len && s[n] >= '0' && s[n] <= '9')
            n++;
    }
    char *copy = n < sizeof(small) ? small : malloc(n + 1);
    CHECK(copy);
    memcpy(copy, s, n);
    copy[n] = '\0';
    char *end;
    double d = strtod(copy, &end);
    if (end == copy)
        d = NAN;
    if (copy != small)
        free(copy);
    return d;
}

/* d * 10^shift by way of its text, so that no new rounding error comes in. */
static double shift_text(double d, double shift)
{
    char text[NUMBER_TEXT + 32];
    size_t n = number_text(d, text);
    text[n] = '\0';
    char *e = strchr(text, 'e');
    long exponent = e ? strtol(e + 1, NULL, 10) : 0;
    if (e)
        n = (size_t)(e - text);
    snprintf(text + n, sizeof(text) - n, "e%ld", exponent + (long)shift);
    return strtod(text, NULL);
}

static double half_even(double d)
{
    double up = floor(d + 0.5);
    if (d + 0.5 != d && up - d > 0.5) /* d + 0.5 was rounded up */
        up -= 1;
    if (fabs(d) >= 4503599627370496.0)
        return d;
    if (up - d == 0.5 && fmod(up, 2) != 0)
        up -= 1;
    return up;
}

double number_round(double d, double precision)
{
    if (precision == 0 || isnan(precision))
        return half_even(d) + 0.0;
    if (precision != floor(precision))
        return NAN;
    precision = MAX(MIN(precision, 1000.0), -1000.0);
    struct decimal dec;
    double a = fabs(d);
    if (a > 0 && precision >= 0 && short_decimal(a, &dec) && precision >= dec.scale)
        return d;
    double shifted = shift_text(d, precision);
    if (isinf(shifted))
        return d;
    return shift_text(half_even(shifted), -precision) + 0.0;
}

void number_fixed(struct textbuf *out, double d, int digits)
{
    d = fabs(d);
    if (d >= 1e21) {
        char text[NUMBER_TEXT];
        text_add(out, text, number_text(d, text));
        return;
    }
    /* A double has no more than 1074 binary, hence decimal, places. */
    int places = MIN(digits, 1100);
    char *to = text_room(out, (size_t)places + 32);
    int n = snprintf(to, (size_t)places + 32, "%.*f", places, d);
    out->len += (size_t)n;
}
