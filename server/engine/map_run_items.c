/* What the children of a Map Run get: an item each, or a batch of them (reference/asl.md section 9). */
#include <stdlib.h>
#include <string.h>

#include "engine/map_run.h"

enum { PLANNED_PER_STEP = 4 };

static const struct json *items_of(const struct map_run *run)
{
    return payload_value(run->parent->work);
}

static int effective_input(struct map_run *run, struct asl_error *err)
{
    return run->input ? 0 : flow_input(run->parent, &run->input, err);
}

/* An item, or what ItemSelector makes of it. */
static int item_value(struct map_run *run, size_t index, struct json **ret_value,
                      struct asl_error *err)
{
    struct branch *b = run->parent;
    const struct asl_expr *selector = run->state->u.map.item_selector;
    CLEANUP(flow_env_done) struct flow_env env = {0};
    struct branch iteration = {
        .execution = b->execution,
        .parent = b,
        .slot = index,
        .scope = run->state->u.map.processor,
        .state = run->state->u.map.processor->start,
    };
    int r;

    if (!selector) {
        *ret_value = json_ref(json_at(items_of(run), index));
        return 0;
    }
    r = effective_input(run, err);
    if (r < 0)
        return r;
    flow_env_init(&env, b, payload_value(run->input));
    env.item = &iteration;
    return asl_eval(selector, &env.asl, ret_value, err);
}

int map_run_batching(struct map_run *run, struct asl_error *err)
{
    int r;

    if (run->has_batching || !run->state->u.map.distributed->batcher)
        return 0;
    r = effective_input(run, err);
    if (r < 0)
        return r;
    r = map_batching_read(run->parent, payload_value(run->input), &run->batching, err);
    if (r < 0)
        return r;
    run->has_batching = true;
    return 0;
}

/* How many items the next child gets. */
static int64_t next_count(const struct map_run *run)
{
    const struct store_map_run *row = &run->row;

    if (!run->has_batching)
        return 1;
    if (run->plan)
        return run->plan[row->executions.started];

    int64_t left = row->items.total - row->items.started;

    return run->batching.max_items > 0 ? MIN(run->batching.max_items, left) : left;
}

int map_run_next_input(struct map_run *run, struct payload **ret_input, int64_t *ret_items,
                       struct asl_error *err)
{
    struct json_array batch;
    struct json *value;
    int r = map_run_batching(run, err);

    if (r < 0)
        return r;

    int64_t first = run->row.items.started;
    int64_t count = next_count(run);

    if (!run->has_batching) {
        r = item_value(run, (size_t)first, &value, err);
        if (r < 0)
            return r;
        *ret_items = 1;
        return flow_make(run->parent, value, ret_input, err);
    }
    json_array_init(&batch);
    for (int64_t i = 0; i < count; i++) {
        r = item_value(run, (size_t)(first + i), &value, err);
        if (r < 0) {
            json_array_done(&batch);
            return r;
        }
        json_array_add(&batch, value);
    }
    *ret_items = count;
    return flow_make(run->parent, map_batch_finish(&run->batching, &batch), ret_input, err);
}

bool map_run_count(struct map_run *run)
{
    struct store_map_run *row = &run->row;
    int64_t len = (int64_t)json_len(items_of(run));
    int64_t each = !run->has_batching            ? 1
                   : run->batching.max_items > 0 ? run->batching.max_items
                                                 : MAX(len, 1);

    if (run->has_batching && run->batching.max_bytes > 0)
        return false;
    row->items.total = len;
    row->executions.total = len / each + (len % each > 0);
    return true;
}

/* ---- batches by size ---- */

/* Bytes of a batch that holds no item. */
static int64_t frame_bytes(const struct map_run *run)
{
    struct json_array none;
    struct json *empty;
    int64_t bytes;

    json_array_init(&none);
    empty = map_batch_finish(&run->batching, &none);
    bytes = (int64_t)json_text_size(empty, SIZE_MAX);
    json_unref(empty);
    return bytes;
}

static void plan_done(struct map_run *run)
{
    struct strbuf sb;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    strbuf_addc(&sb, '[');
    for (size_t i = 0; i < run->plan_len; i++)
        strbuf_addf(&sb, "%s%u", i ? "," : "", run->plan[i]);
    strbuf_addc(&sb, ']');
    run->plan_text = strbuf_take(&sb, NULL);
    run->row.items.total = (int64_t)run->planned;
    run->row.executions.total = (int64_t)run->plan_len;
}

static void plan_item(struct map_run *run, int64_t frame, int64_t bytes)
{
    const struct map_batching *how = &run->batching;
    uint32_t *last = run->plan_len > 0 ? &run->plan[run->plan_len - 1] : NULL;
    bool full = !last || (how->max_items > 0 && *last >= how->max_items) ||
                run->plan_bytes + bytes > how->max_bytes;

    if (full) {
        GROW(run->plan, run->plan_len, run->plan_cap);
        run->plan[run->plan_len++] = 0;
        run->plan_bytes = frame;
        last = &run->plan[run->plan_len - 1];
    }
    ++*last;
    run->plan_bytes += bytes;
    run->planned++;
}

int map_run_plan(struct map_run *run, struct asl_error *err)
{
    size_t len = json_len(items_of(run));
    int r = map_run_batching(run, err);

    if (r < 0)
        return r;

    int64_t frame = frame_bytes(run);

    for (int i = 0; i < PLANNED_PER_STEP && run->planned < len; i++) {
        struct json *value;

        r = item_value(run, run->planned, &value, err);
        if (r < 0)
            return r;
        plan_item(run, frame, (int64_t)json_text_size(value, SIZE_MAX) + 1);
        json_unref(value);
    }
    if (run->planned == len)
        plan_done(run);
    return 0;
}

void map_run_read_plan(struct map_run *run, const char *text)
{
    while (*text && text[1] && *text != ']') {
        char *end;
        unsigned long count = strtoul(text + 1, &end, 10);

        if (end == text + 1)
            break;
        GROW(run->plan, run->plan_len, run->plan_cap);
        run->plan[run->plan_len++] = (uint32_t)count;
        text = end;
    }
}
