/* Files that are read whole: what can be read, and the ceiling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static void test_ceiling(void **state)
{
    static const char content[] = "a\0b";
    char path[] = "/tmp/sfnd-test-XXXXXX";
    int fd = mkstemp(path);
    char *text;
    size_t len;
    struct err err;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, 3), 3);
    assert_int_equal(file_read(path, 3, &text, &len, &err), 0);
    assert_int_equal(len, 3);
    assert_memory_equal(text, content, 4);
    free(text);
    assert_int_equal(file_read(path, 2, &text, &len, &err), ERR_LIMIT);
    assert_string_equal(err.text, "has more than 2 bytes");
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(file_read(path, 2, &text, &len, NULL), 0);
    assert_int_equal(len, 0);
    free(text);
    (void)close(fd);
    (void)unlink(path);
}

/* Longer than one read. */
static void test_long(void **state)
{
    char path[] = "/tmp/sfnd-test-XXXXXX";
    int fd = mkstemp(path);
    CLEANUP(free_p) char *content = xmalloc(200001);
    CLEANUP(free_p) char *text = NULL;
    size_t len;

    (void)state;
    memset(content, 'x', 200000);
    assert_int_equal(write(fd, content, 200000), 200000);
    assert_int_equal(file_read(path, 200000, &text, &len, NULL), 0);
    assert_int_equal(len, 200000);
    assert_memory_equal(text, content, 200000);
    (void)close(fd);
    (void)unlink(path);
}

static void test_no_files(void **state)
{
    char *text;
    size_t len;
    struct err err;

    (void)state;
    assert_int_equal(file_read("/no/such/file", 10, &text, &len, &err), ERR_NOT_FOUND);
    assert_int_equal(file_read("/", 10, &text, &len, &err), ERR_INVALID);
    assert_string_equal(err.text, "is no regular file");
    assert_int_equal(file_read("/dev/null", 10, &text, &len, &err), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_no_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
