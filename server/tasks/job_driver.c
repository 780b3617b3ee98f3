#include "tasks/job_driver.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tasks/jobs.h"
#include "tasks/pending.h"
#include "tasks/result.h"
#include "tasks/service.h"

/* As in service_driver.c: an answer is longer than the result that is made of it. */
#define BODY_FACTOR 4
#define BODY_MARGIN 65536
#define TOKEN_BYTES 16 /* of a digest, in the tokens by which services know a request again */

struct job_task {
    const struct job_driver *driver;
    const struct job *job;
    struct pending *pending; /* owned */

    /* Of the request that is on its way. */
    enum { STEP_START, STEP_LOOK, STEP_STOP } step;
    struct aws_integration integration;
    struct arena round; /* memory of it and of its answer; owned */

    struct json *given; /* the task's parameters; owned, as the reply */
    struct json *reply; /* to starting the job; NULL: it has not been taken yet */
    int64_t delay_ms;   /* before the next look */
    unsigned bad_looks; /* in a row */
    bool given_up;      /* the engine waits for it no more */
};

static int64_t max_body(const struct job_task *t)
{
    return BODY_FACTOR * t->driver->max_bytes + BODY_MARGIN;
}

/* ---- requests, on the calls' thread ---------------------------------------------------------- */

static const char *endpoint(const struct job_task *t)
{
    return endpoints_get(t->driver->endpoints, t->integration.operation.service->endpoint);
}

/* The task, as if it were one of the operation that is asked for now. */
static struct task_request request_of(struct job_task *t, const char *action, struct text input)
{
    struct task_request request = t->pending->request;

    request.action = action;
    request.input = input;
    return request;
}

/* The same however often the process dies before it knows the answer: services that take such a token then
 * start one job.  Nobody can make the task's token of it. */
static const char *client_token(struct arena *a, const char *task_token)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char *hex = arena_alloc(a, 2 * TOKEN_BYTES + 1);

    CHECK(EVP_Digest(task_token, strlen(task_token), digest, NULL, EVP_sha256(), NULL) == 1);
    for (size_t i = 0; i < TOKEN_BYTES; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return hex;
}

static bool make_start(struct job_task *t, struct call_request *ret_request,
                       struct task_result *ret_failure)
{
    const struct task_request *r = &t->pending->request;

    CHECK(job_find(r->arn, r->type, r->action, &t->integration, NULL));
    t->integration.token = client_token(&t->round, r->token);
    return service_request(&t->round, &t->integration, endpoint(t), r, ret_request, ret_failure);
}

/* Describes the job or stops it. */
static bool make_other(struct job_task *t, enum job_operation operation,
                       struct call_request *ret_request, struct task_result *ret_failure)
{
    const struct task_request *task = &t->pending->request;
    const char *action = job_action(t->job, operation);
    CLEANUP(json_unref_p)
    struct json *parameters = job_parameters(t->job, operation, t->given, t->reply);
    CLEANUP(free_p) char *text = NULL;
    struct task_request request;
    size_t len;

    if (!parameters) {
        result_fail(&t->round, ret_failure, "States.TaskFailed",
                    "The answer to '%s:%s' does not say which job was started.", task->type,
                    task->action);
        return false;
    }
    CHECK(aws_integration_find(task->type, action, &t->integration, NULL));
    text = json_text(parameters, SIZE_MAX, &len);
    request = request_of(t, action, (struct text){text, len});
    if (!service_request(&t->round, &t->integration, endpoint(t), &request, ret_request,
                         ret_failure))
        return false;
    ret_request->answer_seconds = JOB_LOOK_SECONDS;
    return true;
}

static bool make_request(struct job_task *t, struct call_request *ret_request,
                         struct task_result *ret_failure)
{
    if (t->step == STEP_START)
        return make_start(t, ret_request, ret_failure);
    return make_other(t, t->step == STEP_LOOK ? JOB_DESCRIBE : JOB_STOP, ret_request, ret_failure);
}

static bool job_prepare(void *arg, struct call_request *ret_request)
{
    struct job_task *t = arg;
    const struct task_request *r = &t->pending->request;
    struct task_result failure;

    arena_done(&t->round); /* of the request before */
    arena_init(&t->round);
    if (!t->given)
        t->given = json_parse(r->input.data, r->input.len, JSON_PARSE_DEFAULT, NULL);
    if (!t->reply && r->submitted.data)
        t->reply = json_parse(r->submitted.data, r->submitted.len, JSON_PARSE_DEFAULT, NULL);
    if (t->given_up && !t->reply)
        return false;
    t->step = t->given_up ? STEP_STOP : t->reply ? STEP_LOOK : STEP_START;
    if (!make_request(t, ret_request, &failure)) {
        pending_finish(t->pending, &failure);
        return false;
    }
    ret_request->max_body = (size_t)max_body(t);
    return true;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void go_on(struct job_task *t, int64_t ms)
{
    calls_again_after(t->driver->calls, t->pending->request.id, t->given_up ? 0 : ms);
}

static void started(struct job_task *t, const struct call_response *response)
{
    struct pending *p = t->pending;
    struct task_result result;

    service_result(&t->round, &t->integration, &p->request, response, t->driver->max_bytes,
                   &result);
    if (result.outcome != TASK_SUCCEEDED) {
        pending_finish(p, &result);
        return;
    }
    t->reply = json_parse(result.output.data, result.output.len, JSON_PARSE_DEFAULT, NULL);
    CHECK(t->reply); /* it was just printed */
    engine_task_submitted(p->engine, p->request.id, result.output);
    go_on(t, t->delay_ms);
}

static bool is_gone(const struct task_result *failure)
{
    const char *dot = strchr(failure->error, '.');

    return dot && strcmp(dot, ".ResourceNotFoundException") == 0;
}

/* How the job is doing.  *ret_result is set unless it runs; of one that is unknown it says why. */
static enum job_state look(struct job_task *t, const struct call_response *response,
                           struct task_result *ret_result)
{
    struct arena *a = &t->round;
    const struct task_request request =
        request_of(t, job_action(t->job, JOB_DESCRIBE), t->pending->request.input);
    CLEANUP(json_unref_p)
    struct json *description = service_read(a, &t->integration, &request, response, ret_result);
    CLEANUP(json_unref_p) struct json *shown = NULL;
    enum job_state state = JOB_UNKNOWN;

    if (description) {
        state = job_look(t->job, description, &shown);
        if (state == JOB_UNKNOWN)
            service_fail_with(a, "States.TaskFailed", description, ret_result);
    } else if (is_gone(ret_result)) {
        state = job_gone(t->job, t->reply, &shown);
    }
    if (state == JOB_SUCCEEDED)
        service_output(a, shown, request.type, t->driver->max_bytes, ret_result);
    if (state == JOB_FAILED)
        service_fail_with(a, "States.TaskFailed", shown, ret_result);
    return state;
}

static void looked(struct job_task *t, const struct call_response *response)
{
    struct task_result result;
    enum job_state state = look(t, response, &result);

    t->bad_looks = state == JOB_UNKNOWN ? t->bad_looks + 1 : 0;
    if (state == JOB_RUNS || (state == JOB_UNKNOWN && t->bad_looks < JOB_BAD_LOOKS)) {
        t->delay_ms = MIN(2 * t->delay_ms, t->driver->most_ms);
        go_on(t, t->delay_ms);
        return;
    }
    pending_finish(t->pending, &result);
}

static void job_done(void *arg, const struct call_response *response)
{
    struct job_task *t = arg;

    switch (t->step) {
    case STEP_START:
        started(t, response);
        break;
    case STEP_LOOK:
        looked(t, response);
        break;
    case STEP_STOP:
        break; /* nobody asks what came of it */
    }
}

/* A job that runs, or is just being started, is stopped if it can be. */
static bool job_cancelled(void *arg)
{
    struct job_task *t = arg;

    t->given_up = true;
    return job_action(t->job, JOB_STOP) != NULL;
}

static void job_release(void *arg)
{
    struct job_task *t = arg;

    json_unref(t->given);
    json_unref(t->reply);
    arena_done(&t->round);
    pending_free(t->pending);
    free(t);
}

static const struct call_type job_call = {job_prepare, job_done, job_release, job_cancelled};

/* ---- on the engine's thread ------------------------------------------------------------------ */

static bool job_accepts(void *self, const char *arn, const char *type, const char *action)
{
    const struct job_driver *d = self;
    struct aws_integration i;

    return job_find(arn, type, action, &i, NULL) &&
           endpoints_get(d->endpoints, i.operation.service->endpoint);
}

/* Nothing can be sent at the moment. */
static void fail_at_once(struct job_task *t, int r)
{
    struct task_result failure;

    service_client_error(&t->round, &failure, &t->integration, "Unable to execute HTTP request: %s",
                         r == ERR_LIMIT ? "too many requests are waiting"
                                        : "no thread could be started for it");
    pending_finish(t->pending, &failure);
}

static void job_start(void *self, struct engine *e, const struct task_request *request)
{
    const struct job_driver *d = self;
    struct job_task *t = xcalloc(1, sizeof(*t));
    int r;

    t->driver = d;
    t->pending = pending_new(e, request);
    t->delay_ms = d->first_ms;
    arena_init(&t->round);
    t->job = job_find(request->arn, request->type, request->action, &t->integration, NULL);
    CHECK(t->job);
    r = calls_add(d->calls, request->id, &job_call, t,
                  request->input.len + request->submitted.len + 4096);
    if (r < 0) {
        fail_at_once(t, r);
        job_release(t);
    }
}

static void job_cancel(void *self, uint64_t id)
{
    const struct job_driver *d = self;

    calls_cancel(d->calls, id);
}

struct task_driver job_driver_table(struct job_driver *d)
{
    return (struct task_driver){
        .name = "job",
        .self = d,
        .accepts = job_accepts,
        .start = job_start,
        .cancel = job_cancel,
    };
}
