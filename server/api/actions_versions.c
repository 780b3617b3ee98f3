/* Published versions of state machines: publish, list, delete. */
#include "api/actions.h"
#include "api/pages.h"

static void published(struct engine_command *c)
{
    struct api_call *call = c->arg;
    if (c->outcome == ENGINE_REVISION_CONFLICT) {
        (void)api_fail(call, API_ERR_CONFLICT,
                       "Failed to publish the State Machine version for revision %s. The current "
                       "State Machine revision is %s.",
                       c->u.version.revision_id, c->u.version.current);
        api_finish(call);
        return;
    }
    if (!action_accepted(c))
        return;
    struct strbuf *out = &call->reply;
    reply_open(out);
    reply_date(out, "creationDate", c->u.version.date_ms);
    reply_version_arn(out, c->region, c->account, c->name, c->u.version.number);
    reply_close(out);
    api_finish(call);
}

enum api_step action_publish_version(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_machine_arn(call, "stateMachineArn", &arn))
        return API_REPLIED;
    struct engine_command *c = &call->command;
    c->u.version.revision_id = request_string(call, "revisionId");
    c->u.version.description = request_string(call, "description");
    return action_post(call, ENGINE_PUBLISH_VERSION, arn.region, arn.account, arn.name, published);
}

static void version_deleted(struct engine_command *c)
{
    struct api_call *call = c->arg;
    if (c->outcome != ENGINE_VERSION_IN_USE) {
        action_done_empty(c);
        return;
    }
    (void)api_fail(call, API_ERR_CONFLICT,
                   "Version to be deleted must not be referenced by an alias. Current list of "
                   "aliases referencing this version: [%s]",
                   c->u.version.aliases);
    api_finish(call);
}

enum api_step action_delete_version(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_qualified_arn(call, "stateMachineVersionArn", &arn))
        return API_REPLIED;
    call->command.u.version.number = arn_version(&arn);
    if (!call->command.u.version.number)
        return action_refuse_kind(call, &arn);
    return action_post(call, ENGINE_DELETE_VERSION, arn.region, arn.account, arn.name,
                       version_deleted);
}

struct version_list {
    struct listing *list;
    const struct arn *machine;
};

static void add_version(void *arg, const struct store_version *v)
{
    const struct version_list *versions = arg;
    struct listing *list = versions->list;
    if (!listing_row(list, (struct list_place){.number = v->number}))
        return;
    struct strbuf *out = &list->call->reply;
    reply_open(out);
    reply_date(out, "creationDate", v->creation_ms);
    reply_version_arn(out, versions->machine->region, versions->machine->account,
                      versions->machine->name, v->number);
    reply_close(out);
}

enum api_step action_list_versions(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_machine_arn(call, "stateMachineArn", &arn))
        return API_REPLIED;
    uint64_t binding = page_token_binding("ListStateMachineVersions", call->subject, NULL);
    CLEANUP(listing_done) struct listing list = {0};
    if (!listing_begin(call, binding, "stateMachineVersions", &list))
        return API_REPLIED;

    struct store_machine machine;
    if (!action_find_machine(call, list.reader.store, &arn, &machine))
        return API_REPLIED;
    struct version_list versions = {.list = &list, .machine = &arn};
    int r = store_list_versions(list.reader.store, &call->arena, machine.id, listing_before(&list),
                                list.max + 1, add_version, &versions);
    return listing_finish(&list, r);
}
