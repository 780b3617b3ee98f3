/* ItemReader of a TestState: all items of the data that is given with the test. */
#include "base/mem.h"
#include "engine/internal.h"
#include "engine/item_reader.h"

int map_read(const struct asl_item_reader *reader, struct text data, struct json **ret_items,
             struct json **ret_pointed, struct asl_error *err)
{
    struct item_format format = {.kind = ITEMS_JSON}; /* what has no text form comes as a list */
    struct json_array items;
    struct json *item;
    int r = reader->input_type == ASL_PARQUET ? 0 : item_format_of(reader, &format, err);

    if (r < 0)
        return r;

    struct item_reader *in = item_reader_new(&format, xmemdup(data.data, data.len), data.len);

    json_array_init(&items);
    while ((r = item_reader_next(in, &item, err)) > 0)
        json_array_add(&items, item);
    if (r < 0) {
        json_array_done(&items);
    } else {
        *ret_pointed = format.kind == ITEMS_JSON && format.pointer ? read_json_pointed(in) : NULL;
        *ret_items = json_array_finish(&items);
    }
    item_reader_free(in);
    return r;
}
