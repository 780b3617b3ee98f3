/* Functions that search text, with a string, a regular expression or a matcher function.
 *
 * A matcher function is any function from a text to {match, start, end, groups, next}; a regular
 * expression is one too, but is run directly. */
#include <math.h>
#include <string.h>

#include "jsonata/fn.h"
#include "jsonata/regex.h"

size_t text_unit_offset(const char *s, size_t len, size_t units)
{
    size_t i = 0;
    while (i < len && units > 0) {
        size_t size;
        uint32_t cp = text_decode(s + i, len - i, &size);
        units -= cp >= 0x10000 && units > 1 ? 2 : 1;
        i += size;
    }
    return MIN(i, len);
}

/* ---- regular expressions as functions ---- */

struct value jn_regex_func(struct ev *ev, const struct node *n)
{
    struct func *f = jn_new_func(ev, F_REGEX, 2);
    f->regex.re = n->regex;
    f->regex.subject = UNDEF;
    f->regex.from = 0;
    return (struct value){.tag = V_FUNC, .func = f};
}

static struct value group_value(struct value subject, const struct regex_match *m, unsigned i)
{
    if (m->groups[i * 2] == SIZE_MAX)
        return UNDEF;
    return v_str(subject.str + m->groups[i * 2], m->groups[i * 2 + 1] - m->groups[i * 2]);
}

static struct value group_array(struct ev *ev, const struct regex *re, struct value subject,
                                const struct regex_match *m)
{
    struct arr *groups = arr_new(ev, re->groups, 0);
    for (unsigned i = 0; i < re->groups; i++)
        arr_push(ev, groups, group_value(subject, m, i));
    return v_arr(groups);
}

static void zero_length(struct ev *ev)
{
    jn_throw(ev, D1004, 0);
}

static double unit_index(struct ev *ev, struct value s, size_t at)
{
    jn_charge(ev, at / 64);
    return (double)text_units(s.str, at);
}

/* `from` counts UTF-16 units when a caller gave it, bytes when it continues a match. */
struct value jn_regex_match(struct ev *ev, const struct func *f, struct value subject, size_t from,
                            bool again)
{
    struct regex_match m;
    if (subject.tag != V_STR || (again && from >= subject.len))
        return UNDEF;
    if (!again && from > 0)
        from = text_unit_offset(subject.str, subject.len, from);
    if (!regex_exec(ev, f->regex.re, subject, from, &m))
        return UNDEF;
    if (again && m.start == m.end)
        zero_length(ev);
    struct func *next = jn_alloc(ev, sizeof(*next));
    *next = *f;
    next->kind = F_NEXT;
    next->arity = 0;
    next->regex.subject = subject;
    next->regex.from = m.end;
    struct obj *o = obj_new(ev, 5);
    obj_set(ev, o, "match", 5, v_str(subject.str + m.start, m.end - m.start));
    obj_set(ev, o, "start", 5, v_num(unit_index(ev, subject, m.start)));
    obj_set(ev, o, "end", 3, v_num(unit_index(ev, subject, m.end)));
    obj_set(ev, o, "groups", 6, group_array(ev, f->regex.re, subject, &m));
    obj_set(ev, o, "next", 4, (struct value){.tag = V_FUNC, .func = next});
    return v_obj(o);
}

/* ---- a search in progress ---- */

struct finder {
    struct func *func;
    struct value subject;
    bool started;
    /* the match found */
    size_t start, end; /* bytes */
    struct value match, groups;
    struct regex_match raw;
    struct value next; /* matcher functions: how to go on */
    size_t counted;    /* bytes whose units have been counted, and their number */
    double units;
};

static bool find_regex(struct ev *ev, struct finder *f)
{
    const struct func *func = f->func;
    size_t from = f->started ? f->end : 0;
    if (f->started && from >= f->subject.len)
        return false;
    if (!regex_exec(ev, func->regex.re, f->subject, from, &f->raw))
        return false;
    if (f->started && f->raw.start == f->raw.end)
        zero_length(ev);
    f->start = f->raw.start;
    f->end = f->raw.end;
    f->match = v_str(f->subject.str + f->start, f->end - f->start);
    return true;
}

static struct value field(struct value object, const char *name)
{
    return v_is_obj(object) ? jn_get(object, name, strlen(name)) : UNDEF;
}

static size_t field_offset(const struct finder *f, struct value v, size_t otherwise)
{
    if (!v_is_num(v) || !(v_double(v) >= 0))
        return otherwise;
    return text_unit_offset(f->subject.str, f->subject.len, (size_t)MIN(v_double(v), 1e9));
}

static bool find_function(struct ev *ev, struct finder *f)
{
    struct func *func = f->func;
    if (f->started) {
        if (f->next.tag != V_FUNC)
            return false;
        func = f->next.func;
    }
    struct value arg = f->started ? UNDEF : f->subject;
    struct value found = jn_apply(ev, func, &arg, 1, (struct value){.tag = V_NULL});
    jn_charge(ev, 1);
    if (!found.tag)
        return false;
    struct value start = field(found, "start"), end = field(found, "end");
    f->groups = field(found, "groups");
    f->next = field(found, "next");
    f->match = field(found, "match");
    if (!v_is_num(start) && !v_is_num(end) && !v_is_arr(f->groups) && f->next.tag != V_FUNC)
        jn_throw(ev, T1010, 0);
    f->start = field_offset(f, start, 0);
    f->end = field_offset(f, end, f->start);
    return true;
}

static bool find(struct ev *ev, struct finder *f)
{
    bool found = f->func->kind == F_REGEX ? find_regex(ev, f) : find_function(ev, f);
    f->started = true;
    return found;
}

static double found_index(struct ev *ev, struct finder *f)
{
    if (f->start < f->counted)
        return unit_index(ev, f->subject, f->start);
    f->units += (double)text_units(f->subject.str + f->counted, f->start - f->counted);
    f->counted = f->start;
    return f->units;
}

static struct value found_groups(struct ev *ev, const struct finder *f)
{
    if (f->func->kind == F_REGEX)
        return group_array(ev, f->func->regex.re, f->subject, &f->raw);
    return f->groups;
}

/* True while another result is wanted: no limit, or not reached. */
static bool below(struct value limit, double count)
{
    return !limit.tag || count < v_double(limit);
}

static void check_limit(struct ev *ev, struct value limit, enum jn_code code)
{
    if (limit.tag && v_double(limit) < 0)
        jn_raise(ev, &(struct fault){.code = code, .value = limit});
}

/* ---- $contains, $match, $split ---- */

FN(contains)
{
    (void)nargs;
    if (!args[0].tag || !args[1].tag)
        return UNDEF;
    if (args[1].tag == V_STR) {
        jn_charge(ev, args[0].len / 64);
        return v_bool(text_find(args[0].str, args[0].len, args[1].str, args[1].len, 0) != SIZE_MAX);
    }
    struct finder f = {.func = args[1].func, .subject = args[0]};
    return v_bool(find(ev, &f));
}

FN(match)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    check_limit(ev, args[2], JN_D3040);
    struct arr *out = arr_new(ev, 0, A_SEQ);
    struct finder f = {.func = args[1].func, .subject = args[0]};
    for (double count = 0; below(args[2], count) && find(ev, &f); count++) {
        struct obj *o = obj_new(ev, 3);
        obj_set(ev, o, "match", 5, f.match);
        obj_set(ev, o, "index", 5, v_num(found_index(ev, &f)));
        obj_set(ev, o, "groups", 6, found_groups(ev, &f));
        arr_push(ev, out, v_obj(o));
    }
    return v_arr(out);
}

/* Into UTF-16 units: a character beyond the first plane becomes its two halves. */
static void split_units(struct ev *ev, struct value s, struct value limit, struct arr *out)
{
    for (size_t i = 0, size; i < s.len; i += size) {
        uint32_t cp = text_decode(s.str + i, s.len - i, &size);
        if (!below(limit, out->len))
            return;
        if (cp < 0x10000) {
            arr_push(ev, out, v_str(s.str + i, size));
            continue;
        }
        char *halves = jn_alloc(ev, 8);
        size_t n = text_encode(0xD800 + ((cp - 0x10000) >> 10), halves);
        text_encode(0xDC00 + ((cp - 0x10000) & 0x3FF), halves + n);
        arr_push(ev, out, v_str(halves, n));
        if (below(limit, out->len))
            arr_push(ev, out, v_str(halves + n, n));
    }
}

static void split_string(struct ev *ev, struct value s, struct value by, struct value limit,
                         struct arr *out)
{
    if (by.len == 0) {
        split_units(ev, s, limit, out);
        return;
    }
    for (size_t from = 0;;) {
        if (!below(limit, out->len))
            return;
        size_t at = text_find(s.str, s.len, by.str, by.len, from);
        arr_push(ev, out, v_str(s.str + from, (at == SIZE_MAX ? s.len : at) - from));
        if (at == SIZE_MAX)
            return;
        from = at + by.len;
    }
}

FN(split)
{
    (void)nargs;
    struct value s = args[0], limit = args[2];
    if (!s.tag)
        return UNDEF;
    check_limit(ev, limit, JN_D3020);
    struct arr *out = arr_new(ev, 0, 0);
    jn_charge(ev, s.len / 16);
    if (limit.tag && v_double(limit) == 0)
        return v_arr(out);
    if (args[1].tag != V_FUNC) {
        if (args[1].tag)
            split_string(ev, s, args[1], limit.tag ? v_num(trunc(v_double(limit))) : limit, out);
        else
            arr_push(ev, out, s);
        return v_arr(out);
    }
    struct finder f = {.func = args[1].func, .subject = s};
    size_t from = 0;
    while (below(limit, out->len) && find(ev, &f)) {
        arr_push(ev, out, v_str(s.str + MIN(from, f.start), f.start - MIN(from, f.start)));
        from = f.end;
    }
    if (below(limit, out->len))
        arr_push(ev, out, v_str(s.str + from, s.len - from));
    return v_arr(out);
}

/* ---- $replace ---- */

static size_t group_count(const struct finder *f)
{
    if (f->func->kind == F_REGEX)
        return f->func->regex.re->groups;
    return v_is_arr(f->groups) ? v_len(f->groups) : 0;
}

static struct value nth_group(const struct finder *f, size_t n)
{
    if (f->func->kind == F_REGEX)
        return group_value(f->subject, &f->raw, (unsigned)n);
    return v_at(f->groups, n);
}

/* The number at s[i], of at most `most` digits; false when there is none. */
static bool read_number(struct value s, size_t i, size_t most, size_t *ret)
{
    size_t n = 0, v = 0;
    while (n < most && i + n < s.len && s.str[i + n] >= '0' && s.str[i + n] <= '9')
        v = v * 10 + (size_t)(s.str[i + n++] - '0');
    *ret = v;
    return n > 0;
}

static size_t count_digits(size_t v)
{
    size_t n = 1;
    for (; v >= 10; v /= 10)
        n++;
    return n;
}

/* The replacement text with $0, $1 ... filled in. */
static void substitute(struct textbuf *out, const struct finder *f, struct value with)
{
    size_t groups = group_count(f), most = groups ? count_digits(groups) : 1;
    for (size_t i = 0; i < with.len;) {
        size_t n;
        char next = i + 1 < with.len ? with.str[i + 1] : 0;
        if (with.str[i] != '$') {
            text_addc(out, with.str[i++]);
        } else if (next == '$') {
            text_addc(out, '$');
            i += 2;
        } else if (next == '0') {
            text_addv(out, f->match.tag == V_STR ? f->match : v_lit(""));
            i += 2;
        } else if (!read_number(with, i + 1, most, &n)) {
            text_addc(out, '$');
            i++;
        } else {
            if (most > 1 && n > groups)
                read_number(with, i + 1, most - 1, &n);
            struct value group = n >= 1 && n <= groups ? nth_group(f, n - 1) : UNDEF;
            if (group.tag == V_STR)
                text_addv(out, group);
            i += 1 + count_digits(n);
        }
    }
}

static struct value replace_string(struct ev *ev, struct value s, struct value what,
                                   struct value with, struct value limit)
{
    if (with.tag == V_FUNC)
        jn_throw(ev, D3012, .value = with);
    struct textbuf out;
    text_init(&out, &ev->heap, s.len);
    size_t from = 0;
    for (double count = 0; below(limit, count); count++) {
        size_t at = text_find(s.str, s.len, what.str, what.len, from);
        if (at == SIZE_MAX)
            break;
        text_add(&out, s.str + from, at - from);
        text_addv(&out, with);
        from = at + what.len;
        jn_charge(ev, 1 + with.len / 64);
    }
    text_add(&out, s.str + from, s.len - from);
    return text_value(&out);
}

static struct value replacement_by(struct ev *ev, const struct finder *f, struct func *func)
{
    struct obj *o = obj_new(ev, 4);
    obj_set(ev, o, "match", 5, f->match);
    obj_set(ev, o, "start", 5, v_num(unit_index(ev, f->subject, f->start)));
    obj_set(ev, o, "end", 3, v_num(unit_index(ev, f->subject, f->end)));
    obj_set(ev, o, "groups", 6, found_groups(ev, f));
    struct value arg = v_obj(o);
    struct value v = jn_apply(ev, func, &arg, 1, (struct value){.tag = V_NULL});
    if (v.tag != V_STR)
        jn_throw(ev, D3012, .value = v);
    return v;
}

FN(replace)
{
    (void)nargs;
    struct value s = args[0], what = args[1], with = args[2], limit = args[3];
    if (!s.tag)
        return UNDEF;
    if (what.tag == V_STR && what.len == 0)
        jn_throw(ev, D3010, .value = what);
    check_limit(ev, limit, JN_D3011);
    jn_charge(ev, s.len / 16);
    if (!what.tag || (limit.tag && v_double(limit) == 0))
        return s;
    if (!with.tag)
        with = v_lit("undefined");
    if (what.tag == V_STR)
        return replace_string(ev, s, what, with, limit);

    struct finder f = {.func = what.func, .subject = s};
    size_t from = 0, begin;
    /* Callbacks may use the heap meanwhile, so the text is built piece by piece. */
    struct textbuf out;
    text_init(&out, &ev->heap, s.len);
    for (double count = 0; below(limit, count) && find(ev, &f); count++) {
        begin = MIN(from, f.start);
        text_add(&out, s.str + begin, f.start - begin);
        if (with.tag == V_FUNC)
            text_addv(&out, replacement_by(ev, &f, with.func));
        else
            substitute(&out, &f, with);
        size_t match_len = f.match.tag == V_STR ? f.match.len : 0;
        from = MIN(f.start + match_len, (size_t)s.len);
        jn_charge(ev, 1 + out.len / 4096);
    }
    text_add(&out, s.str + from, s.len - from);
    return text_value(&out);
}
