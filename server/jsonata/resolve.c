/* Third stage: every variable gets its place.
 *
 * Scopes are static: the whole expression, a block, a function and the rows of a path with @, # or %
 * each open one.  A scope that binds nothing opens no frame.  A name may be assigned in several
 * scopes around its use, and an assignment need not have been reached when the use is evaluated, so a
 * use lists all its places, innermost first; the first that is set counts. */
#include <string.h>

#include "jsonata/builtins.h"
#include "jsonata/compile.h"

enum { NAMES_MAX = 1000 };

struct scope {
    const struct scope *parent;
    struct value *names;
    uint32_t len, cap;
};

struct resolver {
    struct compiler *c;
    unsigned closures; /* lambdas and transforms met so far */
};

static int find_name(const struct scope *s, struct value name)
{
    for (uint32_t i = 0; i < s->len; i++)
        if (v_same_str(s->names[i], name))
            return (int)i;
    return -1;
}

static int add_name(struct resolver *r, struct scope *s, struct value name)
{
    int at = find_name(s, name);
    if (at >= 0)
        return at;
    if (s->len >= NAMES_MAX)
        compile_throw(r->c, S0500, 0);
    if (s->len == s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 4;
        struct value *names = jn_heap_alloc(&r->c->p->heap, cap * sizeof(*names));
        if (s->len)
            memcpy(names, s->names, s->len * sizeof(*names));
        s->names = names;
        s->cap = cap;
    }
    s->names[s->len] = name;
    return (int)s->len++;
}

/* The number of the first step that is evaluated in a tuple's frame; len when there is none.  An array
 * constructor that begins a path never is: jn_eval_path runs it by itself. */
static uint32_t first_tuple_step(const struct node *path)
{
    for (uint32_t i = 0; i < path->len; i++)
        if (path->list[i]->tuple && !(i == 0 && path->list[0]->consarray))
            return i;
    return path->len;
}

/* ---- names assigned within a scope, not counting the scopes inside it ---- */

static void collect(struct resolver *r, struct scope *s, const struct node *n);

static void collect_stages(struct resolver *r, struct scope *s, const struct stage *stage)
{
    for (; stage; stage = stage->next)
        if (stage->filter)
            collect(r, s, stage->filter);
}

static void collect_list(struct resolver *r, struct scope *s, const struct node *n)
{
    for (uint32_t i = 0; i < n->len; i++)
        collect(r, s, n->list[i]);
}

/* What surrounds the node itself: filters and group-by. */
static void collect_around(struct resolver *r, struct scope *s, const struct node *n)
{
    collect_stages(r, s, n->predicates);
    collect_stages(r, s, n->stages);
    if (n->group)
        collect_list(r, s, n->group);
}

static void collect(struct resolver *r, struct scope *s, const struct node *n)
{
    if (!n)
        return;
    compile_enter(r->c, JN_NODE_DEPTH);
    switch (n->kind) {
    case N_BLOCK:
    case N_LAMBDA:
        collect_around(r, s, n);
        break;
    case N_PATH:
        if (first_tuple_step(n) < n->len) {
            for (uint32_t i = 0; i < first_tuple_step(n); i++)
                collect(r, s, n->list[i]);
        } else {
            collect_list(r, s, n);
            collect_around(r, s, n);
        }
        break;
    case N_BIND:
        add_name(r, s, n->a->value);
        collect(r, s, n->b);
        collect_around(r, s, n);
        break;
    default:
        collect(r, s, n->a);
        collect(r, s, n->b);
        collect(r, s, n->c);
        collect_list(r, s, n);
        collect_around(r, s, n);
    }
    compile_leave(r->c);
}

/* The names a step binds, those of a nested path of tuples included. */
static void collect_tuple_names(struct resolver *r, struct scope *s, const struct node *step)
{
    if (step->focus.tag)
        add_name(r, s, step->focus);
    if (step->index.tag)
        add_name(r, s, step->index);
    if (step->ancestor)
        add_name(r, s, step->ancestor->label);
    for (const struct stage *stage = step->stages; stage; stage = stage->next)
        if (!stage->filter)
            add_name(r, s, stage->name);
    if (!step->tuple)
        return;
    compile_enter(r->c, JN_NODE_DEPTH);
    if (step->kind == N_BLOCK && step->len > 0)
        collect_tuple_names(r, s, step->list[step->len - 1]);
    else if (step->kind == N_PATH)
        for (uint32_t i = 0; i < step->len; i++)
            collect_tuple_names(r, s, step->list[i]);
    compile_leave(r->c);
}

/* ---- uses ---- */

static int global_of(struct resolver *r, struct value name, uint32_t position)
{
    struct jsonata *p = r->c->p;
    for (uint32_t i = 0; i < p->globals_len; i++)
        if (v_same_str(p->globals[i].name, name))
            return (int)i;
    if (p->globals_len >= NAMES_MAX)
        compile_throw(r->c, S0500, .position = position);
    if (p->globals_len == p->globals_cap) {
        uint32_t cap = p->globals_cap ? p->globals_cap * 2 : 4;
        struct global *globals = jn_heap_alloc(&p->heap, cap * sizeof(*globals));
        if (p->globals_len)
            memcpy(globals, p->globals, p->globals_len * sizeof(*globals));
        p->globals = globals;
        p->globals_cap = cap;
    }
    p->globals[p->globals_len] = (struct global){
        .name = name,
        .builtin = builtin_find(name.str, name.len),
        .root = v_str_is(name, "$"),
        .position = position,
    };
    return (int)p->globals_len++;
}

static void resolve_use(struct resolver *r, const struct scope *s, struct node *n,
                        struct value name)
{
    struct place found[16];
    uint32_t len = 0;
    for (unsigned hops = 0; s && len < ARRAY_LEN(found); s = s->parent, hops++) {
        int at = find_name(s, name);
        if (at >= 0)
            found[len++] = (struct place){(uint16_t)hops, (uint16_t)at};
    }
    n->var.len = len;
    if (len) {
        struct place *places = jn_heap_alloc(&r->c->p->heap, len * sizeof(*places));
        memcpy(places, found, len * sizeof(*places));
        n->var.places = places;
    }
    if (n->kind == N_VARIABLE) {
        n->var.global = global_of(r, name, n->position);

        struct global *g = &r->c->p->globals[n->var.global];

        if (n->var.len == 0 && !g->free) {
            g->free = true;
            g->position = n->position;
        }
    }
}

static void resolve(struct resolver *r, const struct scope *s, struct node *n);

static void resolve_list(struct resolver *r, const struct scope *s, struct node *n)
{
    for (uint32_t i = 0; i < n->len; i++)
        resolve(r, s, n->list[i]);
}

static void resolve_stages(struct resolver *r, const struct scope *s, struct stage *stage)
{
    for (; stage; stage = stage->next) {
        if (stage->filter)
            resolve(r, s, stage->filter);
        else
            stage->slot = s ? find_name(s, stage->name) : -1;
    }
}

/* A position bound to an array constructor that begins a path binds nothing, as in the reference. */
static void drop_positions(struct stage *stage)
{
    for (; stage; stage = stage->next)
        if (!stage->filter)
            stage->slot = -1;
}

static void resolve_around(struct resolver *r, const struct scope *s, struct node *n)
{
    resolve_stages(r, s, n->predicates);
    resolve_stages(r, s, n->stages);
    if (n->group)
        resolve(r, s, n->group);
}

static void resolve_block(struct resolver *r, const struct scope *s, struct node *n)
{
    struct scope own = {.parent = s};
    collect_list(r, &own, n);
    n->frame = own.len;
    resolve_list(r, own.len ? &own : s, n);
}

static void resolve_lambda(struct resolver *r, const struct scope *s, struct node *n)
{
    struct scope own = {.parent = s};
    for (uint32_t i = 0; i < n->len; i++)
        n->list[i]->var.global = add_name(r, &own, n->list[i]->value); /* the parameter's slot */
    collect(r, &own, n->a);
    n->frame = own.len;
    unsigned before = r->closures;
    resolve(r, own.len ? &own : s, n->a);
    n->captures = r->closures > before;
    r->closures++;
}

static void resolve_path(struct resolver *r, const struct scope *s, struct node *n)
{
    n->root_variable = n->list[0]->kind == N_VARIABLE;
    uint32_t first = first_tuple_step(n);
    if (first == n->len) {
        resolve_list(r, s, n);
        resolve_around(r, s, n);
        drop_positions(n->list[0]->predicates);
        drop_positions(n->list[0]->stages);
        return;
    }
    struct scope own = {.parent = s};
    for (uint32_t i = 0; i < n->len; i++) {
        collect_tuple_names(r, &own, n->list[i]);
        if (i >= first)
            collect(r, &own, n->list[i]);
    }
    collect_around(r, &own, n);
    struct tuple_names *names = jn_heap_alloc(&r->c->p->heap, sizeof(*names));
    *names = (struct tuple_names){own.names, own.len};
    n->tuple_names = names;
    for (uint32_t i = 0; i < n->len; i++) {
        struct node *step = n->list[i];
        step->focus_slot = step->focus.tag ? find_name(&own, step->focus) : -1;
        step->index_slot = step->index.tag ? find_name(&own, step->index) : -1;
        step->ancestor_slot = step->ancestor ? find_name(&own, step->ancestor->label) : -1;
        resolve(r, i < first ? s : &own, step);
        if (i < first) {
            drop_positions(step->predicates);
            drop_positions(step->stages);
        }
    }
    resolve_around(r, &own, n);
}

static void mark_object(struct node *n)
{
    if (n->len > 64)
        return;
    for (uint32_t i = 0; i < n->len; i += 2) {
        const struct node *key = n->list[i];
        if (key->kind != N_STRING || key->predicates || key->group)
            return;
        for (uint32_t k = 0; k < i; k += 2)
            if (v_same_str(n->list[k]->value, key->value))
                return;
    }
    n->literal_keys = true;
}

struct value jn_called_name(const struct node *call)
{
    const struct node *procedure = call->a;
    if (procedure->kind == N_PATH)
        procedure = procedure->list[0];
    return procedure->kind == N_VARIABLE || procedure->kind == N_NAME ? procedure->value : UNDEF;
}

/* f() calls the field f; should a variable of the name exist where the call stands, the error will say
 * so. */
static void resolve_called_name(struct resolver *r, const struct scope *s, struct node *n)
{
    struct value name = jn_called_name(n);
    if (n->a->kind == N_PATH && name.tag == V_STR)
        resolve_use(r, s, n, name);
}

static void resolve(struct resolver *r, const struct scope *s, struct node *n)
{
    if (!n)
        return;
    compile_enter(r->c, JN_NODE_DEPTH);
    n->plain = !n->predicates && (!n->group || n->kind == N_PATH);
    switch (n->kind) {
    case N_BLOCK:
        resolve_block(r, s, n);
        resolve_around(r, s, n);
        break;
    case N_LAMBDA:
        resolve_lambda(r, s, n);
        resolve_around(r, s, n);
        break;
    case N_PATH:
        resolve_path(r, s, n);
        break;
    case N_VARIABLE:
        if (n->value.len > 0)
            resolve_use(r, s, n, n->value);
        resolve_around(r, s, n);
        break;
    case N_PARENT:
        resolve_use(r, s, n, n->parent_slot->label);
        resolve_around(r, s, n);
        break;
    case N_BIND:
        n->frame = (uint32_t)find_name(s, n->a->value); /* the target's slot, in this very scope */
        resolve(r, s, n->b);
        resolve_around(r, s, n);
        break;
    default:
        if (n->kind == N_TRANSFORM) {
            resolve_use(r, s, n, v_lit("clone")); /* the expression may put its own in its place */
            r->closures++;
        }
        if (n->kind == N_OBJECT)
            mark_object(n);
        if (n->kind == N_CALL || n->kind == N_PARTIAL)
            resolve_called_name(r, s, n);
        resolve(r, s, n->a);
        resolve(r, s, n->b);
        resolve(r, s, n->c);
        resolve_list(r, s, n);
        resolve_around(r, s, n);
    }
    compile_leave(r->c);
}

void jn_resolve(struct compiler *c, struct node *root)
{
    struct resolver r = {.c = c};
    struct scope outer = {0};
    c->depth = 0;
    collect(&r, &outer, root);
    c->p->root_frame = outer.len;
    resolve(&r, outer.len ? &outer : NULL, root);
}
