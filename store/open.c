#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/internal.h"
#include "store/schema.h"

/* Each connection belongs to one thread at a time, so SQLite need not lock it; nobody asks for its
 * memory statistics, which cost a lock per allocation; and a file name is not a URI. */
static void configure_sqlite(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)sqlite3_config(SQLITE_CONFIG_URI, 0);
}

/* The lock ends with the process, however that ends.  The file stays: removing it would let a third
 * server lock a new one while a second one waits with the old one open. */
static int lock_file(struct store *s, const char *file, struct err *err)
{
    CLEANUP(free_p) char *name = xasprintf("%s.lock", file);

    s->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (s->lock_fd < 0)
        return err_set(err, ERR_IO, "%s: %s", name, strerror(errno));

    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return err_set(err, ERR_EXISTS, "%s is in use by another server", file);
    return err_set(err, ERR_IO, "%s: %s", name, strerror(errno));
}

static int connect_file(struct store *s, const char *file, struct err *err)
{
    static const int settings[][2] = {
        {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
    };
    int flags = s->writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    int rc =
        sqlite3_open_v2(file, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

    if (rc != SQLITE_OK)
        return err_set(err, ERR_IO, "%s: %s", file, sqlite3_errmsg(s->db));

    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        (void)sqlite3_db_config(s->db, settings[i][0], settings[i][1], NULL);
    (void)sqlite3_busy_timeout(s->db, 5000);
    return 0;
}

/* A file system without shared memory cannot have a log beside the file, and says so only here. */
static int set_log(struct store *s, struct err *err)
{
    sqlite3_stmt *st;
    int rc = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode = WAL", -1, &st, NULL);
    bool set = false;

    if (rc == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
        const char *mode = (const char *)sqlite3_column_text(st, 0);

        set = mode && (strcmp(mode, "wal") == 0 || strcmp(mode, "memory") == 0);
    }
    if (sqlite3_finalize(st) != SQLITE_OK || rc != SQLITE_OK)
        return err_set(err, ERR_DB, "%s", sqlite3_errmsg(s->db));
    if (!set)
        return err_set(err, ERR_DB, "the file system cannot hold a database in WAL mode");

    (void)sqlite3_wal_hook(s->db, log_committed, s);
    return 0;
}

/* Pages are not mapped: what is mapped counts as memory of the process.  Measured: a larger cache
 * than this, and pages larger or smaller than 4096 bytes, gain nothing. */
static int set_pragmas(struct store *s, unsigned flags, struct err *err)
{
    const char *synchronous = flags & STORE_DURABLE     ? "FULL"
                              : flags & STORE_TEMPORARY ? "OFF"
                                                        : "NORMAL";
    CLEANUP(free_p)
    char *sql = xasprintf("PRAGMA synchronous = %s; PRAGMA cache_size = %d;"
                          "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = OFF;"
                          "PRAGMA mmap_size = 0; PRAGMA journal_size_limit = %d",
                          synchronous, s->writer ? -1000 : -500, 16 * LOG_PAGES_MAX * 4096);

    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return err_set(err, ERR_DB, "%s", sqlite3_errmsg(s->db));

    return 0;
}

static int open_writer(struct store *s, const char *file, unsigned flags, struct err *err)
{
    int last = schema_migrations[schema_migrations_len - 1].number;
    const char *resolved;
    int version;
    int r;

    r = connect_file(s, file, err);
    if (r < 0)
        return r;

    /* Once before anything is written, even beside the file, and once when nobody else can. */
    r = schema_identify(s->db, last, &version, err);
    if (r < 0)
        return r;

    resolved = sqlite3_db_filename(s->db, "main"); /* links followed; "" in memory */
    if (resolved && *resolved) {
        r = lock_file(s, resolved, err);
        if (r < 0)
            return r;
    }

    r = schema_identify(s->db, last, &version, err);
    if (r < 0)
        return r;

    r = set_pragmas(s, flags, err);
    if (r < 0)
        return r;

    r = set_log(s, err);
    if (r < 0)
        return r;

    return schema_migrate(s->db, version, schema_migrations, schema_migrations_len, err);
}

static int open_reader(struct store *s, const char *file, unsigned flags, struct err *err)
{
    int last = schema_migrations[schema_migrations_len - 1].number;
    int version;
    int r;

    if (strcmp(file, ":memory:") == 0)
        return err_set(err, ERR_INVALID, "a database in memory has no readers beside its writer");

    r = connect_file(s, file, err);
    if (r < 0)
        return r;

    r = schema_identify(s->db, last, &version, err);
    if (r < 0)
        return r;

    if (version != last)
        return err_set(err, ERR_INVALID, "%s: no writer has brought it to schema version %d", file,
                       last);

    return set_pragmas(s, flags, err);
}

int store_open(const char *file, unsigned flags, struct store **ret_store, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct store *s;
    int r;

    (void)pthread_once(&once, configure_sqlite);
    s = xcalloc(1, sizeof(*s));
    s->lock_fd = -1;
    s->writer = flags & STORE_WRITER;
    r = s->writer ? open_writer(s, file, flags, err) : open_reader(s, file, flags, err);
    if (r < 0) {
        store_close(s);
        return r;
    }

    *ret_store = s;
    return 0;
}

/* Closing the last connection moves the log into the file and removes it.  The lock goes last. */
void store_close(struct store *s)
{
    if (!s)
        return;

    store_rollback(s);
    for (size_t i = 0; i < ARRAY_LEN(s->stmts); i++)
        (void)sqlite3_finalize(s->stmts[i]);
    (void)sqlite3_close(s->db);
    if (s->lock_fd >= 0)
        (void)close(s->lock_fd);
    free_p(&s);
}

void store_remove_files(const char *file)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", ".lock"};

    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        CLEANUP(free_p) char *name = xasprintf("%s%s", file, suffixes[i]);

        (void)unlink(name);
    }
}
