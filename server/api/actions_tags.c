/* Tags of state machines and activities. */
#include <cjson/cJSON.h>

#include "api/actions.h"
#include "api/settings.h"

static void add_tag(void *arg, const char *key, const char *value)
{
    struct strbuf *out = arg;
    reply_key(out, NULL);
    reply_open(out);
    reply_string(out, "key", key);
    reply_string(out, "value", value);
    reply_close(out);
}

/* Whether the resource of an ARN exists: 0, ERR_NOT_FOUND or a failure of the store. */
static int find_resource(struct api_call *call, struct store *store, const struct arn *arn)
{
    struct store_machine machine;
    struct store_activity activity;
    if (arn->kind == ARN_ACTIVITY)
        return store_get_activity(store, &call->arena, arn->account, arn->region, arn->name,
                                  &activity);
    return store_get_machine(store, &call->arena, arn->account, arn->region, arn->name, &machine);
}

/* The ARN of what can have tags, which becomes the call's subject.  False when the call was answered
 * with an error. */
static bool read_resource(struct api_call *call, struct arn *ret_arn)
{
    const char *text = request_string(call, "resourceArn");
    struct arn arn;
    call->subject = text;
    if (!action_parse_arn(call, text, &arn))
        return false;
    if (arn.kind != ARN_MACHINE && arn.kind != ARN_ACTIVITY) {
        (void)action_refuse_kind(call, &arn);
        return false;
    }
    *ret_arn = arn;
    return true;
}

static enum api_step post(struct api_call *call, enum engine_command_type type,
                          const struct arn *arn)
{
    /* Versions, aliases and labelled states have no tags of their own. */
    if (arn->qualifier || arn->label || arn->test_case)
        return api_fail_outcome(call, ENGINE_NO_RESOURCE);
    call->command.u.tag.activity = arn->kind == ARN_ACTIVITY;
    return action_post(call, type, arn->region, arn->account, arn->name, action_done_empty);
}

enum api_step action_tag_resource(struct api *api, struct api_call *call)
{
    (void)api;
    struct engine_command *c = &call->command;
    struct arn arn;
    if (!read_resource(call, &arn) ||
        !settings_tags(call, request_get(call, "tags"), &c->u.tag.tags, &c->u.tag.tags_len))
        return API_REPLIED;
    return post(call, ENGINE_TAG, &arn);
}

enum api_step action_untag_resource(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!read_resource(call, &arn))
        return API_REPLIED;

    const cJSON *keys = request_get(call, "tagKeys");
    size_t len = (size_t)cJSON_GetArraySize(keys);
    struct engine_tag *tags = arena_alloc(&call->arena, (len + 1) * sizeof(*tags));
    const cJSON *key;
    len = 0;
    cJSON_ArrayForEach(key, keys) tags[len++].key = key->valuestring;
    call->command.u.tag.tags = tags;
    call->command.u.tag.tags_len = len;
    return post(call, ENGINE_UNTAG, &arn);
}

enum api_step action_list_tags(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!read_resource(call, &arn))
        return API_REPLIED;
    CLEANUP(reader_release) struct reader reader = {0};
    if (!reader_acquire(call, &reader))
        return API_REPLIED;

    int r = find_resource(call, reader.store, &arn);
    if (r == ERR_NOT_FOUND)
        return api_fail_outcome(call, ENGINE_NO_RESOURCE);
    strbuf_adds(&call->reply, "{\"tags\":[");
    if (r == 0 && !arn.qualifier && !arn.label)
        r = store_list_tags(reader.store, &call->arena, call->subject, add_tag, &call->reply);
    if (r < 0)
        return api_fail_store(call, reader.store, r);
    strbuf_adds(&call->reply, "]}");
    return API_REPLIED;
}
