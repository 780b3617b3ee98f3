/* Items out of the bytes of an object (reference/asl.md section 9, ItemReader).
 *
 * A reader has the whole object and gives one item a call, so that a large one is worked on in small
 * steps; a step is bounded by LIMIT_ITEM_BYTES, but for the search of an ItemsPointer.  Whatever is wrong
 * with the bytes is States.ItemReaderFailed in err; a reader that failed is only good for freeing. */
#pragma once

#include "asl/asl.h"
#include "base/strbuf.h"
#include "json/json.h"

enum item_format_kind { ITEMS_JSON, ITEMS_JSONL, ITEMS_CSV, ITEMS_LIST };

struct item_format {
    enum item_format_kind kind;
    const char *pointer;        /* JSON: ItemsPointer; NULL: none; borrowed, as headers */
    char delimiter;             /* CSV */
    const struct json *headers; /* CSV: array of names; NULL: the first row has them */
};

/* How an ItemReader wants objects read; ERR_INVALID for a format that this server does not read. */
MUST_USE int item_format_of(const struct asl_item_reader *reader, struct item_format *ret_format,
                            struct asl_error *err);

struct item_reader {
    struct item_format format;
    char *data; /* owned */
    size_t len, at;
    bool begun;
    bool members;         /* JSON: goes over the members of an object */
    size_t pointed;       /* JSON: where the value that it goes over begins */
    struct json *headers; /* CSV: owned */
    struct strbuf field;  /* CSV: of the row being read */
    size_t row;           /* CSV: where that row begins */
    struct json *list;    /* LIST: owned */
};

/* What format points to is borrowed for the life of the reader. */
struct item_reader *item_reader_new(const struct item_format *format, char *data /* takes */,
                                    size_t len) MUST_USE;
/* Over the elements of an array. */
struct item_reader *item_reader_of_list(struct json *list /* takes */) MUST_USE;
void item_reader_free(struct item_reader *r);
/* 1 and the next item, 0 after the last one, or ERR_INVALID. */
MUST_USE int item_reader_next(struct item_reader *r, struct json **ret_item, struct asl_error *err);

/* ---- for the formats: read_json.c, read_csv.c ---- */
int item_reader_error(struct asl_error *err, const char *format, ...) PRINTF_LIKE(2, 3);
/* What the parser says of a text that is not JSON. */
int item_not_json(struct asl_error *err, const struct json_error *where, const char *text,
                  size_t len);
int item_too_large(struct asl_error *err);
MUST_USE int read_json_next(struct item_reader *r, struct json **ret_item, struct asl_error *err);
MUST_USE int read_lines_next(struct item_reader *r, struct json **ret_item, struct asl_error *err);
MUST_USE int read_csv_next(struct item_reader *r, struct json **ret_item, struct asl_error *err);
/* After the first item: the value that ItemsPointer gave; NULL: its text is not complete. */
struct json *read_json_pointed(const struct item_reader *r) MUST_USE;

/* ---- read_listing.c: objects that name other objects ---- */

/* A page of ListObjectsV2, as the SDK answers it. */
struct object_listing {
    struct json *items; /* array of {Etag, Key, LastModified, Size, StorageClass} */
    char *token;        /* of the next page; NULL: it was the last */
};
MUST_USE int read_listing(struct text page, struct object_listing *ret_listing,
                          struct asl_error *err);
void object_listing_done(struct object_listing *l);
/* Names as requests have them, an array of {"Bucket":..., "Key":...}: of what a listing has ... */
struct json *listing_objects(const struct json *items, const char *bucket) MUST_USE;
/* ... of the files of an S3 inventory, with the names of their columns; */
MUST_USE int read_inventory(struct text manifest, struct json **ret_objects,
                            struct json **ret_headers, struct asl_error *err);
/* ... and of the data files of an Athena query, "s3://bucket/key" in every line. */
MUST_USE int read_athena_manifest(struct text manifest, struct json **ret_objects,
                                  struct asl_error *err);
