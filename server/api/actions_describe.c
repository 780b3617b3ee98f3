/* State machines as they are described: by their ARN, and as an execution sees its own. */
#include <string.h>

#include "api/actions.h"

/* The members both answers have.  Without data the definition is an empty object. */
static void write_revision(struct api_call *call, const struct store_machine *m,
                           const struct store_revision *r)
{
    const char *included = request_string(call, "includedData");
    bool data = !included || strcmp(included, "ALL_DATA") == 0;
    struct strbuf *out = &call->reply;
    if (data)
        reply_text(out, "definition", r->definition);
    else
        reply_string(out, "definition", "{}");
    reply_raw(out, "encryptionConfiguration", r->encryption);
    reply_raw(out, "loggingConfiguration", r->logging);
    reply_string(out, "name", m->name);
    reply_string(out, "revisionId", r->revision_id);
    reply_string(out, "roleArn", r->role_arn);
    reply_arn(out, "stateMachineArn", ARN_MACHINE, m->region, m->account, m->name, NULL);
    reply_raw(out, "tracingConfiguration", r->tracing);
    if (data)
        reply_raw(out, "variableReferences", r->variable_references);
}

enum api_step action_describe_machine(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_machine_arn(call, "stateMachineArn", &arn))
        return API_REPLIED;
    CLEANUP(reader_release) struct reader reader = {0};
    if (!reader_acquire(call, &reader))
        return API_REPLIED;

    struct store_machine machine;
    struct store_revision revision;
    int r =
        store_get_machine(reader.store, &call->arena, arn.account, arn.region, arn.name, &machine);
    if (r == 0)
        r = store_get_revision(reader.store, &call->arena, machine.revision, &revision);
    if (r == ERR_NOT_FOUND)
        return api_fail_outcome(call, ENGINE_NO_MACHINE);
    if (r < 0)
        return api_fail_store(call, reader.store, r);

    struct strbuf *out = &call->reply;
    reply_open(out);
    reply_date(out, "creationDate", machine.creation_ms);
    write_revision(call, &machine, &revision);
    reply_string(out, "status", machine.status == MACHINE_ACTIVE ? "ACTIVE" : "DELETING");
    reply_string(out, "type", machine.type == MACHINE_EXPRESS ? "EXPRESS" : "STANDARD");
    reply_close(out);
    return API_REPLIED;
}

enum api_step action_describe_machine_for_execution(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_arn(call, "executionArn", ARN_EXECUTION, &arn))
        return API_REPLIED;
    CLEANUP(reader_release) struct reader reader = {0};
    if (!reader_acquire(call, &reader))
        return API_REPLIED;

    struct store_machine machine;
    struct store_execution execution;
    struct store_revision revision;
    if (!action_find_execution(call, reader.store, &arn, &machine, &execution))
        return API_REPLIED;
    int r = store_get_revision(reader.store, &call->arena, execution.revision, &revision);
    if (r == ERR_NOT_FOUND) /* removed between the two reads */
        return api_fail_outcome(call, ENGINE_NO_EXECUTION);
    if (r < 0)
        return api_fail_store(call, reader.store, r);

    reply_open(&call->reply);
    write_revision(call, &machine, &revision);
    reply_date(&call->reply, "updateDate", revision.creation_ms);
    reply_close(&call->reply);
    return API_REPLIED;
}
