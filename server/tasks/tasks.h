/* The drivers that call out of the process: engine/task.h for the resources of other services.
 *
 * Order at the end of the program: engine_stop, tasks_free, engine_free; no result reaches the
 * engine after tasks_free. */
#pragma once

#include "tasks/connections.h"
#include "tasks/endpoints.h"

struct engine;
struct tasks;

struct tasks_config {
    struct endpoints *endpoints;           /* of other services; borrowed */
    const struct connections *connections; /* of HTTP Tasks; borrowed; NULL: none */
    int64_t payload_bytes;                 /* limits.payload_bytes: how large a result may be */
    unsigned transfers; /* calls that run at once, the others wait; 0 for the default */
};

/* Nothing is started before the first task. */
struct tasks *tasks_new(const struct tasks_config *config) MUST_USE;
/* Ends what runs; nobody hears of it. */
void tasks_free(struct tasks *t);

/* Adds the drivers to an engine.  The last of them takes every resource, so it comes after all
 * other drivers of that engine; t must outlive the engine's thread. */
void tasks_register(struct tasks *t, struct engine *e);
