/* Succeed: ends its branch, or the execution. */
#include "engine/internal.h"

static void succeed_run(struct branch *b)
{
    CLEANUP(asl_error_done) struct asl_error err = {0};
    struct flow_output out;

    if (flow_pass_on(b, b->state->output, b->state->assign, &out, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    branch_leave(b, out.output, out.assigned, NULL);
}

const struct state_ops state_succeed = {
    .entered = EVENT_SUCCEED_STATE_ENTERED,
    .exited = EVENT_SUCCEED_STATE_EXITED,
    .run = succeed_run,
};
