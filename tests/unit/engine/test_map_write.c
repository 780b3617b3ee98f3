/* ResultWriter of a Distributed Map: reference/asl.md section 9 (result files), reference/redrive.md
 * section 6. */
#include "fake_s3.h"
#include "map_run_check.h"

static struct fake_s3 s3;

static int set_up(void **state)
{
    int r = setup(state);

    s3_init(&s3, *state);
    return r;
}

static int tear_down(void **state)
{
    int r = teardown(state);

    s3_done(&s3);
    return r;
}

#define WRITER_OF(parameters, config)                                                  \
    "\"ResultWriter\":{\"Resource\":\"arn:aws:states:::s3:putObject\",\"Parameters\":" \
    "{\"Bucket\":\"r\"" parameters "}" config "},"
#define WRITER WRITER_OF(",\"Prefix\":\"out\"", "")
#define CONFIG(transformation, type) \
    ",\"WriterConfig\":{\"Transformation\":\"" transformation "\",\"OutputType\":\"" type "\"}"

/* A file of the run, without what is different in every run. */
static char *masked(struct world *w, const struct store_map_run *run, const char *folder,
                    const char *name)
{
    CLEANUP(free_p) char *key = xasprintf("r/%s%s/%s", folder, run->uuid, name);
    const char *at = s3_object(&s3, key);
    struct strbuf sb;

    (void)w;
    strbuf_init(&sb, 1 << 24);
    while (*at) {
        size_t run_id = strncmp(at, run->uuid, strlen(run->uuid)) == 0 ? strlen(run->uuid) : 0;
        bool uuid = !run_id && strspn(at, "0123456789abcdef") == 8 && at[8] == '-' &&
                    strspn(at, "0123456789abcdef-") == 36;

        if (run_id)
            strbuf_adds(&sb, "<run>");
        else if (uuid)
            strbuf_adds(&sb, "<child>");
        else
            strbuf_addc(&sb, *at);
        at += run_id ? run_id : uuid ? 36 : 1;
    }
    return strbuf_take(&sb, NULL);
}

static void expect_file(struct world *w, const struct store_map_run *run, const char *name,
                        const char *expected)
{
    CLEANUP(free_p) char *got = masked(w, run, "out/", name);

    assert_string_equal(got, expected);
}

#define ARN(resource) "arn:aws:states:us-east-1:123456789012:" resource
#define DETAILS       "\"InputDetails\":{\"Included\":true}"
#define SUCCEEDED_CHILD(input, count)                                                             \
    "{\"ExecutionArn\":\"" ARN(                                                                   \
        "execution:m/L:<child>") "\",\"Input\":\"" input "\"," DETAILS                            \
                                 ",\"Name\":\"<child>\",\"Output\":\"" input                      \
                                 "\",\"OutputDetails\":{\"Included\":true},"                      \
                                 "\"RedriveCount\":" count                                        \
                                 ",\"RedriveStatus\":\"NOT_REDRIVABLE\",\"RedriveStatusReason\":" \
                                 "\"Execution is SUCCEEDED and cannot be "                        \
                                 "redriven\",\"StartDate\":\"2024-01-01T00:00:00.000Z\","         \
                                 "\"StateMachineArn\":\"" ARN(                                    \
                                     "stateMachine:m/L") "\",\"Status\":\"SUCCEEDED\","           \
                                                         "\"StopDate\":"                          \
                                                         "\"2024-01-01T00:00:00.000Z\"}"

static struct store_map_run run_of(struct world *w, struct arena *a)
{
    return map_run(w, a, execution(w, a, "e").id, NULL);
}

/* Two succeed, one fails, one never starts; redriven, all succeed. */
static void test_files(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    fail_times(w, 1);
    start(w, MAP_OF("STANDARD", LABEL WRITER ONE_BY_ONE, TASKS),
          "[\"a\",\"b\",\"fail\", {\"c\" : 1}]");
    run = run_of(w, &a);
    assert_int_equal(run.status, EXECUTION_FAILED);
    assert_counts(run.executions, 1, 0, 2, 1, 0, 0, 0, 4);
    assert_int_equal(run.executions.written, 4); /* recorded: those that never started count too */
    assert_int_equal(run.items.written, 4);
    expect_file(w, &run, "SUCCEEDED_0.json",
                "[" SUCCEEDED_CHILD("\\\"a\\\"", "0") "," SUCCEEDED_CHILD("\\\"b\\\"", "0") "]");
    expect_file(
        w, &run, "FAILED_0.json",
        "[{\"Error\":\"Oops\",\"ExecutionArn\":\"" ARN(
            "execution:m/L:<child>") "\",\"Input\":\"\\\"fail\\\"\"," DETAILS
                                     ",\"Name\":\"<child>\",\"OutputDetails\":{\"Included\":true},"
                                     "\"RedriveCount\":0,"
                                     "\"RedriveStatus\":\"REDRIVABLE_BY_MAP_RUN\",\"StartDate\":"
                                     "\"2024-01-01T00:00:00.000Z\",\"StateMachineArn\":\"" ARN(
                                         "stateMachine:m/L") "\",\"Status\":\"FAILED\","
                                                             "\"StopDate\":"
                                                             "\"2024-01-01T00:00:00.000Z\"}]");
    expect_file(w, &run, "PENDING_0.json",
                "[{\"Input\":\"{\\\"c\\\":1}\"," DETAILS ",\"Status\":\"PENDING\"}]");

    size_t sizes[3];
    static const char *const names[] = {"FAILED", "PENDING", "SUCCEEDED"};

    for (int i = 0; i < 3; i++) {
        CLEANUP(free_p) char *key = xasprintf("r/out/%s/%s_0.json", run.uuid, names[i]);

        sizes[i] = strlen(s3_object(&s3, key));
    }
    CLEANUP(free_p)
    char *manifest =
        xasprintf("{\"DestinationBucket\":\"r\",\"MapRunArn\":\"" ARN(
                      "mapRun:m/L:<run>") "\",\"ResultFiles\":{\"FAILED\":[{\"Key\":\"out/<run>/"
                                          "FAILED_0.json\",\"Size\":%zu}],\"PENDING\":[{\"Key\":"
                                          "\"out/<run>/PENDING_0.json\","
                                          "\"Size\":%zu}],\"SUCCEEDED\":[{\"Key\":\"out/<run>/"
                                          "SUCCEEDED_0.json\",\"Size\":%zu}]}}",
                  sizes[0], sizes[1], sizes[2]);

    expect_file(w, &run, "manifest.json", manifest);

    /* The redrive has a folder of its own; what is there stays. */
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    run = run_of(w, &a);
    assert_int_equal(run.status, EXECUTION_SUCCEEDED);
    assert_int_equal(run.executions.written, 4);
    CLEANUP(free_p)
    char *output = xasprintf(
        "{\"MapRunArn\":\"" ARN("mapRun:m/L:%s") "\",\"ResultWriterDetails\":{\"Bucket\":\"r\","
                                                 "\"Key\":\"out/%s/Redrive-1/manifest.json\"}}",
        run.uuid, run.uuid);

    assert_text(execution(w, &a, "e").output.text, output);
    expect_file(w, &run, "manifest.json", manifest);
    expect_file(w, &run, "Redrive-1/SUCCEEDED_0.json",
                "[" SUCCEEDED_CHILD("\\\"a\\\"", "0") "," SUCCEEDED_CHILD("\\\"b\\\"", "0") "," //
                SUCCEEDED_CHILD("\\\"fail\\\"", "1") "," SUCCEEDED_CHILD("{\\\"c\\\":1}", "0") "]");
    expect_file(w, &run, "Redrive-1/FAILED_0.json", "");
    expect_history(w, execution(w, &a, "e").id, 10,
                   "ExecutionRedriven<-9 MapRunRedriven<-5 MapRunSucceeded<-11 "
                   "MapStateSucceeded<-12 MapStateExited<-11 PassStateEntered<-14 "
                   "PassStateExited<-15 ExecutionSucceeded<-16");
    arena_done(&a);
}

/* Recorded: the state's output, with the prefix and without. */
static void test_output(void **state)
{
    static const char *const prefixes[][2] = {
        {"", ""}, {",\"Prefix\":\"a/b/\"", "a/b/"}, {",\"Prefix\":\"\"", ""}};
    struct world *w = *state;
    struct arena a;

    arena_init(&a);
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        CLEANUP(free_p)
        char *definition =
            xasprintf(MAP_OF("STANDARD", LABEL WRITER_OF("%s", ""), PASSES), prefixes[i][0]);

        if (w->engine)
            world_close(w);
        world_open(w);
        start(w, definition, "[]");

        CLEANUP(free_p) char *uuid = xstrdup(run_of(w, &a).uuid);
        CLEANUP(free_p)
        char *output = xasprintf(
            "{\"MapRunArn\":\"" ARN("mapRun:m/L:%s") "\",\"ResultWriterDetails\":{\"Bucket\":"
                                                     "\"r\",\"Key\":\"%s%s/manifest.json\"}}",
            uuid, prefixes[i][1], uuid);

        assert_text(execution(w, &a, "e").output.text, output);
    }
    arena_done(&a);
}

static void expect_formatted(struct world *w, const char *definition, const char *name,
                             const char *expected)
{
    struct arena a;
    struct store_map_run run;

    arena_init(&a);
    if (w->engine)
        world_close(w);
    world_open(w);
    start(w, definition, "[[1,[2]],3,[],\"fail\"]");
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    run = run_of(w, &a);
    expect_file(w, &run, name, expected);
    assert_int_equal(run.executions.written, 4);
    arena_done(&a);
}

static void test_formats(void **state)
{
    struct world *w = *state;

#define FORMATTED(config) MAP_OF("EXPRESS", LABEL WRITER_OF(",\"Prefix\":\"out\"", config), PASSES)
    expect_formatted(w, FORMATTED(CONFIG("COMPACT", "JSON")), "SUCCEEDED_0.json",
                     "[[1,[2]],3,[],\"fail\"]");
    expect_formatted(w, FORMATTED(CONFIG("FLATTEN", "JSON")), "SUCCEEDED_0.json",
                     "[1,[2],3,\"fail\"]");
    expect_formatted(w, FORMATTED(CONFIG("FLATTEN", "JSONL")), "SUCCEEDED_0.jsonl",
                     "1\n[2]\n3\n\"fail\"\n");
}

/* A WriterConfig alone shapes the output of the state. */
static void test_without_bucket(void **state)
{
    struct world *w = *state;
    struct arena a;

    arena_init(&a);
    world_open(w);
    start(w,
          MAP_OF("STANDARD",
                 "\"ResultWriter\":{\"WriterConfig\":{\"Transformation\":\"FLATTEN\"}},", PASSES),
          "[[],[1,[2]],3,[]]");
    assert_text(execution(w, &a, "e").output.text, "[1,[2],3]");
    world_close(w);
    world_open(w);
    start(w,
          MAP_OF("STANDARD",
                 LABEL "\"ResultWriter\":{\"WriterConfig\":{\"Transformation\":\"NONE\"}},",
                 PASSES),
          "[7]");

    CLEANUP(free_p)
    char *output =
        xmemdup(execution(w, &a, "e").output.text.data, execution(w, &a, "e").output.text.len);

    assert_non_null(strstr(output, "\"Output\":\"7\""));
    assert_non_null(strstr(output, "[{\"ExecutionArn\":\"" ARN("execution:m/L:")));
    world_close(w);
    world_open(w);
    start(w,
          MAP_OF("STANDARD",
                 "\"ResultWriter\":{\"WriterConfig\":{\"Transformation\":\"COMPACT\"}},", PASSES),
          "[[1],2]");
    assert_text(execution(w, &a, "e").output.text, "[[1],2]");
    assert_string_equal(s3.log.data, "");
    arena_done(&a);
}

/* A file is full before all results are in it. */
static void test_parts(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct strbuf input;
    struct store_map_run run;
    size_t entries = 0;

    arena_init(&a);
    world_open(w);
    strbuf_init(&input, 1 << 20);
    strbuf_adds(&input, "{\"n\":[");
    for (int i = 0; i < 60; i++)
        strbuf_addf(&input, "%s%d", i ? "," : "", i);
    strbuf_addf(&input, "],\"t\":\"%.*s\"}", 100000,
                (char *)memset(arena_alloc(&a, 100000), 'x', 100000));
    start(w,
          MAP_OF("STANDARD",
                 LABEL WRITER "\"ItemsPath\":\"$.n\",\"ItemSelector\":{\"t.$\":\"$.t\"},", PASSES),
          input.data);
    run = run_of(w, &a);
    for (int i = 0; i < 2; i++) {
        CLEANUP(free_p) char *key = xasprintf("r/out/%s/SUCCEEDED_%d.json", run.uuid, i);
        const char *text = s3_object(&s3, key);
        CLEANUP(json_unref_p) struct json *list = json_parse(text, strlen(text), 0, NULL);

        assert_non_null(list);
        assert_true(strlen(text) < LIMIT_RESULT_FILE_BYTES + 300000);
        entries += json_len(list);
    }
    assert_int_equal(entries, 60);
    assert_int_equal(run.executions.written, 60);
    strbuf_done(&input);
    arena_done(&a);
}

/* The results do not get where they belong; a redrive writes them. */
static void test_refused(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    s3_refuse_names(&s3, "SUCCEEDED_0");
    start(w, MAP_OF("STANDARD", LABEL WRITER, PASSES), "[1,2]");
    x = execution(w, &a, "e");
    assert_string_equal(x.error, "States.ResultWriterFailed");
    assert_string_equal(x.cause, "refused");
    expect_history(
        w, x.id, 5,
        "MapStateStarted<-4 MapRunStarted<-5 MapRunFailed<-6 MapStateFailed<-7 ExecutionFailed<-8");
    run = run_of(w, &a);
    assert_counts(run.executions, 0, 0, 2, 0, 0, 0, 0, 2);
    assert_int_equal(run.executions.written, 0);
    s3_refuse_names(&s3, NULL);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    run = run_of(w, &a);
    assert_int_equal(run.executions.written, 2);
    assert_int_equal(count_children(w, &a, &run, 0, STORE_REDRIVEN), 0);
    arena_done(&a);
}

/* The run's own error is what is told, not that of the writing. */
static void test_refused_after_failure(void **state)
{
    struct world *w = *state;
    struct arena a;

    arena_init(&a);
    world_open(w);
    s3_refuse_names(&s3, "r/");
    fail_times(w, 1);
    start(w, MAP_OF("STANDARD", LABEL WRITER, TASKS), "[\"fail\"]");
    assert_string_equal(execution(w, &a, "e").error, "States.ExceedToleratedFailureThreshold");
    arena_done(&a);
}

/* The parent is stopped: the results are written all the same, items as they were captured. */
static void test_stopped(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    start(w,
          MAP_OF("STANDARD",
                 LABEL WRITER ONE_BY_ONE "\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value\"},",
                 TASKS),
          "[\"a\",\"never\",\"b\"]");
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    run = run_of(w, &a);
    assert_int_equal(run.status, EXECUTION_ABORTED);
    assert_int_equal(run.executions.written, 3);
    expect_file(w, &run, "PENDING_0.json",
                "[{\"Input\":\"\\\"b\\\"\"," DETAILS ",\"Status\":\"PENDING\"}]");

    CLEANUP(free_p) char *failed = masked(w, &run, "out/", "FAILED_0.json");

    assert_non_null(strstr(failed, "\"Status\":\"ABORTED\""));
    assert_non_null(strstr(failed, "[{\"Cause\":\"The map run execution ["));
    arena_done(&a);
}

/* Stopped while S3 does not answer: the request stays out, and the run ends ABORTED when it comes back. */
static void test_stopped_while_writing(void **state)
{
    struct world *w = *state;
    struct arena a;

    arena_init(&a);
    world_open(w);
    s3.silent = true;
    start(w, MAP_OF("STANDARD", LABEL WRITER, PASSES), "[1]");
    assert_int_equal(run_of(w, &a).status, EXECUTION_RUNNING);
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(run_of(w, &a).status, EXECUTION_RUNNING);
    s3.silent = false;
    s3_answer(&s3, s3.asked, s3.last, TEXT("{}"));
    world_settle(w);
    assert_int_equal(run_of(w, &a).status, EXECUTION_ABORTED);
    assert_int_equal(run_of(w, &a).executions.written, 1);
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    arena_done(&a);
}

/* Batches that never started, as their children would have got them. */
static void test_pending_batches(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_map_run run;

    arena_init(&a);
    world_open(w);
    fail_times(w, 1);
    start(w,
          MAP_OF("STANDARD",
                 LABEL WRITER ONE_BY_ONE
                 "\"ItemBatcher\":{\"MaxItemsPerBatch\":2,\"BatchInput\":{\"x\":1}},",
                 TASKS),
          "[\"fail\",1,2,3,4]");
    run = run_of(w, &a);
    assert_int_equal(run.executions.written, 3);
    assert_int_equal(run.items.written, 5);
    expect_file(
        w, &run, "PENDING_0.json",
        "[{\"Input\":\"{\\\"BatchInput\\\":{\\\"x\\\":1},\\\"Items\\\":[2,3]}\"," DETAILS
        ",\"Status\":\"PENDING\"},{\"Input\":\"{\\\"BatchInput\\\":{\\\"x\\\":1},\\\"Items\\\":[4]}"
        "\"," DETAILS ",\"Status\":\"PENDING\"}]");
    arena_done(&a);
}

/* Read, worked on, failed, redriven and written; killed and continued after every commit. */
static void test_killed(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_map_run run;

    arena_init(&a);
    world_use_file(w);
    w->kill = true;
    w->steps = 1;
    s3_puts(&s3, "b/k", "[\"a\",\"b\",\"fail\",\"c\"]");
    world_open(w);
    fail_times(w, 1);
    start(w,
          MAP_OF("STANDARD",
                 LABEL WRITER ONE_BY_ONE
                 "\"ItemReader\":{\"Resource\":\"arn:aws:states:::s3:getObject\",\"Parameters\":"
                 "{\"Bucket\":\"b\",\"Key\":\"k\"},\"ReaderConfig\":{\"InputType\":\"JSON\"}},",
                 TASKS),
          "{}");
    run = run_of(w, &a);
    assert_int_equal(run.status, EXECUTION_FAILED);
    assert_int_equal(run.executions.written, 4);
    expect_file(w, &run, "SUCCEEDED_0.json",
                "[" SUCCEEDED_CHILD("\\\"a\\\"", "0") "," SUCCEEDED_CHILD("\\\"b\\\"", "0") "]");
    expect_file(w, &run, "PENDING_0.json",
                "[{\"Input\":\"\\\"c\\\"\"," DETAILS ",\"Status\":\"PENDING\"}]");
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    run = run_of(w, &a);
    assert_int_equal(run.status, EXECUTION_SUCCEEDED);
    assert_int_equal(run.executions.written, 4);
    expect_file(w, &run, "Redrive-1/SUCCEEDED_0.json",
                "[" SUCCEEDED_CHILD("\\\"a\\\"", "0") "," SUCCEEDED_CHILD("\\\"b\\\"", "0") "," //
                SUCCEEDED_CHILD("\\\"fail\\\"", "1") "," SUCCEEDED_CHILD("\\\"c\\\"", "0") "]");
    assert_true(w->kills > 20);
    arena_done(&a);
}

#undef TEST
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_files),
        TEST(test_output),
        TEST(test_formats),
        TEST(test_without_bucket),
        TEST(test_parts),
        TEST(test_refused),
        TEST(test_refused_after_failure),
        TEST(test_stopped),
        TEST(test_stopped_while_writing),
        TEST(test_pending_batches),
        TEST(test_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
