/* The ceilings of a definition: at each, and one past it. */
#include "base/limits.h"
#include "tests/unit/asl/asl_fixture.h"

/* Compiles and returns the first diagnostic, "" when there is none. */
static char *first_diagnostic(const struct strbuf *text, int64_t definition_bytes)
{
    struct asl_options options = {.definition_bytes = definition_bytes, .warnings = true};
    struct asl_diagnostics d;
    struct asl_machine *m = NULL;
    asl_diagnostics_init(&d);
    int r = asl_compile((struct text){text->data, text->len}, &options, &m, &d);
    char *result = d.len ? xasprintf("%s: %s", d.items[0].code, d.items[0].message) : xstrdup("");
    assert_int_equal(r == 0, d.errors == 0);
    asl_machine_unref(m);
    asl_diagnostics_done(&d);
    return result;
}

static void assert_first(struct strbuf *text, int64_t definition_bytes, const char *expected)
{
    assert_false(text->overflow);
    char *got = first_diagnostic(text, definition_bytes);
    assert_string_equal(got, expected);
    free(got);
    strbuf_clear(text);
}

static void test_definition_bytes(void **state)
{
    static const char head[] = "{\"StartAt\":\"A\",\"Comment\":\"";
    static const char tail[] = "\",\"States\":{\"A\":{\"Type\":\"Succeed\"}}}";
    struct strbuf text;
    (void)state;
    strbuf_init(&text, 4 * 1024 * 1024);
    for (size_t over = 0; over < 2; over++) {
        strbuf_adds(&text, head);
        while (text.len + strlen(tail) < 1048576 + over)
            strbuf_addc(&text, 'x');
        strbuf_adds(&text, tail);
        assert_first(&text, 0,
                     over ? "SCHEMA_VALIDATION_FAILED: Definition is larger than the maximum size"
                          : "");
    }
    strbuf_adds(&text, "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Succeed\"}}}");
    assert_first(&text, 20, "SCHEMA_VALIDATION_FAILED: Definition is larger than the maximum size");
    strbuf_done(&text);
}

static void test_state_count(void **state)
{
    struct strbuf text;
    (void)state;
    strbuf_init(&text, 4 * 1024 * 1024);
    for (int over = 0; over < 2; over++) {
        strbuf_adds(&text, "{\"StartAt\":\"0\",\"States\":{");
        for (int i = 0; i + 1 < LIMIT_STATES + over; i++)
            strbuf_addf(&text, "\"%d\":{\"Type\":\"Pass\",\"Next\":\"%d\"},", i, i + 1);
        strbuf_addf(&text, "\"%d\":{\"Type\":\"Succeed\"}}}", LIMIT_STATES + over - 1);
        assert_first(&text, 0,
                     over ? "SCHEMA_VALIDATION_FAILED: A definition has at most 10000 states" : "");
    }
    strbuf_done(&text);
}

static void test_nesting(void **state)
{
    struct strbuf text;
    (void)state;
    strbuf_init(&text, 4 * 1024 * 1024);
    for (int over = 0; over < 2; over++) {
        for (int i = 0; i < LIMIT_NESTING + over; i++)
            strbuf_addf(
                &text,
                "{\"StartAt\":\"%d\",\"States\":{\"%d\":{\"Type\":\"Parallel\",\"End\":true,"
                "\"Branches\":[",
                i, i);
        strbuf_adds(&text, "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Succeed\"}}}");
        for (int i = 0; i < LIMIT_NESTING + over; i++)
            strbuf_adds(&text, "]}}}");
        assert_first(&text, 0,
                     over ? "TOO_DEEPLY_NESTED: States are nested more than 100 levels deep" : "");
    }
    strbuf_done(&text);
}

static void test_name_length(void **state)
{
    struct strbuf text;
    (void)state;
    strbuf_init(&text, 4096);
    for (int over = 0; over < 2; over++) {
        strbuf_adds(&text, "{\"StartAt\":\"");
        struct strbuf name;
        strbuf_init(&name, 4096);
        for (int i = 0; i < 80 + over; i++)
            strbuf_adds(&name, "é"); /* counted in characters */
        strbuf_addf(&text, "%s\",\"States\":{\"%s\":{\"Type\":\"Succeed\"}}}", name.data,
                    name.data);
        assert_first(&text, 0,
                     over ? "INVALID_STATE_NAME: State name must not be longer than 80 characters"
                          : "");
        strbuf_done(&name);
    }
    strbuf_done(&text);
}

static void test_variable_name_length(void **state)
{
    struct strbuf text;
    (void)state;
    strbuf_init(&text, 4096);
    for (int over = 0; over < 2; over++) {
        strbuf_adds(&text, "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true,"
                           "\"Assign\":{\"");
        for (int i = 0; i < 80 + over; i++)
            strbuf_addc(&text, 'v');
        strbuf_adds(&text, "\":1}}}}");
        char *got = first_diagnostic(&text, 0);
        assert_int_equal(got[0] != '\0', over);
        free(got);
        strbuf_clear(&text);
    }
    strbuf_done(&text);
}

/* As deep as JSON may be: neither compiling nor evaluating runs out of stack. */
static void test_deep_template(void **state)
{
    struct strbuf text;
    (void)state;
    strbuf_init(&text, 65536);
    strbuf_adds(&text, "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true,"
                       "\"Parameters\":{\"x\":");
    for (int i = 0; i < LIMIT_JSON_DEPTH - 5; i++)
        strbuf_addc(&text, '[');
    strbuf_adds(&text, "{\"y.$\":\"$\"}");
    for (int i = 0; i < LIMIT_JSON_DEPTH - 5; i++)
        strbuf_addc(&text, ']');
    strbuf_adds(&text, "}}}}");
    struct asl_machine *m = machine_of(text.data);
    struct documents docs = documents_of(json_int(1));
    struct asl_env env = documents_env(&docs);
    struct asl_error err = {0};
    struct json *value;
    assert_int_equal(asl_eval(state_of(m, "A")->parameters, &env, &value, &err), 0);
    json_unref(value);
    documents_done(&docs);
    asl_machine_unref(m);
    strbuf_done(&text);
}

/* A mistake in every few bytes below a name of half a megabyte: collected up to a ceiling, all
 * counted. */
static void test_flood_of_diagnostics(void **state)
{
    enum { FIELDS = 40000 };
    struct asl_options options = {.warnings = true};
    struct asl_diagnostics d;
    struct asl_machine *m = NULL;
    struct strbuf text;
    struct strbuf message;
    (void)state;
    strbuf_init(&text, 4 * 1024 * 1024);
    strbuf_adds(&text, "{\"StartAt\":\"");
    for (int i = 0; i < 200000; i++)
        strbuf_addc(&text, 'n');
    size_t name = strlen("{\"StartAt\":\"");
    strbuf_adds(&text, "\",\"States\":{\"");
    char *copy = xmemdup(text.data + name, 200000);
    strbuf_add(&text, copy, 200000);
    free(copy);
    strbuf_adds(&text, "\":{\"Type\":\"Succeed\"");
    for (int i = 0; i < FIELDS; i++)
        strbuf_addf(&text, ",\"x%d\":1", i);
    strbuf_adds(&text, "}}}");
    assert_false(text.overflow);

    asl_diagnostics_init(&d);
    assert_int_equal(asl_compile((struct text){text.data, text.len}, &options, &m, &d),
                     ERR_INVALID);
    assert_int_equal(d.errors, FIELDS + 1); /* and the name is too long */
    assert_true(d.len >= 1 && d.len <= 1000);
    assert_int_equal(d.dropped[ASL_ERROR], d.errors - d.len);
    strbuf_init(&message, 4 * 1024 * 1024);
    asl_diagnostics_text(&d, &message);
    assert_false(message.overflow);
    strbuf_done(&message);
    asl_diagnostics_done(&d);
    strbuf_done(&text);
}

/* Many names read in many states: the search for unset ones is given up in time. */
static void test_flood_of_variables(void **state)
{
    struct strbuf text;
    (void)state;
    strbuf_init(&text, 4 * 1024 * 1024);
    strbuf_adds(&text, "{\"StartAt\":\"0\",\"States\":{");
    for (int i = 0; i < LIMIT_STATES - 1; i++)
        strbuf_addf(&text, "\"%d\":{\"Type\":\"Pass\",\"InputPath\":\"$v%d\",\"Next\":\"%d\"},", i,
                    i, i + 1);
    strbuf_addf(&text, "\"%d\":{\"Type\":\"Succeed\"}}}", LIMIT_STATES - 1);
    assert_first(&text, 0, "POSSIBLY_UNDEFINED_VARIABLE: Variable 'v0' is possibly not defined.");
    strbuf_done(&text);
}

/* Compiled expressions are far larger than their text may be. */
static void test_expression_count(void **state)
{
    enum { EXPRESSIONS = 10000 };
    struct strbuf text;
    (void)state;
    strbuf_init(&text, 4 * 1024 * 1024);
    for (int over = 0; over < 2; over++) {
        strbuf_adds(&text, "{\"StartAt\":\"A\",\"QueryLanguage\":\"JSONata\",\"States\":{\"A\":"
                           "{\"Type\":\"Succeed\",\"Output\":[1");
        for (int i = 0; i < EXPRESSIONS + over; i++)
            strbuf_adds(&text, ",\"{%1%}\"");
        strbuf_adds(&text, "]}}}");
        assert_first(&text, 0,
                     over ? "SCHEMA_VALIDATION_FAILED: A definition has at most 10000 JSONata "
                            "expressions"
                          : "");
    }
    strbuf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_definition_bytes),
        cmocka_unit_test(test_state_count),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_name_length),
        cmocka_unit_test(test_variable_name_length),
        cmocka_unit_test(test_deep_template),
        cmocka_unit_test(test_flood_of_diagnostics),
        cmocka_unit_test(test_flood_of_variables),
        cmocka_unit_test(test_expression_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
