#include "json/lex.h"

#include <string.h>

#include "base/utf8.h"

#define VALUES "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

/* ---- space ---- */

bool lex_skip_space(struct parser *p)
{
    const char *s = p->at;
    while (s < p->end && (*s == ' ' || *s == '\n' || *s == '\r' || *s == '\t'))
        s++;
    p->at = s;
    if (__builtin_expect(s == p->end || (unsigned char)*s > ' ', 1)) {
        if (s < p->end && *s == '/')
            return fail_unexpected(p,
                                   "maybe a (non-standard) comment? (not recognized as one since "
                                   "Feature 'ALLOW_COMMENTS' not enabled for parser)");
        return true;
    }
    return fail_char(p,
                     "Illegal character (%s): only regular white space (\\r, \\n, \\t) is allowed "
                     "between tokens",
                     name_char(s, p->end).text);
}

/* ---- strings ---- */

#define EVERY(byte) (UINT64_C(0x0101010101010101) * (byte))

/* A word whose lowest set bit marks the first byte that ends a run: a control character, a quote or a
 * backslash.  (Bits above the lowest one may be wrong.) */
static inline uint64_t run_ends(uint64_t word)
{
    uint64_t quote = word ^ EVERY('"');
    uint64_t backslash = word ^ EVERY('\\');
    return ((word - EVERY(0x20)) & ~word) | ((quote - EVERY(1)) & ~quote) |
           ((backslash - EVERY(1)) & ~backslash);
}

/* The first byte at or behind s that ends a run, or end; *high gathers all bytes passed. */
static const char *skip_run(const char *s, const char *end, uint64_t *high)
{
    for (; end - s >= 8; s += 8) {
        uint64_t word;
        memcpy(&word, s, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        uint64_t ends = run_ends(word) & EVERY(0x80);
        if (ends) {
            int bit = __builtin_ctzll(ends); /* 7 for the first byte, 15 for the second */
            *high |= word & ((UINT64_C(1) << (bit - 7)) - 1);
            return s + bit / 8;
        }
        *high |= word;
    }
    for (; s < end; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x20 || c == '"' || c == '\\')
            break;
        *high |= c;
    }
    return s;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* p->at is behind the backslash; moves behind the escape. */
static bool lex_escape(struct parser *p)
{
    if (p->at == p->end)
        return fail(p, "Unexpected end-of-input in character escape sequence");
    char c = *p->at;
    if (c && strchr("\"\\/bfnrt", c)) {
        p->at++;
        return true;
    }
    if (c != 'u')
        return fail_char(p, "Unrecognized character escape %s", name_char(p->at, p->end).text);
    p->at++;
    for (int i = 0; i < 4; i++, p->at++) {
        if (p->at == p->end)
            return fail(p, "Unexpected end-of-input in character escape sequence");
        if (hex_value(*p->at) < 0)
            return fail_unexpected(p, "expected a hex-digit for character escape sequence");
    }
    return true;
}

static bool bad_utf8(struct parser *p, const char *s, const char *end)
{
    size_t size = 1;
    while (s < end && (utf8_decode(s, (size_t)(end - s), &size) != 0xFFFD || size > 1))
        s += size;
    bool start = (unsigned char)*s < 0xC2 || (unsigned char)*s > 0xF4 || end - s < 2;
    const char *bad = start ? s : s + 1;
    p->at = s; /* the place is counted over well-formed text */
    return fail(p, "Invalid UTF-8 %s byte 0x%x", start ? "start" : "middle", (unsigned char)*bad);
}

bool lex_string(struct parser *p, bool name, struct raw_string *ret)
{
    struct raw_string raw = {.start = p->at};
    uint64_t high = 0;
    for (;;) {
        p->at = skip_run(p->at, p->end, &high);
        if (p->at == p->end)
            return fail(p, name ? "Unexpected end-of-input in field name"
                                : "Unexpected end-of-input: was expecting closing quote for a "
                                  "string value");
        if (*p->at == '"')
            break;
        if (*p->at != '\\')
            return fail_char(p,
                             "Illegal unquoted character (%s): has to be escaped using backslash "
                             "to be included in %s",
                             name_char(p->at, p->end).text, name ? "name" : "string value");
        raw.escapes = true;
        p->at++;
        if (!lex_escape(p))
            return false;
    }
    raw.end = p->at++;
    if ((high & EVERY(0x80)) && !utf8_valid(raw.start, (size_t)(raw.end - raw.start)))
        return bad_utf8(p, raw.start, raw.end);
    *ret = raw;
    return true;
}

/* The value of the four hex digits at s. */
static uint32_t code_unit(const char *s)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++)
        unit = unit << 4 | (uint32_t)hex_value(s[i]);
    return unit;
}

/* Decodes the escape behind the backslash at *s, moving behind it; writes to out and returns how
 * many bytes. */
static size_t unescape(const char **s, const char *end, char *out)
{
    static const char meaning[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                      ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
    char c = *(*s)++;
    if (c != 'u') {
        *out = meaning[(unsigned char)c];
        return 1;
    }
    uint32_t unit = code_unit(*s);
    *s += 4;
    if (unit >> 10 == 0xD800 >> 10 && end - *s >= 6 && (*s)[0] == '\\' && (*s)[1] == 'u') {
        uint32_t low = code_unit(*s + 2);
        if (low >> 10 == 0xDC00 >> 10) {
            unit = 0x10000 + ((unit & 0x3FF) << 10) + (low & 0x3FF);
            *s += 6;
        }
    }
    return utf8_encode(unit, out);
}

struct json *lex_unescape(const struct raw_string *raw)
{
    /* No escape is shorter than what it stands for. */
    size_t most = (size_t)(raw->end - raw->start);
    struct string_node *node = string_node_new(JSON_STRING, STRING_ESCAPE, most);
    char *out = node->bytes;
    for (const char *s = raw->start; s < raw->end;) {
        const char *run = memchr(s, '\\', (size_t)(raw->end - s));
        size_t len = (size_t)((run ? run : raw->end) - s);
        memcpy(out, s, len);
        out += len;
        s += len;
        if (run) {
            s++;
            out += unescape(&s, raw->end, out);
        }
    }
    size_t len = (size_t)(out - node->bytes);
    *out = '\0';
    node->len = (uint32_t)len;
    return xrealloc(node, offsetof(struct string_node, bytes) + len + 1);
}

/* ---- numbers and literals ---- */

bool lex_number(struct parser *p, struct number_scan *ret)
{
    const char *start = p->at;
    enum number_fault fault = number_scan(start, p->end, ret);
    p->at = ret->end;
    if (fault == NUMBER_OK)
        return true;
    if (fault == NUMBER_LEADING_ZERO)
        return fail(p, "Invalid numeric value: Leading zeroes not allowed");

    static const char *const wants[] = {
        [NUMBER_NO_DIGIT] = "expected digit (0-9) to follow minus sign, for valid numeric value",
        [NUMBER_NO_FRACTION] = "Decimal point not followed by a digit",
        [NUMBER_NO_EXPONENT] = "Exponent indicator not followed by a digit",
    };
    if (p->at == p->end && fault != NUMBER_NO_FRACTION)
        return fail(p, "Unexpected end-of-input in numeric value: %s", wants[fault]);
    if (fault == NUMBER_NO_DIGIT)
        return fail_char(p, "Unexpected character (%s) in numeric value: %s",
                         name_char(p->at, p->end).text, wants[fault]);
    /* Where the text ends with the point, the point itself is to blame. */
    return fail(p, "Unexpected character (%s) in numeric value: %s",
                name_char(p->at - (p->at == p->end), p->end).text, wants[fault]);
}

/* An unknown word: the token begins at start and goes on at p->at. */
static bool bad_token(struct parser *p, const char *start)
{
    const char *end = p->at + token_run(p->at, p->end);
    size_t shown = text_prefix(start, end, 256);
    p->at = start + shown;
    return fail(p, "Unrecognized token '%.*s%s': was expecting " VALUES, (int)shown, start,
                p->at < end ? "..." : "");
}

bool lex_literal(struct parser *p, const char *literal)
{
    const char *start = p->at;
    while (*literal && p->at < p->end && *p->at == *literal) {
        p->at++;
        literal++;
    }
    if (*literal || token_run(p->at, p->end) > 0)
        return bad_token(p, start);
    return true;
}

/* NaN and its like, which some writers produce and JSON does not know. */
static bool bad_number_name(struct parser *p, const char *name)
{
    if (!lex_literal(p, name))
        return false;
    return fail(p,
                "Non-standard token '%s': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to "
                "allow",
                name);
}

bool lex_bad_value(struct parser *p)
{
    if (*p->at == 'N')
        return bad_number_name(p, "NaN");
    if (*p->at == 'I')
        return bad_number_name(p, "Infinity");
    if (token_run(p->at, p->end) > 0)
        return bad_token(p, p->at);
    return fail_unexpected(p,
                           *p->at == '}' ? "expected a value" : "expected a valid value " VALUES);
}
