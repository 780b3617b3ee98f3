/* Percent-encoding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/percent.h"

static void check(struct text t, const char *also, const char *expected)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, 1000);
    percent_encode(&sb, t, also);
    assert_string_equal(sb.data, expected);
}

static void test_encode(void **state)
{
    (void)state;
    check(TEXT("aZ09-_.~"), "", "aZ09-_.~");
    check(TEXT("a/b c"), "", "a%2Fb%20c");
    check(TEXT("a/b c"), "/", "a/b%20c");
    check(TEXT("\xc3\xa4\0+"), "", "%C3%A4%00%2B");
    check(TEXT_NONE, "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_encode)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
