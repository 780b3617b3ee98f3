#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "json/json.h"

static const char sample[] =
    "{\"text\":\"a\\\"b\\\\c\\n\\u0000 caf\xc3\xa9 \xf0\x9f\x98\x80 "
    "\\uD800!\",\"list\":[1,-2.5,null,true,false,"
    "[],{},\"\"],\"big\":123456789012345678901234567890,\"o\":{\"k\":{\"\\t\":1.0E100}}}";

static struct json *parse(const char *text)
{
    struct json *v = json_parse(text, strlen(text), 0, NULL);
    assert_non_null(v);
    return v;
}

static void test_round_trip(void **state)
{
    (void)state;
    struct json *v = parse(sample);
    struct strbuf sb;
    strbuf_init(&sb, 10000);
    strbuf_adds(&sb, "before ");
    json_print(v, &sb);
    strbuf_adds(&sb, " after");
    assert_memory_equal(sb.data, "before ", 7);
    assert_memory_equal(sb.data + 7, sample, sizeof(sample) - 1);
    assert_string_equal(sb.data + 7 + sizeof(sample) - 1, " after");
    strbuf_done(&sb);
    json_unref(v);
}

/* At every ceiling: all of it or an overflow, and never a byte too many. */
static void test_ceilings(void **state)
{
    (void)state;
    struct json *v = parse(sample);
    for (size_t max = 0; max < sizeof(sample) + 3; max++) {
        struct strbuf sb;
        strbuf_init(&sb, max);
        json_print(v, &sb);
        assert_int_equal(sb.overflow, max < sizeof(sample) - 1);
        assert_true(sb.len <= max);
        assert_memory_equal(sb.data, sample, sb.len);
        assert_int_equal(sb.data[sb.len], '\0');
        strbuf_done(&sb);
    }
    json_unref(v);
}

static void test_cut_text(void **state)
{
    (void)state;
    struct json *v = parse(sample);
    for (size_t max = 0; max < sizeof(sample) + 3; max++) {
        size_t len;
        CLEANUP(free_p) char *text = json_text(v, max, &len);
        size_t whole = sizeof(sample) - 1;
        if (max >= whole)
            assert_int_equal(len, whole);
        else
            assert_true(len <= max && len + 3 >= max);
        assert_memory_equal(text, sample, len);
        assert_int_equal(text[len], '\0');
        assert_true(utf8_valid(text, len));
        if (max < whole && len < max) /* only for a character that did not fit */
            assert_true((unsigned char)sample[len] >= 0xC0);
    }
    json_unref(v);
}

static void test_sizes(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "-12345",
        "1.5",
        "1.0E10",
        "\"\"",
        "\"x\"",
        "[]",
        "{}",
        "[1]",
        "[1,2]",
        "[[],[]]",
        "{\"a\":1}",
        "{\"a\":1,\"b\":[{}]}",
        "\"\\n\\u0001\\\"\"",
        "\"\\uDEAD\xed\x95\x9c\"",
        sample,
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct json *v = parse(texts[i]);
        size_t size = strlen(texts[i]);
        assert_int_equal(json_text_size(v, SIZE_MAX), size);
        assert_int_equal(json_text_size(v, size), size);
        assert_int_equal(json_text_size(v, size + 1), size);
        assert_int_equal(json_text_size(v, size - 1), size - 1);
        assert_int_equal(json_text_size(v, 0), 0);
        json_unref(v);
    }
}

/* A value made from one whose size is known is counted anew. */
static void test_sizes_after_change(void **state)
{
    (void)state;
    struct json *v = parse("{\"a\":[1,2]}");
    assert_int_equal(json_text_size(v, SIZE_MAX), 11);
    struct json *key = json_strings("key");
    struct json *with = json_with(v, key, json_strings("value"));
    assert_int_equal(json_text_size(with, SIZE_MAX), 11 + 14);
    struct json *list = json_with_at(json_gets(v, "a"), 0, json_int(1000));
    assert_int_equal(json_text_size(list, SIZE_MAX), 8);
    json_unref(list);
    json_unref(with);
    json_unref(key);
    json_unref(v);
}

static void test_all_characters(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 0x20; c++) {
        char ch = (char)c;
        struct json *v = json_string(&ch, 1);
        size_t len;
        CLEANUP(free_p) char *text = json_text(v, 100, &len);
        struct json *back = json_parse(text, len, 0, NULL);
        assert_true(json_equal(v, back));
        assert_int_equal(json_text_size(v, SIZE_MAX), len);
        json_unref(v);
        json_unref(back);
    }
    /* Every surrogate, alone and between neighbours. */
    for (uint32_t unit = 0xD7FE; unit <= 0xE001; unit++) {
        char bytes[8] = "x";
        size_t size = 1 + utf8_encode(unit, bytes + 1);
        bytes[size++] = 'y';
        struct json *v = json_string(bytes, size);
        size_t len;
        CLEANUP(free_p) char *text = json_text(v, 100, &len);
        assert_true(utf8_valid(text, len));
        assert_int_equal(json_text_size(v, SIZE_MAX), len);
        struct json *back = json_parse(text, len, 0, NULL);
        assert_true(json_equal(v, back));
        json_unref(v);
        json_unref(back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),         cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_cut_text),           cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_sizes_after_change), cmocka_unit_test(test_all_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
