#include "api/history.h"

#include "engine/event_text.h"

void history_write_event(struct strbuf *out, const struct store_event *ev, bool with_data)
{
    const struct event_type_info *type = event_type_info(ev->type);
    CHECK(type);
    strbuf_adds(out, "{\"id\":");
    strbuf_add_int(out, ev->id);
    strbuf_adds(out, ",\"previousEventId\":");
    strbuf_add_int(out, ev->previous);
    if (type->member) {
        strbuf_adds(out, ",\"");
        strbuf_adds(out, type->member);
        strbuf_adds(out, "\":");
        event_text_details(out, ev, with_data);
    }
    strbuf_adds(out, ",\"timestamp\":");
    strbuf_add_epoch(out, ev->time_ms);
    strbuf_adds(out, ",\"type\":\"");
    strbuf_adds(out, type->name);
    strbuf_adds(out, "\"}");
}
