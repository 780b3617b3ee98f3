/* Choice: the first rule that holds says where to go. */
#include "engine/internal.h"

/* The rule that applies, or NULL for none. */
static int choose(struct branch *b, struct flow_env *env, const struct asl_rule **ret_rule,
                  struct asl_error *err)
{
    *ret_rule = NULL;
    for (size_t i = 0; i < b->state->u.choice.rules_len; i++) {
        const struct asl_rule *rule = &b->state->u.choice.rules[i];
        bool match = false;
        int r;

        if (rule->expression) {
            CLEANUP(json_unref_p) struct json *value = NULL;

            r = asl_eval(rule->expression, &env->asl, &value, err);
            if (r == 0 && !json_is_bool(value))
                r = flow_type_error(err, rule->expression, "boolean", value);
            match = r == 0 && json_is(value, JSON_TRUE);
        } else {
            r = asl_eval_condition(rule->condition, &env->asl, &match, err);
        }
        if (r < 0)
            return r;
        if (match) {
            *ret_rule = rule;
            return 0;
        }
    }
    return 0;
}

static void choice_run(struct branch *b)
{
    struct asl_state *state = b->state;
    CLEANUP(asl_error_done) struct asl_error err = {0};
    CLEANUP(payload_unref_p) struct payload *input = NULL;
    CLEANUP(flow_env_done) struct flow_env env = {0};
    const struct asl_rule *rule;
    struct flow_output out;

    if (flow_input(b, &input, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    flow_env_init(&env, b, payload_value(input));
    if (choose(b, &env, &rule, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }

    struct asl_state *next = rule ? rule->next : state->u.choice.otherwise;

    if (!next) {
        asl_error_set(
            &err, "States.Runtime",
            "Failed to transition out of the state. The state does not point to a next state.");
        branch_runtime_error(b, &err);
        return;
    }
    /* A rule that matched stands for itself: the state's own Assign and Output are Default's. */
    if (flow_pass_on(b, rule ? rule->output : state->output, rule ? rule->assign : state->assign,
                     &out, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    branch_leave(b, out.output, out.assigned, next);
}

const struct state_ops state_choice = {
    .entered = EVENT_CHOICE_STATE_ENTERED,
    .exited = EVENT_CHOICE_STATE_EXITED,
    .run = choice_run,
};
