/* The drivers that call out of the process: engine/task.h for the resources of other services.
 *
 * Order at the end of the program: engine_stop, tasks_free, engine_free; no result reaches the
 * engine after tasks_free. */
#pragma once

#include "base/err.h"

struct engine;
struct tasks;

struct tasks_config {
    /* Where Lambda is: the value of LAMBDA_ENDPOINT, else of AWS_ENDPOINT_URL_LAMBDA, else of
     * AWS_ENDPOINT_URL; NULL or "" for none.  Copied. */
    const char *lambda_endpoint;
    int64_t payload_bytes; /* limits.payload_bytes: how large a result may be */
    unsigned transfers;    /* calls that run at once, the others wait; 0 for the default */
};

/* Nothing is started before the first task.  ret_tasks unset and ERR_INVALID when an endpoint is
 * not an http or https URL. */
MUST_USE int tasks_new(const struct tasks_config *config, struct tasks **ret_tasks,
                       struct err *err);
/* Ends what runs; nobody hears of it. */
void tasks_free(struct tasks *t);

/* Adds the drivers to an engine.  The last of them takes every resource, so it comes after all
 * other drivers of that engine; t must outlive the engine's thread. */
void tasks_register(struct tasks *t, struct engine *e);
