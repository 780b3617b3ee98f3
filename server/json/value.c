#include <stdlib.h>
#include <string.h>

#include "json/node.h"

/* ---- values that exist once ---- */

static struct json node_null = {JSON_IMMORTAL, JSON_NULL, 0, 0};
static struct json node_false = {JSON_IMMORTAL, JSON_FALSE, 0, 0};
static struct json node_true = {JSON_IMMORTAL, JSON_TRUE, 0, 0};

/* A string_node with room for its NUL byte. */
static struct {
    struct json head;
    uint32_t len;
    char bytes[4];
} node_empty_string = {{JSON_IMMORTAL, JSON_STRING, STRING_PLAIN, 0}, 0, ""};

_Static_assert(offsetof(struct string_node, bytes) == 12, "as in node_empty_string");

struct json *json_null(void)
{
    return &node_null;
}

struct json *json_bool(bool b)
{
    return b ? &node_true : &node_false;
}

/* ---- counting ---- */

struct json *json_ref(const struct json *v)
{
    struct json *owned = (struct json *)v;
    if (owned->refs != JSON_IMMORTAL)
        owned->refs++; /* a count that ever gets that high makes the value immortal */
    return owned;
}

/* Gives up one reference; true when it was the last. */
static inline bool drop(struct json *v)
{
    return v->refs != JSON_IMMORTAL && --v->refs == 0;
}

/* The place of a container's i-th child; keys are not children here. */
static struct json **child(struct json *v, uint32_t i)
{
    return v->type == JSON_ARRAY ? &as_array(v)->items[i] : &as_object(v)->members[i].value;
}

static uint32_t *child_count(struct json *v)
{
    return v->type == JSON_ARRAY ? &as_array(v)->len : &as_object(v)->len;
}

static void drop_keys(struct object_node *o)
{
    for (uint32_t i = 0; i < o->len; i++)
        if (drop(o->members[i].key))
            free(o->members[i].key);
    json_index_free(o->index);
}

/* The next node that dies with the containers of the chain, from its top; frees those that have no
 * child left. */
static struct json *next_dead(struct json **chain)
{
    while (*chain) {
        uint32_t *left = child_count(*chain);
        if (*left > 1) {
            struct json *v = *child(*chain, --*left);
            if (drop(v))
                return v;
        } else {
            struct json *next = *child(*chain, 0);
            free(*chain);
            *chain = next;
        }
    }
    return NULL;
}

/* Frees a dead node and all that dies with it, without recursion.  A dead container waits on a chain
 * while its children are given up, last to first; the link to the next one of the chain takes the
 * place of its first child, which is given up when the container joins the chain. */
static void free_tree(struct json *v)
{
    struct json *chain = NULL;
    while (v) {
        if (v->type < JSON_ARRAY) {
            free(v);
        } else {
            if (v->type == JSON_OBJECT)
                drop_keys(as_object(v));
            struct json *first = *child(v, 0);
            *child(v, 0) = chain;
            chain = v;
            if (drop(first)) {
                v = first;
                continue;
            }
        }
        v = next_dead(&chain);
    }
}

void json_unref(struct json *v)
{
    if (v && drop(v))
        free_tree(v);
}

void json_unref_p(struct json **v)
{
    json_unref(*v);
}

/* ---- reading ---- */

enum json_type json_type(const struct json *v)
{
    return (enum json_type)v->type;
}

const char *json_type_name(const struct json *v)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",     [JSON_FALSE] = "boolean", [JSON_TRUE] = "boolean",
        [JSON_NUMBER] = "number", [JSON_STRING] = "string", [JSON_ARRAY] = "array",
        [JSON_OBJECT] = "object",
    };
    return names[v->type];
}

size_t json_len(const struct json *v)
{
    if (v->type == JSON_ARRAY)
        return as_array(v)->len;
    return v->type == JSON_OBJECT ? as_object(v)->len : 0;
}

unsigned json_depth(const struct json *v)
{
    return v->depth;
}

/* ---- strings ---- */

const char *json_str(const struct json *v, size_t *ret_len)
{
    CHECK(v->type == JSON_STRING);
    if (ret_len)
        *ret_len = as_string(v)->len;
    return as_string(v)->bytes;
}

bool json_str_eq(const struct json *v, const char *s)
{
    if (!v || v->type != JSON_STRING)
        return false;
    size_t len = strlen(s);
    return as_string(v)->len == len && memcmp(as_string(v)->bytes, s, len) == 0;
}

struct string_node *string_node_new(uint8_t type, uint8_t kind, size_t len)
{
    CHECK(len < UINT32_MAX);
    struct string_node *s = xmalloc(offsetof(struct string_node, bytes) + len + 1);
    s->head = (struct json){.refs = 1, .type = type, .kind = kind};
    s->len = (uint32_t)len;
    s->bytes[len] = '\0';
    return s;
}

/* Whether a byte prints as it is, wherever it stands; 0xED may start a lone surrogate. */
static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c == 0xED;
}

struct json *json_string(const char *s, size_t len)
{
    if (len == 0)
        return (struct json *)&node_empty_string;
    struct string_node *node = string_node_new(JSON_STRING, STRING_PLAIN, len);
    unsigned escape = 0;
    for (size_t i = 0; i < len; i++)
        escape |= needs_escape((unsigned char)s[i]);
    memcpy(node->bytes, s, len);
    node->head.kind = escape ? STRING_ESCAPE : STRING_PLAIN;
    return &node->head;
}

struct json *json_strings(const char *s)
{
    return json_string(s, strlen(s));
}
