#include "engine/event_log.h"

#include <string.h>

#include "base/mem.h"
#include "engine/event_text.h"
#include "json/json.h"

enum { TAIL_BYTES = 200 }; /* of a line behind its details, without the ARN */

/* ---- lines ---- */

static void add_text_int(struct strbuf *out, const char *name, int64_t value)
{
    strbuf_adds(out, name);
    strbuf_add_int(out, value);
    strbuf_addc(out, '"');
}

static void add_tail(struct strbuf *out, const struct store_event *ev, const char *execution_arn,
                     int64_t redrive_count)
{
    add_text_int(out, ",\"previous_event_id\":\"", ev->previous);
    add_text_int(out, ",\"event_timestamp\":\"", ev->time_ms);
    strbuf_adds(out, ",\"execution_arn\":");
    strbuf_add_json(out, execution_arn, strlen(execution_arn));
    add_text_int(out, ",\"redrive_count\":\"", redrive_count);
    strbuf_addc(out, '}');
}

void event_log_line(struct strbuf *out, const struct store_event *ev, const char *execution_arn,
                    int64_t redrive_count, bool with_data)
{
    size_t start = out->len;

    add_text_int(out, "{\"id\":\"", ev->id);
    strbuf_adds(out, ",\"type\":\"");
    strbuf_adds(out, event_type_info(ev->type)->name);
    strbuf_adds(out, "\",\"details\":");

    size_t details = out->len;

    event_text_details(out, ev, with_data);
    add_tail(out, ev, execution_arn, redrive_count);
    if (!out->overflow && out->len - start <= EVENT_LOG_LINE_BYTES)
        return;

    /* Too long for a log event: once more, with less of its values. */
    size_t around = details - start + TAIL_BYTES + 2 * strlen(execution_arn);

    out->overflow = false;
    strbuf_truncate(out, details);
    event_text_details_cut(out, ev, EVENT_LOG_LINE_BYTES - around);
    add_tail(out, ev, execution_arn, redrive_count);
}

/* ---- settings ---- */

/* The log group of the first destination; there is never a second one (reference/api.md 2). */
static char *group_of(const struct json *logging)
{
    const struct json *list = json_gets(logging, "destinations");
    const struct json *first =
        json_is(list, JSON_ARRAY) && json_len(list) > 0 ? json_at(list, 0) : NULL;
    const struct json *group =
        json_is(first, JSON_OBJECT) ? json_gets(first, "cloudWatchLogsLogGroup") : NULL;
    const struct json *arn = json_is(group, JSON_OBJECT) ? json_gets(group, "logGroupArn") : NULL;
    size_t len;

    if (!json_is(arn, JSON_STRING))
        return NULL;

    const char *text = json_str(arn, &len);

    return xmemdup(text, len);
}

struct event_log_settings event_log_settings(const char *logging)
{
    static const struct {
        const char *name;
        enum event_log_level level;
    } levels[] = {{"ALL", EVENT_LOG_ALL}, {"ERROR", EVENT_LOG_ERROR}, {"FATAL", EVENT_LOG_FATAL}};
    struct event_log_settings settings = {0};
    CLEANUP(json_unref_p) struct json *value = json_parse(logging, strlen(logging), 0, NULL);

    if (!json_is(value, JSON_OBJECT))
        return settings;

    const struct json *level = json_gets(value, "level");

    for (size_t i = 0; level && i < ARRAY_LEN(levels); i++)
        if (json_str_eq(level, levels[i].name))
            settings.level = levels[i].level;
    settings.data = json_is(json_gets(value, "includeExecutionData"), JSON_TRUE);
    settings.group_arn = group_of(value);
    return settings;
}

static bool ends_with(const char *s, const char *tail)
{
    size_t len = strlen(s);
    size_t tail_len = strlen(tail);

    return len >= tail_len && strcmp(s + len - tail_len, tail) == 0;
}

bool event_log_shows(enum event_log_level level, int type)
{
    const char *name = event_type_info(type)->name;

    if (level == EVENT_LOG_ALL || level == EVENT_LOG_OFF)
        return level == EVENT_LOG_ALL;

    bool bad =
        ends_with(name, "Failed") || ends_with(name, "TimedOut") || ends_with(name, "Aborted");

    if (level == EVENT_LOG_FATAL)
        return bad && strncmp(name, "Execution", strlen("Execution")) == 0;
    return bad || type == EVENT_FAIL_STATE_ENTERED;
}
