/* Whether a log group is there: asked when a machine that logs to it is created or updated.  Implemented
 * where other services are called, registered by main. */
#pragma once

#include "base/base.h"

struct log_groups {
    void *self;
    /* Calls answer(arg, missing) once, soon and on another thread, possibly before it returns: true only
     * when the service knows no such group, false also when it cannot be asked.  Returns false, and answers
     * nothing, when there is nobody to ask.  The ARN is copied. */
    bool (*ask)(void *self, const char *group_arn, void (*answer)(void *arg, bool missing),
                void *arg);
};
