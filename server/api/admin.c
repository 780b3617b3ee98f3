/* What the server offers beside the API of the service: its clock, its numbers, a fresh start. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "api/actions.h"
#include "base/timefmt.h"

#define ADVANCE_MAX_SECONDS 1e11 /* far beyond what the clock can show, which caps it */

static void write_clock(struct api *api, struct strbuf *out, int64_t now_ms)
{
    char text[ISO_TIME_SIZE];
    reply_open(out);
    reply_string(out, "mode", clock_mode_name(clock_mode(api->clock)));
    reply_date(out, "now", now_ms);
    reply_string(out, "time", iso_time_format(now_ms, text));
    reply_close(out);
}

static void clock_advanced(struct engine_command *c)
{
    struct api_call *call = action_accepted(c);
    if (!call)
        return;
    write_clock(call->api, &call->reply, c->u.clock.now_ms);
    api_finish(call);
}

/* {"advance":"P14D"} or {"advanceSeconds":1209600}.  False when the call was answered with an error. */
static bool read_advance(struct api_call *call, int64_t *ret_ms)
{
    const char *duration = request_string(call, "advance");
    const cJSON *seconds = request_get(call, "advanceSeconds");
    if (duration && !seconds && iso_duration_parse(duration, strlen(duration), ret_ms) == 0)
        return true;
    if (!request_get(call, "advance") && cJSON_IsNumber(seconds) && seconds->valuedouble >= 0 &&
        seconds->valuedouble <= ADVANCE_MAX_SECONDS) {
        *ret_ms = (int64_t)round(seconds->valuedouble * 1000);
        return true;
    }
    (void)api_fail(call, API_ERR_CONSTRAINT,
                   "Expected {\"advance\":\"P14D\"}, an ISO 8601 duration of weeks, days, hours, "
                   "minutes and seconds, or {\"advanceSeconds\":1209600}");
    return false;
}

static enum api_step advance_clock(struct api *api, struct api_call *call)
{
    (void)api;
    if (!request_parse(call) || !read_advance(call, &call->command.u.clock.ms))
        return API_REPLIED;
    return action_post(call, ENGINE_ADVANCE_CLOCK, NULL, NULL, NULL, clock_advanced);
}

static enum api_step reset(struct api *api, struct api_call *call)
{
    (void)api;
    if (!request_parse(call))
        return API_REPLIED;
    return action_post(call, ENGINE_RESET, call->region, call->account, NULL, action_done_empty);
}

static void mocks_told(struct engine_command *c)
{
    struct api_call *call = action_accepted(c);
    if (!call)
        return;
    struct text text = c->u.mocks.text;
    if (text.data)
        strbuf_add(&call->reply, text.data, text.len);
    else
        strbuf_adds(&call->reply, "{\"StateMachines\":{},\"MockedResponses\":{}}");
    api_finish(call);
}

static enum api_step get_mocks(struct api *api, struct api_call *call)
{
    (void)api;
    return action_post(call, ENGINE_GET_MOCKS, NULL, NULL, NULL, mocks_told);
}

static enum api_step set_mocks(struct api *api, struct api_call *call)
{
    (void)api;
    struct err err = {0};
    if (mocks_parse(call->body, call->body_len, &call->command.u.mocks.mocks, &err) < 0)
        return api_fail(call, API_ERR_VALIDATION, "%s", err.text);
    return action_post(call, ENGINE_SET_MOCKS, NULL, NULL, NULL, action_done_empty);
}

static enum api_step delete_mocks(struct api *api, struct api_call *call)
{
    (void)api;
    call->command.u.mocks.mocks = NULL;
    return action_post(call, ENGINE_SET_MOCKS, NULL, NULL, NULL, action_done_empty);
}

static enum api_step get_clock(struct api *api, struct api_call *call)
{
    write_clock(api, &call->reply, clock_now(api->clock));
    return API_REPLIED;
}

static enum api_step health(struct api *api, struct api_call *call)
{
    struct engine_stats stats;
    engine_get_stats(api->engine, &stats);
    struct strbuf *out = &call->reply;
    reply_open(out);
    reply_string(out, "status", "ok");
    reply_int(out, "runningExecutions", (int64_t)stats.running);
    reply_int(out, "uptimeSeconds", (clock_monotonic() - api->started_ms) / 1000);
    reply_close(out);
    return API_REPLIED;
}

static enum api_step metrics(struct api *api, struct api_call *call)
{
    struct engine_stats s;
    engine_get_stats(api->engine, &s);
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"requests", atomic_load_explicit(&api->calls, memory_order_relaxed)},
        {"requestsRefused", atomic_load_explicit(&api->refusals, memory_order_relaxed)},
        {"requestsFailed", atomic_load_explicit(&api->failures, memory_order_relaxed)},
        {"executionsRunning", s.running},
        {"executionsStarted", s.started},
        {"executionsSucceeded", s.succeeded},
        {"executionsFailed", s.failed},
        {"executionsTimedOut", s.timed_out},
        {"executionsAborted", s.aborted},
        {"executionsRedriven", s.redriven},
        {"events", s.events},
        {"ticks", s.ticks},
        {"commits", s.commits},
    };
    struct strbuf *out = &call->reply;
    reply_open(out);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        reply_int(out, numbers[i].name, (int64_t)numbers[i].value);
    reply_close(out);
    return API_REPLIED;
}

enum api_step admin_run(struct api *api, struct api_call *call, enum api_admin what)
{
    static enum api_step (*const handlers[])(struct api *, struct api_call *) = {
        [API_ADMIN_HEALTH] = health,       [API_ADMIN_METRICS] = metrics,
        [API_ADMIN_GET_CLOCK] = get_clock, [API_ADMIN_ADVANCE_CLOCK] = advance_clock,
        [API_ADMIN_RESET] = reset,         [API_ADMIN_GET_MOCKS] = get_mocks,
        [API_ADMIN_SET_MOCKS] = set_mocks, [API_ADMIN_DELETE_MOCKS] = delete_mocks,
    };
    CHECK((size_t)what < ARRAY_LEN(handlers));
    return handlers[what](api, call);
}
