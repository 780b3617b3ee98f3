/* Any bytes: an expression, a NUL byte, and a JSON value that is both its input and $states.  Whatever
 * compiles is evaluated within limits that count steps, not time, so that a run can be repeated; its
 * result prints to a JSON text that parses again. */
#include <stdint.h>
#include <string.h>

#include "jsonata/jsonata.h"

#define MOST_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct jsonata_limits limits = {
    .steps = 100000,
    .depth = 300,
    .stack_bytes = (size_t)3 << 20,
    .memory_bytes = (size_t)32 << 20,
    .result_bytes = (size_t)1 << 20,
};

static void check_references(const struct jsonata *p)
{
    const struct jsonata_references *r = jsonata_references(p);
    for (size_t i = 0; i < r->variables_len; i++)
        CHECK(strlen(r->variables[i].name) <= r->variables[i].len);
    for (size_t i = 0; i < r->states_len; i++)
        for (size_t k = 0; k < r->states[i].len; k++)
            CHECK(r->states[i].names[k]);
    CHECK(r->uses_input == (r->input_position >= 0));
    CHECK(r->uses_root == (r->root_position >= 0));
}

static void check_value(struct json *value)
{
    CLEANUP(strbuf_done) struct strbuf sb;
    strbuf_init(&sb, MOST_BYTES);
    json_print(value, &sb);
    CHECK(!sb.overflow && sb.len <= limits.result_bytes);
    struct json *back = json_parse(sb.data, sb.len, JSON_PARSE_DEFAULT, NULL);
    CHECK(back);
    json_unref(back);
    json_unref(value);
}

static void check_evaluation(const struct jsonata *p, const struct json *input)
{
    struct jsonata_variable_value states = {"states", 6, input};
    struct jsonata_call call = {
        .input = input,
        .variables = &states,
        .variables_len = input ? 1 : 0,
        .now_ms = 1700000000000,
        .limits = &limits,
    };
    struct json *value = NULL;
    struct jsonata_error err = {0};
    switch (jsonata_evaluate(p, &call, &value, &err, NULL)) {
    case JSONATA_VALUE:
        check_value(value);
        break;
    case JSONATA_FAILED:
        CHECK(strlen(err.code) == 5 && err.message && err.message_len >= strlen(err.message));
        break;
    default:
        CHECK(!value);
    }
    jsonata_error_clear(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    size_t len = strnlen(text, size);
    struct json *input = NULL;
    if (len < size)
        input = json_parse(text + len + 1, size - len - 1, JSON_PARSE_DEFAULT, NULL);
    struct jsonata_error err = {0};
    struct jsonata *p = jsonata_compile(text, len, &err);
    CHECK(!p == (err.message != NULL));
    if (p) {
        check_references(p);
        check_evaluation(p, input);
    } else {
        CHECK(err.kind == JSONATA_SYNTAX && err.code[0] == 'S');
        CHECK(err.position >= -1 && err.position <= (int64_t)len);
    }
    jsonata_error_clear(&err);
    jsonata_free(p);
    json_unref(input);
    return 0;
}
