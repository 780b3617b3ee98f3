#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/map.h"

enum { MANY = 20000 };

static char values[MANY]; /* their addresses are what the tests store */

static size_t make_key(char buf[32], int i)
{
    return (size_t)snprintf(buf, 32, "key-%d", i);
}

static void test_set_get_remove(void **state)
{
    (void)state;
    struct map *m = map_new();
    assert_int_equal(map_len(m), 0);
    assert_null(map_get(m, "a", 1));
    assert_null(map_remove(m, "a", 1));

    assert_null(map_set(m, "a", 1, &values[0]));
    assert_null(map_set(m, "", 0, &values[1]));
    assert_null(map_set(m, "a\0b", 3, &values[2]));
    assert_null(map_set(m, "a\0c", 3, &values[3]));
    assert_int_equal(map_len(m), 4);
    assert_ptr_equal(map_get(m, "a", 1), &values[0]);
    assert_ptr_equal(map_get(m, "", 0), &values[1]);
    assert_ptr_equal(map_get(m, "a\0b", 3), &values[2]);
    assert_ptr_equal(map_get(m, "a\0c", 3), &values[3]);
    assert_null(map_get(m, "a\0d", 3));

    assert_ptr_equal(map_set(m, "a", 1, &values[9]), &values[0]);
    assert_int_equal(map_len(m), 4);
    assert_ptr_equal(map_remove(m, "a", 1), &values[9]);
    assert_null(map_remove(m, "a", 1));
    assert_null(map_get(m, "a", 1));
    assert_int_equal(map_len(m), 3);
    map_free(m);
    map_free(NULL);
}

static void test_keys_are_copied(void **state)
{
    (void)state;
    struct map *m = map_new();
    char key[] = "abc";
    map_set(m, key, 3, &values[0]);
    key[0] = 'x';
    assert_ptr_equal(map_get(m, "abc", 3), &values[0]);
    assert_null(map_get(m, key, 3));
    map_free(m);
}

static void test_growth_and_removal(void **state)
{
    (void)state;
    struct map *m = map_new();
    char key[32];
    for (int i = 0; i < MANY; i++)
        assert_null(map_set(m, key, make_key(key, i), &values[i]));
    assert_int_equal(map_len(m), MANY);
    for (int i = 0; i < MANY; i += 2)
        assert_ptr_equal(map_remove(m, key, make_key(key, i)), &values[i]);
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(map_get(m, key, make_key(key, i)), i % 2 ? &values[i] : NULL);
    for (int i = 0; i < MANY; i += 2) /* into the holes */
        assert_null(map_set(m, key, make_key(key, i), &values[MANY - 1 - i]));
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(map_get(m, key, make_key(key, i)), &values[i % 2 ? i : MANY - 1 - i]);
    map_free(m);
}

/* A queue of a few keys passes many through a map that stays small. */
static void test_churn(void **state)
{
    (void)state;
    struct map *m = map_new();
    char key[32];
    for (int i = 0; i < MANY; i++) {
        map_set(m, key, make_key(key, i), &values[i]);
        if (i >= 5)
            assert_ptr_equal(map_remove(m, key, make_key(key, i - 5)), &values[i - 5]);
    }
    assert_int_equal(map_len(m), 5);
    for (int i = MANY - 5; i < MANY; i++)
        assert_ptr_equal(map_get(m, key, make_key(key, i)), &values[i]);
    map_free(m);
}

static void test_iteration(void **state)
{
    (void)state;
    struct map *m = map_new();
    size_t at = 0;
    assert_false(map_next(m, &at, NULL, NULL, NULL));

    char key[32];
    for (int i = 0; i < 1000; i++)
        map_set(m, key, make_key(key, i), &values[i]);
    char seen[1000] = {0};
    const char *name;
    size_t len;
    void *value;
    at = 0;
    while (map_next(m, &at, &name, &len, &value)) {
        int i = (int)((char *)value - values);
        assert_int_equal(len, make_key(key, i));
        assert_memory_equal(name, key, len);
        assert_int_equal(seen[i]++, 0);
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(seen[i], 1);
    map_free(m);
}

static void test_removal_while_iterating(void **state)
{
    (void)state;
    struct map *m = map_new();
    char key[32];
    for (int i = 0; i < 1000; i++)
        map_set(m, key, make_key(key, i), &values[i]);
    size_t visited = 0;
    size_t at = 0;
    void *value;
    while (map_next(m, &at, NULL, NULL, &value)) {
        visited++;
        int i = (int)((char *)value - values);
        if (i % 3)
            assert_ptr_equal(map_remove(m, key, make_key(key, i)), value);
    }
    assert_int_equal(visited, 1000);
    assert_int_equal(map_len(m), 334);

    at = 0;
    const char *name;
    size_t len;
    while (map_next(m, &at, &name, &len, NULL))
        assert_non_null(map_remove(m, name, len)); /* even by the map's own copy of the key */
    assert_int_equal(map_len(m), 0);
    assert_null(map_set(m, "again", 5, values));
    assert_ptr_equal(map_get(m, "again", 5), values);
    map_free(m);
}

static void test_hash(void **state)
{
    (void)state;
    assert_true(map_hash("abc", 3) == map_hash("abc", 3));
    /* A stable hash of distinct short keys spreads over the low bits. */
    unsigned buckets[64] = {0};
    char key[32];
    for (int i = 0; i < 6400; i++)
        buckets[map_hash(key, make_key(key, i)) % 64]++;
    for (size_t i = 0; i < 64; i++)
        assert_in_range(buckets[i], 40, 180);
    /* Trailing NUL bytes count. */
    assert_true(map_hash("a", 1) != map_hash("a\0", 2));
    assert_true(map_hash("", 0) != map_hash("\0\0\0\0\0\0\0\0", 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_get_remove),
        cmocka_unit_test(test_keys_are_copied),
        cmocka_unit_test(test_growth_and_removal),
        cmocka_unit_test(test_churn),
        cmocka_unit_test(test_iteration),
        cmocka_unit_test(test_removal_while_iterating),
        cmocka_unit_test(test_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
