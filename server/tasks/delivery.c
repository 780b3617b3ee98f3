#include "tasks/delivery.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "tasks/aws_json.h"

enum {
    FIRST_DELAY_MS = 250,
    TELL_MS = 10000, /* between two lines about dropped records */
    MAX_ANSWER = 65536,
    ANSWER_SECONDS = 20,
    REASON_CHARS = 200,
};

struct delivery_lane {
    struct delivery *delivery;
    char *place, *part; /* owned */
    char id[9];
    int64_t begun_ms, last_ms;
    unsigned stage;
    size_t staged; /* records that are not flushed */

    struct delivery_record *head, *tail; /* flushed */
    struct delivery_record *batch;       /* owned; the records on their way, or to be sent again */
    size_t batch_len, batch_bytes;
    unsigned tries;   /* of the batch */
    int64_t retry_ms; /* clock_monotonic(); when the batch may be sent again */
    bool calling;     /* a request is out: the calls' thread has the batch */
    struct arena arena;
    struct delivery_answer answer;
    char reason[REASON_CHARS];

    struct delivery_lane *next; /* in the waiting list */
    bool waiting;
};

struct delivery {
    const struct delivery_type *type;
    char *endpoint; /* owned */
    size_t max_bytes;
    struct calls *calls; /* owned */

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t wake;
    struct map *lanes;                            /* by place and part: owned */
    struct delivery_record *staged, *staged_tail; /* by next; since the last flush */
    size_t staged_bytes;
    struct delivery_record *oldest, *newest; /* flushed, not in a batch */
    size_t bytes;                            /* of these */
    size_t batch_bytes;                      /* of all batches */
    struct delivery_lane *waiting;           /* with records and without a request */
    struct delivery_lane **waiting_tail;
    size_t out; /* requests */
    uint64_t next_call;

    uint64_t lost; /* records, since the last time it was told */
    char lost_reason[REASON_CHARS];
    int64_t tell_ms; /* clock_monotonic(); not before */

    bool started, stopping;
    int64_t stop_ms; /* clock_monotonic(); when to give up */
    pthread_t thread;
};

/* ---- records and lanes; all with the lock ---------------------------------------------------- */

static size_t size_of(const struct delivery_record *r)
{
    return sizeof(*r) + r->len;
}

static void lose(struct delivery *d, size_t records, const char *reason)
{
    d->lost += records;
    if (records > 0)
        (void)snprintf(d->lost_reason, sizeof(d->lost_reason), "%s", reason);
}

static void free_records(struct delivery_record *r)
{
    while (r) {
        struct delivery_record *next = r->next;

        free(r);
        r = next;
    }
}

static void lane_free(struct delivery_lane *lane)
{
    free_records(lane->head);
    free_records(lane->batch);
    arena_done(&lane->arena);
    free(lane->place);
    free(lane->part);
    free(lane);
}

static size_t lane_key(char *key, size_t size, const char *place, const char *part)
{
    int len = snprintf(key, size, "%s\n%s", place, part);

    return MIN((size_t)len, size - 1);
}

static void forget_idle_lanes(struct delivery *d)
{
    size_t at = 0;
    const char *key;
    size_t len;
    void *value;

    while (map_next(d->lanes, &at, &key, &len, &value)) {
        struct delivery_lane *lane = value;

        if (lane->head || lane->batch || lane->staged > 0 || lane->calling || lane->waiting)
            continue;
        (void)map_remove(d->lanes, key, len);
        lane_free(lane);
    }
}

/* NULL when there are too many. */
static struct delivery_lane *find_lane(struct delivery *d, const char *place, const char *part)
{
    char key[1024];
    size_t len = lane_key(key, sizeof(key), place, part);
    struct delivery_lane *lane = map_get(d->lanes, key, len);

    if (lane)
        return lane;
    if (map_len(d->lanes) >= DELIVERY_LANES)
        forget_idle_lanes(d);
    if (map_len(d->lanes) >= DELIVERY_LANES)
        return NULL;
    lane = xcalloc(1, sizeof(*lane));
    lane->delivery = d;
    lane->place = xstrdup(place);
    lane->part = xstrdup(part);
    lane->begun_ms = clock_system();
    (void)snprintf(lane->id, sizeof(lane->id), "%08" PRIx32, (uint32_t)random_u64());
    arena_init(&lane->arena);
    (void)map_set(d->lanes, key, len, lane);
    return lane;
}

static void wait_lane(struct delivery *d, struct delivery_lane *lane)
{
    if (lane->waiting || lane->calling || (!lane->head && !lane->batch))
        return;
    lane->waiting = true;
    lane->next = NULL;
    *d->waiting_tail = lane;
    d->waiting_tail = &lane->next;
}

/* Takes the first record of its lane out of the queue. */
static struct delivery_record *take_first(struct delivery *d, struct delivery_lane *lane)
{
    struct delivery_record *r = lane->head;

    lane->head = r->next;
    if (!lane->head)
        lane->tail = NULL;
    if (r->older)
        r->older->newer = r->newer;
    else
        d->oldest = r->newer;
    if (r->newer)
        r->newer->older = r->older;
    else
        d->newest = r->older;
    d->bytes -= size_of(r);
    r->next = r->older = r->newer = NULL;
    return r;
}

/* The oldest record of all is the first of its lane. */
static void drop_oldest(struct delivery *d)
{
    size_t dropped = 0;

    for (; d->bytes + d->batch_bytes > d->max_bytes && d->oldest; dropped++)
        free(take_first(d, d->oldest->lane));
    lose(d, dropped, "they came faster than they could be sent");
}

static void enqueue(struct delivery *d, struct delivery_record *r)
{
    struct delivery_lane *lane = r->lane;

    r->next = NULL;
    if (lane->tail)
        lane->tail->next = r;
    else
        lane->head = r;
    lane->tail = r;
    r->older = d->newest;
    r->newer = NULL;
    if (d->newest)
        d->newest->newer = r;
    else
        d->oldest = r;
    d->newest = r;
    d->bytes += size_of(r);
    wait_lane(d, lane);
}

/* ---- one batch ------------------------------------------------------------------------------- */

static void make_batch(struct delivery *d, struct delivery_lane *lane)
{
    const struct delivery_type *type = d->type;
    struct delivery_record **end = &lane->batch;
    size_t bytes = 0;

    lane->tries = 0;
    lane->retry_ms = 0;
    lane->batch_len = 0;
    while (lane->head && lane->batch_len < type->batch_records) {
        size_t size = lane->head->len + type->record_bytes;

        if (lane->batch && bytes + size > type->batch_bytes)
            break;
        bytes += size;
        lane->batch_bytes += size_of(lane->head);
        *end = take_first(d, lane);
        end = &(*end)->next;
        lane->batch_len++;
    }
    d->batch_bytes += lane->batch_bytes;
}

static void end_batch(struct delivery *d, struct delivery_lane *lane)
{
    d->batch_bytes -= lane->batch_bytes;
    lane->batch_bytes = 0;
    free_records(lane->batch);
    lane->batch = NULL;
    lane->batch_len = 0;
}

/* What the request came to, with the lock. */
static void settle(struct delivery *d, struct delivery_lane *lane)
{
    const struct delivery_answer *answer = &lane->answer;
    enum delivery_verdict verdict = answer->verdict;

    lane->stage = answer->stage;
    lane->tries++;
    if (verdict == DELIVERY_DONE)
        lose(d, answer->lost, lane->reason);
    if (verdict == DELIVERY_LATER)
        lane->retry_ms = clock_monotonic() + (FIRST_DELAY_MS << lane->tries) / 2;
    if (verdict == DELIVERY_LATER && d->stopping)
        verdict = DELIVERY_REFUSED;
    if (verdict != DELIVERY_DONE && lane->tries >= DELIVERY_TRIES)
        verdict = DELIVERY_REFUSED;
    if (verdict == DELIVERY_REFUSED)
        lose(d, lane->batch_len, lane->reason);
    if (verdict == DELIVERY_DONE || verdict == DELIVERY_REFUSED)
        end_batch(d, lane);
}

/* ---- on the calls' thread */

static void set_reason(struct delivery_lane *lane, const char *reason)
{
    (void)snprintf(lane->reason, sizeof(lane->reason), "%s", reason ? reason : "no reason given");
}

static bool prepare(void *arg, struct call_request *ret_request)
{
    struct delivery_lane *lane = arg;
    const struct delivery *d = lane->delivery;
    const struct delivery_batch batch = {
        .place = lane->place,
        .part = lane->part,
        .id = lane->id,
        .begun_ms = lane->begun_ms,
        .first = lane->batch,
        .len = lane->batch_len,
    };

    if (!d->type->request(&lane->arena, d->endpoint, lane->stage, &batch, ret_request)) {
        set_reason(lane, "nothing can be sent to such a place");
        return false;
    }
    ret_request->max_body = MAX_ANSWER;
    ret_request->answer_seconds = ANSWER_SECONDS;
    return true;
}

static void answered(void *arg, const struct call_response *response)
{
    struct delivery_lane *lane = arg;

    lane->answer.sent = lane->batch_len;
    lane->delivery->type->answered(&lane->arena, response, &lane->answer);
    set_reason(lane, lane->answer.reason);
}

static void release(void *arg)
{
    struct delivery_lane *lane = arg;
    struct delivery *d = lane->delivery;

    arena_done(&lane->arena); /* a lane that rests keeps no block */
    arena_init(&lane->arena);
    (void)pthread_mutex_lock(&d->lock);
    lane->calling = false;
    d->out--;
    settle(d, lane);
    wait_lane(d, lane);
    (void)pthread_cond_signal(&d->wake);
    (void)pthread_mutex_unlock(&d->lock);
}

static const struct call_type delivery_call = {prepare, answered, release, NULL};

/* ---- the thread ------------------------------------------------------------------------------ */

static void send_batch(struct delivery *d, struct delivery_lane *lane)
{
    if (!lane->batch)
        make_batch(d, lane);
    lane->calling = true;
    d->out++;
    lane->answer = (struct delivery_answer){.verdict = DELIVERY_REFUSED, .stage = lane->stage};
    set_reason(lane, "the program ended");
    if (calls_add(d->calls, ++d->next_call, &delivery_call, lane, 0) == 0)
        return;
    lane->calling = false;
    d->out--;
    set_reason(lane, "no thread could be started");
    settle(d, lane);
    wait_lane(d, lane);
}

/* Sends what can be sent; returns when more can, INT64_MAX: something has to happen first. */
static int64_t send_some(struct delivery *d)
{
    struct delivery_lane *lane = d->waiting;
    int64_t now = clock_monotonic();
    int64_t next = INT64_MAX;

    d->waiting = NULL;
    d->waiting_tail = &d->waiting;
    while (lane) {
        struct delivery_lane *after = lane->next;
        bool due = !lane->batch || lane->retry_ms <= now || d->stopping;

        lane->waiting = false;
        if (!lane->head && !lane->batch) { /* its records were dropped meanwhile */
            lane = after;
            continue;
        }
        if (due && d->out < DELIVERY_BATCHES) {
            send_batch(d, lane);
        } else {
            if (!due)
                next = MIN(next, lane->retry_ms);
            wait_lane(d, lane);
        }
        lane = after;
    }
    return next;
}

static void tell_lost(struct delivery *d)
{
    log_warn("tasks", "records were not delivered to=%s records=%" PRIu64 " reason=\"%s\"",
             d->type->name, d->lost, d->lost_reason);
    d->lost = 0;
    d->tell_ms = clock_monotonic() + TELL_MS;
}

static void sleep_until(struct delivery *d, int64_t ms)
{
    struct timespec until = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    if (ms == INT64_MAX)
        (void)pthread_cond_wait(&d->wake, &d->lock);
    else
        (void)pthread_cond_timedwait(&d->wake, &d->lock, &until);
}

static void *run(void *arg)
{
    struct delivery *d = arg;

    (void)pthread_setname_np(pthread_self(), "delivery");
    (void)pthread_mutex_lock(&d->lock);
    for (;;) {
        int64_t next = send_some(d);
        int64_t now = clock_monotonic();

        if (d->lost > 0 && now >= d->tell_ms)
            tell_lost(d);
        if (d->lost > 0)
            next = MIN(next, d->tell_ms);
        if (d->stopping) {
            if ((!d->waiting && d->out == 0) || now >= d->stop_ms)
                break;
            next = MIN(next, d->stop_ms);
        }
        sleep_until(d, next);
    }
    (void)pthread_mutex_unlock(&d->lock);
    return NULL;
}

/* With the lock. */
static bool start(struct delivery *d)
{
    sigset_t all, before;

    if (d->started)
        return true;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    d->started = pthread_create(&d->thread, NULL, run, d) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return d->started;
}

/* ---- callers --------------------------------------------------------------------------------- */

struct delivery *delivery_new(const struct delivery_type *type, const char *endpoint,
                              size_t queue_bytes)
{
    struct delivery *d = xcalloc(1, sizeof(*d));
    pthread_condattr_t attr;

    d->type = type;
    d->endpoint = xstrdup(endpoint);
    d->max_bytes = queue_bytes ? queue_bytes : DELIVERY_QUEUE_BYTES;
    d->calls = calls_new(DELIVERY_BATCHES);
    d->lanes = map_new();
    d->waiting_tail = &d->waiting;
    (void)pthread_mutex_init(&d->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&d->wake, &attr);
    (void)pthread_condattr_destroy(&attr);
    return d;
}

static void free_lanes(struct delivery *d)
{
    size_t at = 0;
    const char *key;
    size_t len;
    void *value;

    while (map_next(d->lanes, &at, &key, &len, &value)) {
        struct delivery_lane *lane = value;

        for (const struct delivery_record *r = lane->head; r; r = r->next)
            d->lost++;
        d->lost += lane->batch_len;
        lane_free(lane);
    }
    map_free(d->lanes);
}

void delivery_stop(struct delivery *d)
{
    if (!d)
        return;
    delivery_flush(d);
    (void)pthread_mutex_lock(&d->lock);
    if (!d->stopping)
        d->stop_ms = clock_monotonic() + DELIVERY_LAST_MS;
    d->stopping = true;
    (void)pthread_cond_signal(&d->wake);
    (void)pthread_mutex_unlock(&d->lock);
}

void delivery_free(struct delivery *d)
{
    if (!d)
        return;
    delivery_stop(d);
    if (d->started)
        (void)pthread_join(d->thread, NULL);
    calls_free(d->calls);
    if (!d->lost)
        (void)snprintf(d->lost_reason, sizeof(d->lost_reason), "the program ended");
    free_lanes(d);
    if (d->lost > 0)
        tell_lost(d);
    (void)pthread_cond_destroy(&d->wake);
    (void)pthread_mutex_destroy(&d->lock);
    free(d->endpoint);
    free(d);
}

void delivery_add(struct delivery *d, const char *place, const char *part, struct text record)
{
    size_t size = sizeof(struct delivery_record) + record.len;

    (void)pthread_mutex_lock(&d->lock);

    bool room = d->staged_bytes + size <= d->max_bytes;
    struct delivery_lane *lane = room ? find_lane(d, place, part) : NULL;

    if (lane) {
        struct delivery_record *r = xmalloc(size);

        lane->last_ms = MAX(lane->last_ms, clock_system());
        *r = (struct delivery_record){.lane = lane, .time_ms = lane->last_ms, .len = record.len};
        memcpy(r->data, record.data, record.len);
        lane->staged++;
        d->staged_bytes += size;
        if (d->staged_tail)
            d->staged_tail->next = r;
        else
            d->staged = r;
        d->staged_tail = r;
    } else {
        lose(d, 1,
             room ? "they go to too many places" : "they came faster than they could be sent");
    }
    (void)pthread_mutex_unlock(&d->lock);
}

void delivery_flush(struct delivery *d)
{
    (void)pthread_mutex_lock(&d->lock);

    struct delivery_record *r = d->staged;
    bool any = r != NULL;

    d->staged = d->staged_tail = NULL;
    d->staged_bytes = 0;
    while (r) {
        struct delivery_record *next = r->next;

        r->lane->staged--;
        enqueue(d, r);
        r = next;
    }
    if (any) {
        drop_oldest(d);
        if (start(d))
            (void)pthread_cond_signal(&d->wake);
    }
    (void)pthread_mutex_unlock(&d->lock);
}

void delivery_failed(struct arena *a, const struct call_response *response,
                     struct delivery_answer *answer, struct text *ret_code)
{
    static const char *const passing[] = {"ThrottlingException", "LimitExceededException",
                                          "OperationAbortedException",
                                          "ServiceUnavailableException"};
    struct text message = TEXT_NONE;

    *ret_code = TEXT_NONE;
    if (response->end != CALL_ANSWERED && response->end != CALL_TOO_LARGE) {
        answer->verdict = DELIVERY_LATER;
        answer->reason = response->end == CALL_TIMED_OUT ? "no answer came" : response->reason;
        return;
    }
    aws_json_error(a, response, ret_code, &message);
    answer->verdict = response->status >= 500 ? DELIVERY_LATER : DELIVERY_REFUSED;
    for (size_t i = 0; ret_code->data && i < ARRAY_LEN(passing); i++)
        if (strncmp(ret_code->data, passing[i], strlen(passing[i]) + 1) == 0)
            answer->verdict = DELIVERY_LATER;
    answer->reason = arena_printf(a, "HTTP status %d %.*s %.*s", response->status,
                                  (int)ret_code->len, ret_code->data ? ret_code->data : "",
                                  (int)message.len, message.data ? message.data : "");
}
