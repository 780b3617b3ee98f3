/* Activities, and the long poll of their workers. */
#include "api/actions.h"
#include "api/pages.h"
#include "api/settings.h"
#include "engine/names.h"

enum { POLL_MS = 60 * 1000 };

static void created(struct engine_command *c)
{
    struct api_call *call = action_accepted(c);
    if (!call)
        return;
    struct strbuf *out = &call->reply;
    reply_open(out);
    reply_arn(out, "activityArn", ARN_ACTIVITY, c->region, c->account, c->name, NULL);
    reply_date(out, "creationDate", c->u.activity.date_ms);
    reply_close(out);
    api_finish(call);
}

enum api_step action_create_activity(struct api *api, struct api_call *call)
{
    (void)api;
    struct engine_command *c = &call->command;
    const char *name = request_string(call, "name");
    if (!name_is_valid(name))
        return api_fail(call, API_ERR_INVALID_NAME, "Invalid Name: '%s'", name);
    const struct cJSON *encryption = request_get(call, "encryptionConfiguration");
    c->u.activity.encryption = SETTINGS_ENCRYPTION_OWN;
    if (encryption && !settings_encryption(call, encryption, &c->u.activity.encryption))
        return API_REPLIED;
    if (!settings_tags(call, request_get(call, "tags"), &c->u.activity.tags,
                       &c->u.activity.tags_len))
        return API_REPLIED;

    call->subject = action_arn_text(call, ARN_ACTIVITY, call->region, call->account, name, NULL);
    return action_post(call, ENGINE_CREATE_ACTIVITY, call->region, call->account, name, created);
}

enum api_step action_describe_activity(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_arn(call, "activityArn", ARN_ACTIVITY, &arn))
        return API_REPLIED;
    CLEANUP(reader_release) struct reader reader = {0};
    if (!reader_acquire(call, &reader))
        return API_REPLIED;

    struct store_activity activity;
    int r = store_get_activity(reader.store, &call->arena, arn.account, arn.region, arn.name,
                               &activity);
    if (r == ERR_NOT_FOUND)
        return api_fail_outcome(call, ENGINE_NO_ACTIVITY);
    if (r < 0)
        return api_fail_store(call, reader.store, r);

    struct strbuf *out = &call->reply;
    reply_open(out);
    reply_arn(out, "activityArn", ARN_ACTIVITY, activity.region, activity.account, activity.name,
              NULL);
    reply_date(out, "creationDate", activity.creation_ms);
    reply_raw(out, "encryptionConfiguration", activity.encryption);
    reply_string(out, "name", activity.name);
    reply_close(out);
    return API_REPLIED;
}

/* Deleting what does not exist succeeds. */
static void deleted(struct engine_command *c)
{
    if (c->outcome == ENGINE_NO_ACTIVITY)
        c->outcome = ENGINE_OK;
    action_done_empty(c);
}

enum api_step action_delete_activity(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_arn(call, "activityArn", ARN_ACTIVITY, &arn))
        return API_REPLIED;
    return action_post(call, ENGINE_DELETE_ACTIVITY, arn.region, arn.account, arn.name, deleted);
}

static void add_activity(void *arg, const struct store_activity *act)
{
    struct listing *list = arg;
    if (!listing_row(list, (struct list_place){.name = act->name}))
        return;
    struct strbuf *out = &list->call->reply;
    reply_open(out);
    reply_arn(out, "activityArn", ARN_ACTIVITY, act->region, act->account, act->name, NULL);
    reply_date(out, "creationDate", act->creation_ms);
    reply_string(out, "name", act->name);
    reply_close(out);
}

enum api_step action_list_activities(struct api *api, struct api_call *call)
{
    (void)api;
    uint64_t binding = page_token_binding("ListActivities", call->account, call->region, NULL);
    CLEANUP(listing_done) struct listing list = {0};
    if (!listing_begin(call, binding, "activities", &list))
        return API_REPLIED;

    int r = store_list_activities(list.reader.store, &call->arena, call->account, call->region,
                                  list.from.name, list.max + 1, add_activity, &list);
    return listing_finish(&list, r);
}

static void polled(struct engine_command *c)
{
    struct api_call *call = action_accepted(c);
    if (!call)
        return;
    struct strbuf *out = &call->reply;
    reply_open(out);
    if (c->u.poll.token) {
        reply_text(out, "input", c->u.poll.input);
        reply_string(out, "taskToken", c->u.poll.token);
    }
    reply_close(out);
    api_finish(call);
}

static bool poller_is_alive(struct engine_command *c)
{
    struct api_call *call = c->arg;
    return !call->alive || call->alive(call);
}

enum api_step action_get_activity_task(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_arn(call, "activityArn", ARN_ACTIVITY, &arn))
        return API_REPLIED;
    struct engine_command *c = &call->command;
    c->u.poll.worker = request_string(call, "workerName");
    c->u.poll.alive = poller_is_alive;
    c->u.poll.deadline = clock_monotonic() + POLL_MS;
    return action_post(call, ENGINE_GET_ACTIVITY_TASK, arn.region, arn.account, arn.name, polled);
}
