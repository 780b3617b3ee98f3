/* Text: WTF-8, which is UTF-8 in which a surrogate half may stand alone (as three bytes).
 *
 * The language counts code points in some places and UTF-16 units in others; both are derived here. */
#pragma once

#include "jsonata/heap.h"
#include "jsonata/value.h"

bool text_valid(const char *s, size_t len);

/* Decodes the code point at s (len > 0); *ret_size is its bytes. */
static inline uint32_t text_decode(const char *s, size_t len, size_t *ret_size)
{
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] < 0x80) {
        *ret_size = 1;
        return u[0];
    }
    if (u[0] < 0xE0 && len >= 2) {
        *ret_size = 2;
        return (uint32_t)(u[0] & 0x1F) << 6 | (u[1] & 0x3F);
    }
    if (u[0] < 0xF0 && len >= 3) {
        *ret_size = 3;
        return (uint32_t)(u[0] & 0x0F) << 12 | (uint32_t)(u[1] & 0x3F) << 6 | (u[2] & 0x3F);
    }
    if (len >= 4) {
        *ret_size = 4;
        return (uint32_t)(u[0] & 0x07) << 18 | (uint32_t)(u[1] & 0x3F) << 12 |
               (uint32_t)(u[2] & 0x3F) << 6 | (u[3] & 0x3F);
    }
    *ret_size = 1;
    return 0xFFFD;
}
size_t text_encode(uint32_t cp, char out[4]); /* surrogates too */

bool text_is_ascii(const char *s, size_t len);
size_t text_points(const char *s, size_t len); /* code points */
size_t text_units(const char *s, size_t len);  /* UTF-16 units */
/* Byte offset of code point n, at most len. */
size_t text_point_offset(const char *s, size_t len, size_t n);
/* Order by UTF-16 units: <0, 0, >0. */
int text_compare(const char *a, size_t alen, const char *b, size_t blen);
/* Offset of the first occurrence at or after `from`, or SIZE_MAX. */
size_t text_find(const char *s, size_t len, const char *what, size_t what_len, size_t from);

/* ---- building in a heap ---- */
struct textbuf {
    struct jn_heap *heap;
    char *data;
    size_t len, cap;
};

void text_init(struct textbuf *t, struct jn_heap *heap, size_t expected);
char *text_room(struct textbuf *t, size_t extra); /* where extra more bytes go; then add to len */
/* Joins a surrogate half at the seam with its other half. */
void text_add(struct textbuf *t, const char *s, size_t len);
void text_add_point(struct textbuf *t, uint32_t cp);
static inline void text_addc(struct textbuf *t, char c)
{
    if (t->len == t->cap)
        (void)text_room(t, 1);
    t->data[t->len++] = c;
}
static inline void text_adds(struct textbuf *t, const char *s)
{
    text_add(t, s, __builtin_strlen(s));
}
static inline void text_addv(struct textbuf *t, struct value s)
{
    text_add(t, s.str, s.len);
}
static inline struct value text_value(const struct textbuf *t)
{
    return v_str(t->data, t->len);
}
