#include <ctype.h>
#include <string.h>

#include "aws/request.h"
#include "base/limits.h"
#include "base/mem.h"
#include "tasks/lambda.h"
#include "tasks/result.h"
#include "tasks/service.h"
#include "tasks/url.h"

static bool is_optimized(const struct aws_integration *i, const char *name)
{
    return i->optimized && strcmp(i->optimized->name, name) == 0;
}

static bool ends_with(const char *s, const char *end)
{
    size_t len = strlen(s);

    return len >= strlen(end) && strcmp(s + len - strlen(end), end) == 0;
}

bool service_find(const char *arn, const char *type, const char *action,
                  struct aws_integration *ret_integration, const struct aws_service **ret_service)
{
    if (!type || !action || strcmp(type, "lambda") == 0 || strcmp(type, "states") == 0)
        return false;
    return aws_integration_find(type, action, ret_integration, ret_service) &&
           !ends_with(arn, ".sync") && !ends_with(arn, ".sync:2");
}

/* ---- what the integrations do to their parameters -------------------------------------------- */

static struct json *with_member(struct json *object /* takes */, const char *name,
                                struct json *value /* takes */)
{
    struct json *key = json_strings(name);
    struct json *with = json_with(object, key, value);

    json_unref(key);
    json_unref(object);
    return with;
}

/* arn:aws:states:R:A:execution:MACHINE:NAME -> arn:aws:states:R:A:stateMachine:MACHINE */
static struct json *machine_arn(const char *execution_arn)
{
    const char *at = execution_arn;
    CLEANUP(free_p) char *arn = NULL;

    for (int colons = 0; colons < 5 && at; colons++) {
        at = strchr(at, ':');
        at = at ? at + 1 : NULL;
    }

    const char *name = at ? strchr(at, ':') : NULL;

    if (!name)
        return json_strings(execution_arn);
    arn = xasprintf("%.*sstateMachine%.*s", (int)(at - execution_arn), execution_arn,
                    (int)(1 + strcspn(name + 1, ":")), name);
    return json_strings(arn);
}

/* events:putEvents tells of the machine and the execution (recorded: services.events-task-service.
 * test-put-events-base). */
static struct json *add_resources(struct json *entry /* takes */, const struct task_request *task)
{
    const struct json *given = json_gets(entry, "Resources");
    struct json_array resources;

    json_array_init(&resources);
    for (size_t i = 0; json_is(given, JSON_ARRAY) && i < json_len(given); i++)
        json_array_add(&resources, json_ref(json_at(given, i)));
    json_array_add(&resources, machine_arn(task->execution_arn));
    json_array_add(&resources, json_strings(task->execution_arn));
    return with_member(entry, "Resources", json_array_finish(&resources));
}

static struct json *prepare_events(struct json *parameters /* takes */,
                                   const struct task_request *task)
{
    const struct json *entries = json_gets(parameters, "Entries");
    struct json_array changed;

    if (!json_is(entries, JSON_ARRAY))
        return parameters;
    json_array_init(&changed);
    for (size_t i = 0; i < json_len(entries); i++) {
        struct json *entry = json_ref(json_at(entries, i));

        json_array_add(&changed, json_is(entry, JSON_OBJECT) ? add_resources(entry, task) : entry);
    }
    return with_member(parameters, "Entries", json_array_finish(&changed));
}

static struct json *prepare(const struct aws_integration *i, const struct task_request *task,
                            struct json *parameters /* takes */)
{
    if (!json_is(parameters, JSON_OBJECT))
        return parameters;
    if (is_optimized(i, "events"))
        return prepare_events(parameters, task);
    if (is_optimized(i, "ecs") && !json_gets(parameters, "StartedBy"))
        return with_member(parameters, "StartedBy", json_strings("AWS Step Functions"));
    return parameters;
}

/* The Java SDK v1 asks the queue's own address.  Here that is never another place than the endpoint,
 * but an address that is none fails as there (recorded: reference/integrations.md 4). */
static bool queue_is_reachable(struct arena *a, const struct aws_integration *i,
                               const struct json *parameters, struct task_result *ret_failure)
{
    const struct json *url =
        json_is(parameters, JSON_OBJECT) ? json_gets(parameters, "QueueUrl") : NULL;

    if (!is_optimized(i, "sqs") || !json_is(url, JSON_STRING) || strstr(json_str(url, NULL), "://"))
        return true;
    service_client_error(a, ret_failure, i,
                         "Unable to execute HTTP request: %s: Name or service not known",
                         json_str(url, NULL));
    return false;
}

/* A failure that the service itself would have answered with; no request was made, so it has no id. */
static bool parameters_are_given(struct arena *a, const struct aws_integration *i,
                                 const struct json *parameters, struct task_result *ret_failure)
{
    CLEANUP(strbuf_done) struct strbuf message;
    const char *code;

    strbuf_init(&message, LIMIT_CAUSE_CHARS);
    code = aws_input_refusal(i, parameters, &message);
    if (!code)
        return true;
    service_error(a, ret_failure, i, 400,
                  &(struct aws_failure){.code = {code, strlen(code)},
                                        .message = {message.data, message.len}});
    return false;
}

/* ---- the request ----------------------------------------------------------------------------- */

/* reference/integrations.md 3: parameters that cannot be used. */
static bool fail_parameters(struct arena *a, const struct task_request *task,
                            const struct strbuf *problems, struct task_result *ret_failure)
{
    result_fail(a, ret_failure, "States.Runtime",
                "The Parameters '%.*s' could not be used to start the Task: [%s]",
                (int)MIN(task->input.len, (size_t)LIMIT_CAUSE_CHARS / 2), task->input.data,
                problems->data);
    return false;
}

/* The account of the role that the task acts in, or that of the execution. */
static struct text account_of(const struct task_request *task)
{
    const char *at = task->role_arn;

    for (int colons = 0; colons < 4 && at; colons++) {
        at = strchr(at, ':');
        at = at ? at + 1 : NULL;
    }
    if (at && strspn(at, "0123456789") == 12 && at[12] == ':')
        return (struct text){at, 12};
    return (struct text){task->account, strlen(task->account)};
}

static const char *const *all_headers(struct arena *a, const struct aws_integration *i,
                                      const struct task_request *task,
                                      const struct aws_request *request)
{
    size_t n = 0;
    const char **headers;

    while (request->headers[n])
        n++;
    headers = arena_alloc(a, (n + 2) * sizeof(*headers));
    headers[0] =
        url_authorization(a, account_of(task), (struct text){task->region, strlen(task->region)},
                          i->operation.service->signing);
    memcpy(headers + 1, request->headers, n * sizeof(*headers));
    return headers; /* zeroed: ended by NULL */
}

/* The payload of aws-sdk:lambda:invoke is JSON, and {} when there is none (reference/integrations.md
 * 5, lambda:invoke). */
static bool check_payload(struct arena *a, const struct aws_integration *i,
                          struct aws_request *request, struct task_result *ret_failure)
{
    CLEANUP(strbuf_done) struct strbuf problem;

    strbuf_init(&problem, LIMIT_CAUSE_CHARS);
    if (strcmp(i->operation.service->name, "lambda") != 0 ||
        strcmp(i->operation.name, "Invoke") != 0)
        return true;
    if (!request->body.len)
        request->body = TEXT("{}");
    if (lambda_payload_valid(request->body, &problem))
        return true;
    service_error(a, ret_failure, i, 400,
                  &(struct aws_failure){.code = TEXT("InvalidRequestContentException"),
                                        .message = {problem.data, problem.len}});
    return false;
}

bool service_request(struct arena *a, const struct aws_integration *i, const char *endpoint,
                     const struct task_request *task, struct call_request *ret_request,
                     struct task_result *ret_failure)
{
    CLEANUP(strbuf_done) struct strbuf problems;
    CLEANUP(json_unref_p)
    struct json *parameters =
        json_parse(task->input.data, task->input.len, JSON_PARSE_DEFAULT, NULL);
    CLEANUP(json_unref_p) struct json *input = NULL;
    struct aws_request request;

    CHECK(parameters); /* the engine printed it */
    strbuf_init(&problems, LIMIT_CAUSE_CHARS);
    parameters = prepare(i, task, parameters);
    input = aws_input(i, parameters, &problems);
    if (!input || !aws_request_make(a, i, input, &request, &problems))
        return fail_parameters(a, task, &problems, ret_failure);
    if (!queue_is_reachable(a, i, parameters, ret_failure) ||
        !parameters_are_given(a, i, parameters, ret_failure) ||
        !check_payload(a, i, &request, ret_failure))
        return false;
    *ret_request = (struct call_request){
        .method = request.method,
        .url = arena_printf(a, "%s%s", endpoint, request.path),
        .headers = all_headers(a, i, task, &request),
        .body = request.body,
    };
    return true;
}
