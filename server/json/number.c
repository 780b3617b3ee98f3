#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json/node.h"

enum { MOST_DIGITS = 19 }; /* any number of so many digits fits uint64_t */

/* ---- scanning ---- */

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

static inline const char *skip_digits(const char *s, const char *end)
{
    while (s < end && is_digit(*s))
        s++;
    return s;
}

/* Adds the digits from s to end to n; point: they stand behind the decimal point. */
static void add_digits(struct number_scan *n, int *count, const char *s, const char *end,
                       bool point)
{
    for (; s < end; s++) {
        if (*count < MOST_DIGITS) {
            n->digits = n->digits * 10 + (uint64_t)(*s - '0');
            *count += n->digits != 0;
            n->exponent -= point;
        } else {
            n->exact &= *s == '0';
            n->exponent += !point;
        }
    }
}

/* The exponent's value, cut at a size that is beyond any double. */
static int64_t exponent_value(const char *s, const char *end)
{
    bool negative = *s == '-';
    int64_t value = 0;
    for (s += *s == '-' || *s == '+'; s < end; s++)
        if (value < INT32_MAX)
            value = value * 10 + (*s - '0');
    return negative ? -value : value;
}

enum number_fault number_scan(const char *s, const char *end, struct number_scan *ret)
{
    struct number_scan n = {.start = s, .integer = true, .exact = true};
    int count = 0;
    n.negative = *s == '-';
    s += n.negative;

    enum number_fault fault = NUMBER_OK;
    const char *part = s;
    s = skip_digits(s, end);
    if (s == part) {
        fault = NUMBER_NO_DIGIT;
    } else if (*part == '0' && s > part + 1) {
        fault = NUMBER_LEADING_ZERO;
        s = part + 1;
    } else {
        add_digits(&n, &count, part, s, false);
    }

    if (!fault && s < end && *s == '.') {
        n.integer = false;
        part = ++s;
        s = skip_digits(s, end);
        if (s == part)
            fault = NUMBER_NO_FRACTION;
        add_digits(&n, &count, part, s, true);
    }
    if (!fault && s < end && (*s == 'e' || *s == 'E')) {
        n.integer = false;
        part = ++s;
        if (s < end && (*s == '+' || *s == '-'))
            s++;
        const char *first = s;
        s = skip_digits(s, end);
        if (s == first)
            fault = NUMBER_NO_EXPONENT;
        else
            n.exponent += exponent_value(part, s);
    }
    n.end = s;
    *ret = n;
    return fault;
}

/* ---- values from text ---- */

double real_from_text(const char *s, size_t len)
{
    char small[128];
    char *copy = len < sizeof(small) ? small : xmalloc(len + 1);
    memcpy(copy, s, len);
    copy[len] = '\0';
    double d = strtod(copy, NULL);
    if (copy != small)
        free(copy);
    return d;
}

static struct json *text_number(const struct number_scan *n, enum number_kind kind)
{
    size_t len = (size_t)(n->end - n->start);
    struct string_node *node = string_node_new(JSON_NUMBER, (uint8_t)kind, len);
    memcpy(node->bytes, n->start, len);
    return &node->head;
}

/* The double nearest to a scanned number.  Up to 2^53 and 10^22 both factors are exact, so that one
 * operation rounds once, which is correct rounding. */
static double scanned_double(const struct number_scan *n)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int64_t most = ARRAY_LEN(powers) - 1;
    if (!n->exact || n->digits > UINT64_C(1) << 53 || n->exponent < -most || n->exponent > most)
        return real_from_text(n->start, (size_t)(n->end - n->start));
    double d = (double)n->digits;
    d = n->exponent < 0 ? d / powers[-n->exponent] : d * powers[n->exponent];
    return n->negative ? -d : d;
}

struct json *number_from_scan(const struct number_scan *n)
{
    if (n->integer) {
        uint64_t most = (uint64_t)INT64_MAX + n->negative;
        if (n->exponent != 0 || n->digits > most)
            return text_number(n, NUMBER_INT_TEXT);
        return json_int(n->negative ? (int64_t)(0 - n->digits) : (int64_t)n->digits);
    }
    double d = scanned_double(n);
    if (isinf(d) || (d == 0 && n->digits != 0))
        return text_number(n, NUMBER_REAL_TEXT);
    return json_real(d);
}

struct json *json_number_from_text(const char *s, size_t len)
{
    struct number_scan n;
    if (len == 0 || (!is_digit(*s) && *s != '-'))
        return NULL;
    if (number_scan(s, s + len, &n) != NUMBER_OK || n.end != s + len)
        return NULL;
    return number_from_scan(&n);
}

/* ---- values from numbers ---- */

struct json *json_int(int64_t i)
{
    struct int_node *node = xmalloc(sizeof(*node));
    *node = (struct int_node){{.refs = 1, .type = JSON_NUMBER, .kind = NUMBER_INT}, i};
    return &node->head;
}

struct json *json_real(double d)
{
    CHECK(isfinite(d));
    struct real_node *node = xmalloc(sizeof(*node));
    *node = (struct real_node){{.refs = 1, .type = JSON_NUMBER, .kind = NUMBER_REAL}, d};
    return &node->head;
}

struct json *json_number(double d)
{
    CHECK(isfinite(d));
    if (fabs(d) < 0x1p53 && d == trunc(d))
        return json_int((int64_t)d);
    return json_real(d);
}

/* ---- reading ---- */

bool json_is_int(const struct json *v)
{
    CHECK(v->type == JSON_NUMBER);
    return v->kind == NUMBER_INT || v->kind == NUMBER_INT_TEXT;
}

bool json_int64(const struct json *v, int64_t *ret_value)
{
    CHECK(v->type == JSON_NUMBER);
    if (v->kind != NUMBER_INT)
        return false;
    *ret_value = ((const struct int_node *)v)->value;
    return true;
}

double json_double(const struct json *v)
{
    CHECK(v->type == JSON_NUMBER);
    switch ((enum number_kind)v->kind) {
    case NUMBER_INT:
        return (double)((const struct int_node *)v)->value;
    case NUMBER_REAL:
        return ((const struct real_node *)v)->value;
    case NUMBER_INT_TEXT:
    case NUMBER_REAL_TEXT:
        break;
    }
    return real_from_text(as_string(v)->bytes, as_string(v)->len);
}

const char *json_number_text(const struct json *v, char buf[32])
{
    CHECK(v->type == JSON_NUMBER);
    size_t len;
    switch ((enum number_kind)v->kind) {
    case NUMBER_INT:
        len = int_print(((const struct int_node *)v)->value, buf);
        break;
    case NUMBER_REAL:
        len = real_print(((const struct real_node *)v)->value, buf);
        break;
    default:
        return as_string(v)->bytes;
    }
    buf[len] = '\0';
    return buf;
}
