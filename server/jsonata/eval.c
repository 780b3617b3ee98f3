/* The evaluator's switch and the operators. */
#include "jsonata/eval.h"

#include <math.h>
#include <string.h>

/* ---- variables ---- */

static struct value eval_global(struct ev *ev, int number)
{
    struct value *known = &ev->globals[number];
    if (known->tag != V_UNSET)
        return *known;
    const struct global *g = &ev->p->globals[number];
    const struct jsonata_call *call = ev->call;
    const struct json *found = NULL;
    for (size_t i = 0; i < call->variables_len && !found; i++)
        if (call->variables[i].len == g->name.len &&
            memcmp(call->variables[i].name, g->name.str, g->name.len) == 0)
            found = call->variables[i].value;
    if (!found && call->lookup)
        found = call->lookup(call->arg, g->name.str, g->name.len);
    if (found) {
        *known = v_json(found);
    } else if (g->root) {
        *known = ev->root;
    } else if (g->builtin) {
        struct func *f = jn_new_func(ev, F_BUILTIN, g->builtin->arity);
        f->builtin = g->builtin;
        *known = (struct value){.tag = V_FUNC, .func = f};
    } else {
        *known = UNDEF;
    }
    return *known;
}

struct value jn_find_variable(struct ev *ev, const struct node *n, struct frame *env)
{
    unsigned hops = 0;
    for (uint32_t i = 0; i < n->var.len; i++) {
        for (; hops < n->var.places[i].hops; hops++)
            env = env->parent;
        struct value v = env->slot[n->var.places[i].slot];
        if (v.tag != V_UNSET)
            return v;
    }
    return n->var.global >= 0 ? eval_global(ev, n->var.global) : UNDEF;
}

static struct value eval_variable(struct ev *ev, const struct node *n, struct value input,
                                  struct frame *env)
{
    if (n->value.len > 0 || n->kind != N_VARIABLE)
        return jn_find_variable(ev, n, env);
    if (input.tag == V_ARR && (input.arr->flags & A_OUTER))
        return input.arr->items[0];
    return input;
}

/* ---- operators ---- */

static struct value arithmetic(struct ev *ev, const struct node *n, struct value a, struct value b)
{
    if (a.tag != V_UNDEF && !v_is_num(a))
        jn_throw_at(ev, n, T2001, .value = a);
    if (b.tag != V_UNDEF && !v_is_num(b))
        jn_throw_at(ev, n, T2002, .value = b);
    double x = a.tag ? v_double(a) : 0, y = b.tag ? v_double(b) : 0;
    if (a.tag && !isfinite(x)) {
        if (isnan(x))
            jn_throw_at(ev, n, T2001, .value = a);
        jn_throw_at(ev, n, D1001, .value = a);
    }
    if (b.tag && !isfinite(y)) {
        if (isnan(y))
            jn_throw_at(ev, n, T2002, .value = b);
        jn_throw_at(ev, n, D1001, .value = b);
    }
    if (!a.tag || !b.tag)
        return UNDEF;
    switch (n->op) {
    case OP_ADD:
        return v_num(x + y);
    case OP_SUB:
        return v_num(x - y);
    case OP_MUL:
        return v_num(x * y);
    case OP_DIV:
        return v_num(x / y);
    default:
        return v_num(fmod(x, y));
    }
}

static struct value comparison(struct ev *ev, const struct node *n, struct value a, struct value b)
{
    bool a_fits = a.tag == V_STR || v_is_num(a), b_fits = b.tag == V_STR || v_is_num(b);
    if ((a.tag && !a_fits) || (b.tag && !b_fits))
        jn_throw_at(ev, n, T2010, .value = a_fits ? b : a);
    if (!a.tag || !b.tag)
        return UNDEF;
    int order;
    if (a.tag == V_STR && b.tag == V_STR) {
        order = text_compare(a.str, a.len, b.str, b.len);
    } else if (a.tag == V_STR || b.tag == V_STR) {
        jn_throw_at(ev, n, T2009, .value = a, .value2 = b);
    } else {
        double x = v_double(a), y = v_double(b);
        if (isnan(x) || isnan(y))
            return v_bool(false);
        order = x < y ? -1 : x > y;
    }
    switch (n->op) {
    case OP_LT:
        return v_bool(order < 0);
    case OP_LE:
        return v_bool(order <= 0);
    case OP_GT:
        return v_bool(order > 0);
    default:
        return v_bool(order >= 0);
    }
}

/* Strict equality of primitives: `in` never finds an object or an array. */
static bool same_primitive(struct value a, struct value b)
{
    if (v_is_num(a) && v_is_num(b))
        return v_double(a) == v_double(b);
    if (a.tag != b.tag)
        return false;
    switch (a.tag) {
    case V_NULL:
        return true;
    case V_BOOL:
        return a.yes == b.yes;
    case V_STR:
        return v_same_str(a, b);
    case V_FUNC:
        return a.func == b.func;
    default:
        return false;
    }
}

static struct value includes(struct ev *ev, struct value a, struct value b)
{
    if (!a.tag || !b.tag)
        return v_bool(false);
    if (!v_is_arr(b))
        return v_bool(same_primitive(a, b));
    size_t len = v_len(b);
    jn_charge(ev, len);
    for (size_t i = 0; i < len; i++)
        if (same_primitive(a, v_at(b, i)))
            return v_bool(true);
    return v_bool(false);
}

static bool is_integer(struct value v)
{
    return v_is_num(v) && isfinite(v_double(v)) && floor(v_double(v)) == v_double(v);
}

static struct value range(struct ev *ev, const struct node *n, struct value a, struct value b)
{
    if (a.tag && !is_integer(a))
        jn_throw_at(ev, n, T2003, .value = a);
    if (b.tag && !is_integer(b))
        jn_throw_at(ev, n, T2004, .value = b);
    if (!a.tag || !b.tag)
        return UNDEF;
    double lo = v_double(a), hi = v_double(b);
    if (lo > hi)
        return UNDEF;
    double size = hi - lo + 1;
    if (size > 1e7)
        jn_throw_at(ev, n, D2014, .value = v_num(size));
    struct arr *r = jn_alloc(ev, sizeof(*r));
    *r = (struct arr){.len = (uint32_t)size, .flags = A_SEQ | A_RANGE, .lo = lo};
    return v_arr(r);
}

/* Errors of the right operand are reported at the operator; the outermost one wins. */
static struct value eval_logic(struct ev *ev, const struct node *n, struct value input,
                               struct frame *env)
{
    bool left = jn_truth(ev, jn_eval(ev, n->a, input, env));
    if (left == (n->op == OP_OR))
        return v_bool(left);
    const struct node *before = ev->overrider;
    if (!before)
        ev->overrider = n;
    bool right = jn_truth(ev, jn_eval(ev, n->b, input, env));
    ev->overrider = before;
    return v_bool(right);
}

static struct value concat(struct ev *ev, const struct node *n, struct value a, struct value b)
{
    const struct node *before = ev->caller;
    ev->caller = n; /* $string's errors are reported at the operator */
    struct textbuf out;
    if (a.tag == V_STR && a.str + a.len == ev->tail && ev->heap.at == ev->tail_room) {
        /* The left operand ends where the newest concatenation ends: continue it in place.  Whoever
         * holds the shorter text sees no difference. */
        out = (struct textbuf){&ev->heap, (char *)(uintptr_t)a.str, a.len,
                               (size_t)(ev->tail_cap - a.str)};
    } else {
        size_t expected = (a.tag == V_STR ? a.len : 24) + (b.tag == V_STR ? b.len : 24);
        text_init(&out, &ev->heap, expected);
        jn_concat(ev, &out, a);
    }
    jn_concat(ev, &out, b);
    ev->caller = before;
    if (out.len > UINT32_MAX)
        jn_heap_overflow(&ev->heap);
    ev->tail = out.data + out.len;
    ev->tail_room = ev->heap.at;
    ev->tail_cap = out.data + out.cap;
    return text_value(&out);
}

static struct value eval_binary(struct ev *ev, const struct node *n, struct value input,
                                struct frame *env)
{
    if (n->op == OP_AND || n->op == OP_OR)
        return eval_logic(ev, n, input, env);
    struct value a = jn_eval(ev, n->a, input, env), b = jn_eval(ev, n->b, input, env);
    switch (n->op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
    case OP_MOD:
        return arithmetic(ev, n, a, b);
    case OP_EQ:
        return v_bool(a.tag && b.tag && jn_equal(ev, a, b));
    case OP_NE:
        return v_bool(a.tag && b.tag && !jn_equal(ev, a, b));
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        return comparison(ev, n, a, b);
    case OP_CONCAT:
        return concat(ev, n, a, b);
    case OP_RANGE:
        return range(ev, n, a, b);
    default:
        return includes(ev, a, b);
    }
}

static struct value eval_negate(struct ev *ev, const struct node *n, struct value input,
                                struct frame *env)
{
    struct value v = jn_eval(ev, n->a, input, env);
    if (!v.tag)
        return v;
    if (!v_is_num(v) || isnan(v_double(v)))
        jn_throw_at(ev, n, D1002, .value = v);
    if (isinf(v_double(v)))
        jn_throw_at(ev, n, D1001, .value = v);
    return v_num(-v_double(v));
}

/* ---- constructors ---- */

static struct value eval_array(struct ev *ev, const struct node *n, struct value input,
                               struct frame *env)
{
    unsigned flags = n->consarray ? A_CONS : 0;
    if (n->len == 1 && n->list[0]->kind == N_BINARY && n->list[0]->op == OP_RANGE) {
        /* [a..b] alone stays a range that takes no room. */
        struct value v = jn_eval(ev, n->list[0], input, env);
        if (v.tag == V_ARR && (v.arr->flags & A_RANGE)) {
            struct arr *r = jn_alloc(ev, sizeof(*r));
            *r = *v.arr;
            r->flags = A_RANGE | flags;
            return v_arr(r);
        }
        struct arr *a = arr_new(ev, 1, flags);
        if (v.tag)
            arr_push(ev, a, v);
        return v_arr(a);
    }
    struct arr *a = arr_new(ev, n->len, flags);
    for (uint32_t i = 0; i < n->len; i++) {
        const struct node *item = n->list[i];
        struct value v = jn_eval(ev, item, input, env);
        if (!v.tag)
            continue;
        if (item->kind != N_ARRAY && v_is_arr(v))
            arr_push_all(ev, a, v);
        else
            arr_push(ev, a, v);
    }
    return v_arr(a);
}

static struct value eval_block(struct ev *ev, const struct node *n, struct value input,
                               struct frame *env)
{
    struct value v = UNDEF;
    if (n->frame)
        env = frame_new(ev, env, n->frame);
    for (uint32_t i = 0; i < n->len; i++)
        v = jn_eval(ev, n->list[i], input, env);
    return v;
}

/* ---- wildcards ---- */

static void flatten(struct ev *ev, struct arr *out, struct value v)
{
    jn_guard(ev);
    if (!v_is_arr(v)) {
        arr_push(ev, out, v);
        return;
    }
    for (size_t i = 0, len = v_len(v); i < len; i++)
        flatten(ev, out, v_at(v, i));
}

static struct value eval_wildcard(struct ev *ev, struct value input)
{
    if (input.tag == V_ARR && (input.arr->flags & A_OUTER))
        input = input.arr->items[0];
    struct arr *out = arr_new(ev, 8, A_SEQ);
    bool array = v_is_arr(input);
    size_t len = array ? v_len(input) : v_is_obj(input) ? v_members(input) : 0;
    for (size_t i = 0; i < len; i++) {
        struct value v = array ? v_at(input, i) : jn_member(input, i, NULL);
        /* Joining an array gives an array that is no longer a sequence. */
        if (v_is_arr(v))
            out->flags = 0;
        flatten(ev, out, v);
    }
    return v_arr(out);
}

static void descend(struct ev *ev, struct arr *out, struct value v)
{
    jn_guard(ev);
    if (v_is_arr(v)) {
        for (size_t i = 0, len = v_len(v); i < len; i++)
            descend(ev, out, v_at(v, i));
        return;
    }
    arr_push(ev, out, v);
    if (v_is_obj(v))
        for (size_t i = 0, len = v_members(v); i < len; i++)
            descend(ev, out, jn_member(v, i, NULL));
}

static struct value eval_descendants(struct ev *ev, struct value input)
{
    if (!input.tag)
        return input;
    struct arr *out = arr_new(ev, 16, A_SEQ);
    descend(ev, out, input);
    return out->len == 1 ? out->items[0] : v_arr(out);
}

/* ---- functions ---- */

static struct value eval_closure(struct ev *ev, const struct node *n, struct value input,
                                 struct frame *env)
{
    struct func *f = n->kind == N_LAMBDA ? jn_new_func(ev, F_LAMBDA, MIN(n->len, 255u))
                                         : jn_new_func(ev, F_TRANSFORM, 1);
    f->closure.node = n;
    f->closure.env = env;
    f->closure.input = input;
    return (struct value){.tag = V_FUNC, .func = f};
}

static struct value eval_apply(struct ev *ev, const struct node *n, struct value input,
                               struct frame *env)
{
    struct value left = jn_eval(ev, n->a, input, env);
    if (n->b->kind == N_CALL)
        return jn_call_node(ev, n->b, input, env, &left);
    struct value right = jn_eval(ev, n->b, input, env);
    if (right.tag != V_FUNC)
        jn_throw_at(ev, n, T2006, .value = right);
    if (left.tag == V_FUNC) {
        struct func *f = jn_new_func(ev, F_COMPOSED, 1);
        f->composed.first = left.func;
        f->composed.second = right.func;
        return (struct value){.tag = V_FUNC, .func = f};
    }
    return jn_apply(ev, right.func, &left, 1, (struct value){.tag = V_NULL});
}

/* ---- the switch ---- */

static struct value eval_kind(struct ev *ev, const struct node *n, struct value input,
                              struct frame *env)
{
    switch (n->kind) {
    case N_PATH:
        return jn_eval_path(ev, n, input, env);
    case N_STRING:
    case N_NUMBER:
    case N_VALUE:
        return n->value;
    case N_NAME:
        return jn_lookup(ev, input, n->value.str, n->value.len);
    case N_VARIABLE:
    case N_PARENT:
        return eval_variable(ev, n, input, env);
    case N_BINARY:
        return eval_binary(ev, n, input, env);
    case N_NEGATE:
        return eval_negate(ev, n, input, env);
    case N_ARRAY:
        return eval_array(ev, n, input, env);
    case N_OBJECT:
        return jn_eval_object(ev, n, input, env);
    case N_CALL:
        if (n->thunk) {
            ev->thunk.node = n;
            ev->thunk.input = input;
            ev->thunk.env = env;
            return (struct value){.tag = V_THUNK};
        }
        return jn_call_node(ev, n, input, env, NULL);
    case N_CONDITION:
        if (jn_truth(ev, jn_eval(ev, n->a, input, env)))
            return jn_eval(ev, n->b, input, env);
        return n->c ? jn_eval(ev, n->c, input, env) : UNDEF;
    case N_BLOCK:
        return eval_block(ev, n, input, env);
    case N_BIND: {
        struct value v = jn_eval(ev, n->b, input, env);
        env->slot[n->frame] = v;
        return v;
    }
    case N_LAMBDA:
    case N_TRANSFORM:
        return eval_closure(ev, n, input, env);
    case N_PARTIAL:
        return jn_eval_partial(ev, n, input, env);
    case N_APPLY:
        return eval_apply(ev, n, input, env);
    case N_REGEX:
        return jn_regex_func(ev, n);
    case N_WILDCARD:
        return eval_wildcard(ev, input);
    case N_DESCENDANT:
        return eval_descendants(ev, input);
    default:
        CHECK(!"a node the evaluator does not know");
        return UNDEF;
    }
}

struct value jn_eval(struct ev *ev, const struct node *n, struct value input, struct frame *env)
{
    if (__builtin_expect(++ev->depth > ev->depth_max, 0) ||
        __builtin_expect((const char *)__builtin_frame_address(0) < ev->stack_floor, 0))
        jn_stack_overflow(ev);
    if (__builtin_expect(--ev->fuel < 0, 0))
        jn_refuel(ev);
    struct value v = eval_kind(ev, n, input, env);
    if (__builtin_expect(!n->plain, 0)) {
        for (const struct stage *s = n->predicates; s; s = s->next)
            v = jn_filter(ev, s->filter, v, env);
        if (n->group && n->kind != N_PATH)
            v = jn_group(ev, n->group, v, env);
    }
    if (__builtin_expect(n->keep_array, 0) && v.tag && !v_is_arr(v) && !n->group &&
        (n->predicates || n->kind == N_PATH)) {
        /* x[][0]: a filter or path gives a sequence in the reference, which [] keeps as one; but a
         * group gives an object. */
        struct arr *one = arr_new(ev, 1, A_SEQ | A_KEEP);
        arr_push(ev, one, v);
        v = v_arr(one);
    }
    if (v.tag == V_ARR && (v.arr->flags & (A_SEQ | A_TUPLE)) == A_SEQ) {
        if (n->keep_array && !(v.arr->flags & A_KEEP))
            v = arr_with_flags(ev, v, v.arr->flags | A_KEEP);
        v = jn_unwrap(v);
    }
    ev->depth--;
    return v;
}
