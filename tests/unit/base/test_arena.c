#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"

static void test_allocations(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    assert_int_equal(a.used, 0);
    char *before = NULL;
    for (size_t size = 0; size < 20000; size = size * 3 / 2 + 1) {
        char *p = arena_alloc(&a, size);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xAA, size);
        assert_ptr_not_equal(p, before);
        before = p;
    }
    assert_true(a.used >= 20000);
    arena_done(&a);
    assert_int_equal(a.used, 0);
    arena_done(&a);
}

static void test_clear_zeroes_again(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    arena_clear(&a);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++) {
            char *p = arena_alloc(&a, 24);
            for (size_t j = 0; j < 24; j++)
                assert_int_equal(p[j], 0);
            memset(p, 0xFF, 24);
        }
        assert_int_equal(a.used, 32000);
        arena_clear(&a);
        assert_int_equal(a.used, 0);
        assert_non_null(a.head); /* one block is kept */
    }
    assert_non_null(arena_alloc(&a, 1 << 20));
    arena_clear(&a);
    assert_null(a.head); /* but not one of that size */
    arena_done(&a);
}

static void test_texts(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    char *copy = arena_memdup(&a, "a\0b", 3);
    assert_memory_equal(copy, "a\0b", 4);
    assert_string_equal(arena_memdup(&a, NULL, 0), "");
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 5), "x-5");
    char wide[6000];
    memset(wide, 'w', sizeof(wide) - 1);
    wide[sizeof(wide) - 1] = '\0';
    assert_string_equal(arena_printf(&a, "%s", wide), wide);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_clear_zeroes_again),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
