/* The only place that asks the system for the time.
 *
 * A clock has two hands.  The *service's time* is what users see: timestamps, timers, the redrive
 * window; it can be moved forward by request and, depending on the mode, runs by itself or not.  The
 * *monotonic time* is real, only measures how long a network peer waits, and cannot be moved.
 *
 * Safe from any thread. */
#pragma once

#include "base/base.h"

enum clock_mode {
    CLOCK_REAL, /* runs with the system's time, plus what it was advanced */
    CLOCK_SKIP, /* as real; the engine advances it to the next timer when nothing else can happen */
    CLOCK_MANUAL, /* moves only by clock_advance */
};

struct clock;

/* start_ms: epoch milliseconds the clock starts at; 0 for the system's time of now. */
struct clock *clock_new(enum clock_mode mode, int64_t start_ms) MUST_USE;
void clock_free(struct clock *c);

enum clock_mode clock_mode(const struct clock *c);
bool clock_mode_parse(const char *name, enum clock_mode *ret_mode); /* real, skip, manual */
const char *clock_mode_name(enum clock_mode mode);

/* The service's time in epoch milliseconds; never goes backward. */
int64_t clock_now(const struct clock *c);
/* Moves the service's time forward by ms (>= 0; the sum is capped at the year 9999). */
void clock_advance(struct clock *c, int64_t ms);
/* Moves the service's time forward so that it is at least at_ms. */
void clock_advance_to(struct clock *c, int64_t at_ms);
/* How far the service's time was moved beyond the system's, in ms. */
int64_t clock_offset(const struct clock *c);

/* Real milliseconds since some fixed moment. */
int64_t clock_monotonic(void);
/* The system's time in epoch milliseconds, for log records only. */
int64_t clock_system(void);
