#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "json/json.h"

/* A text that may hold NUL bytes. */
#define T(literal)                     \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

/* Copies the text to a block of its exact size, so that reading past its end shows under ASan. */
static struct json *parse_exactly(const char *s, size_t len, unsigned flags, struct json_error *err)
{
    char *copy = xmalloc(len);
    if (len)
        memcpy(copy, s, len);
    struct json *v = json_parse(copy, len, flags, err);
    struct json_error second = {0};
    bool valid = json_valid(copy, len, &second);
    if (!(flags & JSON_PARSE_REJECT_DUPLICATES)) {
        assert_int_equal(valid, v != NULL);
        if (!v && err) {
            assert_string_equal(second.text, err->text);
            assert_int_equal(second.offset, err->offset);
            assert_int_equal(second.line, err->line);
            assert_int_equal(second.column, err->column);
        }
    }
    free(copy);
    return v;
}

static void test_accepts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed; /* NULL: as the text */
    } cases[] = {
        {"null", NULL},
        {"true", NULL},
        {"false", NULL},
        {"0", NULL},
        {"-1", NULL},
        {"123", NULL},
        {"\"\"", NULL},
        {"[]", NULL},
        {"{}", NULL},
        {" \t\r\n1\n\r\t ", "1"},
        {" [ ] ", "[]"},
        {"{ }", "{}"},
        {"[[]   ]", "[[]]"},
        {"[\"\"]", NULL},
        {"[\"a\"]", NULL},
        {"[false]", NULL},
        {"[null, 1, \"1\", {}]", "[null,1,\"1\",{}]"},
        {"[1\n]", "[1]"},
        {" [1]", "[1]"},
        {"[1,null,null,null,2]", NULL},
        {"[2] ", "[2]"},
        {"[123e65]", "[1.23E67]"},
        {"[0e+1]", "[0.0]"},
        {"[0e1]", "[0.0]"},
        {"[ 4]", "[4]"},
        {"[-0.000000000000000000000000000000000000000000000000000000000000000001]", "[-1.0E-66]"},
        {"[20e1]", "[200.0]"},
        {"[-0]", "[0]"},
        {"[-123]", NULL},
        {"[1E22]", "[1.0E22]"},
        {"[1E-2]", "[0.01]"},
        {"[1E+2]", "[100.0]"},
        {"[123e45]", "[1.23E47]"},
        {"[123.456e78]", "[1.23456E80]"},
        {"[123.456789]", NULL},
        {"{\"asd\":\"sdf\", \"dfg\":\"fgh\"}", "{\"asd\":\"sdf\",\"dfg\":\"fgh\"}"},
        {"{\"a\":\"b\",\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"\":0}", NULL},
        {"{\"foo\\u0000bar\": 42}", "{\"foo\\u0000bar\":42}"},
        {"{\"a\":[]}", NULL},
        {"{\"a\": {\"a\": {\"a\": []}}}", "{\"a\":{\"a\":{\"a\":[]}}}"},
        {"[\"\\u0060\\u012a\\u12AB\"]", "[\"`\xc4\xaa\xe1\x8a\xab\"]"},
        {"[\"\\uD801\\udc37\"]", "[\"\xf0\x90\x90\xb7\"]"},
        {"[\"\\ud83d\\ude39\\ud83d\\udc8d\"]", "[\"\xf0\x9f\x98\xb9\xf0\x9f\x92\x8d\"]"},
        {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\\"\\\\/\\b\\f\\n\\r\\t\"]"},
        {"[\"\\\\u0000\"]", NULL},
        {"[\"a/*b*/c/*d//e\"]", NULL},
        {"[\"\\\\a\"]", NULL},
        {"[\"\\u0012\"]", NULL},
        {"[\"\\uFFFF\"]", "[\"\xef\xbf\xbf\"]"},
        {"[\"\\uDBFF\\uDFFF\"]", "[\"\xf4\x8f\xbf\xbf\"]"},
        {"[\"new\\u00A0line\"]", "[\"new\xc2\xa0line\"]"},
        {"[\"\xf4\x8f\xbf\xbf\"]", NULL},
        {"[\"\xef\xbf\xbf\"]", NULL},
        {"[\"\\u0000\"]", NULL},
        {"[\"\\u002c\"]", "[\",\"]"},
        {"[\"\xcf\x80\"]", NULL},
        {"[\"asd \"]", NULL},
        {"[\"\\u2028\xe2\x80\xa9\"]", "[\"\xe2\x80\xa8\xe2\x80\xa9\"]"},
        {"[\"\x7f\"]", NULL},
        {"[\"\xe2\x8d\x82\xe3\x88\xb4\"]", NULL},
        {"\"\\uABCD\\uabcd\"", "\"\xea\xaf\x8d\xea\xaf\x8d\""},
        {"true\n", "true"},
        {"[true\n,false\t]", "[true,false]"},
        {"{\"a\"\t:\n1 , \"b\":2}", "{\"a\":1,\"b\":2}"},
        /* Lone surrogates stay what they were. */
        {"[\"\\uD800\"]", NULL},
        {"[\"\\uDFAA\"]", NULL},
        {"[\"\\uD888\\u1234\"]", "[\"\\uD888\xe1\x88\xb4\"]"},
        {"[\"\\uD800\\n\"]", NULL},
        {"[\"\\uDd1ea\"]", "[\"\\uDD1Ea\"]"},
        {"[\"\\uD800\\uD800\\uDC00\"]", "[\"\\uD800\xf0\x90\x80\x80\"]"},
        {"[\"\\uDC00\\uD800\"]", NULL},
        {"[\"\\uD800\\\\u\"]", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json_error err;
        struct json *v = parse_exactly(cases[i].text, strlen(cases[i].text), 0, &err);
        if (!v)
            fail_msg("%s: %s", cases[i].text, err.text);
        CLEANUP(free_p) char *printed = json_text(v, 10000, NULL);
        assert_string_equal(printed, cases[i].printed ? cases[i].printed : cases[i].text);
        json_unref(v);
    }
}

static void test_rejects(void **state)
{
    (void)state;
    static const struct text cases[] = {
        T(""),
        T(" "),
        T("\n"),
        T("\0"),
        T("1\0"),
        T("[1]\0"),
        T("[\0]"),
        T("\xef\xbb\xbf{}"),
        T("\xef\xbb\xbf"),
        T("\xe2\x81\xa0"),
        T("[1 true]"),
        T("[a\xe5]"),
        T("[\"\": 1]"),
        T("[\"\"],"),
        T("[,1]"),
        T("[1,,2]"),
        T("[\"x\",,]"),
        T("[\"x\"]]"),
        T("[\"\",]"),
        T("[\"x\""),
        T("[x"),
        T("[3[4]]"),
        T("[1:2]"),
        T("[,]"),
        T("[-]"),
        T("[   , \"\"]"),
        T("[\"a\",\n4\n,1,"),
        T("[1,]"),
        T("[1,\n1\n,1"),
        T("[*]"),
        T("[\"\""),
        T("[1,"),
        T("[1"),
        T("[{}"),
        T("[fals]"),
        T("[nul]"),
        T("[tru]"),
        T("[truth]"),
        T("[nullx]"),
        T("[True]"),
        T("[NULL]"),
        T("123\0"),
        T("[++1234]"),
        T("[+1]"),
        T("[+Inf]"),
        T("[-01]"),
        T("[-1.0.]"),
        T("[-2.]"),
        T("[-NaN]"),
        T("[.-1]"),
        T("[.2e-3]"),
        T("[0.1.2]"),
        T("[0.3e+]"),
        T("[0.3e]"),
        T("[0.e1]"),
        T("[0e+]"),
        T("[0e]"),
        T("[0E+]"),
        T("[0E]"),
        T("[1 000.0]"),
        T("[1.0e+]"),
        T("[1.0e-]"),
        T("[1.0e]"),
        T("[1eE2]"),
        T("[2.e+3]"),
        T("[2.e-3]"),
        T("[2.e3]"),
        T("[9.e+]"),
        T("[Inf]"),
        T("[NaN]"),
        T("[Infinity]"),
        T("[-Infinity]"),
        T("[\xef\xbc\x91]"),
        T("[1+2]"),
        T("[0x1]"),
        T("[0x42]"),
        T("[0e+-1]"),
        T("[- 1]"),
        T("[-012]"),
        T("[-.123]"),
        T("[-1x]"),
        T("[1ea]"),
        T("[1e1\xe5]"),
        T("[1.]"),
        T("[.123]"),
        T("[1.2a-3]"),
        T("[1.8011670033376514H-308]"),
        T("[012]"),
        T("[00]"),
        T("01"),
        T("[\"x\", truth]"),
        T("{[: \"x\"}"),
        T("{\"x\", null}"),
        T("{\"x\"::\"b\"}"),
        T("{\xf0\x9f\x87\xa8\xf0\x9f\x87\xad}"),
        T("{\"a\":\"a\" 123}"),
        T("{key: 'value'}"),
        T("{\"\xb9\":\"0\",}"),
        T("{\"a\" b}"),
        T("{:\"b\"}"),
        T("{\"a\" \"b\"}"),
        T("{\"a\":"),
        T("{\"a\""),
        T("{1:1}"),
        T("{9999E9999:1}"),
        T("{null:null,null:null}"),
        T("{\"id\":0,,,,,}"),
        T("{'a':0}"),
        T("{\"id\":0,}"),
        T("{\"a\":\"b\"}/**/"),
        T("{\"a\":\"b\"}/**//"),
        T("{\"a\":\"b\"}//"),
        T("{\"a\":\"b\"}/"),
        T("{\"a\":\"b\",,\"c\":\"d\"}"),
        T("{a: \"b\"}"),
        T("{\"a\":\"a"),
        T("{ \"foo\" : \"bar\", \"a\" }"),
        T("{\"a\":\"b\"}#"),
        T("[\"\\uD800\\\"]"),
        T("[\"\\uD800\\u\"]"),
        T("[\"\\uD800\\u1\"]"),
        T("[\"\\uD800\\u1x\"]"),
        T("[\xc3\xa9]"),
        T("[\"\\x00\"]"),
        T("[\"\\\\\\\"]"),
        T("[\"\\\t\"]"),
        T("[\"\\\xf0\x9f\x8c\x80\"]"),
        T("[\"\\\"]"),
        T("[\"\\u00A\"]"),
        T("[\"\\uD834\\uDd\"]"),
        T("[\"\\a\"]"),
        T("[\"\\uqqqq\"]"),
        T("[\"\\\xe5\"]"),
        T("[\\u0020\"asd\"]"),
        T("[\\n]"),
        T("\""),
        T("['single quote']"),
        T("abc"),
        T("[\"\\"),
        T("[\"a\0a\"]"),
        T("[\"new\nline\"]"),
        T("[\"\t\"]"),
        T("[\"\x1f\"]"),
        T("\"\\UA66D\""),
        T("\"\"x"),
        T("<.>"),
        T("[<null>]"),
        T("[1]x"),
        T("[1]]"),
        T("{}}"),
        T("]"),
        T("}"),
        T("["),
        T("{"),
        T("[True]"),
        T("1]"),
        T("{\"x\": true,"),
        T("{}{}"),
        T("[][]"),
        T("\xe5"),
        T("2@"),
        T("{{}}"),
        T("[\f]"),
        T("[\v1]"),
        T("\xc2\x85[]"),
        T("\xc2\xa0[]"),
        T("[1\xc2\xa0]"),
        T("[\\u000A\"\"]"),
        T("[\"asd]"),
        T("a\xc3\xa5"),
        T("[\xe2\x81\xa0]"),
        T("{\"\\"),
        T("[\"\xff\"]"),
        T("[\"\xc0\xaf\"]"),
        T("[\"\xed\xa0\x80\"]"),
        T("[\"\xf4\xbf\xbf\xbf\"]"),
        T("[\"\x81\"]"),
        T("[\"\xe0\xff\"]"),
        T("[\"\xfc\x83\xbf\xbf\xbf\xbf\"]"),
        T("{\"\xff\":1}"),
        T("\"\xe2\x82\""),
        T("\"x\xc3"),
        T("/"),
        T("//"),
        T("/* */1"),
        T("#"),
        T(","),
        T(":"),
        T("\"a\":1"),
        T("[1}"),
        T("{\"a\":1]"),
        T("{]"),
        T("[}"),
        T("-"),
        T("--1"),
        T("1-"),
        T("1-1"),
        T("t"),
        T("f"),
        T("n"),
        T("nulll"),
        T("truefalse"),
        T("tru\0"),
        T("[null\0]"),
        T("\\"),
        T("'"),
        T("`1`"),
        T("undefined"),
        T("{\"a\":undefined}"),
        T("1,2"),
        T("1 2"),
        T("1\"a\""),
        T("\"a\"\"b\""),
        T("[1 2]"),
        T("[1\"a\"]"),
        T("[\"a\"1]"),
        T("[[1]2]"),
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json_error err = {0};
        struct json *v = parse_exactly(cases[i].data, cases[i].len, 0, &err);
        if (v)
            fail_msg("accepted: %s", cases[i].data);
        assert_string_not_equal(err.text, "");
        assert_true(err.offset <= cases[i].len);
        assert_null(parse_exactly(cases[i].data, cases[i].len, 0, NULL));
    }
}

/* Each text cut short anywhere is refused, and nothing leaks. */
static void test_every_prefix(void **state)
{
    (void)state;
    static const char s[] =
        " { \"a\\n\\u00e9\" : [ 1 , -2.5e+1, {\"b\":[true,false,null,\"x\"]}, [], {} ],"
        "\"k1\":1,\"k2\":2,\"k3\":3,\"k4\":4,\"k5\":5,\"k6\":6,\"k7\":7,\"k8\":8,"
        "\"k9\":9,\"k1\":[1,2],\"a\":{\"z\":\"\xf0\x9f\x98\x80\"}}";
    struct json_error err;
    for (size_t len = 0; len < sizeof(s) - 1; len++)
        if (parse_exactly(s, len, 0, &err))
            fail_msg("accepted the first %zu bytes", len);
    struct json *v = parse_exactly(s, sizeof(s) - 1, 0, &err);
    assert_non_null(v);
    json_unref(v);
}

#define VALUES "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
        unsigned line, column;
    } cases[] = {
        /* reference/asl.md section 12: INVALID_JSON_DESCRIPTION, with its place. */
        {"not a definition", "Unrecognized token 'not': was expecting " VALUES, 1, 4},
        /* reference/api.md, StartExecution. */
        {"{'a':1}",
         "Unexpected character (''' (code 39)): was expecting double-quote to start field name", 1,
         3},
        {"{",
         "Unexpected end-of-input: expected close marker for Object (start marker at [Source: "
         "(String)\"{\"; line: 1, column: 1])",
         1, 2},
        {"[\n [1,2 ",
         "Unexpected end-of-input: expected close marker for Array (start marker at [Source: "
         "(String)\"[\n [1,2 \"; line: 2, column: 2])",
         2, 7},
        {"", "No content to map due to end-of-input", 1, 0},
        {" \n", "No content to map due to end-of-input", 1, 0},
        {"{\"a\" 1}",
         "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and "
         "value",
         1, 7},
        {"{\"a\":1 \"b\":2}",
         "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries", 1,
         9},
        {"[1\n2]",
         "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", 2,
         2},
        {"{\"a\":}", "Unexpected character ('}' (code 125)): expected a value", 1, 7},
        {"[1,]", "Unexpected character (']' (code 93)): expected a valid value " VALUES, 1, 5},
        {"{\"a\":1,}",
         "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", 1,
         9},
        {"[1,", "Unexpected end-of-input within/between Array entries", 1, 4},
        {"{\"a\"", "Unexpected end-of-input within/between Object entries", 1, 5},
        {"{\"a\":", "Unexpected end-of-input within/between Object entries", 1, 6},
        {"{\"a", "Unexpected end-of-input in field name", 1, 4},
        {"\"abc", "Unexpected end-of-input: was expecting closing quote for a string value", 1, 5},
        {"\"a\\", "Unexpected end-of-input in character escape sequence", 1, 4},
        {"[\"a\nb\"]",
         "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to "
         "be included in string value",
         1, 5},
        {"{\"a\tb\":1}",
         "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to "
         "be included in name",
         1, 5},
        {"[\"\\x\"]", "Unrecognized character escape 'x' (code 120)", 1, 5},
        {"\"\\u12g4\"",
         "Unexpected character ('g' (code 103)): expected a hex-digit for character escape "
         "sequence",
         1, 7},
        {"01", "Invalid numeric value: Leading zeroes not allowed", 1, 2},
        {"[1.x]",
         "Unexpected character ('x' (code 120)) in numeric value: Decimal point not followed by a "
         "digit",
         1, 4},
        {"1.",
         "Unexpected character ('.' (code 46)) in numeric value: Decimal point not followed by a "
         "digit",
         1, 3},
        {"[1ex]",
         "Unexpected character ('x' (code 120)) in numeric value: Exponent indicator not followed "
         "by a digit",
         1, 4},
        {"-a",
         "Unexpected character ('a' (code 97)) in numeric value: expected digit (0-9) to follow "
         "minus sign, for valid numeric value",
         1, 3},
        {"1a", "Unexpected character ('a' (code 97)): Expected space separating root-level values",
         1, 3},
        {"[1}",
         "Unexpected close marker '}': expected ']' (for Array starting at [Source: "
         "(String)\"[1}\"; line: 1, column: 1])",
         1, 4},
        {"{\"a\":[]]",
         "Unexpected close marker ']': expected '}' (for Object starting at [Source: "
         "(String)\"{\"a\":[]]\"; line: 1, column: 1])",
         1, 9},
        {"]",
         "Unexpected close marker ']': expected '}' (for root starting at [Source: (String)\"]\"; "
         "line: 1, column: 0])",
         1, 2},
        {"nul", "Unrecognized token 'nul': was expecting " VALUES, 1, 4},
        {"[truely]", "Unrecognized token 'truely': was expecting " VALUES, 1, 8},
        {"\xc3\xa9t\xc3\xa9 ", "Unrecognized token '\xc3\xa9t\xc3\xa9': was expecting " VALUES, 1,
         4},
        {"[\xe2\x82\xac \xe2\x80\x94", "Unrecognized token '\xe2\x82\xac': was expecting " VALUES,
         1, 3},
        {"\xe2\x80\x94",
         "Unexpected character ('\xe2\x80\x94' (code 8212 / 0x2014)): expected a valid "
         "value " VALUES,
         1, 2},
        {"\xf0\x9f\x98\x80",
         "Unexpected character ('?' (code 55357 / 0xd83d)): expected a valid value " VALUES, 1, 2},
        {"[\x01]",
         "Illegal character ((CTRL-CHAR, code 1)): only regular white space (\\r, \\n, \\t) is "
         "allowed between tokens",
         1, 3},
        {"// a",
         "Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized "
         "as one since Feature 'ALLOW_COMMENTS' not enabled for parser)",
         1, 2},
        {"NaN",
         "Non-standard token 'NaN': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow",
         1, 4},
        {"{} x", "Unrecognized token 'x': was expecting " VALUES, 1, 5},
        {"{} 1",
         "Trailing token (of type VALUE_NUMBER_INT) found after value (bound as "
         "`com.fasterxml.jackson.databind.JsonNode`): not allowed as per "
         "`DeserializationFeature.FAIL_ON_TRAILING_TOKENS`",
         1, 4},
        {"[1] 1.5 x",
         "Trailing token (of type VALUE_NUMBER_FLOAT) found after value (bound as "
         "`com.fasterxml.jackson.databind.JsonNode`): not allowed as per "
         "`DeserializationFeature.FAIL_ON_TRAILING_TOKENS`",
         1, 5},
        {"null\"e\"",
         "Trailing token (of type VALUE_STRING) found after value (bound as "
         "`com.fasterxml.jackson.databind.JsonNode`): not allowed as per "
         "`DeserializationFeature.FAIL_ON_TRAILING_TOKENS`",
         1, 5},
        {"{}{",
         "Trailing token (of type START_OBJECT) found after value (bound as "
         "`com.fasterxml.jackson.databind.JsonNode`): not allowed as per "
         "`DeserializationFeature.FAIL_ON_TRAILING_TOKENS`",
         1, 3},
        {"{}\"x", "Unexpected end-of-input: was expecting closing quote for a string value", 1, 5},
        {"\"\xff\"", "Invalid UTF-8 start byte 0xff", 1, 2},
        {"\"\xc3x\"", "Invalid UTF-8 middle byte 0x78", 1, 2},
        {"[1,\r\n2,\r3,\n\nx]", "Unrecognized token 'x': was expecting " VALUES, 5, 2},
        {"[\"\xf0\x9f\x98\x80\xe2\x82\xac\" x]",
         "Unexpected character ('x' (code 120)): was expecting comma to separate Array entries", 1,
         9},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *s = cases[i].text;
        struct json_error err;
        assert_null(parse_exactly(s, strlen(s), 0, &err));
        CLEANUP(strbuf_done) struct strbuf message;
        strbuf_init(&message, 10000);
        json_error_message(&err, s, strlen(s), &message);
        assert_string_equal(message.data, cases[i].message);
        assert_int_equal(err.line, cases[i].line);
        assert_int_equal(err.column, cases[i].column);
    }
}

static void test_error_places(void **state)
{
    (void)state;
    CLEANUP(strbuf_done) struct strbuf sb;
    strbuf_init(&sb, 10000);
    struct json_error err;
    assert_null(json_parse("not a definition", 16, 0, &err));
    json_error_location(&err, "not a definition", 16, &sb);
    assert_string_equal(sb.data, "[Source: (String)\"not a definition\"; line: 1, column: 4]");
    assert_int_equal(err.offset, 3);

    /* Of a long text the first 500 characters are shown. */
    char text[600];
    memset(text, ' ', sizeof(text));
    text[599] = 'x';
    assert_null(json_parse(text, sizeof(text), 0, &err));
    strbuf_clear(&sb);
    json_error_location(&err, text, sizeof(text), &sb);
    assert_memory_equal(sb.data, "[Source: (String)\"   ", 21);
    assert_string_equal(sb.data + 18 + 500, "\"[truncated 100 chars]; line: 1, column: 601]");
}

static void test_long_tokens(void **state)
{
    (void)state;
    /* Of a token 256 characters are shown, in whatever script. */
    static const char *const letters[] = {"x", "\xc3\xa9", "\xe2\x82\xac"};
    for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
        char text[2000] = "";
        size_t size = i + 1;
        for (size_t n = 0; n < 600; n++)
            memcpy(text + n * size, letters[i], size);
        struct json_error err;
        assert_null(parse_exactly(text, 600 * size, 0, &err));
        assert_string_equal(err.text + 20 + 256 * size, "...': was expecting " VALUES);
        assert_int_equal(err.column, 257);
    }
    struct json_error err;
    char text[2000] = "{\"";
    for (size_t n = 0; n < 300; n++)
        memcpy(text + 2 + n * 3, "\xe2\x82\xac", 3);
    memcpy(text + 902, "\":1,", 4);
    memcpy(text + 906, text + 1, 903);
    memcpy(text + 1809, ":1}", 3);
    assert_null(json_parse(text, 1812, JSON_PARSE_REJECT_DUPLICATES, &err));
    assert_memory_equal(err.text, "Duplicate field '", 17);
    assert_int_equal(strlen(err.text), 17 + 256 * 3 + 1);
}

/* Builds `levels` opening brackets, then the closing ones. */
static char *nested(size_t levels, const char *open, const char *close, size_t *ret_len)
{
    struct strbuf sb;
    strbuf_init(&sb, 10 * 1000 * 1000);
    for (size_t i = 0; i < levels; i++)
        strbuf_adds(&sb, open);
    for (size_t i = 0; i < levels; i++)
        strbuf_adds(&sb, close);
    return strbuf_take(&sb, ret_len);
}

static void test_depth(void **state)
{
    (void)state;
    size_t len;
    CLEANUP(free_p) char *deepest = nested(LIMIT_JSON_DEPTH, "[", "]", &len);
    struct json *v = parse_exactly(deepest, len, 0, NULL);
    assert_non_null(v);
    assert_int_equal(json_depth(v), LIMIT_JSON_DEPTH);
    CLEANUP(free_p) char *printed = json_text(v, 10000, NULL);
    assert_string_equal(printed, deepest);
    json_unref(v);

    struct json_error err;
    CLEANUP(free_p) char *deeper = nested(LIMIT_JSON_DEPTH + 1, "[", "]", &len);
    assert_null(parse_exactly(deeper, len, 0, &err));
    assert_string_equal(err.text,
                        "Document nesting depth (1001) exceeds the maximum allowed (1000, from "
                        "`StreamReadConstraints.getMaxNestingDepth()`)");
    assert_int_equal(err.column, 1002);

    CLEANUP(free_p) char *objects = nested(LIMIT_JSON_DEPTH, "{\"a\":[", "]}", &len);
    assert_null(parse_exactly(objects, len, 0, &err));
    CLEANUP(free_p) char *half = nested(LIMIT_JSON_DEPTH / 2, "{\"a\":[", "]}", &len);
    v = parse_exactly(half, len, 0, &err);
    assert_non_null(v);
    json_unref(v);

    CLEANUP(free_p) char *hostile = nested(100000, "[", "", &len);
    assert_null(parse_exactly(hostile, len, 0, &err));
    CLEANUP(free_p) char *hostile_objects = nested(100000, "{\"\":", "", &len);
    assert_null(parse_exactly(hostile_objects, len, 0, &err));
}

static void test_duplicates(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed;
        unsigned column; /* of the error when they are rejected */
    } cases[] = {
        /* The first one's place, the last one's value. */
        {"{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}", 17},
        {"{\"a\":1,\"\\u0061\":[3]}", "{\"a\":[3]}", 16},
        {"{\"a\":1,\"a\":2,\"a\":3}", "{\"a\":3}", 11},
        {"{\"\":1,\"\":{\"x\":1}}", "{\"\":{\"x\":1}}", 9},
        {"[{\"a\":{\"b\":1},\"a\":{\"b\":2,\"b\":3}}]", "[{\"a\":{\"b\":3}}]", 18},
        {"{\"1\":1,\"2\":2,\"3\":3,\"4\":4,\"5\":5,\"6\":6,\"7\":7,\"8\":8,\"9\":9,\"10\":0,\"3\":"
         "33}",
         "{\"1\":1,\"2\":2,\"3\":33,\"4\":4,\"5\":5,\"6\":6,\"7\":7,\"8\":8,\"9\":9,\"10\":0}", 66},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *s = cases[i].text;
        struct json *v = parse_exactly(s, strlen(s), 0, NULL);
        assert_non_null(v);
        CLEANUP(free_p) char *printed = json_text(v, 10000, NULL);
        assert_string_equal(printed, cases[i].printed);
        json_unref(v);

        struct json_error err;
        assert_null(parse_exactly(s, strlen(s), JSON_PARSE_REJECT_DUPLICATES, &err));
        assert_memory_equal(err.text, "Duplicate field '", 17);
        assert_int_equal(err.column, cases[i].column);
    }
    /* The same name at different places is no repetition. */
    static const char s[] = "{\"a\":{\"a\":[{\"a\":1},{\"a\":2}]},\"b\":{\"a\":1}}";
    struct json *v = parse_exactly(s, sizeof(s) - 1, JSON_PARSE_REJECT_DUPLICATES, NULL);
    assert_non_null(v);
    json_unref(v);
}

/* Like objects share the nodes of their names. */
static void test_names_are_shared(void **state)
{
    (void)state;
    static const char s[] = "[{\"id\":1,\"name\":\"x\"},{\"id\":2,\"name\":\"y\"}]";
    struct json *v = json_parse(s, sizeof(s) - 1, 0, NULL);
    for (size_t i = 0; i < 2; i++)
        assert_ptr_equal(json_key_at(json_at(v, 0), i), json_key_at(json_at(v, 1), i));
    json_unref(v);
}

/* Strings around the word size, with what ends a run at every place. */
static void test_runs(void **state)
{
    (void)state;
    static const char *const middles[] = {"",     "\\n",  "\\\"", "\xc3\xa9", "\xf0\x9f\x98\x80",
                                          "\x7f", " !#[]"};
    for (size_t before = 0; before < 20; before++) {
        for (size_t after = 0; after < 20; after++) {
            for (size_t i = 0; i < ARRAY_LEN(middles); i++) {
                char text[100];
                size_t middle = strlen(middles[i]);
                memset(text, 'x', sizeof(text));
                text[0] = '"';
                memcpy(text + 1 + before, middles[i], middle);
                size_t len = before + middle + after + 2;
                text[len - 1] = '"';
                struct json *v = parse_exactly(text, len, 0, NULL);
                assert_non_null(v);
                size_t printed_len;
                CLEANUP(free_p) char *printed = json_text(v, 1000, &printed_len);
                assert_int_equal(printed_len, len);
                assert_memory_equal(printed, text, len);
                json_unref(v);
                text[1 + before] = '\x1f';
                if (len > before + 2)
                    assert_null(parse_exactly(text, len, 0, NULL));
                text[1 + before] = '\x80';
                if (len > before + 2)
                    assert_null(parse_exactly(text, len, 0, NULL));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts),
        cmocka_unit_test(test_rejects),
        cmocka_unit_test(test_every_prefix),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_error_places),
        cmocka_unit_test(test_long_tokens),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_names_are_shared),
        cmocka_unit_test(test_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
