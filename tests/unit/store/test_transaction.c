/* Transactions, settings and the reset. */
#include "tests/unit/store/fixture.h"

static bool has_execution(struct fixture *f, int64_t id)
{
    struct store_execution e;
    int r = store_get_execution_by_id(f->s, &f->a, id, &e);

    assert_true(r == 0 || r == ERR_NOT_FOUND);
    return r == 0;
}

static void add_execution(struct fixture *f, int64_t id)
{
    char name[32] = "";
    struct store_execution e = fixture_execution(f, id, name);

    (void)snprintf(name, sizeof(name), "e%lld", (long long)id);
    assert_int_equal(store_add_execution(f->s, &e), 0);
}

static void commit_keeps_and_rollback_undoes(void **state)
{
    struct fixture *f = *state;

    assert_false(store_in_transaction(f->s));
    assert_int_equal(store_begin(f->s), 0);
    assert_true(store_in_transaction(f->s));
    add_execution(f, 1);
    assert_int_equal(store_commit(f->s), 0);
    assert_false(store_in_transaction(f->s));

    assert_int_equal(store_begin(f->s), 0);
    add_execution(f, 2);
    assert_true(has_execution(f, 2));
    store_rollback(f->s);
    assert_false(store_in_transaction(f->s));
    store_rollback(f->s); /* nothing to undo */

    assert_true(has_execution(f, 1));
    assert_false(has_execution(f, 2));
}

/* Calls of several statements join the caller's transaction. */
static void calls_join_the_open_transaction(void **state)
{
    struct fixture *f = *state;
    struct store_machine m;
    int64_t id;
    int64_t revision;
    bool done;
    int removed;

    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(fixture_add_machine(f->s, "n", &id, &revision), 0);
    assert_int_equal(store_delete_machine(f->s, f->machine, 1, &done), 0);
    assert_int_equal(store_expire_executions(f->s, INT64_MAX, 1, &removed), 0);
    assert_true(store_in_transaction(f->s));
    store_rollback(f->s);
    assert_int_equal(store_get_machine_by_id(f->s, &f->a, f->machine, &m), 0);
    assert_int_equal(store_get_machine(f->s, &f->a, ACCOUNT, REGION, "n", &m), ERR_NOT_FOUND);
}

static void settings_are_put_and_replaced(void **state)
{
    struct fixture *f = *state;
    struct text value = {NULL, 0};

    assert_int_equal(store_get_setting(f->s, &f->a, "clock", &value), ERR_NOT_FOUND);
    assert_null(value.data);
    assert_int_equal(store_put_setting(f->s, "clock", TEXT("12")), 0);
    assert_int_equal(store_get_setting(f->s, &f->a, "clock", &value), 0);
    assert_text(value, "12");
    assert_int_equal(store_put_setting(f->s, "clock", TEXT("")), 0);
    assert_int_equal(store_get_setting(f->s, &f->a, "clock", &value), 0);
    assert_text(value, "");
}

static void fail_on_event(void *arg, const struct store_event *ev)
{
    (void)arg;
    fail_msg("event %lld is still there", (long long)ev->id);
}

static void fail_on_tag(void *arg, const char *key, const char *value)
{
    (void)arg;
    (void)value;
    fail_msg("tag %s is still there", key);
}

static void reset_keeps_the_settings_only(void **state)
{
    struct fixture *f = *state;
    struct store_activity act = {
        .account = ACCOUNT, .region = REGION, .name = "a", .encryption = "{}"};
    struct store_execution e = fixture_execution(f, 1, "e");
    struct store_branch b = {.state = "A"};
    struct store_branch *branches;
    struct store_redrive red;
    struct store_revision revision;
    struct text text;
    int64_t count;
    int64_t machine;
    int64_t other;
    size_t len;

    e.status = EXECUTION_FAILED;
    e.stop_ms = e.start_ms;
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(store_add_execution(f->s, &e), 0);
    assert_int_equal(store_redrive_execution(f->s, 1, "t", e.stop_ms, 0, &limits_service, &red), 0);
    assert_int_equal(store_put_payload(f->s, 1, 1, TEXT("p")), 0);
    assert_int_equal(store_put_branch(f->s, 1, &b), 0);
    assert_int_equal(store_add_activity(f->s, &act), 0);
    assert_int_equal(store_put_tag(f->s, "arn", "k", "v"), 0);
    assert_int_equal(store_put_setting(f->s, "keep", TEXT("1")), 0);
    assert_int_equal(store_commit(f->s), 0);

    assert_int_equal(store_reset(f->s), 0);
    assert_false(has_execution(f, 1));
    assert_int_equal(store_last_execution_id(f->s, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(store_count_machines(f->s, ACCOUNT, REGION, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(store_count_activities(f->s, ACCOUNT, REGION, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(store_get_revision(f->s, &f->a, f->revision, &revision), ERR_NOT_FOUND);
    assert_int_equal(store_get_payload(f->s, &f->a, 1, 1, &text), ERR_NOT_FOUND);
    assert_int_equal(store_list_branches(f->s, &f->a, 1, &branches, &len), 0);
    assert_int_equal(len, 0);
    assert_int_equal(store_read_events(f->s, 1, 1, 9, false, false, fail_on_event, NULL), 0);
    assert_int_equal(store_list_tags(f->s, &f->a, "arn", fail_on_tag, NULL), 0);
    assert_int_equal(store_get_setting(f->s, &f->a, "keep", &text), 0);

    /* What is added afterwards is not taken for what was there before. */
    assert_int_equal(fixture_add_machine(f->s, "m", &machine, &other), 0);
    assert_true(machine > f->machine && other > f->revision);
    e.machine = machine;
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(store_add_execution(f->s, &e), 0);
    assert_int_equal(store_redrive_execution(f->s, 1, "t", e.stop_ms, 0, &limits_service, &red), 0);
    assert_false(red.repeated);
    assert_int_equal(store_commit(f->s), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(commit_keeps_and_rollback_undoes),
        fixture_test(calls_join_the_open_transaction),
        fixture_test(settings_are_put_and_replaced),
        fixture_test(reset_keeps_the_settings_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
