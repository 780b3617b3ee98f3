/* MAP_RUN_WRITE: the results of children, in files below the ResultWriter's Bucket and Prefix. */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "engine/map_objects.h"

enum {
    ENTRIES_PER_STEP = 4,
    TEXT_BYTES_MAX = 8 * LIMIT_VALUE_BYTES, /* a file with a last large entry; its quotes escaped */
};

struct map_writing {
    struct result_cursor cursor; /* behind what is in the file */
    struct strbuf file;
    size_t entries;            /* elements in the file */
    int64_t executions, items; /* whose results they are */
    bool complete;             /* the group has no more */
    bool done;                 /* the manifest is in its place */
    char *key;                 /* of the object that is out; owned */
    size_t size;               /* bytes of it */
};

static const char *const group_names[] = {"SUCCEEDED", "FAILED", "PENDING"};

void map_writing_free(struct map_writing *w)
{
    if (!w)
        return;
    strbuf_done(&w->file);
    free_p(&w->key);
    free_p(&w);
}

static const struct asl_result_writer *config(const struct map_run *run)
{
    return run->state->u.map.distributed->writer;
}

bool map_writes(const struct map_run *run)
{
    return run->objects && run->objects->writer;
}

/* ---- keys ---- */

/* <prefix>/<uuid of the run>/[Redrive-<n>/]<name> (recorded: reference/redrive.md section 6). */
static char *key_of(const struct map_run *run, const char *name)
{
    const struct json *prefix = json_gets(run->objects->writer, "Prefix");
    const char *p = json_is(prefix, JSON_STRING) ? json_str(prefix, NULL) : "";
    const char *slash = *p && p[strlen(p) - 1] != '/' ? "/" : "";

    if (run->row.redrive_count == 0)
        return xasprintf("%s%s%s/%s", p, slash, run->row.uuid, name);
    return xasprintf("%s%s%s/Redrive-%" PRId64 "/%s", p, slash, run->row.uuid,
                     run->row.redrive_count, name);
}

/* The output of the state. */
static struct payload *details(struct map_run *run)
{
    CLEANUP(free_p) char *key = key_of(run, "manifest.json");
    struct json_object *where = json_object_new();
    struct json_object *all = json_object_new();
    const struct json *bucket = json_gets(run->objects->writer, "Bucket");

    json_object_adds(where, "Bucket", bucket ? json_ref(bucket) : json_null());
    json_object_adds(where, "Key", json_strings(key));
    json_object_adds(all, "MapRunArn", json_strings(run->arn));
    json_object_adds(all, "ResultWriterDetails", json_object_finish(where));
    return payload_from_value(json_object_finish(all));
}

/* ---- the content of a file ---- */

static const char *separator(const struct map_run *run)
{
    return config(run)->jsonl ? "\n" : ",";
}

static void begin_entry(struct map_run *run)
{
    struct map_writing *w = run->objects->writing;

    if (w->entries > 0)
        strbuf_adds(&w->file, separator(run));
    else if (!config(run)->jsonl)
        strbuf_addc(&w->file, '[');
}

/* What a child that succeeded leaves, or one that did not, whose result no transformation changes. */
static void add_child(struct map_run *run, const struct store_execution *child)
{
    struct map_writing *w = run->objects->writing;
    enum asl_writer_transformation how = config(run)->transformation;
    bool outputs = child->status == EXECUTION_SUCCEEDED &&
                   (how == ASL_WRITE_COMPACT || how == ASL_WRITE_FLATTEN);
    size_t before = w->file.len;

    begin_entry(run);
    if (!outputs) {
        map_result_entry(run, child, &w->file);
        w->entries++;
    } else {
        size_t added = map_result_output(how, child->output.text, separator(run), &w->file);

        if (added == 0)
            strbuf_truncate(&w->file, before); /* of an empty array nothing is left */
        w->entries += added;
    }
    w->executions++;
    w->items += child->item_count;
}

/* Some children of the cursor's status; false: there are no more. */
static bool add_children(struct map_run *run)
{
    struct engine *e = run->engine;
    struct map_writing *w = run->objects->writing;
    struct store_child children[ENTRIES_PER_STEP];
    enum execution_status status =
        w->cursor.group == RESULTS_SUCCEEDED ? EXECUTION_SUCCEEDED : w->cursor.status;
    int len;

    engine_must(e,
                store_find_children(e->store, run->row.id, status, w->cursor.after, children,
                                    ENTRIES_PER_STEP, &len),
                "read executions");
    for (int i = 0; i < len && w->file.len < LIMIT_RESULT_FILE_BYTES; i++) {
        struct store_execution child;

        engine_must(e, store_get_execution_by_id(e->store, &e->arena, children[i].id, &child),
                    "read execution");
        add_child(run, &child);
        w->cursor.after = children[i].id;
    }
    return len > 0;
}

/* Some that were never started; false: there are no more. */
static bool add_pending(struct map_run *run)
{
    struct map_writing *w = run->objects->writing;
    int64_t total = run->row.executions.total;

    for (int i = 0; i < ENTRIES_PER_STEP && w->file.len < LIMIT_RESULT_FILE_BYTES; i++) {
        int64_t child = run->row.executions.started + w->cursor.after;
        int64_t first = run->row.items.started + w->cursor.items;
        CLEANUP(payload_unref_p) struct payload *input = NULL;
        int64_t items = 0;

        if (child >= total)
            return false;
        input = map_run_pending_input(run, child, first, &items);
        begin_entry(run);
        map_pending_entry((struct text){input->text, input->len}, &w->file);
        w->entries++;
        w->cursor.after++;
        w->cursor.items += items;
        w->executions++;
        w->items += items;
    }
    return true;
}

/* The next status of the failed ones; false: it was the last. */
static bool next_status(struct result_cursor *c)
{
    if (c->group != RESULTS_FAILED || c->status == EXECUTION_ABORTED)
        return false;
    c->status = c->status == EXECUTION_FAILED ? EXECUTION_TIMED_OUT : EXECUTION_ABORTED;
    c->after = 0;
    return true;
}

/* ---- putting ---- */

static void put(struct map_run *run, const char *name, struct text body)
{
    struct map_writing *w = run->objects->writing;
    struct strbuf sb;

    free_p(&w->key);
    w->key = key_of(run, name);
    w->size = body.len;
    strbuf_init(&sb, TEXT_BYTES_MAX);
    strbuf_addc(&sb, '{');
    for (size_t i = 0; i < json_len(run->objects->writer); i++) {
        const struct json *member = json_key_at(run->objects->writer, i);

        if (json_str_eq(member, "Prefix"))
            continue;
        json_print(member, &sb);
        strbuf_addc(&sb, ':');
        json_print(json_member_at(run->objects->writer, i), &sb);
        strbuf_addc(&sb, ',');
    }
    strbuf_adds(&sb, "\"Key\":");
    strbuf_add_json(&sb, w->key, strlen(w->key));
    strbuf_adds(&sb, ",\"Body\":");
    strbuf_add_json(&sb, body.data, body.len);
    strbuf_addc(&sb, '}');
    CHECK(!sb.overflow);
    run->cost += sb.len / MAP_RUN_BYTES_PER_STEP;

    size_t len;
    char *input = strbuf_take(&sb, &len);

    map_objects_request(run, &map_put_object, input, len, 0);
}

static void put_file(struct map_run *run)
{
    struct map_writing *w = run->objects->writing;
    CLEANUP(free_p)
    char *name = xasprintf("%s_%" PRId64 ".json%s", group_names[w->cursor.group], w->cursor.part,
                           config(run)->jsonl ? "l" : "");

    strbuf_addc(&w->file, config(run)->jsonl ? '\n' : ']');
    put(run, name, (struct text){w->file.data, w->file.len});
}

/* {"DestinationBucket":...,"MapRunArn":...,"ResultFiles":{"FAILED":[...],"PENDING":[...],"SUCCEEDED":[...]}} */
static void put_manifest(struct map_run *run)
{
    static const enum result_group order[] = {RESULTS_FAILED, RESULTS_PENDING, RESULTS_SUCCEEDED};
    struct json_object *files = json_object_new();
    struct json_object *all = json_object_new();
    const struct json *bucket = json_gets(run->objects->writer, "Bucket");

    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        json_object_adds(files, group_names[order[i]], json_ref(run->objects->files[order[i]]));
    json_object_adds(all, "DestinationBucket", bucket ? json_ref(bucket) : json_null());
    json_object_adds(all, "MapRunArn", json_strings(run->arn));
    json_object_adds(all, "ResultFiles", json_object_finish(files));

    CLEANUP(json_unref_p) struct json *manifest = json_object_finish(all);
    size_t len;
    CLEANUP(free_p) char *text = json_text(manifest, LIMIT_VALUE_BYTES, &len);

    put(run, "manifest.json", (struct text){text, len});
}

/* ---- answers ---- */

static void finish(struct map_run *run)
{
    CLEANUP(payload_unref_p) struct payload *result = details(run);

    map_run_close(run, result);
}

/* The results are not where they belong: that is the error, unless the run had one before. */
static void failed(struct map_run *run, const struct map_answer *a)
{
    const char *cause = a->cause ? a->cause : a->error ? a->error : "";

    if (run->row.outcome == EXECUTION_SUCCEEDED) {
        run->row.outcome = EXECUTION_FAILED;
        asl_error_set(&run->error, "States.ResultWriterFailed", "%s", cause);
        asl_error_cut(&run->error);
    } else {
        log_warn("engine", "results are not written map_run=%s", run->arn);
    }
    map_run_close(run, NULL);
}

/* The file is in its place. */
static void note_file(struct map_run *run)
{
    struct map_objects *o = run->objects;
    struct map_writing *w = o->writing;
    enum result_group group = w->cursor.group;
    struct json_object *file = json_object_new();

    json_object_adds(file, "Key", json_strings(w->key));
    json_object_adds(file, "Size", json_int((int64_t)w->size));

    struct json *files =
        json_with_at(o->files[group], json_len(o->files[group]), json_object_finish(file));

    json_unref(o->files[group]);
    o->files[group] = files;
    run->row.executions.written += w->executions;
    run->row.items.written += w->items;
    w->cursor.part++;
}

/* Goes on behind the file, or with the next group. */
static void go_on(struct map_run *run)
{
    struct map_objects *o = run->objects;
    struct map_writing *w = o->writing;

    if (w->complete)
        w->cursor =
            (struct result_cursor){.group = w->cursor.group + 1, .status = EXECUTION_FAILED};
    o->written = w->cursor;
    w->complete = false;
    w->entries = 0;
    w->executions = w->items = 0;
    strbuf_clear(&w->file);
    map_run_set_dirty(run);
}

void map_write_answered(struct map_run *run, struct map_answer *answer)
{
    if (answer->outcome != TASK_SUCCEEDED) {
        failed(run, answer);
        return;
    }
    if (run->objects->writing->cursor.group == RESULT_GROUPS) {
        run->objects->writing->done = true;
    } else {
        note_file(run);
        go_on(run);
    }
    map_run_make_runnable(run);
}

/* ---- the steps ---- */

static void begin(struct map_run *run)
{
    struct map_writing *w = xcalloc(1, sizeof(*w));

    run->objects->writing = w;
    w->cursor = run->objects->written;
    strbuf_init(&w->file, TEXT_BYTES_MAX);
    checkpoint_flush(run->engine); /* the last results may not be in the store yet */
}

static void fill_some(struct map_run *run)
{
    struct map_writing *w = run->objects->writing;
    size_t before = w->file.len;
    bool more = w->cursor.group == RESULTS_PENDING ? add_pending(run) : add_children(run);

    w->complete = !more && !next_status(&w->cursor);
    run->cost += (w->file.len - MIN(before, w->file.len)) / MAP_RUN_BYTES_PER_STEP;
}

bool map_write_step(struct map_run *run)
{
    if (run->objects->request.id || !map_objects_enter(run))
        return false;
    if (!run->objects->writing)
        begin(run);

    struct map_writing *w = run->objects->writing;
    bool needless = run->row.outcome == EXECUTION_SUCCEEDED || run->start_over;

    if (w->done) {
        if (needless && map_objects_sweep(run))
            return true;
        finish(run);
        return false;
    }
    if (w->cursor.group == RESULT_GROUPS) {
        put_manifest(run);
        return false;
    }
    fill_some(run);
    if (!w->complete && w->file.len < LIMIT_RESULT_FILE_BYTES)
        return true;
    if (w->entries > 0) {
        put_file(run);
        return false;
    }
    /* Nothing to show, but its results count as written. */
    run->row.executions.written += w->executions;
    run->row.items.written += w->items;
    go_on(run);
    return true;
}
