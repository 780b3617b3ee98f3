/* Parallel: every branch gets the effective input; the result is the array of their outputs. */
#include "engine/internal.h"

static void parallel_run(struct branch *b)
{
    struct execution *x = b->execution;
    CLEANUP(asl_error_done) struct asl_error err = {0};
    CLEANUP(payload_unref_p) struct payload *input = NULL;
    CLEANUP(payload_unref_p) struct payload *work = NULL;

    if (flow_input(b, &input, &err) < 0 || flow_parameters(b, input, false, &work, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    if (x->test) {
        test_parallel(b);
        return;
    }
    if (history_step(b, EVENT_PARALLEL_STATE_STARTED, (struct text){"", 0}, NULL) == 0)
        return;

    size_t len = b->state->u.parallel.branches_len;

    branch_drop_children(b);
    b->children = xcalloc(len, sizeof(*b->children));
    b->children_len = b->children_next = len;
    b->phase = PHASE_CHILDREN;
    branch_set_dirty(b);
    for (size_t i = 0; i < len; i++) {
        struct branch *child = branch_new(x, b, i, b->state->u.parallel.branches[i]);

        child->input = payload_ref(work);
        child->previous = b->previous;
        b->children[i] = child;
        branch_make_runnable(child);
    }
}

/* The result of a container: its children's outputs by slot. */
static struct payload *outputs(struct branch *b)
{
    struct payload **items = xreallocarray(NULL, b->children_len + 1, sizeof(struct payload *));

    for (size_t i = 0; i < b->children_len; i++)
        items[i] = b->children[i]->output;

    struct payload *list = payload_from_list(items, b->children_len);

    free_p(&items);
    return list;
}

/* All branches, or iterations, succeeded; b->previous is the last of their events.  The container's Succeeded
 * and Exited events both point to it (reference/history.md section 2). */
void parallel_finish(struct branch *b)
{
    CLEANUP(payload_unref_p) struct payload *result = outputs(b);

    container_finish(b, result);
}

void container_finish(struct branch *b, struct payload *result)
{
    struct execution *x = b->execution;
    CLEANUP(asl_error_done) struct asl_error err = {0};
    CLEANUP(payload_unref_p) struct payload *input = NULL;
    struct flow_output out;

    if (flow_check(b, result, &err) < 0) {
        /* Redrive runs such a state whole again: nothing of it is kept (reference/redrive.md section 4). */
        branch_drop_children(b);
        branch_runtime_error(b, &err);
        return;
    }
    history_add(
        x, b->state->type == ASL_MAP ? EVENT_MAP_STATE_SUCCEEDED : EVENT_PARALLEL_STATE_SUCCEEDED,
        b->previous, (struct text){"", 0}, NULL);
    if (flow_input(b, &input, &err) < 0 || flow_result(b, input, result, &out, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    branch_leave(b, out.output, out.assigned, b->state->next);
}

const struct state_ops state_parallel = {
    .entered = EVENT_PARALLEL_STATE_ENTERED,
    .exited = EVENT_PARALLEL_STATE_EXITED,
    .aborted = EVENT_PARALLEL_STATE_ABORTED,
    .run = parallel_run,
};
