/* Tags of state machines and activities. */
#include "api/actions.h"

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

enum api_step action_list_tags(struct api *api, struct api_call *call)
{
    (void)api;
    const char *text = request_string(call, "resourceArn");
    struct arn arn;
    if (arn_parse(&call->arena, text, &arn) < 0)
        return api_fail(call, API_ERR_INVALID_ARN, "Invalid Arn: 'Invalid ARN prefix: %s'", text);
    if (arn.kind != ARN_MACHINE && arn.kind != ARN_ACTIVITY)
        return api_fail(call, API_ERR_INVALID_ARN,
                        "Invalid Arn: 'Resource type not valid in this context: %s'",
                        arn_kind_name(arn.kind));
    CLEANUP(reader_release) struct reader reader = {0};
    if (!reader_acquire(call, &reader))
        return API_REPLIED;

    int r = find_resource(call, reader.store, &arn);
    if (r == ERR_NOT_FOUND)
        return api_fail(call, API_ERR_RESOURCE_NOT_FOUND, "Resource not found: '%s'", text);
    strbuf_adds(&call->reply, "{\"tags\":[");
    if (r == 0 && !arn.qualifier && !arn.label)
        r = store_list_tags(reader.store, &call->arena, text, add_tag, &call->reply);
    if (r < 0)
        return api_fail_store(call, reader.store, r);
    strbuf_adds(&call->reply, "]}");
    return API_REPLIED;
}
