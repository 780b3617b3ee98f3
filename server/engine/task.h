/* How the engine gets work done outside itself.
 *
 * A driver is a table of functions.  The engine calls start() on its own thread, after the transaction
 * that holds the request's events has committed; start must not block.  Later, from any thread, the
 * driver calls engine_task_finished() exactly once for each start, unless cancel() came first: after
 * cancel a result is welcome but ignored.
 *
 * A job (.sync) has two parts: once the service has taken it, the driver says so with
 * engine_task_submitted() and then watches it to its end.  Cancelling such a task should stop the job.
 *
 * A request may come again after a restart of the process (at-least-once): with the same token, and with
 * what was submitted, if anything was; then the job is there, and is only to be watched. */
#pragma once

#include "base/base.h"

struct engine;

/* Whether TestState wants to see what is sent and received, and with what is secret in it. */
enum task_tracing { TASK_UNTRACED, TASK_TRACED, TASK_TRACED_WITH_SECRETS };

/* Why a task is asked for: everything a driver may need, borrowed for the call. */
struct task_request {
    uint64_t id;        /* the engine's number for this attempt */
    const char *arn;    /* the state's Resource as written */
    const char *type;   /* integrations: "lambda", "aws-sdk:sqs"; NULL for function ARNs */
    const char *action; /* integrations: "invoke"; NULL for function ARNs */
    struct text input;  /* JSON text: the effective input, or the evaluated Parameters */
    const char *account, *region; /* which it acts in: the account of role_arn, if there is one */
    const char *execution_arn, *state;
    const char *token;    /* the task token */
    const char *role_arn; /* of the state's Credentials, in whose account it acts; NULL: none */
    /* What a Map asks S3 for itself (type "s3"): results are larger than a state's may be, and an
     * object's bytes are the output as they are. */
    size_t max_bytes; /* of the result; 0: the service's limit for a state's data */
    bool raw;
    struct text
        submitted; /* JSON text: the reply to a job that was taken; TEXT_NONE: there is none */
    enum task_tracing tracing; /* only HTTP Tasks tell anything */
};

/* One message, as TestState shows it; TEXT_NONE for what it lacks. */
struct task_message_trace {
    struct text protocol, headers, body;
    struct text method, url;                 /* of a request */
    struct text status_code, status_message; /* of a response */
};

struct task_trace {
    struct task_message_trace request;
    struct task_message_trace response; /* protocol is TEXT_NONE: there was none */
};

enum task_outcome { TASK_SUCCEEDED, TASK_FAILED };

/* What came of it; strings are copied by the call that takes it. */
struct task_result {
    enum task_outcome outcome;
    struct text output;             /* JSON text, SUCCEEDED */
    const char *error;              /* FAILED; NULL: none */
    struct text cause;              /* FAILED; TEXT_NONE: none */
    const struct task_trace *trace; /* NULL: none */
};

struct task_driver {
    const char *name;
    void *self;
    /* True when this driver runs such a resource (type and action as in task_request). */
    bool (*accepts)(void *self, const char *arn, const char *type, const char *action);
    void (*start)(void *self, struct engine *e, const struct task_request *request);
    void (*cancel)(void *self, uint64_t id);
};

/* Reports that the service has taken the job that request `id` asked for, once and before its end; output
 * is the reply, JSON text.  Safe from any thread; copies it. */
void engine_task_submitted(struct engine *e, uint64_t id, struct text output);

/* Reports the end of request `id`; safe from any thread.  Copies what it needs. */
void engine_task_finished(struct engine *e, uint64_t id, const struct task_result *result);
