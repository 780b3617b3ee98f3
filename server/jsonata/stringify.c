/* Values as JSON text: for $string and `&` (15 digits, functions empty), and for messages. */
#include <math.h>
#include <string.h>

#include "jsonata/eval.h"

struct printer {
    struct ev *ev;
    struct textbuf *out;
    bool pretty;
    bool exact; /* for messages */
    unsigned level;
};

static void print_half(struct textbuf *out, uint32_t cp)
{
    static const char hex[] = "0123456789abcdef";
    char escape[6] = {'\\',        'u', hex[cp >> 12 & 15], hex[cp >> 8 & 15], hex[cp >> 4 & 15],
                      hex[cp & 15]};
    text_add(out, escape, sizeof(escape));
}

static void print_string(struct textbuf *out, const char *s, size_t len)
{
    static const char names[] = "btnvfr"; /* 8 to 13 */
    text_addc(out, '"');
    size_t start = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        bool half = c == 0xED && i + 2 < len && (unsigned char)s[i + 1] >= 0xA0;
        if (c >= 0x20 && c != '"' && c != '\\' && !half)
            continue;
        text_add(out, s + start, i - start);
        if (half) {
            size_t size;
            print_half(out, text_decode(s + i, len - i, &size));
            i += 2;
        } else if (c == '"' || c == '\\') {
            char escape[2] = {'\\', (char)c};
            text_add(out, escape, 2);
        } else if (c >= 8 && c <= 13 && c != 11) {
            char escape[2] = {'\\', names[c - 8]};
            text_add(out, escape, 2);
        } else {
            print_half(out, c);
        }
        start = i + 1;
    }
    text_add(out, s + start, len - start);
    text_addc(out, '"');
}

static void new_line(struct printer *p)
{
    if (!p->pretty)
        return;
    text_addc(p->out, '\n');
    for (unsigned i = 0; i < p->level; i++)
        text_add(p->out, "  ", 2);
}

static void print_number(struct printer *p, struct value v)
{
    char text[NUMBER_TEXT];
    double d = v_double(v);
    if (!isfinite(d)) {
        if (isinf(d) && !p->exact)
            jn_throw(p->ev, D1001, .value = v);
        text_add(p->out, "null", 4);
        return;
    }
    size_t n = p->exact ? number_text(d, text) : number_text_cut(d, text);
    text_add(p->out, text, n);
}

static void print(struct printer *p, struct value v);

static void print_array(struct printer *p, struct value v)
{
    size_t n = v_len(v);
    text_addc(p->out, '[');
    p->level++;
    for (size_t i = 0; i < n; i++) {
        if (i)
            text_addc(p->out, ',');
        new_line(p);
        print(p, v_at(v, i));
    }
    p->level--;
    if (n)
        new_line(p);
    text_addc(p->out, ']');
}

static void print_object(struct printer *p, struct value v)
{
    size_t n = v_members(v);
    text_addc(p->out, '{');
    p->level++;
    for (size_t i = 0; i < n; i++) {
        struct value key, member = jn_member(v, i, &key);
        if (i)
            text_addc(p->out, ',');
        new_line(p);
        print_string(p->out, key.str, key.len);
        text_add(p->out, ": ", p->pretty ? 2 : 1);
        print(p, member);
    }
    p->level--;
    if (n)
        new_line(p);
    text_addc(p->out, '}');
}

static void print(struct printer *p, struct value v)
{
    jn_guard(p->ev);
    switch (v.tag) {
    case V_BOOL:
        text_adds(p->out, v.yes ? "true" : "false");
        break;
    case V_NUM:
    case V_JNUM:
        print_number(p, v);
        break;
    case V_STR:
        print_string(p->out, v.str, v.len);
        break;
    case V_ARR:
    case V_JARR:
        print_array(p, v);
        break;
    case V_OBJ:
    case V_JOBJ:
        print_object(p, v);
        break;
    case V_FUNC:
        text_add(p->out, "\"\"", 2);
        break;
    default:
        text_add(p->out, "null", 4);
    }
}

void jn_concat(struct ev *ev, struct textbuf *out, struct value v)
{
    switch (v.tag) {
    case V_UNDEF:
    case V_FUNC:
        break;
    case V_STR:
        text_add(out, v.str, v.len);
        break;
    case V_NUM:
    case V_JNUM: {
        char text[NUMBER_TEXT];
        double d = v_double(v);
        if (!isfinite(d))
            jn_throw(ev, D3001, .value = v);
        text_add(out, text, number_text_cut(d, text));
        break;
    }
    default: {
        if (v.tag == V_ARR && (v.arr->flags & A_OUTER))
            v = v.arr->items[0];
        struct printer p = {.ev = ev, .out = out};
        print(&p, v);
    }
    }
}

struct value jn_string(struct ev *ev, struct value v, bool pretty)
{
    if (v.tag == V_STR)
        return v;
    struct textbuf out;
    text_init(&out, &ev->heap, 24);
    if (pretty && (v_is_arr(v) || v_is_obj(v))) {
        if (v.tag == V_ARR && (v.arr->flags & A_OUTER))
            v = v.arr->items[0];
        struct printer p = {.ev = ev, .out = &out, .pretty = true};
        print(&p, v);
    } else {
        jn_concat(ev, &out, v);
    }
    return text_value(&out);
}

void jn_json_text(struct ev *ev, struct textbuf *out, struct value v)
{
    struct printer p = {.ev = ev, .out = out, .exact = true};
    if (v.tag == V_UNDEF)
        text_adds(out, "undefined");
    else
        print(&p, v);
}
