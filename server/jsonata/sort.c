/* Stable merge sort, and the order-by step. */
#include <math.h>
#include <string.h>

#include "jsonata/eval.h"

struct sorter {
    struct ev *ev;
    bool (*swap)(void *arg, const struct value *left, const struct value *right);
    void *arg;
    struct value *spare;
};

/* Halves as the reference does, so that an inconsistent comparator gives the same order. */
static void merge_sort(struct sorter *s, struct value *v, size_t n)
{
    if (n <= 1)
        return;
    size_t middle = n / 2;
    merge_sort(s, v, middle);
    merge_sort(s, v + middle, n - middle);
    memcpy(s->spare, v, middle * sizeof(*v));
    size_t left = 0, right = middle, at = 0;
    jn_charge(s->ev, n);
    while (left < middle && right < n) {
        if (s->swap(s->arg, &s->spare[left], &v[right]))
            v[at++] = v[right++];
        else
            v[at++] = s->spare[left++];
    }
    memcpy(v + at, s->spare + left, (middle - left) * sizeof(*v));
}

void jn_merge_sort(struct ev *ev, struct value *v, size_t n,
                   bool (*swap)(void *arg, const struct value *left, const struct value *right),
                   void *arg)
{
    if (n <= 1)
        return;
    struct sorter s = {ev, swap, arg, jn_alloc(ev, n * sizeof(*v))};
    merge_sort(&s, v, n);
}

/* ---- order-by ---- */

/* What is sorted are positions (as numbers); each member's terms are evaluated once, the further ones
 * only when the earlier ones tie. */
struct order {
    struct ev *ev;
    const struct node *sort;
    const struct value *members;
    struct frame *env;
    struct value *keys; /* members * terms; V_UNSET: not evaluated yet */
};

static struct value order_key(struct order *o, size_t member, uint32_t term)
{
    struct value *key = &o->keys[member * o->sort->len + term];
    if (key->tag == V_UNSET) {
        struct value context = o->members[member];
        struct frame *env = o->env;
        if (context.tag == V_TUPLE) {
            env = &context.tuple->frame;
            context = context.tuple->at;
        }
        *key = jn_eval(o->ev, o->sort->list[term], context, env);
    }
    return *key;
}

static int compare_keys(struct order *o, struct value a, struct value b)
{
    bool a_fits = a.tag == V_STR || v_is_num(a), b_fits = b.tag == V_STR || v_is_num(b);
    if (!a_fits || !b_fits)
        jn_throw_at(o->ev, o->sort, T2008, .value = a_fits ? b : a);
    if ((a.tag == V_STR) != (b.tag == V_STR))
        jn_throw_at(o->ev, o->sort, T2007, .value = a, .value2 = b);
    if (a.tag == V_STR)
        return text_compare(a.str, a.len, b.str, b.len);
    double x = v_double(a), y = v_double(b);
    return x == y ? 0 : x < y ? -1 : 1;
}

static bool order_swap(void *arg, const struct value *left, const struct value *right)
{
    struct order *o = arg;
    for (uint32_t i = 0; i < o->sort->len; i++) {
        struct value a = order_key(o, (size_t)left->num, i);
        struct value b = order_key(o, (size_t)right->num, i);
        if (!a.tag && !b.tag)
            continue;
        if (!a.tag || !b.tag)
            return !a.tag; /* nothing comes last, whatever the direction */
        int order = compare_keys(o, a, b);
        if (order)
            return (order > 0) != (o->sort->descending >> i & 1);
    }
    return false;
}

struct value jn_sort_step(struct ev *ev, const struct node *sort, struct value list,
                          struct frame *env)
{
    size_t n = v_len(list), terms = sort->len;
    if (n <= 1)
        return list;
    if (n * terms > ev->heap.limit / sizeof(struct value))
        jn_heap_overflow(&ev->heap);
    struct order o = {.ev = ev, .sort = sort, .env = env, .members = jn_items(ev, list)};
    o.keys = jn_alloc(ev, n * terms * sizeof(*o.keys));
    for (size_t i = 0; i < n * terms; i++)
        o.keys[i].tag = V_UNSET;
    struct value *positions = jn_alloc(ev, n * sizeof(*positions));
    for (size_t i = 0; i < n; i++)
        positions[i] = v_num((double)i);
    jn_merge_sort(ev, positions, n, order_swap, &o);
    struct arr *out = arr_new(ev, n, 0);
    for (size_t i = 0; i < n; i++)
        arr_push(ev, out, o.members[(size_t)positions[i].num]);
    return v_arr(out);
}
