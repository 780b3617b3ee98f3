/* ItemReader of a Distributed Map: reference/asl.md section 9, reference/redrive.md section 6. */
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

#define READER_OF(action, parameters, config)                                          \
    "\"ItemReader\":{\"Resource\":\"arn:aws:states:::s3:" action "\",\"Parameters\":{" \
    "\"Bucket\":\"b\"," parameters "},\"ReaderConfig\":{" config "}},"
#define READ(config) READER_OF("getObject", "\"Key.$\":\"$.key\"", config)
#define LIST(config) READER_OF("listObjectsV2", "\"Prefix\":\"p\"", config)
#define JSON_FILE    "\"InputType\":\"JSON\""
#define SELECT                                                                        \
    "\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value\",\"s.$\":\"$$.Map.Item.Source\"," \
    "\"i.$\":\"$$.Map.Item.Index\"},"

/* A new machine and execution in a new world. */
static struct store_execution run_new(struct world *w, struct arena *a, const char *definition,
                                      const char *input)
{
    if (w->engine)
        world_close(w);
    world_open(w);
    strbuf_clear(&s3.log);
    start(w, definition, input);
    return execution(w, a, "e");
}

static void expect_output(struct world *w, const char *definition, const char *output,
                          const char *log)
{
    struct arena a;
    struct store_execution x;

    arena_init(&a);
    x = run_new(w, &a, definition, "{\"key\":\"k\"}");
    if (x.status != EXECUTION_SUCCEEDED)
        fail_msg("%s: %s", x.error, x.cause);
    assert_text(x.output.text, output);
    if (log)
        assert_string_equal(s3.log.data, log);
    arena_done(&a);
}

static void expect_error(struct world *w, const char *definition, const char *error,
                         const char *cause)
{
    struct arena a;
    struct store_execution x;

    arena_init(&a);
    x = run_new(w, &a, definition, "{\"key\":\"k\"}");
    assert_int_equal(x.status, EXECUTION_FAILED);
    assert_string_equal(x.error, error);
    if (!strstr(x.cause, cause))
        fail_msg("%s\nis not in\n%s", cause, x.cause);
    arena_done(&a);
}

/* Recorded: reference/history.md section 4, Distributed Map; ItemsPath is not looked at. */
static void test_history(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;

    arena_init(&a);
    s3_puts(&s3, "b/k", "[[\"x\"],7]");
    x = run_new(w, &a, MAP_OF("STANDARD", "\"ItemsPath\":\"$.nowhere\"," READ(JSON_FILE), PASSES),
                "{\"key\":\"k\"}");
    assert_text(x.output.text, "[[\"x\"],7]");
    expect_history(w, x.id, 4,
                   "MapStateEntered<-3 MapStateStarted<-4 MapRunStarted<-5 MapRunSucceeded<-6 "
                   "MapStateSucceeded<-7 MapStateExited<-6 PassStateEntered<-9 PassStateExited<-10 "
                   "ExecutionSucceeded<-11");
    expect_details(w, x.id, 5, "{\"length\":0}");
    run = map_run(w, &a, x.id, NULL);
    assert_counts(run.executions, 0, 0, 2, 0, 0, 0, 0, 2);
    assert_counts(run.items, 0, 0, 2, 0, 0, 0, 0, 2);
    assert_string_equal(s3.log.data, "get b/k\n");
    arena_done(&a);
}

static void test_objects(void **state)
{
    struct world *w = *state;

    s3_puts(&s3, "b/k", "a,b\n1,2\n");
    expect_output(w,
                  MAP_OF("STANDARD",
                         READ("\"InputType\":\"CSV\",\"CSVHeaderLocation\":\"FIRST_ROW\"") SELECT,
                         PASSES),
                  "[{\"v\":{\"a\":\"1\",\"b\":\"2\"},\"s\":\"s3://b/k\",\"i\":0}]", NULL);
    s3_puts(&s3, "b/k", "1\n[2]\n");
    expect_output(w, MAP_OF("EXPRESS", READ("\"InputType\":\"JSONL\""), PASSES), "[1,[2]]", NULL);
    s3_puts(&s3, "b/k", "{\"l\":[1,2]}");
    expect_output(
        w, MAP_OF("STANDARD", READ(JSON_FILE ",\"ItemsPointer\":\"/l\",\"MaxItems\":1"), PASSES),
        "[1]", NULL);
    s3_puts(&s3, "b/k", "[]");
    expect_output(w, MAP_OF("STANDARD", READ(JSON_FILE), PASSES), "[]", NULL);
    s3_puts(&s3, "b/k", "[1,2,3]");
    expect_output(w,
                  MAP_OF("STANDARD",
                         READ(JSON_FILE) "\"ItemBatcher\":{\"MaxInputBytesPerBatch\":16},", PASSES),
                  "[{\"Items\":[1,2]},{\"Items\":[3]}]", NULL);
}

/* In JSONata, the same with Arguments. */
static void test_jsonata(void **state)
{
    s3_puts(&s3, "b/k", "[1,2]");
    expect_output(
        *state,
        "{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\","
        "\"ItemReader\":{\"Resource\":\"arn:aws:states:::s3:getObject\",\"Arguments\":{\"Bucket\":"
        "\"b\",\"Key\":\"{% $states.input.key %}\"},\"ReaderConfig\":{\"InputType\":\"JSON\","
        "\"MaxItems\":\"{% 1 %}\"}},\"ItemSelector\":\"{% [$states.context.Map.Item.Value] %}\","
        "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":"
        "\"STANDARD\"}," PASSES "},\"End\":true}}}",
        "[[1]]", "get b/k\n");
}

static void test_listing(void **state)
{
    struct world *w = *state;

    s3_puts(&s3, "b/p1", "[1,2]");
    s3_puts(&s3, "b/q", "x");
    s3_puts(&s3, "b/p2", "[3]");
    s3_puts(&s3, "b/p3", "[]");
    s3_puts(&s3, "b/p4", "[4,5]");
    expect_output(
        w,
        MAP_OF("STANDARD",
               LIST("\"MaxItems\":3") "\"ItemSelector\":{\"k.$\":\"$$.Map.Item.Value.Key\",\"s.$\":"
                                      "\"$$.Map.Item.Source\"},",
               PASSES),
        "[{\"k\":\"p1\",\"s\":\"s3://b\"},{\"k\":\"p2\",\"s\":\"s3://b\"},{\"k\":\"p3\",\"s\":"
        "\"s3://b\"}]",
        "lis b/p\nlis b/p\n");
    expect_output(w,
                  MAP_OF("STANDARD",
                         LIST("\"Transformation\":\"LOAD_AND_FLATTEN\"," JSON_FILE) SELECT
                         "\"MaxConcurrency\":1,",
                         PASSES),
                  "[{\"v\":1,\"s\":\"s3://b/p1\",\"i\":0},{\"v\":2,\"s\":\"s3://b/p1\",\"i\":1},"
                  "{\"v\":3,\"s\":\"s3://b/p2\",\"i\":2},{\"v\":4,\"s\":\"s3://b/p4\",\"i\":3},"
                  "{\"v\":5,\"s\":\"s3://b/p4\",\"i\":4}]",
                  "lis b/p\nget b/p1\nget b/p2\nlis b/p\nget b/p3\nget b/p4\n");
    /* No more is read than is needed. */
    expect_output(w,
                  MAP_OF("STANDARD",
                         LIST("\"Transformation\":\"LOAD_AND_FLATTEN\",\"MaxItems\":2," JSON_FILE),
                         PASSES),
                  "[1,2]", "lis b/p\nget b/p1\n");
}

/* gzip of "k1,1\nk2,2\n" */
static const unsigned char inventory_file[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x36, 0xd4, 0x31, 0xe4,
    0xca, 0x36, 0xd2, 0x31, 0xe2, 0x02, 0x00, 0x64, 0xcd, 0xa3, 0x7a, 0x0a, 0x00, 0x00, 0x00};

static void test_manifests(void **state)
{
    struct world *w = *state;

    s3_puts(&s3, "b/k",
            "{\"destinationBucket\":\"arn:aws:s3:::d\",\"fileFormat\":\"CSV\",\"fileSchema\":"
            "\"Key, Size\",\"files\":[{\"key\":\"f.csv.gz\"},{\"key\":\"g.csv\"}]}");
    s3_put(&s3, "d/f.csv.gz", (const char *)inventory_file, sizeof(inventory_file));
    s3_puts(&s3, "d/g.csv", "k3,3\n");

    static const char expected[] = "[{\"Key\":\"k1\",\"Size\":\"1\"},{\"Key\":\"k2\",\"Size\":"
                                   "\"2\"},{\"Key\":\"k3\",\"Size\":\"3\"}]";

    expect_output(w, MAP_OF("STANDARD", READ("\"InputType\":\"MANIFEST\""), PASSES), expected,
                  "get b/k\nget d/f.csv.gz\nget d/g.csv\n");
    expect_output(w, MAP_OF("STANDARD", READ("\"ManifestType\":\"S3_INVENTORY\""), PASSES),
                  expected, NULL);
    s3_puts(&s3, "b/k", "s3://d/1\ns3://d/2\n");
    s3_puts(&s3, "d/1", "1\n2\n");
    s3_puts(&s3, "d/2", "3\n");
    expect_output(w,
                  MAP_OF("STANDARD",
                         READ("\"ManifestType\":\"ATHENA_DATA\",\"InputType\":\"JSONL\""), PASSES),
                  "[1,2,3]", NULL);
}

static void test_max_items(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;

    arena_init(&a);
    s3_puts(&s3, "b/k", "[1,2,3]");

    static const char by_path[] =
        MAP_OF("STANDARD", READ(JSON_FILE ",\"MaxItemsPath\":\"$.n\""), PASSES);
    static const struct {
        const char *input, *output;
    } cases[] = {
        {"{\"key\":\"k\",\"n\":\"2\"}", "[1,2]"}, /* recorded: a number's text will do */
        {"{\"key\":\"k\",\"n\":0}", "[1,2,3]"},
        {"{\"key\":\"k\",\"n\":100000001}", "[1,2,3]"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        x = run_new(w, &a, by_path, cases[i].input);
        assert_text(x.output.text, cases[i].output);
    }
    /* Recorded. */
    x = run_new(w, &a, by_path, "{\"key\":\"k\",\"n\":1.5}");
    assert_string_equal(x.error, "States.Runtime");
    assert_string_equal(x.cause, "An error occurred while executing the state 'M' (entered at the "
                                 "event id #4). The MaxItemsPath field refers to value \"1.5\" "
                                 "which is not a valid integer: $.n");
    expect_history(w, x.id, 5, "MapStateStarted<-4 ExecutionFailed<-5");
    x = run_new(w, &a, by_path, "{\"key\":\"k\",\"n\":-1}");
    assert_string_equal(x.error, "States.ItemReaderFailed");
    assert_string_equal(x.cause, "field MaxItems must be positive");
    expect_history(
        w, x.id, 5,
        "MapStateStarted<-4 MapRunStarted<-5 MapRunFailed<-6 MapStateFailed<-7 ExecutionFailed<-8");
    arena_done(&a);
}

static void test_failures(void **state)
{
    struct world *w = *state;
    static const char failed[] = "States.ItemReaderFailed";

    expect_error(w, MAP_OF("STANDARD", READ(JSON_FILE), PASSES), failed,
                 "The specified key does not exist.");
    s3_puts(&s3, "b/k", "[1]");
    expect_error(w, MAP_OF("STANDARD", READ("\"InputType\":\"PARQUET\""), PASSES), failed,
                 "PARQUET is not supported");
    s3_puts(&s3, "b/k", "\x1F\x8B\x08x");
    expect_error(w, MAP_OF("STANDARD", READ(JSON_FILE), PASSES), failed, "not valid gzip data");
    expect_error(w, MAP_OF("STANDARD", READ("\"InputType\":\"MANIFEST\""), PASSES), failed, "");
    s3_refuse_names(&s3, "b/p");
    expect_error(w, MAP_OF("STANDARD", LIST(JSON_FILE), PASSES), failed, "refused");
    /* What cannot be evaluated fails before there is a run. */
    expect_error(
        w, MAP_OF("STANDARD", READER_OF("getObject", "\"Key.$\":\"$.no\"", JSON_FILE), PASSES),
        "States.Runtime", "'$.no'");
    assert_string_equal(s3.log.data, "");
    expect_error(
        w,
        "{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\","
        "\"ItemReader\":{\"Resource\":\"arn:aws:states:::s3:listObjectsV2\",\"Arguments\":"
        "\"{% 5 %}\"},\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\","
        "\"ExecutionType\":\"STANDARD\"}," PASSES "},\"End\":true}}}",
        "States.QueryEvaluationError", "object");
}

/* gzip of a thousand zeros (the digit) */
static const unsigned char zeros[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                      0x33, 0x30, 0x18, 0x05, 0xa3, 0x60, 0x14, 0x0c, 0x77, 0x00,
                                      0x00, 0x83, 0x99, 0x5f, 0xa8, 0xe8, 0x03, 0x00, 0x00};

/* At each limit, and one past. */
static void test_limits(void **state)
{
    struct world *w = *state;
    static const char definition[] = MAP_OF("STANDARD", READ(JSON_FILE), PASSES);

    s3_puts(&s3, "b/k", "[1,2,3]");
    w->limits.map_run_items = 3;
    w->limits.object_bytes = 7;
    expect_output(w, definition, "[1,2,3]", NULL);
    w->limits.map_run_items = 2;
    expect_error(w, definition, "States.ItemReaderFailed", "There are more than 2 items.");
    w->limits.map_run_items = 3;
    w->limits.object_bytes = 6;
    expect_error(w, definition, "States.ItemReaderFailed",
                 "The object s3://b/k is larger than 6 bytes.");
    /* Unpacked, an object is as large as it is then. */
    s3_put(&s3, "b/k", (const char *)zeros, sizeof(zeros));
    w->limits.object_bytes = 1000;
    expect_output(w, MAP_OF("STANDARD", READ("\"InputType\":\"CSV\""), PASSES), "[]", NULL);
    w->limits.object_bytes = 999;
    expect_error(w, MAP_OF("STANDARD", READ("\"InputType\":\"CSV\""), PASSES),
                 "States.ItemReaderFailed", "The object s3://b/k is larger than 999 bytes.");
    s3_put(&s3, "b/k", (const char *)inventory_file, sizeof(inventory_file));
    w->limits.object_bytes = sizeof(inventory_file);
    expect_output(w, MAP_OF("STANDARD", READ("\"InputType\":\"CSV\",\"MaxItems\":1"), PASSES),
                  "[{\"k1\":\"k2\",\"1\":\"2\"}]", NULL);

    /* As deep as an item may be, and one level more. */
    char deep[2 * LIMIT_JSON_DEPTH + 1];

    memset(deep, '[', LIMIT_JSON_DEPTH);
    memset(deep + LIMIT_JSON_DEPTH, ']', LIMIT_JSON_DEPTH);
    w->limits = limits_service;
    s3_put(&s3, "b/k", deep, 2 * LIMIT_JSON_DEPTH);
    expect_output(w, MAP_OF("STANDARD", READ(JSON_FILE) "\"ResultPath\":null,", PASSES),
                  "{\"key\":\"k\"}", NULL);
    deep[2 * LIMIT_JSON_DEPTH] = '\n';
    s3_put(&s3, "b/k", deep, 2 * LIMIT_JSON_DEPTH + 1);
    expect_error(w, MAP_OF("STANDARD", READ("\"InputType\":\"JSONL\""), PASSES),
                 "States.ItemReaderFailed", "An item is nested more than 999 levels deep.");

    /* A batch that is too large is not built. */
    s3_puts(&s3, "b/k", "[\"0123456789012345678901234567890123456789\",2]");
    w->limits.payload_bytes = 45;
    expect_error(
        w, MAP_OF("STANDARD", READ(JSON_FILE) "\"ItemBatcher\":{\"MaxItemsPerBatch\":9},", PASSES),
        "States.DataLimitExceeded", "");
}

/* Nothing was started: S3 is read again.  Something was: the items stay what they were. */
static void test_redrive(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;
    struct store_map_run run;
    int runs;

    arena_init(&a);
    fail_times(w, 1);
    x = run_new(w, &a, MAP_OF("STANDARD", READ(JSON_FILE) "\"MaxConcurrency\":1,", TASKS),
                "{\"key\":\"k\"}");
    expect_history(
        w, x.id, 5,
        "MapStateStarted<-4 MapRunStarted<-5 MapRunFailed<-6 MapStateFailed<-7 ExecutionFailed<-8");
    s3_puts(&s3, "b/k", "[\"a\",\"fail\",\"b\"]");
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    expect_history(w, x.id, 10,
                   "ExecutionRedriven<-9 MapRunRedriven<-5 MapRunFailed<-11 MapStateFailed<-12 "
                   "ExecutionFailed<-13");
    run = map_run(w, &a, x.id, NULL);
    assert_counts(run.items, 1, 0, 1, 1, 0, 0, 0, 3);
    s3_puts(&s3, "b/k", "[\"other\"]");
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    run = map_run(w, &a, x.id, &runs);
    assert_int_equal(runs, 1);
    assert_counts(run.items, 0, 0, 3, 0, 0, 0, 0, 3);
    assert_text(execution(w, &a, "e").output.text, "[\"a\",\"fail\",\"b\"]");
    assert_string_equal(s3.log.data, "get b/k\nget b/k\n");
    arena_done(&a);
}

/* Stopped while S3 does not answer: the request is given up, and made again by the redrive. */
static void test_stop(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct store_execution x;

    arena_init(&a);
    s3.silent = true;
    x = run_new(w, &a, MAP_OF("STANDARD", READ(JSON_FILE), PASSES), "{\"key\":\"k\"}");
    assert_int_equal(x.status, EXECUTION_RUNNING);
    assert_int_equal(s3.open, 1);
    assert_int_equal(world_stop(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_int_equal(s3.open, 0);
    assert_int_equal(map_run(w, &a, x.id, NULL).status, EXECUTION_ABORTED);
    s3_puts(&s3, "b/k", "[1]");
    s3_answer(&s3, s3.asked, s3.last, TEXT("[7]")); /* too late */
    s3.silent = false;
    assert_int_equal(world_redrive(w, "m", "e", NULL, NULL), ENGINE_OK);
    world_settle(w);
    assert_text(execution(w, &a, "e").output.text, "[1]");
    expect_history(w, x.id, 7,
                   "ExecutionAborted<-0 ExecutionRedriven<-7 MapRunRedriven<-5 MapRunSucceeded<-9 "
                   "MapStateSucceeded<-10 MapStateExited<-9 PassStateEntered<-12 "
                   "PassStateExited<-13 ExecutionSucceeded<-14");
    arena_done(&a);
}

/* Only so many runs have objects in memory; the others take their places. */
static void test_at_once(void **state)
{
    struct world *w = *state;
    struct arena a;
    char name[16];

    arena_init(&a);
    world_open(w);
    s3.silent = true;
    s3_puts(&s3, "b/k", "[1]");
    assert_int_equal(world_create(w, "m", MAP_OF("STANDARD", READ(JSON_FILE), PASSES)), ENGINE_OK);
    for (int i = 0; i < LIMIT_OBJECTS_AT_ONCE + 2; i++) {
        snprintf(name, sizeof(name), "e%d", i);
        assert_int_equal(world_start(w, "m", name, "{\"key\":\"k\"}"), ENGINE_OK);
    }
    world_settle(w);
    assert_int_equal(s3.open, LIMIT_OBJECTS_AT_ONCE);
    s3.silent = false;
    assert_int_equal(world_stop(w, "m", "e0", NULL, NULL), ENGINE_OK);
    world_settle(w);
    for (int i = LIMIT_OBJECTS_AT_ONCE; i < LIMIT_OBJECTS_AT_ONCE + 2; i++) {
        snprintf(name, sizeof(name), "e%d", i);
        assert_int_equal(execution(w, &a, name).status, EXECUTION_SUCCEEDED);
    }
    arena_done(&a);
}

/* Many items, in many rows; killed and continued after every commit. */
static void test_killed(void **state)
{
    struct world *w = *state;
    struct arena a;
    struct strbuf items;
    struct store_map_run run;
    struct store_map_items row;

    arena_init(&a);
    strbuf_init(&items, 1 << 20);
    for (int i = 0; i < 40; i++)
        strbuf_addf(&items, "%s\"%05d%5000s\"", i ? "," : "[", i, "");
    strbuf_addc(&items, ']');
    s3_put(&s3, "b/k", items.data, items.len);
    world_use_file(w);
    w->kill = true;
    world_open(w);
    start(w,
          MAP_OF("STANDARD",
                 READ(JSON_FILE) "\"ItemBatcher\":{\"MaxInputBytesPerBatch\":21000},"
                                 "\"MaxConcurrency\":3,\"ToleratedFailurePercentage\":100,"
                                 "\"ResultPath\":null,",
                 TASKS),
          "{\"key\":\"k\"}");
    assert_true(w->kills > 3);
    assert_int_equal(execution(w, &a, "e").status, EXECUTION_SUCCEEDED);
    run = map_run(w, &a, execution(w, &a, "e").id, NULL);
    assert_counts(run.executions, 0, 0, 10, 0, 0, 0, 0, 10);
    assert_counts(run.items, 0, 0, 40, 0, 0, 0, 0, 40);
    for (int i = 0; i < 10; i++) {
        CLEANUP(free_p) char *first = xasprintf("{\"Items\":[\"%05d ", 4 * i);

        assert_memory_equal(child(w, &a, &run, i).input.text.data, first, strlen(first));
    }
    /* Nobody can ask for them any more. */
    assert_int_equal(store_get_map_items(w->store, &a, run.id, 0, &row), ERR_NOT_FOUND);
    strbuf_done(&items);
    arena_done(&a);
}

#undef TEST
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_history),   TEST(test_objects),   TEST(test_jsonata),  TEST(test_listing),
        TEST(test_manifests), TEST(test_max_items), TEST(test_failures), TEST(test_limits),
        TEST(test_redrive),   TEST(test_stop),      TEST(test_at_once),  TEST(test_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
