/* HTTP requests to other services: one thread that runs many transfers at once.
 *
 * A call waits in a queue until a transfer is free, is prepared, sent, and answered.  Everything
 * of a call's type runs on the calls' thread:
 *
 *     prepare -> done -> release        answered, or could not be
 *     prepare -> done -> prepare -> ...    the same, where done has asked for it with calls_again
 *     prepare (false) -> release        there was nothing to send; prepare has reported why
 *     cancel (true) -> ...              cancelled, and it goes on for now, as it sees fit
 *     release                           cancelled, or calls_free came first
 *
 * so release comes exactly once for each call, and nothing of it is touched afterwards.  The
 * thread and libcurl are started by the first call. */
#pragma once

#include "base/err.h"

struct calls;

#define CALLS_DEFAULT_TRANSFERS 256                 /* at once */
#define CALLS_QUEUE_BYTES       (256 * 1024 * 1024) /* of calls that have not ended */
#define CALLS_CONNECT_SECONDS   10
#define CALLS_ANSWER_SECONDS    960 /* a function runs for 15 minutes at most */
#define CALLS_HEADERS           100 /* of a response, */
#define CALLS_HEADER_BYTES      65536

/* What is sent.  Valid until the call's release. */
struct call_request {
    const char *method;         /* NULL: POST */
    const char *url;            /* http or https */
    const char *const *headers; /* "Name: value", ended by NULL */
    struct text body;           /* TEXT_NONE: none, which POST and PUT say with a length of 0 */
    size_t max_body;            /* bytes of a response that are read */
    unsigned answer_seconds;    /* 0: CALLS_ANSWER_SECONDS */
};

struct call_header {
    struct text name, value;
};

enum call_end {
    CALL_ANSWERED,
    CALL_UNREACHABLE, /* no connection, or it broke: reason */
    CALL_TIMED_OUT,   /* the request was sent and no answer came in time */
    CALL_TOO_LARGE,   /* the body is longer than max_body; the rest is as in CALL_ANSWERED */
};

/* What came of it; valid during done. */
struct call_response {
    enum call_end end;
    const char *reason; /* for people, CALL_UNREACHABLE */
    int status;
    struct text status_text;           /* behind the number in the first line, may be empty */
    const struct call_header *headers; /* in the order and spelling in which they came */
    size_t headers_len;
    struct text body;
};

struct call_type {
    /* Fills *ret_request and returns true; or false. */
    bool (*prepare)(void *arg, struct call_request *ret_request);
    void (*done)(void *arg, const struct call_response *response);
    void (*release)(void *arg);
    /* calls_cancel came: true when the call has something left to say.  It then waits no longer
     * (calls_again_after), and what is under way goes on.  NULL: it has not, ever. */
    bool (*cancel)(void *arg);
};

/* transfers: how many run at once; 0 for the default. */
struct calls *calls_new(unsigned transfers) MUST_USE;
/* Ends the thread, releases every call. */
void calls_free(struct calls *c);

/* Queues a call of about `size` bytes; safe from any thread, and does not block.  Returns 0,
 * ERR_LIMIT (too much is queued) or ERR_IO (no thread could be started); when it fails arg is
 * the caller's still. */
MUST_USE int calls_add(struct calls *c, uint64_t id, const struct call_type *type,
                       void *arg /* taken when 0 is returned */, size_t size);
/* Ends a call that was added and has not ended; does nothing for others.  Safe from any thread. */
void calls_cancel(struct calls *c, uint64_t id);

/* During the done of call `id`: it goes on with another request, prepare comes instead of release. */
void calls_again(struct calls *c, uint64_t id);
/* The same after so many milliseconds of the world's time; meanwhile it takes up no transfer. */
void calls_again_after(struct calls *c, uint64_t id, int64_t ms);

/* The value of a response's header (any case), TEXT_NONE when there is none. */
struct text call_response_header(const struct call_response *r, const char *name);
