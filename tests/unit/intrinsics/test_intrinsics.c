/* The interface of intrinsics.h, and the ceilings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mem.h"
#include "intrinsics/intrinsics.h"

static struct intrinsic *compile(const char *text)
{
    struct intrinsic *call;
    struct err err = {0};
    if (intrinsic_compile(text, strlen(text), &call, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    return call;
}

/* Evaluates text on input (taken); returns the value, or NULL when it failed. */
static struct json *eval(const char *text, struct json *input /* takes */, struct err *err)
{
    struct intrinsic *call = compile(text);
    struct jsonpath_env env = {.input = input};
    struct json *value = NULL;
    int r = intrinsic_eval(call, &env, &value, NULL, err);
    assert_int_equal(r == 0, value != NULL);
    intrinsic_free(call);
    json_unref(input);
    return value;
}

/* The end of the cause that evaluating text ends with. */
static void assert_fails(const char *text, struct json *input /* takes */, const char *reason)
{
    struct err err = {0};
    struct json *value = eval(text, input, &err);
    if (value)
        fail_msg("%s has a value", text);
    size_t len = strlen(err.text);
    assert_true(len >= strlen(reason));
    assert_string_equal(err.text + len - strlen(reason), reason);
}

static struct json *repeated(char c, size_t count)
{
    char *s = xmalloc(count);
    memset(s, c, count);
    struct json *v = json_string(s, count);
    free(s);
    return v;
}

static void test_looks_like(void **state)
{
    (void)state;
    assert_true(intrinsic_looks_like("States.Array()", 14));
    assert_true(intrinsic_looks_like("States.", 7));
    assert_false(intrinsic_looks_like("States", 6));
    assert_false(intrinsic_looks_like("states.Array()", 14));
    assert_false(intrinsic_looks_like("$.a", 3));
    assert_false(intrinsic_looks_like("", 0));

    struct intrinsic *call;
    assert_int_equal(intrinsic_compile("$.a", 3, &call, NULL), ERR_INVALID);
    assert_int_equal(intrinsic_compile("", 0, &call, NULL), ERR_INVALID);
}

static void test_text(void **state)
{
    const char *text = "States.Array( 'a',1 )";
    struct intrinsic *call = compile(text);
    (void)state;
    assert_string_equal(intrinsic_text(call), text);
    intrinsic_free(call);
    intrinsic_free(NULL);
}

static void note_path(void *arg, const struct jsonpath *path)
{
    struct strbuf *out = arg;
    strbuf_adds(out, jsonpath_text(path));
    strbuf_addc(out, '|');
}

static void test_paths(void **state)
{
    struct intrinsic *call = compile("States.Array($.a, 1, States.Format('{}', $$.b, $c), $.d )");
    struct strbuf out;
    (void)state;
    strbuf_init(&out, 1000);
    intrinsic_paths(call, note_path, &out);
    assert_string_equal(out.data, "$.a|$$.b|$c|$.d|");
    strbuf_done(&out);
    intrinsic_free(call);
}

static void test_missing(void **state)
{
    struct intrinsic *call = compile("States.Array(1, States.ArrayLength($.a.b), $.c)");
    struct json_object *b = json_object_new();
    struct json *input = json_object_finish(b);
    struct jsonpath_env env = {.input = input};
    struct json *value = NULL;
    const struct jsonpath *missing = NULL;
    (void)state;

    assert_int_equal(intrinsic_eval(call, &env, &value, &missing, NULL), ERR_NOT_FOUND);
    assert_null(value);
    assert_non_null(missing);
    assert_string_equal(jsonpath_text(missing), "$.a.b");
    intrinsic_free(call);
    json_unref(input);
}

/* A value passes through without being copied. */
static void test_shares(void **state)
{
    struct json *input = repeated('x', 100000);
    struct json *value = eval("States.Array($)", json_ref(input), NULL);
    (void)state;
    assert_ptr_equal(json_at(value, 0), input);
    json_unref(value);
    json_unref(input);
}

static void test_uuid(void **state)
{
    struct json *a = eval("States.UUID()", json_null(), NULL);
    struct json *b = eval("States.UUID()", json_null(), NULL);
    size_t len;
    const char *s = json_str(a, &len);
    (void)state;
    assert_int_equal(len, 36);
    assert_int_equal(s[14], '4');
    assert_false(json_equal(a, b));
    json_unref(a);
    json_unref(b);
}

/* Unseeded numbers stay in their range and are not always the same. */
static void test_random(void **state)
{
    struct intrinsic *call = compile("States.MathRandom(-2, 3)");
    struct jsonpath_env env = {0};
    bool seen[5] = {false};
    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct json *v = NULL;
        int64_t n;
        assert_int_equal(intrinsic_eval(call, &env, &v, NULL, NULL), 0);
        assert_true(json_int64(v, &n));
        assert_in_range(n + 2, 0, 4);
        seen[n + 2] = true;
        json_unref(v);
    }
    for (int i = 0; i < 5; i++)
        assert_true(seen[i]);
    intrinsic_free(call);

    /* The widest range there is. */
    struct json *v =
        eval("States.MathRandom(-9223372036854775808, 9223372036854775807)", json_null(), NULL);
    assert_non_null(v);
    json_unref(v);
    v = eval("States.MathRandom(-9223372036854775808, 9223372036854775807, 1)", json_null(), NULL);
    assert_non_null(v);
    json_unref(v);
}

/* Hash and Base64: 10,000 characters, counted as Java does (reference/quotas.md). */
static void test_characters(void **state)
{
    static const char *const calls[] = {"States.Base64Encode($)", "States.Base64Decode($)",
                                        "States.Hash($, 'MD5')"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        struct json *v = eval(calls[i], repeated('A', 10000), NULL);
        assert_non_null(v);
        json_unref(v);
        struct err err = {0};
        assert_null(eval(calls[i], repeated('A', 10001), &err));
        assert_non_null(strstr(err.text, "Invalid arguments in States."));
    }
}

static void test_nesting(void **state)
{
    struct intrinsic *call;
    (void)state;
    for (int depth = 1; depth <= LIMIT_INTRINSIC_DEPTH + 1; depth++) {
        struct strbuf s;
        strbuf_init(&s, 10000);
        for (int i = 0; i < depth; i++)
            strbuf_adds(&s, "States.Array(");
        for (int i = 0; i < depth; i++)
            strbuf_addc(&s, ')');
        if (depth <= LIMIT_INTRINSIC_DEPTH) {
            assert_int_equal(intrinsic_compile(s.data, s.len, &call, NULL), 0);
            intrinsic_free(call);
        } else {
            assert_int_equal(intrinsic_compile(s.data, s.len, &call, NULL), ERR_INVALID);
        }
        strbuf_done(&s);
    }
}

static void test_argument_count(void **state)
{
    (void)state;
    for (int count = 1000; count <= 1001; count++) {
        struct strbuf s;
        struct intrinsic *call = NULL;
        strbuf_init(&s, 10000);
        strbuf_adds(&s, "States.Array(0");
        for (int i = 1; i < count; i++)
            strbuf_adds(&s, ",1");
        strbuf_addc(&s, ')');
        int r = intrinsic_compile(s.data, s.len, &call, NULL);
        assert_int_equal(r, count == 1000 ? 0 : ERR_INVALID);
        intrinsic_free(call);
        strbuf_done(&s);
    }
}

/* A few letters of a call must not make a text of gigabytes. */
static void test_result_size(void **state)
{
    struct strbuf s;
    (void)state;
    strbuf_init(&s, 10000);
    strbuf_adds(&s, "States.JsonToString(States.Array($");
    for (int i = 0; i < 20; i++)
        strbuf_adds(&s, ",$");
    strbuf_adds(&s, "))");
    assert_fails(s.data, repeated('x', 1000000), "The result of States.JsonToString is too large");
    strbuf_done(&s);

    strbuf_init(&s, 10000);
    strbuf_adds(&s, "States.Format('");
    for (int i = 0; i < 20; i++)
        strbuf_adds(&s, "{}");
    strbuf_adds(&s, "'");
    for (int i = 0; i < 20; i++)
        strbuf_adds(&s, ",$");
    strbuf_adds(&s, ")");
    assert_fails(s.data, repeated('x', 1000000), "The result of States.Format is too large");
    strbuf_done(&s);
}

/* No result is nested deeper than a text may be. */
static void test_result_depth(void **state)
{
    struct json *v = json_null();
    (void)state;
    for (int i = 0; i < LIMIT_JSON_DEPTH - 1; i++) {
        struct json_array b;
        json_array_init(&b);
        json_array_add(&b, v);
        v = json_array_finish(&b);
    }
    struct json *result = eval("States.Array($)", json_ref(v), NULL);
    assert_non_null(result);
    assert_int_equal(json_depth(result), LIMIT_JSON_DEPTH);
    json_unref(v);
    assert_fails("States.Array($)", result, "The result of States.Array is too large");
}

/* Many values that differ only at the end of long texts or deep inside. */
static void test_unique_large(void **state)
{
    struct json_array b;
    (void)state;
    json_array_init(&b);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 20000; i++) {
            char text[64];
            int len =
                snprintf(text, sizeof(text), "{\"a\":[0,{\"b\":[%d]}],\"c\":\"%d\"}", i, i % 2);
            json_array_add(&b, json_parse(text, (size_t)len, JSON_PARSE_DEFAULT, NULL));
        }
    }
    struct json *v = eval("States.ArrayUnique($)", json_array_finish(&b), NULL);
    assert_int_equal(json_len(v), 20000);
    json_unref(v);
}

/* Unpaired surrogates are values too; they are not cut in two. */
static void test_surrogates(void **state)
{
    static const char text[] = "[\"a\\ud800b\",\"\\ud800\"]";
    struct json *input = json_parse(text, strlen(text), JSON_PARSE_DEFAULT, NULL);
    (void)state;
    struct json *v = eval("States.StringSplit($[0], $[1])", json_ref(input), NULL);
    assert_int_equal(json_len(v), 2);
    assert_true(json_str_eq(json_at(v, 1), "b"));
    json_unref(v);
    v = eval("States.StringSplit($[0], '\xED\x95\x9C')", input,
             NULL); /* a letter with the same lead */
    assert_int_equal(json_len(v), 1);
    json_unref(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_looks_like),   cmocka_unit_test(test_text),
        cmocka_unit_test(test_paths),        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_shares),       cmocka_unit_test(test_uuid),
        cmocka_unit_test(test_random),       cmocka_unit_test(test_characters),
        cmocka_unit_test(test_nesting),      cmocka_unit_test(test_argument_count),
        cmocka_unit_test(test_result_size),  cmocka_unit_test(test_result_depth),
        cmocka_unit_test(test_unique_large), cmocka_unit_test(test_surrogates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
