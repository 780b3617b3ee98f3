#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tasks/result.h"
#include "tasks/sdk.h"
#include "tasks/service.h"
#include "json/json.h"

/* ---- errors ---------------------------------------------------------------------------------- */

const char *service_error_prefix(const struct aws_integration *i)
{
    return i->optimized ? i->optimized->errors : i->operation.service->client;
}

void service_client_error(struct arena *a, struct task_result *ret, const struct aws_integration *i,
                          const char *format, const char *reason)
{
    const char *error = arena_printf(a, "%s.SdkClientException", service_error_prefix(i));
    const char *mark = strstr(format, "%s");

    result_fail(a, ret, error, "%.*s%s%s", (int)(mark - format), format, reason, mark + 2);
}

static void add_or_null(struct strbuf *sb, struct text t)
{
    if (t.data)
        strbuf_add(sb, t.data, t.len);
    else
        strbuf_adds(sb, "null");
}

/* The Java SDK v2's words.  The last part is that of recordings since November 2025; older ones end
 * before it. */
static struct text sdk2_error_text(struct arena *a, const char *client, int status,
                                   const struct aws_failure *f)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, f->message.len + f->request_id.len + f->extended_request_id.len + 256);
    add_or_null(&sb, f->message);
    strbuf_addf(&sb, " (Service: %s, Status Code: %d, Request ID: ", client, status);
    add_or_null(&sb, f->request_id);
    if (f->extended_request_id.data) {
        strbuf_adds(&sb, ", Extended Request ID: ");
        strbuf_add(&sb, f->extended_request_id.data, f->extended_request_id.len);
    }
    strbuf_adds(&sb, ") (SDK Attempt Count: 1)");
    return (struct text){arena_memdup(a, sb.data, sb.len), sb.len};
}

void service_error(struct arena *a, struct task_result *ret, const struct aws_integration *i,
                   int status, const struct aws_failure *f)
{
    const struct aws_service *service = i->operation.service;
    struct text class = aws_error_class(service, f->code, !i->optimized);
    struct text cause;
    const char *error;

    if (class.data)
        error = arena_printf(a, "%s.%.*s", service_error_prefix(i), (int)class.len, class.data);
    else if (i->optimized)
        error = arena_printf(a, "%s.%s", i->optimized->errors, i->optimized->fallback);
    else
        error = arena_printf(a, "%s.%sException", service->client, service->client);
    if (i->optimized)
        cause =
            sdk_error_text(a, i->optimized->client, status,
                           f->query_code.data ? f->query_code : f->code, f->message, f->request_id);
    else
        cause = sdk2_error_text(a, service->client, status, f);
    result_fail_text(a, ret, (struct text){error, strlen(error)}, cause);
}

/* ---- what succeeded -------------------------------------------------------------------------- */

void service_output(struct arena *a, const struct json *value, const char *type, int64_t max_bytes,
                    struct task_result *ret)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, (size_t)max_bytes);
    if ((int64_t)json_text_size(value, (size_t)max_bytes + 1) > max_bytes ||
        json_depth(value) > LIMIT_JSON_DEPTH) {
        result_too_large(a, ret, type);
        return;
    }
    json_print(value, &sb);
    *ret = (struct task_result){
        .outcome = TASK_SUCCEEDED,
        .output = {arena_memdup(a, sb.data, sb.len), sb.len},
    };
}

/* Adds what the HTTP answer was, at its place among the sorted members. */
static struct json *with_metadata(struct json *value /* takes */, const struct call_response *r)
{
    struct json_object *o = json_object_new();
    bool added = false;

    for (size_t i = 0; i < json_len(value); i++) {
        const struct json *key = json_key_at(value, i);

        if (!added && strcmp(json_str(key, NULL), "SdkHttpMetadata") > 0) {
            sdk_add_metadata(o, r);
            added = true;
        }
        json_object_add(o, json_ref(key), json_ref(json_member_at(value, i)));
    }
    if (!added)
        sdk_add_metadata(o, r);
    json_unref(value);
    return json_object_finish(o);
}

/* A model's answer is handed on as JSON. */
static struct json *with_parsed_body(struct json *value /* takes */)
{
    const struct json *body = json_gets(value, "Body");
    struct json *parsed = NULL, *key, *with;
    size_t len;

    if (json_is(body, JSON_STRING)) {
        const char *s = json_str(body, &len);

        parsed = json_parse(s, len, JSON_PARSE_DEFAULT, NULL);
    }
    if (!parsed)
        return value;
    key = json_strings("Body");
    with = json_with(value, key, parsed);
    json_unref(key);
    json_unref(value);
    return with;
}

/* Some integrations fail although the service answered well: *ret_error is the error then. */
static bool is_failure(const struct aws_integration *i, const struct json *value,
                       const char **ret_error)
{
    const char *name = i->optimized ? i->optimized->name : "";
    int64_t failed = 0;

    if (strcmp(name, "events") == 0) {
        const struct json *count = json_gets(value, "FailedEntryCount");

        *ret_error = "EventBridge.FailedEntry";
        return json_is(count, JSON_NUMBER) && json_int64(count, &failed) && failed > 0;
    }
    *ret_error = "AmazonECS.Unknown";
    return strcmp(name, "ecs") == 0 && json_len(json_gets(value, "Failures")) > 0;
}

/* ---- all ------------------------------------------------------------------------------------- */

static bool is_success(const struct call_response *r)
{
    return r->end == CALL_ANSWERED && r->status >= 200 && r->status <= 299;
}

static void fail_unanswered(struct arena *a, const struct aws_integration *i,
                            const struct task_request *task, const struct call_response *r,
                            struct task_result *ret)
{
    if (r->end == CALL_TOO_LARGE)
        result_too_large(a, ret, task->type);
    else
        service_client_error(a, ret, i, "Unable to execute HTTP request: %s",
                             r->end == CALL_TIMED_OUT ? "Read timed out" : r->reason);
}

struct json *service_read(struct arena *a, const struct aws_integration *i,
                          const struct task_request *task, const struct call_response *r,
                          struct task_result *ret_failure)
{
    struct aws_header headers[CALLS_HEADERS];
    struct aws_reply reply = {
        .status = r->status,
        .headers = headers,
        .headers_len = MIN(r->headers_len, (size_t)CALLS_HEADERS),
        .body = r->body,
    };
    struct aws_failure failure;
    struct json *value;

    if (r->end != CALL_ANSWERED) {
        fail_unanswered(a, i, task, r, ret_failure);
        return NULL;
    }
    for (size_t n = 0; n < reply.headers_len; n++)
        headers[n] = (struct aws_header){r->headers[n].name, r->headers[n].value};
    if (!is_success(r)) {
        aws_failure_read(a, i->operation.service, &reply, &failure);
        service_error(a, ret_failure, i, r->status, &failure);
        return NULL;
    }
    value = aws_result(i, &reply);
    if (!value)
        service_client_error(a, ret_failure, i, "Unable to read the response of %s",
                             i->operation.service->client);
    return value;
}

void service_fail_with(struct arena *a, const char *error, const struct json *value,
                       struct task_result *ret)
{
    size_t len;
    CLEANUP(free_p) char *cause = json_text(value, 4 * LIMIT_CAUSE_CHARS, &len);

    result_fail_text(a, ret, (struct text){error, strlen(error)}, (struct text){cause, len});
}

void service_result(struct arena *a, const struct aws_integration *i,
                    const struct task_request *task, const struct call_response *r,
                    int64_t max_bytes, struct task_result *ret_result)
{
    CLEANUP(json_unref_p) struct json *value = NULL;
    const char *error;

    if (task->raw && is_success(r)) {
        *ret_result = (struct task_result){.outcome = TASK_SUCCEEDED, .output = r->body};
        return;
    }
    value = service_read(a, i, task, r, ret_result);
    if (!value)
        return;
    if (is_failure(i, value, &error)) {
        service_fail_with(a, error, value, ret_result);
        return;
    }
    if (i->optimized && strcmp(i->operation.name, "InvokeModel") == 0)
        value = with_parsed_body(value);
    if (i->optimized && i->optimized->metadata)
        value = with_metadata(value, r);
    service_output(a, value, task->type, max_bytes, ret_result);
}
