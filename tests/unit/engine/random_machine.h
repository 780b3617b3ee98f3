/* Random state machines, from a seed: nested Parallel and Map, tasks of every kind, Retry and
 * Catch. */
#pragma once

#include "harness.h"

enum { DEPTH_MAX = 3 };

/* ---- random numbers ---- */

struct dice {
    uint64_t state;
};

static inline uint64_t dice_roll(struct dice *d)
{
    /* splitmix64 */
    uint64_t z = (d->state += 0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static inline unsigned below(struct dice *d, unsigned n)
{
    return (unsigned)(dice_roll(d) % n);
}

static inline bool one_in(struct dice *d, unsigned n)
{
    return below(d, n) == 0;
}

/* ---- machines ---- */

static inline bool ends_with(const char *s, const char *end)
{
    size_t len = strlen(s);

    return len >= strlen(end) && strcmp(s + len - strlen(end), end) == 0;
}

struct maker {
    struct dice *dice;
    struct strbuf text;
    unsigned states;  /* so far; they name themselves by it */
    bool in_sequence; /* nothing runs beside anything else */
};

static inline void make_scope(struct maker *m, int depth);

static inline void make_next(struct maker *m, unsigned next)
{
    if (next)
        strbuf_addf(&m->text, ",\"Next\":\"S%u\"", next);
    else
        strbuf_adds(&m->text, ",\"End\":true");
}

/* Retry and Catch; a catcher leads where the state itself leads, when it leads anywhere. */
static inline void make_handlers(struct maker *m, unsigned next)
{
    if (one_in(m->dice, 3))
        strbuf_addf(
            &m->text,
            ",\"Retry\":[{\"ErrorEquals\":[\"%s\"],\"IntervalSeconds\":%u,\"MaxAttempts\":%u,"
            "\"BackoffRate\":%u}]",
            one_in(m->dice, 2)   ? "States.ALL"
            : one_in(m->dice, 2) ? "A"
                                 : "States.Timeout",
            1 + below(m->dice, 3), below(m->dice, 3), 1 + below(m->dice, 2));
    if (next && one_in(m->dice, 4))
        strbuf_addf(&m->text, ",\"Catch\":[{\"ErrorEquals\":[\"%s\"],\"Next\":\"S%u\"}]",
                    one_in(m->dice, 2) ? "States.ALL" : "B", next);
}

static inline void make_task(struct maker *m, unsigned next)
{
    bool activity = one_in(m->dice, 2);

    strbuf_addf(&m->text, "\"Type\":\"Task\",\"Resource\":\"%s\"",
                activity             ? "arn:aws:states:us-east-1:123456789012:activity:a"
                : one_in(m->dice, 3) ? "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
                                     : "arn:aws:lambda:us-east-1:123456789012:function:f");
    if (ends_with(m->text.data, "TaskToken\""))
        strbuf_adds(&m->text, ",\"Parameters\":{\"QueueUrl\":\"q\",\"MessageBody\":\"b\"}");
    if (one_in(m->dice, 3))
        strbuf_addf(&m->text, ",\"TimeoutSeconds\":%u", 5 + below(m->dice, 10));
    if (activity && one_in(m->dice, 3))
        strbuf_adds(&m->text, ",\"HeartbeatSeconds\":4");
    if (one_in(m->dice, 3))
        strbuf_adds(&m->text, ",\"ResultPath\":null");
    make_handlers(m, next);
}

static inline void make_container(struct maker *m, unsigned next, int depth)
{
    if (one_in(m->dice, 2)) {
        unsigned branches = m->in_sequence ? 1 : 1 + below(m->dice, 3);

        strbuf_adds(&m->text, "\"Type\":\"Parallel\",\"Branches\":[");
        for (unsigned i = 0; i < branches; i++) {
            if (i > 0)
                strbuf_addc(&m->text, ',');
            make_scope(m, depth + 1);
        }
        strbuf_addc(&m->text, ']');
    } else {
        strbuf_addf(&m->text,
                    "\"Type\":\"Map\",\"ItemsPath\":\"$$.Execution.Input.items\","
                    "\"MaxConcurrency\":%u,\"ItemProcessor\":",
                    m->in_sequence ? 1 : below(m->dice, 4));
        make_scope(m, depth + 1);
    }
    make_handlers(m, next);
}

/* One state S`number`; next 0: it ends its scope. */
static inline void make_state(struct maker *m, unsigned number, unsigned next, int depth)
{
    unsigned kind = below(m->dice, depth < DEPTH_MAX ? 16 : 11);

    strbuf_addf(&m->text, "\"S%u\":{", number);
    if (kind < 5) {
        make_task(m, next);
        make_next(m, next);
    } else if (kind < 7) {
        strbuf_addf(&m->text, "\"Type\":\"Pass\",\"Assign\":{\"v%u\":%u}", number, number);
        if (one_in(m->dice, 2))
            strbuf_addf(&m->text, ",\"Result\":{\"from\":%u}", number);
        make_next(m, next);
    } else if (kind < 9) {
        strbuf_addf(&m->text, "\"Type\":\"Wait\",\"Seconds\":%u", below(m->dice, 15));
        make_next(m, next);
    } else if (kind == 9 && next) {
        /* Fails in a first run, and goes on in a redriven one; or goes on at once. */
        strbuf_addf(&m->text,
                    "\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$$.Execution.RedriveCount\","
                    "\"NumericGreaterThanEquals\":%u,\"Next\":\"S%u\"}]",
                    one_in(m->dice, 4), next);
    } else if (kind == 10 && !next && one_in(m->dice, 3)) {
        strbuf_addf(&m->text, "\"Type\":\"Fail\",\"Error\":\"%s\"", one_in(m->dice, 2) ? "A" : "B");
    } else if (kind > 10) {
        make_container(m, next, depth);
        make_next(m, next);
    } else if (!next) {
        strbuf_adds(&m->text, "\"Type\":\"Succeed\"");
    } else {
        strbuf_adds(&m->text, "\"Type\":\"Pass\"");
        make_next(m, next);
    }
    strbuf_addc(&m->text, '}');
}

static inline void make_scope(struct maker *m, int depth)
{
    unsigned len = 1 + below(m->dice, depth == 0 ? 4 : 2);
    unsigned first = m->states + 1;

    m->states += len;
    strbuf_addf(&m->text, "{\"StartAt\":\"S%u\",\"States\":{", first);
    for (unsigned i = 0; i < len; i++) {
        if (i > 0)
            strbuf_addc(&m->text, ',');
        make_state(m, first + i, i + 1 < len ? first + i + 1 : 0, depth);
    }
    strbuf_addc(&m->text, '}');
    if (depth == 0 && one_in(m->dice, 4))
        strbuf_addf(&m->text, ",\"TimeoutSeconds\":%u", 10 + below(m->dice, 60));
    strbuf_addc(&m->text, '}');
}

static inline char *make_machine(struct dice *d, bool in_sequence)
{
    struct maker m = {.dice = d, .in_sequence = in_sequence};

    strbuf_init(&m.text, LIMIT_VALUE_BYTES);
    make_scope(&m, 0);
    return strbuf_take(&m.text, NULL);
}
