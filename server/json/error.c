/* Messages about text that is not JSON.  Nothing here is in a hurry. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "json/lex.h"

/* ---- characters ---- */

static size_t char_size(const char *s, const char *end)
{
    size_t size;
    (void)utf8_decode(s, (size_t)(end - s), &size);
    return size;
}

size_t text_prefix(const char *s, const char *end, size_t units)
{
    const char *at = s;
    size_t seen = 0;
    while (at < end && seen < units) {
        size_t size = char_size(at, end);
        seen += size == 4 ? 2 : 1;
        at += size;
    }
    return (size_t)(at - s);
}

struct char_name name_char(const char *s, const char *end)
{
    struct char_name name;
    size_t size;
    uint32_t c = utf8_decode(s, (size_t)(end - s), &size);
    if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) {
        (void)snprintf(name.text, sizeof(name.text), "(CTRL-CHAR, code %u)", c);
    } else if (c > 0xFFFF) {
        /* Java sees the first half of a surrogate pair, and prints it as a question mark. */
        uint32_t half = 0xD800 + ((c - 0x10000) >> 10);
        (void)snprintf(name.text, sizeof(name.text), "'?' (code %u / 0x%x)", half, half);
    } else if (c > 0xFF) {
        char utf8[4];
        int len = (int)utf8_encode(c, utf8);
        (void)snprintf(name.text, sizeof(name.text), "'%.*s' (code %u / 0x%x)", len, utf8, c, c);
    } else {
        char utf8[4];
        int len = (int)utf8_encode(c, utf8);
        (void)snprintf(name.text, sizeof(name.text), "'%.*s' (code %u)", len, utf8, c);
    }
    return name;
}

/* Ranges beyond ASCII that are no part of a Java identifier; the rest is taken for letters. */
static const struct {
    uint32_t first, last;
} no_letters[] = {
    {0xA0, 0xA1},     {0xA6, 0xA9},     {0xAB, 0xAC},     {0xAE, 0xB4},     {0xB6, 0xB9},
    {0xBB, 0xBF},     {0xD7, 0xD7},     {0xF7, 0xF7},     {0x2000, 0x200A}, {0x2010, 0x2029},
    {0x202F, 0x203E}, {0x2041, 0x2053}, {0x2055, 0x205F}, {0x2070, 0x2070}, {0x2074, 0x207E},
    {0x2080, 0x208E}, {0x2190, 0x2BFF}, {0x3000, 0x3004}, {0x3008, 0x3020}, {0xE000, 0xF8FF},
    {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFF},
};

static bool in_identifier(uint32_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '$';
    for (size_t i = 0; i < ARRAY_LEN(no_letters); i++)
        if (c >= no_letters[i].first && c <= no_letters[i].last)
            return false;
    return c <= 0xFFFF;
}

size_t token_run(const char *s, const char *end)
{
    const char *at = s;
    while (at < end) {
        size_t size;
        uint32_t c = utf8_decode(at, (size_t)(end - at), &size);
        if (!in_identifier(c) || (c == 0xFFFD && size == 1))
            break;
        at += size;
    }
    return (size_t)(at - s);
}

/* ---- places ---- */

/* Line and column of an offset.  Only line ends between tokens count, but there are no others before
 * the place of an error: inside a string they are errors themselves. */
static void locate(const char *text, size_t offset, unsigned *ret_line, unsigned *ret_column)
{
    size_t line_start = 0;
    unsigned line = 1;
    for (size_t i = 0; i < offset; i++) {
        bool crlf = text[i] == '\r' && i + 1 < offset && text[i + 1] == '\n';
        if (text[i] != '\n' && (text[i] != '\r' || crlf))
            continue;
        line++;
        line_start = i + 1;
    }
    *ret_line = line;
    *ret_column = (unsigned)utf8_utf16_length(text + line_start, offset - line_start) + 1;
}

static void vfail(struct parser *p, const char *format, va_list ap) PRINTF_LIKE(2, 0);

static void vfail(struct parser *p, const char *format, va_list ap)
{
    struct json_error *err = p->err;
    if (!err)
        return;
    *err = (struct json_error){.offset = (size_t)(p->at - p->text)};
    int n = vsnprintf(err->text, sizeof(err->text), format, ap);
    CHECK(n >= 0 && (size_t)n < sizeof(err->text));
    locate(p->text, err->offset, &err->line, &err->column);
}

bool fail(struct parser *p, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vfail(p, format, ap);
    va_end(ap);
    return false;
}

bool fail_char(struct parser *p, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vfail(p, format, ap);
    va_end(ap);
    if (p->err) {
        p->err->offset += char_size(p->at, p->end);
        p->err->column++; /* even behind a line end, which is no line end where it is an error */
    }
    return false;
}

bool fail_unexpected(struct parser *p, const char *what)
{
    return fail_char(p, "Unexpected character (%s): %s", name_char(p->at, p->end).text, what);
}

bool fail_open(struct parser *p, const struct frame *open, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vfail(p, format, ap);
    va_end(ap);

    struct json_error *err = p->err;
    if (!err)
        return false;
    char *place = strstr(err->text, OPEN_PLACE);
    memmove(place, place + 1, strlen(place));
    err->marker_at = (size_t)(place - err->text);
    err->marker_line = 1;
    if (open)
        locate(p->text, open->offset, &err->marker_line, &err->marker_column);
    return false;
}

/* ---- printing ---- */

/* [Source: (String)"..."; line: 1, column: 4] */
static void add_place(const char *text, size_t len, unsigned line, unsigned column,
                      struct strbuf *out)
{
    size_t shown = text_prefix(text, text + len, 500);
    strbuf_adds(out, "[Source: (String)\"");
    strbuf_add(out, text, shown);
    strbuf_addc(out, '"');
    if (shown < len)
        strbuf_addf(out, "[truncated %zu chars]", utf8_utf16_length(text + shown, len - shown));
    strbuf_addf(out, "; line: %u, column: %u]", line, column);
}

void json_error_message(const struct json_error *err, const char *text, size_t len,
                        struct strbuf *out)
{
    strbuf_add(out, err->text, err->marker_at);
    if (err->marker_at)
        add_place(text, len, err->marker_line, err->marker_column, out);
    strbuf_adds(out, err->text + err->marker_at);
}

void json_error_location(const struct json_error *err, const char *text, size_t len,
                         struct strbuf *out)
{
    add_place(text, len, err->line, err->column, out);
}
