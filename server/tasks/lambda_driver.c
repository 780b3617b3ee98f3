#include "tasks/lambda_driver.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "tasks/lambda.h"
#include "tasks/result.h"

/* A function's output may be over the limit by this much and still be read, so that an error
 * that is longer than a result may be is told, too. */
#define BODY_MARGIN 65536

/* A task on its way: the request, copied, and all memory of its call. */
struct lambda_task {
    const struct lambda_driver *driver;
    struct engine *engine;
    struct task_request request; /* into arena */
    struct arena arena;
};

static char *copy(struct arena *a, const char *s)
{
    return s ? arena_memdup(a, s, strlen(s)) : NULL;
}

static struct lambda_task *lambda_task_new(const struct lambda_driver *d, struct engine *e,
                                           const struct task_request *r)
{
    struct lambda_task *t = xmalloc(sizeof(*t));

    t->driver = d;
    t->engine = e;
    arena_init(&t->arena);
    t->request = (struct task_request){
        .id = r->id,
        .arn = copy(&t->arena, r->arn),
        .type = copy(&t->arena, r->type),
        .action = copy(&t->arena, r->action),
        .input = {arena_memdup(&t->arena, r->input.data, r->input.len), r->input.len},
        .account = copy(&t->arena, r->account),
        .region = copy(&t->arena, r->region),
        .execution_arn = copy(&t->arena, r->execution_arn),
        .state = copy(&t->arena, r->state),
        .token = copy(&t->arena, r->token),
    };
    return t;
}

/* ---- on the calls' thread -------------------------------------------------------------------- */

static bool lambda_prepare(void *arg, struct call_request *ret_request)
{
    struct lambda_task *t = arg;
    struct task_result failure;

    if (!lambda_request(&t->arena, t->driver->endpoint, &t->request, ret_request, &failure)) {
        engine_task_finished(t->engine, t->request.id, &failure);
        return false;
    }
    ret_request->max_body = (size_t)t->driver->max_bytes + BODY_MARGIN;
    return true;
}

static void lambda_done(void *arg, const struct call_response *response)
{
    struct lambda_task *t = arg;
    struct task_result result;

    lambda_result(&t->arena, &t->request, response, t->driver->max_bytes, &result);
    engine_task_finished(t->engine, t->request.id, &result);
}

static void lambda_release(void *arg)
{
    struct lambda_task *t = arg;

    arena_done(&t->arena);
    free(t);
}

static const struct call_type lambda_call = {lambda_prepare, lambda_done, lambda_release};

/* ---- on the engine's thread ------------------------------------------------------------------ */

static bool lambda_driver_accepts(void *self, const char *arn, const char *type, const char *action)
{
    const struct lambda_driver *d = self;

    return d->endpoint && lambda_accepts(arn, type, action);
}

/* The task fails as the service says it when a function is called too often. */
static void fail_at_once(struct lambda_task *t, int r)
{
    struct task_result failure;

    if (r == ERR_LIMIT)
        result_fail(&t->arena, &failure, "Lambda.TooManyRequestsException",
                    "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: "
                    "TooManyRequestsException; Request ID: null; Proxy: null)");
    else
        result_fail(&t->arena, &failure, "Lambda.SdkClientException",
                    "Unable to execute HTTP request: %s", "no thread could be started for it");
    engine_task_finished(t->engine, t->request.id, &failure);
}

static void lambda_driver_start(void *self, struct engine *e, const struct task_request *request)
{
    const struct lambda_driver *d = self;
    struct lambda_task *t = lambda_task_new(d, e, request);
    int r = calls_add(d->calls, request->id, &lambda_call, t, request->input.len + 4096);

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
