/* Compilation from start to end, and how its errors are worded. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "jsonata/compile.h"
#include "jsonata/regex.h"
#include "jsonata/report.h"
#include "jsonata/text.h"

enum { PROGRAM_BYTES = 64 * 1024 * 1024 };

static void heap_full(struct jn_heap *h)
{
    struct jsonata *p = (struct jsonata *)((char *)h - offsetof(struct jsonata, heap));
    compile_raise(p->compiler, &(struct fault){.code = JN_S0500, .placed = true});
}

static void run_stages(struct compiler *c)
{
    struct jsonata *p = c->p;
    if (p->text_len > JSONATA_TEXT_MAX)
        compile_throw(c, S0500, 0);
    if (!text_valid(p->text, p->text_len))
        compile_throw(c, S0205, .has_token = true, .token = v_lit("\xEF\xBF\xBD"));
    p->root = jn_process(c, jn_parse(c));
    jn_resolve(c, p->root);
    jn_analyse(p);
}

/* Apart from the caller, so that no local of it lives across the jump. */
static bool try_stages(struct compiler *c)
{
    if (setjmp(c->t.target))
        return false;
    run_stages(c);
    return true;
}

struct jsonata *jsonata_compile(const char *text, size_t len, struct jsonata_error *err)
{
    struct jsonata *p = xcalloc(1, sizeof(*p));
    struct compiler c = {.p = p};
    /* Most expressions fit the first block; it stays as long as the expression. */
    size_t first = MIN(1024 + len * 96, (size_t)32 * 1024);
    jn_heap_init(&p->heap, first, PROGRAM_BYTES, heap_full);
    p->compiler = &c;
    p->text = jn_heap_alloc(&p->heap, MIN(len, (size_t)JSONATA_TEXT_MAX + 1) + 1);
    p->text_len = MIN(len, (size_t)JSONATA_TEXT_MAX + 1);
    memcpy(p->text, text, p->text_len);
    p->text[p->text_len] = '\0';
    c.stack_floor = (const char *)__builtin_frame_address(0) - JN_PARSE_STACK;
    bool ok = try_stages(&c);
    p->compiler = NULL;
    free(c.pending);
    if (ok)
        return p;
    if (err)
        report_fault(p, &c.t.fault, JSONATA_SYNTAX, err);
    jsonata_free(p);
    return NULL;
}

void jsonata_free(struct jsonata *p)
{
    if (!p)
        return;
    regex_free_all(p->regexes);
    jn_heap_done(&p->heap);
    free(p);
}

const struct jsonata_references *jsonata_references(const struct jsonata *p)
{
    return &p->references;
}
