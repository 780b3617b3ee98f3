#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/json.h"

static struct json *parse(const char *text)
{
    struct json_error err;
    struct json *v = json_parse(text, strlen(text), 0, &err);
    if (!v)
        fail_msg("%s: %s", text, err.text);
    return v;
}

/* Takes v. */
static void assert_text(struct json *v, const char *text)
{
    CLEANUP(free_p) char *printed = json_text(v, 100000, NULL);
    assert_string_equal(printed, text);
    json_unref(v);
}

static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
        enum json_type type;
    } cases[] = {
        {"null", "null", JSON_NULL},      {"true", "boolean", JSON_TRUE},
        {"false", "boolean", JSON_FALSE}, {"1", "number", JSON_NUMBER},
        {"1.5", "number", JSON_NUMBER},   {"\"x\"", "string", JSON_STRING},
        {"[1]", "array", JSON_ARRAY},     {"{\"a\":1}", "object", JSON_OBJECT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json *v = parse(cases[i].text);
        assert_int_equal(json_type(v), cases[i].type);
        assert_string_equal(json_type_name(v), cases[i].name);
        assert_true(json_is(v, cases[i].type));
        assert_int_equal(json_is_bool(v), strcmp(cases[i].name, "boolean") == 0);
        json_unref(v);
    }
    assert_false(json_is(NULL, JSON_NULL));
    assert_false(json_is_bool(NULL));
    json_unref(NULL);
}

static void test_counting(void **state)
{
    (void)state;
    struct json *v = parse("[1,[2,{\"a\":\"x\"}]]");
    const struct json *inner = json_at(json_at(v, 1), 1);
    struct json *kept = json_ref(inner);
    assert_ptr_equal(kept, inner);
    json_unref(v);
    assert_text(kept, "{\"a\":\"x\"}"); /* outlives what held it */

    CLEANUP(json_unref_p) struct json *cleaned = parse("[1]");
    CLEANUP(json_unref_p) struct json *none = NULL;
    assert_null(none);
    assert_int_equal(json_len(cleaned), 1);
}

/* These exist once, and counting them changes nothing. */
static void test_immortals(void **state)
{
    (void)state;
    static const char *const texts[] = {"null", "true", "false", "\"\"", "[]", "{}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct json *a = parse(texts[i]);
        struct json *b = parse(texts[i]);
        assert_ptr_equal(a, b);
        for (int n = 0; n < 1000; n++)
            json_unref(a);
        assert_int_equal(json_text_size(a, SIZE_MAX), strlen(texts[i]));
        assert_text(json_ref(a), texts[i]);
    }
    struct json_array empty;
    json_array_init(&empty);
    struct json *v = json_array_finish(&empty);
    struct json *parsed = parse("[ ]");
    assert_ptr_equal(v, parsed);
    v = json_object_finish(json_object_new());
    parsed = parse("{ }");
    assert_ptr_equal(v, parsed);
    v = json_string("", 0);
    assert_ptr_equal(v, json_strings(""));
    assert_ptr_equal(json_bool(true), json_bool(true));
    assert_ptr_not_equal(json_bool(true), json_bool(false));
}

static void test_strings(void **state)
{
    (void)state;
    size_t len;
    struct json *v = json_string("a\0b", 3);
    assert_memory_equal(json_str(v, &len), "a\0b", 4);
    assert_int_equal(len, 3);
    assert_false(json_str_eq(v, "a"));
    assert_text(v, "\"a\\u0000b\"");
    v = json_strings("caf\xc3\xa9");
    assert_string_equal(json_str(v, NULL), "caf\xc3\xa9");
    assert_true(json_str_eq(v, "caf\xc3\xa9"));
    assert_false(json_str_eq(v, "caf"));
    json_unref(v);
    assert_false(json_str_eq(NULL, ""));
    v = json_int(1);
    assert_false(json_str_eq(v, "1"));
    json_unref(v);
    v = json_string("\xed\xa0\x80\xed\x9f\xbf", 6); /* a lone surrogate; U+D7FF */
    assert_int_equal(json_text_size(v, SIZE_MAX), 11);
    assert_text(v, "\"\\uD800\xed\x9f\xbf\"");
}

static void test_arrays(void **state)
{
    (void)state;
    struct json_array b;
    json_array_init(&b);
    for (int i = 0; i < 1000; i++)
        json_array_add(&b, json_int(i));
    struct json *v = json_array_finish(&b);
    assert_int_equal(json_len(v), 1000);
    for (size_t i = 0; i < 1000; i++) {
        int64_t value;
        assert_true(json_int64(json_at(v, i), &value));
        assert_int_equal(value, i);
    }
    assert_null(json_at(v, 1000));
    assert_null(json_at(v, SIZE_MAX));
    assert_null(json_get(v, "a", 1));
    assert_null(json_key_at(v, 0));
    json_unref(v);

    json_array_add(&b, json_strings("x")); /* the builder is empty again */
    json_array_add(&b, json_null());
    assert_int_equal(b.len, 2);
    json_array_done(&b);
    json_array_done(&b);
}

static void test_objects(void **state)
{
    (void)state;
    struct json_object *b = json_object_new();
    json_object_adds(b, "b", json_int(1));
    json_object_adds(b, "a", json_int(2));
    json_object_add(b, json_string("a\0", 2), json_int(3));
    json_object_adds(b, "b", json_strings("replaced"));
    struct json *v = json_object_finish(b);
    assert_int_equal(json_len(v), 3);
    assert_true(json_str_eq(json_key_at(v, 0), "b"));
    assert_true(json_str_eq(json_member_at(v, 0), "replaced"));
    assert_ptr_equal(json_gets(v, "a"), json_member_at(v, 1));
    assert_ptr_equal(json_get(v, "a\0", 2), json_member_at(v, 2));
    assert_null(json_gets(v, "c"));
    assert_null(json_gets(v, ""));
    assert_null(json_key_at(v, 3));
    assert_null(json_member_at(v, 3));
    assert_null(json_at(v, 0));
    assert_text(v, "{\"b\":\"replaced\",\"a\":2,\"a\\u0000\":3}");

    b = json_object_new();
    json_object_adds(b, "x", json_int(1));
    json_object_free(b);
    json_object_free(json_object_new());
    json_object_free(NULL);
    v = json_int(5);
    assert_int_equal(json_len(v), 0);
    assert_null(json_gets(v, "a"));
    json_unref(v);
}

static size_t name_of(char buf[32], int i)
{
    return (size_t)snprintf(buf, 32, "member%d", i);
}

static void assert_members(const struct json *v, int count)
{
    char name[32];
    assert_int_equal(json_len(v), count);
    for (int i = 0; i < count; i++) {
        const struct json *member = json_get(v, name, name_of(name, i));
        assert_non_null(member);
        assert_ptr_equal(member, json_member_at(v, (size_t)i));
        int64_t value;
        assert_true(json_int64(member, &value));
        assert_int_equal(value, i);
    }
    assert_null(json_get(v, name, name_of(name, count)));
}

/* Objects of every size around that where they get an index, and large ones, however they came to be. */
static void test_lookup(void **state)
{
    (void)state;
    for (int count = 1; count < 20000; count = count < 40 ? count + 1 : count * 3) {
        struct json_object *b = json_object_new();
        struct strbuf text;
        strbuf_init(&text, 10000000);
        strbuf_addc(&text, '{');
        char name[32];
        for (int i = 0; i < count; i++) {
            json_object_add(b, json_string(name, name_of(name, i)), json_int(i));
            strbuf_addf(&text, "%s\"%s\":%d", i ? "," : "", name, i);
        }
        strbuf_addc(&text, '}');
        struct json *built = json_object_finish(b);
        struct json *parsed = json_parse(text.data, text.len, JSON_PARSE_REJECT_DUPLICATES, NULL);
        assert_members(built, count);
        assert_members(parsed, count);
        assert_true(json_equal(built, parsed));

        struct json *key = json_string(name, name_of(name, count));
        struct json *longer = json_with(parsed, key, json_int(count));
        assert_members(longer, count + 1);
        assert_members(parsed, count); /* unchanged */
        assert_false(json_equal(longer, parsed));
        json_unref(key);
        json_unref(longer);
        json_unref(parsed);
        json_unref(built);
        strbuf_done(&text);
    }
}

static void test_with(void **state)
{
    (void)state;
    struct json *v = parse("{\"a\":[1],\"b\":2}");
    struct json *key = json_strings("a");
    struct json *with = json_with(v, key, json_strings("new"));
    assert_ptr_equal(json_gets(with, "b"), json_gets(v, "b")); /* shared */
    assert_text(with, "{\"a\":\"new\",\"b\":2}");
    assert_text(json_ref(v), "{\"a\":[1],\"b\":2}");
    json_unref(key);
    key = json_strings("c");
    with = json_with(v, key, json_ref(v));
    json_unref(v);
    json_unref(key);
    assert_text(with, "{\"a\":[1],\"b\":2,\"c\":{\"a\":[1],\"b\":2}}");
    v = parse("{}");
    key = json_strings("only");
    assert_text(json_with(v, key, json_null()), "{\"only\":null}");
    json_unref(key);

    /* One member after the other, as a loop of states would. */
    for (int i = 0; i < 200; i++) {
        char name[32];
        key = json_string(name, name_of(name, i));
        with = json_with(v, key, json_int(i));
        json_unref(key);
        json_unref(v);
        v = with;
        assert_members(v, i + 1);
    }
    json_unref(v);
}

static void test_with_at(void **state)
{
    (void)state;
    struct json *v = parse("[1,[2]]");
    assert_text(json_with_at(v, 0, json_strings("x")), "[\"x\",[2]]");
    assert_text(json_with_at(v, 1, json_null()), "[1,null]");
    assert_text(json_with_at(v, 2, json_ref(v)), "[1,[2],[1,[2]]]");
    assert_text(v, "[1,[2]]");
    v = parse("[]");
    assert_text(json_with_at(v, 0, json_int(5)), "[5]");
}

static void test_equality(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"null", "null", true},
        {"null", "false", false},
        {"true", "false", false},
        {"0", "false", false},
        {"\"a\"", "\"a\"", true},
        {"\"a\"", "\"A\"", false},
        {"\"a\"", "\"a\\u0000\"", false},
        {"\"1\"", "1", false},
        {"[]", "[]", true},
        {"[]", "{}", false},
        {"[1,2]", "[1,2]", true},
        {"[1,2]", "[2,1]", false},
        {"[1,2]", "[1]", false},
        {"[1]", "[1.0]", true},
        {"[[1],[2]]", "[[1],[3]]", false},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
        {"{\"a\":1}", "{\"b\":1}", false},
        {"{\"a\":1}", "{\"a\":1,\"b\":1}", false},
        {"{\"a\":null}", "{\"b\":null}", false},
        {"{\"a\":[[]],\"a\":1}", "{\"a\":1}", true},
        {"{\"a\":{\"b\":[1,{\"c\":2}]}}", "{\"a\":{\"b\":[1,{\"c\":2}]}}", true},
        {"{\"a\":{\"b\":[1,{\"c\":2}]}}", "{\"a\":{\"b\":[1,{\"c\":3}]}}", false},
        {"[{\"x\":[1,2]},3]", "[{\"x\":[1,2]},4]", false},
        {"[[[]]]", "[[]]", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json *a = parse(cases[i].a);
        struct json *b = parse(cases[i].b);
        if (json_equal(a, b) != cases[i].equal || json_equal(b, a) != cases[i].equal)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
        assert_true(json_equal(a, a));
        json_unref(a);
        json_unref(b);
    }
}

static struct json *wrap(struct json *v, bool object)
{
    if (object) {
        struct json_object *b = json_object_new();
        json_object_adds(b, "first", json_int(1));
        json_object_adds(b, "child", v);
        return json_object_finish(b);
    }
    struct json_array b;
    json_array_init(&b);
    json_array_add(&b, v);
    json_array_add(&b, json_int(1));
    return json_array_finish(&b);
}

/* Values are built deeper than any text may be, and nothing walks them on the C stack. */
static void test_very_deep(void **state)
{
    (void)state;
    enum { LEVELS = 500000 };
    struct json *a = json_null();
    struct json *b = json_null();
    for (int i = 0; i < LEVELS; i++) {
        a = wrap(a, i % 2);
        b = wrap(b, i % 2);
    }
    assert_int_equal(json_depth(a), UINT16_MAX);
    assert_true(json_equal(a, b));
    size_t size = json_text_size(a, SIZE_MAX);
    struct strbuf sb;
    strbuf_init(&sb, size);
    json_print(a, &sb);
    assert_false(sb.overflow);
    assert_int_equal(sb.len, size);
    struct json_error err;
    assert_null(json_parse(sb.data, sb.len, 0, &err));
    strbuf_done(&sb);
    json_unref(a);
    json_unref(b);
}

static void test_depth(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned depth;
    } cases[] = {
        {"1", 0},
        {"\"\"", 0},
        {"[]", 1},
        {"{}", 1},
        {"[1,{}]", 2},
        {"{\"a\":[[]],\"b\":1}", 3},
        {"[[1],[[[]]],{}]", 4},
        {"{\"a\":[[[]]],\"a\":1}", 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json *v = parse(cases[i].text);
        assert_int_equal(json_depth(v), cases[i].depth);
        json_unref(v);
    }
    struct json *v = parse("[[[]],1]");
    struct json *flat = json_with_at(v, 0, json_null());
    assert_int_equal(json_depth(flat), 1);
    json_unref(flat);
    struct json *deep = json_with_at(v, 2, json_ref(v));
    assert_int_equal(json_depth(deep), 4);
    json_unref(deep);
    json_unref(v);
}

/* Sharing makes a text of 2^40 values from 40 nodes: sizes are counted once per node. */
static void test_shared_growth(void **state)
{
    (void)state;
    struct json *v = json_int(1);
    for (int i = 0; i < 40; i++) {
        struct json_array b;
        json_array_init(&b);
        json_array_add(&b, json_ref(v));
        json_array_add(&b, v);
        v = json_array_finish(&b);
    }
    assert_int_equal(json_text_size(v, 262145), 262145);
    struct strbuf sb;
    strbuf_init(&sb, 1000);
    json_print(v, &sb);
    assert_true(sb.overflow);
    strbuf_done(&sb);
    size_t len;
    char *text = json_text(v, 100, &len);
    assert_int_equal(len, 100);
    free(text);
    assert_true(json_equal(v, v));
    json_unref(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),         cmocka_unit_test(test_counting),
        cmocka_unit_test(test_immortals),     cmocka_unit_test(test_strings),
        cmocka_unit_test(test_arrays),        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_lookup),        cmocka_unit_test(test_with),
        cmocka_unit_test(test_with_at),       cmocka_unit_test(test_equality),
        cmocka_unit_test(test_very_deep),     cmocka_unit_test(test_depth),
        cmocka_unit_test(test_shared_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
