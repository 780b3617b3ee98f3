/* Executions with a test case: which of their tasks are mocked, and how often each was invoked.
 *
 * The invocation belongs to the attempt and is in the branch's checkpoint; the counters are in the root's.
 * So a request that is made again after a restart gets the same result, and a redrive goes on counting.
 * The children of a Map Run count in the execution that started them all, as iterations of an inline Map
 * would (recorded: suite local_mocking). */
#include <inttypes.h>
#include <string.h>

#include "engine/internal.h"
#include "engine/map_run.h"

void mock_tasks_begin(struct execution *x, const char *test_case)
{
    x->test_case = xstrdup(test_case);
    x->mock_counts = xcalloc(x->revision->asl->states_len, sizeof(*x->mock_counts));
}

static const struct mock_case *case_of(const struct execution *x)
{
    return mocks_case(x->engine->mocks, x->revision->machine->name, x->test_case);
}

/* The execution whose counters count for x. */
static struct execution *counting(struct execution *x)
{
    while (x->map_run && x->map_run->parent)
        x = x->map_run->parent->execution;
    return x;
}

void mock_tasks_count(struct branch *b)
{
    struct execution *x = counting(b->execution);

    b->mock = 0;
    if (!x->test_case || !mocks_of_state(case_of(x), b->state->name))
        return;
    if (x->mock_counts[b->state->index] < UINT32_MAX)
        x->mock_counts[b->state->index]++;
    b->mock = x->mock_counts[b->state->index];
    branch_set_dirty(b);
    branch_set_dirty(x->root);
}

/* The configuration does not say what this invocation comes to: nothing can catch that by accident. */
static void fail(struct engine *e, uint64_t id, char *cause /* takes */)
{
    struct task_result result = {
        .outcome = TASK_FAILED,
        .error = "States.Runtime",
        .cause = {cause, strlen(cause)},
    };

    engine_task_finished(e, id, &result);
    free_p(&cause);
}

void mock_tasks_answer(struct branch *b, uint64_t id)
{
    struct execution *x = b->execution;
    const struct mock_responses *responses = mocks_of_state(case_of(x), b->state->name);
    struct mock_result mock;

    if (!responses) {
        fail(
            x->engine, id,
            xasprintf("The mock configuration no longer has results for the state '%s' in the test "
                      "case '%s' of '%s'.",
                      b->state->name, x->test_case, x->revision->machine->name));
        return;
    }
    if (!mocks_result(responses, b->mock - 1, &mock)) {
        fail(x->engine, id,
             xasprintf("The mocked response '%s' has no result for invocation %" PRIu32
                       " of the state '%s'.",
                       mocks_responses_name(responses), b->mock - 1, b->state->name));
        return;
    }

    struct task_result result = {
        .outcome = mock.output.data ? TASK_SUCCEEDED : TASK_FAILED,
        .output = b->state->u.task.resource.kind == ASL_RESOURCE_LAMBDA ? mock.direct : mock.output,
        .error = mock.error,
        .cause = mock.cause,
    };

    engine_task_finished(x->engine, id, &result);
}

/* ---- the counters' place in a checkpoint ---- */

void mock_tasks_write(const struct execution *x, struct strbuf *sb)
{
    bool any = false;

    for (size_t i = 0; x->mock_counts && i < x->revision->asl->states_len; i++) {
        const char *name = x->revision->asl->states[i]->name;

        if (x->mock_counts[i] == 0)
            continue;
        if (any)
            strbuf_addc(sb, ',');
        else
            strbuf_adds(sb, sb->len > 1 ? ",\"mocks\":{" : "\"mocks\":{");
        any = true;
        strbuf_add_json(sb, name, strlen(name));
        strbuf_addf(sb, ":%" PRIu32, x->mock_counts[i]);
    }
    if (any)
        strbuf_addc(sb, '}');
}

void mock_tasks_read(struct execution *x, const struct json *details)
{
    const struct json *counts = details ? json_gets(details, "mocks") : NULL;

    if (!counts || !x->mock_counts)
        return;
    for (size_t i = 0; i < json_len(counts); i++) {
        const struct asl_state *state =
            asl_machine_state(x->revision->asl, json_str(json_key_at(counts, i), NULL));
        int64_t n = 0;

        if (state && json_int64(json_member_at(counts, i), &n))
            x->mock_counts[state->index] = (uint32_t)n;
    }
}

/* ---- commands ---- */

void command_set_mocks(struct engine *e, struct engine_command *c)
{
    mocks_free(e->mocks);
    e->mocks = c->u.mocks.mocks;
    c->u.mocks.mocks = NULL;
    engine_answer(e, c, ENGINE_OK);
}

void command_get_mocks(struct engine *e, struct engine_command *c)
{
    c->u.mocks.text = TEXT_NONE;
    if (e->mocks) { /* a copy: the next command of this tick may replace them */
        struct text text = mocks_text(e->mocks);

        c->u.mocks.text = (struct text){arena_memdup(&e->arena, text.data, text.len), text.len};
    }
    engine_answer(e, c, ENGINE_OK);
}
