/* Values while an expression runs.
 *
 * A value is 16 bytes, passed by value; its heap parts live in the evaluation's heap, in the compiled
 * expression (constants) or in the caller's JSON values, which are referred to and never converted:
 * V_JNUM, V_JARR and V_JOBJ point at them.  Nothing here is counted. */
#pragma once

#include "base/base.h"
#include "json/json.h"

enum tag {
    V_UNDEF, /* "nothing": never equal to null, never written to JSON */
    V_NULL,
    V_BOOL,
    V_NUM,
    V_STR,
    V_ARR,
    V_OBJ,
    V_FUNC,
    V_JNUM,
    V_JARR,
    V_JOBJ,
    V_TUPLE, /* member of a tuple stream; never leaves a path */
    V_UNSET, /* a slot no assignment has reached */
    V_THUNK, /* a tail call to be made by whoever applied the function */
};

struct value {
    uint8_t tag;
    bool yes;     /* V_BOOL */
    uint32_t len; /* V_STR: bytes */
    union {
        double num;
        const char *str; /* WTF-8, not NUL-terminated */
        struct arr *arr;
        struct obj *obj;
        struct func *func;
        struct tuple *tuple;
        const struct json *json;
    };
};

enum arr_flag {
    A_SEQ = 1,   /* a sequence: one member stands for itself, none for nothing */
    A_KEEP = 2,  /* a sequence that stays an array with one member */
    A_CONS = 4,  /* made by a constructor at the edge of a path: not opened by it */
    A_OUTER = 8, /* wraps an input document that is an array */
    A_TUPLE = 16,
    A_RANGE = 32, /* no items: member i is lo + i */
};

struct arr {
    struct value *items;
    uint32_t len, cap;
    uint32_t flags;
    double lo;
};

struct member {
    const char *key;
    uint32_t key_len;
    uint32_t hash; /* only once the object has an index */
    struct value value;
};

struct obj {
    struct member *members; /* in order of insertion */
    uint32_t len, cap;
    uint32_t *index; /* open addressing, member number + 1; NULL while small */
    uint32_t index_cap;
};

/* The variables of one scope; which scopes exist and how many slots each has is known beforehand. */
struct frame {
    struct frame *parent;
    uint32_t len;
    struct value slot[];
};

/* A row of a join: the context and the names bound so far, which are a frame. */
struct tuple {
    struct value at;
    struct frame frame;
};

/* ---- making ---- */
#define UNDEF ((struct value){.tag = V_UNDEF})

static inline struct value v_num(double d)
{
    return (struct value){.tag = V_NUM, .num = d};
}
static inline struct value v_bool(bool b)
{
    return (struct value){.tag = V_BOOL, .yes = b};
}
static inline struct value v_str(const char *s, size_t len)
{
    return (struct value){.tag = V_STR, .len = (uint32_t)len, .str = s};
}
#define v_lit(s) v_str("" s, sizeof(s) - 1)
static inline struct value v_arr(struct arr *a)
{
    return (struct value){.tag = V_ARR, .arr = a};
}
static inline struct value v_obj(struct obj *o)
{
    return (struct value){.tag = V_OBJ, .obj = o};
}

/* The caller's value, referred to. */
static inline struct value v_json(const struct json *j)
{
    struct value v = {.tag = V_NULL};
    if (!j)
        return UNDEF;
    switch (json_type(j)) {
    case JSON_NULL:
        break;
    case JSON_FALSE:
        return v_bool(false);
    case JSON_TRUE:
        return v_bool(true);
    case JSON_NUMBER:
        v.tag = V_JNUM;
        v.json = j;
        break;
    case JSON_STRING: {
        size_t len;
        const char *s = json_str(j, &len);
        return v_str(s, len);
    }
    case JSON_ARRAY:
        v.tag = V_JARR;
        v.json = j;
        break;
    case JSON_OBJECT:
        v.tag = V_JOBJ;
        v.json = j;
        break;
    }
    return v;
}

/* ---- asking ---- */
static inline bool v_is_num(struct value v)
{
    return v.tag == V_NUM || v.tag == V_JNUM;
}
static inline bool v_is_arr(struct value v)
{
    return v.tag == V_ARR || v.tag == V_JARR;
}
static inline bool v_is_obj(struct value v)
{
    return v.tag == V_OBJ || v.tag == V_JOBJ;
}
static inline double v_double(struct value v) /* v_is_num */
{
    return v.tag == V_NUM ? v.num : json_double(v.json);
}
static inline size_t v_len(struct value v) /* v_is_arr */
{
    return v.tag == V_ARR ? v.arr->len : json_len(v.json);
}
static inline struct value v_at(struct value v, size_t i) /* v_is_arr */
{
    if (v.tag == V_JARR)
        return v_json(json_at(v.json, i));
    if (v.arr->flags & A_RANGE)
        return v_num(v.arr->lo + (double)i);
    return v.arr->items[i];
}
static inline bool v_is_seq(struct value v)
{
    return v.tag == V_ARR && (v.arr->flags & A_SEQ);
}
static inline size_t v_members(struct value v) /* v_is_obj */
{
    return v.tag == V_OBJ ? v.obj->len : json_len(v.json);
}
struct value jn_member(struct value v, size_t i, struct value *ret_key); /* v_is_obj */
struct value jn_get(struct value v, const char *key, size_t len);        /* v_is_obj */

static inline bool v_same_str(struct value a, struct value b)
{
    return a.len == b.len && __builtin_memcmp(a.str, b.str, a.len) == 0;
}
static inline bool v_str_is(struct value v, const char *s)
{
    return v.tag == V_STR && v.len == __builtin_strlen(s) && __builtin_memcmp(v.str, s, v.len) == 0;
}
