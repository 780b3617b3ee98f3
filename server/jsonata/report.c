#include "jsonata/report.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "jsonata/eval.h"

enum { MESSAGE_MAX = 64 * 1024, REPORT_HEAP = 1024 * 1024 };

void jsonata_error_clear(struct jsonata_error *err)
{
    free(err->message);
    free(err->token);
    *err = (struct jsonata_error){0};
}

/* A report has its own little evaluation, so that values can be printed whatever ended the other. */
static void report_full(struct jn_heap *h)
{
    struct ev *ev = (struct ev *)((char *)h - offsetof(struct ev, heap));
    jn_jump(&ev->t);
}

static void start_report(struct ev *ev)
{
    ev->fuel = INT_MAX;
    ev->stack_floor = (const char *)__builtin_frame_address(0) - (size_t)128 * 1024;
    jn_heap_init(&ev->heap, 0, REPORT_HEAP, report_full);
}

static bool print_value(struct ev *ev, struct value v, struct textbuf *out)
{
    if (setjmp(ev->t.target))
        return false;
    text_init(out, &ev->heap, 64);
    jn_json_text(ev, out, v);
    return true;
}

/* The JSON text of v, or "..." for one that is too large to print. */
static void add_value(struct strbuf *sb, struct value v)
{
    struct ev *ev = xcalloc(1, sizeof(*ev));
    struct textbuf *out = xcalloc(1, sizeof(*out));
    start_report(ev);
    if (print_value(ev, v, out) && out->len <= MESSAGE_MAX / 2)
        strbuf_add(sb, out->data, out->len);
    else
        strbuf_adds(sb, "...");
    jn_heap_done(&ev->heap);
    free(out);
    free(ev);
}

static void add_field(struct strbuf *sb, const char *name, size_t len, const struct fault *f,
                      bool plain)
{
    struct value v = UNDEF;
#define IS(text) (len == sizeof(text) - 1 && memcmp(name, text, len) == 0)
    if (IS("token"))
        v = f->token;
    else if (IS("value"))
        v = f->value;
    else if (IS("value2"))
        v = f->value2;
    else if (IS("exp"))
        v = f->exp;
    else if (IS("index"))
        v = v_num(f->index);
    else if (IS("type") && f->type)
        v = v_str(f->type, strlen(f->type));
    else if (IS("functionName"))
        v = v_str(f->function, strlen(f->function));
    else if (IS("message") && f->message)
        v = v_str(f->message, f->message_len);
#undef IS
    if (plain && v.tag == V_STR)
        strbuf_add(sb, v.str, v.len);
    else
        add_value(sb, v);
}

/* Replaces {{field}} and {{{field}}}. */
static void fill_in(struct strbuf *sb, const char *text, const struct fault *f)
{
    const char *open;
    while ((open = strstr(text, "{{"))) {
        strbuf_add(sb, text, (size_t)(open - text));
        bool plain = open[2] == '{';
        const char *name = open + (plain ? 3 : 2), *close = strchr(name, '}');
        add_field(sb, name, (size_t)(close - name), f, plain);
        text = close + (plain ? 3 : 2);
    }
    strbuf_adds(sb, text);
}

void report_fault(const struct jsonata *p, const struct fault *f, enum jsonata_kind kind,
                  struct jsonata_error *err)
{
    struct strbuf sb;
    jsonata_error_clear(err);
    err->kind = kind;
    memcpy(err->code, jn_code_name(f->code), 6);
    strbuf_init(&sb, MESSAGE_MAX);
    fill_in(&sb, jn_code_text(f->code), f);
    err->message = strbuf_take(&sb, &err->message_len);
    if (f->has_token && f->token.tag) {
        strbuf_init(&sb, MESSAGE_MAX);
        add_value(&sb, f->token);
        err->token = strbuf_take(&sb, NULL);
    }
    err->position = -1;
    if (f->placed)
        err->position = (int64_t)text_units(p->text, MIN((size_t)f->position, p->text_len));
}
