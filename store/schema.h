/* The numbered steps that lead from an empty file to the schema of today, and what a file says
 * about the steps it has taken: application_id whose file it is, user_version the last step. */
#pragma once

#include <sqlite3.h>

#include "base/base.h"
#include "base/err.h"

struct migration {
    int number; /* ascending from 1 */
    const char *sql;
};

extern const struct migration schema_migrations[];
extern const size_t schema_migrations_len;

/* Finds out, without writing, how far the file of db is: 0 for an empty one.  ERR_INVALID when it
 * is no database, another program's, or newer than `last`. */
MUST_USE int schema_identify(sqlite3 *db, int last, int *ret_version, struct err *err);

/* Takes the steps after `version`, each in a transaction of its own that also records it. */
MUST_USE int schema_migrate(sqlite3 *db, int version, const struct migration *migrations,
                            size_t len, struct err *err);
