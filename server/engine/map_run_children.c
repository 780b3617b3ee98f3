/* The children of a Map Run: started, redriven, ended, their outputs collected. */
#include <inttypes.h>
#include <string.h>

#include "engine/map_objects.h"

enum {
    MARKED_PER_STEP = 1,
    COLLECTED_PER_STEP = 8,
    CHILD_BYTES_MAX = 64 * 1024 * 1024, /* of inputs at once */
};

/* ---- counting ---- */

static int64_t *count_of(struct store_map_counts *counts, enum execution_status status)
{
    switch (status) {
    case EXECUTION_SUCCEEDED:
        return &counts->succeeded;
    case EXECUTION_FAILED:
        return &counts->failed;
    case EXECUTION_TIMED_OUT:
        return &counts->timed_out;
    case EXECUTION_ABORTED:
        return &counts->aborted;
    case EXECUTION_PENDING_REDRIVE:
        return &counts->pending_redrive;
    case EXECUTION_RUNNING:
        break;
    }
    return &counts->running;
}

static void count(struct map_run *run, enum execution_status status, int64_t executions,
                  int64_t items)
{
    *count_of(&run->row.executions, status) += executions;
    *count_of(&run->row.items, status) += items;
    map_run_set_dirty(run);
}

/* ---- in memory ---- */

static void link_child(struct map_run *run, struct execution *x)
{
    run->refs++;
    x->map_run = run;
    x->sibling_prev = run->children_tail;
    x->sibling_next = NULL;
    if (run->children_tail)
        run->children_tail->sibling_next = x;
    else
        run->children = x;
    run->children_tail = x;
    x->child_linked = true;
    run->bytes += (int64_t)x->input->len;
    run->row.executions.running++;
    run->row.items.running += x->item_count;
}

static void unlink_child(struct execution *x)
{
    struct map_run *run = x->map_run;

    if (!x->child_linked)
        return;
    if (x->sibling_prev)
        x->sibling_prev->sibling_next = x->sibling_next;
    else
        run->children = x->sibling_next;
    if (x->sibling_next)
        x->sibling_next->sibling_prev = x->sibling_prev;
    else
        run->children_tail = x->sibling_prev;
    x->child_linked = false;
}

void map_run_child_freed(struct execution *x)
{
    struct map_run *run = x->map_run;

    if (!run)
        return;
    unlink_child(x);
    if (run->bytes >= CHILD_BYTES_MAX)
        map_run_make_runnable(run); /* others wait for the room */
    run->bytes -= (int64_t)x->input->len;
    x->map_run = NULL;
    map_run_unref(run);
}

void map_run_child_closed(struct execution *x)
{
    struct map_run *run = x->map_run;

    if (!run)
        return;
    unlink_child(x);
    count(run, EXECUTION_RUNNING, -1, -x->item_count);
    count(run, x->status, 1, x->item_count);
    map_run_check_threshold(run);
    map_run_make_runnable(run);
}

/* ---- beginning ---- */

static int64_t child_seconds(const struct map_run *run)
{
    const struct limits *limits = &run->engine->limits;

    return run->row.express ? limits->express_seconds : limits->execution_seconds;
}

/* Its first event, its root at the first state of the processor. */
static void begin(struct execution *x)
{
    struct map_run *run = x->map_run;
    struct asl_scope *scope = run->state->u.map.processor;

    x->timeout_ms = x->engine->now + child_seconds(run) * 1000;
    execution_set_dirty(x);
    execution_add_timeout_timer(x);
    execution_write_started(x);
    x->root = branch_new(x, NULL, 0, scope);
    branch_go(x->root, scope->start, payload_ref(x->input));
}

/* A name-based UUID, version 3, of the run and the place of the child in it. */
static void child_name(const struct map_run *run, int64_t item, char name[UUID_SIZE])
{
    CLEANUP(free_p) char *text = xasprintf("%s:%" PRId64, run->row.uuid, item);

    map_run_uuid3(text, name);
}

static void start_child(struct map_run *run, struct payload *input, int64_t items)
{
    struct engine *e = run->engine;
    char name[UUID_SIZE], id[UUID_SIZE];

    child_name(run, run->row.executions.started, name);
    run->revision->refs++;

    struct execution *x = execution_add(e, run->revision, ++e->last_execution_id, name);

    if (run->row.express)
        x->express_id = xstrdup(uuid4(id));
    x->item = run->row.executions.started;
    x->item_count = items;
    x->input = input;
    x->start_ms = e->now;
    x->is_new = true;
    if (run->parent->execution->test_case)
        mock_tasks_begin(x, run->parent->execution->test_case);
    run->row.executions.started++;
    run->row.items.started += items;
    link_child(run, x);
    map_run_set_dirty(run);
    run->cost += input->len / MAP_RUN_BYTES_PER_STEP;
    begin(x);
    __atomic_fetch_add(&e->stats.started, 1, __ATOMIC_RELAXED);
}

int map_run_adopt(struct execution *x, const struct store_execution *row)
{
    struct map_run *run = map_run_get(x->engine, row->map_run);
    char *colon = strchr(x->name, ':');

    if (!run)
        return ERR_NOT_FOUND;
    x->item = row->item;
    x->item_count = row->item_count;
    if (colon) {
        x->express_id = xstrdup(colon + 1);
        *colon = '\0';
    }
    link_child(run, x);
    return 0;
}

void map_run_begin_again(struct execution *x)
{
    x->event_count = 0;
    x->branch_count =
        x->redrive_count; /* number of the root: tasks of each redrive have other tokens */
    begin(x);
}

/* ---- redriving ---- */

static void redrive_standard(struct map_run *run, int64_t id)
{
    struct engine *e = run->engine;
    struct store_redrive redrive;

    engine_must(e, store_redrive_child(e->store, id, e->now, child_seconds(run) * 1000, &redrive),
                "redrive execution");

    struct execution *x = execution_load(e, id, false);

    CHECK(x && x->root);
    x->redrive_ms = redrive.redrive_ms;
    x->redrive_count = redrive.redrive_count;
    execution_log_redriven(x, redrive.event_id);
    execution_set_dirty(x);
    branch_redrive(x->root, redrive.event_id);
    __atomic_fetch_add(&e->stats.redriven, 1, __ATOMIC_RELAXED);
}

static void redrive_express(struct map_run *run, int64_t id)
{
    struct engine *e = run->engine;

    engine_must(e, store_restart_child(e->store, id, e->now, e->now + child_seconds(run) * 1000),
                "restart execution");
    CHECK(execution_load(e, id, true));
    __atomic_fetch_add(&e->stats.redriven, 1, __ATOMIC_RELAXED);
}

/* The first child that waits for its redrive. */
static struct store_child next_pending(struct map_run *run)
{
    struct store_child child = {0};
    int len;

    engine_must(run->engine,
                store_find_children(run->engine->store, run->row.id, EXECUTION_PENDING_REDRIVE, 0,
                                    &child, 1, &len),
                "read executions");
    CHECK(len == 1);
    return child;
}

static void redrive_child(struct map_run *run)
{
    struct store_child child = next_pending(run);

    engine_write(run->engine);
    count(run, EXECUTION_PENDING_REDRIVE, -1, -child.item_count);
    if (run->row.express)
        redrive_express(run, child.id);
    else
        redrive_standard(run, child.id);
}

static void mark_child(struct map_run *run, const struct store_child *child)
{
    struct engine *e = run->engine;
    int r = store_pend_redrive(e->store, child->id, run->row.express, e->now, &e->limits);

    if (r == ERR_NOT_REDRIVABLE) {
        run->row.executions.not_redrivable++;
        run->row.items.not_redrivable += child->item_count;
        return;
    }
    engine_must(e, r, "redrive execution");
    status_event_tell_child(run, child->id);
    count(run, run->mark, -1, -child->item_count);
    count(run, EXECUTION_PENDING_REDRIVE, 1, child->item_count);
}

/* Children of the status in turn that were not looked at yet. */
static int next_unsuccessful(struct map_run *run, struct store_child children[MARKED_PER_STEP])
{
    struct engine *e = run->engine;
    int len;

    engine_must(e,
                store_find_children(e->store, run->row.id, run->mark, run->cursor, children,
                                    MARKED_PER_STEP, &len),
                "read executions");
    return len;
}

/* FAILED, TIMED_OUT and ABORTED children wait for their redrive from now on; one status after the other, in
 * the order of their beginning. */
static bool mark_some(struct map_run *run)
{
    static const enum execution_status after[] = {
        [EXECUTION_FAILED] = EXECUTION_TIMED_OUT,
        [EXECUTION_TIMED_OUT] = EXECUTION_ABORTED,
    };
    struct store_child children[MARKED_PER_STEP];
    int len = next_unsuccessful(run, children);

    while (len == 0 && run->mark != EXECUTION_ABORTED) {
        run->mark = after[run->mark];
        run->cursor = 0;
        len = next_unsuccessful(run, children);
    }
    engine_write(run->engine);
    for (int i = 0; i < len; i++)
        mark_child(run, &children[i]);
    if (len > 0) {
        run->cursor = children[len - 1].id;
        return true;
    }
    run->row.phase = MAP_RUN_START;
    map_run_set_dirty(run);
    map_run_check_threshold(run);
    return true;
}

/* ---- outputs ---- */

static void keep_output(void *arg, int64_t id, int64_t item, struct text output)
{
    struct map_run *run = arg;

    run->cursor = id;
    run->output_bytes += (int64_t)output.len + 1;
    /* More than may be handed on need not be kept. */
    if (run->output_bytes <= run->engine->limits.payload_bytes)
        run->outputs[item] = payload_from_text(output);
}

/* How outputs that stay here are transformed; those that go to S3 are by map_write.c. */
static enum asl_writer_transformation transformation(const struct map_run *run)
{
    const struct asl_result_writer *writer = run->state->u.map.distributed->writer;

    return writer ? writer->transformation : ASL_WRITE_DEFAULT;
}

/* ASL_WRITE_NONE: outputs are shown with what is known of the children. */
static int collect_entries(struct map_run *run)
{
    struct engine *e = run->engine;
    struct store_child children[COLLECTED_PER_STEP];
    int len;

    engine_must(e,
                store_find_children(e->store, run->row.id, EXECUTION_SUCCEEDED, run->cursor,
                                    children, COLLECTED_PER_STEP, &len),
                "read executions");
    for (int i = 0; i < len; i++) {
        struct store_execution child;
        CLEANUP(strbuf_done) struct strbuf sb;

        strbuf_init(&sb, LIMIT_VALUE_BYTES);
        engine_must(e, store_get_execution_by_id(e->store, &e->arena, children[i].id, &child),
                    "read execution");
        map_result_entry(run, &child, &sb);
        keep_output(run, child.id, child.item, (struct text){sb.data, sb.len});
    }
    return len;
}

/* The elements of outputs that are arrays. */
static struct payload *flatten_outputs(struct map_run *run)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    strbuf_addc(&sb, '[');
    for (int64_t i = 0; i < run->row.executions.total; i++) {
        struct payload *p = run->outputs[i];

        if (!p)
            continue;
        if (sb.len > 1)
            strbuf_addc(&sb, ',');
        if (map_result_output(ASL_WRITE_FLATTEN, (struct text){p->text, p->len}, ",", &sb) == 0 &&
            sb.len > 1)
            strbuf_truncate(&sb, sb.len - 1);
        payload_unref(p);
    }
    strbuf_addc(&sb, ']');
    free_p(&run->outputs);
    return payload_from_text((struct text){sb.data, sb.len});
}

static struct payload *join_outputs(struct map_run *run)
{
    size_t len = 0;

    if (transformation(run) == ASL_WRITE_FLATTEN)
        return flatten_outputs(run);
    for (int64_t i = 0; i < run->row.executions.total; i++)
        if (run->outputs[i])
            run->outputs[len++] = run->outputs[i];

    struct payload *list = payload_from_list(run->outputs, len);

    for (size_t i = 0; i < len; i++)
        payload_unref(run->outputs[i]);
    free_p(&run->outputs);
    return list;
}

static void fail_data_limit(struct map_run *run)
{
    struct asl_error err = {0};

    flow_data_limit(&err, run->state->name);
    map_run_fail(run, &err, true);
}

/* All children have ended well enough: their outputs, in the order of the items, are the result. */
static bool collect_some(struct map_run *run)
{
    struct engine *e = run->engine;
    int len = 0;

    if (map_writes(run)) {
        run->row.outcome = EXECUTION_SUCCEEDED;
        map_run_finish(run, NULL);
        return true;
    }
    if (!run->outputs) {
        checkpoint_flush(e); /* the last outputs may not be in the store yet */
        run->outputs = xcalloc((size_t)run->row.executions.total + 1, sizeof(*run->outputs));
        run->cursor = run->output_bytes = 0;
    }
    if (transformation(run) == ASL_WRITE_NONE)
        len = collect_entries(run);
    else
        engine_must(e,
                    store_read_outputs(e->store, run->row.id, run->cursor, COLLECTED_PER_STEP,
                                       keep_output, run, &len),
                    "read outputs");
    if (run->output_bytes > e->limits.payload_bytes) {
        fail_data_limit(run);
        return true;
    }
    if (len == COLLECTED_PER_STEP || map_objects_sweep(run))
        return true;

    CLEANUP(payload_unref_p) struct payload *result = join_outputs(run);

    run->row.outcome = EXECUTION_SUCCEEDED;
    map_run_close(run, result);
    return false;
}

/* ---- the steps ---- */

static bool has_room(const struct map_run *run)
{
    int64_t ceiling = run->engine->limits.map_run_concurrency;
    int64_t wanted = run->row.max_concurrency;
    int64_t running = run->row.executions.running;

    if (running >= (wanted > 0 ? MIN(wanted, ceiling) : ceiling))
        return false;
    /* Those that have ended take their room until the end of the tick. */
    return run->bytes < CHILD_BYTES_MAX;
}

static bool start_some(struct map_run *run)
{
    struct asl_error err = {0};
    struct payload *input = NULL;
    int64_t items = 0;

    if (run->row.executions.pending_redrive == 0 &&
        run->row.executions.started == run->row.executions.total)
        return run->row.executions.running == 0 && collect_some(run);
    if (!has_room(run))
        return false;
    if (run->row.executions.pending_redrive > 0) {
        redrive_child(run);
        return true;
    }
    if (map_run_next_input(run, &input, &items, &err) < 0) {
        asl_error_prefix(&err, run->state->name, run->parent->entered_event);
        map_run_fail(run, &err, true);
        return true;
    }
    start_child(run, input, items);
    return true;
}

static bool plan_some(struct map_run *run)
{
    struct asl_error err = {0};

    if (map_run_plan(run, &err) < 0) {
        asl_error_prefix(&err, run->state->name, run->parent->entered_event);
        map_run_fail(run, &err, true);
    } else if (run->plan_text) {
        run->row.phase = MAP_RUN_START;
        map_run_set_dirty(run);
    }
    return true;
}

/* STANDARD children end; EXPRESS ones are waited for (recorded: reference/redrive.md section 6). */
static bool drain_some(struct map_run *run)
{
    struct engine *e = run->engine;
    CLEANUP(asl_error_done) struct asl_error err = {0};

    err.cause = xasprintf("The map run execution [%s] which was managing this resource was aborted",
                          run->arn);
    if (run->children && !run->row.express) {
        execution_close(run->children, EXECUTION_ABORTED, 0, NULL, &err);
        return true;
    }
    if (run->row.executions.pending_redrive > 0) {
        struct store_child child = next_pending(run);

        engine_write(e);
        engine_must(e, store_abort_pending(e->store, child.id, e->now, err.cause),
                    "abort execution");
        status_event_tell_child(run, child.id);
        count(run, EXECUTION_PENDING_REDRIVE, -1, -child.item_count);
        count(run, EXECUTION_ABORTED, 1, child.item_count);
        return true;
    }
    if (run->row.executions.running > 0)
        return false;
    if (run->start_over && !map_writes(run) && map_objects_sweep(run))
        return true;
    map_run_finish(run, NULL);
    return false;
}

bool map_run_step(struct map_run *run)
{
    if (!run->row.outcome && !map_run_admitted(run))
        return false;
    switch ((enum map_run_phase)run->row.phase) {
    case MAP_RUN_PLAN:
        return plan_some(run);
    case MAP_RUN_MARK:
        return mark_some(run);
    case MAP_RUN_START:
        return start_some(run);
    case MAP_RUN_DRAIN:
        return drain_some(run);
    case MAP_RUN_READ:
        return map_read_step(run);
    case MAP_RUN_WRITE:
        return map_write_step(run);
    }
    return false;
}
