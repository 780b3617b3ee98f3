#include "store/schema.h"

#include "base/mem.h"
#include "store/internal.h"

#define MIGRATION(number, sql) {(number), (sql)},
const struct migration schema_migrations[] = {
#include "schema_sql.h"
};
const size_t schema_migrations_len = ARRAY_LEN(schema_migrations);

static int query_int(sqlite3 *db, const char *sql, int *ret_value)
{
    sqlite3_stmt *st;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

    if (rc != SQLITE_OK)
        return rc;

    rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        *ret_value = sqlite3_column_int(st, 0);
        rc = SQLITE_OK;
    }
    (void)sqlite3_finalize(st);
    return rc;
}

int schema_identify(sqlite3 *db, int last, int *ret_version, struct err *err)
{
    int objects = 0;
    int application = 0;
    int version = 0;
    int rc;

    rc = query_int(db, "SELECT count(*) FROM sqlite_schema", &objects);
    if (rc == SQLITE_OK)
        rc = query_int(db, "PRAGMA application_id", &application);
    if (rc == SQLITE_OK)
        rc = query_int(db, "PRAGMA user_version", &version);
    if (rc != SQLITE_OK)
        return err_set(err, rc == SQLITE_NOTADB ? ERR_INVALID : ERR_DB, "%s", sqlite3_errmsg(db));

    if (objects == 0 && application == 0 && version == 0) {
        *ret_version = 0;
        return 0;
    }
    if (application != STORE_APPLICATION_ID)
        return err_set(err, ERR_INVALID, "the file is a database of another program");
    if (version > last)
        return err_set(err, ERR_INVALID,
                       "the file has schema version %d, this program knows %d and older", version,
                       last);

    *ret_version = version;
    return 0;
}

static int migrate_one(sqlite3 *db, const struct migration *m, struct err *err)
{
    CLEANUP(free_p)
    char *sql = xasprintf("BEGIN IMMEDIATE;\n%s;\nPRAGMA application_id = %d;\n"
                          "PRAGMA user_version = %d;\nCOMMIT;",
                          m->sql, STORE_APPLICATION_ID, m->number);

    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return 0;

    (void)err_set(err, ERR_DB, "schema version %d: %s", m->number, sqlite3_errmsg(db));
    (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return ERR_DB;
}

int schema_migrate(sqlite3 *db, int version, const struct migration *migrations, size_t len,
                   struct err *err)
{
    for (size_t i = 0; i < len; i++) {
        int r;

        if (migrations[i].number <= version)
            continue;

        r = migrate_one(db, &migrations[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}
