/* EXPRESS executions.  They run through the same states as STANDARD ones, but nothing of them is stored:
 * no row, no history, no checkpoint.  They are gone when they have ended, or when the process ends.  What
 * is told of them is the answer of StartSyncExecution, and the event log.
 *
 * Starting one twice by the same name gives two of them, each with an id of its own in its ARN. */
#include <string.h>

#include "base/ids.h"
#include "engine/internal.h"

enum engine_outcome express_start(struct engine *e, struct engine_command *c, struct pinned *pinned,
                                  struct execution **ret_execution)
{
    const char *name = c->u.start.execution;

    if (e->express_open >= LIMIT_EXPRESS_EXECUTIONS)
        return ENGINE_EXECUTION_LIMIT;

    struct revision *r = revision_get(e, pinned->revision);

    if (!r)
        return ENGINE_BAD_DEFINITION;
    if (!name)
        name = uuid4(c->u.start.made_name);

    struct execution *x = execution_add(e, r, ++e->last_express_id, name);

    x->express_id = xstrdup(uuid4(c->u.start.express_id));
    pinned_move(pinned, x);
    execution_begin(x, c, e->limits.express_seconds);
    c->u.start.date_ms = x->start_ms;
    *ret_execution = x;
    return ENGINE_OK;
}

/* Copies for done(), which is called when the execution is gone. */
static const char *copy(struct engine *e, const char *s)
{
    return s ? arena_memdup(&e->arena, s, strlen(s)) : NULL;
}

static void answer(struct execution *x)
{
    struct engine *e = x->engine;
    struct engine_command *c = x->waiter;

    x->waiter = NULL;
    c->u.start.result.status = x->status;
    c->u.start.result.stop_ms = x->stop_ms;
    c->u.start.result.output = TEXT_NONE;
    if (x->output)
        c->u.start.result.output =
            (struct text){arena_memdup(&e->arena, x->output->text, x->output->len), x->output->len};
    c->u.start.result.error = copy(e, x->error);
    c->u.start.result.cause = copy(e, x->cause);
    engine_answer(e, c, ENGINE_OK);
}

void express_flush(struct execution *x)
{
    while (x->dirty_branches) {
        struct branch *b = x->dirty_branches;

        x->dirty_branches = b->dirty_next;
        b->dirty = false;
    }
    if (x->status != EXECUTION_RUNNING && x->waiter)
        answer(x);
}

void express_abandon(struct execution *x, enum engine_outcome outcome)
{
    struct engine_command *c = x->waiter;

    if (!c)
        return;
    x->waiter = NULL;
    /* Everything is forgotten, so its machine is gone, too. */
    engine_answer(x->engine, c, outcome == ENGINE_OK ? ENGINE_NO_MACHINE : outcome);
}
