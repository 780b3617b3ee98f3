/* StartSyncExecution: an EXPRESS execution whose end is the answer. */
#include "api/actions.h"

enum {
    BILLED_MEMORY_MB = 64, /* the smallest unit the service bills; payloads never come near it */
    BILLED_MS = 100,       /* the unit of time */
};

static void write_billing(struct strbuf *out, int64_t ms)
{
    int64_t units = MAX(1, (ms + BILLED_MS - 1) / BILLED_MS);
    strbuf_adds(out, ",\"billingDetails\":{");
    reply_int(out, "billedDurationInMilliseconds", units * BILLED_MS);
    reply_int(out, "billedMemoryUsedInMB", BILLED_MEMORY_MB);
    reply_close(out);
}

static void write_data(struct api_call *call, const struct engine_command *c)
{
    bool data = action_wants_data(call);
    const char *details = data ? "{\"included\":true}" : "{\"included\":false}";
    struct strbuf *out = &call->reply;
    if (data) {
        reply_string(out, "cause", c->u.start.result.cause);
        reply_string(out, "error", c->u.start.result.error);
        reply_text(out, "input", c->u.start.input);
        reply_text(out, "output", c->u.start.result.output);
    }
    reply_raw(out, "inputDetails", details);
    reply_raw(out, "outputDetails", details); /* also of a failure (recorded) */
}

static void ended(struct engine_command *c)
{
    struct api_call *call = action_accepted(c);
    if (!call)
        return;
    const char *name = c->u.start.execution ? c->u.start.execution : c->u.start.made_name;
    const char *full = arena_printf(&call->arena, "%s:%s", name, c->u.start.express_id);
    struct strbuf *out = &call->reply;
    reply_open(out);
    reply_arn(out, "executionArn", ARN_EXPRESS, c->region, c->account, c->name, full);
    reply_string(out, "name", name);
    reply_date(out, "startDate", c->u.start.date_ms);
    reply_arn(out, "stateMachineArn", ARN_MACHINE, c->region, c->account, c->name, NULL);
    reply_string(out, "status", execution_status_name(c->u.start.result.status));
    reply_date(out, "stopDate", c->u.start.result.stop_ms);
    reply_string(out, "traceHeader", c->u.start.trace_header);
    write_billing(out, c->u.start.result.stop_ms - c->u.start.date_ms);
    write_data(call, c);
    reply_close(out);
    api_finish(call);
}

enum api_step action_start_sync_execution(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_read_start(call, &arn))
        return API_REPLIED;
    return action_post(call, ENGINE_START_SYNC_EXECUTION, arn.region, arn.account, arn.name, ended);
}

bool action_read_type(struct api_call *call, const struct arn *arn, enum machine_type *ret_type)
{
    CLEANUP(reader_release) struct reader reader = {0};
    struct store_machine machine;
    if (!reader_acquire(call, &reader))
        return false;
    int r = store_get_machine(reader.store, &call->arena, arn->account, arn->region, arn->name,
                              &machine);
    if (r < 0 && r != ERR_NOT_FOUND) {
        (void)api_fail_store(call, reader.store, r);
        return false;
    }
    if (r == ERR_NOT_FOUND) {
        (void)api_fail_outcome(call, ENGINE_NO_MACHINE);
        return false;
    }
    *ret_type = machine.type;
    return true;
}
