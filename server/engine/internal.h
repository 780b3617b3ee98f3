/* What the files of the engine share.  Included by engine/ only.
 *
 * The picture (design section 4):
 *
 *     engine --- machines, revisions (compiled definitions, shared)
 *        |
 *        +------ executions in memory: the RUNNING ones
 *                    |
 *                    +-- branch 0 (root) -- current state -- children: one branch for each branch of
 *                                                            a Parallel, each iteration of a Map
 *
 * A branch is a place in the definition plus what it takes to go on from there; its fields are the
 * checkpoint row.  Everything here belongs to the engine's thread. */
#pragma once

#include <string.h>

#include "asl/asl.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/engine.h"
#include "engine/event_log.h"
#include "engine/test_state.h"

/* ================================================================ payloads ===================== */

/* An immutable JSON text that several events and branches of ONE execution show; parsed at most once,
 * and not at all when nothing looks into it. */
struct payload {
    unsigned refs;
    uint32_t number; /* of its row in the store, 0: it has none */
    char *text;      /* owned */
    size_t len;
    size_t depth;       /* of nesting; beyond LIMIT_JSON_DEPTH the text could not be read back */
    struct json *value; /* NULL: not parsed yet */
};

struct payload *payload_from_text(struct text text) MUST_USE; /* copies; valid JSON */
struct payload *payload_from_value(struct json *value /* takes */) MUST_USE;
struct payload *payload_ref(struct payload *p) MUST_USE;
void payload_unref(struct payload *p);
void payload_unref_p(struct payload **p);            /* for CLEANUP */
const struct json *payload_value(struct payload *p); /* borrowed */
/* An array of the payloads, joined as they are written: a branch's output keeps the white space of its
 * text inside the array of a Parallel (recorded: reference/history.md section 1). */
struct payload *payload_from_list(struct payload *const *items, size_t len) MUST_USE;

/* ================================================================ machines ===================== */

struct machine {
    unsigned refs;
    int64_t id;
    char *account, *region, *name; /* owned */
    char *arn;                     /* owned */
    enum machine_type type;
    enum machine_status status;
    int64_t creation_ms;
    int64_t revision; /* the current one */
    unsigned running; /* executions in memory */
};

struct revision {
    unsigned refs;
    int64_t id;
    struct machine *machine; /* a reference */
    struct asl_machine *asl; /* a reference */
    char *role_arn;          /* owned */
    char **name_details;     /* by state index: "name":"X" as a fragment of details; owned */
    struct event_log_settings logging;
};

/* ================================================================ executions =================== */

enum branch_status { BRANCH_ACTIVE = 1, BRANCH_SUCCEEDED, BRANCH_FAILED, BRANCH_ABORTED };

/* Where in the life of its current state a branch stands.  Stored: append only. */
enum branch_phase {
    PHASE_ENTER = 1,            /* the state's Entered event comes next */
    PHASE_RUN = 2,              /* entered; its work (again) comes next */
    PHASE_TASK_START = 3,       /* Scheduled was written; Started and the request come next */
    PHASE_TASK_QUEUED = 4,      /* an activity task that waits for a worker */
    PHASE_TASK_RUNNING = 5,     /* a request is out, or a worker has the task */
    PHASE_TASK_CALLBACK = 6,    /* submitted; waits for its token */
    PHASE_WAIT = 7,             /* a Wait state that waits */
    PHASE_RETRY = 8,            /* waits for the delay of a retrier */
    PHASE_CHILDREN = 9,         /* a Parallel or Map with branches of its own */
    PHASE_MAP_RUN = 10,         /* a Map that waits for its Map Run */
    PHASE_MAP_RUN_REDRIVE = 11, /* a Map whose Map Run is to be redriven */
    PHASE_TASK_TIMED_OUT = 12,  /* TimedOut was written; Retry and Catch come next */
    PHASE_TASK_CHILD = 13,      /* starts an execution, or waits for it: engine/nested.h */
    PHASE_TASK_JOB = 14,        /* submitted; a driver watches the job */
};

/* Of two that are due together an execution's comes first: what its states wait for began later. */
enum timer_kind { TIMER_EXECUTION, TIMER_BRANCH };

/* One timer of a branch or execution, in the engine's heap. */
struct timer {
    int64_t due_ms; /* 0: not set */
    uint64_t order; /* of those due together the one set first is first */
    size_t at;      /* place in the heap, from 1; 0: not in it */
    enum timer_kind kind;
};

struct branch {
    struct execution *execution;
    struct branch *parent; /* NULL: the root */
    uint32_t number;       /* within the execution; the root is 0 */
    size_t slot;           /* branch of the Parallel, iteration of the Map */
    struct asl_scope *scope;
    struct asl_state *state;
    enum branch_status status;
    enum branch_phase phase;

    int64_t entered_event;    /* id of the state's Entered event, 0: not entered */
    int64_t entered_previous; /* what that event pointed back to */
    int64_t entered_ms;
    int64_t previous; /* what the next event of this branch points back to */

    struct payload *input;  /* raw input of the state */
    struct payload *work;   /* Task: its input; Parallel: the branches' input; Map: the items */
    struct payload *output; /* SUCCEEDED: of the branch; PHASE_TASK_JOB: the reply to the job */
    struct json *variables; /* of this scope, an object; NULL: none */
    int64_t variable_bytes;

    uint32_t *retries; /* by retrier of the state; NULL: none used yet; owned */
    int64_t retry_count;

    struct timer timer;
    int64_t deadline_ms;     /* Task: TimeoutSeconds runs out; 0: none or not started */
    int64_t heartbeat_at_ms; /* Task: HeartbeatSeconds runs out; timed out: 0 when it did not */
    int64_t timeout_seconds; /* as evaluated for this attempt; 0: none */
    int64_t heartbeat_seconds;
    int64_t scheduled_event;   /* of this attempt; with the branch it makes the token */
    uint32_t mock;             /* of this attempt: which invocation of a mocked state; 0: real */
    uint64_t task_id;          /* of a request to a driver; 0: none */
    char *role;                /* owned; of the state's Credentials, as evaluated; NULL: none */
    struct activity *activity; /* PHASE_TASK_QUEUED: whose queue holds it */
    struct branch *queue_prev, *queue_next; /* that queue */

    struct branch **children; /* PHASE_CHILDREN: by slot; owned */
    size_t children_len;      /* how many there will be */
    size_t children_next;     /* Map: the next slot to begin */
    size_t children_done;     /* how many succeeded */
    size_t concurrency;       /* Map: at most this many at once */

    struct map_run *map_run; /* PHASE_MAP_RUN: a reference; NULL: none that is open */
    int64_t map_run_id;      /* of its last attempt; 0: none, or none to be redriven */
    int64_t map_started;     /* id of that attempt's MapStateStarted */

    int64_t child;             /* PHASE_TASK_CHILD: id of the execution; 0: not started yet */
    struct execution *watched; /* that execution while it runs; NULL: not in its list of watchers */
    struct branch *watch_prev, *watch_next; /* that list */

    struct branch *run_next; /* the execution's run queue */
    bool queued;             /* in it */
    bool external;           /* counted among those that wait for something outside */
    bool dirty;              /* differs from its row; then in the dirty list */
    bool stored;             /* has a row */
    struct branch *dirty_next, *dirty_prev;
};

struct execution {
    struct engine *engine;
    int64_t id;
    struct revision *revision; /* a reference */
    char *name;                /* owned */
    char *arn;                 /* owned; made when first asked for */
    enum execution_status status;
    int64_t start_ms, stop_ms, redrive_ms, redrive_count, timeout_ms;
    int64_t event_count, payload_count, branch_count;
    struct payload *input, *output;
    char *error, *cause; /* owned */
    char *trace_header, *version_arn, *alias_arn;
    char *express_id;              /* owned; NULL: STANDARD.  See express.c */
    struct engine_command *waiter; /* StartSyncExecution */
    char *test_case;               /* owned; NULL: nothing is mocked */
    uint32_t *mock_counts;         /* with a test case, by state index: invocations so far; owned */
    int64_t variable_bytes;        /* of all branches */

    struct branch *root;
    struct branch *run_head, *run_tail; /* branches that can step now */
    struct branch *dirty_branches;
    size_t external; /* branches that wait for something outside: a task, a worker, a callback */
    struct timer timer;

    struct map_run *map_run; /* whose child it is, a reference; NULL: nobody's */
    int64_t item, item_count;
    struct execution *sibling_prev, *sibling_next; /* children that run */
    bool child_linked;                             /* in that list */
    struct branch *watchers; /* .sync tasks that wait for its end: engine/nested.h */
    bool stopping;           /* such a task has given up: it is about to be aborted */

    struct execution *run_next, *dirty_next, *new_next; /* the engine's lists */
    bool runnable, dirty, is_new, had_rows;
    struct test_run
        *test; /* TestState runs one state of it, nothing goes to the store; NULL: no test */
    bool full; /* the history has no room but for the last event */
    int64_t full_previous; /* what the event without room would have pointed back to */
};

struct activity {
    char *arn;                                    /* owned */
    int64_t id;                                   /* 0: deleted, or never created */
    struct branch *queue_head, *queue_tail;       /* tasks that wait for a worker */
    struct engine_command *poll_head, *poll_tail; /* workers that wait for a task */
    size_t polls;
};

/* ================================================================ the engine =================== */

struct task_message; /* what a driver reports, on its way in: engine/tasks.c */

/* A request to a driver that leaves after the commit. */
struct request_out {
    uint64_t id;
    struct branch *branch; /* NULL: given up meanwhile */
    struct map_run *run;   /* asked for by a Map Run; NULL: it was not, or was given up */
};

struct engine {
    struct store *store;
    struct clock *clock;
    struct limits limits;
    double wait_time_scale;
    uint64_t steps_per_tick;
    unsigned char secret[32]; /* of the task tokens, from the store's settings */

    struct task_driver drivers[16];
    size_t drivers_len;
    struct map *tasks; /* requests that are out, by id: struct branch */
    uint64_t last_task_id;
    struct request_out *requests; /* leave after the commit */
    size_t requests_len, requests_cap;
    struct {
        uint64_t id;
        size_t driver;
    } * cancels;
    size_t cancels_len, cancels_cap;

    int64_t now;            /* of this tick, service's time */
    struct map *executions; /* in memory, by id */
    struct map *machines;   /* by "account:region:name" */
    struct map *machines_by_id;
    struct map *revisions;  /* by id */
    struct map *activities; /* by ARN */
    struct map *open;       /* open executions by "account:region": a counter */
    struct map *map_runs;   /* open ones, by id */
    struct map_run *map_run_head, *map_run_tail, *map_run_dirty;
    struct map *map_requests;  /* requests of Map Runs that are out, by id: struct map_run */
    size_t objects_at_once;    /* Map Runs that may have objects in memory now */
    struct map *map_run_slots; /* those that may work, by "account:region": a counter */
    struct map_run *map_run_wait_head, *map_run_wait_tail;
    struct map *tick_names; /* executions begun in this tick, by machine id and name */
    int64_t last_execution_id;
    int64_t last_express_id;
    int64_t express_open; /* express executions in memory */
    struct event_sink sinks[ENGINE_SINKS];
    size_t sinks_len;
    bool sinks_log, sinks_status; /* one of them takes such events */
    struct strbuf line;           /* one of them on its way */
    struct mocks *mocks;          /* owned; NULL: none */

    struct execution *run_head, *run_tail;
    struct execution *dirty;
    struct execution *fresh; /* begun in this tick: no row yet */
    struct timer **heap;     /* heap[1..heap_len] */
    size_t heap_len, heap_cap;
    uint64_t timers_set;      /* ever */
    size_t external;          /* sum over executions */
    struct activity **polled; /* those with waiting workers */
    size_t polled_len, polled_cap;
    int64_t polls_deadline; /* no poll ends before (monotonic) */

    struct test_run *tests; /* those that run, and those whose answer is about to leave */
    bool tests_over;        /* some of them are of the latter kind */
    int64_t
        tests_deadline; /* no test ends for its age before (monotonic); INT64_MAX: there is none */

    struct engine_command *advance; /* an ENGINE_ADVANCE_CLOCK in progress */
    int64_t advance_to;
    int64_t *stops; /* ids of executions that are `stopping` */
    size_t stops_len, stops_cap;
    int64_t *deleting; /* machines being removed */
    size_t deleting_len, deleting_cap;
    int64_t next_expiry_ms; /* when to look for executions past their retention */

    struct engine_command *answered, *answered_tail; /* done() after the commit */
    struct strbuf scratch;                           /* details of events */
    struct arena arena;                              /* of one command */

    struct engine_stats stats; /* written by the engine's thread, read by others (atomics) */

    struct engine_inbox *inbox; /* the queue and the thread: engine/thread.c */
};

/* NULL equals NULL only. */
static inline bool strings_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* ---- engine.c ---- */
/* Opens the tick's transaction if it is not open. */
void engine_write(struct engine *e);
/* Ends the program with the store's message when r is negative: see engine_tick. */
void engine_must(struct engine *e, int r, const char *what);
/* Answers c after the commit. */
void engine_answer(struct engine *e, struct engine_command *c, enum engine_outcome outcome);

/* ---- machines.c ---- */
struct machine *machine_find(struct engine *e, const char *account, const char *region,
                             const char *name);
struct machine *machine_by_id(struct engine *e, int64_t id);
void machine_unref(struct machine *m);
void machine_forget(struct engine *e, struct machine *m);
/* The compiled revision, a new reference; NULL when it does not compile. */
struct revision *revision_get(struct engine *e, int64_t id) MUST_USE;
void revision_unref(struct revision *r);
void machines_clear(struct engine *e);
void machines_trim(struct engine *e);
void command_create_machine(struct engine *e, struct engine_command *c);
void command_update_machine(struct engine *e, struct engine_command *c);
void command_delete_machine(struct engine *e, struct engine_command *c);
/* Removes a bounded part of the machines in DELETING; true when some remain that could go on. */
bool machines_delete_some(struct engine *e);

/* ---- versions.c ---- */
/* Whether the machine has as many versions as it can. */
bool versions_full(struct engine *e, const struct machine *m);
/* Publishes the current revision, or finds the version it has already. */
enum engine_outcome version_publish(struct engine *e, const struct machine *m,
                                    const char *description, struct store_version *ret_version);
void command_publish_version(struct engine *e, struct engine_command *c);
void command_delete_version(struct engine *e, struct engine_command *c);

/* The revision that an execution keeps for life, and what it was started through. */
struct pinned {
    int64_t revision;
    char *version_arn, *alias_arn; /* owned; NULL: none */
};
/* What a command that starts an execution refers to: the current revision, a version, or one of an
 * alias's versions by chance. */
enum engine_outcome pinned_find(struct engine *e, const struct machine *m,
                                const struct engine_command *c, struct pinned *ret_pinned);
/* Hands the ARNs over to the execution. */
void pinned_move(struct pinned *p, struct execution *x);
void pinned_done(struct pinned *p); /* also for CLEANUP */

/* ---- aliases.c ---- */
void command_create_alias(struct engine *e, struct engine_command *c);
void command_update_alias(struct engine *e, struct engine_command *c);
void command_delete_alias(struct engine *e, struct engine_command *c);

/* ---- tags.c ---- */
void command_tag(struct engine *e, struct engine_command *c);
void command_untag(struct engine *e, struct engine_command *c);

/* ---- execution.c ---- */
void command_start_execution(struct engine *e, struct engine_command *c);
/* What c (ENGINE_START_EXECUTION or ENGINE_START_SYNC_EXECUTION) asks for; answers nothing.  *ret_execution is
 * set with ENGINE_OK: an execution that runs now, begun here or before under the same name. */
enum engine_outcome execution_start(struct engine *e, struct engine_command *c,
                                    struct execution **ret_execution) MUST_USE;
/* The parts of beginning that STANDARD and EXPRESS share. */
struct execution *execution_add(struct engine *e, struct revision *r /* takes */, int64_t id,
                                const char *name) MUST_USE;
void execution_begin(struct execution *x, const struct engine_command *c, int64_t seconds);
void command_stop_execution(struct engine *e, struct engine_command *c);
void command_redrive_execution(struct engine *e, struct engine_command *c);
/* Closes: status, final event, everything given up; output for SUCCEEDED, err (may be NULL) otherwise. */
void execution_close(struct execution *x, enum execution_status status, int64_t previous,
                     struct payload *output, const struct asl_error *err);
void execution_timed_out(struct execution *x);
void execution_make_runnable(struct execution *x);
void execution_set_dirty(struct execution *x);
/* Runs at most `steps` steps; returns how many it took. */
uint64_t execution_run(struct execution *x, uint64_t steps);
void execution_free(struct execution *x);
struct execution *execution_in_memory(struct engine *e, int64_t id);
/* Reads an execution with its checkpoints from the store into memory.  resume: its branches go on where they
 * stood (a restart); otherwise they are left to branch_redrive. */
struct execution *execution_load(struct engine *e, int64_t id, bool resume);
void execution_add_timeout_timer(struct execution *x);
/* The counter of the machine's account and region; counters are freed with their map. */
int64_t *engine_counter(struct map *counters, const struct machine *m);
int64_t *open_counter(struct engine *e, const struct machine *m);
void execution_write_started(struct execution *x);
/* Logs the ExecutionRedriven event that the store wrote, and tells of the new status. */
void execution_log_redriven(struct execution *x, int64_t event);
const char *execution_arn(struct execution *x);
/* x as its row will be; the texts are borrowed from x. */
void execution_row(const struct execution *x, struct store_execution *ret_row);

/* ---- status_event.c: changes of an execution's status, told to the sinks ---- */
/* Of a STANDARD execution in memory; does nothing for others. */
void status_event_tell(struct execution *x);
/* Of a child of a Map Run that is not in memory. */
void status_event_tell_child(struct map_run *run, int64_t execution);

/* ---- express.c: executions that live in memory only ---- */
/* Their ids are beyond those of the store, so neither can be taken for the other. */
#define EXPRESS_FIRST_ID (INT64_C(1) << 62)
/* Part of execution_start. */
enum engine_outcome express_start(struct engine *e, struct engine_command *c, struct pinned *pinned,
                                  struct execution **ret_execution);
/* In place of the rows that a STANDARD execution would write at the end of a tick. */
void express_flush(struct execution *x);
/* Answers whoever waits for an execution that leaves memory before it has ended. */
void express_abandon(struct execution *x, enum engine_outcome outcome);

/* ---- mock_tasks.c: tasks whose results a test case has ---- */
/* What an execution with a test case needs; checks nothing. */
void mock_tasks_begin(struct execution *x, const char *test_case);
/* Counts an invocation of the branch's Task if the test case lists the state; sets b->mock. */
void mock_tasks_count(struct branch *b);
/* Ends the request `id` with the result of the test case. */
void mock_tasks_answer(struct branch *b, uint64_t id);
/* The counters, as a member of the root's details; nothing when there are none. */
void mock_tasks_write(const struct execution *x, struct strbuf *sb);
void mock_tasks_read(struct execution *x, const struct json *details);
void command_set_mocks(struct engine *e, struct engine_command *c);
void command_get_mocks(struct engine *e, struct engine_command *c);

/* ---- checkpoint.c ---- */
/* Writes the rows of everything that changed in this tick. */
void checkpoint_flush(struct engine *e);
void checkpoint_load_branches(struct execution *x, bool resume);
/* The payload's place in a row: a payload row is written when the text is long and has none yet. */
struct store_text checkpoint_text(struct execution *x, struct payload *p);

/* ---- branch.c ---- */
struct branch *branch_new(struct execution *x, struct branch *parent, size_t slot,
                          struct asl_scope *scope) MUST_USE;
void branch_free(struct branch *b); /* with its children; their rows go too */
void branch_drop_children(struct branch *b);
void branch_set_dirty(struct branch *b);
void branch_make_runnable(struct branch *b);
void branch_step(struct branch *b);
/* Moves on to a state: its Entered event comes next. */
void branch_go(struct branch *b, struct asl_state *state, struct payload *input /* takes */);
/* The state is done: writes Exited and goes on to next, or ends the branch when next is NULL. */
void branch_leave(struct branch *b, struct payload *output /* takes */, struct json *assigned,
                  struct asl_state *next);
/* Stops waiting: timers, requests, queues. */
void branch_give_up(struct branch *b);
/* Says whether b waits for something outside the engine; saying it again changes nothing. */
void branch_wait_external(struct branch *b, bool on);
/* Makes a branch that an earlier close left unfinished run again (reference/redrive.md section 4). */
void branch_redrive(struct branch *b, int64_t redriven_event);

/* ---- history.c ---- */
/* Appends an event and returns its id, or 0 when the history is full (the execution then fails by itself).
 * details: members without braces. */
int64_t history_add(struct execution *x, enum event_type type, int64_t previous,
                    struct text details, struct payload *payload);
/* The same for an event of a branch: points back to b->previous and becomes it. */
int64_t history_step(struct branch *b, enum event_type type, struct text details,
                     struct payload *payload);
/* "error":...,"cause":... of err in the engine's scratch buffer, after what is there. */
struct text history_error(struct engine *e, const struct asl_error *err);
struct strbuf *history_scratch(struct engine *e); /* emptied */
struct text history_details(const struct strbuf *sb);
/* Logs an event if the machine's loggingConfiguration asks for it. */
void history_log(struct execution *x, const struct store_event *ev);
void history_add_member(struct strbuf *sb, const char *name, const char *value);

/* ---- context.c: what expressions read ---- */
struct flow_env {
    struct asl_env asl;
    struct branch *branch;
    struct json *context; /* the context object once somebody asked; owned */
    struct branch *item;  /* Map.Item is this iteration's (ItemSelector); NULL: the branch's own */
    bool with_token;      /* $$.Task.Token exists */
};
void flow_env_init(struct flow_env *env, struct branch *b, const struct json *input);
void flow_env_done(struct flow_env *env); /* also for CLEANUP */

/* ---- flow.c: InputPath to OutputPath, Assign ---- */
/* All return 0 or ERR_INVALID with err filled (no prefix yet); payloads are new references. */
MUST_USE int flow_input(struct branch *b, struct payload **ret_input, struct asl_error *err);
MUST_USE int flow_parameters(struct branch *b, struct payload *input, bool with_token,
                             struct payload **ret_work, struct asl_error *err);
struct flow_output {
    struct payload *output; /* a reference */
    struct json *assigned;  /* variables set, an object; NULL: none; a reference */
};
void flow_output_done(struct flow_output *o);
/* From a result to the state's output (ResultSelector, Assign, ResultPath, OutputPath; or Output). */
MUST_USE int flow_result(struct branch *b, struct payload *input, struct payload *result,
                         struct flow_output *ret_output, struct asl_error *err);
/* Of a catcher. */
MUST_USE int flow_caught(struct branch *b, const struct asl_catcher *catcher,
                         const struct asl_error *caught, struct flow_output *ret_output,
                         struct asl_error *err);
/* Of Choice (with the rule's own fields), Wait and Succeed: no result. */
MUST_USE int flow_pass_on(struct branch *b, const struct asl_expr *output,
                          const struct asl_expr *assign, struct flow_output *ret_output,
                          struct asl_error *err);
/* A payload of a value, or States.DataLimitExceeded named after the state. */
MUST_USE int flow_make(struct branch *b, struct json *value /* takes */,
                       struct payload **ret_payload, struct asl_error *err);
/* Whether a payload may be the state's: not too large (States.DataLimitExceeded), not nested too deeply. */
MUST_USE int flow_check(struct branch *b, const struct payload *p, struct asl_error *err);
void flow_data_limit(struct asl_error *err, const char *name);
/* States.QueryEvaluationError: expr gave a value of the wrong type.  Returns ERR_INVALID. */
int flow_type_error(struct asl_error *err, const struct asl_expr *expr, const char *expected,
                    const struct json *value);
/* The value as messages show it between quotes: a string's content, other values as JSON. */
char *flow_shown(const struct json *value) MUST_USE;

/* ---- retry.c: errors ---- */
/* The state of b failed with err (takes its content); the failing event is b->previous.  Retries, catches,
 * or ends the branch and tells its parent. */
void branch_error(struct branch *b, struct asl_error *err);
/* The same for an error of the language: prefix, EvaluationFailed event where there is one. */
void branch_runtime_error(struct branch *b, struct asl_error *err);

/* ---- timers.c ---- */
void timer_set(struct engine *e, struct timer *t, int64_t due_ms);
void timer_clear(struct engine *e, struct timer *t);
/* The timer that is due at or before ms, taken out of the heap; NULL: none. */
struct timer *timer_pop(struct engine *e, int64_t ms);
int64_t timer_next(const struct engine *e); /* INT64_MAX: none */

/* ---- state types: engine/state_<type>.c ---- */
struct state_ops {
    enum event_type entered, exited, aborted; /* 0: no such event */
    void (*run)(struct branch *b);            /* PHASE_RUN: after Entered, or again */
    void (*timer)(struct branch *b);          /* its timer ran out; NULL: has none */
};
extern const struct state_ops state_pass, state_choice, state_wait, state_succeed, state_fail,
    state_task, state_parallel, state_map;
const struct state_ops *state_ops(enum asl_state_type type);

/* containers: state_parallel.c and state_map.c share container.c */
void container_child_succeeded(struct branch *parent, struct branch *child);
void container_child_failed(struct branch *parent, struct branch *child, struct asl_error *err);
/* Ends the unfinished children of b because of failed_event. */
void container_abort_children(struct branch *b, int64_t failed_event);
/* Parallel's and Map's own part of that: all are done, one is done and there may be more. */
void parallel_finish(struct branch *b);
void map_iteration_succeeded(struct branch *b, struct branch *child);
void map_admit(struct branch *b, int64_t previous);
void map_iteration_event(struct branch *b, enum event_type type, size_t slot, int64_t previous);
/* The result of a container, from wherever it came: on to its output. */
void container_finish(struct branch *b, struct payload *result);
/* The fields of a Map, evaluated; they return 0 or ERR_INVALID with err filled. */
MUST_USE int map_items(struct branch *b, struct payload *input, struct payload **ret_items,
                       struct asl_error *err);
MUST_USE int map_concurrency(struct branch *b, struct payload *input, int64_t *ret_max,
                             struct asl_error *err);
/* The input of iteration `child`, whose slot says which item of b->work it is. */
MUST_USE int map_item(struct branch *b, struct branch *child, struct asl_error *err);

/* ---- map_fields.c: the fields of a Map in DISTRIBUTED mode ---- */
/* An integer field that is a constant, a path or an expression; `otherwise` when it is absent.  path_field
 * names its ...Path form in messages. */
MUST_USE int map_integer(struct branch *b, const struct asl_expr *expr, const struct json *input,
                         const char *path_field, int64_t otherwise, int64_t *ret_value,
                         struct asl_error *err);
struct map_tolerance {
    int64_t count;     /* -1: not given */
    double percentage; /* the same */
};
MUST_USE int map_tolerance(struct branch *b, struct payload *input, struct map_tolerance *ret_value,
                           struct asl_error *err);
/* Whether so many failures of so many iterations are too many. */
bool map_tolerance_exceeded(const struct map_tolerance *t, int64_t failures, int64_t iterations);
struct map_batching {
    int64_t max_items, max_bytes; /* 0: no limit */
    struct json *fixed;           /* BatchInput as evaluated; NULL: none; owned */
};
MUST_USE int map_batching_read(struct branch *b, const struct json *input,
                               struct map_batching *ret_batching, struct asl_error *err);
/* One batch of items. */
struct json *map_batch_finish(const struct map_batching *how,
                              struct json_array *items /* takes */) MUST_USE;
/* Puts items (an array) into batches {"BatchInput":...,"Items":[...]}: an array. */
MUST_USE int map_batches(struct branch *b, struct payload *input, const struct json *items,
                         struct json **ret_batches, struct asl_error *err);

/* ---- map_reader.c: what an ItemReader makes of the data it read ---- */
/* The items, an array.  ret_pointed: what ItemsPointer gave, NULL when there is none. */
MUST_USE int map_read(const struct asl_item_reader *reader, struct text data,
                      struct json **ret_items, struct json **ret_pointed, struct asl_error *err);

/* ---- test_state.c: TestState; b or x belong to a test ---- */
void command_test_state(struct engine *e, struct engine_command *c);
/* What the data flow came to.  Does nothing outside of tests. */
void test_note(struct branch *b, enum test_note what, struct payload *value);
/* The mocked work of a Task.  False when there is no mock. */
bool test_task(struct branch *b);
void test_parallel(struct branch *b);
void test_map(struct branch *b); /* test_map.c */
/* The state's end in its several ways. */
void test_left(struct branch *b, struct payload *output /* takes */,
               struct json *assigned /* takes */, const struct asl_state *next);
void test_failed(struct execution *x, const struct asl_error *err);
void test_retrier(struct branch *b, size_t index); /* it matches the error */
void test_retriable(struct branch *b, int64_t delay_ms, const struct asl_error *err);
void test_caught(struct branch *b, size_t index, const struct asl_error *err);
void test_refuse(struct branch *b, const char *message /* static */);
/* The context object given with the test, a new reference; NULL: none was. */
struct json *test_context(struct branch *b);
const struct test_state *test_of(const struct branch *b);
/* Whether b's task shall tell what it sends and receives, and what it told; outside of tests it need
 * not, and nobody listens. */
enum task_tracing test_tracing(const struct branch *b);
void test_take_trace(struct branch *b, struct arena *memory /* takes its content */,
                     const struct task_trace *trace);
void test_set_map(struct branch *b, int64_t max_concurrency, const struct map_tolerance *t);
void tests_expire(struct engine *e, int64_t monotonic); /* ends those that are too old */
void tests_sweep(struct engine *e);                     /* frees those whose answer has left */
void tests_clear(struct engine *e); /* answers those that run with ENGINE_STOPPING */

/* ---- state_task.c, tasks.c, tokens.c, activities.c ---- */
void task_start(struct branch *b);         /* PHASE_TASK_START */
void task_after_timeout(struct branch *b); /* PHASE_TASK_TIMED_OUT */
void task_leased(struct branch *b, const char *worker);
void task_succeeded(struct branch *b, struct text output);
void task_failed(struct branch *b, struct asl_error *err);
/* The task's work is under way elsewhere (TaskSubmitted shows the reply); `phase` is what it waits in. */
void task_submitted(struct branch *b, struct payload *reply, enum branch_phase phase);
/* A driver's job was taken; its request stays out. */
void task_job_submitted(struct branch *b, struct text reply);
/* Closes the execution when its machine is being deleted: no task of it begins or ends then. */
bool task_machine_is_gone(struct branch *b);
/* A mocked task that would have been submitted: says so, before its result. */
void task_mock_submitted(struct branch *b);
void task_set_timer(struct branch *b);

void tasks_request(struct branch *b); /* asks a driver, after the commit */
void tasks_cancel(struct branch *b);
void tasks_send(struct engine *e); /* after the commit */
/* Has the jobs watched that were read back, before anything else happens: what gives them up can then stop
 * them.  They began in an earlier transaction. */
void tasks_watch(struct engine *e);
void tasks_take(struct engine *e, struct task_message *m);
/* For requests that no branch asked for: engine/map_objects.c. */
void tasks_start_request(struct engine *e, const struct asl_resource *r,
                         const struct task_request *request);
void tasks_cancel_request(struct engine *e, uint64_t id, const struct asl_resource *r);
struct task_message *task_message_new(uint64_t id, const struct task_result *result) MUST_USE;
struct task_message *task_message_submitted(uint64_t id, struct text output) MUST_USE;
void task_message_set_next(struct task_message *m, struct task_message *next);
void task_message_free(struct task_message *m);
struct task_message *task_message_next(struct task_message *m);

#define TOKEN_SIZE 96
void token_make(struct branch *b, char token[TOKEN_SIZE]);
void command_task(struct engine *e, struct engine_command *c);

/* By ARN; made when there is none. */
struct activity *activity_find(struct engine *e, const char *arn);
/* NULL when the ARN names no activity that exists. */
struct activity *activity_by_arn(struct engine *e, const char *arn);
struct activity *activity_by_name(struct engine *e, const char *account, const char *region,
                                  const char *name);
void activity_enqueue(struct activity *a, struct branch *b);
void activity_dequeue(struct branch *b);
void activities_match(struct engine *e, struct activity *a);
void activities_clear(struct engine *e, enum engine_outcome outcome);
/* Answers polls whose time is over; returns the next such time (monotonic), INT64_MAX: none. */
int64_t activities_expire(struct engine *e, int64_t monotonic);
void command_create_activity(struct engine *e, struct engine_command *c);
void command_delete_activity(struct engine *e, struct engine_command *c);
void command_poll(struct engine *e, struct engine_command *c);

/* ---- thread.c ---- */
struct engine_inbox *inbox_new(void);
void inbox_free(struct engine_inbox *in);
/* Takes everything queued, in order. */
void inbox_take(struct engine *e, struct engine_command **ret_commands,
                struct task_message **ret_tasks);
