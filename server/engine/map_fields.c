/* The fields of a Map that count: concurrency, tolerance, batches (reference/asl.md sections 3 and 9). */
#include <stdlib.h>
#include <string.h>

#include "engine/internal.h"

/* A constant, a path or an expression. */
static int evaluate(struct branch *b, const struct asl_expr *expr, const struct json *input,
                    struct json **ret_value, struct asl_error *err)
{
    CLEANUP(flow_env_done) struct flow_env env;

    flow_env_init(&env, b, input);
    return expr->kind == ASL_EXPR_PATH ? asl_eval_path(expr->path, &env.asl, ret_value, err)
                                       : asl_eval(expr, &env.asl, ret_value, err);
}

/* "The MaxItemsPath field refers to value "1.5" which is not a valid integer: $.MaxItems" */
static int wrong_number(struct asl_error *err, const struct asl_expr *expr, const char *path_field,
                        const char *type, const struct json *value)
{
    CLEANUP(free_p) char *shown = flow_shown(value);

    asl_error_set(err, "States.Runtime",
                  "The %s field refers to value \"%s\" which is not a valid %s: %s", path_field,
                  shown, type, asl_expr_text(expr));
    return ERR_INVALID;
}

/* What a path leads to may be an integer's text as well (recorded for MaxItemsPath). */
static bool is_integer(const struct asl_expr *expr, const struct json *value, int64_t *ret_value)
{
    size_t len;
    const char *s;
    char *end;

    if (json_is(value, JSON_NUMBER))
        return json_int64(value, ret_value);
    if (expr->kind != ASL_EXPR_PATH || !json_is(value, JSON_STRING))
        return false;
    s = json_str(value, &len);
    if (len == 0 || len > 18 || strspn(s, "-0123456789") != len)
        return false;
    *ret_value = strtoll(s, &end, 10);
    return *end == '\0';
}

int map_integer(struct branch *b, const struct asl_expr *expr, const struct json *input,
                const char *path_field, int64_t otherwise, int64_t *ret_value,
                struct asl_error *err)
{
    CLEANUP(json_unref_p) struct json *value = NULL;
    int r;

    if (!expr) {
        *ret_value = otherwise;
        return 0;
    }
    r = evaluate(b, expr, input, &value, err);
    if (r < 0)
        return r;
    if (is_integer(expr, value, ret_value))
        return 0;
    if (expr->kind == ASL_EXPR_JSONATA)
        return flow_type_error(err, expr, "integer", value);
    return wrong_number(err, expr, path_field, "integer", value);
}

static int tolerated_count(struct branch *b, const struct json *input, int64_t *ret_count,
                           struct asl_error *err)
{
    const struct asl_expr *expr = b->state->u.map.distributed->tolerated_count;
    int64_t n;
    int r = map_integer(b, expr, input, "ToleratedFailureCountPath", -1, &n, err);

    if (r < 0)
        return r;
    if (expr && n < 0) {
        asl_error_set(err, "States.Runtime", "ToleratedFailureCount cannot be negative.");
        return ERR_INVALID;
    }
    *ret_count = n;
    return 0;
}

static int tolerated_percentage(struct branch *b, const struct json *input, double *ret_percentage,
                                struct asl_error *err)
{
    const struct asl_expr *expr = b->state->u.map.distributed->tolerated_percentage;
    CLEANUP(json_unref_p) struct json *value = NULL;
    int r;

    if (!expr)
        return 0;
    r = evaluate(b, expr, input, &value, err);
    if (r < 0)
        return r;
    if (!json_is(value, JSON_NUMBER))
        return expr->kind == ASL_EXPR_JSONATA
                   ? flow_type_error(err, expr, "number", value)
                   : wrong_number(err, expr, "ToleratedFailurePercentagePath", "float", value);

    double percentage = json_double(value);

    if (!(percentage >= 0 && percentage <= 100)) {
        asl_error_set(err, "States.Runtime",
                      "ToleratedFailurePercentage must be between 0 and 100.");
        return ERR_INVALID;
    }
    *ret_percentage = percentage;
    return 0;
}

int map_tolerance(struct branch *b, struct payload *input, struct map_tolerance *ret_value,
                  struct asl_error *err)
{
    struct map_tolerance t = {-1, -1};

    if (b->state->u.map.distributed) {
        int r = tolerated_count(b, payload_value(input), &t.count, err);

        if (r < 0)
            return r;
        r = tolerated_percentage(b, payload_value(input), &t.percentage, err);
        if (r < 0)
            return r;
    }
    *ret_value = t;
    return 0;
}

bool map_tolerance_exceeded(const struct map_tolerance *t, int64_t failures, int64_t iterations)
{
    if (t->count >= 0 && failures > t->count)
        return true;
    return t->percentage >= 0 && iterations > 0 &&
           (double)failures * 100.0 > t->percentage * (double)iterations;
}

/* ---- batches ---- */

int map_batching_read(struct branch *b, const struct json *input, struct map_batching *ret_batching,
                      struct asl_error *err)
{
    const struct asl_item_batcher *batcher = b->state->u.map.distributed->batcher;
    int64_t max_items, max_bytes;
    int r = map_integer(b, batcher->max_items, input, "MaxItemsPerBatchPath", 0, &max_items, err);

    if (r < 0)
        return r;
    r = map_integer(b, batcher->max_bytes, input, "MaxInputBytesPerBatchPath", 0, &max_bytes, err);
    if (r < 0)
        return r;
    if (max_items < 0 || max_bytes < 0) {
        asl_error_set(err, "States.Runtime", "%s cannot be negative.",
                      max_items < 0 ? "MaxItemsPerBatch" : "MaxInputBytesPerBatch");
        return ERR_INVALID;
    }

    struct json *fixed = NULL;

    if (batcher->batch_input) {
        r = evaluate(b, batcher->batch_input, input, &fixed, err);
        if (r < 0)
            return r;
    }
    *ret_batching = (struct map_batching){max_items, max_bytes, fixed};
    return 0;
}

struct json *map_batch_finish(const struct map_batching *how, struct json_array *items)
{
    struct json_object *batch = json_object_new();

    if (how->fixed)
        json_object_adds(batch, "BatchInput", json_ref(how->fixed));
    json_object_adds(batch, "Items", json_array_finish(items));
    return json_object_finish(batch);
}

int map_batches(struct branch *b, struct payload *input, const struct json *items,
                struct json **ret_batches, struct asl_error *err)
{
    struct map_batching how;
    int r = map_batching_read(b, payload_value(input), &how, err);

    if (r < 0)
        return r;

    struct json_array batches, batch;
    struct json_array none = {0};
    struct json *empty = map_batch_finish(&how, &none);
    int64_t frame = (int64_t)json_text_size(empty, SIZE_MAX);
    int64_t bytes = frame;

    json_unref(empty);
    json_array_init(&batches);
    json_array_init(&batch);
    for (size_t i = 0; i < json_len(items); i++) {
        int64_t size = (int64_t)json_text_size(json_at(items, i), SIZE_MAX) + 1;
        bool full = (how.max_items > 0 && (int64_t)batch.len >= how.max_items) ||
                    (how.max_bytes > 0 && bytes + size > how.max_bytes);

        if (full && batch.len > 0) {
            json_array_add(&batches, map_batch_finish(&how, &batch));
            json_array_init(&batch);
            bytes = frame;
        }
        json_array_add(&batch, json_ref(json_at(items, i)));
        bytes += size;
    }
    if (batch.len > 0)
        json_array_add(&batches, map_batch_finish(&how, &batch));
    else
        json_array_done(&batch);
    json_unref(how.fixed);
    *ret_batches = json_array_finish(&batches);
    return 0;
}
