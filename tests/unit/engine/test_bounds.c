/* What has no end by itself: loops, values, histories.  And what was counted meanwhile. */
#include "simple.h"

/* A machine that never waits does not keep others from running, and a tick ends. */
static void test_busy_machines(void **state)
{
    struct world *w = *state;
    unsigned ticks = 0;

    w->steps = 100;
    w->limits.history_events = 5000;
    world_open(w);
    assert_int_equal(
        world_create(w, "loop",
                     "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Next\":\"C\"},"
                     "\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.x\","
                     "\"IsPresent\":true,\"Next\":\"S\"}],\"Default\":\"P\"},"
                     "\"S\":{\"Type\":\"Succeed\"}}}"),
        ENGINE_OK);
    assert_int_equal(world_create(w, "m", PASS), ENGINE_OK);
    assert_int_equal(world_start(w, "loop", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "loop", "f", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    for (int i = 0; i < 3; i++)
        assert_true(world_tick(w));
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
    assert_int_equal(status_of(w, "loop", "e"), EXECUTION_RUNNING);
    /* Neither does a stop have to wait. */
    assert_int_equal(world_stop(w, "loop", "f", NULL, NULL), ENGINE_OK);
    while (world_tick(w))
        ticks++;
    assert_in_range(ticks, 30, 200);
    assert_int_equal(status_of(w, "loop", "e"), EXECUTION_FAILED);
}

/* What one template repeats is megabytes as text, gigabytes when repeated again: refused at
 * once. */
static void test_values_that_explode(void **state)
{
    struct world *w = *state;
    struct strbuf sb, input;
    struct arena a;
    struct store_execution row;

    world_open(w);
    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    strbuf_adds(&sb, "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Parameters\":{");
    for (int i = 0; i < 20000; i++)
        strbuf_addf(&sb, "%s\"%d.$\":\"$\"", i ? "," : "", i);
    strbuf_adds(&sb, "},\"End\":true}}}");
    strbuf_init(&input, LIMIT_VALUE_BYTES);
    strbuf_addc(&input, '[');
    for (int i = 0; i < 100000; i++)
        strbuf_adds(&input, i ? ",1" : "1");
    strbuf_addc(&input, ']');
    assert_int_equal(world_create(w, "m", sb.data), ENGINE_OK);
    int64_t before = clock_monotonic();
    assert_int_equal(world_start(w, "m", "e", input.data), ENGINE_OK);
    world_settle(w);
    assert_in_range(clock_monotonic() - before, 0, 5000);
    arena_init(&a);
    assert_true(world_execution(w, &a, "m", "e", &row));
    assert_int_equal(row.status, EXECUTION_FAILED);
    assert_string_equal(row.error, "States.DataLimitExceeded");
    arena_done(&a);
    strbuf_done(&sb);
    strbuf_done(&input);
}

/* An input as deep as one may be: whatever puts it deeper is refused, and every checkpoint can
 * be read back. */
static void test_deep_values(void **state)
{
    static const struct {
        const char *definition;
        enum execution_status status;
    } machines[] = {
        {PASS, EXECUTION_SUCCEEDED},
        {"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Parameters\":{\"a.$\":\"$\"},"
         "\"Next\":\"W\"},\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"End\":true}}}",
         EXECUTION_FAILED},
        {"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Assign\":{\"a.$\":\"$\"},"
         "\"Next\":\"W\"},\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":\"Q\"},"
         "\"Q\":{\"Type\":\"Pass\",\"Parameters\":{\"a.$\":\"$a[0]\"},\"End\":true}}}",
         EXECUTION_FAILED},
        {"{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Parallel\",\"Next\":\"W\",\"Branches\":["
         "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}]},"
         "\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":\"Q\"},"
         "\"Q\":{\"Type\":\"Pass\",\"InputPath\":\"$[0]\",\"End\":true}}}",
         EXECUTION_FAILED},
        {"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"Next\":\"W\",\"ItemProcessor\":"
         "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Wait\",\"Seconds\":1,\"End\":true}}}},"
         "\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":\"Q\"},"
         "\"Q\":{\"Type\":\"Pass\",\"InputPath\":\"$[0]\",\"End\":true}}}",
         EXECUTION_SUCCEEDED},
    };
    struct world *w = *state;
    char deep[2 * LIMIT_JSON_DEPTH + 1];

    memset(deep, '[', LIMIT_JSON_DEPTH);
    memset(deep + LIMIT_JSON_DEPTH, ']', LIMIT_JSON_DEPTH);
    deep[2 * LIMIT_JSON_DEPTH] = '\0';
    world_use_file(w);
    w->kill = true;
    world_open(w);
    for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
        char name[16];

        snprintf(name, sizeof(name), "m%zu", i);
        assert_int_equal(world_create(w, name, machines[i].definition), ENGINE_OK);
        assert_int_equal(world_start(w, name, "e", deep), ENGINE_OK);
        world_advance(w, 5000);
        assert_int_equal(status_of(w, name, "e"), machines[i].status);
        if (machines[i].status == EXECUTION_FAILED) {
            assert_int_equal(world_redrive(w, name, "e", NULL, NULL), ENGINE_OK);
            world_advance(w, 5000);
            assert_int_equal(status_of(w, name, "e"), EXECUTION_FAILED);
        }
    }
}

/* reference/redrive.md section 2, at the service's own limit: 24,998 events can be redriven,
 * 24,999 cannot. Events of a run with n items: 1 + Pass or not + Map 4 + 4n + Wait 1 +
 * ExecutionAborted 1; a Lambda task adds 5, a Pass 2. */
static void test_real_history_limit(void **state)
{
    static const struct {
        const char *name, *start;
        int items;
        int64_t events;
        bool redrivable;
    } cases[] = {
        {"most", "L", 6246, 24998, true},
        {"more", "M", 6248, 24999, false},
    };
    struct world *w = *state;
    struct arena a;

    world_open(w);
    arena_init(&a);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct store_execution row;
        struct call call;
        struct strbuf sb;
        char *definition = xasprintf(
            "{\"StartAt\":\"%s\",\"States\":{%s"
            "\"M\":{\"Type\":\"Map\",\"Next\":\"W\",\"ResultPath\":null,\"ItemProcessor\":"
            "{\"StartAt\":\"X\",\"States\":{\"X\":{\"Type\":\"Pass\",\"End\":true}}}},"
            "\"W\":{\"Type\":\"Wait\",\"Seconds\":60,\"End\":true}}}",
            cases[i].start,
            *cases[i].start == 'L'
                ? "\"L\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
                  "\",\"ResultPath\":null,\"Next\":\"P\"},\"P\":{\"Type\":\"Pass\",\"Next\":\"M\"},"
                : "");

        strbuf_init(&sb, LIMIT_VALUE_BYTES);
        for (int n = 0; n < cases[i].items; n++)
            strbuf_adds(&sb, n ? ",1" : "[1");
        strbuf_addc(&sb, ']');
        world_outcome(w, FAKE_SUCCESS, "{}", NULL, NULL);
        assert_int_equal(world_create(w, cases[i].name, definition), ENGINE_OK);
        assert_int_equal(world_start(w, cases[i].name, "e", sb.data), ENGINE_OK);
        world_settle(w);
        assert_int_equal(status_of(w, cases[i].name, "e"), EXECUTION_RUNNING);
        assert_int_equal(world_stop(w, cases[i].name, "e", NULL, NULL), ENGINE_OK);
        assert_true(world_execution(w, &a, cases[i].name, "e", &row));
        assert_int_equal(row.event_count, cases[i].events);
        if (cases[i].redrivable) {
            assert_int_equal(world_redrive(w, cases[i].name, "e", NULL, NULL), ENGINE_OK);
            world_advance(w, 60000);
            assert_true(world_execution(w, &a, cases[i].name, "e", &row));
            assert_int_equal(row.event_count, 25000);
            assert_int_equal(row.status, EXECUTION_FAILED);
            assert_string_equal(
                row.cause, "The execution reached the maximum number of history events (25000).");
        }
        assert_int_equal(world_redrive(w, cases[i].name, "e", NULL, &call), ENGINE_NOT_REDRIVABLE);
        assert_int_equal(call.c.u.redrive.reason, REDRIVE_HISTORY_LIMIT);
        strbuf_done(&sb);
        free(definition);
    }
    arena_done(&a);
}

static void test_stats(void **state)
{
    struct world *w = *state;
    struct engine_stats stats;

    world_open(w);
    assert_int_equal(world_create(w, "p", PASS), ENGINE_OK);
    assert_int_equal(world_create(w, "f", FAIL), ENGINE_OK);
    assert_int_equal(world_create(w, "w", WAIT("10")), ENGINE_OK);
    assert_int_equal(
        world_create(w, "t",
                     "{\"TimeoutSeconds\":5,\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":"
                     "\"Wait\",\"Seconds\":10,\"End\":true}}}"),
        ENGINE_OK);
    assert_int_equal(world_start(w, "p", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "f", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "w", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "w", "f", "{}"), ENGINE_OK);
    assert_int_equal(world_start(w, "t", "e", "{}"), ENGINE_OK);
    assert_int_equal(world_stop(w, "w", "f", NULL, NULL), ENGINE_OK);
    assert_int_equal(world_redrive(w, "f", "e", NULL, NULL), ENGINE_OK);
    world_advance(w, 6000);
    engine_get_stats(w->engine, &stats);
    assert_int_equal(stats.running, 1);
    assert_int_equal(stats.started, 5);
    assert_int_equal(stats.succeeded, 1);
    assert_int_equal(stats.failed, 2);
    assert_int_equal(stats.aborted, 1);
    assert_int_equal(stats.timed_out, 1);
    assert_int_equal(stats.redriven, 1);
    assert_int_equal(stats.events, 4 + 3 + 2 + 2 + 3 + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_busy_machines), TEST(test_values_that_explode),
        TEST(test_deep_values),   TEST(test_real_history_limit),
        TEST(test_stats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
