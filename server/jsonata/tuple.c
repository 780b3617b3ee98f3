/* Joins: the steps of a path that bind @, # or % work on rows.
 *
 * A row (struct tuple) is the current value and a frame with every name the path binds; a step makes
 * new rows, each a copy of the one it came from with one more name set. */
#include <string.h>

#include "jsonata/eval.h"

static struct tuple *tuple_new(struct ev *ev, const struct node *path, struct frame *env,
                               const struct tuple *from)
{
    uint32_t len = path->tuple_names->len;
    size_t slots = len * sizeof(struct value);
    struct tuple *t = jn_alloc(ev, sizeof(*t) + slots);
    t->at = from ? from->at : UNDEF;
    t->frame.parent = env;
    t->frame.len = len;
    if (from)
        memcpy(t->frame.slot, from->frame.slot, slots);
    else
        for (uint32_t i = 0; i < len; i++)
            t->frame.slot[i].tag = V_UNSET;
    jn_charge(ev, 1);
    return t;
}

static struct value v_tuple(struct tuple *t)
{
    return (struct value){.tag = V_TUPLE, .tuple = t};
}

static struct arr *first_rows(struct ev *ev, const struct node *path, struct value input,
                              struct frame *env)
{
    size_t n = v_len(input);
    struct arr *rows = arr_new(ev, n, A_SEQ | A_TUPLE);
    for (size_t i = 0; i < n; i++) {
        struct tuple *t = tuple_new(ev, path, env, NULL);
        t->at = v_at(input, i);
        arr_push(ev, rows, v_tuple(t));
    }
    return rows;
}

/* Names that a nested path has bound become names of this one. */
static void merge_names(struct tuple *to, const struct tuple_names *names,
                        const struct tuple *inner, const struct tuple_names *inner_names)
{
    to->at = inner->at;
    for (uint32_t i = 0; i < inner->frame.len; i++) {
        if (inner->frame.slot[i].tag == V_UNSET)
            continue;
        for (uint32_t k = 0; k < names->len; k++)
            if (v_same_str(names->names[k], inner_names->names[i]))
                to->frame.slot[k] = inner->frame.slot[i];
    }
}

/* The path of tuples a step hands its rows up from. */
static const struct tuple_names *names_of(const struct node *step)
{
    while (step->kind == N_BLOCK && step->len > 0)
        step = step->list[step->len - 1];
    return step->tuple_names;
}

static void add_row(struct ev *ev, const struct node *path, const struct node *step,
                    struct frame *env, const struct tuple *from, struct value v, size_t position,
                    struct arr *out)
{
    struct tuple *t = tuple_new(ev, path, env, from);
    if (v.tag == V_TUPLE) {
        merge_names(t, path->tuple_names, v.tuple, names_of(step));
    } else {
        if (step->focus_slot >= 0)
            t->frame.slot[step->focus_slot] = v;
        else
            t->at = v;
        if (step->index_slot >= 0)
            t->frame.slot[step->index_slot] = v_num((double)position);
        if (step->ancestor_slot >= 0)
            t->frame.slot[step->ancestor_slot] = from->at;
    }
    arr_push(ev, out, v_tuple(t));
}

static struct arr *filter_rows(struct ev *ev, const struct node *filter, struct arr *rows)
{
    struct arr *out = arr_new(ev, 0, A_SEQ | A_TUPLE);
    if (filter->kind == N_NUMBER) {
        struct value found = jn_filter(ev, filter, v_arr(rows), NULL);
        if (found.tag == V_TUPLE)
            arr_push(ev, out, found);
        return out;
    }
    /* A predicate that selects by number counts the rows. */
    for (uint32_t i = 0; i < rows->len; i++) {
        struct tuple *t = rows->items[i].tuple;
        struct value result = jn_eval(ev, filter, t->at, &t->frame);
        unsigned count = jn_selects(ev, result, i, rows->len);
        while (count-- > 0)
            arr_push(ev, out, rows->items[i]);
    }
    return out;
}

static struct arr *run_stages(struct ev *ev, const struct node *path, const struct node *step,
                              struct frame *env, struct arr *rows)
{
    for (const struct stage *s = step->stages; s; s = s->next) {
        if (s->filter) {
            rows = filter_rows(ev, s->filter, rows);
            continue;
        }
        struct arr *out = arr_new(ev, rows->len, A_SEQ | A_TUPLE);
        for (uint32_t i = 0; i < rows->len; i++) {
            struct tuple *t = tuple_new(ev, path, env, rows->items[i].tuple);
            t->frame.slot[s->slot] = v_num(i);
            arr_push(ev, out, v_tuple(t));
        }
        rows = out;
    }
    return rows;
}

static struct arr *sort_rows(struct ev *ev, const struct node *path, const struct node *step,
                             struct frame *env, struct arr *rows)
{
    struct value sorted = jn_sort_step(ev, step, v_arr(rows), env);
    struct arr *out = arr_new(ev, rows->len, A_SEQ | A_TUPLE);
    for (uint32_t i = 0; i < rows->len; i++) {
        struct tuple *t = sorted.arr->items[i].tuple;
        if (step->index_slot >= 0) {
            t = tuple_new(ev, path, env, t);
            t->frame.slot[step->index_slot] = v_num(i);
        }
        arr_push(ev, out, v_tuple(t));
    }
    return out;
}

static struct arr *run_step(struct ev *ev, const struct node *path, const struct node *step,
                            struct frame *env, struct arr *rows)
{
    if (step->kind == N_SORT)
        return run_stages(ev, path, step, env, sort_rows(ev, path, step, env, rows));
    struct arr *out = arr_new(ev, rows->len, A_SEQ | A_TUPLE);
    for (uint32_t i = 0; i < rows->len; i++) {
        struct tuple *from = rows->items[i].tuple;
        struct value v = jn_eval(ev, step, from->at, &from->frame);
        if (!v.tag)
            continue;
        if (!v_is_arr(v)) {
            add_row(ev, path, step, env, from, v, 0, out);
            continue;
        }
        for (size_t k = 0, n = v_len(v); k < n; k++)
            add_row(ev, path, step, env, from, v_at(v, k), k, out);
    }
    return run_stages(ev, path, step, env, out);
}

struct value jn_eval_tuples(struct ev *ev, const struct node *path, uint32_t at, struct value input,
                            struct frame *env)
{
    struct arr *rows = first_rows(ev, path, input, env);
    for (uint32_t i = at; i < path->len; i++)
        rows = run_step(ev, path, path->list[i], env, rows);
    if (path->group)
        return jn_group(ev, path->group, v_arr(rows), env);
    if (path->tuple)
        return v_arr(rows);
    struct arr *out = arr_new(ev, rows->len, A_SEQ | (path->keep_singleton ? A_KEEP : 0));
    for (uint32_t i = 0; i < rows->len; i++)
        arr_push(ev, out, rows->items[i].tuple->at);
    return v_arr(out);
}
