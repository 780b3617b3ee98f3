/* The driver of what no other driver runs: it fails the task and says what is missing. */
#pragma once

#include "engine/task.h"

/* The cause: which setting is missing, or that the integration is not there.  Memory from
 * malloc. */
char *fallback_cause(const char *arn, const char *type, const char *action) MUST_USE;

struct task_driver fallback_driver_table(void);
