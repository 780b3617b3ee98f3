/* Things that wait for a time: a heap, the earliest first.  A thing knows its place, so it can be taken
 * out before its time. */
#pragma once

#include "base/base.h"

struct delayed {
    int64_t due_ms; /* clock_monotonic() */
    size_t at;      /* from 1; 0: it does not wait */
};

struct delays {
    struct delayed **heap; /* heap[1..len]; owned, what it points to is not */
    size_t len, cap;
};

void delays_done(struct delays *d);
/* Adds a thing that does not wait; it must stay where it is until it is taken out. */
void delays_add(struct delays *d, struct delayed *x, int64_t due_ms);
/* Does nothing with one that does not wait. */
void delays_remove(struct delays *d, struct delayed *x);
/* Takes out what is due at or before `now`; NULL: nothing is. */
struct delayed *delays_take(struct delays *d, int64_t now);
/* INT64_MAX: nothing waits. */
int64_t delays_next(const struct delays *d);
