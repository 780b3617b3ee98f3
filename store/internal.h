/* What the files of the store share: the connection and its prepared statements.
 *
 * A function takes a statement, binds every parameter of it, runs it and leaves it reset.  Texts
 * are bound without a copy: they are the caller's and outlive the call. */
#pragma once

#include <sqlite3.h>

#include "store/statements.h"
#include "store/store.h"

#define STORE_APPLICATION_ID 0x73666e64 /* "sfnd" */

#define X(name, sql) STMT_##name,
enum statement { STATEMENT_LIST(X) STMT_COUNT };
#undef X

struct store {
    sqlite3 *db;                     /* owned */
    sqlite3_stmt *stmts[STMT_COUNT]; /* owned; prepared at their first use */
    int lock_fd;                     /* a writer's; -1: none */
    int log_pages;                   /* pages in the log that are not in the file yet */
    bool writer;
    bool in_transaction; /* since store_begin, whatever SQLite has undone meanwhile */
    bool failed;         /* a statement of this transaction failed: it can only be rolled back */
    char error[512];     /* text of the last ERR_DB */
};

/* Records what the database says about rc and returns the ERR_ code for it.  All but the violation
 * of a constraint dooms the open transaction. */
int store_fail(struct store *s, int rc) COLD;
/* The same for a database whose content makes no sense. */
int store_fail_content(struct store *s, const char *what) COLD;

/* The statement, prepared and reset; NULL (answer ERR_DB) when that fails or the transaction has
 * failed before.  The statement must not be in use: a visit function may not call the store. */
sqlite3_stmt *statement_get(struct store *s, enum statement number) MUST_USE;
/* Runs a statement that yields no row. */
MUST_USE int statement_run(struct store *s, sqlite3_stmt *st);
/* The same for one whose only parameter is a number. */
MUST_USE int statement_run_for(struct store *s, enum statement number, int64_t parameter);
/* Runs a statement that changes rows: 0, ERR_NOT_FOUND when it found none to change, or ERR_DB. */
MUST_USE int statement_change(struct store *s, sqlite3_stmt *st);
/* Steps to the next row: 1, or 0 after the last one (the statement is reset then), or negative. */
MUST_USE int statement_row(struct store *s, sqlite3_stmt *st);
/* Steps to the only row, which the caller reads before it resets the statement: 0, ERR_NOT_FOUND when
 * there is none, or ERR_DB. */
MUST_USE int statement_one(struct store *s, sqlite3_stmt *st);
/* Runs a statement that yields one number: 0, ERR_NOT_FOUND when there is no row, or ERR_DB. */
MUST_USE int statement_number(struct store *s, sqlite3_stmt *st, int64_t *ret_number);
/* The same for one number in each row, of which there are never more than the array holds. */
MUST_USE int statement_numbers(struct store *s, sqlite3_stmt *st, int64_t *ret_numbers,
                               int *ret_len);
/* Runs SQL that needs no parameters and is not worth keeping. */
MUST_USE int store_exec(struct store *s, const char *sql);

/* Several statements that belong together: within the caller's transaction, or in one of their own.
 *
 *     bool own;
 *     r = store_enter(s, &own);
 *     if (r < 0)
 *         return r;
 *     return store_leave(s, own, several_statements(s));
 */
MUST_USE int store_enter(struct store *s, bool *ret_own);
MUST_USE int store_leave(struct store *s, bool own, int result);

/* From here on store_checkpoint moves the log into the file, and then the commit itself does. */
#define LOG_PAGES_IDLE 500
#define LOG_PAGES_MAX  1000

/* For sqlite3_wal_hook: notes how long the log is, and moves it when it is too long. */
int log_committed(void *store, sqlite3 *db, const char *database, int pages);

/* ---- keys that carry two numbers: see schema/001_base.sql ---- */
#define EVENT_KEY_BITS  16
#define NUMBER_KEY_BITS 24

static inline int64_t event_key(int64_t execution, int64_t id)
{
    return (execution << EVENT_KEY_BITS) | id;
}

static inline int64_t number_key(int64_t execution, uint32_t number)
{
    return (execution << NUMBER_KEY_BITS) | number;
}

/* ---- parameters ---- */
static inline void bind_int(sqlite3_stmt *st, int i, int64_t value)
{
    (void)sqlite3_bind_int64(st, i, value);
}

/* 0 is stored as NULL. */
static inline void bind_int_or_null(sqlite3_stmt *st, int i, int64_t value)
{
    if (value)
        (void)sqlite3_bind_int64(st, i, value);
    else
        (void)sqlite3_bind_null(st, i);
}

/* NULL is stored as NULL. */
static inline void bind_str(sqlite3_stmt *st, int i, const char *value)
{
    (void)sqlite3_bind_text(st, i, value, -1, SQLITE_STATIC);
}

/* Parameters 1 to 3: the name of a resource, and whose it is. */
static inline void bind_name(sqlite3_stmt *st, const char *account, const char *region,
                             const char *name)
{
    bind_str(st, 1, account);
    bind_str(st, 2, region);
    bind_str(st, 3, name);
}

static inline void bind_text(sqlite3_stmt *st, int i, struct text value)
{
    (void)sqlite3_bind_text64(st, i, value.data, value.len, SQLITE_STATIC, SQLITE_UTF8);
}

static inline void bind_store_text(sqlite3_stmt *st, int i, const struct store_text *value)
{
    if (value->number)
        bind_int(st, i, value->number);
    else
        bind_text(st, i, value->text);
}

/* ---- columns ---- */

/* Lives until the statement is stepped or reset. */
struct text column_borrow(sqlite3_stmt *st, int i);
struct text column_text(sqlite3_stmt *st, int i, struct arena *a);
const char *column_str(sqlite3_stmt *st, int i, struct arena *a); /* NULL for NULL */
/* A store_text column with its payload read. */
MUST_USE int column_store_text(struct store *s, sqlite3_stmt *st, int i, struct arena *a,
                               int64_t execution, struct store_text *ret_text);

/* Room for one more in an array that grows in an arena, where it leaves what it outgrew. */
MUST_USE void *array_grow(struct arena *a, void *items, size_t len, size_t *cap, size_t size);

/* Reads a payload; *ret_text can be used until *ret_st is reset. */
MUST_USE int payload_borrow(struct store *s, int64_t execution, uint32_t number,
                            sqlite3_stmt **ret_st, struct text *ret_text);

/* Removes an execution and all rows of it. */
MUST_USE int execution_remove(struct store *s, int64_t id);
/* Removes at most `max` executions whose ids the statement (bound but for its last parameter, the
 * number of rows wanted) lists first. */
MUST_USE int execution_remove_some(struct store *s, sqlite3_stmt *st, int max, int *ret_removed);
