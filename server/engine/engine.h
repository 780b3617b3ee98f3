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
#include "engine/event_sink.h"
#include "engine/mocks.h"
#include "engine/task.h"
#include "store/store.h"

struct engine;
struct test_state;

/* Why a command was refused, or that it was not. */
enum engine_outcome {
    ENGINE_OK,
    ENGINE_NO_MACHINE,
    ENGINE_MACHINE_DELETING,
    ENGINE_MACHINE_EXISTS, /* under that name, with other content */
    ENGINE_MACHINE_LIMIT,
    ENGINE_BAD_DEFINITION, /* a stored definition no longer compiles */
    ENGINE_NOTHING_TO_UPDATE,
    ENGINE_PUBLISHED,           /* created again without publishing, but it has versions */
    ENGINE_PUBLISHED_OTHERWISE, /* created again with another description of the version */
    ENGINE_REVISION_CONFLICT,   /* another revision is current: command.version.current */
    ENGINE_NO_VERSION,
    ENGINE_VERSION_LIMIT,
    ENGINE_VERSION_IN_USE, /* by command.version.aliases */
    ENGINE_NO_ALIAS,
    ENGINE_ALIAS_EXISTS, /* with other content */
    ENGINE_ALIAS_LIMIT,
    ENGINE_DANGLING,     /* the alias, or a version it shall point to, does not exist */
    ENGINE_MACHINE_TYPE, /* StartSyncExecution of a STANDARD machine */
    ENGINE_NO_TEST_CASE, /* the mock configuration does not have it */
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
    ENGINE_NO_RESOURCE,  /* to be tagged */
    ENGINE_TOO_MANY_TAGS,
    ENGINE_NO_MAP_RUN,
    ENGINE_MAP_RUN_CLOSED, /* UpdateMapRun of one that has ended */
    ENGINE_STOPPING,       /* the server shuts down */
};

enum engine_command_type {
    ENGINE_CREATE_MACHINE,
    ENGINE_UPDATE_MACHINE,
    ENGINE_DELETE_MACHINE,
    ENGINE_PUBLISH_VERSION,
    ENGINE_DELETE_VERSION,
    ENGINE_CREATE_ALIAS,
    ENGINE_UPDATE_ALIAS,
    ENGINE_DELETE_ALIAS,
    ENGINE_START_EXECUTION,
    ENGINE_START_SYNC_EXECUTION, /* answered when the execution has ended */
    ENGINE_STOP_EXECUTION,
    ENGINE_REDRIVE_EXECUTION,
    ENGINE_CREATE_ACTIVITY,
    ENGINE_DELETE_ACTIVITY,
    ENGINE_GET_ACTIVITY_TASK,
    ENGINE_TASK_SUCCESS,
    ENGINE_TASK_FAILURE,
    ENGINE_TASK_HEARTBEAT,
    ENGINE_TASK_CHECK, /* whether a token is good; nothing else */
    ENGINE_TAG,
    ENGINE_UNTAG,
    ENGINE_SET_MOCKS,
    ENGINE_GET_MOCKS,
    ENGINE_TEST_STATE, /* engine/test_state.h */
    ENGINE_UPDATE_MAP_RUN,
    ENGINE_ADVANCE_CLOCK,
    ENGINE_RESET, /* forget everything */
};

/* What the revision of a machine that was never updated is called. */
#define ENGINE_INITIAL_REVISION "INITIAL"

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
            bool publish;                    /* what is current then */
            const char *version_description; /* NULL: none */
            int64_t version;                 /* out: its number, when published */
            int64_t date_ms;                 /* out: creation or update date */
            char revision_id[40];            /* out: "" for the initial revision */
        } machine;
        struct {
            int64_t number;          /* delete; publish, out */
            const char *revision_id; /* publish: what must be current; NULL: whatever is */
            const char *description; /* NULL: none */
            int64_t date_ms;         /* out: when it was published */
            char current[40];        /* out, with ENGINE_REVISION_CONFLICT */
            const char *aliases;     /* out, with ENGINE_VERSION_IN_USE: "A, B" */
        } version;
        struct {
            const char *alias;
            const char *description; /* create: NULL for none; update: NULL leaves it */
            struct store_route routes[STORE_ROUTES_MAX];
            size_t routes_len; /* update: 0 leaves them */
            int64_t date_ms;   /* out: creation or update date */
        } alias;
        struct {
            const char *execution; /* name; start: NULL makes a UUID */
            int64_t version;       /* of the machine; 0: the current revision */
            const char *alias;     /* picks the version instead; NULL: none */
            struct text input;
            const char *trace_header;
            const char *test_case; /* of the mock configuration; NULL: none */
            char made_name[40];    /* out: the UUID, when one was made */
            char express_id[40];   /* out: the UUID that ends an express ARN, else "" */
            int64_t date_ms;       /* out: start date */
            struct {
                enum execution_status status;
                int64_t stop_ms;
                struct text output;        /* TEXT_NONE unless SUCCEEDED */
                const char *error, *cause; /* NULL: none */
            } result;                      /* out, of ENGINE_START_SYNC_EXECUTION */
        } start;
        struct {
            const char *execution;
            const char *label;         /* of a Map Run's child; NULL: none */
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
            bool activity;                 /* the name is an activity's, else a machine's */
            const struct engine_tag *tags; /* untag: the values do not matter */
            size_t tags_len;
        } tag;
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
            struct mocks *mocks; /* set: taken, whatever the outcome; NULL: none from now on */
            struct text text;    /* get, out: TEXT_NONE when there are none */
        } mocks;
        struct test_state *test; /* the caller's */
        struct {
            const char *label, *uuid;
            int64_t max_concurrency, tolerated_count; /* -1 leaves it */
            double tolerated_percentage;              /* the same */
        } map_run;
        struct {
            int64_t ms;     /* forward */
            int64_t now_ms; /* out */
        } clock;
    } u;
};

enum { ENGINE_SINKS = 4 };

struct engine_config {
    struct store *store; /* a writer; taken: closed by engine_free */
    struct clock *clock; /* borrowed */
    struct limits limits;
    double wait_time_scale;  /* factor for Wait states, 1 by default */
    uint64_t steps_per_tick; /* 0: the default */
    struct mocks *mocks;     /* taken; NULL: none */
    struct event_sink sinks[ENGINE_SINKS];
    size_t sinks_len;
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
