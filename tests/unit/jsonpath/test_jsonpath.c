/* The interface of jsonpath.h, and the ceilings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/mem.h"
#include "jsonpath/jsonpath.h"

static struct jsonpath *compile(const char *text)
{
    struct jsonpath *path;
    struct err err = {0};
    if (jsonpath_compile(text, strlen(text), &path, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    return path;
}

static struct json *parse(const char *text)
{
    struct json *v = json_parse(text, strlen(text), JSON_PARSE_DEFAULT, NULL);
    if (!v)
        fail_msg("not JSON: %s", text);
    return v;
}

/* Evaluates text on input and returns what jsonpath_eval does; drops the value. */
static int eval(const char *text, const struct json *input)
{
    struct jsonpath *path = compile(text);
    struct jsonpath_env env = {.input = input};
    struct json *value = NULL;
    int r = jsonpath_eval(path, &env, &value, NULL);
    assert_int_equal(r == 0, value != NULL);
    jsonpath_free(path);
    json_unref(value);
    return r;
}

/* ---- what a path is ---- */

static void test_kinds(void **state)
{
    static const struct {
        const char *text;
        enum jsonpath_root root;
        const char *variable;
        bool is_root, definite, reference;
    } paths[] = {
        {"$", JSONPATH_INPUT, NULL, true, true, true},
        {"$$", JSONPATH_CONTEXT, NULL, true, true, true},
        {"$x_1", JSONPATH_VARIABLE, "x_1", true, true, true},
        {"$é", JSONPATH_VARIABLE, "é", true, true, true},
        {"$.a", JSONPATH_INPUT, NULL, false, true, true},
        {"$$.a", JSONPATH_CONTEXT, NULL, false, true, true},
        {"$x.a[0]", JSONPATH_VARIABLE, "x", false, true, true},
        {"$['a'][-1].b", JSONPATH_INPUT, NULL, false, true, true},
        {"$['a','b']", JSONPATH_INPUT, NULL, false, true, false},
        {"$['a','b'].c", JSONPATH_INPUT, NULL, false, false, false},
        {"$.a.length()", JSONPATH_INPUT, NULL, false, true, false},
        {"$[0,1]", JSONPATH_INPUT, NULL, false, false, false},
        {"$[1:]", JSONPATH_INPUT, NULL, false, false, false},
        {"$.*", JSONPATH_INPUT, NULL, false, false, false},
        {"$..a", JSONPATH_INPUT, NULL, false, false, false},
        {"$[?(@.a)].b", JSONPATH_INPUT, NULL, false, false, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct jsonpath *p = compile(paths[i].text);
        assert_string_equal(jsonpath_text(p), paths[i].text);
        assert_int_equal(jsonpath_root(p), paths[i].root);
        if (paths[i].variable)
            assert_string_equal(jsonpath_variable(p), paths[i].variable);
        else
            assert_null(jsonpath_variable(p));
        assert_int_equal(jsonpath_is_root(p), paths[i].is_root);
        assert_int_equal(jsonpath_is_definite(p), paths[i].definite);
        assert_int_equal(jsonpath_is_reference(p), paths[i].reference);
        jsonpath_free(p);
    }
    jsonpath_free(NULL);
}

/* ---- evaluation ---- */

struct calls {
    unsigned context, variable;
};

static const struct json *count_context(void *arg)
{
    ((struct calls *)arg)->context++;
    return NULL;
}

static const struct json *count_variable(void *arg, const char *name, size_t len)
{
    assert_int_equal(len, 3);
    assert_memory_equal(name, "abc", 3);
    ((struct calls *)arg)->variable++;
    return NULL;
}

/* A document that no path reads is never asked for. */
static void test_asks_only_when_needed(void **state)
{
    struct calls calls = {0};
    struct json *input = parse("{\"a\":1}");
    struct jsonpath_env env = {input, count_context, count_variable, &calls};
    struct json *value = NULL;
    (void)state;

    struct jsonpath *p = compile("$.a");
    assert_int_equal(jsonpath_eval(p, &env, &value, NULL), 0);
    assert_ptr_equal(value, json_gets(input, "a")); /* shared, not copied */
    json_unref(value);
    jsonpath_free(p);
    assert_int_equal(calls.context + calls.variable, 0);

    p = compile("$$.a");
    assert_int_equal(jsonpath_eval(p, &env, &value, NULL), ERR_NOT_FOUND);
    jsonpath_free(p);
    assert_int_equal(calls.context, 1);

    p = compile("$abc.a");
    assert_int_equal(jsonpath_eval(p, &env, &value, NULL), ERR_NOT_FOUND);
    jsonpath_free(p);
    assert_int_equal(calls.variable, 1);
    json_unref(input);
}

static void test_nothing_there(void **state)
{
    static const char *const paths[] = {"$", "$.a", "$..a", "$$", "$$.a", "$x", "$x[*]"};
    struct jsonpath_env env = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct jsonpath *p = compile(paths[i]);
        struct json *value = NULL;
        struct err err = {0};
        assert_int_equal(jsonpath_eval(p, &env, &value, &err), ERR_NOT_FOUND);
        assert_int_equal(err.code, ERR_NOT_FOUND);
        assert_null(value);
        jsonpath_free(p);
    }
}

/* ---- ceilings ---- */

static void test_path_length(void **state)
{
    (void)state;
    for (size_t len = LIMIT_PATH_BYTES; len <= LIMIT_PATH_BYTES + 1; len++) {
        char *text = xmalloc(len);
        struct jsonpath *p = NULL;
        memset(text, 'a', len);
        memcpy(text, "$.", 2);
        int r = jsonpath_compile(text, len, &p, NULL);
        assert_int_equal(r, len == LIMIT_PATH_BYTES ? 0 : ERR_INVALID);
        jsonpath_free(p);
        free(text);
    }
}

/* An array of `rows` arrays of 1,000 numbers. */
static struct json *table(int rows)
{
    struct json_array row, all;
    json_array_init(&row);
    for (int i = 0; i < 1000; i++)
        json_array_add(&row, json_int(i));
    struct json *v = json_array_finish(&row);
    json_array_init(&all);
    for (int i = 0; i < rows; i++)
        json_array_add(&all, json_ref(v));
    json_unref(v);
    return json_array_finish(&all);
}

static void test_results(void **state)
{
    struct json *full = table(LIMIT_PATH_RESULTS / 1000);
    struct json *more = table(LIMIT_PATH_RESULTS / 1000 + 1);
    (void)state;
    assert_int_equal(eval("$[*][*]", full), 0);
    assert_int_equal(eval("$[*][*]", more), ERR_LIMIT);
    json_unref(full);
    json_unref(more);
}

/* An array in an array, `depth` times. */
static struct json *nested(int depth)
{
    struct json *v = json_null();
    while (depth-- > 0) {
        struct json_array b;
        json_array_init(&b);
        json_array_add(&b, v);
        v = json_array_finish(&b);
    }
    return v;
}

/* Work grows with every .. but ends: few results, many values looked at. */
static void test_work(void **state)
{
    struct json *deep = nested(1000);
    struct json *wide = table(1000);
    (void)state;
    assert_int_equal(eval("$..*", deep), 0);
    assert_int_equal(eval("$..*..*..*..x", deep), ERR_LIMIT);
    assert_int_equal(eval("$[?(@[?(@ > 5)] == 1)]", wide), 0);
    assert_int_equal(eval("$[?(@[?(@ > $[1][?(@ > 5)])] == 1)]", wide), ERR_LIMIT);
    assert_int_equal(eval("$[?($ == $)]", wide), ERR_LIMIT);
    json_unref(deep);
    json_unref(wide);
}

/* Far deeper than a text may be: nothing recurses over the document. */
static void test_depth(void **state)
{
    struct json *deep = nested(300000);
    struct jsonpath *p = compile("$..[1]");
    struct jsonpath_env env = {.input = deep};
    struct json *value;
    (void)state;
    assert_int_equal(jsonpath_eval(p, &env, &value, NULL), 0);
    assert_int_equal(json_len(value), 0);
    json_unref(value);
    jsonpath_free(p);

    /* Nor is a result nested deeper than its text may be. */
    assert_int_equal(eval("$", deep), ERR_LIMIT);
    json_unref(deep);
    deep = nested(LIMIT_JSON_DEPTH);
    assert_int_equal(eval("$[?(@)]", deep), 0);
    assert_int_equal(eval("$..[?(@[0])]", deep), 0);
    json_unref(deep);
}

static void test_filter_nesting(void **state)
{
    (void)state;
    for (int depth = 1; depth <= 100; depth++) {
        struct strbuf s;
        struct jsonpath *p = NULL;
        struct err err = {0};
        strbuf_init(&s, LIMIT_PATH_BYTES);
        strbuf_adds(&s, "$[?");
        for (int i = 0; i < depth; i++)
            strbuf_addc(&s, '(');
        strbuf_adds(&s, "@.a");
        for (int i = 0; i < depth; i++)
            strbuf_addc(&s, ')');
        strbuf_addc(&s, ']');
        int r = jsonpath_compile(s.data, s.len, &p, &err);
        assert_int_equal(r, depth <= 16 ? 0 : ERR_INVALID);
        if (r < 0)
            assert_string_equal(err.text, "Filter is nested more than 16 levels deep");
        jsonpath_free(p);
        strbuf_done(&s);
    }

    /* Filters in filters count too; so do negations. */
    struct strbuf s;
    struct jsonpath *p;
    strbuf_init(&s, LIMIT_PATH_BYTES);
    strbuf_addc(&s, '$');
    for (int i = 0; i < 500; i++)
        strbuf_adds(&s, "[?(@");
    assert_int_equal(jsonpath_compile(s.data, s.len, &p, NULL), ERR_INVALID);
    for (int i = 0; i < 500; i++)
        strbuf_adds(&s, ")]");
    assert_int_equal(jsonpath_compile(s.data, s.len, &p, NULL), ERR_INVALID);
    strbuf_clear(&s);
    strbuf_adds(&s, "$[?(");
    for (int i = 0; i < 1000; i++)
        strbuf_addc(&s, '!');
    strbuf_adds(&s, "(@.a))]");
    assert_int_equal(jsonpath_compile(s.data, s.len, &p, NULL), ERR_INVALID);
    strbuf_done(&s);
}

/* ---- ResultPath ---- */

static void test_put(void **state)
{
    /* What the root and the value are is in reference/asl.md 3: missing parents are created,
     * what is there is overwritten, and a conflict names the input. */
    static const struct {
        const char *path, *root, *value, *result; /* result NULL: a conflict */
    } puts[] = {
        {"$", "{\"a\":1}", "2", "2"},
        {"$", "4", "[]", "[]"},
        {"$.a", "{}", "1", "{\"a\":1}"},
        {"$.a", "{\"b\":1,\"a\":2,\"c\":3}", "{\"d\":null}",
         "{\"b\":1,\"a\":{\"d\":null},\"c\":3}"},
        {"$.a.b.c", "{\"x\":1}", "2", "{\"x\":1,\"a\":{\"b\":{\"c\":2}}}"},
        {"$.a.b", "{\"a\":{\"c\":1}}", "2", "{\"a\":{\"c\":1,\"b\":2}}"},
        {"$['a.b']['c d']", "{}", "1", "{\"a.b\":{\"c d\":1}}"},
        {"$[0]", "[1,2]", "3", "[3,2]"},
        {"$[-1]", "[1,2]", "3", "[1,3]"},
        {"$.a[1].b", "{\"a\":[1,{}]}", "3", "{\"a\":[1,{\"b\":3}]}"},
        {"$.child", "4", "1", NULL},
        {"$.child", "null", "1", NULL},
        {"$.child", "[1]", "1", NULL},
        {"$.child", "\"x\"", "1", NULL},
        {"$.a.b", "{\"a\":1}", "2", NULL},
        {"$.a.b", "{\"a\":null}", "2", NULL},
        {"$[0]", "{}", "1", NULL},
        {"$[0]", "[]", "1", NULL},
        {"$[1]", "[1]", "1", NULL},
        {"$[-2]", "[1]", "1", NULL},
        {"$.a[0]", "{}", "1", NULL},
        {"$.a[0].b", "{\"a\":[1]}", "2", NULL},
        {"$.*", "{}", "2", NULL},
        {"$$.a", "{}", "2", NULL},
        {"$a", "{}", "2", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(puts); i++) {
        struct jsonpath *p = compile(puts[i].path);
        struct json *root = parse(puts[i].root);
        struct json *value = parse(puts[i].value);
        struct json *result = NULL;
        struct err err = {0};
        char *text;
        int r = jsonpath_put(p, root, value, &result, &err);
        if (puts[i].result) {
            assert_int_equal(r, 0);
            text = json_text(result, 1000, NULL);
            assert_string_equal(text, puts[i].result);
        } else {
            assert_int_equal(r, ERR_CONFLICT);
            assert_null(result);
            text = xasprintf("Unable to apply ReferencePath %s to input %s", puts[i].path,
                             puts[i].root);
            assert_string_equal(err.text, text);
            assert_int_equal(jsonpath_put(p, root, value, &result, NULL), ERR_CONFLICT);
        }
        free(text);
        text = json_text(root, 1000, NULL);
        assert_string_equal(text, puts[i].root); /* the old document stays as it was */
        free(text);
        json_unref(root);
        json_unref(value);
        json_unref(result);
        jsonpath_free(p);
    }
}

static void test_put_depth(void **state)
{
    struct strbuf s;
    struct json *empty = parse("{}");
    struct json *result = NULL;
    (void)state;
    for (int depth = LIMIT_JSON_DEPTH; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
        strbuf_init(&s, LIMIT_PATH_BYTES);
        strbuf_addc(&s, '$');
        for (int i = 0; i < depth; i++)
            strbuf_adds(&s, ".a");
        struct jsonpath *p = compile(s.data);
        int r = jsonpath_put(p, empty, json_null(), &result, NULL);
        assert_int_equal(r, depth == LIMIT_JSON_DEPTH ? 0 : ERR_CONFLICT);
        jsonpath_free(p);
        strbuf_done(&s);
    }
    json_unref(result);
    json_unref(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),         cmocka_unit_test(test_asks_only_when_needed),
        cmocka_unit_test(test_nothing_there), cmocka_unit_test(test_path_length),
        cmocka_unit_test(test_results),       cmocka_unit_test(test_work),
        cmocka_unit_test(test_depth),         cmocka_unit_test(test_filter_nesting),
        cmocka_unit_test(test_put),           cmocka_unit_test(test_put_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
