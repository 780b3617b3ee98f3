#include "base/clock.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

#define LAST_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

struct clock {
    enum clock_mode mode;
    /* Manual: the service's time.  Otherwise: what is added to the system's time. */
    _Atomic int64_t base;
    /* The latest time given out, so that a system clock set back does not show.  Manual: unused. */
    _Atomic int64_t latest;
};

static const char *const mode_names[] = {
    [CLOCK_REAL] = "real",
    [CLOCK_SKIP] = "skip",
    [CLOCK_MANUAL] = "manual",
};

static int64_t read_ms(clockid_t id)
{
    struct timespec ts;
    CHECK(clock_gettime(id, &ts) == 0);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_system(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t clock_monotonic(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

struct clock *clock_new(enum clock_mode mode, int64_t start_ms)
{
    struct clock *c = xcalloc(1, sizeof(*c));
    c->mode = mode;
    int64_t system = clock_system();
    int64_t start = start_ms ? MIN(start_ms, LAST_MS) : system;
    atomic_init(&c->base, mode == CLOCK_MANUAL ? start : start - system);
    atomic_init(&c->latest, start);
    return c;
}

void clock_free(struct clock *c)
{
    free(c);
}

enum clock_mode clock_mode(const struct clock *c)
{
    return c->mode;
}

bool clock_mode_parse(const char *name, enum clock_mode *ret_mode)
{
    for (size_t i = 0; i < ARRAY_LEN(mode_names); i++) {
        if (strcmp(name, mode_names[i]) == 0) {
            *ret_mode = (enum clock_mode)i;
            return true;
        }
    }
    return false;
}

const char *clock_mode_name(enum clock_mode mode)
{
    CHECK((size_t)mode < ARRAY_LEN(mode_names));
    return mode_names[mode];
}

/* Raises *value to at least `to` and returns what it is then. */
static int64_t raise_to(_Atomic int64_t *value, int64_t to)
{
    int64_t seen = atomic_load_explicit(value, memory_order_relaxed);
    while (seen < to)
        if (atomic_compare_exchange_weak(value, &seen, to))
            return to;
    return seen;
}

int64_t clock_now(const struct clock *c)
{
    if (c->mode == CLOCK_MANUAL)
        return atomic_load(&c->base);

    int64_t now = MIN(clock_system() + atomic_load(&c->base), LAST_MS);
    /* Remembering what was given out is invisible from outside, so the clock stays const. */
    return raise_to(&((struct clock *)c)->latest, now);
}

void clock_advance(struct clock *c, int64_t ms)
{
    CHECK(ms >= 0);
    int64_t most = c->mode == CLOCK_MANUAL ? LAST_MS : LAST_MS - clock_system();
    int64_t base = atomic_load(&c->base);
    int64_t next;
    do {
        next = base;
        if (base < most)
            next = ms < most - base ? base + ms : most;
    } while (!atomic_compare_exchange_weak(&c->base, &base, next));
}

void clock_advance_to(struct clock *c, int64_t at_ms)
{
    int64_t at = MIN(at_ms, LAST_MS);
    (void)raise_to(&c->base, c->mode == CLOCK_MANUAL ? at : at - clock_system());
}

int64_t clock_offset(const struct clock *c)
{
    int64_t base = atomic_load(&c->base);
    return c->mode == CLOCK_MANUAL ? base - clock_system() : base;
}
