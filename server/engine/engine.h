/* The engine: executions, timers, task tokens, and the only connection that writes to the store.
 *
 * Two layers.  The core (engine_new, engine_tick, engine_deadline) has no thread, no socket and no clock
 * of its own: a test drives it directly.  engine_start puts one thread around it.
 *
 * Callers send commands.  A command is a struct the caller owns and keeps alive until its done() was
 * called; done() runs on the engine's thread after the transaction that holds the command's effect has
 * committed (design: what is not in the store did not happen), and must not block.
 *
 * Reads do not come here: they go to the store through connections of their own. */
#pragma once

#include "base/clock.h"
#include "base/limits.h"
#include "engine/task.h"
#include "store/store.h"

struct engine;

/* Why a command was refused, or that it was not. */
enum engine_outcome {
    ENGINE_OK,
    ENGINE_NO_MACHINE,
    ENGINE_MACHINE_DELETING,
    ENGINE_MACHINE_EXISTS, /* under that name, with other content */
    ENGINE_MACHINE_LIMIT,
    ENGINE_BAD_DEFINITION, /* a stored definition no longer compiles */
    ENGINE_NOTHING_TO_UPDATE,
    ENGINE_NO_EXECUTION,
    ENGINE_EXECUTION_EXISTS,
    ENGINE_EXECUTION_LIMIT,
    ENGINE_NOT_REDRIVABLE, /* command.redrive.reason says why */
    ENGINE_NO_ACTIVITY,
    ENGINE_ACTIVITY_EXISTS, /* with another encryption */
    ENGINE_ACTIVITY_LIMIT,
    ENGINE_WORKER_LIMIT, /* too many pollers of one activity */
    ENGINE_BAD_TOKEN,    /* not a token of this server */
    ENGINE_TASK_CLOSED,  /* a token whose task is over: command.task.resource names it */
    ENGINE_TOO_MANY_TAGS,
    ENGINE_STOPPING, /* the server shuts down */
};

enum engine_command_type {
    ENGINE_CREATE_MACHINE,
    ENGINE_UPDATE_MACHINE,
    ENGINE_DELETE_MACHINE,
    ENGINE_START_EXECUTION,
    ENGINE_STOP_EXECUTION,
    ENGINE_REDRIVE_EXECUTION,
    ENGINE_CREATE_ACTIVITY,
    ENGINE_DELETE_ACTIVITY,
    ENGINE_GET_ACTIVITY_TASK,
    ENGINE_TASK_SUCCESS,
    ENGINE_TASK_FAILURE,
    ENGINE_TASK_HEARTBEAT,
    ENGINE_ADVANCE_CLOCK,
    ENGINE_RESET, /* forget everything */
};

struct engine_tag {
    const char *key, *value;
};

/* Inputs are borrowed from the caller until done(); outputs marked "out" are valid during done() only,
 * unless they are numbers. */
struct engine_command {
    enum engine_command_type type;
    void (*done)(struct engine_command *c);
    void *arg; /* the caller's */

    const char *account, *region; /* of every command but the clock's */
    const char *name;             /* of the state machine or activity */

    enum engine_outcome outcome; /* out */
    struct engine_command *next; /* the engine's, while it has the command */

    union {
        struct {
            enum machine_type type;                     /* create */
            struct text definition;                     /* update: TEXT_NONE leaves it */
            const char *role_arn;                       /* update, here and below: NULL leaves it */
            const char *logging, *tracing, *encryption; /* JSON */
            const char *variable_references;            /* goes with definition */
            const struct engine_tag *tags;
            size_t tags_len;
            int64_t date_ms;      /* out: creation or update date */
            char revision_id[40]; /* out: "" for the initial revision */
        } machine;
        struct {
            const char *execution; /* name; start: NULL makes a UUID */
            struct text input;
            const char *trace_header;
            char made_name[40]; /* out: the UUID, when one was made */
            int64_t date_ms;    /* out: start date */
        } start;
        struct {
            const char *execution;
            const char *error, *cause; /* NULL: none */
            int64_t date_ms;           /* out: stop date */
        } stop;
        struct {
            const char *execution;
            const char *token;          /* NULL: none */
            int64_t date_ms;            /* out: redrive date */
            enum redrive_reason reason; /* out, with ENGINE_NOT_REDRIVABLE */
        } redrive;
        struct {
            const char *encryption;
            const struct engine_tag *tags;
            size_t tags_len;
            int64_t date_ms; /* out: creation date */
        } activity;
        struct {
            const char *worker; /* NULL: none */
            /* Whether the client is still there; asked on the engine's thread before a task is given
             * to it.  NULL: always. */
            bool (*alive)(struct engine_command *c);
            int64_t deadline;  /* clock_monotonic() at which the poll is answered empty */
            const char *token; /* out: NULL when there was no task */
            struct text input; /* out */
        } poll;
        struct {
            const char *token;
            struct text output;        /* success: JSON text, checked by the caller */
            const char *error, *cause; /* failure; NULL: none */
            char *resource; /* out, with ENGINE_TASK_CLOSED: the activity's or task's ARN;
                                          malloc'ed, for done() to free */
        } task;
        struct {
            int64_t ms;     /* forward */
            int64_t now_ms; /* out */
        } clock;
    } u;
};

struct engine_config {
    struct store *store; /* a writer; taken: closed by engine_free */
    struct clock *clock; /* borrowed */
    struct limits limits;
    double wait_time_scale;  /* factor for Wait states, 1 by default */
    uint64_t steps_per_tick; /* 0: the default */
};

/* Opens an engine over a store and loads every running execution from it.  ret_engine unset and a
 * negative code when the store cannot be read. */
MUST_USE int engine_new(const struct engine_config *config, struct engine **ret_engine,
                        struct err *err);
/* Stops the thread if there is one, answers waiting commands with ENGINE_STOPPING, closes the store. */
void engine_free(struct engine *e);
/* Registers a driver (copied).  Asked in the order of registration.  Before the first tick. */
void engine_add_driver(struct engine *e, const struct task_driver *driver);

/* Queues a command; safe from any thread. */
void engine_post(struct engine *e, struct engine_command *c);

/* ---- the core, driven by hand or by the thread ---- */
/* Takes what is queued and what is due, runs, commits, sends replies and task requests.  Returns true when
 * there is more to do at once.  A failing store ends the program: what could not be written did not
 * happen. */
bool engine_tick(struct engine *e);
/* The service's time at which something is due, INT64_MAX when nothing is. */
int64_t engine_deadline(const struct engine *e);

/* ---- the thread ---- */
MUST_USE int engine_start(struct engine *e);
void engine_stop(struct engine *e); /* returns when the tick in progress has committed */

/* ---- numbers for /_sfnd/health and /_sfnd/metrics; safe from any thread ---- */
struct engine_stats {
    uint64_t running; /* open executions in memory */
    uint64_t started, succeeded, failed, timed_out, aborted, redriven; /* since the process began */
    uint64_t ticks, commits, events;
};
void engine_get_stats(const struct engine *e, struct engine_stats *ret_stats);
