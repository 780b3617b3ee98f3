/* The life of a branch: made, stepped from state to state, ended. */
#include <string.h>

#include "engine/map_run.h"
#include "engine/nested.h"

struct branch *branch_new(struct execution *x, struct branch *parent, size_t slot,
                          struct asl_scope *scope)
{
    struct branch *b = xmalloc(sizeof(*b));

    *b = (struct branch){
        .execution = x,
        .parent = parent,
        .number = (uint32_t)x->branch_count++,
        .slot = slot,
        .scope = scope,
        .state = scope->start,
        .status = BRANCH_ACTIVE,
        .phase = PHASE_ENTER,
        .timer = {.kind = TIMER_BRANCH},
    };
    branch_set_dirty(b);
    return b;
}

void branch_set_dirty(struct branch *b)
{
    struct execution *x = b->execution;

    execution_set_dirty(x);
    if (b->dirty || x->test)
        return;
    b->dirty = true;
    b->dirty_prev = NULL;
    b->dirty_next = x->dirty_branches;
    if (b->dirty_next)
        b->dirty_next->dirty_prev = b;
    x->dirty_branches = b;
}

static void branch_clear_dirty(struct branch *b)
{
    if (!b->dirty)
        return;
    if (b->dirty_prev)
        b->dirty_prev->dirty_next = b->dirty_next;
    else
        b->execution->dirty_branches = b->dirty_next;
    if (b->dirty_next)
        b->dirty_next->dirty_prev = b->dirty_prev;
    b->dirty = false;
}

void branch_wait_external(struct branch *b, bool on)
{
    if (b->external == on)
        return;
    b->external = on;
    if (on) {
        b->execution->external++;
        b->execution->engine->external++;
    } else {
        b->execution->external--;
        b->execution->engine->external--;
    }
}

void branch_give_up(struct branch *b)
{
    timer_clear(b->execution->engine, &b->timer);
    if (b->task_id)
        tasks_cancel(b);
    if (b->activity)
        activity_dequeue(b);
    branch_wait_external(b, false);
}

/* Takes b out of the run queue.  Rare: a sibling failed while b could still step. */
static void branch_unqueue(struct branch *b)
{
    struct execution *x = b->execution;

    if (!b->queued)
        return;

    struct branch *before = NULL;

    for (struct branch *at = x->run_head; at != b; at = at->run_next)
        before = at;
    if (before)
        before->run_next = b->run_next;
    else
        x->run_head = b->run_next;
    if (x->run_tail == b)
        x->run_tail = before;
    b->queued = false;
    b->run_next = NULL;
}

void branch_drop_children(struct branch *b)
{
    for (size_t i = 0; b->children && i < b->children_len; i++)
        branch_free(b->children[i]);
    free_p(&b->children);
    b->children_len = b->children_next = b->children_done = 0;
}

void branch_free(struct branch *b)
{
    if (!b)
        return;

    struct execution *x = b->execution;

    branch_drop_children(b);
    branch_give_up(b);
    map_run_detach(b);
    nested_detach(b);
    branch_unqueue(b);
    branch_clear_dirty(b);
    x->variable_bytes -= b->variable_bytes;
    if (b->stored && x->status == EXECUTION_RUNNING) {
        engine_write(x->engine);
        engine_must(x->engine, store_delete_branch(x->engine->store, x->id, b->number),
                    "delete checkpoint");
    }
    payload_unref(b->input);
    payload_unref(b->work);
    payload_unref(b->output);
    json_unref(b->variables);
    free_p(&b->retries);
    free_p(&b->role);
    free_p(&b);
}

void branch_make_runnable(struct branch *b)
{
    struct execution *x = b->execution;

    if (!b->queued) {
        b->queued = true;
        b->run_next = NULL;
        if (x->run_tail)
            x->run_tail->run_next = b;
        else
            x->run_head = b;
        x->run_tail = b;
    }
    execution_make_runnable(x);
}

void branch_go(struct branch *b, struct asl_state *state, struct payload *input)
{
    payload_unref(b->input);
    b->input = input;
    payload_unref(b->work);
    b->work = NULL;
    b->state = state;
    b->phase = PHASE_ENTER;
    free_p(&b->retries);
    b->retry_count = 0;
    b->deadline_ms = b->heartbeat_at_ms = 0;
    b->scheduled_event = 0;
    b->map_run_id = b->map_started = 0;
    free_p(&b->role);
    branch_set_dirty(b);
    branch_make_runnable(b);
}

/* The branch's last state is done. */
static void branch_end(struct branch *b)
{
    b->output = b->input; /* what would have been the next state's input */
    b->input = NULL;
    if (!b->parent) {
        execution_close(b->execution, EXECUTION_SUCCEEDED, b->previous, b->output, NULL);
        return;
    }
    b->status = BRANCH_SUCCEEDED;
    payload_unref(b->work);
    b->work = NULL;
    b->execution->variable_bytes -= b->variable_bytes;
    b->variable_bytes = 0;
    json_unref(b->variables);
    b->variables = NULL;
    branch_set_dirty(b);
    container_child_succeeded(b->parent, b);
}

/* ,"assignedVariables":{"x":"42"},"assignedVariablesDetails":{"truncated":false} */
static void add_assigned(struct strbuf *sb, const struct json *assigned)
{
    if (!assigned || json_len(assigned) == 0) /* an empty Assign shows nothing (recorded) */
        return;
    strbuf_adds(sb, ",\"assignedVariables\":{");
    for (size_t i = 0; i < json_len(assigned); i++) {
        size_t len;
        const char *key = json_str(json_key_at(assigned, i), &len);
        char *text = json_text(json_member_at(assigned, i), LIMIT_VALUE_BYTES, NULL);

        if (i > 0)
            strbuf_addc(sb, ',');
        strbuf_add_json(sb, key, len);
        strbuf_addc(sb, ':');
        strbuf_add_json(sb, text, strlen(text));
        free_p(&text);
    }
    strbuf_adds(sb, "},\"assignedVariablesDetails\":{\"truncated\":false}");
}

void branch_leave(struct branch *b, struct payload *output, struct json *assigned,
                  struct asl_state *next)
{
    struct execution *x = b->execution;
    const struct state_ops *ops = state_ops(b->state->type);
    struct strbuf *sb = history_scratch(x->engine);

    if (x->test) {
        test_left(b, output, assigned, next);
        return;
    }
    strbuf_adds(sb, x->revision->name_details[b->state->index]);
    add_assigned(sb, assigned);

    bool full = history_step(b, ops->exited, history_details(sb), output) == 0;

    json_unref(assigned);
    branch_drop_children(b);
    timer_clear(x->engine, &b->timer);
    if (full) {
        payload_unref(output);
        return;
    }
    if (next) {
        branch_go(b, next, output);
        return;
    }
    payload_unref(b->input);
    b->input = output;
    branch_end(b);
}

/* PHASE_ENTER: writes Entered.  A Task or container goes right on to its work, in the same step: recorded
 * histories have a task's Scheduled directly behind its Entered even when siblings run
 * (reference/redrive.md 5.2), while a Pass's Exited comes after its siblings' Entered (history.md section 4,
 * Parallel). */
static void branch_enter(struct branch *b)
{
    struct execution *x = b->execution;
    const struct state_ops *ops = state_ops(b->state->type);

    if (x->revision->machine->status == MACHINE_DELETING) {
        CLEANUP(asl_error_done) struct asl_error err = {0};

        asl_error_set(&err, "States.Runtime", "State machine %s has been deleted",
                      x->revision->machine->name);
        execution_close(x, EXECUTION_FAILED, b->previous, NULL, &err);
        return;
    }

    int64_t before = b->previous;
    const char *name = x->revision->name_details[b->state->index];
    int64_t id = history_step(b, ops->entered, (struct text){name, strlen(name)}, b->input);

    if (id == 0)
        return;
    b->entered_event = id;
    b->entered_previous = before;
    b->entered_ms = x->engine->now;
    b->phase = PHASE_RUN;
    branch_set_dirty(b);
    if (b->state->type == ASL_TASK)
        ops->run(b);
    else
        branch_make_runnable(b);
}

void branch_step(struct branch *b)
{
    switch (b->phase) {
    case PHASE_ENTER:
        branch_enter(b);
        return;
    case PHASE_RUN:
        state_ops(b->state->type)->run(b);
        return;
    case PHASE_TASK_START:
        task_start(b);
        return;
    case PHASE_TASK_TIMED_OUT:
        task_after_timeout(b);
        return;
    case PHASE_TASK_CHILD:
        nested_step(b);
        return;
    case PHASE_TASK_QUEUED:
    case PHASE_TASK_RUNNING:
    case PHASE_TASK_CALLBACK:
    case PHASE_TASK_JOB:
    case PHASE_WAIT:
    case PHASE_RETRY:
    case PHASE_MAP_RUN:
        return; /* something else wakes them */
    case PHASE_MAP_RUN_REDRIVE:
        map_distributed_redrive(b);
        return;
    case PHASE_CHILDREN:
        /* After a redrive or restart with nothing left to wait for among its children. */
        if (b->state->type == ASL_MAP)
            map_admit(b, b->previous);
        else if (b->children_done == b->children_len)
            parallel_finish(b);
        return;
    }
}

/* Forgets what belongs to the attempt that did not succeed. */
static void branch_reset_attempt(struct branch *b)
{
    free_p(&b->retries);
    b->retry_count = 0;
    b->deadline_ms = b->heartbeat_at_ms = 0;
    b->timeout_seconds = b->heartbeat_seconds = 0;
    b->scheduled_event = 0;
    b->task_id = 0;
    b->child = 0;
    payload_unref(b->output);
    b->output = NULL;
    b->timer.due_ms = 0;
}

void branch_redrive(struct branch *b, int64_t redriven_event)
{
    branch_reset_attempt(b);
    b->status = BRANCH_ACTIVE;
    branch_set_dirty(b);
    if (b->phase == PHASE_ENTER) {
        branch_make_runnable(b); /* never entered: the state begins normally */
        return;
    }
    if (b->map_run_id && (b->phase == PHASE_MAP_RUN || b->phase == PHASE_MAP_RUN_REDRIVE)) {
        b->phase = PHASE_MAP_RUN_REDRIVE;
        branch_make_runnable(b);
        return;
    }
    if (b->phase == PHASE_CHILDREN && b->children) {
        /* What follows a child points to the child's event, as in a first run; what follows none of them to
         * the Entered event, as everywhere. */
        b->previous = b->entered_event;
        for (size_t i = 0; i < b->children_len; i++) {
            struct branch *child = b->children[i];

            if (child && child->status != BRANCH_SUCCEEDED)
                branch_redrive(child, redriven_event);
        }
        branch_make_runnable(b);
        return;
    }
    /* A Fail state writes nothing of its own the second time, so what closes the execution points to the
     * redrive (reference/redrive.md 5.7). */
    b->previous = b->state->type == ASL_FAIL && !b->parent ? redriven_event : b->entered_event;
    b->phase = PHASE_RUN;
    payload_unref(b->work);
    b->work = NULL;
    branch_make_runnable(b);
}
