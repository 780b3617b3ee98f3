#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tasks/http.h"
#include "tasks/result.h"

static bool bad_format(struct strbuf *problem, const char *field)
{
    strbuf_clear(problem);
    strbuf_addf(problem, "The value of the field '%s' has an invalid format", field);
    return false;
}

static bool missing(struct strbuf *problem, const char *field)
{
    strbuf_clear(problem);
    strbuf_addf(problem, "The field '%s' is required but was missing", field);
    return false;
}

/* null is as good as not there. */
static const struct json *member(const struct json *object, const char *name)
{
    const struct json *value = json_gets(object, name);

    return json_is(value, JSON_NULL) ? NULL : value;
}

static struct text text_of(const struct json *value)
{
    struct text t;

    t.data = json_str(value, &t.len);
    return t;
}

/* ---- one parameter --------------------------------------------------------------------------- */

/* http or https, a host, and nothing that may not stand in a URL.  No user: that would authorise
 * the request beside its connection. */
static bool is_endpoint(struct text t)
{
    size_t scheme = strncasecmp(t.data, "http://", 7) == 0    ? 7
                    : strncasecmp(t.data, "https://", 8) == 0 ? 8
                                                              : 0;
    size_t host = scheme ? strcspn(t.data + scheme, "/?#") : 0;

    for (size_t i = 0; i < t.len; i++)
        if (t.data[i] <= ' ' || t.data[i] >= 0x7f || strchr("\"<>\\^`{|}", t.data[i]))
            return false;
    return host > 0 && !memchr(t.data + scheme, '@', host);
}

static bool read_endpoint(const struct json *input, struct http_parameters *p,
                          struct strbuf *problem)
{
    const struct json *value = member(input, "ApiEndpoint");

    if (!value)
        return missing(problem, "ApiEndpoint");
    if (!json_is(value, JSON_STRING) || !is_endpoint(text_of(value)))
        return bad_format(problem, "ApiEndpoint");
    p->endpoint = text_of(value);
    return true;
}

static bool read_method(const struct json *input, struct http_parameters *p, struct strbuf *problem)
{
    static const char *const methods[] = {"GET",    "POST",    "PUT", "PATCH",
                                          "DELETE", "OPTIONS", "HEAD"};
    const struct json *value = member(input, "Method");

    if (!value)
        return missing(problem, "Method");
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (json_str_eq(value, methods[i])) {
            p->method = methods[i];
            return true;
        }
    }
    return bad_format(problem, "Method");
}

static bool read_connection(const struct json *input, struct http_parameters *p,
                            struct strbuf *problem)
{
    const char *field = member(input, "InvocationConfig") ? "InvocationConfig" : "Authentication";
    const struct json *config = member(input, field);
    const struct json *arn = config ? member(config, "ConnectionArn") : NULL;

    if (!config)
        return missing(problem, field);
    if (!json_is(config, JSON_OBJECT))
        return bad_format(problem, field);
    if (!arn)
        return missing(problem, "ConnectionArn");
    return (json_is(arn, JSON_STRING) && connection_arn_parse(text_of(arn), &p->connection)) ||
           bad_format(problem, "ConnectionArn");
}

static bool read_object(const struct json *input, const char *field, const struct json **ret,
                        struct strbuf *problem)
{
    *ret = member(input, field);
    return !*ret || json_is(*ret, JSON_OBJECT) || bad_format(problem, field);
}

/* Sets *ret_index to which of the words the value is; leaves it when there is no value. */
static bool read_word(const struct json *value, const char *field, const char *const *words,
                      size_t len, unsigned *ret_index, struct strbuf *problem)
{
    for (size_t i = 0; value && i < len; i++) {
        if (json_str_eq(value, words[i])) {
            *ret_index = (unsigned)i;
            return true;
        }
    }
    return !value || bad_format(problem, field);
}

static bool read_transform(const struct json *input, struct http_parameters *p,
                           struct strbuf *problem)
{
    static const char *const encodings[] = {"NONE", "URL_ENCODED"};
    static const char *const formats[] = {"INDICES", "REPEAT", "COMMAS", "BRACKETS"};
    const struct json *transform;
    const struct json *options = NULL;
    unsigned encoding = 0, format = HTTP_INDICES;

    if (!read_object(input, "Transform", &transform, problem))
        return false;
    if (!transform)
        return true;
    if (!read_word(member(transform, "RequestBodyEncoding"), "RequestBodyEncoding", encodings,
                   ARRAY_LEN(encodings), &encoding, problem) ||
        !read_object(transform, "RequestEncodingOptions", &options, problem))
        return false;
    if (options && !read_word(member(options, "ArrayFormat"), "ArrayFormat", formats,
                              ARRAY_LEN(formats), &format, problem))
        return false;
    p->encode = encoding == 1;
    p->arrays = (enum http_arrays)format;
    return true;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool known_members(const struct json *input, struct strbuf *problem)
{
    static const char *const names[] = {
        "ApiEndpoint", "Method",          "Authentication", "InvocationConfig",
        "Headers",     "QueryParameters", "RequestBody",    "Transform",
    };

    for (size_t i = 0; i < json_len(input); i++) {
        const struct json *key = json_key_at(input, i);
        struct text shown = text_of(key);
        size_t n = 0;

        while (n < ARRAY_LEN(names) && !json_str_eq(key, names[n]))
            n++;
        if (n < ARRAY_LEN(names))
            continue;
        strbuf_adds(problem, "The field '");
        strbuf_add(problem, shown.data, MIN(shown.len, (size_t)256));
        strbuf_adds(problem, "' is not supported by Step Functions");
        return false;
    }
    return true;
}

static bool read_all(const struct json *input, struct http_parameters *p, struct strbuf *problem)
{
    if (!json_is(input, JSON_OBJECT)) {
        strbuf_adds(problem, "The value must be an object");
        return false;
    }
    p->body = member(input, "RequestBody");
    return known_members(input, problem) && read_endpoint(input, p, problem) &&
           read_method(input, p, problem) && read_connection(input, p, problem) &&
           read_object(input, "Headers", &p->headers, problem) &&
           read_object(input, "QueryParameters", &p->query, problem) &&
           read_transform(input, p, problem);
}

bool http_parameters_fail(struct arena *a, const struct http_parameters *p, const char *problem,
                          struct task_result *ret_failure)
{
    CLEANUP(free_p) char *text = json_text(p->input, LIMIT_CAUSE_CHARS / 2, NULL);

    result_fail(a, ret_failure, "States.Runtime",
                "The Parameters '%s' could not be used to start the Task: [%s]", text, problem);
    return false;
}

bool http_parameters_read(struct arena *a, const struct task_request *task,
                          struct http_parameters *ret_parameters, struct task_result *ret_failure)
{
    struct http_parameters p = {
        .input = json_parse(task->input.data, task->input.len, JSON_PARSE_DEFAULT, NULL),
    };
    CLEANUP(strbuf_done) struct strbuf problem;

    CHECK(p.input); /* the engine printed it */
    strbuf_init(&problem, 4096);
    if (!read_all(p.input, &p, &problem)) {
        (void)http_parameters_fail(a, &p, problem.data, ret_failure);
        http_parameters_done(&p);
        return false;
    }
    *ret_parameters = p;
    return true;
}

void http_parameters_done(struct http_parameters *p)
{
    json_unref(p->input);
    *p = (struct http_parameters){0};
}
