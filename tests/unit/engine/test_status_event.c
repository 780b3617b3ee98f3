/* Status changes: reference/integrations.md section 10 and redrive.md section 7. */
#include "harness.h"

#define HEAD "arn:aws:states:us-east-1:123456789012:"
#define FAIL_A \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Fail\",\"Error\":\"E\",\"Cause\":\"C\"}}}"
#define PASS_A "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"
#define WAIT_A                                                                                     \
    "{\"StartAt\":\"A\",\"TimeoutSeconds\":9,\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":60," \
    "\"End\":true}}}"
#define MAP_A                                                                                     \
    "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"Label\":\"L\",\"End\":true,"        \
    "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"%s\"}," \
    "\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Fail\",\"Error\":\"E\"}}}}}}"

enum { EVENTS_MAX = 64 };

/* What the sink was told; `flushed` of them may be known outside. */
struct told {
    struct json *details[EVENTS_MAX]; /* owned */
    size_t len, flushed;
};

struct bench {
    struct engine *engine;
    struct clock *clock;
    struct told told;
    int done;
};

static void take_status(void *self, const struct status_change *change)
{
    struct told *t = self;

    assert_true(t->len < EVENTS_MAX);
    assert_string_equal(change->account, ACCOUNT);
    assert_string_equal(change->region, REGION);
    t->details[t->len] = json_parse(change->detail.data, change->detail.len, 0, NULL);
    assert_non_null(t->details[t->len]);
    assert_string_equal(json_str(json_gets(t->details[t->len], "executionArn"), NULL),
                        change->execution_arn);
    t->len++;
}

static void flush(void *self)
{
    struct told *t = self;

    t->flushed = t->len;
}

static int set_up(void **state)
{
    struct bench *b = xcalloc(1, sizeof(*b));
    struct engine_config config = {
        .clock = clock_new(CLOCK_MANUAL, START),
        .limits = limits_service,
        .wait_time_scale = 1,
        .sinks = {{.self = &b->told, .status = take_status, .flush = flush}},
        .sinks_len = 1,
    };
    struct err err = {0};

    b->clock = config.clock;
    assert_int_equal(store_open(":memory:", STORE_WRITER, &config.store, &err), 0);
    assert_int_equal(engine_new(&config, &b->engine, &err), 0);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    engine_free(b->engine);
    clock_free(b->clock);
    for (size_t i = 0; i < b->told.len; i++)
        json_unref(b->told.details[i]);
    free(b);
    return 0;
}

static void done(struct engine_command *c)
{
    struct bench *b = c->arg;

    b->done++;
    assert_int_equal(b->told.flushed, b->told.len); /* what is answered was told */
}

static void run(struct bench *b, struct engine_command *c)
{
    c->account = ACCOUNT;
    c->region = REGION;
    c->name = "m";
    c->done = done;
    c->arg = b;
    b->done = 0;
    engine_post(b->engine, c);
    while (!b->done || engine_tick(b->engine))
        engine_tick(b->engine);
    assert_int_equal(c->outcome, ENGINE_OK);
}

static void create(struct bench *b, enum machine_type type, const char *definition)
{
    struct engine_command c = {.type = ENGINE_CREATE_MACHINE};

    c.u.machine.type = type;
    c.u.machine.definition = (struct text){definition, strlen(definition)};
    c.u.machine.role_arn = ROLE;
    c.u.machine.logging = c.u.machine.tracing = c.u.machine.encryption = "{}";
    run(b, &c);
}

static void start(struct bench *b, const char *input)
{
    struct engine_command c = {.type = ENGINE_START_EXECUTION};

    c.u.start.execution = "x";
    c.u.start.input = (struct text){input, strlen(input)};
    run(b, &c);
}

static void advance(struct bench *b, int64_t ms)
{
    struct engine_command c = {.type = ENGINE_ADVANCE_CLOCK};

    c.u.clock.ms = ms;
    run(b, &c);
}

static void redrive(struct bench *b)
{
    struct engine_command c = {.type = ENGINE_REDRIVE_EXECUTION};

    c.u.redrive.execution = "x";
    run(b, &c);
}

static void assert_event(struct bench *b, size_t at, const char *expected)
{
    assert_true(at < b->told.len);

    CLEANUP(free_p) char *text = json_text(b->told.details[at], SIZE_MAX, NULL);

    assert_string_equal(text, expected);
}

/* Every member is there, null when it is unset (recorded); a redrive is a change of its own. */
static void test_redrive(void **state)
{
    struct bench *b = *state;

    create(b, MACHINE_STANDARD, FAIL_A);
    start(b, "{ }");
    advance(b, 5000);
    redrive(b);
    assert_int_equal(b->told.len, 4);
    assert_event(b, 0,
                 "{\"executionArn\":\"" HEAD "execution:m:x\",\"stateMachineArn\":\"" HEAD
                 "stateMachine:m\",\"name\":\"x\",\"status\":\"RUNNING\",\"startDate\":"
                 "1704067200000,\"stopDate\":null,\"input\":\"{ }\",\"output\":null,"
                 "\"stateMachineVersionArn\":null,\"stateMachineAliasArn\":null,\"redriveCount\":0,"
                 "\"redriveDate\":null,\"redriveStatus\":\"NOT_REDRIVABLE\","
                 "\"redriveStatusReason\":\"Execution is RUNNING and cannot be redriven\","
                 "\"inputDetails\":{\"included\":true},\"outputDetails\":null,\"error\":null,"
                 "\"cause\":null}");
    assert_event(b, 1,
                 "{\"executionArn\":\"" HEAD "execution:m:x\",\"stateMachineArn\":\"" HEAD
                 "stateMachine:m\",\"name\":\"x\",\"status\":\"FAILED\",\"startDate\":"
                 "1704067200000,\"stopDate\":1704067200000,\"input\":\"{ }\",\"output\":null,"
                 "\"stateMachineVersionArn\":null,\"stateMachineAliasArn\":null,\"redriveCount\":0,"
                 "\"redriveDate\":null,\"redriveStatus\":\"REDRIVABLE\","
                 "\"redriveStatusReason\":null,\"inputDetails\":{\"included\":true},"
                 "\"outputDetails\":null,\"error\":\"E\",\"cause\":\"C\"}");
    assert_event(b, 2,
                 "{\"executionArn\":\"" HEAD "execution:m:x\",\"stateMachineArn\":\"" HEAD
                 "stateMachine:m\",\"name\":\"x\",\"status\":\"RUNNING\",\"startDate\":"
                 "1704067200000,\"stopDate\":null,\"input\":\"{ }\",\"output\":null,"
                 "\"stateMachineVersionArn\":null,\"stateMachineAliasArn\":null,\"redriveCount\":1,"
                 "\"redriveDate\":1704067205000,\"redriveStatus\":\"NOT_REDRIVABLE\","
                 "\"redriveStatusReason\":\"Execution is RUNNING and cannot be redriven\","
                 "\"inputDetails\":{\"included\":true},\"outputDetails\":null,\"error\":null,"
                 "\"cause\":null}");
    assert_string_equal(json_str(json_gets(b->told.details[3], "status"), NULL), "FAILED");
}

static const char *member(struct bench *b, size_t at, const char *name)
{
    const struct json *value = json_gets(b->told.details[at], name);

    assert_non_null(value);
    return json_is(value, JSON_NULL) ? NULL : json_str(value, NULL);
}

/* TIMED_OUT shows neither error nor cause (recorded). */
static void test_ends(void **state)
{
    struct bench *b = *state;
    struct engine_command stop = {.type = ENGINE_STOP_EXECUTION};

    create(b, MACHINE_STANDARD, WAIT_A);
    start(b, "1");
    advance(b, 9000);
    redrive(b);
    stop.u.stop.execution = "x";
    stop.u.stop.error = "S";
    run(b, &stop);
    assert_int_equal(b->told.len, 4);
    assert_string_equal(member(b, 1, "status"), "TIMED_OUT");
    assert_null(member(b, 1, "error"));
    assert_string_equal(member(b, 1, "redriveStatus"), "REDRIVABLE");
    assert_string_equal(member(b, 3, "status"), "ABORTED");
    assert_string_equal(member(b, 3, "error"), "S");
    assert_null(member(b, 3, "cause"));
}

/* Data of more than 248 KiB, escaped, is left out: the input at first (per AWS documentation). */
static void test_large(void **state)
{
    struct bench *b = *state;
    CLEANUP(free_p) char *input = xmalloc(260001);

    memset(input, 'x', 260000);
    input[0] = input[259999] = '"';
    input[260000] = '\0';
    create(b, MACHINE_STANDARD, PASS_A);
    start(b, input);
    assert_null(member(b, 0, "input"));
    assert_null(member(b, 1, "output"));
    assert_true(
        json_is(json_gets(json_gets(b->told.details[1], "outputDetails"), "included"), JSON_FALSE));
    input[129999] = '"';
    input[130000] = '\0';

    struct engine_command c = {.type = ENGINE_START_EXECUTION};

    c.u.start.execution = "y";
    c.u.start.input = (struct text){input, strlen(input)};
    run(b, &c);
    assert_string_equal(member(b, 2, "input"), input);
    assert_null(member(b, 3, "input"));
    assert_string_equal(member(b, 3, "output"), input);
    assert_string_equal(member(b, 3, "status"), "SUCCEEDED");
}

static void test_express(void **state)
{
    struct bench *b = *state;

    create(b, MACHINE_EXPRESS, PASS_A);
    start(b, "1");
    assert_int_equal(b->told.len, 0);
}

/* STANDARD children of a Map Run have events of their own, PENDING_REDRIVE included (per AWS
 * documentation); EXPRESS ones have none. */
static void test_children(void **state)
{
    static const char *const statuses[] = {"RUNNING", "FAILED", "PENDING_REDRIVE", "RUNNING",
                                           "FAILED"};
    struct bench *b = *state;
    CLEANUP(free_p) char *definition = xasprintf(MAP_A, "STANDARD");
    size_t n = 0;

    create(b, MACHINE_STANDARD, definition);
    start(b, "[1]");
    redrive(b);
    for (size_t i = 0; i < b->told.len; i++) {
        if (strstr(member(b, i, "executionArn"), "execution:m:x"))
            continue;
        assert_true(n < ARRAY_LEN(statuses));
        assert_string_equal(member(b, i, "status"), statuses[n]);
        assert_non_null(strstr(member(b, i, "executionArn"), HEAD "execution:m/L:"));
        assert_string_equal(member(b, i, "stateMachineArn"), HEAD "stateMachine:m/L");
        assert_string_equal(member(b, i, "redriveStatus"),
                            n == 1 || n == 4 ? "REDRIVABLE_BY_MAP_RUN" : "NOT_REDRIVABLE");
        n++;
    }
    assert_int_equal(n, ARRAY_LEN(statuses));
}

static void test_express_children(void **state)
{
    struct bench *b = *state;
    CLEANUP(free_p) char *definition = xasprintf(MAP_A, "EXPRESS");

    create(b, MACHINE_STANDARD, definition);
    start(b, "[1]");
    redrive(b);
    assert_int_equal(b->told.len, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_redrive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_large, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_express, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_children, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_express_children, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
