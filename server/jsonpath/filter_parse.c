/* From the text of a filter, "[?( ... )]", to its tree, with Jayway's grammar and messages. */
#include <string.h>

#include "base/utf8.h"
#include "jsonpath/path.h"

/* What a reader returns for a mistake that ends the parse at once; an ERR_INVALID on the right
 * side of an operator instead makes the parser take the left side for a test of presence. */
#define HOPELESS (-1000)

struct parser {
    struct jsonpath *owner;
    const char *text; /* the whole filter with its brackets, for messages */
    size_t len;
    size_t at, end; /* what is left of "( ... )" */
    unsigned depth;
    struct err *err;
};

static int parse_or(struct parser *p, struct filter_node **ret_node);

static void skip_spaces(struct parser *p)
{
    while (p->at < p->end && p->text[p->at] == ' ')
        p->at++;
}

/* The next character that is not a space, or NUL at the end. */
static char peek(struct parser *p)
{
    skip_spaces(p);
    return p->at < p->end ? p->text[p->at] : '\0';
}

/* As peek, without moving. */
static char here(const struct parser *p)
{
    return p->at < p->end ? p->text[p->at] : '\0';
}

static int fail_parse(struct parser *p)
{
    size_t size = 1;
    if (p->at < p->len)
        (void)utf8_decode(p->text + p->at, p->len - p->at, &size);
    (void)err_set(p->err, ERR_INVALID,
                  "Failed to parse filter: %.*s, error on position: %zu, char: %.*s", (int)p->len,
                  p->text, utf8_utf16_length(p->text, p->at), p->at < p->len ? (int)size : 0,
                  p->text + MIN(p->at, p->len));
    return HOPELESS;
}

static int fail_depth(struct parser *p)
{
    (void)err_set(p->err, ERR_INVALID, "Filter is nested more than %d levels deep",
                  FILTER_DEPTH_MAX);
    return HOPELESS;
}

static bool is_operator_char(char c)
{
    return c && strchr("<>=~!", c);
}

/* Moves *at, which is at a quote, behind the next one; a backslash protects it.  False when
 * there is none. */
static bool skip_quoted(const struct parser *p, size_t *at)
{
    for (size_t i = *at + 1; i < p->end; i++) {
        if (p->text[i] == '\\') {
            i++;
        } else if (p->text[i] == p->text[*at]) {
            *at = i + 1;
            return true;
        }
    }
    return false;
}

/* Moves *at, which is at an opening bracket, behind the one that closes it. */
static bool skip_brackets(const struct parser *p, size_t *at)
{
    char open = p->text[*at];
    char close = open == '[' ? ']' : '}';
    size_t opened = 0;

    for (size_t i = *at; i < p->end;) {
        char c = p->text[i];
        if (c == '\'' || c == '"') {
            if (!skip_quoted(p, &i))
                return false;
            continue;
        }
        i++;
        if (c == open)
            opened++;
        if (c == close && --opened == 0) {
            *at = i;
            return true;
        }
    }
    return false;
}

/* ---- literals ---- */

static const struct json *keep(struct parser *p, struct json *v)
{
    json_array_add(&p->owner->literals, v);
    return v;
}

/* The value of four hexadecimal digits, or UINT32_MAX. */
static uint32_t read_hex4(const char *s, size_t len)
{
    uint32_t value = 0;
    if (len < 4)
        return UINT32_MAX;
    for (size_t i = 0; i < 4; i++) {
        unsigned digit = (unsigned char)s[i] - '0';
        if (digit > 9) {
            digit = ((unsigned char)s[i] | 0x20u) - 'a' + 10;
            if (digit < 10 || digit > 15)
                return UINT32_MAX;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* Undoes the escapes of Java strings. */
static void unescape(const char *s, size_t len, struct strbuf *out)
{
    static const char from[] = "rftnb";
    static const char to[] = "\r\f\t\n\b";

    for (size_t i = 0; i < len; i++) {
        if (s[i] != '\\' || i + 1 == len) {
            strbuf_addc(out, s[i]);
            continue;
        }
        i++;
        const char *named = strchr(from, s[i]);
        uint32_t cp = s[i] == 'u' ? read_hex4(s + i + 1, len - i - 1) : UINT32_MAX;
        if (cp != UINT32_MAX) {
            char utf8[4];
            i += 4;
            if (cp >= 0xD800 && cp < 0xDC00 && len - i > 6 && s[i + 1] == '\\' && s[i + 2] == 'u') {
                uint32_t low = read_hex4(s + i + 3, len - i - 3);
                if (low >= 0xDC00 && low < 0xE000) {
                    cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
                    i += 6;
                }
            }
            strbuf_add(out, utf8, utf8_encode(cp, utf8));
        } else {
            strbuf_addc(out, named ? to[named - from] : s[i]);
        }
    }
}

static int read_string(struct parser *p, const struct json **ret_value)
{
    size_t end = p->at;
    if (!skip_quoted(p, &end))
        return err_set(p->err, ERR_INVALID,
                       "String literal does not have matching quotes. Expected %c in %.*s",
                       p->text[p->at], (int)p->len, p->text);

    CLEANUP(strbuf_done) struct strbuf s;
    strbuf_init(&s, LIMIT_PATH_BYTES);
    unescape(p->text + p->at + 1, end - p->at - 2, &s);
    *ret_value = keep(p, json_string(s.data, s.len));
    p->at = end;
    return 0;
}

/* Copies JSON text, with single quotes made double. */
static void to_strict_json(const char *s, size_t len, struct strbuf *out)
{
    char quote = 0;
    for (size_t i = 0; i < len; i++) {
        char c = s[i];
        if (c == '\\' && i + 1 < len && quote) {
            i++;
            if (s[i] != '\'')
                strbuf_addc(out, '\\');
            strbuf_addc(out, s[i]);
        } else if (quote && c == '"' && quote != '"') {
            strbuf_adds(out, "\\\"");
        } else if (c == quote || (!quote && (c == '\'' || c == '"'))) {
            quote = quote ? 0 : c;
            strbuf_addc(out, '"');
        } else {
            strbuf_addc(out, c);
        }
    }
}

/* An array or object. */
static int read_json(struct parser *p, const struct json **ret_value)
{
    size_t end = p->at;
    if (!skip_brackets(p, &end))
        return err_set(p->err, ERR_INVALID, "Brackets do not match in filter %.*s", (int)p->len,
                       p->text);

    CLEANUP(strbuf_done) struct strbuf s;
    strbuf_init(&s, (size_t)2 * LIMIT_PATH_BYTES);
    to_strict_json(p->text + p->at, end - p->at, &s);
    struct json *v = json_parse(s.data, s.len, JSON_PARSE_DEFAULT, NULL);
    if (!v)
        return fail_parse(p);
    *ret_value = keep(p, v);
    p->at = end;
    return 0;
}

/* The number's text in JSON's stricter grammar: no leading zeros, digits around the point. */
static void to_strict_number(const char *s, size_t len, struct strbuf *out)
{
    size_t i = 0;
    if (len > 0 && s[0] == '-') {
        strbuf_addc(out, '-');
        i++;
    }
    while (i + 1 < len && s[i] == '0' && s[i + 1] >= '0' && s[i + 1] <= '9')
        i++;
    if (i + 1 < len && s[i] == '.')
        strbuf_addc(out, '0');
    for (; i < len; i++) {
        strbuf_addc(out, s[i]);
        if (s[i] == '.' && (i + 1 == len || s[i + 1] == 'e' || s[i + 1] == 'E') && i > 0 &&
            s[i - 1] >= '0' && s[i - 1] <= '9')
            strbuf_addc(out, '0');
    }
}

static int read_number(struct parser *p, const struct json **ret_value)
{
    size_t from = p->at;
    while (p->at < p->end && strchr("0123456789-.eE", p->text[p->at]))
        p->at++;

    CLEANUP(strbuf_done) struct strbuf s;
    strbuf_init(&s, LIMIT_PATH_BYTES + 8);
    to_strict_number(p->text + from, p->at - from, &s);
    struct json *v = json_number_from_text(s.data, s.len);
    if (!v)
        return fail_parse(p);
    *ret_value = keep(p, v);
    return 0;
}

/* true, false or null. */
static int read_word(struct parser *p, const char *word, struct json *value, const char *expected,
                     const struct json **ret_value)
{
    size_t len = strlen(word);
    if (p->end - p->at < len || memcmp(p->text + p->at, word, len) != 0)
        return err_set(p->err, ERR_INVALID, "%s", expected);
    *ret_value = value;
    p->at += len;
    return 0;
}

static int read_literal(struct parser *p, const struct json **ret_value)
{
    switch (peek(p)) {
    case '\'':
    case '"':
        return read_string(p, ret_value);
    case 't':
        return read_word(p, "true", json_bool(true), "Expected boolean literal", ret_value);
    case 'f':
        return read_word(p, "false", json_bool(false), "Expected boolean literal", ret_value);
    case 'n':
        return read_word(p, "null", json_null(), "Expected <null> value", ret_value);
    case '[':
    case '{':
        return read_json(p, ret_value);
    default:
        return read_number(p, ret_value);
    }
}

/* ---- operands ---- */

/* Whether the closing parenthesis at p->at belongs to a function of the path: .length() */
static bool closes_function(const struct parser *p, size_t path)
{
    size_t i = p->at;
    while (i > path && p->text[i - 1] == ' ')
        i--;
    if (i <= path || p->text[i - 1] != '(')
        return false;
    return memchr(p->text + path + 1, '.', i - path - 1) != NULL;
}

/* A path: up to a space, an operator or the parenthesis that closes the expression. */
static int read_path(struct parser *p, struct operand *ret_operand)
{
    size_t from = p->at++;
    while (p->at < p->end) {
        char c = p->text[p->at];
        if (c == '[') {
            if (!skip_brackets(p, &p->at))
                return err_set(p->err, ERR_INVALID, "Square brackets does not match in filter %.*s",
                               (int)p->len, p->text);
            continue;
        }
        if (c == ' ' || is_operator_char(c) || (c == ')' && !closes_function(p, from)))
            break;
        p->at++;
    }

    struct jsonpath *path;
    int r = path_compile(p->text + from, p->at - from, true, p->depth, &path, p->err);
    if (r < 0)
        return r;
    path->sibling = p->owner->children;
    p->owner->children = path;
    *ret_operand = (struct operand){.path = path};
    return 0;
}

/* *ret_negated: an exclamation mark stands before the path. */
static int read_operand(struct parser *p, struct operand *ret_operand, bool *ret_negated)
{
    char c = peek(p);

    *ret_negated = c == '!';
    if (*ret_negated) {
        p->at++;
        c = peek(p);
        if (c != '$' && c != '@')
            return err_set(p->err, ERR_INVALID, "Unexpected character: !");
    }
    if (c == '$' || c == '@')
        return read_path(p, ret_operand);

    *ret_operand = (struct operand){0};
    return read_literal(p, &ret_operand->literal);
}

static int read_operator(struct parser *p, filter_operator *ret_operator)
{
    (void)peek(p);
    size_t from = p->at;
    bool symbol = is_operator_char(here(p));

    while (p->at < p->end && (symbol ? is_operator_char(here(p)) : here(p) != ' '))
        p->at++;
    if (p->at - from == 2 && memcmp(p->text + from, "=~", 2) == 0) {
        (void)err_set(p->err, ERR_INVALID, "Regular expressions are not supported in filters");
        return HOPELESS;
    }
    filter_operator found = filter_operator_find(p->text + from, p->at - from);
    if (!found)
        return err_set(p->err, ERR_INVALID, "Filter operator %.*s is not supported!",
                       (int)(p->at - from), p->text + from);
    *ret_operator = found;
    return 0;
}

/* ---- expressions ---- */

static struct filter_node *new_node(struct parser *p, enum filter_kind kind)
{
    struct filter_node *node = path_alloc(p->owner, sizeof(*node));
    node->kind = kind;
    return node;
}

/* `left operator right`, or a path whose presence is tested. */
static int parse_expression(struct parser *p, struct filter_node **ret_node)
{
    struct filter_node node = {.kind = FILTER_COMPARE};
    bool negated, ignored;
    int r = read_operand(p, &node.left, &negated);
    if (r < 0)
        return r;

    size_t behind = p->at;
    r = read_operator(p, &node.compare);
    if (r == 0)
        r = read_operand(p, &node.right, &ignored);
    if (r == HOPELESS)
        return r;
    if (r < 0) {
        p->at = behind;
        if (!node.left.path)
            return err_set(p->err, ERR_INVALID, "Expected path node");
        node = (struct filter_node){.kind = negated ? FILTER_ABSENT : FILTER_EXISTS,
                                    .left = node.left};
    }
    *ret_node = new_node(p, node.kind);
    **ret_node = node;
    return 0;
}

/* One operand of && and ||: an expression, a group or a negation of one. */
static int parse_term(struct parser *p, struct filter_node **ret_node)
{
    size_t from = p->at;
    int r;

    if (p->depth > FILTER_DEPTH_MAX)
        return fail_depth(p);
    if (peek(p) == '!') {
        p->at++;
        char c = peek(p);
        if (c != '$' && c != '@') {
            struct filter_node *node = new_node(p, FILTER_NOT);
            p->depth++;
            r = parse_term(p, &node->child);
            p->depth--;
            if (r == 0)
                *ret_node = node;
            return r;
        }
        p->at = from;
    }
    if (peek(p) != '(')
        return parse_expression(p, ret_node);

    p->at++;
    p->depth++;
    r = parse_or(p, ret_node);
    p->depth--;
    if (r < 0)
        return r;
    if (peek(p) != ')')
        return err_set(p->err, ERR_INVALID, "Expected character: )");
    p->at++;
    return 0;
}

/* Operands joined by `sign`; a single one stands for itself. */
static int parse_joined(struct parser *p, enum filter_kind kind, const char *sign,
                        int (*parse)(struct parser *, struct filter_node **),
                        struct filter_node **ret_node)
{
    struct filter_node *group = NULL;
    struct filter_node *last = NULL;

    for (;;) {
        struct filter_node *node = NULL;
        int r = parse(p, &node);
        if (r < 0)
            return r;
        if (last)
            last->sibling = node;
        last = node;

        bool more = peek(p) == sign[0] && p->at + 1 < p->end && p->text[p->at + 1] == sign[1];
        if (!group && more) {
            group = new_node(p, kind);
            group->child = node;
        }
        if (!more)
            break;
        p->at += 2;
    }
    *ret_node = group ? group : last;
    return 0;
}

static int parse_and(struct parser *p, struct filter_node **ret_node)
{
    return parse_joined(p, FILTER_AND, "&&", parse_term, ret_node);
}

static int parse_or(struct parser *p, struct filter_node **ret_node)
{
    return parse_joined(p, FILTER_OR, "||", parse_and, ret_node);
}

int filter_compile(struct jsonpath *owner, const char *text, size_t len, unsigned depth,
                   const struct filter_node **ret_filter, struct err *err)
{
    struct parser p = {
        .owner = owner, .text = text, .len = len, .end = len, .depth = depth, .err = err};
    struct filter_node *node = NULL;

    p.at = (size_t)((const char *)memchr(text, '(', len) - text); /* the caller saw both ends */
    do
        p.end--;
    while (text[p.end] != ')');
    p.end++;

    int r = parse_or(&p, &node);
    if (r == 0 && peek(&p))
        r = err_set(err, ERR_INVALID, "Expected end of filter expression instead of: %.*s",
                    (int)(p.end - p.at), text + p.at);
    if (r < 0)
        return ERR_INVALID;
    *ret_filter = node;
    return 0;
}
