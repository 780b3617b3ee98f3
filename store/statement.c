#include <stdio.h>
#include <string.h>

#include "store/internal.h"

#define X(name, sql) [STMT_##name] = (sql),
static const char *const statement_sql[] = {STATEMENT_LIST(X)};
#undef X

/* Constraints that mean something to the caller; they undo their statement and nothing else. */
static const struct {
    int rc;
    int code;
} constraint_codes[] = {
    {SQLITE_CONSTRAINT_PRIMARYKEY, ERR_EXISTS},
    {SQLITE_CONSTRAINT_UNIQUE, ERR_EXISTS},
    {SQLITE_CONSTRAINT_FOREIGNKEY, ERR_NOT_FOUND},
};

int store_fail(struct store *s, int rc)
{
    for (size_t i = 0; i < ARRAY_LEN(constraint_codes); i++) {
        if (constraint_codes[i].rc == rc)
            return constraint_codes[i].code;
    }

    (void)snprintf(s->error, sizeof(s->error), "%s (%d)", sqlite3_errmsg(s->db), rc);
    s->failed = s->in_transaction;
    return ERR_DB;
}

int store_fail_content(struct store *s, const char *what)
{
    (void)snprintf(s->error, sizeof(s->error), "%s", what);
    s->failed = s->in_transaction;
    return ERR_DB;
}

const char *store_error(const struct store *s)
{
    return s->error;
}

sqlite3_stmt *statement_get(struct store *s, enum statement number)
{
    sqlite3_stmt **st = &s->stmts[number];

    if (s->failed)
        return NULL;

    if (!*st) {
        int rc = sqlite3_prepare_v3(s->db, statement_sql[number], -1, SQLITE_PREPARE_PERSISTENT, st,
                                    NULL);
        if (rc != SQLITE_OK) {
            (void)store_fail(s, rc);
            return NULL;
        }
    }
    CHECK(!sqlite3_stmt_busy(*st));
    return *st;
}

int statement_row(struct store *s, sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);
    int r = 0;

    if (rc == SQLITE_ROW)
        return 1;

    if (rc != SQLITE_DONE)
        r = store_fail(s, rc);
    (void)sqlite3_reset(st);
    return r;
}

int statement_run(struct store *s, sqlite3_stmt *st)
{
    int r = statement_row(s, st);

    CHECK(r <= 0);
    return r;
}

int statement_run_for(struct store *s, enum statement number, int64_t parameter)
{
    sqlite3_stmt *st = statement_get(s, number);

    if (!st)
        return ERR_DB;

    bind_int(st, 1, parameter);
    return statement_run(s, st);
}

int statement_change(struct store *s, sqlite3_stmt *st)
{
    int r = statement_run(s, st);

    if (r < 0)
        return r;

    return sqlite3_changes(s->db) ? 0 : ERR_NOT_FOUND;
}

int statement_one(struct store *s, sqlite3_stmt *st)
{
    int r = statement_row(s, st);

    if (r <= 0)
        return r < 0 ? r : ERR_NOT_FOUND;

    return 0;
}

int statement_number(struct store *s, sqlite3_stmt *st, int64_t *ret_number)
{
    int r = statement_one(s, st);

    if (r < 0)
        return r;

    *ret_number = sqlite3_column_int64(st, 0);
    (void)sqlite3_reset(st);
    return 0;
}

int statement_numbers(struct store *s, sqlite3_stmt *st, int64_t *ret_numbers, int *ret_len)
{
    int len = 0;
    int r;

    while ((r = statement_row(s, st)) > 0)
        ret_numbers[len++] = sqlite3_column_int64(st, 0);
    if (r < 0)
        return r;

    *ret_len = len;
    return 0;
}

int store_exec(struct store *s, const char *sql)
{
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? 0 : store_fail(s, rc);
}

/* Columns are read as blobs: the bytes of the text without a copy that ends with NUL. */
struct text column_borrow(sqlite3_stmt *st, int i)
{
    const void *data;

    if (sqlite3_column_type(st, i) == SQLITE_NULL)
        return TEXT_NONE;

    data = sqlite3_column_blob(st, i);
    return (struct text){data ? data : "", (size_t)sqlite3_column_bytes(st, i)};
}

struct text column_text(sqlite3_stmt *st, int i, struct arena *a)
{
    struct text t = column_borrow(st, i);

    if (t.data)
        t.data = arena_memdup(a, t.data, t.len);
    return t;
}

const char *column_str(sqlite3_stmt *st, int i, struct arena *a)
{
    return column_text(st, i, a).data;
}

void *array_grow(struct arena *a, void *items, size_t len, size_t *cap, size_t size)
{
    void *more;

    if (len < *cap)
        return items;

    *cap = *cap ? *cap * 2 : 16;
    more = arena_alloc(a, *cap * size);
    if (len)
        memcpy(more, items, len * size);
    return more;
}
