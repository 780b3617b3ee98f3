/* A model test: random machines, tasks that succeed, fail, hang or time out, stops, redrives,
 * and a server that is killed between any two commits.  Whatever happens, histories keep the
 * rules of reference/history.md section 2 and reference/redrive.md section 4, and executions
 * end.
 *
 *     SEED=123 test_model     that one run, with its history when it fails
 *     RUNS=100000 test_model  so many runs, from SEED on when it is given, too */
#include "random_machine.h"

enum {
    RUNS = 1000,
    RUNS_PER_WORLD = 40, /* then the store is a new one */
    ACTIONS = 24,
    EVENTS_MAX = 2000,
};

/* ---- a run ---- */

struct run {
    struct world *w;
    uint64_t seed;
    char *definition; /* owned */
    struct asl_machine *asl;
    struct dice actions; /* what is done from outside */
    struct dice tasks;   /* what becomes of requests: asked in their order */
    struct dice kills;
    bool calm;        /* tasks do not hang or fail any more, and nobody kills */
    unsigned kill_in; /* a kill after one commit in so many; 0: none */
    bool crowd;       /* other executions of the machine run beside this one */
    unsigned others;  /* so many were started */

    int64_t execution;
    int64_t start_ms;
    enum execution_status status;
    int64_t redrives;
    struct seen_history h; /* all of it so far */
    char **names;          /* by event: the state it names, NULL: none; owned */
    int64_t *entered;      /* by event that exits: the event that entered */
    unsigned *users;       /* by event: Entered events that point to it */
    bool *exited;          /* by event that enters: it was exited */
    size_t checked;

    char *held[128]; /* tokens of tasks that workers have; owned */
    size_t held_len;
    char *old[128]; /* tokens that were used; owned */
    size_t old_len;
};

static void print_run(struct run *r)
{
    fprintf(stderr, "SEED=%llu\n%s\n", (unsigned long long)r->seed, r->definition);
    for (size_t i = 0; i < r->h.len; i++) {
        const struct seen_event *ev = &r->h.events[i];

        fprintf(stderr, "  %lld %s <-%lld @%.3f %s %s\n", (long long)ev->id,
                event_type_info(ev->type)->name, (long long)ev->previous,
                (double)(ev->time_ms - r->start_ms) / 1000, ev->details,
                ev->payload ? ev->payload : "");
    }
}

#define INVARIANT(r, x)                                                   \
    do {                                                                  \
        if (!(x)) {                                                       \
            print_run(r);                                                 \
            fail_msg("SEED=%llu: %s", (unsigned long long)(r)->seed, #x); \
        }                                                                 \
    } while (0)

/* ---- invariants ---- */

static const struct seen_event *event_at(const struct run *r, int64_t id)
{
    return &r->h.events[id - 1];
}

static bool is_entered(const struct seen_event *ev)
{
    return ends_with(event_type_info(ev->type)->name, "StateEntered");
}

static bool is_exited(const struct seen_event *ev)
{
    return ends_with(event_type_info(ev->type)->name, "StateExited");
}

static bool is_terminal(enum event_type type)
{
    return type >= EVENT_EXECUTION_SUCCEEDED && type <= EVENT_EXECUTION_TIMED_OUT;
}

static char *name_in(const struct seen_event *ev)
{
    CLEANUP(json_unref_p)
    struct json *details = json_parse(ev->details, strlen(ev->details), 0, NULL);
    const struct json *name = json_is(details, JSON_OBJECT) ? json_gets(details, "name") : NULL;

    assert_non_null(details);
    return name ? xstrdup(json_str(name, NULL)) : NULL;
}

/* One step back along the chain; a state that was exited is stepped over as a whole. */
static int64_t step_back(const struct run *r, int64_t id)
{
    if (r->entered[id - 1])
        return event_at(r, r->entered[id - 1])->previous;
    return event_at(r, id)->previous;
}

/* What an Entered event may point to, and how often: so a state that is resumed is not entered
 * again. */
static void check_entered(struct run *r, const struct seen_event *ev)
{
    const struct asl_state *state = asl_machine_state(r->asl, r->names[ev->id - 1]);
    const struct seen_event *before = ev->previous ? event_at(r, ev->previous) : NULL;
    unsigned most = 1;

    INVARIANT(r, state);
    INVARIANT(r, ev->payload);
    if (!before) {
        INVARIANT(r, state == r->asl->root->start);
        for (int64_t id = 1; id < ev->id; id++)
            INVARIANT(r, !is_entered(event_at(r, id)));
        return;
    }
    if (is_exited(before)) {
        /* The same scope, and what came out of one goes into the next. */
        const struct asl_state *from = asl_machine_state(r->asl, r->names[ev->previous - 1]);

        INVARIANT(r, from->scope == state->scope);
        INVARIANT(r, strcmp(before->payload, ev->payload) == 0);
    } else if (before->type == EVENT_PARALLEL_STATE_STARTED) {
        INVARIANT(r, state->scope->parent && state == state->scope->start);
        most = (unsigned)state->scope->parent->u.parallel.branches_len;
    } else {
        INVARIANT(r, before->type == EVENT_MAP_ITERATION_STARTED);
        INVARIANT(r, state == state->scope->start);
        INVARIANT(r, strcmp(state->scope->parent->name, r->names[ev->previous - 1]) == 0);
    }
    INVARIANT(r, ++r->users[ev->previous - 1] <= most);
}

/* The output of the scope that begins with the Entered event `first`: of its last state. */
static const char *scope_output(struct run *r, int64_t first)
{
    int64_t at = first;
    const char *output = NULL;

    for (int64_t id = first + 1; id <= (int64_t)r->checked; id++) {
        if (is_exited(event_at(r, id)) && r->entered[id - 1] == at) {
            output = event_at(r, id)->payload;
            at = id;
        } else if (is_entered(event_at(r, id)) && event_at(r, id)->previous == at) {
            at = id;
            output = NULL;
        }
    }
    return output;
}

static int64_t index_in(const struct seen_event *ev)
{
    const char *at = strstr(ev->details, "\"index\":");

    return at ? strtoll(at + 8, NULL, 10) : -1;
}

/* The result of a container is made of what its branches or iterations gave, each once, in order,
 * whenever that was. */
static void check_container(struct run *r, const struct seen_event *ev, int64_t entered)
{
    const struct asl_state *state = asl_machine_state(r->asl, r->names[ev->id - 1]);
    bool map = state->type == ASL_MAP;
    enum event_type succeeded = map ? EVENT_MAP_STATE_SUCCEEDED : EVENT_PARALLEL_STATE_SUCCEEDED;
    enum event_type begun = map ? EVENT_MAP_STATE_STARTED : EVENT_PARALLEL_STATE_STARTED;
    int64_t at = ev->previous;
    struct strbuf sb;
    size_t count = 0;

    if (event_at(r, ev->id - 1)->type != succeeded)
        return; /* a catcher's */
    INVARIANT(r, event_at(r, ev->id - 1)->previous == ev->previous);
    while (at > entered && event_at(r, at)->type != begun)
        at = step_back(r, at);
    INVARIANT(r, at > entered);
    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    strbuf_addc(&sb, '[');
    for (size_t slot = 0; slot < (map ? (size_t)SIZE_MAX : state->u.parallel.branches_len);
         slot++) {
        const char *output = NULL;

        for (int64_t id = at + 1; id < ev->id && !output; id++) {
            const struct seen_event *child = event_at(r, id);

            if (!is_entered(child) || child->previous == 0)
                continue;

            const struct seen_event *before = event_at(r, child->previous);

            if (map ? before->type == EVENT_MAP_ITERATION_STARTED && before->id > at &&
                          index_in(before) == (int64_t)slot &&
                          strcmp(r->names[before->id - 1], state->name) == 0
                    : before->id == at && asl_machine_state(r->asl, r->names[id - 1])->scope ==
                                              state->u.parallel.branches[slot]) {
                /* Of a nested Map there may be several with this index: this one's chain leads
                 * here. */
                int64_t back = before->id;

                while (back > at && event_at(r, back)->type != begun)
                    back = step_back(r, back);
                if (back == at)
                    output = scope_output(r, id);
            }
        }
        if (map && !output)
            break;
        INVARIANT(r, output);
        strbuf_addf(&sb, "%s%s", count++ ? "," : "", output);
    }
    strbuf_addc(&sb, ']');
    if (!state->result_path.is_null)
        INVARIANT(r, strcmp(sb.data, ev->payload) == 0);
    strbuf_done(&sb);
}

/* Every Exited leads back to the Entered event of its own state, which no other does. */
static void check_exited(struct run *r, const struct seen_event *ev)
{
    int64_t at = ev->previous;

    while (at > 0 && !(is_entered(event_at(r, at)) && !r->exited[at - 1] &&
                       strcmp(r->names[at - 1], r->names[ev->id - 1]) == 0))
        at = step_back(r, at);
    INVARIANT(r, at > 0);
    r->exited[at - 1] = true;
    r->entered[ev->id - 1] = at;
    if (ev->type == EVENT_PARALLEL_STATE_EXITED || ev->type == EVENT_MAP_STATE_EXITED)
        check_container(r, ev, at);
}

static void check_event(struct run *r, const struct seen_event *ev)
{
    const struct seen_event *before = ev->id > 1 ? event_at(r, ev->id - 1) : NULL;

    INVARIANT(r, ev->id == (int64_t)r->checked + 1);
    INVARIANT(r, ev->previous >= 0 && ev->previous < ev->id);
    INVARIANT(r, (ev->id == 1) == (ev->type == EVENT_EXECUTION_STARTED));
    INVARIANT(r, !before || before->time_ms <= ev->time_ms);
    INVARIANT(r, !before || is_terminal(before->type) == (ev->type == EVENT_EXECUTION_REDRIVEN));
    r->names[ev->id - 1] = name_in(ev);
    r->checked++;
    if (ev->type == EVENT_EXECUTION_REDRIVEN) {
        char expected[64];

        snprintf(expected, sizeof(expected), "{\"redriveCount\":%lld}", (long long)++r->redrives);
        INVARIANT(r, ev->previous == ev->id - 1);
        INVARIANT(r, before->type != EVENT_EXECUTION_SUCCEEDED);
        INVARIANT(r, strcmp(ev->details, expected) == 0);
    } else if (ev->type == EVENT_EXECUTION_ABORTED || ev->type == EVENT_EXECUTION_TIMED_OUT) {
        INVARIANT(r, ev->previous == 0);
    } else if (is_entered(ev)) {
        check_entered(r, ev);
    } else if (is_exited(ev)) {
        check_exited(r, ev);
    } else if (ev->type != EVENT_EXECUTION_STARTED) {
        INVARIANT(r, ev->previous > 0);
    }
}

/* After every commit: what came is well formed, and the row says the same. */
static void check_commit(struct world *w)
{
    struct run *r = w->arg;
    struct store_execution row;
    struct store_branch *branches;
    size_t branches_len;
    size_t before;
    struct arena a;

    if (!r || !r->execution)
        return;
    arena_init(&a);
    INVARIANT(r, store_get_execution_by_id(w->store, &a, r->execution, &row) == 0);
    before = r->h.len;
    assert_int_equal(store_read_events(w->store, r->execution, (int64_t)before + 1, INT32_MAX,
                                       false, true, see_event, &r->h),
                     0);
    INVARIANT(r, r->h.len < EVENTS_MAX);
    while (r->checked < r->h.len)
        check_event(r, &r->h.events[r->checked]);
    INVARIANT(r, row.event_count == (int64_t)r->h.len);
    INVARIANT(r, row.redrive_count == r->redrives);
    INVARIANT(r, (row.status == EXECUTION_RUNNING) != is_terminal(r->h.events[r->h.len - 1].type));
    if (row.status != r->status || before != r->h.len) {
        assert_int_equal(store_list_branches(w->store, &a, r->execution, &branches, &branches_len),
                         0);
        INVARIANT(r, (branches_len == 0) == (row.status == EXECUTION_SUCCEEDED));
    }
    r->status = row.status;
    arena_done(&a);
}

/* At the end: nothing was changed behind our back. */
static void check_append_only(struct run *r)
{
    struct seen_history again;

    world_history(r->w, r->execution, 1, &again);
    INVARIANT(r, again.len == r->h.len);
    for (size_t i = 0; i < again.len; i++) {
        const struct seen_event *a = &again.events[i];
        const struct seen_event *b = &r->h.events[i];

        INVARIANT(r, a->id == b->id && a->previous == b->previous && a->type == b->type &&
                         a->time_ms == b->time_ms && strcmp(a->details, b->details) == 0 &&
                         strcmp(a->payload ? a->payload : "", b->payload ? b->payload : "") == 0);
    }
    seen_history_done(&again);
}

/* ---- the world around a run ---- */

static void choose_outcome(struct world *w, const struct task_request *request,
                           struct fake_outcome *ret_outcome)
{
    struct run *r = w->arg;
    unsigned roll = r->calm ? 0 : below(&r->tasks, 10);

    (void)request;
    if (roll < 5)
        *ret_outcome = (struct fake_outcome){.kind = FAKE_SUCCESS,
                                             .output = xasprintf("{\"r\":%zu}", w->requests_len)};
    else if (roll < 8)
        *ret_outcome = (struct fake_outcome){.kind = FAKE_FAILURE,
                                             .error = xstrdup(one_in(&r->tasks, 2) ? "A" : "B")};
}

static void maybe_kill(struct run *r)
{
    if (r->kill_in == 0 || !one_in(&r->kills, r->kill_in))
        return;
    r->w->steps = one_in(&r->kills, 2) ? 1 + below(&r->kills, 3) : 0;
    world_kill(r->w);
    note_answers(r->w);
}

static void settle(struct run *r)
{
    for (unsigned n = 0;; n++) {
        INVARIANT(r, n < 10000);
        maybe_kill(r);
        if (!world_tick(r->w))
            return;
    }
}

static void advance(struct run *r, int64_t ms)
{
    int64_t to = clock_now(r->w->clock) + ms;

    settle(r);
    while (clock_now(r->w->clock) < to) {
        struct call call;

        call_init(&call, ENGINE_ADVANCE_CLOCK, NULL);
        call.c.u.clock.ms = to - clock_now(r->w->clock);
        world_post(r->w, &call);
        for (unsigned n = 0; !call.done; n++) {
            INVARIANT(r, n < 10000);
            (void)world_tick(r->w);
            maybe_kill(r);
        }
    }
    settle(r);
}

static void keep_old(struct run *r, char *token /* takes */)
{
    if (r->old_len == ARRAY_LEN(r->old))
        free(r->old[--r->old_len]);
    r->old[r->old_len++] = token;
}

static bool poll_task(struct run *r)
{
    struct call call;

    INVARIANT(r, world_poll(r->w, "a", NULL, &call) == ENGINE_OK);
    if (!call.token)
        return false;
    if (r->held_len == ARRAY_LEN(r->held))
        keep_old(r, r->held[--r->held_len]);
    r->held[r->held_len++] = xstrdup(call.token);
    call_done(&call);
    return true;
}

static void answer_held(struct run *r, bool success)
{
    size_t i = below(&r->actions, (unsigned)r->held_len);
    char *token = r->held[i];
    char *output = xasprintf("{\"w\":%zu}", r->h.len);

    r->held[i] = r->held[--r->held_len];
    (void)world_task(r->w, success ? ENGINE_TASK_SUCCESS : ENGINE_TASK_FAILURE, token,
                     success                  ? output
                     : one_in(&r->actions, 2) ? "A"
                                              : NULL,
                     NULL, NULL);
    free(output);
    keep_old(r, token);
}

/* The tokens of callback tasks are in their requests. */
static void answer_callbacks(struct run *r)
{
    for (size_t i = 0, len = r->w->requests_len; i < len; i++) {
        if (!strstr(r->w->requests[i].arn, "waitForTaskToken"))
            continue;
        (void)world_task(
            r->w, r->calm || one_in(&r->actions, 2) ? ENGINE_TASK_SUCCESS : ENGINE_TASK_FAILURE,
            r->w->requests[i].token, "\"B\"", NULL, NULL);
        settle(r);
    }
}

/* What hangs ends after all. */
static void finish_requests(struct run *r)
{
    for (size_t i = 0, len = r->w->requests_len; i < len; i++)
        if (r->w->requests[i].open) {
            r->w->requests[i].outcome =
                (struct fake_outcome){.kind = FAKE_SUCCESS, .output = xstrdup("{}")};
            fake_finish(r->w, r->w->engine, &r->w->requests[i], &r->w->requests[i].outcome);
            settle(r);
        }
}

static void redrive(struct run *r)
{
    enum execution_status before = r->status;
    enum engine_outcome outcome = world_redrive(r->w, "m", "e", NULL, NULL);

    if (before == EXECUTION_RUNNING || before == EXECUTION_SUCCEEDED)
        INVARIANT(r, outcome == ENGINE_NOT_REDRIVABLE);
    else if ((int64_t)r->h.len < r->w->limits.history_events - 1)
        INVARIANT(r, outcome == ENGINE_OK || r->status == before);
}

/* Others get in the way: they take workers, answers and steps.  What becomes of them nobody looks
 * at. */
static void act_on_others(struct run *r)
{
    char name[16];

    if (r->others < 4 && one_in(&r->actions, 2)) {
        snprintf(name, sizeof(name), "o%u", r->others++);
        INVARIANT(r, world_start(r->w, "m", name, "{\"items\":[4,5]}") == ENGINE_OK);
    } else if (r->others > 0) {
        snprintf(name, sizeof(name), "o%u", below(&r->actions, r->others));
        if (one_in(&r->actions, 2))
            INVARIANT(r, world_stop(r->w, "m", name, NULL, NULL) == ENGINE_OK);
        else
            (void)world_redrive(r->w, "m", name, NULL, NULL);
    }
}

static void stop_others(struct run *r)
{
    char name[16];

    for (unsigned i = 0; i < r->others; i++) {
        snprintf(name, sizeof(name), "o%u", i);
        INVARIANT(r, world_stop(r->w, "m", name, NULL, NULL) == ENGINE_OK);
    }
    settle(r);
}

static void act(struct run *r)
{
    struct call call;

    if (r->crowd && one_in(&r->actions, 4)) {
        act_on_others(r);
        return;
    }
    switch (below(&r->actions, 12)) {
    case 0:
    case 1:
    case 2:
        (void)poll_task(r);
        break;
    case 3:
    case 4:
        if (r->held_len > 0)
            answer_held(r, !one_in(&r->actions, 3));
        break;
    case 5:
        if (r->held_len > 0)
            (void)world_task(r->w, ENGINE_TASK_HEARTBEAT, r->held[0], NULL, NULL, NULL);
        break;
    case 6:
        answer_callbacks(r);
        break;
    case 7:
    case 8:
        advance(r, 500 + (int64_t)below(&r->actions, 12000));
        break;
    case 9:
        if (one_in(&r->actions, 2))
            INVARIANT(r, world_stop(r->w, "m", "e", "Stop", NULL) == ENGINE_OK);
        break;
    case 10:
        redrive(r);
        break;
    default:
        if (r->old_len == 0)
            break;
        /* A token whose task is over stays closed, whatever became of the execution. */
        INVARIANT(r, world_task(r->w, ENGINE_TASK_HEARTBEAT, r->old[0], NULL, NULL, &call) !=
                         ENGINE_BAD_TOKEN);
        call_done(&call);
        break;
    }
}

/* Tasks stop hanging: now the execution has to end, and a redrive of it too, unless it has to
 * fail. */
static void finish(struct run *r)
{
    r->calm = true;
    stop_others(r);
    for (int redrives = 0; redrives < 3; redrives++) {
        for (unsigned n = 0; r->status == EXECUTION_RUNNING; n++) {
            INVARIANT(r, n < 300);
            while (poll_task(r))
                settle(r);
            while (r->held_len > 0) {
                answer_held(r, true);
                settle(r);
            }
            finish_requests(r);
            answer_callbacks(r);
            advance(r, 3000);
        }
        redrive(r);
        settle(r);
    }
    for (size_t i = 0; i < r->w->requests_len; i++)
        INVARIANT(r, r->status == EXECUTION_RUNNING || !r->w->requests[i].open);
    if (r->status == EXECUTION_RUNNING)
        INVARIANT(r, world_stop(r->w, "m", "e", NULL, NULL) == ENGINE_OK);
}

static void forget_requests(struct world *w)
{
    for (size_t i = 0; i < w->requests_len; i++) {
        fake_outcome_done(&w->requests[i].outcome);
        free(w->requests[i].token);
        free(w->requests[i].input);
        free(w->requests[i].arn);
    }
    w->requests_len = 0;
}

/* One machine, one execution, from start to deletion. */
static void run_begin(struct run *r, struct world *w, uint64_t seed, bool in_sequence, bool kill)
{
    struct dice d = {seed};
    struct asl_options options = {.type = ASL_STANDARD};
    struct asl_diagnostics diagnostics;

    *r = (struct run){.w = w, .seed = seed};
    r->definition = make_machine(&d, in_sequence);
    r->actions.state = dice_roll(&d);
    r->tasks.state = dice_roll(&d);
    r->kills.state = dice_roll(&d);
    if (kill)
        r->kill_in = 4U << below(&r->kills, 6);
    r->crowd = !in_sequence;
    r->names = xcalloc(EVENTS_MAX, sizeof(*r->names));
    r->entered = xcalloc(EVENTS_MAX, sizeof(*r->entered));
    r->users = xcalloc(EVENTS_MAX, sizeof(*r->users));
    r->exited = xcalloc(EVENTS_MAX, sizeof(*r->exited));
    asl_diagnostics_init(&diagnostics);
    if (asl_compile((struct text){r->definition, strlen(r->definition)}, &options, &r->asl,
                    &diagnostics) < 0)
        fail_msg("SEED=%llu: %s: %s", (unsigned long long)seed, r->definition,
                 diagnostics.items[0].message);
    asl_diagnostics_done(&diagnostics);
    w->arg = r;
    w->choose = choose_outcome;
    w->committed = check_commit;
}

static void run_all(struct run *r)
{
    struct world *w = r->w;
    struct store_execution row;
    struct arena a;
    struct call call;

    forget_requests(w);
    assert_int_equal(world_create(w, "m", r->definition), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{\"items\":[1,2,3]}"), ENGINE_OK);
    arena_init(&a);
    assert_true(world_execution(w, &a, "m", "e", &row));
    r->execution = row.id;
    r->start_ms = row.start_ms;
    arena_done(&a);
    for (int i = 0; i < ACTIONS; i++) {
        settle(r);
        act(r);
    }
    settle(r);
    finish(r);
    check_append_only(r);
    r->execution = 0;
    call_init(&call, ENGINE_DELETE_MACHINE, "m");
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    settle(r);

    struct engine_stats stats;

    engine_get_stats(w->engine, &stats);
    INVARIANT(r, stats.running == 0);
    INVARIANT(r, world_start(w, "m", "e", "{}") == ENGINE_NO_MACHINE);
    w->arg = NULL;
}

static void run_end(struct run *r)
{
    for (size_t i = 0; i < r->checked; i++)
        free(r->names[i]);
    free(r->names);
    free(r->entered);
    free(r->users);
    free(r->exited);
    while (r->held_len > 0)
        free(r->held[--r->held_len]);
    while (r->old_len > 0)
        free(r->old[--r->old_len]);
    seen_history_done(&r->h);
    asl_machine_unref(r->asl);
    free(r->definition);
}

/* The same with and without kills: the same events, at the same times. */
static void compare_runs(struct run *a, struct run *b)
{
    for (size_t i = 0; i < MIN(a->h.len, b->h.len); i++) {
        const struct seen_event *x = &a->h.events[i];
        const struct seen_event *y = &b->h.events[i];

        if (x->type != y->type || x->previous != y->previous ||
            strcmp(x->details, y->details) != 0 ||
            strcmp(x->payload ? x->payload : "", y->payload ? y->payload : "") != 0 ||
            x->time_ms - a->start_ms != y->time_ms - b->start_ms) {
            print_run(a);
            print_run(b);
            fail_msg("SEED=%llu: a run with kills differs at event %zu",
                     (unsigned long long)a->seed, i + 1);
        }
    }
    INVARIANT(b, a->h.len == b->h.len);
    INVARIANT(b, a->status == b->status);
}

/* ---- the test ---- */

static void open_world(struct world *w, bool file, uint64_t number)
{
    world_init(w);
    if (file)
        world_use_file(w);
    if (number % 4 == 3)
        w->limits.history_events = 45; /* some are cut short */
    world_open(w);
    assert_int_equal(world_create_activity(w, "a"), ENGINE_OK);
}

static void one_run(struct world *plain, struct world *killed, uint64_t seed)
{
    bool in_sequence = seed % 2 == 0;
    struct run a, b;

    run_begin(&b, killed, seed, in_sequence, true);
    run_all(&b);
    if (in_sequence) {
        run_begin(&a, plain, seed, in_sequence, false);
        run_all(&a);
        compare_runs(&a, &b);
        run_end(&a);
    }
    run_end(&b);
}

static void test_model(void **state)
{
    const char *seed = getenv("SEED");
    const char *count = getenv("RUNS");
    uint64_t first = seed ? strtoull(seed, NULL, 10) : 1;
    uint64_t runs = count ? strtoull(count, NULL, 10) : seed ? 1 : RUNS;
    struct world plain, killed;
    uint64_t kills = 0;

    (void)state;
    for (uint64_t i = first; i < first + runs; i++) {
        bool begin = i == first || i % RUNS_PER_WORLD == 0;

        if (begin && i != first) {
            world_done(&plain);
            world_done(&killed);
        }
        if (begin) {
            open_world(&plain, false, i / RUNS_PER_WORLD);
            open_world(&killed, true, i / RUNS_PER_WORLD);
        }
        one_run(&plain, &killed, i);
        kills += killed.kills;
        killed.kills = 0;
    }
    assert_true(kills > 0 || runs < 10);
    world_done(&plain);
    world_done(&killed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_model)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
