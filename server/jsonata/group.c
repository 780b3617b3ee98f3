/* Objects: the constructor, and group-by, which is the constructor over many members. */
#include <string.h>

#include "jsonata/eval.h"

/* What is gathered under one key. */
struct group {
    uint32_t pair;      /* which key/value pair made it */
    uint32_t rows;      /* members gathered */
    struct value data;  /* the member, or an array of them */
    struct arr *tuples; /* instead, when grouping rows of a join */
};

/* Groups by key, in order of first appearance: an object whose values are numbers of groups. */
struct grouping {
    struct obj *keys;
    struct group *groups;
    uint32_t len, cap;
};

static struct value eval_key(struct ev *ev, const struct node *pairs, uint32_t i,
                             struct value context, struct frame *env)
{
    struct value v = jn_eval(ev, pairs->list[i], context, env);
    if (v.tag != V_STR && v.tag)
        jn_throw(ev, T1003, .value = v, .placed = true, .position = pairs->position);
    return v;
}

static struct group *find_group(struct ev *ev, struct grouping *g, struct value key, uint32_t pair,
                                const struct node *pairs)
{
    struct value *found = obj_find(g->keys, key.str, key.len);
    if (found) {
        struct group *group = &g->groups[(size_t)found->num];
        if (group->pair != pair)
            jn_throw(ev, D1009, .value = key, .placed = true, .position = pairs->position);
        return group;
    }
    if (g->len == g->cap) {
        uint32_t cap = g->cap ? g->cap * 2 : 8;
        struct group *groups = jn_alloc(ev, cap * sizeof(*groups));
        if (g->len)
            memcpy(groups, g->groups, g->len * sizeof(*groups));
        g->groups = groups;
        g->cap = cap;
    }
    obj_set(ev, g->keys, key.str, key.len, v_num(g->len));
    g->groups[g->len] = (struct group){.pair = pair};
    return &g->groups[g->len++];
}

static void add_member(struct ev *ev, struct group *group, struct value item)
{
    group->rows++;
    if (item.tag == V_TUPLE) {
        if (!group->tuples)
            group->tuples = arr_new(ev, 4, 0);
        arr_push(ev, group->tuples, item);
        return;
    }
    if (group->rows == 1) {
        group->data = item;
        return;
    }
    if (group->rows == 2) {
        struct value all = group->data;
        struct arr *a = arr_new(ev, 4, 0);
        if (v_is_arr(all))
            arr_push_all(ev, a, all);
        else if (all.tag)
            arr_push(ev, a, all);
        group->data = v_arr(a);
    }
    if (v_is_arr(item))
        arr_push_all(ev, group->data.arr, item);
    else if (item.tag)
        arr_push(ev, group->data.arr, item);
}

/* The rows of one group as a single row: every name holds all its values. */
static struct tuple *reduce_rows(struct ev *ev, const struct arr *rows)
{
    struct tuple *first = rows->items[0].tuple;
    if (rows->len == 1)
        return first;
    uint32_t len = first->frame.len;
    struct tuple *t = jn_alloc(ev, sizeof(*t) + len * sizeof(struct value));
    memcpy(t, first, sizeof(*t) + len * sizeof(struct value));
    for (uint32_t i = 0; i <= len; i++) {
        struct value *to = i < len ? &t->frame.slot[i] : &t->at;
        struct value all = to->tag == V_UNSET ? UNDEF : *to;
        bool set = to->tag != V_UNSET;
        for (uint32_t k = 1; k < rows->len; k++) {
            const struct tuple *row = rows->items[k].tuple;
            struct value next = i < len ? row->frame.slot[i] : row->at;
            if (next.tag == V_UNSET)
                continue;
            set = true;
            all = jn_append(ev, all, next);
        }
        if (set)
            *to = all;
    }
    return t;
}

static void gather(struct ev *ev, const struct node *pairs, struct value item, struct frame *env,
                   struct grouping *g)
{
    struct value context = item;
    if (item.tag == V_TUPLE) {
        env = &item.tuple->frame;
        context = item.tuple->at;
    }
    for (uint32_t i = 0; i < pairs->len; i += 2) {
        struct value key = eval_key(ev, pairs, i, context, env);
        if (key.tag)
            add_member(ev, find_group(ev, g, key, i, pairs), item);
    }
}

struct value jn_group(struct ev *ev, const struct node *pairs, struct value input,
                      struct frame *env)
{
    struct grouping g = {.keys = obj_new(ev, 4)};
    if (!v_is_arr(input)) {
        gather(ev, pairs, input, env, &g);
    } else {
        size_t n = v_len(input);
        for (size_t i = 0; i < n; i++)
            gather(ev, pairs, v_at(input, i), env, &g);
        /* No member counts as one that is undefined, so that a literal object can be made. */
        if (n == 0 && !(input.tag == V_ARR && (input.arr->flags & A_TUPLE)))
            gather(ev, pairs, UNDEF, env, &g);
    }
    struct obj *out = obj_new(ev, g.len);
    for (uint32_t i = 0; i < g.len; i++) {
        struct group *group = &g.groups[i];
        struct value context = group->data;
        struct frame *own = env;
        if (group->tuples) {
            struct tuple *t = reduce_rows(ev, group->tuples);
            context = t->at;
            own = &t->frame;
        }
        struct value v = jn_eval(ev, pairs->list[group->pair + 1], context, own);
        if (v.tag)
            obj_set(ev, out, g.keys->members[i].key, g.keys->members[i].key_len, v);
    }
    return v_obj(out);
}

struct value jn_eval_object(struct ev *ev, const struct node *n, struct value input,
                            struct frame *env)
{
    if (!n->literal_keys || v_is_arr(input))
        return jn_group(ev, n, input, env);
    /* Keys that are different literals need no grouping. */
    struct obj *out = obj_new(ev, n->len / 2);
    for (uint32_t i = 0; i < n->len; i += 2) {
        struct value key = n->list[i]->value;
        struct value v = jn_eval(ev, n->list[i + 1], input, env);
        if (v.tag)
            obj_set(ev, out, key.str, key.len, v);
    }
    return v_obj(out);
}
