/* Static analysis: what validation learns about an expression (reference/asl.md 6 and 7). */
#include "jsonata_check.h"

#include "base/strbuf.h"

/* Everything the analysis says, as one line:
 * "input@3(field) root@7 | x sum() | input.a states" */
static char *describe(const char *expr)
{
    struct jsonata *p = check_compile(expr);
    const struct jsonata_references *r = jsonata_references(p);
    struct strbuf sb;
    strbuf_init(&sb, 4096);
    if (r->uses_input)
        strbuf_addf(&sb, "input@%d", (int)r->input_position);
    if (r->field)
        strbuf_addf(&sb, "(%s)", r->field);
    if (r->uses_root)
        strbuf_addf(&sb, "root@%d", (int)r->root_position);
    strbuf_adds(&sb, " |");
    for (size_t i = 0; i < r->variables_len; i++)
        strbuf_addf(&sb, " %s%s", r->variables[i].name, r->variables[i].function ? "()" : "");
    strbuf_adds(&sb, " |");
    for (size_t i = 0; i < r->states_len; i++) {
        strbuf_adds(&sb, " $");
        for (size_t k = 0; k < r->states[i].len; k++)
            strbuf_addf(&sb, ".%s", r->states[i].names[k]);
    }
    jsonata_free(p);
    return strbuf_take(&sb, NULL);
}

static void check_describes(const char *expr, const char *expected)
{
    char *text = describe(expr);
    if (strcmp(text, expected) != 0)
        fail_msg("%s: expected \"%s\", got \"%s\"", expr, expected, text);
    free(text);
}

static void test_input_at_top_level(void **state)
{
    (void)state;
    check_describes("1 + 2", " | |");
    check_describes("a", "input@1(a) | |");
    check_describes("1 + order.total", "input@9(order) | |");
    check_describes("$", "input@1 | |");
    check_describes("$.a", "input@1 | |");
    check_describes("*", "input@1 | |");
    check_describes("**.a", "input@2 | |");
    check_describes("{'k': a}", "input@7(a) | |");
    check_describes("{a: 1}", "input@2(a) | |");
    check_describes("[1, a]", "input@5(a) | |");
    check_describes("(1; a)", "input@5(a) | |");
    check_describes("true ? a : 1", "input@8(a) | |");
    check_describes("$sum(a)", "input@6(a) | sum() |");
    check_describes("a ~> $sum", "input@1(a) | sum() |");
    check_describes("$x := a", "input@7(a) | |");
    check_describes("`quoted name`", "input@13(quoted name) | |");
}

static void test_nested_contexts_are_free(void **state)
{
    (void)state;
    check_describes("$x.a", " | x |");
    check_describes("$x.($ & a)", " | x |");
    check_describes("$x[a = 1]", " | x |");
    check_describes("$x[$ > 1]", " | x |");
    check_describes("$x^(a)", " | x |");
    check_describes("$x{a: b}", " | x |");
    check_describes("$map($x, function($v){ $ & a })", " | map() x |");
    check_describes("$x ~> |a|{'b': c}|", " | x |");
    check_describes("[1..3].($ * 2)", " | |");
    check_describes("$x[$y[a] = b]", " | x y |");
}

static void test_root(void **state)
{
    (void)state;
    check_describes("$$", "root@2 | |");
    check_describes("$x.($$.a)", "root@6 | x |");
}

static void test_variables(void **state)
{
    (void)state;
    check_describes("$a + $b + $a", " | a b |");
    /* A name that the expression binds itself is not read from outside. */
    check_describes("($a := 1; $a + $b)", " | b |");
    check_describes("function($p){ $p + $q }", " | q |");
    check_describes("$p + function($p){ $p }(1)", " | p |");
    check_describes("$nope($count([]))", " | nope count() |");
    check_describes("$list@$v.{'v': $v, 'w': $w}", " | list w |");
}

static void test_states(void **state)
{
    (void)state;
    check_describes("$states.input.a.b", " | states | $.input.a.b");
    check_describes("$states", " | states | $");
    check_describes("$states.result[0].x", " | states | $.result");
    check_describes("$states.input.(a)", " | states | $.input");
    check_describes("$states.*", " | states | $");
    check_describes("$states[0].input", " | states | $");
    check_describes("$x[$states.errorOutput.Error = y]", " | x states | $.errorOutput.Error");
    check_describes("$states.context.Execution.Id & $states.result",
                    " | states | $.context.Execution.Id $.result");
    check_describes("($states := 1; $states)", " | |");
}

static void test_function_names(void **state)
{
    (void)state;
    assert_true(jsonata_is_function("sum", 3));
    assert_true(jsonata_is_function("partition", 9));
    assert_true(jsonata_is_function("abs", 3));
    assert_true(jsonata_is_function("zip", 3));
    assert_false(jsonata_is_function("eval", 4));
    assert_false(jsonata_is_function("su", 2));
    assert_false(jsonata_is_function("summ", 4));
    assert_false(jsonata_is_function("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_input_at_top_level),
        cmocka_unit_test(test_nested_contexts_are_free),
        cmocka_unit_test(test_root),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_function_names),
    };
    return cmocka_run_group_tests_name("jsonata references", tests, NULL, NULL);
}
