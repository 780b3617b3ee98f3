/* The operations of other services: what is sent for a task, and what the answer means for it
 * (reference/integrations.md 1 to 5).  Pure functions; the driver around them is
 * service_driver.c. */
#pragma once

#include "aws/reply.h"
#include "base/arena.h"
#include "engine/task.h"
#include "tasks/calls.h"

/* The operation that a resource names, when this module can run it: not lambda:invoke, which has a
 * driver of its own, nor states:startExecution, which the engine runs, nor jobs (.sync: jobs.h).
 * *ret_service, which may be NULL, is set whenever the service is known. */
bool service_find(const char *arn, const char *type, const char *action,
                  struct aws_integration *ret_integration, const struct aws_service **ret_service);

/* Makes the request of a task; memory comes from a, and the task is borrowed.  endpoint is without a
 * slash at its end.  Returns false when the task has failed before anything is sent, with
 * *ret_failure set. */
bool service_request(struct arena *a, const struct aws_integration *i, const char *endpoint,
                     const struct task_request *task, struct call_request *ret_request,
                     struct task_result *ret_failure);

/* What the answer means; max_bytes is the most a result may have. */
void service_result(struct arena *a, const struct aws_integration *i,
                    const struct task_request *task, const struct call_response *r,
                    int64_t max_bytes, struct task_result *ret_result);

/* The parts of service_result: what a good answer says, new (NULL: *ret_failure is set); a result that
 * shows a value; a failure whose cause shows one. */
struct json *service_read(struct arena *a, const struct aws_integration *i,
                          const struct task_request *task, const struct call_response *r,
                          struct task_result *ret_failure) MUST_USE;
void service_output(struct arena *a, const struct json *value, const char *type, int64_t max_bytes,
                    struct task_result *ret_result);
void service_fail_with(struct arena *a, const char *error, const struct json *value,
                       struct task_result *ret_result);

/* Before the dot of an error's name: "SQS", "SecretsManager". */
const char *service_error_prefix(const struct aws_integration *i);

/* Fills *ret with "<prefix>.SdkClientException": nobody answered, or not as the protocol wants. */
void service_client_error(struct arena *a, struct task_result *ret, const struct aws_integration *i,
                          const char *format, const char *reason);
/* Fills *ret with an error in the words of the service's client (reference/integrations.md 4). */
void service_error(struct arena *a, struct task_result *ret, const struct aws_integration *i,
                   int status, const struct aws_failure *failure);
