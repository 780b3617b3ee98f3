#include "jsonpath/path.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct path_piece {
    struct path_piece *next;
    _Alignas(16) char bytes[];
};

void *path_alloc(struct jsonpath *p, size_t size)
{
    struct path_piece *piece = xcalloc(1, sizeof(*piece) + size);
    piece->next = p->pieces;
    p->pieces = piece;
    return piece->bytes;
}

void jsonpath_free(struct jsonpath *p)
{
    if (!p)
        return;

    /* Paths in filters; recursion ends at FILTER_DEPTH_MAX. */
    for (struct jsonpath *child = p->children; child;) {
        struct jsonpath *next = child->sibling;
        jsonpath_free(child);
        child = next;
    }
    for (struct path_piece *piece = p->pieces; piece;) {
        struct path_piece *next = piece->next;
        free(piece);
        piece = next;
    }
    json_array_done(&p->literals);
    free(p->variable);
    free(p->steps);
    free(p);
}

const char *jsonpath_text(const struct jsonpath *p)
{
    return p->text;
}

enum jsonpath_root jsonpath_root(const struct jsonpath *p)
{
    return p->root;
}

const char *jsonpath_variable(const struct jsonpath *p)
{
    return p->variable;
}

bool jsonpath_is_root(const struct jsonpath *p)
{
    return p->count == 0;
}

bool jsonpath_is_definite(const struct jsonpath *p)
{
    return p->definite;
}

bool jsonpath_is_reference(const struct jsonpath *p)
{
    return p->reference;
}

/* ---- as messages show it ---- */

static void print_names(const struct span *names, size_t count, char quote, struct strbuf *out)
{
    strbuf_addc(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            strbuf_addc(out, ',');
        strbuf_addc(out, quote);
        strbuf_add(out, names[i].s, names[i].len);
        strbuf_addc(out, quote);
    }
    strbuf_addc(out, ']');
}

static void print_indices(const int32_t *indices, size_t count, struct strbuf *out)
{
    strbuf_addc(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            strbuf_addc(out, ',');
        strbuf_add_int(out, indices[i]);
    }
    strbuf_addc(out, ']');
}

static void print_slice(const struct step *s, struct strbuf *out)
{
    strbuf_addc(out, '[');
    if (s->slice.has_from)
        strbuf_add_int(out, s->slice.from);
    strbuf_addc(out, ':');
    if (s->slice.has_to)
        strbuf_add_int(out, s->slice.to);
    strbuf_addc(out, ']');
}

void path_print_steps(const struct jsonpath *p, size_t first, size_t count, char quote,
                      struct strbuf *out)
{
    for (size_t i = first; i < first + count; i++) {
        const struct step *s = &p->steps[i];
        switch (s->kind) {
        case STEP_NAME:
            print_names(&s->name, 1, quote ? quote : s->quote, out);
            break;
        case STEP_NAMES:
            print_names(s->names.items, s->names.count, quote ? quote : s->quote, out);
            break;
        case STEP_INDEX:
            print_indices(&s->index, 1, out);
            break;
        case STEP_INDICES:
            print_indices(s->indices.items, s->indices.count, out);
            break;
        case STEP_SLICE:
            print_slice(s, out);
            break;
        case STEP_WILDCARD:
            strbuf_adds(out, "[*]");
            break;
        case STEP_FILTER:
            strbuf_adds(out, "[?]");
            break;
        case STEP_SCAN:
            strbuf_adds(out, "..");
            break;
        case STEP_FUNCTION:
            strbuf_addc(out, '.');
            strbuf_adds(out, s->function->name);
            break;
        }
    }
}
