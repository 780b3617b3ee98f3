/* A world for the tests of the engine: the engine driven by hand, a clock that moves by request,
 * tasks that end as the test says, and a store that can be killed with its process and opened
 * again.
 *
 * One thread does everything: world_do posts a command and ticks once, world_settle ticks until
 * nothing is left to do.  A world whose `kill` is set is killed and continued after every
 * commit. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asl/asl.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "engine/engine.h"
#include "json/json.h"

#define ACCOUNT "123456789012"
#define REGION  "us-east-1"
#define ROLE    "arn:aws:iam::123456789012:role/r"
#define START   INT64_C(1704067200000) /* 2024-01-01T00:00:00Z */

enum { TICKS_MAX = 200000, LOG_MAX = 256 * 1024 };

/* ---- tasks ---- */

enum fake_kind { FAKE_NEVER, FAKE_SUCCESS, FAKE_FAILURE };

struct fake_outcome {
    enum fake_kind kind;
    char *output, *error, *cause; /* owned; NULL: none */
};

/* A request the engine made; the same token again is the same request again. */
struct fake_request {
    char *token, *input, *arn; /* owned */
    uint64_t id;               /* of its last start */
    unsigned starts;
    unsigned submits; /* of a job (.sync): how often it was begun */
    bool open, answered, cancelled;
    enum task_tracing tracing;
    struct fake_outcome outcome;
};

struct world {
    char dir[64];  /* "" when the store is in memory */
    char file[96]; /* of the store */
    unsigned lives;
    bool kill; /* kill and continue after every commit */
    unsigned kills;
    bool wrote;      /* the last tick committed something */
    unsigned wrotes; /* such ticks since the engine was opened */

    enum clock_mode mode;
    struct limits limits;
    uint64_t steps;
    double wait_time_scale;
    struct clock *clock;
    struct store *store; /* the engine's */
    struct engine *engine;

    /* What a request comes to; outcomes are taken in the order of requests, FAKE_NEVER without
     * any. */
    void (*choose)(struct world *w, const struct task_request *request,
                   struct fake_outcome *ret_outcome);
    void *arg;                          /* of choose */
    void (*committed)(struct world *w); /* NULL, or called after every tick */
    struct fake_outcome *outcomes;
    size_t outcomes_len, outcomes_cap, outcomes_at;
    struct fake_request *requests;
    size_t requests_len, requests_cap;
    size_t pending; /* results on their way to the engine */

    const struct task_driver *first; /* asked before the fake one; NULL: none */
};

static inline void fake_outcome_done(struct fake_outcome *o)
{
    free(o->output);
    free(o->error);
    free(o->cause);
    *o = (struct fake_outcome){0};
}

static inline char *copy_or_null(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

/* Queues what the next request that has no outcome yet comes to. */
static inline void world_outcome(struct world *w, enum fake_kind kind, const char *output,
                                 const char *error, const char *cause)
{
    GROW(w->outcomes, w->outcomes_len, w->outcomes_cap);
    w->outcomes[w->outcomes_len++] = (struct fake_outcome){
        .kind = kind,
        .output = copy_or_null(output),
        .error = copy_or_null(error),
        .cause = copy_or_null(cause),
    };
}

static inline void fake_finish(struct world *w, struct engine *e, struct fake_request *r,
                               const struct fake_outcome *o)
{
    const struct task_trace trace = {
        .request = {.protocol = TEXT("http"),
                    .url = r->tracing == TASK_TRACED ? TEXT("public") : TEXT("secret")},
    };
    struct task_result result = {
        .trace = r->tracing == TASK_UNTRACED ? NULL : &trace,
        .outcome = o->kind == FAKE_SUCCESS ? TASK_SUCCEEDED : TASK_FAILED,
        .output = {o->output, o->output ? strlen(o->output) : 0},
        .error = o->error,
        .cause = {o->cause, o->cause ? strlen(o->cause) : 0},
    };

    r->open = false;
    r->answered = true;
    w->pending++;
    engine_task_finished(e, r->id, &result);
}

static inline struct fake_request *fake_find(struct world *w, const char *token)
{
    for (size_t i = 0; i < w->requests_len; i++)
        if (strcmp(w->requests[i].token, token) == 0)
            return &w->requests[i];
    return NULL;
}

#define FAKE_REPLY "{\"JobId\": \"job-number-1\"}" /* to a job that is taken */

/* A job begins once, unless its beginning died with the process before it was known. */
static inline void fake_submit(struct world *w, struct engine *e, struct fake_request *r,
                               struct text submitted)
{
    if (submitted.data) {
        assert_int_equal(submitted.len, strlen(FAKE_REPLY));
        assert_memory_equal(submitted.data, FAKE_REPLY, submitted.len);
        assert_true(r->submits > 0);
        return;
    }
    r->submits++;
    w->pending++;
    engine_task_submitted(e, r->id, TEXT(FAKE_REPLY));
}

static inline void fake_start(void *self, struct engine *e, const struct task_request *request)
{
    struct world *w = self;
    struct fake_request *r = fake_find(w, request->token);

    if (!r) {
        GROW(w->requests, w->requests_len, w->requests_cap);
        r = &w->requests[w->requests_len++];
        *r = (struct fake_request){
            .token = xstrdup(request->token),
            .input = xmemdup(request->input.data, request->input.len),
            .arn = xstrdup(request->arn),
            .tracing = request->tracing,
        };
        if (w->choose) {
            w->choose(w, request, &r->outcome);
        } else if (w->outcomes_at < w->outcomes_len) {
            r->outcome = w->outcomes[w->outcomes_at];
            w->outcomes[w->outcomes_at++] = (struct fake_outcome){0};
        }
    }
    assert_string_equal(r->arn, request->arn);
    r->id = request->id;
    r->starts++;
    r->open = true;
    r->cancelled = false;
    if (strstr(r->arn, ".sync"))
        fake_submit(w, e, r, request->submitted);
    if (r->outcome.kind != FAKE_NEVER)
        fake_finish(w, e, r, &r->outcome);
}

static inline void fake_cancel(void *self, uint64_t id)
{
    struct world *w = self;

    for (size_t i = 0; i < w->requests_len; i++)
        if (w->requests[i].id == id) {
            w->requests[i].open = false;
            w->requests[i].cancelled = true;
        }
}

static inline bool fake_accepts(void *self, const char *arn, const char *type, const char *action)
{
    (void)self;
    (void)action;
    return strstr(arn, "nobody") == NULL && (!type || *type);
}

/* ---- life ---- */

static inline void world_open(struct world *w)
{
    struct err err = {0};
    struct task_driver driver = {"fake", w, fake_accepts, fake_start, fake_cancel};
    struct engine_config config;

    if (store_open(*w->file ? w->file : ":memory:", STORE_WRITER | STORE_TEMPORARY, &w->store,
                   &err) < 0)
        fail_msg("cannot open the store: %s", err.text);
    w->clock = clock_new(w->mode, w->mode == CLOCK_MANUAL ? START : 0);
    config = (struct engine_config){
        .store = w->store,
        .clock = w->clock,
        .limits = w->limits,
        .wait_time_scale = w->wait_time_scale,
        .steps_per_tick = w->steps,
    };
    if (engine_new(&config, &w->engine, &err) < 0)
        fail_msg("cannot open the engine: %s", err.text);
    if (w->first)
        engine_add_driver(w->engine, w->first);
    engine_add_driver(w->engine, &driver);
}

/* Sets the defaults; the test may change them before world_open. */
static inline void world_init(struct world *w)
{
    *w = (struct world){
        .mode = CLOCK_MANUAL,
        .limits = limits_service,
        .wait_time_scale = 1.0,
    };
}

/* Puts the store into a file, so that the world can be killed. */
static inline void world_use_file(struct world *w)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    snprintf(w->dir, sizeof(w->dir), "%s/sfnd-engine-XXXXXX", base);
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->file, sizeof(w->file), "%s/%u.db", w->dir, w->lives);
}

static inline void world_close(struct world *w)
{
    engine_free(w->engine);
    clock_free(w->clock);
    w->engine = NULL;
    w->clock = NULL;
    w->store = NULL;
    w->pending = 0;
}

static inline void world_done(struct world *w)
{
    if (w->engine)
        world_close(w);
    if (*w->dir) {
        store_remove_files(w->file);
        (void)rmdir(w->dir);
    }
    for (size_t i = 0; i < w->outcomes_len; i++)
        fake_outcome_done(&w->outcomes[i]);
    for (size_t i = 0; i < w->requests_len; i++) {
        fake_outcome_done(&w->requests[i].outcome);
        free(w->requests[i].token);
        free(w->requests[i].input);
        free(w->requests[i].arn);
    }
    free(w->outcomes);
    free(w->requests);
    *w = (struct world){0};
}

/* Returns how many bytes there were. */
static inline size_t copy_file(const char *from, const char *to)
{
    static char buf[65536];
    FILE *in = fopen(from, "rb");
    FILE *out;
    size_t len;
    size_t sum = 0;

    if (!in)
        return 0; /* no log beside the file */
    out = fopen(to, "wb");
    assert_non_null(out);
    for (; (len = fread(buf, 1, sizeof(buf), in)) > 0; sum += len)
        assert_int_equal(fwrite(buf, 1, len, out), len);
    fclose(in);
    assert_int_equal(fclose(out), 0);
    return sum;
}

/* The log of a server that is never closed grows, and with it the time to copy it. */
static inline void shorten_log(struct world *w)
{
    struct store *s;

    assert_int_equal(store_open(w->file, STORE_WRITER | STORE_TEMPORARY, &s, NULL), 0);
    store_close(s);
}

/* What kill -9 leaves are the files as they are at this moment: a copy of them is opened, and
 * whatever the old engine does when it is taken down goes elsewhere. */
static inline void world_kill(struct world *w)
{
    struct engine *engine = w->engine;
    struct clock *clock = w->clock;
    char old[96], from[128], to[128];

    assert_true(*w->dir != '\0');
    memcpy(old, w->file, sizeof(old));
    snprintf(w->file, sizeof(w->file), "%s/%u.db", w->dir, ++w->lives);
    (void)copy_file(old, w->file);
    snprintf(from, sizeof(from), "%s-wal", old);
    snprintf(to, sizeof(to), "%s-wal", w->file);
    if (copy_file(from, to) > LOG_MAX)
        shorten_log(w);
    engine_free(engine);
    clock_free(clock);
    store_remove_files(old);
    for (size_t i = 0; i < w->requests_len; i++)
        w->requests[i].open = false;
    w->pending = 0;
    w->wrote = false;
    w->wrotes = 0;
    w->kills++;
    world_open(w);
}

/* ---- running ---- */

static inline bool world_tick(struct world *w)
{
    struct engine_stats before, after;
    bool more;

    w->pending = 0;
    engine_get_stats(w->engine, &before);
    more = engine_tick(w->engine);
    engine_get_stats(w->engine, &after);
    w->wrote = after.commits > before.commits;
    w->wrotes += w->wrote;
    if (w->committed)
        w->committed(w);
    return more || w->pending > 0;
}

/* An engine is killed after its first, second or third commit, in turns: one that never lived
 * longer than a single step might never come beyond the steps that put things back where they
 * were.  And a result that is lost twice would be lost forever, so the kill waits for it. */
static inline bool may_kill(const struct world *w)
{
    if (!w->kill || !w->wrote || w->wrotes <= w->lives % 3)
        return false;
    for (size_t i = 0; w->pending > 0 && i < w->requests_len; i++)
        if (w->requests[i].answered && w->requests[i].starts > 1)
            return false;
    return true;
}

/* Forgets which requests were answered, once the engine has taken the answers. */
static inline void note_answers(struct world *w)
{
    for (size_t i = 0; i < w->requests_len; i++)
        w->requests[i].answered = false;
}

/* Ticks until there is nothing left to do at this time. */
static inline void world_settle(struct world *w)
{
    for (unsigned n = 0; n < TICKS_MAX; n++) {
        if (may_kill(w))
            world_kill(w);
        note_answers(w);
        if (!world_tick(w))
            return;
    }
    fail_msg("the engine does not come to rest");
}

/* ---- commands ---- */

/* A command with copies of what its answer holds. */
struct call {
    struct engine_command c;
    bool done;
    char *token, *input, *resource; /* owned */
};

static inline void call_answered(struct engine_command *c)
{
    struct call *call = c->arg;

    call->done = true;
    if (c->type == ENGINE_GET_ACTIVITY_TASK && c->u.poll.token) {
        call->token = xstrdup(c->u.poll.token);
        call->input = xmemdup(c->u.poll.input.data, c->u.poll.input.len);
    }
    if ((c->type == ENGINE_TASK_SUCCESS || c->type == ENGINE_TASK_FAILURE ||
         c->type == ENGINE_TASK_HEARTBEAT) &&
        c->outcome == ENGINE_TASK_CLOSED)
        call->resource = c->u.task.resource;
}

static inline void call_done(struct call *call)
{
    free(call->token);
    free(call->input);
    free(call->resource);
    *call = (struct call){0};
}

static inline void call_init(struct call *call, enum engine_command_type type, const char *name)
{
    *call = (struct call){
        .c = {.type = type,
              .done = call_answered,
              .account = ACCOUNT,
              .region = REGION,
              .name = name},
    };
}

static inline void world_post(struct world *w, struct call *call)
{
    call->c.arg = call;
    engine_post(w->engine, &call->c);
}

/* Posts a command and ticks once, which answers it. */
static inline enum engine_outcome world_do(struct world *w, struct call *call)
{
    world_post(w, call);
    note_answers(w);
    (void)world_tick(w);
    assert_true(call->done);
    return call->c.outcome;
}

static inline void call_machine(struct call *call, enum engine_command_type type, const char *name,
                                const char *definition)
{
    call_init(call, type, name);
    call->c.u.machine.type = MACHINE_STANDARD;
    if (definition)
        call->c.u.machine.definition = (struct text){definition, strlen(definition)};
    if (type == ENGINE_CREATE_MACHINE) {
        call->c.u.machine.role_arn = ROLE;
        call->c.u.machine.logging = "{\"level\":\"OFF\"}";
        call->c.u.machine.tracing = "{\"enabled\":false}";
        call->c.u.machine.encryption = "{\"type\":\"AWS_OWNED_KEY\"}";
    }
}

static inline enum engine_outcome world_create(struct world *w, const char *name,
                                               const char *definition)
{
    struct call call;

    call_machine(&call, ENGINE_CREATE_MACHINE, name, definition);
    return world_do(w, &call);
}

static inline enum engine_outcome world_start(struct world *w, const char *machine,
                                              const char *execution, const char *input)
{
    struct call call;

    call_init(&call, ENGINE_START_EXECUTION, machine);
    call.c.u.start.execution = execution;
    call.c.u.start.input = (struct text){input, strlen(input)};
    return world_do(w, &call);
}

static inline enum engine_outcome world_stop(struct world *w, const char *machine,
                                             const char *execution, const char *error,
                                             const char *cause)
{
    struct call call;

    call_init(&call, ENGINE_STOP_EXECUTION, machine);
    call.c.u.stop.execution = execution;
    call.c.u.stop.error = error;
    call.c.u.stop.cause = cause;
    return world_do(w, &call);
}

/* ret_call (may be NULL) is left with the answer; call_done it. */
static inline enum engine_outcome world_redrive(struct world *w, const char *machine,
                                                const char *execution, const char *token,
                                                struct call *ret_call)
{
    struct call own;
    struct call *call = ret_call ? ret_call : &own;

    call_init(call, ENGINE_REDRIVE_EXECUTION, machine);
    call->c.u.redrive.execution = execution;
    call->c.u.redrive.token = token;
    return world_do(w, call);
}

static inline enum engine_outcome world_create_activity(struct world *w, const char *name)
{
    struct call call;

    call_init(&call, ENGINE_CREATE_ACTIVITY, name);
    call.c.u.activity.encryption = "{\"type\":\"AWS_OWNED_KEY\"}";
    return world_do(w, &call);
}

/* A poll that does not wait.  ret_call holds token and input; call_done it. */
static inline enum engine_outcome world_poll(struct world *w, const char *activity,
                                             const char *worker, struct call *ret_call)
{
    call_init(ret_call, ENGINE_GET_ACTIVITY_TASK, activity);
    ret_call->c.u.poll.worker = worker;
    ret_call->c.u.poll.deadline = 0;
    return world_do(w, ret_call);
}

static inline enum engine_outcome world_task(struct world *w, enum engine_command_type type,
                                             const char *token, const char *output_or_error,
                                             const char *cause, struct call *ret_call)
{
    struct call own;
    struct call *call = ret_call ? ret_call : &own;

    call_init(call, type, NULL);
    call->c.u.task.token = token;
    if (type == ENGINE_TASK_SUCCESS) {
        call->c.u.task.output = (struct text){output_or_error, strlen(output_or_error)};
    } else {
        call->c.u.task.error = output_or_error;
        call->c.u.task.cause = cause;
    }

    enum engine_outcome outcome = world_do(w, call);

    if (!ret_call)
        call_done(call);
    return outcome;
}

/* Moves the clock by ms, with everything that comes due on the way, and settles.  A request to
 * move the clock that dies with its process is made again for what was left of it. */
static inline void world_advance(struct world *w, int64_t ms)
{
    int64_t to = clock_now(w->clock) + ms;

    world_settle(w);
    for (unsigned n = 0; clock_now(w->clock) < to; n++) {
        struct call call;

        assert_true(n < TICKS_MAX);
        call_init(&call, ENGINE_ADVANCE_CLOCK, NULL);
        call.c.u.clock.ms = to - clock_now(w->clock);
        world_post(w, &call);
        for (unsigned i = 0; !call.done; i++) {
            assert_true(i < TICKS_MAX);
            note_answers(w);
            (void)world_tick(w);
            if (may_kill(w))
                world_kill(w); /* answers the call when it was still open */
        }
    }
    world_settle(w);
}

/* ---- what is in the store ---- */

/* Reads the row of an execution; false when there is none. */
static inline bool world_execution(struct world *w, struct arena *a, const char *machine,
                                   const char *execution, struct store_execution *ret_execution)
{
    struct store_machine m;

    return store_get_machine(w->store, a, ACCOUNT, REGION, machine, &m) == 0 &&
           store_get_execution(w->store, a, m.id, execution, ret_execution) == 0;
}

struct seen_event {
    int64_t id, previous, time_ms;
    enum event_type type;
    char *details; /* owned: JSON text of the details object but for the payload */
    char *payload; /* owned; NULL: none */
};

struct seen_history {
    struct seen_event *events;
    size_t len, cap;
};

static inline void see_event(void *arg, const struct store_event *ev)
{
    struct seen_history *h = arg;

    GROW(h->events, h->len, h->cap);
    h->events[h->len++] = (struct seen_event){
        .id = ev->id,
        .previous = ev->previous,
        .time_ms = ev->time_ms,
        .type = ev->type,
        .details = xasprintf("{%.*s}", (int)ev->details.len, ev->details.data),
        .payload =
            ev->payload.text.data ? xmemdup(ev->payload.text.data, ev->payload.text.len) : NULL,
    };
}

static inline void seen_history_done(struct seen_history *h)
{
    for (size_t i = 0; i < h->len; i++) {
        free(h->events[i].details);
        free(h->events[i].payload);
    }
    free(h->events);
    *h = (struct seen_history){0};
}

/* Reads the events from `from` on; seen_history_done it. */
static inline void world_history(struct world *w, int64_t execution, int64_t from,
                                 struct seen_history *ret_history)
{
    *ret_history = (struct seen_history){0};
    assert_int_equal(store_read_events(w->store, execution, from, INT32_MAX, false, true, see_event,
                                       ret_history),
                     0);
}
