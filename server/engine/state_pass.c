/* Pass: the shortest state.  Its result is Result, or Parameters, or its input. */
#include "engine/internal.h"

static int pass_result(struct branch *b, struct payload *input, struct payload **ret_result,
                       struct asl_error *err)
{
    if (b->state->u.pass.result) {
        int r = flow_make(b, json_ref(b->state->u.pass.result), ret_result, err);

        if (r == 0)
            test_note(b, TEST_RESULT, *ret_result);
        return r;
    }
    return flow_parameters(b, input, false, ret_result, err);
}

static void pass_run(struct branch *b)
{
    CLEANUP(asl_error_done) struct asl_error err = {0};
    CLEANUP(payload_unref_p) struct payload *input = NULL;
    CLEANUP(payload_unref_p) struct payload *result = NULL;
    struct flow_output out;

    /* Result takes the place of InputPath and Parameters: they are not even looked at. */
    if ((!b->state->u.pass.result && flow_input(b, &input, &err) < 0) ||
        pass_result(b, input, &result, &err) < 0 || flow_result(b, input, result, &out, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    branch_leave(b, out.output, out.assigned, b->state->next);
}

const struct state_ops state_pass = {
    .entered = EVENT_PASS_STATE_ENTERED,
    .exited = EVENT_PASS_STATE_EXITED,
    .run = pass_run,
};
