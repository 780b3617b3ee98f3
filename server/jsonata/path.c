/* Paths: each step runs over the members of what the one before it yielded.
 *
 * Between two steps there is a sequence.  Most of the time it has one member, so it is kept as that
 * value (`list` false); else it is any array value, whether a sequence, a plain array or an array of
 * the caller, and `seq` says whether it counts as a sequence. */
#include <math.h>

#include "jsonata/eval.h"

struct state {
    bool list, seq;
    struct value v;
};

/* ---- filters ---- */

/* How many times the value of a predicate selects member i of n: once if it is true, or once for
 * every number that is this position. */
unsigned jn_selects(struct ev *ev, struct value result, size_t i, size_t n)
{
    if (jn_numeric(ev, result)) {
        double at = floor(v_double(result));
        return (at < 0 ? at + (double)n : at) == (double)i;
    }
    if (!v_is_arr(result) || !jn_all_numbers(ev, result))
        return jn_truth(ev, result);
    unsigned count = 0;
    for (size_t k = 0, len = v_len(result); k < len; k++) {
        double at = floor(v_double(v_at(result, k)));
        count += (at < 0 ? at + (double)n : at) == (double)i;
    }
    return count;
}

static struct value filter_index(struct ev *ev, double index, struct value input)
{
    size_t n = v_is_arr(input) ? v_len(input) : 1;
    double at = floor(index);
    if (at < 0)
        at += (double)n;
    if (at >= 0 && at < (double)n) {
        struct value item = v_is_arr(input) ? v_at(input, (size_t)at) : input;
        if (item.tag)
            return item;
    }
    return v_arr(arr_new(ev, 0, A_SEQ));
}

/* A selected member that is the only one may come back bare instead of in a sequence. */
struct value jn_filter(struct ev *ev, const struct node *filter, struct value input,
                       struct frame *env)
{
    if (filter->kind == N_NUMBER)
        return filter_index(ev, filter->value.num, input);
    if (!v_is_arr(input)) {
        unsigned count = jn_selects(ev, jn_eval(ev, filter, input, env), 0, 1);
        if (count == 1)
            return input;
        struct arr *out = arr_new(ev, count, A_SEQ);
        while (count-- > 0)
            arr_push(ev, out, input);
        return v_arr(out);
    }
    size_t n = v_len(input);
    struct arr *out = arr_new(ev, 0, A_SEQ);
    for (size_t i = 0; i < n; i++) {
        struct value item = v_at(input, i);
        unsigned count = jn_selects(ev, jn_eval(ev, filter, item, env), i, n);
        while (count-- > 0)
            arr_push(ev, out, item);
    }
    return v_arr(out);
}

/* ---- one step ---- */

/* The step on one member, its stages applied; not unwrapped after a stage. */
static struct value run_step(struct ev *ev, const struct node *step, struct value input,
                             struct frame *env)
{
    struct value v;
    if (step->kind == N_NAME && step->plain && v_is_obj(input)) {
        if (--ev->fuel < 0)
            jn_refuel(ev);
        if (ev->depth + 1 > ev->depth_max)
            jn_stack_overflow(ev);
        v = jn_get(input, step->value.str, step->value.len);
    } else {
        v = jn_eval(ev, step, input, env);
    }
    for (const struct stage *s = step->stages; s; s = s->next)
        v = jn_filter(ev, s->filter, v, env);
    return v;
}

/* What follows from a step that gave exactly one result. */
static struct state single_result(struct value v, bool last)
{
    if (!v_is_arr(v))
        return (struct state){.v = v};
    if (last && !v_is_seq(v))
        return (struct state){.list = true, .v = v};
    if (v.tag == V_ARR && (v.arr->flags & A_CONS))
        return (struct state){.v = v};
    size_t n = v_len(v);
    if (n <= 1)
        return (struct state){.v = n ? v_at(v, 0) : UNDEF};
    return (struct state){.list = true, .seq = true, .v = v};
}

static void open_into(struct ev *ev, struct arr *out, struct value v)
{
    if (v_is_arr(v) && !(v.tag == V_ARR && (v.arr->flags & A_CONS)))
        arr_push_all(ev, out, v);
    else
        arr_push(ev, out, v);
}

static struct state step_over_list(struct ev *ev, const struct node *step, struct value list,
                                   struct frame *env, bool last)
{
    size_t n = v_len(list), found = 0;
    struct value first = UNDEF;
    struct arr *out = NULL;
    for (size_t i = 0; i < n; i++) {
        struct value v = run_step(ev, step, v_at(list, i), env);
        if (!v.tag)
            continue;
        if (++found == 1) {
            first = v; /* alone it may stay as it is */
            continue;
        }
        if (!out) {
            out = arr_new(ev, MIN(n, (size_t)64), A_SEQ);
            open_into(ev, out, first);
        }
        open_into(ev, out, v);
    }
    if (found <= 1)
        return single_result(first, last);
    if (out->len <= 1)
        return (struct state){.v = out->len ? out->items[0] : UNDEF};
    return (struct state){.list = true, .seq = true, .v = v_arr(out)};
}

static struct value as_list(struct ev *ev, struct state s)
{
    if (s.list)
        return s.v;
    struct arr *a = arr_new(ev, 1, A_SEQ);
    arr_push(ev, a, s.v);
    return v_arr(a);
}

static struct state run_sort(struct ev *ev, const struct node *step, struct state s,
                             struct frame *env)
{
    if (s.list && v_len(s.v) > 1)
        s = (struct state){.list = true, .v = jn_sort_step(ev, step, s.v, env)};
    if (!step->stages)
        return s;
    struct value v = as_list(ev, s);
    for (const struct stage *stage = step->stages; stage; stage = stage->next)
        v = jn_filter(ev, stage->filter, v, env);
    return v_is_arr(v) ? (struct state){.list = true, .seq = v_is_seq(v), .v = v}
                       : (struct state){.v = v};
}

/* The first step is an array constructor: evaluated once, over the whole input. */
static struct state run_constructor(struct ev *ev, const struct node *step, struct state s,
                                    struct frame *env)
{
    struct value v = jn_eval(ev, step, as_list(ev, s), env);
    /* Its predicates may have left a value that is no list; a path goes no further over that. */
    if (!v_is_arr(v))
        return (struct state){.v = UNDEF};
    return (struct state){.list = true, .seq = v_is_seq(v), .v = v};
}

/* ---- the path ---- */

static struct value finish(struct ev *ev, const struct node *n, struct state s, struct frame *env)
{
    struct value v = s.v;
    unsigned keep = n->keep_singleton ? A_KEEP : 0;
    if (!s.list) {
        if (keep && v.tag)
            v = arr_with_flags(ev, as_list(ev, s), A_SEQ | A_KEEP);
        else if (n->group && v_is_arr(v))
            v = as_list(ev, s);
    } else if (!s.seq) {
        if (keep && v.tag == V_ARR && (v.arr->flags & A_CONS)) {
            struct arr *a = arr_new(ev, 1, A_SEQ | A_KEEP);
            arr_push(ev, a, v);
            v = v_arr(a);
        }
    } else if (v.tag != V_ARR || (v.arr->flags & (A_SEQ | A_KEEP | A_CONS)) != (A_SEQ | keep)) {
        v = arr_with_flags(ev, v, A_SEQ | keep);
    }
    if (!n->group)
        return v;
    /* A join that ended before its first row: the group-by still sees the join's (unset) names. */
    if (n->tuple_names)
        env = frame_new(ev, env, n->tuple_names->len);
    return jn_group(ev, n->group, v, env);
}

struct value jn_eval_path(struct ev *ev, const struct node *n, struct value input,
                          struct frame *env)
{
    struct state s = {.list = v_is_arr(input) && !n->root_variable, .v = input};
    for (uint32_t i = 0; i < n->len; i++) {
        const struct node *step = n->list[i];
        bool last = i + 1 == n->len;
        if (i == 0 && step->consarray)
            s = run_constructor(ev, step, s, env);
        else if (step->tuple)
            return jn_eval_tuples(ev, n, i, as_list(ev, s), env);
        else if (step->kind == N_SORT)
            s = run_sort(ev, step, s, env);
        else if (s.list)
            s = step_over_list(ev, step, s.v, env, last);
        else
            s = single_result(run_step(ev, step, s.v, env), last);
        if (s.list ? v_len(s.v) == 0 : !s.v.tag)
            break;
    }
    return finish(ev, n, s, env);
}
