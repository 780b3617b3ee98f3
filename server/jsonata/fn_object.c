#include "jsonata/fn.h"

static void add_keys(struct ev *ev, struct obj *out, struct value v)
{
    jn_guard(ev);
    if (v_is_arr(v)) {
        for (size_t i = 0, n = v_len(v); i < n; i++)
            add_keys(ev, out, v_at(v, i));
    } else if (v_is_obj(v)) {
        for (size_t i = 0, n = v_members(v); i < n; i++) {
            struct value key;
            jn_member(v, i, &key);
            obj_set(ev, out, key.str, key.len, v_bool(true));
        }
    }
}

FN(keys)
{
    (void)nargs;
    struct obj *keys = obj_new(ev, 4);
    add_keys(ev, keys, args[0]);
    struct arr *out = arr_new(ev, keys->len, A_SEQ);
    for (uint32_t i = 0; i < keys->len; i++)
        arr_push(ev, out, v_str(keys->members[i].key, keys->members[i].key_len));
    return v_arr(out);
}

FN(lookup)
{
    (void)nargs;
    struct value key = args[1].tag ? args[1] : v_lit("undefined");
    return jn_lookup(ev, args[0], key.str, key.len);
}

static struct value spread(struct ev *ev, struct value v)
{
    jn_guard(ev);
    if (v_is_arr(v)) {
        struct value all = v_arr(arr_new(ev, 0, A_SEQ));
        for (size_t i = 0, n = v_len(v); i < n; i++)
            all = jn_append(ev, all, spread(ev, v_at(v, i)));
        return all;
    }
    if (!v_is_obj(v))
        return v;
    size_t n = v_members(v);
    struct arr *out = arr_new(ev, n, A_SEQ);
    for (size_t i = 0; i < n; i++) {
        struct value key, member = jn_member(v, i, &key);
        struct obj *o = obj_new(ev, 1);
        obj_set(ev, o, key.str, key.len, member);
        arr_push(ev, out, v_obj(o));
    }
    return v_arr(out);
}

FN(spread)
{
    (void)nargs;
    return spread(ev, args[0]);
}

FN(merge)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    struct obj *out = obj_new(ev, 8);
    for (size_t i = 0, n = v_len(args[0]); i < n; i++) {
        struct value v = v_at(args[0], i);
        for (size_t k = 0, len = v_is_obj(v) ? v_members(v) : 0; k < len; k++) {
            struct value key, member = jn_member(v, k, &key);
            obj_set(ev, out, key.str, key.len, member);
            jn_charge(ev, 1);
        }
    }
    return v_obj(out);
}

FN(sift)
{
    (void)nargs;
    struct value v = args[0];
    if (!v_is_obj(v))
        return UNDEF;
    if (args[1].tag != V_FUNC)
        jn_throw(ev, T0410, .index = 2);
    struct obj *out = obj_new(ev, 4);
    for (size_t i = 0, n = v_members(v); i < n; i++) {
        struct value key, member = jn_member(v, i, &key);
        struct value call[3] = {member, key, v};
        if (jn_truth(ev, jn_apply_hof(ev, args[1].func, call, 3)))
            obj_set(ev, out, key.str, key.len, member);
    }
    return out->len ? v_obj(out) : UNDEF;
}

FN(each)
{
    (void)nargs;
    struct value v = args[0];
    size_t n = v_is_obj(v) ? v_members(v) : 0;
    struct arr *out = arr_new(ev, n, A_SEQ);
    for (size_t i = 0; i < n; i++) {
        struct value key, member = jn_member(v, i, &key);
        struct value call[3] = {member, key, v};
        struct value result = jn_apply_hof(ev, args[1].func, call, 3);
        if (result.tag)
            arr_push(ev, out, result);
    }
    return v_arr(out);
}

FN(clone)
{
    (void)nargs;
    return args[0].tag ? jn_deep_copy(ev, args[0]) : UNDEF;
}

FN(type)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    (void)jn_numeric(ev, args[0]);
    const char *name = jn_type_name(args[0]);
    return v_str(name, __builtin_strlen(name));
}

FN(boolean)
{
    (void)nargs;
    return args[0].tag ? v_bool(jn_truth(ev, args[0])) : UNDEF;
}

FN(not )
{
    (void)nargs;
    return args[0].tag ? v_bool(!jn_truth(ev, args[0])) : UNDEF;
}

FN(exists)
{
    (void)ev, (void)nargs;
    return v_bool(args[0].tag != V_UNDEF);
}

/* The text given, unless it is missing or empty. */
static struct value message_or(struct value given, const char *otherwise)
{
    return given.tag && given.len ? given : v_str(otherwise, __builtin_strlen(otherwise));
}

FN(error)
{
    (void)nargs;
    struct value text = message_or(args[0], "$error() function evaluated");
    jn_throw(ev, D3137, .message = text.str, .message_len = text.len);
}

FN(assert)
{
    (void)nargs;
    if (args[0].tag == V_BOOL && args[0].yes)
        return UNDEF;
    struct value text = message_or(args[1], "$assert() statement failed");
    jn_throw(ev, D3141, .message = text.str, .message_len = text.len);
}
