/* Executions: start, stop, redrive. */
#include <string.h>

#include "api/actions.h"
#include "engine/names.h"
#include "json/json.h"

static void started(struct engine_command *c)
{
    struct api_call *call = c->arg;
    if (c->outcome == ENGINE_EXECUTION_EXISTS)
        call->subject = action_arn_text(call, ARN_EXECUTION, c->region, c->account, c->name,
                                        c->u.start.execution);
    if (!action_accepted(c))
        return;
    const char *name = c->u.start.execution ? c->u.start.execution : c->u.start.made_name;
    struct strbuf *out = &call->reply;
    const char *id = c->u.start.express_id;
    if (*id)
        name = arena_printf(&call->arena, "%s:%s", name, id);
    reply_open(out);
    reply_arn(out, "executionArn", *id ? ARN_EXPRESS : ARN_EXECUTION, c->region, c->account,
              c->name, name);
    reply_date(out, "startDate", c->u.start.date_ms);
    reply_close(out);
    api_finish(call);
}

/* Sets the input of the command.  False when the call was answered with InvalidExecutionInput. */
static bool read_input(struct api_call *call, struct text *ret_input)
{
    const char *input = request_string(call, "input");
    if (!input) {
        *ret_input = TEXT("{}");
        return true;
    }
    struct json_error error;
    size_t len = strlen(input);
    bool blank = input[strspn(input, " \t\r\n")] == '\0';
    if (blank || !json_valid(input, len, &error)) {
        (void)api_fail(call, API_ERR_INVALID_INPUT, "Invalid State Machine Execution Input: '%s'",
                       blank ? "Invalid execution input." : error.text);
        return false;
    }
    *ret_input = (struct text){input, len};
    return true;
}

bool action_read_start(struct api_call *call, struct arn *ret_arn)
{
    struct engine_command *c = &call->command;
    struct arn arn;
    if (!action_start_arn(call, "stateMachineArn", &arn))
        return false;
    c->u.start.version = arn_version(&arn);
    c->u.start.alias = arn_alias(&arn);
    c->u.start.test_case = arn.test_case;
    c->u.start.execution = request_string(call, "name");
    if (c->u.start.execution && !name_is_valid(c->u.start.execution)) {
        (void)api_fail(call, API_ERR_INVALID_NAME, "Invalid Name: '%s'", c->u.start.execution);
        return false;
    }
    if (!read_input(call, &c->u.start.input))
        return false;
    c->u.start.trace_header = request_string(call, "traceHeader");
    *ret_arn = arn;
    return true;
}

enum api_step action_start_execution(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_read_start(call, &arn))
        return API_REPLIED;
    return action_post(call, ENGINE_START_EXECUTION, arn.region, arn.account, arn.name, started);
}

static void stopped(struct engine_command *c)
{
    struct api_call *call = action_accepted(c);
    if (!call)
        return;
    reply_open(&call->reply);
    reply_date(&call->reply, "stopDate", c->u.stop.date_ms);
    reply_close(&call->reply);
    api_finish(call);
}

enum api_step action_stop_execution(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_arn(call, "executionArn", ARN_EXECUTION, &arn))
        return API_REPLIED;
    struct engine_command *c = &call->command;
    c->u.stop.execution = arn.execution;
    c->u.stop.label = arn.label;
    c->u.stop.error = request_string(call, "error");
    c->u.stop.cause = request_string(call, "cause");
    return action_post(call, ENGINE_STOP_EXECUTION, arn.region, arn.account, arn.name, stopped);
}

/* A machine that is gone has no executions: to the callers of these two that is one and the same. */
static void redriven(struct engine_command *c)
{
    struct api_call *call = c->arg;
    if (c->outcome == ENGINE_NOT_REDRIVABLE) {
        (void)api_fail(call, API_ERR_EXECUTION_NOT_REDRIVABLE,
                       "Execution %s invalid for redrive as: %s", call->subject,
                       redrive_reason_text(c->u.redrive.reason));
        api_finish(call);
        return;
    }
    if (!action_accepted(c))
        return;
    reply_open(&call->reply);
    reply_date(&call->reply, "redriveDate", c->u.redrive.date_ms);
    reply_close(&call->reply);
    api_finish(call);
}

enum api_step action_redrive_execution(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_arn(call, "executionArn", ARN_EXECUTION, &arn))
        return API_REPLIED;
    if (arn.label)
        return api_fail(call, API_ERR_CONSTRAINT,
                        "Labeled Execution ARNs are not supported for this API");
    struct engine_command *c = &call->command;
    c->u.redrive.execution = arn.execution;
    c->u.redrive.token = request_string(call, "clientToken");
    return action_post(call, ENGINE_REDRIVE_EXECUTION, arn.region, arn.account, arn.name, redriven);
}
