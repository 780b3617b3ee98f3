/* A binary heap of timers by due time; a timer knows its place, so that it can be moved or removed. */
#include "engine/internal.h"

static bool is_before(const struct timer *a, const struct timer *b)
{
    if (a->due_ms != b->due_ms)
        return a->due_ms < b->due_ms;
    return a->kind != b->kind ? a->kind < b->kind : a->order < b->order;
}

static void heap_place(struct engine *e, size_t at, struct timer *t)
{
    e->heap[at] = t;
    t->at = at;
}

static void heap_up(struct engine *e, size_t at)
{
    struct timer *t = e->heap[at];

    for (; at > 1 && is_before(t, e->heap[at / 2]); at /= 2)
        heap_place(e, at, e->heap[at / 2]);
    heap_place(e, at, t);
}

static void heap_down(struct engine *e, size_t at)
{
    struct timer *t = e->heap[at];

    for (size_t child; (child = at * 2) <= e->heap_len; at = child) {
        if (child < e->heap_len && is_before(e->heap[child + 1], e->heap[child]))
            child++;
        if (!is_before(e->heap[child], t))
            break;
        heap_place(e, at, e->heap[child]);
    }
    heap_place(e, at, t);
}

void timer_clear(struct engine *e, struct timer *t)
{
    t->due_ms = 0;
    if (t->at == 0)
        return;

    size_t at = t->at;
    struct timer *last = e->heap[e->heap_len--];

    t->at = 0;
    if (last == t)
        return;
    heap_place(e, at, last);
    heap_up(e, at);
    heap_down(e, last->at);
}

void timer_set(struct engine *e, struct timer *t, int64_t due_ms)
{
    timer_clear(e, t);
    t->due_ms = due_ms;
    t->order = e->timers_set++;
    if (e->heap_len + 1 >= e->heap_cap) {
        e->heap_cap = e->heap_cap ? e->heap_cap * 2 : 64;
        e->heap = xreallocarray(e->heap, e->heap_cap, sizeof(struct timer *));
    }
    heap_place(e, ++e->heap_len, t);
    heap_up(e, e->heap_len);
}

struct timer *timer_pop(struct engine *e, int64_t ms)
{
    if (e->heap_len == 0 || e->heap[1]->due_ms > ms)
        return NULL;

    struct timer *t = e->heap[1];

    timer_clear(e, t);
    return t;
}

int64_t timer_next(const struct engine *e)
{
    return e->heap_len > 0 ? e->heap[1]->due_ms : INT64_MAX;
}
