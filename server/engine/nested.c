#include "engine/nested.h"

#include <string.h>

enum { STOPS_PER_TICK = 1024 };

bool nested_is(const struct asl_resource *r)
{
    return r->kind == ASL_RESOURCE_INTEGRATION && strcmp(r->type, "states") == 0;
}

/* ---- who waits for whom ---- */

static void watch(struct branch *b, struct execution *child)
{
    b->watched = child;
    b->watch_prev = NULL;
    b->watch_next = child->watchers;
    if (b->watch_next)
        b->watch_next->watch_prev = b;
    child->watchers = b;
}

void nested_detach(struct branch *b)
{
    if (!b->watched)
        return;
    if (b->watch_prev)
        b->watch_prev->watch_next = b->watch_next;
    else
        b->watched->watchers = b->watch_next;
    if (b->watch_next)
        b->watch_next->watch_prev = b->watch_prev;
    b->watched = NULL;
    b->watch_prev = b->watch_next = NULL;
}

void nested_closed(struct execution *x)
{
    while (x->watchers) {
        struct branch *b = x->watchers;

        nested_detach(b);
        branch_make_runnable(b);
    }
}

void nested_freed(struct execution *x)
{
    while (x->watchers)
        nested_detach(x->watchers);
}

/* ---- giving up ---- */

void nested_stop_later(struct execution *x)
{
    struct engine *e = x->engine;

    x->stopping = true;
    branch_set_dirty(x->root);
    GROW(e->stops, e->stops_len, e->stops_cap);
    e->stops[e->stops_len++] = x->id;
}

void nested_abandon(struct branch *b)
{
    struct execution *child;

    if (b->child == 0)
        return;
    child = execution_in_memory(b->execution->engine, b->child);
    nested_detach(b);
    b->child = 0;
    if (child && child->status == EXECUTION_RUNNING && !child->stopping)
        nested_stop_later(child);
}

bool nested_stop_some(struct engine *e)
{
    for (int n = 0; e->stops_len > 0 && n < STOPS_PER_TICK; n++) {
        struct execution *x = execution_in_memory(e, e->stops[--e->stops_len]);

        if (!x || !x->stopping) /* it has ended by itself */
            continue;
        x->stopping = false;
        if (x->status == EXECUTION_RUNNING)
            execution_close(x, EXECUTION_ABORTED, 0, NULL, NULL);
    }
    return e->stops_len > 0;
}

/* ---- the task ---- */

static void start(struct branch *b)
{
    CLEANUP(asl_error_done) struct asl_error err = {0};
    CLEANUP(payload_unref_p) struct payload *submitted = NULL;
    CLEANUP(free_p) char *reply = NULL;
    struct execution *child;

    if (task_machine_is_gone(b))
        return;
    if (nested_start(b, &child, &err) < 0) {
        task_failed(b, &err);
        return;
    }
    reply = nested_reply_text(child);
    switch (b->state->u.task.resource.pattern) {
    case ASL_REQUEST_RESPONSE:
        task_succeeded(b, (struct text){reply, strlen(reply)});
        return;
    case ASL_CALLBACK:
        branch_wait_external(b, true);
        break;
    case ASL_SYNC:
    case ASL_SYNC2:
        b->child = child->id;
        watch(b, child);
        break;
    }
    submitted = payload_from_text((struct text){reply, strlen(reply)});
    task_submitted(b, submitted, b->child ? PHASE_TASK_CHILD : PHASE_TASK_CALLBACK);
}

static void fail_gone(struct branch *b)
{
    CLEANUP(asl_error_done) struct asl_error err = {0};

    asl_error_set(&err, "States.TaskFailed",
                  "The execution that the task waited for no longer exists.");
    task_failed(b, &err);
}

static void finish(struct branch *b, const struct store_execution *row)
{
    struct engine *e = b->execution->engine;
    const struct machine *m = machine_by_id(e, row->machine);
    CLEANUP(asl_error_done) struct asl_error err = {0};
    CLEANUP(free_p) char *text = NULL;

    if (!m) {
        fail_gone(b);
        return;
    }
    text = nested_description_text(e, m, row, b->state->u.task.resource.pattern == ASL_SYNC2);
    if (row->status == EXECUTION_SUCCEEDED) {
        task_succeeded(b, (struct text){text, strlen(text)});
        return;
    }
    err.name = xstrdup("States.TaskFailed");
    err.cause = text;
    text = NULL;
    task_failed(b, &err);
}

/* Goes on if the child has ended; else waits, after a restart for the first time. */
static void look(struct branch *b)
{
    struct engine *e = b->execution->engine;
    struct execution *child = execution_in_memory(e, b->child);
    struct store_execution row;

    if (child && child->status == EXECUTION_RUNNING) {
        if (!b->watched)
            watch(b, child);
        return;
    }
    if (child) {
        execution_row(child, &row);
    } else {
        int r = store_get_execution_by_id(e->store, &e->arena, b->child, &row);

        if (r == ERR_NOT_FOUND) { /* removed with its machine, or past its retention */
            b->child = 0;
            fail_gone(b);
            return;
        }
        engine_must(e, r, "read execution");
        if (!execution_status_is_closed(row.status))
            return; /* it could not be read back (load_running told of it) */
    }
    b->child = 0;
    finish(b, &row);
}

void nested_step(struct branch *b)
{
    if (b->child == 0)
        start(b);
    else
        look(b);
}
