/* Map Runs: reference/asl.md section 9, reference/redrive.md sections 5.8, 5.9 and 6. */
#include "harness.h"

/* What a task does with its input: "fail" fails while `failures` lasts, "never" never ends. */
struct plan {
    int failures;
};

static void choose(struct world *w, const struct task_request *request, struct fake_outcome *o)
{
    struct plan *plan = w->arg;

    if (strstr(request->input.data, "never")) {
        o->kind = FAKE_NEVER;
    } else if (strstr(request->input.data, "fail") && plan->failures > 0) {
        plan->failures--;
        o->kind = FAKE_FAILURE;
        o->error = xstrdup("Oops");
    } else {
        o->kind = FAKE_SUCCESS;
        o->output = xmemdup(request->input.data, request->input.len);
    }
}

static int setup(void **state)
{
    struct world *w = xmalloc(sizeof(*w));

    world_init(w);
    w->choose = choose;
    w->arg = xcalloc(1, sizeof(struct plan));
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    free(w->arg);
    world_done(w);
    free(w);
    return 0;
}

static void fail_times(struct world *w, int failures)
{
    ((struct plan *)w->arg)->failures = failures;
}

/* ---- definitions ---- */

#define TASK_STATE                                                                       \
    "{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke\",\"Parameters\":" \
    "{\"FunctionName\":\"f\",\"Payload.$\":\"$\"},\"OutputPath\":\"$.Payload\",\"End\":true}"
/* A Map between two Pass states; `fields` ends with a comma. */
#define MAP_OF(type, fields, states)                                                      \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Next\":\"M\"},"            \
    "\"M\":{\"Type\":\"Map\"," fields "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":" \
    "\"DISTRIBUTED\",\"ExecutionType\":\"" type "\"}," states "},\"Next\":\"Z\"},"        \
    "\"Z\":{\"Type\":\"Pass\",\"End\":true}}}"
#define TASKS  "\"StartAt\":\"T\",\"States\":{\"T\":" TASK_STATE "}"
#define PASSES "\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}"
#define LABEL  "\"Label\":\"L\","

/* "wait" waits 30 seconds, everything else is a task; both pass through a state that shows the context. */
#define TASK_OR_WAIT                                                                              \
    "\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Pass\",\"Parameters\":{\"v.$\":\"$\","       \
    "\"n.$\":\"$$.Execution.RedriveCount\"},\"Next\":\"C\"},\"C\":{\"Type\":\"Choice\","          \
    "\"Choices\":[{\"Variable\":\"$.v\",\"StringEquals\":\"wait\",\"Next\":\"W\"}],"              \
    "\"Default\":\"T\"},\"W\":{\"Type\":\"Wait\",\"Seconds\":30,\"Next\":\"E\"},\"T\":{\"Type\":" \
    "\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke\",\"Parameters\":{\"FunctionName\":"  \
    "\"f\",\"Payload.$\":\"$\"},\"OutputPath\":\"$.Payload\",\"Next\":\"E\"},\"E\":{\"Type\":"    \
    "\"Pass\",\"Parameters\":{\"x.$\":\"$\",\"count.$\":\"$$.Execution.RedriveCount\"},"          \
    "\"End\":true}}"

/* ---- looking ---- */

static struct store_execution execution(struct world *w, struct arena *a, const char *name)
{
    struct store_execution x;

    assert_true(world_execution(w, a, "m", name, &x));
    return x;
}

struct run_search {
    struct arena *a;
    struct store_map_run run;
    int found;
};

static void keep_run(void *arg, const struct store_map_run *run)
{
    struct run_search *s = arg;

    if (s->found++ == 0)
        s->run = *run;
}

/* The latest run of a parent; ret_count tells how many there are. */
static struct store_map_run map_run(struct world *w, struct arena *a, int64_t parent,
                                    int *ret_count)
{
    struct run_search s = {.a = a};

    assert_int_equal(store_list_map_runs(w->store, a, parent, INT64_MAX, 100, keep_run, &s), 0);
    assert_true(s.found > 0);
    if (ret_count)
        *ret_count = s.found;
    return s.run;
}

struct children {
    struct store_execution rows[64];
    int len;
};

static void keep_child(void *arg, const struct store_execution *x)
{
    struct children *c = arg;

    assert_true(c->len < 64);
    c->rows[c->len++] = *x;
}

/* The child at a place of the run. */
static struct store_execution child(struct world *w, struct arena *a,
                                    const struct store_map_run *run, int64_t item)
{
    struct children c = {.len = 0};
    struct store_execution x;

    assert_int_equal(
        store_list_children(w->store, a, run->id, 0, STORE_ANY, INT64_MAX, 64, keep_child, &c), 0);
    for (int i = 0; i < c.len; i++)
        if (c.rows[i].item == item) {
            assert_int_equal(store_get_execution_by_id(w->store, a, c.rows[i].id, &x), 0);
            return x;
        }
    fail_msg("no child %lld", (long long)item);
    return c.rows[0];
}

static int count_children(struct world *w, struct arena *a, const struct store_map_run *run,
                          enum execution_status status, enum store_redriven redriven)
{
    struct children c = {.len = 0};

    assert_int_equal(
        store_list_children(w->store, a, run->id, status, redriven, INT64_MAX, 64, keep_child, &c),
        0);
    return c.len;
}

#define assert_text(t, expected)                                                          \
    do {                                                                                  \
        struct text text_ = (t);                                                          \
        const char *expected_ = (expected);                                               \
        if (!text_.data || text_.len != strlen(expected_) ||                              \
            memcmp(text_.data, expected_, text_.len) != 0)                                \
            fail_msg("%.*s instead of %s", (int)text_.len, text_.data ? text_.data : "-", \
                     expected_);                                                          \
    } while (0)

#define assert_counts(c, pend, run_, good, bad, out, gone, wait, all) \
    do {                                                              \
        struct store_map_counts c_ = (c);                             \
        assert_int_equal(c_.total - c_.started, pend);                \
        assert_int_equal(c_.running, run_);                           \
        assert_int_equal(c_.succeeded, good);                         \
        assert_int_equal(c_.failed, bad);                             \
        assert_int_equal(c_.timed_out, out);                          \
        assert_int_equal(c_.aborted, gone);                           \
        assert_int_equal(c_.pending_redrive, wait);                   \
        assert_int_equal(c_.total, all);                              \
    } while (0)

/* Events as "Type<-previous Type<-previous ...", from one on. */
static void expect_history(struct world *w, int64_t id, int64_t from, const char *expected)
{
    struct seen_history h;
    struct strbuf sb;

    world_history(w, id, from, &h);
    strbuf_init(&sb, 65536);
    for (size_t i = 0; i < h.len; i++)
        strbuf_addf(&sb, "%s%s<-%lld", i ? " " : "", event_type_info(h.events[i].type)->name,
                    (long long)h.events[i].previous);
    assert_string_equal(sb.data, expected);
    strbuf_done(&sb);
    seen_history_done(&h);
}

static void expect_details(struct world *w, int64_t id, int64_t event, const char *expected)
{
    struct seen_history h;

    world_history(w, id, event, &h);
    assert_true(h.len > 0);
    assert_string_equal(h.events[0].details, expected);
    seen_history_done(&h);
}

static void start(struct world *w, const char *definition, const char *input)
{
    assert_int_equal(world_create(w, "m", definition), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", input), ENGINE_OK);
    world_settle(w);
}

#define EXCEEDED                                                                                 \
    "{\"error\":\"States.ExceedToleratedFailureThreshold\",\"cause\":\"The specified tolerated " \
    "failure threshold was exceeded\"}"

/* ---- the histories of reference/redrive.md ---- */

/* Sections 5.8 and 6: six items, two at once; two succeed, one fails, one is aborted, two never start. */
static void test_redrive_5_8_and_5_9(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    fail_times(w, 2);
    start(w, MAP_OF("STANDARD", LABEL "\"MaxConcurrency\":2,", TASK_OR_WAIT),
          "[\"a\",\"b\",\"fail\",\"wait\",\"c\",\"d\"]");

    x = execution(w, &a, "e");
    run = map_run(w, &a, x.id, NULL);
    assert_int_equal(x.status, EXECUTION_FAILED);
    expect_history(w, x.id, 4,
                   "MapStateEntered<-3 MapStateStarted<-4 MapRunStarted<-5 MapRunFailed<-6 "
                   "MapStateFailed<-7 ExecutionFailed<-8");
    expect_details(w, x.id, 5, "{\"length\":6}");
    for (int i = 7; i <= 9; i += 2)
        expect_details(w, x.id, i, EXCEEDED);
    assert_int_equal(run.status, EXECUTION_FAILED);
    assert_counts(run.executions, 2, 0, 2, 1, 0, 1, 0, 6);
    assert_counts(run.items, 2, 0, 2, 1, 0, 1, 0, 6);
    assert_int_equal(run.redrive_count, 0);

    /* Section 6: what an aborted child shows. */
    struct store_execution waiting = child(w, &a, &run, 3);
    CLEANUP(free_p)
    char *cause = xasprintf("The map run execution [arn:aws:states:us-east-1:123456789012:mapRun:"
                            "m/L:%s] which was managing this resource was aborted",
                            run.uuid);

    assert_int_equal(waiting.status, EXECUTION_ABORTED);
    assert_null(waiting.error);
    assert_string_equal(waiting.cause, cause);

    /* Fails once more, then succeeds. */
    world_advance(w, 1000);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    expect_history(w, x.id, 10,
                   "ExecutionRedriven<-9 MapRunRedriven<-5 MapRunFailed<-11 MapStateFailed<-12 "
                   "ExecutionFailed<-13");
    world_advance(w, 1000);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    run = map_run(w, &a, x.id, NULL);
    assert_int_equal(run.status, EXECUTION_RUNNING);
    assert_int_equal(run.stop_ms, 0);
    world_advance(w, 30000);

    int runs;

    run = map_run(w, &a, x.id, &runs);
    expect_history(w, x.id, 15,
                   "ExecutionRedriven<-14 MapRunRedriven<-5 MapRunSucceeded<-16 "
                   "MapStateSucceeded<-17 MapStateExited<-16 PassStateEntered<-19 "
                   "PassStateExited<-20 ExecutionSucceeded<-21");
    CLEANUP(free_p)
    char *details = xasprintf("{\"mapRunArn\":\"arn:aws:states:us-east-1:123456789012:mapRun:m/L:"
                              "%s\",\"redriveCount\":2}",
                              run.uuid);

    expect_details(w, x.id, 16, details);
    assert_int_equal(runs, 1);
    assert_int_equal(run.status, EXECUTION_SUCCEEDED);
    assert_int_equal(run.redrive_count, 2);
    assert_int_equal(run.start_ms, START);
    assert_int_equal(run.redrive_ms, START + 2000);
    assert_int_equal(run.stop_ms, START + 32000);
    assert_counts(run.executions, 0, 0, 6, 0, 0, 0, 0, 6);
    assert_counts(run.items, 0, 0, 6, 0, 0, 0, 0, 6);
    assert_int_equal(count_children(w, &a, &run, 0, STORE_REDRIVEN), 2);
    assert_int_equal(count_children(w, &a, &run, 0, STORE_NOT_REDRIVEN), 4);

    /* Section 5.9: the children's own histories. */
    struct store_execution failing = child(w, &a, &run, 2);

    waiting = child(w, &a, &run, 3);
    expect_history(w, failing.id, 1,
                   "ExecutionStarted<-0 PassStateEntered<-0 PassStateExited<-2 "
                   "ChoiceStateEntered<-3 ChoiceStateExited<-4 TaskStateEntered<-5 "
                   "TaskScheduled<-6 TaskStarted<-7 TaskFailed<-8 ExecutionFailed<-9 "
                   "ExecutionRedriven<-10 TaskScheduled<-6 TaskStarted<-12 TaskFailed<-13 "
                   "ExecutionFailed<-14 ExecutionRedriven<-15 TaskScheduled<-6 TaskStarted<-17 "
                   "TaskSucceeded<-18 TaskStateExited<-19 PassStateEntered<-20 PassStateExited<-21 "
                   "ExecutionSucceeded<-22");
    /* What was shown before the failure still shows no redrive; what comes after shows it. */
    assert_text(failing.output.text, "{\"x\":{\"v\":\"fail\",\"n\":0},\"count\":2}");
    assert_int_equal(failing.start_ms, START);
    assert_int_equal(failing.redrive_count, 2);
    assert_int_equal(failing.redrive_ms, START + 2000);
    expect_history(w, waiting.id, 1,
                   "ExecutionStarted<-0 PassStateEntered<-0 PassStateExited<-2 "
                   "ChoiceStateEntered<-3 ChoiceStateExited<-4 WaitStateEntered<-5 "
                   "ExecutionAborted<-0 ExecutionRedriven<-7 ExecutionAborted<-0 "
                   "ExecutionRedriven<-9 WaitStateExited<-6 PassStateEntered<-11 "
                   "PassStateExited<-12 ExecutionSucceeded<-13");
    assert_int_equal(waiting.stop_ms, START + 32000);
    /* Succeeded children are untouched, those that never ran begin now. */
    assert_int_equal(child(w, &a, &run, 0).redrive_count, 0);
    assert_int_equal(child(w, &a, &run, 0).stop_ms, START);
    assert_int_equal(child(w, &a, &run, 5).redrive_count, 0);
    assert_int_equal(child(w, &a, &run, 5).start_ms, START + 2000);
    arena_done(&a);
}

/* Killed and continued after every commit, with commits after single steps. */
static void test_redrive_killed(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;

    arena_init(&a);
    world_use_file(w);
    w->kill = true;
    w->steps = 1;
    world_open(w);
    fail_times(w, 2);
    start(w, MAP_OF("STANDARD", LABEL "\"MaxConcurrency\":1,", TASK_OR_WAIT),
          "[\"a\",\"fail\",\"wait\",\"b\"]");
    x = execution(w, &a, "e");
    assert_counts(map_run(w, &a, x.id, NULL).executions, 2, 0, 1, 1, 0, 0, 0, 4);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
        world_advance(w, 30000);
    }
    expect_history(w, x.id, 4,
                   "MapStateEntered<-3 MapStateStarted<-4 MapRunStarted<-5 MapRunFailed<-6 "
                   "MapStateFailed<-7 ExecutionFailed<-8 ExecutionRedriven<-9 MapRunRedriven<-5 "
                   "MapRunFailed<-11 MapStateFailed<-12 ExecutionFailed<-13 ExecutionRedriven<-14 "
                   "MapRunRedriven<-5 MapRunSucceeded<-16 MapStateSucceeded<-17 MapStateExited<-16 "
                   "PassStateEntered<-19 PassStateExited<-20 ExecutionSucceeded<-21");
    assert_counts(map_run(w, &a, x.id, NULL).executions, 0, 0, 4, 0, 0, 0, 0, 4);
    assert_text(execution(w, &a, "e").output.text,
                "[{\"x\":{\"v\":\"a\",\"n\":0},\"count\":0},{\"x\":{\"v\":\"fail\",\"n\":0},"
                "\"count\":2},{\"x\":{\"v\":\"wait\",\"n\":0},\"count\":0},{\"x\":{\"v\":\"b\","
                "\"n\":0},\"count\":0}]");
    assert_true(w->kills > 20);
    arena_done(&a);
}

/* ---- thresholds: reference/asl.md section 9 ---- */

static enum execution_status run_with(struct world *w, const char *definition, const char *input,
                                      int failures, struct store_map_counts *ret_counts)
{
    struct arena a;
    struct store_execution x;
    enum execution_status status;

    arena_init(&a);
    if (w->engine)
        world_close(w);
    world_open(w);
    fail_times(w, failures);
    start(w, definition, input);
    x = execution(w, &a, "e");
    status = x.status;
    *ret_counts = map_run(w, &a, x.id, NULL).items;
    arena_done(&a);
    return status;
}

#define ONE_BY_ONE "\"MaxConcurrency\":1,"
#define FOUR       "[\"fail\",\"fail\",\"fail\",\"a\"]"

static void test_threshold(void **state)
{
    struct world *w = *state;
    struct store_map_counts c;

    assert_int_equal(run_with(w, MAP_OF("STANDARD", ONE_BY_ONE, TASKS), FOUR, 1, &c),
                     EXECUTION_FAILED);
    assert_counts(c, 3, 0, 0, 1, 0, 0, 0, 4);
    /* Strictly more than tolerated. */
    assert_int_equal(run_with(w,
                              MAP_OF("STANDARD", ONE_BY_ONE "\"ToleratedFailureCount\":2,", TASKS),
                              FOUR, 2, &c),
                     EXECUTION_SUCCEEDED);
    assert_counts(c, 0, 0, 2, 2, 0, 0, 0, 4);
    assert_int_equal(run_with(w,
                              MAP_OF("STANDARD", ONE_BY_ONE "\"ToleratedFailureCount\":2,", TASKS),
                              FOUR, 3, &c),
                     EXECUTION_FAILED);
    assert_counts(c, 1, 0, 0, 3, 0, 0, 0, 4);
    assert_int_equal(
        run_with(w, MAP_OF("STANDARD", ONE_BY_ONE "\"ToleratedFailurePercentage\":50,", TASKS),
                 FOUR, 2, &c),
        EXECUTION_SUCCEEDED);
    assert_int_equal(
        run_with(w, MAP_OF("STANDARD", ONE_BY_ONE "\"ToleratedFailurePercentage\":49.9,", TASKS),
                 FOUR, 2, &c),
        EXECUTION_FAILED);
    /* Either one. */
    assert_int_equal(run_with(w,
                              MAP_OF("STANDARD",
                                     ONE_BY_ONE "\"ToleratedFailureCount\":1,"
                                                "\"ToleratedFailurePercentage\":100,",
                                     TASKS),
                              FOUR, 2, &c),
                     EXECUTION_FAILED);
}

/* The error can be caught, and a retrier starts another run. */
static void test_retry_and_catch(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    int runs;

    arena_init(&a);
    world_open(w);
    fail_times(w, 3);
    start(
        w,
        MAP_OF("STANDARD",
               "\"Retry\":[{\"ErrorEquals\":[\"States.ExceedToleratedFailureThreshold\"],"
               "\"MaxAttempts\":1}],\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"Z\"}],",
               TASKS),
        "[\"fail\"]");
    world_advance(w, 2000);
    x = execution(w, &a, "e");
    (void)map_run(w, &a, x.id, &runs);
    assert_int_equal(x.status, EXECUTION_SUCCEEDED);
    assert_int_equal(runs, 2);
    expect_history(w, x.id, 5,
                   "MapStateStarted<-4 MapRunStarted<-5 MapRunFailed<-6 MapStateStarted<-7 "
                   "MapRunStarted<-8 MapRunFailed<-9 MapStateFailed<-10 MapStateExited<-11 "
                   "PassStateEntered<-12 PassStateExited<-13 ExecutionSucceeded<-14");
    arena_done(&a);
}

/* ---- items ---- */

static void expect_output(struct world *w, const char *definition, const char *input,
                          const char *output)
{
    struct arena a;

    arena_init(&a);
    if (w->engine)
        world_close(w);
    world_open(w);
    start(w, definition, input);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    assert_text(execution(w, &a, "e").output.text, output);
    arena_done(&a);
}

static void test_items(void **state)
{
    struct world *w = *state;

    expect_output(w, MAP_OF("STANDARD", "", PASSES), "[]", "[]");
    expect_output(w, MAP_OF("STANDARD", "", PASSES), "[3,1.0,\"x\"]", "[3,1.0,\"x\"]");
    expect_output(w,
                  MAP_OF("STANDARD",
                         LABEL
                         "\"ItemsPath\":\"$.l\",\"ItemSelector\":{\"i.$\":\"$$.Map.Item.Index\","
                         "\"v.$\":\"$$.Map.Item.Value\",\"s.$\":\"$$.Map.Item.Source\","
                         "\"x.$\":\"$$.Execution.Id\",\"k.$\":\"$.k\"},",
                         PASSES),
                  "{\"l\":[7],\"k\":true}",
                  "[{\"i\":0,\"v\":7,\"s\":\"STATE_DATA\",\"x\":\"arn:aws:states:us-east-1:"
                  "123456789012:execution:m:e\",\"k\":true}]");
    /* The context of a child. */
    expect_output(w,
                  MAP_OF("STANDARD", LABEL,
                         "\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Parameters\":{"
                         "\"m.$\":\"$$.StateMachine\",\"i.$\":\"$$.Execution.Input\",\"r.$\":"
                         "\"$$.Execution.RedriveCount\"},\"End\":true}}"),
                  "[1]",
                  "[{\"m\":{\"Id\":\"arn:aws:states:us-east-1:123456789012:stateMachine:m/L\","
                  "\"Name\":\"m\"},\"i\":1,\"r\":0}]");
}

static void test_batches(void **state)
{
    struct world *w = *state;

    expect_output(w, MAP_OF("STANDARD", "\"ItemBatcher\":{\"MaxItemsPerBatch\":2},", PASSES),
                  "[1,2,3]", "[{\"Items\":[1,2]},{\"Items\":[3]}]");
    expect_output(w,
                  MAP_OF("STANDARD",
                         "\"ItemsPath\":\"$.l\",\"ItemBatcher\":{\"MaxItemsPerBatchPath\":\"$.n\","
                         "\"BatchInput\":{\"k.$\":\"$.k\"}},",
                         PASSES),
                  "{\"l\":[1,2,3],\"n\":5,\"k\":\"x\"}",
                  "[{\"BatchInput\":{\"k\":\"x\"},\"Items\":[1,2,3]}]");
    /* {"Items":[]} takes 12 bytes, "aaaa" 6 and a comma. */
    expect_output(w, MAP_OF("STANDARD", "\"ItemBatcher\":{\"MaxInputBytesPerBatch\":26},", PASSES),
                  "[\"aaaa\",\"bbbb\",\"cccc\"]",
                  "[{\"Items\":[\"aaaa\",\"bbbb\"]},{\"Items\":[\"cccc\"]}]");
}

/* Items count, not batches; killed at every step. */
static void test_batches_killed(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_map_run run;

    arena_init(&a);
    world_use_file(w);
    w->kill = true;
    w->steps = 1;
    world_open(w);
    fail_times(w, 1);
    start(w,
          MAP_OF("STANDARD",
                 "\"ItemBatcher\":{\"MaxInputBytesPerBatch\":26},\"ToleratedFailureCount\":2,",
                 TASKS),
          "[\"aaaa\",\"bbbb\",\"fail\",\"cccc\",\"dddd\"]");
    run = map_run(w, &a, execution(w, &a, "e").id, NULL);
    assert_counts(run.executions, 0, 0, 2, 1, 0, 0, 0, 3);
    assert_counts(run.items, 0, 0, 3, 2, 0, 0, 0, 5);
    assert_string_equal(run.plan, "[2,2,1]");
    assert_int_equal(child(w, &a, &run, 2).item_count, 1);
    assert_text(execution(w, &a, "e").output.text,
                "[{\"Items\":[\"aaaa\",\"bbbb\"]},{\"Items\":[\"dddd\"]}]");
    arena_done(&a);
}

/* ---- failures that start over: reference/redrive.md section 6 ---- */

static void test_new_run_after_data_limit(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    int runs;

    arena_init(&a);
    w->limits.payload_bytes = 1000;
    world_open(w);
    start(w,
          MAP_OF("STANDARD", "",
                 "\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Result\":"
                 "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\","
                 "\"End\":true}}"),
          "[1,2,3,4,5,6,7,8,9,10,11,12,13,14]");
    x = execution(w, &a, "e");
    assert_int_equal(x.status, EXECUTION_FAILED);
    assert_string_equal(x.error, "States.DataLimitExceeded");
    assert_int_equal(map_run(w, &a, x.id, NULL).status, EXECUTION_FAILED);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    (void)map_run(w, &a, x.id, &runs);
    assert_int_equal(runs, 2);
    arena_done(&a);
}

static void test_new_run_after_interpolation(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    int runs;

    arena_init(&a);
    world_open(w);
    /* A path that is not there, in one item: what runs meanwhile is aborted. */
    start(w, MAP_OF("STANDARD", "\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value.v\"},", TASKS),
          "[{\"v\":\"never\"},{\"v\":\"a\"},{}]");
    x = execution(w, &a, "e");
    assert_int_equal(x.status, EXECUTION_FAILED);
    assert_string_equal(x.error, "States.Runtime");
    assert_counts(map_run(w, &a, x.id, NULL).executions, 1, 0, 0, 0, 0, 2, 0, 3);
    expect_history(w, x.id, 6,
                   "MapRunStarted<-5 MapRunFailed<-6 MapStateFailed<-7 "
                   "ExecutionFailed<-8");
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    (void)map_run(w, &a, x.id, &runs);
    assert_int_equal(runs, 2);
    arena_done(&a);
}

/* ---- stopping ---- */

static void test_stop_and_redrive(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    start(w, MAP_OF("STANDARD", LABEL "\"MaxConcurrency\":2,", TASK_OR_WAIT),
          "[\"wait\",\"wait\",\"a\"]");
    assert_int_equal(world_stop(w, "m", "e", "Enough", "tired"), ENGINE_OK);
    world_settle(w);
    x = execution(w, &a, "e");
    run = map_run(w, &a, x.id, NULL);
    expect_history(w, x.id, 6, "MapRunStarted<-5 ExecutionAborted<-0");
    assert_int_equal(run.status, EXECUTION_ABORTED);
    assert_int_equal(child(w, &a, &run, 1).status, EXECUTION_ABORTED);
    assert_counts(run.executions, 1, 0, 0, 0, 0, 2, 0, 3);

    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_advance(w, 30000);
    expect_history(w, x.id, 8,
                   "ExecutionRedriven<-7 MapRunRedriven<-5 MapRunSucceeded<-9 "
                   "MapStateSucceeded<-10 MapStateExited<-9 PassStateEntered<-12 "
                   "PassStateExited<-13 ExecutionSucceeded<-14");
    assert_counts(map_run(w, &a, x.id, NULL).executions, 0, 0, 3, 0, 0, 0, 0, 3);
    arena_done(&a);
}

/* A child is stopped by its own ARN: by its label, and not without. */
static void test_stop_child(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_map_run run;
    struct store_execution x;
    struct call call;

    arena_init(&a);
    world_open(w);
    start(w, MAP_OF("STANDARD", LABEL, TASKS), "[\"never\",\"a\"]");
    run = map_run(w, &a, execution(w, &a, "e").id, NULL);
    x = child(w, &a, &run, 0);
    assert_int_equal(world_stop(w, "m", x.name, NULL, NULL), ENGINE_NO_EXECUTION);
    assert_int_equal(world_redrive(w, "m", x.name, NULL, NULL), ENGINE_NO_EXECUTION);
    call_init(&call, ENGINE_STOP_EXECUTION, "m");
    call.c.u.stop.execution = x.name;
    call.c.u.stop.label = "L";
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    world_settle(w);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_FAILED);
    assert_counts(map_run(w, &a, run.execution, NULL).executions, 0, 0, 1, 0, 0, 1, 0, 2);
    arena_done(&a);
}

/* A sibling's failure ends the run of a Parallel's branch. */
static void test_sibling_fails(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;

    arena_init(&a);
    world_open(w);
    assert_int_equal(
        world_create(
            w, "m",
            "{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Parallel\",\"Branches\":["
            "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemProcessor\":"
            "{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"},"
            "\"StartAt\":\"T\",\"States\":{\"T\":" TASK_STATE "}},\"End\":true}}},"
            "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":"
            "\"X\"},\"X\":{\"Type\":\"Fail\"}}}],\"End\":true}}}"),
        ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "[\"never\"]"), ENGINE_OK);
    world_advance(w, 1000);
    x = execution(w, &a, "e");
    assert_int_equal(x.status, EXECUTION_FAILED);
    assert_int_equal(map_run(w, &a, x.id, NULL).status, EXECUTION_ABORTED);
    arena_done(&a);
}

/* ---- waiting for a redrive ---- */

static void test_pending_redrive(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    fail_times(w, 1);
    start(w, MAP_OF("STANDARD", LABEL "\"MaxConcurrency\":3,", TASK_OR_WAIT),
          "[\"wait\",\"wait\",\"fail\",\"b\"]");
    x = execution(w, &a, "e");
    run = map_run(w, &a, x.id, NULL);
    assert_counts(run.executions, 1, 0, 0, 1, 0, 2, 0, 4);

    /* One at a time: the others wait. */
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);

    struct call call;

    call_init(&call, ENGINE_UPDATE_MAP_RUN, "m");
    call.c.u.map_run.label = "L";
    call.c.u.map_run.uuid = run.uuid;
    call.c.u.map_run.max_concurrency = 1;
    call.c.u.map_run.tolerated_count = -1;
    call.c.u.map_run.tolerated_percentage = -1;
    (void)world_do(w, &call);
    world_settle(w);
    run = map_run(w, &a, x.id, NULL);
    assert_int_equal(run.max_concurrency, 1);
    world_advance(w, 15000);

    /* Stopped while some may still wait: none of them does afterwards. */
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    run = map_run(w, &a, x.id, NULL);
    assert_int_equal(run.executions.pending_redrive, 0);
    assert_int_equal(count_children(w, &a, &run, EXECUTION_PENDING_REDRIVE, STORE_ANY), 0);

    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    run = map_run(w, &a, x.id, NULL);
    assert_counts(run.executions, run.executions.total - run.executions.started, 1,
                  run.executions.succeeded, 0, 0, 0, run.executions.pending_redrive, 4);
    assert_true(run.executions.pending_redrive > 0);
    assert_int_equal(count_children(w, &a, &run, EXECUTION_PENDING_REDRIVE, STORE_ANY),
                     run.executions.pending_redrive);
    world_advance(w, 60000);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    assert_counts(map_run(w, &a, x.id, NULL).executions, 0, 0, 4, 0, 0, 0, 0, 4);
    call.done = false;
    assert_int_equal(world_do(w, &call), ENGINE_MAP_RUN_CLOSED);
    arena_done(&a);
}

/* A failure of more than 14 days ago stays, and counts towards the threshold. */
static void test_not_redrivable(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    fail_times(w, 1);
    start(w,
          MAP_OF(
              "STANDARD", ONE_BY_ONE "\"ToleratedFailureCount\":1,",
              "\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":"
              "\"$\",\"StringEquals\":\"late\",\"Next\":\"W\"}],\"Default\":\"T\"},\"W\":{\"Type\":"
              "\"Wait\",\"Seconds\":1296000,\"Next\":\"T\"},\"T\":" TASK_STATE "}"),
          "[\"fail\",\"late\"]");
    world_advance(w, INT64_C(1296000) * 1000 - 1000);
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    world_advance(w, 2000);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    x = execution(w, &a, "e");
    run = map_run(w, &a, x.id, NULL);
    assert_int_equal(run.executions.not_redrivable, 1);
    assert_counts(run.executions, 0, 1, 0, 1, 0, 0, 0, 2);
    world_advance(w, INT64_C(1296000) * 1000);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    assert_text(execution(w, &a, "e").output.text, "[\"late\"]");
    arena_done(&a);
}

static void test_redrive_limit(void **state)
{
    struct world *w = *state;
    struct arena a;

    arena_init(&a);
    w->limits.map_run_redrives = 2;
    world_open(w);
    fail_times(w, 10);
    start(w, MAP_OF("STANDARD", "", TASKS), "[\"fail\"]");
    for (int i = 0; i < 3; i++) {
        assert_string_equal(execution(w, &a, "e").error, "States.ExceedToleratedFailureThreshold");
        assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
        world_settle(w);
    }
    assert_string_equal(execution(w, &a, "e").error, "States.Runtime");
    arena_done(&a);
}

/* ---- EXPRESS children: reference/redrive.md section 6 ---- */

static void express(struct world *w)
{
    struct arena a;
    struct store_execution x;
    struct store_map_run run;
    struct store_execution first;

    arena_init(&a);
    world_open(w);
    fail_times(w, 1);
    start(w, MAP_OF("EXPRESS", LABEL ONE_BY_ONE, TASK_OR_WAIT), "[\"a\",\"fail\",\"b\"]");
    x = execution(w, &a, "e");
    run = map_run(w, &a, x.id, NULL);
    assert_int_equal(x.status, EXECUTION_FAILED);
    assert_counts(run.executions, 1, 0, 1, 1, 0, 0, 0, 3);
    first = child(w, &a, &run, 1);
    assert_int_equal(strlen(first.name), 73);
    assert_int_equal(first.name[14], '3');
    assert_int_equal(first.name[36], ':');
    assert_string_equal(first.error, "Oops");
    expect_history(w, first.id, 1, ""); /* has none */

    world_advance(w, 5000);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    run = map_run(w, &a, x.id, NULL);
    assert_counts(run.executions, 0, 0, 3, 0, 0, 0, 0, 3);
    /* The same name; another start; counted, but without a date; everything runs again. */
    assert_string_equal(child(w, &a, &run, 1).name, first.name);
    assert_int_equal(child(w, &a, &run, 1).start_ms, START + 5000);
    assert_int_equal(child(w, &a, &run, 1).redrive_count, 1);
    assert_int_equal(child(w, &a, &run, 1).redrive_ms, 0);
    assert_text(execution(w, &a, "e").output.text,
                "[{\"x\":{\"v\":\"a\",\"n\":0},\"count\":0},{\"x\":{\"v\":\"fail\",\"n\":1},"
                "\"count\":1},{\"x\":{\"v\":\"b\",\"n\":0},\"count\":0}]");
    arena_done(&a);
}

static void test_express(void **state)
{
    express(*state);
}

/* What had not ended when the process died begins anew. */
static void test_express_killed(void **state)
{
    struct world *w = *state;
    struct arena a;

    arena_init(&a);
    world_use_file(w);
    world_open(w);
    start(w, MAP_OF("EXPRESS", LABEL, TASK_OR_WAIT), "[\"wait\",\"a\"]");
    for (int i = 0; i < 3; i++) {
        world_advance(w, 20000);
        world_kill(w);
        world_settle(w);
    }
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_RUNNING);
    world_advance(w, 30000);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    arena_done(&a);
}

/* They are not aborted: the run ends when they have. */
static void test_express_run_to_their_end(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    fail_times(w, 1);
    start(w, MAP_OF("EXPRESS", LABEL, TASK_OR_WAIT), "[\"wait\",\"fail\"]");
    x = execution(w, &a, "e");
    assert_int_equal(x.status, EXECUTION_RUNNING);
    /* Stopped: its parent is gone at once, the run when the child has ended.  A redrive waits for that. */
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_ABORTED);
    assert_int_equal(map_run(w, &a, x.id, NULL).status, EXECUTION_RUNNING);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    expect_history(w, x.id, 7, "ExecutionAborted<-0 ExecutionRedriven<-7");
    world_advance(w, 30000);
    run = map_run(w, &a, x.id, NULL);
    expect_history(w, x.id, 9,
                   "MapRunRedriven<-5 MapRunSucceeded<-9 MapStateSucceeded<-10 MapStateExited<-9 "
                   "PassStateEntered<-12 PassStateExited<-13 ExecutionSucceeded<-14");
    assert_int_equal(child(w, &a, &run, 0).redrive_count, 0);
    assert_int_equal(child(w, &a, &run, 1).redrive_count, 1);
    arena_done(&a);
}

/* ---- a run inside of a run, killed ---- */

static void test_nested_killed(void **state)
{
    struct world *w = *state;
    struct arena a;

    arena_init(&a);
    world_use_file(w);
    w->kill = true;
    w->steps = 1;
    world_open(w);
    fail_times(w, 1);
    start(
        w,
        MAP_OF(
            "STANDARD", "",
            "\"StartAt\":\"N\",\"States\":{\"N\":{\"Type\":\"Map\",\"ItemProcessor\":"
            "{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"}," TASKS
            "},\"End\":true}}"),
        "[[\"a\",\"fail\"],[\"b\"],[]]");
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_FAILED);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    assert_text(execution(w, &a, "e").output.text, "[[\"a\",\"fail\"],[\"b\"],[]]");
    assert_true(w->kills > 20);
    arena_done(&a);
}

/* ---- what is left of them ---- */

static void test_retention(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;
    struct store_execution c;

    arena_init(&a);
    world_open(w);
    start(w, MAP_OF("STANDARD", LABEL, PASSES), "[1,2]");
    x = execution(w, &a, "e");
    run = map_run(w, &a, x.id, NULL);
    c = child(w, &a, &run, 0);
    for (int i = 0; i < 2; i++)
        world_advance(w, INT64_C(7776000) * 1000);
    assert_int_equal(store_get_map_run_by_id(w->store, &a, run.id, &run), ERR_NOT_FOUND);
    for (int i = 0; i < 2; i++)
        world_advance(w, INT64_C(2) * 3600 * 1000);
    assert_int_equal(store_get_execution_by_id(w->store, &a, c.id, &x), ERR_NOT_FOUND);
    arena_done(&a);
}

static void test_deleted_machine(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct call call;
    struct store_machine m;

    arena_init(&a);
    world_open(w);
    start(w, MAP_OF("EXPRESS", LABEL, TASK_OR_WAIT), "[\"wait\",\"wait\"]");
    call_init(&call, ENGINE_DELETE_MACHINE, "m");
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    world_advance(w, 60000);
    world_settle(w);
    assert_int_equal(store_get_machine(w->store, &a, ACCOUNT, REGION, "m", &m), ERR_NOT_FOUND);
    arena_done(&a);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_redrive_5_8_and_5_9),
        TEST(test_redrive_killed),
        TEST(test_threshold),
        TEST(test_retry_and_catch),
        TEST(test_items),
        TEST(test_batches),
        TEST(test_batches_killed),
        TEST(test_new_run_after_data_limit),
        TEST(test_new_run_after_interpolation),
        TEST(test_stop_and_redrive),
        TEST(test_stop_child),
        TEST(test_sibling_fails),
        TEST(test_pending_redrive),
        TEST(test_not_redrivable),
        TEST(test_redrive_limit),
        TEST(test_express),
        TEST(test_express_killed),
        TEST(test_express_run_to_their_end),
        TEST(test_nested_killed),
        TEST(test_retention),
        TEST(test_deleted_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
