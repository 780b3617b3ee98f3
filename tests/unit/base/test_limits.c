#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/limits.h"

/* reference/quotas.md */
static void test_service_values(void **state)
{
    (void)state;
    assert_int_equal(limits_service.history_events, 25000);
    assert_int_equal(limits_service.payload_bytes, 262144);
    assert_int_equal(limits_service.definition_bytes, 1048576);
    assert_int_equal(limits_service.inline_map_concurrency, 40);
    assert_int_equal(limits_service.redrive_window_seconds, 14 * 86400);
    assert_int_equal(limits_service.retention_seconds, 90 * 86400);
}

static void test_set(void **state)
{
    (void)state;
    struct limits l = limits_service;
    assert_int_equal(limits_set(&l, "history-events", "50"), 0);
    assert_int_equal(l.history_events, 50);
    assert_int_equal(limits_set(&l, "history-events", "1"), 0);
    assert_int_equal(l.history_events, 1);
    assert_int_equal(limits_set(&l, "history-events", "25000"), 0); /* at the service's value */
    assert_int_equal(l.history_events, 25000);
    assert_int_equal(limits_set(&l, "retention-seconds", "5"), 0);
    assert_int_equal(l.retention_seconds, 5);
    assert_int_equal(l.open_executions, limits_service.open_executions);
}

static void test_refuses(void **state)
{
    (void)state;
    struct limits l = limits_service;
    static const char *const bad[] = {
        "25001", "0",  "-1",  "",     " 5",  "5 ",
        "+5",    "5x", "1e3", "0x10", "1.5", "99999999999999999999999999999999",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(limits_set(&l, "history-events", bad[i]), ERR_LIMIT);
    assert_int_equal(l.history_events, 25000);
    assert_int_equal(limits_set(&l, "history_events", "5"), ERR_NOT_FOUND);
    assert_int_equal(limits_set(&l, "", "5"), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_service_values),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
