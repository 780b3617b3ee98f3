/* From the text of a path to its steps.  The grammar, and what a text that breaks it is told,
 * are those of Jayway's library. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "jsonpath/path.h"

struct compiler {
    struct jsonpath *path;
    const char *s; /* the path's own copy of the text */
    size_t len;    /* without white space at the end */
    size_t at;     /* the next byte to read */
    unsigned depth;
    struct err *err;
};

/* Messages count characters as Java does. */
static size_t position(const struct compiler *c, size_t at)
{
    return utf8_utf16_length(c->s, MIN(at, c->len));
}

static int fail_token(const struct compiler *c, size_t at, const char *expected)
{
    return err_set(c->err, ERR_INVALID, "Could not parse token starting at position %zu%s",
                   position(c, at), expected);
}

static int fail_bracket(const struct compiler *c, size_t at)
{
    return fail_token(c, at, ". Expected ?, ', 0-9, * ");
}

/* The byte at `at`, or a space past the end. */
static char byte_at(const struct compiler *c, size_t at)
{
    return at < c->len ? c->s[at] : ' ';
}

static size_t skip_spaces(const struct compiler *c, size_t at)
{
    while (at < c->len && c->s[at] == ' ')
        at++;
    return at;
}

static bool is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

static struct step *add_step(struct compiler *c, enum step_kind kind)
{
    struct jsonpath *p = c->path;
    GROW(p->steps, p->count, p->cap);
    struct step *s = &p->steps[p->count++];
    *s = (struct step){.kind = kind, .quote = '\''};
    return s;
}

/* ---- ['a','b'] ---- */

/* Reads one quoted name that begins at the quote; c->at ends behind the comma, or at the
 * bracket. */
static int read_quoted(struct compiler *c, char quote, struct span *ret_name)
{
    size_t from = c->at + 1;
    const char *end = memchr(c->s + from, quote, c->len - from);
    if (!end)
        return err_set(c->err, ERR_INVALID, "Property has not been closed - missing closing %c",
                       quote);

    size_t close = (size_t)(end - c->s);
    c->at = skip_spaces(c, close + 1);
    if (byte_at(c, c->at) != ']' && byte_at(c, c->at) != ',')
        return err_set(c->err, ERR_INVALID,
                       "Property must be separated by comma or Property must be terminated close "
                       "square bracket at index %zu",
                       position(c, close));
    *ret_name = (struct span){c->s + from, close - from};
    return 0;
}

/* c->at is at the first quote.  A backslash is a character of the name like any other. */
static int read_names(struct compiler *c)
{
    char quote = c->s[c->at];
    struct span *names = NULL;
    size_t count = 0, cap = 0;
    int r = 0;

    for (;;) {
        GROW(names, count, cap);
        r = read_quoted(c, quote, &names[count]);
        if (r < 0)
            break;
        count++;
        if (c->s[c->at] == ']')
            break;

        size_t comma = c->at;
        c->at = skip_spaces(c, c->at + 1);
        if (byte_at(c, c->at) == quote)
            continue;
        r = err_set(c->err, ERR_INVALID, "Found empty property at index %zu",
                    position(c, MAX(comma, c->at)));
        break;
    }
    if (r == 0) {
        struct step *s = add_step(c, count == 1 ? STEP_NAME : STEP_NAMES);
        s->quote = quote;
        if (count == 1) {
            s->name = names[0];
        } else {
            s->names.items = path_alloc(c->path, count * sizeof(*names));
            memcpy(s->names.items, names, count * sizeof(*names));
            s->names.count = count;
        }
        c->at++;
    }
    free(names);
    return r;
}

/* ---- [0], [0,2], [1:3] ---- */

/* A whole number of 32 bits, digits with or without a minus sign and nothing else. */
static bool read_int32(const char *s, size_t len, int32_t *ret_value)
{
    bool negative = len > 0 && s[0] == '-';
    int64_t value = 0;

    if (len == negative)
        return false;
    for (size_t i = negative; i < len; i++) {
        if (!is_digit(s[i]))
            return false;
        value = value * 10 + (s[i] - '0');
        if (value > (int64_t)INT32_MAX + negative)
            return false;
    }
    *ret_value = (int32_t)(negative ? -value : value);
    return true;
}

static int read_slice(struct compiler *c, const char *s, size_t len)
{
    const char *end = s + len;
    const char *colon = memchr(s, ':', len);
    const char *second = memchr(colon + 1, ':', (size_t)(end - colon - 1));
    const char *stop = second ? second : end;
    struct step slice = {.slice.has_from = colon > s, .slice.has_to = stop > colon + 1};
    int32_t step = 1;

    bool ok =
        (slice.slice.has_from || slice.slice.has_to) &&
        (!slice.slice.has_from || read_int32(s, (size_t)(colon - s), &slice.slice.from)) &&
        (!slice.slice.has_to || read_int32(colon + 1, (size_t)(stop - colon - 1), &slice.slice.to));
    /* A step is not a feature; a step of one changes nothing. */
    if (ok && second && second + 1 < end)
        ok = read_int32(second + 1, (size_t)(end - second - 1), &step) && step == 1;
    if (!ok)
        return err_set(c->err, ERR_INVALID, "Failed to parse SliceOperation: %.*s", (int)len, s);

    add_step(c, STEP_SLICE)->slice = slice.slice;
    return 0;
}

static int read_indices(struct compiler *c, const char *s, size_t len)
{
    const char *end = s + len;
    int32_t *indices = NULL;
    size_t count = 0, cap = 0;

    for (;;) {
        const char *comma = memchr(s, ',', (size_t)(end - s));
        const char *stop = comma ? comma : end;
        const char *last = stop;
        while (s < last && *s == ' ')
            s++;
        while (last > s && last[-1] == ' ')
            last--;
        GROW(indices, count, cap);
        if (!read_int32(s, (size_t)(last - s), &indices[count++])) {
            free(indices);
            return err_set(c->err, ERR_INVALID,
                           "Failed to parse token in ArrayIndexOperation: %.*s", (int)(last - s),
                           s);
        }
        if (!comma)
            break;
        s = comma + 1;
    }

    struct step *step = add_step(c, count == 1 ? STEP_INDEX : STEP_INDICES);
    if (count == 1) {
        step->index = indices[0];
    } else {
        step->indices.items = path_alloc(c->path, count * sizeof(*indices));
        memcpy(step->indices.items, indices, count * sizeof(*indices));
        step->indices.count = count;
    }
    free(indices);
    return 0;
}

/* `inside` is the first character in the bracket that is not a space. */
static int read_array_step(struct compiler *c, size_t bracket, size_t inside)
{
    const char *s = c->s + inside;
    const char *close = memchr(s, ']', c->len - inside);
    size_t len = close ? (size_t)(close - s) : 0;

    while (len > 0 && s[len - 1] == ' ')
        len--;
    if (!close || strspn(s, "0123456789,-: ") < len)
        return fail_bracket(c, bracket);

    c->at = (size_t)(close - c->s) + 1;
    return memchr(s, ':', len) ? read_slice(c, s, len) : read_indices(c, s, len);
}

/* ---- [*], [?(...)] ---- */

static int read_bracket_wildcard(struct compiler *c, size_t star)
{
    size_t close = skip_spaces(c, star + 1);
    if (byte_at(c, close) != ']')
        return err_set(c->err, ERR_INVALID,
                       "Expected wildcard token to end with ']' on position %zu",
                       position(c, star + 1));
    (void)add_step(c, STEP_WILDCARD);
    c->at = close + 1;
    return 0;
}

/* Moves *at, which is at a quote or a slash, behind the next one; a backslash protects it. */
static int skip_quoted(const struct compiler *c, size_t *at)
{
    char quote = c->s[*at];
    for (size_t i = *at + 1; i < c->len; i++) {
        if (c->s[i] == '\\') {
            i++;
        } else if (c->s[i] == quote) {
            *at = i + 1;
            return 0;
        }
    }
    if (quote == '/')
        return err_set(c->err, ERR_INVALID,
                       "Could not find matching close for / when parsing regex in : %s", c->s);
    return err_set(c->err, ERR_INVALID,
                   "Could not find matching close quote for %c when parsing : %s", quote, c->s);
}

/* Finds the parenthesis that closes the one at `open`; *ret_close is c->len when there is none. */
static int find_close(const struct compiler *c, size_t open, size_t *ret_close)
{
    size_t opened = 1;
    size_t at = open + 1;

    while (at < c->len) {
        switch (c->s[at]) {
        case '\'':
        case '"':
        case '/': {
            int r = skip_quoted(c, &at);
            if (r < 0)
                return r;
            continue;
        }
        case '(':
            opened++;
            break;
        case ')':
            opened--;
            break;
        default:
            break;
        }
        if (opened == 0)
            break;
        at++;
    }
    *ret_close = at;
    return 0;
}

static int read_filter_step(struct compiler *c, size_t bracket, size_t question)
{
    size_t open = skip_spaces(c, question + 1);
    size_t close;
    int r;

    if (byte_at(c, open) == ']' || byte_at(c, open) == ',')
        return err_set(c->err, ERR_INVALID,
                       "Not enough predicates supplied for filter [?] at position %zu",
                       position(c, bracket));
    if (byte_at(c, open) != '(')
        return fail_bracket(c, bracket);

    r = find_close(c, open, &close);
    if (r < 0)
        return r;

    size_t end = skip_spaces(c, close + 1);
    if (byte_at(c, end) != ']')
        return fail_bracket(c, bracket);

    const struct filter_node *filter;
    r = filter_compile(c->path, c->s + bracket, end + 1 - bracket, c->depth, &filter, c->err);
    if (r < 0)
        return r;

    add_step(c, STEP_FILTER)->filter = filter;
    c->at = end + 1;
    return 0;
}

static int read_bracket(struct compiler *c)
{
    size_t bracket = c->at;
    size_t inside = skip_spaces(c, bracket + 1);
    char ch = byte_at(c, inside);

    if (ch == '\'' || ch == '"') {
        c->at = inside;
        return read_names(c);
    }
    if (is_digit(ch) || ch == '-' || ch == ':')
        return read_array_step(c, bracket, inside);
    if (ch == '*')
        return read_bracket_wildcard(c, inside);
    if (ch == '?')
        return read_filter_step(c, bracket, inside);
    return fail_bracket(c, bracket);
}

/* ---- .a, .length() ---- */

/* c->at is at the parenthesis behind the name. */
static int read_function(struct compiler *c, struct span name)
{
    const struct path_function *function = path_function_find(name.s, name.len);
    size_t close = c->at + 1;

    if (!memchr(c->s + c->at, ')', c->len - c->at))
        return err_set(c->err, ERR_INVALID,
                       "Arguments to function: '%.*s' are not closed properly.", (int)name.len,
                       name.s);
    if (!function)
        return err_set(c->err, ERR_INVALID, "Function with name: %.*s does not exist.",
                       (int)name.len, name.s);
    if (byte_at(c, close) != ')' || close + 1 != c->len)
        return err_set(c->err, ERR_INVALID,
                       "Function %s takes no arguments and must be the end of the path",
                       function->name);
    for (size_t i = 0; i < c->path->count; i++)
        if (c->path->steps[i].kind != STEP_NAME && c->path->steps[i].kind != STEP_INDEX)
            return err_set(c->err, ERR_INVALID, "Function %s needs a definite path before it",
                           function->name);

    add_step(c, STEP_FUNCTION)->function = function;
    c->at = close + 1;
    return 0;
}

static int read_property(struct compiler *c)
{
    size_t from = c->at;
    size_t at = from;

    while (at < c->len && !memchr(" .[(", c->s[at], 4))
        at++;
    if (byte_at(c, at) == ' ' && at < c->len)
        return at == from ? fail_token(c, from, "")
                          : err_set(c->err, ERR_INVALID,
                                    "Use bracket notion ['my prop'] if your property contains "
                                    "blank characters. position: %zu",
                                    position(c, from));

    struct span name = {c->s + from, at - from};
    c->at = at;
    if (byte_at(c, at) == '(')
        return read_function(c, name);
    add_step(c, STEP_NAME)->name = name;
    return 0;
}

/* ---- the whole ---- */

/* Reads the dots before a step. */
static int read_dots(struct compiler *c)
{
    if (c->s[c->at] != '.')
        return 0;
    if (byte_at(c, c->at + 1) == '.') {
        (void)add_step(c, STEP_SCAN);
        c->at++;
    }
    c->at++;
    if (byte_at(c, c->at) == '.')
        return err_set(c->err, ERR_INVALID, "Character '.' on position %zu is not valid.",
                       position(c, c->at));
    return 0;
}

static int read_steps(struct compiler *c)
{
    while (c->at < c->len) {
        int r = read_dots(c);
        if (r < 0)
            return r;

        if (byte_at(c, c->at) == '[') {
            r = read_bracket(c);
        } else if (byte_at(c, c->at) == '*') {
            (void)add_step(c, STEP_WILDCARD);
            c->at++;
        } else {
            r = read_property(c);
        }
        if (r < 0)
            return r;
    }
    return 0;
}

/* Bytes of a variable's name; those of other alphabets are not told apart. */
static bool is_name_byte(char ch, bool first)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '_' ||
           (unsigned char)ch >= 0x80 || (!first && is_digit(ch));
}

/* Reads $, $$, $name or @. */
static int read_root(struct compiler *c)
{
    struct jsonpath *p = c->path;
    char ch = byte_at(c, 0);

    if (ch != '$' && !(p->relative && ch == '@'))
        return err_set(c->err, ERR_INVALID,
                       p->relative ? "Path must start with '$' or '@'"
                                   : "Path must start with '$'");
    c->at = 1;
    if (p->relative) {
        p->relative = ch == '@';
    } else if (byte_at(c, 1) == '$') {
        p->root = JSONPATH_CONTEXT;
        c->at = 2;
    } else if (is_name_byte(byte_at(c, 1), true)) {
        while (is_name_byte(byte_at(c, c->at), false))
            c->at++;
        p->root = JSONPATH_VARIABLE;
        p->variable = xmemdup(c->s + 1, c->at - 1);
    }
    if (c->at < c->len && c->s[c->at] != '.' && c->s[c->at] != '[')
        return err_set(c->err, ERR_INVALID, "Illegal character at position %zu expected '.' or '['",
                       position(c, c->at));
    return 0;
}

/* What can be said of the path once its steps are known. */
static void classify(struct jsonpath *p)
{
    p->definite = true;
    p->reference = true;
    for (size_t i = 0; i < p->count; i++) {
        const struct step *s = &p->steps[i];
        bool last = i + 1 == p->count;
        bool plain = s->kind == STEP_NAME || s->kind == STEP_INDEX;
        if (plain && p->plain == i)
            p->plain++;
        p->reference = p->reference && plain;
        p->definite =
            p->definite && (plain || s->kind == STEP_FUNCTION || (s->kind == STEP_NAMES && last));
    }
}

int path_compile(const char *text, size_t len, bool relative, unsigned depth,
                 struct jsonpath **ret_path, struct err *err)
{
    if (len == 0)
        return err_set(err, ERR_INVALID, "path can not be null or empty");
    if (len > LIMIT_PATH_BYTES)
        return err_set(err, ERR_INVALID, "path is longer than %d bytes", LIMIT_PATH_BYTES);
    if (memchr(text, '\0', len))
        return err_set(err, ERR_INVALID, "path contains a NUL character");

    struct jsonpath *p = xcalloc(1, sizeof(*p) + len + 1);
    p->relative = relative;
    p->len = len;
    memcpy(p->text, text, len);
    json_array_init(&p->literals);

    struct compiler c = {.path = p, .s = p->text, .len = len, .depth = depth, .err = err};
    int r = 0;
    while (c.len > 0 && c.s[c.len - 1] == ' ')
        c.len--;
    if (c.len > 0 && c.s[c.len - 1] == '.')
        r = err_set(err, ERR_INVALID, "Path must not end with a '.' or '..'");
    if (r == 0)
        r = read_root(&c);
    if (r == 0)
        r = read_steps(&c);
    if (r < 0) {
        jsonpath_free(p);
        return r;
    }

    classify(p);
    if (p->count < p->cap) {
        p->steps = xreallocarray(p->steps, p->count, sizeof(*p->steps));
        p->cap = p->count;
    }
    *ret_path = p;
    return 0;
}

int jsonpath_compile(const char *text, size_t len, struct jsonpath **ret_path, struct err *err)
{
    return path_compile(text, len, false, 0, ret_path, err);
}
