/* Members of the definition, read with their types and ranges checked. */
#include <math.h>
#include <string.h>

#include "asl/compile.h"
#include "base/timefmt.h"
#include "base/utf8.h"

struct node node_get(struct compiler *c, struct node object, const char *name)
{
    const struct json *v = json_is(object.v, JSON_OBJECT) ? json_gets(object.v, name) : NULL;
    if (!v)
        return (struct node){NULL, NULL};
    return (struct node){v, loc_member(c, object.at, name, strlen(name))};
}

struct node node_at(struct compiler *c, struct node array, size_t index)
{
    return (struct node){json_at(array.v, index), loc_index(c, array.at, index)};
}

struct node node_member(struct compiler *c, struct node object, size_t index)
{
    size_t len;
    const char *name = json_str(json_key_at(object.v, index), &len);
    return (struct node){json_member_at(object.v, index), loc_member(c, object.at, name, len)};
}

static const char *type_word(enum json_type type)
{
    static const char *const words[] = {
        [JSON_NULL] = "Null",     [JSON_FALSE] = "Boolean", [JSON_TRUE] = "Boolean",
        [JSON_NUMBER] = "Number", [JSON_STRING] = "String", [JSON_ARRAY] = "Array",
        [JSON_OBJECT] = "Object",
    };
    return words[type];
}

bool node_is(struct compiler *c, struct node n, enum json_type type)
{
    if (!n.v)
        return false;
    if (json_type(n.v) == type)
        return true;
    schema_error(c, n.at, NULL, "Expected value of type %s", type_word(type));
    return false;
}

bool node_string(struct compiler *c, struct node n, const char **ret_string)
{
    size_t len;
    if (!node_is(c, n, JSON_STRING))
        return false;
    const char *s = json_str(n.v, &len);
    if (strlen(s) != len) {
        schema_error(c, n.at, NULL, "Value contains a NUL character");
        return false;
    }
    *ret_string = s;
    return true;
}

bool node_bool(struct compiler *c, struct node n, bool *ret_value)
{
    if (!n.v)
        return false;
    if (!json_is_bool(n.v)) {
        schema_error(c, n.at, NULL, "Expected value of type Boolean");
        return false;
    }
    *ret_value = json_is(n.v, JSON_TRUE);
    return true;
}

bool node_int(struct compiler *c, struct node n, int64_t min, int64_t max, int64_t *ret_value)
{
    if (!n.v)
        return false;
    if (!json_is(n.v, JSON_NUMBER) || !json_is_int(n.v)) {
        schema_error(c, n.at, NULL, "Expected value of type Integer");
        return false;
    }
    int64_t value;
    if (!json_int64(n.v, &value))
        value = json_double(n.v) < 0 ? INT64_MIN : INT64_MAX;
    if (value < min)
        schema_error(c, n.at, NULL, "Minimum value is %lld", (long long)min);
    else if (value > max)
        schema_error(c, n.at, NULL, "Maximum value is %lld", (long long)max);
    else
        *ret_value = value;
    return value >= min && value <= max;
}

bool node_real(struct compiler *c, struct node n, double min, double max, double *ret_value)
{
    if (!node_is(c, n, JSON_NUMBER))
        return false;
    double value = json_double(n.v);
    if (!(value >= min)) {
        schema_error(c, n.at, NULL, "Minimum value is %.1f", min);
        return false;
    }
    if (value > max || isinf(value)) {
        schema_error(c, n.at, NULL, "Maximum value is %.1f", max);
        return false;
    }
    *ret_value = value;
    return true;
}

bool node_word(struct compiler *c, struct node n, const char *const *words, size_t count,
               size_t *ret_index)
{
    if (!n.v)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (json_str_eq(n.v, words[i])) {
            *ret_index = i;
            return true;
        }
    }
    CLEANUP(strbuf_done) struct strbuf list;
    strbuf_init(&list, 4096);
    list_names(&list, words, count);
    schema_error(c, n.at, NULL, "The field '%.*s' should have one of these values: %s",
                 (int)MIN(n.at->len, 200), n.at->name ? n.at->name : "", list.data);
    return false;
}

bool node_timestamp(struct compiler *c, struct node n)
{
    size_t len;
    int64_t ms;
    if (!node_is(c, n, JSON_STRING))
        return false;
    const char *s = json_str(n.v, &len);
    if (iso_time_parse(s, len, &ms) == 0)
        return true;
    schema_error(c, n.at, NULL, "String does not match RFC3339 timestamp");
    return false;
}

bool node_short(struct compiler *c, struct node n, size_t max)
{
    size_t len;
    if (!node_is(c, n, JSON_STRING))
        return false;
    const char *s = json_str(n.v, &len);
    if (utf8_utf16_length(s, len) <= max)
        return true;
    schema_error(c, n.at, NULL, "Maximum length is %zu", max);
    return false;
}
