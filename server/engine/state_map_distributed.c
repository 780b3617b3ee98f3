/* Map, distributed: the state waits for a Map Run.  reference/asl.md section 9, reference/history.md
 * section 4 (Distributed Map), reference/redrive.md sections 5.8 and 6. */
#include <inttypes.h>

#include "engine/map_objects.h"

static const struct text no_details = {"", 0};

/* "mapRunArn":"..." */
static struct strbuf *run_details(struct branch *b, const struct map_run *run)
{
    struct strbuf *sb = history_scratch(b->execution->engine);

    history_add_member(sb, "mapRunArn", run->arn);
    return sb;
}

void map_distributed_run(struct branch *b)
{
    struct execution *x = b->execution;
    CLEANUP(asl_error_done) struct asl_error err = {0};
    CLEANUP(payload_unref_p) struct payload *input = NULL;
    struct payload *items = NULL;
    struct map_tolerance tolerance;
    int64_t concurrency = 0;

    b->map_run_id = 0;
    /* With an ItemReader, ItemsPath is not looked at (recorded). */
    if (flow_input(b, &input, &err) < 0 ||
        (!b->state->u.map.distributed->reader && map_items(b, input, &items, &err) < 0)) {
        branch_runtime_error(b, &err);
        return;
    }
    payload_unref(b->work);
    b->work = items;
    branch_set_dirty(b);
    if (map_concurrency(b, input, &concurrency, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }

    struct strbuf *sb = history_scratch(x->engine);

    strbuf_addf(sb, "\"length\":%zu", items ? json_len(payload_value(items)) : 0);
    if (history_step(b, EVENT_MAP_STATE_STARTED, history_details(sb), NULL) == 0)
        return;
    b->map_started = b->previous;
    if (map_tolerance(b, input, &tolerance, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }

    struct map_run *run = map_run_new(b, concurrency, &tolerance);

    run->parent = b; /* for the evaluation */
    if (map_run_batching(run, &err) < 0 || map_objects_open(run, input, &err) < 0)
        branch_runtime_error(b, &err);
    else if (history_step(b, EVENT_MAP_RUN_STARTED, history_details(run_details(b, run)), NULL) >
             0) {
        b->phase = PHASE_MAP_RUN;
        map_run_open(run, b);
    }
    map_run_unref(run);
}

void map_distributed_redrive(struct branch *b)
{
    struct execution *x = b->execution;
    struct engine *e = x->engine;
    struct map_run *run = map_run_get(e, b->map_run_id);

    if (run) { /* still ends what ran before: it tells when it has done so */
        if (!b->map_run)
            map_run_attach(run, b);
        return;
    }
    b->previous = b->map_started;
    run = map_run_reopen(b);
    if (!run) {
        b->phase = PHASE_RUN;
        b->previous = b->entered_event;
        branch_make_runnable(b);
        return;
    }
    b->phase = PHASE_MAP_RUN;
    branch_set_dirty(b);

    struct strbuf *sb = run_details(b, run);

    strbuf_addf(sb, ",\"redriveCount\":%" PRId64, run->row.redrive_count);
    if (history_step(b, EVENT_MAP_RUN_REDRIVEN, history_details(sb), NULL) == 0)
        return;
    if (run->row.redrive_count > e->limits.map_run_redrives) {
        struct asl_error err = {0};

        asl_error_set(&err, "States.Runtime",
                      "The map run has exceeded the maximum number of redrives (%" PRId64 ").",
                      e->limits.map_run_redrives);
        map_run_fail(run, &err, false);
    }
}

static void failed(struct branch *b, struct map_run *run)
{
    struct asl_error *err = &run->error;

    if (run->start_over)
        b->map_run_id = 0;
    branch_set_dirty(b);
    (void)history_scratch(b->execution->engine);
    if (history_step(b, EVENT_MAP_RUN_FAILED, history_error(b->execution->engine, err), NULL) == 0)
        return;
    branch_error(b, err);
}

/* MapStateExited points to MapRunStarted or MapRunRedriven, which is the branch's last event. */
static void succeeded(struct branch *b, struct payload *result)
{
    struct execution *x = b->execution;
    CLEANUP(asl_error_done) struct asl_error err = {0};
    CLEANUP(payload_unref_p) struct payload *input = NULL;
    struct flow_output out;
    int64_t id = history_add(x, EVENT_MAP_RUN_SUCCEEDED, b->previous, no_details, NULL);

    b->map_run_id = 0;
    b->phase = PHASE_RUN;
    branch_set_dirty(b);
    if (id > 0)
        history_add(x, EVENT_MAP_STATE_SUCCEEDED, id, no_details, NULL);
    if (x->full)
        return;
    if (flow_input(b, &input, &err) < 0 || flow_result(b, input, result, &out, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    branch_leave(b, out.output, out.assigned, b->state->next);
}

void map_distributed_ended(struct branch *b, struct map_run *run, struct payload *result)
{
    if (b->phase == PHASE_MAP_RUN_REDRIVE) {
        branch_make_runnable(b); /* the end of the earlier attempt, which nobody else waits for */
        return;
    }
    if (run->row.status == EXECUTION_SUCCEEDED)
        succeeded(b, result);
    else
        failed(b, run);
}
