/* The driver of jobs (.sync) of other services, through the endpoints that are configured.
 *
 *     start the job -> submitted -> describe it, again and again -> the task's end
 *                                        cancelled: -> stop the job, if an operation does that
 *
 * Between two looks the job waits in the calls' thread, longer from time to time.  That is the world's time,
 * whatever the server's clock does: the job knows nothing of it.  After a restart the engine hands the reply
 * in, and the first look comes at once. */
#pragma once

#include "engine/task.h"
#include "tasks/calls.h"
#include "tasks/endpoints.h"

#define JOB_FIRST_MS     200 /* between two looks: twice as long each time, */
#define JOB_MOST_MS      5000
#define JOB_BAD_LOOKS    10 /* in a row: nobody knows what became of the job, and its task fails */
#define JOB_LOOK_SECONDS 60 /* for an answer */

struct job_driver {
    struct calls *calls;         /* borrowed, as the endpoints */
    struct endpoints *endpoints; /* without one for the service no task is accepted */
    int64_t max_bytes;           /* of a result */
    int64_t first_ms, most_ms;   /* between two looks */
};

/* The table for the engine; d must outlive it. */
struct task_driver job_driver_table(struct job_driver *d);
