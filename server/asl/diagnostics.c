/* The list of diagnostics, and the locations in them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asl/compile.h"
#include "base/mem.h"

/* A definition can have a mistake in every few bytes and a name of a megabyte above all of them,
 * so both the number of diagnostics and their text have a ceiling. */
enum { DIAGNOSTICS_MAX = 1000, DIAGNOSTICS_BYTES = 1024 * 1024 };

void asl_diagnostics_init(struct asl_diagnostics *d)
{
    *d = (struct asl_diagnostics){0};
    arena_init(&d->arena);
}

void asl_diagnostics_done(struct asl_diagnostics *d)
{
    arena_done(&d->arena);
    free(d->items);
    *d = (struct asl_diagnostics){0};
}

void asl_diagnostics_text(const struct asl_diagnostics *d, struct strbuf *out)
{
    const char *separator = "";
    for (size_t i = 0; i < d->len; i++) {
        const struct asl_diagnostic *item = &d->items[i];
        if (item->severity != ASL_ERROR)
            continue;
        strbuf_addf(out, "%s%s: %s", separator, item->code, item->message);
        if (item->location)
            strbuf_addf(out, " at %s", item->location);
        separator = ", ";
    }
}

void diagnostics_add(struct asl_diagnostics *d, enum asl_severity severity, const char *code,
                     struct text message, const char *location)
{
    /* Warnings may take half of the room, so that they never hide the errors. */
    size_t share = severity == ASL_ERROR ? 1 : 2;
    size_t bytes = message.len + (location ? strlen(location) : 0);
    if (severity == ASL_ERROR)
        d->errors++;
    if (d->len >= DIAGNOSTICS_MAX / share || d->arena.used + bytes > DIAGNOSTICS_BYTES / share) {
        d->dropped[severity]++;
        return;
    }
    GROW(d->items, d->len, d->cap);
    d->items[d->len++] = (struct asl_diagnostic){
        .severity = severity,
        .code = code,
        .message = arena_memdup(&d->arena, message.data, message.len),
        .location = location ? arena_memdup(&d->arena, location, strlen(location)) : NULL,
    };
}

/* ---- locations ---- */

const struct loc *loc_member(struct compiler *c, const struct loc *up, const char *name, size_t len)
{
    struct loc *l = arena_alloc(&c->scratch, sizeof(*l));
    *l = (struct loc){.up = up, .name = name, .len = len};
    return l;
}

const struct loc *loc_index(struct compiler *c, const struct loc *up, size_t index)
{
    struct loc *l = arena_alloc(&c->scratch, sizeof(*l));
    *l = (struct loc){.up = up, .index = index};
    return l;
}

static void print_step(const struct loc *l, bool slash, struct strbuf *out)
{
    if (l->name) {
        if (slash)
            strbuf_addc(out, '/');
        strbuf_add(out, l->name, l->len);
    } else {
        strbuf_addf(out, "[%zu]", l->index);
    }
}

void loc_print(const struct loc *at, const struct loc *from, struct strbuf *out)
{
    size_t steps = 0;
    for (const struct loc *l = at; l && l != from; l = l->up)
        steps++;
    if (steps == 0 && !from) {
        strbuf_addc(out, '/');
        return;
    }
    const struct loc **order = xreallocarray(NULL, steps + 1, sizeof(const struct loc *));
    size_t n = steps;
    for (const struct loc *l = at; l && l != from; l = l->up)
        order[--n] = l;
    for (size_t i = 0; i < steps; i++)
        print_step(order[i], i > 0 || !from, out);
    free(order);
}

/* ---- reporting ---- */

/* Text that fills the room that is left is cut there: diagnostics_add will refuse it anyway. */
static void report_text(struct compiler *c, enum asl_severity severity, const char *code,
                        const struct loc *at, const char *field, struct text message)
{
    CLEANUP(strbuf_done) struct strbuf location;
    struct loc below = {.up = at, .name = field, .len = field ? strlen(field) : 0};
    strbuf_init(&location, DIAGNOSTICS_BYTES);
    loc_print(field ? &below : at, NULL, &location);
    diagnostics_add(c->d, severity, code, message, location.data);
}

void report(struct compiler *c, enum asl_severity severity, const char *code, const struct loc *at,
            const char *field, const char *format, ...)
{
    if (severity == ASL_WARNING && !c->options->warnings)
        return;
    if (c->d->dropped[severity]) { /* nothing more is printed, only counted */
        c->d->errors += severity == ASL_ERROR;
        c->d->dropped[severity]++;
        return;
    }
    CLEANUP(strbuf_done) struct strbuf message;
    va_list ap;
    strbuf_init(&message, 2 * DIAGNOSTICS_BYTES);
    va_start(ap, format);
    strbuf_vaddf(&message, format, ap);
    va_end(ap);
    report_text(c, severity, code, at, field, (struct text){message.data, message.len});
}
