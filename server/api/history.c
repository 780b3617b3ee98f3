#include "api/history.h"

#include <string.h>

#define ASSIGNED ",\"assignedVariables\":"

/* The details without the variables assigned, which come last.  A comma followed by a quote cannot stand
 * inside a JSON string, where the quote is escaped. */
static struct text without_variables(struct text details)
{
    const char *at = memmem(details.data, details.len, ASSIGNED, sizeof(ASSIGNED) - 1);
    if (at)
        details.len = (size_t)(at - details.data);
    return details;
}

static void add_name(struct strbuf *out, const char *name)
{
    strbuf_add(out, "\"", 1);
    strbuf_adds(out, name);
    strbuf_add(out, "\":", 2);
}

static void write_details(struct strbuf *out, const struct store_event *ev,
                          const struct event_type_info *type, bool with_data)
{
    struct text details = ev->details;
    struct text payload = ev->payload.text;
    if (!with_data) {
        payload = TEXT_NONE;
        if (details.len)
            details = without_variables(details);
    }
    strbuf_addc(out, ',');
    add_name(out, type->member);
    strbuf_addc(out, '{');
    if (payload.data && type->payload) {
        add_name(out, type->payload);
        strbuf_add_json(out, payload.data, payload.len);
        if (strcmp(type->payload, "parameters") != 0) {
            strbuf_addf(out, ",\"%sDetails\":{\"truncated\":false}", type->payload);
        }
        if (details.len)
            strbuf_addc(out, ',');
    }
    strbuf_add(out, details.data, details.len);
    strbuf_addc(out, '}');
}

void history_write_event(struct strbuf *out, const struct store_event *ev, bool with_data)
{
    const struct event_type_info *type = event_type_info(ev->type);
    CHECK(type);
    strbuf_adds(out, "{\"id\":");
    strbuf_add_int(out, ev->id);
    strbuf_adds(out, ",\"previousEventId\":");
    strbuf_add_int(out, ev->previous);
    if (type->member)
        write_details(out, ev, type, with_data);
    strbuf_adds(out, ",\"timestamp\":");
    strbuf_add_epoch(out, ev->time_ms);
    strbuf_adds(out, ",\"type\":\"");
    strbuf_adds(out, type->name);
    strbuf_adds(out, "\"}");
}
