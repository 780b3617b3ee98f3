/* A stack for walking values, so that deep ones do not deepen the C stack. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "json/node.h"

struct walk_step {
    const struct json *v;     /* an array or object that is not empty */
    const struct json *other; /* what it is compared with */
    uint64_t sum;             /* for counting */
    uint32_t next;            /* the child that comes next */
};

enum { STEPS_AT_HAND = 32 };

struct walk {
    struct walk_step *steps;
    size_t len, cap;
    struct walk_step at_hand[STEPS_AT_HAND];
};

static inline void walk_init(struct walk *w)
{
    w->steps = w->at_hand;
    w->len = 0;
    w->cap = STEPS_AT_HAND;
}

static inline void walk_done(struct walk *w)
{
    if (w->steps != w->at_hand)
        free(w->steps);
}

static inline void walk_push(struct walk *w, struct walk_step step)
{
    if (w->len == w->cap) {
        struct walk_step *more = xreallocarray(NULL, w->cap, 4 * sizeof(*more));
        memcpy(more, w->steps, w->len * sizeof(*more));
        walk_done(w);
        w->steps = more;
        w->cap *= 4;
    }
    w->steps[w->len++] = step;
}

static inline struct walk_step *walk_top(struct walk *w)
{
    return &w->steps[w->len - 1];
}
