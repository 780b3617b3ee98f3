/* Files of lines, and what they are as sinks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/line_file.h"

struct fixture {
    char file[32];
    struct line_file *log;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    struct err err = {0};

    strncpy(f->file, "/tmp/test-event-log-XXXXXX", sizeof(f->file) - 1);
    int fd = mkstemp(f->file);

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(line_file_open(f->file, &f->log, &err), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    line_file_close(f->log);
    (void)unlink(f->file);
    free(f);
    return 0;
}

/* What is in the file once the log is closed. */
static char *written(struct fixture *f, size_t *ret_len)
{
    struct stat status;
    FILE *in;
    char *text;

    line_file_close(f->log);
    f->log = NULL;
    in = fopen(f->file, "rb");
    assert_non_null(in);
    assert_int_equal(fstat(fileno(in), &status), 0);
    text = xcalloc(1, (size_t)status.st_size + 1);
    *ret_len = fread(text, 1, (size_t)status.st_size, in);
    fclose(in);
    return text;
}

/* Thousands of flushes race with the writing thread, and the order stays. */
static void test_order(void **state)
{
    struct fixture *f = *state;
    int64_t seen = 0;
    size_t len;

    for (int64_t id = 1; id <= 20000; id++) {
        char line[32];

        (void)snprintf(line, sizeof(line), "%d", (int)id);
        line_file_add(f->log, (struct text){line, strlen(line)});
        if (id % 3 == 0)
            line_file_flush(f->log);
    }

    CLEANUP(free_p) char *text = written(f, &len);

    for (char *at = text; *at; at = strchr(at, '\n') + 1)
        assert_int_equal(strtoll(at, NULL, 10), ++seen);
    assert_int_equal(seen, 20000);
}

/* A reader that takes nothing costs lines, not memory, and does not hold up the end. */
static void test_slow_reader(void **state)
{
    CLEANUP(free_p) char *payload = xmalloc(1 << 20);
    struct line_file *log;
    struct err err = {0};
    int ends[2];
    char file[32];

    (void)state;
    memset(payload, '1', 1 << 20);
    assert_int_equal(pipe(ends), 0);
    snprintf(file, sizeof(file), "/dev/fd/%d", ends[1]);
    assert_int_equal(line_file_open(file, &log, &err), 0);
    for (int i = 0; i < 200; i++) {
        line_file_add(log, (struct text){payload, 1 << 20});
        if (i % 2)
            line_file_flush(log);
    }
    for (int i = 0; i < 100; i++) /* more than one flush may hold */
        line_file_add(log, (struct text){payload, 1 << 20});
    line_file_close(log);
    close(ends[0]);
    close(ends[1]);
}

static void test_cannot_open(void **state)
{
    struct line_file *log = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(line_file_open("/tmp/no/such/folder", &log, &err), ERR_IO);
    assert_non_null(strstr(err.text, "/tmp/no/such/folder"));
    assert_null(log);
    line_file_close(NULL);
}

/* A status change in the envelope of EventBridge (reference/integrations.md section 10). */
static void test_status(void **state)
{
    static const char tail[] =
        "\"detail-type\":\"Step Functions Execution Status Change\",\"source\":\"aws.states\","
        "\"account\":\"123456789012\",\"time\":\"2023-11-14T22:13:20Z\",\"region\":\"us-east-1\","
        "\"resources\":[\"arn:x\"],\"detail\":{\"a\":1}}\n";
    struct fixture *f = *state;
    struct event_sink sink = line_file_status_sink(f->log);
    const struct status_change change = {
        .account = "123456789012",
        .region = "us-east-1",
        .execution_arn = "arn:x",
        .time_ms = INT64_C(1700000000123),
        .detail = TEXT("{\"a\":1}"),
    };
    size_t len;

    assert_null(sink.log);
    sink.status(sink.self, &change);
    sink.flush(sink.self);

    CLEANUP(free_p) char *text = written(f, &len);

    assert_int_equal(strncmp(text, "{\"version\":\"0\",\"id\":\"", 21), 0);
    assert_non_null(strstr(text, tail));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_cannot_open),
        cmocka_unit_test_setup_teardown(test_status, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
