#include <stdlib.h>
#include <string.h>

#include "json/node.h"

static struct object_node node_empty_object = {
    .head = {JSON_IMMORTAL, JSON_OBJECT, 0, 1}, .len = 0, .text_size = 2};

/* ---- reading ---- */

const struct json *json_get(const struct json *object, const char *key, size_t len)
{
    if (object->type != JSON_OBJECT)
        return NULL;
    const struct object_node *o = as_object(object);
    size_t at = json_members_find(o->members, o->len, o->index, key, len, NULL);
    return at == NOT_A_MEMBER ? NULL : o->members[at].value;
}

const struct json *json_gets(const struct json *object, const char *key)
{
    return json_get(object, key, strlen(key));
}

const struct json *json_key_at(const struct json *object, size_t index)
{
    if (object->type != JSON_OBJECT || index >= as_object(object)->len)
        return NULL;
    return as_object(object)->members[index].key;
}

const struct json *json_member_at(const struct json *object, size_t index)
{
    if (object->type != JSON_OBJECT || index >= as_object(object)->len)
        return NULL;
    return as_object(object)->members[index].value;
}

/* ---- building ---- */

/* The node grows in place; json_object_finish only gives back what it has too much. */
struct json_object {
    struct object_node *node;
    size_t cap; /* members there is room for */
};

static size_t node_size(size_t members)
{
    CHECK(members < UINT32_MAX);
    return sizeof(struct object_node) + members * sizeof(struct json_member);
}

static struct object_node *node_new(size_t cap)
{
    struct object_node *o = xmalloc(node_size(cap));
    *o = (struct object_node){.head = {.refs = 1, .type = JSON_OBJECT}};
    return o;
}

static void set_depth(struct object_node *o)
{
    uint16_t deepest = 0;
    for (uint32_t i = 0; i < o->len; i++)
        deepest = MAX(deepest, o->members[i].value->depth);
    o->head.depth = depth_above(deepest);
}

struct json_object *json_object_new(void)
{
    struct json_object *b = xmalloc(sizeof(*b));
    *b = (struct json_object){.node = node_new(4), .cap = 4};
    return b;
}

void json_object_free(struct json_object *b)
{
    if (!b)
        return;
    json_unref(json_object_finish(b));
}

void json_object_add(struct json_object *b, struct json *key, struct json *value)
{
    CHECK(key->type == JSON_STRING && value);
    struct object_node *o = b->node;
    uint32_t hash;
    size_t at = json_members_find(o->members, o->len, o->index, as_string(key)->bytes,
                                  as_string(key)->len, &hash);
    if (at != NOT_A_MEMBER) {
        json_unref(key);
        json_unref(o->members[at].value);
        o->members[at].value = value;
        return;
    }
    if (o->len == b->cap) {
        b->cap *= 2;
        o = b->node = xrealloc(o, node_size(b->cap));
    }
    o->members[o->len++] = (struct json_member){key, value};
    json_index_add(&o->index, o->members, o->len, hash);
}

void json_object_adds(struct json_object *b, const char *key, struct json *value)
{
    json_object_add(b, json_strings(key), value);
}

struct json *json_object_finish(struct json_object *b)
{
    struct object_node *o = b->node;
    if (o->len == 0) {
        free(o);
        o = &node_empty_object;
    } else {
        if (o->len < b->cap)
            o = xrealloc(o, node_size(o->len));
        set_depth(o);
    }
    free(b);
    return &o->head;
}

struct json *json_with(const struct json *object, const struct json *key, struct json *value)
{
    CHECK(object->type == JSON_OBJECT && key->type == JSON_STRING && value);
    const struct object_node *old = as_object(object);
    uint32_t hash;
    size_t at = json_members_find(old->members, old->len, old->index, as_string(key)->bytes,
                                  as_string(key)->len, &hash);
    bool added = at == NOT_A_MEMBER;

    struct object_node *o = node_new(old->len + (size_t)added);
    o->len = old->len;
    o->index = json_index_copy(old->index);
    for (uint32_t i = 0; i < o->len; i++)
        o->members[i] = (struct json_member){
            json_ref(old->members[i].key),
            i == at ? value : json_ref(old->members[i].value),
        };
    if (added) {
        o->members[o->len++] = (struct json_member){json_ref(key), value};
        json_index_add(&o->index, o->members, o->len, hash);
    }
    set_depth(o);
    return &o->head;
}
