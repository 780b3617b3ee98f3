/* Records on their way to another service: kept in order, sent in batches.
 *
 *     delivery_add ... delivery_flush      the engine's thread
 *                |
 *             lanes                        one for each place records go to; a batch of a lane is on its
 *                |                         way at a time, and the next one has gathered meanwhile
 *              calls                       requests and answers
 *
 * Nothing blocks whoever adds.  What is queued is bounded in bytes: beyond, the oldest records are dropped.
 * A batch that cannot be delivered is tried again for some seconds, and dropped.  A line in the program's
 * log counts what was dropped, from time to time.  Threads are started by the first record. */
#pragma once

#include "base/arena.h"
#include "tasks/calls.h"

struct delivery;

enum {
    DELIVERY_QUEUE_BYTES = 64 * 1024 * 1024,
    DELIVERY_LANES = 4096,
    DELIVERY_TRIES = 6,      /* of a batch; between two that failed 250 ms, 500 ms, 1 s, ... */
    DELIVERY_BATCHES = 16,   /* on their way at once */
    DELIVERY_LAST_MS = 1000, /* at the end, for what is queued */
};

struct delivery_record {
    struct delivery_record *next; /* of the lane; the rest is the queue's */
    struct delivery_record *older, *newer;
    struct delivery_lane *lane;
    int64_t time_ms; /* the system's; never before that of the record before it in the lane */
    size_t len;
    char data[];
};

/* What a request is made of. */
struct delivery_batch {
    const char *place, *part;            /* of the lane */
    const char *id;                      /* of the lane: eight hexadecimal digits */
    int64_t begun_ms;                    /* the lane was made: the system's time */
    const struct delivery_record *first; /* the records, by next */
    size_t len;
};

enum delivery_verdict {
    DELIVERY_DONE,
    DELIVERY_ONWARD, /* the same records again at once, in the stage that was set */
    DELIVERY_LATER,  /* the same records again after a while */
    DELIVERY_REFUSED /* nobody will ever take them */
};

/* What became of a request. */
struct delivery_answer {
    enum delivery_verdict verdict;
    unsigned stage;     /* of the lane from now on */
    size_t sent;        /* records of the batch; set before `answered` is called */
    size_t lost;        /* DONE: those that were not taken */
    const char *reason; /* of whatever was not DONE, or lost; for people */
};

/* A service that takes records.  Its functions run on the calls' thread. */
struct delivery_type {
    const char *name;     /* in the program's log */
    size_t batch_records; /* at most; */
    size_t batch_bytes; /* the records', each with record_bytes more; a larger record goes alone */
    size_t record_bytes;
    /* Fills *ret_request, memory from a; false: nothing can be sent to such a place. */
    bool (*request)(struct arena *a, const char *endpoint, unsigned stage,
                    const struct delivery_batch *batch, struct call_request *ret_request);
    /* *answer has the stage of the request, and how much was sent. */
    void (*answered)(struct arena *a, const struct call_response *response,
                     struct delivery_answer *answer);
};

/* endpoint is copied; queue_bytes 0: the default. */
struct delivery *delivery_new(const struct delivery_type *type, const char *endpoint,
                              size_t queue_bytes) MUST_USE;
/* From now on sends what is queued, for DELIVERY_LAST_MS at most; nobody adds any more.  Accepts NULL. */
void delivery_stop(struct delivery *d);
/* The same, and waits for its end.  Accepts NULL. */
void delivery_free(struct delivery *d);

/* Adds a record to the lane of (place, part).  The record is a copy, and waits for the flush. */
void delivery_add(struct delivery *d, const char *place, const char *part, struct text record);
void delivery_flush(struct delivery *d);

/* Of a JSON service's answer that is no success: whether to try again, and why.  For `answered`. */
void delivery_failed(struct arena *a, const struct call_response *response,
                     struct delivery_answer *answer, struct text *ret_code);
