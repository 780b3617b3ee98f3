/* Where events go that leave the server beside the API's answers: lines of the log a machine asks for, and
 * changes of an execution's status.
 *
 * A sink is told on the engine's thread, in the order in which things happen; it copies what it keeps and
 * never blocks.  What it was told since the last flush may leave the process only after the next one, which
 * follows the commit. */
#pragma once

#include "base/base.h"

/* One line in the form of CloudWatch Logs (reference/history.md section 5). */
struct log_line {
    const char *group_arn; /* of the log group, as the machine names it; NULL: it names none */
    const char *machine;   /* name of the state machine */
    struct text text;      /* a JSON object, at most EVENT_LOG_LINE_BYTES */
};

/* "Step Functions Execution Status Change" (reference/integrations.md section 10). */
#define STATUS_SOURCE      "aws.states"
#define STATUS_DETAIL_TYPE "Step Functions Execution Status Change"
struct status_change {
    const char *account, *region, *execution_arn;
    int64_t time_ms;
    struct text detail; /* a JSON object */
};

struct event_sink {
    void *self;
    void (*log)(void *self, const struct log_line *line);           /* NULL: takes none */
    void (*status)(void *self, const struct status_change *change); /* NULL: takes none */
    void (*flush)(void *self);
};
