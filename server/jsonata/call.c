/* Calling: built-ins, closures, partial application, tail calls. */
#include <math.h>
#include <string.h>

#include "jsonata/eval.h"
#include "jsonata/regex.h"
#include "jsonata/signature.h"

enum { ARGS_INLINE = 4 };

/* ---- frames ---- */

struct frame *frame_new(struct ev *ev, struct frame *parent, uint32_t len)
{
    struct frame *f = len <= FRAME_KEPT ? ev->spare[len] : NULL;
    if (f)
        ev->spare[len] = f->parent;
    else
        f = jn_alloc(ev, sizeof(*f) + len * sizeof(f->slot[0]));
    f->parent = parent;
    f->len = len;
    for (uint32_t i = 0; i < len; i++)
        f->slot[i].tag = V_UNSET;
    return f;
}

void frame_free(struct ev *ev, struct frame *f)
{
    if (f->len <= FRAME_KEPT) {
        f->parent = ev->spare[f->len];
        ev->spare[f->len] = f;
    }
}

/* ---- one call ---- */

static struct value call_builtin(struct ev *ev, const struct builtin *b, const struct value *args,
                                 size_t nargs, struct value context)
{
    struct value padded[JN_PARAMS_MAX];
    args = signature_check(ev, b->params, b->nparams, args, nargs, context, &nargs);
    if (nargs < JN_PARAMS_MAX) {
        for (size_t i = 0; i < JN_PARAMS_MAX; i++)
            padded[i] = i < nargs ? args[i] : UNDEF;
        args = padded;
    }
    return b->fn(ev, args, nargs);
}

/* Runs the body; *ret_frame is the frame it ran in, which may be used again once a tail call that it
 * ended with has its arguments. */
static struct value call_lambda(struct ev *ev, const struct func *f, const struct value *args,
                                size_t nargs, struct value context, struct frame **ret_frame)
{
    const struct node *n = f->closure.node;
    struct frame *env = f->closure.env;
    if (n->signature)
        args = signature_check(ev, n->signature->params, n->signature->len, args, nargs, context,
                               &nargs);
    *ret_frame = NULL;
    if (n->frame) {
        env = frame_new(ev, env, n->frame);
        for (uint32_t i = 0; i < n->len; i++)
            env->slot[n->list[i]->var.global] = i < nargs ? args[i] : UNDEF;
        if (!n->captures)
            *ret_frame = env;
    }
    return jn_eval(ev, n->a, f->closure.input, env);
}

static struct value call_partial(struct ev *ev, const struct func *f, const struct value *args,
                                 size_t nargs)
{
    struct value inlined[ARGS_INLINE], *all = inlined;
    if (f->partial.len > ARGS_INLINE)
        all = jn_alloc(ev, f->partial.len * sizeof(*all));
    size_t next = 0;
    for (uint32_t i = 0; i < f->partial.len; i++) {
        all[i] = f->partial.args[i];
        if (all[i].tag == V_UNSET)
            all[i] = next < nargs ? args[next++] : UNDEF;
    }
    jn_guard(ev);
    return jn_apply(ev, f->partial.func, all, f->partial.len, (struct value){.tag = V_NULL});
}

/* A lambda may answer V_THUNK. */
static struct value call_once(struct ev *ev, struct func *f, const struct value *args, size_t nargs,
                              struct value context, struct frame **ret_frame)
{
    struct value first = nargs ? args[0] : UNDEF;
    *ret_frame = NULL;
    switch (f->kind) {
    case F_BUILTIN:
        return call_builtin(ev, f->builtin, args, nargs, context);
    case F_LAMBDA:
        return call_lambda(ev, f, args, nargs, context, ret_frame);
    case F_PARTIAL:
        return call_partial(ev, f, args, nargs);
    case F_REGEX: {
        double from = nargs > 1 && v_is_num(args[1]) ? v_double(args[1]) : 0;
        return jn_regex_match(ev, f, first, from > 0 ? (size_t)MIN(from, 1e9) : 0, false);
    }
    case F_NEXT:
        return jn_regex_match(ev, f, f->regex.subject, f->regex.from, true);
    case F_COMPOSED:
        jn_guard(ev);
        first = jn_apply(ev, f->composed.first, &first, 1, (struct value){.tag = V_NULL});
        first = jn_unwrap(first);
        return jn_apply(ev, f->composed.second, &first, 1, (struct value){.tag = V_NULL});
    default: {
        static const struct sig_param params[] = {{SIG_O | SIG_A | SIG_M, 0, 0, 0}};
        args = signature_check(ev, params, 1, args, nargs, context, &nargs);
        return jn_transform(ev, f, nargs ? args[0] : UNDEF);
    }
    }
}

/* ---- arguments ---- */

/* A function that was handed over is a function of the host's to the reference, and so nothing as a
 * condition; any other is an object. */
static struct value handed_over(struct ev *ev, struct value v)
{
    if (v.tag != V_FUNC || v.func->handed_over)
        return v;
    struct func *f = jn_alloc(ev, sizeof(*f));
    *f = *v.func;
    f->handed_over = true;
    return (struct value){.tag = V_FUNC, .func = f};
}

/* Evaluates a call's arguments, `first` before them when given. */
static struct value *eval_args(struct ev *ev, const struct node *n, struct value input,
                               struct frame *env, const struct value *first,
                               struct value inlined[ARGS_INLINE], size_t *ret_len)
{
    size_t extra = first ? 1 : 0, len = n->len + extra;
    struct value *args = len <= ARGS_INLINE ? inlined : jn_alloc(ev, len * sizeof(*args));
    if (first)
        args[0] = *first;
    for (uint32_t i = 0; i < n->len; i++)
        args[i + extra] = jn_eval(ev, n->list[i], input, env);
    for (uint32_t i = 0; !n->thunk && i < n->len; i++)
        args[i + extra] = handed_over(ev, args[i + extra]);
    *ret_len = len;
    return args;
}

/* Frames of the finished call from the innermost block out to the function's own, `last`. */
static void free_frames(struct ev *ev, struct frame *inner, struct frame *last)
{
    while (last) {
        struct frame *next = inner->parent;
        bool done = inner == last;
        frame_free(ev, inner);
        if (done)
            return;
        inner = next;
    }
}

/* The tail call left in ev->thunk, and those it ends in: the loop that keeps the stack flat. */
static struct value run_thunks(struct ev *ev, struct frame *frame, struct value context)
{
    struct value inlined[ARGS_INLINE], v;
    const struct node *caller = ev->caller;
    do {
        const struct node *n = ev->thunk.node;
        struct value input = ev->thunk.input;
        struct frame *env = ev->thunk.env;
        struct value f = jn_eval(ev, n->a, input, env);
        size_t nargs;
        struct value *args = eval_args(ev, n, input, env, NULL, inlined, &nargs);
        ev->caller = n;
        if (f.tag != V_FUNC)
            jn_throw(ev, T1006, 0);
        free_frames(ev, env, frame);
        v = call_once(ev, f.func, args, nargs, context, &frame);
    } while (v.tag == V_THUNK);
    ev->caller = caller;
    if (frame)
        frame_free(ev, frame);
    return v;
}

struct value jn_apply(struct ev *ev, struct func *f, const struct value *args, size_t nargs,
                      struct value context)
{
    struct frame *frame;
    struct value v = call_once(ev, f, args, nargs, context, &frame);
    if (v.tag == V_THUNK)
        return run_thunks(ev, frame, context);
    if (frame)
        frame_free(ev, frame);
    return v;
}

struct value jn_apply_hof(struct ev *ev, struct func *f, const struct value *args, size_t n)
{
    size_t take = f->arity < 1 ? 1 : MIN((size_t)f->arity, n);
    jn_charge(ev, 1);
    return jn_apply(ev, f, args, take, (struct value){.tag = V_NULL});
}

/* ---- nodes ---- */

/* As JavaScript sees it: arrays and objects are, whatever is in them. */
static bool is_truthy(struct value v)
{
    if (v_is_num(v))
        return v_double(v) != 0 && !isnan(v_double(v));
    if (v.tag == V_STR)
        return v.len > 0;
    return v.tag == V_BOOL ? v.yes : v.tag != V_UNDEF && v.tag != V_NULL;
}

/* True when a variable or function of the called field's name exists: someone forgot the $. */
static bool forgot_dollar(struct ev *ev, const struct node *n, struct frame *env)
{
    struct value name = jn_called_name(n);
    if (n->a->kind != N_PATH || name.tag != V_STR)
        return false;
    struct value bound = jn_find_variable(ev, n, env);
    if (bound.tag != V_UNDEF)
        return is_truthy(bound);
    for (size_t i = 0; i < ev->call->variables_len; i++)
        if (ev->call->variables[i].len == name.len &&
            memcmp(ev->call->variables[i].name, name.str, name.len) == 0)
            return true;
    if (ev->call->lookup && ev->call->lookup(ev->call->arg, name.str, name.len))
        return true;
    return builtin_find(name.str, name.len) != NULL;
}

static void not_a_function(struct ev *ev, const struct node *n, struct value f, struct frame *env)
{
    bool partial = n->kind == N_PARTIAL;
    enum jn_code code = partial ? JN_T1008 : JN_T1006;
    if (!f.tag && forgot_dollar(ev, n, env))
        code = partial ? JN_T1007 : JN_T1005;
    jn_raise(ev, &(struct fault){.code = code,
                                 .placed = true,
                                 .position = n->position,
                                 .has_token = true,
                                 .token = jn_called_name(n)});
}

struct value jn_call_node(struct ev *ev, const struct node *n, struct value input,
                          struct frame *env, const struct value *first)
{
    struct value inlined[ARGS_INLINE];
    struct value f = jn_eval(ev, n->a, input, env);
    if (!f.tag && forgot_dollar(ev, n, env))
        not_a_function(ev, n, f, env);
    size_t nargs;
    struct value *args = eval_args(ev, n, input, env, first, inlined, &nargs);
    if (f.tag != V_FUNC)
        not_a_function(ev, n, f, env);
    const struct node *caller = ev->caller;
    ev->caller = n;
    struct value v = jn_apply(ev, f.func, args, nargs, input);
    ev->caller = caller;
    return v;
}

/* How many arguments a function has a place for; a partial application ignores further ones. */
static uint32_t places_of(const struct func *f)
{
    if (f->kind == F_LAMBDA)
        return f->arity;
    if (f->kind != F_BUILTIN)
        return UINT32_MAX;
    const struct builtin *b = f->builtin;
    bool more = b->nparams && (b->params[b->nparams - 1].flags & SIG_MORE);
    return more ? UINT32_MAX : b->nparams;
}

struct value jn_eval_partial(struct ev *ev, const struct node *n, struct value input,
                             struct frame *env)
{
    struct value *args = jn_alloc(ev, n->len * sizeof(*args));
    for (uint32_t i = 0; i < n->len; i++) {
        if (n->list[i]->kind == N_OPERATOR)
            args[i] = (struct value){.tag = V_UNSET};
        else
            args[i] = jn_eval(ev, n->list[i], input, env);
    }
    struct value f = jn_eval(ev, n->a, input, env);
    if (f.tag != V_FUNC)
        not_a_function(ev, n, f, env);
    uint32_t len = MIN(n->len, places_of(f.func));
    unsigned holes = 0;
    for (uint32_t i = 0; i < len; i++)
        holes += args[i].tag == V_UNSET;
    struct func *p = jn_new_func(ev, F_PARTIAL, (uint8_t)MIN(holes, 255u));
    p->partial.func = f.func;
    p->partial.args = args;
    p->partial.len = len;
    return (struct value){.tag = V_FUNC, .func = p};
}

/* How errors are reported when they do not say where: at the innermost call. */
void jn_raise(struct ev *ev, const struct fault *f)
{
    ev->t.fault = *f;
    struct fault *fault = &ev->t.fault;
    if (ev->caller) {
        const struct node *n = ev->caller;
        /* A tail call is known by its function's name, any other by its parenthesis. */
        if (!fault->placed)
            fault->position = n->thunk ? n->a->position : n->position;
        if (!fault->has_token)
            fault->token = n->kind == N_CALL ? jn_called_name(n) : n->value;
        fault->placed = fault->has_token = true;
    }
    if (ev->overrider) {
        fault->placed = fault->has_token = true;
        fault->position = ev->overrider->position;
        fault->token = ev->overrider->value;
    }
    jn_jump(&ev->t);
}
