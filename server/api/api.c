#include "api/api.h"

#include <stdlib.h>
#include <string.h>

#include "api/actions.h"
#include "api/scope.h"
#include "base/log.h"
#include "base/mem.h"

#define TARGET_PREFIX "AWSStepFunctions."

/* The largest answer: a page of history, or a definition, written as JSON inside JSON. */
#define REPLY_MAX (64 * 1024 * 1024)

/* What a connection keeps for its next request; larger buffers are given back. */
enum { REPLY_KEEP = 32 * 1024 };

struct api *api_new(const struct api_config *config)
{
    struct api *api = xcalloc(1, sizeof(*api));
    api->engine = config->engine;
    api->clock = config->clock;
    api->limits = config->limits;
    if (config->log_groups)
        api->log_groups = *config->log_groups;
    api->store_file = xstrdup(config->store_file);
    api->account = xstrdup(config->account);
    api->region = xstrdup(config->region);
    api->started_ms = clock_monotonic();
    CHECK(pthread_mutex_init(&api->readers_lock, NULL) == 0);
    request_setup();
    return api;
}

void api_free(struct api *api)
{
    if (!api)
        return;
    readers_close(api);
    (void)pthread_mutex_destroy(&api->readers_lock);
    free(api->store_file);
    free(api->account);
    free(api->region);
    free(api);
}

void api_call_init(struct api_call *call)
{
    *call = (struct api_call){0};
    arena_init(&call->arena);
    strbuf_init(&call->reply, REPLY_MAX);
}

void api_call_clear(struct api_call *call)
{
    struct arena arena = call->arena;
    struct strbuf reply = call->reply;
    arena_clear(&arena);
    strbuf_clear(&reply);
    if (reply.cap > REPLY_KEEP)
        strbuf_done(&reply);
    *call = (struct api_call){.arena = arena, .reply = reply};
}

void api_call_done(struct api_call *call)
{
    arena_done(&call->arena);
    strbuf_done(&call->reply);
}

/* An answer that outgrew its ceiling is no answer. */
static void check_size(struct api_call *call)
{
    if (!call->reply.overflow)
        return;
    log_error("api", "answer too large request=%s target=%s", call->request_id, call->target);
    (void)api_fail(call, API_ERR_INTERNAL, "The answer is too large");
}

void api_count(struct api_call *call)
{
    struct api *api = call->api;
    check_size(call);
    atomic_fetch_add_explicit(&api->calls, 1, memory_order_relaxed);
    if (call->status >= 500)
        atomic_fetch_add_explicit(&api->failures, 1, memory_order_relaxed);
    else if (call->status >= 400)
        atomic_fetch_add_explicit(&api->refusals, 1, memory_order_relaxed);
    log_debug("api", "answered request=%s target=%s status=%d bytes=%zu", call->request_id,
              call->target ? call->target : "", call->status, call->reply.len);
}

void api_finish(struct api_call *call)
{
    api_count(call);
    call->finish(call);
}

static void begin(struct api *api, struct api_call *call)
{
    call->api = api;
    call->status = 200;
    (void)uuid4(call->request_id);
    struct scope scope = {.account = api->account, .region = api->region};
    scope_read(&call->arena, call->authorization, &scope);
    call->account = scope.account;
    call->region = scope.region;
}

static enum api_step dispatch(struct api *api, struct api_call *call)
{
    static const size_t prefix = sizeof(TARGET_PREFIX) - 1;
    const struct api_action *action = NULL;
    if (call->target && strncmp(call->target, TARGET_PREFIX, prefix) == 0)
        action = action_find(call->target + prefix);
    if (!action)
        return api_fail(call, API_ERR_UNKNOWN_OPERATION,
                        "The header X-Amz-Target names no operation of AWSStepFunctions: '%s'",
                        call->target ? call->target : "");
    if (!request_read(call, action->shape))
        return API_REPLIED;
    return action->run(api, call);
}

bool api_handle(struct api *api, struct api_call *call)
{
    begin(api, call);
    if (dispatch(api, call) == API_POSTED)
        return false;
    api_count(call);
    return true;
}

bool api_handle_admin(struct api *api, struct api_call *call, enum api_admin what)
{
    begin(api, call);
    if (admin_run(api, call, what) == API_POSTED)
        return false;
    api_count(call);
    return true;
}
