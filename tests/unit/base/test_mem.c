#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

static void test_allocations(void **state)
{
    (void)state;
    char *p = xmalloc(0);
    assert_non_null(p);
    p = xrealloc(p, 10);
    memcpy(p, "123456789", 10);
    p = xreallocarray(p, 100, 10);
    assert_string_equal(p, "123456789");
    free(p);

    CLEANUP(free_p) char *zeros = xcalloc(3, 5);
    for (size_t i = 0; i < 15; i++)
        assert_int_equal(zeros[i], 0);
    CLEANUP(free_p) char *copy = xmemdup("a\0b", 3);
    assert_memory_equal(copy, "a\0b", 4);
    CLEANUP(free_p) char *nothing = xmemdup(NULL, 0);
    assert_string_equal(nothing, "");
    CLEANUP(free_p) char *text = xstrdup("text");
    assert_string_equal(text, "text");
    CLEANUP(free_p) char *formatted = xasprintf("%s-%d", "x", 5);
    assert_string_equal(formatted, "x-5");
    CLEANUP(free_p) char *none = NULL;
    assert_null(none);
}

static void test_grow(void **state)
{
    (void)state;
    int *array = NULL;
    size_t len = 0;
    size_t cap = 0;
    for (int i = 0; i < 1000; i++) {
        GROW(array, len, cap);
        array[len++] = i;
    }
    assert_true(cap >= 1000 && cap < 3000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(array[i], i);
    free(array);
}

/* Runs f in a child process, which must end with SIGABRT and have said `message`. */
static void assert_aborts(void (*f)(void), const char *message)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)dup2(ends[1], STDERR_FILENO);
        f();
        _exit(0);
    }
    assert_true(child > 0);
    (void)close(ends[1]);
    char said[4096] = "";
    size_t len = 0;
    for (ssize_t n = 1; n > 0 && len < sizeof(said) - 1; len += (size_t)MAX(n, 0))
        n = read(ends[0], said + len, sizeof(said) - 1 - len);
    (void)close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(said, message));
}

static void grow_too_far(void)
{
    free(xreallocarray(NULL, SIZE_MAX / 2, 3));
}

static void fail_check(void)
{
    CHECK(ARRAY_LEN("abc") == 3);
}

static void test_ends_the_program(void **state)
{
    (void)state;
    assert_aborts(grow_too_far, "out of memory");
    assert_aborts(fail_check, "CHECK(ARRAY_LEN(\"abc\") == 3) failed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_grow),
        cmocka_unit_test(test_ends_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
