/* The header's contract: compiling, evaluating, outcomes, errors, sharing, threads. */
#include "jsonata_check.h"

#include <pthread.h>

#include "base/strbuf.h"

static void test_outcomes(void **state)
{
    (void)state;
    check_gives("1 + 2", NULL, "3");
    check_gives("$states.a.b", "{\"a\":{\"b\":[1]}}", "[1]");
    check_gives("nothing", "{}", "undefined");
    check_gives("$sum", NULL, "function");
    check_gives("function($x){$x}", NULL, "function");
    check_gives("[$sum, 1]", NULL, "[\"\",1]");
    check_gives("null", NULL, "null");
    /* reference/asl.md 6: the service has neither operator, and no $eval. */
    check_fails("1 ?? 2", NULL, "S0211", "The symbol \"?\" cannot be used as a unary operator", 4);
    check_fails("1 ?: 2", NULL, "S0211", "The symbol \":\" cannot be used as a unary operator", 4);
    check_fails("$eval('1')", NULL, "T1006", "Attempted to invoke a non-function", 6);
}

static void test_results_not_infinite(void **state)
{
    (void)state;
    check_fails("1/0", NULL, "D1001", "Number out of range: null", -1);
    check_fails("[1, 1/0]", NULL, "D1001", NULL, -1);
    check_gives("0 * -1", NULL, "0");
}

static void test_errors_say_where(void **state)
{
    (void)state;
    check_fails("$states.value + 1", "{\"value\":\"x\"}", "T2001",
                "The left side of the \"+\" operator must evaluate to a number", 15);
    check_fails("\"\xF0\x9D\x84\x9E\" + 1", NULL, "T2001", NULL, 6); /* UTF-16 units */
    check_fails("1 +", NULL, "S0207", "Unexpected end of expression", 3);
    check_fails("[1,2)", NULL, "S0202", "Expected \"]\", got \")\"", 5);
    check_fails("(1", NULL, "S0203", "Expected \")\" before end of expression", 2);
    check_fails("\"abc", NULL, "S0101", NULL, 4);
    check_fails("sum(1)", "{}", "T1005", "Attempted to invoke a non-function. Did you mean $sum?",
                4);
    check_fails("$error(\"a \\\"b\\\"\")", NULL, "D3137", "a \"b\"", 7);
    check_fails("$assert(false)", NULL, "D3141", "$assert() statement failed", 8);
    check_fails("$abs('a')", NULL, "T0410",
                "Argument 1 of function \"abs\" does not match function signature", 5);
    check_fails("/(/", NULL, "S0302", NULL, -1);
    check_fails("/*no end", NULL, "S0106", NULL, 0);
    check_fails("/a**/", NULL, "S0303", NULL, -1);
    check_fails("% + 1", NULL, "S0217", NULL, -1);
}

static void test_error_is_whole(void **state)
{
    (void)state;
    struct jsonata_error err = {0};
    struct jsonata *p = jsonata_compile("a ! b", 5, &err);
    assert_null(p);
    assert_int_equal(err.kind, JSONATA_SYNTAX);
    assert_string_equal(err.code, "S0204");
    assert_string_equal(err.token, "\"!\"");
    /* The same error may be used again without being cleared. */
    assert_null(jsonata_compile("'", 1, &err));
    assert_string_equal(err.code, "S0101");
    assert_null(err.token);
    jsonata_error_clear(&err);
    assert_null(err.message);
    jsonata_error_clear(&err);
    assert_null(jsonata_compile("'", 1, NULL));
    jsonata_free(NULL);
}

static void test_numbers_stay_exact(void **state)
{
    (void)state;
    const char *doc =
        "{\"big\":9007199254740993,\"d\":1.00,\"list\":[{\"n\":123456789012345678901}]}";
    check_gives("big", doc, "9007199254740993");
    check_gives("$states.list.n", doc, "123456789012345678901");
    check_gives("{'copy': big, 'all': [big, d]}", doc,
                "{\"copy\":9007199254740993,\"all\":[9007199254740993,1.0]}");
    check_gives("$ ~> |list|{'x': 1}|", doc,
                "{\"big\":9007199254740993,\"d\":1.0,"
                "\"list\":[{\"n\":123456789012345678901,\"x\":1}]}");
    check_gives("$max([big, 1])", doc, "9007199254740993");
    check_gives("big + 0", doc, "9.007199254740992E15");
    check_gives("$parse('[9007199254740993]')", NULL, "[9007199254740993]");
}

static void test_values_are_shared(void **state)
{
    (void)state;
    struct json *doc = check_parse("{\"a\":{\"b\":[1,2]}}"), *value = NULL;
    struct jsonata *p = check_compile("a.b");
    struct jsonata_call call = {.input = doc};
    assert_int_equal(jsonata_evaluate(p, &call, &value, NULL, NULL), JSONATA_VALUE);
    assert_ptr_equal(value, json_gets(json_gets(doc, "a"), "b"));
    json_unref(doc);
    jsonata_free(p);
    assert_int_equal(json_len(value), 2); /* outlives input and expression */
    json_unref(value);
}

static void test_strings_keep_everything(void **state)
{
    (void)state;
    check_gives("$length('a\\u0000b')", NULL, "3");
    check_gives("'a\\u0000b'", NULL, "\"a\\u0000b\"");
    check_gives("'\\ud83d' & '\\ude00'", NULL, "\"\xF0\x9F\x98\x80\"");
    check_gives("'\\ud83d' & 'x'", NULL, "\"\\uD83Dx\"");
    check_gives("$length('\\ud83d\\ude00')", NULL, "1");
    check_fails("\xFF", NULL, "S0205", NULL, -1);
}

struct lookup {
    const struct json *value;
    int asked;
};

static const struct json *look_up(void *arg, const char *name, size_t len)
{
    struct lookup *l = arg;
    l->asked++;
    return len == 1 && name[0] == 'x' ? l->value : NULL;
}

static void test_variables(void **state)
{
    (void)state;
    struct json *one = check_parse("1"), *two = check_parse("2"), *value = NULL;
    struct jsonata_variable_value table[] = {{"y", 1, one}, {"count", 5, two}};
    struct lookup lookup = {.value = two};
    struct jsonata_call call = {
        .variables = table, .variables_len = 2, .lookup = look_up, .arg = &lookup};
    /* A variable hides a function of its name; a name is asked for once, a bound one never. */
    struct jsonata *p = check_compile("[$x, $x, $y, $count, $z, ($y := 5; $y), $sum([$x])]");
    assert_int_equal(jsonata_evaluate(p, &call, &value, NULL, NULL), JSONATA_VALUE);
    char *text = json_text(value, 100, NULL);
    assert_string_equal(text, "[2,2,1,2,5,2]");
    assert_int_equal(lookup.asked, 3); /* x, z, sum */
    free(text);
    json_unref(value);
    json_unref(one);
    json_unref(two);
    jsonata_free(p);
}

static void test_now_is_given(void **state)
{
    (void)state;
    check_gives("$now()", NULL, "\"2023-11-14T22:13:20.000Z\"");
    check_gives("$millis()", NULL, "1700000000000");
    check_gives("$now('[Y]') = $fromMillis($millis(), '[Y]')", NULL, "true");
}

/* ---- one expression, several threads ---- */

static void *evaluate_often(void *arg)
{
    const struct jsonata *p = arg;
    struct json *doc = check_parse("{\"list\":[3,1,2]}");
    struct jsonata_call call = {.input = doc};
    intptr_t good = 0;
    for (int i = 0; i < 500; i++) {
        struct json *value = NULL;
        if (jsonata_evaluate(p, &call, &value, NULL, NULL) != JSONATA_VALUE)
            continue;
        char *text = json_text(value, 1000, NULL);
        good += strcmp(text, "{\"list\":[1,2,3],\"re\":\"x-x\",\"c\":\"const\"}") == 0;
        free(text);
        json_unref(value);
    }
    json_unref(doc);
    return (void *)good;
}

static void test_threads_share_an_expression(void **state)
{
    (void)state;
    struct jsonata *p =
        check_compile("{'list': list^($), 're': $replace('a-b', /[ab]/, 'x'), 'c': 'const'}");
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, evaluate_often, p), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *good;
        pthread_join(threads[i], &good);
        assert_int_equal((intptr_t)good, 500);
    }
    jsonata_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_results_not_infinite),
        cmocka_unit_test(test_errors_say_where),
        cmocka_unit_test(test_error_is_whole),
        cmocka_unit_test(test_numbers_stay_exact),
        cmocka_unit_test(test_values_are_shared),
        cmocka_unit_test(test_strings_keep_everything),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_now_is_given),
        cmocka_unit_test(test_threads_share_an_expression),
    };
    return cmocka_run_group_tests_name("jsonata", tests, NULL, NULL);
}
