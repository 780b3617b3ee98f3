/* The third kind of failure: an error inside a state machine.  A value carried through Retry and
 * Catch (reference/asl.md section 11). */
#pragma once

#include "base/base.h"

/* name and cause are owned; zero-initialised means: no error. */
struct asl_error {
    char *name;  /* "States.Runtime", "CustomException", ...; NULL: the failure carries no name */
    char *cause; /* NULL: none (timeouts); may differ from "" */
    char *location;  /* JSONata: "Output/result" for EvaluationFailed; else NULL */
    bool evaluation; /* an EvaluationFailed event tells of it (JSONata, variable limits) */
    bool heartbeat;  /* a missed heartbeat: also answers to the name States.HeartbeatTimeout */
    bool no_prefix;  /* the cause goes without "An error occurred while executing the state" */
};

void asl_error_done(struct asl_error *e); /* also for CLEANUP */
/* Replaces what e held.  cause_format NULL: no cause. */
void asl_error_set(struct asl_error *e, const char *name, const char *cause_format, ...)
    PRINTF_LIKE(3, 4);
void asl_error_move(struct asl_error *to, struct asl_error *from);

/* Cuts name and cause to what events can hold: LIMIT_ERROR_CHARS and LIMIT_CAUSE_CHARS characters. */
void asl_error_cut(struct asl_error *e);

/* Puts the text between the service's prefix "An error occurred while executing the state 'X'
 * (entered at the event id #n). " and the cause, unless no_prefix. */
void asl_error_prefix(struct asl_error *e, const char *state, int64_t entered_event);

/* True when an ErrorEquals list names this error: by name, by States.ALL (all but
 * States.Runtime), by States.TaskFailed (all but States.Timeout, States.Runtime and what no task
 * raises). */
bool asl_error_matches(const struct asl_error *e, const char *const *names, size_t count);
