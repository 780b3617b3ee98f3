/* Files: made, opened again, refused, shared between a writer and readers, and killed. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/unit/store/fixture.h"

#include "store/internal.h"
#include "store/schema.h"

static void run_sql(const char *file, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int64_t query(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;
    int64_t value;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    value = sqlite3_column_int64(st, 0);
    assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
    return value;
}

static bool exists(const char *file, const char *suffix)
{
    char name[128];

    (void)snprintf(name, sizeof(name), "%s%s", file, suffix);
    return access(name, F_OK) == 0;
}

static void close_store(struct fixture *f)
{
    store_close(f->s);
    f->s = NULL;
}

static void assert_refused(struct fixture *f, unsigned flags, int code, const char *part)
{
    struct store *s = NULL;
    struct err err = {0};

    assert_int_equal(store_open(f->file, flags, &s, &err), code);
    assert_null(s);
    assert_int_equal(err.code, code);
    if (!strstr(err.text, part))
        fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static void fresh_file_is_recognised_later(void **state)
{
    struct fixture *f = *state;
    struct store_machine m;
    int last = schema_migrations[schema_migrations_len - 1].number;

    fixture_open(f, STORE_WRITER);
    assert_int_equal(query(f->s->db, "PRAGMA user_version"), last);
    assert_int_equal(query(f->s->db, "PRAGMA application_id"), STORE_APPLICATION_ID);
    assert_int_equal(query(f->s->db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(query(f->s->db, "PRAGMA synchronous"), 1);
    assert_int_equal(query(f->s->db, "SELECT count(*) FROM pragma_table_list WHERE type = 'table' "
                                     "AND NOT strict AND name NOT LIKE 'sqlite_%'"),
                     0);
    assert_int_equal(
        sqlite3_prepare_v2(f->s->db, "SELECT \"a text\"", -1, &(sqlite3_stmt *){NULL}, NULL) & 0xff,
        SQLITE_ERROR);
    assert_int_equal(fixture_add_machine(f->s, "m", &f->machine, &f->revision), 0);
    close_store(f);
    assert_false(exists(f->file, "-wal"));

    fixture_open(f, STORE_WRITER | STORE_DURABLE);
    assert_int_equal(query(f->s->db, "PRAGMA synchronous"), 2);
    assert_int_equal(store_get_machine(f->s, &f->a, ACCOUNT, REGION, "m", &m), 0);
    close_store(f);

    fixture_open(f, STORE_WRITER | STORE_TEMPORARY);
    assert_int_equal(query(f->s->db, "PRAGMA synchronous"), 0);
    close_store(f);

    store_remove_files(f->file);
    assert_false(exists(f->file, ""));
    assert_false(exists(f->file, ".lock"));
}

static void empty_file_is_taken(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(f->file, "w");

    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    fixture_open(f, STORE_WRITER);
    assert_int_equal(fixture_add_machine(f->s, "m", &f->machine, &f->revision), 0);
}

static void newer_file_is_refused(void **state)
{
    struct fixture *f = *state;
    char sql[64];

    fixture_open(f, STORE_WRITER);
    close_store(f);
    (void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d",
                   schema_migrations[schema_migrations_len - 1].number + 1);
    run_sql(f->file, sql);
    assert_refused(f, STORE_WRITER, ERR_INVALID, "schema version");
    assert_refused(f, 0, ERR_INVALID, "schema version");
}

/* Refused, and left as it was. */
static void foreign_database_is_refused(void **state)
{
    static const char *const foreign[] = {
        "CREATE TABLE t (x)",
        "PRAGMA user_version = 1",
        "PRAGMA application_id = 7",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
        sqlite3 *db;

        run_sql(f->file, foreign[i]);
        assert_refused(f, STORE_WRITER, ERR_INVALID, "another program");
        assert_refused(f, 0, ERR_INVALID, "another program");
        assert_int_equal(sqlite3_open(f->file, &db), SQLITE_OK);
        assert_int_equal(query(db, "SELECT count(*) FROM sqlite_schema"), i == 0);
        assert_int_equal(query(db, "SELECT count(*) FROM pragma_journal_mode "
                                   "WHERE journal_mode = 'delete'"),
                         1);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        assert_false(exists(f->file, ".lock"));
        store_remove_files(f->file);
    }
}

static void other_files_are_refused(void **state)
{
    struct fixture *f = *state;
    struct store *s = NULL;
    struct err err = {0};
    FILE *file = fopen(f->file, "w");

    assert_non_null(file);
    for (int i = 0; i < 200; i++)
        (void)fputs("This is a letter, not a database.\n", file);
    assert_int_equal(fclose(file), 0);
    assert_refused(f, STORE_WRITER, ERR_INVALID, "not a database");
    assert_refused(f, 0, ERR_INVALID, "not a database");

    assert_int_equal(store_open(f->dir, STORE_WRITER, &s, &err), ERR_IO);
    assert_int_equal(store_open("/nonexistent/x.db", STORE_WRITER, &s, &err), ERR_IO);
    assert_int_equal(store_open("/nonexistent/x.db", STORE_WRITER, &s, NULL), ERR_IO);
    assert_int_equal(store_open(":memory:", 0, &s, &err), ERR_INVALID);
    assert_null(s);
}

/* A name with a colon is a name, not a URI. */
static void name_is_no_uri(void **state)
{
    struct fixture *f = *state;
    char cwd[512];

    assert_non_null(getcwd(cwd, sizeof(cwd)));
    assert_int_equal(chdir(f->dir), 0);
    (void)snprintf(f->file, sizeof(f->file), "file:x.db?mode=memory");
    fixture_open(f, STORE_WRITER);
    close_store(f);
    assert_true(exists("file:x.db?mode=memory", ""));
    store_remove_files(f->file);
    assert_int_equal(chdir(cwd), 0);
}

/* ---- migrations ---- */

static const struct migration steps[] = {
    {1, "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)"},
    {2, "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1;"},
    {3, "CREATE TABLE b (x INTEGER) STRICT; -- ends in a comment\n"},
};

static void migrations_start_where_the_file_is(void **state)
{
    sqlite3 *db;
    struct err err = {0};
    int version = -1;

    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(schema_identify(db, 3, &version, &err), 0);
    assert_int_equal(version, 0);
    assert_int_equal(schema_migrate(db, version, steps, 1, &err), 0);
    assert_int_equal(schema_identify(db, 3, &version, &err), 0);
    assert_int_equal(version, 1);
    assert_int_equal(schema_migrate(db, version, steps, 3, &err), 0);
    assert_int_equal(schema_identify(db, 3, &version, &err), 0);
    assert_int_equal(version, 3);
    assert_int_equal(query(db, "SELECT y FROM a"), 2);
    assert_int_equal(schema_migrate(db, version, steps, 3, &err), 0);
    assert_int_equal(schema_identify(db, 2, &version, &err), ERR_INVALID);
    assert_int_equal(version, 3);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void failed_migration_leaves_the_one_before(void **state)
{
    static const struct migration broken[] = {
        {1, "CREATE TABLE a (x INTEGER) STRICT"},
        {2, "CREATE TABLE b (x INTEGER) STRICT; INSERT INTO c VALUES (1)"},
        {3, "CREATE TABLE d (x INTEGER) STRICT"},
    };
    sqlite3 *db;
    struct err err = {0};
    int version = -1;

    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(schema_migrate(db, 0, broken, 3, &err), ERR_DB);
    assert_non_null(strstr(err.text, "schema version 2: no such table"));
    assert_int_equal(schema_identify(db, 3, &version, &err), 0);
    assert_int_equal(version, 1);
    assert_int_equal(query(db, "SELECT count(*) FROM sqlite_schema"), 1);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* ---- one writer, any number of readers ---- */

static void second_writer_is_refused(void **state)
{
    struct fixture *f = *state;
    char alias[128];
    struct store *s = NULL;
    struct err err = {0};

    fixture_open(f, STORE_WRITER);
    assert_refused(f, STORE_WRITER, ERR_EXISTS, "in use");

    /* Nor by another name. */
    (void)snprintf(alias, sizeof(alias), "%s/alias.db", f->dir);
    assert_int_equal(symlink(f->file, alias), 0);
    assert_int_equal(store_open(alias, STORE_WRITER, &s, &err), ERR_EXISTS);
    assert_int_equal(unlink(alias), 0);

    close_store(f);
    fixture_open(f, STORE_WRITER);
}

static void reader_needs_a_prepared_file(void **state)
{
    struct fixture *f = *state;

    assert_refused(f, 0, ERR_IO, f->file);
    assert_false(exists(f->file, ""));
    run_sql(f->file, "VACUUM");
    assert_refused(f, 0, ERR_INVALID, "no writer");
}

static void reader_sees_what_was_committed(void **state)
{
    struct fixture *f = *state;
    struct store *reader;
    struct store_execution e;
    struct err err = {0};
    int64_t id;

    fixture_open(f, STORE_WRITER);
    assert_int_equal(fixture_add_machine(f->s, "m", &f->machine, &f->revision), 0);
    assert_int_equal(store_open(f->file, 0, &reader, &err), 0);

    e = fixture_execution(f, 1, "e");
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(store_add_execution(f->s, &e), 0);
    assert_int_equal(store_last_execution_id(f->s, &id), 0);
    assert_int_equal(id, 1);
    assert_int_equal(store_last_execution_id(reader, &id), 0);
    assert_int_equal(id, 0);
    assert_int_equal(store_commit(f->s), 0);
    assert_int_equal(store_last_execution_id(reader, &id), 0);
    assert_int_equal(id, 1);

    /* And cannot write. */
    assert_int_equal(store_put_tag(reader, "arn", "k", "v"), ERR_DB);
    assert_non_null(strstr(store_error(reader), "readonly"));
    store_close(reader);
}

struct visit {
    struct fixture *f;
    int count;
};

/* The engine goes on while a page is being read. */
static void write_meanwhile(void *arg, const struct store_event *ev)
{
    struct visit *visit = arg;

    visit->count++;
    fixture_add_event(visit->f->s, 1, ev->id + 100);
}

static void page_is_one_moment(void **state)
{
    struct fixture *f = *state;
    struct visit visit = {f, 0};
    struct store *reader;
    struct err err = {0};

    fixture_open(f, STORE_WRITER);
    for (int64_t id = 1; id <= 50; id++)
        fixture_add_event(f->s, 1, id);
    assert_int_equal(store_open(f->file, 0, &reader, &err), 0);
    assert_int_equal(store_read_events(reader, 1, 1, 1000, false, true, write_meanwhile, &visit),
                     0);
    assert_int_equal(visit.count, 50);
    visit.count = 0;
    assert_int_equal(store_read_events(reader, 1, 101, 1, false, true, write_meanwhile, &visit), 0);
    assert_int_equal(visit.count, 1);
    store_close(reader);
}

static off_t file_size(const char *file, const char *suffix)
{
    struct stat st;
    char name[128];

    (void)snprintf(name, sizeof(name), "%s%s", file, suffix);
    return stat(name, &st) == 0 ? st.st_size : -1;
}

/* Each commit adds a page to the log. */
static void commit_often(struct fixture *f, int count)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(store_put_setting(f->s, "n", i % 2 ? TEXT("1") : TEXT("2")), 0);
}

static void log_is_moved_into_the_file(void **state)
{
    struct fixture *f = *state;
    off_t size;

    fixture_open(f, STORE_WRITER | STORE_TEMPORARY);
    assert_int_equal(store_checkpoint(f->s), 0);
    assert_int_equal(file_size(f->file, ""), 4096); /* the log is short: nothing was moved */

    commit_often(f, LOG_PAGES_IDLE);
    assert_int_equal(store_checkpoint(f->s), 0);
    assert_int_equal(f->s->log_pages, 0);
    assert_true(file_size(f->file, "") > 4096);

    /* Moved, so the log is written from its start again; and without help a commit moves it. */
    size = file_size(f->file, "-wal");
    commit_often(f, LOG_PAGES_IDLE / 2);
    assert_int_equal(file_size(f->file, "-wal"), size);
    commit_often(f, 5 * LOG_PAGES_MAX);
    assert_true(file_size(f->file, "-wal") < (LOG_PAGES_MAX + 100) * 4200);
}

/* ---- a writer that is killed ---- */

/* Adds one execution, begins with another, says so, and waits for the end. */
static void be_killed(struct fixture *f, int ready)
{
    struct store_execution e;

    fixture_open(f, STORE_WRITER);
    if (fixture_add_machine(f->s, "m", &f->machine, &f->revision) < 0)
        _exit(1);
    e = fixture_execution(f, 1, "done");
    if (store_begin(f->s) < 0 || store_add_execution(f->s, &e) < 0 || store_commit(f->s) < 0)
        _exit(2);
    e = fixture_execution(f, 2, "undone");
    if (store_begin(f->s) < 0 || store_add_execution(f->s, &e) < 0)
        _exit(3);
    if (write(ready, "x", 1) != 1)
        _exit(4);
    for (;;)
        (void)pause();
}

static void killed_writer_leaves_what_it_committed(void **state)
{
    struct fixture *f = *state;
    int64_t id;
    int ends[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        be_killed(f, ends[1]);

    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_refused(f, STORE_WRITER, ERR_EXISTS, "in use");
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(close(ends[0]), 0);

    fixture_open(f, STORE_WRITER);
    assert_int_equal(store_last_execution_id(f->s, &id), 0);
    assert_int_equal(id, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_dir_test(fresh_file_is_recognised_later),
        fixture_dir_test(empty_file_is_taken),
        fixture_dir_test(newer_file_is_refused),
        fixture_dir_test(foreign_database_is_refused),
        fixture_dir_test(other_files_are_refused),
        fixture_dir_test(name_is_no_uri),
        cmocka_unit_test(migrations_start_where_the_file_is),
        cmocka_unit_test(failed_migration_leaves_the_one_before),
        fixture_dir_test(second_writer_is_refused),
        fixture_dir_test(reader_needs_a_prepared_file),
        fixture_dir_test(reader_sees_what_was_committed),
        fixture_dir_test(page_is_one_moment),
        fixture_dir_test(log_is_moved_into_the_file),
        fixture_dir_test(killed_writer_leaves_what_it_committed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
