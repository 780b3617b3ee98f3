/* What the tests of Map Runs share: definitions, and looks at runs and their children. */
#pragma once

#include "harness.h"

/* What a task does with its input: "fail" fails while `failures` lasts, "never" never ends. */
struct plan {
    int failures;
};

static inline void choose(struct world *w, const struct task_request *request,
                          struct fake_outcome *o)
{
    struct plan *plan = w->arg;

    if (strstr(request->input.data, "never")) {
        o->kind = FAKE_NEVER;
    } else if (strstr(request->input.data, "fail") && plan->failures > 0) {
        plan->failures--;
        o->kind = FAKE_FAILURE;
        o->error = xstrdup("Oops");
    } else {
        o->kind = FAKE_SUCCESS;
        o->output = xmemdup(request->input.data, request->input.len);
    }
}

static inline int setup(void **state)
{
    struct world *w = xmalloc(sizeof(*w));

    world_init(w);
    w->choose = choose;
    w->arg = xcalloc(1, sizeof(struct plan));
    *state = w;
    return 0;
}

static inline int teardown(void **state)
{
    struct world *w = *state;

    free(w->arg);
    world_done(w);
    free(w);
    return 0;
}

static inline void fail_times(struct world *w, int failures)
{
    ((struct plan *)w->arg)->failures = failures;
}

/* ---- definitions ---- */

#define TASK_STATE                                                                       \
    "{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke\",\"Parameters\":" \
    "{\"FunctionName\":\"f\",\"Payload.$\":\"$\"},\"OutputPath\":\"$.Payload\",\"End\":true}"
/* A Map between two Pass states; `fields` ends with a comma. */
#define MAP_OF(type, fields, states)                                                      \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Next\":\"M\"},"            \
    "\"M\":{\"Type\":\"Map\"," fields "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":" \
    "\"DISTRIBUTED\",\"ExecutionType\":\"" type "\"}," states "},\"Next\":\"Z\"},"        \
    "\"Z\":{\"Type\":\"Pass\",\"End\":true}}}"
#define TASKS      "\"StartAt\":\"T\",\"States\":{\"T\":" TASK_STATE "}"
#define PASSES     "\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}"
#define LABEL      "\"Label\":\"L\","
#define ONE_BY_ONE "\"MaxConcurrency\":1,"

/* "wait" waits 30 seconds, everything else is a task; both pass through a state that shows the context. */
#define TASK_OR_WAIT                                                                              \
    "\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Pass\",\"Parameters\":{\"v.$\":\"$\","       \
    "\"n.$\":\"$$.Execution.RedriveCount\"},\"Next\":\"C\"},\"C\":{\"Type\":\"Choice\","          \
    "\"Choices\":[{\"Variable\":\"$.v\",\"StringEquals\":\"wait\",\"Next\":\"W\"}],"              \
    "\"Default\":\"T\"},\"W\":{\"Type\":\"Wait\",\"Seconds\":30,\"Next\":\"E\"},\"T\":{\"Type\":" \
    "\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke\",\"Parameters\":{\"FunctionName\":"  \
    "\"f\",\"Payload.$\":\"$\"},\"OutputPath\":\"$.Payload\",\"Next\":\"E\"},\"E\":{\"Type\":"    \
    "\"Pass\",\"Parameters\":{\"x.$\":\"$\",\"count.$\":\"$$.Execution.RedriveCount\"},"          \
    "\"End\":true}}"

/* ---- looking ---- */

static inline struct store_execution execution(struct world *w, struct arena *a, const char *name)
{
    struct store_execution x;

    assert_true(world_execution(w, a, "m", name, &x));
    return x;
}

struct run_search {
    struct arena *a;
    struct store_map_run run;
    int found;
};

static inline void keep_run(void *arg, const struct store_map_run *run)
{
    struct run_search *s = arg;

    if (s->found++ == 0)
        s->run = *run;
}

/* The latest run of a parent; ret_count tells how many there are. */
static inline struct store_map_run map_run(struct world *w, struct arena *a, int64_t parent,
                                           int *ret_count)
{
    struct run_search s = {.a = a};

    assert_int_equal(store_list_map_runs(w->store, a, parent, INT64_MAX, 100, keep_run, &s), 0);
    assert_true(s.found > 0);
    if (ret_count)
        *ret_count = s.found;
    return s.run;
}

struct children {
    struct store_execution rows[64];
    int len;
};

static inline void keep_child(void *arg, const struct store_execution *x)
{
    struct children *c = arg;

    assert_true(c->len < 64);
    c->rows[c->len++] = *x;
}

/* The child at a place of the run. */
static inline struct store_execution child(struct world *w, struct arena *a,
                                           const struct store_map_run *run, int64_t item)
{
    struct children c = {.len = 0};
    struct store_execution x;

    assert_int_equal(
        store_list_children(w->store, a, run->id, 0, STORE_ANY, INT64_MAX, 64, keep_child, &c), 0);
    for (int i = 0; i < c.len; i++)
        if (c.rows[i].item == item) {
            assert_int_equal(store_get_execution_by_id(w->store, a, c.rows[i].id, &x), 0);
            return x;
        }
    fail_msg("no child %lld", (long long)item);
    return c.rows[0];
}

static inline int count_children(struct world *w, struct arena *a, const struct store_map_run *run,
                                 enum execution_status status, enum store_redriven redriven)
{
    struct children c = {.len = 0};

    assert_int_equal(
        store_list_children(w->store, a, run->id, status, redriven, INT64_MAX, 64, keep_child, &c),
        0);
    return c.len;
}

#define assert_text(t, expected)                                                          \
    do {                                                                                  \
        struct text text_ = (t);                                                          \
        const char *expected_ = (expected);                                               \
        if (!text_.data || text_.len != strlen(expected_) ||                              \
            memcmp(text_.data, expected_, text_.len) != 0)                                \
            fail_msg("%.*s instead of %s", (int)text_.len, text_.data ? text_.data : "-", \
                     expected_);                                                          \
    } while (0)

#define assert_counts(c, pend, run_, good, bad, out, gone, wait, all) \
    do {                                                              \
        struct store_map_counts c_ = (c);                             \
        assert_int_equal(c_.total - c_.started, pend);                \
        assert_int_equal(c_.running, run_);                           \
        assert_int_equal(c_.succeeded, good);                         \
        assert_int_equal(c_.failed, bad);                             \
        assert_int_equal(c_.timed_out, out);                          \
        assert_int_equal(c_.aborted, gone);                           \
        assert_int_equal(c_.pending_redrive, wait);                   \
        assert_int_equal(c_.total, all);                              \
    } while (0)

/* Events as "Type<-previous Type<-previous ...", from one on. */
static inline void expect_history(struct world *w, int64_t id, int64_t from, const char *expected)
{
    struct seen_history h;
    struct strbuf sb;

    world_history(w, id, from, &h);
    strbuf_init(&sb, 65536);
    for (size_t i = 0; i < h.len; i++)
        strbuf_addf(&sb, "%s%s<-%lld", i ? " " : "", event_type_info(h.events[i].type)->name,
                    (long long)h.events[i].previous);
    assert_string_equal(sb.data, expected);
    strbuf_done(&sb);
    seen_history_done(&h);
}

static inline void expect_details(struct world *w, int64_t id, int64_t event, const char *expected)
{
    struct seen_history h;

    world_history(w, id, event, &h);
    assert_true(h.len > 0);
    assert_string_equal(h.events[0].details, expected);
    seen_history_done(&h);
}

static inline void start(struct world *w, const char *definition, const char *input)
{
    assert_int_equal(world_create(w, "m", definition), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", input), ENGINE_OK);
    world_settle(w);
}

#define EXCEEDED                                                                                 \
    "{\"error\":\"States.ExceedToleratedFailureThreshold\",\"cause\":\"The specified tolerated " \
    "failure threshold was exceeded\"}"

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
