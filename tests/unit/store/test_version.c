/* Published versions: reference/api.md section 3, PublishStateMachineVersion and what follows it. */
#include <sqlite3.h>

#include "tests/unit/store/fixture.h"

#include "store/schema.h"

static int64_t add_revision(struct fixture *f)
{
    struct store_revision r;

    assert_int_equal(store_get_revision(f->s, &f->a, f->revision, &r), 0);
    r.revision_id = "00000000-0000-4000-8000-000000000000";
    assert_int_equal(store_add_revision(f->s, &r), 0);
    return r.id;
}

static int64_t publish(struct fixture *f, int64_t revision, const char *description)
{
    struct store_version v = {
        .machine = f->machine,
        .revision = revision,
        .creation_ms = 1700000000000 + revision,
        .description = description,
    };

    assert_int_equal(store_add_version(f->s, &v), 0);
    return v.number;
}

static void version_comes_back_as_published(void **state)
{
    struct fixture *f = *state;
    int64_t second = add_revision(f);
    struct store_version v;
    int64_t count;

    assert_int_equal(publish(f, f->revision, "first"), 1);
    assert_int_equal(publish(f, second, NULL), 2);
    assert_int_equal(store_get_version(f->s, &f->a, f->machine, 1, &v), 0);
    assert_int_equal(v.machine, f->machine);
    assert_int_equal(v.number, 1);
    assert_int_equal(v.revision, f->revision);
    assert_int_equal(v.creation_ms, 1700000000000 + f->revision);
    assert_string_equal(v.description, "first");
    assert_int_equal(store_get_version_of_revision(f->s, &f->a, second, &v), 0);
    assert_int_equal(v.number, 2);
    assert_null(v.description);
    assert_int_equal(store_count_versions(f->s, f->machine, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(store_get_version(f->s, &f->a, f->machine, 3, &v), ERR_NOT_FOUND);
    assert_int_equal(store_get_version(f->s, &f->a, f->machine + 1, 1, &v), ERR_NOT_FOUND);
    assert_int_equal(store_get_version_of_revision(f->s, &f->a, 99, &v), ERR_NOT_FOUND);
}

/* A revision is published once; the refusal uses up no number. */
static void revision_has_one_version(void **state)
{
    struct fixture *f = *state;
    struct store_version v = {.machine = f->machine, .revision = f->revision, .number = -1};

    assert_int_equal(publish(f, f->revision, NULL), 1);
    assert_int_equal(store_add_version(f->s, &v), ERR_EXISTS);
    assert_int_equal(v.number, -1);
    assert_int_equal(publish(f, add_revision(f), NULL), 2);
    v = (struct store_version){.machine = 99, .revision = 99};
    assert_int_equal(store_add_version(f->s, &v), ERR_NOT_FOUND);
}

/* The recorded case api_versioning.test-version-ids-between-deletions. */
static void numbers_are_never_given_out_again(void **state)
{
    struct fixture *f = *state;
    int64_t second = add_revision(f);
    struct store_version v;

    assert_int_equal(publish(f, f->revision, NULL), 1);
    assert_int_equal(publish(f, second, NULL), 2);
    assert_int_equal(store_delete_version(f->s, f->machine, 2), 0);
    assert_int_equal(store_delete_version(f->s, f->machine, 2), ERR_NOT_FOUND);
    assert_int_equal(publish(f, second, NULL), 3);
    assert_int_equal(store_delete_version(f->s, f->machine, 1), 0);
    assert_int_equal(store_get_first_version(f->s, &f->a, f->machine, &v), 0);
    assert_int_equal(v.number, 3);
    assert_int_equal(store_delete_version(f->s, f->machine, 3), 0);
    assert_int_equal(store_get_first_version(f->s, &f->a, f->machine, &v), ERR_NOT_FOUND);
    assert_int_equal(publish(f, second, NULL), 4);
}

static void revision_outlives_its_version(void **state)
{
    struct fixture *f = *state;
    struct store_revision r;

    assert_int_equal(publish(f, f->revision, NULL), 1);
    assert_int_equal(store_delete_version(f->s, f->machine, 1), 0);
    assert_int_equal(store_get_revision(f->s, &f->a, f->revision, &r), 0);
}

static void note_number(void *arg, const struct store_version *v)
{
    char *out = arg;
    size_t len = strlen(out);

    (void)snprintf(out + len, 32 - len, "%d ", (int)v->number);
}

static void list_is_newest_first(void **state)
{
    struct fixture *f = *state;
    char seen[32] = "";

    for (int i = 0; i < 4; i++)
        (void)publish(f, i ? add_revision(f) : f->revision, NULL);
    assert_int_equal(store_list_versions(f->s, &f->a, f->machine, INT64_MAX, 2, note_number, seen),
                     0);
    assert_string_equal(seen, "4 3 ");
    assert_int_equal(store_list_versions(f->s, &f->a, f->machine, 3, 9, note_number, seen), 0);
    assert_string_equal(seen, "4 3 2 1 ");
    assert_int_equal(store_list_versions(f->s, &f->a, 99, INT64_MAX, 9, note_number, seen), 0);
    assert_string_equal(seen, "4 3 2 1 ");
}

static void machine_takes_its_versions_along(void **state)
{
    struct fixture *f = *state;
    struct store_version v;
    bool done = false;

    assert_int_equal(publish(f, f->revision, NULL), 1);
    assert_int_equal(store_delete_machine(f->s, f->machine, 10, &done), 0);
    assert_true(done);
    assert_int_equal(store_get_version(f->s, &f->a, f->machine, 1, &v), ERR_NOT_FOUND);
}

/* A file of before there were versions keeps its machines, which can be published now. */
static void older_file_is_migrated(void **state)
{
    struct fixture *f = *state;
    struct store_machine m;
    struct err err = {0};
    sqlite3 *db;

    assert_int_equal(sqlite3_open(f->file, &db), SQLITE_OK);
    assert_int_equal(schema_migrations[0].number, 1);
    assert_int_equal(schema_migrate(db, 0, schema_migrations, 1, &err), 0);
    assert_int_equal(
        sqlite3_exec(db,
                     "BEGIN;"
                     "INSERT INTO state_machines VALUES (7, '" ACCOUNT "', '" REGION
                     "', 'm', 1, 1, 0, 9);"
                     "INSERT INTO revisions VALUES (9, 7, NULL, 0, '{}', 'r', '{}', '{}', '{}', "
                     "NULL);"
                     "COMMIT",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);

    fixture_open(f, STORE_WRITER);
    assert_int_equal(store_get_machine(f->s, &f->a, ACCOUNT, REGION, "m", &m), 0);
    f->machine = m.id;
    assert_int_equal(publish(f, m.revision, NULL), 1);
}

/* ---- lists of what versions and aliases started ---- */

static void note_execution(void *arg, const struct store_execution *e)
{
    char *out = arg;
    size_t len = strlen(out);

    (void)snprintf(out + len, 32 - len, "%s ", e->name);
}

/* reference/api.md, ListExecutions: a version's list has what its aliases started as well. */
static void executions_are_listed_by_what_started_them(void **state)
{
    static const struct {
        const char *name, *version, *alias;
        enum execution_status status;
    } rows[] = {
        {"a", NULL, NULL, EXECUTION_RUNNING}, {"b", "v1", NULL, EXECUTION_FAILED},
        {"c", "v1", "x", EXECUTION_RUNNING},  {"d", "v2", "x", EXECUTION_SUCCEEDED},
        {"e", "v2", "y", EXECUTION_RUNNING},  {"f", "v1", NULL, EXECUTION_TIMED_OUT},
    };
    static const struct {
        enum store_started_by by;
        const char *arn;
        enum execution_status status;
        int64_t before;
        int max;
        const char *names;
    } lists[] = {
        {STARTED_BY_VERSION, "v1", 0, INT64_MAX, 9, "f c b "},
        {STARTED_BY_VERSION, "v1", 0, INT64_MAX, 2, "f c "},
        {STARTED_BY_VERSION, "v1", 0, 3, 2, "b "},
        {STARTED_BY_VERSION, "v1", EXECUTION_RUNNING, INT64_MAX, 9, "c "},
        {STARTED_BY_VERSION, "v3", 0, INT64_MAX, 9, ""},
        {STARTED_BY_VERSION, "x", 0, INT64_MAX, 9, ""},
        {STARTED_BY_ALIAS, "x", 0, INT64_MAX, 9, "d c "},
        {STARTED_BY_ALIAS, "x", EXECUTION_SUCCEEDED, INT64_MAX, 9, "d "},
        {STARTED_BY_ALIAS, "x", EXECUTION_ABORTED, INT64_MAX, 9, ""},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct store_execution e = fixture_execution(f, (int64_t)i + 1, rows[i].name);

        e.status = rows[i].status;
        e.stop_ms = e.status == EXECUTION_RUNNING ? 0 : e.start_ms;
        e.version_arn = rows[i].version;
        e.alias_arn = rows[i].alias;
        assert_int_equal(store_add_execution(f->s, &e), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        char seen[32] = "";

        assert_int_equal(store_list_executions_started(f->s, &f->a, lists[i].by, lists[i].arn,
                                                       lists[i].status, lists[i].before,
                                                       lists[i].max, note_execution, seen),
                         0);
        assert_string_equal(seen, lists[i].names);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(version_comes_back_as_published),
        fixture_test(revision_has_one_version),
        fixture_test(numbers_are_never_given_out_again),
        fixture_test(revision_outlives_its_version),
        fixture_test(list_is_newest_first),
        fixture_test(machine_takes_its_versions_along),
        fixture_dir_test(older_file_is_migrated),
        fixture_test(executions_are_listed_by_what_started_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
