#include <stdlib.h>
#include <string.h>

#include "json/node.h"

static struct array_node node_empty_array = {
    .head = {JSON_IMMORTAL, JSON_ARRAY, 0, 1}, .len = 0, .text_size = 2};

const struct json *json_at(const struct json *array, size_t index)
{
    if (array->type != JSON_ARRAY || index >= as_array(array)->len)
        return NULL;
    return as_array(array)->items[index];
}

static struct array_node *array_node_new(size_t len)
{
    CHECK(len < UINT32_MAX);
    struct array_node *a = xmalloc(sizeof(*a) + len * sizeof(a->items[0]));
    *a = (struct array_node){.head = {.refs = 1, .type = JSON_ARRAY}, .len = (uint32_t)len};
    return a;
}

static void set_depth(struct array_node *a)
{
    uint16_t deepest = 0;
    for (uint32_t i = 0; i < a->len; i++)
        deepest = MAX(deepest, a->items[i]->depth);
    a->head.depth = depth_above(deepest);
}

void json_array_init(struct json_array *b)
{
    *b = (struct json_array){0};
}

void json_array_done(struct json_array *b)
{
    for (size_t i = 0; i < b->len; i++)
        json_unref(b->items[i]);
    free(b->items);
    *b = (struct json_array){0};
}

void json_array_add(struct json_array *b, struct json *item)
{
    CHECK(item);
    GROW(b->items, b->len, b->cap);
    b->items[b->len++] = item;
}

struct json *json_array_finish(struct json_array *b)
{
    struct array_node *a = &node_empty_array;
    if (b->len > 0) {
        a = array_node_new(b->len);
        memcpy(a->items, b->items, b->len * sizeof(a->items[0]));
        set_depth(a);
    }
    free(b->items);
    *b = (struct json_array){0};
    return &a->head;
}

struct json *json_with_at(const struct json *array, size_t index, struct json *value)
{
    CHECK(array->type == JSON_ARRAY && value);
    const struct array_node *old = as_array(array);
    CHECK(index <= old->len);

    struct array_node *a = array_node_new(MAX((size_t)old->len, index + 1));
    for (uint32_t i = 0; i < a->len; i++)
        a->items[i] = i == index ? value : json_ref(old->items[i]);
    set_depth(a);
    return &a->head;
}
