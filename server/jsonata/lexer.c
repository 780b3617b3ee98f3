#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "jsonata/compile.h"
#include "jsonata/regex.h"
#include "jsonata/text.h"

static int peek(const struct compiler *c, size_t offset)
{
    return c->at + offset < c->p->text_len ? (unsigned char)c->p->text[c->at + offset] : -1;
}

static bool is_space(int ch)
{
    return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r' || ch == '\v';
}

/* One-character operators; `!` and `~` only end a name. */
static bool is_operator(int ch)
{
    return ch > 0 && ch < 128 && strchr(".[]{}(),@#;:?+-*/%|=<>^&!~", ch) != NULL;
}

static void set_token(struct compiler *c, int id, size_t start, struct value value)
{
    c->token = (struct token){
        .id = id, .start = (uint32_t)start, .position = (uint32_t)c->at, .value = value};
}

static void skip_blank(struct compiler *c)
{
    for (;;) {
        while (is_space(peek(c, 0)))
            c->at++;
        if (peek(c, 0) != '/' || peek(c, 1) != '*')
            return;
        size_t end = text_find(c->p->text, c->p->text_len, "*/", 2, c->at + 2);
        if (end == SIZE_MAX)
            compile_throw(c, S0106, .position = (uint32_t)c->at);
        c->at = end + 2;
    }
}

static int hex_digit(int ch)
{
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    ch |= 0x20;
    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* Four hexadecimal digits after \u; fewer are taken when the text ends, as the reference does. */
static uint32_t scan_unicode_escape(struct compiler *c)
{
    uint32_t cp = 0;
    int n = 0;
    for (; n < 4 && peek(c, (size_t)n + 1) >= 0; n++) {
        int d = hex_digit(peek(c, (size_t)n + 1));
        if (d < 0)
            compile_throw(c, S0104, .position = (uint32_t)c->at);
        cp = cp << 4 | (uint32_t)d;
    }
    if (n == 0)
        compile_throw(c, S0104, .position = (uint32_t)c->at);
    c->at += (size_t)n;
    return cp;
}

static void scan_escape(struct compiler *c, struct textbuf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    int ch = peek(c, 0);
    const char *found = ch > 0 ? strchr(from, ch) : NULL;
    if (found) {
        text_addc(out, to[found - from]);
    } else if (ch == 'u') {
        text_add_point(out, scan_unicode_escape(c));
    } else {
        size_t size = 0;
        if (ch >= 0)
            text_decode(c->p->text + c->at, c->p->text_len - c->at, &size);
        compile_throw(c, S0103, .position = (uint32_t)c->at, .has_token = true,
                      .token = v_str(c->p->text + c->at, size));
    }
}

static void scan_string(struct compiler *c)
{
    size_t start = c->at++;
    char quote = c->p->text[start];
    const char *s = c->p->text;
    /* Most strings have no escapes and are a slice of the source. */
    size_t end = c->at;
    while (end < c->p->text_len && s[end] != quote && s[end] != '\\')
        end++;
    if (end < c->p->text_len && s[end] == quote) {
        struct value v = v_str(s + c->at, end - c->at);
        c->at = end + 1;
        set_token(c, T_STRING, start, v);
        return;
    }
    struct textbuf out;
    text_init(&out, &c->p->heap, end - c->at + 16);
    while (c->at < c->p->text_len) {
        char ch = s[c->at];
        if (ch == quote) {
            c->at++;
            set_token(c, T_STRING, start, text_value(&out));
            return;
        }
        if (ch == '\\') {
            c->at++;
            scan_escape(c, &out);
        } else {
            text_addc(&out, ch);
        }
        c->at++;
    }
    compile_throw(c, S0101, .position = (uint32_t)c->at);
}

static bool scan_number(struct compiler *c)
{
    const char *s = c->p->text;
    size_t len = c->p->text_len, i = c->at;
    if (!(s[i] >= '0' && s[i] <= '9'))
        return false;
#define DIGIT(k) ((k) < len && s[k] >= '0' && s[k] <= '9')
    if (s[i] == '0')
        i++;
    else
        while (DIGIT(i))
            i++;
    if (i < len && s[i] == '.' && DIGIT(i + 1))
        for (i++; DIGIT(i);)
            i++;
    if (i < len && (s[i] == 'e' || s[i] == 'E')) {
        size_t k = i + 1;
        if (k < len && (s[k] == '+' || s[k] == '-'))
            k++;
        if (DIGIT(k)) {
            while (DIGIT(k))
                k++;
            i = k;
        }
    }
#undef DIGIT
    /* The text is NUL-terminated; what follows cannot be taken for a part of the number (hexadecimal
     * after a leading zero could be). */
    double d;
    if (i - c->at == 1) {
        d = s[c->at] - '0';
    } else if (s[c->at] == '0' && i == c->at + 1) {
        d = 0;
    } else {
        char *copy = xmemdup(s + c->at, i - c->at);
        d = strtod(copy, NULL);
        free(copy);
    }
    if (!isfinite(d))
        compile_throw(c, S0102, .position = (uint32_t)c->at, .has_token = true,
                      .token = v_str(s + c->at, i - c->at));
    size_t start = c->at;
    c->at = i;
    set_token(c, T_NUMBER, start, v_num(d));
    return true;
}

static void scan_regex(struct compiler *c)
{
    const char *s = c->p->text;
    size_t start = ++c->at, len = c->p->text_len;
    int depth = 0;
    for (; c->at < len; c->at++) {
        char ch = s[c->at];
        if (ch == '/' && depth == 0) {
            size_t slashes = 0;
            while (c->at > slashes && s[c->at - slashes - 1] == '\\')
                slashes++;
            if (slashes % 2 == 0)
                break;
        }
        bool escaped = s[c->at - 1] == '\\';
        if ((ch == '(' || ch == '[' || ch == '{') && !escaped)
            depth++;
        if ((ch == ')' || ch == ']' || ch == '}') && !escaped)
            depth--;
    }
    if (c->at >= len)
        compile_throw(c, S0302, .position = (uint32_t)c->at);
    size_t end = c->at;
    if (end == start)
        compile_throw(c, S0301, .position = (uint32_t)c->at);
    c->at++;
    unsigned flags = 0;
    for (;; c->at++) {
        if (peek(c, 0) == 'i')
            flags |= REGEX_CASELESS;
        else if (peek(c, 0) == 'm')
            flags |= REGEX_MULTILINE;
        else
            break;
    }
    set_token(c, T_REGEX, start - 1, v_str(s + start, end - start));
    char message[160];
    struct regex *re = regex_new(s + start, end - start, flags, message, sizeof(message));
    if (!re) {
        size_t n = strlen(message);
        char *copy = jn_heap_alloc(&c->p->heap, n + 1);
        memcpy(copy, message, n + 1);
        compile_throw(c, S0303, .position = (uint32_t)c->at, .message = copy, .message_len = n);
    }
    re->next = c->p->regexes;
    c->p->regexes = re;
    c->token.regex = re;
}

static void scan_name(struct compiler *c)
{
    static const struct {
        const char *word;
        int id;
        struct value value;
    } words[] = {
        {"or", T_OR, {.tag = V_STR, .len = 2, .str = "or"}},
        {"in", T_IN, {.tag = V_STR, .len = 2, .str = "in"}},
        {"and", T_AND, {.tag = V_STR, .len = 3, .str = "and"}},
        {"true", T_VALUE, {.tag = V_BOOL, .yes = true}},
        {"false", T_VALUE, {.tag = V_BOOL, .yes = false}},
        {"null", T_VALUE, {.tag = V_NULL}},
    };
    size_t start = c->at;
    const char *s = c->p->text;
    if (s[start] == '`') {
        size_t end = text_find(s, c->p->text_len, "`", 1, start + 1);
        if (end == SIZE_MAX)
            compile_throw(c, S0105, .position = (uint32_t)c->p->text_len);
        c->at = end + 1;
        set_token(c, T_NAME, start, v_str(s + start + 1, end - start - 1));
        return;
    }
    while (peek(c, 0) >= 0 && !is_space(peek(c, 0)) && !is_operator(peek(c, 0)))
        c->at++;
    if (s[start] == '$') {
        set_token(c, T_VARIABLE, start, v_str(s + start + 1, c->at - start - 1));
        return;
    }
    struct value name = v_str(s + start, c->at - start);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (v_str_is(name, words[i].word)) {
            set_token(c, words[i].id, start, words[i].value);
            return;
        }
    }
    set_token(c, T_NAME, start, name);
}

/* Reads the next token into c->token.  `infix`: an operator is expected, so `/` divides. */
void jn_next_token(struct compiler *c, bool infix)
{
    static const struct {
        char text[3];
        int id;
    } doubles[] = {
        {"..", T_RANGE}, {":=", T_ASSIGN},     {"!=", T_NE},    {">=", T_GE},
        {"<=", T_LE},    {"**", T_DESCENDANT}, {"~>", T_APPLY},
    };
    skip_blank(c);
    size_t start = c->at;
    int ch = peek(c, 0);
    if (ch < 0) {
        set_token(c, T_END, start, v_lit("(end)"));
        return;
    }
    if (ch == '/' && !infix) {
        scan_regex(c);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(doubles); i++) {
        if (ch == doubles[i].text[0] && peek(c, 1) == doubles[i].text[1]) {
            c->at += 2;
            set_token(c, doubles[i].id, start, v_str(c->p->text + start, 2));
            return;
        }
    }
    if (is_operator(ch)) {
        c->at++;
        set_token(c, ch, start, v_str(c->p->text + start, 1));
        if (ch == '!' || ch == '~')
            compile_throw(c, S0204, .position = (uint32_t)c->at, .has_token = true,
                          .token = c->token.value);
        return;
    }
    if (ch == '"' || ch == '\'')
        scan_string(c);
    else if (!scan_number(c))
        scan_name(c);
}
