/* A task on its way: its request, copied, and the memory of all that is made for it. */
#pragma once

#include "base/arena.h"
#include "engine/task.h"

struct pending {
    struct engine *engine;       /* borrowed */
    struct task_request request; /* into arena */
    struct arena arena;
};

struct pending *pending_new(struct engine *e, const struct task_request *request) MUST_USE;
void pending_free(struct pending *p);
/* Reports the task's end to the engine. */
void pending_finish(struct pending *p, const struct task_result *result);
