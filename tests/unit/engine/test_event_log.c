/* The lines of a machine's log, and which events are shown: reference/history.md section 5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/event_log.h"
#include "json/json.h"

#define ARN "arn:aws:states:us-east-1:123456789012:execution:m:x"

static void test_lines(void **state)
{
    CLEANUP(strbuf_done) struct strbuf out;
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

    (void)state;
    strbuf_init(&out, EVENT_LOG_ROOM);
    event_log_line(&out, &entered, ARN, 0, true);
    strbuf_addc(&out, '\n');
    event_log_line(&out, &entered, ARN, 7, false);
    strbuf_addc(&out, '\n');
    event_log_line(&out, &started, "q\"", 0, true);
    strbuf_addc(&out, '\n');
    event_log_line(&out, &scheduled, ARN, 0, true);
    strbuf_addc(&out, '\n');
    assert_string_equal(
        out.data,
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

/* The details of the line of an event with such a payload and details; checks that the line is JSON, and as
 * long as it may be when something of it is cut. */
static struct json *details_of(int type, struct text payload, struct text details, bool is_cut)
{
    const struct store_event ev = {.id = 5,
                                   .previous = 4,
                                   .time_ms = 1,
                                   .type = type,
                                   .details = details,
                                   .payload = {.text = payload}};
    CLEANUP(strbuf_done) struct strbuf out;

    strbuf_init(&out, EVENT_LOG_ROOM);
    event_log_line(&out, &ev, ARN, 0, true);
    assert_false(out.overflow);
    assert_true(out.len <= EVENT_LOG_LINE_BYTES);
    if (is_cut)
        assert_true(out.len > EVENT_LOG_LINE_BYTES - 300);

    CLEANUP(json_unref_p) struct json *line = json_parse(out.data, out.len, 0, NULL);

    assert_non_null(line);
    assert_string_equal(json_str(json_gets(line, "redrive_count"), NULL), "0");
    assert_string_equal(json_str(json_gets(line, "execution_arn"), NULL), ARN);
    return json_ref((struct json *)json_gets(line, "details"));
}

static bool is_truncated(const struct json *details, const char *name)
{
    return json_is(json_gets(json_gets(details, name), "truncated"), JSON_TRUE);
}

/* Values that make a log event too long are cut, and say so (reference/history.md section 1). */
static void test_cut(void **state)
{
    /* as they are, escaped, of several bytes, and longer than the buffer is when escaped */
    static const struct {
        const char *piece;
        size_t times;
        bool cut;
    } cases[] = {{"x", 1000, false},   {"x", 262000 - 500, false},    {"x", 262144, true},
                 {"\"", 200000, true}, {"\xE2\x82\xAC", 90000, true}, {"\n", 800000, true}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t piece = strlen(cases[i].piece);
        CLEANUP(strbuf_done) struct strbuf text;

        strbuf_init(&text, 1 << 20);
        for (size_t n = 0; n < cases[i].times; n++)
            strbuf_adds(&text, cases[i].piece);

        bool control = cases[i].piece[0] == '\n'; /* reckoned as six bytes each */
        CLEANUP(json_unref_p)
        struct json *details =
            details_of(EVENT_PASS_STATE_EXITED, (struct text){text.data, text.len},
                       TEXT("\"name\":\"A\""), cases[i].cut && !control);
        size_t len;
        const char *output = json_str(json_gets(details, "output"), &len);

        assert_int_equal(is_truncated(details, "outputDetails"), cases[i].cut);
        assert_string_equal(json_str(json_gets(details, "name"), NULL), "A");
        assert_int_equal(len % piece, 0);
        assert_memory_equal(output, text.data, len);
        assert_true(cases[i].cut ? len < text.len && len > 40000 : len == text.len);
    }
}

static void test_cut_variables(void **state)
{
    CLEANUP(strbuf_done) struct strbuf text, details_text;
    CLEANUP(free_p) char *value = xmalloc(250001);

    (void)state;
    memset(value, 'v', 250000);
    value[250000] = '\0';
    strbuf_init(&text, 1 << 20);
    strbuf_init(&details_text, 1 << 20);
    strbuf_addf(&text, "{\"x\":%s}", "1");
    strbuf_addf(&details_text,
                "\"name\":\"A\",\"assignedVariables\":{\"x\":\"%s\"},"
                "\"assignedVariablesDetails\":{\"truncated\":false}",
                value);

    CLEANUP(json_unref_p)
    struct json *whole = details_of(EVENT_PASS_STATE_EXITED, (struct text){text.data, text.len},
                                    (struct text){details_text.data, details_text.len}, false);

    assert_false(is_truncated(whole, "assignedVariablesDetails"));

    CLEANUP(json_unref_p)
    struct json *cut = details_of(EVENT_PASS_STATE_EXITED, (struct text){value, 100000},
                                  (struct text){details_text.data, details_text.len}, false);

    assert_true(is_truncated(cut, "assignedVariablesDetails"));
    assert_int_equal(json_len(json_gets(cut, "assignedVariables")), 0);
    assert_false(is_truncated(cut, "outputDetails")); /* there is room for it now */
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
    assert_null(s.group_arn);
    s = event_log_settings("{\"level\":\"ALL\",\"destinations\":[{\"cloudWatchLogsLogGroup\":{"
                           "\"logGroupArn\":\"arn:g\"}}]}");
    assert_string_equal(s.group_arn, "arn:g");
    free(s.group_arn);
    s = event_log_settings("{\"level\":\"ALL\",\"destinations\":[]}");
    assert_null(s.group_arn);
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
        cmocka_unit_test(test_lines),         cmocka_unit_test(test_cut),
        cmocka_unit_test(test_cut_variables), cmocka_unit_test(test_settings),
        cmocka_unit_test(test_levels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
