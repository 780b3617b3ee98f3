/* The queue in front of the engine, and the one thread around it. */
#include <pthread.h>
#include <time.h>

#include "engine/internal.h"

struct engine_inbox {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t wake;
    struct engine_command *commands, *commands_tail;
    struct task_message *tasks, *tasks_tail;
    bool sleeping, stopping, running;
    pthread_t thread;
};

struct engine_inbox *inbox_new(void)
{
    struct engine_inbox *in = xcalloc(1, sizeof(*in));
    pthread_condattr_t attr;

    pthread_mutex_init(&in->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&in->wake, &attr);
    pthread_condattr_destroy(&attr);
    return in;
}

void inbox_free(struct engine_inbox *in)
{
    if (!in)
        return;
    while (in->tasks) {
        struct task_message *m = in->tasks;

        in->tasks = task_message_next(m);
        task_message_free(m);
    }
    pthread_cond_destroy(&in->wake);
    pthread_mutex_destroy(&in->lock);
    free_p(&in);
}

void inbox_take(struct engine *e, struct engine_command **ret_commands,
                struct task_message **ret_tasks)
{
    struct engine_inbox *in = e->inbox;

    pthread_mutex_lock(&in->lock);
    *ret_commands = in->commands;
    *ret_tasks = in->tasks;
    in->commands = in->commands_tail = NULL;
    in->tasks = in->tasks_tail = NULL;
    pthread_mutex_unlock(&in->lock);
}

static void wake_if_asleep(struct engine_inbox *in)
{
    if (in->sleeping)
        pthread_cond_signal(&in->wake);
}

void engine_post(struct engine *e, struct engine_command *c)
{
    struct engine_inbox *in = e->inbox;

    c->next = NULL;
    pthread_mutex_lock(&in->lock);
    if (in->commands_tail)
        in->commands_tail->next = c;
    else
        in->commands = c;
    in->commands_tail = c;
    wake_if_asleep(in);
    pthread_mutex_unlock(&in->lock);
}

static void post_task(struct engine *e, struct task_message *m /* takes */)
{
    struct engine_inbox *in = e->inbox;

    pthread_mutex_lock(&in->lock);
    if (in->tasks_tail)
        task_message_set_next(in->tasks_tail, m);
    else
        in->tasks = m;
    in->tasks_tail = m;
    wake_if_asleep(in);
    pthread_mutex_unlock(&in->lock);
}

void engine_task_submitted(struct engine *e, uint64_t id, struct text output)
{
    post_task(e, task_message_submitted(id, output));
}

void engine_task_finished(struct engine *e, uint64_t id, const struct task_result *result)
{
    post_task(e, task_message_new(id, result));
}

/* How long the engine may sleep: to the next timer if time runs by itself, to the end of a worker's poll. */
static int64_t sleep_ms(struct engine *e)
{
    int64_t now = clock_monotonic();
    int64_t ms = 60 * 1000;

    if (clock_mode(e->clock) != CLOCK_MANUAL) {
        int64_t due = engine_deadline(e);

        if (due != INT64_MAX)
            ms = MIN(ms, MAX(0, due - clock_now(e->clock)));
    }
    if (e->polls_deadline != INT64_MAX)
        ms = MIN(ms, MAX(0, e->polls_deadline - now));
    if (e->tests_deadline != INT64_MAX)
        ms = MIN(ms, MAX(0, e->tests_deadline - now));
    return ms;
}

static void sleep_until_woken(struct engine *e)
{
    struct engine_inbox *in = e->inbox;
    int64_t ms = sleep_ms(e);
    int64_t at = clock_monotonic() + ms;
    struct timespec until = {.tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000};

    if (ms == 0)
        return;
    pthread_mutex_lock(&in->lock);
    in->sleeping = true;
    if (!in->commands && !in->tasks && !in->stopping)
        pthread_cond_timedwait(&in->wake, &in->lock, &until);
    in->sleeping = false;
    pthread_mutex_unlock(&in->lock);
}

static bool is_stopping(struct engine_inbox *in)
{
    pthread_mutex_lock(&in->lock);

    bool stopping = in->stopping;

    pthread_mutex_unlock(&in->lock);
    return stopping;
}

static bool inbox_is_empty(struct engine_inbox *in)
{
    pthread_mutex_lock(&in->lock);

    bool empty = !in->commands && !in->tasks;

    pthread_mutex_unlock(&in->lock);
    return empty;
}

static void *engine_main(void *arg)
{
    struct engine *e = arg;

    while (!is_stopping(e->inbox))
        if (!engine_tick(e)) {
            if (inbox_is_empty(e->inbox))
                engine_must(e, store_checkpoint(e->store), "checkpoint");
            sleep_until_woken(e);
        }
    return NULL;
}

int engine_start(struct engine *e)
{
    struct engine_inbox *in = e->inbox;

    if (pthread_create(&in->thread, NULL, engine_main, e) != 0)
        return ERR_IO;
    in->running = true;
    return 0;
}

void engine_stop(struct engine *e)
{
    struct engine_inbox *in = e->inbox;

    if (!in->running)
        return;
    pthread_mutex_lock(&in->lock);
    in->stopping = true;
    pthread_cond_signal(&in->wake);
    pthread_mutex_unlock(&in->lock);
    pthread_join(in->thread, NULL);
    in->running = false;
}
