#include "api/constraints.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "api/fail.h"
#include "api/internal.h"
#include "api/request.h"
#include "base/utf8.h"

/* A list of a million wrong elements is told about with the first few. */
enum { VIOLATIONS_TOLD = 64 };

/* Where a value stands in the request, innermost first. */
struct path {
    const struct path *outer; /* NULL: the request itself */
    const char *name;         /* of a member */
    size_t index;             /* of an element, from 1; 0: a member */
};

struct checker {
    struct api_call *call;
    size_t violations;
    struct strbuf text; /* all of them, joined */
    bool failed;        /* the call was answered: a value of the wrong type */
};

static void add_path(struct strbuf *out, const struct path *at)
{
    if (at->outer) {
        add_path(out, at->outer);
        strbuf_addc(out, '.');
    }
    if (at->index)
        strbuf_addf(out, "%zu.member", at->index);
    else
        strbuf_adds(out, at->name);
}

/* Begins the next violation: Value 'x' at 'path' failed to satisfy constraint: */
static void violate(struct checker *c, const struct path *at, const char *value, bool sensitive)
{
    struct strbuf *out = &c->text;
    if (c->violations++)
        strbuf_adds(out, "; ");
    strbuf_adds(out, "Value");
    if (!value) {
        strbuf_adds(out, " null");
    } else if (!sensitive) {
        strbuf_adds(out, " '");
        strbuf_adds(out, value);
        strbuf_addc(out, '\'');
    }
    strbuf_adds(out, " at '");
    add_path(out, at);
    strbuf_adds(out, "' failed to satisfy constraint: ");
}

static void wrong_type(struct checker *c, const struct path *at, const cJSON *value,
                       const char *wanted)
{
    const char *is = cJSON_IsString(value)   ? "STRING_VALUE"
                     : cJSON_IsNumber(value) ? "NUMBER_VALUE"
                     : cJSON_IsTrue(value)   ? "TRUE_VALUE"
                     : cJSON_IsFalse(value)  ? "FALSE_VALUE"
                     : cJSON_IsArray(value)  ? "START_ARRAY"
                                             : "START_OBJECT";
    CLEANUP(strbuf_done) struct strbuf path;
    strbuf_init(&path, 4096);
    add_path(&path, at);
    c->failed = true;
    (void)api_fail(c->call, API_ERR_SERIALIZATION, "%s can not be converted to %s at '%s'", is,
                   wanted, path.data);
}

/* The ceiling of a string, and the length it is compared with: bytes where bytes count, else UTF-16
 * units, as the service counts characters. */
static int64_t string_length(const struct checker *c, const struct member *m, const char *s,
                             int64_t *ret_max)
{
    const struct limits *limits = &c->call->api->limits;
    size_t bytes = strlen(s);
    *ret_max = m->max;
    if (m->flags & MEMBER_PAYLOAD)
        *ret_max = limits->payload_bytes;
    if (m->flags & MEMBER_DEFINITION)
        *ret_max = limits->definition_bytes;
    if (m->flags & (MEMBER_PAYLOAD | MEMBER_DEFINITION))
        return (int64_t)bytes;
    return (int64_t)utf8_utf16_length(s, bytes);
}

static bool in_values(const char *s, const char *const *values)
{
    for (; *values; values++)
        if (strcmp(s, *values) == 0)
            return true;
    return false;
}

static void check_string(struct checker *c, const struct path *at, const struct member *m,
                         const char *s)
{
    bool sensitive = m->flags & MEMBER_SENSITIVE;
    int64_t max;
    int64_t len = string_length(c, m, s, &max);
    if (max && len > max) {
        violate(c, at, s, sensitive);
        strbuf_addf(&c->text, "Member must have length less than or equal to %lld", (long long)max);
    }
    if (len < m->min) {
        violate(c, at, s, sensitive);
        strbuf_addf(&c->text, "Member must have length greater than or equal to %lld",
                    (long long)m->min);
    }
    if (m->pattern && !m->pattern->matches(s)) {
        violate(c, at, s, sensitive);
        strbuf_adds(&c->text, "Member must satisfy regular expression pattern: ");
        strbuf_adds(&c->text, m->pattern->text);
    }
    if (m->values && !in_values(s, m->values)) {
        violate(c, at, s, sensitive);
        strbuf_adds(&c->text, "Member must satisfy enum value set: [");
        for (const char *const *v = m->values; *v; v++) {
            strbuf_adds(&c->text, v == m->values ? "" : ", ");
            strbuf_adds(&c->text, *v);
        }
        strbuf_addc(&c->text, ']');
    }
}

static void check_integer(struct checker *c, const struct path *at, const struct member *m,
                          const cJSON *value)
{
    double d = value->valuedouble;
    if (!isfinite(d) || d != floor(d) || fabs(d) > 9007199254740992.0) {
        wrong_type(c, at, value, "Integer");
        return;
    }
    int64_t number = (int64_t)d;
    if (number >= m->min && (!m->max || number <= m->max))
        return;

    char text[32];
    struct strbuf digits;
    strbuf_init(&digits, sizeof(text));
    strbuf_add_int(&digits, number);
    violate(c, at, digits.data, m->flags & MEMBER_SENSITIVE);
    strbuf_done(&digits);
    bool small = number < m->min;
    strbuf_addf(&c->text, "Member must have value %s than or equal to %lld",
                small ? "greater" : "less", (long long)(small ? m->min : m->max));
}

static void check_number(struct checker *c, const struct path *at, const struct member *m,
                         const cJSON *value)
{
    double d = value->valuedouble;
    bool small = d < (double)m->min;
    if (d >= (double)m->min && (!m->max || d <= (double)m->max))
        return;

    CLEANUP(strbuf_done) struct strbuf digits;
    strbuf_init(&digits, 64);
    strbuf_addf(&digits, "%.17g", d);
    violate(c, at, digits.data, m->flags & MEMBER_SENSITIVE);
    strbuf_addf(&c->text, "Member must have value %s than or equal to %lld",
                small ? "greater" : "less", (long long)(small ? m->min : m->max));
}

static void check_object(struct checker *c, const struct path *outer, const struct shape *shape,
                         const cJSON *object);

static void check_value(struct checker *c, const struct path *at, const struct member *m,
                        const cJSON *value);

/* A string or a number as messages show it inside a list. */
static void show_scalar(struct strbuf *out, const cJSON *value)
{
    if (cJSON_IsString(value))
        strbuf_adds(out, value->valuestring);
    else if (cJSON_IsNumber(value))
        strbuf_addf(out, "%.17g", value->valuedouble);
    else
        strbuf_adds(out, "null");
}

/* [Name(member=value, ...), ...] */
static void show_list(struct strbuf *out, const struct member *element, const cJSON *list)
{
    const cJSON *item;
    int left = VIOLATIONS_TOLD;
    strbuf_addc(out, '[');
    cJSON_ArrayForEach(item, list)
    {
        if (left-- == 0)
            break;
        strbuf_adds(out, item == list->child ? "" : ", ");
        if (element->kind != MEMBER_OBJECT) {
            show_scalar(out, item);
            continue;
        }
        strbuf_adds(out, element->shown_as);
        strbuf_addc(out, '(');
        for (size_t i = 0; i < element->shape->len; i++) {
            const char *name = element->shape->members[i].name;
            strbuf_addf(out, "%s%s=", i ? ", " : "", name);
            show_scalar(out, request_get_in(item, name));
        }
        strbuf_addc(out, ')');
    }
    strbuf_addc(out, ']');
}

static void check_list(struct checker *c, const struct path *at, const struct member *m,
                       const cJSON *list)
{
    int len = cJSON_GetArraySize(list);
    bool small = len < m->min;
    if (small || (m->max && len > m->max)) {
        CLEANUP(strbuf_done) struct strbuf shown;
        strbuf_init(&shown, c->text.max);
        show_list(&shown, m->element, list);
        violate(c, at, shown.data, m->flags & MEMBER_SENSITIVE);
        strbuf_addf(&c->text, "Member must have length %s than or equal to %lld",
                    small ? "greater" : "less", (long long)(small ? m->min : m->max));
    }

    struct path element = {.outer = at};
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        element.index++;
        if (c->failed || c->violations >= VIOLATIONS_TOLD)
            break;
        check_value(c, &element, m->element, item);
    }
}

static void check_value(struct checker *c, const struct path *at, const struct member *m,
                        const cJSON *value)
{
    switch (m->kind) {
    case MEMBER_STRING:
        if (cJSON_IsString(value))
            check_string(c, at, m, value->valuestring);
        else
            wrong_type(c, at, value, "String");
        break;
    case MEMBER_INTEGER:
        if (cJSON_IsNumber(value))
            check_integer(c, at, m, value);
        else
            wrong_type(c, at, value, "Integer");
        break;
    case MEMBER_NUMBER:
        if (cJSON_IsNumber(value))
            check_number(c, at, m, value);
        else
            wrong_type(c, at, value, "Float");
        break;
    case MEMBER_BOOLEAN:
        if (!cJSON_IsBool(value))
            wrong_type(c, at, value, "Boolean");
        break;
    case MEMBER_OBJECT:
        if (cJSON_IsObject(value))
            check_object(c, at, m->shape, value);
        else
            wrong_type(c, at, value, "Structure");
        break;
    case MEMBER_LIST:
        if (cJSON_IsArray(value))
            check_list(c, at, m, value);
        else
            wrong_type(c, at, value, "List");
        break;
    }
}

static void check_object(struct checker *c, const struct path *outer, const struct shape *shape,
                         const cJSON *object)
{
    for (size_t i = 0; i < shape->len && !c->failed; i++) {
        const struct member *m = &shape->members[i];
        struct path at = {.outer = outer, .name = m->name};
        const cJSON *value = request_get_in(object, m->name);
        if (value) {
            check_value(c, &at, m, value);
        } else if (m->flags & MEMBER_REQUIRED) {
            violate(c, &at, NULL, false);
            strbuf_adds(&c->text, "Member must not be null");
        }
    }
}

bool constraints_check(struct api_call *call, const struct shape *shape)
{
    struct checker c = {.call = call};
    strbuf_init(&c.text, call->reply.max);
    check_object(&c, NULL, shape, call->request);
    if (!c.failed && c.violations)
        (void)api_fail(call, API_ERR_CONSTRAINT, "%zu validation error%s detected: %s",
                       c.violations, c.violations == 1 ? "" : "s", c.text.data);
    strbuf_done(&c.text);
    return !c.failed && !c.violations;
}
