/* Requests to drivers: out after the commit, results in through the queue. */
#include <string.h>

#include "engine/arn.h"
#include "engine/map_objects.h"

/* A task that was submitted or has ended, on its way from a driver's thread. */
struct task_message {
    struct task_message *next;
    uint64_t id;
    bool submitted; /* output is the reply; nothing has ended */
    enum task_outcome outcome;
    char *output; /* owned, as the others */
    size_t output_len;
    char *error, *cause;
    struct arena trace_memory;      /* owned */
    const struct task_trace *trace; /* in trace_memory; NULL: none */
};

static void copy_text(struct arena *a, struct text *t)
{
    if (t->data)
        t->data = arena_memdup(a, t->data, t->len);
}

static void copy_message_trace(struct arena *a, struct task_message_trace *t)
{
    struct text *const parts[] = {&t->protocol, &t->headers,     &t->body,          &t->method,
                                  &t->url,      &t->status_code, &t->status_message};

    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        copy_text(a, parts[i]);
}

static const struct task_trace *copy_trace(struct arena *a, const struct task_trace *trace)
{
    struct task_trace *copy = arena_alloc(a, sizeof(*copy));

    *copy = *trace;
    copy_message_trace(a, &copy->request);
    copy_message_trace(a, &copy->response);
    return copy;
}

struct task_message *task_message_new(uint64_t id, const struct task_result *result)
{
    struct task_message *m = xmalloc(sizeof(*m));

    *m = (struct task_message){.id = id, .outcome = result->outcome};
    if (result->output.data) {
        m->output = xmemdup(result->output.data, result->output.len);
        m->output_len = result->output.len;
    }
    if (result->error)
        m->error = xstrdup(result->error);
    if (result->cause.data)
        m->cause = xmemdup(result->cause.data, result->cause.len);
    arena_init(&m->trace_memory);
    if (result->trace)
        m->trace = copy_trace(&m->trace_memory, result->trace);
    return m;
}

struct task_message *task_message_submitted(uint64_t id, struct text output)
{
    struct task_message *m = task_message_new(id, &(struct task_result){.output = output});

    m->submitted = true;
    return m;
}

void task_message_free(struct task_message *m)
{
    free_p(&m->output);
    free_p(&m->error);
    free_p(&m->cause);
    arena_done(&m->trace_memory);
    free_p(&m);
}

struct task_message *task_message_next(struct task_message *m)
{
    return m->next;
}

void task_message_set_next(struct task_message *m, struct task_message *next)
{
    m->next = next;
}

void tasks_request(struct branch *b)
{
    struct engine *e = b->execution->engine;

    b->task_id = ++e->last_task_id;
    (void)map_set(e->tasks, (const char *)&b->task_id, sizeof(b->task_id), b);
    GROW(e->requests, e->requests_len, e->requests_cap);
    e->requests[e->requests_len++] = (struct request_out){.id = b->task_id, .branch = b};
}

static size_t driver_for(struct engine *e, const struct asl_resource *r)
{
    size_t i = 0;

    while (i < e->drivers_len &&
           !e->drivers[i].accepts(e->drivers[i].self, r->arn,
                                  r->kind == ASL_RESOURCE_INTEGRATION ? r->type : NULL,
                                  r->kind == ASL_RESOURCE_INTEGRATION ? r->action : NULL))
        i++;
    return i;
}

void tasks_cancel(struct branch *b)
{
    struct engine *e = b->execution->engine;

    (void)map_remove(e->tasks, (const char *)&b->task_id, sizeof(b->task_id));
    for (size_t i = 0; i < e->requests_len; i++)
        if (e->requests[i].id == b->task_id) {
            e->requests[i].branch = NULL; /* never left */
            b->task_id = 0;
            return;
        }
    if (b->mock > 0) { /* its result is on its way, and ignored */
        b->task_id = 0;
        return;
    }
    tasks_cancel_request(e, b->task_id, &b->state->u.task.resource);
    b->task_id = 0;
}

void tasks_cancel_request(struct engine *e, uint64_t id, const struct asl_resource *r)
{
    GROW(e->cancels, e->cancels_len, e->cancels_cap);
    e->cancels[e->cancels_len].id = id;
    e->cancels[e->cancels_len++].driver = driver_for(e, r);
}

void tasks_start_request(struct engine *e, const struct asl_resource *r,
                         const struct task_request *request)
{
    size_t d = driver_for(e, r);
    CLEANUP(free_p) char *cause = NULL;

    if (d < e->drivers_len) {
        e->drivers[d].start(e->drivers[d].self, e, request);
        return;
    }
    cause = xasprintf("Nothing here can run the resource %s.", r->arn);

    struct task_result result = {
        .outcome = TASK_FAILED,
        .error = "States.TaskFailed",
        .cause = {cause, strlen(cause)},
    };

    engine_task_finished(e, request->id, &result);
}

static void send_request(struct engine *e, struct branch *b, uint64_t id)
{
    const struct asl_resource *r = &b->state->u.task.resource;
    const struct machine *m = b->execution->revision->machine;
    CLEANUP(free_p) char *account = b->role ? arn_role_account(b->role) : NULL;
    char token[TOKEN_SIZE];

    if (b->mock > 0) {
        mock_tasks_answer(b, id);
        return;
    }
    token_make(b, token);

    struct task_request request = {
        .id = id,
        .arn = r->arn,
        .type = r->kind == ASL_RESOURCE_INTEGRATION ? r->type : NULL,
        .action = r->kind == ASL_RESOURCE_INTEGRATION ? r->action : NULL,
        .input = {b->work->text, b->work->len},
        .account = account ? account : m->account,
        .region = m->region,
        .execution_arn = execution_arn(b->execution),
        .state = b->state->name,
        .token = token,
        .role_arn = b->role,
        .tracing = test_tracing(b),
    };
    if (b->phase == PHASE_TASK_JOB)
        request.submitted = (struct text){b->output->text, b->output->len};
    tasks_start_request(e, r, &request);
}

void tasks_watch(struct engine *e)
{
    for (size_t i = 0; i < e->requests_len; i++) {
        struct request_out *r = &e->requests[i];

        if (!r->branch || r->branch->phase != PHASE_TASK_JOB)
            continue;
        send_request(e, r->branch, r->id);
        *r = (struct request_out){0}; /* it has left */
    }
}

void tasks_send(struct engine *e)
{
    for (size_t i = 0; i < e->cancels_len; i++) {
        size_t d = e->cancels[i].driver;

        if (d < e->drivers_len && e->drivers[d].cancel)
            e->drivers[d].cancel(e->drivers[d].self, e->cancels[i].id);
    }
    e->cancels_len = 0;
    for (size_t i = 0; i < e->requests_len; i++)
        if (e->requests[i].branch)
            send_request(e, e->requests[i].branch, e->requests[i].id);
        else if (e->requests[i].run)
            map_objects_send(e->requests[i].run);
    e->requests_len = 0;
}

/* The request stays out: its end is still to come. */
static void take_submitted(struct engine *e, const struct task_message *m)
{
    struct branch *b = map_get(e->tasks, (const char *)&m->id, sizeof(m->id));

    if (b && b->execution->status == EXECUTION_RUNNING && b->phase == PHASE_TASK_RUNNING)
        task_job_submitted(b, (struct text){m->output, m->output_len});
}

void tasks_take(struct engine *e, struct task_message *m)
{
    if (m->submitted) {
        take_submitted(e, m);
        return;
    }

    struct branch *b = map_remove(e->tasks, (const char *)&m->id, sizeof(m->id));

    if (!b) {
        struct map_answer answer = {m->outcome, m->output, m->output_len, m->error, m->cause};

        (void)map_objects_answered(e, m->id, &answer); /* or cancelled meanwhile */
        m->output = answer.output;
        return;
    }
    b->task_id = 0;
    if (b->execution->status != EXECUTION_RUNNING)
        return;
    if (m->trace)
        test_take_trace(b, &m->trace_memory, m->trace);
    if (b->mock > 0) {
        task_mock_submitted(b);
        if (b->execution->full)
            return;
    }
    if (m->outcome == TASK_SUCCEEDED) {
        task_succeeded(
            b, (struct text){m->output ? m->output : "null", m->output ? m->output_len : 4});
        return;
    }

    CLEANUP(asl_error_done) struct asl_error err = {0};

    err.name = m->error ? xstrdup(m->error) : NULL;
    err.cause = m->cause ? xstrdup(m->cause) : NULL;
    task_failed(b, &err);
}
