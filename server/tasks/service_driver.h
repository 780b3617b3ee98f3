/* The driver of operations of other services, through the endpoints that are configured. */
#pragma once

#include "engine/task.h"
#include "tasks/calls.h"
#include "tasks/endpoints.h"

struct service_driver {
    struct calls *calls;         /* borrowed, as the endpoints */
    struct endpoints *endpoints; /* without one for the service no task is accepted */
    int64_t max_bytes;           /* of a result, unless the task says otherwise */
};

/* The table for the engine; d must outlive it. */
struct task_driver service_driver_table(struct service_driver *d);
