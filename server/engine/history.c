/* Events: numbered, appended to the store as they happen, never more than the limit. */
#include <string.h>

#include "engine/internal.h"

struct strbuf *history_scratch(struct engine *e)
{
    strbuf_clear(&e->scratch);
    return &e->scratch;
}

struct text history_details(const struct strbuf *sb)
{
    CHECK(!sb->overflow);
    return (struct text){sb->data, sb->len};
}

void history_add_member(struct strbuf *sb, const char *name, const char *value)
{
    if (sb->len > 0)
        strbuf_addc(sb, ',');
    strbuf_addc(sb, '"');
    strbuf_adds(sb, name);
    strbuf_adds(sb, "\":");
    strbuf_add_json(sb, value, strlen(value));
}

struct text history_error(struct engine *e, const struct asl_error *err)
{
    struct strbuf *sb = &e->scratch;

    if (err && err->name)
        history_add_member(sb, "error", err->name);
    if (err && err->cause)
        history_add_member(sb, "cause", err->cause);
    return history_details(sb);
}

static bool is_terminal(enum event_type type)
{
    return type == EVENT_EXECUTION_SUCCEEDED || type == EVENT_EXECUTION_FAILED ||
           type == EVENT_EXECUTION_ABORTED || type == EVENT_EXECUTION_TIMED_OUT;
}

void history_log(struct execution *x, const struct store_event *ev)
{
    const struct event_log_settings *logging = &x->revision->logging;
    struct engine *e = x->engine;

    if (!e->sinks_log || logging->level == EVENT_LOG_OFF ||
        !event_log_shows(logging->level, ev->type))
        return;
    strbuf_clear(&e->line);
    event_log_line(&e->line, ev, execution_arn(x), x->redrive_count, logging->data);
    CHECK(!e->line.overflow);

    struct log_line line = {
        .group_arn = logging->group_arn,
        .machine = x->revision->machine->name,
        .text = {e->line.data, e->line.len},
    };

    for (size_t i = 0; i < e->sinks_len; i++)
        if (e->sinks[i].log)
            e->sinks[i].log(e->sinks[i].self, &line);
}

int64_t history_add(struct execution *x, enum event_type type, int64_t previous,
                    struct text details, struct payload *payload)
{
    struct engine *e = x->engine;

    if (x->test)
        return ++x->event_count;
    /* The last place is kept for the event that closes the execution (reference/history.md section 4:
     * event 25,000 is ExecutionFailed). */
    if (x->full && !is_terminal(type))
        return 0;
    if (x->event_count + 1 >= e->limits.history_events && !is_terminal(type) && !x->express_id) {
        x->full = true;
        x->full_previous = previous;
        execution_make_runnable(x);
        return 0;
    }
    if (!x->express_id)
        engine_write(e);
    execution_set_dirty(x);

    struct store_event ev = {
        .id = ++x->event_count,
        .previous = previous,
        .time_ms = e->now,
        .type = type,
        .details = details,
    };
    if (x->express_id) {
        if (payload)
            ev.payload.text = (struct text){payload->text, payload->len};
    } else {
        if (payload)
            ev.payload = checkpoint_text(x, payload);
        engine_must(e, store_add_event(e->store, x->id, &ev), "append event");
    }
    history_log(x, &ev);
    __atomic_fetch_add(&e->stats.events, 1, __ATOMIC_RELAXED);
    return ev.id;
}

int64_t history_step(struct branch *b, enum event_type type, struct text details,
                     struct payload *payload)
{
    int64_t id = history_add(b->execution, type, b->previous, details, payload);

    if (id > 0)
        b->previous = id;
    return id;
}
