/* $formatNumber: XPath's fn:format-number with the reference's reading of it.
 *
 * Works on arrays of code points, because pictures are looked at by position. */
#include <math.h>
#include <string.h>

#include "jsonata/fn.h"

struct points {
    uint32_t *at;
    size_t len, cap;
};

enum property {
    DECIMAL,
    GROUPING,
    EXPONENT,
    INFINITE,
    MINUS,
    NOT_A_NUMBER,
    PERCENT,
    PER_MILLE,
    ZERO,
    DIGIT,
    PATTERN,
    PROPERTIES,
};

static const struct {
    const char *name, *text;
} defaults[PROPERTIES] = {
    [DECIMAL] = {"decimal-separator", "."},
    [GROUPING] = {"grouping-separator", ","},
    [EXPONENT] = {"exponent-separator", "e"},
    [INFINITE] = {"infinity", "Infinity"},
    [MINUS] = {"minus-sign", "-"},
    [NOT_A_NUMBER] = {"NaN", "NaN"},
    [PERCENT] = {"percent", "%"},
    [PER_MILLE] = {"per-mille", "\xE2\x80\xB0"},
    [ZERO] = {"zero-digit", "0"},
    [DIGIT] = {"digit", "#"},
    [PATTERN] = {"pattern-separator", ";"},
};

struct format {
    struct ev *ev;
    struct points property[PROPERTIES];
    uint32_t zero;
};

/* A sub-picture cut up; the parts are slices of it. */
struct parts {
    struct points picture, prefix, suffix, active, mantissa, integer, fraction, exponent;
    bool has_exponent;
};

/* What formatting needs to know of a sub-picture. */
struct analysis {
    struct points picture, prefix, suffix;
    size_t *integer_groups, *fraction_groups;
    size_t integer_groups_len, fraction_groups_len;
    size_t regular, integer_min, scaling, fraction_min, fraction_max, exponent_min;
};

static const size_t NOWHERE = SIZE_MAX;

/* ---- code points ---- */

static struct points points_of(struct ev *ev, struct value s)
{
    struct points p = {.at = jn_alloc(ev, (s.len + 1) * sizeof(uint32_t))};
    jn_charge(ev, s.len);
    for (size_t i = 0, size; i < s.len; i += size)
        p.at[p.len++] = text_decode(s.str + i, s.len - i, &size);
    p.cap = p.len;
    return p;
}

static struct points slice(struct points p, size_t from, size_t to)
{
    to = MIN(to, p.len);
    from = MIN(from, to);
    return (struct points){p.at + from, to - from, 0};
}

static size_t find(struct points p, struct points what, size_t from)
{
    for (size_t i = from; i + what.len <= p.len; i++)
        if (memcmp(p.at + i, what.at, what.len * sizeof(uint32_t)) == 0)
            return i;
    return NOWHERE;
}

static size_t find_last(struct points p, struct points what)
{
    for (size_t i = p.len + 1; i-- > 0;)
        if (i + what.len <= p.len && memcmp(p.at + i, what.at, what.len * sizeof(uint32_t)) == 0)
            return i;
    return NOWHERE;
}

static void insert(struct format *f, struct points *p, size_t at, struct points what)
{
    if (p->len + what.len > p->cap) {
        size_t cap = (p->len + what.len) * 2;
        uint32_t *room = jn_alloc(f->ev, cap * sizeof(uint32_t));
        memcpy(room, p->at, p->len * sizeof(uint32_t));
        p->at = room;
        p->cap = cap;
    }
    at = MIN(at, p->len);
    memmove(p->at + at + what.len, p->at + at, (p->len - at) * sizeof(uint32_t));
    memcpy(p->at + at, what.at, what.len * sizeof(uint32_t));
    p->len += what.len;
    jn_charge(f->ev, 1 + p->len / 16);
}

static void insert_zeros(struct format *f, struct points *p, size_t at, size_t count)
{
    struct points zeros = {.at = jn_alloc(f->ev, count * sizeof(uint32_t)), .len = count};
    for (size_t i = 0; i < count; i++)
        zeros.at[i] = f->zero;
    insert(f, p, at, zeros);
}

/* ---- kinds of characters ---- */

static bool is_property(const struct format *f, enum property property, uint32_t cp)
{
    return f->property[property].len == 1 && f->property[property].at[0] == cp;
}

static bool is_family(const struct format *f, uint32_t cp)
{
    return cp >= f->zero && cp < f->zero + 10;
}

static bool is_digit(const struct format *f, uint32_t cp)
{
    return is_family(f, cp) || is_property(f, DIGIT, cp);
}

static bool is_active(const struct format *f, uint32_t cp)
{
    return is_digit(f, cp) || is_property(f, DECIMAL, cp) || is_property(f, EXPONENT, cp) ||
           is_property(f, GROUPING, cp) || is_property(f, PATTERN, cp);
}

static size_t count(const struct format *f, struct points p,
                    bool (*kind)(const struct format *, uint32_t))
{
    size_t n = 0;
    for (size_t i = 0; i < p.len; i++)
        n += kind(f, p.at[i]);
    return n;
}

/* ---- cutting up ---- */

static struct parts split_parts(const struct format *f, struct points picture)
{
    struct parts p = {.picture = picture};
    size_t first = 0, last = picture.len;
    while (first < picture.len &&
           (!is_active(f, picture.at[first]) || is_property(f, EXPONENT, picture.at[first])))
        first++;
    while (last > 0 &&
           (!is_active(f, picture.at[last - 1]) || is_property(f, EXPONENT, picture.at[last - 1])))
        last--;
    if (first == picture.len) { /* nothing active: everything is in the middle, and wrong */
        first = 0;
        last = picture.len;
    }
    p.prefix = slice(picture, 0, first);
    p.suffix = slice(picture, last, picture.len);
    p.active = slice(picture, first, last);
    p.mantissa = p.active;
    /* The exponent's place counts from the start of the picture, the slices from the active part. */
    size_t exponent = find(picture, f->property[EXPONENT], first);
    if (exponent != NOWHERE && exponent <= last) {
        p.mantissa = slice(p.active, 0, exponent);
        p.exponent = slice(p.active, exponent + 1, p.active.len);
        p.has_exponent = true;
    }
    size_t decimal = find(p.mantissa, f->property[DECIMAL], 0);
    if (decimal == NOWHERE) {
        p.integer = p.mantissa;
        p.fraction = p.suffix;
    } else {
        p.integer = slice(p.mantissa, 0, decimal);
        p.fraction = slice(p.mantissa, decimal + 1, p.mantissa.len);
    }
    return p;
}

static bool occurs_twice(const struct format *f, struct points p, enum property property)
{
    return find(p, f->property[property], 0) != find_last(p, f->property[property]);
}

static bool occurs(const struct format *f, struct points p, enum property property)
{
    return find(p, f->property[property], 0) != NOWHERE;
}

static bool grouping_at(const struct format *f, struct points p, size_t i)
{
    return i < p.len && is_property(f, GROUPING, p.at[i]);
}

/* Of several things wrong the last one checked is reported. */
static void validate(const struct format *f, const struct parts *p)
{
    enum jn_code code = JN_CODES;
    struct points picture = p->picture;
    size_t decimal = find(picture, f->property[DECIMAL], 0);
    if (occurs_twice(f, picture, DECIMAL))
        code = JN_D3081;
    if (occurs_twice(f, picture, PERCENT))
        code = JN_D3082;
    if (occurs_twice(f, picture, PER_MILLE))
        code = JN_D3083;
    if (occurs(f, picture, PERCENT) && occurs(f, picture, PER_MILLE))
        code = JN_D3084;
    if (count(f, p->mantissa, is_digit) == 0)
        code = JN_D3085;
    if (count(f, p->active, is_active) != p->active.len)
        code = JN_D3086;
    if (decimal != NOWHERE) {
        if (grouping_at(f, picture, decimal - 1) || grouping_at(f, picture, decimal + 1))
            code = JN_D3087;
    } else if (p->integer.len && grouping_at(f, p->integer, p->integer.len - 1)) {
        code = JN_D3088;
    }
    for (size_t i = 0; i + 1 < picture.len; i++)
        if (grouping_at(f, picture, i) && grouping_at(f, picture, i + 1))
            code = JN_D3089;
    size_t digit = find(p->integer, f->property[DIGIT], 0);
    if (digit != NOWHERE && count(f, slice(p->integer, 0, digit), is_family) > 0)
        code = JN_D3090;
    digit = find_last(p->fraction, f->property[DIGIT]);
    if (digit != NOWHERE && count(f, slice(p->fraction, digit, p->fraction.len), is_family) > 0)
        code = JN_D3091;
    if (p->has_exponent && p->exponent.len > 0 &&
        (occurs(f, picture, PERCENT) || occurs(f, picture, PER_MILLE)))
        code = JN_D3092;
    if (p->has_exponent &&
        (p->exponent.len == 0 || count(f, p->exponent, is_family) != p->exponent.len))
        code = JN_D3093;
    if (code != JN_CODES)
        jn_raise(f->ev, &(struct fault){.code = code});
}

/* ---- analysis ---- */

static size_t *grouping_positions(const struct format *f, const struct parts *p, struct points part,
                                  bool to_left, size_t *ret_len)
{
    size_t *positions = jn_alloc(f->ev, (p->picture.len + 1) * sizeof(*positions)), n = 0;
    size_t at = find(part, f->property[GROUPING], 0);
    while (at != NOWHERE) {
        struct points side = to_left ? slice(part, 0, at) : slice(part, at, part.len);
        positions[n++] = count(f, side, is_digit);
        jn_charge(f->ev, part.len);
        at = find(p->integer, f->property[GROUPING], at + 1);
    }
    *ret_len = n;
    return positions;
}

static size_t regular_distance(const size_t *positions, size_t n)
{
    size_t factor = n ? positions[0] : 0;
    for (size_t i = 1; i < n; i++)
        for (size_t b = positions[i]; b;) {
            size_t rest = factor % b;
            factor = b;
            b = rest;
        }
    /* Positions descend, so the multiples n to 1 of the factor must come in this order. */
    for (size_t i = 0; i < n; i++)
        if (positions[i] != (n - i) * factor)
            return 0;
    return factor;
}

static struct analysis analyse(const struct format *f, const struct parts *p)
{
    struct analysis a = {.picture = p->picture, .prefix = p->prefix, .suffix = p->suffix};
    a.integer_groups = grouping_positions(f, p, p->integer, false, &a.integer_groups_len);
    a.regular = regular_distance(a.integer_groups, a.integer_groups_len);
    a.fraction_groups = grouping_positions(f, p, p->fraction, true, &a.fraction_groups_len);
    a.integer_min = a.scaling = count(f, p->integer, is_family);
    a.fraction_min = count(f, p->fraction, is_family);
    a.fraction_max = count(f, p->fraction, is_digit);
    if (a.integer_min == 0 && a.fraction_max == 0) {
        if (p->has_exponent)
            a.fraction_min = a.fraction_max = 1;
        else
            a.integer_min = 1;
    }
    if (p->has_exponent && a.integer_min == 0 && occurs(f, p->integer, DIGIT))
        a.integer_min = 1;
    if (a.integer_min == 0 && a.fraction_min == 0)
        a.fraction_min = 1;
    if (p->has_exponent)
        a.exponent_min = count(f, p->exponent, is_family);
    return a;
}

/* ---- formatting ---- */

/* Decimal text in the picture's digits; the point stays a point. */
static struct points make_digits(struct format *f, double d, size_t places)
{
    struct textbuf text;
    text_init(&text, &f->ev->heap, 64);
    number_fixed(&text, d, (int)MIN(places, (size_t)1100));
    struct points p = points_of(f->ev, text_value(&text));
    for (size_t i = 0; i < p.len; i++)
        if (p.at[i] >= '0' && p.at[i] <= '9')
            p.at[i] += f->zero - '0';
    return p;
}

/* Mantissa and exponent such that the mantissa has as many integer digits as the picture. */
static double scale(const struct analysis *a, double d, int *ret_exponent)
{
    double high = pow(10, (double)a->scaling), low = pow(10, (double)a->scaling - 1);
    *ret_exponent = 0;
    if (d == 0 || !isfinite(d) || !isfinite(high))
        return d;
    for (; fabs(d) < low; --*ret_exponent)
        d *= 10;
    for (; fabs(d) > high; ++*ret_exponent)
        d /= 10;
    return d;
}

static struct points trim_zeros(const struct format *f, struct points p)
{
    while (p.len && p.at[0] == f->zero)
        p = (struct points){p.at + 1, p.len - 1, p.cap - 1};
    while (p.len && p.at[p.len - 1] == f->zero)
        p.len--;
    return p;
}

static void insert_groups(struct format *f, const struct analysis *a, struct points *s)
{
    struct points sign = f->property[GROUPING];
    size_t decimal = find(*s, f->property[DECIMAL], 0);
    if (a->regular) {
        size_t groups = decimal ? (decimal - 1) / a->regular : 0;
        for (size_t i = 1; i <= groups; i++)
            insert(f, s, decimal - i * a->regular, sign);
    } else {
        for (size_t i = 0; i < a->integer_groups_len; i++) {
            if (a->integer_groups[i] < decimal)
                insert(f, s, decimal - a->integer_groups[i], sign);
            decimal = find(*s, f->property[DECIMAL], 0);
        }
    }
    decimal = find(*s, f->property[DECIMAL], 0);
    for (size_t i = 0; i < a->fraction_groups_len; i++)
        insert(f, s, a->fraction_groups[i] + decimal + 1, sign);
}

static struct points format_mantissa(struct format *f, const struct analysis *a, double mantissa)
{
    double rounded = number_round(mantissa, (double)a->fraction_max);
    struct points s = make_digits(f, rounded, a->fraction_max);
    size_t point = 0;
    while (point < s.len && s.at[point] != '.')
        point++;
    if (point < s.len) {
        memmove(s.at + point, s.at + point + 1, (s.len - point - 1) * sizeof(uint32_t));
        s.len--;
    }
    insert(f, &s, point, f->property[DECIMAL]);
    s = trim_zeros(f, s);
    size_t decimal = find(s, f->property[DECIMAL], 0);
    size_t places = s.len - decimal - f->property[DECIMAL].len;
    if (a->integer_min > decimal)
        insert_zeros(f, &s, 0, a->integer_min - decimal);
    if (a->fraction_min > places)
        insert_zeros(f, &s, s.len, a->fraction_min - places);
    insert_groups(f, a, &s);
    decimal = find(s, f->property[DECIMAL], 0);
    if (find(a->picture, f->property[DECIMAL], 0) == NOWHERE ||
        decimal + f->property[DECIMAL].len == s.len)
        s.len--;
    return s;
}

static struct value format_value(struct format *f, const struct analysis *a, double d,
                                 bool negative_prefix)
{
    if (occurs(f, a->picture, PERCENT))
        d *= 100;
    else if (occurs(f, a->picture, PER_MILLE))
        d *= 1000;
    int exponent = 0;
    bool finite = isfinite(d);
    double mantissa = a->exponent_min ? scale(a, d, &exponent) : d;
    struct points s = finite ? format_mantissa(f, a, mantissa) : f->property[INFINITE];
    if (finite && a->exponent_min) {
        struct points digits = make_digits(f, exponent, 0);
        if (a->exponent_min > digits.len)
            insert_zeros(f, &digits, 0, a->exponent_min - digits.len);
        insert(f, &s, s.len, f->property[EXPONENT]);
        if (exponent < 0)
            insert(f, &s, s.len, f->property[MINUS]);
        insert(f, &s, s.len, digits);
    }
    insert(f, &s, 0, a->prefix);
    if (negative_prefix)
        insert(f, &s, 0, f->property[MINUS]);
    insert(f, &s, s.len, a->suffix);
    struct textbuf out;
    text_init(&out, &f->ev->heap, s.len + 8);
    for (size_t i = 0; i < s.len; i++)
        text_add_point(&out, s.at[i]);
    return text_value(&out);
}

static void read_properties(struct format *f, struct value options)
{
    for (size_t i = 0; i < PROPERTIES; i++) {
        struct value v = v_str(defaults[i].text, strlen(defaults[i].text));
        if (v_is_obj(options)) {
            struct value given = jn_get(options, defaults[i].name, strlen(defaults[i].name));
            if (given.tag == V_STR && given.len > 0)
                v = given;
        }
        f->property[i] = points_of(f->ev, v);
    }
    f->zero = f->property[ZERO].at[0];
}

FN(format_number)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    double d = v_double(args[0]);
    if (!isfinite(d))
        jn_throw(ev, D1001, .value = args[0]);
    struct jn_mark mark = jn_heap_mark(&ev->heap);
    struct format f = {.ev = ev};
    read_properties(&f, args[2]);

    struct points picture = points_of(ev, args[1].tag ? args[1] : v_lit(""));
    struct parts parts[2];
    struct analysis analyses[2];
    size_t n = 0, from = 0;
    for (;;) {
        size_t end = find(picture, f.property[PATTERN], from);
        if (n == 2)
            jn_throw(ev, D3080, 0);
        parts[n++] = split_parts(&f, slice(picture, from, end));
        if (end == NOWHERE)
            break;
        from = end + f.property[PATTERN].len;
    }
    for (size_t i = 0; i < n; i++)
        validate(&f, &parts[i]);
    for (size_t i = 0; i < n; i++)
        analyses[i] = analyse(&f, &parts[i]);
    bool negative = d < 0;
    struct value text = format_value(&f, &analyses[negative && n == 2], d, negative && n == 1);
    return jn_keep_text(ev, mark, text);
}
