/* TestState: an execution that only lives in memory runs one state.  The state's own code runs; what would
 * leave the state, write history or wait for a retry comes here instead. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/ids.h"
#include "base/partition.h"
#include "engine/internal.h"

struct test_run {
    struct test_state *t; /* the caller's, until the answer has left */
    struct engine_command *command;
    struct execution *x; /* owned */
    int64_t deadline;    /* monotonic: the test ends, whatever the service's clock says */
    bool over;           /* the answer is on its way */
    struct payload *notes[TEST_NOTES], *output; /* references */
    char *error, *cause;                        /* owned; of the state, also when it was caught */
    bool caught;
    struct arena trace_memory; /* owned; of t->trace */
    struct test_run *next;
};

const struct test_state *test_of(const struct branch *b)
{
    return b->execution->test->t;
}

struct json *test_context(struct branch *b)
{
    const struct json *given = test_of(b)->context;

    return given ? json_ref(given) : NULL;
}

/* ---- what inspection shows ---- */

/* Which state types show what: reference/integrations.md section 9, inspectionData. */
static bool shows(const struct branch *b, enum test_note what)
{
    enum asl_state_type type = b->state->type;

    switch (what) {
    case TEST_AFTER_INPUT_PATH:
        return type != ASL_PARALLEL;
    case TEST_AFTER_PARAMETERS:
        return type != ASL_PARALLEL;
    case TEST_AFTER_ARGUMENTS:
        return type == ASL_TASK;
    case TEST_AFTER_RESULT_PATH:
        return !b->execution->test->caught; /* a catcher's is not shown */
    default:
        return true;
    }
}

void test_note(struct branch *b, enum test_note what, struct payload *value)
{
    struct test_run *run = b->execution->test;

    if (!run || !shows(b, what))
        return;
    payload_unref(run->notes[what]);
    run->notes[what] = payload_ref(value);
}

void test_set_map(struct branch *b, int64_t max_concurrency, const struct map_tolerance *t)
{
    struct test_state *out = b->execution->test->t;

    out->max_concurrency = max_concurrency;
    if (t) {
        out->tolerated_count = t->count;
        out->tolerated_percentage = t->percentage;
    }
}

enum task_tracing test_tracing(const struct branch *b)
{
    return b->execution->test ? test_of(b)->tracing : TASK_UNTRACED;
}

void test_take_trace(struct branch *b, struct arena *memory, const struct task_trace *trace)
{
    struct test_run *run = b->execution->test;

    if (!run)
        return;
    arena_done(&run->trace_memory);
    run->trace_memory = *memory;
    arena_init(memory);
    run->t->trace = trace;
}

/* ---- the end ---- */

static struct text payload_text(const struct payload *p)
{
    return p ? (struct text){p->text, p->len} : TEXT_NONE;
}

static char *copy_or_null(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

static void keep_error(struct test_run *run, const struct asl_error *err)
{
    free_p(&run->error);
    free_p(&run->cause);
    run->error = copy_or_null(err ? err->name : NULL);
    run->cause = copy_or_null(err ? err->cause : NULL);
}

static void stop(struct test_run *run, enum engine_outcome outcome)
{
    struct execution *x = run->x;

    timer_clear(x->engine, &x->timer);
    branch_give_up(x->root);
    x->status = EXECUTION_ABORTED;
    run->over = true;
    x->engine->tests_over = true;
    engine_answer(x->engine, run->command, outcome);
}

static void finish(struct test_run *run, enum test_status status)
{
    struct test_state *t = run->t;
    struct branch *b = run->x->root;

    t->status = status;
    t->output = payload_text(run->output);
    t->error = run->error;
    t->cause = run->cause;
    if (b->variables && json_len(b->variables) > 0)
        run->notes[TEST_VARIABLES] = payload_from_value(json_ref(b->variables));
    for (size_t i = 0; i < TEST_NOTES; i++)
        t->notes[i] = payload_text(run->notes[i]);
    stop(run, ENGINE_OK);
}

void test_left(struct branch *b, struct payload *output, struct json *assigned,
               const struct asl_state *next)
{
    struct test_run *run = b->execution->test;

    json_unref(assigned); /* already among the variables */
    run->output = output;
    run->t->next_state = next ? next->name : NULL;
    finish(run, run->caught ? TEST_CAUGHT_ERROR : TEST_SUCCEEDED);
}

void test_failed(struct execution *x, const struct asl_error *err)
{
    struct test_run *run = x->test;

    keep_error(run, err);
    finish(run, TEST_FAILED);
}

void test_retrier(struct branch *b, size_t index)
{
    struct test_run *run = b->execution->test;

    if (run)
        run->t->retry_index = (int64_t)index;
}

void test_retriable(struct branch *b, int64_t delay_ms, const struct asl_error *err)
{
    struct test_run *run = b->execution->test;

    run->t->backoff_seconds = delay_ms / 1000;
    keep_error(run, err);
    finish(run, TEST_RETRIABLE);
}

void test_caught(struct branch *b, size_t index, const struct asl_error *err)
{
    struct test_run *run = b->execution->test;

    if (!run)
        return;
    run->caught = true;
    run->t->catch_index = (int64_t)index;
    keep_error(run, err);
}

void test_refuse(struct branch *b, const char *message)
{
    struct test_run *run = b->execution->test;

    run->t->refusal = message;
    stop(run, ENGINE_OK);
}

/* ---- mocked work ---- */

/* The mocked failure. */
static void mock_error(struct branch *b, struct asl_error *ret_err)
{
    const struct test_state *t = test_of(b);

    ret_err->name = xstrdup(t->mock_error);
    ret_err->cause = copy_or_null(t->mock_cause);
}

bool test_task(struct branch *b)
{
    const struct test_state *t = test_of(b);

    if (t->mock_error) {
        CLEANUP(asl_error_done) struct asl_error err = {0};

        mock_error(b, &err);
        task_failed(b, &err);
        return true;
    }
    if (!t->mock_result.data)
        return false;
    task_succeeded(b, t->mock_result);
    return true;
}

void test_parallel(struct branch *b)
{
    const struct test_state *t = test_of(b);

    if (t->mock_error) {
        CLEANUP(asl_error_done) struct asl_error err = {0};

        mock_error(b, &err);
        branch_error(b, &err);
        return;
    }

    CLEANUP(payload_unref_p) struct payload *result = payload_from_text(t->mock_result);

    container_finish(b, result);
}

/* ---- the beginning ---- */

/* A machine of its own for the test: the name is made up, as the service does. */
static struct revision *revision_new(const struct engine_command *c)
{
    const struct test_state *t = c->u.test;
    struct machine *m = xmalloc(sizeof(*m));
    struct revision *r = xmalloc(sizeof(*r));
    char name[UUID_SIZE];

    *m = (struct machine){
        .refs = 1,
        .account = xstrdup(c->account),
        .region = xstrdup(c->region),
        .name = xstrdup(uuid4(name)),
        .arn = xasprintf("arn:%s:states:%s:%s:stateMachine:%s", aws_partition(c->region), c->region,
                         c->account, name),
        .type = MACHINE_EXPRESS,
        .status = MACHINE_ACTIVE,
    };
    *r = (struct revision){
        .refs = 1,
        .machine = m,
        .asl = asl_machine_ref(t->machine),
        .role_arn = copy_or_null(t->role_arn),
        .name_details = xcalloc(t->machine->states_len, sizeof(char *)),
    };
    return r;
}

static struct execution *execution_new(struct engine *e, const struct engine_command *c)
{
    struct revision *r = revision_new(c);
    struct execution *x = xmalloc(sizeof(*x));
    char name[UUID_SIZE];

    *x = (struct execution){
        .engine = e,
        .id = ++e->last_express_id, /* no token of it is a token of anything stored */
        .revision = r,
        .name = xstrdup(uuid4(name)),
        .arn = xasprintf("arn:%s:states:%s:%s:express:%s:%s", aws_partition(c->region), c->region,
                         c->account, r->machine->name, name),
        .status = EXECUTION_RUNNING,
        .start_ms = e->now,
        .timer = {.kind = TIMER_EXECUTION},
        .input = payload_from_text(c->u.test->input),
    };
    return x;
}

/* The branch stands where an execution's would after the state's Entered event. */
static void enter(struct execution *x, const struct test_state *t)
{
    struct branch *b = branch_new(x, NULL, 0, t->state->scope);

    x->root = b;
    b->state = t->state;
    b->input = payload_ref(x->input);
    b->variables = t->variables ? json_ref(t->variables) : NULL;
    b->phase = PHASE_RUN;
    b->entered_ms = x->engine->now;
    if (t->retry_count > 0 && t->state->retriers_len > 0) {
        b->retries = xcalloc(t->state->retriers_len, sizeof(*b->retries));
        for (size_t i = 0; i < t->state->retriers_len; i++)
            b->retries[i] = (uint32_t)MIN(t->retry_count, INT32_MAX);
    }
    test_note(b, TEST_INPUT, b->input);
    if (t->state->type == ASL_FAIL && t->state->language == ASL_JSONPATH)
        test_note(b, TEST_AFTER_INPUT_PATH, b->input); /* recorded; a Fail has no InputPath */
    branch_make_runnable(b);
}

void command_test_state(struct engine *e, struct engine_command *c)
{
    struct test_state *t = c->u.test;
    struct test_run *run = xcalloc(1, sizeof(*run));
    struct execution *x = execution_new(e, c);

    t->catch_index = t->retry_index = t->backoff_seconds = -1;
    t->max_concurrency = t->tolerated_count = -1;
    t->tolerated_percentage = -1;
    run->t = t;
    run->command = c;
    run->x = x;
    arena_init(&run->trace_memory);
    run->deadline = clock_monotonic() + TEST_STATE_MAX_MS;
    run->next = e->tests;
    e->tests = run;
    e->tests_deadline = MIN(e->tests_deadline, run->deadline);
    x->test = run;
    timer_set(e, &x->timer, e->now + TEST_STATE_MAX_MS);
    enter(x, t);
}

/* ---- the list of tests ---- */

void tests_expire(struct engine *e, int64_t monotonic)
{
    int64_t next = INT64_MAX;

    if (monotonic < e->tests_deadline)
        return;
    for (struct test_run *run = e->tests; run; run = run->next) {
        if (run->over)
            continue;
        if (run->deadline <= monotonic)
            execution_timed_out(run->x);
        else
            next = MIN(next, run->deadline);
    }
    e->tests_deadline = next;
}

static void run_free(struct test_run *run)
{
    struct execution *x = run->x;

    for (size_t i = 0; i < TEST_NOTES; i++)
        payload_unref(run->notes[i]);
    payload_unref(run->output);
    free_p(&run->error);
    free_p(&run->cause);
    arena_done(&run->trace_memory);
    branch_free(x->root);
    payload_unref(x->input);
    revision_unref(x->revision);
    free_p(&x->name);
    free_p(&x->arn);
    free_p(&x);
    free_p(&run);
}

void tests_sweep(struct engine *e)
{
    struct test_run **at = &e->tests;

    if (!e->tests_over)
        return;
    e->tests_over = false;
    while (*at) {
        struct test_run *run = *at;

        if (!run->over || run->x->runnable) {
            e->tests_over |= run->over; /* still in the list of those that run */
            at = &run->next;
            continue;
        }
        *at = run->next;
        run_free(run);
    }
}

void tests_clear(struct engine *e)
{
    for (struct test_run *run = e->tests; run; run = run->next) {
        if (!run->over)
            stop(run, ENGINE_STOPPING);
        run->x->runnable = false; /* its list is emptied too */
    }
}
