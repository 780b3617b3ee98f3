/* Aliases of state machines: create, update, describe, list, delete. */
#include <cjson/cJSON.h>
#include <string.h>

#include "api/actions.h"
#include "api/pages.h"

/* ---- routing configurations (reference/api.md section 3, CreateStateMachineAlias) ---- */

enum { RECEIVED_MAX = 4096 };

/* Refuses a configuration, showing either the ARNs or the weights that came. */
static void refuse_routes(struct api_call *call, const cJSON *routes, const char *member,
                          const char *rule)
{
    CLEANUP(strbuf_done) struct strbuf received;
    strbuf_init(&received, RECEIVED_MAX);
    const cJSON *item;
    cJSON_ArrayForEach(item, routes)
    {
        strbuf_adds(&received, received.len ? ", " : "");
        const char *text = request_string_in(item, member);
        if (text)
            strbuf_adds(&received, text);
        else
            strbuf_add_int(&received, request_int_in(item, member, 0));
    }
    (void)api_fail_reason(call, API_ERR_VALIDATION, "INVALID_ROUTING_CONFIGURATION",
                          "%s. Received: [%s]", rule, received.data);
}

static bool same_machine(const struct arn *a, const struct arn *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->account, b->account) == 0 &&
           strcmp(a->region, b->region) == 0;
}

/* The ARNs of a configuration, taken apart.  False when the call was answered with an error. */
static bool read_versions(struct api_call *call, const cJSON *routes,
                          struct arn ret_arns[STORE_ROUTES_MAX])
{
    const cJSON *item;
    size_t i = 0;
    bool versions = true;
    cJSON_ArrayForEach(item, routes)
    {
        const char *text = request_string_in(item, "stateMachineVersionArn");
        struct arn *arn = &ret_arns[i++];
        if (!action_parse_arn(call, text, arn))
            return false;
        versions = versions && arn->kind == ARN_MACHINE && !arn->test_case && arn_version(arn);
    }
    if (!versions)
        refuse_routes(call, routes, "stateMachineVersionArn",
                      "Routing configuration must contain state machine version ARNs");
    return versions;
}

/* Puts a configuration into the command; machine is the one its versions must belong to, or becomes it
 * when its name is NULL.  False when the call was answered with an error. */
static bool read_routes(struct api_call *call, struct arn *machine)
{
    const cJSON *routes = request_get(call, "routingConfiguration");
    struct engine_command *c = &call->command;
    struct arn arns[STORE_ROUTES_MAX];
    if (!read_versions(call, routes, arns))
        return false;

    size_t len = 0;
    int64_t sum = 0;
    bool same = true;
    const cJSON *item;
    if (!machine->name)
        *machine = arns[0];
    cJSON_ArrayForEach(item, routes)
    {
        struct store_route route = {arn_version(&arns[len]), request_int_in(item, "weight", 0)};
        same = same && same_machine(&arns[len], machine);
        sum += route.weight;
        c->u.alias.routes[len++] = route;
    }
    c->u.alias.routes_len = len;

    bool distinct = len < 2 || c->u.alias.routes[0].version != c->u.alias.routes[1].version;
    const struct {
        bool kept;
        const char *shown, *rule;
    } rules[] = {
        {sum == 100, "weight", "Sum of routing configuration weights must equal 100"},
        {same, "stateMachineVersionArn",
         "Routing configuration must contain state machine version ARNs for the same state "
         "machine"},
        {distinct, "stateMachineVersionArn",
         "Routing configuration must contain distinct state machine version ARNs"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        if (!rules[i].kept) {
            refuse_routes(call, routes, rules[i].shown, rules[i].rule);
            return false;
        }
    }
    return true;
}

/* ---- create, update, delete ---- */

static void alias_created(struct engine_command *c)
{
    struct api_call *call = action_accepted(c);
    if (!call)
        return;
    struct strbuf *out = &call->reply;
    reply_open(out);
    reply_date(out, "creationDate", c->u.alias.date_ms);
    reply_arn(out, "stateMachineAliasArn", ARN_MACHINE, c->region, c->account, c->name,
              c->u.alias.alias);
    reply_close(out);
    api_finish(call);
}

enum api_step action_create_alias(struct api *api, struct api_call *call)
{
    (void)api;
    struct engine_command *c = &call->command;
    struct arn machine = {0};
    if (!read_routes(call, &machine))
        return API_REPLIED;
    c->u.alias.alias = request_string(call, "name");
    c->u.alias.description = request_string(call, "description");
    call->subject =
        action_arn_text(call, ARN_MACHINE, machine.region, machine.account, machine.name, NULL);
    return action_post(call, ENGINE_CREATE_ALIAS, machine.region, machine.account, machine.name,
                       alias_created);
}

/* False when the call was answered: the ARN is no alias's. */
static bool read_alias_arn(struct api_call *call, struct arn *ret_arn)
{
    if (!action_qualified_arn(call, "stateMachineAliasArn", ret_arn))
        return false;
    if (!arn_alias(ret_arn))
        (void)action_refuse_kind(call, ret_arn);
    return arn_alias(ret_arn);
}

static void alias_updated(struct engine_command *c)
{
    struct api_call *call = action_accepted(c);
    if (!call)
        return;
    reply_open(&call->reply);
    reply_date(&call->reply, "updateDate", c->u.alias.date_ms);
    reply_close(&call->reply);
    api_finish(call);
}

enum api_step action_update_alias(struct api *api, struct api_call *call)
{
    (void)api;
    struct engine_command *c = &call->command;
    struct arn arn;
    if (!read_alias_arn(call, &arn))
        return API_REPLIED;
    c->u.alias.alias = arn_alias(&arn);
    c->u.alias.description = request_string(call, "description");
    bool routes = request_get(call, "routingConfiguration");
    if (!routes && !c->u.alias.description)
        return api_fail(call, API_ERR_VALIDATION,
                        "Either description or routing configuration must be specified");
    if (routes && !read_routes(call, &arn))
        return API_REPLIED;
    return action_post(call, ENGINE_UPDATE_ALIAS, arn.region, arn.account, arn.name, alias_updated);
}

enum api_step action_delete_alias(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!read_alias_arn(call, &arn))
        return API_REPLIED;
    call->command.u.alias.alias = arn_alias(&arn);
    return action_post(call, ENGINE_DELETE_ALIAS, arn.region, arn.account, arn.name,
                       action_done_empty);
}

/* ---- describe, list ---- */

static void write_alias(struct strbuf *out, const struct arn *arn, const struct store_alias *alias)
{
    reply_open(out);
    reply_date(out, "creationDate", alias->creation_ms);
    reply_string(out, "description", alias->description);
    reply_string(out, "name", alias->name);
    reply_key(out, "routingConfiguration");
    strbuf_addc(out, '[');
    for (size_t i = 0; i < alias->routes_len; i++) {
        reply_key(out, NULL);
        reply_open(out);
        reply_version_arn(out, arn->region, arn->account, arn->name, alias->routes[i].version);
        reply_int(out, "weight", alias->routes[i].weight);
        reply_close(out);
    }
    strbuf_addc(out, ']');
    reply_arn(out, "stateMachineAliasArn", ARN_MACHINE, arn->region, arn->account, arn->name,
              alias->name);
    reply_date(out, "updateDate", alias->update_ms);
    reply_close(out);
}

enum api_step action_describe_alias(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!read_alias_arn(call, &arn))
        return API_REPLIED;
    CLEANUP(reader_release) struct reader reader = {0};
    if (!reader_acquire(call, &reader))
        return API_REPLIED;

    struct store_machine machine;
    struct store_alias alias;
    int r =
        store_get_machine(reader.store, &call->arena, arn.account, arn.region, arn.name, &machine);
    if (r == 0)
        r = store_get_alias(reader.store, &call->arena, machine.id, arn_alias(&arn), &alias);
    if (r == ERR_NOT_FOUND)
        return api_fail_outcome(call, ENGINE_DANGLING);
    if (r < 0)
        return api_fail_store(call, reader.store, r);
    write_alias(&call->reply, &arn, &alias);
    return API_REPLIED;
}

struct alias_list {
    struct listing *list;
    const struct arn *machine;
};

static void add_alias(void *arg, const struct store_alias *alias)
{
    const struct alias_list *aliases = arg;
    struct listing *list = aliases->list;
    if (!listing_row(list, (struct list_place){.name = alias->name}))
        return;
    struct strbuf *out = &list->call->reply;
    reply_open(out);
    reply_date(out, "creationDate", alias->creation_ms);
    reply_arn(out, "stateMachineAliasArn", ARN_MACHINE, aliases->machine->region,
              aliases->machine->account, aliases->machine->name, alias->name);
    reply_close(out);
}

/* Whose aliases are asked for: a machine's, or those that point to one of its versions.  False when the
 * call was answered with an error. */
static bool find_owner(struct api_call *call, struct store *store, const struct arn *arn,
                       struct store_machine *ret_machine)
{
    struct store_version version;
    if (arn_alias(arn)) {
        (void)action_refuse_kind(call, arn);
        return false;
    }
    if (!action_find_machine(call, store, arn, ret_machine))
        return false;
    if (ret_machine->status == MACHINE_DELETING) {
        (void)api_fail_outcome(call, ENGINE_MACHINE_DELETING);
        return false;
    }
    if (!arn_version(arn))
        return true;
    int r = store_get_version(store, &call->arena, ret_machine->id, arn_version(arn), &version);
    if (r == ERR_NOT_FOUND)
        (void)api_fail_outcome(call, ENGINE_DANGLING);
    else if (r < 0)
        (void)api_fail_store(call, store, r);
    return r == 0;
}

enum api_step action_list_aliases(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_qualified_arn(call, "stateMachineArn", &arn))
        return API_REPLIED;
    uint64_t binding = page_token_binding("ListStateMachineAliases", call->subject, NULL);
    CLEANUP(listing_done) struct listing list = {0};
    if (!listing_begin(call, binding, "stateMachineAliases", &list))
        return API_REPLIED;

    struct store_machine machine;
    if (!find_owner(call, list.reader.store, &arn, &machine))
        return API_REPLIED;
    struct alias_list aliases = {.list = &list, .machine = &arn};
    int r = store_list_aliases(list.reader.store, &call->arena, machine.id, arn_version(&arn),
                               list.from.name, list.max + 1, add_alias, &aliases);
    return listing_finish(&list, r);
}
