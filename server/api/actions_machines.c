/* State machines: create, update, delete, list. */
#include <string.h>

#include "api/actions.h"
#include "api/pages.h"
#include "api/settings.h"
#include "asl/asl.h"
#include "engine/names.h"

/* Compiles a definition to know that it is valid, and keeps what DescribeStateMachine tells of it. */
static bool compile(struct api_call *call, const char *definition, enum machine_type type,
                    const char **ret_references)
{
    struct asl_options options = {
        .type = type == MACHINE_EXPRESS ? ASL_EXPRESS : ASL_STANDARD,
        .definition_bytes = call->api->limits.definition_bytes,
    };
    struct asl_machine *machine;
    struct text text = {definition, strlen(definition)};
    if (!action_compile(call, text, &options, &machine))
        return false;
    const char *references = machine->variable_references;
    *ret_references =
        references ? arena_memdup(&call->arena, references, strlen(references)) : NULL;
    asl_machine_unref(machine);
    return true;
}

/* What creating and updating have in common: everything of the request but the name goes into the
 * command.  Members that are absent stay NULL. */
static bool read_content(struct api_call *call, struct engine_command *c)
{
    const char *definition = request_string(call, "definition");
    if (definition) {
        c->u.machine.definition = (struct text){definition, strlen(definition)};
        if (!compile(call, definition, c->u.machine.type, &c->u.machine.variable_references))
            return false;
    }
    const struct cJSON *logging = request_get(call, "loggingConfiguration");
    if (logging && !settings_logging(call, logging, &c->u.machine.logging))
        return false;
    const struct cJSON *tracing = request_get(call, "tracingConfiguration");
    if (tracing && !settings_tracing(call, tracing, &c->u.machine.tracing))
        return false;
    const struct cJSON *encryption = request_get(call, "encryptionConfiguration");
    if (encryption && !settings_encryption(call, encryption, &c->u.machine.encryption))
        return false;
    return true;
}

static bool read_publish(struct api_call *call, struct engine_command *c)
{
    c->u.machine.publish = request_bool(call, "publish", false);
    c->u.machine.version_description = request_string(call, "versionDescription");
    if (c->u.machine.publish || !c->u.machine.version_description)
        return true;
    (void)api_fail(call, API_ERR_VALIDATION,
                   "Version description can only be set when publish is true");
    return false;
}

static void log_group_found(void *arg, bool missing)
{
    struct api_call *call = arg;
    if (!missing) {
        engine_post(call->api->engine, &call->command);
        return;
    }
    (void)api_fail(call, API_ERR_INVALID_LOGGING,
                   "Invalid Logging Configuration: Log Destination not found.");
    api_finish(call);
}

/* As action_post, once the log group that the request names was found (recorded: one that was deleted is
 * refused). */
static enum api_step post_content(struct api_call *call, enum engine_command_type type,
                                  const char *region, const char *account, const char *name,
                                  void (*done)(struct engine_command *c))
{
    const struct log_groups *groups = &call->api->log_groups;
    action_prepare(call, type, region, account, name, done);
    if (call->log_group && groups->ask &&
        groups->ask(groups->self, call->log_group, log_group_found, call))
        return API_POSTED;
    engine_post(call->api->engine, &call->command);
    return API_POSTED;
}

static void write_version(struct strbuf *out, const struct engine_command *c)
{
    if (c->u.machine.publish)
        reply_version_arn(out, c->region, c->account, c->name, c->u.machine.version);
}

static void created(struct engine_command *c)
{
    struct api_call *call = action_accepted(c);
    if (!call)
        return;
    struct strbuf *out = &call->reply;
    reply_open(out);
    reply_date(out, "creationDate", c->u.machine.date_ms);
    reply_arn(out, "stateMachineArn", ARN_MACHINE, c->region, c->account, c->name, NULL);
    write_version(out, c);
    reply_close(out);
    api_finish(call);
}

enum api_step action_create_machine(struct api *api, struct api_call *call)
{
    (void)api;
    struct engine_command *c = &call->command;
    const char *name = request_string(call, "name");
    if (!name_is_valid(name))
        return api_fail(call, API_ERR_INVALID_NAME, "Invalid Name: '%s'", name);

    c->u.machine.role_arn = request_string(call, "roleArn");
    if (!action_check_role(call, c->u.machine.role_arn) || !read_publish(call, c))
        return API_REPLIED;
    const char *type = request_string(call, "type");
    c->u.machine.type = type && strcmp(type, "EXPRESS") == 0 ? MACHINE_EXPRESS : MACHINE_STANDARD;
    c->u.machine.logging = SETTINGS_LOGGING_OFF;
    c->u.machine.tracing = SETTINGS_TRACING_OFF;
    c->u.machine.encryption = SETTINGS_ENCRYPTION_OWN;
    if (!read_content(call, c))
        return API_REPLIED;
    if (!settings_tags(call, request_get(call, "tags"), &c->u.machine.tags, &c->u.machine.tags_len))
        return API_REPLIED;

    call->subject = action_arn_text(call, ARN_MACHINE, call->region, call->account, name, NULL);
    return post_content(call, ENGINE_CREATE_MACHINE, call->region, call->account, name, created);
}

static void updated(struct engine_command *c)
{
    struct api_call *call = action_accepted(c);
    if (!call)
        return;
    struct strbuf *out = &call->reply;
    reply_open(out);
    if (c->u.machine.revision_id[0])
        reply_string(out, "revisionId", c->u.machine.revision_id);
    write_version(out, c);
    reply_date(out, "updateDate", c->u.machine.date_ms);
    reply_close(out);
    api_finish(call);
}

enum api_step action_update_machine(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_machine_arn(call, "stateMachineArn", &arn))
        return API_REPLIED;

    static const char *const contents[] = {"definition", "roleArn", "loggingConfiguration",
                                           "tracingConfiguration", "encryptionConfiguration"};
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(contents); i++)
        any = any || request_get(call, contents[i]);
    if (!any)
        return api_fail(call, API_ERR_MISSING_PARAMETER,
                        "Either the definition, the role ARN, the LoggingConfiguration, or the "
                        "TracingConfiguration must be specified");

    struct engine_command *c = &call->command;
    c->u.machine.role_arn = request_string(call, "roleArn");
    if (c->u.machine.role_arn && !action_check_role(call, c->u.machine.role_arn))
        return API_REPLIED;
    if (request_get(call, "definition") && !action_read_type(call, &arn, &c->u.machine.type))
        return API_REPLIED; /* EXPRESS allows less than STANDARD */
    if (!read_publish(call, c) || !read_content(call, c))
        return API_REPLIED;
    return post_content(call, ENGINE_UPDATE_MACHINE, arn.region, arn.account, arn.name, updated);
}

/* Deleting what does not exist succeeds. */
static void deleted(struct engine_command *c)
{
    if (c->outcome == ENGINE_NO_MACHINE)
        c->outcome = ENGINE_OK;
    action_done_empty(c);
}

enum api_step action_delete_machine(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_qualified_arn(call, "stateMachineArn", &arn))
        return API_REPLIED;
    if (arn.qualifier) /* deleting what does not exist succeeds, but this would look like a deletion */
        return action_refuse_kind(call, &arn);
    return action_post(call, ENGINE_DELETE_MACHINE, arn.region, arn.account, arn.name, deleted);
}

static void add_machine(void *arg, const struct store_machine *m)
{
    struct listing *list = arg;
    if (!listing_row(list, (struct list_place){.name = m->name}))
        return;
    struct strbuf *out = &list->call->reply;
    reply_open(out);
    reply_date(out, "creationDate", m->creation_ms);
    reply_string(out, "name", m->name);
    reply_arn(out, "stateMachineArn", ARN_MACHINE, m->region, m->account, m->name, NULL);
    reply_string(out, "type", m->type == MACHINE_EXPRESS ? "EXPRESS" : "STANDARD");
    reply_close(out);
}

enum api_step action_list_machines(struct api *api, struct api_call *call)
{
    (void)api;
    uint64_t binding = page_token_binding("ListStateMachines", call->account, call->region, NULL);
    CLEANUP(listing_done) struct listing list = {0};
    if (!listing_begin(call, binding, "stateMachines", &list))
        return API_REPLIED;

    int r = store_list_machines(list.reader.store, &call->arena, call->account, call->region,
                                list.from.name, list.max + 1, add_machine, &list);
    return listing_finish(&list, r);
}
