/* Jobs (.sync): which operation tells how one is doing, what its end looks like, which operation stops it
 * (reference/integrations.md 1, 2, 4 and 5).  Pure functions; the driver around them is job_driver.c.
 *
 * What starts a job is the ordinary operation: service.h. */
#pragma once

#include "aws/models.h"
#include "json/json.h"

struct job; /* a row of the table */

/* The job that a resource stands for, and the operation that starts it; NULL: nothing here waits for such a
 * thing.  *ret_start and *ret_service, which may be NULL, are as in aws_integration_find. */
const struct job *job_find(const char *arn, const char *type, const char *action,
                           struct aws_integration *ret_start,
                           const struct aws_service **ret_service);
/* Whether the resource ends in .sync or .sync:2. */
bool job_is_sync(const char *arn);

enum job_operation { JOB_DESCRIBE, JOB_STOP };

/* Its name: "describeTasks".  NULL: no operation stops such a job. */
const char *job_action(const struct job *j, enum job_operation operation);
/* Its parameters, new.  given: the task's parameters; reply: what starting the job was answered with.  NULL
 * when neither says which job it is. */
struct json *job_parameters(const struct job *j, enum job_operation operation,
                            const struct json *given, const struct json *reply) MUST_USE;

enum job_state {
    JOB_UNKNOWN, /* the description does not tell of the job */
    JOB_RUNS,
    JOB_SUCCEEDED,
    JOB_FAILED,
};
/* What a description says.  *ret_shown is set when the job has ended: what the task shows of it, its output
 * or its cause; a new reference. */
enum job_state job_look(const struct job *j, const struct json *description,
                        struct json **ret_shown);
/* The same when the service no longer knows what the job is about: JOB_UNKNOWN unless that was to be. */
enum job_state job_gone(const struct job *j, const struct json *reply, struct json **ret_shown);
