#include "jsonata/value.h"

#include <math.h>
#include <string.h>

#include "base/map.h"
#include "jsonata/eval.h"

/* ---- members of objects ---- */

struct value jn_member(struct value v, size_t i, struct value *ret_key)
{
    if (v.tag == V_JOBJ) {
        if (ret_key)
            *ret_key = v_json(json_key_at(v.json, i));
        return v_json(json_member_at(v.json, i));
    }
    const struct member *m = &v.obj->members[i];
    if (ret_key)
        *ret_key = v_str(m->key, m->key_len);
    return m->value;
}

struct value jn_get(struct value v, const char *key, size_t len)
{
    if (v.tag == V_JOBJ)
        return v_json(json_get(v.json, key, len));
    const struct value *found = obj_find(v.obj, key, len);
    return found ? *found : UNDEF;
}

struct value jn_lookup(struct ev *ev, struct value v, const char *key, size_t len)
{
    if (v_is_obj(v))
        return jn_get(v, key, len);
    if (!v_is_arr(v))
        return UNDEF;
    jn_guard(ev);
    size_t n = v_len(v);
    struct arr *out = arr_new(ev, MIN(n, (size_t)8), A_SEQ);
    jn_charge(ev, n);
    for (size_t i = 0; i < n; i++) {
        struct value found = jn_lookup(ev, v_at(v, i), key, len);
        if (v_is_arr(found))
            arr_push_all(ev, out, found);
        else if (found.tag)
            arr_push(ev, out, found);
    }
    return v_arr(out);
}

struct value jn_keep_text(struct ev *ev, struct jn_mark mark, struct value s)
{
    char copy[256];
    if (s.len > sizeof(copy) || ev->heap.block != mark.block)
        return s;
    memcpy(copy, s.str, s.len);
    (void)jn_heap_release(&ev->heap, mark);
    char *kept = jn_alloc(ev, s.len);
    memcpy(kept, copy, s.len);
    return v_str(kept, s.len);
}

/* ---- arrays ---- */

struct arr *arr_new(struct ev *ev, size_t room, unsigned flags)
{
    struct arr *a = jn_alloc(ev, sizeof(*a));
    if (room > UINT32_MAX / 2)
        jn_heap_overflow(&ev->heap);
    *a = (struct arr){.cap = (uint32_t)room, .flags = flags};
    a->items = room ? jn_alloc(ev, room * sizeof(*a->items)) : NULL;
    return a;
}

void arr_grow(struct ev *ev, struct arr *a, size_t extra)
{
    size_t cap = MAX((size_t)a->cap * 2, a->len + extra);
    cap = MAX(cap, (size_t)4);
    if (cap > UINT32_MAX / 2)
        jn_heap_overflow(&ev->heap);
    if (!a->items ||
        !jn_heap_extend(&ev->heap, a->items, a->cap * sizeof(*a->items), cap * sizeof(*a->items))) {
        struct value *items = jn_alloc(ev, cap * sizeof(*items));
        if (a->len)
            memcpy(items, a->items, a->len * sizeof(*items));
        a->items = items;
    }
    a->cap = (uint32_t)cap;
}

void arr_push_all(struct ev *ev, struct arr *a, struct value array)
{
    size_t n = v_len(array);
    jn_charge(ev, n);
    if (n > a->cap - a->len)
        arr_grow(ev, a, n);
    if (array.tag == V_ARR && !(array.arr->flags & A_RANGE)) {
        if (n)
            memcpy(a->items + a->len, array.arr->items, n * sizeof(*a->items));
    } else {
        for (size_t i = 0; i < n; i++)
            a->items[a->len + i] = v_at(array, i);
    }
    a->len += (uint32_t)n;
}

const struct value *jn_items(struct ev *ev, struct value array)
{
    if (array.tag == V_ARR && !(array.arr->flags & A_RANGE))
        return array.arr->items;
    struct arr *a = arr_new(ev, v_len(array), 0);
    arr_push_all(ev, a, array);
    return a->items;
}

struct value arr_with_flags(struct ev *ev, struct value array, unsigned flags)
{
    struct arr *a = jn_alloc(ev, sizeof(*a));
    if (array.tag == V_ARR) {
        *a = *array.arr;
        /* The members are shared, the room behind them is not. */
        a->cap = a->len;
        a->flags = flags | (a->flags & A_RANGE);
        return v_arr(a);
    }
    a = arr_new(ev, v_len(array), flags);
    arr_push_all(ev, a, array);
    return v_arr(a);
}

struct value jn_listed(struct ev *ev, struct value v, unsigned flags)
{
    if (v_is_arr(v))
        return v;
    struct arr *a = arr_new(ev, 1, flags);
    arr_push(ev, a, v);
    return v_arr(a);
}

/* Appending to the array that was appended to last continues it in place, so that building an array
 * with $reduce stays linear.  The room behind a's members is free for whoever comes first. */
struct value jn_append(struct ev *ev, struct value a, struct value b)
{
    if (!a.tag)
        return b;
    if (!b.tag)
        return a;
    size_t n = (v_is_arr(a) ? v_len(a) : 1) + (v_is_arr(b) ? v_len(b) : 1);
    struct arr *out;
    if (a.tag == V_ARR && a.arr == ev->appended && a.arr->len < a.arr->cap) {
        out = jn_alloc(ev, sizeof(*out));
        *out = *a.arr;
        a.arr->cap = a.arr->len;
    } else {
        out = arr_new(ev, n + n / 2, 0);
        if (v_is_arr(a))
            arr_push_all(ev, out, a);
        else
            arr_push(ev, out, a);
    }
    if (v_is_arr(b))
        arr_push_all(ev, out, b);
    else
        arr_push(ev, out, b);
    ev->appended = out;
    return v_arr(out);
}

/* ---- objects ---- */

enum { INDEX_FROM = 12 };

struct obj *obj_new(struct ev *ev, size_t room)
{
    struct obj *o = jn_alloc(ev, sizeof(*o));
    *o = (struct obj){.cap = (uint32_t)room};
    o->members = room ? jn_alloc(ev, room * sizeof(*o->members)) : NULL;
    return o;
}

static uint32_t hash_key(const char *key, size_t len)
{
    uint64_t h = map_hash(key, len);
    return (uint32_t)(h ^ h >> 32);
}

static void index_add(struct obj *o, uint32_t number)
{
    uint32_t at = o->members[number].hash & (o->index_cap - 1);
    while (o->index[at])
        at = (at + 1) & (o->index_cap - 1);
    o->index[at] = number + 1;
}

static void index_rebuild(struct obj *o)
{
    memset(o->index, 0, o->index_cap * sizeof(*o->index));
    for (uint32_t i = 0; i < o->len; i++)
        index_add(o, i);
}

static void index_grow(struct ev *ev, struct obj *o)
{
    if (!o->index)
        for (uint32_t i = 0; i < o->len; i++)
            o->members[i].hash = hash_key(o->members[i].key, o->members[i].key_len);
    o->index_cap = o->index_cap ? o->index_cap * 2 : 32;
    o->index = jn_alloc(ev, o->index_cap * sizeof(*o->index));
    index_rebuild(o);
}

struct value *obj_find(const struct obj *o, const char *key, size_t len)
{
    if (o->index) {
        uint32_t hash = hash_key(key, len);
        for (uint32_t at = hash;; at++) {
            uint32_t number = o->index[at & (o->index_cap - 1)];
            if (!number)
                return NULL;
            struct member *m = &o->members[number - 1];
            if (m->hash == hash && m->key_len == len && memcmp(m->key, key, len) == 0)
                return &m->value;
        }
    }
    for (uint32_t i = 0; i < o->len; i++) {
        struct member *m = &o->members[i];
        if (m->key_len == len && memcmp(m->key, key, len) == 0)
            return &m->value;
    }
    return NULL;
}

void obj_set(struct ev *ev, struct obj *o, const char *key, size_t len, struct value v)
{
    struct value *found = obj_find(o, key, len);
    if (found) {
        *found = v;
        return;
    }
    if (o->len == o->cap) {
        uint32_t cap = o->cap ? o->cap * 2 : 4;
        struct member *members = jn_alloc(ev, cap * sizeof(*members));
        if (o->len)
            memcpy(members, o->members, o->len * sizeof(*members));
        o->members = members;
        o->cap = cap;
    }
    o->members[o->len++] = (struct member){.key = key, .key_len = (uint32_t)len, .value = v};
    if (o->index) {
        o->members[o->len - 1].hash = hash_key(key, len);
        if (o->len * 2 > o->index_cap)
            index_grow(ev, o);
        else
            index_add(o, o->len - 1);
    } else if (o->len > INDEX_FROM) {
        index_grow(ev, o);
    }
}

void obj_remove(struct obj *o, const char *key, size_t len)
{
    struct value *found = obj_find(o, key, len);
    if (!found)
        return;
    struct member *m = (struct member *)((char *)found - offsetof(struct member, value));
    size_t i = (size_t)(m - o->members);
    memmove(m, m + 1, (o->len - i - 1) * sizeof(*m));
    o->len--;
    if (o->index)
        index_rebuild(o);
}

/* ---- truth, equality, kinds ---- */

bool jn_truth(struct ev *ev, struct value v)
{
    /* An array of one is what its member is; this goes down without recursion. */
    while (v_is_arr(v) && v_len(v) == 1) {
        v = v_at(v, 0);
        jn_charge(ev, 1);
    }
    switch (v.tag) {
    case V_BOOL:
        return v.yes;
    case V_STR:
        return v.len > 0;
    case V_NUM:
    case V_JNUM:
        return jn_numeric(ev, v) && v_double(v) != 0;
    case V_OBJ:
    case V_JOBJ:
        return v_members(v) > 0;
    case V_ARR:
    case V_JARR:
        jn_guard(ev);
        for (size_t i = 0, n = v_len(v); i < n; i++) {
            jn_charge(ev, 1);
            if (jn_truth(ev, v_at(v, i)))
                return true;
        }
        return false;
    case V_FUNC: /* members of an object, or a function of the host's */
        return !v.func->handed_over && v.func->kind != F_REGEX && v.func->kind != F_NEXT;
    default:
        return false;
    }
}

static bool equal_objects(struct ev *ev, struct value a, struct value b)
{
    size_t n = v_members(a);
    if (n != v_members(b))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct value key, member = jn_member(a, i, &key);
        struct value other = jn_get(b, key.str, key.len);
        if (!other.tag || !jn_equal(ev, member, other))
            return false;
    }
    return true;
}

bool jn_equal(struct ev *ev, struct value a, struct value b)
{
    if (a.tag == V_STR)
        return b.tag == V_STR && v_same_str(a, b);
    if (v_is_num(a))
        return v_is_num(b) && v_double(a) == v_double(b);
    if (v_is_arr(a)) {
        if (!v_is_arr(b) || v_len(a) != v_len(b))
            return false;
        if (a.tag == b.tag && a.arr == b.arr)
            return true;
        jn_guard(ev);
        for (size_t i = 0, n = v_len(a); i < n; i++)
            if (!jn_equal(ev, v_at(a, i), v_at(b, i)))
                return false;
        jn_charge(ev, v_len(a));
        return true;
    }
    if (v_is_obj(a)) {
        if (!v_is_obj(b))
            return false;
        if (a.tag == b.tag && a.obj == b.obj)
            return true;
        jn_guard(ev);
        return equal_objects(ev, a, b);
    }
    if (a.tag != b.tag)
        return false;
    return a.tag == V_BOOL ? a.yes == b.yes : a.tag == V_FUNC ? a.func == b.func : true;
}

bool jn_numeric(struct ev *ev, struct value v)
{
    if (!v_is_num(v))
        return false;
    double d = v_double(v);
    if (isinf(d))
        jn_throw(ev, D1001, .value = v);
    return !isnan(d);
}

bool jn_all_numbers(struct ev *ev, struct value array)
{
    size_t n = v_len(array);
    jn_charge(ev, n);
    if (array.tag == V_ARR && (array.arr->flags & A_RANGE))
        return true;
    bool all = true;
    for (size_t i = 0; i < n; i++)
        all &= jn_numeric(ev, v_at(array, i));
    return all;
}

bool jn_all_strings(struct value array)
{
    if (array.tag == V_ARR && (array.arr->flags & A_RANGE))
        return array.arr->len == 0;
    for (size_t i = 0, n = v_len(array); i < n; i++)
        if (v_at(array, i).tag != V_STR)
            return false;
    return true;
}

const char *jn_type_name(struct value v)
{
    static const char *const names[] = {
        [V_NULL] = "null",  [V_BOOL] = "boolean", [V_NUM] = "number",    [V_STR] = "string",
        [V_ARR] = "array",  [V_OBJ] = "object",   [V_FUNC] = "function", [V_JNUM] = "number",
        [V_JARR] = "array", [V_JOBJ] = "object",
    };
    return names[v.tag];
}

/* ---- copies and hashes ---- */

struct value jn_deep_copy(struct ev *ev, struct value v)
{
    jn_guard(ev);
    if (v_is_arr(v)) {
        if (v.tag == V_ARR && (v.arr->flags & A_OUTER))
            return jn_deep_copy(ev, v.arr->items[0]);
        size_t n = v_len(v);
        struct arr *a = arr_new(ev, n, 0);
        for (size_t i = 0; i < n; i++)
            arr_push(ev, a, jn_deep_copy(ev, v_at(v, i)));
        return v_arr(a);
    }
    if (v_is_obj(v)) {
        size_t n = v_members(v);
        struct obj *o = obj_new(ev, n + 1);
        for (size_t i = 0; i < n; i++) {
            struct value key, member = jn_member(v, i, &key);
            obj_set(ev, o, key.str, key.len, jn_deep_copy(ev, member));
        }
        return v_obj(o);
    }
    if (v.tag == V_FUNC)
        return v_lit("");
    if (v.tag == V_NUM)
        (void)jn_numeric(ev, v);
    return v;
}

static uint64_t mix(uint64_t h, uint64_t x)
{
    h ^= x + 0x9E3779B97F4A7C15ULL + (h << 6) + (h >> 2);
    return h * 0xFF51AFD7ED558CCDULL;
}

uint64_t jn_hash(struct ev *ev, struct value v)
{
    switch (v.tag) {
    case V_STR:
        return map_hash(v.str, v.len);
    case V_NUM:
    case V_JNUM: {
        double d = v_double(v) + 0.0; /* -0 is 0 */
        return map_hash((const char *)&d, sizeof(d));
    }
    case V_BOOL:
        return v.yes ? 3 : 5;
    case V_FUNC:
        return (uint64_t)(uintptr_t)v.func;
    case V_ARR:
    case V_JARR: {
        jn_guard(ev);
        uint64_t h = 7;
        for (size_t i = 0, n = v_len(v); i < n; i++)
            h = mix(h, jn_hash(ev, v_at(v, i)));
        return h;
    }
    case V_OBJ:
    case V_JOBJ: {
        jn_guard(ev);
        uint64_t h = 11; /* a sum: the members' order does not count */
        for (size_t i = 0, n = v_members(v); i < n; i++) {
            struct value key, member = jn_member(v, i, &key);
            h += mix(map_hash(key.str, key.len), jn_hash(ev, member));
        }
        return h;
    }
    default:
        return 1;
    }
}
