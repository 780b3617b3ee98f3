/* The three modes of the clock, its moves by request, and what time does to what is stored. */
#include "simple.h"

static void test_manual_clock(void **state)
{
    struct world *w = *state;
    struct call one, two;

    world_use_file(w);
    world_open(w);
    assert_int_equal(world_create(w, "m", WAIT("10")), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(clock_now(w->clock), START);

    /* Two at once: one after the other. */
    call_init(&one, ENGINE_ADVANCE_CLOCK, NULL);
    one.c.u.clock.ms = 6000;
    two = one;
    world_post(w, &one);
    world_post(w, &two);
    world_settle(w);
    assert_true(one.done && two.done);
    assert_int_equal(clock_now(w->clock), START + 12000);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);

    /* By nothing: answered all the same. */
    call_init(&one, ENGINE_ADVANCE_CLOCK, NULL);
    one.c.u.clock.ms = 0;
    world_post(w, &one);
    world_settle(w);
    assert_true(one.done);
    assert_int_equal(one.c.u.clock.now_ms, START + 12000);

    /* A restart does not turn the clock back. */
    world_kill(w);
    assert_int_equal(clock_now(w->clock), START + 12000);

    /* Far: at the end of time it stops. */
    call_init(&one, ENGINE_ADVANCE_CLOCK, NULL);
    one.c.u.clock.ms = INT64_C(300000000000000);
    world_post(w, &one);
    world_settle(w);
    assert_true(one.done);
}

static void test_skip_clock(void **state)
{
    struct world *w = *state;
    struct call poll;
    int64_t before;

    w->mode = CLOCK_SKIP;
    world_open(w);
    assert_int_equal(world_create(w, "m", WAIT("99999")), ENGINE_OK);
    assert_int_equal(world_create_activity(w, "a"), ENGINE_OK);
    assert_int_equal(world_create(w, "t", TASK(ACTIVITY_ARN("a"))), ENGINE_OK);

    /* Nothing but a Wait: time jumps. */
    before = clock_now(w->clock);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
    assert_in_range(clock_now(w->clock) - before, 99999000, 99999000 + 60000);

    /* Somebody outside has something to do: time runs. */
    assert_int_equal(world_start(w, "t", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "f", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "f"), EXECUTION_RUNNING);
    assert_int_equal(world_poll(w, "a", NULL, &poll), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "f"), EXECUTION_RUNNING);

    /* It was stopped: nobody has any more. */
    assert_int_equal(world_stop(w, "t", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "f"), EXECUTION_SUCCEEDED);

    /* The same with a task that is queued, one that failed, and one that was answered. */
    assert_int_equal(world_start(w, "t", "queued", "{}"), ENGINE_OK);
    assert_int_equal(world_stop(w, "t", "queued", NULL, NULL), ENGINE_OK);
    assert_int_equal(world_start(w, "t", "failed", "{}"), ENGINE_OK);
    call_done(&poll);
    assert_int_equal(world_poll(w, "a", NULL, &poll), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "g", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "g"), EXECUTION_RUNNING);
    assert_int_equal(world_task(w, ENGINE_TASK_FAILURE, poll.token, "E", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "g"), EXECUTION_SUCCEEDED);
    call_done(&poll);

    /* By request it moves even when somebody is busy. */
    assert_int_equal(world_start(w, "t", "busy", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "h", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "h"), EXECUTION_RUNNING);
    world_advance(w, 99999000);
    assert_int_equal(status_of(w, "m", "h"), EXECUTION_SUCCEEDED);
}

static void test_real_clock(void **state)
{
    struct world *w = *state;
    int64_t before;

    w->mode = CLOCK_REAL;
    world_use_file(w);
    world_open(w);
    assert_int_equal(world_create(w, "m", WAIT("3600")), ENGINE_OK);
    before = clock_now(w->clock);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_RUNNING);
    assert_in_range(engine_deadline(w->engine), before, before + 3600 * 1000);
    world_advance(w, 3600 * 1000);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
    assert_in_range(clock_now(w->clock) - before, 3600 * 1000, 3600 * 1000 + 60000);

    /* What it was moved by is kept. */
    world_kill(w);
    assert_in_range(clock_now(w->clock) - before, 3600 * 1000, 3600 * 1000 + 60000);
}

static void test_wait_time_scale(void **state)
{
    struct world *w = *state;

    w->wait_time_scale = 0.01;
    world_open(w);
    assert_int_equal(world_create(w, "m", WAIT("100")), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_advance(w, 999);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_RUNNING);
    world_advance(w, 1);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
}

/* Retention: an execution closed 90 days ago goes, with its name; more of them than one tick
 * removes. */
static void test_retention(void **state)
{
    struct world *w = *state;

    world_open(w);
    assert_int_equal(world_create(w, "m", PASS), ENGINE_OK);
    for (int i = 0; i < 450; i++) {
        char name[16];

        snprintf(name, sizeof(name), "e%d", i);
        assert_int_equal(world_start(w, "m", name, "{}"), ENGINE_OK);
    }
    world_settle(w);
    world_advance(w, INT64_C(7776000) * 1000 - 3600 * 1000);
    assert_int_equal(world_start(w, "m", "young", "{}"), ENGINE_OK);
    assert_int_equal(status_of(w, "m", "e0"), EXECUTION_SUCCEEDED);
    world_advance(w, 2 * 3600 * 1000);
    assert_int_equal(status_of(w, "m", "e0"), 0);
    assert_int_equal(status_of(w, "m", "e449"), 0);
    assert_int_equal(status_of(w, "m", "young"), EXECUTION_SUCCEEDED);
    assert_int_equal(world_start(w, "m", "e0", "{}"), ENGINE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_manual_clock),    TEST(test_skip_clock), TEST(test_real_clock),
        TEST(test_wait_time_scale), TEST(test_retention),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
