/* The tick: take what came in, run, commit, let the answers and requests out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ids.h"
#include "base/log.h"
#include "engine/map_run.h"
#include "engine/nested.h"

enum {
    STEPS_PER_TICK = 4096, /* of all executions */
    STEPS_PER_TURN = 256,  /* of one execution, before the next has its turn */
    TIMERS_PER_TICK = 1024,
    EXPIRY_PERIOD_MS = 60 * 60 * 1000,
    EXPIRY_PER_TICK = 200,
};

void engine_must(struct engine *e, int r, const char *what)
{
    if (r >= 0)
        return;
    /* What could not be written did not happen: the next start goes on from the last commit. */
    fprintf(stderr, "sfnd: the store failed (%s): %s: %s\n", what, err_name(r),
            store_error(e->store));
    _exit(70); /* other threads run: no clean-up of theirs */
}

void engine_write(struct engine *e)
{
    if (!store_in_transaction(e->store))
        engine_must(e, store_begin(e->store), "begin");
}

void engine_answer(struct engine *e, struct engine_command *c, enum engine_outcome outcome)
{
    c->outcome = outcome;
    c->next = NULL;
    if (e->answered_tail)
        e->answered_tail->next = c;
    else
        e->answered = c;
    e->answered_tail = c;
}

/* ---- commands ---- */

static void command_advance(struct engine *e, struct engine_command *c)
{
    if (e->advance) { /* one after the other: the later one counts from where the earlier one ends */
        e->advance_to += c->u.clock.ms;
        c->next = e->advance;
        e->advance = c;
        return;
    }
    e->advance = c;
    c->next = NULL;
    e->advance_to = e->now + c->u.clock.ms;
}

static void forget_everything(struct engine *e, enum engine_outcome outcome);

static void command_reset(struct engine *e, struct engine_command *c)
{
    forget_everything(e, ENGINE_OK);
    engine_write(e);
    engine_must(e, store_reset(e->store), "reset");
    engine_answer(e, c, ENGINE_OK);
}

static void (*const handlers[])(struct engine *, struct engine_command *) = {
    [ENGINE_CREATE_MACHINE] = command_create_machine,
    [ENGINE_UPDATE_MACHINE] = command_update_machine,
    [ENGINE_DELETE_MACHINE] = command_delete_machine,
    [ENGINE_PUBLISH_VERSION] = command_publish_version,
    [ENGINE_DELETE_VERSION] = command_delete_version,
    [ENGINE_CREATE_ALIAS] = command_create_alias,
    [ENGINE_UPDATE_ALIAS] = command_update_alias,
    [ENGINE_DELETE_ALIAS] = command_delete_alias,
    [ENGINE_START_EXECUTION] = command_start_execution,
    [ENGINE_START_SYNC_EXECUTION] = command_start_execution,
    [ENGINE_STOP_EXECUTION] = command_stop_execution,
    [ENGINE_REDRIVE_EXECUTION] = command_redrive_execution,
    [ENGINE_CREATE_ACTIVITY] = command_create_activity,
    [ENGINE_DELETE_ACTIVITY] = command_delete_activity,
    [ENGINE_GET_ACTIVITY_TASK] = command_poll,
    [ENGINE_TASK_SUCCESS] = command_task,
    [ENGINE_TASK_FAILURE] = command_task,
    [ENGINE_TASK_HEARTBEAT] = command_task,
    [ENGINE_TASK_CHECK] = command_task,
    [ENGINE_TAG] = command_tag,
    [ENGINE_UNTAG] = command_untag,
    [ENGINE_SET_MOCKS] = command_set_mocks,
    [ENGINE_GET_MOCKS] = command_get_mocks,
    [ENGINE_TEST_STATE] = command_test_state,
    [ENGINE_UPDATE_MAP_RUN] = command_update_map_run,
    [ENGINE_ADVANCE_CLOCK] = command_advance,
    [ENGINE_RESET] = command_reset,
};

static void take_inbox(struct engine *e)
{
    struct engine_command *c;
    struct task_message *m;

    inbox_take(e, &c, &m);
    while (c) {
        struct engine_command *next = c->next;

        handlers[c->type](e, c);
        c = next;
    }
    while (m) {
        struct task_message *next = task_message_next(m);

        tasks_take(e, m);
        task_message_free(m);
        m = next;
    }
}

/* ---- time ---- */

static void fire(struct timer *t)
{
    if (t->kind == TIMER_EXECUTION) {
        struct execution *x = (struct execution *)((char *)t - offsetof(struct execution, timer));

        execution_timed_out(x);
        return;
    }

    struct branch *b = (struct branch *)((char *)t - offsetof(struct branch, timer));

    branch_set_dirty(b);
    if (b->phase == PHASE_RETRY) {
        b->phase = PHASE_RUN;
        branch_make_runnable(b);
        return;
    }
    state_ops(b->state->type)->timer(b);
}

static bool fire_timers(struct engine *e)
{
    for (int n = 0; n < TIMERS_PER_TICK; n++) {
        struct timer *t = timer_pop(e, e->now);

        if (!t)
            return false;
        fire(t);
    }
    return true;
}

/* Sets the clock, and remembers it: time must not go backward over a restart. */
static void set_clock(struct engine *e, int64_t ms)
{
    char text[32];

    clock_advance_to(e->clock, ms);
    e->now = MAX(clock_now(e->clock), ms);
    engine_write(e);
    snprintf(text, sizeof(text), "%" PRId64, e->now);
    engine_must(e, store_put_setting(e->store, "clock_ms", (struct text){text, strlen(text)}),
                "clock");
    snprintf(text, sizeof(text), "%" PRId64, clock_offset(e->clock));
    engine_must(e,
                store_put_setting(e->store, "clock_offset_ms", (struct text){text, strlen(text)}),
                "clock");
}

static void finish_advance(struct engine *e)
{
    set_clock(e, e->advance_to);
    while (e->advance) {
        struct engine_command *c = e->advance;

        e->advance = c->next;
        c->u.clock.now_ms = e->now;
        engine_answer(e, c, ENGINE_OK);
    }
}

/* When nothing can step: moves the clock as far as a request asks for, or, in skip mode, to the next timer
 * when nothing but timers is waited for.  Stops at every timer, so that what it starts has its own time.
 * Returns true when something is due now. */
static bool move_clock(struct engine *e)
{
    int64_t due = timer_next(e);

    /* A driver that answers at once does so before time goes on. */
    if (e->run_head || e->map_run_head || e->requests_len > 0)
        return true;
    if (e->advance) {
        if (due > e->advance_to) {
            finish_advance(e);
            return timer_next(e) <= e->now;
        }
    } else if (clock_mode(e->clock) != CLOCK_SKIP || e->external > 0 || due == INT64_MAX) {
        return false;
    }
    if (due > e->now)
        set_clock(e, due);
    return true;
}

/* Returns true when there are more to remove. */
static bool expire(struct engine *e)
{
    int removed = 0;

    if (e->now < e->next_expiry_ms)
        return false;
    engine_write(e);
    engine_must(e,
                store_expire_executions(e->store, e->now - e->limits.retention_seconds * 1000,
                                        EXPIRY_PER_TICK, &removed),
                "expire");
    if (removed == EXPIRY_PER_TICK)
        return true;
    e->next_expiry_ms = e->now + EXPIRY_PERIOD_MS;
    return false;
}

/* ---- the tick ---- */

static bool run_executions(struct engine *e)
{
    uint64_t left = e->steps_per_tick;

    while ((e->run_head || e->map_run_head) && left > 0) {
        if (e->map_run_head) {
            uint64_t used = map_runs_work(e, MIN(left, STEPS_PER_TURN));

            left -= MIN(left, used);
        }
        if (!e->run_head)
            continue;

        struct execution *x = e->run_head;

        e->run_head = x->run_next;
        if (!e->run_head)
            e->run_tail = NULL;
        x->runnable = false;
        if (x->status != EXECUTION_RUNNING)
            continue;

        uint64_t taken = execution_run(x, MIN(left, STEPS_PER_TURN));

        left -= MIN(left, MAX(taken, 1));
        if (x->run_head || x->full)
            execution_make_runnable(x);
    }
    return e->run_head || e->map_run_head;
}

static void send_answers(struct engine *e)
{
    while (e->answered) {
        struct engine_command *c = e->answered;

        e->answered = c->next;
        if (!e->answered)
            e->answered_tail = NULL;
        c->done(c);
    }
}

bool engine_tick(struct engine *e)
{
    e->now = clock_now(e->clock);
    tasks_watch(e);
    take_inbox(e);
    (void)activities_expire(e, clock_monotonic());
    tests_expire(e, clock_monotonic());

    bool more = fire_timers(e);

    (void)nested_stop_some(e); /* before they do anything more */
    more |= run_executions(e);
    more |= nested_stop_some(e);
    if (!more)
        more = move_clock(e);
    checkpoint_flush(e);
    more |= e->map_run_head != NULL; /* there is room for children again */
    more |= e->deleting_len > 0 && machines_delete_some(e);
    more |= expire(e);
    machines_trim(e);
    if (store_in_transaction(e->store)) {
        engine_must(e, store_commit(e->store), "commit");
        __atomic_fetch_add(&e->stats.commits, 1, __ATOMIC_RELAXED);
    }
    __atomic_fetch_add(&e->stats.ticks, 1, __ATOMIC_RELAXED);
    for (size_t i = 0; i < e->sinks_len; i++)
        e->sinks[i].flush(e->sinks[i].self);
    tasks_send(e);
    send_answers(e);
    tests_sweep(e);
    arena_clear(&e->arena);
    return more;
}

int64_t engine_deadline(const struct engine *e)
{
    return MIN(timer_next(e), e->next_expiry_ms);
}

/* ---- life ---- */

static int load_secret(struct engine *e)
{
    struct text value;
    int r = store_get_setting(e->store, &e->arena, "token_secret", &value);

    if (r == 0 && value.len == sizeof(e->secret) * 2) {
        for (size_t i = 0; i < sizeof(e->secret); i++) {
            char hex[3] = {value.data[2 * i], value.data[2 * i + 1], '\0'};

            e->secret[i] = (unsigned char)strtoul(hex, NULL, 16);
        }
        return 0;
    }
    if (r < 0 && r != ERR_NOT_FOUND)
        return r;

    char hex[sizeof(e->secret) * 2 + 1];

    random_bytes(e->secret, sizeof(e->secret));
    for (size_t i = 0; i < sizeof(e->secret); i++)
        snprintf(hex + 2 * i, 3, "%02x", e->secret[i]);
    return store_put_setting(e->store, "token_secret", (struct text){hex, sizeof(hex) - 1});
}

/* A clock that was moved, and then restarted, goes on where it was. */
static void restore_clock(struct engine *e)
{
    struct text value;

    if (clock_mode(e->clock) != CLOCK_MANUAL &&
        store_get_setting(e->store, &e->arena, "clock_offset_ms", &value) == 0)
        clock_advance(e->clock, MAX(0, strtoll(value.data, NULL, 10)));
    if (store_get_setting(e->store, &e->arena, "clock_ms", &value) == 0)
        clock_advance_to(e->clock, strtoll(value.data, NULL, 10));
}

static int load_running(struct engine *e)
{
    int64_t after = 0;
    int64_t ids[256];
    int len = 0;

    do {
        int r = store_list_running(e->store, after, ids, (int)ARRAY_LEN(ids), &len);

        if (r < 0)
            return r;
        for (int i = 0; i < len; i++) {
            if (!execution_load(e, ids[i], true))
                log_error("engine", "execution cannot be continued id=%" PRId64, ids[i]);
            after = ids[i];
            arena_clear(&e->arena);
        }
    } while (len > 0);
    return 0;
}

static int load(struct engine *e)
{
    int64_t *ids;
    size_t len;
    int r = load_secret(e);

    if (r < 0)
        return r;
    restore_clock(e);
    e->now = clock_now(e->clock);
    r = store_last_execution_id(e->store, &e->last_execution_id);
    if (r < 0)
        return r;
    r = store_list_deleting(e->store, &e->arena, &ids, &len);
    if (r < 0)
        return r;
    for (size_t i = 0; i < len; i++) {
        GROW(e->deleting, e->deleting_len, e->deleting_cap);
        e->deleting[e->deleting_len++] = ids[i];
    }
    r = load_running(e);
    if (r < 0)
        return r;
    return map_runs_load(e);
}

static void add_sinks(struct engine *e, const struct engine_config *config)
{
    CHECK(config->sinks_len <= ARRAY_LEN(e->sinks));
    for (size_t i = 0; i < config->sinks_len; i++) {
        const struct event_sink *sink = &config->sinks[i];

        e->sinks[e->sinks_len++] = *sink;
        e->sinks_log |= sink->log != NULL;
        e->sinks_status |= sink->status != NULL;
    }
}

int engine_new(const struct engine_config *config, struct engine **ret_engine, struct err *err)
{
    struct engine *e = xmalloc(sizeof(*e));

    *e = (struct engine){
        .store = config->store,
        .clock = config->clock,
        .limits = config->limits,
        .wait_time_scale = config->wait_time_scale,
        .steps_per_tick = config->steps_per_tick ? config->steps_per_tick : STEPS_PER_TICK,
        .tasks = map_new(),
        .executions = map_new(),
        .machines = map_new(),
        .machines_by_id = map_new(),
        .revisions = map_new(),
        .activities = map_new(),
        .open = map_new(),
        .map_runs = map_new(),
        .map_requests = map_new(),
        .map_run_slots = map_new(),
        .tick_names = map_new(),
        .last_express_id = EXPRESS_FIRST_ID,
        .mocks = config->mocks,
        .polls_deadline = INT64_MAX,
        .tests_deadline = INT64_MAX,
    };
    strbuf_init(&e->scratch, LIMIT_VALUE_BYTES);
    strbuf_init(&e->line, EVENT_LOG_ROOM);
    add_sinks(e, config);
    arena_init(&e->arena);
    e->inbox = inbox_new();

    int r = load(e);

    if (r < 0) {
        (void)err_set(err, r, "cannot read the store: %s", store_error(e->store));
        engine_free(e);
        return r;
    }
    *ret_engine = e;
    return 0;
}

/* Lets go of everything in memory; rows stay. */
static void forget_everything(struct engine *e, enum engine_outcome outcome)
{
    size_t at = 0;
    const char *key;
    size_t len;
    void *value;

    checkpoint_flush(e);
    tests_clear(e);
    while (map_next(e->executions, &at, &key, &len, &value)) {
        express_abandon(value, outcome);
        execution_free(value);
    }
    map_runs_clear(e);
    e->run_head = e->run_tail = NULL;
    e->dirty = NULL;
    e->requests_len = 0;
    activities_clear(e, outcome);
    machines_clear(e);
    e->deleting_len = e->stops_len = 0;
}

static void free_values(struct map *m)
{
    size_t at = 0;
    const char *key;
    size_t len;
    void *value;

    while (map_next(m, &at, &key, &len, &value))
        free_p(&value);
    map_free(m);
}

void engine_free(struct engine *e)
{
    struct engine_command *c;
    struct task_message *m;

    if (!e)
        return;
    engine_stop(e);
    inbox_take(e, &c, &m);
    while (m) {
        struct task_message *next = task_message_next(m);

        task_message_free(m);
        m = next;
    }
    while (c) {
        struct engine_command *next = c->next;

        if (c->type == ENGINE_SET_MOCKS)
            mocks_free(c->u.mocks.mocks);
        engine_answer(e, c, ENGINE_STOPPING);
        c = next;
    }
    while (e->advance) {
        c = e->advance;
        e->advance = c->next;
        engine_answer(e, c, ENGINE_STOPPING);
    }
    forget_everything(e, ENGINE_STOPPING);
    send_answers(e);
    tests_sweep(e);
    map_free(e->tasks);
    map_free(e->executions);
    map_free(e->machines);
    map_free(e->machines_by_id);
    map_free(e->revisions);
    map_free(e->activities);
    map_free(e->tick_names);
    map_free(e->map_runs);
    map_free(e->map_requests);
    free_values(e->open);
    free_values(e->map_run_slots);
    free_p(&e->heap);
    free_p(&e->requests);
    free_p(&e->cancels);
    free_p(&e->polled);
    free_p(&e->deleting);
    free_p(&e->stops);
    strbuf_done(&e->scratch);
    strbuf_done(&e->line);
    arena_done(&e->arena);
    inbox_free(e->inbox);
    mocks_free(e->mocks);
    store_close(e->store);
    free_p(&e);
}

void engine_add_driver(struct engine *e, const struct task_driver *driver)
{
    CHECK(e->drivers_len < ARRAY_LEN(e->drivers));
    e->drivers[e->drivers_len++] = *driver;
}

void engine_get_stats(const struct engine *e, struct engine_stats *ret_stats)
{
    const uint64_t *from = (const uint64_t *)&e->stats;
    uint64_t *to = (uint64_t *)ret_stats;

    for (size_t i = 0; i < sizeof(*ret_stats) / sizeof(uint64_t); i++)
        to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}
