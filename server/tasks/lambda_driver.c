#include "tasks/lambda_driver.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tasks/lambda.h"
#include "tasks/pending.h"
#include "tasks/result.h"

/* A function's output may be over the limit by this much and still be read, so that an error
 * that is longer than a result may be is told, too. */
#define BODY_MARGIN 65536

struct lambda_task {
    const struct lambda_driver *driver;
    struct pending *pending; /* owned */
};

/* ---- on the calls' thread -------------------------------------------------------------------- */

static bool lambda_prepare(void *arg, struct call_request *ret_request)
{
    struct lambda_task *t = arg;
    struct pending *p = t->pending;
    struct task_result failure;

    if (!lambda_request(&p->arena, endpoints_get(t->driver->endpoints, "lambda"), &p->request,
                        ret_request, &failure)) {
        pending_finish(p, &failure);
        return false;
    }
    ret_request->max_body = (size_t)t->driver->max_bytes + BODY_MARGIN;
    return true;
}

static void lambda_done(void *arg, const struct call_response *response)
{
    struct lambda_task *t = arg;
    struct task_result result;

    lambda_result(&t->pending->arena, &t->pending->request, response, t->driver->max_bytes,
                  &result);
    pending_finish(t->pending, &result);
}

static void lambda_release(void *arg)
{
    struct lambda_task *t = arg;

    pending_free(t->pending);
    free(t);
}

static const struct call_type lambda_call = {lambda_prepare, lambda_done, lambda_release, NULL};

/* ---- on the engine's thread ------------------------------------------------------------------ */

static bool lambda_driver_accepts(void *self, const char *arn, const char *type, const char *action)
{
    const struct lambda_driver *d = self;

    return lambda_accepts(arn, type, action) && endpoints_get(d->endpoints, "lambda");
}

/* The task fails as the service says it when a function is called too often. */
static void fail_at_once(struct lambda_task *t, int r)
{
    struct task_result failure;

    if (r == ERR_LIMIT)
        result_fail(&t->pending->arena, &failure, "Lambda.TooManyRequestsException",
                    "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: "
                    "TooManyRequestsException; Request ID: null; Proxy: null)");
    else
        result_fail(&t->pending->arena, &failure, "Lambda.SdkClientException",
                    "Unable to execute HTTP request: %s", "no thread could be started for it");
    pending_finish(t->pending, &failure);
}

static void lambda_driver_start(void *self, struct engine *e, const struct task_request *request)
{
    const struct lambda_driver *d = self;
    struct lambda_task *t = xmalloc(sizeof(*t));
    int r;

    *t = (struct lambda_task){.driver = d, .pending = pending_new(e, request)};
    r = calls_add(d->calls, request->id, &lambda_call, t, request->input.len + 4096);

    if (r < 0) {
        fail_at_once(t, r);
        lambda_release(t);
    }
}

static void lambda_driver_cancel(void *self, uint64_t id)
{
    const struct lambda_driver *d = self;

    calls_cancel(d->calls, id);
}

struct task_driver lambda_driver_table(struct lambda_driver *d)
{
    return (struct task_driver){
        .name = "lambda",
        .self = d,
        .accepts = lambda_driver_accepts,
        .start = lambda_driver_start,
        .cancel = lambda_driver_cancel,
    };
}
