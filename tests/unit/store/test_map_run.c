#include "fixture.h"

#define DAY INT64_C(86400000)
#define T0  INT64_C(1750000000000)

static struct store_map_run add_run(struct fixture *f, int64_t execution, const char *uuid)
{
    struct store_map_run run = {
        .machine = f->machine,
        .execution = execution,
        .revision = f->revision,
        .uuid = uuid,
        .label = "L",
        .state = "M",
        .status = EXECUTION_RUNNING,
        .phase = 3,
        .start_ms = T0,
        .max_concurrency = 7,
        .tolerated_count = 2,
        .tolerated_percentage = 0.5,
        .executions = {.total = 4, .started = 3, .running = 1, .succeeded = 2},
        .items = {.total = 40, .started = 30, .running = 10, .succeeded = 20},
    };

    assert_int_equal(store_add_map_run(f->s, &run), 0);
    return run;
}

/* map_run 0: no child. */
static void add_execution(struct fixture *f, int64_t id, const char *name, int64_t map_run,
                          int64_t item, enum execution_status status)
{
    struct store_execution e = {
        .id = id,
        .machine = f->machine,
        .revision = f->revision,
        .name = name,
        .status = status,
        .start_ms = T0,
        .stop_ms = execution_status_is_closed(status) ? T0 + 1 : 0,
        .event_count = 5,
        .input = {.text = TEXT("1")},
        .map_run = map_run,
        .item = item,
        .item_count = map_run ? 3 : 0,
    };

    if (status == EXECUTION_SUCCEEDED)
        e.output = (struct store_text){.text = TEXT("\"out\"")};
    assert_int_equal(store_add_execution(f->s, &e), 0);
}

static void test_rows(void **state)
{
    struct fixture *f = *state;
    struct store_map_run run = add_run(f, 5, "u1");
    struct store_map_run got;

    assert_int_equal(store_get_map_run(f->s, &f->a, f->machine, "u1", &got), 0);
    assert_int_equal(got.id, run.id);
    assert_int_equal(got.execution, 5);
    assert_int_equal(got.revision, f->revision);
    assert_string_equal(got.label, "L");
    assert_string_equal(got.state, "M");
    assert_false(got.express);
    assert_int_equal(got.max_concurrency, 7);
    assert_true(got.tolerated_percentage > 0.49 && got.tolerated_percentage < 0.51);
    assert_memory_equal(&got.executions, &run.executions, sizeof(run.executions));
    assert_memory_equal(&got.items, &run.items, sizeof(run.items));
    assert_null(got.plan);
    assert_null(got.objects);
    assert_null(got.error);

    run.status = EXECUTION_FAILED;
    run.outcome = EXECUTION_FAILED;
    run.phase = 4;
    run.stop_ms = T0 + 5;
    run.redrive_ms = T0 + 3;
    run.redrive_count = 1000;
    run.error = "E";
    run.cause = "C";
    run.plan = "[1,2]";
    run.objects = "{\"captured\":3}";
    run.executions.written = 7;
    run.items.not_redrivable = INT64_MAX;
    run.items.aborted = INT64_MIN;
    assert_int_equal(store_update_map_run(f->s, &run), 0);
    assert_int_equal(store_get_map_run_by_id(f->s, &f->a, run.id, &got), 0);
    assert_int_equal(got.status, EXECUTION_FAILED);
    assert_int_equal(got.stop_ms, T0 + 5);
    assert_int_equal(got.redrive_ms, T0 + 3);
    assert_int_equal(got.redrive_count, 1000);
    assert_string_equal(got.error, "E");
    assert_string_equal(got.cause, "C");
    assert_string_equal(got.objects, "{\"captured\":3}");
    assert_memory_equal(&got.executions, &run.executions, sizeof(run.executions));
    assert_memory_equal(&got.items, &run.items, sizeof(run.items));

    /* A plan that is there stays. */
    run.plan = NULL;
    assert_int_equal(store_update_map_run(f->s, &run), 0);
    assert_int_equal(store_get_map_run_by_id(f->s, &f->a, run.id, &got), 0);
    assert_string_equal(got.plan, "[1,2]");

    run.id = 99;
    assert_int_equal(store_update_map_run(f->s, &run), ERR_NOT_FOUND);
    assert_int_equal(store_get_map_run_by_id(f->s, &f->a, 99, &got), ERR_NOT_FOUND);
    assert_int_equal(store_get_map_run(f->s, &f->a, f->machine, "u2", &got), ERR_NOT_FOUND);
}

static void put_items(struct fixture *f, int64_t run, int64_t first, const char *items)
{
    struct store_map_items row = {first, "s3://b/k", {items, strlen(items)}};

    assert_int_equal(store_put_map_items(f->s, run, &row), 0);
}

static void test_captured_items(void **state)
{
    struct fixture *f = *state;
    struct store_map_run run = add_run(f, 5, "a");
    struct store_map_run other = add_run(f, 6, "b");
    struct store_map_items got, twice = {2, "", TEXT("[]")};
    bool done;

    put_items(f, run.id, 0, "[1,2]");
    put_items(f, run.id, 2, "[3]");
    put_items(f, other.id, 0, "[9]");
    assert_int_equal(store_get_map_items(f->s, &f->a, run.id, 1, &got), 0);
    assert_int_equal(got.first, 0);
    assert_string_equal(got.source, "s3://b/k");
    assert_memory_equal(got.items.data, "[1,2]", 5);
    assert_int_equal(store_get_map_items(f->s, &f->a, run.id, 2, &got), 0);
    assert_int_equal(got.first, 2);
    assert_int_equal(store_put_map_items(f->s, run.id, &twice), ERR_EXISTS);
    assert_int_equal(store_put_map_items(f->s, 99, &twice), ERR_NOT_FOUND);
    assert_int_equal(store_delete_map_items(f->s, run.id, 1, &done), 0);
    assert_false(done);
    assert_int_equal(store_delete_map_items(f->s, run.id, 2, &done), 0);
    assert_true(done);
    assert_int_equal(store_get_map_items(f->s, &f->a, run.id, 2, &got), ERR_NOT_FOUND);
    /* They go with their run. */
    assert_int_equal(store_get_map_items(f->s, &f->a, other.id, 0, &got), 0);
    assert_int_equal(store_delete_machine(f->s, f->machine, 100, &done), 0);
    assert_true(done);
    assert_int_equal(store_get_map_items(f->s, &f->a, other.id, 0, &got), ERR_NOT_FOUND);
}

static void note_run(void *arg, const struct store_map_run *run)
{
    char *out = arg;

    strncat(out, run->uuid, 20);
    strncat(out, " ", 2);
}

static void test_lists(void **state)
{
    struct fixture *f = *state;
    struct store_map_run a = add_run(f, 5, "a");
    struct store_map_run b = add_run(f, 5, "b");
    struct store_map_run other = add_run(f, 6, "other");
    char text[64] = "";
    int64_t ids[4];
    int len;

    assert_int_equal(store_list_map_runs(f->s, &f->a, 5, INT64_MAX, 10, note_run, text), 0);
    assert_string_equal(text, "b a ");
    text[0] = '\0';
    assert_int_equal(store_list_map_runs(f->s, &f->a, 5, b.id, 10, note_run, text), 0);
    assert_string_equal(text, "a ");
    b.status = EXECUTION_SUCCEEDED;
    assert_int_equal(store_update_map_run(f->s, &b), 0);
    assert_int_equal(store_list_open_map_runs(f->s, 0, ids, 4, &len), 0);
    assert_int_equal(len, 2);
    assert_int_equal(ids[0], a.id);
    assert_int_equal(ids[1], other.id);
    assert_int_equal(store_list_open_map_runs(f->s, other.id, ids, 4, &len), 0);
    assert_int_equal(len, 0);
}

static void note_execution(void *arg, const struct store_execution *e)
{
    char *out = arg;

    strncat(out, e->name, 20);
    strncat(out, " ", 2);
}

static const char *children(struct fixture *f, int64_t run, enum execution_status status,
                            enum store_redriven redriven, int64_t before, int max)
{
    static char text[128];

    text[0] = '\0';
    assert_int_equal(
        store_list_children(f->s, &f->a, run, status, redriven, before, max, note_execution, text),
        0);
    return text;
}

static void note_output(void *arg, int64_t id, int64_t item, struct text output)
{
    char *out = arg;

    snprintf(out + strlen(out), 64 - strlen(out), "%d:%d:%.*s ", (int)id, (int)item,
             (int)output.len, output.data);
}

static void test_children(void **state)
{
    struct fixture *f = *state;
    struct store_map_run run = add_run(f, 1, "u");
    struct store_child found[4];
    char text[128] = "";
    int len;

    add_execution(f, 1, "parent", 0, 0, EXECUTION_RUNNING);
    add_execution(f, 2, "c0", run.id, 0, EXECUTION_SUCCEEDED);
    add_execution(f, 3, "c1", run.id, 1, EXECUTION_FAILED);
    add_execution(f, 4, "c2", run.id, 2, EXECUTION_FAILED);
    add_execution(f, 5, "c3", run.id, 3, EXECUTION_RUNNING);

    assert_string_equal(children(f, run.id, 0, STORE_ANY, INT64_MAX, 10), "c3 c2 c1 c0 ");
    assert_string_equal(children(f, run.id, 0, STORE_ANY, 4, 1), "c1 ");
    assert_string_equal(children(f, run.id, EXECUTION_FAILED, STORE_ANY, INT64_MAX, 10), "c2 c1 ");
    assert_string_equal(children(f, run.id, 0, STORE_REDRIVEN, INT64_MAX, 10), "");
    assert_string_equal(children(f, run.id + 1, 0, STORE_ANY, INT64_MAX, 10), "");

    /* No list of the machine's executions shows them. */
    assert_int_equal(
        store_list_executions(f->s, &f->a, f->machine, 0, INT64_MAX, 10, note_execution, text), 0);
    assert_string_equal(text, "parent ");

    assert_int_equal(store_find_children(f->s, run.id, EXECUTION_FAILED, 0, found, 4, &len), 0);
    assert_int_equal(len, 2);
    assert_int_equal(found[0].id, 3);
    assert_int_equal(found[0].item_count, 3);
    assert_int_equal(store_find_children(f->s, run.id, EXECUTION_FAILED, 3, found, 4, &len), 0);
    assert_int_equal(len, 1);
    assert_int_equal(found[0].id, 4);

    text[0] = '\0';
    assert_int_equal(store_read_outputs(f->s, run.id, 0, 10, note_output, text, &len), 0);
    assert_string_equal(text, "2:0:\"out\" ");
    assert_int_equal(len, 1);
}

/* reference/redrive.md section 6: waiting, redriven, begun anew, given up. */
static void test_redrive(void **state)
{
    struct fixture *f = *state;
    struct store_map_run run = add_run(f, 1, "u");
    struct store_redrive redrive;
    struct store_execution e;

    for (int i = 0; i < 5; i++) {
        char name[8];

        snprintf(name, sizeof(name), "c%d", i);
        add_execution(f, 2 + i, name, run.id, i,
                      i == 4   ? EXECUTION_SUCCEEDED
                      : i == 3 ? EXECUTION_RUNNING
                               : EXECUTION_FAILED);
    }
    assert_int_equal(store_begin(f->s), 0);
    /* Only what is unsuccessful, and not after 14 days; EXPRESS children always. */
    assert_int_equal(store_pend_redrive(f->s, 5, true, T0 + 2, &limits_service),
                     ERR_NOT_REDRIVABLE);
    assert_int_equal(store_pend_redrive(f->s, 6, true, T0 + 2, &limits_service),
                     ERR_NOT_REDRIVABLE);
    assert_int_equal(store_pend_redrive(f->s, 2, false, T0 + 15 * DAY, &limits_service),
                     ERR_NOT_REDRIVABLE);
    assert_int_equal(store_pend_redrive(f->s, 2, false, T0 + DAY, &limits_service), 0);
    assert_int_equal(store_pend_redrive(f->s, 3, true, T0 + 15 * DAY, &limits_service), 0);
    assert_int_equal(store_pend_redrive(f->s, 4, false, T0 + DAY, &limits_service), 0);
    assert_string_equal(children(f, run.id, EXECUTION_PENDING_REDRIVE, STORE_ANY, INT64_MAX, 10),
                        "c2 c1 c0 ");

    assert_int_equal(store_redrive_child(f->s, 2, T0 + DAY, T0 + 2 * DAY, &redrive), 0);
    assert_int_equal(redrive.event_id, 6);
    assert_int_equal(redrive.redrive_count, 1);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 2, &e), 0);
    assert_int_equal(e.status, EXECUTION_RUNNING);
    assert_int_equal(e.redrive_ms, T0 + DAY);
    assert_int_equal(e.event_count, 6);
    assert_int_equal(e.start_ms, T0);
    assert_int_equal(e.stop_ms, 0);

    assert_int_equal(store_restart_child(f->s, 3, T0 + DAY, T0 + 2 * DAY), 0);
    assert_int_equal(store_restart_child(f->s, 3, T0 + DAY, T0 + 2 * DAY), ERR_CONFLICT);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 3, &e), 0);
    assert_int_equal(e.status, EXECUTION_RUNNING);
    assert_int_equal(e.start_ms, T0 + DAY);
    assert_int_equal(e.redrive_ms, 0);
    assert_int_equal(e.redrive_count, 1);
    assert_string_equal(children(f, run.id, 0, STORE_REDRIVEN, INT64_MAX, 10), "c1 c0 ");
    assert_string_equal(children(f, run.id, 0, STORE_NOT_REDRIVEN, INT64_MAX, 10), "c4 c3 c2 ");

    assert_int_equal(store_abort_pending(f->s, 4, T0 + DAY, "why"), 0);
    assert_int_equal(store_abort_pending(f->s, 4, T0 + DAY, "why"), ERR_CONFLICT);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 4, &e), 0);
    assert_int_equal(e.status, EXECUTION_ABORTED);
    assert_int_equal(e.stop_ms, T0 + DAY);
    assert_string_equal(e.cause, "why");
    assert_int_equal(store_commit(f->s), 0);
}

/* A run goes with its parent; its children are next. */
static void test_expiry(void **state)
{
    struct fixture *f = *state;
    struct store_map_run run = add_run(f, 9, "u");
    struct store_execution e;
    int removed;

    add_execution(f, 2, "c0", run.id, 0, EXECUTION_SUCCEEDED);
    add_execution(f, 9, "parent", 0, 0, EXECUTION_SUCCEEDED);
    assert_int_equal(store_expire_executions(f->s, T0 + DAY, 1, &removed), 0);
    assert_int_equal(removed, 1);
    assert_int_equal(store_get_map_run_by_id(f->s, &f->a, run.id, &run), ERR_NOT_FOUND);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 2, &e), 0);
    assert_int_equal(store_expire_executions(f->s, T0 + DAY, 1, &removed), 0);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 2, &e), ERR_NOT_FOUND);

    /* While the parent is open, its children stay. */
    run = add_run(f, 10, "v");
    add_execution(f, 10, "open", 0, 0, EXECUTION_RUNNING);
    add_execution(f, 11, "c", run.id, 0, EXECUTION_SUCCEEDED);
    assert_int_equal(store_expire_executions(f->s, T0 + DAY, 10, &removed), 0);
    assert_int_equal(removed, 0);
}

static void test_delete_machine(void **state)
{
    struct fixture *f = *state;
    struct store_map_run run = add_run(f, 2, "u");
    bool done = false;

    add_execution(f, 2, "parent", 0, 0, EXECUTION_SUCCEEDED);
    add_execution(f, 3, "c0", run.id, 0, EXECUTION_SUCCEEDED);
    add_execution(f, 4, "c1", run.id, 1, EXECUTION_FAILED);
    while (!done)
        assert_int_equal(store_delete_machine(f->s, f->machine, 1, &done), 0);
    assert_int_equal(store_get_map_run_by_id(f->s, &f->a, run.id, &run), ERR_NOT_FOUND);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rows),           TEST(test_captured_items), TEST(test_lists),
        TEST(test_children),       TEST(test_redrive),        TEST(test_expiry),
        TEST(test_delete_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
