/* What workers report of their tasks. */
#include <stdlib.h>
#include <string.h>

#include "api/actions.h"
#include "json/json.h"

/* The resource in a TaskTimedOut answer is handed over with the outcome. */
static void reported(struct engine_command *c)
{
    struct api_call *call = c->arg;
    char *resource = c->outcome == ENGINE_TASK_CLOSED ? c->u.task.resource : NULL;
    call->subject = resource;
    action_done_empty(c); /* the call may serve another request now */
    free(resource);
}

/* The output was not JSON: told only to those whose token is good (reference/api.md, SendTaskSuccess). */
static void output_refused(struct engine_command *c)
{
    struct api_call *call = c->arg;
    if (c->outcome == ENGINE_TASK_CLOSED) {
        free(c->u.task.resource);
        c->outcome = ENGINE_OK;
    }
    if (!action_accepted(c))
        return;
    (void)api_fail(call, API_ERR_INVALID_OUTPUT, "Invalid Output: '%s' is not valid JSON.",
                   request_string(call, "output"));
    api_finish(call);
}

static enum api_step post(struct api_call *call, enum engine_command_type type,
                          void (*done)(struct engine_command *c))
{
    call->command.u.task.token = request_string(call, "taskToken");
    return action_post(call, type, call->region, call->account, NULL, done);
}

enum api_step action_send_task_success(struct api *api, struct api_call *call)
{
    (void)api;
    const char *output = request_string(call, "output");
    size_t len = strlen(output);
    if (!json_valid(output, len, NULL)) /* which does not use up the token */
        return post(call, ENGINE_TASK_CHECK, output_refused);
    call->command.u.task.output = (struct text){output, len};
    return post(call, ENGINE_TASK_SUCCESS, reported);
}

enum api_step action_send_task_failure(struct api *api, struct api_call *call)
{
    (void)api;
    call->command.u.task.error = request_string(call, "error");
    call->command.u.task.cause = request_string(call, "cause");
    return post(call, ENGINE_TASK_FAILURE, reported);
}

enum api_step action_send_task_heartbeat(struct api *api, struct api_call *call)
{
    (void)api;
    return post(call, ENGINE_TASK_HEARTBEAT, reported);
}
