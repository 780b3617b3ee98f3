/* | pattern | update, delete |: a copy of the argument with the matches changed. */
#include "jsonata/eval.h"

static void apply_update(struct ev *ev, const struct func *f, struct value match)
{
    const struct node *n = f->closure.node;
    struct value update = jn_eval(ev, n->b, match, f->closure.env);
    if (!update.tag)
        return;
    if (!v_is_obj(update))
        jn_throw(ev, T2011, .placed = true, .position = n->b->position, .value = update);
    if (match.tag != V_OBJ)
        return;
    for (size_t i = 0, len = v_members(update); i < len; i++) {
        struct value key, v = jn_member(update, i, &key);
        obj_set(ev, match.obj, key.str, key.len, v);
    }
}

static void apply_delete(struct ev *ev, const struct func *f, struct value match)
{
    const struct node *n = f->closure.node;
    struct value names = jn_eval(ev, n->c, match, f->closure.env);
    if (!names.tag)
        return;
    struct value list = jn_listed(ev, names, 0);
    if (!jn_all_strings(list))
        jn_throw(ev, T2012, .placed = true, .position = n->c->position, .value = names);
    if (match.tag != V_OBJ)
        return;
    for (size_t i = 0, len = v_len(list); i < len; i++) {
        struct value name = v_at(list, i);
        jn_charge(ev, match.obj->len);
        obj_remove(match.obj, name.str, name.len);
    }
}

struct value jn_transform(struct ev *ev, const struct func *f, struct value arg)
{
    if (!arg.tag)
        return arg;
    const struct node *n = f->closure.node;
    struct value clone = jn_find_variable(ev, n, f->closure.env);
    if (n->var.len && clone.tag && clone.tag != V_FUNC)
        jn_throw(ev, T2013, .placed = true, .position = n->position);
    if (clone.tag == V_FUNC)
        arg = jn_apply(ev, clone.func, &arg, 1, (struct value){.tag = V_NULL});
    struct value copy = jn_deep_copy(ev, arg);
    struct value matches = jn_eval(ev, n->a, copy, f->closure.env);
    if (!matches.tag)
        return copy;
    matches = jn_listed(ev, matches, 0);
    for (size_t i = 0, len = v_len(matches); i < len; i++) {
        /* What the pattern found outside of the copy is the caller's and stays as it is. */
        struct value match = v_at(matches, i);
        apply_update(ev, f, match);
        if (n->c)
            apply_delete(ev, f, match);
    }
    return copy;
}
