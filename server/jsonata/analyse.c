/* Static analysis: what an expression refers to, for the validation of a state machine. */
#include <string.h>

#include "jsonata/ast.h"
#include "jsonata/text.h"

struct walk {
    struct jsonata *p;
    struct jsonata_references *refs;
    size_t states_cap;
    size_t at, units; /* a place in the text and its UTF-16 offset: uses come mostly in order */
};

/* `top`: the node is evaluated on the expression's own input. */
static void walk(struct walk *w, const struct node *n, bool top);

static int64_t units_at(struct walk *w, uint32_t position)
{
    size_t to = MIN((size_t)position, w->p->text_len);
    if (to < w->at)
        w->at = w->units = 0;
    w->units += text_units(w->p->text + w->at, to - w->at);
    w->at = to;
    return (int64_t)w->units;
}

static const char *copy_name(struct walk *w, struct value name)
{
    char *copy = jn_heap_alloc(&w->p->heap, name.len + 1);
    memcpy(copy, name.str, name.len);
    copy[name.len] = '\0';
    return copy;
}

static void note_input(struct walk *w, const struct node *n)
{
    if (!w->refs->uses_input)
        w->refs->input_position = units_at(w, n->position);
    w->refs->uses_input = true;
    if (n->kind == N_NAME && !w->refs->field)
        w->refs->field = copy_name(w, n->value);
}

/* A name step that only follows the path: it can stand in a $states path. */
static bool is_plain_name(const struct node *step)
{
    return step->kind == N_NAME && !step->predicates && !step->group && !step->focus.tag;
}

static void note_states(struct walk *w, const struct node *variable, const struct node *path)
{
    struct jsonata_references *r = w->refs;
    size_t len = 0;
    if (path && !variable->predicates && !variable->group)
        while (1 + len < path->len && is_plain_name(path->list[1 + len])) {
            len++;
            if (path->list[len]->stages)
                break;
        }
    if (r->states_len == w->states_cap) {
        size_t cap = w->states_cap ? w->states_cap * 2 : 4;
        struct jsonata_states_path *all = jn_heap_alloc(&w->p->heap, cap * sizeof(*all));
        if (r->states_len)
            memcpy(all, r->states, r->states_len * sizeof(*all));
        r->states = all;
        w->states_cap = cap;
    }
    const char **names = jn_heap_alloc(&w->p->heap, (len + 1) * sizeof(*names));
    for (size_t i = 0; i < len; i++)
        names[i] = copy_name(w, path->list[1 + i]->value);
    struct jsonata_states_path *all = (struct jsonata_states_path *)(uintptr_t)r->states;
    all[r->states_len++] =
        (struct jsonata_states_path){names, len, units_at(w, variable->position)};
}

static void walk_list(struct walk *w, const struct node *n, bool top)
{
    for (uint32_t i = 0; i < n->len; i++)
        walk(w, n->list[i], top);
}

static void walk_around(struct walk *w, const struct node *n)
{
    for (const struct stage *s = n->predicates; s; s = s->next)
        if (s->filter)
            walk(w, s->filter, false);
    for (const struct stage *s = n->stages; s; s = s->next)
        if (s->filter)
            walk(w, s->filter, false);
    if (n->group)
        walk_list(w, n->group, false);
}

/* True for the variable $states where no binding of the expression hides it. */
static bool is_states(const struct node *n)
{
    return n->kind == N_VARIABLE && n->var.len == 0 && v_str_is(n->value, "states");
}

static void walk_path(struct walk *w, const struct node *n, bool top)
{
    const struct node *first = n->list[0];
    if (is_states(first)) {
        note_states(w, first, n);
        walk_around(w, first);
    } else {
        walk(w, first, top);
    }
    for (uint32_t i = 1; i < n->len; i++)
        walk(w, n->list[i], false);
    walk_around(w, n);
}

static void walk_variable(struct walk *w, const struct node *n, bool top)
{
    if (n->value.len == 0 && top)
        note_input(w, n);
    if (v_str_is(n->value, "$") && n->var.len == 0) {
        if (!w->refs->uses_root)
            w->refs->root_position = units_at(w, n->position);
        w->refs->uses_root = true;
    }
    if (is_states(n))
        note_states(w, n, NULL);
}

static void walk(struct walk *w, const struct node *n, bool top)
{
    if (!n)
        return;
    switch (n->kind) {
    case N_PATH:
        walk_path(w, n, top);
        return;
    case N_NAME:
    case N_WILDCARD:
    case N_DESCENDANT:
    case N_PARENT:
        if (top)
            note_input(w, n);
        break;
    case N_VARIABLE:
        walk_variable(w, n, top);
        break;
    case N_LAMBDA:
        walk(w, n->a, false);
        break;
    case N_BIND:
        walk(w, n->b, top);
        break;
    case N_CALL:
    case N_PARTIAL: {
        /* `sum(x)` calls nothing: the name is reported when it is called, as the reference does. */
        bool bare = n->a->kind == N_PATH && n->a->len == 1 && n->a->list[0]->kind == N_NAME;
        if (!bare)
            walk(w, n->a, top);
        walk_list(w, n, top);
        break;
    }
    case N_TRANSFORM:
    case N_SORT:
        top = false;
        /* fall through */
    default:
        walk(w, n->a, top);
        walk(w, n->b, top);
        walk(w, n->c, top);
        walk_list(w, n, top);
    }
    walk_around(w, n);
}

static void list_variables(struct walk *w)
{
    struct jsonata *p = w->p;
    struct jsonata_variable *all = jn_heap_alloc(&p->heap, (p->globals_len + 1) * sizeof(*all));
    size_t len = 0;
    for (uint32_t i = 0; i < p->globals_len; i++) {
        const struct global *g = &p->globals[i];
        if (g->root || !g->free)
            continue;
        all[len++] = (struct jsonata_variable){.name = copy_name(w, g->name),
                                               .len = g->name.len,
                                               .function = g->builtin != NULL,
                                               .position = units_at(w, g->position)};
    }
    p->references.variables = all;
    p->references.variables_len = len;
}

void jn_analyse(struct jsonata *p)
{
    struct walk w = {.p = p, .refs = &p->references};
    p->references = (struct jsonata_references){.input_position = -1, .root_position = -1};
    walk(&w, p->root, true);
    list_variables(&w);
}
