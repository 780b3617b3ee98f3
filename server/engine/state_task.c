/* Task: an activity, a Lambda function by ARN, or an integration.  The events of the three differ in name
 * only: reference/history.md section 4. */
#include <inttypes.h>
#include <string.h>

#include "engine/nested.h"

/* The events of each kind of resource; 0: the kind has none. */
static const struct task_events {
    enum event_type scheduled, started, succeeded, failed, timed_out;
} task_events[] = {
    [ASL_RESOURCE_LAMBDA] = {EVENT_LAMBDA_FUNCTION_SCHEDULED, EVENT_LAMBDA_FUNCTION_STARTED,
                             EVENT_LAMBDA_FUNCTION_SUCCEEDED, EVENT_LAMBDA_FUNCTION_FAILED,
                             EVENT_LAMBDA_FUNCTION_TIMED_OUT},
    [ASL_RESOURCE_ACTIVITY] = {EVENT_ACTIVITY_SCHEDULED, EVENT_ACTIVITY_STARTED,
                               EVENT_ACTIVITY_SUCCEEDED, EVENT_ACTIVITY_FAILED,
                               EVENT_ACTIVITY_TIMED_OUT},
    [ASL_RESOURCE_INTEGRATION] = {EVENT_TASK_SCHEDULED, EVENT_TASK_STARTED, EVENT_TASK_SUCCEEDED,
                                  EVENT_TASK_FAILED, EVENT_TASK_TIMED_OUT},
};

static const struct asl_resource *resource_of(const struct branch *b)
{
    return &b->state->u.task.resource;
}

/* "resourceType":...,"resource":... for integrations, nothing for the others: the start of every details. */
static struct strbuf *task_details(struct branch *b)
{
    const struct asl_resource *r = resource_of(b);
    struct strbuf *sb = history_scratch(b->execution->engine);

    if (r->kind == ASL_RESOURCE_INTEGRATION) {
        history_add_member(sb, "resourceType", r->type);
        history_add_member(sb, "resource", r->resource);
    }
    return sb;
}

/* TimeoutSeconds or HeartbeatSeconds as evaluated; 0 when the field is absent. */
static int task_seconds(struct branch *b, const struct asl_expr *expr, struct flow_env *env,
                        const char *name, int64_t *ret_seconds, struct asl_error *err)
{
    CLEANUP(json_unref_p) struct json *value = NULL;
    int64_t n = 0;
    int r;

    *ret_seconds = 0;
    if (!expr)
        return 0;
    r = expr->kind == ASL_EXPR_PATH ? asl_eval_path(expr->path, &env->asl, &value, err)
                                    : asl_eval(expr, &env->asl, &value, err);
    if (r < 0)
        return r;
    if (json_is(value, JSON_NUMBER) && json_int64(value, &n) && n > 0 && n <= 99999999) {
        *ret_seconds = n;
        return 0;
    }
    if (expr->kind == ASL_EXPR_JSONATA && !json_is(value, JSON_NUMBER))
        return flow_type_error(err, expr, "integer", value);

    CLEANUP(free_p) char *shown = flow_shown(value);

    (void)b;
    asl_error_set(err, "States.Runtime",
                  "The %s field refers to value \"%s\" which is not a valid positive integer: %s",
                  name, shown, asl_expr_text(expr));
    return ERR_INVALID;
}

static int task_credentials(struct branch *b, struct flow_env *env, struct asl_error *err)
{
    CLEANUP(json_unref_p) struct json *value = NULL;

    free_p(&b->role);
    if (!b->state->u.task.credentials)
        return 0;

    int r = asl_eval(b->state->u.task.credentials, &env->asl, &value, err);

    if (r < 0)
        return r;

    const struct json *role = json_gets(value, "RoleArn");

    if (!json_is(role, JSON_STRING)) {
        asl_error_set(err, "States.Runtime",
                      "The field 'RoleArn' of 'Credentials' must be a string.");
        return ERR_INVALID;
    }
    b->role = xstrdup(json_str(role, NULL));
    return 0;
}

static int task_prepare(struct branch *b, struct asl_error *err)
{
    const struct asl_resource *resource = resource_of(b);
    CLEANUP(payload_unref_p) struct payload *input = NULL;
    struct payload *work = NULL;
    CLEANUP(flow_env_done) struct flow_env env = {0};
    int r = flow_input(b, &input, err);

    if (r < 0)
        return r;
    /* The token names the event that is about to be written. */
    b->scheduled_event = b->execution->event_count + 1;
    r = flow_parameters(b, input, resource->pattern == ASL_CALLBACK, &work, err);
    if (r < 0)
        return r;
    payload_unref(b->work);
    b->work = work;
    if (b->state->u.task.timeout || b->state->u.task.heartbeat || b->state->u.task.credentials)
        flow_env_init(&env, b, payload_value(b->input));
    r = task_seconds(b, b->state->u.task.timeout, &env, "TimeoutSecondsPath", &b->timeout_seconds,
                     err);
    if (r < 0)
        return r;
    r = task_seconds(b, b->state->u.task.heartbeat, &env, "HeartbeatSecondsPath",
                     &b->heartbeat_seconds, err);
    if (r < 0)
        return r;
    return task_credentials(b, &env, err);
}

static void write_scheduled(struct branch *b)
{
    const struct asl_resource *r = resource_of(b);
    struct strbuf *sb = task_details(b);

    if (r->kind == ASL_RESOURCE_INTEGRATION)
        history_add_member(sb, "region", b->execution->revision->machine->region);
    else
        history_add_member(sb, "resource", r->arn);
    if (b->timeout_seconds > 0)
        strbuf_addf(sb, ",\"timeoutInSeconds\":%" PRId64, b->timeout_seconds);
    if (b->heartbeat_seconds > 0 && r->kind != ASL_RESOURCE_LAMBDA)
        strbuf_addf(sb, ",\"heartbeatInSeconds\":%" PRId64, b->heartbeat_seconds);
    if (b->role) {
        strbuf_adds(sb, ",\"taskCredentials\":{\"roleArn\":");
        strbuf_add_json(sb, b->role, strlen(b->role));
        strbuf_addc(sb, '}');
    }
    history_step(b, task_events[r->kind].scheduled, history_details(sb), b->work);
}

static void task_run(struct branch *b)
{
    struct engine *e = b->execution->engine;
    const struct asl_resource *r = resource_of(b);
    CLEANUP(asl_error_done) struct asl_error err = {0};
    struct activity *a = NULL;

    if (task_prepare(b, &err) < 0) {
        b->scheduled_event = 0;
        branch_runtime_error(b, &err);
        return;
    }
    if (b->execution->test && test_task(b))
        return;
    mock_tasks_count(b);
    if (r->kind == ASL_RESOURCE_ACTIVITY && b->mock == 0) {
        a = activity_by_arn(e, r->arn);
        if (!a) {
            b->scheduled_event = 0;
            asl_error_set(&err, "States.Runtime", "The activity %s does not exist.", r->arn);
            branch_runtime_error(b, &err);
            return;
        }
    }
    write_scheduled(b);
    if (b->execution->full)
        return;
    branch_set_dirty(b);
    if (a) {
        b->phase = PHASE_TASK_QUEUED;
        branch_wait_external(b, true);
        activity_enqueue(a, b);
        activities_match(e, a);
        return;
    }
    b->phase = PHASE_TASK_START;
    branch_make_runnable(b);
}

/* The timeouts of this attempt begin to run; the earlier one is the branch's timer. */
void task_set_timer(struct branch *b)
{
    struct engine *e = b->execution->engine;
    int64_t due = INT64_MAX;

    if (b->deadline_ms > 0)
        due = b->deadline_ms;
    if (b->heartbeat_at_ms > 0 && b->heartbeat_at_ms < due)
        due = b->heartbeat_at_ms;
    if (due < INT64_MAX)
        timer_set(e, &b->timer, due);
    else
        timer_clear(e, &b->timer);
    branch_set_dirty(b);
}

static void start_timeouts(struct branch *b)
{
    int64_t now = b->execution->engine->now;
    bool beats =
        resource_of(b)->kind == ASL_RESOURCE_ACTIVITY || resource_of(b)->pattern == ASL_CALLBACK;

    b->deadline_ms = b->timeout_seconds > 0 ? now + b->timeout_seconds * 1000 : 0;
    b->heartbeat_at_ms = beats && b->heartbeat_seconds > 0 ? now + b->heartbeat_seconds * 1000 : 0;
    task_set_timer(b);
}

/* Started, and the request goes out after the commit. */
void task_start(struct branch *b)
{
    const struct asl_resource *r = resource_of(b);
    struct strbuf *sb = task_details(b);

    if (history_step(b, task_events[r->kind].started, history_details(sb), NULL) == 0)
        return;
    start_timeouts(b);
    if (nested_is(r) && b->mock == 0) {
        b->phase = PHASE_TASK_CHILD;
        b->child = 0;
        branch_make_runnable(b);
        return;
    }
    b->phase = PHASE_TASK_RUNNING;
    branch_wait_external(b, true);
    tasks_request(b);
}

/* A worker got the task; only now its timeouts begin (reference/history.md section 4, Activity). */
void task_leased(struct branch *b, const char *worker)
{
    struct strbuf *sb = history_scratch(b->execution->engine);

    if (worker)
        history_add_member(sb, "workerName", worker);
    if (history_step(b, EVENT_ACTIVITY_STARTED, history_details(sb), NULL) == 0)
        return;
    b->phase = PHASE_TASK_RUNNING;
    start_timeouts(b);
}

/* A deleted machine's task may end, but nothing of it is written (reference/history.md section 4). */
bool task_machine_is_gone(struct branch *b)
{
    struct machine *m = b->execution->revision->machine;
    CLEANUP(asl_error_done) struct asl_error err = {0};

    if (m->status != MACHINE_DELETING)
        return false;
    asl_error_set(&err, "States.Runtime", "State machine %s has been deleted", m->name);
    execution_close(b->execution, EXECUTION_FAILED, b->previous, NULL, &err);
    return true;
}

/* The attempt is over: nothing is waited for any more. */
static void task_end(struct branch *b)
{
    branch_give_up(b);
    payload_unref(b->output); /* of a job */
    b->output = NULL;
    b->phase = PHASE_RUN;
    b->deadline_ms = b->heartbeat_at_ms = 0;
    branch_set_dirty(b);
}

/* The attempt failed with err. */
void task_failed(struct branch *b, struct asl_error *err)
{
    if (task_machine_is_gone(b))
        return;
    asl_error_cut(err);
    task_end(b);
    (void)task_details(b);

    struct text details = history_error(b->execution->engine, err);

    if (history_step(b, task_events[resource_of(b)->kind].failed, details, NULL) > 0)
        branch_error(b, err);
}

static void task_too_large(struct branch *b)
{
    const struct asl_resource *r = resource_of(b);
    CLEANUP(asl_error_done) struct asl_error err = {0};

    flow_data_limit(&err, r->kind == ASL_RESOURCE_INTEGRATION ? r->type : r->arn);
    task_failed(b, &err);
}

void task_submitted(struct branch *b, struct payload *reply, enum branch_phase phase)
{
    struct strbuf *sb = task_details(b);

    if (history_step(b, EVENT_TASK_SUBMITTED, history_details(sb), reply) == 0)
        return;
    b->phase = phase;
    branch_set_dirty(b);
}

void task_mock_submitted(struct branch *b)
{
    if (resource_of(b)->pattern == ASL_REQUEST_RESPONSE || b->execution->full ||
        b->execution->revision->machine->status == MACHINE_DELETING)
        return;

    CLEANUP(payload_unref_p) struct payload *reply = payload_from_text(TEXT("{}"));

    task_submitted(b, reply, PHASE_TASK_CALLBACK);
}

/* What a driver brought, or NULL when that ended the task. */
static struct payload *task_take_output(struct branch *b, struct text output)
{
    struct payload *p;

    if (task_machine_is_gone(b))
        return NULL;
    if ((int64_t)output.len > b->execution->engine->limits.payload_bytes) {
        task_too_large(b);
        return NULL;
    }
    p = payload_from_text(output);
    if (p->depth > LIMIT_JSON_DEPTH) {
        payload_unref(p);
        task_too_large(b);
        return NULL;
    }
    return p;
}

void task_job_submitted(struct branch *b, struct text reply)
{
    CLEANUP(payload_unref_p) struct payload *p = task_take_output(b, reply);

    if (!p)
        return;
    task_submitted(b, p, PHASE_TASK_JOB);
    if (b->phase == PHASE_TASK_JOB)
        b->output = payload_ref(p);
}

void task_succeeded(struct branch *b, struct text output)
{
    const struct asl_resource *r = resource_of(b);
    CLEANUP(asl_error_done) struct asl_error err = {0};
    CLEANUP(payload_unref_p) struct payload *result = task_take_output(b, output);
    CLEANUP(payload_unref_p) struct payload *input = NULL;
    struct flow_output out;

    if (!result)
        return;
    if (r->pattern == ASL_CALLBACK && b->phase == PHASE_TASK_RUNNING) {
        task_submitted(b, result, PHASE_TASK_CALLBACK);
        return;
    }
    task_end(b);
    test_note(b, TEST_RESULT, result);

    struct strbuf *sb = task_details(b);

    if (history_step(b, task_events[r->kind].succeeded, history_details(sb), result) == 0)
        return;
    if (flow_input(b, &input, &err) < 0 || flow_result(b, input, result, &out, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    branch_leave(b, out.output, out.assigned, b->state->next);
}

/* Tasks that time out together all say so before the first of them ends what they belong to (recorded:
 * reference/history.md section 4, inline Map), so what follows is a step of its own. */
static void task_timed_out(struct branch *b)
{
    int64_t now = b->execution->engine->now;
    bool heartbeat = b->heartbeat_at_ms > 0 && b->heartbeat_at_ms <= now &&
                     (b->deadline_ms == 0 || b->heartbeat_at_ms < b->deadline_ms);
    CLEANUP(asl_error_done) struct asl_error err = {0};

    if (task_machine_is_gone(b))
        return;
    asl_error_set(&err, "States.Timeout", NULL);
    nested_abandon(b);
    task_end(b);
    (void)task_details(b);

    struct text details = history_error(b->execution->engine, &err);

    if (history_step(b, task_events[resource_of(b)->kind].timed_out, details, NULL) == 0)
        return;
    b->phase = PHASE_TASK_TIMED_OUT;
    b->heartbeat_at_ms = heartbeat ? now : 0;
    branch_make_runnable(b);
}

void task_after_timeout(struct branch *b)
{
    CLEANUP(asl_error_done) struct asl_error err = {0};

    asl_error_set(&err, "States.Timeout", NULL);
    err.heartbeat = b->heartbeat_at_ms > 0;
    b->heartbeat_at_ms = 0;
    b->phase = PHASE_RUN;
    branch_set_dirty(b);
    branch_error(b, &err);
}

const struct state_ops state_task = {
    .entered = EVENT_TASK_STATE_ENTERED,
    .exited = EVENT_TASK_STATE_EXITED,
    .aborted = EVENT_TASK_STATE_ABORTED,
    .run = task_run,
    .timer = task_timed_out,
};
