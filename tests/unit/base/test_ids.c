#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "base/ids.h"

static void test_uuid_shape(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char buf[UUID_SIZE];
        assert_ptr_equal(uuid4(buf), buf);
        assert_int_equal(strlen(buf), 36);
        for (size_t at = 0; at < 36; at++) {
            if (at == 8 || at == 13 || at == 18 || at == 23)
                assert_int_equal(buf[at], '-');
            else
                assert_non_null(strchr("0123456789abcdef", buf[at]));
        }
        assert_int_equal(buf[14], '4');
        assert_non_null(strchr("89ab", buf[19]));
    }
}

/* All sizes around that of the pool: the whole of the buffer is filled, and no more. */
static void test_bytes(void **state)
{
    (void)state;
    for (size_t len = 0; len < 1100; len += 13) {
        unsigned char either[1101] = {0};
        for (int round = 0; round < 6; round++) {
            unsigned char buf[1101] = {0};
            random_bytes(buf, len);
            for (size_t i = 0; i < sizeof(buf); i++)
                either[i] |= buf[i];
        }
        /* A byte that is zero six times in a row is one in 2^48. */
        for (size_t i = 0; i < sizeof(either); i++)
            assert_int_equal(either[i] != 0, i < len);
    }
}

static void test_numbers_differ(void **state)
{
    (void)state;
    uint64_t ones = 0;
    uint64_t zeros = 0;
    uint64_t last = random_u64();
    for (int i = 0; i < 1000; i++) {
        uint64_t u = random_u64();
        assert_true(u != last);
        last = u;
        ones |= u;
        zeros |= ~u;
    }
    assert_true(ones == UINT64_MAX && zeros == UINT64_MAX);
}

static void *take_one(void *arg)
{
    random_bytes(arg, 16);
    return NULL;
}

static void test_threads_do_not_share(void **state)
{
    (void)state;
    unsigned char bytes[8][16];
    pthread_t threads[8];
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_one, bytes[i]), 0);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(bytes[i], bytes[j], 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uuid_shape),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_numbers_differ),
        cmocka_unit_test(test_threads_do_not_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
