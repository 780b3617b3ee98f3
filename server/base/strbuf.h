/* A growing byte buffer, born with its ceiling.
 *
 * Appending past the ceiling appends nothing and sets `overflow`; every later append is ignored, so a
 * chain of appends needs one check at its end.  The content is always followed by a NUL byte that is
 * not counted; it may contain NUL bytes itself. */
#pragma once

#include <stdarg.h>

#include "base/base.h"

struct strbuf {
    char *data;    /* owned; "" while nothing was appended */
    size_t len;    /* bytes in use */
    size_t cap;    /* bytes allocated */
    size_t max;    /* ceiling in bytes */
    bool overflow; /* something did not fit */
};

void strbuf_init(struct strbuf *sb, size_t max);
void strbuf_done(struct strbuf *sb); /* also for CLEANUP */
void strbuf_clear(struct strbuf *sb);
/* Hands over the content (malloc'ed, NUL-terminated) and leaves the buffer empty. */
char *strbuf_take(struct strbuf *sb, size_t *ret_len) MUST_USE;

void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_adds(struct strbuf *sb, const char *s);
void strbuf_addc(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *format, ...) PRINTF_LIKE(2, 3);
void strbuf_vaddf(struct strbuf *sb, const char *format, va_list ap) PRINTF_LIKE(2, 0);
void strbuf_add_int(struct strbuf *sb, int64_t value);
/* Cuts the content back to len bytes (len <= sb->len). */
void strbuf_truncate(struct strbuf *sb, size_t len);
/* Makes room for `extra` more bytes and returns where they go, or NULL past the ceiling;
 * strbuf_commit(sb, n) counts the bytes written there. */
char *strbuf_reserve(struct strbuf *sb, size_t extra);
void strbuf_commit(struct strbuf *sb, size_t len);

/* JSON text: appends s as a JSON string with its quotes.  Bytes below 0x20, the quote and the
 * backslash are escaped (\b \t \n \f \r by name, others as \u00XX); all else goes through as it is. */
void strbuf_add_json(struct strbuf *sb, const char *s, size_t len);
/* The same without the quotes. */
void strbuf_add_json_body(struct strbuf *sb, const char *s, size_t len);
/* Epoch milliseconds as the service writes timestamps: seconds with up to three decimals, trailing
 * zeros dropped (reference/api.md section 1). */
void strbuf_add_epoch(struct strbuf *sb, int64_t ms);
