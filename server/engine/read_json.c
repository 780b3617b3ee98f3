/* Items out of JSON: the elements of an array, of one that an ItemsPointer names, or one value in each line.
 *
 * The ends of values are found by their brackets and quotes; whether they are JSON says the parser, value by
 * value. */
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "engine/item_reader.h"

static const char not_iterable[] = "Attempting to map over non-iterable node.";

/* ---- finding the ends of values ---- */

static size_t skip_space(const struct item_reader *r, size_t at)
{
    while (at < r->len && memchr(" \t\r\n", r->data[at], 4))
        at++;
    return at;
}

/* at: behind the opening quote; returns the place behind the closing one, or one beyond the data. */
static size_t skip_string(const struct item_reader *r, size_t at)
{
    size_t start = at;

    while (at < r->len) {
        const char *quote = memchr(r->data + at, '"', r->len - at);
        size_t end = quote ? (size_t)(quote - r->data) : r->len;
        size_t escapes = end;

        while (escapes > start && r->data[escapes - 1] == '\\')
            escapes--;
        at = end + 1;
        if ((end - escapes) % 2 == 0)
            break;
    }
    return MAX(at, start + 1);
}

static size_t skip_nested(const struct item_reader *r, size_t at)
{
    size_t depth = 0;

    while (at < r->len) {
        char c = r->data[at++];

        if (c == '"')
            at = skip_string(r, at);
        else if (c == '[' || c == '{')
            depth++;
        else if ((c == ']' || c == '}') && --depth == 0)
            return at;
    }
    return r->len + 1;
}

/* The place behind the value that begins at `at`; 0: there is none, or it does not end. */
static size_t value_end(const struct item_reader *r, size_t at)
{
    size_t end = at;

    if (at >= r->len)
        return 0;
    if (r->data[at] == '"')
        end = skip_string(r, at + 1);
    else if (r->data[at] == '[' || r->data[at] == '{')
        end = skip_nested(r, at);
    else
        while (end < r->len && !memchr(",:]} \t\r\n", r->data[end], 8))
            end++;
    return end > at && end <= r->len ? end : 0;
}

/* ---- what is wrong ---- */

/* The parser's words for the whole text, if it finds something. */
static int not_json(const struct item_reader *r, struct asl_error *err)
{
    struct json_error where;

    if (!json_valid(r->data, r->len, &where))
        return item_not_json(err, &where, r->data, r->len);
    return item_reader_error(err, "The object is not valid JSON.");
}

static int not_a_list(const struct item_reader *r, struct asl_error *err)
{
    struct json_error where;

    if (!json_valid(r->data + r->at, r->len - r->at, &where))
        return item_not_json(err, &where, r->data + r->at, r->len - r->at);
    return item_reader_error(err, "%s", not_iterable);
}

/* The value in between, which `at` is moved behind. */
static int take_value(struct item_reader *r, struct json **ret_value, struct asl_error *err)
{
    struct json_error where;
    size_t end = value_end(r, r->at);

    if (end == 0)
        return not_json(r, err);
    if (end - r->at > LIMIT_ITEM_BYTES)
        return item_too_large(err);

    struct json *value = json_parse(r->data + r->at, end - r->at, JSON_PARSE_DEFAULT, &where);

    if (!value)
        return item_not_json(err, &where, r->data + r->at, end - r->at);
    r->at = end;
    *ret_value = value;
    return 0;
}

/* ---- ItemsPointer ---- */

/* One step of a JSON Pointer, unescaped: ~1 is a slash, ~0 a tilde. */
static bool read_token(const char *token, size_t len, struct strbuf *ret_key)
{
    for (size_t i = 0; i < len; i++) {
        if (token[i] == '~' && i + 1 < len && (token[i + 1] == '0' || token[i + 1] == '1'))
            strbuf_addc(ret_key, token[++i] == '0' ? '~' : '/');
        else
            strbuf_addc(ret_key, token[i]);
    }
    return !ret_key->overflow;
}

/* Whether the string in quotes at `at` is the key. */
static bool is_key(const struct item_reader *r, size_t at, size_t end, const struct strbuf *key)
{
    CLEANUP(json_unref_p)
    struct json *name = json_parse(r->data + at, end - at, JSON_PARSE_DEFAULT, NULL);
    size_t len;

    if (!json_is(name, JSON_STRING))
        return false;

    const char *s = json_str(name, &len);

    return len == key->len && memcmp(s, key->data, len) == 0;
}

static bool enter_member(struct item_reader *r, const struct strbuf *key)
{
    size_t at = skip_space(r, r->at + 1);

    while (at < r->len && r->data[at] == '"') {
        size_t end = value_end(r, at);
        bool found = end > 0 && is_key(r, at, end, key);

        at = end > 0 ? skip_space(r, end) : r->len;
        if (at >= r->len || r->data[at] != ':')
            return false;
        at = skip_space(r, at + 1);
        if (found) {
            r->at = at;
            return true;
        }
        at = value_end(r, at);
        at = at > 0 ? skip_space(r, at) : r->len;
        if (at >= r->len || r->data[at] != ',')
            return false;
        at = skip_space(r, at + 1);
    }
    return false;
}

static bool enter_element(struct item_reader *r, const struct strbuf *key)
{
    size_t index = 0;
    size_t at = skip_space(r, r->at + 1);

    if (key->len == 0 || key->len > 9)
        return false;
    for (size_t i = 0; i < key->len; i++) {
        if (key->data[i] < '0' || key->data[i] > '9')
            return false;
        index = index * 10 + (size_t)(key->data[i] - '0');
    }
    for (; index > 0; index--) {
        size_t end = value_end(r, at);

        at = end > 0 ? skip_space(r, end) : r->len;
        if (at >= r->len || r->data[at] != ',')
            return false;
        at = skip_space(r, at + 1);
    }
    r->at = at;
    return at < r->len && r->data[at] != ']';
}

static bool follow_pointer(struct item_reader *r)
{
    const char *pointer = r->format.pointer;

    while (*pointer == '/') {
        size_t len = strcspn(++pointer, "/");
        CLEANUP(strbuf_done) struct strbuf key;

        strbuf_init(&key, LIMIT_PATH_BYTES);
        if (!read_token(pointer, len, &key) || r->at >= r->len)
            return false;
        if (r->data[r->at] == '{' ? !enter_member(r, &key)
                                  : r->data[r->at] != '[' || !enter_element(r, &key))
            return false;
        pointer += len;
    }
    return *pointer == '\0';
}

struct json *read_json_pointed(const struct item_reader *r)
{
    size_t end = value_end(r, r->pointed);

    return end > 0 ? json_parse(r->data + r->pointed, end - r->pointed, JSON_PARSE_DEFAULT, NULL)
                   : NULL;
}

/* ---- JSON ---- */

/* Goes to the array; or, with a pointer, to the object whose members are the items. */
static int begin(struct item_reader *r, struct asl_error *err)
{
    size_t start = r->at;

    r->begun = true;
    r->at = skip_space(r, r->at);
    if (r->format.pointer && !follow_pointer(r)) {
        r->at = start;
        return not_a_list(r, err);
    }
    r->pointed = r->at;
    r->members = r->format.pointer && r->at < r->len && r->data[r->at] == '{';
    if (!r->members && (r->at >= r->len || r->data[r->at] != '[')) {
        r->at = start;
        return not_a_list(r, err);
    }
    r->at = skip_space(r, r->at + 1);
    if (r->at < r->len && r->data[r->at] == (r->members ? '}' : ']'))
        r->list = json_null(); /* nothing follows */
    return 0;
}

/* Behind an item: a comma, or the end. */
static int after_item(struct item_reader *r, struct asl_error *err)
{
    r->at = skip_space(r, r->at);
    if (r->at >= r->len)
        return not_json(r, err);

    char c = r->data[r->at++];

    if (c == (r->members ? '}' : ']'))
        r->list = json_null();
    else if (c != ',')
        return not_json(r, err);
    r->at = skip_space(r, r->at);
    if (r->list && !r->format.pointer && r->at < r->len)
        return not_json(r, err);
    return 0;
}

/* "Key" and "Value" of a member. */
static int take_member(struct item_reader *r, struct json **ret_item, struct asl_error *err)
{
    CLEANUP(json_unref_p) struct json *key = NULL;
    struct json *value;
    int k = take_value(r, &key, err);

    if (k < 0)
        return k;
    r->at = skip_space(r, r->at);
    if (!json_is(key, JSON_STRING) || r->at >= r->len || r->data[r->at] != ':')
        return not_json(r, err);
    r->at = skip_space(r, r->at + 1);
    k = take_value(r, &value, err);
    if (k < 0)
        return k;

    struct json_object *item = json_object_new();

    json_object_adds(item, "Key", json_ref(key));
    json_object_adds(item, "Value", value);
    *ret_item = json_object_finish(item);
    return 0;
}

int read_json_next(struct item_reader *r, struct json **ret_item, struct asl_error *err)
{
    struct json *item;
    int k = r->begun ? 0 : begin(r, err);

    if (k < 0)
        return k;
    if (r->list) /* the end was seen */
        return 0;
    k = r->members ? take_member(r, &item, err) : take_value(r, &item, err);
    if (k < 0)
        return k;
    k = after_item(r, err);
    if (k < 0) {
        json_unref(item);
        return k;
    }
    *ret_item = item;
    return 1;
}

/* ---- JSONL ---- */

/* One JSON value in every line that is not blank. */
int read_lines_next(struct item_reader *r, struct json **ret_item, struct asl_error *err)
{
    r->begun = true;
    while (r->at < r->len) {
        const char *line = r->data + r->at;
        const char *end = memchr(line, '\n', r->len - r->at);
        size_t len = end ? (size_t)(end - line) : r->len - r->at;
        struct json_error where;

        r->at += MIN(len + 1, r->len - r->at);
        while (len > 0 && memchr(" \t\r", line[len - 1], 3))
            len--;
        if (len == 0)
            continue;
        if (len > LIMIT_ITEM_BYTES)
            return item_too_large(err);

        struct json *item = json_parse(line, len, JSON_PARSE_DEFAULT, &where);

        if (!item)
            return item_not_json(err, &where, line, len);
        *ret_item = item;
        return 1;
    }
    return 0;
}
