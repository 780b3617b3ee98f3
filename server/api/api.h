/* The AWS API without the wire: a request's target, authorization and body go in, a status and a body
 * come out.  reference/api.md describes what is answered.
 *
 * A call is answered in one of two ways.  Reads and refusals are answered before api_handle returns.
 * Whatever changes something, or waits, goes to the engine, and the answer comes later, on the
 * engine's thread or one that asked another service, through finish().  Safe from any number of threads; a call belongs to one of them
 * at a time. */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/strbuf.h"
#include "engine/engine.h"
#include "engine/log_groups.h"

struct api;

struct api_config {
    struct engine *engine;     /* borrowed; outlives every unfinished call */
    const struct clock *clock; /* borrowed */
    const char *store_file;    /* what the engine's store writes: read beside it */
    struct limits limits;
    const char *account, *region;        /* of requests that do not name theirs */
    const struct log_groups *log_groups; /* copied; NULL: nobody knows which there are */
};

struct api *api_new(const struct api_config *config) MUST_USE;
/* After every call was finished. */
void api_free(struct api *api);

/* One request and its answer.  Initialise once, clear before each further use, done at last: what it
 * allocated serves the next request. */
struct api_call {
    /* in: borrowed until the call is finished */
    const char *target;        /* X-Amz-Target; NULL: none came */
    const char *authorization; /* Authorization; NULL: none came */
    const char *body;          /* followed by a NUL byte */
    size_t body_len;
    /* Told once, on another thread, when api_handle returned false; must not block. */
    void (*finish)(struct api_call *call);
    /* Whether the client is still there, asked on the engine's thread.  NULL: always. */
    bool (*alive)(struct api_call *call);
    void *arg; /* the caller's */

    /* out */
    int status; /* of HTTP */
    struct strbuf reply;
    char request_id[UUID_SIZE];

    /* the api's own */
    struct api *api;
    struct arena arena;
    struct cJSON *request; /* the body, in the arena */
    const char *account, *region;
    const char *subject;   /* the ARN that messages about this call name */
    const char *log_group; /* the ARN in its loggingConfiguration; NULL: none */
    struct engine_command command;
};

void api_call_init(struct api_call *call);
void api_call_clear(struct api_call *call);
void api_call_done(struct api_call *call);

/* Answers a call: true when the answer is there, false when finish() will tell (or has told already:
 * the call must not be touched then). */
MUST_USE bool api_handle(struct api *api, struct api_call *call);

/* What the server offers beside the API of the service. */
enum api_admin {
    API_ADMIN_HEALTH,
    API_ADMIN_METRICS,
    API_ADMIN_GET_CLOCK,
    API_ADMIN_ADVANCE_CLOCK, /* {"advance":"P14D"} or {"advanceSeconds":60} */
    API_ADMIN_GET_MOCKS,
    API_ADMIN_SET_MOCKS,    /* a body in the format of MockConfigFile.json */
    API_ADMIN_DELETE_MOCKS, /* none from now on */
    API_ADMIN_RESET,        /* forgets everything but the mocks */
};
MUST_USE bool api_handle_admin(struct api *api, struct api_call *call, enum api_admin what);

/* Answers with an error of the transport: {"__type":type,"message":...}. */
void api_refuse(struct api_call *call, int status, const char *type, const char *format, ...)
    PRINTF_LIKE(4, 5);
