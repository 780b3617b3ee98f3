/* Everything that outlives the process, in SQLite.  The only user of sqlite3.h.
 *
 * Plain structs in and out; JSON is text here.  A struct store is one connection and belongs to one
 * thread at a time.  One connection writes (the engine's); any number read beside it (WAL).
 *
 * Every call returns 0 or a negative ERR_ code; ERR_DB is a failure of the database itself, whose
 * text store_error() has.  Strings passed in are borrowed for the call.  Rows handed out hold
 * strings that live in the arena given.  A visit function must not call the store. */
#pragma once

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"
#include "base/limits.h"
#include "store/event_types.h"
#include "store/status.h"

struct store;

/* ---- opening ---- */
enum store_flags {
    STORE_WRITER = 1,  /* create, migrate, write; otherwise read only */
    STORE_DURABLE = 2, /* synchronous=FULL: survives a power cut, not only a killed process */
    STORE_TEMPORARY =
        4, /* synchronous=OFF: nobody opens the file after a power cut; twice as fast */
};

/* Opens FILE (":memory:" for tests; it has no readers).  A writer takes an exclusive lock beside
 * the file, FILE.lock, so that two servers cannot share it: ERR_EXISTS then; ERR_INVALID for a file
 * of a newer schema or of another program, or, for a reader, one that no writer has prepared;
 * ERR_IO when it cannot be opened; ERR_DB. */
MUST_USE int store_open(const char *file, unsigned flags, struct store **ret_store,
                        struct err *err);
/* Accepts NULL; rolls back.  The last connection of a file moves the log into it. */
void store_close(struct store *s);
const char *store_error(const struct store *s);
/* Removes FILE and what is kept beside it. */
void store_remove_files(const char *file);

/* ---- transactions (writer) ----
 * A write outside of a transaction is one of its own.  After ERR_DB within a transaction every
 * later call of it, and its commit, answer ERR_DB as well: nothing half done is ever committed.
 * Any other error leaves the transaction as it was before the call. */
MUST_USE int store_begin(struct store *s);
/* On failure the transaction has been rolled back. */
MUST_USE int store_commit(struct store *s);
/* Does nothing when there is no transaction, so that it can follow a commit in a cleanup. */
void store_rollback(struct store *s);
bool store_in_transaction(const struct store *s);
/* Moves the log into the file when it has grown long; for moments in which nobody waits, outside of
 * a transaction.  Without it a commit does so now and then, and takes some milliseconds. */
MUST_USE int store_checkpoint(struct store *s);
/* Removes every row of every table but the settings.  Ids go on from where they were. */
MUST_USE int store_reset(struct store *s);

/* ---- settings: small values of the server itself ---- */
MUST_USE int store_get_setting(struct store *s, struct arena *a, const char *name,
                               struct text *ret_value);
MUST_USE int store_put_setting(struct store *s, const char *name, struct text value);

/* ---- state machines and revisions ---- */
struct store_machine {
    int64_t id;
    const char *account, *region, *name;
    enum machine_type type;
    enum machine_status status;
    int64_t creation_ms;
    int64_t revision; /* the current one */
};

struct store_revision {
    int64_t id;
    int64_t machine;
    const char *revision_id; /* NULL: the initial one */
    int64_t creation_ms;
    struct text definition;
    const char *role_arn;
    const char *logging, *tracing, *encryption;
    const char *variable_references; /* NULL: none */
};

/* Adds a machine with its initial revision and sets both ids.  ERR_EXISTS: the name is taken. */
MUST_USE int store_add_machine(struct store *s, struct store_machine *m, struct store_revision *r);
/* Adds a revision and makes it the machine's current one; sets r->id.  ERR_NOT_FOUND: no such
 * machine. */
MUST_USE int store_add_revision(struct store *s, struct store_revision *r);
MUST_USE int store_get_machine(struct store *s, struct arena *a, const char *account,
                               const char *region, const char *name,
                               struct store_machine *ret_machine);
MUST_USE int store_get_machine_by_id(struct store *s, struct arena *a, int64_t id,
                                     struct store_machine *ret_machine);
MUST_USE int store_get_revision(struct store *s, struct arena *a, int64_t id,
                                struct store_revision *ret_revision);
MUST_USE int store_set_machine_status(struct store *s, int64_t id, enum machine_status status);
/* Removes a machine with its revisions, versions, aliases, executions and everything of theirs, at
 * most `max` executions a call.  *ret_done tells whether nothing is left. */
MUST_USE int store_delete_machine(struct store *s, int64_t id, int max, bool *ret_done);
/* Machines in DELETING, by id. */
MUST_USE int store_list_deleting(struct store *s, struct arena *a, int64_t **ret_ids,
                                 size_t *ret_len);
MUST_USE int store_count_machines(struct store *s, const char *account, const char *region,
                                  int64_t *ret_count);

/* One page, by name; those after `after` ("" from the start).  Calls visit for each; strings live
 * in the arena. */
MUST_USE int store_list_machines(struct store *s, struct arena *a, const char *account,
                                 const char *region, const char *after, int max,
                                 void (*visit)(void *arg, const struct store_machine *m),
                                 void *arg);

/* ---- versions and aliases ---- */
struct store_version {
    int64_t machine;
    int64_t number; /* 1, 2, ... of its machine; never given out twice */
    int64_t revision;
    int64_t creation_ms;
    const char *description; /* NULL: none */
};

/* Publishes a revision under the machine's next number and sets v->number.  ERR_EXISTS: the revision
 * has a version; ERR_NOT_FOUND: no such machine. */
MUST_USE int store_add_version(struct store *s, struct store_version *v);
MUST_USE int store_get_version(struct store *s, struct arena *a, int64_t machine, int64_t number,
                               struct store_version *ret_version);
MUST_USE int store_get_version_of_revision(struct store *s, struct arena *a, int64_t revision,
                                           struct store_version *ret_version);
/* The version with the lowest number there still is. */
MUST_USE int store_get_first_version(struct store *s, struct arena *a, int64_t machine,
                                     struct store_version *ret_version);
/* ERR_CONFLICT: an alias points to it.  The revision stays. */
MUST_USE int store_delete_version(struct store *s, int64_t machine, int64_t number);
MUST_USE int store_count_versions(struct store *s, int64_t machine, int64_t *ret_count);
/* Newest first; numbers below `before` (INT64_MAX from the start). */
MUST_USE int store_list_versions(struct store *s, struct arena *a, int64_t machine, int64_t before,
                                 int max, void (*visit)(void *arg, const struct store_version *v),
                                 void *arg);

enum { STORE_ROUTES_MAX = 2 };

struct store_route {
    int64_t version; /* its number */
    int64_t weight;  /* percent of what the alias starts */
};

struct store_alias {
    int64_t machine;
    const char *name;
    int64_t creation_ms;
    int64_t update_ms;       /* 0: never updated */
    const char *description; /* NULL: none */
    struct store_route routes[STORE_ROUTES_MAX];
    size_t routes_len; /* from 1 */
};

/* ERR_EXISTS: the machine has that alias; ERR_NOT_FOUND: it has no such version. */
MUST_USE int store_add_alias(struct store *s, const struct store_alias *alias);
/* Writes everything but the creation date.  ERR_NOT_FOUND: no such alias or version. */
MUST_USE int store_update_alias(struct store *s, const struct store_alias *alias);
MUST_USE int store_get_alias(struct store *s, struct arena *a, int64_t machine, const char *name,
                             struct store_alias *ret_alias);
MUST_USE int store_delete_alias(struct store *s, int64_t machine, const char *name);
MUST_USE int store_count_aliases(struct store *s, int64_t machine, int64_t *ret_count);
/* By name; those after `after` ("" from the start); of one version only unless `version` is 0. */
MUST_USE int store_list_aliases(struct store *s, struct arena *a, int64_t machine, int64_t version,
                                const char *after, int max,
                                void (*visit)(void *arg, const struct store_alias *alias),
                                void *arg);

/* ---- texts of an execution that rows share ---- */
#define STORE_INLINE_MAX 256 /* longer texts are worth a payload of their own */

/* A text, or the number of a payload that holds it.  None: number 0 and text.data NULL. */
struct store_text {
    uint32_t number; /* 1, 2, ... within the execution; 0: the text is here */
    struct text text;
};

/* ERR_EXISTS: a payload is never replaced. */
MUST_USE int store_put_payload(struct store *s, int64_t execution, uint32_t number,
                               struct text text);
MUST_USE int store_get_payload(struct store *s, struct arena *a, int64_t execution, uint32_t number,
                               struct text *ret_text);

/* ---- executions ---- */
struct store_execution {
    int64_t id;
    int64_t machine, revision;
    const char *name;
    enum execution_status status;
    int64_t start_ms;
    int64_t stop_ms;    /* 0: not closed */
    int64_t redrive_ms; /* 0: never redriven */
    int64_t redrive_count;
    int64_t event_count;
    int64_t payload_count; /* payload numbers given out so far */
    int64_t branch_count;  /* branch numbers given out so far */
    int64_t timeout_ms;    /* 0: none */
    struct store_text input;
    struct store_text output;                           /* none unless SUCCEEDED */
    const char *error, *cause;                          /* NULL: none */
    const char *trace_header, *version_arn, *alias_arn; /* NULL: none */
    const char *test_case;                              /* of the mock configuration; NULL: none */
    int64_t map_run;                                    /* whose child it is; 0: nobody's */
    int64_t item;                                       /* a child: its place among them, from 0 */
    int64_t item_count;                                 /* a child: items it works on */
};

/* The highest execution id in use, 0 when there is none. */
MUST_USE int store_last_execution_id(struct store *s, int64_t *ret_id);
/* Inserts e under e->id (chosen by the caller, ascending).  ERR_EXISTS when the machine has that
 * name, ERR_NOT_FOUND when there is no such machine. */
MUST_USE int store_add_execution(struct store *s, const struct store_execution *e);
/* Writes counts and timeout; when e->status is a closed one, also status, close date, output, error
 * and cause (an open one has none of these).  The move from the stored status must be allowed
 * (store/status.h), else ERR_CONFLICT.  A closed execution is never written: only
 * store_redrive_execution opens it again, and nothing else sets the redrive's date and count. */
MUST_USE int store_update_execution(struct store *s, const struct store_execution *e);
/* With payload texts resolved: input.text and output.text are filled in either way. */
MUST_USE int store_get_execution(struct store *s, struct arena *a, int64_t machine,
                                 const char *name, struct store_execution *ret_execution);
MUST_USE int store_get_execution_by_id(struct store *s, struct arena *a, int64_t id,
                                       struct store_execution *ret_execution);
/* Id and status only, cheaper; ERR_NOT_FOUND. */
MUST_USE int store_find_execution(struct store *s, int64_t machine, const char *name,
                                  int64_t *ret_id, enum execution_status *ret_status);
MUST_USE int store_count_open_executions(struct store *s, int64_t *ret_count);

/* Ids of RUNNING executions greater than `after`, ascending, at most max. */
MUST_USE int store_list_running(struct store *s, int64_t after, int64_t *ret_ids, int max,
                                int *ret_len);
/* Newest first; ids below `before` (INT64_MAX from the start); status 0 for any.  Rows come without
 * input, output, error, cause, trace header and test case. */
MUST_USE int store_list_executions(struct store *s, struct arena *a, int64_t machine,
                                   enum execution_status status, int64_t before, int max,
                                   void (*visit)(void *arg, const struct store_execution *e),
                                   void *arg);
/* The same for the executions that a version (also by way of an alias) or an alias started. */
enum store_started_by { STARTED_BY_VERSION, STARTED_BY_ALIAS };
MUST_USE int store_list_executions_started(
    struct store *s, struct arena *a, enum store_started_by by, const char *arn,
    enum execution_status status, int64_t before, int max,
    void (*visit)(void *arg, const struct store_execution *e), void *arg);
/* Removes executions closed before `closed_before_ms`, at most max; *ret_removed counts them.  A child
 * of a Map Run stays as long as the run, which goes with its parent. */
MUST_USE int store_expire_executions(struct store *s, int64_t closed_before_ms, int max,
                                     int *ret_removed);

/* ---- history: append-only ---- */
struct store_event {
    int64_t id; /* 1..n without a hole */
    int64_t previous;
    int64_t time_ms;
    enum event_type type;
    struct text details; /* members as JSON text without braces, e.g. "name":"A"; may be empty */
    struct store_text payload; /* none: no payload member */
};

/* ERR_EXISTS: an event is never replaced. */
MUST_USE int store_add_event(struct store *s, int64_t execution, const struct store_event *ev);
/* Up to max events from id `from` upward, or downward when reverse.  Texts live during the visit
 * only.  Payloads are resolved when with_payload; otherwise payload is none. */
MUST_USE int store_read_events(struct store *s, int64_t execution, int64_t from, int max,
                               bool reverse, bool with_payload,
                               void (*visit)(void *arg, const struct store_event *ev), void *arg);

/* ---- checkpoints ---- */
struct store_branch {
    uint32_t number; /* 0: the root */
    uint32_t parent;
    int64_t slot;
    int status, phase; /* enums of the engine */
    const char *state; /* "" before the first state was entered */
    int64_t entered_event, entered_ms, previous;
    struct store_text input, work, output;
    const char *variables; /* JSON object text, NULL: none */
    const char *details;   /* JSON object text, NULL: none */
};

/* Adds or replaces. */
MUST_USE int store_put_branch(struct store *s, int64_t execution, const struct store_branch *b);
MUST_USE int store_delete_branch(struct store *s, int64_t execution, uint32_t number);
MUST_USE int store_delete_branches(struct store *s, int64_t execution); /* all of them */
/* All branches of an execution, by number; payload texts resolved. */
MUST_USE int store_list_branches(struct store *s, struct arena *a, int64_t execution,
                                 struct store_branch **ret_branches, size_t *ret_len);

/* ---- redrive: reference/redrive.md sections 1 and 2 ---- */
enum redrive_reason {
    REDRIVE_OK,
    REDRIVE_MACHINE_DELETING,
    REDRIVE_RUNNING,
    REDRIVE_SUCCEEDED,
    REDRIVE_BEFORE_LAUNCH,
    REDRIVE_HISTORY_LIMIT,
    REDRIVE_TOO_OLD,
    REDRIVE_PERIOD_OVER,
};

/* The text of redriveStatusReason; NULL for REDRIVE_OK. */
const char *redrive_reason_text(enum redrive_reason reason);

/* Why an execution cannot be redriven, or REDRIVE_OK.  The one place that knows the conditions. */
enum redrive_reason redrive_check(const struct store_execution *e, enum machine_status machine,
                                  int64_t now_ms, const struct limits *limits);

enum { REDRIVE_TOKENS_KEPT = 10, REDRIVE_TOKEN_LIFE_MS = 15 * 60 * 1000 };

struct store_redrive {
    bool repeated;              /* the token was known: nothing was done */
    enum redrive_reason reason; /* why not, with ERR_NOT_REDRIVABLE */
    int64_t redrive_ms;         /* what the caller is answered */
    int64_t redrive_count;      /* counting this one */
    int64_t event_id;           /* of the ExecutionRedriven event; 0 when repeated */
};

/* Inside a transaction: token known -> the date of that redrive and nothing else; not eligible ->
 * ERR_NOT_REDRIVABLE and the reason; else status RUNNING, redrive count + 1, redrive date, close
 * date, error, cause and output cleared, timeout_ms set, ExecutionRedriven appended, token
 * remembered and the oldest beyond ten forgotten.  token NULL: the caller sent none. */
MUST_USE int store_redrive_execution(struct store *s, int64_t execution, const char *token,
                                     int64_t now_ms, int64_t timeout_ms,
                                     const struct limits *limits,
                                     struct store_redrive *ret_redrive);

/* The redrive that this token started, as a repeat is answered; ERR_NOT_FOUND when it is not known (any more).
 * For a caller that has to know before it may redrive (the limit of open executions). */
MUST_USE int store_find_redrive(struct store *s, int64_t execution, const char *token,
                                int64_t now_ms, struct store_redrive *ret_redrive);

/* ---- Map Runs (store/map_run.c): see reference/redrive.md section 6 ---- */
struct store_map_counts { /* of executions, or of the items they work on */
    int64_t total;        /* 0 until they were counted */
    int64_t started;      /* those that were never started are what DescribeMapRun calls pending */
    int64_t running, succeeded, failed, timed_out, aborted;
    int64_t not_redrivable; /* of the three before */
    int64_t pending_redrive;
    int64_t written; /* those whose results are in objects */
};

struct store_map_run {
    int64_t id;
    int64_t machine, execution, revision; /* the parent's */
    const char *uuid, *label, *state;
    bool express;                 /* type of the children */
    enum execution_status status; /* never PENDING_REDRIVE */
    int phase;                    /* an enum of the engine */
    int outcome;                  /* the status it is about to have; 0: not known yet */
    int64_t start_ms, stop_ms, redrive_ms, redrive_count;
    int64_t max_concurrency, tolerated_count;
    double tolerated_percentage;
    const char *error, *cause; /* of an outcome FAILED; NULL: none */
    const char *plan;          /* JSON array: items of each child; NULL: one each */
    const char *objects;       /* JSON: what is read and written; NULL: nothing */
    struct store_map_counts executions, items;
};

/* Sets run->id. */
MUST_USE int store_add_map_run(struct store *s, struct store_map_run *run);
/* Writes what changes: everything from status on, but for the start date; a plan of NULL leaves the one
 * there is.  ERR_NOT_FOUND. */
MUST_USE int store_update_map_run(struct store *s, const struct store_map_run *run);
MUST_USE int store_get_map_run(struct store *s, struct arena *a, int64_t machine, const char *uuid,
                               struct store_map_run *ret_run);
MUST_USE int store_get_map_run_by_id(struct store *s, struct arena *a, int64_t id,
                                     struct store_map_run *ret_run);
/* Those of a parent, newest first; ids below `before` (INT64_MAX from the start). */
MUST_USE int store_list_map_runs(struct store *s, struct arena *a, int64_t execution,
                                 int64_t before, int max,
                                 void (*visit)(void *arg, const struct store_map_run *run),
                                 void *arg);
/* Ids of RUNNING Map Runs greater than `after`, ascending, at most max. */
MUST_USE int store_list_open_map_runs(struct store *s, int64_t after, int64_t *ret_ids, int max,
                                      int *ret_len);

/* Items that were captured when the run began, in one row those from one source. */
struct store_map_items {
    int64_t first;      /* place of the first of them */
    const char *source; /* "s3://bucket/key" */
    struct text items;  /* JSON array */
};
MUST_USE int store_put_map_items(struct store *s, int64_t map_run,
                                 const struct store_map_items *items);
/* The row that an item is in, if it was captured: the last that begins at or before it; ERR_NOT_FOUND. */
MUST_USE int store_get_map_items(struct store *s, struct arena *a, int64_t map_run, int64_t index,
                                 struct store_map_items *ret_items);
/* At most max rows; *ret_done tells whether there are no more. */
MUST_USE int store_delete_map_items(struct store *s, int64_t map_run, int max, bool *ret_done);

enum store_redriven { STORE_ANY, STORE_NOT_REDRIVEN, STORE_REDRIVEN };
/* Children, as store_list_executions lists executions of a machine. */
MUST_USE int store_list_children(struct store *s, struct arena *a, int64_t map_run,
                                 enum execution_status status, enum store_redriven redriven,
                                 int64_t before, int max,
                                 void (*visit)(void *arg, const struct store_execution *e),
                                 void *arg);

struct store_child {
    int64_t id, item_count;
};
/* Children of one status with ids greater than `after`, ascending, at most max. */
MUST_USE int store_find_children(struct store *s, int64_t map_run, enum execution_status status,
                                 int64_t after, struct store_child *ret_children, int max,
                                 int *ret_len);
/* Outputs of SUCCEEDED children by ascending id.  Texts live during the visit only. */
MUST_USE int store_read_outputs(struct store *s, int64_t map_run, int64_t after, int max,
                                void (*visit)(void *arg, int64_t id, int64_t item,
                                              struct text output),
                                void *arg, int *ret_len);
/* Makes an unsuccessful child wait for its redrive, in PENDING_REDRIVE.  ERR_NOT_REDRIVABLE: not
 * eligible; an EXPRESS child always is. */
MUST_USE int store_pend_redrive(struct store *s, int64_t execution, bool express, int64_t now_ms,
                                const struct limits *limits);
/* Redrives a STANDARD child in PENDING_REDRIVE, within a transaction: as store_redrive_execution.  It may
 * run for life_ms from its start, which stays the same. */
MUST_USE int store_redrive_child(struct store *s, int64_t execution, int64_t now_ms,
                                 int64_t life_ms, struct store_redrive *ret_redrive);
/* An EXPRESS child in PENDING_REDRIVE begins anew: another start date, one more redrive, no redrive
 * date. */
MUST_USE int store_restart_child(struct store *s, int64_t execution, int64_t now_ms,
                                 int64_t timeout_ms);
/* A child in PENDING_REDRIVE whose turn will not come. */
MUST_USE int store_abort_pending(struct store *s, int64_t execution, int64_t now_ms,
                                 const char *cause);

/* ---- activities ---- */
struct store_activity {
    int64_t id;
    const char *account, *region, *name;
    int64_t creation_ms;
    const char *encryption;
};
MUST_USE int store_add_activity(struct store *s, struct store_activity *act); /* ERR_EXISTS */
MUST_USE int store_get_activity(struct store *s, struct arena *a, const char *account,
                                const char *region, const char *name,
                                struct store_activity *ret_activity);
MUST_USE int store_delete_activity(struct store *s, int64_t id);
MUST_USE int store_count_activities(struct store *s, const char *account, const char *region,
                                    int64_t *ret_count);
MUST_USE int store_list_activities(struct store *s, struct arena *a, const char *account,
                                   const char *region, const char *after, int max,
                                   void (*visit)(void *arg, const struct store_activity *act),
                                   void *arg);

/* ---- tags ---- */
MUST_USE int store_put_tag(struct store *s, const char *arn, const char *key, const char *value);
MUST_USE int store_delete_tag(struct store *s, const char *arn, const char *key);
MUST_USE int store_delete_tags(struct store *s, const char *arn); /* all of a resource that goes */
MUST_USE int store_list_tags(struct store *s, struct arena *a, const char *arn,
                             void (*visit)(void *arg, const char *key, const char *value),
                             void *arg);
