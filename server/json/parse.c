/* The grammar of JSON text.  One walk serves json_parse, which builds values, and json_valid, which
 * does not: `build` is a constant wherever it is passed. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "json/lex.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* ---- values ---- */

/* A string without escapes. */
static struct json *plain_string(const struct raw_string *raw)
{
    size_t len = (size_t)(raw->end - raw->start);
    struct string_node *node = string_node_new(JSON_STRING, STRING_PLAIN, len);
    memcpy(node->bytes, raw->start, len);
    return &node->head;
}

static struct json *build_string(const struct raw_string *raw)
{
    if (raw->start == raw->end)
        return json_string("", 0);
    return raw->escapes ? lex_unescape(raw) : plain_string(raw);
}

/* A member's name; the same node as last time when it was seen lately. */
static struct json *build_key(struct parser *p, const struct raw_string *raw)
{
    size_t len = (size_t)(raw->end - raw->start);
    if (raw->escapes || len == 0)
        return build_string(raw);

    const unsigned char *s = (const unsigned char *)raw->start;
    size_t slot = (len * 7 + s[0] * 5 + s[len / 2] * 3 + s[len - 1]) % KNOWN_KEYS;
    struct json *known = p->known_keys[slot];
    if (!known || as_string(known)->len != len || memcmp(as_string(known)->bytes, s, len) != 0) {
        json_unref(known);
        known = p->known_keys[slot] = plain_string(raw);
    }
    return json_ref(known);
}

static void grow_stack(struct parser *p)
{
    struct json_member *more = xreallocarray(NULL, p->stack_cap, 4 * sizeof(*more));
    memcpy(more, p->stack, p->stack_len * sizeof(*more));
    if (p->stack != p->stack_at_hand)
        free(p->stack);
    p->stack = more;
    p->stack_cap *= 4;
}

/* A value is complete: it becomes the next element or member, or the whole.  Takes v. */
static void accept(struct parser *p, struct json *v)
{
    if (p->depth == 0) {
        p->root = v;
        return;
    }
    struct frame *f = &p->frames[p->depth - 1];
    f->deepest = MAX(f->deepest, v->depth);
    if (f->object && f->replaces != NOT_A_MEMBER) {
        struct json_member *m = &p->stack[f->first + f->replaces];
        json_unref(f->key);
        json_unref(m->value);
        m->value = v;
        f->replaced = true;
    } else {
        if (p->stack_len == p->stack_cap)
            grow_stack(p);
        p->stack[p->stack_len++] = (struct json_member){f->key, v};
        if (f->object)
            json_index_add(&f->index, p->stack + f->first, p->stack_len - f->first, f->hash);
    }
    f->key = NULL;
}

static struct json *build_array(const struct json_member *elements, size_t len, uint16_t deepest)
{
    struct array_node *a = xmalloc(sizeof(*a) + len * sizeof(a->items[0]));
    *a = (struct array_node){
        .head = {.refs = 1, .type = JSON_ARRAY, .depth = depth_above(deepest)},
        .len = (uint32_t)len,
    };
    for (size_t i = 0; i < len; i++)
        a->items[i] = elements[i].value;
    return &a->head;
}

static struct json *build_object(const struct json_member *members, size_t len, struct frame *f)
{
    if (f->replaced) { /* perhaps the deepest one */
        f->deepest = 0;
        for (size_t i = 0; i < len; i++)
            f->deepest = MAX(f->deepest, members[i].value->depth);
    }
    struct object_node *o = xmalloc(sizeof(*o) + len * sizeof(o->members[0]));
    *o = (struct object_node){
        .head = {.refs = 1, .type = JSON_OBJECT, .depth = depth_above(f->deepest)},
        .len = (uint32_t)len,
        .index = f->index,
    };
    memcpy(o->members, members, len * sizeof(o->members[0]));
    f->index = NULL;
    return &o->head;
}

static struct json *build_empty(bool object)
{
    if (object)
        return json_object_finish(json_object_new());
    struct json_array empty = {0};
    return json_array_finish(&empty);
}

/* ---- structure ---- */

static void grow_frames(struct parser *p)
{
    struct frame *more = xreallocarray(NULL, p->frames_cap, 4 * sizeof(*more));
    memcpy(more, p->frames, p->depth * sizeof(*more));
    if (p->frames != p->frames_at_hand)
        free(p->frames);
    p->frames = more;
    p->frames_cap *= 4;
}

static bool open_container(struct parser *p, bool object)
{
    if (p->depth == LIMIT_JSON_DEPTH) {
        p->at++;
        return fail(p,
                    "Document nesting depth (%d) exceeds the maximum allowed (%d, from "
                    "`StreamReadConstraints.getMaxNestingDepth()`)",
                    LIMIT_JSON_DEPTH + 1, LIMIT_JSON_DEPTH);
    }
    if (p->depth == p->frames_cap)
        grow_frames(p);
    p->frames[p->depth++] = (struct frame){
        .offset = (size_t)(p->at - p->text),
        .first = p->stack_len,
        .replaces = NOT_A_MEMBER,
        .object = object,
    };
    p->at++;
    return true;
}

/* The closing bracket was read. */
ALWAYS_INLINE void close_container(struct parser *p, const bool build)
{
    struct frame *f = &p->frames[--p->depth];
    if (!build)
        return;
    const struct json_member *children = p->stack + f->first;
    size_t len = p->stack_len - f->first;
    struct json *v;
    if (len == 0)
        v = build_empty(f->object);
    else if (f->object)
        v = build_object(children, len, f);
    else
        v = build_array(children, len, f->deepest);
    p->stack_len = f->first;
    accept(p, v);
}

static struct frame *top(struct parser *p)
{
    return &p->frames[p->depth - 1];
}

static const char *frame_name(const struct frame *f)
{
    return f->object ? "Object" : "Array";
}

/* The text ends where something may still come or the bracket must close. */
static COLD bool fail_at_end(struct parser *p)
{
    return fail_open(
        p, top(p),
        "Unexpected end-of-input: expected close marker for %s (start marker at " OPEN_PLACE ")",
        frame_name(top(p)));
}

/* The text ends where something must come. */
static COLD bool fail_between(struct parser *p)
{
    if (p->depth > 0)
        return fail(p, "Unexpected end-of-input within/between %s entries", frame_name(top(p)));
    (void)fail(p, "No content to map due to end-of-input");
    if (p->err) {
        p->err->line = 1; /* no token was read, so the place is that before the text */
        p->err->column = 0;
    }
    return false;
}

/* p->at is behind a closing bracket that closes nothing. */
static COLD bool fail_mismatch(struct parser *p, char bracket)
{
    const struct frame *f = p->depth > 0 ? top(p) : NULL;
    return fail_open(
        p, f, "Unexpected close marker '%c': expected '%c' (for %s starting at " OPEN_PLACE ")",
        bracket, bracket == ']' ? '}' : ']', f ? frame_name(f) : "root");
}

/* Notes the name of the next member; false when it is there already and must not be. */
static bool set_key(struct parser *p, const struct raw_string *raw)
{
    struct frame *f = top(p);
    f->key = build_key(p, raw);
    const struct string_node *name = as_string(f->key);
    f->replaces = json_members_find(p->stack + f->first, p->stack_len - f->first, f->index,
                                    name->bytes, name->len, &f->hash);
    if (f->replaces == NOT_A_MEMBER || !(p->flags & JSON_PARSE_REJECT_DUPLICATES))
        return true;
    size_t shown = text_prefix(name->bytes, name->bytes + name->len, 256);
    return fail(p, "Duplicate field '%.*s'", (int)shown, name->bytes);
}

/* A member's name and the colon. */
ALWAYS_INLINE bool read_key(struct parser *p, const bool build)
{
    struct raw_string raw;
    if (*p->at != '"')
        return fail_unexpected(p, "was expecting double-quote to start field name");
    p->at++;
    if (!lex_string(p, true, &raw) || (build && !set_key(p, &raw)) || !lex_skip_space(p))
        return false;
    if (p->at == p->end)
        return fail_between(p);
    if (*p->at != ':')
        return fail_unexpected(p, "was expecting a colon to separate field name and value");
    p->at++;
    return true;
}

/* Reads a scalar, or opens an array or object; tells by p->depth. */
ALWAYS_INLINE bool read_value(struct parser *p, const bool build)
{
    if (!lex_skip_space(p))
        return false;
    if (p->at == p->end)
        return fail_between(p);

    struct json *v = NULL;
    struct raw_string raw;
    struct number_scan number;
    switch (*p->at) {
    case '{':
    case '[':
        return open_container(p, *p->at == '{');
    case '"':
        p->at++;
        if (!lex_string(p, false, &raw))
            return false;
        if (build)
            v = build_string(&raw);
        break;
    case 't':
        if (!lex_literal(p, "true"))
            return false;
        v = json_bool(true);
        break;
    case 'f':
        if (!lex_literal(p, "false"))
            return false;
        v = json_bool(false);
        break;
    case 'n':
        if (!lex_literal(p, "null"))
            return false;
        v = json_null();
        break;
    case '-':
    case '0' ... '9':
        if (!lex_number(p, &number))
            return false;
        if (build)
            v = number_from_scan(&number);
        break;
    case ']':
    case '}':
        if (p->depth == 0)
            return fail_mismatch(p, *p->at++);
        return lex_bad_value(p);
    default:
        return lex_bad_value(p);
    }
    if (build)
        accept(p, v);
    return true;
}

/* Behind a value: closes what is closed here, up to a comma and the name that may follow it. */
ALWAYS_INLINE bool read_to_next(struct parser *p, const bool build)
{
    while (p->depth > 0) {
        if (!lex_skip_space(p))
            return false;
        if (p->at == p->end)
            return fail_at_end(p);
        char c = *p->at;
        bool object = top(p)->object;
        if (c == ',') {
            p->at++;
            if (!lex_skip_space(p))
                return false;
            if (p->at == p->end)
                return fail_between(p);
            return !object || read_key(p, build);
        }
        if (c != ']' && c != '}')
            return fail_unexpected(p, object ? "was expecting comma to separate Object entries"
                                             : "was expecting comma to separate Array entries");
        p->at++;
        if (object != (c == '}'))
            return fail_mismatch(p, c);
        close_container(p, build);
    }
    return true;
}

/* One value with all it holds. */
ALWAYS_INLINE bool read_tree(struct parser *p, const bool build)
{
    do {
        size_t depth = p->depth;
        if (!read_value(p, build))
            return false;
        if (p->depth > depth) {
            if (!lex_skip_space(p))
                return false;
            if (p->at == p->end)
                return fail_at_end(p);
            if (*p->at != (top(p)->object ? '}' : ']')) {
                if (top(p)->object && !read_key(p, build))
                    return false;
                continue;
            }
        }
        if (!read_to_next(p, build))
            return false;
    } while (p->depth > 0);
    return true;
}

/* Something stands behind the value: says what, or what is wrong with it. */
static COLD bool fail_trailing(struct parser *p)
{
    static const struct {
        char first;
        const char *type;
    } tokens[] = {
        {'{', "START_OBJECT"}, {'[', "START_ARRAY"}, {'"', "VALUE_STRING"},
        {'t', "VALUE_TRUE"},   {'f', "VALUE_FALSE"}, {'n', "VALUE_NULL"},
    };
    const char *start = p->at;
    if (!read_value(p, false))
        return false;

    const char *type = "VALUE_NUMBER_INT";
    for (const char *s = start; s < p->at; s++)
        if (*s == '.' || *s == 'e' || *s == 'E')
            type = "VALUE_NUMBER_FLOAT";
    for (size_t i = 0; i < ARRAY_LEN(tokens); i++)
        if (tokens[i].first == *start)
            type = tokens[i].type;
    p->at = start;
    return fail(p,
                "Trailing token (of type %s) found after value (bound as "
                "`com.fasterxml.jackson.databind.JsonNode`): not allowed as per "
                "`DeserializationFeature.FAIL_ON_TRAILING_TOKENS`",
                type);
}

/* The whole text: one value and white space around it. */
ALWAYS_INLINE bool read_text(struct parser *p, const bool build)
{
    if (!read_tree(p, build))
        return false;
    bool number = p->at > p->text && p->at[-1] >= '0' && p->at[-1] <= '9';
    if (number && p->at < p->end && !strchr(" \t\r\n", *p->at))
        return fail_unexpected(p, "Expected space separating root-level values");
    if (!lex_skip_space(p))
        return false;
    return p->at == p->end || fail_trailing(p);
}

/* ---- entry points ---- */

static void parser_init(struct parser *p, const char *text, size_t len, unsigned flags,
                        struct json_error *err)
{
    p->text = p->at = text;
    p->end = text + len;
    p->flags = flags;
    p->err = err;
    p->frames = p->frames_at_hand;
    p->frames_cap = FRAMES_AT_HAND;
    p->stack = p->stack_at_hand;
    p->stack_cap = STACK_AT_HAND;
    p->depth = 0;
    p->stack_len = 0;
    p->root = NULL;
}

static void parser_done(struct parser *p)
{
    if (p->frames != p->frames_at_hand)
        free(p->frames);
    if (p->stack != p->stack_at_hand)
        free(p->stack);
}

/* Drops what was built before the error. */
static COLD void drop_all(struct parser *p)
{
    for (size_t i = 0; i < p->stack_len; i++) {
        json_unref(p->stack[i].key);
        json_unref(p->stack[i].value);
    }
    for (size_t i = 0; i < p->depth; i++) {
        json_unref(p->frames[i].key);
        json_index_free(p->frames[i].index);
    }
    json_unref(p->root);
    p->root = NULL;
}

struct json *json_parse(const char *text, size_t len, unsigned flags, struct json_error *err)
{
    struct parser p;
    parser_init(&p, text, len, flags, err);
    memset(p.known_keys, 0, sizeof(p.known_keys));
    if (!read_text(&p, true))
        drop_all(&p);
    for (size_t i = 0; i < KNOWN_KEYS; i++)
        json_unref(p.known_keys[i]);
    parser_done(&p);
    return p.root;
}

bool json_valid(const char *text, size_t len, struct json_error *err)
{
    struct parser p;
    parser_init(&p, text, len, JSON_PARSE_DEFAULT, err);
    bool valid = read_text(&p, false);
    parser_done(&p);
    return valid;
}
