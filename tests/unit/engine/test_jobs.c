/* Jobs of drivers beyond their histories (tests/cases/histories/job*.txt): reports that come too late or too often,
 * replies that are too large, machines that are deleted. */
#include "simple.h"

#define JOB                                                                    \
    "{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Parameters\":{" \
    "\"JobName\":\"n\"},\"Resource\":\"arn:aws:states:::glue:startJobRun.sync\",\"End\":true}}}"

static void open_machine(struct world *w)
{
    world_open(w);
    assert_int_equal(world_create(w, "m", JOB), ENGINE_OK);
}

static unsigned count_events(struct world *w, const char *execution, enum event_type type)
{
    struct arena a;
    struct store_execution row;
    struct seen_history h;
    unsigned count = 0;

    arena_init(&a);
    assert_true(world_execution(w, &a, "m", execution, &row));
    world_history(w, row.id, 1, &h);
    for (size_t i = 0; i < h.len; i++)
        count += h.events[i].type == type;
    seen_history_done(&h);
    arena_done(&a);
    return count;
}

static void test_reports(void **state)
{
    struct world *w = *state;
    struct task_result result = {.outcome = TASK_SUCCEEDED, .output = TEXT("1")};

    open_machine(w);
    engine_task_submitted(w->engine, 12345, TEXT("{}")); /* of nothing */
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    engine_task_submitted(w->engine, w->requests[0].id, TEXT("{}")); /* a second time */
    world_settle(w);
    assert_int_equal(count_events(w, "e", EVENT_TASK_SUBMITTED), 1);
    engine_task_finished(w->engine, w->requests[0].id, &result);
    engine_task_submitted(w->engine, w->requests[0].id, TEXT("{}")); /* after the end */
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
    assert_int_equal(count_events(w, "e", EVENT_TASK_SUBMITTED), 1);

    /* After it was given up. */
    assert_int_equal(world_start(w, "m", "f", "{}"), ENGINE_OK);
    assert_int_equal(world_stop(w, "m", "f", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(count_events(w, "f", EVENT_TASK_SUBMITTED), 0);
    assert_true(w->requests[1].cancelled);
}

/* Watched on, not begun again, as often as the process dies. */
static void test_restarts(void **state)
{
    struct world *w = *state;
    struct task_result result = {.outcome = TASK_SUCCEEDED, .output = TEXT("1")};

    world_use_file(w);
    open_machine(w);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    for (unsigned n = 2; n < 5; n++) {
        world_kill(w);
        world_settle(w);
        assert_int_equal(w->requests[0].starts, n);
        assert_int_equal(w->requests[0].submits, 1);
    }
    engine_task_finished(w->engine, w->requests[0].id, &result);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
    assert_int_equal(w->requests_len, 1);
    assert_int_equal(count_events(w, "e", EVENT_TASK_SUBMITTED), 1);
}

/* What ends right after a restart, before anything else, still takes its job with it. */
static void test_stopped_after_restart(void **state)
{
    struct world *w = *state;

    world_use_file(w);
    open_machine(w);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    world_kill(w);
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_OK);
    assert_int_equal(w->requests[0].starts, 2);
    assert_int_equal(w->requests[0].submits, 1);
    assert_true(w->requests[0].cancelled);
}

/* At the limit of a payload and one past it. */
static void test_large_reply(void **state)
{
    struct world *w = *state;

    w->limits.payload_bytes = (int64_t)strlen(FAKE_REPLY);
    open_machine(w);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(count_events(w, "e", EVENT_TASK_SUBMITTED), 1);
    world_close(w);

    w->limits.payload_bytes--;
    open_machine(w);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_FAILED);
    assert_int_equal(count_events(w, "e", EVENT_TASK_SUBMITTED), 0);
    assert_int_equal(count_events(w, "e", EVENT_TASK_FAILED), 1);
}

/* Nothing more is written of a task whose machine is being deleted; its job is given up. */
static void test_deleted(void **state)
{
    struct world *w = *state;
    struct call call;

    open_machine(w);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK); /* the reply is on its way */
    call_init(&call, ENGINE_DELETE_MACHINE, "m");
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    world_settle(w);
    assert_int_equal(w->requests_len, 1);
    assert_int_equal(status_of(w, "m", "e"), 0); /* gone with its machine */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reports),     TEST(test_restarts), TEST(test_stopped_after_restart),
        TEST(test_large_reply), TEST(test_deleted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
