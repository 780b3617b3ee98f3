/* EXPRESS executions: reference/api.md section 3, reference/quotas.md, reference/asl.md section 4. */
#include "engine/line_file.h"
#include "harness.h"

#include <sys/stat.h>

#define PASS "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"
#define WAIT \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":9999,\"End\":true}}}"
#define FAIL_A \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Fail\",\"Error\":\"E\",\"Cause\":\"C\"}}}"
#define TASK                                                                              \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:"     \
    "lambda:us-east-1:123456789012:function:f\",\"Next\":\"B\"},\"B\":{\"Type\":\"Map\"," \
    "\"ItemProcessor\":{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Pass\",\"End\":"  \
    "true}}},\"End\":true}}}"

/* A StartSyncExecution and copies of its answer. */
struct sync {
    struct engine_command c;
    bool done;
    char *output, *error; /* owned */
};

static void sync_answered(struct engine_command *c)
{
    struct sync *s = c->arg;

    s->done = true;
    if (c->outcome != ENGINE_OK)
        return;
    s->output = c->u.start.result.output.data ? xstrdup(c->u.start.result.output.data) : NULL;
    s->error = copy_or_null(c->u.start.result.error);
}

static void sync_post(struct world *w, struct sync *s, const char *machine, const char *input)
{
    *s = (struct sync){
        .c = {.type = ENGINE_START_SYNC_EXECUTION,
              .done = sync_answered,
              .arg = s,
              .account = ACCOUNT,
              .region = REGION,
              .name = machine},
    };
    s->c.u.start.input = (struct text){input, strlen(input)};
    engine_post(w->engine, &s->c);
}

static void sync_done(struct sync *s)
{
    free(s->output);
    free(s->error);
}

static void create(struct world *w, const char *name, enum machine_type type,
                   const char *definition)
{
    struct call call;

    call_machine(&call, ENGINE_CREATE_MACHINE, name, definition);
    call.c.u.machine.type = type;
    assert_int_equal(world_do(w, &call), ENGINE_OK);
}

static void open_world(struct world *w)
{
    world_init(w);
    world_open(w);
}

static uint64_t commits(struct world *w)
{
    struct engine_stats s;

    engine_get_stats(w->engine, &s);
    return s.commits;
}

/* Ended within the tick that began it, and nothing was written. */
static void test_sync(void **state)
{
    struct world w;
    struct sync s;

    (void)state;
    open_world(&w);
    create(&w, "m", MACHINE_EXPRESS, PASS);

    uint64_t before = commits(&w);

    sync_post(&w, &s, "m", "{\"a\": 1}");
    world_settle(&w);
    assert_true(s.done);
    assert_int_equal(s.c.outcome, ENGINE_OK);
    assert_int_equal(s.c.u.start.result.status, EXECUTION_SUCCEEDED);
    assert_string_equal(s.output, "{\"a\": 1}");
    assert_null(s.error);
    assert_int_equal(strlen(s.c.u.start.made_name), 36);
    assert_int_equal(strlen(s.c.u.start.express_id), 36);
    assert_int_equal(commits(&w), before);

    struct engine_stats stats;

    engine_get_stats(w.engine, &stats);
    assert_int_equal(stats.running, 0);
    assert_int_equal(stats.started, 1);
    assert_int_equal(stats.succeeded, 1);
    assert_int_equal(stats.events, 4);
    sync_done(&s);
    world_done(&w);
}

static void test_sync_failed(void **state)
{
    struct world w;
    struct sync s;

    (void)state;
    open_world(&w);
    create(&w, "m", MACHINE_EXPRESS, FAIL_A);
    sync_post(&w, &s, "m", "{}");
    world_settle(&w);
    assert_int_equal(s.c.outcome, ENGINE_OK);
    assert_int_equal(s.c.u.start.result.status, EXECUTION_FAILED);
    assert_string_equal(s.error, "E");
    assert_null(s.output);
    sync_done(&s);
    world_done(&w);
}

static void test_refused(void **state)
{
    struct world w;
    struct sync s;

    (void)state;
    open_world(&w);
    create(&w, "standard", MACHINE_STANDARD, PASS);
    sync_post(&w, &s, "standard", "{}");
    world_settle(&w);
    assert_int_equal(s.c.outcome, ENGINE_MACHINE_TYPE);
    sync_post(&w, &s, "nobody", "{}");
    world_settle(&w);
    assert_int_equal(s.c.outcome, ENGINE_NO_MACHINE);
    world_done(&w);
}

/* The same name twice is two executions, neither of which the store knows. */
static void test_not_idempotent(void **state)
{
    struct world w;
    struct call calls[2];
    struct arena a;
    struct store_execution row;
    struct engine_stats stats;

    (void)state;
    open_world(&w);
    create(&w, "m", MACHINE_EXPRESS, WAIT);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        call_init(&calls[i], ENGINE_START_EXECUTION, "m");
        calls[i].c.u.start.execution = "x";
        calls[i].c.u.start.input = TEXT("{}");
        assert_int_equal(world_do(&w, &calls[i]), ENGINE_OK);
    }
    assert_string_not_equal(calls[0].c.u.start.express_id, calls[1].c.u.start.express_id);
    engine_get_stats(w.engine, &stats);
    assert_int_equal(stats.running, 2);
    arena_init(&a);
    assert_false(world_execution(&w, &a, "m", "x", &row));
    arena_done(&a);
    assert_int_equal(world_stop(&w, "m", "x", NULL, NULL), ENGINE_NO_EXECUTION);
    assert_int_equal(world_redrive(&w, "m", "x", NULL, NULL), ENGINE_NO_EXECUTION);
    world_done(&w);
}

/* Tasks, containers and their branches leave nothing behind either. */
static void test_task(void **state)
{
    struct world w;
    struct sync s;

    (void)state;
    open_world(&w);
    create(&w, "m", MACHINE_EXPRESS, TASK);

    uint64_t before = commits(&w);

    world_outcome(&w, FAKE_SUCCESS, "[1,[2]]", NULL, NULL);
    sync_post(&w, &s, "m", "{}");
    world_settle(&w);
    assert_true(s.done);
    assert_string_equal(s.output, "[1,[2]]");
    assert_int_equal(commits(&w), before);
    sync_done(&s);
    world_done(&w);
}

/* Five minutes, and not a millisecond more; the machine's own timeout when it is shorter. */
static void test_time_limit(void **state)
{
    static const struct {
        const char *definition;
        int64_t ms;
    } cases[] = {
        {WAIT, 300000},
        {"{\"TimeoutSeconds\":2,\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\","
         "\"Seconds\":9999,\"End\":true}}}",
         2000},
    };
    struct world w;
    struct sync s;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        open_world(&w);
        create(&w, "m", MACHINE_EXPRESS, cases[i].definition);
        sync_post(&w, &s, "m", "{}");
        world_settle(&w);
        assert_false(s.done);
        world_advance(&w, cases[i].ms - 1);
        assert_false(s.done);
        world_advance(&w, 1);
        assert_true(s.done);
        assert_int_equal(s.c.u.start.result.status, EXECUTION_TIMED_OUT);
        assert_string_equal(s.error, "States.Timeout");
        assert_int_equal(s.c.u.start.result.stop_ms, START + cases[i].ms);
        sync_done(&s);
        world_done(&w);
    }
}

/* Many may run at once, but not without bound. */
static void test_limit(void **state)
{
    struct call *calls = xcalloc(LIMIT_EXPRESS_EXECUTIONS + 1, sizeof(*calls));
    struct engine_stats stats;
    struct world w;

    (void)state;
    open_world(&w);
    create(&w, "m", MACHINE_EXPRESS, WAIT);
    for (size_t i = 0; i <= LIMIT_EXPRESS_EXECUTIONS; i++) {
        call_init(&calls[i], ENGINE_START_EXECUTION, "m");
        calls[i].c.u.start.input = TEXT("{}");
        world_post(&w, &calls[i]);
    }
    world_settle(&w);
    for (size_t i = 0; i < LIMIT_EXPRESS_EXECUTIONS; i++)
        assert_int_equal(calls[i].c.outcome, ENGINE_OK);
    assert_true(calls[LIMIT_EXPRESS_EXECUTIONS].done);
    assert_int_equal(calls[LIMIT_EXPRESS_EXECUTIONS].c.outcome, ENGINE_EXECUTION_LIMIT);
    world_advance(&w, 300000);
    engine_get_stats(w.engine, &stats);
    assert_int_equal(stats.running, 0);
    assert_int_equal(stats.timed_out, LIMIT_EXPRESS_EXECUTIONS);
    free(calls);
    world_done(&w);
}

/* Ids go beyond what a STANDARD history may hold. */
static void test_no_event_limit(void **state)
{
    struct world w;
    struct sync s;
    struct engine_stats stats;

    (void)state;
    world_init(&w);
    w.limits.history_events = 5;
    world_open(&w);
    create(&w, "m", MACHINE_EXPRESS,
           "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Next\":\"B\"},\"B\":{"
           "\"Type\":\"Pass\",\"Next\":\"C\"},\"C\":{\"Type\":\"Pass\",\"End\":true}}}");
    sync_post(&w, &s, "m", "{}");
    world_settle(&w);
    assert_int_equal(s.c.u.start.result.status, EXECUTION_SUCCEEDED);
    engine_get_stats(w.engine, &stats);
    assert_int_equal(stats.events, 8);
    sync_done(&s);
    world_done(&w);
}

/* Recorded (suite express): the ARN with its id, and a RedriveCount that stays 0. */
static void test_context(void **state)
{
    struct world w;
    struct sync s;

    (void)state;
    open_world(&w);
    create(&w, "m", MACHINE_EXPRESS,
           "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Parameters\":{\"id.$\":"
           "\"$$.Execution.Id\",\"n.$\":\"$$.Execution.RedriveCount\"},\"End\":true}}}");
    sync_post(&w, &s, "m", "{}");
    world_settle(&w);

    CLEANUP(free_p)
    char *expected =
        xasprintf("{\"id\":\"arn:aws:states:" REGION ":" ACCOUNT ":express:m:%s:%s\",\"n\":0}",
                  s.c.u.start.made_name, s.c.u.start.express_id);

    assert_string_equal(s.output, expected);
    sync_done(&s);
    world_done(&w);
}

/* The end of the process, or of everything it knows, answers whoever still waits. */
static void test_abandoned(void **state)
{
    struct world w;
    struct sync s;
    struct call reset;

    (void)state;
    open_world(&w);
    create(&w, "m", MACHINE_EXPRESS, WAIT);
    sync_post(&w, &s, "m", "{}");
    world_settle(&w);
    call_init(&reset, ENGINE_RESET, NULL);
    assert_int_equal(world_do(&w, &reset), ENGINE_OK);
    assert_true(s.done);
    assert_int_equal(s.c.outcome, ENGINE_NO_MACHINE);

    create(&w, "m", MACHINE_EXPRESS, WAIT);
    sync_post(&w, &s, "m", "{}");
    world_settle(&w);
    assert_false(s.done);
    world_close(&w);
    assert_true(s.done);
    assert_int_equal(s.c.outcome, ENGINE_STOPPING);
    world_done(&w);
}

/* A killed process forgets them; what is stored goes on. */
static void test_killed(void **state)
{
    struct world w;
    struct engine_stats stats;

    (void)state;
    world_init(&w);
    world_use_file(&w);
    world_open(&w);
    create(&w, "express", MACHINE_EXPRESS, WAIT);
    create(&w, "standard", MACHINE_STANDARD, WAIT);
    assert_int_equal(world_start(&w, "express", "x", "{}"), ENGINE_OK);
    assert_int_equal(world_start(&w, "standard", "x", "{}"), ENGINE_OK);
    world_settle(&w);
    world_kill(&w);
    engine_get_stats(w.engine, &stats);
    assert_int_equal(stats.running, 1);
    world_done(&w);
}

/* ---- the event log, of both types ---- */

static char *read_file(const char *file)
{
    struct stat status;
    FILE *in = fopen(file, "rb");
    char *text;

    assert_non_null(in);
    assert_int_equal(fstat(fileno(in), &status), 0);
    text = xcalloc(1, (size_t)status.st_size + 1);
    assert_int_equal(fread(text, 1, (size_t)status.st_size, in), (size_t)status.st_size);
    fclose(in);
    return text;
}

static void nothing(struct engine_command *c)
{
    (void)c;
}

static void run_command(struct engine *e, struct engine_command *c)
{
    c->done = nothing;
    c->account = ACCOUNT;
    c->region = REGION;
    c->name = "m";
    engine_post(e, c);
    while (engine_tick(e))
        ;
    assert_int_equal(c->outcome, ENGINE_OK);
}

/* Runs a failing machine of a type with a loggingConfiguration, redrives it when it is STANDARD, and
 * returns what was logged. */
static char *logged(enum machine_type type, const char *logging)
{
    char file[] = "/tmp/test-express-XXXXXX";
    struct err err = {0};
    struct line_file *log = NULL;
    struct engine *e = NULL;
    struct engine_config config = {
        .clock = clock_new(CLOCK_MANUAL, START), .limits = limits_service, .wait_time_scale = 1};
    int fd = mkstemp(file);

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(line_file_open(file, &log, &err), 0);
    assert_int_equal(store_open(":memory:", STORE_WRITER, &config.store, &err), 0);
    config.sinks[config.sinks_len++] = line_file_log_sink(log);
    assert_int_equal(engine_new(&config, &e, &err), 0);

    struct engine_command create_m = {.type = ENGINE_CREATE_MACHINE};
    struct engine_command start = {.type = ENGINE_START_EXECUTION};
    struct engine_command redrive = {.type = ENGINE_REDRIVE_EXECUTION};

    create_m.u.machine.type = type;
    create_m.u.machine.definition = TEXT(FAIL_A);
    create_m.u.machine.role_arn = ROLE;
    create_m.u.machine.logging = logging;
    create_m.u.machine.tracing = create_m.u.machine.encryption = "{}";
    run_command(e, &create_m);
    start.u.start.execution = "x";
    start.u.start.input = TEXT("{}");
    run_command(e, &start);
    if (type == MACHINE_STANDARD) {
        redrive.u.redrive.execution = "x";
        run_command(e, &redrive);
    }
    engine_free(e);
    line_file_close(log);
    clock_free(config.clock);

    char *text = read_file(file);

    assert_int_equal(unlink(file), 0);
    return text;
}

static unsigned lines(const char *text)
{
    unsigned n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void test_log(void **state)
{
    static const struct {
        enum machine_type type;
        const char *logging;
        unsigned lines;
        const char *first;
    } cases[] = {
        {MACHINE_STANDARD, "{\"level\":\"OFF\",\"includeExecutionData\":true}", 0, ""},
        {MACHINE_EXPRESS, "{\"level\":\"OFF\",\"includeExecutionData\":true}", 0, ""},
        {MACHINE_EXPRESS, "{\"level\":\"FATAL\"}", 1, "{\"id\":\"3\",\"type\":\"ExecutionFailed\""},
        {MACHINE_STANDARD, "{\"level\":\"FATAL\"}", 2,
         "{\"id\":\"3\",\"type\":\"ExecutionFailed\""},
        {MACHINE_EXPRESS, "{\"level\":\"ERROR\",\"includeExecutionData\":false}", 2,
         "{\"id\":\"2\",\"type\":\"FailStateEntered\",\"details\":{\"name\":\"A\"},"},
        {MACHINE_EXPRESS, "{\"level\":\"ALL\",\"includeExecutionData\":true}", 3,
         "{\"id\":\"1\",\"type\":\"ExecutionStarted\",\"details\":{\"input\":\"{}\","
         "\"inputDetails\":{\"truncated\":false},\"roleArn\":\"" ROLE "\"},"},
        {MACHINE_STANDARD, "{\"level\":\"ALL\",\"includeExecutionData\":false}", 5,
         "{\"id\":\"1\",\"type\":\"ExecutionStarted\",\"details\":{\"roleArn\":\"" ROLE "\"},"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(free_p) char *text = logged(cases[i].type, cases[i].logging);

        assert_int_equal(lines(text), cases[i].lines);
        assert_memory_equal(text, cases[i].first, strlen(cases[i].first));
        if (cases[i].lines > 0)
            assert_non_null(strstr(text, cases[i].type == MACHINE_EXPRESS ? ":express:m:x:"
                                                                          : ":execution:m:x\""));
        if (cases[i].lines == 5)
            assert_non_null(strstr(text,
                                   "{\"id\":\"4\",\"type\":\"ExecutionRedriven\",\"details\":{"
                                   "\"redriveCount\":1},\"previous_event_id\":\"3\","));
        if (cases[i].type == MACHINE_STANDARD && cases[i].lines > 0)
            assert_non_null(strstr(text, "\"redrive_count\":\"1\"}"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sync),
        cmocka_unit_test(test_sync_failed),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_not_idempotent),
        cmocka_unit_test(test_task),
        cmocka_unit_test(test_time_limit),
        cmocka_unit_test(test_no_event_limit),
        cmocka_unit_test(test_context),
        cmocka_unit_test(test_abandoned),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
