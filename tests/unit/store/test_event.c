/* History and payloads. */
#include <sqlite3.h>

#include "tests/unit/store/fixture.h"

#include "store/internal.h"

struct log {
    char text[2048];
};

static void note(void *arg, const struct store_event *ev)
{
    struct log *log = arg;
    size_t len = strlen(log->text);

    (void)snprintf(log->text + len, sizeof(log->text) - len, "%lld<%lld %s {%.*s} %u:%.*s|",
                   (long long)ev->id, (long long)ev->previous, event_type_info((int)ev->type)->name,
                   (int)ev->details.len, ev->details.data, ev->payload.number,
                   ev->payload.text.data ? (int)ev->payload.text.len : 1,
                   ev->payload.text.data ? ev->payload.text.data : "-");
}

static void add_small_history(struct fixture *f, int64_t execution)
{
    const struct store_event events[] = {
        {1, 0, 1000, EVENT_EXECUTION_STARTED, TEXT("\"roleArn\":\"r\""), {1, TEXT_NONE}},
        {2, 0, 1001, EVENT_PASS_STATE_ENTERED, TEXT("\"name\":\"A\""), {1, TEXT_NONE}},
        {3, 2, 1002, EVENT_PASS_STATE_EXITED, TEXT("\"name\":\"A\""), {0, TEXT("7")}},
        {4, 3, 1003, EVENT_PARALLEL_STATE_STARTED, TEXT_NONE, {0, TEXT_NONE}},
        {5, 4, 1004, EVENT_EXECUTION_SUCCEEDED, TEXT(""), {2, TEXT_NONE}},
    };

    assert_int_equal(store_put_payload(f->s, execution, 1, TEXT("{\"in\":1}")), 0);
    assert_int_equal(store_put_payload(f->s, execution, 2, TEXT("{\"out\":2}")), 0);
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        assert_int_equal(store_add_event(f->s, execution, &events[i]), 0);
}

static void history_is_read_both_ways(void **state)
{
    struct fixture *f = *state;
    struct log log = {""};

    add_small_history(f, 1);
    assert_int_equal(store_read_events(f->s, 1, 1, 100, false, true, note, &log), 0);
    assert_string_equal(log.text, "1<0 ExecutionStarted {\"roleArn\":\"r\"} 1:{\"in\":1}|"
                                  "2<0 PassStateEntered {\"name\":\"A\"} 1:{\"in\":1}|"
                                  "3<2 PassStateExited {\"name\":\"A\"} 0:7|"
                                  "4<3 ParallelStateStarted {} 0:-|"
                                  "5<4 ExecutionSucceeded {} 2:{\"out\":2}|");
    log = (struct log){""};
    assert_int_equal(store_read_events(f->s, 1, 4, 3, true, true, note, &log), 0);
    assert_string_equal(log.text, "4<3 ParallelStateStarted {} 0:-|"
                                  "3<2 PassStateExited {\"name\":\"A\"} 0:7|"
                                  "2<0 PassStateEntered {\"name\":\"A\"} 1:{\"in\":1}|");
    log = (struct log){""};
    assert_int_equal(store_read_events(f->s, 1, 3, 2, false, false, note, &log), 0);
    assert_string_equal(log.text, "3<2 PassStateExited {\"name\":\"A\"} 0:-|"
                                  "4<3 ParallelStateStarted {} 0:-|");
}

static void note_time(void *arg, const struct store_event *ev)
{
    *(int64_t *)arg = ev->time_ms;
}

static void time_is_kept(void **state)
{
    struct fixture *f = *state;
    int64_t ms = 0;

    add_small_history(f, 1);
    assert_int_equal(store_read_events(f->s, 1, 3, 1, false, false, note_time, &ms), 0);
    assert_int_equal(ms, 1002);
}

struct range {
    int64_t first, last;
    int count;
};

static void note_range(void *arg, const struct store_event *ev)
{
    struct range *range = arg;

    if (!range->count++)
        range->first = ev->id;
    range->last = ev->id;
}

static void assert_range(struct fixture *f, int64_t execution, int64_t from, int max, bool reverse,
                         int64_t first, int64_t last, int count)
{
    struct range range = {0};

    assert_int_equal(
        store_read_events(f->s, execution, from, max, reverse, false, note_range, &range), 0);
    assert_int_equal(range.count, count);
    assert_int_equal(range.first, first);
    assert_int_equal(range.last, last);
}

/* A full history (reference/quotas.md: 25,000 events) in pages of 1000, between two neighbours. */
static void pages_of_a_long_history(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(store_begin(f->s), 0);
    for (int64_t execution = 4; execution <= 6; execution++) {
        for (int64_t id = 1; id <= (execution == 5 ? 25000 : 10); id++)
            fixture_add_event(f->s, execution, id);
    }
    assert_int_equal(store_commit(f->s), 0);

    for (int64_t from = 1; from <= 24001; from += 1000)
        assert_range(f, 5, from, 1000, false, from, from + 999, 1000);
    for (int64_t from = 25000; from >= 1000; from -= 1000)
        assert_range(f, 5, from, 1000, true, from, from - 999, 1000);
    assert_range(f, 5, 24991, 1000, false, 24991, 25000, 10);
    assert_range(f, 5, 10, 1000, true, 10, 1, 10);
    assert_range(f, 5, 25001, 1000, false, 0, 0, 0);
    assert_range(f, 5, 0, 1000, true, 0, 0, 0);
}

/* Positions that no history has, as a forged page token could hold, do not reach the neighbours. */
static void positions_out_of_range(void **state)
{
    struct fixture *f = *state;

    for (int64_t execution = 4; execution <= 6; execution++) {
        for (int64_t id = 1; id <= 3; id++)
            fixture_add_event(f->s, execution, id);
    }
    assert_range(f, 5, INT64_MAX, 100, false, 0, 0, 0);
    assert_range(f, 5, 65536, 100, false, 0, 0, 0);
    assert_range(f, 5, 1 << 20, 100, false, 0, 0, 0);
    assert_range(f, 5, -1, 100, false, 1, 3, 3);
    assert_range(f, 5, INT64_MIN, 100, false, 1, 3, 3);
    assert_range(f, 5, INT64_MAX, 100, true, 3, 1, 3);
    assert_range(f, 5, 65536, 100, true, 3, 1, 3);
    assert_range(f, 5, -1, 100, true, 0, 0, 0);
    assert_range(f, 5, INT64_MIN, 100, true, 0, 0, 0);
    assert_range(f, 7, 1, 100, false, 0, 0, 0);
}

/* reference/redrive.md 3: history is appended to, never rewritten. */
static void history_is_append_only(void **state)
{
    struct fixture *f = *state;
    struct store_event ev = {
        .id = 3, .time_ms = 9, .type = EVENT_EXECUTION_FAILED, .details = TEXT("\"error\":\"X\"")};
    struct log log = {""};
    char *message = NULL;

    add_small_history(f, 1);
    assert_int_equal(store_add_event(f->s, 1, &ev), ERR_EXISTS);

    /* Not even a statement of this program's own could change one. */
    assert_int_equal(sqlite3_exec(f->s->db, "UPDATE events SET time_ms = 0", NULL, NULL, &message) &
                         0xff,
                     SQLITE_CONSTRAINT);
    assert_string_equal(message, "an event is never changed");
    sqlite3_free(message);
    assert_int_equal(
        sqlite3_exec(f->s->db, "UPDATE revisions SET definition = ''", NULL, NULL, &message) & 0xff,
        SQLITE_CONSTRAINT);
    assert_string_equal(message, "a revision is never changed");
    sqlite3_free(message);

    assert_int_equal(store_read_events(f->s, 1, 3, 1, false, true, note, &log), 0);
    assert_string_equal(log.text, "3<2 PassStateExited {\"name\":\"A\"} 0:7|");
}

static void refused_event_does_not_harm_the_transaction(void **state)
{
    struct fixture *f = *state;
    struct store_event ev = {.id = 1, .time_ms = 9, .type = EVENT_EXECUTION_FAILED};

    assert_int_equal(store_begin(f->s), 0);
    fixture_add_event(f->s, 1, 1);
    assert_int_equal(store_add_event(f->s, 1, &ev), ERR_EXISTS);
    fixture_add_event(f->s, 1, 2);
    assert_int_equal(store_commit(f->s), 0);
    assert_range(f, 1, 1, 10, false, 1, 2, 2);
}

static void payloads_are_kept_per_execution(void **state)
{
    struct fixture *f = *state;
    struct text text = {NULL, 0};

    assert_int_equal(store_put_payload(f->s, 1, 1, TEXT("one")), 0);
    assert_int_equal(store_put_payload(f->s, 2, 1, TEXT("")), 0);
    assert_int_equal(store_put_payload(f->s, 1, 1, TEXT("another")), ERR_EXISTS);
    assert_int_equal(store_put_payload(f->s, 1, (1 << 24) - 1, TEXT("last")), 0);
    assert_int_equal(store_get_payload(f->s, &f->a, 1, 2, &text), ERR_NOT_FOUND);
    assert_null(text.data);
    assert_int_equal(store_get_payload(f->s, &f->a, 1, 1, &text), 0);
    assert_text(text, "one");
    assert_int_equal(store_get_payload(f->s, &f->a, 2, 1, &text), 0);
    assert_text(text, "");
    assert_int_equal(store_get_payload(f->s, &f->a, 1, (1 << 24) - 1, &text), 0);
    assert_text(text, "last");
}

static void note_size(void *arg, const struct store_event *ev)
{
    *(size_t *)arg += ev->payload.text.len;
}

/* reference/quotas.md: state data of up to 262,144 bytes. */
static void big_payloads(void **state)
{
    struct fixture *f = *state;
    size_t len = 262144;
    char *big = malloc(len);
    struct text text;
    size_t sum = 0;

    assert_non_null(big);
    for (size_t i = 0; i < len; i++)
        big[i] = (char)('a' + i % 23);
    assert_int_equal(store_put_payload(f->s, 1, 1, (struct text){big, len}), 0);
    for (int64_t id = 1; id <= 4; id++) {
        struct store_event ev = {
            .id = id, .type = EVENT_PASS_STATE_ENTERED, .payload = {1, TEXT_NONE}};

        assert_int_equal(store_add_event(f->s, 1, &ev), 0);
    }
    assert_int_equal(store_get_payload(f->s, &f->a, 1, 1, &text), 0);
    assert_int_equal(text.len, len);
    assert_memory_equal(text.data, big, len);
    assert_int_equal(store_read_events(f->s, 1, 1, 10, false, true, note_size, &sum), 0);
    assert_int_equal(sum, 4 * len);
    free(big);
}

static void missing_payload_is_a_broken_database(void **state)
{
    struct fixture *f = *state;
    struct store_event ev = {.id = 1, .type = EVENT_PASS_STATE_ENTERED, .payload = {9, TEXT_NONE}};
    struct log log = {""};

    assert_int_equal(store_add_event(f->s, 1, &ev), 0);
    assert_int_equal(store_read_events(f->s, 1, 1, 10, false, true, note, &log), ERR_DB);
    assert_string_equal(store_error(f->s), "a payload is missing");
    assert_string_equal(log.text, "");

    /* The statement was left usable, and nothing is missed by who does not ask. */
    assert_int_equal(store_read_events(f->s, 1, 1, 10, false, false, note, &log), 0);
    assert_string_equal(log.text, "1<0 PassStateEntered {} 0:-|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(history_is_read_both_ways),
        fixture_test(time_is_kept),
        fixture_test(pages_of_a_long_history),
        fixture_test(positions_out_of_range),
        fixture_test(history_is_append_only),
        fixture_test(refused_event_does_not_harm_the_transaction),
        fixture_test(payloads_are_kept_per_execution),
        fixture_test(big_payloads),
        fixture_test(missing_payload_is_a_broken_database),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
