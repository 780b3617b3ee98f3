/* The life of a Map Run: opened, worked on, closed, redriven, read back. */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/ids.h"
#include "base/log.h"
#include "base/partition.h"
#include "engine/map_objects.h"

enum { STEPS_PER_TURN = 256 };

/* ---- names ---- */

char *map_run_uuid3(const char *text, char buf[UUID_SIZE])
{
    unsigned char b[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    CHECK(EVP_Digest(text, strlen(text), b, &len, EVP_md5(), NULL) == 1 && len == 16);
    b[6] = (b[6] & 0x0F) | 0x30; /* version 3 */
    b[8] = (b[8] & 0x3F) | 0x80;
    (void)snprintf(buf, UUID_SIZE,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                   b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
                   b[14], b[15]);
    return buf;
}

/* Without a Label the state gets one that stays the same (reference/asl.md section 9). */
static char *label_of(const struct machine *m, const struct asl_state *state)
{
    char uuid[UUID_SIZE];

    if (state->u.map.distributed->label)
        return xstrdup(state->u.map.distributed->label);

    CLEANUP(free_p) char *text = xasprintf("%s/%s", m->arn, state->name);

    return xstrdup(map_run_uuid3(text, uuid));
}

/* ---- making and freeing ---- */

static struct map_run *run_new(struct engine *e, struct revision *r /* takes */,
                               const struct asl_state *state, const struct store_map_run *row)
{
    struct map_run *run = xmalloc(sizeof(*run));
    const struct machine *m = r->machine;

    *run = (struct map_run){
        .refs = 1,
        .engine = e,
        .row = *row,
        .revision = r,
        .state = state,
        .mark = EXECUTION_FAILED,
    };
    run->row.uuid = xstrdup(row->uuid);
    run->row.label = xstrdup(row->label);
    run->row.state = state->name;
    run->row.error = run->row.cause = run->row.plan = run->row.objects = NULL;
    run->arn = xasprintf("arn:%s:states:%s:%s:mapRun:%s/%s:%s", aws_partition(m->region), m->region,
                         m->account, m->name, row->label, row->uuid);
    run->machine_arn = xasprintf("%s/%s", m->arn, row->label);
    return run;
}

static void drop_outputs(struct map_run *run)
{
    for (int64_t i = 0; run->outputs && i < run->row.executions.total; i++)
        payload_unref(run->outputs[i]);
    free_p(&run->outputs);
}

void map_run_unref(struct map_run *run)
{
    if (!run || --run->refs > 0)
        return;
    drop_outputs(run);
    map_objects_free(run);
    payload_unref(run->input);
    json_unref(run->batching.fixed);
    asl_error_done(&run->error);
    revision_unref(run->revision);
    free((void *)run->row.uuid);
    free((void *)run->row.label);
    free_p(&run->arn);
    free_p(&run->machine_arn);
    free_p(&run->plan);
    free_p(&run->plan_text);
    free_p(&run);
}

struct map_run *map_run_new(struct branch *b, int64_t max_concurrency,
                            const struct map_tolerance *tolerance)
{
    struct execution *x = b->execution;
    const struct machine *m = x->revision->machine;
    CLEANUP(free_p) char *label = label_of(m, b->state);
    char uuid[UUID_SIZE];
    struct store_map_run row = {
        .machine = m->id,
        .execution = x->id,
        .revision = x->revision->id,
        .uuid = uuid4(uuid),
        .label = label,
        .express = b->state->u.map.distributed->express,
        .status = EXECUTION_RUNNING,
        .phase = MAP_RUN_START,
        .start_ms = x->engine->now,
        .max_concurrency = max_concurrency,
        .tolerated_count = MAX(tolerance->count, 0),
        .tolerated_percentage = MAX(tolerance->percentage, 0),
    };

    x->revision->refs++;
    return run_new(x->engine, x->revision, b->state, &row);
}

/* ---- lists ---- */

void map_run_set_dirty(struct map_run *run)
{
    if (run->dirty)
        return;
    run->dirty = true;
    run->refs++;
    run->dirty_next = run->engine->map_run_dirty;
    run->engine->map_run_dirty = run;
}

void map_run_make_runnable(struct map_run *run)
{
    struct engine *e = run->engine;

    if (run->runnable || run->row.status != EXECUTION_RUNNING)
        return;
    run->runnable = true;
    run->refs++;
    run->run_next = NULL;
    if (e->map_run_tail)
        e->map_run_tail->run_next = run;
    else
        e->map_run_head = run;
    e->map_run_tail = run;
}

static struct map_run *pop_runnable(struct engine *e)
{
    struct map_run *run = e->map_run_head;

    e->map_run_head = run->run_next;
    if (!e->map_run_head)
        e->map_run_tail = NULL;
    run->runnable = false;
    return run;
}

/* A run that is open keeps its machine from being removed. */
static void remember(struct map_run *run)
{
    run->refs++;
    run->revision->machine->running++;
    (void)map_set(run->engine->map_runs, (const char *)&run->row.id, sizeof(run->row.id), run);
}

static void forget(struct map_run *run)
{
    (void)map_remove(run->engine->map_runs, (const char *)&run->row.id, sizeof(run->row.id));
    run->revision->machine->running--;
    map_run_leave(run);
    map_run_unref(run);
}

/* ---- with its parent ---- */

void map_run_attach(struct map_run *run, struct branch *b)
{
    run->refs++;
    run->parent = b;
    b->map_run = run;
    b->map_run_id = run->row.id;
}

void map_run_detach(struct branch *b)
{
    struct map_run *run = b->map_run;

    if (!run)
        return;
    b->map_run = NULL;
    run->parent = NULL;
    map_run_unref(run);
}

static void decide(struct map_run *run, enum execution_status outcome)
{
    run->row.outcome = (int)outcome;
    run->row.phase = MAP_RUN_DRAIN;
    drop_outputs(run);
    map_objects_stop(run);
    map_run_set_dirty(run);
    map_run_make_runnable(run);
}

void map_run_abandon(struct branch *b)
{
    struct map_run *run = b->map_run;

    if (!run)
        return;
    if (!run->row.outcome)
        decide(run, EXECUTION_ABORTED);
    else if (run->row.outcome == EXECUTION_SUCCEEDED)
        run->row.outcome = EXECUTION_ABORTED; /* and goes on writing */
    map_run_set_dirty(run);
    map_run_detach(b);
}

void map_run_open(struct map_run *run, struct branch *b)
{
    struct engine *e = run->engine;

    engine_write(e);
    engine_must(e, store_add_map_run(e->store, &run->row), "add map run");
    remember(run);
    map_run_attach(run, b);
    if (run->objects && run->objects->reader)
        run->row.phase = MAP_RUN_READ;
    else if (!map_run_count(run))
        run->row.phase = MAP_RUN_PLAN;
    if (map_writes(run) && !run->objects->reader)
        map_objects_capture(run);
    map_run_set_dirty(run);
    map_run_make_runnable(run);
}

void map_run_fail(struct map_run *run, struct asl_error *err, bool start_over)
{
    if (run->row.outcome) {
        asl_error_done(err);
        return;
    }
    asl_error_done(&run->error);
    run->error = *err;
    asl_error_cut(&run->error);
    *err = (struct asl_error){0};
    run->start_over = start_over;
    decide(run, EXECUTION_FAILED);
}

/* A threshold of zero is none; without any, no failure is tolerated.  Items count, not batches. */
void map_run_check_threshold(struct map_run *run)
{
    const struct store_map_counts *items = &run->row.items;
    int64_t failures = items->failed + items->timed_out + items->aborted;
    int64_t count = run->row.tolerated_count;
    double percentage = run->row.tolerated_percentage;
    struct map_tolerance t = {
        count > 0 || percentage <= 0 ? count : -1,
        percentage > 0 ? percentage : -1,
    };
    struct asl_error err = {0};

    if (run->row.phase != MAP_RUN_START || !map_tolerance_exceeded(&t, failures, items->total))
        return;
    asl_error_set(&err, "States.ExceedToleratedFailureThreshold",
                  "The specified tolerated failure threshold was exceeded");
    map_run_fail(run, &err, false);
}

void map_run_finish(struct map_run *run, struct payload *result)
{
    if (!map_writes(run) ||
        (run->row.outcome != EXECUTION_SUCCEEDED && run->row.executions.total == 0)) {
        map_run_close(run, result);
        return;
    }
    run->row.phase = MAP_RUN_WRITE;
    map_run_set_dirty(run);
    map_run_make_runnable(run);
}

void map_run_close(struct map_run *run, struct payload *result)
{
    struct branch *b = run->parent;

    run->refs++;
    run->row.status = (enum execution_status)run->row.outcome;
    run->row.stop_ms = run->engine->now;
    map_objects_stop(run);
    map_run_set_dirty(run);
    forget(run);
    if (b) {
        map_run_detach(b);
        map_distributed_ended(b, run, result);
    }
    map_run_unref(run);
}

/* ---- back from the store ---- */

static struct map_run *from_row(struct engine *e, const struct store_map_run *row)
{
    struct revision *r = revision_get(e, row->revision);

    if (!r)
        return NULL;

    struct map_run *run = run_new(e, r, asl_machine_state(r->asl, row->state), row);

    /* Children count themselves when they are read back. */
    run->row.executions.running = run->row.items.running = 0;
    map_objects_restore(run, row->objects);
    if (row->plan && row->phase != MAP_RUN_READ && row->phase != MAP_RUN_PLAN)
        map_run_read_plan(run, row->plan);
    if (row->outcome == EXECUTION_FAILED) {
        run->error.name = row->error ? xstrdup(row->error) : NULL;
        run->error.cause = row->cause ? xstrdup(row->cause) : NULL;
    }
    if (row->phase == MAP_RUN_MARK) /* begins once more, so these are found again */
        run->row.executions.not_redrivable = run->row.items.not_redrivable = 0;
    return run;
}

struct map_run *map_run_get(struct engine *e, int64_t id)
{
    struct map_run *run = map_get(e->map_runs, (const char *)&id, sizeof(id));
    struct store_map_run row;

    if (run)
        return run;
    map_runs_flush(e); /* what was closed in this tick is closed */

    int r = store_get_map_run_by_id(e->store, &e->arena, id, &row);

    if (r == ERR_NOT_FOUND)
        return NULL;
    engine_must(e, r, "read map run");
    if (row.status != EXECUTION_RUNNING)
        return NULL;
    run = from_row(e, &row);
    if (!run)
        return NULL;
    remember(run);
    if (run->row.executions.started > 0)
        map_run_admit(run);
    map_run_make_runnable(run);
    map_run_unref(run);
    return run;
}

struct map_run *map_run_reopen(struct branch *b)
{
    struct engine *e = b->execution->engine;
    struct store_map_run row;
    int r;

    checkpoint_flush(e); /* its row and its children's as they are by now */
    r = store_get_map_run_by_id(e->store, &e->arena, b->map_run_id, &row);

    if (r == ERR_NOT_FOUND)
        return NULL;
    engine_must(e, r, "read map run");
    row.status = EXECUTION_RUNNING;
    row.phase = MAP_RUN_MARK;
    row.outcome = 0;
    row.stop_ms = 0;
    row.redrive_ms = e->now;
    row.redrive_count++;

    struct map_run *run = from_row(e, &row);

    if (!run)
        return NULL;
    map_objects_reopen(run);
    remember(run);
    map_run_attach(run, b);
    map_run_set_dirty(run);
    map_run_make_runnable(run);
    map_run_unref(run);
    return run;
}

int map_runs_load(struct engine *e)
{
    int64_t after = 0;
    int64_t ids[64];
    int len = 0;

    do {
        int r = store_list_open_map_runs(e->store, after, ids, (int)ARRAY_LEN(ids), &len);

        if (r < 0)
            return r;
        for (int i = 0; i < len; i++) {
            struct map_run *run = map_run_get(e, ids[i]);

            after = ids[i];
            if (!run)
                log_error("engine", "map run cannot be continued id=%" PRId64, ids[i]);
            else if (!run->parent && !run->row.outcome)
                decide(run, EXECUTION_ABORTED);
        }
        arena_clear(&e->arena);
    } while (len > 0);
    return 0;
}

void map_runs_clear(struct engine *e)
{
    size_t at = 0;
    const char *key;
    size_t len;
    void *value;

    map_run_quota_clear(e);
    while (e->map_run_dirty) {
        struct map_run *run = e->map_run_dirty;

        e->map_run_dirty = run->dirty_next;
        run->dirty = false;
        map_run_unref(run);
    }
    while (map_next(e->map_runs, &at, &key, &len, &value))
        map_objects_stop(value); /* lets others go on, which come into the list */
    while (e->map_run_head)
        map_run_unref(pop_runnable(e));
    at = 0;
    while (map_next(e->map_runs, &at, &key, &len, &value))
        forget(value);
}

/* ---- work ---- */

uint64_t map_runs_work(struct engine *e, uint64_t steps)
{
    struct map_run *run = pop_runnable(e);
    uint64_t taken = 0;
    bool more = run->row.status == EXECUTION_RUNNING;

    while (more && taken < MIN(steps, STEPS_PER_TURN)) {
        run->cost = 0;
        more = map_run_step(run);
        taken += more + run->cost;
    }
    if (more)
        map_run_make_runnable(run);
    map_run_unref(run);
    return taken;
}

void map_runs_flush(struct engine *e)
{
    while (e->map_run_dirty) {
        struct map_run *run = e->map_run_dirty;
        struct store_map_run row = run->row;

        e->map_run_dirty = run->dirty_next;
        run->dirty = false;
        row.error = run->error.name;
        row.cause = run->error.cause;
        row.plan = run->plan_text;

        CLEANUP(free_p) char *objects = run->objects ? map_objects_text(run->objects) : NULL;

        row.objects = objects;
        engine_write(e);
        engine_must(e, store_update_map_run(e->store, &row), "write map run");
        free_p(&run->plan_text);
        map_run_unref(run);
    }
}

/* ---- UpdateMapRun ---- */

void command_update_map_run(struct engine *e, struct engine_command *c)
{
    struct machine *m = machine_find(e, c->account, c->region, c->name);
    struct store_map_run row;
    int r =
        m ? store_get_map_run(e->store, &e->arena, m->id, c->u.map_run.uuid, &row) : ERR_NOT_FOUND;

    if (r != ERR_NOT_FOUND)
        engine_must(e, r, "read map run");
    if (r < 0 || strcmp(row.label, c->u.map_run.label) != 0) {
        engine_answer(e, c, ENGINE_NO_MAP_RUN);
        return;
    }

    struct map_run *run = map_run_get(e, row.id);

    if (!run) {
        engine_answer(e, c, ENGINE_MAP_RUN_CLOSED);
        return;
    }
    if (c->u.map_run.max_concurrency >= 0)
        run->row.max_concurrency = c->u.map_run.max_concurrency;
    if (c->u.map_run.tolerated_count >= 0)
        run->row.tolerated_count = c->u.map_run.tolerated_count;
    if (c->u.map_run.tolerated_percentage >= 0)
        run->row.tolerated_percentage = c->u.map_run.tolerated_percentage;
    map_run_set_dirty(run);
    map_run_check_threshold(run);
    map_run_make_runnable(run);
    engine_answer(e, c, ENGINE_OK);
}
