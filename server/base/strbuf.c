#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* What an empty buffer points to.  It is shared, so it is only ever read: every write below happens
 * after `cap` was found to be large enough, and here `cap` is 0. */
static char nothing[1];

/* Characters that JSON text does not take as they are: 'u' means \u00XX, any other letter is the
 * name of the escape. */
static const char json_escape[256] = {
    ['\b'] = 'b',  ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"',
    ['\\'] = '\\', [0x00] = 'u', [0x01] = 'u', [0x02] = 'u', [0x03] = 'u', [0x04] = 'u',
    [0x05] = 'u',  [0x06] = 'u', [0x07] = 'u', [0x0B] = 'u', [0x0E] = 'u', [0x0F] = 'u',
    [0x10] = 'u',  [0x11] = 'u', [0x12] = 'u', [0x13] = 'u', [0x14] = 'u', [0x15] = 'u',
    [0x16] = 'u',  [0x17] = 'u', [0x18] = 'u', [0x19] = 'u', [0x1A] = 'u', [0x1B] = 'u',
    [0x1C] = 'u',  [0x1D] = 'u', [0x1E] = 'u', [0x1F] = 'u',
};

void strbuf_init(struct strbuf *sb, size_t max)
{
    *sb = (struct strbuf){.data = nothing, .max = MIN(max, SIZE_MAX / 4)};
}

void strbuf_done(struct strbuf *sb)
{
    if (sb->cap)
        free(sb->data);
    *sb = (struct strbuf){.data = nothing, .max = sb->max};
}

void strbuf_clear(struct strbuf *sb)
{
    sb->len = 0;
    sb->overflow = false;
    if (sb->cap)
        sb->data[0] = '\0';
}

char *strbuf_take(struct strbuf *sb, size_t *ret_len)
{
    char *data = sb->cap ? sb->data : xmemdup("", 0);
    if (ret_len)
        *ret_len = sb->len;
    strbuf_init(sb, sb->max);
    return data;
}

/* Makes room for `extra` bytes and the NUL byte; false past the ceiling. */
static bool make_room(struct strbuf *sb, size_t extra)
{
    if (sb->overflow)
        return false;
    if (extra > sb->max - sb->len) {
        sb->overflow = true;
        return false;
    }
    size_t need = sb->len + extra + 1;
    if (need <= sb->cap)
        return true;

    size_t cap = MAX(need, sb->cap ? sb->cap * 2 : 64);
    if (cap > sb->max + 1)
        cap = sb->max + 1;
    sb->data = xrealloc(sb->cap ? sb->data : NULL, cap);
    sb->data[sb->len] = '\0'; /* also when nothing comes to be written */
    sb->cap = cap;
    return true;
}

void strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
    if (!make_room(sb, len))
        return;
    if (len)
        memcpy(sb->data + sb->len, data, len);
    sb->len += len;
    sb->data[sb->len] = '\0';
}

void strbuf_adds(struct strbuf *sb, const char *s)
{
    strbuf_add(sb, s, strlen(s));
}

void strbuf_addc(struct strbuf *sb, char c)
{
    if (!make_room(sb, 1))
        return;
    sb->data[sb->len++] = c;
    sb->data[sb->len] = '\0';
}

void strbuf_addf(struct strbuf *sb, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    strbuf_vaddf(sb, format, ap);
    va_end(ap);
}

void strbuf_vaddf(struct strbuf *sb, const char *format, va_list ap)
{
    char small[256];
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof(small), format, again);
    va_end(again);
    CHECK(n >= 0);

    if ((size_t)n < sizeof(small)) {
        strbuf_add(sb, small, (size_t)n);
        return;
    }
    if (!make_room(sb, (size_t)n))
        return;
    n = vsnprintf(sb->data + sb->len, (size_t)n + 1, format, ap);
    CHECK(n >= 0);
    sb->len += (size_t)n;
}

void strbuf_add_int(struct strbuf *sb, int64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        digits[--at] = '-';
    strbuf_add(sb, digits + at, sizeof(digits) - at);
}

void strbuf_truncate(struct strbuf *sb, size_t len)
{
    CHECK(len <= sb->len);
    sb->len = len;
    if (sb->cap)
        sb->data[len] = '\0';
}

char *strbuf_reserve(struct strbuf *sb, size_t extra)
{
    return make_room(sb, extra) ? sb->data + sb->len : NULL;
}

void strbuf_commit(struct strbuf *sb, size_t len)
{
    if (len == 0)
        return;
    CHECK(sb->cap > sb->len && len < sb->cap - sb->len);
    sb->len += len;
    sb->data[sb->len] = '\0';
}

static void add_escape(struct strbuf *sb, unsigned char c)
{
    static const char hex[] = "0123456789ABCDEF"; /* upper case, as Jackson writes them */
    char letter = json_escape[c];
    if (letter == 'u') {
        char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        strbuf_add(sb, text, sizeof(text));
    } else {
        char text[2] = {'\\', letter};
        strbuf_add(sb, text, sizeof(text));
    }
}

void strbuf_add_json_body(struct strbuf *sb, const char *s, size_t len)
{
    size_t start = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (__builtin_expect(!json_escape[c], 1))
            continue;
        strbuf_add(sb, s + start, i - start);
        add_escape(sb, c);
        start = i + 1;
        if (sb->overflow)
            return;
    }
    if (start < len)
        strbuf_add(sb, s + start, len - start);
}

void strbuf_add_json(struct strbuf *sb, const char *s, size_t len)
{
    strbuf_addc(sb, '"');
    strbuf_add_json_body(sb, s, len);
    strbuf_addc(sb, '"');
}

void strbuf_add_epoch(struct strbuf *sb, int64_t ms)
{
    int64_t seconds = ms / 1000;
    int64_t rest = ms % 1000;
    if (ms < 0) {
        seconds = -seconds;
        rest = -rest;
    }
    char text[32];
    size_t len = (size_t)snprintf(text, sizeof(text), "%s%lld.%03d", ms < 0 ? "-" : "",
                                  (long long)seconds, (int)rest);
    while (text[len - 1] == '0')
        len--;
    if (text[len - 1] == '.')
        len--;
    strbuf_add(sb, text, len);
}
