/* The first of the three kinds of failure: ours.  A function returns 0 or a negative ERR_ code; text
 * for people goes into an optional struct err.  (The other two kinds: api/fail.h for the caller's
 * mistakes, asl/error.h for errors inside a state machine.) */
#pragma once

#include "base/base.h"

#define ERR_LIST(X)                         \
    X(ERR_NOT_FOUND, -2, "not found")       \
    X(ERR_EXISTS, -3, "already exists")     \
    X(ERR_INVALID, -4, "invalid")           \
    X(ERR_LIMIT, -5, "limit exceeded")      \
    X(ERR_DB, -6, "database error")         \
    X(ERR_IO, -7, "input or output failed") \
    X(ERR_CONFLICT, -8, "conflict")         \
    X(ERR_CLOSED, -9, "closed")             \
    X(ERR_NOT_REDRIVABLE, -10, "not redrivable")

#define X(name, value, text) name = (value),
enum err_code { ERR_LIST(X) };
#undef X

/* Text of the last failure, for people.  Zero-initialise; err_set overwrites. */
struct err {
    int code;
    char text[2048];
};

/* "not found" for ERR_NOT_FOUND, and so on. */
const char *err_name(int code);

/* Fills err (which may be NULL) and returns code, so that `return err_set(...)` reads well. */
int err_set(struct err *err, int code, const char *format, ...) PRINTF_LIKE(3, 4);
