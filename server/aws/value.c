#include "aws/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/reply.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/timefmt.h"
#include "base/utf8.h"

struct json *aws_string(struct text bytes)
{
    if (utf8_valid(bytes.data, bytes.len))
        return json_string(bytes.data, bytes.len);

    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, 2 * bytes.len);
    for (size_t i = 0; i < bytes.len; i++) {
        char encoded[4];

        strbuf_add(&sb, encoded, utf8_encode((unsigned char)bytes.data[i], encoded));
    }
    return json_string(sb.data, sb.len);
}

/* ---- members, sorted ------------------------------------------------------------------------- */

void values_add(struct values *v, const struct aws_member *m, struct json *value)
{
    if (v->len == v->cap) {
        v->cap = v->cap ? 2 * v->cap : 8;
        v->items = xrealloc(v->items, v->cap * sizeof(*v->items));
    }
    aws_member_label(m, v->java, v->items[v->len].label);
    v->items[v->len++].value = value;
}

void values_done(struct values *v)
{
    for (size_t i = 0; i < v->len; i++)
        json_unref(v->items[i].value);
    free(v->items);
    *v = (struct values){0};
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct labelled *)a)->label, ((const struct labelled *)b)->label);
}

struct json *values_finish(struct values *v, const char *last_label, struct json *last)
{
    struct json_object *o = json_object_new();

    if (v->len)
        qsort(v->items, v->len, sizeof(*v->items), compare);
    for (size_t i = 0; i < v->len; i++)
        json_object_adds(o, v->items[i].label, v->items[i].value);
    v->len = 0;
    values_done(v);
    if (last_label)
        json_object_adds(o, last_label, last);
    return json_object_finish(o);
}

/* ---- scalars --------------------------------------------------------------------------------- */

/* As java.time.Instant prints it: milliseconds only where there are any. */
static struct json *time_value(int64_t ms, bool java)
{
    char text[ISO_TIME_SIZE];
    size_t len;

    if (!java)
        return json_int(ms);
    len = strlen(iso_time_format(ms, text));
    if (ms % 1000 == 0 && len > 5)
        (void)memmove(text + len - 5, "Z", 2);
    return json_strings(text);
}

static bool seconds_to_ms(double seconds, int64_t *ret_ms)
{
    if (!(fabs(seconds) < 253402300800.0)) /* the year 10000 */
        return false;
    *ret_ms = (int64_t)llround(seconds * 1000);
    return true;
}

/* "Thu, 24 Sep 2026 02:56:17 GMT" */
static bool parse_http_date(struct text t, int64_t *ret_ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char text[40], month[4], iso[ISO_TIME_SIZE];
    unsigned day, year, hour, minute, second;
    const char *found;

    if (t.len >= sizeof(text))
        return false;
    memcpy(text, t.data, t.len);
    text[t.len] = '\0';
    if (sscanf(text, "%*3[A-Za-z], %2u %3[A-Za-z] %4u %2u:%2u:%2u GMT", &day, month, &year, &hour,
               &minute, &second) != 6)
        return false;
    found = strlen(month) == 3 ? strstr(months, month) : NULL;
    if (!found)
        return false;
    (void)snprintf(iso, sizeof(iso), "%04u-%02u-%02uT%02u:%02u:%02uZ", year,
                   (unsigned)((found - months) / 3 + 1), day, hour, minute, second);
    return iso_time_parse(iso, strlen(iso), ret_ms) == 0;
}

static bool parse_time(struct text t, int64_t *ret_ms)
{
    struct json *number;
    bool good;

    if (iso_time_parse(t.data, t.len, ret_ms) == 0 || parse_http_date(t, ret_ms))
        return true;
    number = json_number_from_text(t.data, t.len);
    good = number && seconds_to_ms(json_double(number), ret_ms);
    json_unref(number);
    return good;
}

struct json *value_of_text(const char *type, struct text t, bool java)
{
    struct json *number;
    int64_t ms;

    switch (*aws_shape(type)) {
    case 'n':
        number = json_number_from_text(t.data, t.len);
        return number ? number : aws_string(t);
    case 'b':
        if (t.len == 4 && memcmp(t.data, "true", 4) == 0)
            return json_bool(true);
        return t.len == 5 && memcmp(t.data, "false", 5) == 0 ? json_bool(false) : aws_string(t);
    case 't':
        return parse_time(t, &ms) ? time_value(ms, java) : aws_string(t);
    default:
        return aws_string(t);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static struct json *json_time(const struct json *value, bool java)
{
    int64_t ms;
    size_t len;

    if (json_is(value, JSON_NUMBER) && seconds_to_ms(json_double(value), &ms))
        return time_value(ms, java);
    if (!json_is(value, JSON_STRING))
        return json_ref(value);

    const char *s = json_str(value, &len);

    return value_of_text("t", (struct text){s, len}, java);
}

static struct json *json_list(const char *element, const struct json *value, bool java)
{
    struct json_array list;

    json_array_init(&list);
    for (size_t i = 0; i < json_len(value); i++)
        json_array_add(&list, value_of_json(element, json_at(value, i), java));
    return json_array_finish(&list);
}

static struct json *json_map(const char *element, const struct json *value, bool java)
{
    struct json_object *map = json_object_new();

    for (size_t i = 0; i < json_len(value); i++)
        json_object_add(map, json_ref(json_key_at(value, i)),
                        value_of_json(element, json_member_at(value, i), java));
    return json_object_finish(map);
}

void values_add_json(struct values *v, const char *shape, const struct json *value)
{
    struct aws_member m;

    for (const char *at = shape + 1; *at;) {
        at = aws_member_read(at, &m);

        const struct json *member = m.place == 0 ? json_get(value, m.wire.data, m.wire.len) : NULL;

        if (member && !json_is(member, JSON_NULL))
            values_add(v, &m, value_of_json(m.type, member, v->java));
    }
}

struct json *value_of_json(const char *type, const struct json *value, bool java)
{
    const char *shape = aws_shape(type);

    if (*shape == '{' && json_is(value, JSON_OBJECT)) {
        struct values v = {.java = java};

        values_add_json(&v, shape, value);
        return values_finish(&v, NULL, NULL);
    }
    if (*shape == '[' && json_is(value, JSON_ARRAY))
        return json_list(shape + 1, value, java);
    if (*shape == '%' && json_is(value, JSON_OBJECT))
        return json_map(shape + 1, value, java);
    if (*shape == 't')
        return json_time(value, java);
    return json_ref(value);
}

/* ---- XML ------------------------------------------------------------------------------------- */

static bool is_named(const struct xml_node *node, struct text name)
{
    return node->name.len == name.len && memcmp(node->name.data, name.data, name.len) == 0;
}

/* The elements of a list: all from node on that have its name (flattened), or the children. */
static struct json *xml_list(const struct aws_container *c, const struct xml_node *node, bool java)
{
    const struct xml_node *item = c->flattened ? node : node->first;
    struct json_array list;

    json_array_init(&list);
    for (; item; item = item->next)
        if (!c->flattened || is_named(item, node->name))
            json_array_add(&list, value_of_xml(c->element, item, java));
    return json_array_finish(&list);
}

static struct json *xml_map(const struct aws_container *c, const struct xml_node *node, bool java)
{
    const struct xml_node *entry = c->flattened ? node : node->first;
    struct json_object *map = json_object_new();

    for (; entry; entry = entry->next) {
        const struct xml_node *key = xml_child(entry, c->key);
        const struct xml_node *value = xml_child(entry, c->value);

        if (key && value && (!c->flattened || is_named(entry, node->name)))
            json_object_add(map, aws_string(key->text), value_of_xml(c->element, value, java));
    }
    return json_object_finish(map);
}

static struct json *xml_attribute(const struct xml_node *node, const struct aws_member *m,
                                  bool java)
{
    const char *colon = memchr(m->wire.data, ':', m->wire.len);
    struct text name = m->wire;

    if (colon)
        name = (struct text){colon + 1, (size_t)(m->wire.data + m->wire.len - colon - 1)};
    for (const struct xml_attribute *a = node->attributes; a; a = a->next)
        if (a->name.len == name.len && memcmp(a->name.data, name.data, name.len) == 0)
            return value_of_text(m->type, a->value, java);
    return NULL;
}

void values_add_xml(struct values *v, const char *shape, const struct xml_node *node)
{
    struct aws_member m;

    for (const char *at = shape + 1; *at;) {
        const struct xml_node *child;

        at = aws_member_read(at, &m);
        if (m.place == 'a') {
            struct json *value = xml_attribute(node, &m, v->java);

            if (value)
                values_add(v, &m, value);
            continue;
        }
        child = m.place == 0 ? xml_child(node, m.wire) : NULL;
        if (child)
            values_add(v, &m, value_of_xml(m.type, child, v->java));
    }
}

struct json *value_of_xml(const char *type, const struct xml_node *node, bool java)
{
    const char *shape = aws_shape(type);
    struct aws_container c;

    if (*shape == '{') {
        struct values v = {.java = java};

        values_add_xml(&v, shape, node);
        return values_finish(&v, NULL, NULL);
    }
    if (*shape != '[' && *shape != '%')
        return value_of_text(shape, node->text, java);
    aws_container_read(shape, &c);
    return *shape == '[' ? xml_list(&c, node, java) : xml_map(&c, node, java);
}
