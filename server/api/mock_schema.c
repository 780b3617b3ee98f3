#include "api/mock_schema.h"

#include <stdlib.h>
#include <string.h>

#include "aws/models.h"
#include "base/utf8.h"

/* Where a check stands: the member it is about, as messages name it. */
struct check {
    const char *field;
    size_t field_len;
    const struct mock_operation *op;
    bool strict;
    struct strbuf *problem;
};

/* A job's answer is the description of the execution it came to. */
static const char *operation_of(const char *type, const char *resource)
{
    bool described =
        strcmp(type, "states") == 0 && strncmp(resource, "startExecution.sync", 19) == 0;

    return described ? "describeExecution" : resource;
}

bool mock_operation_find(const char *type, const char *resource,
                         struct mock_operation *ret_operation)
{
    struct aws_integration found;

    if (!aws_integration_find(type, operation_of(type, resource), &found, NULL) ||
        !found.operation.output || (found.optimized && strcmp(resource, "invokeModel") == 0))
        return false; /* a model's answer is handed on as JSON */
    *ret_operation = (struct mock_operation){
        .shape = found.operation.output,
        .java = !found.optimized,
        .parsed = strcmp(resource, "startExecution.sync:2") == 0,
    };
    return true;
}

static bool refuse(const struct check *c, const char *what)
{
    strbuf_addf(c->problem, "Field '%.*s' %s", (int)c->field_len, c->field, what);
    return false;
}

/* ---- bounds ---- */

struct bounds {
    bool has_min, has_max;
    double min, max;
};

/* Reads "<1,64>" (or "(1,64)"), if it is there, and returns what follows. */
static const char *read_bounds(const char *at, struct bounds *ret_bounds)
{
    struct bounds b = {0};
    char *end;

    if (*at == '<' || *at == '(') {
        at++;
        if (*at != ',') {
            b.has_min = true;
            b.min = strtod(at, &end);
            at = end;
        }
        at++;
        if (*at != '>' && *at != ')') {
            b.has_max = true;
            b.max = strtod(at, &end);
            at = end;
        }
        at++;
    }
    *ret_bounds = b;
    return at;
}

static bool check_length(const struct check *c, const char *type, double length)
{
    struct bounds b;

    (void)read_bounds(type, &b);
    if (b.has_min && length < b.min)
        return refuse(c, "is smaller than the minimum length");
    if (b.has_max && length > b.max)
        return refuse(c, "exceeds the maximum length");
    return true;
}

/* ---- types ---- */

static bool check_type(const struct check *c, const char *type, const struct json *value);

static bool check_string(const struct check *c, const char *type, const struct json *value)
{
    size_t len;

    if (!json_is(value, JSON_STRING))
        return refuse(c, "must be a string");

    const char *s = json_str(value, &len);

    return check_length(c, type + 1, (double)utf8_length(s, len));
}

/* Bytes: their bounds are those of what the base64 text says, about. */
static bool check_bytes(const struct check *c, const char *type, const struct json *value)
{
    size_t len;

    if (!json_is(value, JSON_STRING))
        return refuse(c, "must be a string");
    (void)json_str(value, &len);
    return check_length(c, type + 1, len < 4 ? (double)len : (double)(len / 4 * 3));
}

static bool check_number(const struct check *c, const char *type, const struct json *value)
{
    struct bounds b;

    if (!json_is(value, JSON_NUMBER))
        return refuse(c, "must be a number");
    (void)read_bounds(type + 1, &b);
    if (b.has_min && json_double(value) < b.min)
        return refuse(c, "is less than the minimum value");
    if (b.has_max && json_double(value) > b.max)
        return refuse(c, "exceeds the maximum value");
    return true;
}

static bool check_enumeration(const struct check *c, const char *words, const struct json *value)
{
    size_t len;

    if (!json_is(value, JSON_STRING))
        return refuse(c, "must be a string");

    const char *s = json_str(value, &len);

    while (*words) {
        size_t word = strcspn(++words, "|");

        if (word == len && memcmp(words, s, len) == 0)
            return true;
        words += word;
    }
    return refuse(c, "is not an expected value");
}

static bool check_list(const struct check *c, const char *element, const struct json *value)
{
    if (!json_is(value, JSON_ARRAY))
        return refuse(c, "must be an array");
    for (size_t i = 0; i < json_len(value); i++)
        if (!check_type(c, element, json_at(value, i)))
            return false;
    return check_length(c, aws_type_end(element), (double)json_len(value));
}

static bool check_map(const struct check *c, const char *element, const struct json *value)
{
    if (!json_is(value, JSON_OBJECT))
        return refuse(c, "must be an object");
    for (size_t i = 0; i < json_len(value); i++) {
        struct check inner = *c;

        inner.field = json_str(json_key_at(value, i), &inner.field_len);
        if (!check_type(&inner, element, json_member_at(value, i)))
            return false;
    }
    return true;
}

/* Walks the members of a structure: with `required`, looks for those that are not there, else checks
 * those that are. */
static bool check_members(const struct check *c, const char *shape, const struct json *value,
                          bool required)
{
    struct aws_member m;

    for (const char *at = shape + 1; *at;) {
        struct check inner = *c;
        char label[AWS_NAME_SIZE];

        at = aws_member_read(at, &m);
        aws_member_label(&m, c->op->java, label);

        const struct json *member = json_gets(value, label);

        inner.field = label;
        inner.field_len = strlen(label);
        if (json_is(member, JSON_NULL))
            member = NULL;
        if (required && m.required && !member) {
            strbuf_addf(c->problem, "Required field '%s' is missing", label);
            return false;
        }
        if (c->op->parsed && (strcmp(label, "Input") == 0 || strcmp(label, "Output") == 0))
            continue;
        if (!required && member && !check_type(&inner, m.type, member))
            return false;
    }
    return true;
}

static bool check_structure(const struct check *c, const char *shape, const struct json *value)
{
    if (!json_is(value, JSON_OBJECT))
        return refuse(c, "must be an object");
    if (c->strict && !check_members(c, shape, value, true))
        return false;
    return check_members(c, shape, value, false);
}

static bool check_shape(const struct check *c, const char *shape, const struct json *value)
{
    switch (*shape) {
    case '{':
        return check_structure(c, shape, value);
    case '[':
        return check_list(c, shape + 1, value);
    case '%':
        return check_map(c, shape + 1, value);
    default:
        return check_enumeration(c, shape, value);
    }
}

/* As deep as the value nests, at most LIMIT_JSON_DEPTH. */
static bool check_type(const struct check *c, const char *type, const struct json *value)
{
    switch (*type) {
    case '#':
        return check_shape(c, aws_shape(type), value);
    case 's':
        return check_string(c, type, value);
    case 'x':
        return check_bytes(c, type, value);
    case 'n':
        return check_number(c, type, value);
    case 'b':
        return json_is_bool(value) || refuse(c, "must be a boolean");
    case 't':
        return json_is(value, JSON_STRING) || json_is(value, JSON_NUMBER) ||
               refuse(c, "must be a string");
    default: /* anything */
        return true;
    }
}

bool mock_result_fits(const struct mock_operation *op, const struct json *result, bool strict,
                      struct strbuf *problem)
{
    struct check c = {.field = "", .op = op, .strict = strict, .problem = problem};

    return check_shape(&c, op->shape, result);
}
