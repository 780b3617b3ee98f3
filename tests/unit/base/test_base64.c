#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/base64.h"
#include "base/err.h"
#include "base/ids.h"

/* The test vectors of RFC 4648, section 10, and the characters in which the alphabets differ. */
static const struct {
    const char *plain, *standard, *url_safe;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg=="},
    {"fo", "Zm8=", "Zm8="},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg=="},
    {"fooba", "Zm9vYmE=", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xfe", "+//+", "-__-"},
};

static void test_vectors(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, 1000);
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        for (int url_safe = 0; url_safe < 2; url_safe++) {
            const char *text = url_safe ? vectors[i].url_safe : vectors[i].standard;
            strbuf_clear(&sb);
            base64_encode(vectors[i].plain, strlen(vectors[i].plain), url_safe, &sb);
            assert_string_equal(sb.data, text);
            strbuf_clear(&sb);
            assert_int_equal(base64_decode(text, strlen(text), url_safe, &sb), 0);
            assert_string_equal(sb.data, vectors[i].plain);
            /* The padding may be left out. */
            strbuf_clear(&sb);
            assert_int_equal(base64_decode(text, strcspn(text, "="), url_safe, &sb), 0);
            assert_string_equal(sb.data, vectors[i].plain);
        }
    }
    strbuf_done(&sb);
}

static void test_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "Z",     "Zg=",      "Zg===", "=",     "==",     "====",    "Z===", "Zm9vY", "Zm9v=",
        "Zm8==", "Zg==Zg==", "Zm=v",  "Zm 9v", "Zm9v\n", "Zm9\xc3", "Zm9-", "Zm9_",  "Z*==",
    };
    struct strbuf sb;
    strbuf_init(&sb, 1000);
    strbuf_adds(&sb, "kept");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(base64_decode(bad[i], strlen(bad[i]), false, &sb), ERR_INVALID);
        assert_string_equal(sb.data, "kept");
    }
    assert_int_equal(base64_decode("+//+", 4, true, &sb), ERR_INVALID);
    assert_int_equal(base64_decode("Zm9v\0", 5, false, &sb), ERR_INVALID);
    strbuf_done(&sb);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct strbuf text;
    struct strbuf back;
    strbuf_init(&text, 10000);
    strbuf_init(&back, 10000);
    for (size_t len = 0; len < 300; len++) {
        char bytes[300];
        random_bytes(bytes, len);
        strbuf_clear(&text);
        strbuf_clear(&back);
        base64_encode(bytes, len, len % 2, &text);
        assert_int_equal(text.len, (len + 2) / 3 * 4);
        assert_int_equal(base64_decode(text.data, text.len, len % 2, &back), 0);
        assert_int_equal(back.len, len);
        assert_memory_equal(back.data, bytes, len);
    }
    strbuf_done(&text);
    strbuf_done(&back);
}

static void test_ceiling(void **state)
{
    (void)state;
    struct strbuf sb;
    strbuf_init(&sb, 7);
    base64_encode("foobar", 6, false, &sb);
    assert_true(sb.overflow);
    assert_string_equal(sb.data, "");
    strbuf_clear(&sb);
    assert_int_equal(base64_decode("Zm9vYmFyYmFy", 12, false, &sb), 0);
    assert_true(sb.overflow);
    strbuf_done(&sb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
