#include "api/reply.h"

void reply_string(struct strbuf *out, const char *name, const char *value)
{
    if (value)
        reply_text(out, name, (struct text){value, strlen(value)});
}

void reply_text(struct strbuf *out, const char *name, struct text value)
{
    if (!value.data)
        return;
    reply_key(out, name);
    strbuf_add_json(out, value.data, value.len);
}

void reply_raw(struct strbuf *out, const char *name, const char *json)
{
    if (!json)
        return;
    reply_key(out, name);
    strbuf_adds(out, json);
}

void reply_int(struct strbuf *out, const char *name, int64_t value)
{
    reply_key(out, name);
    strbuf_add_int(out, value);
}

void reply_bool(struct strbuf *out, const char *name, bool value)
{
    reply_raw(out, name, value ? "true" : "false");
}

void reply_date(struct strbuf *out, const char *name, int64_t epoch_ms)
{
    if (!epoch_ms)
        return;
    reply_key(out, name);
    strbuf_add_epoch(out, epoch_ms);
}
