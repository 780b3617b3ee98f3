/* Writing the body of an answer: one object, member by member. */
#pragma once

#include <string.h>

#include "api/api.h"

static inline void reply_open(struct strbuf *out)
{
    strbuf_addc(out, '{');
}

static inline void reply_close(struct strbuf *out)
{
    strbuf_addc(out, '}');
}

/* Begins a member (or, with NULL, an element), with a comma where one belongs. */
static inline void reply_key(struct strbuf *out, const char *name)
{
    char last = out->len ? out->data[out->len - 1] : '{';
    if (last != '{' && last != '[')
        strbuf_addc(out, ',');
    if (!name)
        return;
    strbuf_addc(out, '"');
    strbuf_add(out, name, strlen(name));
    strbuf_add(out, "\":", 2);
}

/* A string; NULL: no member. */
void reply_string(struct strbuf *out, const char *name, const char *value);
void reply_text(struct strbuf *out, const char *name, struct text value);
/* JSON text as it is; NULL: no member. */
void reply_raw(struct strbuf *out, const char *name, const char *json);
void reply_int(struct strbuf *out, const char *name, int64_t value);
void reply_bool(struct strbuf *out, const char *name, bool value);
/* A timestamp of the wire; 0: no member. */
void reply_date(struct strbuf *out, const char *name, int64_t epoch_ms);
