#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/timefmt.h"

/* Runs f with standard error going to a file, and returns what was written. */
static const char *written_by(void (*f)(void))
{
    static char text[65536];
    FILE *file = tmpfile();
    assert_non_null(file);
    int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    f();
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(saved);
    rewind(file);
    size_t n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    (void)fclose(file);
    return text;
}

static void log_one(void)
{
    log_warn("engine", "execution ended execution=%s n=%d", "arn:x", 5);
}

static void test_record(void **state)
{
    (void)state;
    const char *line = written_by(log_one);
    int64_t ms;
    assert_int_equal(iso_time_parse(line, 24, &ms), 0);
    assert_string_equal(line + 24, " warn  engine: execution ended execution=arn:x n=5\n");
}

static void log_all_levels(void)
{
    log_debug("m", "one");
    log_info("m", "two");
    log_warn("m", "three");
    log_error("m", "four");
}

static void test_threshold(void **state)
{
    (void)state;
    static const struct {
        enum log_level threshold;
        int lines;
    } cases[] = {{LOG_DEBUG, 4}, {LOG_INFO, 3}, {LOG_WARN, 2}, {LOG_ERROR, 1}};
    assert_int_equal(log_threshold, LOG_WARN);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        log_threshold = cases[i].threshold;
        int lines = 0;
        for (const char *s = written_by(log_all_levels); *s; s++)
            lines += *s == '\n';
        assert_int_equal(lines, cases[i].lines);
    }
    log_threshold = LOG_WARN;
}

static void log_forged(void)
{
    log_error("api", "name=%s", "a\n2026-01-01T00:00:00.000Z error api: forged\r\x1b[31m");
}

static void log_endless(void)
{
    char text[20000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    log_error("api", "%s", text);
}

static void test_one_line(void **state)
{
    (void)state;
    const char *text = written_by(log_forged);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_null(strpbrk(text, "\r\x1b"));

    text = written_by(log_endless);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_true(strlen(text) <= 8192);
}

static void test_level_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum log_level level;
    } cases[] = {
        {"debug", LOG_DEBUG}, {"info", LOG_INFO}, {"warn", LOG_WARN}, {"error", LOG_ERROR}};
    enum log_level level;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_true(log_level_parse(cases[i].name, &level));
        assert_int_equal(level, cases[i].level);
    }
    level = LOG_INFO;
    assert_false(log_level_parse("warning", &level));
    assert_false(log_level_parse("", &level));
    assert_int_equal(level, LOG_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_threshold),
        cmocka_unit_test(test_one_line),
        cmocka_unit_test(test_level_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
