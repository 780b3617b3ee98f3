#include "tasks/delays.h"

#include <stdlib.h>

#include "base/mem.h"

static void place(struct delays *d, size_t at, struct delayed *x)
{
    d->heap[at] = x;
    x->at = at;
}

static void up(struct delays *d, size_t at)
{
    struct delayed *x = d->heap[at];

    for (; at > 1 && x->due_ms < d->heap[at / 2]->due_ms; at /= 2)
        place(d, at, d->heap[at / 2]);
    place(d, at, x);
}

static void down(struct delays *d, size_t at)
{
    struct delayed *x = d->heap[at];

    for (size_t child; (child = at * 2) <= d->len; at = child) {
        if (child < d->len && d->heap[child + 1]->due_ms < d->heap[child]->due_ms)
            child++;
        if (d->heap[child]->due_ms >= x->due_ms)
            break;
        place(d, at, d->heap[child]);
    }
    place(d, at, x);
}

void delays_done(struct delays *d)
{
    free(d->heap);
    *d = (struct delays){0};
}

void delays_add(struct delays *d, struct delayed *x, int64_t due_ms)
{
    CHECK(x->at == 0);
    if (d->len + 1 >= d->cap) {
        d->cap = d->cap ? d->cap * 2 : 64;
        d->heap = xreallocarray(d->heap, d->cap, sizeof(struct delayed *));
    }
    x->due_ms = due_ms;
    place(d, ++d->len, x);
    up(d, d->len);
}

void delays_remove(struct delays *d, struct delayed *x)
{
    size_t at = x->at;
    struct delayed *last;

    if (at == 0)
        return;
    last = d->heap[d->len--];
    x->at = 0;
    if (last == x)
        return;
    place(d, at, last);
    up(d, at);
    down(d, last->at);
}

struct delayed *delays_take(struct delays *d, int64_t now)
{
    struct delayed *x = d->len > 0 ? d->heap[1] : NULL;

    if (!x || x->due_ms > now)
        return NULL;
    delays_remove(d, x);
    return x;
}

int64_t delays_next(const struct delays *d)
{
    return d->len > 0 ? d->heap[1]->due_ms : INT64_MAX;
}
