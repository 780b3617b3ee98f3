/* The event log: reference/history.md section 5. */
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
#include "engine/event_log.h"

#define ARN "arn:aws:states:us-east-1:123456789012:execution:m:x"

struct fixture {
    char file[32];
    struct event_log *log;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    struct err err = {0};

    strncpy(f->file, "/tmp/test-event-log-XXXXXX", sizeof(f->file) - 1);
    int fd = mkstemp(f->file);

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(event_log_open(f->file, &f->log, &err), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    event_log_close(f->log);
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

    event_log_close(f->log);
    f->log = NULL;
    in = fopen(f->file, "rb");
    assert_non_null(in);
    assert_int_equal(fstat(fileno(in), &status), 0);
    text = xcalloc(1, (size_t)status.st_size + 1);
    *ret_len = fread(text, 1, (size_t)status.st_size, in);
    fclose(in);
    return text;
}

static void test_lines(void **state)
{
    struct fixture *f = *state;
    const struct store_event entered = {
        .id = 2,
        .time_ms = INT64_C(1700000000123),
        .type = EVENT_PASS_STATE_ENTERED,
        .details = TEXT("\"name\":\"A\",\"assignedVariables\":{\"x\":\"1\"}"),
        .payload = {.text = TEXT("{\"a\":\"b\"}")},
    };
    const struct store_event started = {
        .id = 3, .previous = 2, .time_ms = 1, .type = EVENT_PARALLEL_STATE_STARTED};
    const struct store_event scheduled = {
        .id = 4,
        .previous = 3,
        .time_ms = 1,
        .type = EVENT_TASK_SCHEDULED,
        .details = TEXT("\"region\":\"r\""),
        .payload = {.text = TEXT("{}")},
    };
    size_t len;

    event_log_add(f->log, &entered, ARN, 0, true);
    event_log_add(f->log, &entered, ARN, 7, false);
    event_log_flush(f->log);
    event_log_add(f->log, &started, "q\"", 0, true);
    event_log_add(f->log, &scheduled, ARN, 0, true);

    CLEANUP(free_p) char *text = written(f, &len);

    assert_string_equal(
        text,
        "{\"id\":\"2\",\"type\":\"PassStateEntered\",\"details\":{\"input\":\"{\\\"a\\\":"
        "\\\"b\\\"}\",\"inputDetails\":{\"truncated\":false},\"name\":\"A\","
        "\"assignedVariables\":{\"x\":\"1\"}},\"previous_event_id\":\"0\",\"event_timestamp\":"
        "\"1700000000123\",\"execution_arn\":\"" ARN "\",\"redrive_count\":\"0\"}\n"
        "{\"id\":\"2\",\"type\":\"PassStateEntered\",\"details\":{\"name\":\"A\"},"
        "\"previous_event_id\":\"0\",\"event_timestamp\":\"1700000000123\",\"execution_arn\":"
        "\"" ARN "\",\"redrive_count\":\"7\"}\n"
        "{\"id\":\"3\",\"type\":\"ParallelStateStarted\",\"details\":{},\"previous_event_id\":"
        "\"2\",\"event_timestamp\":\"1\",\"execution_arn\":\"q\\\"\",\"redrive_count\":\"0\"}\n"
        "{\"id\":\"4\",\"type\":\"TaskScheduled\",\"details\":{\"parameters\":\"{}\","
        "\"region\":\"r\"},\"previous_event_id\":\"3\",\"event_timestamp\":\"1\","
        "\"execution_arn\":\"" ARN "\",\"redrive_count\":\"0\"}\n");
}

/* Thousands of flushes race with the writing thread, and the order stays. */
static void test_order(void **state)
{
    struct fixture *f = *state;
    int64_t seen = 0;
    size_t len;

    for (int64_t id = 1; id <= 20000; id++) {
        const struct store_event ev = {.id = id, .type = EVENT_MAP_STATE_SUCCEEDED};

        event_log_add(f->log, &ev, ARN, 0, true);
        if (id % 3 == 0)
            event_log_flush(f->log);
    }

    CLEANUP(free_p) char *text = written(f, &len);

    for (char *at = text; *at; at = strchr(at, '\n') + 1)
        assert_int_equal(strtoll(at + strlen("{\"id\":\""), NULL, 10), ++seen);
    assert_int_equal(seen, 20000);
}

/* A reader that takes nothing costs lines, not memory, and does not hold up the end. */
static void test_slow_reader(void **state)
{
    CLEANUP(free_p) char *payload = xmalloc(1 << 20);
    const struct store_event ev = {
        .id = 1,
        .type = EVENT_PASS_STATE_ENTERED,
        .payload = {.text = {payload, 1 << 20}},
    };
    struct event_log *log;
    struct err err = {0};
    int ends[2];
    char file[32];

    (void)state;
    memset(payload, '1', 1 << 20);
    assert_int_equal(pipe(ends), 0);
    snprintf(file, sizeof(file), "/dev/fd/%d", ends[1]);
    assert_int_equal(event_log_open(file, &log, &err), 0);
    for (int i = 0; i < 200; i++) {
        event_log_add(log, &ev, ARN, 0, true);
        if (i % 2)
            event_log_flush(log);
    }
    for (int i = 0; i < 100; i++) /* more than one flush may hold */
        event_log_add(log, &ev, ARN, 0, true);
    event_log_close(log);
    close(ends[0]);
    close(ends[1]);
}

static void test_cannot_open(void **state)
{
    struct event_log *log = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(event_log_open("/tmp/no/such/folder", &log, &err), ERR_IO);
    assert_non_null(strstr(err.text, "/tmp/no/such/folder"));
    assert_null(log);
    event_log_close(NULL);
}

static void test_settings(void **state)
{
    struct event_log_settings s;

    (void)state;
    s = event_log_settings("{\"level\":\"ALL\",\"includeExecutionData\":true}");
    assert_true(s.level == EVENT_LOG_ALL && s.data);
    s = event_log_settings("{\"level\":\"ERROR\",\"includeExecutionData\":false}");
    assert_true(s.level == EVENT_LOG_ERROR && !s.data);
    s = event_log_settings("{\"level\":\"FATAL\"}");
    assert_true(s.level == EVENT_LOG_FATAL && !s.data);
    s = event_log_settings("{\"level\":\"OFF\",\"includeExecutionData\":true}");
    assert_int_equal(s.level, EVENT_LOG_OFF);
    s = event_log_settings("{}");
    assert_int_equal(s.level, EVENT_LOG_OFF);
}

static void test_levels(void **state)
{
    static const struct {
        int type;
        bool error, fatal;
    } cases[] = {
        {EVENT_EXECUTION_STARTED, false, false},    {EVENT_EXECUTION_SUCCEEDED, false, false},
        {EVENT_EXECUTION_FAILED, true, true},       {EVENT_EXECUTION_ABORTED, true, true},
        {EVENT_EXECUTION_TIMED_OUT, true, true},    {EVENT_FAIL_STATE_ENTERED, true, false},
        {EVENT_PASS_STATE_ENTERED, false, false},   {EVENT_TASK_FAILED, true, false},
        {EVENT_TASK_SUBMIT_FAILED, true, false},    {EVENT_LAMBDA_FUNCTION_TIMED_OUT, true, false},
        {EVENT_MAP_ITERATION_ABORTED, true, false}, {EVENT_PARALLEL_STATE_FAILED, true, false},
        {EVENT_TASK_SUCCEEDED, false, false},       {EVENT_EXECUTION_REDRIVEN, false, false},
        {EVENT_EVALUATION_FAILED, true, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_true(event_log_shows(EVENT_LOG_ALL, cases[i].type));
        assert_false(event_log_shows(EVENT_LOG_OFF, cases[i].type));
        assert_int_equal(event_log_shows(EVENT_LOG_ERROR, cases[i].type), cases[i].error);
        assert_int_equal(event_log_shows(EVENT_LOG_FATAL, cases[i].type), cases[i].fatal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_cannot_open),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_levels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
