#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json/walk.h"

static bool same_bytes(const struct json *a, const struct json *b)
{
    return as_string(a)->len == as_string(b)->len &&
           memcmp(as_string(a)->bytes, as_string(b)->bytes, as_string(a)->len) == 0;
}

/* ---- numbers ---- */

/* A number's text taken apart: 0.DDD * 10^exponent, where DDD are the digits from first to last, with
 * the point among them skipped. */
struct parts {
    bool negative;
    const char *first, *last;
    int64_t exponent;
};

/* False when the exponent does not fit.  The number is not zero. */
static bool take_apart(const char *s, struct parts *ret)
{
    struct parts parts = {.negative = *s == '-'};
    s += parts.negative;
    bool point = false;
    for (; (*s >= '0' && *s <= '9') || *s == '.'; s++) {
        if (*s == '.') {
            point = true;
            continue;
        }
        if (*s != '0') {
            parts.last = s;
            if (!parts.first)
                parts.first = s;
        }
        if (parts.first && !point)
            parts.exponent++;
        if (!parts.first && point)
            parts.exponent--;
    }
    if (*s) {
        s++;
        bool negative = *s == '-';
        int64_t value = 0;
        for (s += *s == '-' || *s == '+'; *s; s++)
            if (__builtin_mul_overflow(value, 10, &value) ||
                __builtin_add_overflow(value, *s - '0', &value))
                return false;
        if (__builtin_add_overflow(parts.exponent, negative ? -value : value, &parts.exponent))
            return false;
    }
    *ret = parts;
    return true;
}

static bool texts_equal(const struct json *v, const struct json *w)
{
    struct parts a;
    struct parts b;
    if (!take_apart(as_string(v)->bytes, &a) || !take_apart(as_string(w)->bytes, &b))
        return same_bytes(v, w); /* exponents of twenty digits are not worth more */
    if (a.negative != b.negative || a.exponent != b.exponent)
        return false;
    while (a.first <= a.last && b.first <= b.last) {
        if (*a.first == '.') {
            a.first++;
        } else if (*b.first == '.') {
            b.first++;
        } else if (*a.first++ != *b.first++) {
            return false;
        }
    }
    return a.first > a.last && b.first > b.last;
}

/* Compares an int and a double, which has an exact decimal value. */
static bool int_equals_real(const struct json *v, double d)
{
    if (d != trunc(d))
        return false;
    if (v->kind == NUMBER_INT)
        return d >= -0x1p63 && d < 0x1p63 && (int64_t)d == ((const struct int_node *)v)->value;
    char text[320];
    (void)snprintf(text, sizeof(text), "%.0f", d);
    return strcmp(text, as_string(v)->bytes) == 0;
}

static bool numbers_equal(const struct json *a, const struct json *b)
{
    if (a->kind > b->kind)
        return numbers_equal(b, a); /* once: int, real, int text, real text */
    switch ((enum number_kind)a->kind) {
    case NUMBER_INT:
        if (b->kind == NUMBER_INT)
            return ((const struct int_node *)a)->value == ((const struct int_node *)b)->value;
        return b->kind == NUMBER_REAL && int_equals_real(a, ((const struct real_node *)b)->value);
    case NUMBER_REAL:
        if (b->kind == NUMBER_REAL)
            return ((const struct real_node *)a)->value == ((const struct real_node *)b)->value;
        return b->kind == NUMBER_INT_TEXT &&
               int_equals_real(b, ((const struct real_node *)a)->value);
    case NUMBER_INT_TEXT:
    case NUMBER_REAL_TEXT:
        break;
    }
    return texts_equal(a, b);
}

/* ---- values ---- */

/* Compares what needs no walk; sets *ret_walk when the children must be compared too. */
static bool compare(const struct json *a, const struct json *b, bool *ret_walk)
{
    *ret_walk = false;
    if (a == b)
        return true;
    if (a->type != b->type || a->depth != b->depth)
        return false;
    switch ((enum json_type)a->type) {
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
        return true;
    case JSON_NUMBER:
        return numbers_equal(a, b);
    case JSON_STRING:
        return same_bytes(a, b);
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    *ret_walk = json_len(a) > 0;
    return json_len(a) == json_len(b);
}

/* The value of b's member of the same name as a's i-th, or NULL. */
static const struct json *counterpart(const struct object_node *a, const struct object_node *b,
                                      uint32_t i)
{
    const struct json *key = a->members[i].key;
    if (key == b->members[i].key || same_bytes(key, b->members[i].key))
        return b->members[i].value;
    return json_get(&b->head, as_string(key)->bytes, as_string(key)->len);
}

bool json_equal(const struct json *a, const struct json *b)
{
    struct walk w;
    walk_init(&w);
    bool equal = true;
    for (;;) {
        bool into;
        equal = b && compare(a, b, &into);
        if (!equal)
            break;
        if (into)
            walk_push(&w, (struct walk_step){.v = a, .other = b});
        while (w.len > 0 && walk_top(&w)->next == json_len(walk_top(&w)->v))
            w.len--;
        if (w.len == 0)
            break;
        struct walk_step *step = walk_top(&w);
        uint32_t i = step->next++;
        if (step->v->type == JSON_ARRAY) {
            a = as_array(step->v)->items[i];
            b = as_array(step->other)->items[i];
        } else {
            a = as_object(step->v)->members[i].value;
            b = counterpart(as_object(step->v), as_object(step->other), i);
        }
    }
    walk_done(&w);
    return equal;
}
