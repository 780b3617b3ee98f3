#include "base/base64.h"

#include "base/err.h"

static const char alphabets[2][65] = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

void base64_encode(const void *data, size_t len, bool url_safe, struct strbuf *out)
{
    const char *alphabet = alphabets[url_safe];
    const unsigned char *in = data;
    CHECK(len < SIZE_MAX / 2);
    size_t size = (len + 2) / 3 * 4;
    char *p = strbuf_reserve(out, size);
    if (!p)
        return;

    for (size_t i = 0; i < len; i += 3, p += 4) {
        size_t left = len - i;
        uint32_t bits = (uint32_t)in[i] << 16;
        if (left > 1)
            bits |= (uint32_t)in[i + 1] << 8;
        if (left > 2)
            bits |= in[i + 2];
        p[0] = alphabet[bits >> 18];
        p[1] = alphabet[bits >> 12 & 63];
        p[2] = left > 1 ? alphabet[bits >> 6 & 63] : '=';
        p[3] = left > 2 ? alphabet[bits & 63] : '=';
    }
    strbuf_commit(out, size);
}

static int digit_value(char c, bool url_safe)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (url_safe ? '-' : '+'))
        return 62;
    if (c == (url_safe ? '_' : '/'))
        return 63;
    return -1;
}

int base64_decode(const char *s, size_t len, bool url_safe, struct strbuf *out)
{
    /* Padding is all or nothing: it fills the last group of four. */
    if (len % 4 == 0 && len > 0 && s[len - 1] == '=')
        len -= s[len - 2] == '=' ? 2 : 1;
    if (len % 4 == 1)
        return ERR_INVALID;

    size_t before = out->len;
    uint32_t bits = 0;
    for (size_t i = 0; i < len; i++) {
        int value = digit_value(s[i], url_safe);
        if (value < 0) {
            if (!out->overflow)
                strbuf_truncate(out, before);
            return ERR_INVALID;
        }
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 == 3) {
            char bytes[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
            strbuf_add(out, bytes, sizeof(bytes));
        }
    }
    /* Two digits left over make one byte, three make two; their spare bits are not looked at, as in
     * Java's decoder. */
    if (len % 4 == 2)
        strbuf_addc(out, (char)(bits >> 4));
    if (len % 4 == 3) {
        strbuf_addc(out, (char)(bits >> 10));
        strbuf_addc(out, (char)(bits >> 2));
    }
    return 0;
}
