/* TestState of a Map: its fields are evaluated, its iterations are the mock's
 * (reference/integrations.md section 9). */
#include <string.h>

#include "engine/internal.h"

/* A list as inspection shows it: its elements as compact JSON, with ", " between them. */
static void note_list(struct branch *b, enum test_note what, const struct json *list)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    if (json_is(list, JSON_ARRAY)) {
        strbuf_addc(&sb, '[');
        for (size_t i = 0; i < json_len(list); i++) {
            if (i > 0)
                strbuf_adds(&sb, ", ");
            json_print(json_at(list, i), &sb);
        }
        strbuf_addc(&sb, ']');
    } else {
        json_print(list, &sb);
    }
    if (sb.overflow)
        return;

    CLEANUP(payload_unref_p)
    struct payload *p = payload_from_text((struct text){sb.data, sb.len});

    test_note(b, what, p);
}

/* Batches as inspection shows them: every item as the text of its JSON (recorded). */
static struct json *with_item_texts(const struct json *batches)
{
    struct json_array shown;

    json_array_init(&shown);
    for (size_t i = 0; i < json_len(batches); i++) {
        const struct json *batch = json_at(batches, i);
        const struct json *items = json_gets(batch, "Items");
        CLEANUP(json_unref_p) struct json *key = json_strings("Items");
        struct json_array texts;

        json_array_init(&texts);
        for (size_t k = 0; k < json_len(items); k++) {
            size_t len;
            CLEANUP(free_p) char *text = json_text(json_at(items, k), LIMIT_VALUE_BYTES, &len);

            json_array_add(&texts, json_string(text, len));
        }
        json_array_add(&shown, json_with(batch, key, json_array_finish(&texts)));
    }
    return json_array_finish(&shown);
}

/* The items the iterations would get: read, or out of the input. */
static int test_items(struct branch *b, struct payload *input, struct payload **ret_items,
                      struct asl_error *err)
{
    const struct asl_distributed *d = b->state->u.map.distributed;
    CLEANUP(json_unref_p) struct json *pointed = NULL;
    struct json *items = NULL;
    int64_t max = 0;
    int r;

    if (!d || !d->reader) {
        r = map_items(b, input, ret_items, err);
        if (r == 0 && b->state->language == ASL_JSONPATH)
            note_list(b, TEST_AFTER_ITEMS_PATH, payload_value(*ret_items));
        return r;
    }
    r = map_integer(b, d->reader->max_items, payload_value(input), "MaxItemsPath", 0, &max, err);
    if (r < 0)
        return r;
    if (max < 0) {
        asl_error_set(err, "States.ItemReaderFailed", "field MaxItems must be positive");
        return ERR_INVALID;
    }
    r = map_read(d->reader, test_of(b)->reader_data, &items, &pointed, err);
    if (r < 0)
        return r;
    if (pointed)
        note_list(b, TEST_AFTER_ITEMS_POINTER, pointed);
    if (max > 0 && (size_t)max < json_len(items)) {
        struct json_array first;

        json_array_init(&first);
        for (size_t i = 0; i < (size_t)max; i++)
            json_array_add(&first, json_ref(json_at(items, i)));
        json_unref(items);
        items = json_array_finish(&first);
    }
    *ret_items = payload_from_value(items);
    return 0;
}

/* ItemSelector over every item of b->work. */
static int select_items(struct branch *b, struct json **ret_selected, struct asl_error *err)
{
    size_t len = json_len(payload_value(b->work));
    struct json_array selected;

    if (!b->state->u.map.item_selector) {
        *ret_selected = json_ref(payload_value(b->work));
        return 0;
    }
    json_array_init(&selected);
    for (size_t i = 0; i < len; i++) {
        struct branch child = {.execution = b->execution, .parent = b, .slot = i};
        int r = map_item(b, &child, err);

        if (r < 0) {
            json_array_done(&selected);
            return r;
        }
        json_array_add(&selected, json_ref(payload_value(child.input)));
        payload_unref(child.input);
    }
    *ret_selected = json_array_finish(&selected);
    note_list(b, TEST_AFTER_ITEM_SELECTOR, *ret_selected);
    return 0;
}

/* How many iterations there would be. */
static int count_iterations(struct branch *b, struct payload *input, int64_t *ret_count,
                            struct asl_error *err)
{
    const struct asl_distributed *d = b->state->u.map.distributed;
    CLEANUP(json_unref_p) struct json *selected = NULL;
    CLEANUP(json_unref_p) struct json *batches = NULL;
    CLEANUP(json_unref_p) struct json *shown = NULL;
    int r = select_items(b, &selected, err);

    if (r < 0)
        return r;
    if (!d || !d->batcher) {
        *ret_count = (int64_t)json_len(selected);
        return 0;
    }
    r = map_batches(b, input, selected, &batches, err);
    if (r < 0)
        return r;
    shown = with_item_texts(batches);
    note_list(b, TEST_AFTER_ITEM_BATCHER, shown);
    *ret_count = (int64_t)json_len(batches);
    return 0;
}

/* The mocked outcome of all iterations. */
static void mocked(struct branch *b, const struct map_tolerance *tolerance, int64_t iterations)
{
    const struct test_state *t = test_of(b);
    const struct asl_distributed *d = b->state->u.map.distributed;
    CLEANUP(asl_error_done) struct asl_error err = {0};

    if (t->failed_iterations > iterations) {
        test_refuse(b, "Map iteration failure count must be less than or equal to the number of "
                       "Map iterations");
        return;
    }
    if (t->mock_error) {
        err.name = xstrdup(t->mock_error);
        err.cause = t->mock_cause ? xstrdup(t->mock_cause) : NULL;
        branch_error(b, &err);
        return;
    }
    if (map_tolerance_exceeded(tolerance, t->failed_iterations, iterations)) {
        asl_error_set(&err, "States.ExceedToleratedFailureThreshold",
                      "The specified tolerated failure threshold was exceeded");
        branch_error(b, &err);
        return;
    }

    CLEANUP(payload_unref_p) struct payload *result = payload_from_text(t->mock_result);
    bool exports = d && d->writer && d->writer->exports;

    if (!exports && (int64_t)json_len(payload_value(result)) != iterations) {
        test_refuse(b, "Input array does not equal the mocked result array's size");
        return;
    }
    container_finish(b, result);
}

void test_map(struct branch *b)
{
    CLEANUP(asl_error_done) struct asl_error err = {0};
    CLEANUP(payload_unref_p) struct payload *input = NULL;
    struct map_tolerance tolerance = {-1, -1};
    struct payload *items = NULL;
    int64_t concurrency = 0;
    int64_t iterations = 0;

    if (flow_input(b, &input, &err) < 0 || test_items(b, input, &items, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    payload_unref(b->work);
    b->work = items;
    if (map_concurrency(b, input, &concurrency, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    test_set_map(b, concurrency, NULL);
    if (map_tolerance(b, input, &tolerance, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    test_set_map(b, concurrency, &tolerance);
    if (count_iterations(b, input, &iterations, &err) < 0) {
        branch_runtime_error(b, &err);
        return;
    }
    mocked(b, &tolerance, iterations);
}
