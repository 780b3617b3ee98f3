/* Lambda's Invoke: what is sent for a task, and what the answer means for it
 * (reference/integrations.md 4 and 5).  Pure functions; the driver around them is
 * lambda_driver.c. */
#pragma once

#include "base/arena.h"
#include "base/strbuf.h"
#include "engine/task.h"
#include "tasks/calls.h"

/* A function as people name it: "name", "name:qualifier", "account:function:name[:qualifier]" or
 * an ARN. Parts that are not given are TEXT_NONE. */
struct lambda_function {
    struct text name, qualifier, account, region;
};

/* Returns false when it is none of these.  Borrows from s. */
bool lambda_function_parse(struct text s, struct lambda_function *ret_function);

/* True for function ARNs (type NULL) and for the integration lambda:invoke. */
bool lambda_accepts(const char *arn, const char *type, const char *action);

/* Makes the request of a task that lambda_accepts; memory comes from a, and the task is
 * borrowed. endpoint is without a slash at its end.  Returns false when the task has failed
 * before anything is sent, with *ret_failure set. */
bool lambda_request(struct arena *a, const char *endpoint, const struct task_request *task,
                    struct call_request *ret_request, struct task_result *ret_failure);

/* Whether a payload is JSON, as Lambda wants it; *problem, else, is what Lambda says. */
bool lambda_payload_valid(struct text payload, struct strbuf *problem);

/* What the answer means; max_bytes is the service's limit for a result. */
void lambda_result(struct arena *a, const struct task_request *task, const struct call_response *r,
                   int64_t max_bytes, struct task_result *ret_result);
