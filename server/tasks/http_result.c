#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "tasks/http.h"
#include "tasks/result.h"
#include "tasks/sdk.h"
#include "json/json.h"

/* ---- the body -------------------------------------------------------------------------------- */

enum content { CONTENT_NONE, CONTENT_JSON, CONTENT_TEXT, CONTENT_BINARY };

/* "application/json; charset=utf-8" -> "application/json" */
static struct text media_type(const struct call_response *r)
{
    struct text t = call_response_header(r, "content-type");

    if (t.data)
        t.len = strcspn(t.data, "; \t");
    return t;
}

static bool starts_with(struct text t, const char *prefix)
{
    return t.len >= strlen(prefix) && strncasecmp(t.data, prefix, strlen(prefix)) == 0;
}

static bool ends_with(struct text t, const char *suffix)
{
    size_t len = strlen(suffix);

    return t.len >= len && strncasecmp(t.data + t.len - len, suffix, len) == 0;
}

static bool type_is(struct text t, const char *type)
{
    return t.len == strlen(type) && starts_with(t, type);
}

/* octet-stream is recorded; the kinds of media, and archives, are documented or alike. */
static bool is_binary(struct text type)
{
    static const char *const prefixes[] = {"audio/", "font/", "image/", "video/"};
    static const char *const types[] = {"application/octet-stream", "application/gzip",
                                        "application/pdf", "application/zip"};

    if (ends_with(type, "+xml"))
        return false; /* image/svg+xml */
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (starts_with(type, prefixes[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (type_is(type, types[i]))
            return true;
    return false;
}

static enum content content_of(const char *method, const struct call_response *r)
{
    struct text type = media_type(r);

    if (strcmp(method, "HEAD") == 0 || r->status == 204 || r->body.len == 0)
        return CONTENT_NONE;
    if (is_binary(type))
        return CONTENT_BINARY;
    if (type_is(type, "application/json") || type_is(type, "text/json") || ends_with(type, "+json"))
        return CONTENT_JSON;
    if (starts_with(type, "text/") || utf8_valid(r->body.data, r->body.len))
        return CONTENT_TEXT;
    return CONTENT_BINARY;
}

/* What does not keep its type's promise stays text. */
static struct json *read_body(enum content content, struct text body)
{
    struct json *value = NULL;

    if (content == CONTENT_JSON)
        value = json_parse(body.data, body.len, JSON_PARSE_DEFAULT, NULL);
    return value ? value : sdk_string(body);
}

/* ---- the envelope ---------------------------------------------------------------------------- */

/* True when a header before that one has its name. */
static bool is_repeated(const struct call_response *r, size_t index)
{
    const struct text name = r->headers[index].name;

    for (size_t i = 0; i < index; i++)
        if (r->headers[i].name.len == name.len &&
            strncasecmp(r->headers[i].name.data, name.data, name.len) == 0)
            return true;
    return false;
}

/* {"name":["value",...]}: each name once, as its first header spells it. */
static struct json *headers_json(const struct call_response *r)
{
    struct json_object *o = json_object_new();

    for (size_t i = 0; i < r->headers_len; i++) {
        const struct text name = r->headers[i].name;
        struct json_array values;

        if (is_repeated(r, i))
            continue;
        json_array_init(&values);
        for (size_t j = i; j < r->headers_len; j++)
            if (r->headers[j].name.len == name.len &&
                strncasecmp(r->headers[j].name.data, name.data, name.len) == 0)
                json_array_add(&values, sdk_string(r->headers[j].value));
        json_object_add(o, sdk_string(name), json_array_finish(&values));
    }
    return json_object_finish(o);
}

static struct json *envelope(const struct call_response *r, struct json *body /* takes; NULL */)
{
    struct json_object *o = json_object_new();

    json_object_adds(o, "Headers", headers_json(r));
    if (body)
        json_object_adds(o, "ResponseBody", body);
    json_object_adds(o, "StatusCode", json_int(r->status));
    json_object_adds(o, "StatusText", sdk_string(r->status_text));
    return json_object_finish(o);
}

static void print_output(struct arena *a, const struct json *value, int64_t max_bytes,
                         struct task_result *ret)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, (size_t)max_bytes);
    json_print(value, &sb);
    if (sb.overflow) {
        result_too_large(a, ret, "http");
        return;
    }
    *ret = (struct task_result){
        .outcome = TASK_SUCCEEDED,
        .output = {arena_memdup(a, sb.data, sb.len), sb.len},
    };
}

static void succeeded(struct arena *a, const char *method, const struct call_response *r,
                      int64_t max_bytes, struct task_result *ret)
{
    enum content content = content_of(method, r);
    CLEANUP(json_unref_p) struct json *output = NULL;

    if (content == CONTENT_BINARY) {
        struct text type = media_type(r);

        result_fail(a, ret, "States.Runtime",
                    "The response of the API has the content type '%.*s', which an HTTP Task "
                    "cannot read.",
                    (int)MIN(type.len, (size_t)256), type.data ? type.data : "");
        return;
    }
    output = envelope(r, content == CONTENT_NONE ? NULL : read_body(content, r->body));
    if (json_depth(output) > LIMIT_JSON_DEPTH) {
        json_unref(output);
        output = envelope(r, sdk_string(r->body));
    }
    print_output(a, output, max_bytes, ret);
}

void http_result(struct arena *a, const char *method, const struct call_response *r,
                 int64_t max_bytes, struct task_result *ret_result)
{
    if (r->end == CALL_UNREACHABLE) {
        result_fail(a, ret_result, "States.Http.Socket", "Unable to execute HTTP request: %s",
                    r->reason);
    } else if (r->end == CALL_TIMED_OUT) {
        result_fail(a, ret_result, "States.Http.Socket",
                    "Unable to execute HTTP request: no response within %d seconds",
                    HTTP_ANSWER_SECONDS);
    } else if (r->status < 200 || r->status > 299) {
        CLEANUP(json_unref_p) struct json *reason = sdk_string(r->status_text);
        const char *error = arena_printf(a, "States.Http.StatusCode.%d", r->status);
        struct text cause;

        cause.data = json_str(reason, &cause.len);
        result_fail_text(a, ret_result, (struct text){error, strlen(error)}, cause);
    } else if (r->end == CALL_TOO_LARGE || (int64_t)r->body.len > max_bytes) {
        result_too_large(a, ret_result, "http");
    } else {
        succeeded(a, method, r, max_bytes, ret_result);
    }
}
