/* Rows of executions and branches, written once per tick for what changed, and read back. */
#include <inttypes.h>
#include <string.h>

#include "engine/map_run.h"
#include "engine/nested.h"

struct store_text checkpoint_text(struct execution *x, struct payload *p)
{
    struct engine *e = x->engine;

    if (!p)
        return (struct store_text){0};
    if (p->number == 0 && p->len > STORE_INLINE_MAX) {
        engine_write(e);
        p->number = (uint32_t)++x->payload_count;
        engine_must(e,
                    store_put_payload(e->store, x->id, p->number, (struct text){p->text, p->len}),
                    "write payload");
    }
    return (struct store_text){.number = p->number, .text = {p->text, p->len}};
}

/* ---- writing ---- */

static void add_number(struct strbuf *sb, const char *name, int64_t value)
{
    if (value != 0)
        strbuf_addf(sb, "%s\"%s\":%" PRId64, sb->len > 1 ? "," : "", name, value);
}

/* What has no column of its own, as JSON; only what differs from zero. */
static void write_details(struct branch *b, struct strbuf *sb)
{
    strbuf_addc(sb, '{');
    if (b->retries) {
        strbuf_adds(sb, "\"retries\":[");
        for (size_t i = 0; i < b->state->retriers_len; i++)
            strbuf_addf(sb, "%s%" PRIu32, i ? "," : "", b->retries[i]);
        strbuf_addc(sb, ']');
    }
    add_number(sb, "retryCount", b->retry_count);
    add_number(sb, "enteredPrevious", b->entered_previous);
    add_number(sb, "timer", b->timer.due_ms);
    add_number(sb, "deadline", b->deadline_ms);
    add_number(sb, "heartbeatAt", b->heartbeat_at_ms);
    add_number(sb, "timeoutSeconds", b->timeout_seconds);
    add_number(sb, "heartbeatSeconds", b->heartbeat_seconds);
    add_number(sb, "scheduledEvent", b->scheduled_event);
    if (b->children) {
        strbuf_addf(sb, "%s\"length\":%zu", sb->len > 1 ? "," : "", b->children_len);
        add_number(sb, "next", (int64_t)b->children_next);
        add_number(sb, "concurrency", (int64_t)b->concurrency);
    }
    add_number(sb, "mock", b->mock);
    add_number(sb, "mapRun", b->map_run_id);
    add_number(sb, "mapStarted", b->map_started);
    add_number(sb, "child", b->child);
    if (b->role) {
        strbuf_adds(sb, sb->len > 1 ? ",\"role\":" : "\"role\":");
        strbuf_add_json(sb, b->role, strlen(b->role));
    }
    if (!b->parent) {
        add_number(sb, "stopping", b->execution->stopping);
        mock_tasks_write(b->execution, sb);
    }
    strbuf_addc(sb, '}');
}

static void write_branch(struct execution *x, struct branch *b)
{
    struct engine *e = x->engine;
    CLEANUP(free_p) char *variables = b->variables ? json_text(b->variables, SIZE_MAX, NULL) : NULL;
    struct strbuf *sb = history_scratch(e);

    write_details(b, sb);

    struct store_branch row = {
        .number = b->number,
        .parent = b->parent ? b->parent->number : 0,
        .slot = (int64_t)b->slot,
        .status = (int)b->status,
        .phase = (int)b->phase,
        .state = b->state->name,
        .entered_event = b->entered_event,
        .entered_ms = b->entered_ms,
        .previous = b->previous,
        .input = checkpoint_text(x, b->input),
        .work = checkpoint_text(x, b->work),
        .output = checkpoint_text(x, b->output),
        .variables = variables,
        .details = sb->len > 2 ? sb->data : NULL,
    };
    engine_must(e, store_put_branch(e->store, x->id, &row), "write checkpoint");
    b->stored = true;
}

static void write_branches(struct execution *x)
{
    struct engine *e = x->engine;

    if (x->status == EXECUTION_SUCCEEDED) {
        if (x->had_rows)
            engine_must(e, store_delete_branches(e->store, x->id), "delete checkpoints");
        return;
    }
    while (x->dirty_branches) {
        struct branch *b = x->dirty_branches;

        x->dirty_branches = b->dirty_next;
        b->dirty = false;
        write_branch(x, b);
        x->had_rows = true;
    }
}

static void write_execution(struct execution *x)
{
    struct engine *e = x->engine;
    CLEANUP(free_p)
    char *name = x->express_id ? xasprintf("%s:%s", x->name, x->express_id) : NULL;
    struct store_execution row = {
        .id = x->id,
        .machine = x->revision->machine->id,
        .revision = x->revision->id,
        .name = name ? name : x->name,
        .status = x->status,
        .start_ms = x->start_ms,
        .stop_ms = x->stop_ms,
        .redrive_ms = x->redrive_ms,
        .redrive_count = x->redrive_count,
        .timeout_ms = x->timeout_ms,
        .input = checkpoint_text(x, x->input),
        .output = checkpoint_text(x, x->output),
        .error = x->error,
        .cause = x->cause,
        .trace_header = x->trace_header,
        .version_arn = x->version_arn,
        .alias_arn = x->alias_arn,
        .test_case = x->test_case,
        .map_run = x->map_run ? x->map_run->row.id : 0,
        .item = x->item,
        .item_count = x->item_count,
    };

    row.event_count = x->event_count;
    row.payload_count = x->payload_count;
    row.branch_count = x->branch_count;
    engine_must(
        e, x->is_new ? store_add_execution(e->store, &row) : store_update_execution(e->store, &row),
        "write execution");
    x->is_new = false;
}

static void leave_run_list(struct engine *e, struct execution *x)
{
    struct execution *before = NULL;

    if (!x->runnable)
        return;
    for (struct execution *at = e->run_head; at != x; at = at->run_next)
        before = at;
    if (before)
        before->run_next = x->run_next;
    else
        e->run_head = x->run_next;
    if (e->run_tail == x)
        e->run_tail = before;
    x->runnable = false;
}

void checkpoint_flush(struct engine *e)
{
    while (e->dirty) {
        struct execution *x = e->dirty;

        e->dirty = x->dirty_next;
        x->dirty = false;
        if (x->express_id) {
            express_flush(x);
            /* Of an EXPRESS child its beginning and its end are stored. */
            if (x->map_run && (x->is_new || x->status != EXECUTION_RUNNING)) {
                engine_write(e);
                write_execution(x);
            }
        } else {
            engine_write(e);
            write_branches(x);
            write_execution(x);
        }
        if (x->status != EXECUTION_RUNNING) {
            leave_run_list(e, x);
            execution_free(x);
        }
    }
    map_runs_flush(e);
    e->fresh = NULL;
    if (map_len(e->tick_names) > 0) {
        map_free(e->tick_names);
        e->tick_names = map_new();
    }
}

/* ---- reading ---- */

static int64_t number_of(const struct json *details, const char *name)
{
    const struct json *v = details ? json_gets(details, name) : NULL;
    int64_t n = 0;

    if (v)
        (void)json_int64(v, &n);
    return n;
}

static struct payload *payload_of(const struct store_text *t)
{
    struct payload *p;

    if (!t->text.data)
        return NULL;
    p = payload_from_text(t->text);
    p->number = t->number;
    return p;
}

static struct asl_scope *scope_of(struct execution *x, struct branch *parent, size_t slot)
{
    if (!parent)
        return x->map_run ? x->map_run->state->u.map.processor : x->revision->asl->root;
    if (parent->state->type == ASL_MAP)
        return parent->state->u.map.processor;
    CHECK(slot < parent->state->u.parallel.branches_len);
    return parent->state->u.parallel.branches[slot];
}

static struct branch *read_branch(struct execution *x, struct branch *parent,
                                  const struct store_branch *row)
{
    CLEANUP(json_unref_p)
    struct json *details =
        row->details ? json_parse(row->details, strlen(row->details), 0, NULL) : NULL;
    struct branch *b = xmalloc(sizeof(*b));

    *b = (struct branch){
        .execution = x,
        .parent = parent,
        .number = row->number,
        .slot = (size_t)row->slot,
        .scope = scope_of(x, parent, (size_t)row->slot),
        .state = asl_machine_state(x->revision->asl, row->state),
        .status = (enum branch_status)row->status,
        .phase = (enum branch_phase)row->phase,
        .entered_event = row->entered_event,
        .entered_previous = number_of(details, "enteredPrevious"),
        .entered_ms = row->entered_ms,
        .previous = row->previous,
        .input = payload_of(&row->input),
        .work = payload_of(&row->work),
        .output = payload_of(&row->output),
        .retry_count = number_of(details, "retryCount"),
        .timer = {.kind = TIMER_BRANCH, .due_ms = number_of(details, "timer")},
        .deadline_ms = number_of(details, "deadline"),
        .heartbeat_at_ms = number_of(details, "heartbeatAt"),
        .timeout_seconds = number_of(details, "timeoutSeconds"),
        .heartbeat_seconds = number_of(details, "heartbeatSeconds"),
        .scheduled_event = number_of(details, "scheduledEvent"),
        .mock = (uint32_t)number_of(details, "mock"),
        .map_run_id = number_of(details, "mapRun"),
        .map_started = number_of(details, "mapStarted"),
        .child = number_of(details, "child"),
        .stored = true,
    };
    CHECK(b->state);
    const struct json *role = details ? json_gets(details, "role") : NULL;

    if (role)
        b->role = xstrdup(json_str(role, NULL));
    if (!parent) {
        x->stopping = number_of(details, "stopping");
        mock_tasks_read(x, details);
    }
    if (row->variables) {
        b->variables = json_parse(row->variables, strlen(row->variables), 0, NULL);
        for (size_t i = 0; i < json_len(b->variables); i++)
            b->variable_bytes += (int64_t)json_text_size(json_member_at(b->variables, i), SIZE_MAX);
        x->variable_bytes += b->variable_bytes;
    }

    const struct json *retries = details ? json_gets(details, "retries") : NULL;

    if (retries && b->state->retriers_len > 0) {
        b->retries = xcalloc(b->state->retriers_len, sizeof(*b->retries));
        for (size_t i = 0; i < b->state->retriers_len && i < json_len(retries); i++) {
            int64_t n = 0;

            (void)json_int64(json_at(retries, i), &n);
            b->retries[i] = (uint32_t)n;
        }
    }
    if (b->phase == PHASE_CHILDREN && details && json_gets(details, "length")) {
        b->children_len = (size_t)number_of(details, "length");
        b->children_next = (size_t)number_of(details, "next");
        b->concurrency = (size_t)number_of(details, "concurrency");
        b->children = xcalloc(b->children_len + 1, sizeof(*b->children));
    }
    return b;
}

/* Puts a branch that was read back where it stood: timers, queues, requests. */
static void resume_branch(struct branch *b)
{
    struct engine *e = b->execution->engine;
    int64_t due = b->timer.due_ms;

    if (b->status != BRANCH_ACTIVE)
        return;
    b->timer.due_ms = 0;
    if (due > 0)
        timer_set(e, &b->timer, due);
    switch (b->phase) {
    case PHASE_ENTER:
    case PHASE_RUN:
    case PHASE_TASK_START:
    case PHASE_TASK_TIMED_OUT:
    case PHASE_TASK_CHILD:
    case PHASE_CHILDREN:
        branch_make_runnable(b);
        break;
    case PHASE_TASK_QUEUED: {
        struct activity *a = activity_by_arn(e, b->state->u.task.resource.arn);

        branch_wait_external(b, true);
        activity_enqueue(a ? a : activity_find(e, b->state->u.task.resource.arn), b);
        break;
    }
    case PHASE_TASK_RUNNING:
        branch_wait_external(b, true);
        if (b->state->u.task.resource.kind != ASL_RESOURCE_ACTIVITY || b->mock > 0)
            tasks_request(b); /* its answer died with the process: ask again */
        break;
    case PHASE_TASK_JOB:
        branch_wait_external(b, true);
        tasks_request(b); /* somebody has to watch it */
        break;
    case PHASE_TASK_CALLBACK:
        branch_wait_external(b, true);
        break;
    case PHASE_WAIT:
    case PHASE_RETRY:
        break;
    case PHASE_MAP_RUN: {
        struct map_run *run = map_run_get(e, b->map_run_id);

        CHECK(run); /* closed in the transaction in which the branch went on */
        map_run_attach(run, b);
        break;
    }
    case PHASE_MAP_RUN_REDRIVE:
        branch_make_runnable(b);
        break;
    }
}

void checkpoint_load_branches(struct execution *x, bool resume)
{
    struct engine *e = x->engine;
    struct store_branch *rows;
    size_t len;

    engine_must(e, store_list_branches(e->store, &e->arena, x->id, &rows, &len),
                "read checkpoints");

    struct branch **loaded = xcalloc(len + 1, sizeof(*loaded));

    /* A parent is made before its children, so its number is smaller. */
    for (size_t i = 0; i < len; i++) {
        struct branch *parent = NULL;

        if (rows[i].number != 0) {
            size_t lo = 0;

            for (size_t hi = i; lo < hi;) {
                size_t mid = (lo + hi) / 2;

                if (rows[mid].number < rows[i].parent)
                    lo = mid + 1;
                else
                    hi = mid;
            }
            CHECK(lo < i && rows[lo].number == rows[i].parent);
            parent = loaded[lo];
        }
        loaded[i] = read_branch(x, parent, &rows[i]);
        if (!parent) {
            x->root = loaded[i];
            continue;
        }
        CHECK(loaded[i]->slot < parent->children_len);
        parent->children[loaded[i]->slot] = loaded[i];
        if (loaded[i]->status == BRANCH_SUCCEEDED)
            parent->children_done++;
    }
    if (resume)
        for (size_t i = 0; i < len; i++)
            resume_branch(loaded[i]);
    if (x->stopping && resume)
        nested_stop_later(x);
    else
        x->stopping = false; /* a redrive begins without */
    free_p(&loaded);
}
