#include "tests/unit/store/fixture.h"

static void execution_comes_back_as_added(void **state)
{
    struct fixture *f = *state;
    struct store_execution e = fixture_execution(f, 7, "e");
    struct store_execution got;

    e.status = EXECUTION_FAILED;
    e.stop_ms = 1800000001000;
    e.redrive_ms = 1800000000500;
    e.redrive_count = 2;
    e.event_count = 4;
    e.payload_count = 5;
    e.branch_count = 6;
    e.timeout_ms = 1800000060000;
    e.error = "E";
    e.cause = "because";
    e.trace_header = "Root=1";
    e.version_arn = "arn:v";
    e.alias_arn = "arn:a";
    e.input.text = TEXT("{\"a\":1}");
    assert_int_equal(store_add_execution(f->s, &e), 0);
    assert_int_equal(store_get_execution(f->s, &f->a, f->machine, "e", &got), 0);
    assert_int_equal(got.id, 7);
    assert_int_equal(got.machine, f->machine);
    assert_int_equal(got.revision, f->revision);
    assert_string_equal(got.name, "e");
    assert_int_equal(got.status, EXECUTION_FAILED);
    assert_int_equal(got.start_ms, e.start_ms);
    assert_int_equal(got.stop_ms, e.stop_ms);
    assert_int_equal(got.redrive_ms, e.redrive_ms);
    assert_int_equal(got.redrive_count, 2);
    assert_int_equal(got.event_count, 4);
    assert_int_equal(got.payload_count, 5);
    assert_int_equal(got.branch_count, 6);
    assert_int_equal(got.timeout_ms, e.timeout_ms);
    assert_string_equal(got.error, "E");
    assert_string_equal(got.cause, "because");
    assert_string_equal(got.trace_header, "Root=1");
    assert_string_equal(got.version_arn, "arn:v");
    assert_string_equal(got.alias_arn, "arn:a");
    assert_int_equal(got.input.number, 0);
    assert_text(got.input.text, "{\"a\":1}");
    assert_null(got.output.text.data);
}

static void what_is_absent_stays_absent(void **state)
{
    struct fixture *f = *state;
    struct store_execution e = fixture_execution(f, 7, "e");
    struct store_execution got;

    assert_int_equal(store_add_execution(f->s, &e), 0);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 7, &got), 0);
    assert_int_equal(got.stop_ms, 0);
    assert_int_equal(got.redrive_ms, 0);
    assert_int_equal(got.timeout_ms, 0);
    assert_null(got.error);
    assert_null(got.cause);
    assert_null(got.trace_header);
    assert_null(got.version_arn);
    assert_null(got.alias_arn);
    assert_int_equal(got.output.number, 0);
    assert_null(got.output.text.data);
}

/* State data is text even when it reads like a number. */
static void texts_of_digits_stay_texts(void **state)
{
    static const char *const texts[] = {"5", "9007199254740993", "1.00", "\"\"", "", "null", "-0"};
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct store_execution got;
        char name[32] = "";
        struct store_execution e = fixture_execution(f, (int64_t)i + 1, name);

        (void)snprintf(name, sizeof(name), "e%zu", i);
        e.status = EXECUTION_SUCCEEDED;
        e.stop_ms = e.start_ms;
        e.input.text = e.output.text = (struct text){texts[i], strlen(texts[i])};
        assert_int_equal(store_add_execution(f->s, &e), 0);
        assert_int_equal(store_put_payload(f->s, e.id, 5, TEXT("not this")), 0);
        assert_int_equal(store_get_execution_by_id(f->s, &f->a, e.id, &got), 0);
        assert_int_equal(got.input.number, 0);
        assert_text(got.input.text, texts[i]);
        assert_int_equal(got.output.number, 0);
        assert_text(got.output.text, texts[i]);
    }
}

static void payloads_are_resolved(void **state)
{
    struct fixture *f = *state;
    struct store_execution e = fixture_execution(f, 7, "e");
    struct store_execution got;

    e.status = EXECUTION_SUCCEEDED;
    e.stop_ms = e.start_ms;
    e.input = (struct store_text){1, TEXT_NONE};
    e.output = (struct store_text){2, TEXT_NONE};
    assert_int_equal(store_add_execution(f->s, &e), 0);
    assert_int_equal(store_put_payload(f->s, 7, 1, TEXT("in")), 0);
    assert_int_equal(store_put_payload(f->s, 7, 2, TEXT("out")), 0);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 7, &got), 0);
    assert_int_equal(got.input.number, 1);
    assert_text(got.input.text, "in");
    assert_int_equal(got.output.number, 2);
    assert_text(got.output.text, "out");
}

static void missing_payload_is_a_broken_database(void **state)
{
    struct fixture *f = *state;
    struct store_execution e = fixture_execution(f, 7, "e");
    struct store_execution got = {.id = -1};

    e.input = (struct store_text){1, TEXT_NONE};
    assert_int_equal(store_add_execution(f->s, &e), 0);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 7, &got), ERR_DB);
    assert_string_equal(store_error(f->s), "a payload is missing");
    assert_int_equal(got.id, -1);
}

static void names_and_ids_are_unique(void **state)
{
    struct fixture *f = *state;
    struct store_execution e = fixture_execution(f, 1, "e");
    int64_t other;
    int64_t revision;

    assert_int_equal(store_add_execution(f->s, &e), 0);
    e.id = 2;
    assert_int_equal(store_add_execution(f->s, &e), ERR_EXISTS);
    e.name = "f";
    e.id = 1;
    assert_int_equal(store_add_execution(f->s, &e), ERR_EXISTS);
    assert_int_equal(fixture_add_machine(f->s, "other", &other, &revision), 0);
    e = fixture_execution(f, 2, "e");
    e.machine = other;
    assert_int_equal(store_add_execution(f->s, &e), 0);
    e = fixture_execution(f, 3, "g");
    e.machine = 99;
    assert_int_equal(store_add_execution(f->s, &e), ERR_NOT_FOUND);
}

static void lookups(void **state)
{
    struct fixture *f = *state;
    struct store_execution e = fixture_execution(f, 41, "e");
    enum execution_status status = EXECUTION_ABORTED;
    int64_t id = -1;

    assert_int_equal(store_last_execution_id(f->s, &id), 0);
    assert_int_equal(id, 0);
    assert_int_equal(store_add_execution(f->s, &e), 0);
    assert_int_equal(store_last_execution_id(f->s, &id), 0);
    assert_int_equal(id, 41);
    id = -1;
    assert_int_equal(store_find_execution(f->s, f->machine, "E", &id, &status), ERR_NOT_FOUND);
    assert_int_equal(store_find_execution(f->s, 99, "e", &id, &status), ERR_NOT_FOUND);
    assert_int_equal(id, -1);
    assert_int_equal(status, EXECUTION_ABORTED);
    assert_int_equal(store_find_execution(f->s, f->machine, "e", &id, &status), 0);
    assert_int_equal(id, 41);
    assert_int_equal(status, EXECUTION_RUNNING);
    assert_int_equal(store_get_execution(f->s, &f->a, f->machine, "x", &e), ERR_NOT_FOUND);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 40, &e), ERR_NOT_FOUND);
}

static void progress_writes_counts(void **state)
{
    struct fixture *f = *state;
    struct store_execution e = fixture_execution(f, 7, "e");
    struct store_execution got;

    assert_int_equal(store_add_execution(f->s, &e), 0);
    e.event_count = 10;
    e.payload_count = 11;
    e.branch_count = 12;
    e.timeout_ms = 13;
    e.redrive_count = 99; /* nobody's business but the redrive's */
    e.redrive_ms = 99;
    assert_int_equal(store_update_execution(f->s, &e), 0);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 7, &got), 0);
    assert_int_equal(got.status, EXECUTION_RUNNING);
    assert_int_equal(got.event_count, 10);
    assert_int_equal(got.payload_count, 11);
    assert_int_equal(got.branch_count, 12);
    assert_int_equal(got.timeout_ms, 13);
    assert_int_equal(got.redrive_count, 0);
    assert_int_equal(got.redrive_ms, 0);

    e.id = 8;
    assert_int_equal(store_update_execution(f->s, &e), ERR_NOT_FOUND);
}

static void closing_writes_the_outcome(void **state)
{
    struct fixture *f = *state;
    struct store_execution e = fixture_execution(f, 7, "e");
    struct store_execution got;

    assert_int_equal(store_add_execution(f->s, &e), 0);
    e.status = EXECUTION_SUCCEEDED;
    e.stop_ms = 1800000005000;
    e.event_count = 4;
    e.output.text = TEXT("{\"done\":true}");
    assert_int_equal(store_update_execution(f->s, &e), 0);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 7, &got), 0);
    assert_int_equal(got.status, EXECUTION_SUCCEEDED);
    assert_int_equal(got.stop_ms, 1800000005000);
    assert_int_equal(got.event_count, 4);
    assert_text(got.output.text, "{\"done\":true}");

    e = fixture_execution(f, 8, "f");
    assert_int_equal(store_add_execution(f->s, &e), 0);
    e.status = EXECUTION_TIMED_OUT;
    e.stop_ms = 1800000005000;
    e.error = "States.Timeout";
    e.cause = "slow";
    assert_int_equal(store_update_execution(f->s, &e), 0);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 8, &got), 0);
    assert_string_equal(got.error, "States.Timeout");
    assert_string_equal(got.cause, "slow");
    assert_null(got.output.text.data);
}

/* Whatever was stored, only these updates are accepted; FAILED to RUNNING, which the table of moves
 * allows, is left to the redrive. */
static void updates_follow_the_moves(void **state)
{
    static const char *const accepted[] = {
        /* to: R S F T A P */
        "xxxxx-", /* RUNNING */
        "------", /* SUCCEEDED */
        "------", /* FAILED */
        "------", /* TIMED_OUT */
        "------", /* ABORTED */
        "----xx", /* PENDING_REDRIVE */
    };
    struct fixture *f = *state;
    int64_t id = 0;

    for (int from = 1; from <= 6; from++) {
        for (int to = 1; to <= 6; to++) {
            char name[32] = "";
            struct store_execution e = fixture_execution(f, ++id, name);
            struct store_execution got;
            bool ok = accepted[from - 1][to - 1] == 'x';

            (void)snprintf(name, sizeof(name), "%d to %d", from, to);
            e.status = (enum execution_status)from;
            assert_int_equal(store_add_execution(f->s, &e), 0);
            e.status = (enum execution_status)to;
            e.event_count = 77;
            if (execution_status_is_closed(e.status))
                e.stop_ms = 1;
            assert_int_equal(store_update_execution(f->s, &e), ok ? 0 : ERR_CONFLICT);
            assert_int_equal(store_get_execution_by_id(f->s, &f->a, id, &got), 0);
            assert_int_equal(got.status, ok ? to : from);
            assert_int_equal(got.event_count, ok ? 77 : 0);
        }
    }
}

static void running_ones_are_listed_in_pages(void **state)
{
    struct fixture *f = *state;
    int64_t ids[3] = {0};
    int64_t count;
    int len = -1;

    for (int64_t id = 1; id <= 8; id++) {
        char name[32] = "";
        struct store_execution e = fixture_execution(f, id, name);

        (void)snprintf(name, sizeof(name), "e%lld", (long long)id);
        e.status = id % 2 ? EXECUTION_RUNNING : EXECUTION_FAILED;
        assert_int_equal(store_add_execution(f->s, &e), 0);
    }
    assert_int_equal(store_count_open_executions(f->s, &count), 0);
    assert_int_equal(count, 4);
    assert_int_equal(store_list_running(f->s, 0, ids, 3, &len), 0);
    assert_int_equal(len, 3);
    assert_true(ids[0] == 1 && ids[1] == 3 && ids[2] == 5);
    assert_int_equal(store_list_running(f->s, 5, ids, 3, &len), 0);
    assert_int_equal(len, 1);
    assert_int_equal(ids[0], 7);
    assert_int_equal(store_list_running(f->s, 7, ids, 3, &len), 0);
    assert_int_equal(len, 0);
}

struct seen {
    char text[128];
    bool bare; /* every row came without what a list leaves out */
};

static void see(void *arg, const struct store_execution *e)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->text);

    (void)snprintf(seen->text + len, sizeof(seen->text) - len, "%s ", e->name);
    seen->bare &= !e->input.text.data && !e->output.text.data && !e->error && !e->cause;
}

static void assert_listed(struct fixture *f, enum execution_status status, int64_t before, int max,
                          const char *expected)
{
    struct seen seen = {"", true};

    assert_int_equal(
        store_list_executions(f->s, &f->a, f->machine, status, before, max, see, &seen), 0);
    assert_string_equal(seen.text, expected);
    assert_true(seen.bare);
}

/* reference/redrive.md 7: the most recent start comes first. */
static void lists_are_newest_first(void **state)
{
    static const enum execution_status statuses[] = {
        EXECUTION_FAILED,  EXECUTION_RUNNING, EXECUTION_SUCCEEDED,       EXECUTION_FAILED,
        EXECUTION_ABORTED, EXECUTION_RUNNING, EXECUTION_PENDING_REDRIVE, EXECUTION_TIMED_OUT,
    };
    struct fixture *f = *state;
    int64_t other;
    int64_t revision;

    assert_int_equal(fixture_add_machine(f->s, "other", &other, &revision), 0);
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        char name[32] = "";
        struct store_execution e = fixture_execution(f, 10 + (int64_t)i * 2, name);

        (void)snprintf(name, sizeof(name), "e%zu", i);
        e.status = statuses[i];
        e.output.text = TEXT("{}");
        e.error = e.cause = "x";
        assert_int_equal(store_add_execution(f->s, &e), 0);
        e.id++;
        e.machine = other;
        assert_int_equal(store_add_execution(f->s, &e), 0);
    }
    assert_listed(f, 0, INT64_MAX, 100, "e7 e6 e5 e4 e3 e2 e1 e0 ");
    assert_listed(f, 0, INT64_MAX, 3, "e7 e6 e5 ");
    assert_listed(f, 0, 20, 3, "e4 e3 e2 ");
    assert_listed(f, 0, 10, 3, "");
    assert_listed(f, EXECUTION_FAILED, INT64_MAX, 100, "e3 e0 ");
    assert_listed(f, EXECUTION_FAILED, INT64_MAX, 1, "e3 ");
    assert_listed(f, EXECUTION_FAILED, 16, 1, "e0 ");
    assert_listed(f, EXECUTION_PENDING_REDRIVE, INT64_MAX, 100, "e6 ");
    assert_listed(f, EXECUTION_SUCCEEDED, 14, 100, "");
}

static void count_event(void *arg, const struct store_event *ev)
{
    (void)ev;
    ++*(int *)arg;
}

static int rows_of(struct fixture *f, int64_t id)
{
    struct store_branch *branches;
    struct text text;
    size_t len;
    int rows = 0;

    assert_int_equal(store_read_events(f->s, id, 1, 100, false, false, count_event, &rows), 0);
    assert_int_equal(store_list_branches(f->s, &f->a, id, &branches, &len), 0);
    rows += (int)len;
    if (store_get_payload(f->s, &f->a, id, 1, &text) == 0)
        rows++;
    return rows;
}

static void add_closed(struct fixture *f, int64_t id, int64_t stop_ms)
{
    char name[32] = "";
    struct store_execution e = fixture_execution(f, id, name);
    struct store_branch b = {.state = "A"};

    (void)snprintf(name, sizeof(name), "e%lld", (long long)id);
    e.status = stop_ms ? EXECUTION_FAILED : EXECUTION_RUNNING;
    e.stop_ms = stop_ms;
    assert_int_equal(store_add_execution(f->s, &e), 0);
    fixture_add_event(f->s, id, 1);
    fixture_add_event(f->s, id, 2);
    assert_int_equal(store_put_payload(f->s, id, 1, TEXT("p")), 0);
    assert_int_equal(store_put_branch(f->s, id, &b), 0);
}

/* reference/quotas.md: a closed execution is kept for a time, and its name until then. */
static void expiry_removes_all_of_the_oldest(void **state)
{
    struct fixture *f = *state;
    struct store_execution e;
    int removed = -1;

    add_closed(f, 1, 3000);
    add_closed(f, 2, 1000);
    add_closed(f, 3, 0); /* runs */
    add_closed(f, 4, 2000);
    add_closed(f, 5, 4000);

    assert_int_equal(store_expire_executions(f->s, 1000, 10, &removed), 0);
    assert_int_equal(removed, 0);
    assert_int_equal(store_expire_executions(f->s, 4000, 2, &removed), 0);
    assert_int_equal(removed, 2);
    assert_int_equal(rows_of(f, 2), 0);
    assert_int_equal(rows_of(f, 4), 0);
    assert_int_equal(rows_of(f, 1), 4);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 2, &e), ERR_NOT_FOUND);
    assert_int_equal(store_expire_executions(f->s, 4000, 2, &removed), 0);
    assert_int_equal(removed, 1);
    assert_int_equal(rows_of(f, 1), 0);
    assert_int_equal(rows_of(f, 3), 4);
    assert_int_equal(rows_of(f, 5), 4);

    /* The name is free again. */
    e = fixture_execution(f, 6, "e5");
    assert_int_equal(store_add_execution(f->s, &e), ERR_EXISTS);
    e.name = "e2";
    assert_int_equal(store_add_execution(f->s, &e), 0);
}

/* More than one round of the ids it reads ahead, in the caller's transaction. */
static void expiry_of_many_can_be_undone(void **state)
{
    struct fixture *f = *state;
    int removed = -1;

    for (int64_t id = 1; id <= 150; id++)
        add_closed(f, id, 1000 + id);
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(store_expire_executions(f->s, 9999, 140, &removed), 0);
    assert_int_equal(removed, 140);
    assert_int_equal(rows_of(f, 140), 0);
    assert_int_equal(rows_of(f, 141), 4);
    store_rollback(f->s);
    assert_int_equal(rows_of(f, 1), 4);
    assert_int_equal(rows_of(f, 140), 4);
    assert_int_equal(store_expire_executions(f->s, 9999, 1000, &removed), 0);
    assert_int_equal(removed, 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(execution_comes_back_as_added),
        fixture_test(what_is_absent_stays_absent),
        fixture_test(texts_of_digits_stay_texts),
        fixture_test(payloads_are_resolved),
        fixture_test(missing_payload_is_a_broken_database),
        fixture_test(names_and_ids_are_unique),
        fixture_test(lookups),
        fixture_test(progress_writes_counts),
        fixture_test(closing_writes_the_outcome),
        fixture_test(updates_follow_the_moves),
        fixture_test(running_ones_are_listed_in_pages),
        fixture_test(lists_are_newest_first),
        fixture_test(expiry_removes_all_of_the_oldest),
        fixture_test(expiry_of_many_can_be_undone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
