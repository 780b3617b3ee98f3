/* Base64 and percent-encoding. */
#include <string.h>

#include "base/base64.h"
#include "jsonata/fn.h"

/* The text is taken as Latin-1: of each UTF-16 unit, the low byte. */
FN(base64encode)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    struct textbuf bytes, out;
    text_init(&bytes, &ev->heap, args[0].len);
    for (size_t i = 0, size; i < args[0].len; i += size) {
        uint32_t cp = text_decode(args[0].str + i, args[0].len - i, &size);
        if (cp >= 0x10000) {
            text_addc(&bytes, (char)((cp - 0x10000) >> 10));
            text_addc(&bytes, (char)(cp - 0x10000));
        } else {
            text_addc(&bytes, (char)cp);
        }
    }
    /* The room is taken first: nothing may jump out while the buffer is held. */
    text_init(&out, &ev->heap, (bytes.len + 2) / 3 * 4);
    CLEANUP(strbuf_done) struct strbuf encoded;
    strbuf_init(&encoded, SIZE_MAX / 2);
    base64_encode(bytes.data, bytes.len, false, &encoded);
    text_add(&out, encoded.data, encoded.len);
    return text_value(&out);
}

static int base64_digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Lenient as the reference's host: both alphabets, other characters skipped, `=` ends the text. */
FN(base64decode)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    struct textbuf out;
    text_init(&out, &ev->heap, args[0].len);
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < args[0].len && args[0].str[i] != '='; i++) {
        int digit = base64_digit((unsigned char)args[0].str[i]);
        if (digit < 0)
            continue;
        bits = bits << 6 | (uint32_t)digit;
        count += 6;
        if (count >= 8) {
            count -= 8;
            text_add_point(&out, bits >> count & 0xFF);
        }
    }
    return text_value(&out);
}

/* ---- percent-encoding ---- */

static const char unreserved[] = "-_.!~*'()";
static const char reserved[] = ";/?:@&=+$,#";

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_in(char c, const char *set)
{
    return c && strchr(set, c);
}

static struct value encode(struct ev *ev, struct value s, const char *keep, const char *function)
{
    static const char hex[] = "0123456789ABCDEF";
    if (!s.tag)
        return s;
    struct textbuf out;
    text_init(&out, &ev->heap, s.len + s.len / 2);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.str[i];
        unsigned char u = (unsigned char)c;
        if (u == 0xED && i + 1 < s.len && (unsigned char)s.str[i + 1] >= 0xA0)
            jn_throw(ev, D3140, .value = s, .function = function);
        if (is_alnum(c) || is_in(c, unreserved) || is_in(c, keep)) {
            text_addc(&out, c);
        } else {
            char escape[3] = {'%', hex[u >> 4], hex[u & 15]};
            text_add(&out, escape, 3);
        }
    }
    jn_charge(ev, s.len / 16);
    return text_value(&out);
}

FN(encode_url)
{
    (void)nargs;
    return encode(ev, args[0], reserved, "encodeUrl");
}

FN(encode_url_component)
{
    (void)nargs;
    return encode(ev, args[0], "", "encodeUrlComponent");
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of the escape at s[i], or -1. */
static int escaped_byte(struct value s, size_t i)
{
    if (i + 2 >= s.len || s.str[i] != '%')
        return -1;
    int high = hex_digit(s.str[i + 1]), low = hex_digit(s.str[i + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static struct value decode(struct ev *ev, struct value s, const char *keep, const char *function)
{
    if (!s.tag)
        return s;
    struct textbuf out;
    text_init(&out, &ev->heap, s.len);
    for (size_t i = 0; i < s.len;) {
        if (s.str[i] != '%') {
            text_addc(&out, s.str[i++]);
            continue;
        }
        /* One character may take up to four escapes, which must be well-formed UTF-8. */
        char bytes[4];
        size_t n = 0, wanted = 1;
        for (; n < wanted; n++) {
            int byte = escaped_byte(s, i + n * 3);
            if (byte < 0)
                jn_throw(ev, D3140, .value = s, .function = function);
            if (n == 0)
                wanted = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
            bytes[n] = (char)byte;
        }
        bool half = wanted == 3 && bytes[0] == '\xED' && (unsigned char)bytes[1] >= 0xA0;
        if (half || !text_valid(bytes, wanted))
            jn_throw(ev, D3140, .value = s, .function = function);
        if (wanted == 1 && is_in(bytes[0], keep))
            text_add(&out, s.str + i, 3);
        else
            text_add(&out, bytes, wanted);
        i += wanted * 3;
    }
    jn_charge(ev, s.len / 16);
    return text_value(&out);
}

FN(decode_url)
{
    (void)nargs;
    return decode(ev, args[0], reserved, "decodeUrl");
}

FN(decode_url_component)
{
    (void)nargs;
    return decode(ev, args[0], "", "decodeUrlComponent");
}
