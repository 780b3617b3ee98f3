/* How many Map Runs of an account and region may be open: more wait, after MapRunStarted, until one ends
 * (reference/quotas.md, "open Map Runs"). */
#include <string.h>

#include "engine/map_run.h"

static bool same_account(const struct map_run *a, const struct map_run *b)
{
    const struct machine *x = a->revision->machine;
    const struct machine *y = b->revision->machine;

    return strcmp(x->account, y->account) == 0 && strcmp(x->region, y->region) == 0;
}

static int64_t *counter_of(struct map_run *run)
{
    return engine_counter(run->engine->map_run_slots, run->revision->machine);
}

void map_run_admit(struct map_run *run)
{
    ++*counter_of(run);
    run->place = MAP_RUN_ADMITTED;
}

bool map_run_admitted(struct map_run *run)
{
    struct engine *e = run->engine;

    if (run->place == MAP_RUN_NEW && *counter_of(run) < e->limits.open_map_runs) {
        map_run_admit(run);
    } else if (run->place == MAP_RUN_NEW) {
        run->place = MAP_RUN_WAITING;
        run->refs++;
        run->wait_prev = e->map_run_wait_tail;
        run->wait_next = NULL;
        if (e->map_run_wait_tail)
            e->map_run_wait_tail->wait_next = run;
        else
            e->map_run_wait_head = run;
        e->map_run_wait_tail = run;
    }
    return run->place == MAP_RUN_ADMITTED;
}

/* Takes a run out of the queue; the reference that the queue held is the caller's. */
static void unqueue(struct map_run *run)
{
    struct engine *e = run->engine;

    if (run->wait_prev)
        run->wait_prev->wait_next = run->wait_next;
    else
        e->map_run_wait_head = run->wait_next;
    if (run->wait_next)
        run->wait_next->wait_prev = run->wait_prev;
    else
        e->map_run_wait_tail = run->wait_prev;
    run->wait_next = run->wait_prev = NULL;
    run->place = MAP_RUN_NEW;
}

/* The place of `gone` goes to the first that waits for one and still has work. */
static void hand_over(struct map_run *gone)
{
    struct map_run *next = gone->engine->map_run_wait_head;

    while (next && (next->row.outcome || !same_account(gone, next)))
        next = next->wait_next;
    if (!next)
        return;
    unqueue(next);
    map_run_admit(next);
    map_run_make_runnable(next);
    map_run_unref(next);
}

void map_run_leave(struct map_run *run)
{
    if (run->place == MAP_RUN_WAITING) {
        unqueue(run);
        map_run_unref(run);
    } else if (run->place == MAP_RUN_ADMITTED) {
        run->place = MAP_RUN_NEW;
        --*counter_of(run);
        hand_over(run);
    }
}

void map_run_quota_clear(struct engine *e)
{
    struct map_run *run;

    while ((run = e->map_run_wait_head)) {
        unqueue(run);
        map_run_unref(run);
    }
}
