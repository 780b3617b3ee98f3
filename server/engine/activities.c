/* Activities: tasks wait for workers, workers wait for tasks; both in the order they came. */
#include <string.h>

#include "base/partition.h"
#include "engine/internal.h"

struct activity *activity_find(struct engine *e, const char *arn)
{
    struct activity *a = map_get(e->activities, arn, strlen(arn));

    if (!a) {
        a = xcalloc(1, sizeof(*a));
        a->arn = xstrdup(arn);
        (void)map_set(e->activities, arn, strlen(arn), a);
    }
    return a;
}

/* Reads the activity an ARN names from the store; arn:aws:states:REGION:ACCOUNT:activity:NAME. */
static int64_t stored_id(struct engine *e, const char *arn)
{
    CLEANUP(free_p) char *copy = xstrdup(arn);
    const char *parts[7] = {0};
    struct store_activity row;
    char *at = copy;

    for (size_t i = 0; i < ARRAY_LEN(parts) && at; i++) {
        parts[i] = at;
        at = strchr(at, ':');
        if (at)
            *at++ = '\0';
    }
    if (!parts[6])
        return 0;

    int r = store_get_activity(e->store, &e->arena, parts[4], parts[3], parts[6], &row);

    if (r == ERR_NOT_FOUND)
        return 0;
    engine_must(e, r, "read activity");
    return row.id;
}

struct activity *activity_by_arn(struct engine *e, const char *arn)
{
    struct activity *a = map_get(e->activities, arn, strlen(arn));

    if (a && a->id > 0)
        return a;

    int64_t id = stored_id(e, arn);

    if (id == 0)
        return NULL;
    a = activity_find(e, arn);
    a->id = id;
    return a;
}

static char *arn_of(const char *account, const char *region, const char *name)
{
    return xasprintf("arn:%s:states:%s:%s:activity:%s", aws_partition(region), region, account,
                     name);
}

struct activity *activity_by_name(struct engine *e, const char *account, const char *region,
                                  const char *name)
{
    CLEANUP(free_p) char *arn = arn_of(account, region, name);

    return activity_by_arn(e, arn);
}

/* ---- tasks ---- */

void activity_enqueue(struct activity *a, struct branch *b)
{
    b->activity = a;
    b->queue_next = NULL;
    b->queue_prev = a->queue_tail;
    if (a->queue_tail)
        a->queue_tail->queue_next = b;
    else
        a->queue_head = b;
    a->queue_tail = b;
}

void activity_dequeue(struct branch *b)
{
    struct activity *a = b->activity;

    if (b->queue_prev)
        b->queue_prev->queue_next = b->queue_next;
    else
        a->queue_head = b->queue_next;
    if (b->queue_next)
        b->queue_next->queue_prev = b->queue_prev;
    else
        a->queue_tail = b->queue_prev;
    b->activity = NULL;
    b->queue_prev = b->queue_next = NULL;
}

/* ---- workers ---- */

static struct engine_command *poll_take(struct engine *e, struct activity *a)
{
    struct engine_command *c = a->poll_head;

    a->poll_head = c->next;
    if (!a->poll_head)
        a->poll_tail = NULL;
    c->next = NULL;
    if (--a->polls == 0)
        for (size_t i = 0; i < e->polled_len; i++)
            if (e->polled[i] == a) {
                e->polled[i] = e->polled[--e->polled_len];
                break;
            }
    return c;
}

static void poll_add(struct engine *e, struct activity *a, struct engine_command *c)
{
    c->next = NULL;
    if (a->poll_tail)
        a->poll_tail->next = c;
    else
        a->poll_head = c;
    a->poll_tail = c;
    if (a->polls++ == 0) {
        GROW(e->polled, e->polled_len, e->polled_cap);
        e->polled[e->polled_len++] = a;
    }
    if (c->u.poll.deadline < e->polls_deadline)
        e->polls_deadline = c->u.poll.deadline;
}

static void poll_answer_empty(struct engine *e, struct engine_command *c,
                              enum engine_outcome outcome)
{
    c->u.poll.token = NULL;
    c->u.poll.input = TEXT_NONE;
    engine_answer(e, c, outcome);
}

/* Gives the oldest task to a worker. */
static void lease(struct engine *e, struct activity *a, struct engine_command *c)
{
    struct branch *b = a->queue_head;
    char token[TOKEN_SIZE];

    activity_dequeue(b);
    token_make(b, token);
    /* The answer outlives this tick's branch: keep copies until it is sent. */
    c->u.poll.token = arena_memdup(&e->arena, token, strlen(token));
    c->u.poll.input =
        (struct text){arena_memdup(&e->arena, b->work->text, b->work->len), b->work->len};
    engine_answer(e, c, ENGINE_OK);
    task_leased(b, c->u.poll.worker);
}

void activities_match(struct engine *e, struct activity *a)
{
    while (a->queue_head && a->poll_head) {
        struct engine_command *c = poll_take(e, a);

        /* A worker that went away must not cost a task. */
        if (c->u.poll.alive && !c->u.poll.alive(c))
            poll_answer_empty(e, c, ENGINE_OK);
        else
            lease(e, a, c);
    }
}

/* Workers that went away make room for one that came. */
static void drop_gone(struct engine *e, struct activity *a)
{
    for (size_t n = a->polls; n > 0; n--) {
        struct engine_command *c = poll_take(e, a);

        if (c->u.poll.alive && !c->u.poll.alive(c))
            poll_answer_empty(e, c, ENGINE_OK);
        else
            poll_add(e, a, c);
    }
}

int64_t activities_expire(struct engine *e, int64_t monotonic)
{
    int64_t next = INT64_MAX;

    if (monotonic < e->polls_deadline)
        return e->polls_deadline;
    for (size_t i = e->polled_len; i-- > 0;) {
        struct activity *a = e->polled[i];

        while (a->poll_head && a->poll_head->u.poll.deadline <= monotonic)
            poll_answer_empty(e, poll_take(e, a), ENGINE_OK);
        if (a->poll_head && a->poll_head->u.poll.deadline < next)
            next = a->poll_head->u.poll.deadline;
    }
    e->polls_deadline = next;
    return next;
}

void activities_clear(struct engine *e, enum engine_outcome outcome)
{
    size_t at = 0;
    const char *key;
    size_t len;
    void *value;

    while (map_next(e->activities, &at, &key, &len, &value)) {
        struct activity *a = value;

        while (a->poll_head)
            poll_answer_empty(e, poll_take(e, a), outcome);
        CHECK(!a->queue_head);
        free_p(&a->arn);
        free_p(&a);
    }
    map_free(e->activities);
    e->activities = map_new();
}

/* ---- commands ---- */

void command_poll(struct engine *e, struct engine_command *c)
{
    CLEANUP(free_p) char *arn = arn_of(c->account, c->region, c->name);
    struct activity *a = activity_by_arn(e, arn);

    if (!a) {
        poll_answer_empty(e, c, ENGINE_NO_ACTIVITY);
        return;
    }
    if ((int64_t)a->polls >= e->limits.activity_pollers)
        drop_gone(e, a);
    if ((int64_t)a->polls >= e->limits.activity_pollers) {
        poll_answer_empty(e, c, ENGINE_WORKER_LIMIT);
        return;
    }
    poll_add(e, a, c);
    activities_match(e, a);
}

void command_create_activity(struct engine *e, struct engine_command *c)
{
    struct store_activity row;
    int64_t count = 0;
    int r = store_get_activity(e->store, &e->arena, c->account, c->region, c->name, &row);

    if (r == 0) {
        bool same = strcmp(row.encryption, c->u.activity.encryption) == 0;

        c->u.activity.date_ms =
            row.creation_ms; /* idempotent by name (reference/api.md section 2) */
        engine_answer(e, c, same ? ENGINE_OK : ENGINE_ACTIVITY_EXISTS);
        return;
    }
    if (r != ERR_NOT_FOUND)
        engine_must(e, r, "read activity");
    engine_must(e, store_count_activities(e->store, c->account, c->region, &count),
                "count activities");
    if (count >= e->limits.activities) {
        engine_answer(e, c, ENGINE_ACTIVITY_LIMIT);
        return;
    }

    CLEANUP(free_p) char *arn = arn_of(c->account, c->region, c->name);

    engine_write(e);
    row = (struct store_activity){
        .account = c->account,
        .region = c->region,
        .name = c->name,
        .creation_ms = e->now,
        .encryption = c->u.activity.encryption,
    };
    engine_must(e, store_add_activity(e->store, &row), "add activity");
    for (size_t i = 0; i < c->u.activity.tags_len; i++)
        engine_must(
            e, store_put_tag(e->store, arn, c->u.activity.tags[i].key, c->u.activity.tags[i].value),
            "add tag");

    struct activity *a = activity_find(e, arn);

    a->id = row.id;
    c->u.activity.date_ms = e->now;
    engine_answer(e, c, ENGINE_OK);
}

void command_delete_activity(struct engine *e, struct engine_command *c)
{
    CLEANUP(free_p) char *arn = arn_of(c->account, c->region, c->name);
    struct activity *a = activity_by_arn(e, arn);

    if (a) {
        engine_write(e);
        engine_must(e, store_delete_activity(e->store, a->id), "delete activity");
        engine_must(e, store_delete_tags(e->store, arn), "delete tags");
        /* Tasks that wait stay until their timeouts; workers that wait are told at once. */
        a->id = 0;
        while (a->poll_head)
            poll_answer_empty(e, poll_take(e, a), ENGINE_NO_ACTIVITY);
    }
    engine_answer(e, c, ENGINE_OK);
}
