#include "engine/event_text.h"

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

void event_text_details(struct strbuf *out, const struct store_event *ev, bool with_data)
{
    const char *member = event_type_info(ev->type)->payload;
    struct text details = ev->details;
    struct text payload = with_data ? ev->payload.text : TEXT_NONE;

    if (!with_data && details.len > 0)
        details = without_variables(details);
    strbuf_addc(out, '{');
    if (payload.data && member) {
        strbuf_addc(out, '"');
        strbuf_adds(out, member);
        strbuf_adds(out, "\":");
        strbuf_add_json(out, payload.data, payload.len);
        if (strcmp(member, "parameters") != 0) {
            strbuf_addf(out, ",\"%sDetails\":{\"truncated\":false}", member);
        }
        if (details.len > 0)
            strbuf_addc(out, ',');
    }
    strbuf_add(out, details.data, details.len);
    strbuf_addc(out, '}');
}
