#include "api/fail.h"

#include <stdarg.h>
#include <string.h>

#include "base/log.h"

static const struct {
    const char *prefix;
    const char *message; /* name of the member that holds the text */
} namespaces[] = {
    [API_OF_SERVICE] = {"com.amazonaws.swf.service.v2.model#", "message"},
    [API_OF_CONSTRAINTS] = {"com.amazon.coral.validate#", "message"},
    [API_OF_FRAMEWORK] = {"com.amazon.coral.service#", "Message"},
};

static const struct {
    enum api_namespace space;
    const char *name;
    int status;
} errors[] = {
#define X(constant, space, name, status) [constant] = {space, name, status},
    API_ERROR_LIST(X)
#undef X
};

/* What the caller is told when the engine refuses; %s, if it is there, is the ARN the call is about. */
static const struct {
    enum api_error error;
    const char *format;
} outcomes[] = {
    [ENGINE_NO_MACHINE] = {API_ERR_MACHINE_DOES_NOT_EXIST, "State Machine Does Not Exist: '%s'"},
    [ENGINE_MACHINE_DELETING] = {API_ERR_MACHINE_DELETING, "State Machine is being deleted: '%s'"},
    [ENGINE_MACHINE_EXISTS] = {API_ERR_MACHINE_EXISTS, "State Machine Already Exists: '%s'"},
    [ENGINE_MACHINE_LIMIT] = {API_ERR_MACHINE_LIMIT,
                              "The maximum number of state machines has been reached: '%s'"},
    [ENGINE_BAD_DEFINITION] = {API_ERR_INVALID_DEFINITION,
                               "The stored definition is no longer valid: '%s'"},
    [ENGINE_NOTHING_TO_UPDATE] = {API_ERR_MISSING_PARAMETER, "Nothing to update: '%s'"},
    [ENGINE_NO_TEST_CASE] = {API_ERR_VALIDATION,
                             "The mock configuration has no such test case: '%s'"},
    [ENGINE_NO_EXECUTION] = {API_ERR_EXECUTION_DOES_NOT_EXIST, "Execution Does Not Exist: '%s'"},
    [ENGINE_EXECUTION_EXISTS] = {API_ERR_EXECUTION_EXISTS, "Execution Already Exists: '%s'"},
    [ENGINE_EXECUTION_LIMIT] = {API_ERR_EXECUTION_LIMIT,
                                "The maximum number of running executions has been reached: '%s'"},
    [ENGINE_ACTIVITY_EXISTS] = {API_ERR_ACTIVITY_EXISTS, "Activity Already Exists: '%s'"},
    [ENGINE_NO_ACTIVITY] = {API_ERR_ACTIVITY_DOES_NOT_EXIST, "Activity Does Not Exist: '%s'"},
    [ENGINE_ACTIVITY_LIMIT] = {API_ERR_ACTIVITY_LIMIT,
                               "The maximum number of activities has been reached: '%s'"},
    [ENGINE_WORKER_LIMIT] = {API_ERR_ACTIVITY_WORKER_LIMIT,
                             "The maximum number of workers concurrently polling for activity "
                             "tasks has been reached: '%s'"},
    [ENGINE_TASK_CLOSED] = {API_ERR_TASK_TIMED_OUT, "Task Timed Out: '%s'"},
    [ENGINE_PUBLISHED] = {API_ERR_MACHINE_EXISTS,
                          "State Machine Already Exists: This state machine was already created "
                          "with a published version."},
    [ENGINE_PUBLISHED_OTHERWISE] = {API_ERR_MACHINE_EXISTS,
                                    "State Machine Already Exists: This state machine was already "
                                    "created with a published version using a different "
                                    "description."},
    [ENGINE_NO_VERSION] = {API_ERR_MACHINE_DOES_NOT_EXIST,
                           "State Machine Version Does Not Exist: '%s'"},
    [ENGINE_VERSION_LIMIT] = {API_ERR_SERVICE_QUOTA,
                              "The maximum number of versions has been reached: '%s'"},
    [ENGINE_NO_ALIAS] = {API_ERR_MACHINE_DOES_NOT_EXIST,
                         "State Machine Alias Does Not Exist: '%s'"},
    [ENGINE_ALIAS_EXISTS] = {API_ERR_CONFLICT,
                             "Failed to create alias because an alias with the same name and a "
                             "different routing configuration already exists."},
    [ENGINE_ALIAS_LIMIT] = {API_ERR_SERVICE_QUOTA,
                            "The maximum number of aliases has been reached: '%s'"},
    [ENGINE_DANGLING] = {API_ERR_RESOURCE_NOT_FOUND,
                         "Request references a resource that does not exist."},
    [ENGINE_NO_MAP_RUN] = {API_ERR_RESOURCE_NOT_FOUND, "Map Run Does Not Exist: '%s'"},
    [ENGINE_NO_RESOURCE] = {API_ERR_RESOURCE_NOT_FOUND, "Resource not found: '%s'"},
    [ENGINE_TOO_MANY_TAGS] = {API_ERR_TOO_MANY_TAGS, "Too many tags: '%s'"},
};

static void write_error(struct api_call *call, int status, const char *prefix, const char *name,
                        const char *member, const char *message, const char *reason)
{
    call->status = status;
    struct strbuf *out = &call->reply;
    strbuf_clear(out);
    strbuf_adds(out, "{\"__type\":\"");
    strbuf_adds(out, prefix);
    strbuf_adds(out, name);
    strbuf_adds(out, "\",\"");
    strbuf_adds(out, member);
    strbuf_adds(out, "\":");
    strbuf_add_json(out, message, strlen(message));
    if (reason) {
        strbuf_adds(out, ",\"reason\":\"");
        strbuf_adds(out, reason);
        strbuf_addc(out, '"');
    }
    strbuf_addc(out, '}');
}

static void PRINTF_LIKE(4, 0) fail(struct api_call *call, enum api_error error, const char *reason,
                                   const char *format, va_list ap)
{
    CLEANUP(strbuf_done) struct strbuf text;
    strbuf_init(&text, call->reply.max);
    strbuf_vaddf(&text, format, ap);

    const char *prefix = namespaces[errors[error].space].prefix;
    const char *member = namespaces[errors[error].space].message;
    write_error(call, errors[error].status, prefix, errors[error].name, member, text.data, reason);
}

enum api_step api_fail(struct api_call *call, enum api_error error, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fail(call, error, NULL, format, ap);
    va_end(ap);
    return API_REPLIED;
}

enum api_step api_fail_reason(struct api_call *call, enum api_error error, const char *reason,
                              const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fail(call, error, reason, format, ap);
    va_end(ap);
    return API_REPLIED;
}

void api_refuse(struct api_call *call, int status, const char *type, const char *format, ...)
{
    CLEANUP(strbuf_done) struct strbuf text;
    strbuf_init(&text, call->reply.max);
    va_list ap;
    va_start(ap, format);
    strbuf_vaddf(&text, format, ap);
    va_end(ap);

    write_error(call, status, "", type, "message", text.data, NULL);
}

enum api_step api_fail_outcome(struct api_call *call, enum engine_outcome outcome)
{
    if (outcome == ENGINE_STOPPING)
        return api_fail(call, API_ERR_UNAVAILABLE, "The server is shutting down");
    if (outcome == ENGINE_MACHINE_TYPE)
        return api_fail(call, API_ERR_MACHINE_TYPE,
                        "This operation is not supported by this type of state machine");
    if (outcome == ENGINE_BAD_TOKEN)
        return api_fail(call, API_ERR_INVALID_TOKEN, "Invalid Token: 'Invalid token'");

    CHECK((size_t)outcome < ARRAY_LEN(outcomes) && outcomes[outcome].format);
    CHECK(call->subject);
    const char *format = outcomes[outcome].format;
    const char *at = strstr(format, "%s");
    if (!at)
        return api_fail(call, outcomes[outcome].error, "%s", format);
    return api_fail(call, outcomes[outcome].error, "%.*s%s%s", (int)(at - format), format,
                    call->subject, at + 2);
}

enum api_step api_fail_store(struct api_call *call, const struct store *store, int r)
{
    log_error("api", "reading failed request=%s error=\"%s\" detail=\"%s\"", call->request_id,
              err_name(r), store ? store_error(store) : "");
    return api_fail(call, API_ERR_INTERNAL, "The server could not read its database");
}
