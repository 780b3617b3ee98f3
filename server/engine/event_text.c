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

/* The payload's member, and whether it is all there.  The parameters of a task never say so. */
static void add_payload(struct strbuf *out, const char *member, struct text payload, bool cut)
{
    strbuf_addc(out, '"');
    strbuf_adds(out, member);
    strbuf_adds(out, "\":");
    strbuf_add_json(out, payload.data, payload.len);
    if (strcmp(member, "parameters") != 0)
        strbuf_addf(out, ",\"%sDetails\":{\"truncated\":%s}", member, cut ? "true" : "false");
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
        add_payload(out, member, payload, false);
        if (details.len > 0)
            strbuf_addc(out, ',');
    }
    strbuf_add(out, details.data, details.len);
    strbuf_addc(out, '}');
}

/* ---- cut ---- */

/* How much of t fits into `room` bytes as the body of a JSON string; whole characters. */
static size_t fitting(struct text t, size_t room)
{
    size_t used = 0;
    size_t n = 0;

    for (; n < t.len; n++) {
        unsigned char c = (unsigned char)t.data[n];

        used += c < 0x20 ? 6 : c == '"' || c == '\\' ? 2 : 1;
        if (used > room)
            break;
    }
    while (n > 0 && n < t.len && ((unsigned char)t.data[n] & 0xC0) == 0x80)
        n--;
    return n;
}

void event_text_details_cut(struct strbuf *out, const struct store_event *ev, size_t room)
{
    static const char no_variables[] =
        ASSIGNED "{},\"assignedVariablesDetails\":{\"truncated\":true}";
    const char *member = event_type_info(ev->type)->payload;
    struct text payload = ev->payload.text;
    struct text details = ev->details;
    const char *variables = "";

    if (details.len > room / 2 && without_variables(details).len < details.len) {
        details = without_variables(details);
        variables = no_variables;
    }
    strbuf_addc(out, '{');
    if (payload.data && member) {
        size_t around = details.len + strlen(variables) + 2 * strlen(member) +
                        sizeof("{\"\":\"\",\"Details\":{\"truncated\":false},}");
        size_t len = room > around ? fitting(payload, room - around) : 0;

        add_payload(out, member, (struct text){payload.data, len}, len < payload.len);
        if (details.len > 0)
            strbuf_addc(out, ',');
    }
    strbuf_add(out, details.data, details.len);
    strbuf_adds(out, variables);
    strbuf_addc(out, '}');
}
