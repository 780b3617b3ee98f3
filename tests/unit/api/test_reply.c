/* Members of answers, timestamps above all: reference/api.md section 1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/reply.h"

static void test_timestamps(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {1790218577620, "{\"d\":1790218577.62}"},
        {1790218584412, "{\"d\":1790218584.412}"},
        {1790218584000, "{\"d\":1790218584}"},
        {1790218584004, "{\"d\":1790218584.004}"},
        {0, "{}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(strbuf_done) struct strbuf out;
        strbuf_init(&out, 1000);
        reply_open(&out);
        reply_date(&out, "d", cases[i].ms);
        reply_close(&out);
        assert_string_equal(out.data, cases[i].text);
    }
}

static void test_members(void **state)
{
    (void)state;
    CLEANUP(strbuf_done) struct strbuf out;
    strbuf_init(&out, 1000);
    reply_open(&out);
    reply_string(&out, "absent", NULL);
    reply_text(&out, "none", TEXT_NONE);
    reply_string(&out, "s", "\"x\"\n");
    reply_text(&out, "nul", (struct text){"a\0b", 3});
    reply_raw(&out, "r", "{\"a\":[]}");
    reply_int(&out, "i", -7);
    reply_bool(&out, "b", false);
    reply_key(&out, "l");
    strbuf_addc(&out, '[');
    reply_key(&out, NULL);
    strbuf_adds(&out, "1");
    reply_key(&out, NULL);
    strbuf_adds(&out, "2]");
    reply_close(&out);
    assert_string_equal(out.data, "{\"s\":\"\\\"x\\\"\\n\",\"nul\":\"a\\u0000b\",\"r\":{\"a\":[]},"
                                  "\"i\":-7,\"b\":false,\"l\":[1,2]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
