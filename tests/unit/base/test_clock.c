#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/clock.h"
#include "base/timefmt.h"

#define LAST_MS INT64_C(253402300799999) /* the end of the year 9999 */

static void test_names(void **state)
{
    (void)state;
    static const enum clock_mode modes[] = {CLOCK_REAL, CLOCK_SKIP, CLOCK_MANUAL};
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        enum clock_mode mode = CLOCK_REAL;
        assert_true(clock_mode_parse(clock_mode_name(modes[i]), &mode));
        assert_int_equal(mode, modes[i]);
    }
    enum clock_mode untouched = CLOCK_SKIP;
    assert_false(clock_mode_parse("", &untouched));
    assert_false(clock_mode_parse("Real", &untouched));
    assert_int_equal(untouched, CLOCK_SKIP);
}

static void test_manual(void **state)
{
    (void)state;
    struct clock *c = clock_new(CLOCK_MANUAL, 1000);
    assert_int_equal(clock_mode(c), CLOCK_MANUAL);
    assert_int_equal(clock_now(c), 1000);
    clock_advance(c, 0);
    assert_int_equal(clock_now(c), 1000);
    clock_advance(c, 500);
    assert_int_equal(clock_now(c), 1500);
    clock_advance_to(c, 1400); /* never backward */
    assert_int_equal(clock_now(c), 1500);
    clock_advance_to(c, 1600);
    assert_int_equal(clock_now(c), 1600);
    clock_advance(c, INT64_MAX);
    assert_int_equal(clock_now(c), LAST_MS);
    clock_advance(c, 1);
    clock_advance_to(c, INT64_MAX);
    assert_int_equal(clock_now(c), LAST_MS);
    clock_free(c);
}

static void test_manual_starts_now(void **state)
{
    (void)state;
    int64_t before = clock_system();
    struct clock *c = clock_new(CLOCK_MANUAL, 0);
    int64_t now = clock_now(c);
    assert_true(now >= before && now <= clock_system());
    assert_int_equal(clock_now(c), now);
    clock_free(c);
}

static void test_running(void **state)
{
    (void)state;
    static const enum clock_mode modes[] = {CLOCK_REAL, CLOCK_SKIP};
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        struct clock *c = clock_new(modes[i], 0);
        assert_int_equal(clock_mode(c), modes[i]);
        assert_int_equal(clock_offset(c), 0);
        int64_t before = clock_system();
        int64_t now = clock_now(c);
        assert_true(now >= before && now <= clock_system());

        clock_advance(c, 86400000);
        assert_int_equal(clock_offset(c), 86400000);
        assert_true(clock_now(c) >= now + 86400000);

        int64_t target = clock_now(c) + 1000000;
        clock_advance_to(c, target);
        assert_true(clock_now(c) >= target);
        assert_true(clock_now(c) < target + 100000);
        clock_advance_to(c, 5);
        assert_true(clock_now(c) >= target);

        clock_advance(c, INT64_MAX);
        assert_int_equal(clock_now(c), LAST_MS);
        clock_free(c);
    }
    clock_free(NULL);
}

static void test_running_from_a_start(void **state)
{
    (void)state;
    struct clock *c = clock_new(CLOCK_REAL, 1000000);
    int64_t now = clock_now(c);
    assert_true(now >= 1000000 && now < 1000000 + 100000);
    clock_free(c);
}

static void test_monotonic(void **state)
{
    (void)state;
    struct clock *c = clock_new(CLOCK_REAL, 0);
    int64_t before = clock_monotonic();
    clock_advance(c, 1000000000);
    int64_t after = clock_monotonic();
    assert_true(after >= before && after < before + 1000000);
    clock_free(c);
}

static void *advance_many(void *arg)
{
    struct clock *c = arg;
    int64_t last = 0;
    for (int i = 0; i < 10000; i++) {
        clock_advance(c, 1);
        int64_t now = clock_now(c);
        if (now < last)
            return c; /* went backward */
        last = now;
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    static const enum clock_mode modes[] = {CLOCK_REAL, CLOCK_MANUAL};
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        struct clock *c = clock_new(modes[i], 1000);
        int64_t offset = clock_offset(c);
        pthread_t threads[4];
        for (size_t t = 0; t < ARRAY_LEN(threads); t++)
            assert_int_equal(pthread_create(&threads[t], NULL, advance_many, c), 0);
        for (size_t t = 0; t < ARRAY_LEN(threads); t++) {
            void *failed;
            assert_int_equal(pthread_join(threads[t], &failed), 0);
            assert_null(failed);
        }
        if (modes[i] == CLOCK_MANUAL)
            assert_int_equal(clock_now(c), 41000);
        else
            assert_int_equal(clock_offset(c), offset + 40000);
        clock_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_manual),
        cmocka_unit_test(test_manual_starts_now),
        cmocka_unit_test(test_running),
        cmocka_unit_test(test_running_from_a_start),
        cmocka_unit_test(test_monotonic),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
