#include "tasks/sdk.h"

#include <string.h>
#include <strings.h>

#include "aws/reply.h"

struct json *sdk_string(struct text bytes)
{
    return aws_string(bytes);
}

/* ---- metadata -------------------------------------------------------------------------------- */

/* The headers by name: each name once (in the spelling of its first header), with all its
 * values. */
struct named {
    struct text name, last; /* and its last value */
    uint32_t bucket;        /* in the hash table of the Java client, which decides the order */
    struct json_array values;
};

struct names {
    struct named at[CALLS_HEADERS];
    size_t len;
};

/* Java's String.hashCode, spread as its HashMap does. */
static uint32_t java_hash(struct text s)
{
    uint32_t h = 0;

    for (size_t i = 0; i < s.len; i++)
        h = h * 31 + (unsigned char)s.data[i];
    return h ^ (h >> 16);
}

static bool same_name(struct text a, struct text b)
{
    return a.len == b.len && strncasecmp(a.data, b.data, a.len) == 0;
}

static struct named *names_find(struct names *names, struct text name)
{
    for (size_t i = 0; i < names->len; i++) {
        if (same_name(names->at[i].name, name))
            return &names->at[i];
    }

    struct named *new = &names->at[names->len++];

    new->name = name;
    json_array_init(&new->values);
    return new;
}

static bool before_by_bucket(const struct named *a, const struct named *b)
{
    return a->bucket < b->bucket;
}

static bool before_by_name(const struct named *a, const struct named *b)
{
    int order = strncasecmp(a->name.data, b->name.data, MIN(a->name.len, b->name.len));

    return order < 0 || (order == 0 && a->name.len < b->name.len);
}

/* Stable, and there are few. */
static void names_sort(struct names *names,
                       bool (*before)(const struct named *a, const struct named *b))
{
    for (size_t i = 1; i < names->len; i++) {
        struct named moving = names->at[i];
        size_t to = i;

        for (; to > 0 && before(&moving, &names->at[to - 1]); to--)
            names->at[to] = names->at[to - 1];
        names->at[to] = moving;
    }
}

/* A HashMap doubles its 16 buckets whenever it is more than three quarters full. */
static void names_hash(struct names *names)
{
    uint32_t buckets = 16;

    while (names->len > buckets / 4 * 3)
        buckets *= 2;
    for (size_t i = 0; i < names->len; i++)
        names->at[i].bucket = java_hash(names->at[i].name) & (buckets - 1);
}

static void names_collect(struct names *names, const struct call_response *r)
{
    names->len = 0;
    for (size_t i = 0; i < r->headers_len && i < CALLS_HEADERS; i++) {
        struct named *n = names_find(names, r->headers[i].name);

        n->last = r->headers[i].value;
        json_array_add(&n->values, sdk_string(n->last));
    }
}

/* AllHttpHeaders comes out in hash order, HttpHeaders by name without regard to case and with
 * the last value of each: both as recorded (reference/integrations.md 2). */
void sdk_add_metadata(struct json_object *o, const struct call_response *r)
{
    struct json_object *http = json_object_new();
    struct json_object *all = json_object_new();
    struct json_object *last = json_object_new();
    struct json_object *response = json_object_new();
    struct text id = sdk_request_id(r);
    struct names names;

    names_collect(&names, r);
    names_hash(&names);
    names_sort(&names, before_by_bucket);
    for (size_t i = 0; i < names.len; i++) {
        struct named *n = &names.at[i];

        json_object_add(all, sdk_string(n->name), json_array_finish(&n->values));
    }
    names_sort(&names, before_by_name);
    for (size_t i = 0; i < names.len; i++)
        json_object_add(last, sdk_string(names.at[i].name), sdk_string(names.at[i].last));

    json_object_adds(http, "AllHttpHeaders", json_object_finish(all));
    json_object_adds(http, "HttpHeaders", json_object_finish(last));
    json_object_adds(http, "HttpStatusCode", json_int(r->status));
    json_object_adds(o, "SdkHttpMetadata", json_object_finish(http));
    json_object_adds(response, "RequestId", id.data ? sdk_string(id) : json_null());
    json_object_adds(o, "SdkResponseMetadata", json_object_finish(response));
}

struct text sdk_request_id(const struct call_response *r)
{
    return call_response_header(r, "x-amzn-RequestId");
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void add_or_null(struct strbuf *sb, struct text t)
{
    if (t.data)
        strbuf_add(sb, t.data, t.len);
    else
        strbuf_adds(sb, "null");
}

struct text sdk_error_text(struct arena *a, const char *service, int status, struct text code,
                           struct text message, struct text request_id)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, message.len + code.len + request_id.len + 256);
    add_or_null(&sb, message);
    strbuf_addf(&sb, " (Service: %s; Status Code: %d; Error Code: ", service, status);
    add_or_null(&sb, code);
    strbuf_adds(&sb, "; Request ID: ");
    add_or_null(&sb, request_id);
    strbuf_adds(&sb, "; Proxy: null)");
    return (struct text){arena_memdup(a, sb.data, sb.len), sb.len};
}
