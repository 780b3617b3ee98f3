/* Any bytes: parsing and validating agree, and what was parsed prints to a text that parses to an
 * equal value and prints the same again. */
#include <stdint.h>
#include <stdlib.h>

#include "json/json.h"

#define MOST_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const struct json_error *err, const char *text, size_t len)
{
    CHECK(err->text[0] && err->offset <= len && err->line > 0);
    CLEANUP(strbuf_done) struct strbuf sb;
    strbuf_init(&sb, MOST_BYTES);
    json_error_message(err, text, len, &sb);
    json_error_location(err, text, len, &sb);
    CHECK(!sb.overflow);
}

static void check_value(const struct json *v)
{
    CLEANUP(strbuf_done) struct strbuf first;
    CLEANUP(strbuf_done) struct strbuf second;
    strbuf_init(&first, MOST_BYTES);
    strbuf_init(&second, MOST_BYTES);
    json_print(v, &first);
    CHECK(!first.overflow && first.len == json_text_size(v, SIZE_MAX));

    CLEANUP(json_unref_p)
    struct json *back = json_parse(first.data, first.len, JSON_PARSE_REJECT_DUPLICATES, NULL);
    CHECK(back && json_equal(v, back) && json_equal(back, v));
    CHECK(json_depth(v) == json_depth(back));
    json_print(back, &second);
    CHECK(second.len == first.len && __builtin_memcmp(first.data, second.data, first.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct json_error err = {0};
    struct json_error same = {0};
    CLEANUP(json_unref_p) struct json *v = json_parse(text, size, JSON_PARSE_DEFAULT, &err);
    CHECK(json_valid(text, size, &same) == (v != NULL));
    if (v) {
        check_value(v);
    } else {
        check_error(&err, text, size);
        CHECK(__builtin_strcmp(err.text, same.text) == 0 && err.offset == same.offset);
    }
    return 0;
}
