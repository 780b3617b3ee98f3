/* Path fields, ResultPath and the wording of missing paths: reference/asl.md 3. */
#include "tests/unit/asl/asl_fixture.h"

static struct asl_machine *pass_with(const char *fields)
{
    char *text = xasprintf(
        "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Pass\",\"End\":true%s}}}", fields);
    struct asl_machine *m = machine_of(text);
    free(text);
    return m;
}

static void test_path_fields(void **state)
{
    static const struct {
        const char *field, *expected, *cause;
    } rows[] = {
        {"", "{\"a\":{\"b\":1.0}}", NULL},
        {",\"InputPath\":\"$\"", "{\"a\":{\"b\":1.0}}", NULL},
        {",\"InputPath\":\"$.a\"", "{\"b\":1.0}", NULL},
        {",\"InputPath\":null", "{}", NULL},
        {",\"InputPath\":\"$$\"",
         "{\"Execution\":{\"Input\":{\"a\":{\"b\":1.0}},\"Name\":\"run\"}}", NULL},
        {",\"InputPath\":\"$a.b\"", "1.0", NULL},
        {",\"InputPath\":\"$.missing\"", NULL,
         "Invalid path '$.missing' : No results for path: $['missing']"},
        {",\"InputPath\":\"$.no.such.result.path\"", NULL,
         "Invalid path '$.no.such.result.path' : Missing property in path $['no']"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct asl_machine *m = pass_with(rows[i].field);
        struct documents docs = documents_of(json_of("{\"a\":{\"b\":1.00}}"));
        struct asl_env env = documents_env(&docs);
        struct asl_error err = {0};
        struct json *value = NULL;
        int r = asl_eval_path_field(&state_of(m, "S")->input_path, &env, &value, &err);
        assert_int_equal(r, rows[i].cause ? ERR_INVALID : 0);
        if (rows[i].cause) {
            assert_string_equal(err.name, "States.Runtime");
            assert_string_equal(err.cause, rows[i].cause);
            assert_false(err.evaluation);
        } else {
            assert_json(value, rows[i].expected);
        }
        json_unref(value);
        asl_error_done(&err);
        documents_done(&docs);
        asl_machine_unref(m);
    }
}

static void test_values_are_shared(void **state)
{
    struct asl_machine *m = pass_with(",\"Parameters\":{\"x.$\":\"$.a\",\"y\":{\"z\":1}}");
    struct documents docs = documents_of(json_of("{\"a\":[1]}"));
    struct asl_env env = documents_env(&docs);
    struct asl_error err = {0};
    struct json *value;
    (void)state;
    assert_int_equal(asl_eval(state_of(m, "S")->parameters, &env, &value, &err), 0);
    assert_ptr_equal(json_gets(value, "x"), json_gets(docs.input, "a"));
    assert_int_equal(docs.context_asked, 0);
    asl_machine_unref(m); /* the value outlives the machine */
    documents_done(&docs);
    assert_json(value, "{\"x\":[1],\"y\":{\"z\":1}}");
    json_unref(value);
}

static void test_result_path(void **state)
{
    static const struct {
        const char *field, *raw, *expected, *cause;
    } rows[] = {
        {"", "{\"a\":1}", "[2]", NULL},
        {",\"ResultPath\":\"$\"", "{\"a\":1}", "[2]", NULL},
        {",\"ResultPath\":null", "{\"a\":1}", "{\"a\":1}", NULL},
        {",\"ResultPath\":\"$.a\"", "{\"a\":1,\"b\":2}", "{\"a\":[2],\"b\":2}", NULL},
        {",\"ResultPath\":\"$.x.y\"", "{\"a\":1}", "{\"a\":1,\"x\":{\"y\":[2]}}", NULL},
        {",\"ResultPath\":\"$.child\"", "4", NULL,
         "Unable to apply ReferencePath $.child to input 4"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct asl_machine *m = pass_with(rows[i].field);
        struct asl_error err = {0};
        struct json *raw = json_of(rows[i].raw);
        struct json *result = json_of("[2]");
        struct json *value = NULL;
        int r = asl_apply_result_path(&state_of(m, "S")->result_path, raw, result, &value, &err);
        assert_int_equal(r, rows[i].cause ? ERR_INVALID : 0);
        if (rows[i].cause) {
            assert_string_equal(err.name, "States.ReferencePathConflict");
            assert_string_equal(err.cause, rows[i].cause);
        } else {
            assert_json(value, rows[i].expected);
        }
        json_unref(raw);
        json_unref(result);
        json_unref(value);
        asl_error_done(&err);
        asl_machine_unref(m);
    }
}

/* A path fails in the words of its field. */
static void test_missing_by_field(void **state)
{
    struct asl_machine *m = machine_of(
        "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"SecondsPath\":\"$.input.s\","
        "\"Next\":\"U\"},"
        "\"U\":{\"Type\":\"Wait\",\"TimestampPath\":\"$.t\",\"Next\":\"T\"},"
        "\"T\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:lambda:a:b:function:f\","
        "\"TimeoutSecondsPath\":\"$.NoSuchTimeoutSecondsPath\",\"Next\":\"M\"},"
        "\"M\":{\"Type\":\"Map\",\"ItemsPath\":\"$.items\",\"MaxConcurrencyPath\":\"$.max\","
        "\"Next\":\"F\","
        "\"ItemProcessor\":{\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Succeed\"}}}},"
        "\"F\":{\"Type\":\"Fail\",\"ErrorPath\":\"$.ErrorX\",\"CausePath\":\"States.Format('{}', "
        "$.c)\"}}}");
    const struct {
        const struct asl_expr *expr;
        const char *cause;
    } rows[] = {
        {state_of(m, "W")->u.wait.seconds,
         "The SecondsPath parameter does not reference an input value: $.input.s"},
        {state_of(m, "U")->u.wait.timestamp,
         "The TimestampPath parameter does not reference an input value: $.t"},
        {state_of(m, "T")->u.task.timeout,
         "Invalid path '$.NoSuchTimeoutSecondsPath' : No results for path: "
         "$['NoSuchTimeoutSecondsPath']"},
        {state_of(m, "M")->u.map.items, "Invalid path '$.items' : No results for path: $['items']"},
        {state_of(m, "M")->u.map.max_concurrency,
         "Invalid path '$.max' : No results for path: $['max']"},
        {state_of(m, "F")->u.fail.error,
         "The JSONPath '$.ErrorX' specified for the field 'ErrorPath' "
         "could not be found in the input '{\"a\":1}'"},
        {state_of(m, "F")->u.fail.cause,
         "The JSONPath '$.c' specified for the field 'CausePath' could "
         "not be found in the input '{\"a\":1}'"},
    };
    struct documents docs = documents_of(json_of("{\"a\":1}"));
    struct asl_env env = documents_env(&docs);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct asl_error err = {0};
        struct json *value;
        assert_int_equal(asl_eval(rows[i].expr, &env, &value, &err), ERR_INVALID);
        assert_string_equal(err.name, "States.Runtime");
        assert_string_equal(err.cause, rows[i].cause);
        asl_error_done(&err);
    }
    documents_done(&docs);
    asl_machine_unref(m);
}

/* reference/asl.md 6: what follows $states, by where the expression stands. */
static void test_jsonata_bindings(void **state)
{
    struct asl_machine *m = machine_of(
        "{\"StartAt\":\"T\",\"QueryLanguage\":\"JSONata\",\"States\":{\"T\":{\"Type\":\"Task\","
        "\"Resource\":\"arn:aws:states:::lambda:invoke\",\"Arguments\":{\"FunctionName\":\"f\","
        "\"Payload\":\"{% $states.input.x %}\"},\"Output\":\"{% $states.result.y %}\","
        "\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"E\","
        "\"Output\":{\"all\":\"{% $states %}\"}}],\"Next\":\"E\"},"
        "\"E\":{\"Type\":\"Succeed\",\"Output\":\"{% $states.context.Execution.Name & $x %}\"}}}");
    struct documents docs = documents_of(json_of("{\"x\":9007199254740993}"));
    struct json *result = json_of("{\"y\":[1.00]}");
    struct json *error = json_of("{\"Error\":\"E\",\"Cause\":\"\"}");
    struct asl_env env = documents_env(&docs);
    struct asl_error err = {0};
    struct json *value;
    const struct asl_state *t = state_of(m, "T");
    (void)state;
    assert_int_equal(asl_eval(t->parameters, &env, &value, &err), 0);
    assert_json(value, "{\"FunctionName\":\"f\",\"Payload\":9007199254740993}");
    json_unref(value);
    assert_int_equal(docs.context_asked, 0); /* it is dear to build */

    env.result = result;
    assert_int_equal(asl_eval(t->output, &env, &value, &err), 0);
    assert_json(value, "[1.0]");
    assert_ptr_equal(value, json_gets(result, "y")); /* shared, not copied */
    json_unref(value);

    env.result = NULL;
    env.error_output = error;
    assert_int_equal(asl_eval(t->catchers[0].output, &env, &value, &err), 0);
    assert_json(value, "{\"all\":{\"input\":{\"x\":9007199254740993},\"context\":{\"Execution\":"
                       "{\"Input\":{\"x\":9007199254740993},\"Name\":\"run\"}},\"errorOutput\":"
                       "{\"Error\":\"E\",\"Cause\":\"\"}}}");
    json_unref(value);
    assert_true(docs.context_asked > 0);
    json_unref(result);
    json_unref(error);
    documents_done(&docs);
    asl_machine_unref(m);
}

/* reference/asl.md 6: the error of an expression has a name of its own and tells where it stands. */
static void test_jsonata_failure(void **state)
{
    struct asl_machine *m = machine_of(
        "{\"StartAt\":\"P\",\"QueryLanguage\":\"JSONata\",\"States\":{\"P\":{\"Type\":\"Pass\","
        "\"Output\":{\"result\":\"{% $doesNotExist %}\"},\"End\":true}}}");
    struct documents docs = documents_of(json_of("1"));
    struct asl_env env = documents_env(&docs);
    struct asl_error err = {0};
    struct json *value;
    (void)state;
    assert_int_equal(asl_eval(state_of(m, "P")->output, &env, &value, &err), ERR_INVALID);
    assert_string_equal(err.name, "States.QueryEvaluationError");
    assert_string_equal(err.location, "Output/result");
    assert_true(err.evaluation);
    assert_false(err.no_prefix);
    asl_error_done(&err);
    documents_done(&docs);
    asl_machine_unref(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path_fields),      cmocka_unit_test(test_values_are_shared),
        cmocka_unit_test(test_result_path),      cmocka_unit_test(test_missing_by_field),
        cmocka_unit_test(test_jsonata_bindings), cmocka_unit_test(test_jsonata_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
