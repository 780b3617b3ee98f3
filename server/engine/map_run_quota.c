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
        run->wait_next = NULL;
        if (e->map_run_wait_tail)
            e->map_run_wait_tail->wait_next = run;
        else
            e->map_run_wait_head = run;
        e->map_run_wait_tail = run;
    }
    return run->place == MAP_RUN_ADMITTED;
}

/* Takes the run behind `before` (NULL: the first) out of the queue. */
static struct map_run *take_waiting(struct engine *e, struct map_run *before)
{
    struct map_run *run = before ? before->wait_next : e->map_run_wait_head;

    if (before)
        before->wait_next = run->wait_next;
    else
        e->map_run_wait_head = run->wait_next;
    if (!run->wait_next)
        e->map_run_wait_tail = before;
    return run;
}

/* The place of `gone` goes to the first that waits for one; those that have ended meanwhile leave. */
static void hand_over(struct map_run *gone)
{
    struct engine *e = gone->engine;
    struct map_run *before = NULL;
    struct map_run *next;

    while ((next = before ? before->wait_next : e->map_run_wait_head)) {
        bool open = next->row.status == EXECUTION_RUNNING && !next->row.outcome;

        if (open && !same_account(gone, next)) {
            before = next;
            continue;
        }
        (void)take_waiting(e, before);
        if (open) {
            map_run_admit(next);
            map_run_make_runnable(next);
        }
        map_run_unref(next);
        if (open)
            return;
    }
}

void map_run_leave(struct map_run *run)
{
    bool admitted = run->place == MAP_RUN_ADMITTED;

    run->place = MAP_RUN_NEW;
    if (!admitted)
        return;
    --*counter_of(run);
    hand_over(run);
}

void map_run_quota_clear(struct engine *e)
{
    while (e->map_run_wait_head)
        map_run_unref(take_waiting(e, NULL));
}
