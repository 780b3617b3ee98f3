/* MAP_RUN_READ: an ItemReader's items, captured in the store. */
#include <stdlib.h>
#include <string.h>

#include "engine/map_objects.h"

enum {
    BYTES_PER_STEP = 4096,     /* of items; a step takes one at least */
    BYTES_PER_ROW = 64 * 1024, /* of captured items; a row has one at least */
    UNPACKED_PER_STEP = 64 * 1024,
};

enum asked { ASKED_NOTHING, ASKED_LISTING, ASKED_MANIFEST, ASKED_OBJECT };

struct map_reading {
    enum asked asked;
    char *answer; /* owned; NULL: none that is not looked at yet */
    size_t answer_len;

    struct json *objects;       /* to be read, an array, owned */
    size_t object;              /* the next of them */
    char *token;                /* of the next page; owned; NULL: there is none */
    struct json *headers;       /* of the files of an inventory, owned; NULL: no inventory */
    struct gunzip *gunzip;      /* of the object being unpacked */
    struct item_reader *reader; /* of the object whose items are taken */

    char *source;       /* where these come from; owned */
    struct strbuf row;  /* captured, but not in the store yet: a JSON array without its end */
    int64_t first, len; /* the first one's place, how many there are */
};

void map_reading_free(struct map_reading *r)
{
    if (!r)
        return;
    free_p(&r->answer);
    json_unref(r->objects);
    free_p(&r->token);
    json_unref(r->headers);
    gunzip_free(r->gunzip);
    item_reader_free(r->reader);
    free_p(&r->source);
    strbuf_done(&r->row);
    free_p(&r);
}

static const struct asl_item_reader *config(const struct map_run *run)
{
    return run->state->u.map.distributed->reader;
}

static bool is_listing(const struct map_run *run)
{
    return strcmp(config(run)->resource.action, "listObjectsV2") == 0;
}

static bool is_inventory(const struct map_run *run)
{
    const struct asl_item_reader *c = config(run);

    return c->manifest_type == ASL_S3_INVENTORY ||
           (c->manifest_type == ASL_MANIFEST_NONE && c->input_type == ASL_MANIFEST);
}

/* The run fails; nothing of it was started. */
static void fail(struct map_run *run, struct asl_error *err)
{
    map_run_fail(run, err, false);
}

static const char *text_of(const struct json *object, const char *name)
{
    const struct json *v = json_gets(object, name);

    return json_is(v, JSON_STRING) ? json_str(v, NULL) : "";
}

/* ---- asking ---- */

static void ask(struct map_run *run, const struct asl_resource *resource, const struct json *input,
                size_t max_bytes)
{
    size_t len;
    char *text = json_text(input, LIMIT_VALUE_BYTES, &len);

    map_objects_request(run, resource, text, len, max_bytes);
}

static void ask_listing(struct map_run *run)
{
    struct map_reading *r = run->objects->reading;
    CLEANUP(json_unref_p) struct json *key = json_strings("ContinuationToken");
    CLEANUP(json_unref_p)
    struct json *input = r->token ? json_with(run->objects->reader, key, json_strings(r->token))
                                  : json_ref(run->objects->reader);

    r->asked = ASKED_LISTING;
    free_p(&r->token);
    free_p(&r->source);
    r->source = xasprintf("s3://%s", text_of(run->objects->reader, "Bucket"));
    ask(run, &map_list_objects, input, LIMIT_MANIFEST_BYTES);
}

static void ask_object(struct map_run *run, const struct json *name)
{
    struct map_reading *r = run->objects->reading;

    free_p(&r->source);
    r->source = xasprintf("s3://%s/%s", text_of(name, "Bucket"), text_of(name, "Key"));
    ask(run, &map_get_object, name,
        r->asked == ASKED_MANIFEST ? LIMIT_MANIFEST_BYTES
                                   : (size_t)run->engine->limits.object_bytes);
}

/* More than is read of an object, or of a listing's page. */
static int too_large(struct map_run *run, struct asl_error *err)
{
    const struct map_reading *r = run->objects->reading;
    long long max =
        r->asked == ASKED_OBJECT ? run->engine->limits.object_bytes : LIMIT_MANIFEST_BYTES;

    return item_reader_error(err, "The object %s is larger than %lld bytes.", r->source, max);
}

/* An answer is an error of the reader by its own words. */
static void request_failed(struct map_run *run, const struct map_answer *a)
{
    struct asl_error err = {0};

    if (a->error && strcmp(a->error, "States.DataLimitExceeded") == 0)
        (void)too_large(run, &err);
    else
        (void)item_reader_error(&err, "%s", a->cause ? a->cause : a->error ? a->error : "");
    fail(run, &err);
}

void map_read_answered(struct map_run *run, struct map_answer *answer)
{
    struct map_reading *r = run->objects->reading;

    if (answer->outcome != TASK_SUCCEEDED) {
        request_failed(run, answer);
        return;
    }
    r->answer = answer->output ? answer->output : xstrdup("");
    r->answer_len = answer->output ? answer->len : 0;
    answer->output = NULL;
    map_run_make_runnable(run);
}

/* ---- what comes back ---- */

static int take_listing(struct map_run *run, struct asl_error *err)
{
    struct map_reading *r = run->objects->reading;
    CLEANUP(object_listing_done) struct object_listing page = {0};
    int k = read_listing((struct text){r->answer, r->answer_len}, &page, err);

    if (k < 0)
        return k;
    r->token = page.token;
    page.token = NULL;
    if (config(run)->load_and_flatten) {
        json_unref(r->objects);
        r->objects = listing_objects(page.items, text_of(run->objects->reader, "Bucket"));
        r->object = 0;
        return 0;
    }
    r->reader = item_reader_of_list(json_ref(page.items));
    return 0;
}

static int take_manifest(struct map_run *run, struct asl_error *err)
{
    struct map_reading *r = run->objects->reading;
    struct text text = {r->answer, r->answer_len};

    json_unref(r->objects);
    r->objects = NULL;
    return is_inventory(run) ? read_inventory(text, &r->objects, &r->headers, err)
                             : read_athena_manifest(text, &r->objects, err);
}

/* The bytes of an object, unpacked. */
static int begin_items(struct map_run *run, char *data /* takes */, size_t len,
                       struct asl_error *err)
{
    struct map_reading *r = run->objects->reading;
    struct item_format format;
    int k = item_format_of(config(run), &format, err);

    if (k < 0) {
        free(data);
        return k;
    }
    if (r->headers)
        format = (struct item_format){.kind = ITEMS_CSV, .delimiter = ',', .headers = r->headers};
    r->reader = item_reader_new(&format, data, len);
    return 0;
}

static int take_object(struct map_run *run, struct asl_error *err)
{
    struct map_reading *r = run->objects->reading;
    char *data = r->answer;
    size_t len = r->answer_len;
    size_t max = (size_t)run->engine->limits.object_bytes;

    if (len > max)
        return too_large(run, err);
    r->answer = NULL;
    if (!gunzip_wanted(data, len))
        return begin_items(run, data, len, err);
    r->gunzip = gunzip_new(data, len, max);
    return 0;
}

static int take_answer(struct map_run *run, struct asl_error *err)
{
    struct map_reading *r = run->objects->reading;
    int k = r->asked == ASKED_LISTING    ? take_listing(run, err)
            : r->asked == ASKED_MANIFEST ? take_manifest(run, err)
                                         : take_object(run, err);

    run->cost += r->answer_len / MAP_RUN_BYTES_PER_STEP;
    free_p(&r->answer);
    return k;
}

static int unpack_some(struct map_run *run, struct asl_error *err)
{
    struct map_reading *r = run->objects->reading;
    int k = gunzip_step(r->gunzip);
    size_t len;

    run->cost += UNPACKED_PER_STEP / MAP_RUN_BYTES_PER_STEP;
    if (k == ERR_LIMIT)
        return too_large(run, err);
    if (k < 0)
        return item_reader_error(err, "The object %s is not valid gzip data.", r->source);
    if (k > 0)
        return 0;

    char *data = gunzip_take(r->gunzip, &len);

    gunzip_free(r->gunzip);
    r->gunzip = NULL;
    return begin_items(run, data, len, err);
}

/* ---- capturing ---- */

static void write_row(struct map_run *run)
{
    struct engine *e = run->engine;
    struct map_reading *r = run->objects->reading;

    if (r->len == 0)
        return;
    strbuf_addc(&r->row, ']');

    struct store_map_items row = {r->first, r->source, {r->row.data, r->row.len}};

    CHECK(!r->row.overflow);
    engine_write(e);
    engine_must(e, store_put_map_items(e->store, run->row.id, &row), "write items");
    run->objects->swept = false;
    r->first += r->len;
    r->len = 0;
    strbuf_clear(&r->row);
}

static int capture(struct map_run *run, const struct json *item, struct asl_error *err)
{
    struct map_reading *r = run->objects->reading;
    int64_t max = run->engine->limits.map_run_items;

    if (json_text_size(item, LIMIT_ITEM_BYTES + 1) > LIMIT_ITEM_BYTES)
        return item_too_large(err);
    if (json_depth(item) >= LIMIT_JSON_DEPTH)
        return item_reader_error(err, "An item is nested more than %d levels deep.",
                                 LIMIT_JSON_DEPTH - 1);
    if (r->first + r->len >= max)
        return item_reader_error(err, "There are more than %lld items.", (long long)max);
    strbuf_addc(&r->row, r->len > 0 ? ',' : '[');
    json_print(item, &r->row);
    r->len++;
    if (r->row.len >= BYTES_PER_ROW)
        write_row(run);
    return 0;
}

/* Some items of the object; there may be as many as MaxItems says. */
static int take_items(struct map_run *run, struct asl_error *err)
{
    struct map_reading *r = run->objects->reading;
    int64_t max = run->objects->max_items;
    size_t bytes = 0;

    while (bytes < BYTES_PER_STEP) {
        CLEANUP(json_unref_p) struct json *item = NULL;
        int k = max > 0 && r->first + r->len >= max ? 0 : item_reader_next(r->reader, &item, err);

        if (k < 0)
            return k;
        if (k == 0) {
            write_row(run);
            item_reader_free(r->reader);
            r->reader = NULL;
            return 0;
        }
        bytes += json_text_size(item, LIMIT_ITEM_BYTES) + 1;
        k = capture(run, item, err);
        if (k < 0)
            return k;
    }
    run->cost += bytes / MAP_RUN_BYTES_PER_STEP;
    return 0;
}

/* ---- the steps ---- */

static void begin(struct map_run *run)
{
    struct map_reading *r = xcalloc(1, sizeof(*r));

    struct json_array none;

    run->objects->reading = r;
    json_array_init(&none);
    r->objects = json_array_finish(&none);
    strbuf_init(&r->row, LIMIT_VALUE_BYTES);
}

/* After a restart the fields of batches were not evaluated yet. */
static void finish(struct map_run *run)
{
    struct asl_error err = {0};

    run->objects->captured = run->objects->reading->first;
    map_objects_stop(run);
    if (map_run_batching(run, &err) < 0) {
        asl_error_prefix(&err, run->state->name, run->parent->entered_event);
        map_run_fail(run, &err, true);
        return;
    }
    run->row.phase = map_run_count(run) ? MAP_RUN_START : MAP_RUN_PLAN;
    map_run_set_dirty(run);
}

/* What is to be read next; false: nothing. */
static bool ask_next(struct map_run *run)
{
    struct map_reading *r = run->objects->reading;
    bool enough = run->objects->max_items > 0 && r->first >= run->objects->max_items;
    const struct asl_item_reader *c = config(run);

    if (enough)
        return false;
    if (r->asked == ASKED_NOTHING) {
        if (is_listing(run)) {
            ask_listing(run);
            return true;
        }
        r->asked = is_inventory(run) || c->manifest_type == ASL_ATHENA_DATA ? ASKED_MANIFEST
                                                                            : ASKED_OBJECT;
        ask_object(run, run->objects->reader);
        return true;
    }
    if (r->object < json_len(r->objects)) {
        r->asked = ASKED_OBJECT;
        ask_object(run, json_at(r->objects, r->object++));
        return true;
    }
    if (r->token)
        ask_listing(run);
    return run->objects->request.id != 0;
}

bool map_read_step(struct map_run *run)
{
    struct map_objects *o = run->objects;
    struct asl_error err = {0};
    int k = 0;

    if (o->request.id || !map_objects_enter(run))
        return false;
    if (o->max_items < 0) {
        (void)item_reader_error(&err, "field MaxItems must be positive");
        fail(run, &err);
        return true;
    }
    if (!o->reading && map_objects_sweep(run))
        return true; /* what a process that has died left behind */
    if (!o->reading)
        begin(run);
    if (o->reading->answer)
        k = take_answer(run, &err);
    else if (o->reading->gunzip)
        k = unpack_some(run, &err);
    else if (o->reading->reader)
        k = take_items(run, &err);
    else if (ask_next(run))
        return false;
    else
        finish(run);
    if (k < 0)
        fail(run, &err);
    return true;
}
