/* What the children of a Map Run get: an item each, or a batch of them (reference/asl.md section 9). */
#include <stdlib.h>
#include <string.h>

#include "engine/map_objects.h"

enum { PLANNED_PER_STEP = 4 };

static int effective_input(struct map_run *run, struct asl_error *err)
{
    return run->input ? 0 : flow_input(run->parent, &run->input, err);
}

/* An item, or what ItemSelector makes of it. */
static int item_value(struct map_run *run, size_t index, bool selected, struct json **ret_value,
                      struct asl_error *err)
{
    struct branch *b = run->parent;
    const struct asl_expr *selector = run->state->u.map.item_selector;
    CLEANUP(flow_env_done) struct flow_env env = {0};
    struct branch iteration = {
        .parent = b,
        .slot = index,
        .scope = run->state->u.map.processor,
        .state = run->state->u.map.processor->start,
    };
    int r;

    if (!selector || !selected) {
        *ret_value = json_ref(map_objects_item(run, (int64_t)index, NULL));
        return 0;
    }
    r = effective_input(run, err);
    if (r < 0)
        return r;
    iteration.execution = b->execution;
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

/* How many items a child gets, whose first one is `first`. */
static int64_t count_for(const struct map_run *run, int64_t child, int64_t first)
{
    if (!run->has_batching)
        return 1;
    if (run->plan)
        return run->plan[child];

    int64_t left = run->row.items.total - first;

    return run->batching.max_items > 0 ? MIN(run->batching.max_items, left) : left;
}

/* The input of a child: its item, or its batch.  Of items that are not selected, a batch holds as many as
 * may be. */
static int input_value(struct map_run *run, int64_t child, int64_t first, bool selected,
                       struct json **ret_value, int64_t *ret_items, struct asl_error *err)
{
    int64_t max = run->engine->limits.payload_bytes;
    int64_t bytes = 0;
    struct json_array batch;
    struct json *value;
    int64_t count = count_for(run, child, first);
    int r;

    *ret_items = count;
    if (!run->has_batching)
        return item_value(run, (size_t)first, selected, ret_value, err);
    json_array_init(&batch);
    for (int64_t i = 0; i < count && bytes <= max; i++) {
        r = item_value(run, (size_t)(first + i), selected, &value, err);
        if (r < 0) {
            json_array_done(&batch);
            return r;
        }
        bytes += (int64_t)json_text_size(value, (size_t)max + 1);
        json_array_add(&batch, value);
    }
    if (selected && bytes > max) {
        json_array_done(&batch);
        flow_data_limit(err, run->state->name);
        return ERR_INVALID;
    }
    *ret_value = map_batch_finish(&run->batching, &batch);
    return 0;
}

int map_run_next_input(struct map_run *run, struct payload **ret_input, int64_t *ret_items,
                       struct asl_error *err)
{
    struct json *value;
    int r = map_run_batching(run, err);

    if (r < 0)
        return r;
    r = input_value(run, run->row.executions.started, run->row.items.started, true, &value,
                    ret_items, err);
    if (r < 0)
        return r;
    return flow_make(run->parent, value, ret_input, err);
}

struct payload *map_run_pending_input(struct map_run *run, int64_t child, int64_t first,
                                      int64_t *ret_items)
{
    CLEANUP(asl_error_done) struct asl_error err = {0};
    struct json *value = NULL;

    if (!run->parent || map_run_batching(run, &err) < 0 ||
        input_value(run, child, first, true, &value, ret_items, &err) < 0 ||
        json_text_size(value, LIMIT_ITEM_BYTES + 1) > LIMIT_ITEM_BYTES) {
        json_unref(value);
        CHECK(input_value(run, child, first, false, &value, ret_items, &err) == 0);
    }
    return payload_from_value(value);
}

bool map_run_count(struct map_run *run)
{
    struct store_map_run *row = &run->row;
    int64_t len = map_objects_count(run);
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
    size_t len = (size_t)map_objects_count(run);
    int r = map_run_batching(run, err);

    if (r < 0)
        return r;

    int64_t frame = frame_bytes(run);

    for (int i = 0; i < PLANNED_PER_STEP && run->planned < len; i++) {
        struct json *value;

        r = item_value(run, run->planned, true, &value, err);
        if (r < 0)
            return r;

        size_t bytes = json_text_size(value, SIZE_MAX) + 1;

        plan_item(run, frame, (int64_t)bytes);
        run->cost += bytes / MAP_RUN_BYTES_PER_STEP;
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
