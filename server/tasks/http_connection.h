/* The connection of an HTTP Task, asked for at EventBridge and Secrets Manager: requests, and what
 * their answers mean.  Pure functions. */
#pragma once

#include "base/arena.h"
#include "engine/task.h"
#include "tasks/calls.h"
#include "tasks/connection.h"

#define HTTP_CONNECTION_SECONDS 30
#define HTTP_CONNECTION_BYTES   262144 /* of an answer */

/* The failure when there is nowhere to look for a connection; has_file: but in a file, which does
 * not have it. */
void http_connection_missing(struct arena *a, const struct connection_arn *arn, bool has_file,
                             struct task_result *ret_failure);

void http_connection_describe(struct arena *a, const char *endpoint,
                              const struct connection_arn *arn, struct call_request *ret_request);
/* What DescribeConnection answered, a new value; NULL when the task has failed with
 * *ret_failure. */
struct json *http_connection_description(struct arena *a, const struct connection_arn *arn,
                                         const struct call_response *r,
                                         struct task_result *ret_failure) MUST_USE;

void http_connection_ask_secret(struct arena *a, const char *endpoint,
                                const struct connection_arn *arn, const struct json *secret_arn,
                                struct call_request *ret_request);
/* The secret's content, a new value; NULL when the task has failed with *ret_failure. */
struct json *http_connection_secret(struct arena *a, const struct connection_arn *arn,
                                    const struct call_response *r,
                                    struct task_result *ret_failure) MUST_USE;
