#include "tasks/service_driver.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tasks/gateway.h"
#include "tasks/pending.h"
#include "tasks/result.h"
#include "tasks/service.h"

/* An answer is longer than the result that is made of it: XML by its tags, and every answer by what
 * the integration drops. */
#define BODY_FACTOR 4
#define BODY_MARGIN 65536
#define GATEWAY     "execute-api" /* where the endpoint of all APIs is kept */

struct service_task {
    const struct service_driver *driver;
    struct aws_integration integration; /* unless gateway */
    bool gateway;                       /* apigateway:invoke */
    struct pending *pending;            /* owned */
};

static int64_t max_bytes(const struct service_task *t)
{
    size_t own = t->pending->request.max_bytes;

    return own ? (int64_t)own : t->driver->max_bytes;
}

/* ---- on the calls' thread -------------------------------------------------------------------- */

static bool make_request(struct service_task *t, struct call_request *ret_request,
                         struct task_result *ret_failure)
{
    struct pending *p = t->pending;
    struct endpoints *endpoints = t->driver->endpoints;

    if (t->gateway)
        return gateway_request(&p->arena, endpoints_get(endpoints, GATEWAY), &p->request,
                               ret_request, ret_failure);
    return service_request(&p->arena, &t->integration,
                           endpoints_get(endpoints, t->integration.operation.service->endpoint),
                           &p->request, ret_request, ret_failure);
}

static bool service_prepare(void *arg, struct call_request *ret_request)
{
    struct service_task *t = arg;
    struct pending *p = t->pending;
    struct task_result failure;

    if (!make_request(t, ret_request, &failure)) {
        pending_finish(p, &failure);
        return false;
    }
    ret_request->max_body = (size_t)max_bytes(t);
    if (!p->request.raw)
        ret_request->max_body = BODY_FACTOR * ret_request->max_body + BODY_MARGIN;
    return true;
}

static void service_done(void *arg, const struct call_response *response)
{
    struct service_task *t = arg;
    struct pending *p = t->pending;
    struct task_result result;

    if (t->gateway)
        gateway_result(&p->arena, &p->request, response, max_bytes(t), &result);
    else
        service_result(&p->arena, &t->integration, &p->request, response, max_bytes(t), &result);
    pending_finish(p, &result);
}

static void service_release(void *arg)
{
    struct service_task *t = arg;

    pending_free(t->pending);
    free(t);
}

static const struct call_type service_call = {service_prepare, service_done, service_release, NULL};

/* ---- on the engine's thread ------------------------------------------------------------------ */

static bool service_accepts(void *self, const char *arn, const char *type, const char *action)
{
    const struct service_driver *d = self;
    struct aws_integration i;

    if (gateway_accepts(type, action))
        return endpoints_get(d->endpoints, GATEWAY);
    return service_find(arn, type, action, &i, NULL) &&
           endpoints_get(d->endpoints, i.operation.service->endpoint);
}

/* Nothing can be sent at the moment. */
static void fail_at_once(struct service_task *t, int r)
{
    struct arena *a = &t->pending->arena;
    const char *prefix = t->gateway ? "ApiGateway" : service_error_prefix(&t->integration);
    struct task_result failure;

    result_fail(a, &failure, arena_printf(a, "%s.SdkClientException", prefix),
                "Unable to execute HTTP request: %s",
                r == ERR_LIMIT ? "too many requests are waiting"
                               : "no thread could be started for it");
    pending_finish(t->pending, &failure);
}

static void service_start(void *self, struct engine *e, const struct task_request *request)
{
    const struct service_driver *d = self;
    struct service_task *t = xcalloc(1, sizeof(*t));
    int r;

    t->driver = d;
    t->pending = pending_new(e, request);
    t->gateway = gateway_accepts(request->type, request->action);
    CHECK(t->gateway ||
          service_find(request->arn, request->type, request->action, &t->integration, NULL));
    r = calls_add(d->calls, request->id, &service_call, t, request->input.len + 4096);
    if (r < 0) {
        fail_at_once(t, r);
        service_release(t);
    }
}

static void service_cancel(void *self, uint64_t id)
{
    const struct service_driver *d = self;

    calls_cancel(d->calls, id);
}

struct task_driver service_driver_table(struct service_driver *d)
{
    return (struct task_driver){
        .name = "service",
        .self = d,
        .accepts = service_accepts,
        .start = service_start,
        .cancel = service_cancel,
    };
}
