#include "tasks/calls.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "tasks/delays.h"
#include "tasks/transfer.h"

struct call {
    struct delayed delayed; /* first: how delays_take names the call */
    struct call *next;      /* in the inbox or the queue */
    uint64_t id;
    bool again;       /* done has asked for another request, */
    int64_t again_ms; /* after so long */
    bool is_cancel;   /* a message: end the call of that id; nothing below is set */
    const struct call_type *type;
    void *arg; /* NULL once released */
    size_t size;
    struct call_request request;
    struct transfer *transfer; /* owned, while it runs */
};

/* First in, first out. */
struct fifo {
    struct call *head, **tail;
};

struct calls {
    unsigned max_transfers;

    pthread_mutex_t lock; /* guards the next fields */
    struct fifo inbox;    /* new calls and cancels, in the order in which they came */
    size_t bytes;         /* of all calls that have not ended */
    bool started, stopping;
    pthread_cond_t arrived; /* something is in the inbox, or stopping */
    CURLM *multi;           /* written by the thread; others only wake it */

    /* The thread's own. */
    pthread_t thread;
    const struct curl_api *api; /* NULL: it could not be loaded, load_error says why */
    struct err load_error;
    struct map *by_id;    /* every call that has not ended */
    struct fifo queue;    /* calls that wait for a transfer */
    struct delays delays; /* calls that will */
    struct sockets sockets;
    unsigned running;
};

static void fifo_init(struct fifo *f)
{
    f->head = NULL;
    f->tail = &f->head;
}

static void fifo_push(struct fifo *f, struct call *call)
{
    call->next = NULL;
    *f->tail = call;
    f->tail = &call->next;
}

static struct call *fifo_pop(struct fifo *f)
{
    struct call *call = f->head;

    if (call) {
        f->head = call->next;
        if (!f->head)
            f->tail = &f->head;
    }
    return call;
}

/* Moves all of `from` into the empty `to`. */
static void fifo_move(struct fifo *from, struct fifo *to)
{
    fifo_init(to);
    if (from->head) {
        to->head = from->head;
        to->tail = from->tail;
    }
    fifo_init(from);
}

/* ---- on the thread: the life of a call ------------------------------------------------------- */

static void drop_transfer(struct calls *c, struct call *call)
{
    if (!call->transfer)
        return;
    (void)c->api->curl_multi_remove_handle_fn(c->multi, transfer_handle(call->transfer));
    transfer_free(call->transfer);
    call->transfer = NULL;
    c->running--;
}

/* Gives back what the caller handed in.  The call's own memory stays. */
static void release(struct calls *c, struct call *call)
{
    (void)map_remove(c->by_id, (const char *)&call->id, sizeof(call->id));
    delays_remove(&c->delays, &call->delayed);
    drop_transfer(c, call);
    call->type->release(call->arg);
    call->arg = NULL;

    (void)pthread_mutex_lock(&c->lock);
    c->bytes -= call->size;
    (void)pthread_mutex_unlock(&c->lock);
}

static void end(struct calls *c, struct call *call)
{
    release(c, call);
    free(call);
}

/* Tells what came of the call's request.  A call that goes on waits for its next transfer like a new
 * one; it keeps its id, so that it can be cancelled at any time. */
static void answer(struct calls *c, struct call *call, const struct call_response *response)
{
    call->type->done(call->arg, response);
    if (!call->again) {
        end(c, call);
        return;
    }
    call->again = false;
    drop_transfer(c, call);
    /* Without libcurl the thread looks at no clock; every request is answered at once then. */
    if (call->again_ms > 0 && c->api)
        delays_add(&c->delays, &call->delayed, clock_monotonic() + call->again_ms);
    else
        fifo_push(&c->queue, call);
}

/* Those whose time has come wait for a transfer from now on. */
static void end_delays(struct calls *c)
{
    struct delayed *x;

    while ((x = delays_take(&c->delays, clock_monotonic())))
        fifo_push(&c->queue, (struct call *)x);
}

static void answer_unreachable(struct calls *c, struct call *call, const char *reason)
{
    struct call_response response = {.end = CALL_UNREACHABLE, .reason = reason};

    answer(c, call, &response);
}

static void begin(struct calls *c, struct call *call)
{
    struct transfer *t;
    struct err err = {0};

    if (!call->type->prepare(call->arg, &call->request)) {
        end(c, call);
        return;
    }
    if (!c->api) {
        answer_unreachable(c, call, c->load_error.text);
        return;
    }
    if (transfer_new(c->api, &call->request, call, &c->sockets, &t, &err) < 0) {
        answer_unreachable(c, call, err.text);
        return;
    }

    CURLMcode code = c->api->curl_multi_add_handle_fn(c->multi, transfer_handle(t));

    if (code != CURLM_OK) {
        transfer_free(t);
        answer_unreachable(c, call, c->api->curl_multi_strerror_fn(code));
        return;
    }
    call->transfer = t;
    c->running++;
}

/* Takes queued calls while transfers are free. */
static void begin_some(struct calls *c)
{
    struct call *call;

    while (c->running < c->max_transfers && (call = fifo_pop(&c->queue))) {
        if (call->arg)
            begin(c, call);
        else
            free(call); /* cancelled meanwhile */
    }
}

static void end_some(struct calls *c)
{
    int left;
    CURLMsg *message;

    while ((message = c->api->curl_multi_info_read_fn(c->multi, &left))) {
        struct call *call = transfer_owner(c->api, message->easy_handle);
        struct call_response response;

        if (message->msg != CURLMSG_DONE)
            continue;
        transfer_response(call->transfer, message->data.result, &response);
        answer(c, call, &response);
    }
}

static void cancel(struct calls *c, uint64_t id)
{
    struct call *call = map_get(c->by_id, (const char *)&id, sizeof(id));

    if (!call)
        return;

    bool delayed = call->delayed.at > 0;

    if (call->type->cancel && call->type->cancel(call->arg)) {
        delays_remove(&c->delays, &call->delayed);
        if (delayed)
            fifo_push(&c->queue, call);
        return;
    }
    if (call->transfer || delayed)
        end(c, call);
    else
        release(c, call); /* its memory goes when the queue comes to it */
}

/* Returns false when the thread has to end. */
static bool read_inbox(struct calls *c)
{
    struct fifo inbox;

    (void)pthread_mutex_lock(&c->lock);
    /* Without libcurl there is nothing else to wait for. */
    while (!c->multi && !c->inbox.head && !c->stopping)
        (void)pthread_cond_wait(&c->arrived, &c->lock);

    bool stopping = c->stopping;

    fifo_move(&c->inbox, &inbox);
    (void)pthread_mutex_unlock(&c->lock);

    for (struct call *call; (call = fifo_pop(&inbox));) {
        if (call->is_cancel) {
            cancel(c, call->id);
            free(call);
            continue;
        }
        CHECK(!map_set(c->by_id, (const char *)&call->id, sizeof(call->id), call));
        fifo_push(&c->queue, call);
    }
    return !stopping;
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* libcurl takes milliseconds to load: here, not in the thread that makes the first call. */
static void open_library(struct calls *c)
{
    const struct curl_api *api;
    CURLM *multi;

    if (curl_api_load(&api, &c->load_error) < 0)
        return;
    multi = api->curl_multi_init_fn();
    if (!multi) {
        (void)err_set(&c->load_error, ERR_IO, "libcurl cannot be initialised");
        return;
    }
    /* Connections are kept for the next call; no more of them than calls can run. */
    (void)api->curl_multi_setopt_fn(multi, CURLMOPT_MAXCONNECTS, (long)c->max_transfers);

    (void)pthread_mutex_lock(&c->lock);
    c->api = api;
    c->multi = multi;
    (void)pthread_mutex_unlock(&c->lock);
}

static void release_all(struct calls *c)
{
    size_t at = 0;
    const char *key;
    size_t len;
    void *call;

    while (map_next(c->by_id, &at, &key, &len, &call)) {
        struct call *open_call = call;

        if (open_call->transfer || open_call->delayed.at > 0)
            end(c, open_call);
        else
            release(c, open_call);
    }
    for (struct call *queued; (queued = fifo_pop(&c->queue));)
        free(queued);
}

/* Until the next delay ends. */
static int poll_ms(const struct calls *c)
{
    int64_t next = delays_next(&c->delays);

    if (next == INT64_MAX)
        return 60000;
    next -= clock_monotonic();
    return (int)MAX(0, MIN(next, 60000));
}

static void *run(void *arg)
{
    struct calls *c = arg;
    int active;

    (void)pthread_setname_np(pthread_self(), "calls");
    open_library(c);
    while (read_inbox(c)) {
        end_delays(c);
        begin_some(c);
        if (!c->api)
            continue;
        (void)c->api->curl_multi_perform_fn(c->multi, &active);
        end_some(c);
        if (c->running < c->max_transfers && c->queue.head)
            continue;
        (void)c->api->curl_multi_poll_fn(c->multi, NULL, 0, poll_ms(c), NULL);
    }
    release_all(c);
    if (c->multi)
        (void)c->api->curl_multi_cleanup_fn(c->multi);
    return NULL;
}

/* Wakes the thread; with the lock. */
static void wake(struct calls *c)
{
    (void)pthread_cond_signal(&c->arrived);
    if (c->multi)
        (void)c->api->curl_multi_wakeup_fn(c->multi);
}

/* With the lock.  When something is in the inbox already, the thread was woken for that. */
static void put_in_inbox(struct calls *c, const struct call *call)
{
    struct call *copy = xmalloc(sizeof(*copy));
    bool asleep = !c->inbox.head;

    *copy = *call;
    fifo_push(&c->inbox, copy);
    if (asleep)
        wake(c);
}

/* Signals are for the other threads: this one starts with all of them blocked.  With the lock. */
static int start_thread(struct calls *c)
{
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    c->started = pthread_create(&c->thread, NULL, run, c) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return c->started ? 0 : ERR_IO;
}

/* ---- callers --------------------------------------------------------------------------------- */

struct calls *calls_new(unsigned transfers)
{
    struct calls *c = xcalloc(1, sizeof(*c));

    c->max_transfers = transfers ? transfers : CALLS_DEFAULT_TRANSFERS;
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->arrived, NULL);
    fifo_init(&c->inbox);
    fifo_init(&c->queue);
    c->by_id = map_new();
    return c;
}

void calls_free(struct calls *c)
{
    if (!c)
        return;
    (void)pthread_mutex_lock(&c->lock);
    c->stopping = true;
    wake(c);
    (void)pthread_mutex_unlock(&c->lock);
    if (c->started)
        (void)pthread_join(c->thread, NULL);
    map_free(c->by_id);
    sockets_done(&c->sockets);
    delays_done(&c->delays);
    (void)pthread_cond_destroy(&c->arrived);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

int calls_add(struct calls *c, uint64_t id, const struct call_type *type, void *arg, size_t size)
{
    int r = 0;

    (void)pthread_mutex_lock(&c->lock);
    if (c->bytes + size > CALLS_QUEUE_BYTES)
        r = ERR_LIMIT;
    else if (!c->started)
        r = start_thread(c);
    if (r == 0) {
        c->bytes += size;
        put_in_inbox(c, &(struct call){.id = id, .type = type, .arg = arg, .size = size});
    }
    (void)pthread_mutex_unlock(&c->lock);
    return r;
}

void calls_cancel(struct calls *c, uint64_t id)
{
    (void)pthread_mutex_lock(&c->lock);
    if (c->started)
        put_in_inbox(c, &(struct call){.id = id, .is_cancel = true});
    (void)pthread_mutex_unlock(&c->lock);
}

void calls_again(struct calls *c, uint64_t id)
{
    calls_again_after(c, id, 0);
}

void calls_again_after(struct calls *c, uint64_t id, int64_t ms)
{
    struct call *call = map_get(c->by_id, (const char *)&id, sizeof(id));

    CHECK(call);
    call->again = true;
    call->again_ms = ms;
}
