/* A server that the benchmark starts itself. */
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include "base/base.h"

struct server {
    const char *path; /* borrowed */
    pid_t pid;
    double startup_ms; /* from the spawn to the line that says it listens */
    char url[128];
    char directory[64]; /* of the database; "" without one */
    int output;         /* read end of what it prints */
    pthread_t drain;    /* reads on, so that the server never waits for a reader */
};

/* Starts path on a free port and waits until it listens; db: with a database file, which
 * server_stop removes.  False (and a line on standard error) when it does not come up. */
MUST_USE bool server_start(const char *path, bool db, struct server *ret_server);
void server_stop(struct server *s);
/* Resident memory in MiB. */
double server_resident(const struct server *s);
