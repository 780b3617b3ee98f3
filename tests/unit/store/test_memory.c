/* Memory runs out within SQLite: each allocation of each call fails in turn.  The call answers ERR_DB,
 * or does without; after the rollback it works as ever. */
#include <sqlite3.h>

#include "tests/unit/store/fixture.h"

#include "store/internal.h"

/* ---- an allocator whose n-th allocation fails ---- */

static struct {
    sqlite3_mem_methods real;
    int countdown; /* allocations until the failing one; 0: none fails */
    int count;     /* failures so far */
} faults;

static bool fault_strikes(void)
{
    if (!faults.countdown || --faults.countdown)
        return false;

    faults.count++;
    return true;
}

static void *scarce_malloc(int size)
{
    return fault_strikes() ? NULL : faults.real.xMalloc(size);
}

static void *scarce_realloc(void *p, int size)
{
    return fault_strikes() ? NULL : faults.real.xRealloc(p, size);
}

static int install_faults(void **state)
{
    sqlite3_mem_methods methods;

    (void)state;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &faults.real) != SQLITE_OK)
        return -1;

    methods = faults.real;
    methods.xMalloc = scarce_malloc;
    methods.xRealloc = scarce_realloc;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK ? 0 : -1;
}

/* ---- the calls, within a transaction on what `prepare` adds ---- */

static void prepare(struct fixture *f)
{
    struct store_execution e = fixture_execution(f, 1, "failed");
    struct store_activity act = {
        .account = ACCOUNT, .region = REGION, .name = "a", .encryption = "{}"};
    struct store_event ev = {.id = 1, .type = EVENT_EXECUTION_STARTED, .payload = {1, TEXT_NONE}};
    struct store_branch b = {.state = "A", .work = {1, TEXT_NONE}};

    e.status = EXECUTION_FAILED;
    e.stop_ms = e.start_ms;
    e.event_count = 1;
    e.input = (struct store_text){1, TEXT_NONE};
    e.error = "E";
    assert_int_equal(store_add_execution(f->s, &e), 0);
    assert_int_equal(store_put_payload(f->s, 1, 1, TEXT("payload")), 0);
    assert_int_equal(store_add_event(f->s, 1, &ev), 0);
    assert_int_equal(store_put_branch(f->s, 1, &b), 0);
    e = fixture_execution(f, 2, "running");
    assert_int_equal(store_add_execution(f->s, &e), 0);
    assert_int_equal(store_add_activity(f->s, &act), 0);
    assert_int_equal(store_put_tag(f->s, "arn", "k", "v"), 0);
    assert_int_equal(store_put_setting(f->s, "n", TEXT("1")), 0);
}

static int call_settings(struct fixture *f)
{
    struct text value;
    int r = store_get_setting(f->s, &f->a, "n", &value);

    return r < 0 ? r : store_put_setting(f->s, "n", value);
}

static int call_add_machine(struct fixture *f)
{
    int64_t machine;
    int64_t revision;

    return fixture_add_machine(f->s, "new", &machine, &revision);
}

static int call_add_revision(struct fixture *f)
{
    struct store_revision r;
    int result = store_get_revision(f->s, &f->a, f->revision, &r);

    return result < 0 ? result : store_add_revision(f->s, &r);
}

static void visit_machine(void *arg, const struct store_machine *m)
{
    (void)arg;
    (void)m;
}

static int call_read_machines(struct fixture *f)
{
    struct store_machine m;
    int64_t count;
    int64_t *ids;
    size_t len;
    int r = store_get_machine(f->s, &f->a, ACCOUNT, REGION, "m", &m);

    if (r == 0)
        r = store_get_machine_by_id(f->s, &f->a, f->machine, &m);
    if (r == 0)
        r = store_set_machine_status(f->s, f->machine, MACHINE_DELETING);
    if (r == 0)
        r = store_list_deleting(f->s, &f->a, &ids, &len);
    if (r == 0)
        r = store_count_machines(f->s, ACCOUNT, REGION, &count);
    return r < 0 ? r
                 : store_list_machines(f->s, &f->a, ACCOUNT, REGION, "", 9, visit_machine, NULL);
}

static int call_delete_machine(struct fixture *f)
{
    bool done;

    return store_delete_machine(f->s, f->machine, 10, &done);
}

static int call_add_execution(struct fixture *f)
{
    struct store_execution e = fixture_execution(f, 3, "new");

    return store_add_execution(f->s, &e);
}

static int call_update_execution(struct fixture *f)
{
    struct store_execution e = fixture_execution(f, 2, "running");
    int r = store_update_execution(f->s, &e);

    if (r < 0)
        return r;

    e.status = EXECUTION_SUCCEEDED;
    e.stop_ms = 1;
    e.output.text = TEXT("{}");
    r = store_update_execution(f->s, &e);
    if (r < 0)
        return r;

    /* It is closed now: the store looks whether it is there. */
    r = store_update_execution(f->s, &e);
    return r == ERR_CONFLICT ? 0 : r;
}

static void visit_execution(void *arg, const struct store_execution *e)
{
    (void)arg;
    (void)e;
}

static int call_read_executions(struct fixture *f)
{
    struct store_execution e;
    enum execution_status status;
    int64_t id;
    int len;
    int r = store_get_execution(f->s, &f->a, f->machine, "failed", &e);

    if (r == 0)
        r = store_get_execution_by_id(f->s, &f->a, 1, &e);
    if (r == 0)
        r = store_find_execution(f->s, f->machine, "running", &id, &status);
    if (r == 0)
        r = store_last_execution_id(f->s, &id);
    if (r == 0)
        r = store_count_open_executions(f->s, &id);
    if (r == 0)
        r = store_list_running(f->s, 0, &id, 1, &len);
    if (r == 0)
        r = store_list_executions(f->s, &f->a, f->machine, 0, INT64_MAX, 9, visit_execution, NULL);
    return r < 0 ? r
                 : store_list_executions(f->s, &f->a, f->machine, EXECUTION_FAILED, INT64_MAX, 9,
                                         visit_execution, NULL);
}

static int call_expire_executions(struct fixture *f)
{
    int removed;

    return store_expire_executions(f->s, INT64_MAX, 10, &removed);
}

static void visit_event(void *arg, const struct store_event *ev)
{
    (void)arg;
    (void)ev;
}

static int call_events(struct fixture *f)
{
    struct store_event ev = {.id = 2, .type = EVENT_PASS_STATE_ENTERED, .payload = {2, TEXT_NONE}};
    int r = store_put_payload(f->s, 1, 2, TEXT("payload"));

    if (r == 0)
        r = store_add_event(f->s, 1, &ev);
    if (r == 0)
        r = store_read_events(f->s, 1, 2, 9, true, true, visit_event, NULL);
    return r < 0 ? r : store_read_events(f->s, 1, 1, 9, false, true, visit_event, NULL);
}

static int call_branches(struct fixture *f)
{
    struct store_branch b = {.number = 1, .state = "A"};
    struct store_branch *branches;
    size_t len;
    int r = store_put_branch(f->s, 1, &b);

    if (r == 0)
        r = store_list_branches(f->s, &f->a, 1, &branches, &len);
    if (r == 0)
        r = store_delete_branch(f->s, 1, 1);
    return r < 0 ? r : store_delete_branches(f->s, 1);
}

static int call_redrive(struct fixture *f)
{
    struct store_redrive red;
    int r = store_redrive_execution(f->s, 1, "t", 1800000000001, 0, &limits_service, &red);

    if (r < 0)
        return r;
    return store_redrive_execution(f->s, 1, "t", 1800000000001, 0, &limits_service, &red);
}

static void visit_activity(void *arg, const struct store_activity *act)
{
    (void)arg;
    (void)act;
}

static int call_activities(struct fixture *f)
{
    struct store_activity act;
    int64_t count;
    int r = store_get_activity(f->s, &f->a, ACCOUNT, REGION, "a", &act);

    if (r == 0)
        r = store_count_activities(f->s, ACCOUNT, REGION, &count);
    if (r == 0)
        r = store_list_activities(f->s, &f->a, ACCOUNT, REGION, "", 9, visit_activity, NULL);
    if (r == 0)
        r = store_delete_activity(f->s, act.id);
    return r < 0 ? r : store_add_activity(f->s, &act);
}

static void visit_tag(void *arg, const char *key, const char *value)
{
    (void)arg;
    (void)key;
    (void)value;
}

static int call_tags(struct fixture *f)
{
    int r = store_put_tag(f->s, "arn", "k2", "v2");

    if (r == 0)
        r = store_list_tags(f->s, &f->a, "arn", visit_tag, NULL);
    if (r == 0)
        r = store_delete_tag(f->s, "arn", "k2");
    return r < 0 ? r : store_delete_tags(f->s, "arn");
}

static void visit_version(void *arg, const struct store_version *v)
{
    (void)arg;
    (void)v;
}

static int call_versions(struct fixture *f)
{
    struct store_version v = {.machine = f->machine, .revision = f->revision};
    int64_t count;
    int r = store_add_version(f->s, &v);

    if (r == 0)
        r = store_get_version(f->s, &f->a, f->machine, v.number, &v);
    if (r == 0)
        r = store_get_version_of_revision(f->s, &f->a, f->revision, &v);
    if (r == 0)
        r = store_get_first_version(f->s, &f->a, f->machine, &v);
    if (r == 0)
        r = store_count_versions(f->s, f->machine, &count);
    if (r == 0)
        r = store_list_versions(f->s, &f->a, f->machine, INT64_MAX, 9, visit_version, NULL);
    return r < 0 ? r : store_delete_version(f->s, f->machine, v.number);
}

static void visit_alias(void *arg, const struct store_alias *alias)
{
    (void)arg;
    (void)alias;
}

static int call_aliases(struct fixture *f)
{
    struct store_version v = {.machine = f->machine, .revision = f->revision};
    int64_t count;
    int r = store_add_version(f->s, &v);
    struct store_alias alias = {
        .machine = f->machine, .name = "x", .routes = {{1, 100}}, .routes_len = 1};

    if (r == 0)
        r = store_add_alias(f->s, &alias);
    if (r == 0)
        r = store_update_alias(f->s, &alias);
    if (r == 0)
        r = store_get_alias(f->s, &f->a, f->machine, "x", &alias);
    if (r == 0)
        r = store_count_aliases(f->s, f->machine, &count);
    if (r == 0)
        r = store_list_aliases(f->s, &f->a, f->machine, 1, "", 9, visit_alias, NULL);
    if (r == 0)
        r = store_list_executions_started(f->s, &f->a, STARTED_BY_ALIAS, "arn", 0, INT64_MAX, 9,
                                          visit_execution, NULL);
    return r < 0 ? r : store_delete_alias(f->s, f->machine, "x");
}

static int call_reset(struct fixture *f)
{
    return store_reset(f->s);
}

static const struct {
    const char *name;
    int (*call)(struct fixture *f);
} calls[] = {
    {"settings", call_settings},
    {"add_machine", call_add_machine},
    {"add_revision", call_add_revision},
    {"read_machines", call_read_machines},
    {"delete_machine", call_delete_machine},
    {"add_execution", call_add_execution},
    {"update_execution", call_update_execution},
    {"read_executions", call_read_executions},
    {"expire_executions", call_expire_executions},
    {"events", call_events},
    {"branches", call_branches},
    {"redrive", call_redrive},
    {"activities", call_activities},
    {"tags", call_tags},
    {"versions", call_versions},
    {"aliases", call_aliases},
    {"reset", call_reset},
};

/* ---- tests ---- */

/* Statements are prepared again, so that preparing them can fail as well. */
static void forget_statements(struct store *s)
{
    for (size_t i = 0; i < ARRAY_LEN(s->stmts); i++) {
        (void)sqlite3_finalize(s->stmts[i]);
        s->stmts[i] = NULL;
    }
}

/* Fails the n-th allocation of the call; false when it needs fewer. */
static bool fail_nth(struct fixture *f, size_t i, int n)
{
    int r;

    forget_statements(f->s);
    assert_int_equal(store_begin(f->s), 0);
    faults.countdown = n;
    faults.count = 0;
    r = calls[i].call(f);
    faults.countdown = 0;
    if (r != 0 && (r != ERR_DB || !faults.count))
        fail_msg("%s answered %d without the allocation %d", calls[i].name, r, n);
    if (r == ERR_DB)
        assert_int_equal(store_commit(f->s), ERR_DB);
    store_rollback(f->s);
    return faults.count > 0;
}

static void every_call_survives(void **state)
{
    struct fixture *f = *state;

    prepare(f);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        int failures = 0;

        for (int n = 1; fail_nth(f, i, n); n++)
            failures++;
        assert_true(failures > 5);

        /* The last round worked, and so does every other call after all of that. */
        for (size_t k = 0; k < ARRAY_LEN(calls); k++)
            assert_false(fail_nth(f, k, 0));
        arena_clear(&f->a);
    }
}

static void opening_survives(void **state)
{
    struct fixture *f = *state;
    int n;

    for (n = 1;; n++) {
        struct store *s = NULL;
        struct err err = {0};
        int r;

        faults.countdown = n;
        faults.count = 0;
        r = store_open(f->file, STORE_WRITER, &s, &err);
        faults.countdown = 0;
        if (r < 0) {
            assert_null(s);
            assert_true(strlen(err.text) > 0);
        }
        store_close(s);
        if (!faults.count)
            break;
    }
    assert_true(n > 50);
    fixture_open(f, STORE_WRITER);
    assert_int_equal(fixture_add_machine(f->s, "m", &f->machine, &f->revision), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(every_call_survives),
        fixture_dir_test(opening_survives),
    };

    return cmocka_run_group_tests(tests, install_faults, NULL);
}
