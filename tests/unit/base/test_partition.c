#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/partition.h"

static void test_partition(void **state)
{
    (void)state;
    assert_string_equal(aws_partition("eu-west-1"), "aws");
    assert_string_equal(aws_partition("cn-north-1"), "aws-cn");
    assert_string_equal(aws_partition("us-gov-west-1"), "aws-us-gov");
    assert_string_equal(aws_partition(""), "aws");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_partition)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
