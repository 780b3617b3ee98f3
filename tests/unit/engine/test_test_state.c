/* TestState in the engine: what the states show of themselves, what mocks do, and that nothing of a test
 * is left anywhere.  Expected values are recorded ones where reference/integrations.md section 9 has them,
 * else they follow reference/asl.md sections 3, 9 and 11. */
#include "harness.h"

#include "base/strbuf.h"
#include "engine/test_state.h"

static const char *const status_names[] = {"SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR"};
static const char *const note_names[TEST_NOTES] = {
    "input",     "afterInputPath",      "afterParameters", "afterArguments",
    "itemsPath", "itemsPointer",        "itemSelector",    "itemBatcher",
    "result",    "afterResultSelector", "afterResultPath", "variables",
};

/* A test and its answer as one line of text. */
struct probe {
    struct test_state test;
    struct engine_command c;
    struct asl_machine *machine; /* owned, as the others */
    struct json *variables, *context;
    bool done;
    struct strbuf seen;
};

static void see_text(struct strbuf *out, const char *name, const char *text, size_t len)
{
    strbuf_addc(out, ' ');
    strbuf_adds(out, name);
    strbuf_addc(out, '=');
    strbuf_add(out, text, len);
}

static void see_number(struct strbuf *out, const char *name, int64_t n)
{
    if (n >= 0)
        strbuf_addf(out, " %s=%d", name, (int)n);
}

static void answered(struct engine_command *c)
{
    struct probe *p = c->arg;
    const struct test_state *t = &p->test;
    struct strbuf *out = &p->seen;

    p->done = true;
    if (c->outcome != ENGINE_OK) {
        strbuf_addf(out, "outcome %d", (int)c->outcome);
        return;
    }
    if (t->refusal) {
        strbuf_adds(out, t->refusal);
        return;
    }
    strbuf_adds(out, status_names[t->status]);
    if (t->output.data)
        see_text(out, "output", t->output.data, t->output.len);
    if (t->error)
        see_text(out, "error", t->error, strlen(t->error));
    if (t->cause)
        see_text(out, "cause", t->cause, strlen(t->cause));
    if (t->next_state)
        see_text(out, "next", t->next_state, strlen(t->next_state));
    for (size_t i = TEST_INPUT + 1; i < TEST_NOTES; i++)
        if (t->notes[i].data)
            see_text(out, note_names[i], t->notes[i].data, t->notes[i].len);
    see_number(out, "catch", t->catch_index);
    see_number(out, "retry", t->retry_index);
    see_number(out, "backoff", t->backoff_seconds);
    see_number(out, "concurrency", t->max_concurrency);
    see_number(out, "tolerated", t->tolerated_count);
    if (t->tolerated_percentage >= 0)
        strbuf_addf(out, " percentage=%g", t->tolerated_percentage);
    if (t->trace)
        see_text(out, "trace", t->trace->request.url.data, t->trace->request.url.len);
}

/* Prepares a test of the state "S" with these fields. */
static void probe_init(struct probe *p, const char *fields, const char *input)
{
    struct asl_options options = {.lone_state = true};
    struct asl_diagnostics d;
    CLEANUP(free_p)
    char *text = xasprintf("{\"StartAt\":\"S\",\"States\":{\"S\":{%s}}}", fields);

    *p = (struct probe){
        .c = {.type = ENGINE_TEST_STATE, .done = answered, .account = ACCOUNT, .region = REGION},
    };
    strbuf_init(&p->seen, 1 << 20);
    asl_diagnostics_init(&d);
    if (asl_compile((struct text){text, strlen(text)}, &options, &p->machine, &d) < 0)
        fail_msg("%s", d.items[0].message);
    asl_diagnostics_done(&d);
    p->test.machine = p->machine;
    p->test.state = asl_machine_state(p->machine, "S");
    p->test.role_arn = ROLE;
    p->test.input = (struct text){input, strlen(input)};
    p->c.u.test = &p->test;
}

static void probe_done(struct probe *p)
{
    asl_machine_unref(p->machine);
    json_unref(p->variables);
    json_unref(p->context);
    strbuf_done(&p->seen);
}

static void probe_post(struct world *w, struct probe *p)
{
    p->c.arg = p;
    engine_post(w->engine, &p->c);
}

static void probe_expect(struct world *w, struct probe *p, const char *expected)
{
    probe_post(w, p);
    world_settle(w);
    assert_true(p->done);
    assert_string_equal(p->seen.data, expected);
    probe_done(p);
}

static void expect(struct world *w, const char *fields, const char *input, const char *expected)
{
    struct probe p;

    probe_init(&p, fields, input);
    probe_expect(w, &p, expected);
}

static void expect_result(struct world *w, const char *fields, const char *input,
                          const char *result, const char *expected)
{
    struct probe p;

    probe_init(&p, fields, input);
    p.test.mock_result = (struct text){result, strlen(result)};
    probe_expect(w, &p, expected);
}

static void expect_error(struct world *w, const char *fields, const char *input, int64_t retries,
                         const char *expected)
{
    struct probe p;

    probe_init(&p, fields, input);
    p.test.mock_error = "Owned.Error";
    p.test.mock_cause = "mock";
    p.test.retry_count = retries;
    probe_expect(w, &p, expected);
}

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof(*w));

    world_init(w);
    world_open(w);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    world_done(*state);
    free(*state);
    return 0;
}

#define TASK "\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sqs:sendMessage\""
#define FLAT ",\"Parameters\":{\"QueueUrl\":\"q\",\"MessageBody.$\":\"$.a\"}"
#define PARALLEL                                                                                   \
    "\"Type\":\"Parallel\",\"Branches\":[{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Pass\"," \
    "\"End\":true}}}]"
#define INLINE \
    "\"ItemProcessor\":{\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Pass\",\"End\":true}}}"
#define DISTRIBUTED                                                                       \
    "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":" \
    "\"STANDARD\"},\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Pass\",\"End\":true}}}"
/* ---- the simple states ---- */

static void test_pass(void **state)
{
    expect(*state, "\"Type\":\"Pass\",\"End\":true", "{ \"a\": 1 }",
           "SUCCEEDED output={ \"a\": 1 } afterInputPath={ \"a\": 1 } afterParameters={ \"a\": 1 } "
           "afterResultSelector={ \"a\": 1 } afterResultPath={ \"a\": 1 }");
    expect(*state,
           "\"Type\":\"Pass\",\"InputPath\":\"$.a\",\"Parameters\":{\"x.$\":\"$\"},"
           "\"ResultPath\":\"$.r\",\"OutputPath\":\"$.r\",\"Next\":\"N\"",
           "{\"a\":1}",
           "SUCCEEDED output={\"x\":1} next=N afterInputPath=1 afterParameters={\"x\":1} "
           "afterResultSelector={\"x\":1} afterResultPath={\"a\":1,\"r\":{\"x\":1}}");
    /* Result: InputPath is not looked at, not even when it leads nowhere. */
    expect(*state,
           "\"Type\":\"Pass\",\"InputPath\":\"$.none\",\"Result\":[1],\"ResultPath\":\"$.r\","
           "\"End\":true",
           "{\"a\":1}",
           "SUCCEEDED output={\"a\":1,\"r\":[1]} result=[1] afterResultSelector=[1] "
           "afterResultPath={\"a\":1,\"r\":[1]}");
    expect(*state, "\"Type\":\"Pass\",\"InputPath\":\"$.none\",\"End\":true", "{\"a\":1}",
           "FAILED error=States.Runtime cause=Invalid path '$.none' : No results for path: "
           "$['none']");
}

static void test_others(void **state)
{
    static const char choice[] = "\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.a\","
                                 "\"NumericEquals\":1,\"Next\":\"X\"}]";

    expect(*state, choice, "{\"a\":1}",
           "SUCCEEDED output={\"a\":1} next=X afterInputPath={\"a\":1}");
    expect(
        *state, choice, "{\"a\":2}",
        "FAILED error=States.Runtime cause=Failed to transition out of the state. The state does "
        "not point to a next state. afterInputPath={\"a\":2}");
    expect(*state, "\"Type\":\"Succeed\",\"InputPath\":\"$.a\"", "{\"a\":[2]}",
           "SUCCEEDED output=[2] afterInputPath=[2]");
    expect(*state, "\"Type\":\"Fail\",\"Error\":\"E\",\"CausePath\":\"$.a\"", "{\"a\":\"why\"}",
           "FAILED error=E cause=why afterInputPath={\"a\":\"why\"}");
    expect(*state, "\"Type\":\"Fail\",\"QueryLanguage\":\"JSONata\",\"Error\":\"E\"", "{}",
           "FAILED error=E");
}

static void test_variables(void **state)
{
    struct probe p;

    probe_init(
        &p,
        "\"Type\":\"Pass\",\"Assign\":{\"y.$\":\"$x\",\"x\":2},\"Parameters\":{\"v.$\":\"$x\"},"
        "\"End\":true",
        "{}");
    p.variables = json_parse("{\"x\":1}", 7, 0, NULL);
    p.test.variables = p.variables;
    probe_expect(
        *state, &p,
        "SUCCEEDED output={\"v\":1} afterInputPath={} afterParameters={\"v\":1} "
        "afterResultSelector={\"v\":1} afterResultPath={\"v\":1} variables={\"x\":2,\"y\":1}");
}

static void test_context(void **state)
{
    struct probe p;
    static const char given[] = "{\"Execution\":{\"Id\":\"mine\"},\"Task\":{\"Token\":\"t\"}}";

    probe_init(
        &p,
        "\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\","
        "\"Parameters\":{\"QueueUrl\":\"q\",\"MessageBody\":{\"t.$\":\"$$.Task.Token\"}},"
        "\"ResultSelector\":{\"c.$\":\"$$\"},\"End\":true",
        "{}");
    p.context = json_parse(given, sizeof(given) - 1, 0, NULL);
    p.test.context = p.context;
    p.test.mock_result = TEXT("{}");
    probe_expect(
        *state, &p,
        "SUCCEEDED output={\"c\":{\"Execution\":{\"Id\":\"mine\"},\"Task\":{\"Token\":\"t\"}}} "
        "afterInputPath={} afterParameters={\"QueueUrl\":\"q\",\"MessageBody\":{\"t\":\"t\"}} "
        "result={} afterResultSelector={\"c\":{\"Execution\":{\"Id\":\"mine\"},\"Task\":{"
        "\"Token\":\"t\"}}} afterResultPath={\"c\":{\"Execution\":{\"Id\":\"mine\"},\"Task\":{"
        "\"Token\":\"t\"}}}");
    /* The made-up one: an EXPRESS execution of a state that is always called StateName. */
    probe_init(
        &p,
        "\"Type\":\"Pass\",\"Parameters\":{\"role.$\":\"$$.Execution.RoleArn\",\"name.$\":"
        "\"$$.State.Name\",\"same.$\":\"States.Format('{}',$$.Execution.Input)\"},\"End\":true",
        "1");
    p.test.role_arn = NULL;
    probe_post(*state, &p);
    world_settle(*state);
    assert_non_null(strstr(p.seen.data, "\"role\":null"));
    assert_non_null(strstr(p.seen.data, "\"name\":\"StateName\""));
    assert_non_null(strstr(p.seen.data, "\"same\":\"1\""));
    probe_done(&p);
    expect(
        *state, "\"Type\":\"Pass\",\"InputPath\":\"$$.Execution.RedriveCount\",\"End\":true", "{}",
        "FAILED error=States.Runtime cause=Invalid path '$$.Execution.RedriveCount' : No results "
        "for path: $['Execution']['RedriveCount']");
}

/* ---- tasks ---- */

static void test_task_mock(void **state)
{
    expect_result(
        *state,
        TASK FLAT ",\"ResultSelector\":{\"id.$\":\"$.MessageId\"},\"ResultPath\":\"$.r\","
                  "\"Next\":\"N\"",
        "{\"a\":\"m\"}", "{\"MessageId\":\"i\"}",
        "SUCCEEDED output={\"a\":\"m\",\"r\":{\"id\":\"i\"}} next=N afterInputPath={\"a\":"
        "\"m\"} afterParameters={\"QueueUrl\":\"q\",\"MessageBody\":\"m\"} result={"
        "\"MessageId\":\"i\"} afterResultSelector={\"id\":\"i\"} afterResultPath={\"a\":"
        "\"m\",\"r\":{\"id\":\"i\"}}");
    expect_result(
        *state, TASK FLAT ",\"ResultSelector\":{\"id.$\":\"$.Nothing\"},\"End\":true",
        "{\"a\":\"m\"}", "{}",
        "FAILED error=States.Runtime cause=The JSONPath '$.Nothing' specified for the field "
        "'id.$' could not be found in the input '{}' afterInputPath={\"a\":\"m\"} "
        "afterParameters={\"QueueUrl\":\"q\",\"MessageBody\":\"m\"} result={}");
}

#define JSONATA "\"QueryLanguage\":\"JSONata\","

/* JSONata shows other steps: reference/integrations.md section 9. */
static void test_jsonata(void **state)
{
    static const char task[] = JSONATA TASK ",\"Arguments\":{\"QueueUrl\":\"q\",\"MessageBody\":"
                                            "\"{% $states.input.a %}\"},\"Assign\":{\"x\":"
                                            "\"{% $states.result.n %}\"},\"Output\":"
                                            "\"{% $states.result.n + 1 %}\",\"End\":true";

    expect_result(*state, task, "{\"a\":\"m\"}", "{\"n\":1}",
                  "SUCCEEDED output=2 afterArguments={\"QueueUrl\":\"q\",\"MessageBody\":\"m\"} "
                  "result={\"n\":1} variables={\"x\":1}");
    expect_result(
        *state, task, "{\"a\":\"m\"}", "{\"n\":\"t\"}",
        "FAILED error=States.QueryEvaluationError cause=The JSONata expression "
        "'$states.result.n + 1' specified for the field 'Output' threw an error during "
        "evaluation. T2001: The left side of the \"+\" operator must evaluate to a number "
        "afterArguments={\"QueueUrl\":\"q\",\"MessageBody\":\"m\"} result={\"n\":\"t\"}");
    expect_result(*state,
                  JSONATA "\"Type\":\"Map\"," DISTRIBUTED ",\"Items\":\"{% $states.input.i %}\","
                          "\"MaxConcurrency\":\"{% 2 %}\",\"ItemSelector\":{\"v\":"
                          "\"{% $states.context.Map.Item.Value * 2 %}\"},\"End\":true",
                  "{\"i\":[1,2]}", "[0,0]",
                  "SUCCEEDED output=[0,0] itemSelector=[{\"v\":2}, {\"v\":4}] concurrency=2");
    expect(*state, JSONATA "\"Type\":\"Pass\",\"Output\":\"{% $states.input.a %}\",\"End\":true",
           "{\"a\":1}", "SUCCEEDED output=1");
}

/* The examples of reference/integrations.md section 9. */
static void test_retry_and_catch(void **state)
{
    static const char retry[] =
        TASK FLAT ",\"Retry\":[{\"ErrorEquals\":[\"Owned.Error\"],\"IntervalSeconds\":2,"
                  "\"BackoffRate\":2,\"MaxAttempts\":3}],\"End\":true";
    static const char both[] = TASK FLAT
        ",\"Retry\":[{\"ErrorEquals\":[\"Other\"]},{\"ErrorEquals\":[\"States.TaskFailed\"],"
        "\"MaxDelaySeconds\":5,\"MaxAttempts\":4}],\"Catch\":[{\"ErrorEquals\":[\"No\"],"
        "\"Next\":\"A\"},{\"ErrorEquals\":[\"States.ALL\"],\"ResultPath\":\"$.e\",\"Next\":"
        "\"Caught\"}],\"End\":true";
#define WORK " afterInputPath={\"a\":1} afterParameters={\"QueueUrl\":\"q\",\"MessageBody\":1}"

    expect_error(*state, retry, "{\"a\":1}", 1,
                 "RETRIABLE error=Owned.Error cause=mock" WORK " retry=0 backoff=4");
    expect_error(*state, retry, "{\"a\":1}", 3,
                 "FAILED error=Owned.Error cause=mock" WORK " retry=0");
    expect_error(*state, both, "{\"a\":1}", 3,
                 "RETRIABLE error=Owned.Error cause=mock" WORK " retry=1 backoff=5");
    expect_error(
        *state, both, "{\"a\":1}", 4,
        "CAUGHT_ERROR output={\"a\":1,\"e\":{\"Error\":\"Owned.Error\",\"Cause\":\"mock\"}} "
        "error=Owned.Error cause=mock next=Caught" WORK " catch=1 retry=1");
    /* A catcher that fails itself: that error stands. */
    expect_error(*state,
                 TASK FLAT ",\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Assign\":{\"x.$\":"
                           "\"$.none\"},\"Next\":\"Caught\"}],\"End\":true",
                 "{\"a\":1}", 0,
                 "FAILED error=States.Runtime cause=The JSONPath '$.none' specified for the field "
                 "'x.$' could not be found in the input "
                 "'{\"Error\":\"Owned.Error\",\"Cause\":\"mock\"}'" WORK " catch=0");
}

static void test_task_driver(void **state)
{
    struct world *w = *state;

    world_outcome(w, FAKE_SUCCESS, "{\"ok\":true}", NULL, NULL);
    world_outcome(w, FAKE_FAILURE, NULL, "Boom", "it was");
    expect(w, TASK FLAT ",\"End\":true", "{\"a\":1}",
           "SUCCEEDED output={\"ok\":true}" WORK " result={\"ok\":true} afterResultSelector={"
           "\"ok\":true} afterResultPath={\"ok\":true}");
    expect(w, TASK FLAT ",\"End\":true", "{\"a\":1}", "FAILED error=Boom cause=it was" WORK);
    assert_int_equal(w->requests_len, 2);
    assert_string_equal(w->requests[0].input, "{\"QueueUrl\":\"q\",\"MessageBody\":1}");
}

/* What a driver tells of its messages arrives, however the task ended. */
static void test_task_trace(void **state)
{
    static const char *const seen[] = {
        [TASK_UNTRACED] = "",
        [TASK_TRACED] = " trace=public",
        [TASK_TRACED_WITH_SECRETS] = " trace=secret",
    };
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
        CLEANUP(free_p)
        char *wanted = xasprintf("CAUGHT_ERROR output={\"Error\":\"Boom\",\"Cause\":\"it was\"} "
                                 "error=Boom cause=it was next=N" WORK " catch=0%s",
                                 seen[i]);
        struct probe p;

        world_outcome(w, FAKE_FAILURE, NULL, "Boom", "it was");
        probe_init(&p,
                   TASK FLAT ",\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"N\"}],"
                             "\"End\":true",
                   "{\"a\":1}");
        p.test.tracing = (enum task_tracing)i;
        probe_expect(w, &p, wanted);
    }
}

/* ---- time ---- */

static void test_wait(void **state)
{
    struct world *w = *state;
    struct probe p, late;

    probe_init(&p, "\"Type\":\"Wait\",\"SecondsPath\":\"$.s\",\"Next\":\"N\"", "{\"s\":20}");
    probe_post(w, &p);
    world_settle(w);
    assert_false(p.done);
    world_advance(w, 19000);
    assert_false(p.done);
    world_advance(w, 1000);
    assert_true(p.done);
    assert_string_equal(p.seen.data,
                        "SUCCEEDED output={\"s\":20} next=N afterInputPath={\"s\":20}");
    probe_done(&p);

    probe_init(&late, "\"Type\":\"Wait\",\"Seconds\":301,\"End\":true", "{}");
    probe_post(w, &late);
    world_advance(w, TEST_STATE_MAX_MS - 1);
    assert_false(late.done);
    world_advance(w, 1);
    assert_true(late.done);
    assert_string_equal(late.seen.data, "FAILED error=States.Timeout afterInputPath={}");
    probe_done(&late);
    world_advance(w, 10000); /* nothing is left that could go off */
}

static void test_task_timeout(void **state)
{
    struct world *w = *state;
    struct probe p;

    probe_init(&p, TASK FLAT ",\"TimeoutSeconds\":5,\"End\":true", "{\"a\":1}");
    probe_post(w, &p);
    world_advance(w, 5000);
    assert_true(p.done);
    assert_string_equal(p.seen.data, "FAILED error=States.Timeout" WORK);
    assert_true(w->requests[0].cancelled);
    probe_done(&p);
}

static void test_stop(void **state)
{
    struct world *w = *state;
    struct probe p, lost;
    struct call reset;

    probe_init(&p, "\"Type\":\"Wait\",\"Seconds\":60,\"End\":true", "{}");
    probe_post(w, &p);
    world_settle(w);
    call_init(&reset, ENGINE_RESET, NULL);
    assert_int_equal(world_do(w, &reset), ENGINE_OK);
    assert_true(p.done);
    assert_int_equal(p.c.outcome, ENGINE_STOPPING);
    probe_done(&p);

    probe_init(&lost, TASK FLAT ",\"End\":true", "{\"a\":1}");
    probe_post(w, &lost);
    world_settle(w);
    world_close(w);
    assert_true(lost.done);
    assert_int_equal(lost.c.outcome, ENGINE_STOPPING);
    probe_done(&lost);
}

/* Nothing of a test is in the store, and nothing of it can be counted. */
static void test_leaves_nothing(void **state)
{
    struct world *w = *state;
    struct engine_stats before, after;

    world_settle(w);
    engine_get_stats(w->engine, &before);
    expect(
        w, "\"Type\":\"Pass\",\"Assign\":{\"x\":1},\"Result\":1,\"End\":true", "{}",
        "SUCCEEDED output=1 result=1 afterResultSelector=1 afterResultPath=1 variables={\"x\":1}");
    expect_result(w, PARALLEL ",\"End\":true", "{}", "[1]",
                  "SUCCEEDED output=[1] afterResultSelector=[1] afterResultPath=[1]");
    engine_get_stats(w->engine, &after);
    assert_int_equal(after.commits, before.commits);
    assert_int_equal(after.events, before.events);
    assert_int_equal(after.started, before.started);
    assert_int_equal(after.running, 0);
}

/* ---- containers ---- */

static void test_parallel(void **state)
{
    expect_result(*state, PARALLEL ",\"InputPath\":\"$.a\",\"ResultPath\":\"$.r\",\"Next\":\"N\"",
                  "{\"a\":1}", "[ {} ]",
                  "SUCCEEDED output={\"a\":1,\"r\":[{}]} next=N afterResultSelector=[ {} ] "
                  "afterResultPath={\"a\":1,\"r\":[{}]}");
    expect_error(*state,
                 PARALLEL ",\"Catch\":[{\"ErrorEquals\":[\"Owned.Error\"],\"Next\":\"C\"}],"
                          "\"End\":true",
                 "{}", 0,
                 "CAUGHT_ERROR output={\"Error\":\"Owned.Error\",\"Cause\":\"mock\"} "
                 "error=Owned.Error cause=mock next=C catch=0");
}

static void test_map_fields(void **state)
{
    expect_result(
        *state,
        "\"Type\":\"Map\"," INLINE ",\"ItemsPath\":\"$.i\",\"MaxConcurrencyPath\":\"$.m\","
        "\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value\",\"n.$\":\"$$.Map.Item.Index\"},"
        "\"ResultPath\":null,\"End\":true",
        "{\"i\":[\"x\",{\"y\":1}],\"m\":3}", "[1,2]",
        "SUCCEEDED output={\"i\":[\"x\",{\"y\":1}],\"m\":3} afterInputPath={\"i\":[\"x\",{"
        "\"y\":1}],\"m\":3} itemsPath=[\"x\", {\"y\":1}] itemSelector=[{\"v\":\"x\",\"n\":0}, "
        "{\"v\":{\"y\":1},\"n\":1}] afterResultSelector=[1,2] afterResultPath={\"i\":[\"x\",{"
        "\"y\":1}],\"m\":3} concurrency=3");
    /* Batches: 2, 2, 1; an item shows as the text of its JSON. */
    expect_result(
        *state,
        "\"Type\":\"Map\"," DISTRIBUTED ",\"ItemBatcher\":{\"MaxItemsPerBatch\":2,"
        "\"BatchInput\":{\"b.$\":\"$[0]\"}},\"End\":true",
        "[1,\"a\",3,4,5]", "[[],[],[]]",
        "SUCCEEDED output=[[],[],[]] afterInputPath=[1,\"a\",3,4,5] itemsPath=[1, \"a\", 3, "
        "4, 5] itemBatcher=[{\"BatchInput\":{\"b\":1},\"Items\":[\"1\",\"\\\"a\\\"\"]}, {"
        "\"BatchInput\":{\"b\":1},\"Items\":[\"3\",\"4\"]}, {\"BatchInput\":{\"b\":1},"
        "\"Items\":[\"5\"]}] afterResultSelector=[[],[],[]] afterResultPath=[[],[],[]] "
        "concurrency=0");
    /* {"Items":[]} is 12 bytes: two items of two bytes and a comma fit into 18. */
    expect_result(*state,
                  "\"Type\":\"Map\"," DISTRIBUTED ",\"ItemBatcher\":{\"MaxInputBytesPerBatch\":18},"
                  "\"ResultPath\":null,\"End\":true",
                  "[10,11,12]", "[1,2]",
                  "SUCCEEDED output=[10,11,12] afterInputPath=[10,11,12] itemsPath=[10, 11, 12] "
                  "itemBatcher=[{\"Items\":[\"10\",\"11\"]}, {\"Items\":[\"12\"]}] "
                  "afterResultSelector=[1,2] afterResultPath=[10,11,12] concurrency=0");
}

static void test_map_wrong(void **state)
{
    static const char map[] = "\"Type\":\"Map\"," DISTRIBUTED ",\"ItemsPath\":\"$.i\",\"End\":true";

    expect_result(*state, map, "{\"i\":1}", "[]",
                  "FAILED error=States.Runtime cause=Reference path \"$.i\" must point to array. "
                  "afterInputPath={\"i\":1}");
    expect_result(*state, map, "{\"i\":[1]}", "[]",
                  "Input array does not equal the mocked result array's size");
    expect_result(*state,
                  "\"Type\":\"Map\"," DISTRIBUTED
                  ",\"ToleratedFailureCountPath\":\"$[0]\",\"End\":true",
                  "[{}]", "[1]",
                  "FAILED error=States.Runtime cause=The ToleratedFailureCountPath field refers to "
                  "value \"{}\" which is not a valid integer: $[0] afterInputPath=[{}] "
                  "itemsPath=[{}] concurrency=0");
    expect_result(
        *state,
        "\"Type\":\"Map\"," DISTRIBUTED ",\"ToleratedFailurePercentagePath\":\"$[0]\","
        "\"End\":true",
        "[101]", "[1]",
        "FAILED error=States.Runtime cause=ToleratedFailurePercentage must be between 0 and "
        "100. afterInputPath=[101] itemsPath=[101] concurrency=0");
}

static void test_map_tolerance(void **state)
{
    static const struct {
        const char *fields;
        int64_t failures;
        const char *expected;
    } cases[] = {
        {"", 3, "SUCCEEDED"}, /* no threshold: recorded */
        {",\"ToleratedFailureCount\":1", 1, "SUCCEEDED"},
        {",\"ToleratedFailureCount\":1", 2, "FAILED"},
        {",\"ToleratedFailurePercentage\":50", 2, "SUCCEEDED"},
        {",\"ToleratedFailurePercentage\":50", 3, "FAILED"},
        {",\"ToleratedFailurePercentage\":50,\"ToleratedFailureCount\":0", 1, "FAILED"},
        {"", 5,
         "Map iteration failure count must be less than or equal to the number of Map "
         "iterations"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(free_p)
        char *fields =
            xasprintf("\"Type\":\"Map\"," DISTRIBUTED ",\"End\":true%s", cases[i].fields);
        struct probe p;

        probe_init(&p, fields, "[1,2,3,4]");
        p.test.failed_iterations = cases[i].failures;
        p.test.mock_result = TEXT("[1,2,3,4]");
        probe_post(*state, &p);
        world_settle(*state);
        assert_true(p.done);
        assert_memory_equal(p.seen.data, cases[i].expected, strlen(cases[i].expected));
        if (cases[i].expected[0] == 'F')
            assert_non_null(strstr(p.seen.data,
                                   "error=States.ExceedToleratedFailureThreshold "
                                   "cause=The specified tolerated failure threshold was "
                                   "exceeded"));
        probe_done(&p);
    }
}

/* ---- ItemReader ---- */

static void expect_read(struct world *w, const char *config, const char *data, const char *selected)
{
    CLEANUP(free_p)
    char *fields = xasprintf("\"Type\":\"Map\"," DISTRIBUTED ",\"ItemReader\":{\"Resource\":"
                             "\"arn:aws:states:::s3:getObject\",\"Parameters\":{\"Bucket\":\"b\","
                             "\"Key\":\"k\"},\"ReaderConfig\":{%s}},\"ItemSelector\":{\"v.$\":"
                             "\"$$.Map.Item.Value\"},\"End\":true",
                             config);
    struct probe p;

    probe_init(&p, fields, "{}");
    p.test.mock_error = "E";
    p.test.reader_data = (struct text){data, strlen(data)};
    probe_post(w, &p);
    world_settle(w);
    assert_true(p.done);
    if (!strstr(p.seen.data, selected))
        fail_msg("%s\nis not in\n%s", selected, p.seen.data);
    probe_done(&p);
}

/* reference/asl.md section 9, ItemReader and CSV rules. */
static void test_reader(void **state)
{
    expect_read(*state, "\"InputType\":\"JSON\"", "[1, {\"a\":2}]",
                " itemSelector=[{\"v\":1}, {\"v\":{\"a\":2}}] ");
    expect_read(*state, "\"InputType\":\"JSON\",\"MaxItems\":1", "[1,2]", "=[{\"v\":1}] ");
    expect_read(*state, "\"InputType\":\"JSON\",\"ItemsPointer\":\"/a~1b/1\"", "{\"a/b\":[0,[7]]}",
                " itemsPointer=[7] itemSelector=[{\"v\":7}] ");
    expect_read(*state, "\"InputType\":\"JSON\",\"ItemsPointer\":\"/x\"", "{}",
                "error=States.ItemReaderFailed cause=Attempting to map over non-iterable node.");
    /* An object is no list (recorded), but one that is pointed to is (documented). */
    expect_read(*state, "\"InputType\":\"JSON\"", "{\"k\":1}",
                "error=States.ItemReaderFailed cause=Attempting to map over non-iterable node.");
    expect_read(*state, "\"InputType\":\"JSON\",\"ItemsPointer\":\"/a\"", "{\"a\":{\"k\":1}}",
                "=[{\"v\":{\"Key\":\"k\",\"Value\":1}}] ");
    expect_read(*state, "\"InputType\":\"JSON\"", "[1,", "error=States.ItemReaderFailed cause=");
    expect_read(*state, "\"InputType\":\"JSONL\"", "{\"a\":1}\r\n\n [2]\n",
                "=[{\"v\":{\"a\":1}}, {\"v\":[2]}] ");
    expect_read(*state, "\"InputType\":\"JSONL\"", "1\nx\n",
                "error=States.ItemReaderFailed cause=");
    /* Short rows are filled, long ones cut; quotes hold delimiters, line ends and doubled quotes. */
    expect_read(
        *state, "\"InputType\":\"CSV\",\"CSVHeaderLocation\":\"FIRST_ROW\"",
        "a,b\r\n1\n2,3,4\n\"x,\"\"y\"\"\n\",\\q\\\"\\\\\n",
        "=[{\"v\":{\"a\":\"1\",\"b\":\"\"}}, {\"v\":{\"a\":\"2\",\"b\":\"3\"}}, {\"v\":{\"a\":"
        "\"x,\\\"y\\\"\\n\",\"b\":\"q\\\"\\\\\"}}] ");
    expect_read(
        *state,
        "\"InputType\":\"CSV\",\"CSVHeaderLocation\":\"GIVEN\",\"CSVHeaders\":[\"h\",\"i\"],"
        "\"CSVDelimiter\":\"PIPE\"",
        "1|2", "=[{\"v\":{\"h\":\"1\",\"i\":\"2\"}}] ");
    expect_read(*state, "\"InputType\":\"CSV\",\"CSVHeaderLocation\":\"FIRST_ROW\"", "a,a\n1,2",
                "error=States.ItemReaderFailed cause=CSV headers cannot contain duplicates.");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pass),          TEST(test_others),     TEST(test_variables),
        TEST(test_context),       TEST(test_task_mock),  TEST(test_retry_and_catch),
        TEST(test_task_driver),   TEST(test_task_trace), TEST(test_wait),
        TEST(test_task_timeout),  TEST(test_stop),       TEST(test_leaves_nothing),
        TEST(test_parallel),      TEST(test_map_fields), TEST(test_map_wrong),
        TEST(test_map_tolerance), TEST(test_reader),     TEST(test_jsonata),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
