/* Runs tests/cases/asl_invalid.txt, asl_valid/, asl_eval.txt and asl_choice.txt. */
#include <dirent.h>

#include "tests/cases/casefile.h"
#include "tests/unit/asl/asl_fixture.h"

enum { TEXT_MAX = 16 * 1024 * 1024 };

/* ---- diagnostics ---- */

/* Takes "%%WORD " off the front of a line. */
static bool take_flag(const char **line, const char *flag)
{
    size_t len = strlen(flag);
    if (strncmp(*line, flag, len) != 0 || (*line)[len] != ' ')
        return false;
    *line += len + 1;
    return true;
}

static struct asl_options take_options(const char **line)
{
    struct asl_options options = {.type = ASL_STANDARD};
    for (;;) {
        if (take_flag(line, "%%EXPRESS"))
            options.type = ASL_EXPRESS;
        else if (take_flag(line, "%%WARNINGS"))
            options.warnings = true;
        else if (take_flag(line, "%%LONE"))
            options.lone_state = true;
        else
            return options;
    }
}

/* Line ends as "\n", so that a diagnostic is one line. */
static void add_escaped(struct strbuf *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '\n')
            strbuf_adds(out, "\\n");
        else
            strbuf_addc(out, *s);
    }
}

static void compile_and_print(const char *line, struct strbuf *out)
{
    struct asl_options options = take_options(&line);
    struct asl_diagnostics d;
    struct asl_machine *m = NULL;
    if (!strcmp(line, "<SPACE>"))
        line = " ";
    asl_diagnostics_init(&d);
    int r = asl_compile((struct text){line, strlen(line)}, &options, &m, &d);
    for (size_t i = 0; i < d.len; i++) {
        strbuf_addf(out, "%s %s: ", d.items[i].severity == ASL_ERROR ? "ERROR" : "WARNING",
                    d.items[i].code);
        add_escaped(out, d.items[i].message);
        strbuf_adds(out, " at ");
        add_escaped(out, d.items[i].location ? d.items[i].location : "-");
        strbuf_addc(out, '\n');
    }
    assert_int_equal(r, d.errors ? ERR_INVALID : 0);
    assert_int_equal(m != NULL, r == 0);
    asl_machine_unref(m);
    asl_diagnostics_done(&d);
}

/* Reads the lines of the next case up to an empty line; false at the end. */
static bool next_case(struct casefile *f, char **ret_definition, struct strbuf *expected)
{
    char *line;
    *ret_definition = NULL;
    strbuf_clear(expected);
    while ((line = casefile_line(f)) != NULL) {
        if (!line[0] && *ret_definition) {
            free(line);
            return true;
        }
        if (line[0] && *ret_definition) {
            strbuf_adds(expected, line);
            strbuf_addc(expected, '\n');
        } else if (line[0]) {
            *ret_definition = line;
            continue;
        }
        free(line);
    }
    return *ret_definition != NULL;
}

static void test_invalid(void **state)
{
    struct casefile f;
    struct strbuf expected;
    struct strbuf got;
    char *definition;
    unsigned cases = 0, failed = 0;
    (void)state;
    strbuf_init(&expected, TEXT_MAX);
    strbuf_init(&got, TEXT_MAX);
    casefile_open(&f, "tests/cases/asl_invalid.txt");
    while (next_case(&f, &definition, &expected)) {
        strbuf_clear(&got);
        compile_and_print(definition, &got);
        cases++;
        if (expected.len == 0 || strcmp(got.data, expected.data) != 0) {
            failed++;
            print_error("%s:%u: %s\nexpected\n%sgot\n%s", f.name, f.line, definition, expected.data,
                        got.data);
        }
        free(definition);
    }
    (void)fclose(f.file);
    strbuf_done(&expected);
    strbuf_done(&got);
    assert_true(cases > 100);
    assert_int_equal(failed, 0);
}

static void check_valid_file(const char *name)
{
    struct strbuf text, got;
    char path[512];
    (void)snprintf(path, sizeof(path), "tests/cases/asl_valid/%s", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    strbuf_init(&text, TEXT_MAX);
    strbuf_init(&got, TEXT_MAX);
    for (int ch = fgetc(file); ch != EOF; ch = fgetc(file))
        strbuf_addc(&text, (char)ch);
    (void)fclose(file);
    compile_and_print(text.data, &got);
    if (got.len)
        fail_msg("%s: %s", path, got.data);
    strbuf_done(&text);
    strbuf_done(&got);
}

static void test_valid(void **state)
{
    DIR *dir = opendir("tests/cases/asl_valid");
    unsigned files = 0;
    (void)state;
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        check_valid_file(entry->d_name);
        files++;
    }
    (void)closedir(dir);
    assert_true(files >= 3);
}

/* ---- evaluation: blocks of a piece of a state, an input, and the result or the cause ---- */

static struct asl_machine *machine_around(const char *head, const char *piece, const char *tail)
{
    char *definition = xasprintf("%s%s%s", head, piece, tail);
    struct asl_machine *m = machine_of(definition);
    free(definition);
    return m;
}

/* What a state says is evaluated: its template, or its Output. */
static bool run_eval(const struct casefile *f, const struct case_block *c)
{
    /* The block has the inside of a state; the braces around it come from here. */
    struct asl_machine *m =
        machine_around("{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Pass\",\"End\":true,",
                       json_str(c->text, NULL) + 1, "}}");
    const struct asl_state *s = state_of(m, "S");
    const struct asl_expr *expr = s->parameters ? s->parameters : s->output ? s->output : s->assign;
    struct documents docs = documents_of(casefile_json(f, c, 1));
    struct asl_env env = documents_env(&docs);
    struct asl_error err = {0};
    struct json *value = NULL;
    int r = asl_eval(expr, &env, &value, &err);
    bool ok = (r == 0) == (value != NULL) && (r == 0) == (err.name == NULL) &&
              case_check(f, c, value, err.cause ? err.cause : "");
    json_unref(value);
    asl_error_done(&err);
    documents_done(&docs);
    asl_machine_unref(m);
    return ok;
}

static bool run_choice(const struct casefile *f, const struct case_block *c)
{
    struct asl_machine *m = machine_around(
        "{\"StartAt\":\"C\",\"States\":{\"S\":{\"Type\":\"Succeed\"},\"C\":{\"Type\":\"Choice\","
        "\"Choices\":[{\"Next\":\"S\",",
        json_str(c->text, NULL) + 1, "]}}}");
    struct documents docs = documents_of(casefile_json(f, c, 1));
    struct asl_env env = documents_env(&docs);
    struct asl_error err = {0};
    bool match = false;
    int r = asl_eval_condition(state_of(m, "C")->u.choice.rules[0].condition, &env, &match, &err);
    struct json *value = r == 0 ? json_bool(match) : NULL;
    bool ok = case_check(f, c, value, err.cause ? err.cause : "") && (r == 0) == !err.name;
    json_unref(value);
    asl_error_done(&err);
    documents_done(&docs);
    asl_machine_unref(m);
    return ok;
}

static void run_file(const char *name,
                     bool (*run)(const struct casefile *, const struct case_block *),
                     unsigned at_least)
{
    struct casefile f;
    struct case_block c;
    unsigned cases = 0, failed = 0;
    casefile_open(&f, name);
    while (casefile_next(&f, &c)) {
        cases++;
        failed += !run(&f, &c);
        case_done(&c);
    }
    (void)fclose(f.file);
    assert_true(cases >= at_least);
    assert_int_equal(failed, 0);
}

static void test_eval(void **state)
{
    (void)state;
    run_file("tests/cases/asl_eval.txt", run_eval, 20);
}

static void test_choice(void **state)
{
    (void)state;
    run_file("tests/cases/asl_choice.txt", run_choice, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_eval),
        cmocka_unit_test(test_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
