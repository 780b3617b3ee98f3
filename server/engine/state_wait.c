/* Wait: reference/asl.md section 8. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/timefmt.h"
#include "engine/internal.h"

#define WAIT_MAX_SECONDS \
    INT64_C(2147483647) /* 24,855 days are accepted, 24,856 are not (recorded) */

static int wait_error(struct asl_error *err, const char *format, const char *path,
                      const char *value) __attribute__((nonnull));

static int wait_error(struct asl_error *err, const char *format, const char *path,
                      const char *value)
{
    struct strbuf sb;

    strbuf_init(&sb, 4096);
    strbuf_adds(&sb, format);
    strbuf_adds(&sb, path);
    if (*value) {
        strbuf_adds(&sb, " == ");
        strbuf_adds(&sb, value);
    }
    asl_error_set(err, "States.Runtime", "%s", sb.data);
    strbuf_done(&sb);
    return ERR_INVALID;
}

/* A wait of seconds, from a constant, a path (numeric text is accepted) or an expression. */
static int wait_seconds(struct branch *b, const struct asl_expr *expr, const struct json *value,
                        int64_t *ret_due, struct asl_error *err)
{
    const char *path = expr->kind == ASL_EXPR_PATH ? jsonpath_text(expr->path) : "";
    CLEANUP(json_unref_p) struct json *number = NULL;
    CLEANUP(free_p) char *shown = flow_shown(value);
    int64_t seconds;

    if (json_is(value, JSON_STRING)) {
        size_t len;
        const char *s = json_str(value, &len);

        number = json_number_from_text(s, len);
    } else if (json_is(value, JSON_NUMBER)) {
        number = json_ref(value);
    }
    if (!number || !json_int64(number, &seconds)) {
        if (expr->kind == ASL_EXPR_JSONATA && number &&
            json_double(number) == floor(json_double(number)) && fabs(json_double(number)) < 1e15) {
            seconds = (int64_t)json_double(number);
        } else if (expr->kind == ASL_EXPR_JSONATA) {
            return flow_type_error(err, expr, "integer", value);
        } else {
            return wait_error(
                err, "The SecondsPath parameter cannot be parsed as a long value: ", path, shown);
        }
    }
    if (seconds < 0)
        return wait_error(err, "The SecondsPath parameter references a negative value: ", path,
                          shown);
    if (seconds > WAIT_MAX_SECONDS) {
        asl_error_set(err, "States.Runtime", "Wait state delay is too long.");
        return ERR_INVALID;
    }

    struct engine *e = b->execution->engine;

    *ret_due = e->now + llround((double)seconds * 1000.0 * e->wait_time_scale);
    return 0;
}

static int wait_timestamp(struct branch *b, const struct asl_expr *expr, const struct json *value,
                          int64_t *ret_due, struct asl_error *err)
{
    struct engine *e = b->execution->engine;
    int64_t at = 0;
    size_t len = 0;
    bool good = json_is(value, JSON_STRING);

    if (good) {
        const char *s = json_str(value, &len);

        good = iso_time_parse(s, len, &at) == 0;
    }
    if (!good) {
        CLEANUP(free_p) char *shown = flow_shown(value);

        if (expr->kind != ASL_EXPR_JSONATA)
            return wait_error(
                err,
                "The TimestampPath parameter does not reference a valid ISO-8601 extended "
                "offset date-time format string: ",
                expr->kind == ASL_EXPR_PATH ? jsonpath_text(expr->path) : "", shown);
        asl_error_set(
            err, "States.QueryEvaluationError",
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time "
            "format string: %s",
            shown);
        err->evaluation = true;
        err->location = xstrdup("Timestamp");
        return ERR_INVALID;
    }
    if (at - e->now > WAIT_MAX_SECONDS * 1000) {
        asl_error_set(err, "States.Runtime", "Wait state delay is too long.");
        return ERR_INVALID;
    }
    *ret_due = at <= e->now ? e->now : e->now + llround((double)(at - e->now) * e->wait_time_scale);
    return 0;
}

static int wait_due(struct branch *b, int64_t *ret_due, struct asl_error *err)
{
    const struct asl_expr *expr =
        b->state->u.wait.seconds ? b->state->u.wait.seconds : b->state->u.wait.timestamp;
    CLEANUP(payload_unref_p) struct payload *input = NULL;
    CLEANUP(flow_env_done) struct flow_env env = {0};
    CLEANUP(json_unref_p) struct json *value = NULL;
    int r = flow_input(b, &input, err);

    if (r < 0)
        return r;
    if (expr->kind != ASL_EXPR_LITERAL) {
        flow_env_init(&env, b, payload_value(input));
        r = asl_eval(expr, &env.asl, &value, err);
        if (r < 0) {
            if (expr->kind == ASL_EXPR_PATH)
                return wait_error(
                    err,
                    b->state->u.wait.seconds
                        ? "The SecondsPath parameter does not reference an input value: "
                        : "The TimestampPath parameter does not reference an input value: ",
                    jsonpath_text(expr->path), "");
            return r;
        }
    }

    const struct json *v = value ? value : expr->literal;

    return b->state->u.wait.seconds ? wait_seconds(b, expr, v, ret_due, err)
                                    : wait_timestamp(b, expr, v, ret_due, err);
}

static void wait_leave(struct branch *b)
{
    CLEANUP(asl_error_done) struct asl_error err = {0};
    struct flow_output out;

    if (flow_pass_on(b, b->state->output, b->state->assign, &out, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    branch_leave(b, out.output, out.assigned, b->state->next);
}

static void wait_run(struct branch *b)
{
    CLEANUP(asl_error_done) struct asl_error err = {0};
    int64_t due = 0;

    if (wait_due(b, &due, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    if (due <= b->execution->engine->now) {
        wait_leave(b);
        return;
    }
    b->phase = PHASE_WAIT;
    branch_set_dirty(b);
    timer_set(b->execution->engine, &b->timer, due);
}

static void wait_over(struct branch *b)
{
    struct machine *m = b->execution->revision->machine;

    /* A deleted machine ends its executions at their next transition, without WaitStateExited. */
    if (m->status == MACHINE_DELETING) {
        CLEANUP(asl_error_done) struct asl_error err = {0};

        asl_error_set(&err, "States.Runtime", "State machine %s has been deleted", m->name);
        execution_close(b->execution, EXECUTION_FAILED, b->previous, NULL, &err);
        return;
    }
    wait_leave(b);
}

const struct state_ops state_wait = {
    .entered = EVENT_WAIT_STATE_ENTERED,
    .exited = EVENT_WAIT_STATE_EXITED,
    .aborted = EVENT_WAIT_STATE_ABORTED,
    .run = wait_run,
    .timer = wait_over,
};
