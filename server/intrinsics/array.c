/* States.Array and the functions on arrays. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "intrinsics/call.h"

int function_array(const struct args *a, struct json **ret_value)
{
    struct json_array b;
    json_array_init(&b);
    for (size_t i = 0; i < a->count; i++)
        json_array_add(&b, json_ref(a->items[i]));
    *ret_value = json_array_finish(&b);
    return 0;
}

int function_array_contains(const struct args *a, struct json **ret_value)
{
    const struct json *array = a->items[0];
    bool found = false;

    if (!json_is(array, JSON_ARRAY))
        return ERR_INVALID;
    if (!run_charge_value(a->run, array))
        return ERR_LIMIT;
    for (size_t i = 0; i < json_len(array) && !found; i++)
        found = json_equal(json_at(array, i), a->items[1]);
    *ret_value = json_bool(found);
    return 0;
}

int function_array_get_item(const struct args *a, struct json **ret_value)
{
    int64_t index;
    if (!json_is(a->items[0], JSON_ARRAY) || !round_argument(a->items[1], &index) || index < 0 ||
        (uint64_t)index >= json_len(a->items[0]))
        return ERR_INVALID;
    *ret_value = json_ref(json_at(a->items[0], (size_t)index));
    return 0;
}

int function_array_length(const struct args *a, struct json **ret_value)
{
    if (!json_is(a->items[0], JSON_ARRAY))
        return ERR_INVALID;
    *ret_value = json_int((int64_t)json_len(a->items[0]));
    return 0;
}

int function_array_partition(const struct args *a, struct json **ret_value)
{
    const struct json *array = a->items[0];
    int64_t size;
    if (!json_is(array, JSON_ARRAY) || !round_argument(a->items[1], &size) || size < 1)
        return ERR_INVALID;

    struct json_array all, chunk;
    json_array_init(&all);
    json_array_init(&chunk);
    for (size_t i = 0; i < json_len(array); i++) {
        json_array_add(&chunk, json_ref(json_at(array, i)));
        if (chunk.len == (uint64_t)size || i + 1 == json_len(array)) {
            json_array_add(&all, json_array_finish(&chunk));
            json_array_init(&chunk);
        }
    }
    json_array_done(&chunk);
    *ret_value = json_array_finish(&all);
    return 0;
}

int function_array_range(const struct args *a, struct json **ret_value)
{
    int64_t from, to, step;
    if (!round_argument(a->items[0], &from) || !round_argument(a->items[1], &to) ||
        !round_argument(a->items[2], &step) || step == 0)
        return ERR_INVALID;

    /* 128 bits: the distance between two ints of 64 bits needs 65. */
    __int128 last = ((__int128)to - from) / step;
    bool backward = step > 0 ? to < from : to > from;
    if (!backward && last >= INTRINSIC_RANGE_MAX)
        return ERR_INVALID;

    struct json_array b;
    json_array_init(&b);
    for (__int128 i = 0; !backward && i <= last; i++)
        json_array_add(&b, json_int((int64_t)(from + i * step)));
    *ret_value = json_array_finish(&b);
    return 0;
}

/* ---- ArrayUnique ---- */

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= 0xD6E8FEB86659FD93u;
    h ^= h >> 32;
    return h;
}

static uint64_t hash_scalar(const struct json *v)
{
    switch (json_type(v)) {
    case JSON_NUMBER: {
        double d = json_double(v) + 0.0; /* 1 and 1.0 are equal, so are 0 and -0.0 */
        return map_hash((const char *)&d, sizeof(d));
    }
    case JSON_STRING: {
        size_t len;
        const char *s = json_str(v, &len);
        return map_hash(s, len) + 1;
    }
    default:
        return mix(json_type(v) + 1);
    }
}

/* An array or object whose hash is being computed. */
struct level {
    const struct json *v;
    size_t next;
    uint64_t hash;
};

/* Adds the hash of the child before l->next: in order for items, in any order for members. */
static void add_child(struct level *l, uint64_t child)
{
    if (json_type(l->v) == JSON_ARRAY) {
        l->hash = mix(l->hash * 31 + child);
    } else {
        const struct json *key = json_key_at(l->v, l->next - 1);
        l->hash += mix(hash_scalar(key) ^ mix(child));
    }
}

/* A hash that equal values share.  Does not recurse: values may be nested deeply. */
static uint64_t hash_value(const struct json *v)
{
    struct level *stack = NULL;
    size_t depth = 0, cap = 0;
    uint64_t hash = 0;

    for (;;) {
        bool container = json_type(v) == JSON_ARRAY || json_type(v) == JSON_OBJECT;
        if (container) {
            GROW(stack, depth, cap);
            stack[depth++] = (struct level){.v = v, .hash = json_type(v)};
        } else {
            hash = hash_scalar(v);
            if (depth > 0)
                add_child(&stack[depth - 1], hash);
        }
        while (depth > 0 && stack[depth - 1].next == json_len(stack[depth - 1].v)) {
            hash = mix(stack[--depth].hash);
            if (depth > 0)
                add_child(&stack[depth - 1], hash);
        }
        if (depth == 0)
            break;
        struct level *top = &stack[depth - 1];
        v = json_type(top->v) == JSON_ARRAY ? json_at(top->v, top->next)
                                            : json_member_at(top->v, top->next);
        top->next++;
    }
    free(stack);
    return hash;
}

/* One place of the table of values seen. */
struct slot {
    const struct json *v; /* NULL: free */
    uint64_t hash;
};

/* Puts v into a table of mask + 1 places; false when an equal value is there. */
static bool insert(struct slot *table, size_t mask, const struct json *v)
{
    uint64_t hash = hash_value(v);
    size_t i = (size_t)hash & mask;

    for (; table[i].v; i = (i + 1) & mask)
        if (table[i].hash == hash && json_equal(table[i].v, v))
            return false;
    table[i] = (struct slot){v, hash};
    return true;
}

int function_array_unique(const struct args *a, struct json **ret_value)
{
    const struct json *array = a->items[0];
    if (!json_is(array, JSON_ARRAY))
        return ERR_INVALID;
    if (!run_charge_value(a->run, array))
        return ERR_LIMIT;

    size_t places = 16;
    while (places < 2 * json_len(array))
        places *= 2;
    struct slot *table = xcalloc(places, sizeof(*table));
    struct json_array b;
    json_array_init(&b);
    for (size_t i = 0; i < json_len(array); i++)
        if (insert(table, places - 1, json_at(array, i)))
            json_array_add(&b, json_ref(json_at(array, i)));
    free(table);
    *ret_value = json_array_finish(&b);
    return 0;
}
