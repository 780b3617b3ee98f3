/* Objects that name other objects: listings and manifests (reference/asl.md section 9, ItemReader). */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "base/utf8.h"
#include "engine/item_reader.h"

static struct json *object_name(struct json *bucket /* takes */, struct json *key /* takes */)
{
    struct json_object *o = json_object_new();

    json_object_adds(o, "Bucket", bucket);
    json_object_adds(o, "Key", key);
    return json_object_finish(o);
}

static struct json *parse(struct text text, struct asl_error *err)
{
    struct json_error where;
    struct json *v = json_parse(text.data, text.len, JSON_PARSE_DEFAULT, &where);

    if (!v)
        (void)item_not_json(err, &where, text.data, text.len);
    return v;
}

/* ---- ListObjectsV2 ---- */

/* Epoch seconds, whatever form the date has. */
static struct json *epoch_seconds(const struct json *date)
{
    size_t len;
    int64_t ms;

    if (!json_is(date, JSON_STRING))
        return date ? json_ref(date) : json_null();

    const char *s = json_str(date, &len);

    return iso_time_parse(s, len, &ms) == 0 ? json_int(ms / 1000) : json_ref(date);
}

static struct json *metadata(const struct json *object)
{
    static const char *const names[] = {"Key", "Size", "StorageClass"};
    struct json_object *item = json_object_new();
    const struct json *tag = json_gets(object, "ETag");

    if (!tag)
        tag = json_gets(object, "Etag");
    if (tag)
        json_object_adds(item, "Etag", json_ref(tag));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct json *v = json_gets(object, names[i]);

        if (i == 1)
            json_object_adds(item, "LastModified",
                             epoch_seconds(json_gets(object, "LastModified")));
        if (v)
            json_object_adds(item, names[i], json_ref(v));
    }
    return json_object_finish(item);
}

int read_listing(struct text page, struct object_listing *ret_listing, struct asl_error *err)
{
    CLEANUP(json_unref_p) struct json *all = parse(page, err);
    struct object_listing l = {0};
    struct json_array items;

    if (!all)
        return ERR_INVALID;

    const struct json *contents = json_gets(all, "Contents");
    const struct json *token = json_gets(all, "NextContinuationToken");

    json_array_init(&items);
    for (size_t i = 0; json_is(contents, JSON_ARRAY) && i < json_len(contents); i++)
        if (json_is(json_at(contents, i), JSON_OBJECT))
            json_array_add(&items, metadata(json_at(contents, i)));
    l.items = json_array_finish(&items);
    if (json_is(token, JSON_STRING) && json_is(json_gets(all, "IsTruncated"), JSON_TRUE))
        l.token = xstrdup(json_str(token, NULL));
    *ret_listing = l;
    return 0;
}

void object_listing_done(struct object_listing *l)
{
    json_unref(l->items);
    free_p(&l->token);
    *l = (struct object_listing){0};
}

struct json *listing_objects(const struct json *items, const char *bucket)
{
    struct json_array names;

    json_array_init(&names);
    for (size_t i = 0; i < json_len(items); i++) {
        const struct json *key = json_gets(json_at(items, i), "Key");
        size_t len;

        if (!json_is(key, JSON_STRING))
            continue;

        const char *s = json_str(key, &len);

        if (len == 0 || s[len - 1] == '/')
            continue; /* stands for a folder, and holds nothing */
        json_array_add(&names, object_name(json_strings(bucket), json_ref(key)));
    }
    return json_array_finish(&names);
}

/* ---- S3 inventory ---- */

/* "Bucket, Key, Size" */
static struct json *columns_of(const char *schema)
{
    struct json_array names;

    json_array_init(&names);
    while (*schema) {
        schema += strspn(schema, " ");

        size_t len = strcspn(schema, ",");
        size_t end = len;

        while (end > 0 && schema[end - 1] == ' ')
            end--;
        json_array_add(&names, json_string(schema, end));
        schema += len + (schema[len] == ',');
    }
    return json_array_finish(&names);
}

int read_inventory(struct text manifest, struct json **ret_objects, struct json **ret_headers,
                   struct asl_error *err)
{
    static const char arn[] = "arn:aws:s3:::";
    CLEANUP(json_unref_p) struct json *all = parse(manifest, err);

    if (!all)
        return ERR_INVALID;

    const struct json *files = json_gets(all, "files");
    const struct json *format = json_gets(all, "fileFormat");
    const struct json *schema = json_gets(all, "fileSchema");
    const struct json *bucket = json_gets(all, "destinationBucket");

    if (!json_is(files, JSON_ARRAY) || !json_is(bucket, JSON_STRING) ||
        !json_is(schema, JSON_STRING))
        return item_reader_error(err, "The object is not the manifest of an S3 inventory.");
    if (!json_is(format, JSON_STRING) || !json_str_eq(format, "CSV"))
        return item_reader_error(err,
                                 "Inventory files of the format %s are not supported by this "
                                 "server, only CSV.",
                                 json_is(format, JSON_STRING) ? json_str(format, NULL) : "null");

    const char *name = json_str(bucket, NULL);
    struct json_array objects;

    if (strncmp(name, arn, strlen(arn)) == 0)
        name += strlen(arn);
    json_array_init(&objects);
    for (size_t i = 0; i < json_len(files); i++) {
        const struct json *key = json_gets(json_at(files, i), "key");

        if (!json_is(key, JSON_STRING)) {
            json_array_done(&objects);
            return item_reader_error(err, "A file of the S3 inventory has no key.");
        }
        json_array_add(&objects, object_name(json_strings(name), json_ref(key)));
    }
    *ret_objects = json_array_finish(&objects);
    *ret_headers = columns_of(json_str(schema, NULL));
    return 0;
}

/* ---- Athena ---- */

static int athena_line(const char *line, size_t len, struct json_array *objects,
                       struct asl_error *err)
{
    static const char scheme[] = "s3://";
    size_t skip = strlen(scheme);
    const char *slash = len > skip ? memchr(line + skip, '/', len - skip) : NULL;

    if (!slash || strncasecmp(line, scheme, skip) != 0 || slash + 1 == line + len ||
        slash == line + skip)
        return item_reader_error(err, "A line of the Athena manifest is not an S3 URI.");
    json_array_add(objects, object_name(json_string(line + skip, (size_t)(slash - line) - skip),
                                        json_string(slash + 1, (size_t)(line + len - slash) - 1)));
    return 0;
}

int read_athena_manifest(struct text manifest, struct json **ret_objects, struct asl_error *err)
{
    struct json_array objects;

    if (!utf8_valid(manifest.data, manifest.len))
        return item_reader_error(err, "The Athena manifest is not valid UTF-8.");
    json_array_init(&objects);
    for (size_t at = 0; at < manifest.len;) {
        const char *line = manifest.data + at;
        const char *end = memchr(line, '\n', manifest.len - at);
        size_t len = end ? (size_t)(end - line) : manifest.len - at;

        at += len + 1;
        while (len > 0 && memchr(" \t\r\"", line[len - 1], 4))
            len--;
        while (len > 0 && memchr(" \t\"", *line, 3)) {
            line++;
            len--;
        }
        if (len > 0 && athena_line(line, len, &objects, err) < 0) {
            json_array_done(&objects);
            return ERR_INVALID;
        }
    }
    *ret_objects = json_array_finish(&objects);
    return 0;
}
