/* Functions that call functions. */
#include "jsonata/fn.h"

FN(map)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    size_t n = v_len(args[0]);
    struct arr *out = arr_new(ev, MIN(n, (size_t)1024), A_SEQ);
    for (size_t i = 0; i < n; i++) {
        struct value call[3] = {v_at(args[0], i), v_num((double)i), args[0]};
        struct value v = jn_apply_hof(ev, args[1].func, call, 3);
        if (v.tag)
            arr_push(ev, out, v);
    }
    return v_arr(out);
}

FN(filter)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    size_t n = v_len(args[0]);
    struct arr *out = arr_new(ev, 0, A_SEQ);
    for (size_t i = 0; i < n; i++) {
        struct value call[3] = {v_at(args[0], i), v_num((double)i), args[0]};
        if (jn_truth(ev, jn_apply_hof(ev, args[1].func, call, 3)))
            arr_push(ev, out, call[0]);
    }
    return v_arr(out);
}

FN(single)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    bool found = false;
    struct value result = UNDEF;
    for (size_t i = 0, n = v_len(args[0]); i < n; i++) {
        struct value call[3] = {v_at(args[0], i), v_num((double)i), args[0]};
        if (args[1].tag == V_FUNC && !jn_truth(ev, jn_apply_hof(ev, args[1].func, call, 3)))
            continue;
        if (found)
            jn_throw(ev, D3138, .index = (unsigned)i);
        found = true;
        result = call[0];
    }
    if (!found)
        jn_throw(ev, D3139, 0);
    return result;
}

FN(reduce)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    struct func *f = args[1].func;
    if (f->arity < 2)
        jn_throw(ev, D3050, .index = 1);
    size_t n = v_len(args[0]), i = 0;
    struct value result = args[2];
    if (!result.tag && n > 0)
        result = v_at(args[0], i++);
    for (; i < n; i++) {
        struct value call[4] = {result, v_at(args[0], i), v_num((double)i), args[0]};
        result = jn_apply_hof(ev, f, call, 4);
    }
    return result;
}
