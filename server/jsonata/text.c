#include "jsonata/text.h"

#include <string.h>

#include "base/utf8.h"

static bool is_half(const char *s, size_t len)
{
    return len >= 3 && (unsigned char)s[0] == 0xED && (unsigned char)s[1] >= 0xA0 &&
           (unsigned char)s[1] <= 0xBF && ((unsigned char)s[2] & 0xC0) == 0x80;
}

bool text_valid(const char *s, size_t len)
{
    if (utf8_valid(s, len))
        return true;
    size_t start = 0;
    for (size_t i = 0; i < len;) {
        if (is_half(s + i, len - i)) {
            if (!utf8_valid(s + start, i - start))
                return false;
            i += 3;
            start = i;
        } else {
            i++;
        }
    }
    return utf8_valid(s + start, len - start);
}

size_t text_encode(uint32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

bool text_is_ascii(const char *s, size_t len)
{
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        uint64_t word;
        memcpy(&word, s + i, 8);
        if (word & 0x8080808080808080ULL)
            return false;
    }
    for (; i < len; i++)
        if ((unsigned char)s[i] >= 0x80)
            return false;
    return true;
}

size_t text_points(const char *s, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)s[i] & 0xC0) != 0x80;
    return n;
}

size_t text_units(const char *s, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        n += (c & 0xC0) != 0x80;
        n += c >= 0xF0;
    }
    return n;
}

size_t text_point_offset(const char *s, size_t len, size_t n)
{
    size_t i = 0;
    while (i < len && n > 0) {
        size_t size;
        text_decode(s + i, len - i, &size);
        i += size;
        n--;
    }
    return MIN(i, len);
}

static unsigned first_unit(uint32_t cp)
{
    return cp < 0x10000 ? cp : 0xD800 + ((cp - 0x10000) >> 10);
}

int text_compare(const char *a, size_t alen, const char *b, size_t blen)
{
    size_t n = MIN(alen, blen), i = 0;
    while (i < n && a[i] == b[i])
        i++;
    if (i == n)
        return alen < blen ? -1 : alen > blen;
    unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];
    if ((x | y) < 0x80)
        return x < y ? -1 : 1;
    while (i > 0 && ((unsigned char)a[i] & 0xC0) == 0x80)
        i--;
    size_t size;
    uint32_t p = text_decode(a + i, alen - i, &size), q = text_decode(b + i, blen - i, &size);
    unsigned u = first_unit(p), v = first_unit(q);
    if (u != v)
        return u < v ? -1 : 1;
    return p < q ? -1 : p > q;
}

size_t text_find(const char *s, size_t len, const char *what, size_t what_len, size_t from)
{
    if (from > len || what_len > len - from)
        return SIZE_MAX;
    if (what_len == 0)
        return from;
    const char *found = memmem(s + from, len - from, what, what_len);
    return found ? (size_t)(found - s) : SIZE_MAX;
}

void text_init(struct textbuf *t, struct jn_heap *heap, size_t expected)
{
    t->heap = heap;
    t->cap = MAX(expected, (size_t)16);
    t->data = jn_heap_alloc(heap, t->cap);
    t->len = 0;
}

char *text_room(struct textbuf *t, size_t extra)
{
    if (extra > t->cap - t->len) {
        size_t cap = MAX(t->cap * 2, t->len + extra);
        if (!jn_heap_extend(t->heap, t->data, t->cap, cap)) {
            char *data = jn_heap_alloc(t->heap, cap);
            memcpy(data, t->data, t->len);
            t->data = data;
        }
        t->cap = cap;
    }
    return t->data + t->len;
}

void text_add(struct textbuf *t, const char *s, size_t len)
{
    char *to = text_room(t, len);
    if (len >= 3 && (unsigned char)s[0] == 0xED && (unsigned char)s[1] >= 0xB0 && t->len >= 3 &&
        (unsigned char)to[-3] == 0xED && (unsigned char)to[-2] >= 0xA0 &&
        (unsigned char)to[-2] < 0xB0) {
        size_t size;
        uint32_t high = text_decode(to - 3, 3, &size), low = text_decode(s, 3, &size);
        t->len -= 3;
        t->len += text_encode(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), to - 3);
        text_add(t, s + 3, len - 3);
        return;
    }
    memcpy(to, s, len);
    t->len += len;
}

void text_add_point(struct textbuf *t, uint32_t cp)
{
    char bytes[4];
    text_add(t, bytes, text_encode(cp, bytes));
}
