/* The heap of what waits for a time: order, and leaving it early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tasks/delays.h"

enum { MANY = 500 };

static void test_order(void **state)
{
    static struct delayed all[MANY];
    struct delays d = {0};
    struct delayed *x;
    int64_t last = -1;
    unsigned taken = 0;

    (void)state;
    assert_true(delays_next(&d) == INT64_MAX);
    assert_null(delays_take(&d, INT64_MAX));
    for (int i = 0; i < MANY; i++)
        delays_add(&d, &all[i], (i * 7919) % 1000);
    for (int i = 0; i < MANY; i += 3) {
        delays_remove(&d, &all[i]);
        delays_remove(&d, &all[i]); /* it is out already */
        assert_int_equal(all[i].at, 0);
    }
    while ((x = delays_take(&d, 1000))) {
        assert_true(x->due_ms >= last);
        assert_int_equal(x->at, 0);
        assert_true((x - all) % 3 != 0);
        last = x->due_ms;
        taken++;
    }
    assert_int_equal(taken, MANY - (MANY + 2) / 3);
    delays_done(&d);
}

static void test_time(void **state)
{
    struct delays d = {0};
    struct delayed a = {0}, b = {0};

    (void)state;
    delays_add(&d, &a, 20);
    delays_add(&d, &b, 10);
    assert_true(delays_next(&d) == 10);
    assert_null(delays_take(&d, 9));
    assert_ptr_equal(delays_take(&d, 10), &b);
    assert_null(delays_take(&d, 19));
    assert_ptr_equal(delays_take(&d, 21), &a);
    delays_add(&d, &a, 30); /* it may come again */
    assert_true(delays_next(&d) == 30);
    delays_remove(&d, &a);
    assert_true(delays_next(&d) == INT64_MAX);
    delays_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
