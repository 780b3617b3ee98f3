/* Items out of CSV: an object of strings for each row (reference/asl.md section 9, CSV rules). */
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/utf8.h"
#include "engine/item_reader.h"

/* A backslash keeps itself, a quote or the delimiter; before anything else it is dropped. */
static void read_escape(struct item_reader *r)
{
    char next = r->at < r->len ? r->data[r->at] : '\0';

    if (next == '\\' || next == '"' || next == r->format.delimiter) {
        strbuf_addc(&r->field, next);
        r->at++;
    }
}

static bool at_line_end(const struct item_reader *r)
{
    return r->at < r->len &&
           (r->data[r->at] == '\n' ||
            (r->data[r->at] == '\r' && r->at + 1 < r->len && r->data[r->at + 1] == '\n'));
}

/* Reads one field.  True when its row goes on. */
static bool read_field(struct item_reader *r)
{
    bool quoted = false;

    strbuf_clear(&r->field);
    while (r->at < r->len && r->at - r->row <= LIMIT_ITEM_BYTES) {
        bool end = !quoted && at_line_end(r);
        char c = r->data[r->at++];

        if (end) {
            r->at += c == '\r';
            return false;
        }
        if (c == '\\') {
            read_escape(r);
        } else if (c == '"') {
            if (quoted && r->at < r->len && r->data[r->at] == '"') {
                strbuf_addc(&r->field, '"');
                r->at++;
            } else {
                quoted = !quoted;
            }
        } else if (!quoted && c == r->format.delimiter) {
            return true;
        } else {
            strbuf_addc(&r->field, c);
        }
    }
    return false;
}

/* The next row's first `max` fields, an array of strings: 1, or 0 at the end, or ERR_INVALID. */
static int read_row(struct item_reader *r, size_t max, struct json **ret_row, struct asl_error *err)
{
    struct json_array row;
    bool more;

    while (at_line_end(r))
        r->at += r->data[r->at] == '\r' ? 2 : 1; /* blank */
    if (r->at >= r->len)
        return 0;
    r->row = r->at;
    json_array_init(&row);
    do {
        more = read_field(r);
        if (row.len >= max)
            continue;
        if (!utf8_valid(r->field.data, r->field.len)) {
            json_array_done(&row);
            return item_reader_error(err, "The CSV file is not valid UTF-8.");
        }
        json_array_add(&row, json_string(r->field.data, r->field.len));
    } while (more);
    if (r->at - r->row > LIMIT_ITEM_BYTES) {
        json_array_done(&row);
        return item_too_large(err);
    }
    *ret_row = json_array_finish(&row);
    return 1;
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

static int begin(struct item_reader *r, struct asl_error *err)
{
    r->begun = true;
    if (r->format.headers) {
        r->headers = json_ref(r->format.headers);
    } else {
        int k = read_row(r, LIMIT_CSV_HEADER_BYTES, &r->headers, err);

        if (k < 0)
            return k;
        if (r->headers && r->at - r->row > LIMIT_CSV_HEADER_BYTES + 1)
            return item_reader_error(err, "CSV headers cannot be longer than %d bytes.",
                                     LIMIT_CSV_HEADER_BYTES);
    }
    if (r->headers && has_duplicates(r->headers))
        return item_reader_error(err, "CSV headers cannot contain duplicates.");
    return 0;
}

/* Short rows are filled up with "", fields that have no header are left out. */
int read_csv_next(struct item_reader *r, struct json **ret_item, struct asl_error *err)
{
    int k = r->begun ? 0 : begin(r, err);

    if (k < 0)
        return k;
    if (!r->headers)
        return 0;

    CLEANUP(json_unref_p) struct json *row = NULL;

    k = read_row(r, json_len(r->headers), &row, err);
    if (k <= 0)
        return k;

    struct json_object *item = json_object_new();

    for (size_t i = 0; i < json_len(r->headers); i++)
        json_object_add(item, json_ref(json_at(r->headers, i)),
                        i < json_len(row) ? json_ref(json_at(row, i)) : json_string("", 0));
    *ret_item = json_object_finish(item);
    return 1;
}
