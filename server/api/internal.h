/* What the files of the api share.  Included by api/ only. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "api/api.h"

struct api {
    struct engine *engine;     /* borrowed */
    const struct clock *clock; /* borrowed */
    struct limits limits;
    char *store_file, *account, *region; /* owned */
    struct log_groups log_groups;        /* ask may be NULL */

    pthread_mutex_t readers_lock;
    struct store **readers; /* owned; connections nobody uses at the moment */
    size_t readers_len, readers_cap;

    int64_t started_ms;                         /* clock_monotonic() */
    _Atomic uint64_t calls, refusals, failures; /* all, answered with 4xx, with 5xx */
};

/* A read-only connection to the store for as long as one request needs it. */
struct reader {
    struct api *api;
    struct store *store;
};
/* False when the call was answered with an error. */
MUST_USE bool reader_acquire(struct api_call *call, struct reader *ret_reader);
void reader_release(struct reader *r); /* for CLEANUP; zero-initialised is fine */
void readers_close(struct api *api);

/* Counts an answer, for the metrics. */
void api_count(struct api_call *call);
/* Answers a call that the engine had: counts, and tells whoever waits. */
void api_finish(struct api_call *call);
