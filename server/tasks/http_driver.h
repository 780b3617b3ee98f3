/* The driver of HTTP Tasks, http:invoke.
 *
 * A task is one call of several requests, as far as they are needed:
 *
 *     DescribeConnection -> GetSecretValue -> a token -> the request itself
 *
 * A connection that the file of connections has needs neither of the first two, a token that is
 * kept saves the third, and a token that is refused (401) is asked for once more. */
#pragma once

#include "engine/task.h"
#include "tasks/calls.h"
#include "tasks/connections.h"
#include "tasks/endpoints.h"
#include "tasks/oauth.h"

struct http_driver {
    struct calls *calls;                   /* borrowed, as the next three */
    struct endpoints *endpoints;           /* of events and secretsmanager */
    const struct connections *connections; /* NULL: none */
    struct oauth_tokens *tokens;           /* touched by the calls' thread only */
    int64_t max_bytes;                     /* of a result */
};

/* The table for the engine; d must outlive it. */
struct task_driver http_driver_table(struct http_driver *d);
