/* Writing fails: a full disk, and each single write, sync and truncation of an opening and of a
 * tick in turn.  Either everything of a transaction is there afterwards, or nothing. */
#include <sqlite3.h>

#include "tests/unit/store/fixture.h"

#include "store/internal.h"

/* ---- a file system whose n-th change fails ---- */

static struct {
    sqlite3_vfs *real;
    int countdown; /* changes until the failing one; 0: none fails */
    int rc;        /* what it fails with */
    int count;     /* failures so far */
} faults;

struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real; /* owned; lies behind this struct */
};

static sqlite3_file *real_file(sqlite3_file *file)
{
    return ((struct faulty_file *)file)->real;
}

static bool fault_strikes(void)
{
    if (!faults.countdown || --faults.countdown)
        return false;

    faults.count++;
    return true;
}

static int faulty_close(sqlite3_file *file)
{
    return real_file(file)->pMethods->xClose(real_file(file));
}

static int faulty_read(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
    return real_file(file)->pMethods->xRead(real_file(file), data, len, at);
}

static int faulty_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    if (fault_strikes())
        return faults.rc;
    return real_file(file)->pMethods->xWrite(real_file(file), data, len, at);
}

static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (fault_strikes())
        return faults.rc;
    return real_file(file)->pMethods->xTruncate(real_file(file), size);
}

/* Nobody cuts the power of this test, so it need not wait for the disk. */
static int faulty_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return fault_strikes() ? faults.rc : SQLITE_OK;
}

static int faulty_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    return real_file(file)->pMethods->xFileSize(real_file(file), ret_size);
}

static int faulty_lock(sqlite3_file *file, int level)
{
    return real_file(file)->pMethods->xLock(real_file(file), level);
}

static int faulty_unlock(sqlite3_file *file, int level)
{
    return real_file(file)->pMethods->xUnlock(real_file(file), level);
}

static int faulty_check_lock(sqlite3_file *file, int *ret_locked)
{
    return real_file(file)->pMethods->xCheckReservedLock(real_file(file), ret_locked);
}

static int faulty_control(sqlite3_file *file, int op, void *arg)
{
    return real_file(file)->pMethods->xFileControl(real_file(file), op, arg);
}

static int faulty_sector_size(sqlite3_file *file)
{
    return real_file(file)->pMethods->xSectorSize(real_file(file));
}

static int faulty_characteristics(sqlite3_file *file)
{
    return real_file(file)->pMethods->xDeviceCharacteristics(real_file(file));
}

static int faulty_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **p)
{
    return real_file(file)->pMethods->xShmMap(real_file(file), page, size, extend, p);
}

static int faulty_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return real_file(file)->pMethods->xShmLock(real_file(file), offset, n, flags);
}

static void faulty_shm_barrier(sqlite3_file *file)
{
    real_file(file)->pMethods->xShmBarrier(real_file(file));
}

static int faulty_shm_unmap(sqlite3_file *file, int remove)
{
    return real_file(file)->pMethods->xShmUnmap(real_file(file), remove);
}

static const sqlite3_io_methods faulty_methods = {
    .iVersion = 2,
    .xClose = faulty_close,
    .xRead = faulty_read,
    .xWrite = faulty_write,
    .xTruncate = faulty_truncate,
    .xSync = faulty_sync,
    .xFileSize = faulty_size,
    .xLock = faulty_lock,
    .xUnlock = faulty_unlock,
    .xCheckReservedLock = faulty_check_lock,
    .xFileControl = faulty_control,
    .xSectorSize = faulty_sector_size,
    .xDeviceCharacteristics = faulty_characteristics,
    .xShmMap = faulty_shm_map,
    .xShmLock = faulty_shm_lock,
    .xShmBarrier = faulty_shm_barrier,
    .xShmUnmap = faulty_shm_unmap,
};

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                       int *ret_flags)
{
    struct faulty_file *f = (struct faulty_file *)file;
    int rc;

    (void)vfs;
    f->real = (sqlite3_file *)(f + 1);
    rc = faults.real->xOpen(faults.real, name, f->real, flags, ret_flags);
    f->base.pMethods = f->real->pMethods ? &faulty_methods : NULL;
    return rc;
}

static int install_faults(void **state)
{
    static sqlite3_vfs vfs;

    (void)state;
    faults.real = sqlite3_vfs_find(NULL);
    assert_non_null(faults.real);
    vfs = *faults.real;
    vfs.zName = "faulty";
    vfs.szOsFile = (int)sizeof(struct faulty_file) + faults.real->szOsFile;
    vfs.xOpen = faulty_open;
    return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK ? 0 : -1;
}

/* ---- a tick ---- */

/* Everything a tick can write, on executions `id` (new) and 1 (failed before). */
static int write_tick(struct fixture *f, int64_t id)
{
    static char big[20000];
    char name[32] = "";
    struct store_execution e = fixture_execution(f, id, name);
    struct store_branch b = {.state = "A", .input = {1, TEXT_NONE}};
    struct store_redrive red;
    int r;

    (void)snprintf(name, sizeof(name), "e%lld", (long long)id);
    memset(big, 'x', sizeof(big));
    r = store_begin(f->s);
    if (r < 0)
        return r;

    r = store_add_execution(f->s, &e);
    for (int64_t n = 1; r == 0 && n <= 20; n++) {
        struct store_event ev = {
            .id = n, .type = EVENT_PASS_STATE_ENTERED, .payload = {1, TEXT_NONE}};

        r = store_add_event(f->s, id, &ev);
    }
    if (r == 0)
        r = store_put_payload(f->s, id, 1, (struct text){big, sizeof(big)});
    if (r == 0)
        r = store_put_branch(f->s, id, &b);
    if (r == 0)
        r = store_redrive_execution(f->s, 1, "t", e.start_ms, 0, &limits_service, &red);
    if (r == 0) {
        e.event_count = 20;
        r = store_update_execution(f->s, &e);
    }
    if (r < 0) {
        store_rollback(f->s);
        return r;
    }
    return store_commit(f->s);
}

static void count_event(void *arg, const struct store_event *ev)
{
    (void)ev;
    ++*(int *)arg;
}

/* All of the tick is there, or nothing. */
static void assert_tick(struct fixture *f, int64_t id, bool there)
{
    struct store_execution e;
    struct store_branch *branches;
    struct text text;
    size_t len;
    int events = 0;

    assert_int_equal(store_get_execution_by_id(f->s, &f->a, id, &e), there ? 0 : ERR_NOT_FOUND);
    if (there)
        assert_int_equal(e.event_count, 20);
    assert_int_equal(store_read_events(f->s, id, 1, 100, false, false, count_event, &events), 0);
    assert_int_equal(events, there ? 20 : 0);
    assert_int_equal(store_get_payload(f->s, &f->a, id, 1, &text), there ? 0 : ERR_NOT_FOUND);
    assert_int_equal(store_list_branches(f->s, &f->a, id, &branches, &len), 0);
    assert_int_equal(len, there ? 1 : 0);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 1, &e), 0);
    assert_int_equal(e.status, there ? EXECUTION_RUNNING : EXECUTION_FAILED);
    assert_int_equal(e.redrive_count, there ? 1 : 0);
    assert_int_equal(e.event_count, there ? 1 : 0);
}

static void open_with_failed_execution(struct fixture *f, unsigned flags)
{
    struct store_execution e;

    fixture_open(f, flags);
    assert_int_equal(fixture_add_machine(f->s, "m", &f->machine, &f->revision), 0);
    e = fixture_execution(f, 1, "failed");
    e.status = EXECUTION_FAILED;
    e.stop_ms = e.start_ms;
    assert_int_equal(store_add_execution(f->s, &e), 0);
}

static void reopen(struct fixture *f, unsigned flags)
{
    store_close(f->s);
    f->s = NULL;
    fixture_open(f, flags);
}

/* ---- tests ---- */

/* Fails the n-th change of a tick for every n until the tick gets by with fewer changes. */
static void sweep_ticks(struct fixture *f, unsigned flags, int rc)
{
    int n;

    for (n = 1;; n++) {
        int r;

        open_with_failed_execution(f, flags);
        faults.rc = rc;
        faults.countdown = n;
        faults.count = 0;
        r = write_tick(f, 2);
        faults.countdown = 0;
        if (faults.count == 0) {
            assert_int_equal(r, 0);
            break;
        }

        assert_int_equal(r, ERR_DB);
        assert_true(strlen(store_error(f->s)) > 0);
        assert_false(store_in_transaction(f->s));
        assert_tick(f, 2, false);
        assert_int_equal(write_tick(f, 3), 0); /* the disk has room again */
        assert_tick(f, 3, true);
        reopen(f, flags);
        assert_tick(f, 3, true);
        store_close(f->s);
        f->s = NULL;
        store_remove_files(f->file);
    }
    assert_true(n > 20); /* the header of the log, and two writes for each page */
    assert_tick(f, 2, true);
    reopen(f, flags);
    assert_tick(f, 2, true);
}

static void failing_write_undoes_the_tick(void **state)
{
    sweep_ticks(*state, STORE_WRITER, SQLITE_IOERR_WRITE);
}

static void full_disk_undoes_the_tick(void **state)
{
    sweep_ticks(*state, STORE_WRITER, SQLITE_FULL);
}

static void failing_sync_undoes_the_tick(void **state)
{
    sweep_ticks(*state, STORE_WRITER | STORE_DURABLE, SQLITE_IOERR_FSYNC);
}

/* A new file, whatever fails: an error and a text, then a store that works. */
static void failing_open_can_be_repeated(void **state)
{
    struct fixture *f = *state;
    int n;

    for (n = 1;; n++) {
        struct store *s = NULL;
        struct err err = {0};
        int r;

        faults.rc = SQLITE_IOERR_WRITE;
        faults.countdown = n;
        faults.count = 0;
        r = store_open(f->file, STORE_WRITER, &s, &err);
        faults.countdown = 0;
        if (faults.count == 0) {
            assert_int_equal(r, 0);
            store_close(s);
            break;
        }
        /* What fails when the log is put away costs nothing. */
        if (r == 0) {
            store_close(s);
        } else {
            assert_null(s);
            assert_true(strlen(err.text) > 0);
        }
        open_with_failed_execution(f, STORE_WRITER);
        store_close(f->s);
        f->s = NULL;
        store_remove_files(f->file);
    }
    assert_true(n > 20);
}

/* A log that cannot be moved into the file stays the log: nothing is lost. */
static void failing_checkpoint_loses_nothing(void **state)
{
    struct fixture *f = *state;

    open_with_failed_execution(f, STORE_WRITER);
    assert_int_equal(write_tick(f, 2), 0);
    f->s->log_pages = LOG_PAGES_IDLE;
    faults.rc = SQLITE_FULL;
    faults.countdown = 3;
    faults.count = 0;
    assert_int_equal(store_checkpoint(f->s), ERR_DB);
    assert_int_equal(faults.count, 1);
    assert_tick(f, 2, true);
    assert_int_equal(store_checkpoint(f->s), 0);
    assert_int_equal(f->s->log_pages, 0);
    reopen(f, STORE_WRITER);
    assert_tick(f, 2, true);
}

/* SQLite undoes a transaction by itself when the database is full.  What the tick writes after that
 * must not become transactions of its own. */
static void nothing_follows_a_failed_statement(void **state)
{
    struct fixture *f = *state;
    static char big[100000];
    struct store_execution e;
    int64_t id;

    memset(big, 'x', sizeof(big));
    open_with_failed_execution(f, STORE_WRITER);
    assert_int_equal(store_exec(f->s, "PRAGMA max_page_count = 30"), 0);

    assert_int_equal(store_begin(f->s), 0);
    e = fixture_execution(f, 2, "e");
    assert_int_equal(store_add_execution(f->s, &e), 0);
    assert_int_equal(store_put_payload(f->s, 2, 1, (struct text){big, sizeof(big)}), ERR_DB);
    assert_non_null(strstr(store_error(f->s), "full"));
    assert_true(sqlite3_get_autocommit(f->s->db)); /* as feared */
    e = fixture_execution(f, 3, "f");
    assert_int_equal(store_add_execution(f->s, &e), ERR_DB);
    assert_int_equal(store_get_execution_by_id(f->s, &f->a, 1, &e), ERR_DB);
    assert_true(store_in_transaction(f->s));
    assert_int_equal(store_commit(f->s), ERR_DB);
    assert_false(store_in_transaction(f->s));
    assert_non_null(strstr(store_error(f->s), "full"));
    assert_int_equal(store_last_execution_id(f->s, &id), 0);
    assert_int_equal(id, 1);

    /* Smaller ticks still fit. */
    e = fixture_execution(f, 4, "g");
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(store_add_execution(f->s, &e), 0);
    assert_int_equal(store_commit(f->s), 0);

    /* A call that makes a transaction of its own undoes that one. */
    assert_int_equal(store_put_payload(f->s, 4, 1, (struct text){big, sizeof(big)}), ERR_DB);
    assert_false(store_in_transaction(f->s));
    assert_int_equal(store_put_payload(f->s, 4, 1, TEXT("small")), 0);
}

/* A revision too large for what room is left: the machine does not stay without it. */
static void call_of_several_statements_is_undone_whole(void **state)
{
    struct fixture *f = *state;
    static char big[200000];
    struct store_machine m = {.account = ACCOUNT, .region = REGION, .name = "n"};
    struct store_revision r = {.definition = {big, sizeof(big)},
                               .role_arn = ROLE,
                               .logging = "{}",
                               .tracing = "{}",
                               .encryption = "{}"};

    memset(big, 'x', sizeof(big));
    open_with_failed_execution(f, STORE_WRITER);
    assert_int_equal(store_exec(f->s, "PRAGMA max_page_count = 30"), 0);
    assert_int_equal(store_add_machine(f->s, &m, &r), ERR_DB);
    assert_int_equal(m.id, 0);
    assert_int_equal(r.id, 0);
    assert_false(store_in_transaction(f->s));
    assert_int_equal(store_get_machine(f->s, &f->a, ACCOUNT, REGION, "n", &m), ERR_NOT_FOUND);
    r.definition = TEXT("{}");
    assert_int_equal(store_add_machine(f->s, &m, &r), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_dir_test(failing_write_undoes_the_tick),
        fixture_dir_test(full_disk_undoes_the_tick),
        fixture_dir_test(failing_sync_undoes_the_tick),
        fixture_dir_test(failing_open_can_be_repeated),
        fixture_dir_test(failing_checkpoint_loses_nothing),
        fixture_dir_test(nothing_follows_a_failed_statement),
        fixture_dir_test(call_of_several_statements_is_undone_whole),
    };

    return cmocka_run_group_tests(tests, install_faults, NULL);
}
