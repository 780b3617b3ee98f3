/* Results of tasks, made of memory from an arena. */
#pragma once

#include "base/arena.h"
#include "engine/task.h"

/* Fills *ret with a failure.  Error and cause are cut at the service's lengths. */
void result_fail(struct arena *a, struct task_result *ret, const char *error, const char *format,
                 ...) PRINTF_LIKE(4, 5);
void result_fail_text(struct arena *a, struct task_result *ret, struct text error,
                      struct text cause);
/* What the service says of a result over its limit; `what` is the integration's service or the
 * resource's ARN (reference/history.md 4, limits). */
void result_too_large(struct arena *a, struct task_result *ret, const char *what);
