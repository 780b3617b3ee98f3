#include "tests/unit/store/fixture.h"

static void checkpoint_comes_back_as_put(void **state)
{
    struct fixture *f = *state;
    struct store_branch b = {
        .number = 3,
        .parent = 1,
        .slot = 2,
        .status = 4,
        .phase = 5,
        .state = "Work",
        .entered_event = 6,
        .entered_ms = 1800000000000,
        .previous = 7,
        .input = {0, TEXT("12")},
        .work = {1, TEXT_NONE},
        .variables = "{\"x\":1}",
        .details = "{\"retry\":[2]}",
    };
    struct store_branch *got;
    size_t len;

    assert_int_equal(store_put_payload(f->s, 9, 1, TEXT("[1,2,3]")), 0);
    assert_int_equal(store_put_branch(f->s, 9, &b), 0);
    assert_int_equal(store_list_branches(f->s, &f->a, 9, &got, &len), 0);
    assert_int_equal(len, 1);
    assert_int_equal(got->number, 3);
    assert_int_equal(got->parent, 1);
    assert_int_equal(got->slot, 2);
    assert_int_equal(got->status, 4);
    assert_int_equal(got->phase, 5);
    assert_string_equal(got->state, "Work");
    assert_int_equal(got->entered_event, 6);
    assert_int_equal(got->entered_ms, 1800000000000);
    assert_int_equal(got->previous, 7);
    assert_int_equal(got->input.number, 0);
    assert_text(got->input.text, "12");
    assert_int_equal(got->work.number, 1);
    assert_text(got->work.text, "[1,2,3]");
    assert_int_equal(got->output.number, 0);
    assert_null(got->output.text.data);
    assert_string_equal(got->variables, "{\"x\":1}");
    assert_string_equal(got->details, "{\"retry\":[2]}");
}

static void put_replaces(void **state)
{
    struct fixture *f = *state;
    struct store_branch b = {.number = 0, .state = "A", .variables = "{}", .details = "{}"};
    struct store_branch *got;
    size_t len;

    assert_int_equal(store_put_branch(f->s, 9, &b), 0);
    b = (struct store_branch){.number = 0, .state = "", .phase = 2};
    assert_int_equal(store_put_branch(f->s, 9, &b), 0);
    assert_int_equal(store_list_branches(f->s, &f->a, 9, &got, &len), 0);
    assert_int_equal(len, 1);
    assert_string_equal(got->state, "");
    assert_int_equal(got->phase, 2);
    assert_null(got->variables);
    assert_null(got->details);
}

static size_t count_branches(struct fixture *f, int64_t execution)
{
    struct store_branch *got;
    size_t len;

    assert_int_equal(store_list_branches(f->s, &f->a, execution, &got, &len), 0);
    return len;
}

static void branches_of_one_execution_only(void **state)
{
    struct fixture *f = *state;
    struct store_branch *got;
    size_t len;

    for (int64_t execution = 8; execution <= 10; execution++) {
        for (uint32_t number = 40; number-- > 0;) {
            struct store_branch b = {.number = number, .state = "A"};

            assert_int_equal(store_put_branch(f->s, execution, &b), 0);
        }
    }
    assert_int_equal(store_list_branches(f->s, &f->a, 9, &got, &len), 0);
    assert_int_equal(len, 40);
    for (uint32_t i = 0; i < 40; i++)
        assert_int_equal(got[i].number, i);

    assert_int_equal(store_delete_branch(f->s, 9, 39), 0);
    assert_int_equal(store_delete_branch(f->s, 9, 39), 0);
    assert_int_equal(count_branches(f, 9), 39);
    assert_int_equal(store_delete_branches(f->s, 9), 0);
    assert_int_equal(count_branches(f, 9), 0);
    assert_int_equal(count_branches(f, 8), 40);
    assert_int_equal(count_branches(f, 10), 40);
}

static void missing_payload_is_a_broken_database(void **state)
{
    struct fixture *f = *state;
    struct store_branch b = {.state = "A", .output = {4, TEXT_NONE}};
    struct store_branch *got = NULL;
    size_t len = 99;

    assert_int_equal(store_put_branch(f->s, 9, &b), 0);
    assert_int_equal(store_list_branches(f->s, &f->a, 9, &got, &len), ERR_DB);
    assert_null(got);
    assert_int_equal(len, 99);
    assert_int_equal(store_put_payload(f->s, 9, 4, TEXT("x")), 0);
    assert_int_equal(count_branches(f, 9), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(checkpoint_comes_back_as_put),
        fixture_test(put_replaces),
        fixture_test(branches_of_one_execution_only),
        fixture_test(missing_payload_is_a_broken_database),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
