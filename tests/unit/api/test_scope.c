/* Account and region of a request: reference/api.md section 1 (signing), design section 8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/scope.h"

static void check(const char *header, const char *account, const char *region)
{
    CLEANUP(arena_done) struct arena a;
    arena_init(&a);
    struct scope scope = {.account = "123456789012", .region = "us-east-1"};
    scope_read(&a, header, &scope);
    assert_string_equal(scope.account, account);
    assert_string_equal(scope.region, region);
}

#define SIGNED(key, region)                                \
    "AWS4-HMAC-SHA256 Credential=" key "/20260101/" region \
    "/states/aws4_request, SignedHeaders=host, Signature=ab"

static void test_scopes(void **state)
{
    (void)state;
    check(NULL, "123456789012", "us-east-1");
    check("", "123456789012", "us-east-1");
    check(SIGNED("AKIAIOSFODNN7EXAMPLE", "us-east-1"), "123456789012", "us-east-1");
    check(SIGNED("AKIAIOSFODNN7EXAMPLE", "eu-west-1"), "123456789012", "eu-west-1");
    check(SIGNED("000000000007", "us-east-1"), "000000000007", "us-east-1");
    check(SIGNED("00000000000a", "us-east-1"), "123456789012", "us-east-1");
    check(SIGNED("0000000000070", "us-east-1"), "123456789012", "us-east-1");
}

static void test_damaged(void **state)
{
    (void)state;
    check("AWS4-HMAC-SHA256 Credential=", "123456789012", "us-east-1");
    check("AWS4-HMAC-SHA256 Credential=000000000007", "123456789012", "us-east-1");
    check("AWS4-HMAC-SHA256 Credential=000000000007/2026", "000000000007", "us-east-1");
    check("AWS4-HMAC-SHA256 Credential=k/2026/eu-west-1", "123456789012", "us-east-1");
    check(SIGNED("k", "EU\\\""), "123456789012", "us-east-1");
    check(SIGNED("k", "us-east"), "123456789012", "us-east");
    check(SIGNED("k", ""), "123456789012", "us-east-1");
    check(SIGNED("k", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddx"), "123456789012", "us-east-1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
