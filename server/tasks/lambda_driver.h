/* The driver of Lambda functions: by ARN, and through the integration lambda:invoke. */
#pragma once

#include "engine/task.h"
#include "tasks/calls.h"
#include "tasks/endpoints.h"

struct lambda_driver {
    struct calls *calls;         /* borrowed, as the endpoints */
    struct endpoints *endpoints; /* without one for Lambda no task is accepted */
    int64_t max_bytes;           /* of a result */
};

/* The table for the engine; d must outlive it. */
struct task_driver lambda_driver_table(struct lambda_driver *d);
