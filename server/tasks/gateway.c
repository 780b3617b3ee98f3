#include "tasks/gateway.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/percent.h"
#include "base/strbuf.h"
#include "tasks/result.h"
#include "tasks/sdk.h"
#include "tasks/url.h"
#include "json/json.h"

struct gateway {
    struct arena *arena;
    const struct json *parameters;
    const char *problem; /* the field that is wrong */
    const char **headers;
    size_t headers_len;
};

bool gateway_accepts(const char *type, const char *action)
{
    return type && action && strcmp(type, "apigateway") == 0 && strcmp(action, "invoke") == 0;
}

/* ---- parameters ------------------------------------------------------------------------------ */

/* The text of a member; TEXT_NONE when it is not there. */
static struct text get_text(struct gateway *g, const char *field)
{
    const struct json *value = json_gets(g->parameters, field);
    struct text t = TEXT_NONE;

    if (!value || json_is(value, JSON_NULL))
        return t;
    if (!json_is(value, JSON_STRING)) {
        g->problem = field;
        return t;
    }
    t.data = json_str(value, &t.len);
    return t;
}

static bool is_one_of(struct text t, const char *const *words)
{
    for (; *words; words++)
        if (t.len == strlen(*words) && strncasecmp(t.data, *words, t.len) == 0)
            return true;
    return false;
}

static bool is_host(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!isalnum((unsigned char)t.data[i]) && (!t.data[i] || !strchr("-.:_", t.data[i])))
            return false;
    return t.len > 0 && t.len <= LIMIT_PLACE_BYTES;
}

/* The values of an entry of Headers or QueryParameters: a list of texts. */
static bool are_texts(const struct json *values)
{
    for (size_t i = 0; i < json_len(values); i++)
        if (!json_is(json_at(values, i), JSON_STRING))
            return false;
    return json_is(values, JSON_ARRAY);
}

/* ---- headers --------------------------------------------------------------------------------- */

/* Those that an API may not be given (per AWS documentation). */
static const char *const forbidden[] = {
    "Authorization", "Connection", "Content-Length",   "Content-MD5",
    "Expect",        "Host",       "Max-Forwards",     "Proxy-Authenticate",
    "Server",        "TE",         "Trailer",          "Transfer-Encoding",
    "Upgrade",       "Via",        "WWW-Authenticate", NULL,
};

static bool is_header(struct text name, struct text value)
{
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.data[i]) && !(name.data[i] && strchr("-_.", name.data[i])))
            return false;
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.data[i] < 0x20 || value.data[i] == 0x7f)
            return false;
    return name.len > 0 && name.len <= LIMIT_PLACE_BYTES && value.len <= LIMIT_PLACE_BYTES &&
           !is_one_of(name, forbidden);
}

static bool has_header(const struct gateway *g, const char *name)
{
    for (size_t i = 0; i < g->headers_len; i++)
        if (strncasecmp(g->headers[i], name, strlen(name)) == 0 &&
            g->headers[i][strlen(name)] == ':')
            return true;
    return false;
}

static void add_headers(struct gateway *g)
{
    const struct json *map = json_gets(g->parameters, "Headers");

    if (!map || json_is(map, JSON_NULL))
        return;
    if (!json_is(map, JSON_OBJECT))
        g->problem = "Headers";
    for (size_t i = 0; i < json_len(map) && !g->problem; i++) {
        const struct json *values = json_member_at(map, i);
        struct text name;

        name.data = json_str(json_key_at(map, i), &name.len);
        if (!are_texts(values))
            g->problem = "Headers";
        for (size_t n = 0; n < json_len(values) && !g->problem; n++) {
            struct text value;

            value.data = json_str(json_at(values, n), &value.len);
            if (!is_header(name, value) || g->headers_len >= LIMIT_SENT_HEADERS - 3)
                g->problem = "Headers"; /* three come yet */
            else
                g->headers[g->headers_len++] =
                    arena_printf(g->arena, "%.*s%s %.*s", (int)name.len, name.data,
                                 value.len ? ":" : ";", (int)value.len, value.data);
        }
    }
}

/* ---- the URL --------------------------------------------------------------------------------- */

static struct text without_slashes(struct text t)
{
    while (t.len && *t.data == '/')
        t = (struct text){t.data + 1, t.len - 1};
    return t;
}

static void add_query(struct gateway *g, struct strbuf *url)
{
    const struct json *map = json_gets(g->parameters, "QueryParameters");
    char separator = '?';

    if (!map || json_is(map, JSON_NULL))
        return;
    if (!json_is(map, JSON_OBJECT))
        g->problem = "QueryParameters";
    for (size_t i = 0; i < json_len(map) && !g->problem; i++) {
        const struct json *values = json_member_at(map, i);
        struct text name;

        name.data = json_str(json_key_at(map, i), &name.len);
        if (!are_texts(values))
            g->problem = "QueryParameters";
        for (size_t n = 0; n < json_len(values) && !g->problem; n++) {
            struct text value;

            value.data = json_str(json_at(values, n), &value.len);
            strbuf_addc(url, separator);
            percent_encode(url, name, "");
            strbuf_addc(url, '=');
            percent_encode(url, value, "");
            separator = '&';
        }
    }
}

/* The path may be encoded already. */
static void add_url(struct gateway *g, struct strbuf *url)
{
    static const char plain[] = "/%!$&'()*+,;=:@";
    struct text stage = get_text(g, "Stage");
    struct text path = without_slashes(get_text(g, "Path"));

    if (stage.len) {
        strbuf_addc(url, '/');
        percent_encode(url, stage, plain);
    }
    strbuf_addc(url, '/');
    percent_encode(url, path, plain);
    add_query(g, url);
    if (url->overflow)
        g->problem = "Path";
}

/* ---- the request ----------------------------------------------------------------------------- */

static const char *read_method(struct gateway *g)
{
    static const char *const methods[] = {"GET",   "POST", "PUT",     "DELETE",
                                          "PATCH", "HEAD", "OPTIONS", NULL};
    struct text method = get_text(g, "Method");

    if (is_one_of(method, methods))
        return arena_memdup(g->arena, method.data, method.len);
    g->problem = "Method";
    return NULL;
}

/* AuthType: what is not signed needs no scope. */
static void add_authorization(struct gateway *g, const struct task_request *task)
{
    static const char *const types[] = {"NO_AUTH", "IAM_ROLE", "RESOURCE_POLICY", NULL};
    struct text type = get_text(g, "AuthType");

    if (type.data && !is_one_of(type, types))
        g->problem = "AuthType";
    else if (type.data && *type.data != 'N')
        g->headers[g->headers_len++] =
            url_authorization(g->arena, (struct text){task->account, strlen(task->account)},
                              (struct text){task->region, strlen(task->region)}, "execute-api");
}

/* The API's host, so that the endpoint can tell which one is meant. */
static void add_host(struct gateway *g)
{
    struct text host = get_text(g, "ApiEndpoint");

    for (const char *const *scheme = (const char *const[]){"https://", "http://", NULL}; *scheme;
         scheme++)
        if (host.len > strlen(*scheme) && memcmp(host.data, *scheme, strlen(*scheme)) == 0)
            host = (struct text){host.data + strlen(*scheme), host.len - strlen(*scheme)};
    while (host.len && host.data[host.len - 1] == '/')
        host.len--;
    if (!is_host(host))
        g->problem = "ApiEndpoint";
    else
        g->headers[g->headers_len++] =
            arena_printf(g->arena, "Host: %.*s", (int)host.len, host.data);
}

static struct text make_body(struct gateway *g)
{
    const struct json *value = json_gets(g->parameters, "RequestBody");
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    if (!value || json_is(value, JSON_NULL))
        return TEXT_NONE;
    json_print(value, &sb);
    if (!has_header(g, "Content-Type"))
        g->headers[g->headers_len++] = "Content-Type: application/json";
    return (struct text){arena_memdup(g->arena, sb.data, sb.len), sb.len};
}

bool gateway_request(struct arena *a, const char *endpoint, const struct task_request *task,
                     struct call_request *ret_request, struct task_result *ret_failure)
{
    CLEANUP(json_unref_p)
    struct json *parameters =
        json_parse(task->input.data, task->input.len, JSON_PARSE_DEFAULT, NULL);
    CLEANUP(strbuf_done) struct strbuf url;
    struct call_request request = {0};
    struct gateway g = {
        .arena = a,
        .parameters = parameters,
        .headers = arena_alloc(a, (LIMIT_SENT_HEADERS + 1) * sizeof(*g.headers)),
    };

    CHECK(parameters); /* the engine printed it */
    strbuf_init(&url, strlen(endpoint) + 4 * LIMIT_PLACE_BYTES);
    strbuf_adds(&url, endpoint);
    add_headers(&g);
    request.body = make_body(&g);
    add_authorization(&g, task);
    add_host(&g);
    add_url(&g, &url);
    request.method = read_method(&g);
    if (g.problem) {
        result_fail(a, ret_failure, "States.Runtime",
                    "The Parameters '%.*s' could not be used to start the Task: [The value of the "
                    "field '%s' has an invalid format]",
                    (int)MIN(task->input.len, (size_t)LIMIT_CAUSE_CHARS / 2), task->input.data,
                    g.problem);
        return false;
    }
    request.url = arena_memdup(a, url.data, url.len);
    request.headers = g.headers; /* zeroed: ended by NULL */
    *ret_request = request;
    return true;
}

/* ---- the result ------------------------------------------------------------------------------ */

static struct json *all_headers(const struct call_response *r)
{
    struct json_object *map = json_object_new();

    for (size_t i = 0; i < r->headers_len; i++) {
        struct json_array values;
        bool first = true;

        for (size_t n = 0; n < i && first; n++)
            first = r->headers[n].name.len != r->headers[i].name.len ||
                    strncasecmp(r->headers[n].name.data, r->headers[i].name.data,
                                r->headers[i].name.len) != 0;
        if (!first)
            continue;
        json_array_init(&values);
        for (size_t n = i; n < r->headers_len; n++)
            if (r->headers[n].name.len == r->headers[i].name.len &&
                strncasecmp(r->headers[n].name.data, r->headers[i].name.data,
                            r->headers[i].name.len) == 0)
                json_array_add(&values, sdk_string(r->headers[n].value));
        json_object_add(map, sdk_string(r->headers[i].name), json_array_finish(&values));
    }
    return json_object_finish(map);
}

static void answered(struct arena *a, const struct call_response *r, int64_t max_bytes,
                     struct task_result *ret)
{
    struct json_object *o = json_object_new();
    struct json *body = json_parse(r->body.data, r->body.len, JSON_PARSE_DEFAULT, NULL);
    CLEANUP(json_unref_p) struct json *value = NULL;
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, (size_t)max_bytes);
    json_object_adds(o, "Headers", all_headers(r));
    json_object_adds(o, "ResponseBody", body ? body : sdk_string(r->body));
    json_object_adds(o, "StatusCode", json_int(r->status));
    json_object_adds(o, "StatusText", sdk_string(r->status_text));
    value = json_object_finish(o);
    if ((int64_t)json_text_size(value, (size_t)max_bytes + 1) > max_bytes ||
        json_depth(value) > LIMIT_JSON_DEPTH) {
        result_too_large(a, ret, "apigateway");
        return;
    }
    json_print(value, &sb);
    *ret = (struct task_result){
        .outcome = TASK_SUCCEEDED,
        .output = {arena_memdup(a, sb.data, sb.len), sb.len},
    };
}

void gateway_result(struct arena *a, const struct task_request *task, const struct call_response *r,
                    int64_t max_bytes, struct task_result *ret_result)
{
    CLEANUP(json_unref_p) struct json *body = NULL;

    (void)task;
    switch (r->end) {
    case CALL_UNREACHABLE:
        result_fail(a, ret_result, "ApiGateway.SdkClientException",
                    "Unable to execute HTTP request: %s", r->reason);
        return;
    case CALL_TIMED_OUT:
        result_fail(a, ret_result, "ApiGateway.SdkClientException",
                    "Unable to execute HTTP request: Read timed out");
        return;
    case CALL_TOO_LARGE:
        result_too_large(a, ret_result, "apigateway");
        return;
    case CALL_ANSWERED:
        break;
    }
    if (r->status >= 200 && r->status <= 299) {
        answered(a, r, max_bytes, ret_result);
        return;
    }
    body = sdk_string(r->body);

    const char *error = arena_printf(a, "ApiGateway.%d", r->status);
    size_t len;
    const char *cause = json_str(body, &len);

    result_fail_text(a, ret_result, (struct text){error, strlen(error)}, (struct text){cause, len});
}
