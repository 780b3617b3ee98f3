/* What happens when a state fails: Retry, then Catch, then the branch ends and its parent hears of it.  The
 * one place for all state types (reference/asl.md section 11). */
#include <math.h>
#include <string.h>

#include "base/ids.h"
#include "engine/internal.h"

/* The delay before attempt k (from 1): interval * rate^(k-1), at most max_delay. */
static int64_t retry_delay_ms(const struct asl_retrier *r, uint32_t attempt)
{
    double seconds = (double)r->interval_seconds * pow(r->backoff_rate, (double)attempt - 1);
    double ceiling = r->max_delay_seconds > 0 ? (double)r->max_delay_seconds : 99999999.0;

    if (!(seconds < ceiling))
        seconds = ceiling;
    if (r->jitter_full)
        seconds *= (double)(random_u64() >> 11) / 9007199254740992.0;
    return llround(seconds * 1000.0);
}

/* True when a retrier took the error; the branch then waits. */
static bool try_retry(struct branch *b, const struct asl_error *err)
{
    struct asl_state *state = b->state;

    for (size_t i = 0; i < state->retriers_len; i++) {
        const struct asl_retrier *r = &state->retriers[i];

        if (!asl_error_matches(err, r->errors, r->errors_len))
            continue;
        test_retrier(b, i);
        if (!b->retries)
            b->retries = xcalloc(state->retriers_len, sizeof(*b->retries));
        if ((int64_t)b->retries[i] >= r->max_attempts)
            return false; /* the first retrier that matches decides; later ones are not asked */
        b->retries[i]++;
        b->retry_count++;

        int64_t delay = retry_delay_ms(r, b->retries[i]);

        if (b->execution->test) {
            test_retriable(b, delay, err);
            return true;
        }
        branch_drop_children(b);
        b->phase = PHASE_RETRY;
        branch_set_dirty(b);
        timer_set(b->execution->engine, &b->timer, b->execution->engine->now + delay);
        return true;
    }
    return false;
}

/* Puts an error of the language into words: the state it happened in, and the EvaluationFailed event where
 * there is one. */
static void tell_runtime_error(struct branch *b, struct asl_error *err)
{
    if (!b->execution->test)
        asl_error_prefix(err, b->state->name, b->entered_event);
    if (!err->evaluation)
        return;

    struct strbuf *sb = history_scratch(b->execution->engine);

    history_error(b->execution->engine, err);
    history_add_member(sb, "state", b->state->name);
    if (err->location)
        history_add_member(sb, "location", err->location);
    /* Expressions that fail on entry point to what came before the state (recorded); a variable's size
     * and a bad Timestamp to the Entered event (reference/history.md section 2). */
    if (b->previous == b->entered_event && strcmp(err->name, "States.QueryEvaluationError") == 0 &&
        !(err->location && strcmp(err->location, "Timestamp") == 0))
        b->previous = b->entered_previous;
    history_step(b, EVENT_EVALUATION_FAILED, history_details(sb), NULL);
}

/* True when a catcher took the error.  One that fails itself replaces it with its own error, which the
 * state's other catchers are not asked about. */
static bool try_catch(struct branch *b, struct asl_error *err)
{
    struct asl_state *state = b->state;

    for (size_t i = 0; i < state->catchers_len; i++) {
        const struct asl_catcher *c = &state->catchers[i];

        if (!asl_error_matches(err, c->errors, c->errors_len))
            continue;

        CLEANUP(asl_error_done) struct asl_error second = {0};
        struct flow_output out;

        test_caught(b, i, err);
        if (flow_caught(b, c, err, &out, &second) < 0) {
            tell_runtime_error(b, &second);
            asl_error_move(err, &second);
            return false;
        }
        branch_leave(b, out.output, out.assigned, c->next);
        return true;
    }
    return false;
}

void branch_error(struct branch *b, struct asl_error *err)
{
    static const struct text none = {"", 0};

    if (try_retry(b, err))
        return;

    /* A container that never started says nothing, unless an evaluation failed (recorded for Map). */
    bool started = b->phase == PHASE_CHILDREN || b->phase == PHASE_MAP_RUN || err->evaluation;

    if (started && b->state->type == ASL_PARALLEL)
        history_step(b, EVENT_PARALLEL_STATE_FAILED, none, NULL);
    else if (started && b->state->type == ASL_MAP)
        history_step(b, EVENT_MAP_STATE_FAILED, none, NULL);
    if (try_catch(b, err))
        return;

    if (!b->parent) {
        execution_close(b->execution, EXECUTION_FAILED, b->previous, NULL, err);
        return;
    }
    b->status = BRANCH_FAILED;
    branch_set_dirty(b);
    container_child_failed(b->parent, b, err);
}

void branch_runtime_error(struct branch *b, struct asl_error *err)
{
    tell_runtime_error(b, err);
    branch_error(b, err);
}
