/* Every limit: at it, one past it, and what hostile expressions do against them. */
#include "jsonata_check.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/limits.h"

static char *repeat(const char *piece, size_t times)
{
    size_t len = strlen(piece);
    char *s = xmalloc(len * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(s + i * len, piece, len);
    s[len * times] = '\0';
    return s;
}

/* Runs expr under the limits and compares the kind of its failure. */
static void check_stops(const char *expr, const char *input, const struct jsonata_limits *limits,
                        enum jsonata_kind kind, const char *code)
{
    struct jsonata_error err = {0};
    char *text = check_run(expr, strlen(expr), input, limits, &err);
    if (strcmp(text, code) != 0 || err.kind != kind)
        fail_msg("%s: expected %s, got %.100s (kind %d)", expr, code, text, (int)err.kind);
    free(text);
    jsonata_error_clear(&err);
}

static void check_within(const char *expr, const struct jsonata_limits *limits,
                         const char *expected)
{
    struct jsonata_error err = {0};
    char *text = check_run(expr, strlen(expr), NULL, limits, &err);
    assert_string_equal(text, expected);
    free(text);
    jsonata_error_clear(&err);
}

static const char factorial[] = "($f := function($n){$n = 0 ? 1 : $n * $f($n - 1)}; $f(%d) > 0)";

static void test_depth(void **state)
{
    (void)state;
    struct jsonata_limits limits = jsonata_limits_default;
    char expr[128];
    /* Three nested evaluations a call and five around them. */
    limits.depth = 302;
    snprintf(expr, sizeof(expr), factorial, 98);
    check_within(expr, &limits, "true");
    snprintf(expr, sizeof(expr), factorial, 100);
    check_stops(expr, NULL, &limits, JSONATA_STACK, "D1011");
    limits.depth = 1;
    check_within("1", &limits, "1");
    check_stops("-$x", NULL, &limits, JSONATA_STACK, "D1011");
    limits.depth = 0;
    check_stops("1", NULL, &limits, JSONATA_STACK, "D1011");
}

static void *deep_work(void *arg)
{
    (void)arg;
    char expr[128];
    /* The whole default depth, on an ordinary thread: what it needs must fit the default bound of the
     * stack, so that the depth is what ends the recursion. */
    snprintf(expr, sizeof(expr), factorial, 660);
    check_within("($d := function($n){$n = 0 ? 0 : 1 + $d($n - 1)}; $d(600))", NULL, "600");
    check_stops(expr, NULL, NULL, JSONATA_EVALUATION, "D1001");
    check_stops("($f := function(){1 + $f()}; $f())", NULL, NULL, JSONATA_STACK, "D1011");
    check_stops("($f := function($x){$map([1], function($y){$f($y)})[]}; $f(1))", NULL, NULL,
                JSONATA_STACK, "D1011");
    check_stops("($f := function($x){$sort([2,1], function($a, $b){$f($a)})}; $f(1))", NULL, NULL,
                JSONATA_STACK, "D1011");
    check_stops("($f := function($x){$replace('a', /a/, function($m){$f(1)})}; $f(1))", NULL, NULL,
                JSONATA_STACK, "D1011");
    return NULL;
}

static void test_depth_fits_a_thread(void **state)
{
    (void)state;
    pthread_attr_t attr;
    pthread_t thread;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, (size_t)8 << 20);
    assert_int_equal(pthread_create(&thread, &attr, deep_work, NULL), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attr);
}

static void test_stack_bytes(void **state)
{
    (void)state;
    struct jsonata_limits limits = jsonata_limits_default;
    limits.depth = 1000000;
    limits.stack_bytes = (size_t)256 << 10;
    check_stops("($f := function(){1 + $f()}; $f())", NULL, &limits, JSONATA_STACK, "D1011");
    /* Values nested by the expression itself, walked by each function that recurses. */
    static const char *const users[] = {
        "$string($deep)",
        "$deep = [$deep]",
        "$clone($deep)",
        "**",
        "$distinct([$deep, [$deep]])",
        "$deep.*",
        "$deep.a",
        "[$deep, 1][$]",
        "$spread($deep)",
        "$keys($deep)",
    };
    limits.memory_bytes = (size_t)256 << 20;
    limits.time_ms = 20000;
    for (size_t i = 0; i < ARRAY_LEN(users); i++) {
        char expr[256];
        snprintf(expr, sizeof(expr),
                 "($deep := $reduce([1..20000], function($a, $i){[[$a], $i]}); $deep.(%s); 1)",
                 users[i]);
        struct jsonata_error err = {0};
        char *text = check_run(expr, strlen(expr), NULL, &limits, &err);
        assert_true(strcmp(text, "1") == 0 || strcmp(text, "D1011") == 0);
        free(text);
        jsonata_error_clear(&err);
    }
}

static void test_result_depth(void **state)
{
    (void)state;
    char expr[128];
    struct jsonata_limits limits = jsonata_limits_default;
    static const char nested[] = "$reduce([1..%d], function($a, $i){{'a': $a}})";
    struct jsonata_error err = {0};
    snprintf(expr, sizeof(expr), nested, LIMIT_JSON_DEPTH + 1);
    char *text = check_run(expr, strlen(expr), NULL, &limits, &err);
    assert_int_equal(strlen(text), LIMIT_JSON_DEPTH * strlen("{\"a\":}") + 1);
    free(text);
    snprintf(expr, sizeof(expr), nested, LIMIT_JSON_DEPTH + 2);
    check_stops(expr, NULL, &limits, JSONATA_STACK, "D1011");
}

static void test_steps(void **state)
{
    (void)state;
    struct jsonata_limits limits = jsonata_limits_default;
    limits.steps = 100000;
    limits.time_ms = 0;
    check_within("$count([1..1000].($ + 1))", &limits, "1000");
    check_stops("($f := function(){$f()}; $f())", NULL, &limits, JSONATA_TIMEOUT, "D1012");
    check_stops("$sum([1..9000000].(1))", NULL, &limits, JSONATA_TIMEOUT, "D1012");
    check_stops("$map([1..9000000], function($x){1})", NULL, &limits, JSONATA_TIMEOUT, "D1012");
    check_stops("[1..9000000][$ = 0]", NULL, &limits, JSONATA_TIMEOUT, "D1012");
    check_stops("$sort([1..900000], function($a, $b){$a < $b})", NULL, &limits, JSONATA_TIMEOUT,
                "D1012");
}

static void test_time(void **state)
{
    (void)state;
    struct jsonata_limits limits = jsonata_limits_default;
    limits.time_ms = 50;
    limits.memory_bytes = (size_t)1 << 30;
    static const char *const endless[] = {
        "($f := function(){$f()}; $f())",
        "$match($join([1..30000].('ab'), ''), /(a|b|ab)*(a|b|ab)*[cd]/)",
        "$contains($join([1..40].('a'), ''), /(a+)+[bc]/)",
        "[1..3000].([1..3000])[$ = 0]",
    };
    for (size_t i = 0; i < ARRAY_LEN(endless); i++) {
        int64_t begin = clock_monotonic();
        check_stops(endless[i], NULL, &limits, JSONATA_TIMEOUT, "D1012");
        assert_in_range(clock_monotonic() - begin, 0, 5000);
    }
}

static void test_memory(void **state)
{
    (void)state;
    struct jsonata_limits limits = jsonata_limits_default;
    limits.memory_bytes = (size_t)4 << 20;
    limits.time_ms = 20000;
    static const char *const greedy[] = {
        "$reduce([1..100], function($a, $i){$a & $a}, 'x')",
        "$reduce([1..100], function($a, $i){[$a, $a]}, ['x'])",
        "[1..1000000].{'a': $}",
        "$range(1, 1000000, 1)",
        "$join([1..100000].('0123456789012345678901234567890123456789'), '')",
        "$formatInteger(1e12, 'I')",
        "$split($pad('', 262144), '')",
        "$parse('[' & $pad('', 250000, '1,') & '1]')",
        "[[1..1000000], 1]",
        "$zip([1..1000000], [1..1000000])",
    };
    for (size_t i = 0; i < ARRAY_LEN(greedy); i++)
        check_stops(greedy[i], NULL, &limits, JSONATA_MEMORY, "U1001");
    /* A range alone takes no room. */
    check_within("[1..10000000] ~> $count()", &limits, "10000000");
    check_stops("[1..10000001]", NULL, &limits, JSONATA_EVALUATION, "D2014");
    /* Concatenation and $append grow in place: what is built fits although it is built by pieces. */
    check_within("$length($reduce([1..20000], function($a, $i){$a & 'xy'}, ''))", &limits, "40000");
    check_within("$count($reduce([1..20000], function($a, $i){$append($a, $i)}, []))", &limits,
                 "20000");
}

static void test_memory_message(void **state)
{
    (void)state;
    /* reference/asl.md 6: the service's text, and $pad beyond 262,144 characters. */
    check_fails("$pad('', 262145)", NULL, "U1001",
                "Expression evaluation memory limit exceeded: Check for excessive memory usage",
                -1);
    check_gives("$length($pad('', 262144))", NULL, "262144");
    check_gives("$length($pad('', 262144) & $pad('', 262144))", NULL, "524288");
}

static void test_result_size(void **state)
{
    (void)state;
    struct jsonata_limits limits = jsonata_limits_default;
    limits.result_bytes = 10;
    check_within("'12345678'", &limits, "\"12345678\"");
    check_stops("'123456789'", NULL, &limits, JSONATA_SIZE, "U1002");
    check_stops("$states", "{\"a\":\"123456789\"}", &limits, JSONATA_SIZE, "U1002");
}

static void test_shared_structure_does_not_explode(void **state)
{
    (void)state;
    struct jsonata_limits limits = jsonata_limits_default;
    limits.memory_bytes = (size_t)8 << 20;
    limits.time_ms = 3000;
    static const char *const users[] = {"$x", "$string($x)", "$x = [$x]", "$count($x.**)",
                                        "$boolean($x)"};
    for (size_t i = 0; i < ARRAY_LEN(users); i++) {
        char expr[256];
        snprintf(expr, sizeof(expr),
                 "($x := $reduce([1..40], function($a, $i){[[$a], [$a]]}, [1]); %s)", users[i]);
        struct jsonata_error err = {0};
        char *text = check_run(expr, strlen(expr), NULL, &limits, &err);
        assert_true(err.kind == JSONATA_MEMORY || err.kind == JSONATA_TIMEOUT || !err.message);
        free(text);
        jsonata_error_clear(&err);
    }
}

static void test_hostile_texts(void **state)
{
    (void)state;
    static const struct {
        const char *piece;
        size_t times;
    } texts[] = {
        {"(", 65536},           {"[", 65536},     {"{", 65536},     {"a[", 65536},
        {"-", 65536},           {"a.", 65536},    {"a+", 65536},    {"a?", 65536},
        {"a&", 65536},          {"%.", 65536},    {"**.", 65536},   {"a~>", 65536},
        {"function(){", 20000}, {"/(", 65536},    {"$x:=", 65536},  {"a?b:", 65536},
        {"a^(", 65536},         {"|", 65536},     {"a@$b.", 20000}, {"a#$b.", 20000},
        {"`", 65536},           {"/* */", 65536}, {"1,", 65536},    {"a and ", 65536},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char *expr = repeat(texts[i].piece, texts[i].times);
        int64_t begin = clock_monotonic();
        struct jsonata_error err = {0};
        struct jsonata *p = jsonata_compile(expr, strlen(expr), &err);
        assert_null(p);
        assert_int_equal(err.kind, JSONATA_SYNTAX);
        assert_in_range(clock_monotonic() - begin, 0, 5000);
        jsonata_error_clear(&err);
        free(expr);
    }
}

static void test_nesting_of_text(void **state)
{
    (void)state;
    for (size_t n = 499; n <= 500; n++) {
        char *open = repeat("(", n), *close = repeat(")", n);
        char *expr = xasprintf("%s1%s", open, close);
        struct jsonata_error err = {0};
        char *text = check_run(expr, strlen(expr), NULL, NULL, &err);
        assert_string_equal(text, n == 499 ? "1" : "S0500");
        free(text);
        free(expr);
        free(open);
        free(close);
        jsonata_error_clear(&err);
    }
}

/* A chain of operators is as deep a tree as it has operators, to the left. */
static void test_depth_of_tree(void **state)
{
    (void)state;
    static const char *const links[] = {"a+", "a.", "a&", "a~>", "a or "};
    for (size_t i = 0; i < ARRAY_LEN(links); i++) {
        for (size_t n = 1999; n <= 2000; n++) {
            char *chain = repeat(links[i], n), *expr = xasprintf("%sa", chain);
            struct jsonata_error err = {0};
            struct jsonata *p = jsonata_compile(expr, strlen(expr), &err);
            if (!p != (n == 2000))
                fail_msg("%zu times %s: %s", n, links[i], p ? "compiled" : err.code);
            assert_true(p || strcmp(err.code, "S0500") == 0);
            jsonata_free(p);
            jsonata_error_clear(&err);
            free(expr);
            free(chain);
        }
    }
}

static void test_length_of_text(void **state)
{
    (void)state;
    char *text = repeat(" ", JSONATA_TEXT_MAX + 1);
    text[0] = '1';
    struct jsonata *p = jsonata_compile(text, JSONATA_TEXT_MAX, NULL);
    assert_non_null(p);
    jsonata_free(p);
    struct jsonata_error err = {0};
    assert_null(jsonata_compile(text, JSONATA_TEXT_MAX + 1, &err));
    assert_string_equal(err.code, "S0500");
    jsonata_error_clear(&err);
    free(text);
}

static void test_usage(void **state)
{
    (void)state;
    struct jsonata *p = check_compile("$count([1..1000].{'a': $})");
    struct jsonata_call call = {0};
    struct jsonata_usage usage = {0};
    struct json *value = NULL;
    assert_int_equal(jsonata_evaluate(p, &call, &value, NULL, &usage), JSONATA_VALUE);
    assert_in_range(usage.steps, 2000, 10000);
    assert_in_range(usage.memory_bytes, 64 * 1000, 1000 * 1000);
    json_unref(value);
    jsonata_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_depth_fits_a_thread),
        cmocka_unit_test(test_stack_bytes),
        cmocka_unit_test(test_result_depth),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_memory_message),
        cmocka_unit_test(test_result_size),
        cmocka_unit_test(test_shared_structure_does_not_explode),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_nesting_of_text),
        cmocka_unit_test(test_depth_of_tree),
        cmocka_unit_test(test_length_of_text),
        cmocka_unit_test(test_usage),
    };
    return cmocka_run_group_tests_name("jsonata limits", tests, NULL, NULL);
}
