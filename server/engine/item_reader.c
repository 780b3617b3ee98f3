/* What all formats share, and the choice between them. */
#include "engine/item_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"

int item_reader_error(struct asl_error *err, const char *format, ...)
{
    char *cause;
    va_list ap;

    va_start(ap, format);

    int n = vasprintf(&cause, format, ap);

    va_end(ap);
    CHECK(n >= 0);
    asl_error_set(err, "States.ItemReaderFailed", "%s", cause);
    free(cause);
    return ERR_INVALID;
}

int item_not_json(struct asl_error *err, const struct json_error *where, const char *text,
                  size_t len)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, LIMIT_CAUSE_CHARS);
    json_error_message(where, text, len, &sb);
    return item_reader_error(err, "%s", sb.data);
}

int item_too_large(struct asl_error *err)
{
    return item_reader_error(err, "An item is larger than %d bytes.", LIMIT_ITEM_BYTES);
}

int item_format_of(const struct asl_item_reader *reader, struct item_format *ret_format,
                   struct asl_error *err)
{
    static const char delimiters[] = {[ASL_COMMA] = ',',
                                      [ASL_PIPE] = '|',
                                      [ASL_SEMICOLON] = ';',
                                      [ASL_SPACE] = ' ',
                                      [ASL_TAB] = '\t'};
    struct item_format f = {.kind = ITEMS_JSON, .pointer = reader->items_pointer};

    switch (reader->input_type) {
    case ASL_PARQUET:
        return item_reader_error(err, "InputType PARQUET is not supported by this server.");
    case ASL_CSV:
        f.kind = ITEMS_CSV;
        f.delimiter = delimiters[reader->csv_delimiter];
        f.headers = reader->csv_header == ASL_GIVEN ? reader->csv_headers : NULL;
        break;
    case ASL_JSONL:
        f.kind = ITEMS_JSONL;
        break;
    case ASL_INPUT_NONE:
    case ASL_JSON:
    case ASL_MANIFEST:
        break;
    }
    *ret_format = f;
    return 0;
}

static bool begins_with(const struct item_reader *r, const char *bytes, size_t len)
{
    return r->len >= len && memcmp(r->data, bytes, len) == 0;
}

struct item_reader *item_reader_new(const struct item_format *format, char *data, size_t len)
{
    struct item_reader *r = xmalloc(sizeof(*r));

    *r = (struct item_reader){.format = *format, .data = data, .len = len};
    strbuf_init(&r->field, LIMIT_ITEM_BYTES);
    if (begins_with(r, "\xEF\xBB\xBF", 3))
        r->at = 3; /* a byte order mark */
    return r;
}

struct item_reader *item_reader_of_list(struct json *list)
{
    struct item_format format = {.kind = ITEMS_LIST};
    struct item_reader *r = item_reader_new(&format, NULL, 0);

    r->list = list;
    return r;
}

void item_reader_free(struct item_reader *r)
{
    if (!r)
        return;
    json_unref(r->headers);
    json_unref(r->list);
    strbuf_done(&r->field);
    free_p(&r->data);
    free_p(&r);
}

static int next_of_list(struct item_reader *r, struct json **ret_item)
{
    if (r->at >= json_len(r->list))
        return 0;
    *ret_item = json_ref(json_at(r->list, r->at++));
    return 1;
}

int item_reader_next(struct item_reader *r, struct json **ret_item, struct asl_error *err)
{
    if (!r->begun && begins_with(r, "\x28\xB5\x2F\xFD", 4))
        return item_reader_error(err, "zstd compression is not supported by this server.");
    switch (r->format.kind) {
    case ITEMS_CSV:
        return read_csv_next(r, ret_item, err);
    case ITEMS_JSONL:
        return read_lines_next(r, ret_item, err);
    case ITEMS_JSON:
        return read_json_next(r, ret_item, err);
    case ITEMS_LIST:
        break;
    }
    return next_of_list(r, ret_item);
}
