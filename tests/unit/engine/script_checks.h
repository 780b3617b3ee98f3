/* The commands of scripts that compare what is in the store: history and describe. */
#pragma once

#include "script.h"

/* ---- history ---- */

/* Prints an event as a script would have it. */
static inline void print_event(const struct seen_event *ev)
{
    const struct event_type_info *info = event_type_info(ev->type);
    struct strbuf sb;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    strbuf_addf(&sb, "%lld %s <-%lld @%.3f ", (long long)ev->id, info->name,
                (long long)ev->previous, (double)(ev->time_ms - START) / 1000);
    if (strcmp(ev->details, "{}") != 0 || ev->payload) {
        strbuf_add(&sb, ev->details, strlen(ev->details) - 1);
        if (ev->payload) {
            strbuf_addf(&sb, "%s\"%s\":", sb.data[sb.len - 1] == '{' ? "" : ",", info->payload);
            strbuf_add_json(&sb, ev->payload, strlen(ev->payload));
        }
        strbuf_addc(&sb, '}');
    }
    fprintf(stderr, "    %s\n", sb.data);
    strbuf_done(&sb);
}

/* A member that the event shows as text: given as text, or as the JSON that the text is. */
static inline bool same_text(const struct json *expected, const char *text)
{
    CLEANUP(free_p) char *printed = NULL;

    if (json_is(expected, JSON_STRING))
        return strcmp(json_str(expected, NULL), text) == 0;
    printed = json_text(expected, LIMIT_VALUE_BYTES, NULL);
    return strcmp(printed, text) == 0;
}

/* Compares the members given; exactly: there must be no others. */
static inline bool same_details(const struct seen_event *ev, const struct json *expected,
                                bool exactly)
{
    const struct event_type_info *info = event_type_info(ev->type);
    CLEANUP(json_unref_p)
    struct json *details =
        json_parse(ev->details, strlen(ev->details), JSON_PARSE_REJECT_DUPLICATES, NULL);
    size_t members = json_len(details) + (ev->payload ? 1 : 0);

    assert_non_null(details);
    for (size_t i = 0; i < json_len(expected); i++) {
        const char *key = json_str(json_key_at(expected, i), NULL);
        const struct json *want = json_member_at(expected, i);
        const struct json *have = json_gets(details, key);

        if (ev->payload && strcmp(key, info->payload) == 0) {
            if (!same_text(want, ev->payload))
                return false;
        } else if (!have || (json_is(have, JSON_STRING) ? !same_text(want, json_str(have, NULL))
                                                        : !json_equal(have, want))) {
            return false;
        }
    }
    return !exactly || members == json_len(expected);
}

/* ID TYPE <-PREVIOUS [@SECONDS] [DETAILS | =DETAILS]; returns false with the reason told. */
static inline bool check_event(struct script *s, char *line, const struct seen_event *ev)
{
    char *id = word(&line);
    char *type = word(&line);
    char *previous = word(&line);
    char expected[64];

    snprintf(expected, sizeof(expected), "<-%lld", (long long)ev->previous);
    if (strtoll(id, NULL, 10) != ev->id || strcmp(type, event_type_info(ev->type)->name) != 0 ||
        strcmp(previous, expected) != 0) {
        complain(s, "expected %s %s %s", id, type, previous);
        return false;
    }
    if (*line == '@') {
        char *at = word(&line) + 1;

        if (START + (int64_t)(strtod(at, NULL) * 1000 + 0.5) != ev->time_ms) {
            complain(s, "expected %s at %s s", type, at);
            return false;
        }
    }
    if (!*line)
        return true;

    bool exactly = *line == '=';
    const char *text = exactly ? line + 1 : line;
    CLEANUP(json_unref_p)
    struct json *details = json_parse(text, strlen(text), JSON_PARSE_REJECT_DUPLICATES, NULL);

    if (!json_is(details, JSON_OBJECT)) {
        complain(s, "not an object: %s", text);
        return false;
    }
    if (!same_details(ev, details, exactly)) {
        complain(s, "expected %s %s %s", id, type, line);
        return false;
    }
    return true;
}

/* history EXECUTION [from ID] */
static inline void command_history(struct script *s, char *rest)
{
    char *name = word(&rest);
    int64_t from = 1;
    struct arena a;
    struct store_execution row;
    struct seen_history h = {0};
    size_t at = 0;
    bool good = true;
    char *line;

    if (strcmp(word(&rest), "from") == 0)
        from = strtoll(rest, NULL, 10);
    arena_init(&a);
    if (!world_execution(&s->w, &a, machine_of(s, name), name, &row))
        complain(s, "there is no execution %s", name);
    else
        world_history(&s->w, row.id, from, &h);
    while ((line = read_line(s)) && strcmp(line, "end") != 0) {
        if (*line && *line != '#' && good) {
            if (at == h.len)
                complain(s, "the history ends before this event");
            good = at < h.len && check_event(s, line, &h.events[at]);
            at++;
        }
        free(line);
    }
    free(line);
    if (good && at < h.len) {
        complain(s, "the history goes on");
        good = false;
    }
    if (!good) {
        fprintf(stderr, "  the history is:\n");
        for (size_t i = 0; i < h.len; i++)
            print_event(&h.events[i]);
    }
    seen_history_done(&h);
    arena_done(&a);
}

/* ---- describe ---- */

struct description {
    struct script *s;
    struct arena *a;
    const struct store_execution *row;
    enum machine_status machine;
};

static inline const char *date_text(struct description *d, int64_t ms)
{
    char date[ISO_TIME_SIZE];

    return ms ? arena_printf(d->a, "%s", iso_time_format(ms, date)) : "-";
}

static inline const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static inline const char *show_status(struct description *d)
{
    return execution_status_name(d->row->status);
}

static inline const char *show_redrive_count(struct description *d)
{
    return arena_printf(d->a, "%lld", (long long)d->row->redrive_count);
}

static inline const char *show_start_date(struct description *d)
{
    return date_text(d, d->row->start_ms);
}

static inline const char *show_stop_date(struct description *d)
{
    return date_text(d, d->row->stop_ms);
}

static inline const char *show_redrive_date(struct description *d)
{
    return date_text(d, d->row->redrive_ms);
}

static inline const char *show_error(struct description *d)
{
    return or_dash(d->row->error);
}

static inline const char *show_cause(struct description *d)
{
    return or_dash(d->row->cause);
}

static inline const char *show_input(struct description *d)
{
    return or_dash(d->row->input.text.data);
}

static inline const char *show_output(struct description *d)
{
    return or_dash(d->row->output.text.data);
}

static inline enum redrive_reason reason_of(struct description *d)
{
    return redrive_check(d->row, d->machine, clock_now(d->s->w.clock), &d->s->w.limits);
}

static inline const char *show_redrive_status(struct description *d)
{
    return reason_of(d) == REDRIVE_OK ? "REDRIVABLE" : "NOT_REDRIVABLE";
}

static inline const char *show_redrive_reason(struct description *d)
{
    return or_dash(redrive_reason_text(reason_of(d)));
}

static inline const char *show_events(struct description *d)
{
    return arena_printf(d->a, "%lld", (long long)d->row->event_count);
}

static inline const char *show_checkpoints(struct description *d)
{
    struct store_branch *rows;
    size_t len;

    assert_int_equal(store_list_branches(d->s->w.store, d->a, d->row->id, &rows, &len), 0);
    return arena_printf(d->a, "%zu", len);
}

static const struct {
    const char *name;
    const char *(*show)(struct description *d);
} fields[] = {
    {"status", show_status},
    {"redriveCount", show_redrive_count},
    {"startDate", show_start_date},
    {"stopDate", show_stop_date},
    {"redriveDate", show_redrive_date},
    {"error", show_error},
    {"cause", show_cause},
    {"input", show_input},
    {"output", show_output},
    {"redriveStatus", show_redrive_status},
    {"redriveStatusReason", show_redrive_reason},
    {"events", show_events},
    {"checkpoints", show_checkpoints},
};

static inline void check_field(struct description *d, char *line)
{
    char *name = word(&line);

    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (strcmp(fields[i].name, name) == 0) {
            const char *shown = fields[i].show(d);

            if (strcmp(shown, line) != 0)
                complain(d->s, "%s is %s", name, shown);
            return;
        }
    complain(d->s, "no such field: %s", name);
}

/* The lines up to end, or the one line behind the name. */
static inline void command_describe(struct script *s, char *rest)
{
    char *name = word(&rest);
    struct arena a;
    struct store_machine m;
    struct store_execution row;
    struct description d = {.s = s, .a = &a, .row = &row};
    bool found;
    char *line;

    arena_init(&a);
    found = world_execution(&s->w, &a, machine_of(s, name), name, &row) &&
            store_get_machine(s->w.store, &a, ACCOUNT, REGION, machine_of(s, name), &m) == 0;
    if (found)
        d.machine = m.status;
    if (strcmp(rest, "gone") == 0) {
        if (found)
            complain(s, "the execution is still there");
        arena_done(&a);
        return;
    }
    if (!found)
        complain(s, "there is no execution %s", name);
    if (*rest) {
        if (found)
            check_field(&d, rest);
        arena_done(&a);
        return;
    }
    while ((line = read_line(s)) && strcmp(line, "end") != 0) {
        if (found && *line && *line != '#')
            check_field(&d, line);
        free(line);
    }
    free(line);
    arena_done(&a);
}
