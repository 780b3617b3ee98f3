#include <string.h>

#include "store/internal.h"

static int transaction_end(struct store *s, enum statement number)
{
    sqlite3_stmt *st;

    s->failed = false;
    st = statement_get(s, number);
    if (!st)
        return ERR_DB;

    return statement_run(s, st);
}

int store_begin(struct store *s)
{
    sqlite3_stmt *st;
    int r;

    CHECK(s->writer && !s->in_transaction);
    st = statement_get(s, STMT_BEGIN);
    if (!st)
        return ERR_DB;

    r = statement_run(s, st);
    if (r < 0)
        return r;

    s->in_transaction = true;
    return 0;
}

int store_commit(struct store *s)
{
    int r;

    CHECK(s->in_transaction);
    if (s->failed) {
        store_rollback(s);
        return ERR_DB;
    }

    /* A commit that finds a constraint deferred to it still violated is our bug: ERR_NOT_FOUND. */
    r = transaction_end(s, STMT_COMMIT);
    if (r < 0) {
        store_rollback(s);
        return r;
    }
    s->in_transaction = false;
    return 0;
}

/* The text of the failure that led here must survive, so what ROLLBACK says is not recorded: it can
 * only fail when SQLite has rolled back by itself. */
void store_rollback(struct store *s)
{
    if (!s->in_transaction)
        return;

    if (!sqlite3_get_autocommit(s->db)) {
        char error[sizeof(s->error)];

        memcpy(error, s->error, sizeof(error));
        (void)transaction_end(s, STMT_ROLLBACK);
        memcpy(s->error, error, sizeof(error));
    }
    s->in_transaction = s->failed = false;
}

bool store_in_transaction(const struct store *s)
{
    return s->in_transaction;
}

/* Whatever this says, the transaction has been committed. */
int log_committed(void *store, sqlite3 *db, const char *database, int pages)
{
    struct store *s = store;

    s->log_pages = pages;
    if (pages >= LOG_PAGES_MAX)
        (void)sqlite3_wal_checkpoint_v2(db, database, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
}

int store_checkpoint(struct store *s)
{
    int pages = 0;
    int moved = 0;
    int rc;

    CHECK(s->writer && !s->in_transaction);
    if (s->log_pages < LOG_PAGES_IDLE)
        return 0;

    rc = sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
    if (rc != SQLITE_OK)
        return store_fail(s, rc);

    s->log_pages = pages - moved;
    return 0;
}

int store_enter(struct store *s, bool *ret_own)
{
    int r;

    if (s->in_transaction) {
        *ret_own = false;
        return 0;
    }
    r = store_begin(s);
    if (r < 0)
        return r;

    *ret_own = true;
    return 0;
}

int store_leave(struct store *s, bool own, int result)
{
    if (!own)
        return result;

    if (result < 0) {
        store_rollback(s);
        return result;
    }
    return store_commit(s);
}

/* Children before parents.  Numbers given out once stay used: sqlite_sequence is left alone. */
int store_reset(struct store *s)
{
    bool own;
    int r;

    r = store_enter(s, &own);
    if (r < 0)
        return r;

    return store_leave(s, own,
                       store_exec(s, "DELETE FROM redrive_tokens; DELETE FROM events;"
                                     "DELETE FROM payloads; DELETE FROM branches;"
                                     "DELETE FROM executions; DELETE FROM state_machines;"
                                     "DELETE FROM activities; DELETE FROM tags"));
}

int store_get_setting(struct store *s, struct arena *a, const char *name, struct text *ret_value)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_SETTING);
    int r;

    if (!st)
        return ERR_DB;

    bind_str(st, 1, name);
    r = statement_one(s, st);
    if (r < 0)
        return r;

    *ret_value = column_text(st, 0, a);
    (void)sqlite3_reset(st);
    return 0;
}

int store_put_setting(struct store *s, const char *name, struct text value)
{
    sqlite3_stmt *st = statement_get(s, STMT_PUT_SETTING);

    if (!st)
        return ERR_DB;

    bind_str(st, 1, name);
    bind_text(st, 2, value);
    return statement_run(s, st);
}
