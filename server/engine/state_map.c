/* Map, inline: an iteration for each item, at most `concurrency` of them at once; the result is the array of
 * their outputs.  reference/asl.md section 9, reference/history.md section 4. */
#include <inttypes.h>
#include <string.h>

#include "engine/map_run.h"

static int map_not_array(struct branch *b, const struct json *value, struct asl_error *err)
{
    const struct asl_expr *items = b->state->u.map.items;

    if (b->state->language == ASL_JSONATA) {
        CLEANUP(free_p) char *text = NULL;

        if (items)
            return flow_type_error(err, items, "array", value);
        text = json_text(value, 1024, NULL);
        asl_error_set(err, "States.QueryEvaluationError",
                      "Map state input must be an array but was: %s", text);
        err->evaluation = true;
        return ERR_INVALID;
    }

    /* Recorded: "$$.Execution.Input" shows as "$.Execution.Input", and there is no prefix. */
    const char *path = items ? asl_expr_text(items) : "$";

    if (strncmp(path, "$$", 2) == 0)
        path++;
    asl_error_set(err, "States.Runtime", "Reference path \"%s\" must point to array.", path);
    err->no_prefix = true;
    return ERR_INVALID;
}

/* The items: ItemsPath over the effective input, or Items, or the input itself. */
int map_items(struct branch *b, struct payload *input, struct payload **ret_items,
              struct asl_error *err)
{
    const struct asl_expr *items = b->state->u.map.items;
    CLEANUP(json_unref_p) struct json *value = NULL;
    int r;

    if (items) {
        CLEANUP(flow_env_done) struct flow_env env;

        flow_env_init(&env, b, payload_value(input));
        r = items->kind == ASL_EXPR_PATH ? asl_eval_path(items->path, &env.asl, &value, err)
                                         : asl_eval(items, &env.asl, &value, err);
        if (r < 0)
            return r;
    } else {
        value = json_ref(payload_value(input));
    }
    if (!json_is(value, JSON_ARRAY))
        return map_not_array(b, value, err);
    r = flow_make(b, value, ret_items, err);
    value = NULL;
    return r;
}

int map_concurrency(struct branch *b, struct payload *input, int64_t *ret_max,
                    struct asl_error *err)
{
    const struct asl_expr *expr = b->state->u.map.max_concurrency;
    int64_t n = 0;
    int r;

    if (!expr) {
        *ret_max = 0;
        return 0;
    }
    r = map_integer(b, expr, payload_value(input), "MaxConcurrencyPath", 0, &n, err);
    if (r < 0)
        return r;
    if (n < 0) {
        asl_error_set(err, "States.Runtime", "MaxConcurrency cannot be negative.");
        return ERR_INVALID;
    }
    *ret_max = n;
    return 0;
}

void map_iteration_event(struct branch *b, enum event_type type, size_t slot, int64_t previous)
{
    struct execution *x = b->execution;
    struct strbuf *sb = history_scratch(x->engine);

    strbuf_adds(sb, x->revision->name_details[b->state->index]);
    strbuf_addf(sb, ",\"index\":%zu", slot);

    int64_t id = history_add(x, type, previous, history_details(sb), NULL);

    if (type == EVENT_MAP_ITERATION_STARTED && id > 0)
        b->children[slot]->previous = id;
    else if (type == EVENT_MAP_ITERATION_SUCCEEDED && id > 0 && b->children_done == b->children_len)
        b->previous = id;
}

/* The input of iteration `child`: the item, or what ItemSelector makes of it. */
int map_item(struct branch *b, struct branch *child, struct asl_error *err)
{
    const struct json *item = json_at(payload_value(b->work), child->slot);
    CLEANUP(payload_unref_p) struct payload *input = NULL;
    CLEANUP(flow_env_done) struct flow_env env = {0};
    struct json *value;
    int r;

    if (!b->state->u.map.item_selector) {
        child->input = payload_from_value(json_ref(item));
        return 0;
    }
    r = flow_input(b, &input, err);
    if (r < 0)
        return r;
    flow_env_init(&env, b, payload_value(input));
    env.item = child;
    r = asl_eval(b->state->u.map.item_selector, &env.asl, &value, err);
    if (r < 0)
        return r;
    return flow_make(b, value, &child->input, err);
}

void map_admit(struct branch *b, int64_t previous)
{
    struct execution *x = b->execution;
    size_t first = b->children_next;

    if (b->children_done == b->children_len) {
        parallel_finish(b);
        return;
    }
    for (; b->children_next < b->children_len &&
           b->children_next - b->children_done < b->concurrency && !x->full;
         b->children_next++) {
        CLEANUP(asl_error_done) struct asl_error err = {0};
        struct branch *child = branch_new(x, b, b->children_next, b->state->u.map.processor);

        b->children[b->children_next] = child;
        if (map_item(b, child, &err) < 0) {
            branch_free(child);
            b->children[b->children_next] = NULL;
            container_abort_children(b, b->previous);
            branch_runtime_error(b, &err);
            return;
        }
        map_iteration_event(b, EVENT_MAP_ITERATION_STARTED, child->slot, previous);
    }
    branch_set_dirty(b);
    for (size_t i = first; i < b->children_next; i++)
        branch_make_runnable(b->children[i]);
}

static void map_run(struct branch *b)
{
    struct execution *x = b->execution;
    CLEANUP(asl_error_done) struct asl_error err = {0};
    CLEANUP(payload_unref_p) struct payload *input = NULL;
    CLEANUP(payload_unref_p) struct payload *items = NULL;
    int64_t ceiling = x->engine->limits.inline_map_concurrency;
    int64_t limit = 0;

    if (x->test) {
        test_map(b);
        return;
    }
    if (b->state->u.map.distributed) {
        map_distributed_run(b);
        return;
    }
    if (flow_input(b, &input, &err) < 0 || map_items(b, input, &items, &err) < 0 ||
        map_concurrency(b, input, &limit, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }

    struct strbuf *sb = history_scratch(x->engine);
    size_t len = json_len(payload_value(items));

    strbuf_addf(sb, "\"length\":%zu", len);
    if (history_step(b, EVENT_MAP_STATE_STARTED, history_details(sb), NULL) == 0)
        return;
    branch_drop_children(b);
    payload_unref(b->work);
    b->work = items;
    items = NULL;
    b->children = xcalloc(len + 1, sizeof(*b->children));
    b->children_len = len;
    b->concurrency = (size_t)(limit == 0 ? ceiling : MIN(limit, ceiling));
    b->phase = PHASE_CHILDREN;
    branch_set_dirty(b);
    map_admit(b, b->previous);
}

void map_iteration_succeeded(struct branch *b, struct branch *child)
{
    int64_t last = child->previous;

    map_iteration_event(b, EVENT_MAP_ITERATION_SUCCEEDED, child->slot, last);
    if (!b->execution->full)
        map_admit(b, last);
}

const struct state_ops state_map = {
    .entered = EVENT_MAP_STATE_ENTERED,
    .exited = EVENT_MAP_STATE_EXITED,
    .aborted = EVENT_MAP_STATE_ABORTED,
    .run = map_run,
};
