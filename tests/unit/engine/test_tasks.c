/* Tokens of tasks, and the results of drivers. */
#include "simple.h"

static void test_tokens(void **state)
{
    struct world *w = *state;
    static const char *const garbage[] = {
        "",
        "x",
        "AAAA",
        "not base64 at all!",
        "\xff\xfe",
        "AQAAAAAAAAABAAAAAAAAAAQ",
        "====",
        "a\nb",
        "AQAAAAAAAAABAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAA",
    };
    struct call call, poll;
    char *token;
    struct world other;

    world_open(w);
    for (size_t i = 0; i < ARRAY_LEN(garbage); i++)
        assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, garbage[i]), ENGINE_BAD_TOKEN);
    char *longest = xmalloc(2049);
    memset(longest, 'A', 2048);
    longest[2048] = '\0';
    assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, longest), ENGINE_BAD_TOKEN);
    free(longest);

    assert_int_equal(world_create_activity(w, "a"), ENGINE_OK);
    assert_int_equal(world_create(w, "m", TASK(ACTIVITY_ARN("a"))), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_poll(w, "a", NULL, &poll), ENGINE_OK);
    token = poll.token;
    assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, token), ENGINE_OK);
    assert_int_equal(heartbeat_of(w, ACCOUNT, "eu-west-1", token), ENGINE_BAD_TOKEN);
    assert_int_equal(heartbeat_of(w, "000000000000", REGION, token), ENGINE_BAD_TOKEN);

    /* Any change of it makes it another's. */
    for (size_t i = 0; token[i]; i++) {
        char was = token[i];

        token[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, token), ENGINE_BAD_TOKEN);
        token[i] = was;
    }
    for (size_t len = 0; len < strlen(token); len++) {
        char *cut = xmemdup(token, len);

        assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, cut), ENGINE_BAD_TOKEN);
        free(cut);
    }

    /* Another server has another secret. */
    world_init(&other);
    world_open(&other);
    assert_int_equal(heartbeat_of(&other, ACCOUNT, REGION, token), ENGINE_BAD_TOKEN);
    world_done(&other);

    /* Used up: the answer names the resource. */
    assert_int_equal(world_task(w, ENGINE_TASK_SUCCESS, token, "{}", NULL, NULL), ENGINE_OK);
    assert_int_equal(world_task(w, ENGINE_TASK_FAILURE, token, "E", NULL, &call),
                     ENGINE_TASK_CLOSED);
    assert_string_equal(call.resource, ACTIVITY_ARN("a"));
    call_done(&call);

    /* Two answers in one tick: the first counts. */
    assert_int_equal(world_start(w, "m", "f", "{}"), ENGINE_OK);
    call_done(&poll);
    assert_int_equal(world_poll(w, "a", NULL, &poll), ENGINE_OK);
    struct call first, second;
    call_init(&first, ENGINE_TASK_SUCCESS, NULL);
    first.c.u.task.token = poll.token;
    first.c.u.task.output = TEXT("1");
    call_init(&second, ENGINE_TASK_FAILURE, NULL);
    second.c.u.task.token = poll.token;
    world_post(w, &first);
    world_post(w, &second);
    world_settle(w);
    assert_int_equal(first.c.outcome, ENGINE_OK);
    assert_int_equal(second.c.outcome, ENGINE_TASK_CLOSED);
    assert_int_equal(status_of(w, "m", "f"), EXECUTION_SUCCEEDED);
    call_done(&second);

    /* Of an execution that is gone: nothing is known of it any more. */
    struct call gone;
    call_init(&gone, ENGINE_DELETE_MACHINE, "m");
    assert_int_equal(world_do(w, &gone), ENGINE_OK);
    world_settle(w);
    assert_int_equal(heartbeat_of(w, ACCOUNT, REGION, poll.token), ENGINE_BAD_TOKEN);
    call_done(&poll);
}

/* ---- tasks ---- */

static void test_results_of_drivers(void **state)
{
    struct world *w = *state;
    struct task_result result = {.outcome = TASK_SUCCEEDED, .output = TEXT("1")};
    struct arena a;
    struct store_execution row;

    world_open(w);
    assert_int_equal(world_create(w, "m", TASK(LAMBDA)), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(w->requests_len, 1);
    /* Of a number that was never given out; twice; after the end. */
    engine_task_finished(w->engine, 12345, &result);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_RUNNING);
    engine_task_finished(w->engine, w->requests[0].id, &result);
    engine_task_finished(w->engine, w->requests[0].id, &result);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
    engine_task_finished(w->engine, w->requests[0].id, &result);
    world_settle(w);

    /* Without an output it is null; with a failure that says nothing, nothing is told. */
    world_outcome(w, FAKE_SUCCESS, NULL, NULL, NULL);
    assert_int_equal(world_start(w, "m", "f", "{}"), ENGINE_OK);
    world_settle(w);
    arena_init(&a);
    assert_true(world_execution(w, &a, "m", "f", &row));
    assert_string_equal(row.output.text.data, "null");

    /* Stopped before the request left: the driver never hears of it. */
    struct call start, stop;
    call_init(&start, ENGINE_START_EXECUTION, "m");
    start.c.u.start.execution = "g";
    start.c.u.start.input = TEXT("{}");
    call_init(&stop, ENGINE_STOP_EXECUTION, "m");
    stop.c.u.stop.execution = "g";
    world_post(w, &start);
    world_post(w, &stop);
    world_settle(w);
    assert_int_equal(w->requests_len, 2);

    /* Stopped afterwards: it is cancelled. */
    assert_int_equal(world_start(w, "m", "h", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(w->requests_len, 3);
    assert_int_equal(world_stop(w, "m", "h", NULL, NULL), ENGINE_OK);
    assert_true(w->requests[2].cancelled);

    /* Nobody runs it. */
    assert_int_equal(
        world_create(w, "n", TASK("arn:aws:lambda:us-east-1:123456789012:function:nobody")),
        ENGINE_OK);
    assert_int_equal(world_start(w, "n", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_true(world_execution(w, &a, "n", "e", &row));
    assert_int_equal(row.status, EXECUTION_FAILED);
    assert_string_equal(row.error, "States.TaskFailed");
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tokens),
        TEST(test_results_of_drivers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
