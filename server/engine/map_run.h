/* Map Runs: a Map in DISTRIBUTED mode starts child executions, which have histories, checkpoints and
 * redrives of their own (reference/redrive.md section 6).
 *
 *     branch of the parent, in PHASE_MAP_RUN <---> map run ---> the children that run now
 *
 * A run belongs to the engine, not to its parent: it outlives a parent that was stopped until its children
 * have ended.  It works in small steps, one child each, between the turns of executions.  Its row is
 * written in the transaction of what it did, so that the next start goes on from there. */
#pragma once

#include "base/ids.h"
#include "engine/internal.h"

/* A step that handles many bytes counts for several: so many are read or printed in about the time of one. */
enum { MAP_RUN_BYTES_PER_STEP = 256 };

/* Stored: append only. */
enum map_run_phase {
    MAP_RUN_PLAN = 1,  /* puts the items into batches by their sizes */
    MAP_RUN_MARK = 2,  /* redriven: makes unsuccessful children wait for their redrive */
    MAP_RUN_START = 3, /* starts and redrives children, waits for them, collects their outputs */
    MAP_RUN_DRAIN = 4, /* the outcome is known: ends what still runs */
    MAP_RUN_READ = 5,  /* captures the items of an ItemReader: before PLAN */
    MAP_RUN_WRITE = 6, /* the outcome is known and nothing runs: a ResultWriter writes */
};

struct map_run {
    unsigned
        refs; /* the engine while it is open, its parent, each child, the list of changed ones */
    struct engine *engine;
    struct store_map_run row;  /* its texts are owned; error, cause and plan live below */
    struct revision *revision; /* a reference */
    const struct asl_state *state;
    struct branch *parent; /* NULL: was stopped, or is not read back yet */
    char *arn;             /* owned */
    char *machine_arn;     /* owned: of the state machine, with the label */

    struct map_objects *objects;  /* what it reads and writes; NULL: nothing; owned */
    struct payload *input;        /* the Map's effective input; NULL until it is needed */
    struct map_batching batching; /* when has_batching */
    bool has_batching;
    uint32_t *plan; /* items of each child; NULL: one each, or as many as max_items; owned */
    size_t plan_len, plan_cap;
    size_t planned;     /* items that are in the plan */
    int64_t plan_bytes; /* of the last batch */
    char *plan_text;    /* to be written; owned */

    enum execution_status mark; /* MARK: which children are being looked at */
    int64_t cursor;             /* MARK and collecting: the last child seen */
    struct payload **outputs;   /* collected so far, by place; owned */
    int64_t output_bytes;

    struct asl_error error; /* of an outcome FAILED */
    bool start_over;        /* such a failure is not redriven: the state begins anew */

    struct execution *children, *children_tail; /* those that run */
    int64_t bytes;                              /* of the inputs of children in memory */
    uint64_t cost;                              /* of the last step, in steps beyond the first */

    struct map_run *run_next, *dirty_next, *wait_next, *wait_prev;
    bool runnable, dirty;
    enum { MAP_RUN_NEW, MAP_RUN_WAITING, MAP_RUN_ADMITTED } place; /* among the open ones */
};

/* ---- map_run.c: life ---- */
/* A name-based UUID, version 3.  Returns buf. */
char *map_run_uuid3(const char *text, char buf[UUID_SIZE]);
/* Opens a run for the Map state of b, and sets its counts.  Not known to the engine or store yet. */
struct map_run *map_run_new(struct branch *b, int64_t max_concurrency,
                            const struct map_tolerance *tolerance) MUST_USE;
/* Stores it and lets it work for b. */
void map_run_open(struct map_run *run, struct branch *b);
/* The open run of that id, from memory or the store; NULL: it is closed or gone. */
struct map_run *map_run_get(struct engine *e, int64_t id);
/* Opens a closed run again for b (reference/redrive.md section 6); NULL: there is none. */
struct map_run *map_run_reopen(struct branch *b);
void map_run_attach(struct map_run *run, struct branch *b);
/* The branch's work is given up: the run ends ABORTED.  Nothing to do without a run. */
void map_run_abandon(struct branch *b);
/* The branch leaves memory, nothing else. */
void map_run_detach(struct branch *b);
void map_run_unref(struct map_run *run);
void map_run_set_dirty(struct map_run *run);
void map_run_make_runnable(struct map_run *run);
/* The outcome is FAILED with err (its content is taken). */
void map_run_fail(struct map_run *run, struct asl_error *err, bool start_over);
/* Fails the run when too many of its items did. */
void map_run_check_threshold(struct map_run *run);
/* The outcome is known and nothing runs any more: writes results if they are to be written, and closes. */
void map_run_finish(struct map_run *run, struct payload *result);
/* The run is over: tells its parent.  result: of an outcome SUCCEEDED. */
void map_run_close(struct map_run *run, struct payload *result);

/* Takes at most `steps` steps of the first runnable run; returns how many of them did something. */
uint64_t map_runs_work(struct engine *e, uint64_t steps);
void map_runs_flush(struct engine *e);
/* After the running executions were read back: the open runs that nobody asked for yet. */
int map_runs_load(struct engine *e);
void map_runs_clear(struct engine *e);
void command_update_map_run(struct engine *e, struct engine_command *c);

/* ---- map_run_children.c ---- */
/* One step; false: nothing to do until a child ends. */
bool map_run_step(struct map_run *run);
/* A row of a child became an execution. */
int map_run_adopt(struct execution *x, const struct store_execution *row);
/* An EXPRESS child of a process that has died begins anew. */
void map_run_begin_again(struct execution *x);
void map_run_child_closed(struct execution *x);
void map_run_child_freed(struct execution *x);

/* ---- map_run_quota.c ---- */
/* Whether the run may work; else it waits its turn, and is made runnable then. */
bool map_run_admitted(struct map_run *run);
/* It has its place from before a restart. */
void map_run_admit(struct map_run *run);
/* The run is over; its place goes to the next one. */
void map_run_leave(struct map_run *run);
void map_run_quota_clear(struct engine *e);

/* ---- map_run_items.c: what children get ---- */
/* The input of the next child that was never started, and how many items it holds. */
MUST_USE int map_run_next_input(struct map_run *run, struct payload **ret_input, int64_t *ret_items,
                                struct asl_error *err);
/* The input of a child that will not be started: as it would have been, or its items as they were captured
 * when that cannot be told any more. */
struct payload *map_run_pending_input(struct map_run *run, int64_t child, int64_t first,
                                      int64_t *ret_items) MUST_USE;
/* Plans some more batches; sets the counts when all are. */
MUST_USE int map_run_plan(struct map_run *run, struct asl_error *err);
/* Sets the counts, unless that takes a plan: false then. */
bool map_run_count(struct map_run *run);
MUST_USE int map_run_batching(struct map_run *run, struct asl_error *err);
void map_run_read_plan(struct map_run *run, const char *text);

/* ---- state_map_distributed.c ---- */
void map_distributed_run(struct branch *b);
void map_distributed_redrive(struct branch *b); /* PHASE_MAP_RUN_REDRIVE */
void map_distributed_ended(struct branch *b, struct map_run *run, struct payload *result);
