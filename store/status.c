#include <string.h>

#include "store/status.h"

static const char *const status_names[] = {
    [EXECUTION_RUNNING] = "RUNNING", [EXECUTION_SUCCEEDED] = "SUCCEEDED",
    [EXECUTION_FAILED] = "FAILED",   [EXECUTION_TIMED_OUT] = "TIMED_OUT",
    [EXECUTION_ABORTED] = "ABORTED", [EXECUTION_PENDING_REDRIVE] = "PENDING_REDRIVE",
};

#define TO(status) (1U << EXECUTION_##status)

/* From each status, the ones it can become.  SUCCEEDED is final; the other three closed ones can be
 * redriven, a child of a Map Run after a wait in PENDING_REDRIVE. */
static const unsigned moves[ARRAY_LEN(status_names)] = {
    [EXECUTION_RUNNING] = TO(SUCCEEDED) | TO(FAILED) | TO(TIMED_OUT) | TO(ABORTED),
    [EXECUTION_FAILED] = TO(RUNNING) | TO(PENDING_REDRIVE),
    [EXECUTION_TIMED_OUT] = TO(RUNNING) | TO(PENDING_REDRIVE),
    [EXECUTION_ABORTED] = TO(RUNNING) | TO(PENDING_REDRIVE),
    [EXECUTION_PENDING_REDRIVE] = TO(RUNNING) | TO(ABORTED),
};

static bool is_status(unsigned status)
{
    return status < ARRAY_LEN(status_names) && status_names[status];
}

const char *execution_status_name(enum execution_status status)
{
    CHECK(is_status(status));
    return status_names[status];
}

bool execution_status_parse(const char *name, enum execution_status *ret_status)
{
    for (unsigned i = 0; i < ARRAY_LEN(status_names); i++) {
        if (status_names[i] && strcmp(status_names[i], name) == 0) {
            *ret_status = (enum execution_status)i;
            return true;
        }
    }
    return false;
}

bool execution_status_is_closed(enum execution_status status)
{
    return status != EXECUTION_RUNNING && status != EXECUTION_PENDING_REDRIVE;
}

bool execution_status_can_move(enum execution_status from, enum execution_status to)
{
    CHECK(is_status(from) && is_status(to));
    return moves[from] >> to & 1;
}
