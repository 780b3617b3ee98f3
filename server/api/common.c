#include "api/actions.h"

bool action_arn(struct api_call *call, const char *member, enum arn_kind kind, struct arn *ret_arn)
{
    const char *text = request_string(call, member);
    call->subject = text;
    struct arn arn;
    if (arn_parse(&call->arena, text, &arn) < 0) {
        (void)api_fail(call, API_ERR_INVALID_ARN, "Invalid Arn: 'Invalid ARN prefix: %s'", text);
        return false;
    }
    if (arn.kind != kind) {
        (void)api_fail(call, API_ERR_INVALID_ARN,
                       "Invalid Arn: 'Resource type not valid in this context: %s'",
                       arn_kind_name(arn.kind));
        return false;
    }
    *ret_arn = arn;
    return true;
}

bool action_machine_arn(struct api_call *call, const char *member, struct arn *ret_arn)
{
    struct arn arn;
    if (!action_arn(call, member, ARN_MACHINE, &arn))
        return false;

    const char *what = arn.label       ? "the ARN of a labelled Map state"
                       : arn.qualifier ? "the ARN of a version or an alias"
                       : arn.test_case ? "the name of a mocked test case"
                                       : NULL;
    if (what) {
        (void)api_fail(call, API_ERR_VALIDATION, "%s: %s is not supported by this server yet",
                       member, what);
        return false;
    }
    *ret_arn = arn;
    return true;
}

bool action_find_execution(struct api_call *call, struct store *store, const struct arn *arn,
                           struct store_machine *ret_machine, struct store_execution *ret_execution)
{
    struct store_machine machine;
    int r = ERR_NOT_FOUND;
    if (!arn->label) /* children of a Map Run do not exist without Map Runs */
        r = store_get_machine(store, &call->arena, arn->account, arn->region, arn->name, &machine);
    if (r == 0)
        r = store_get_execution(store, &call->arena, machine.id, arn->execution, ret_execution);
    if (r == ERR_NOT_FOUND) {
        (void)api_fail_outcome(call, ENGINE_NO_EXECUTION);
        return false;
    }
    if (r < 0) {
        (void)api_fail_store(call, store, r);
        return false;
    }
    *ret_machine = machine;
    return true;
}

enum api_step action_post(struct api_call *call, enum engine_command_type type, const char *region,
                          const char *account, const char *name,
                          void (*done)(struct engine_command *c))
{
    struct engine_command *c = &call->command;
    c->type = type;
    c->done = done;
    c->arg = call;
    c->account = account;
    c->region = region;
    c->name = name;
    engine_post(call->api->engine, c);
    return API_POSTED;
}

struct api_call *action_accepted(struct engine_command *c)
{
    struct api_call *call = c->arg;
    if (c->outcome == ENGINE_OK)
        return call;
    (void)api_fail_outcome(call, c->outcome);
    api_finish(call);
    return NULL;
}

void action_done_empty(struct engine_command *c)
{
    struct api_call *call = action_accepted(c);
    if (!call)
        return;
    strbuf_adds(&call->reply, "{}");
    api_finish(call);
}

void reply_arn(struct strbuf *out, const char *member, enum arn_kind kind, const char *region,
               const char *account, const char *name, const char *execution)
{
    reply_key(out, member);
    strbuf_addc(out, '"');
    arn_write(out, kind, region, account, name, execution);
    strbuf_addc(out, '"');
}

const char *action_arn_text(struct api_call *call, enum arn_kind kind, const char *region,
                            const char *account, const char *name, const char *execution)
{
    return arena_printf(&call->arena, "arn:%s:states:%s:%s:%s:%s%s%s", arn_partition(region),
                        region, account, arn_kind_name(kind), name, execution ? ":" : "",
                        execution ? execution : "");
}
