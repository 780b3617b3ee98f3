/* Second stage: from the raw tree to one the evaluator can walk.
 *
 * Dots are flattened into paths of steps, predicates become stages of a step, % finds the step whose
 * object it means, and calls in tail position are marked.  Children first, so that a node sees its
 * operands as they will be evaluated. */
#include <string.h>

#include "jsonata/compile.h"

static struct node *process(struct compiler *c, struct node *n);

/* ---- lists in the heap ---- */

static void add_step(struct compiler *c, struct node *path, struct node *step)
{
    /* Room is a power of two, so it only has to grow when the length reaches one. */
    uint32_t len = path->len;
    if ((len & (len - 1)) == 0) {
        struct node **list = jn_heap_alloc(&c->p->heap, (len ? len * 2 : 1) * sizeof(*list));
        if (len)
            memcpy(list, path->list, len * sizeof(*list));
        path->list = list;
    }
    path->list[path->len++] = step;
}

static struct node *path_of(struct compiler *c, struct node *step)
{
    struct node *path = jn_new_node(c, N_PATH, 0);
    add_step(c, path, step);
    return path;
}

static void add_slot(struct compiler *c, struct node *n, struct slot *slot)
{
    if (!n->seeking) {
        n->seeking = jn_heap_alloc(&c->p->heap, sizeof(*n->seeking));
        *n->seeking = (struct slots){0};
    }
    struct slots *s = n->seeking;
    if (s->len == s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 4;
        struct slot **items = jn_heap_alloc(&c->p->heap, cap * sizeof(struct slot *));
        if (s->len)
            memcpy(items, s->items, s->len * sizeof(struct slot *));
        s->items = items;
        s->cap = cap;
    }
    s->items[s->len++] = slot;
}

static void add_stage(struct compiler *c, struct stage **list, struct stage stage)
{
    while (*list)
        list = &(*list)->next;
    *list = jn_heap_alloc(&c->p->heap, sizeof(**list));
    **list = stage;
}

/* ---- ancestry: which step's object does a % mean ---- */

static struct value kind_name(const struct node *n)
{
    static const char *const names[] = {
        [N_STRING] = "string",       [N_NUMBER] = "number",       [N_VALUE] = "value",
        [N_NAME] = "name",           [N_WILDCARD] = "wildcard",   [N_DESCENDANT] = "descendant",
        [N_PARENT] = "parent",       [N_VARIABLE] = "variable",   [N_REGEX] = "regex",
        [N_BINARY] = "binary",       [N_NEGATE] = "unary",        [N_ARRAY] = "unary",
        [N_OBJECT] = "unary",        [N_CALL] = "function",       [N_PARTIAL] = "partial",
        [N_LAMBDA] = "lambda",       [N_CONDITION] = "condition", [N_BLOCK] = "block",
        [N_TRANSFORM] = "transform", [N_PATH] = "path",           [N_SORT] = "sort",
        [N_BIND] = "bind",           [N_APPLY] = "apply",         [N_OPERATOR] = "operator",
        [N_END] = "(end)",
    };
    return v_str(names[n->kind], strlen(names[n->kind]));
}

static void no_parent(struct compiler *c, const struct node *n)
{
    compile_throw(c, S0217, .position = n->position, .has_token = true, .token = kind_name(n));
}

static void seek_parent(struct compiler *c, struct node *n, struct slot *slot)
{
    compile_enter(c, JN_NODE_DEPTH);
    switch (n->kind) {
    case N_NAME:
    case N_WILDCARD:
        if (--slot->level == 0) {
            if (n->ancestor)
                slot->label = n->ancestor->label;
            n->ancestor = slot;
            n->tuple = true;
        }
        break;
    case N_PARENT:
        slot->level++;
        break;
    case N_BLOCK:
        if (n->len > 0) {
            n->tuple = true;
            seek_parent(c, n->list[n->len - 1], slot);
        }
        break;
    case N_PATH:
        n->tuple = true;
        for (uint32_t i = n->len; i > 0; i--) {
            seek_parent(c, n->list[i - 1], slot);
            if (slot->level <= 0)
                break;
        }
        break;
    default:
        no_parent(c, n);
    }
    compile_leave(c);
}

/* Hands what is still sought in `from` up to `to`. */
static void push_ancestry(struct compiler *c, struct node *to, struct node *from)
{
    if (from->seeking)
        for (uint32_t i = 0; i < from->seeking->len; i++)
            add_slot(c, to, from->seeking->items[i]);
    if (from->kind == N_PARENT)
        add_slot(c, to, from->parent_slot);
}

static void resolve_slot(struct compiler *c, struct node *path, struct slot *slot)
{
    int64_t i = (int64_t)path->len - 2;
    while (slot->level > 0) {
        if (i < 0) {
            add_slot(c, path, slot);
            return;
        }
        struct node *step = path->list[i--];
        /* Steps in a row that bind a focus stay at one place in the document. */
        while (i >= 0 && step->focus.tag && path->list[i]->focus.tag)
            step = path->list[i--];
        seek_parent(c, step, slot);
    }
}

static void resolve_ancestry(struct compiler *c, struct node *path)
{
    struct node *last = path->list[path->len - 1];
    if (last->seeking)
        for (uint32_t i = 0; i < last->seeking->len; i++)
            resolve_slot(c, path, last->seeking->items[i]);
    if (last->kind == N_PARENT)
        resolve_slot(c, path, last->parent_slot);
}

/* ---- operators that shape paths ---- */

static void check_step(struct compiler *c, struct node *step)
{
    if (step->kind == N_NUMBER || step->kind == N_VALUE)
        compile_throw(c, S0213, .position = step->position, .value = step->value);
    if (step->kind == N_STRING)
        step->kind = N_NAME;
}

static struct node *process_dot(struct compiler *c, struct node *n)
{
    struct node *left = process(c, n->a), *path = left;
    if (left->kind != N_PATH) {
        path = path_of(c, left);
        if (left->kind == N_PARENT)
            add_slot(c, path, left->parent_slot);
    }
    struct node *rest = process(c, n->b);
    if (rest->kind == N_PATH) {
        for (uint32_t i = 0; i < rest->len; i++)
            add_step(c, path, rest->list[i]);
    } else {
        if (rest->predicates) {
            rest->stages = rest->predicates;
            rest->predicates = NULL;
        }
        add_step(c, path, rest);
    }
    for (uint32_t i = 0; i < path->len; i++) {
        check_step(c, path->list[i]);
        if (path->list[i]->keep_array)
            path->keep_singleton = true;
    }
    if (path->list[0]->kind == N_ARRAY)
        path->list[0]->consarray = true;
    if (path->list[path->len - 1]->kind == N_ARRAY)
        path->list[path->len - 1]->consarray = true;
    resolve_ancestry(c, path);
    return path;
}

static struct node *last_step(struct node *n)
{
    return n->kind == N_PATH ? n->list[n->len - 1] : n;
}

static struct node *process_predicate(struct compiler *c, struct node *n)
{
    struct node *result = process(c, n->a), *step = last_step(result);
    if (step->group)
        compile_throw(c, S0209, .position = n->position);
    struct node *filter = process(c, n->b);
    if (filter->seeking) {
        for (uint32_t i = 0; i < filter->seeking->len; i++) {
            struct slot *slot = filter->seeking->items[i];
            if (slot->level == 1)
                seek_parent(c, step, slot);
            else
                slot->level--;
        }
        push_ancestry(c, step, filter);
    }
    add_stage(c, result->kind == N_PATH ? &step->stages : &step->predicates,
              (struct stage){.filter = filter, .position = n->position});
    if (result->kind == N_BLOCK && result->tuple) {
        /* The filter looks at the rows the block hands up, so it takes a path to hold them. */
        step->stages = step->predicates;
        step->predicates = NULL;
        result = path_of(c, step);
    }
    return result;
}

static struct node *process_group(struct compiler *c, struct node *n)
{
    struct node *result = process(c, n->a);
    if (result->group)
        compile_throw(c, S0210, .position = n->position);
    struct node *pairs = n->b;
    for (uint32_t i = 0; i < pairs->len; i++)
        pairs->list[i] = process(c, pairs->list[i]);
    result->group = pairs;
    return result;
}

static struct node *process_sort(struct compiler *c, struct node *n)
{
    struct node *result = process(c, n->a);
    if (result->kind != N_PATH)
        result = path_of(c, result);
    struct node *sort = n->b;
    for (uint32_t i = 0; i < sort->len; i++) {
        sort->list[i] = process(c, sort->list[i]);
        push_ancestry(c, sort, sort->list[i]);
    }
    add_step(c, result, sort);
    resolve_ancestry(c, result);
    return result;
}

static struct node *process_focus(struct compiler *c, struct node *n)
{
    struct node *result = process(c, n->a), *step = last_step(result);
    if (step->stages || step->predicates)
        compile_throw(c, S0215, .position = n->position);
    if (step->kind == N_SORT)
        compile_throw(c, S0216, .position = n->position);
    if (n->keep_array)
        step->keep_array = true;
    step->focus = n->b->value;
    step->tuple = true;
    return result;
}

static struct node *process_index(struct compiler *c, struct node *n)
{
    struct node *result = process(c, n->a), *step = last_step(result);
    if (result->kind != N_PATH) {
        result = path_of(c, result);
        step->stages = step->predicates;
        step->predicates = NULL;
    }
    if (step->stages)
        add_stage(c, &step->stages, (struct stage){.name = n->b->value, .position = n->position});
    else
        step->index = n->b->value;
    step->tuple = true;
    return result;
}

static struct node *process_binary(struct compiler *c, struct node *n)
{
    switch (n->op) {
    case OP_DOT:
        return process_dot(c, n);
    case OP_PREDICATE:
        return process_predicate(c, n);
    case OP_GROUP:
        return process_group(c, n);
    case OP_SORT:
        return process_sort(c, n);
    case OP_FOCUS:
        return process_focus(c, n);
    case OP_INDEX:
        return process_index(c, n);
    case OP_BIND:
        n->kind = N_BIND;
        n->b = process(c, n->b);
        push_ancestry(c, n, n->b);
        return n;
    case OP_APPLY:
        n->kind = N_APPLY;
        n->a = process(c, n->a);
        n->b = process(c, n->b);
        n->keep_array = n->keep_array || n->a->keep_array || n->b->keep_array;
        return n;
    default:
        n->a = process(c, n->a);
        n->b = process(c, n->b);
        push_ancestry(c, n, n->a);
        push_ancestry(c, n, n->b);
        return n;
    }
}

/* ---- everything else ---- */

static void process_list(struct compiler *c, struct node *n)
{
    for (uint32_t i = 0; i < n->len; i++) {
        n->list[i] = process(c, n->list[i]);
        push_ancestry(c, n, n->list[i]);
        struct node *part = n->list[i];
        if (n->kind == N_BLOCK &&
            (part->consarray || (part->kind == N_PATH && part->list[0]->consarray)))
            n->consarray = true;
    }
}

/* Marks the calls whose result is the function's result. */
static void mark_tail_calls(struct compiler *c, struct node *n)
{
    bool call = n && n->kind == N_CALL;
    if (!n || n->predicates || n->stages || n->keep_array || (n->group && !call))
        return;
    compile_enter(c, JN_NODE_DEPTH);
    if (call) {
        n->thunk = true;
        n->group = NULL; /* the reference loses it */
    } else if (n->kind == N_CONDITION) {
        mark_tail_calls(c, n->b);
        mark_tail_calls(c, n->c);
    } else if (n->kind == N_BLOCK && n->len > 0) {
        mark_tail_calls(c, n->list[n->len - 1]);
    }
    compile_leave(c);
}

static struct node *process_negate(struct compiler *c, struct node *n)
{
    n->a = process(c, n->a);
    if (n->a->kind == N_NUMBER) {
        n->a->value.num = -n->a->value.num;
        n->a->keep_array |= n->keep_array;
        return n->a;
    }
    push_ancestry(c, n, n->a);
    return n;
}

static struct node *process_children(struct compiler *c, struct node *n, struct node **child)
{
    if (*child) {
        *child = process(c, *child);
        push_ancestry(c, n, *child);
    }
    return n;
}

static struct node *process_name(struct compiler *c, struct node *n)
{
    n->kind = N_NAME;
    struct node *path = path_of(c, n);
    path->keep_singleton = path->keep_array = n->keep_array;
    return path;
}

static struct node *new_parent(struct compiler *c, struct node *n)
{
    char *label = jn_heap_alloc(&c->p->heap, 16);
    size_t len = 0;
    label[len++] = '!';
    for (unsigned v = c->labels++, digits = 0; digits == 0 || v > 0; v /= 10, digits++)
        label[len++] = (char)('0' + v % 10);
    n->parent_slot = jn_heap_alloc(&c->p->heap, sizeof(*n->parent_slot));
    *n->parent_slot = (struct slot){.label = v_str(label, len), .level = 1};
    return n;
}

static struct node *process_kind(struct compiler *c, struct node *n)
{
    switch (n->kind) {
    case N_BINARY:
        return process_binary(c, n);
    case N_NEGATE:
        return process_negate(c, n);
    case N_ARRAY:
    case N_OBJECT:
    case N_BLOCK:
        process_list(c, n);
        return n;
    case N_CALL:
    case N_PARTIAL:
        for (uint32_t i = 0; i < n->len; i++) {
            if (n->list[i]->kind == N_OPERATOR && n->list[i]->op == OP_HOLE)
                continue;
            n->list[i] = process(c, n->list[i]);
            push_ancestry(c, n, n->list[i]);
        }
        n->a = process(c, n->a);
        return n;
    case N_LAMBDA:
        n->a = process(c, n->a);
        mark_tail_calls(c, n->a);
        return n;
    case N_CONDITION:
        process_children(c, n, &n->a);
        process_children(c, n, &n->b);
        return process_children(c, n, &n->c);
    case N_TRANSFORM:
        n->a = process(c, n->a);
        n->b = process(c, n->b);
        if (n->c)
            n->c = process(c, n->c);
        return n;
    case N_NAME:
    case N_OPERATOR: /* and, or, in as field names */
        return process_name(c, n);
    case N_PARENT:
        return new_parent(c, n);
    case N_END:
        compile_throw(c, S0207, .position = n->position, .has_token = true, .token = n->value);
    default:
        return n;
    }
}

static struct node *process(struct compiler *c, struct node *n)
{
    compile_enter(c, JN_TREE_DEPTH);
    bool keep_array = n->keep_array;
    struct node *result = process_kind(c, n);
    if (keep_array)
        result->keep_array = true;
    compile_leave(c);
    return result;
}

struct node *jn_process(struct compiler *c, struct node *root)
{
    c->depth = 0;
    root = process(c, root);
    if (root->kind == N_PARENT || root->seeking)
        no_parent(c, root);
    return root;
}
