/* Executions: begun, run, closed, redriven, read back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "base/partition.h"
#include "engine/map_run.h"
#include "engine/nested.h"

/* ---- lists ---- */

void execution_set_dirty(struct execution *x)
{
    if (x->dirty || x->test)
        return;
    x->dirty = true;
    x->dirty_next = x->engine->dirty;
    x->engine->dirty = x;
}

void execution_make_runnable(struct execution *x)
{
    struct engine *e = x->engine;

    if (x->runnable || x->status != EXECUTION_RUNNING)
        return;
    x->runnable = true;
    x->run_next = NULL;
    if (e->run_tail)
        e->run_tail->run_next = x;
    else
        e->run_head = x;
    e->run_tail = x;
}

struct execution *execution_in_memory(struct engine *e, int64_t id)
{
    return map_get(e->executions, (const char *)&id, sizeof(id));
}

const char *execution_arn(struct execution *x)
{
    const struct machine *m = x->revision->machine;

    if (!x->arn && x->map_run) {
        const char *id = x->express_id;

        x->arn = xasprintf("arn:%s:states:%s:%s:%s:%s/%s:%s%s%s", aws_partition(m->region),
                           m->region, m->account, id ? "express" : "execution", m->name,
                           x->map_run->row.label, x->name, id ? ":" : "", id ? id : "");
    }
    if (!x->arn && x->express_id)
        x->arn = xasprintf("arn:%s:states:%s:%s:express:%s:%s:%s", aws_partition(m->region),
                           m->region, m->account, m->name, x->name, x->express_id);
    if (!x->arn)
        x->arn = xasprintf("arn:%s:states:%s:%s:execution:%s:%s", aws_partition(m->region),
                           m->region, m->account, m->name, x->name);
    return x->arn;
}

static struct text payload_text(const struct payload *p)
{
    return p ? (struct text){p->text, p->len} : TEXT_NONE;
}

void execution_row(const struct execution *x, struct store_execution *ret_row)
{
    *ret_row = (struct store_execution){
        .id = x->id,
        .machine = x->revision->machine->id,
        .name = x->name,
        .status = x->status,
        .start_ms = x->start_ms,
        .stop_ms = x->stop_ms,
        .redrive_ms = x->redrive_ms,
        .redrive_count = x->redrive_count,
        .event_count = x->event_count,
        .input.text = payload_text(x->input),
        .output.text = payload_text(x->output),
        .error = x->error,
        .cause = x->cause,
        .trace_header = x->trace_header,
        .version_arn = x->version_arn,
        .alias_arn = x->alias_arn,
        .map_run = x->map_run ? x->map_run->row.id : 0,
    };
}

int64_t *engine_counter(struct map *counters, const struct machine *m)
{
    char key[256];
    int len = snprintf(key, sizeof(key), "%s:%s", m->account, m->region);
    size_t size = MIN((size_t)len, sizeof(key) - 1);
    int64_t *counter = map_get(counters, key, size);

    if (!counter) {
        counter = xcalloc(1, sizeof(*counter));
        (void)map_set(counters, key, size, counter);
    }
    return counter;
}

/* How many executions of the machine's account and region are open. */
int64_t *open_counter(struct engine *e, const struct machine *m)
{
    if (m->type == MACHINE_EXPRESS) /* has a limit of its own */
        return &e->express_open;
    return engine_counter(e->open, m);
}

struct execution *execution_add(struct engine *e, struct revision *r, int64_t id, const char *name)
{
    struct execution *x = xmalloc(sizeof(*x));

    *x = (struct execution){
        .engine = e,
        .id = id,
        .revision = r,
        .name = xstrdup(name),
        .status = EXECUTION_RUNNING,
        .timer = {.kind = TIMER_EXECUTION},
    };
    (void)map_set(e->executions, (const char *)&id, sizeof(id), x);
    r->machine->running++;
    ++*open_counter(e, r->machine);
    __atomic_fetch_add(&e->stats.running, 1, __ATOMIC_RELAXED);
    return x;
}

void execution_free(struct execution *x)
{
    struct engine *e = x->engine;

    if (x->status == EXECUTION_RUNNING)
        x->status = EXECUTION_ABORTED; /* leaving memory only: its rows stay */
    branch_free(x->root);
    map_run_child_freed(x);
    nested_freed(x);
    timer_clear(e, &x->timer);
    (void)map_remove(e->executions, (const char *)&x->id, sizeof(x->id));
    x->revision->machine->running--;
    --*open_counter(e, x->revision->machine);
    __atomic_fetch_sub(&e->stats.running, 1, __ATOMIC_RELAXED);
    payload_unref(x->input);
    payload_unref(x->output);
    revision_unref(x->revision);
    free_p(&x->name);
    free_p(&x->arn);
    free_p(&x->error);
    free_p(&x->cause);
    free_p(&x->trace_header);
    free_p(&x->version_arn);
    free_p(&x->alias_arn);
    free_p(&x->express_id);
    free_p(&x->test_case);
    free_p(&x->mock_counts);
    free_p(&x);
}

/* ---- timeouts ---- */

/* When the execution has to end: the machine's TimeoutSeconds from `from_ms`, or `seconds` after its start. */
static int64_t timeout_at(const struct asl_machine *asl, int64_t seconds, int64_t start_ms,
                          int64_t from_ms)
{
    int64_t at = start_ms + seconds * 1000;

    if (asl->timeout_seconds > 0)
        at = MIN(at, from_ms + asl->timeout_seconds * 1000);
    return at;
}

void execution_add_timeout_timer(struct execution *x)
{
    timer_set(x->engine, &x->timer, x->timeout_ms);
}

/* ---- begin ---- */

static char *copy_or_null(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

void execution_write_started(struct execution *x)
{
    struct strbuf *sb = history_scratch(x->engine);

    history_add_member(sb, "roleArn", x->revision->role_arn);
    if (x->alias_arn)
        history_add_member(sb, "stateMachineAliasArn", x->alias_arn);
    if (x->version_arn)
        history_add_member(sb, "stateMachineVersionArn", x->version_arn);
    history_add(x, EVENT_EXECUTION_STARTED, 0, history_details(sb), x->input);
    status_event_tell(x);
}

static size_t tick_key(char *key, size_t size, int64_t machine, const char *name)
{
    int len = snprintf(key, size, "%" PRId64 ":%s", machine, name);

    return MIN((size_t)len, size - 1);
}

static bool same_test_case(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Same name: 200 with the original's dates while it runs with the same input, else it exists
 * (reference/api.md section 2). */
static enum engine_outcome same_name(struct engine *e, struct engine_command *c,
                                     const struct machine *m, bool *ret_known,
                                     struct execution **ret_execution)
{
    char key[512];
    struct execution *fresh =
        map_get(e->tick_names, key, tick_key(key, sizeof(key), m->id, c->u.start.execution));
    struct store_execution row;
    int64_t id;
    enum execution_status status;

    *ret_known = true;
    if (!fresh) {
        int r = store_find_execution(e->store, m->id, c->u.start.execution, &id, &status);

        if (r == ERR_NOT_FOUND) {
            *ret_known = false;
            return ENGINE_OK;
        }
        engine_must(e, r, "find execution");
        fresh = execution_in_memory(e, id);
    }
    if (fresh) {
        bool same = fresh->status == EXECUTION_RUNNING &&
                    same_test_case(fresh->test_case, c->u.start.test_case) &&
                    fresh->input->len == c->u.start.input.len &&
                    memcmp(fresh->input->text, c->u.start.input.data, fresh->input->len) == 0;

        c->u.start.date_ms = fresh->start_ms;
        *ret_execution = fresh;
        return same ? ENGINE_OK : ENGINE_EXECUTION_EXISTS;
    }
    engine_must(e, store_get_execution_by_id(e->store, &e->arena, id, &row), "read execution");
    c->u.start.date_ms = row.start_ms;
    return ENGINE_EXECUTION_EXISTS;
}

/* What every new execution has, whatever its type: its first event, its root at the first state. */
void execution_begin(struct execution *x, const struct engine_command *c, int64_t seconds)
{
    struct engine *e = x->engine;
    const struct asl_machine *asl = x->revision->asl;

    x->start_ms = e->now;
    x->timeout_ms = timeout_at(asl, seconds, x->start_ms, x->start_ms);
    x->trace_header = copy_or_null(c->u.start.trace_header);
    x->input = payload_from_text(c->u.start.input);
    if (c->u.start.test_case)
        mock_tasks_begin(x, c->u.start.test_case);
    execution_set_dirty(x);
    execution_add_timeout_timer(x);
    execution_write_started(x);
    x->root = branch_new(x, NULL, 0, asl->root);
    branch_go(x->root, asl->root->start, payload_ref(x->input));
    __atomic_fetch_add(&e->stats.started, 1, __ATOMIC_RELAXED);
}

/* Begins an execution of a STANDARD machine under c's name or one made up. */
static enum engine_outcome start_standard(struct engine *e, struct engine_command *c,
                                          struct machine *m, struct pinned *pinned,
                                          struct execution **ret_execution)
{
    const char *name = c->u.start.execution;

    c->u.start.express_id[0] = '\0';
    if (name) {
        bool known;
        enum engine_outcome outcome = same_name(e, c, m, &known, ret_execution);

        if (known)
            return outcome;
    } else {
        name = uuid4(c->u.start.made_name);
    }
    if (*open_counter(e, m) >= e->limits.open_executions)
        return ENGINE_EXECUTION_LIMIT;

    struct revision *r = revision_get(e, pinned->revision);

    if (!r)
        return ENGINE_BAD_DEFINITION;

    struct execution *x = execution_add(e, r, ++e->last_execution_id, name);

    pinned_move(pinned, x);
    x->is_new = true;
    x->new_next = e->fresh;
    e->fresh = x;
    if (c->u.start.execution) {
        char key[512];

        (void)map_set(e->tick_names, key, tick_key(key, sizeof(key), m->id, name), x);
    }
    execution_begin(x, c, e->limits.execution_seconds);
    c->u.start.date_ms = x->start_ms;
    *ret_execution = x;
    return ENGINE_OK;
}

enum engine_outcome execution_start(struct engine *e, struct engine_command *c,
                                    struct execution **ret_execution)
{
    struct machine *m = machine_find(e, c->account, c->region, c->name);
    CLEANUP(pinned_done) struct pinned pinned = {0};

    if (!m)
        return ENGINE_NO_MACHINE;
    if (m->status == MACHINE_DELETING)
        return ENGINE_MACHINE_DELETING;

    enum engine_outcome referred = pinned_find(e, m, c, &pinned);

    if (referred != ENGINE_OK)
        return referred;
    if (c->u.start.test_case && !mocks_case(e->mocks, m->name, c->u.start.test_case))
        return ENGINE_NO_TEST_CASE;
    if (m->type == MACHINE_EXPRESS)
        return express_start(e, c, &pinned, ret_execution);
    if (c->type == ENGINE_START_SYNC_EXECUTION)
        return ENGINE_MACHINE_TYPE;
    return start_standard(e, c, m, &pinned, ret_execution);
}

void command_start_execution(struct engine *e, struct engine_command *c)
{
    struct execution *x;
    enum engine_outcome outcome = execution_start(e, c, &x);

    if (outcome == ENGINE_OK && c->type == ENGINE_START_SYNC_EXECUTION)
        x->waiter = c;
    else
        engine_answer(e, c, outcome);
}

/* ---- run ---- */

uint64_t execution_run(struct execution *x, uint64_t steps)
{
    uint64_t taken = 0;

    for (; taken < steps && x->run_head && x->status == EXECUTION_RUNNING && !x->full; taken++) {
        struct branch *b = x->run_head;

        x->run_head = b->run_next;
        if (!x->run_head)
            x->run_tail = NULL;
        b->queued = false;
        b->run_next = NULL;
        if (b->status == BRANCH_ACTIVE)
            branch_step(b); /* may free b */
    }
    if (x->full && x->status == EXECUTION_RUNNING)
        execution_close(x, EXECUTION_FAILED, x->full_previous, NULL, NULL);
    return taken;
}

/* ---- close ---- */

static void give_up_all(struct branch *b)
{
    for (size_t i = 0; b->children && i < b->children_len; i++)
        if (b->children[i])
            give_up_all(b->children[i]);
    branch_give_up(b);
    map_run_abandon(b);
    nested_abandon(b);
}

static void count_close(struct engine *e, enum execution_status status)
{
    uint64_t *counter = status == EXECUTION_SUCCEEDED   ? &e->stats.succeeded
                        : status == EXECUTION_FAILED    ? &e->stats.failed
                        : status == EXECUTION_TIMED_OUT ? &e->stats.timed_out
                                                        : &e->stats.aborted;

    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

void execution_close(struct execution *x, enum execution_status status, int64_t previous,
                     struct payload *output, const struct asl_error *err)
{
    static const enum event_type events[] = {
        [EXECUTION_SUCCEEDED] = EVENT_EXECUTION_SUCCEEDED,
        [EXECUTION_FAILED] = EVENT_EXECUTION_FAILED,
        [EXECUTION_TIMED_OUT] = EVENT_EXECUTION_TIMED_OUT,
        [EXECUTION_ABORTED] = EVENT_EXECUTION_ABORTED,
    };
    struct engine *e = x->engine;
    CLEANUP(asl_error_done) struct asl_error full = {0};

    if (x->test) {
        test_failed(x, err);
        return;
    }
    CHECK(execution_status_can_move(x->status, status));
    if (x->full && (status == EXECUTION_SUCCEEDED || status == EXECUTION_FAILED)) {
        asl_error_set(&full, "States.Runtime",
                      "The execution reached the maximum number of history events (%" PRId64 ").",
                      e->limits.history_events);
        status = EXECUTION_FAILED;
        previous = x->full_previous;
        output = NULL;
        err = &full;
    }

    (void)history_scratch(e);
    history_add(x, events[status], previous,
                status == EXECUTION_SUCCEEDED ? (struct text){"", 0} : history_error(e, err),
                output);
    x->status = status;
    x->stop_ms = e->now;
    x->output = output ? payload_ref(output) : NULL;
    /* A machine's timeout shows neither error nor cause (reference/history.md section 4); the answer of
     * StartSyncExecution has no history to show the error in. */
    if (err && (status != EXECUTION_TIMED_OUT || x->express_id)) {
        x->error = copy_or_null(err->name);
        x->cause = copy_or_null(err->cause);
    }
    timer_clear(e, &x->timer);
    give_up_all(x->root);
    count_close(e, status);
    execution_set_dirty(x);
    status_event_tell(x);
    map_run_child_closed(x);
    nested_closed(x);
}

void execution_timed_out(struct execution *x)
{
    CLEANUP(asl_error_done) struct asl_error err = {0};

    asl_error_set(&err, "States.Timeout", NULL);
    execution_close(x, EXECUTION_TIMED_OUT, 0, NULL, &err);
}

/* ---- stop ---- */

/* The execution a command names: in memory when it runs, else its row's id in *ret_id. */
static enum engine_outcome find_named(struct engine *e, struct engine_command *c, const char *name,
                                      struct machine **ret_machine,
                                      struct execution **ret_execution, int64_t *ret_id)
{
    struct machine *m = machine_find(e, c->account, c->region, c->name);
    enum execution_status status;
    char key[512];

    if (!m)
        return ENGINE_NO_EXECUTION;
    *ret_machine = m;
    *ret_execution = map_get(e->tick_names, key, tick_key(key, sizeof(key), m->id, name));
    if (*ret_execution) {
        *ret_id = (*ret_execution)->id;
        return ENGINE_OK;
    }

    int r = store_find_execution(e->store, m->id, name, ret_id, &status);

    if (r == ERR_NOT_FOUND)
        return ENGINE_NO_EXECUTION;
    engine_must(e, r, "find execution");
    *ret_execution = execution_in_memory(e, *ret_id);
    return ENGINE_OK;
}

/* A child of a Map Run goes by the label of its run, and only by it. */
static bool label_matches(struct engine *e, int64_t map_run, const char *label)
{
    struct store_map_run run;

    if (!map_run || !label)
        return !map_run && !label;
    engine_must(e, store_get_map_run_by_id(e->store, &e->arena, map_run, &run), "read map run");
    return strcmp(run.label, label) == 0;
}

void command_stop_execution(struct engine *e, struct engine_command *c)
{
    struct machine *m;
    struct execution *x = NULL;
    int64_t id = 0;
    enum engine_outcome outcome = find_named(e, c, c->u.stop.execution, &m, &x, &id);

    if (outcome != ENGINE_OK) {
        engine_answer(e, c, outcome);
        return;
    }

    struct store_execution row = {0};

    if (x)
        row.map_run = x->map_run ? x->map_run->row.id : 0;
    else
        engine_must(e, store_get_execution_by_id(e->store, &e->arena, id, &row), "read execution");
    if (!label_matches(e, row.map_run, c->u.stop.label)) {
        engine_answer(e, c, ENGINE_NO_EXECUTION);
        return;
    }
    if (x && x->status == EXECUTION_RUNNING) {
        CLEANUP(asl_error_done) struct asl_error err = {0};

        if (c->u.stop.error || c->u.stop.cause) {
            err.name = copy_or_null(c->u.stop.error);
            err.cause = copy_or_null(c->u.stop.cause);
        }
        execution_close(x, EXECUTION_ABORTED, 0, NULL, &err);
    }
    c->u.stop.date_ms = x ? x->stop_ms : row.stop_ms; /* closed already: nothing changes */
    engine_answer(e, c, ENGINE_OK);
}

/* ---- back from the store ---- */

static struct payload *payload_from_row(const struct store_text *t)
{
    struct payload *p;

    if (!t->text.data)
        return NULL;
    p = payload_from_text(t->text);
    p->number = t->number;
    return p;
}

/* Makes the execution of a row, without branches. */
static struct execution *from_row(struct engine *e, const struct store_execution *row)
{
    struct revision *r = revision_get(e, row->revision);

    if (!r)
        return NULL;

    struct execution *x = execution_add(e, r, row->id, row->name);

    x->start_ms = row->start_ms;
    x->redrive_ms = row->redrive_ms;
    x->redrive_count = row->redrive_count;
    x->timeout_ms = row->timeout_ms;
    x->event_count = row->event_count;
    x->payload_count = row->payload_count;
    x->branch_count = row->branch_count;
    x->input = payload_from_row(&row->input);
    x->trace_header = copy_or_null(row->trace_header);
    x->version_arn = copy_or_null(row->version_arn);
    x->alias_arn = copy_or_null(row->alias_arn);
    if (row->test_case)
        mock_tasks_begin(x, row->test_case);
    x->had_rows = true;
    if (row->map_run && map_run_adopt(x, row) < 0) {
        execution_free(x);
        return NULL;
    }
    return x;
}

struct execution *execution_load(struct engine *e, int64_t id, bool resume)
{
    struct store_execution row;
    int r = store_get_execution_by_id(e->store, &e->arena, id, &row);

    if (r == ERR_NOT_FOUND)
        return NULL;
    engine_must(e, r, "read execution");

    struct execution *x = from_row(e, &row);

    if (!x)
        return NULL;
    if (x->express_id)
        map_run_begin_again(x);
    else
        checkpoint_load_branches(x, resume);
    if (x->timeout_ms > 0)
        execution_add_timeout_timer(x);
    return x;
}

/* ---- redrive ---- */

/* With as many executions open as there may be, only a known token is answered with its date; whatever else
 * speaks against the redrive is said first (reference/redrive.md section 1, check order). */
static bool refuse_at_limit(struct engine *e, struct engine_command *c, const struct machine *m,
                            const struct store_execution *row)
{
    struct store_redrive known;

    if (c->u.redrive.token) {
        int r = store_find_redrive(e->store, row->id, c->u.redrive.token, e->now, &known);

        if (r == 0)
            return false;
        if (r != ERR_NOT_FOUND)
            engine_must(e, r, "read redrive token");
    }
    if (redrive_check(row, m->status, e->now, &e->limits) != REDRIVE_OK)
        return false;
    engine_answer(e, c, ENGINE_EXECUTION_LIMIT);
    return true;
}

/* The store wrote that event. */
static void log_redriven(void *x, const struct store_event *ev)
{
    history_log(x, ev);
}

void execution_log_redriven(struct execution *x, int64_t event)
{
    struct engine *e = x->engine;

    engine_must(e, store_read_events(e->store, x->id, event, 1, false, false, log_redriven, x),
                "read event");
    status_event_tell(x);
}

void command_redrive_execution(struct engine *e, struct engine_command *c)
{
    struct machine *m;
    struct execution *x = NULL;
    int64_t id = 0;
    enum engine_outcome outcome = find_named(e, c, c->u.redrive.execution, &m, &x, &id);

    if (outcome != ENGINE_OK) {
        engine_answer(e, c, outcome);
        return;
    }
    if (x)
        checkpoint_flush(e); /* the store decides, so it has to know what this tick did so far */
    engine_write(e);

    struct store_execution row;
    struct store_redrive redrive = {0};
    struct revision *revision = NULL;
    int64_t timeout = 0;

    engine_must(e, store_get_execution_by_id(e->store, &e->arena, id, &row), "read execution");
    if (row.map_run) { /* a child, which goes by its label */
        engine_answer(e, c, ENGINE_NO_EXECUTION);
        return;
    }
    revision = revision_get(e, row.revision);
    if (!revision) {
        engine_answer(e, c, ENGINE_BAD_DEFINITION);
        return;
    }
    timeout = timeout_at(revision->asl, e->limits.execution_seconds, row.start_ms, e->now);
    revision_unref(revision);

    if (*open_counter(e, m) >= e->limits.open_executions && refuse_at_limit(e, c, m, &row))
        return;

    int r = store_redrive_execution(e->store, id, c->u.redrive.token, e->now, timeout, &e->limits,
                                    &redrive);

    c->u.redrive.date_ms = redrive.redrive_ms;
    c->u.redrive.reason = redrive.reason;
    if (r == ERR_NOT_REDRIVABLE) {
        engine_answer(e, c, ENGINE_NOT_REDRIVABLE);
        return;
    }
    engine_must(e, r, "redrive execution");
    if (!redrive.repeated) {
        x = execution_load(e, id, false);
        CHECK(x && x->root);
        x->redrive_ms = redrive.redrive_ms;
        x->redrive_count = redrive.redrive_count;
        execution_set_dirty(x);
        execution_log_redriven(x, redrive.event_id);
        branch_redrive(x->root, redrive.event_id);
        __atomic_fetch_add(&e->stats.redriven, 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&e->stats.events, 1,
                           __ATOMIC_RELAXED); /* ExecutionRedriven, by the store */
    }
    engine_answer(e, c, ENGINE_OK);
}
