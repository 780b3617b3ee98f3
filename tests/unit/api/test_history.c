/* Events as the API shows them: reference/history.md sections 1 and 3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/history.h"

#define TRUNCATED "Details\":{\"truncated\":false}"

static void check(const struct store_event *ev, bool with_data, const char *wanted)
{
    CLEANUP(strbuf_done) struct strbuf out;
    strbuf_init(&out, 100000);
    history_write_event(&out, ev, with_data);
    assert_string_equal(out.data, wanted);
}

static void test_no_details(void **state)
{
    (void)state;
    struct store_event ev = {
        .id = 5, .previous = 4, .time_ms = 1700000000123, .type = EVENT_PARALLEL_STATE_STARTED};
    check(&ev, true,
          "{\"id\":5,\"previousEventId\":4,\"timestamp\":1700000000.123,"
          "\"type\":\"ParallelStateStarted\"}");
}

/* A details object that could have members but has none is still there: section 3, ExecutionAborted. */
static void test_empty_details(void **state)
{
    (void)state;
    struct store_event ev = {.id = 3, .time_ms = 1700000000000, .type = EVENT_EXECUTION_ABORTED};
    check(&ev, true,
          "{\"id\":3,\"previousEventId\":0,\"executionAbortedEventDetails\":{},"
          "\"timestamp\":1700000000,\"type\":\"ExecutionAborted\"}");
}

static void test_payload(void **state)
{
    (void)state;
    struct store_event ev = {
        .id = 2,
        .previous = 0,
        .time_ms = 1700000000620,
        .type = EVENT_PASS_STATE_ENTERED,
        .details = TEXT("\"name\":\"A\""),
        .payload = {.text = TEXT("{\"a\": \"\\n\"}")},
    };
    check(&ev, true,
          "{\"id\":2,\"previousEventId\":0,\"stateEnteredEventDetails\":{"
          "\"input\":\"{\\\"a\\\": \\\"\\\\n\\\"}\",\"input" TRUNCATED ",\"name\":\"A\"},"
          "\"timestamp\":1700000000.62,\"type\":\"PassStateEntered\"}");
    ev.payload.text = TEXT_NONE;
    check(&ev, false,
          "{\"id\":2,\"previousEventId\":0,\"stateEnteredEventDetails\":{\"name\":\"A\"},"
          "\"timestamp\":1700000000.62,\"type\":\"PassStateEntered\"}");
}

/* parameters has no details beside it: section 1. */
static void test_parameters(void **state)
{
    (void)state;
    struct store_event ev = {
        .id = 3,
        .previous = 2,
        .time_ms = 1000,
        .type = EVENT_TASK_SCHEDULED,
        .details = TEXT("\"resource\":\"invoke\""),
        .payload = {.text = TEXT("{}")},
    };
    check(&ev, true,
          "{\"id\":3,\"previousEventId\":2,\"taskScheduledEventDetails\":{"
          "\"parameters\":\"{}\",\"resource\":\"invoke\"},"
          "\"timestamp\":1,\"type\":\"TaskScheduled\"}");
}

static void test_assigned_variables(void **state)
{
    (void)state;
    struct store_event ev = {
        .id = 3,
        .previous = 2,
        .time_ms = 1000,
        .type = EVENT_PASS_STATE_EXITED,
        /* The name holds what looks like the member. */
        .details =
            TEXT("\"name\":\",\\\"assignedVariables\\\":\",\"assignedVariables\":{\"x\":\"1\"},"
                 "\"assignedVariablesDetails\":{\"truncated\":false}"),
        .payload = {.text = TEXT("1")},
    };
    check(&ev, true,
          "{\"id\":3,\"previousEventId\":2,\"stateExitedEventDetails\":{\"output\":\"1\","
          "\"output" TRUNCATED ",\"name\":\",\\\"assignedVariables\\\":\","
          "\"assignedVariables\":{\"x\":\"1\"},\"assignedVariablesDetails\":{\"truncated\":false}},"
          "\"timestamp\":1,\"type\":\"PassStateExited\"}");
    check(&ev, false,
          "{\"id\":3,\"previousEventId\":2,\"stateExitedEventDetails\":{"
          "\"name\":\",\\\"assignedVariables\\\":\"},"
          "\"timestamp\":1,\"type\":\"PassStateExited\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_details),
        cmocka_unit_test(test_empty_details),
        cmocka_unit_test(test_payload),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_assigned_variables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
