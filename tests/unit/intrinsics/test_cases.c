/* Runs tests/cases/intrinsics.txt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intrinsics/intrinsics.h"
#include "tests/cases/casefile.h"

struct documents {
    const struct json *input;
    struct json *context;
};

static const struct json *get_context(void *arg)
{
    return ((struct documents *)arg)->context;
}

static const struct json *get_variable(void *arg, const char *name, size_t len)
{
    const struct json *input = ((struct documents *)arg)->input;
    return json_is(input, JSON_OBJECT) ? json_get(input, name, len) : NULL;
}

static bool run_case(const struct casefile *f, const struct case_block *c)
{
    struct json *input = casefile_json(f, c, 1);
    struct json_object *execution = json_object_new();
    struct json_object *context = json_object_new();
    json_object_adds(execution, "Input", json_ref(input));
    json_object_adds(context, "Execution", json_object_finish(execution));
    struct documents docs = {input, json_object_finish(context)};
    struct jsonpath_env env = {input, get_context, get_variable, &docs};

    struct intrinsic *call = NULL;
    struct json *value = NULL;
    struct err err = {0};
    size_t len;
    const char *text = json_str(c->text, &len);
    int r = intrinsic_compile(text, len, &call, &err);
    if (r == 0)
        r = intrinsic_eval(call, &env, &value, NULL, &err);
    bool ok = (r == 0) == (value != NULL) && case_check(f, c, value, err.text);

    intrinsic_free(call);
    json_unref(value);
    json_unref(docs.context);
    json_unref(input);
    return ok;
}

static void test_cases(void **state)
{
    struct casefile f;
    struct case_block c;
    unsigned failed = 0, count = 0;
    (void)state;

    casefile_open(&f, "tests/cases/intrinsics.txt");
    for (; casefile_next(&f, &c); count++) {
        failed += !run_case(&f, &c);
        case_done(&c);
    }
    (void)fclose(f.file);
    assert_true(count > 0);
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
