/* Fuzzes what is read out of objects: the first line of the input says how (a letter, then the delimiter of
 * CSV or an ItemsPointer), the rest are the bytes of the object.
 *
 *     j JSON   l JSONL   c CSV   L listing   i S3 inventory   a Athena manifest   z gzip */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/gunzip.h"
#include "engine/item_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ITEMS_MAX = 10000, UNPACKED_MAX = 1 << 20 };

/* Items can be printed, and read again as they are when they were captured. */
static void check_item(const struct json *item)
{
    size_t len;
    char *text = json_text(item, (size_t)1 << 26, &len);
    struct json *again = json_parse(text, len, JSON_PARSE_DEFAULT, NULL);

    CHECK(again && json_equal(item, again));
    json_unref(again);
    free(text);
}

/* 1, 0 or an error, which has a text. */
static void check_items(const struct item_format *format, const char *data, size_t len)
{
    struct item_reader *r = item_reader_new(format, xmemdup(data, len), len);
    struct asl_error err = {0};
    struct json *item = NULL;
    int k = 1;

    for (int i = 0; k > 0 && i < ITEMS_MAX; i++) {
        k = item_reader_next(r, &item, &err);
        CHECK((k < 0) == (err.cause != NULL));
        if (k <= 0)
            break;
        check_item(item);
        if (i == 0 && format->kind == ITEMS_JSON)
            json_unref(read_json_pointed(r));
        json_unref(item);
    }
    asl_error_done(&err);
    item_reader_free(r);
}

static void check_names(char how, struct text text)
{
    struct asl_error err = {0};
    struct object_listing listing = {0};
    struct json *objects = NULL, *headers = NULL;
    int k = how == 'L'   ? read_listing(text, &listing, &err)
            : how == 'i' ? read_inventory(text, &objects, &headers, &err)
                         : read_athena_manifest(text, &objects, &err);

    CHECK((k < 0) == (err.cause != NULL));
    if (k == 0 && how == 'L')
        objects = listing_objects(listing.items, "bucket");
    if (objects)
        check_item(objects);
    json_unref(objects);
    json_unref(headers);
    object_listing_done(&listing);
    asl_error_done(&err);
}

static void check_gunzip(const char *data, size_t len)
{
    struct gunzip *g = gunzip_new(xmemdup(data, len), len, UNPACKED_MAX);
    size_t unpacked;

    while (gunzip_step(g) > 0)
        ;
    free(gunzip_take(g, &unpacked));
    CHECK(unpacked <= UNPACKED_MAX);
    gunzip_free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *data = (const char *)bytes;
    const char *end = memchr(data, '\n', size);
    struct item_format format = {.delimiter = ','};
    char how;

    if (!end || end == data)
        return 0;
    how = *data;

    CLEANUP(free_p) char *argument = xmemdup(data + 1, (size_t)(end - data) - 1);
    struct text rest = {end + 1, size - (size_t)(end + 1 - data)};

    switch (how) {
    case 'L':
    case 'i':
    case 'a':
        check_names(how, rest);
        return 0;
    case 'z':
        check_gunzip(rest.data, rest.len);
        return 0;
    case 'l':
        format.kind = ITEMS_JSONL;
        break;
    case 'c':
        format.kind = ITEMS_CSV;
        if (*argument)
            format.delimiter = *argument;
        break;
    default:
        format.kind = ITEMS_JSON;
        format.pointer = *argument ? argument : NULL;
        break;
    }
    check_items(&format, rest.data, rest.len);
    return 0;
}
