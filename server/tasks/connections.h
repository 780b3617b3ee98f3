/* The connections that a file has: an object, with the connection's name before what
 * CreateConnection takes. */
#pragma once

#include "tasks/connection.h"

struct connections;

/* Returns 0, or what file_read and connection_read return: ERR_NOT_FOUND, ERR_INVALID, ... */
MUST_USE int connections_load(const char *path, struct connections **ret_connections,
                              struct err *err);
MUST_USE int connections_parse(const char *text, size_t len, struct connections **ret_connections,
                               struct err *err);
void connections_free(struct connections *c);

/* NULL when there is none of that name, or c is NULL.  Lives as long as c; safe from any thread. */
const struct connection *connections_get(const struct connections *c, struct text name);
