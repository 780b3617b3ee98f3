/* Fail: ends its branch with an error of the author's choice; writes no Exited event. */
#include <string.h>

#include "engine/internal.h"

/* Error or Cause: a string, or absent. */
static int fail_text(const struct asl_expr *expr, struct flow_env *env, char **ret_text,
                     struct asl_error *err)
{
    if (!expr)
        return 0;

    CLEANUP(json_unref_p) struct json *value = NULL;
    int r = asl_eval(expr, &env->asl, &value, err);

    if (r < 0)
        return r;
    if (!json_is(value, JSON_STRING)) {
        CLEANUP(free_p) char *text = flow_shown(value);

        if (expr->kind == ASL_EXPR_JSONATA)
            return flow_type_error(err, expr, "string", value);
        asl_error_set(err, "States.Runtime",
                      "The value for the field '%s' must be a string but was: %s", expr->field,
                      text);
        return ERR_INVALID;
    }
    free_p(ret_text);
    *ret_text = xstrdup(json_str(value, NULL));
    return 0;
}

static void fail_run(struct branch *b)
{
    CLEANUP(asl_error_done) struct asl_error failure = {0};
    CLEANUP(asl_error_done) struct asl_error err = {0};
    CLEANUP(flow_env_done) struct flow_env env;

    flow_env_init(&env, b, payload_value(b->input));
    if (fail_text(b->state->u.fail.error, &env, &failure.name, &err) < 0 ||
        fail_text(b->state->u.fail.cause, &env, &failure.cause, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    asl_error_cut(&failure);
    branch_error(b, &failure);
}

const struct state_ops state_fail = {
    .entered = EVENT_FAIL_STATE_ENTERED,
    .run = fail_run,
};
