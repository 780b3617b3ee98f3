/* From the text of a call to its tree. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "intrinsics/call.h"

#define PREFIX "States."

struct parser {
    const char *s;
    size_t len, at;
    unsigned depth;
    size_t arguments;
    struct err *err;
};

static int parse_call(struct parser *p, struct call **ret_call);

bool intrinsic_looks_like(const char *text, size_t len)
{
    return len >= strlen(PREFIX) && memcmp(text, PREFIX, strlen(PREFIX)) == 0;
}

static void call_free(struct call *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->count; i++) {
        struct argument *a = &c->args[i];
        if (a->kind == ARGUMENT_VALUE)
            json_unref(a->value);
        else if (a->kind == ARGUMENT_PATH)
            jsonpath_free(a->path);
        else
            call_free(a->call); /* ends at LIMIT_INTRINSIC_DEPTH */
    }
    if (c->format)
        template_done(c->format);
    free(c->format);
    free(c->args);
    free(c);
}

static void call_free_p(struct call **c)
{
    call_free(*c);
}

static int fail(const struct parser *p, const char *what)
{
    return err_set(p->err, ERR_INVALID, "%s at position %zu", what, p->at);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next character that is not white space, or NUL at the end. */
static char peek(struct parser *p)
{
    while (p->at < p->len && is_space(p->s[p->at]))
        p->at++;
    return p->at < p->len ? p->s[p->at] : '\0';
}

/* Whether the word at p->at is `word` and nothing longer. */
static bool take_word(struct parser *p, const char *word)
{
    size_t len = strlen(word);
    if (p->len - p->at < len || memcmp(p->s + p->at, word, len) != 0)
        return false;
    p->at += len;
    return true;
}

/* ---- arguments ---- */

/* Finds the quote that ends the string at p->at, and checks its escapes. */
static int find_quote(struct parser *p, size_t *ret_end)
{
    for (size_t i = p->at + 1; i < p->len; i++) {
        if (p->s[i] == '\'') {
            *ret_end = i;
            return 0;
        }
        if (p->s[i] != '\\')
            continue;
        i++;
        if (i == p->len || !memchr("'{}\\", p->s[i], 4)) {
            p->at = i - 1;
            return fail(p, "A backslash must stand before ', {, } or \\");
        }
    }
    return fail(p, "The string is not closed");
}

static int parse_string(struct parser *p, struct call *call, struct argument *arg)
{
    size_t from = p->at + 1;
    size_t end = 0;
    int r = find_quote(p, &end);
    if (r < 0)
        return r;

    CLEANUP(strbuf_done) struct strbuf s;
    strbuf_init(&s, end - from);
    for (size_t i = from; i < end; i++) {
        if (p->s[i] == '\\')
            i++;
        strbuf_addc(&s, p->s[i]);
    }
    if (call->count == 0 && call->function->body == function_format) {
        call->format = xcalloc(1, sizeof(*call->format));
        template_init(call->format);
        if (!template_read(call->format, p->s + from, end - from, true))
            return fail(p, "Braces of a template are a pair {} or stand behind a backslash");
    }
    *arg = (struct argument){.kind = ARGUMENT_VALUE, .value = json_string(s.data, s.len)};
    p->at = end + 1;
    return 0;
}

/* A path ends at a comma or parenthesis outside its own brackets; within brackets quotes protect
 * everything. */
static size_t path_end(const struct parser *p)
{
    size_t brackets = 0, parentheses = 0;
    char quote = '\0';

    for (size_t i = p->at; i < p->len; i++) {
        char c = p->s[i];
        if (quote) {
            if (c == quote)
                quote = '\0';
        } else if (brackets > 0 && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == '[') {
            brackets++;
        } else if (c == ']') {
            brackets -= brackets > 0;
        } else if (c == '(') {
            parentheses++;
        } else if (c == ')' && parentheses > 0) {
            parentheses--;
        } else if (brackets == 0 && parentheses == 0 && (c == ',' || c == ')')) {
            return i;
        }
    }
    return p->len;
}

static int parse_path(struct parser *p, struct argument *arg)
{
    size_t end = path_end(p);
    size_t len = end - p->at;
    struct jsonpath *path;

    while (is_space(p->s[p->at + len - 1]))
        len--;
    int r = jsonpath_compile(p->s + p->at, len, &path, p->err);
    if (r < 0)
        return r;

    *arg = (struct argument){.kind = ARGUMENT_PATH, .path = path};
    p->at = end;
    return 0;
}

static int parse_number(struct parser *p, struct argument *arg)
{
    size_t end = p->at;
    while (end < p->len && p->s[end] && strchr("0123456789+-.eE", p->s[end]))
        end++;
    struct json *v = json_number_from_text(p->s + p->at, end - p->at);
    if (!v)
        return fail(p, "An argument is a 'string', a number, true, false, null, a path or a call");
    *arg = (struct argument){.kind = ARGUMENT_VALUE, .value = v};
    p->at = end;
    return 0;
}

static int parse_argument(struct parser *p, struct call *call, struct argument *arg)
{
    char c = peek(p);
    int r = 0;

    if (++p->arguments > INTRINSIC_ARGUMENTS_MAX)
        return fail(p, "There are too many arguments");
    if (c == '\'')
        return parse_string(p, call, arg);
    if (c == '$')
        return parse_path(p, arg);
    if (intrinsic_looks_like(p->s + p->at, p->len - p->at)) {
        struct call *inner;
        r = parse_call(p, &inner);
        if (r == 0)
            *arg = (struct argument){.kind = ARGUMENT_CALL, .call = inner};
        return r;
    }

    if (take_word(p, "null"))
        *arg = (struct argument){.kind = ARGUMENT_VALUE, .value = json_null()};
    else if (take_word(p, "true"))
        *arg = (struct argument){.kind = ARGUMENT_VALUE, .value = json_bool(true)};
    else if (take_word(p, "false"))
        *arg = (struct argument){.kind = ARGUMENT_VALUE, .value = json_bool(false)};
    else
        r = parse_number(p, arg);
    return r;
}

/* What stands between the parentheses, and the closing one. */
static int parse_arguments(struct parser *p, struct call *call)
{
    if (peek(p) == ')') {
        p->at++;
        return 0;
    }
    for (;;) {
        struct argument arg;
        int r = parse_argument(p, call, &arg);
        if (r < 0)
            return r;
        GROW(call->args, call->count, call->cap);
        call->args[call->count++] = arg;

        char c = peek(p);
        if (c != ',' && c != ')')
            return fail(p, "Expected , or )");
        p->at++;
        if (c == ')')
            return 0;
    }
}

static int parse_call(struct parser *p, struct call **ret_call)
{
    size_t name = p->at + strlen(PREFIX);
    size_t end = name;
    while (end < p->len &&
           ((p->s[end] >= 'a' && p->s[end] <= 'z') || (p->s[end] >= 'A' && p->s[end] <= 'Z') ||
            (p->s[end] >= '0' && p->s[end] <= '9')))
        end++;

    const struct function *function = function_find(p->s + name, end - name);
    if (!function)
        return err_set(p->err, ERR_INVALID, "Unknown intrinsic function %.*s", (int)(end - p->at),
                       p->s + p->at);
    if (p->depth == LIMIT_INTRINSIC_DEPTH)
        return fail(p, "Calls are nested too deeply");
    p->at = end;
    if (peek(p) != '(')
        return fail(p, "Expected (");
    p->at++;

    CLEANUP(call_free_p) struct call *call = xcalloc(1, sizeof(*call));
    call->function = function;
    p->depth++;
    int r = parse_arguments(p, call);
    p->depth--;
    if (r < 0)
        return r;
    *ret_call = call;
    call = NULL;
    return 0;
}

int intrinsic_compile(const char *text, size_t len, struct intrinsic **ret_call, struct err *err)
{
    struct parser p = {.s = text, .len = len, .err = err};
    struct call *call;

    if (!intrinsic_looks_like(text, len))
        return fail(&p, "Expected " PREFIX);
    int r = parse_call(&p, &call);
    if (r < 0)
        return r;
    if (peek(&p) || p.at < len) {
        call_free(call);
        return fail(&p, "Nothing may follow the call");
    }

    struct intrinsic *made = xcalloc(1, sizeof(*made));
    made->text = xmemdup(text, len);
    made->call = call;
    *ret_call = made;
    return 0;
}

void intrinsic_free(struct intrinsic *call)
{
    if (!call)
        return;
    call_free(call->call);
    free(call->text);
    free(call);
}

const char *intrinsic_text(const struct intrinsic *call)
{
    return call->text;
}

static void visit_paths(const struct call *call, void (*visit)(void *, const struct jsonpath *),
                        void *arg)
{
    for (size_t i = 0; i < call->count; i++) {
        if (call->args[i].kind == ARGUMENT_PATH)
            visit(arg, call->args[i].path);
        else if (call->args[i].kind == ARGUMENT_CALL)
            visit_paths(call->args[i].call, visit, arg);
    }
}

void intrinsic_paths(const struct intrinsic *call,
                     void (*visit)(void *arg, const struct jsonpath *path), void *arg)
{
    visit_paths(call->call, visit, arg);
}
