/* apigateway:invoke: a plain HTTP request to an API, through the endpoint that stands for all of them
 * ("execute-api"); the API's own host name goes along as the Host header (reference/integrations.md 1,
 * 2 and 4). */
#pragma once

#include "base/arena.h"
#include "engine/task.h"
#include "tasks/calls.h"

bool gateway_accepts(const char *type, const char *action);

/* As service_request and service_result (service.h). */
bool gateway_request(struct arena *a, const char *endpoint, const struct task_request *task,
                     struct call_request *ret_request, struct task_result *ret_failure);
void gateway_result(struct arena *a, const struct task_request *task, const struct call_response *r,
                    int64_t max_bytes, struct task_result *ret_result);
