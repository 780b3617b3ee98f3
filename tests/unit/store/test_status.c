/* Statuses, the moves between them, and the types of events. */
#include "tests/unit/store/fixture.h"

static const enum execution_status all[] = {
    EXECUTION_RUNNING,   EXECUTION_SUCCEEDED, EXECUTION_FAILED,
    EXECUTION_TIMED_OUT, EXECUTION_ABORTED,   EXECUTION_PENDING_REDRIVE,
};

static void names_are_read_back(void **state)
{
    enum execution_status status = EXECUTION_FAILED;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        assert_true(execution_status_parse(execution_status_name(all[i]), &status));
        assert_int_equal(status, all[i]);
    }
    status = EXECUTION_FAILED;
    assert_false(execution_status_parse("running", &status));
    assert_false(execution_status_parse("", &status));
    assert_int_equal(status, EXECUTION_FAILED);
    assert_string_equal(execution_status_name(EXECUTION_TIMED_OUT), "TIMED_OUT");
}

static void closed_ones(void **state)
{
    (void)state;
    assert_false(execution_status_is_closed(EXECUTION_RUNNING));
    assert_false(execution_status_is_closed(EXECUTION_PENDING_REDRIVE));
    assert_true(execution_status_is_closed(EXECUTION_SUCCEEDED));
    assert_true(execution_status_is_closed(EXECUTION_FAILED));
    assert_true(execution_status_is_closed(EXECUTION_TIMED_OUT));
    assert_true(execution_status_is_closed(EXECUTION_ABORTED));
}

/* reference/redrive.md 2: FAILED, TIMED_OUT and ABORTED can be redriven, SUCCEEDED is final. */
static void moves_are_these(void **state)
{
    static const char *const table[] = {
        /* to: R S F T A P */
        "-xxxx-", /* RUNNING */
        "------", /* SUCCEEDED */
        "x----x", /* FAILED */
        "x----x", /* TIMED_OUT */
        "x----x", /* ABORTED */
        "x---x-", /* PENDING_REDRIVE */
    };

    (void)state;
    for (size_t from = 0; from < ARRAY_LEN(all); from++) {
        for (size_t to = 0; to < ARRAY_LEN(all); to++)
            assert_int_equal(execution_status_can_move(all[from], all[to]), table[from][to] == 'x');
    }
}

/* reference/history.md 3 */
static void event_types_have_their_members(void **state)
{
    const struct event_type_info *info;

    (void)state;
    info = event_type_info(EVENT_PASS_STATE_ENTERED);
    assert_string_equal(info->name, "PassStateEntered");
    assert_string_equal(info->member, "stateEnteredEventDetails");
    assert_string_equal(info->payload, "input");

    info = event_type_info(EVENT_EXECUTION_REDRIVEN);
    assert_string_equal(info->name, "ExecutionRedriven");
    assert_string_equal(info->member, "executionRedrivenEventDetails");
    assert_null(info->payload);

    assert_null(event_type_info(EVENT_TASK_STATE_ABORTED)->member);
}

static void other_numbers_are_no_event_types(void **state)
{
    (void)state;
    assert_null(event_type_info(0));
    assert_null(event_type_info(-1));
    assert_null(event_type_info(EVENT_EVALUATION_FAILED + 1));
    assert_null(event_type_info(EVENT_TYPE_END));
    assert_null(event_type_info(1 << 30));
}

static void event_type_names_are_unique(void **state)
{
    int count = 0;

    (void)state;
    for (int i = 0; i < EVENT_TYPE_END; i++) {
        if (!event_type_info(i))
            continue;

        count++;
        for (int k = 0; k < i; k++) {
            if (event_type_info(k))
                assert_string_not_equal(event_type_info(i)->name, event_type_info(k)->name);
        }
    }
    assert_int_equal(count, 62);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read_back),
        cmocka_unit_test(closed_ones),
        cmocka_unit_test(moves_are_these),
        cmocka_unit_test(event_types_have_their_members),
        cmocka_unit_test(other_numbers_are_no_event_types),
        cmocka_unit_test(event_type_names_are_unique),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
