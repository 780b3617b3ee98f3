#include "jsonata/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "jsonata/eval.h"

enum {
    MATCH_LIMIT = 500000, /* backtracking from one start */
    DEPTH_LIMIT = 50000,
    HEAP_LIMIT_KIB = 16384,
    WINDOW = 32, /* starts tried between looks at the clock, in bytes */
};

/* ---- translation of the syntax ---- */

#define NEWLINES "\\n\\r\\x{2028}\\x{2029}"
#define SPACES                                                                              \
    "\\x{9}-\\x{d} \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}" \
    "\\x{3000}\\x{feff}"
#define NOT_SPACES                                                                                \
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}" \
    "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-"      \
    "\\x{10ffff}"

struct translator {
    const char *s;
    size_t len, at;
    unsigned groups; /* capturing ones in the whole pattern */
    bool named, multiline;
    bool repeatable; /* what was just written may be followed by a quantifier */
    struct strbuf *out;
    const char *error;
};

static int look(const struct translator *t, size_t offset)
{
    return t->at + offset < t->len ? (unsigned char)t->s[t->at + offset] : -1;
}

static int hex_value(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* `digits` hexadecimal digits at offset, or -1. */
static int32_t hex_at(const struct translator *t, size_t offset, int digits)
{
    int32_t v = 0;
    for (int i = 0; i < digits; i++) {
        int d = hex_value(look(t, offset + (size_t)i));
        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

/* Counts the capturing groups, and sees whether any has a name. */
static void count_groups(struct translator *t)
{
    bool class = false;
    for (size_t i = 0; i < t->len; i++) {
        char c = t->s[i];
        if (c == '\\') {
            i++;
        } else if (c == '[') {
            class = true;
        } else if (c == ']') {
            class = false;
        } else if (c == '(' && !class) {
            bool special = i + 1 < t->len && t->s[i + 1] == '?';
            bool name = special && i + 3 < t->len && t->s[i + 2] == '<' && t->s[i + 3] != '=' &&
                        t->s[i + 3] != '!';
            t->named |= name;
            t->groups += !special || name;
        }
    }
}

static void put_point(struct translator *t, int32_t cp, bool class)
{
    /* A surrogate half matches nothing here. */
    if (cp >= 0xD800 && cp <= 0xDFFF)
        strbuf_adds(t->out, class ? "" : "(?!)");
    else
        strbuf_addf(t->out, "\\x{%x}", (unsigned)cp);
}

/* \uXXXX, or \uXXXX\uXXXX for one code point; t->at is at the u. */
static void put_unicode(struct translator *t, bool class)
{
    int32_t cp = hex_at(t, 1, 4);
    if (cp < 0) {
        strbuf_addc(t->out, 'u');
        t->at++;
        return;
    }
    t->at += 5;
    if (cp >= 0xD800 && cp < 0xDC00 && look(t, 0) == '\\' && look(t, 1) == 'u') {
        int32_t low = hex_at(t, 2, 4);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
            t->at += 6;
        }
    }
    put_point(t, cp, class);
}

/* A back reference when there are that many groups, else an octal escape or the digit itself. */
static void put_digits(struct translator *t, bool class)
{
    unsigned n = 0;
    size_t digits = 0;
    while (look(t, digits) >= '0' && look(t, digits) <= '9' && digits < 5)
        n = n * 10 + (unsigned)(look(t, digits++) - '0');
    if (!class && n > 0 && n <= t->groups && look(t, 0) != '0') {
        strbuf_addf(t->out, "\\g{%u}", n);
        t->at += digits;
        return;
    }
    n = 0;
    digits = 0;
    while (look(t, digits) >= '0' && look(t, digits) <= '7' && digits < 3 && n < 32)
        n = n * 8 + (unsigned)(look(t, digits++) - '0');
    if (digits == 0) {
        strbuf_addc(t->out, (char)look(t, 0));
        t->at++;
    } else {
        strbuf_addf(t->out, "\\x{%x}", n);
        t->at += digits;
    }
}

/* An escape, t->at being after the backslash.  True when it stands for a set of characters. */
static bool put_escape(struct translator *t, bool class)
{
    static const char controls[] = "tnvfr", values[] = "\t\n\v\f\r";
    int c = look(t, 0);
    const char *control = c > 0 ? strchr(controls, c) : NULL;
    if (c < 0) {
        t->error = "\\ at end of pattern";
        return false;
    }
    if (c >= '0' && c <= '9') {
        put_digits(t, class);
        return false;
    }
    t->at++;
    if (strchr("dDwW", c)) {
        strbuf_addf(t->out, "\\%c", c);
        return true;
    }
    if (c == 's' || c == 'S') {
        const char *set = c == 's' ? SPACES : NOT_SPACES;
        strbuf_addf(t->out, class ? "%s" : "[%s]", set);
        return true;
    }
    if (control) {
        put_point(t, values[control - controls], class);
    } else if (c == 'b' && class) {
        put_point(t, 8, class);
    } else if ((c == 'b' || c == 'B') && !class) {
        strbuf_addf(t->out, "\\%c", c);
    } else if (c == 'c') {
        int letter = look(t, 0);
        if ((letter | 0x20) >= 'a' && (letter | 0x20) <= 'z') {
            put_point(t, letter & 31, class);
            t->at++;
        } else {
            strbuf_adds(t->out, "\\\\c");
        }
    } else if (c == 'x') {
        int32_t cp = hex_at(t, 0, 2);
        if (cp < 0)
            strbuf_addc(t->out, 'x');
        else
            put_point(t, cp, class);
        t->at += cp < 0 ? 0 : 2;
    } else if (c == 'u') {
        t->at--;
        put_unicode(t, class);
    } else if (c == 'k' && t->named && !class) {
        strbuf_adds(t->out, "\\k");
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80) {
        strbuf_addc(t->out, (char)c); /* stands for itself */
    } else {
        strbuf_addf(t->out, "\\%c", c);
    }
    return false;
}

static bool is_set_escape(const struct translator *t, size_t offset)
{
    int c = look(t, offset + 1);
    return look(t, offset) == '\\' && c > 0 && strchr("dDwWsS", c);
}

/* A lone surrogate (three bytes) cannot be given to PCRE2. */
static bool skip_half(struct translator *t, bool class)
{
    if (look(t, 0) != 0xED || look(t, 1) < 0xA0)
        return false;
    t->at += 3;
    put_point(t, 0xD800, class);
    return true;
}

static void put_class(struct translator *t)
{
    strbuf_addc(t->out, '[');
    t->at++;
    if (look(t, 0) == '^') {
        strbuf_addc(t->out, '^');
        t->at++;
    }
    bool set = true; /* before the first member a hyphen is literal, as after a set */
    for (;;) {
        int c = look(t, 0);
        if (c < 0) {
            t->error = "unterminated character class";
            return;
        }
        if (c == ']')
            break;
        if (c == '\\') {
            t->at++;
            set = put_escape(t, true);
        } else if (c == '-' && !set && look(t, 1) != ']' && !is_set_escape(t, 1)) {
            strbuf_addc(t->out, '-');
            t->at++;
        } else if (!skip_half(t, true)) {
            if (c == '-' || c == '[')
                strbuf_addc(t->out, '\\');
            strbuf_addc(t->out, (char)c);
            set = false;
            t->at++;
        }
        if (t->error)
            return;
    }
    strbuf_addc(t->out, ']');
    t->at++;
}

/* {n}, {n,} or {n,m} at t->at; its length or 0. */
static size_t braces(const struct translator *t)
{
    size_t i = 1;
    while (look(t, i) >= '0' && look(t, i) <= '9')
        i++;
    if (i == 1)
        return 0;
    if (look(t, i) == ',') {
        i++;
        while (look(t, i) >= '0' && look(t, i) <= '9')
            i++;
    }
    return look(t, i) == '}' ? i + 1 : 0;
}

static void put_quantifier(struct translator *t, size_t len)
{
    if (!t->repeatable)
        t->error = "nothing to repeat";
    strbuf_add(t->out, t->s + t->at, len);
    t->at += len;
    if (look(t, 0) == '?') {
        strbuf_addc(t->out, '?');
        t->at++;
    }
    t->repeatable = false;
}

static void put_group(struct translator *t)
{
    static const char *const kinds[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!"};
    t->repeatable = false;
    if (look(t, 1) == '*') {
        t->error = "nothing to repeat";
        return;
    }
    if (look(t, 1) != '?') {
        strbuf_addc(t->out, '(');
        t->at++;
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t n = strlen(kinds[i]);
        if (t->len - t->at >= n && memcmp(t->s + t->at, kinds[i], n) == 0) {
            strbuf_adds(t->out, kinds[i]);
            t->at += n;
            return;
        }
    }
    if (look(t, 2) != '<') {
        t->error = "invalid group";
        return;
    }
    strbuf_adds(t->out, "(?<");
    t->at += 3;
}

static void put_one(struct translator *t)
{
    int c = look(t, 0);
    bool repeatable = true;
    size_t n;
    switch (c) {
    case '\\':
        t->at++;
        put_escape(t, false);
        break;
    case '[':
        put_class(t);
        break;
    case '(':
        put_group(t);
        repeatable = false;
        break;
    case '.':
        strbuf_adds(t->out, "[^" NEWLINES "]");
        t->at++;
        break;
    case '^':
        strbuf_adds(t->out, t->multiline ? "(?<![^" NEWLINES "])" : "^");
        t->at++;
        repeatable = false;
        break;
    case '$':
        strbuf_adds(t->out, t->multiline ? "(?![^" NEWLINES "])" : "$");
        t->at++;
        repeatable = false;
        break;
    case '*':
    case '+':
    case '?':
        put_quantifier(t, 1);
        repeatable = false;
        break;
    case '{':
        n = braces(t);
        if (n) {
            put_quantifier(t, n);
            repeatable = false;
            break;
        }
        /* fall through */
    case '}':
    case ']':
        strbuf_addf(t->out, "\\%c", c);
        t->at++;
        break;
    case '|':
        repeatable = false;
        /* fall through */
    default:
        if (!skip_half(t, false)) {
            strbuf_addc(t->out, (char)c);
            t->at++;
        }
    }
    t->repeatable = repeatable;
}

/* ---- compiling ---- */

struct regex *regex_new(const char *pattern, size_t len, unsigned flags, char *message,
                        size_t message_size)
{
    CLEANUP(strbuf_done) struct strbuf out;
    strbuf_init(&out, len * 48 + 64);
    struct translator t = {
        .s = pattern, .len = len, .multiline = flags & REGEX_MULTILINE, .out = &out};
    count_groups(&t);
    while (t.at < t.len && !t.error)
        put_one(&t);
    if (t.error) {
        snprintf(message, message_size, "%s", t.error);
        return NULL;
    }
    uint32_t options = PCRE2_UTF | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF |
                       PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
    if (flags & REGEX_CASELESS)
        options |= PCRE2_CASELESS;
    int error;
    PCRE2_SIZE offset;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)out.data, out.len, options, &error, &offset, NULL);
    if (!code) {
        PCRE2_UCHAR text[128];
        pcre2_get_error_message(error, text, sizeof(text));
        snprintf(message, message_size, "%s", (const char *)text);
        return NULL;
    }
    struct regex *re = xcalloc(1, sizeof(*re));
    uint32_t groups = 0;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
    re->code = code;
    re->groups = groups;
    return re;
}

void regex_free_all(struct regex *list)
{
    while (list) {
        struct regex *next = list->next;
        pcre2_code_free(list->code);
        free(list);
        list = next;
    }
}

/* ---- matching ---- */

struct regex_state {
    pcre2_match_context *context;
    pcre2_match_data *data;
    unsigned groups;
};

void regex_state_free(struct regex_state *s)
{
    if (!s)
        return;
    pcre2_match_data_free(s->data);
    pcre2_match_context_free(s->context);
    free(s);
}

static struct regex_state *state_for(struct ev *ev, const struct regex *re)
{
    struct regex_state *s = ev->match;
    if (!s) {
        s = xcalloc(1, sizeof(*s));
        s->context = pcre2_match_context_create(NULL);
        CHECK(s->context);
        pcre2_set_match_limit(s->context, MATCH_LIMIT);
        pcre2_set_depth_limit(s->context, DEPTH_LIMIT);
        pcre2_set_heap_limit(s->context, HEAP_LIMIT_KIB);
        ev->match = s;
    }
    if (!s->data || s->groups < re->groups) {
        pcre2_match_data_free(s->data);
        s->groups = MAX(re->groups, 8u);
        s->data = pcre2_match_data_create(s->groups + 1, NULL);
        CHECK(s->data);
    }
    return s;
}

bool regex_exec(struct ev *ev, const struct regex *re, struct value subject, size_t from,
                struct regex_match *ret)
{
    struct regex_state *s = state_for(ev, re);
    int n = PCRE2_ERROR_NOMATCH;
    while (from <= subject.len) {
        /* One window of starts: the limits count for each start anew, so a long text has to be
         * interrupted by hand. */
        size_t end = MIN(from + WINDOW, (size_t)subject.len);
        while (end < subject.len && ((unsigned char)subject.str[end] & 0xC0) == 0x80)
            end++;
        pcre2_set_offset_limit(s->context, end);
        n = pcre2_match(re->code, (PCRE2_SPTR)subject.str, subject.len, from, PCRE2_NO_UTF_CHECK,
                        s->data, s->context);
        jn_charge(ev, 16);
        if (n != PCRE2_ERROR_NOMATCH || end >= subject.len)
            break;
        if (ev->deadline && clock_monotonic() >= ev->deadline)
            jn_refuel(ev);
        size_t size;
        text_decode(subject.str + end, subject.len - end, &size);
        from = end + size;
    }
    if (n == PCRE2_ERROR_NOMATCH)
        return false;
    if (n < 0) {
        ev->failed_time = true;
        jn_throw(ev, D1012, .value = v_num((double)ev->time_ms));
    }
    const PCRE2_SIZE *found = pcre2_get_ovector_pointer(s->data);
    size_t *groups = jn_alloc(ev, re->groups * 2 * sizeof(*groups));
    for (unsigned i = 0; i < re->groups * 2; i++)
        groups[i] = (int)(i / 2) + 1 < n ? found[i + 2] : SIZE_MAX;
    *ret = (struct regex_match){.start = found[0], .end = found[1], .groups = groups};
    return true;
}
