#include "base/utf8.h"

#include <string.h>

#define HIGH_BITS 0x8080808080808080ULL

/* Bytes of the well-formed sequence at s, or 0. */
static size_t sequence_size(const unsigned char *s, size_t len)
{
    unsigned char lead = s[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;

    /* The second byte's range rules out overlong forms, surrogates and what lies past U+10FFFF. */
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (len < size || s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

/* Number of ASCII bytes at the start, counted in steps of eight. */
static size_t ascii_words(const char *s, size_t len)
{
    size_t i = 0;
    for (; i + 8 <= len; i += 8) {
        uint64_t word;
        memcpy(&word, s + i, 8);
        if (word & HIGH_BITS)
            break;
    }
    return i;
}

bool utf8_valid(const char *s, size_t len)
{
    size_t i = 0;
    while (i < len) {
        if ((unsigned char)s[i] < 0x80) {
            size_t n = ascii_words(s + i, len - i);
            i += n ? n : 1;
            continue;
        }
        size_t n = sequence_size((const unsigned char *)s + i, len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

uint32_t utf8_decode(const char *s, size_t len, size_t *ret_size)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t size = sequence_size(u, len);
    *ret_size = size ? size : 1;
    switch (size) {
    case 1:
        return u[0];
    case 2:
        return (u[0] & 0x1FU) << 6 | (u[1] & 0x3FU);
    case 3:
        return (u[0] & 0x0FU) << 12 | (u[1] & 0x3FU) << 6 | (u[2] & 0x3FU);
    case 4:
        return (u[0] & 0x07U) << 18 | (u[1] & 0x3FU) << 12 | (u[2] & 0x3FU) << 6 | (u[3] & 0x3FU);
    default:
        return 0xFFFD;
    }
}

size_t utf8_encode(uint32_t cp, char out[4])
{
    CHECK(cp <= 0x10FFFF);
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    size_t size = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (cp & 0x3F));
        cp >>= 6;
    }
    out[0] = (char)(lead[size] | cp);
    return size;
}

/* Counts each byte that starts a code point once, and those that start one beyond U+FFFF
 * `beyond_bmp` times. */
static size_t count(const char *s, size_t len, size_t beyond_bmp)
{
    size_t total = 0;
    size_t i = 0;
    while (i < len) {
        size_t n = ascii_words(s + i, len - i);
        total += n;
        i += n;
        /* The word that stopped the run, or what is left at the end. */
        for (size_t end = MIN(len, i + 8); i < end; i++) {
            unsigned char c = (unsigned char)s[i];
            if ((c & 0xC0) != 0x80)
                total += c >= 0xF0 ? beyond_bmp : 1;
        }
    }
    return total;
}

size_t utf8_length(const char *s, size_t len)
{
    return count(s, len, 1);
}

size_t utf8_utf16_length(const char *s, size_t len)
{
    return count(s, len, 2);
}

size_t utf8_cut(const char *s, size_t len, size_t max)
{
    if (len <= max)
        return len;
    while (max > 0 && ((unsigned char)s[max] & 0xC0) == 0x80)
        max--;
    return max;
}
