/* ItemReader: data as it is found at its source, into items (reference/asl.md section 9, ItemReader). */
#include <string.h>

#include "engine/internal.h"

static int reader_error(struct asl_error *err, const char *cause)
{
    asl_error_set(err, "States.ItemReaderFailed", "%s", cause);
    return ERR_INVALID;
}

/* ---- JSON ---- */

/* One step of a JSON Pointer: ~1 is a slash, ~0 a tilde. */
static const struct json *step(const struct json *value, const char *token, size_t len)
{
    CLEANUP(strbuf_done) struct strbuf key;

    strbuf_init(&key, LIMIT_PATH_BYTES);
    for (size_t i = 0; i < len; i++) {
        if (token[i] == '~' && i + 1 < len && (token[i + 1] == '0' || token[i + 1] == '1'))
            strbuf_addc(&key, token[++i] == '0' ? '~' : '/');
        else
            strbuf_addc(&key, token[i]);
    }
    if (key.overflow)
        return NULL;
    if (json_is(value, JSON_OBJECT))
        return json_get(value, key.data, key.len);

    size_t index = 0;

    if (key.len == 0 || key.len > 9)
        return NULL;
    for (size_t i = 0; i < key.len; i++) {
        if (key.data[i] < '0' || key.data[i] > '9')
            return NULL;
        index = index * 10 + (size_t)(key.data[i] - '0');
    }
    return json_at(value, index);
}

static const struct json *follow_pointer(const struct json *value, const char *pointer)
{
    while (value && *pointer == '/') {
        size_t len = strcspn(++pointer, "/");

        value = step(value, pointer, len);
        pointer += len;
    }
    return *pointer ? NULL : value;
}

/* What a Map goes over: an array, or an object's members as Key and Value. */
static int iterable(const struct json *value, struct json **ret_items, struct asl_error *err)
{
    if (json_is(value, JSON_ARRAY)) {
        *ret_items = json_ref(value);
        return 0;
    }
    if (!json_is(value, JSON_OBJECT))
        return reader_error(err, "Attempting to map over non-iterable node.");

    struct json_array items;

    json_array_init(&items);
    for (size_t i = 0; i < json_len(value); i++) {
        struct json_object *item = json_object_new();

        json_object_adds(item, "Key", json_ref(json_key_at(value, i)));
        json_object_adds(item, "Value", json_ref(json_member_at(value, i)));
        json_array_add(&items, json_object_finish(item));
    }
    *ret_items = json_array_finish(&items);
    return 0;
}

static int read_json(const struct asl_item_reader *reader, struct text data,
                     struct json **ret_items, struct json **ret_pointed, struct asl_error *err)
{
    struct json_error where;
    CLEANUP(json_unref_p)
    struct json *all = json_parse(data.data, data.len, JSON_PARSE_DEFAULT, &where);

    if (!all)
        return reader_error(err, where.text);
    if (!reader->items_pointer)
        return iterable(all, ret_items, err);

    const struct json *at = follow_pointer(all, reader->items_pointer);

    if (!at)
        return reader_error(err, "Attempting to map over non-iterable node.");

    int r = iterable(at, ret_items, err);

    if (r == 0)
        *ret_pointed = json_ref(at);
    return r;
}

/* One JSON value in every line that is not blank. */
static int read_lines(struct text data, struct json **ret_items, struct asl_error *err)
{
    struct json_array items;

    json_array_init(&items);
    for (size_t at = 0; at < data.len;) {
        const char *line = data.data + at;
        const char *end = memchr(line, '\n', data.len - at);
        size_t len = end ? (size_t)(end - line) : data.len - at;
        struct json_error where;

        at += len + 1;
        while (len > 0 && strchr(" \t\r", line[len - 1]))
            len--;
        if (len == 0)
            continue;

        struct json *item = json_parse(line, len, JSON_PARSE_DEFAULT, &where);

        if (!item) {
            json_array_done(&items);
            return reader_error(err, where.text);
        }
        json_array_add(&items, item);
    }
    *ret_items = json_array_finish(&items);
    return 0;
}

/* ---- CSV ---- */

struct csv {
    struct text data;
    size_t at;
    char delimiter;
    struct strbuf field;
};

/* A backslash keeps itself, a quote or the delimiter; before anything else it is dropped. */
static void csv_escape(struct csv *c)
{
    char next = c->at < c->data.len ? c->data.data[c->at] : '\0';

    if (next == '\\' || next == '"' || next == c->delimiter) {
        strbuf_addc(&c->field, next);
        c->at++;
    }
}

/* Reads one field into c->field.  True when its row goes on. */
static bool csv_field(struct csv *c)
{
    bool quoted = false;

    strbuf_clear(&c->field);
    while (c->at < c->data.len) {
        char ch = c->data.data[c->at++];

        if (ch == '\\') {
            csv_escape(c);
        } else if (ch == '"') {
            if (quoted && c->at < c->data.len && c->data.data[c->at] == '"') {
                strbuf_addc(&c->field, '"');
                c->at++;
            } else {
                quoted = !quoted;
            }
        } else if (!quoted && ch == c->delimiter) {
            return true;
        } else if (!quoted && ch == '\r' && c->at < c->data.len && c->data.data[c->at] == '\n') {
            continue;
        } else if (!quoted && ch == '\n') {
            return false;
        } else {
            strbuf_addc(&c->field, ch);
        }
    }
    return false;
}

/* The next row, an array of strings; NULL at the end. */
static struct json *csv_row(struct csv *c)
{
    while (c->at < c->data.len && c->data.data[c->at] == '\n')
        c->at++; /* blank */
    if (c->at >= c->data.len)
        return NULL;

    struct json_array row;
    bool more;

    json_array_init(&row);
    do {
        more = csv_field(c);
        json_array_add(&row, json_string(c->field.data, c->field.len));
    } while (more);
    return json_array_finish(&row);
}

static bool has_duplicates(const struct json *headers)
{
    struct map *seen = map_new();
    bool twice = false;

    for (size_t i = 0; i < json_len(headers) && !twice; i++) {
        size_t len;
        const char *name = json_str(json_at(headers, i), &len);

        twice = map_get(seen, name, len) != NULL;
        (void)map_set(seen, name, len, seen);
    }
    map_free(seen);
    return twice;
}

static int read_csv(const struct asl_item_reader *reader, struct text data, struct json **ret_items,
                    struct asl_error *err)
{
    static const char delimiters[] = {[ASL_COMMA] = ',',
                                      [ASL_PIPE] = '|',
                                      [ASL_SEMICOLON] = ';',
                                      [ASL_SPACE] = ' ',
                                      [ASL_TAB] = '\t'};
    struct csv c = {.data = data, .delimiter = delimiters[reader->csv_delimiter]};
    CLEANUP(json_unref_p) struct json *headers = NULL;
    struct json_array items;
    struct json *row;

    strbuf_init(&c.field, LIMIT_VALUE_BYTES);
    if (reader->csv_header == ASL_GIVEN && reader->csv_headers)
        headers = json_ref(reader->csv_headers);
    else
        headers = csv_row(&c);
    if (headers && has_duplicates(headers)) {
        strbuf_done(&c.field);
        return reader_error(err, "CSV headers cannot contain duplicates.");
    }
    json_array_init(&items);
    while (headers && (row = csv_row(&c))) {
        struct json_object *item = json_object_new();

        for (size_t i = 0; i < json_len(headers); i++)
            json_object_add(item, json_ref(json_at(headers, i)),
                            i < json_len(row) ? json_ref(json_at(row, i)) : json_string("", 0));
        json_array_add(&items, json_object_finish(item));
        json_unref(row);
    }
    strbuf_done(&c.field);
    *ret_items = json_array_finish(&items);
    return 0;
}

int map_read(const struct asl_item_reader *reader, struct text data, struct json **ret_items,
             struct json **ret_pointed, struct asl_error *err)
{
    *ret_pointed = NULL;
    switch (reader->input_type) {
    case ASL_CSV:
        return read_csv(reader, data, ret_items, err);
    case ASL_JSONL:
        return read_lines(data, ret_items, err);
    default: /* a listing of objects, an inventory: given as the list it comes to */
        return read_json(reader, data, ret_items, ret_pointed, err);
    }
}
