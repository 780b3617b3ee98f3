#include <math.h>
#include <string.h>

#include "base/ids.h"
#include "jsonata/fn.h"

FN(count)
{
    (void)ev, (void)nargs;
    return v_num(args[0].tag ? (double)v_len(args[0]) : 0);
}

FN(append)
{
    (void)nargs;
    return jn_append(ev, args[0], args[1]);
}

FN(reverse)
{
    (void)nargs;
    if (!args[0].tag || v_len(args[0]) <= 1)
        return args[0];
    size_t n = v_len(args[0]);
    struct arr *out = arr_new(ev, n, 0);
    jn_charge(ev, n);
    for (size_t i = n; i > 0; i--)
        arr_push(ev, out, v_at(args[0], i - 1));
    return v_arr(out);
}

FN(shuffle)
{
    (void)nargs;
    if (!args[0].tag || v_len(args[0]) <= 1)
        return args[0];
    struct arr *out = arr_new(ev, v_len(args[0]), 0);
    arr_push_all(ev, out, args[0]);
    for (uint32_t i = out->len - 1; i > 0; i--) {
        uint32_t k = (uint32_t)(random_u64() % (i + 1));
        struct value v = out->items[i];
        out->items[i] = out->items[k];
        out->items[k] = v;
    }
    return v_arr(out);
}

/* ---- $sort ---- */

struct comparator {
    struct ev *ev;
    struct func *func;
};

/* What JavaScript takes for true, which is not what the language's $boolean does. */
static bool is_truthy(struct value v)
{
    switch (v.tag) {
    case V_UNDEF:
    case V_NULL:
        return false;
    case V_BOOL:
        return v.yes;
    case V_STR:
        return v.len > 0;
    case V_NUM:
    case V_JNUM:
        return v_double(v) != 0 && !isnan(v_double(v));
    default:
        return true;
    }
}

static bool swap_by_function(void *arg, const struct value *left, const struct value *right)
{
    struct comparator *c = arg;
    struct value pair[2] = {*left, *right};
    jn_charge(c->ev, 1);
    return is_truthy(jn_apply(c->ev, c->func, pair, 2, (struct value){.tag = V_NULL}));
}

static bool swap_numbers(void *arg, const struct value *left, const struct value *right)
{
    (void)arg;
    return v_double(*left) > v_double(*right);
}

static bool swap_strings(void *arg, const struct value *left, const struct value *right)
{
    (void)arg;
    return text_compare(left->str, left->len, right->str, right->len) > 0;
}

FN(sort)
{
    (void)nargs;
    struct value array = args[0];
    if (!array.tag || v_len(array) <= 1)
        return array;
    struct comparator c = {.ev = ev};
    bool (*swap)(void *, const struct value *, const struct value *) = swap_numbers;
    if (args[1].tag == V_FUNC) {
        c.func = args[1].func;
        swap = swap_by_function;
    } else if (!jn_all_numbers(ev, array)) {
        if (!jn_all_strings(array))
            jn_throw(ev, D3070, .index = 1);
        swap = swap_strings;
    }
    struct arr *out = arr_new(ev, v_len(array), 0);
    arr_push_all(ev, out, array);
    jn_merge_sort(ev, out->items, out->len, swap, &c);
    return v_arr(out);
}

/* ---- $distinct ---- */

FN(distinct)
{
    (void)nargs;
    struct value array = args[0];
    if (!v_is_arr(array) || v_len(array) <= 1)
        return array;
    size_t n = v_len(array), room = 16;
    while (room < n * 2)
        room *= 2;
    /* Open addressing over hashes: numbers of members of the result, plus one. */
    uint32_t *table = jn_alloc(ev, room * sizeof(*table));
    memset(table, 0, room * sizeof(*table));
    struct arr *out = arr_new(ev, 8, v_is_seq(array) ? A_SEQ : 0);
    jn_charge(ev, n);
    for (size_t i = 0; i < n; i++) {
        struct value v = v_at(array, i);
        size_t at = jn_hash(ev, v) & (room - 1);
        while (table[at] && !jn_equal(ev, out->items[table[at] - 1], v)) {
            jn_charge(ev, 1);
            at = (at + 1) & (room - 1);
        }
        if (table[at])
            continue;
        arr_push(ev, out, v);
        table[at] = out->len;
    }
    return v_arr(out);
}

FN(zip)
{
    size_t shortest = SIZE_MAX;
    if (nargs < 1)
        return v_arr(arr_new(ev, 0, 0));
    for (size_t i = 0; i < nargs; i++)
        shortest = MIN(shortest, args[i].tag ? v_len(args[i]) : (size_t)0);
    struct arr *out = arr_new(ev, shortest, 0);
    for (size_t k = 0; k < shortest; k++) {
        struct arr *row = arr_new(ev, nargs, 0);
        jn_charge(ev, nargs);
        for (size_t i = 0; i < nargs; i++)
            arr_push(ev, row, v_at(args[i], k));
        arr_push(ev, out, v_arr(row));
    }
    return v_arr(out);
}
