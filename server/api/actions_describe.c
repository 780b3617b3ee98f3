/* State machines as they are described: by their ARN or a version's or alias's, and as an execution sees
 * its own. */
#include "api/actions.h"
#include "json/json.h"

/* The members both answers have.  Without data the definition is an empty object. */
static void write_revision(struct api_call *call, const struct store_machine *m,
                           const struct store_revision *r, const char *qualifier,
                           const struct store_map_run *run /* NULL: not of a child */)
{
    bool data = action_wants_data(call);
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
    reply_arn(out, "stateMachineArn", ARN_MACHINE, m->region, m->account,
              run ? action_labelled(call, m, run) : m->name, qualifier);
    reply_raw(out, "tracingConfiguration", r->tracing);
    if (data)
        reply_raw(out, "variableReferences", r->variable_references);
}

/* The version that an alias starts most of the time. */
static int64_t main_version(const struct store_alias *alias)
{
    const struct store_route *routes = alias->routes;
    bool second = alias->routes_len > 1 && routes[1].weight > routes[0].weight;
    return routes[second].version;
}

/* The version that the ARN of a version or an alias names.  False when the call was answered with an
 * error. */
static bool find_version(struct api_call *call, struct store *store, const struct arn *arn,
                         int64_t machine, struct store_version *ret_version)
{
    int64_t number = arn_version(arn);
    struct store_alias alias;
    int r = 0;
    if (arn_alias(arn)) {
        r = store_get_alias(store, &call->arena, machine, arn_alias(arn), &alias);
        number = r == 0 ? main_version(&alias) : 0;
    }
    if (r == 0)
        r = store_get_version(store, &call->arena, machine, number, ret_version);
    if (r == ERR_NOT_FOUND)
        (void)api_fail_outcome(call, arn_alias(arn) ? ENGINE_NO_ALIAS : ENGINE_NO_VERSION);
    else if (r < 0)
        (void)api_fail_store(call, store, r);
    return r == 0;
}

enum api_step action_describe_machine(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_qualified_arn(call, "stateMachineArn", &arn))
        return API_REPLIED;
    CLEANUP(reader_release) struct reader reader = {0};
    if (!reader_acquire(call, &reader))
        return API_REPLIED;

    struct store_machine machine;
    struct store_version version = {0};
    struct store_revision revision;
    if (!action_find_machine(call, reader.store, &arn, &machine))
        return API_REPLIED;
    if (!arn.qualifier)
        version.revision = machine.revision;
    else if (!find_version(call, reader.store, &arn, machine.id, &version))
        return API_REPLIED;
    int r = store_get_revision(reader.store, &call->arena, version.revision, &revision);
    if (r == ERR_NOT_FOUND) /* removed between the two reads */
        return api_fail_outcome(call, ENGINE_NO_MACHINE);
    if (r < 0)
        return api_fail_store(call, reader.store, r);

    struct strbuf *out = &call->reply;
    reply_open(out);
    reply_date(out, "creationDate", arn.qualifier ? version.creation_ms : machine.creation_ms);
    write_revision(call, &machine, &revision, arn.qualifier, NULL);
    reply_string(out, "description", version.description);
    reply_string(out, "status", machine.status == MACHINE_ACTIVE ? "ACTIVE" : "DELETING");
    reply_string(out, "type", machine.type == MACHINE_EXPRESS ? "EXPRESS" : "STANDARD");
    reply_close(out);
    return API_REPLIED;
}

static const struct json *find_state(const struct json *scope, const char *name);

/* A state of the name inside of a state: in its branches, or in its processor. */
static const struct json *find_inside(const struct json *state, const char *name)
{
    static const char *const processors[] = {"ItemProcessor", "Iterator"};
    const struct json *branches = json_gets(state, "Branches");
    const struct json *found = NULL;
    for (size_t i = 0; !found && json_is(branches, JSON_ARRAY) && i < json_len(branches); i++)
        found = find_state(json_at(branches, i), name);
    for (size_t i = 0; !found && i < ARRAY_LEN(processors); i++)
        found = find_state(json_gets(state, processors[i]), name);
    return found;
}

/* A state of the name in a scope, however deep: what compiles has a bounded depth. */
static const struct json *find_state(const struct json *scope, const char *name)
{
    const struct json *states = json_is(scope, JSON_OBJECT) ? json_gets(scope, "States") : NULL;
    if (!json_is(states, JSON_OBJECT))
        return NULL;
    const struct json *found = json_gets(states, name);
    for (size_t i = 0; !found && i < json_len(states); i++)
        if (json_is(json_member_at(states, i), JSON_OBJECT))
            found = find_inside(json_member_at(states, i), name);
    return found;
}

/* {"StartAt":...,"States":...} of the processor of a Map state: what its children run. */
static struct text processor_text(struct api_call *call, struct text definition, const char *state)
{
    struct json *all = json_parse(definition.data, definition.len, JSON_PARSE_DEFAULT, NULL);
    const struct json *map = all ? find_state(all, state) : NULL;
    const struct json *processor =
        json_is(map, JSON_OBJECT) ? json_gets(map, "ItemProcessor") : NULL;
    struct strbuf sb;
    if (json_is(map, JSON_OBJECT) && !processor)
        processor = json_gets(map, "Iterator");
    CHECK(json_is(processor, JSON_OBJECT)); /* it was compiled */
    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    strbuf_adds(&sb, "{\"StartAt\":");
    json_print(json_gets(processor, "StartAt"), &sb);
    strbuf_adds(&sb, ",\"States\":");
    json_print(json_gets(processor, "States"), &sb);
    strbuf_addc(&sb, '}');
    struct text text = {arena_memdup(&call->arena, sb.data, sb.len), sb.len};
    strbuf_done(&sb);
    json_unref(all);
    return text;
}

enum api_step action_describe_machine_for_execution(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_child_arn(call, "executionArn", &arn))
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

    const struct store_map_run *run;
    if (!action_find_parent_run(call, reader.store, &execution, &run))
        return API_REPLIED;
    reply_open(&call->reply);
    if (run) {
        revision.definition = processor_text(call, revision.definition, run->state);
        reply_string(&call->reply, "label", run->label);
        reply_map_run_arn(call, &machine, run);
    }
    write_revision(call, &machine, &revision, NULL, run);
    reply_date(&call->reply, "updateDate", revision.creation_ms);
    reply_close(&call->reply);
    return API_REPLIED;
}
