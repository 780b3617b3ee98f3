/* The table of state types. */
#include "engine/internal.h"

static const struct state_ops *const table[ASL_STATE_TYPES] = {
    [ASL_TASK] = &state_task,         [ASL_WAIT] = &state_wait, [ASL_PASS] = &state_pass,
    [ASL_SUCCEED] = &state_succeed,   [ASL_FAIL] = &state_fail, [ASL_CHOICE] = &state_choice,
    [ASL_PARALLEL] = &state_parallel, [ASL_MAP] = &state_map,
};

const struct state_ops *state_ops(enum asl_state_type type)
{
    return table[type];
}
