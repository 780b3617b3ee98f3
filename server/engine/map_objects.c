/* What reading and writing share: their fields, requests, and the items that were captured. */
#include "engine/map_objects.h"

#include <inttypes.h>
#include <string.h>

enum { ROWS_PER_SWEEP = 4, COST_OF_SWEEP = 64 };

const struct asl_resource map_get_object = {
    .kind = ASL_RESOURCE_INTEGRATION,
    .arn = "arn:aws:states:::s3:getObject",
    .type = "s3",
    .resource = "getObject",
    .action = "getObject",
};
const struct asl_resource map_list_objects = {
    .kind = ASL_RESOURCE_INTEGRATION,
    .arn = "arn:aws:states:::s3:listObjectsV2",
    .type = "s3",
    .resource = "listObjectsV2",
    .action = "listObjectsV2",
};
const struct asl_resource map_put_object = {
    .kind = ASL_RESOURCE_INTEGRATION,
    .arn = "arn:aws:states:::s3:putObject",
    .type = "s3",
    .resource = "putObject",
    .action = "putObject",
};

/* ---- fields ---- */

static struct map_objects *objects_new(void)
{
    struct map_objects *o = xmalloc(sizeof(*o));

    *o = (struct map_objects){.captured = -1, .written.status = EXECUTION_FAILED};
    for (int g = 0; g < RESULT_GROUPS; g++) {
        struct json_array none;

        json_array_init(&none);
        o->files[g] = json_array_finish(&none);
    }
    return o;
}

/* Parameters or Arguments, an object. */
static int parameters(struct map_run *run, const struct asl_expr *expr, struct payload *input,
                      struct json **ret_value, struct asl_error *err)
{
    CLEANUP(flow_env_done) struct flow_env env = {0};
    CLEANUP(json_unref_p) struct json *value = NULL;
    int r;

    if (!expr) {
        *ret_value = json_object_finish(json_object_new());
        return 0;
    }
    flow_env_init(&env, run->parent, payload_value(input));
    r = asl_eval(expr, &env.asl, &value, err);
    if (r < 0)
        return r;
    if (json_is(value, JSON_OBJECT)) {
        *ret_value = json_ref(value);
        return 0;
    }
    if (expr->kind == ASL_EXPR_JSONATA)
        return flow_type_error(err, expr, "object", value);
    asl_error_set(err, "States.Runtime", "What is asked of S3 must be an object.");
    return ERR_INVALID;
}

int map_objects_open(struct map_run *run, struct payload *input, struct asl_error *err)
{
    const struct asl_distributed *d = run->state->u.map.distributed;
    int r = 0;

    if (!d->reader && !(d->writer && d->writer->exports))
        return 0;
    run->objects = objects_new();
    if (d->reader) {
        r = map_integer(run->parent, d->reader->max_items, payload_value(input), "MaxItemsPath", 0,
                        &run->objects->max_items, err);
        if (r == 0)
            r = parameters(run, d->reader->parameters, input, &run->objects->reader, err);
    }
    if (r == 0 && d->writer && d->writer->exports)
        r = parameters(run, d->writer->parameters, input, &run->objects->writer, err);
    return r;
}

static void add_value(struct strbuf *sb, const char *name, const struct json *value)
{
    if (!value)
        return;
    strbuf_addf(sb, ",\"%s\":", name);
    json_print(value, sb);
}

char *map_objects_text(const struct map_objects *o)
{
    const struct result_cursor *c = &o->written;
    struct strbuf sb;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    strbuf_addf(&sb, "{\"captured\":%" PRId64, o->captured);
    add_value(&sb, "reader", o->reader);
    if (o->max_items)
        strbuf_addf(&sb, ",\"maxItems\":%" PRId64, o->max_items);
    add_value(&sb, "writer", o->writer);
    if (o->writer)
        strbuf_addf(&sb,
                    ",\"group\":%d,\"status\":%d,\"after\":%" PRId64 ",\"items\":%" PRId64
                    ",\"part\":%" PRId64,
                    (int)c->group, (int)c->status, c->after, c->items, c->part);
    if (o->writer) {
        add_value(&sb, "succeeded", o->files[RESULTS_SUCCEEDED]);
        add_value(&sb, "failed", o->files[RESULTS_FAILED]);
        add_value(&sb, "pending", o->files[RESULTS_PENDING]);
    }
    strbuf_addc(&sb, '}');
    return strbuf_take(&sb, NULL);
}

static int64_t number_of(const struct json *all, const char *name)
{
    const struct json *v = json_gets(all, name);
    int64_t n = 0;

    if (v)
        (void)json_int64(v, &n);
    return n;
}

static void set_value(struct json **to, const struct json *value)
{
    if (!value)
        return;
    json_unref(*to);
    *to = json_ref(value);
}

void map_objects_restore(struct map_run *run, const char *text)
{
    CLEANUP(json_unref_p)
    struct json *all = text ? json_parse(text, strlen(text), JSON_PARSE_DEFAULT, NULL) : NULL;

    if (!all)
        return;

    struct map_objects *o = run->objects = objects_new();

    o->captured = number_of(all, "captured");
    o->max_items = number_of(all, "maxItems");
    set_value(&o->reader, json_gets(all, "reader"));
    set_value(&o->writer, json_gets(all, "writer"));
    set_value(&o->files[RESULTS_SUCCEEDED], json_gets(all, "succeeded"));
    set_value(&o->files[RESULTS_FAILED], json_gets(all, "failed"));
    set_value(&o->files[RESULTS_PENDING], json_gets(all, "pending"));
    if (o->writer)
        o->written = (struct result_cursor){
            .group = (enum result_group)number_of(all, "group"),
            .status = (enum execution_status)number_of(all, "status"),
            .after = number_of(all, "after"),
            .items = number_of(all, "items"),
            .part = number_of(all, "part"),
        };
}

/* ---- few at once ---- */

bool map_objects_enter(struct map_run *run)
{
    struct engine *e = run->engine;

    if (run->objects->slot)
        return true;
    if (e->objects_at_once >= LIMIT_OBJECTS_AT_ONCE)
        return false;
    e->objects_at_once++;
    run->objects->slot = true;
    return true;
}

/* Those that wait for it look again. */
static void leave(struct map_run *run)
{
    struct engine *e = run->engine;
    size_t at = 0;
    const char *key;
    size_t len;
    void *value;

    if (!run->objects->slot)
        return;
    run->objects->slot = false;
    e->objects_at_once--;
    while (map_next(e->map_runs, &at, &key, &len, &value)) {
        struct map_run *other = value;

        if (other->row.phase == MAP_RUN_READ || other->row.phase == MAP_RUN_WRITE)
            map_run_make_runnable(other);
    }
}

/* ---- requests ---- */

void map_objects_request(struct map_run *run, const struct asl_resource *resource, char *input,
                         size_t len, size_t max_bytes)
{
    struct engine *e = run->engine;
    struct map_request *q = &run->objects->request;

    *q = (struct map_request){++e->last_task_id, resource, input, len, max_bytes};
    (void)map_set(e->map_requests, (const char *)&q->id, sizeof(q->id), run);
    e->external++; /* time does not go on meanwhile */
    GROW(e->requests, e->requests_len, e->requests_cap);
    e->requests[e->requests_len++] = (struct request_out){.id = q->id, .run = run};
}

/* Nothing is out any more. */
static void request_over(struct map_run *run)
{
    struct map_request *q = &run->objects->request;

    (void)map_remove(run->engine->map_requests, (const char *)&q->id, sizeof(q->id));
    run->engine->external--;
    free_p(&q->input);
    q->id = 0;
}

static void request_cancel(struct map_run *run)
{
    struct engine *e = run->engine;
    struct map_request *q = &run->objects->request;
    bool left = q->input == NULL;

    if (q->id == 0)
        return;
    for (size_t i = 0; i < e->requests_len; i++)
        if (e->requests[i].id == q->id)
            e->requests[i].run = NULL;
    if (left)
        tasks_cancel_request(e, q->id, q->resource);
    request_over(run);
}

void map_objects_send(struct map_run *run)
{
    struct map_request *q = &run->objects->request;
    const struct machine *m = run->revision->machine;
    CLEANUP(free_p) char *input = q->input;
    struct task_request request = {
        .id = q->id,
        .arn = q->resource->arn,
        .type = q->resource->type,
        .action = q->resource->action,
        .input = {input, q->input_len},
        .account = m->account,
        .region = m->region,
        .execution_arn = run->parent ? execution_arn(run->parent->execution) : run->arn,
        .state = run->state->name,
        .token = "", /* nobody calls back */
        .max_bytes = q->max_bytes,
        .raw = q->resource != &map_list_objects,
    };

    q->input = NULL;
    tasks_start_request(run->engine, q->resource, &request);
}

bool map_objects_answered(struct engine *e, uint64_t id, struct map_answer *answer)
{
    struct map_run *run = map_get(e->map_requests, (const char *)&id, sizeof(id));

    if (!run)
        return false;
    request_over(run);
    if (run->row.phase == MAP_RUN_READ)
        map_read_answered(run, answer);
    else
        map_write_answered(run, answer);
    return true;
}

/* ---- life ---- */

void map_objects_stop(struct map_run *run)
{
    struct map_objects *o = run->objects;

    if (!o)
        return;
    request_cancel(run);
    map_reading_free(o->reading);
    o->reading = NULL;
    map_writing_free(o->writing);
    o->writing = NULL;
    leave(run);
}

static void forget_items(struct map_objects *o)
{
    json_unref(o->items);
    o->items = NULL;
    free_p(&o->source);
}

void map_objects_free(struct map_run *run)
{
    struct map_objects *o = run->objects;

    if (!o)
        return;
    map_objects_stop(run);
    forget_items(o);
    json_unref(o->reader);
    json_unref(o->writer);
    for (int g = 0; g < RESULT_GROUPS; g++)
        json_unref(o->files[g]);
    free_p(&run->objects);
}

bool map_objects_sweep(struct map_run *run)
{
    struct engine *e = run->engine;
    bool done;

    if (!run->objects || run->objects->swept)
        return false;
    engine_write(e);
    engine_must(e, store_delete_map_items(e->store, run->row.id, ROWS_PER_SWEEP, &done),
                "delete items");
    run->cost += COST_OF_SWEEP;
    run->objects->swept = done;
    return !done;
}

void map_objects_reopen(struct map_run *run)
{
    struct map_objects *o = run->objects;
    struct json_array none;

    if (!o)
        return;
    o->written = (struct result_cursor){.status = EXECUTION_FAILED};
    run->row.executions.written = run->row.items.written = 0;
    for (int g = 0; g < RESULT_GROUPS; g++) {
        json_array_init(&none);
        json_unref(o->files[g]);
        o->files[g] = json_array_finish(&none);
    }
    if (!o->reader || run->row.executions.started > 0)
        return;
    o->captured = -1;
    run->row.executions.total = run->row.items.total = 0;
    run->row.phase = MAP_RUN_READ;
}

/* ---- items ---- */

int64_t map_objects_count(const struct map_run *run)
{
    if (run->objects && run->objects->captured >= 0)
        return run->objects->captured;
    return (int64_t)json_len(payload_value(run->parent->work));
}

/* The row that the item is in. */
static void look_up(struct map_run *run, int64_t index)
{
    struct engine *e = run->engine;
    struct map_objects *o = run->objects;
    struct store_map_items row;

    engine_must(e, store_get_map_items(e->store, &e->arena, run->row.id, index, &row),
                "read items");
    forget_items(o);
    o->items = json_parse(row.items.data, row.items.len, JSON_PARSE_DEFAULT, NULL);
    CHECK(o->items); /* printed by us */
    o->source = xstrdup(row.source);
    o->first = row.first;
}

const struct json *map_objects_item(struct map_run *run, int64_t index, const char **ret_source)
{
    struct map_objects *o = run->objects;

    if (!o || o->captured < 0) {
        if (ret_source)
            *ret_source = MAP_SOURCE_STATE;
        return json_at(payload_value(run->parent->work), (size_t)index);
    }
    if (!o->items || index < o->first || index >= o->first + (int64_t)json_len(o->items))
        look_up(run, index);
    if (ret_source)
        *ret_source = o->source;
    return json_at(o->items, (size_t)(index - o->first));
}

void map_objects_capture(struct map_run *run)
{
    struct engine *e = run->engine;
    struct payload *work = run->parent->work;
    struct store_map_items row = {.source = MAP_SOURCE_STATE, .items = {work->text, work->len}};

    engine_must(e, store_put_map_items(e->store, run->row.id, &row), "write items");
    run->objects->swept = false;
    run->objects->captured = (int64_t)json_len(payload_value(work));
}
