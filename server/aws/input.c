/* Parameters, read by the shape of what an operation takes. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "aws/request.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/timefmt.h"

#define PROBLEMS_BYTES 1024 /* no more of them are told */

struct reading {
    bool java;         /* aws-sdk */
    const char *token; /* NULL: one is made up */
    struct strbuf *problems;
};

static void add_problem(const struct reading *r, const char *format, const char *field)
{
    if (r->problems->len >= PROBLEMS_BYTES)
        return;
    if (r->problems->len)
        strbuf_adds(r->problems, ", ");

    const char *mark = strchr(format, '%');

    strbuf_add(r->problems, format, (size_t)(mark - format));
    strbuf_add(r->problems, field, strnlen(field, 256));
    strbuf_adds(r->problems, mark + 1);
}

static struct json *wrong(const struct reading *r, const char *field)
{
    add_problem(r, "The value of the field '%' has an invalid format", field);
    return NULL;
}

static struct json *read_value(const struct reading *r, const char *field, const char *type,
                               const struct json *value);

/* ---- scalars --------------------------------------------------------------------------------- */

/* Text is wanted: anything else is handed on as its JSON (reference/integrations.md 3). */
static struct json *read_text(const struct json *value)
{
    if (json_is(value, JSON_STRING))
        return json_ref(value);

    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    json_print(value, &sb);
    return json_string(sb.data, sb.len);
}

static struct json *read_number(const struct reading *r, const char *field,
                                const struct json *value)
{
    struct json *number = NULL;

    if (json_is(value, JSON_NUMBER))
        return json_ref(value);
    if (json_is(value, JSON_STRING)) {
        size_t len;
        const char *s = json_str(value, &len);

        number = json_number_from_text(s, len);
    }
    return number ? number : wrong(r, field);
}

static struct json *read_bool(const struct reading *r, const char *field, const struct json *value)
{
    if (json_is_bool(value))
        return json_ref(value);
    if (json_str_eq(value, "true") || json_str_eq(value, "false"))
        return json_bool(json_str_eq(value, "true"));
    return wrong(r, field);
}

/* Epoch milliseconds, of a date as text or of a number of seconds. */
static struct json *read_time(const struct reading *r, const char *field, const struct json *value)
{
    int64_t ms;
    size_t len;

    if (json_is(value, JSON_NUMBER)) {
        double seconds = json_double(value);

        return fabs(seconds) < 1e12 ? json_int((int64_t)(seconds * 1000)) : wrong(r, field);
    }
    if (!json_is(value, JSON_STRING))
        return wrong(r, field);

    const char *s = json_str(value, &len);

    return iso_time_parse(s, len, &ms) == 0 ? json_int(ms) : wrong(r, field);
}

/* ---- lists, maps, structures ----------------------------------------------------------------- */

static struct json *read_list(const struct reading *r, const char *field, const char *shape,
                              const struct json *value)
{
    struct json_array list;
    bool good = true;

    if (!json_is(value, JSON_ARRAY))
        return wrong(r, field);
    json_array_init(&list);
    for (size_t i = 0; i < json_len(value); i++) {
        struct json *item;

        if (json_is(json_at(value, i), JSON_NULL))
            continue;
        item = read_value(r, field, shape + 1, json_at(value, i));
        if (item)
            json_array_add(&list, item);
        good = good && item;
    }
    if (good)
        return json_array_finish(&list);
    json_array_done(&list);
    return NULL;
}

static struct json *finish(struct json_object *o, bool good)
{
    if (good)
        return json_object_finish(o);
    json_object_free(o);
    return NULL;
}

static struct json *read_map(const struct reading *r, const char *field, const char *shape,
                             const struct json *value)
{
    struct json_object *map;
    bool good = true;

    if (!json_is(value, JSON_OBJECT))
        return wrong(r, field);
    map = json_object_new();
    for (size_t i = 0; i < json_len(value); i++) {
        struct json *item;

        if (json_is(json_member_at(value, i), JSON_NULL))
            continue;
        item = read_value(r, json_str(json_key_at(value, i), NULL), shape + 1,
                          json_member_at(value, i));
        if (item)
            json_object_add(map, json_ref(json_key_at(value, i)), item);
        good = good && item;
    }
    return finish(map, good);
}

/* The member a parameter names.  aws-sdk has the names of the Java SDK; those of the API are taken,
 * too. */
static bool find_member(bool java, const char *shape, const struct json *name,
                        struct aws_member *ret_member)
{
    char label[AWS_NAME_SIZE];

    for (const char *at = shape + 1; *at;) {
        at = aws_member_read(at, ret_member);
        aws_member_label(ret_member, false, label);
        if (json_str_eq(name, label))
            return true;
        aws_member_label(ret_member, java, label);
        if (java && json_str_eq(name, label))
            return true;
    }
    return false;
}

static struct json *read_structure(const struct reading *r, const char *field, const char *shape,
                                   const struct json *value)
{
    struct json_object *o;
    bool good = true;

    if (!json_is(value, JSON_OBJECT))
        return wrong(r, field);
    o = json_object_new();
    for (size_t i = 0; i < json_len(value) && r->problems->len < PROBLEMS_BYTES; i++) {
        const struct json *name = json_key_at(value, i);
        struct aws_member m;
        struct json *item;

        if (!find_member(r->java, shape, name, &m)) {
            if (r->java)
                add_problem(r, "The field '%' is not supported by Step Functions",
                            json_str(name, NULL));
            good = good && !r->java;
            continue;
        }
        if (json_is(json_member_at(value, i), JSON_NULL))
            continue;
        item = m.place == 'b' /* of any type: its JSON is sent */
                   ? json_ref(json_member_at(value, i))
                   : read_value(r, json_str(name, NULL), m.type, json_member_at(value, i));
        if (item)
            json_object_add(o, json_string(m.name.data, m.name.len), item);
        good = good && item;
    }
    return finish(o, good && r->problems->len < PROBLEMS_BYTES);
}

static struct json *read_value(const struct reading *r, const char *field, const char *type,
                               const struct json *value)
{
    const char *shape = aws_shape(type);

    switch (*shape) {
    case '{':
        return read_structure(r, field, shape, value);
    case '[':
        return read_list(r, field, shape, value);
    case '%':
        return read_map(r, field, shape, value);
    case 'n':
        return read_number(r, field, value);
    case 'b':
        return read_bool(r, field, value);
    case 't':
        return read_time(r, field, value);
    case '*':
        return json_ref(value);
    default: /* text and bytes */
        return read_text(value);
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* What was not given: a token is made up, a required member is missed.  A member that is null is
 * given: the service says what it thinks of it (recorded: error_handling.aws-sdk.test-dynamodb-
 * invalid-param). */
static struct json *complete(const struct reading *r, const char *shape,
                             const struct json *parameters, struct json *input /* takes */)
{
    struct aws_member m;

    for (const char *at = shape + 1; *at;) {
        char label[AWS_NAME_SIZE], java[AWS_NAME_SIZE], uuid[UUID_SIZE];

        at = aws_member_read(at, &m);
        aws_member_label(&m, false, label);
        aws_member_label(&m, true, java);
        if (json_gets(parameters, label) || (r->java && json_gets(parameters, java)))
            continue;
        if (m.token) {
            struct json *name = json_string(m.name.data, m.name.len);
            struct json *with =
                json_with(input, name, json_strings(r->token ? r->token : uuid4(uuid)));

            json_unref(name);
            json_unref(input);
            input = with;
        } else if (m.required) {
            add_problem(r, "The field '%' is required but was missing", r->java ? java : label);
        }
    }
    return input;
}

struct json *aws_input(const struct aws_integration *i, const struct json *parameters,
                       struct strbuf *problems)
{
    struct reading r = {.java = !i->optimized, .token = i->token, .problems = problems};
    const char *shape = i->operation.input ? i->operation.input : "{";
    struct json *input;

    if (!json_is(parameters, JSON_OBJECT)) {
        strbuf_adds(problems, "The value must be an object");
        return NULL;
    }
    input = read_structure(&r, "", shape, parameters);
    if (input)
        input = complete(&r, shape, parameters, input);
    if (problems->len) {
        json_unref(input);
        return NULL;
    }
    return input;
}

/* ---- null ------------------------------------------------------------------------------------ */

/* The next required member that is null; NULL when there is no more. */
static const char *next_null(const struct aws_integration *i, const struct json *parameters,
                             const char *at, struct aws_member *ret_member)
{
    while (*at) {
        char label[AWS_NAME_SIZE];

        at = aws_member_read(at, ret_member);
        aws_member_label(ret_member, !i->optimized, label);
        if (ret_member->required && json_is(json_gets(parameters, label), JSON_NULL))
            return at;
    }
    return NULL;
}

/* Recorded: error_handling.task-service-sqs.test-send-message-empty-body and
 * error_handling.aws-sdk.test-dynamodb-invalid-param. */
const char *aws_input_refusal(const struct aws_integration *i, const struct json *parameters,
                              struct strbuf *message)
{
    const struct aws_operation *op = &i->operation;
    bool sqs = strcmp(op->service->name, "sqs") == 0;
    const char *at = op->input ? op->input + 1 : "";
    struct aws_member m;
    unsigned found = 0;

    if (!sqs && strcmp(op->service->name, "dynamodb") != 0)
        return NULL;
    while ((at = next_null(i, parameters, at, &m))) {
        if (sqs) {
            strbuf_addf(message, "The request must contain the parameter %.*s.", (int)m.name.len,
                        m.name.data);
            return "MissingParameter";
        }
        strbuf_addf(
            message,
            "%sValue null at '%c%.*s' failed to satisfy constraint: Member must not be null",
            found++ ? "; " : "", tolower((unsigned char)*m.name.data), (int)m.name.len - 1,
            m.name.data + 1);
    }
    if (!found)
        return NULL;

    CLEANUP(free_p) char *all = strbuf_take(message, NULL);

    strbuf_addf(message, "%u validation error%s detected: %s", found, found > 1 ? "s" : "", all);
    return "ValidationException";
}
