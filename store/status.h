/* The states an execution can be in, and the moves between them. */
#pragma once

#include "base/base.h"

enum execution_status {
    EXECUTION_RUNNING = 1,
    EXECUTION_SUCCEEDED = 2,
    EXECUTION_FAILED = 3,
    EXECUTION_TIMED_OUT = 4,
    EXECUTION_ABORTED = 5,
    EXECUTION_PENDING_REDRIVE = 6, /* a child of a Map Run that waits for its turn */
};

/* "RUNNING", ... */
const char *execution_status_name(enum execution_status status);
bool execution_status_parse(const char *name, enum execution_status *ret_status);
bool execution_status_is_closed(enum execution_status status);
/* True when a move from one to the other is in the table of allowed moves. */
bool execution_status_can_move(enum execution_status from, enum execution_status to);

enum machine_status { MACHINE_ACTIVE = 1, MACHINE_DELETING = 2 };
enum machine_type { MACHINE_STANDARD = 1, MACHINE_EXPRESS = 2 };
