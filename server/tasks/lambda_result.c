#include <string.h>

#include "aws/reply.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tasks/lambda.h"
#include "tasks/result.h"
#include "tasks/sdk.h"
#include "json/json.h"

/* What the integration's own event calls the resource of lambda:invoke. */
static const char *resource_name(const struct task_request *task)
{
    return task->type ? task->type : task->arn;
}

static void result_output(struct arena *a, const struct json *value, const char *resource,
                          int64_t max_bytes, struct task_result *ret)
{
    if ((int64_t)json_text_size(value, (size_t)max_bytes + 1) > max_bytes) {
        result_too_large(a, ret, resource);
        return;
    }

    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, (size_t)max_bytes);
    json_print(value, &sb);
    *ret = (struct task_result){
        .outcome = TASK_SUCCEEDED,
        .output = {arena_memdup(a, sb.data, sb.len), sb.len},
    };
}

/* The function's output: JSON, or a string of bytes that are not. */
static struct json *read_body(struct text body)
{
    struct json *value;

    if (!body.len)
        return json_null();
    value = json_parse(body.data, body.len, JSON_PARSE_DEFAULT, NULL);
    return value ? value : sdk_string(body);
}

/* ---- the function succeeded ------------------------------------------------------------------ */

static void add_header_member(struct json_object *o, const char *member,
                              const struct call_response *r, const char *header)
{
    struct text value = call_response_header(r, header);

    if (value.data)
        json_object_adds(o, member, sdk_string(value));
}

static struct json *envelope(const struct call_response *r, struct json *payload /* takes */)
{
    struct json_object *o = json_object_new();

    add_header_member(o, "ExecutedVersion", r, "X-Amz-Executed-Version");
    add_header_member(o, "LogResult", r, "X-Amz-Log-Result");
    json_object_adds(o, "Payload", payload);
    sdk_add_metadata(o, r);
    json_object_adds(o, "StatusCode", json_int(r->status));
    return json_object_finish(o);
}

static void function_succeeded(struct arena *a, const struct task_request *task,
                               const struct call_response *r, int64_t max_bytes,
                               struct task_result *ret)
{
    CLEANUP(json_unref_p) struct json *output = NULL;

    if ((int64_t)r->body.len > max_bytes) {
        result_too_large(a, ret, resource_name(task));
        return;
    }
    output = read_body(r->body);
    if (task->type)
        output = envelope(r, output);
    result_output(a, output, resource_name(task), max_bytes, ret);
    if (ret->outcome == TASK_FAILED || json_valid(ret->output.data, ret->output.len, NULL))
        return;

    /* The envelope took the payload deeper than a text may nest: it stays a string. */
    CHECK(task->type);
    json_unref(output);
    output = envelope(r, sdk_string(r->body));
    result_output(a, output, resource_name(task), max_bytes, ret);
}

/* ---- the function failed --------------------------------------------------------------------- */

/* The cause is the error as the function wrote it when it was invoked by its ARN, and printed anew,
 * compact, when it came through the integration: so it is recorded (error_handling.task-lambda and
 * states_variables.error-output). */
static void function_failed(struct arena *a, const struct task_request *task,
                            const struct call_response *r, struct task_result *ret)
{
    CLEANUP(json_unref_p)
    struct json *body = json_parse(r->body.data, r->body.len, JSON_PARSE_DEFAULT, NULL);
    const struct json *type = json_is(body, JSON_OBJECT) ? json_gets(body, "errorType") : NULL;
    CLEANUP(free_p) char *compact = NULL;
    struct text error = TEXT_NONE, cause = r->body;

    if (json_is(type, JSON_STRING))
        error.data = json_str(type, &error.len);
    if (!error.len) {
        CLEANUP(json_unref_p) struct json *payload = sdk_string(r->body);

        result_fail(a, ret, "Lambda.Unknown",
                    "The cause could not be determined because Lambda did not return an error "
                    "type. Returned payload: %s",
                    json_str(payload, NULL));
        return;
    }
    if (task->type) {
        compact = json_text(body, LIMIT_CAUSE_CHARS * 4 + 4, &cause.len);
        cause.data = compact;
    }
    result_fail_text(a, ret, error, cause);
}

/* ---- Lambda refused -------------------------------------------------------------------------- */

/* The exceptions of Invoke that have a class of their own in the service's client. */
static const char *const exceptions[] = {
    "EC2AccessDeniedException",
    "EC2ThrottledException",
    "EC2UnexpectedException",
    "EFSIOException",
    "EFSMountConnectivityException",
    "EFSMountFailureException",
    "EFSMountTimeoutException",
    "ENILimitReachedException",
    "InvalidParameterValueException",
    "InvalidRequestContentException",
    "InvalidRuntimeException",
    "InvalidSecurityGroupIDException",
    "InvalidSubnetIDException",
    "InvalidZipFileException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "RecursiveInvocationException",
    "RequestTooLargeException",
    "ResourceConflictException",
    "ResourceNotFoundException",
    "ResourceNotReadyException",
    "ServiceException",
    "SnapStartException",
    "SnapStartNotReadyException",
    "SnapStartTimeoutException",
    "SubnetIPAddressLimitReachedException",
    "TooManyRequestsException",
    "UnsupportedMediaTypeException",
};

/* The name of the error that a status and an error code come to. */
static const char *exception_name(int status, struct text code)
{
    for (size_t i = 0; i < ARRAY_LEN(exceptions); i++) {
        if (code.len == strlen(exceptions[i]) && memcmp(code.data, exceptions[i], code.len) == 0)
            return exceptions[i];
    }
    if (status >= 500)
        return "ServiceException";
    return status == 429 ? "TooManyRequestsException" : "AWSLambdaException";
}

static struct text string_member(const struct json *body, const char *a, const char *b)
{
    const struct json *v = json_is(body, JSON_OBJECT) ? json_gets(body, a) : NULL;
    struct text t = TEXT_NONE;

    if (!v && json_is(body, JSON_OBJECT))
        v = json_gets(body, b);
    if (json_is(v, JSON_STRING))
        t.data = json_str(v, &t.len);
    return t;
}

static void lambda_refused(struct arena *a, const struct call_response *r, struct task_result *ret)
{
    CLEANUP(json_unref_p)
    struct json *body = json_parse(r->body.data, r->body.len, JSON_PARSE_DEFAULT, NULL);
    CLEANUP(json_unref_p) struct json *plain = NULL;
    struct text code = call_response_header(r, "x-amzn-ErrorType");
    struct text message = string_member(body, "Message", "message");

    code = aws_bare_code(code.data ? code : string_member(body, "__type", "code"));
    if (!message.data && !body && r->body.len) {
        /* Not an answer of Lambda's: what it says may tell what answered. */
        plain = sdk_string((struct text){r->body.data, MIN(r->body.len, (size_t)1024)});
        message.data = json_str(plain, &message.len);
    }

    struct text cause = sdk_error_text(a, "AWSLambda", r->status, code, message, sdk_request_id(r));
    const char *error = arena_printf(a, "Lambda.%s", exception_name(r->status, code));

    result_fail_text(a, ret, (struct text){error, strlen(error)}, cause);
}

/* ---- all ------------------------------------------------------------------------------------- */

void lambda_result(struct arena *a, const struct task_request *task, const struct call_response *r,
                   int64_t max_bytes, struct task_result *ret_result)
{
    switch (r->end) {
    case CALL_UNREACHABLE:
        result_fail(a, ret_result, "Lambda.SdkClientException",
                    "Unable to execute HTTP request: %s", r->reason);
        return;
    case CALL_TIMED_OUT:
        result_fail(a, ret_result, "Lambda.ClientExecutionTimeoutException",
                    "Client execution did not complete before the specified timeout configuration");
        return;
    case CALL_TOO_LARGE:
        result_too_large(a, ret_result, resource_name(task));
        return;
    case CALL_ANSWERED:
        break;
    }
    if (r->status < 200 || r->status > 299)
        lambda_refused(a, r, ret_result);
    else if (call_response_header(r, "X-Amz-Function-Error").data)
        function_failed(a, task, r, ret_result);
    else
        function_succeeded(a, task, r, max_bytes, ret_result);
}
