/* What Parallel and inline Map share: branches of their own, the first failure ends them all. */
#include "engine/map_run.h"
#include "engine/nested.h"

static const struct text no_details = {"", 0};

static void abort_branch(struct branch *b, int64_t failed_event);

void container_abort_children(struct branch *b, int64_t failed_event)
{
    for (size_t i = 0; b->children && i < b->children_len; i++) {
        struct branch *child = b->children[i];

        if (!child || child->status != BRANCH_ACTIVE)
            continue;
        if (b->state->type == ASL_MAP)
            map_iteration_event(b, EVENT_MAP_ITERATION_ABORTED, i, failed_event);
        abort_branch(child, failed_event);
    }
}

/* Stops an unfinished child that did nothing wrong, innermost first, and tells of it. */
static void abort_branch(struct branch *b, int64_t failed_event)
{
    const struct state_ops *ops = state_ops(b->state->type);
    bool entered = b->phase != PHASE_ENTER;

    bool run = b->map_run != NULL;

    container_abort_children(b, failed_event);
    branch_give_up(b);
    map_run_abandon(b);
    nested_abandon(b);
    b->status = BRANCH_ABORTED;
    branch_set_dirty(b);
    if (run)
        history_add(b->execution, EVENT_MAP_RUN_ABORTED, failed_event, no_details, NULL);
    if (entered && ops->aborted)
        history_add(b->execution, ops->aborted, failed_event, no_details, NULL);
}

/* reference/history.md section 4, Parallel and inline Map: the failing iteration's MapIterationFailed, an
 * Aborted event for each unfinished child Task (the failing one included), all pointing to the failed event;
 * siblings follow in order. */
void container_child_failed(struct branch *parent, struct branch *child, struct asl_error *err)
{
    bool map = parent->state->type == ASL_MAP;
    int64_t failed_event = child->previous;
    struct execution *x = parent->execution;

    branch_give_up(child);
    if (map)
        map_iteration_event(parent, EVENT_MAP_ITERATION_FAILED, child->slot, failed_event);
    if (child->state->type == ASL_TASK && child->scheduled_event > 0)
        history_add(x, EVENT_TASK_STATE_ABORTED, failed_event, no_details, NULL);
    container_abort_children(parent, failed_event);
    parent->previous = failed_event;
    branch_set_dirty(parent);
    branch_error(parent, err);
}

void container_child_succeeded(struct branch *parent, struct branch *child)
{
    parent->children_done++;
    parent->previous = child->previous;
    branch_set_dirty(parent);
    if (parent->state->type == ASL_MAP) {
        map_iteration_succeeded(parent, child);
        return;
    }
    if (parent->children_done == parent->children_len)
        parallel_finish(parent);
}
