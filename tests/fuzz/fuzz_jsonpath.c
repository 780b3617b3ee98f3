/* Fuzzes paths: the first line of the input is a path, the rest the document it reads. */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/utf8.h"
#include "jsonpath/jsonpath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct json *get_context(void *arg)
{
    return arg;
}

static const struct json *get_variable(void *arg, const char *name, size_t len)
{
    return json_is(arg, JSON_OBJECT) ? json_get(arg, name, len) : NULL;
}

/* What must hold of every result. */
static void check_value(const struct jsonpath *p, const struct json *value)
{
    char *text = json_text(value, (size_t)1 << 20, NULL);
    free(text);
    if (!jsonpath_is_definite(p))
        CHECK(json_type(value) == JSON_ARRAY);
}

/* A value put at a reference path is found there. */
static void check_put(const struct jsonpath *p, const struct json *input)
{
    struct json *root;
    struct json *value;
    struct json *put = json_string("put", 3);
    struct err err;

    if (jsonpath_put(p, input, put, &root, &err) == 0) {
        struct jsonpath_env env = {.input = root};
        CHECK(jsonpath_eval(p, &env, &value, &err) == 0);
        CHECK(json_equal(value, put));
        json_unref(value);
        json_unref(root);
    }
    json_unref(put);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *line_end = size ? memchr(text, '\n', size) : NULL;
    size_t len = line_end ? (size_t)(line_end - text) : size;
    size_t rest = line_end ? len + 1 : size;
    struct jsonpath *p;
    struct err err = {0};

    int r = jsonpath_compile(text, len, &p, &err);
    if (r < 0) {
        CHECK(err.text[0]);
        return 0;
    }
    struct json *input = json_parse(text + rest, size - rest, JSON_PARSE_DEFAULT, NULL);
    if (input) {
        struct jsonpath_env env = {input, get_context, get_variable, input};
        struct json *value = NULL;
        r = jsonpath_eval(p, &env, &value, &err);
        CHECK((r == 0) == (value != NULL));
        if (r == 0)
            check_value(p, value);
        json_unref(value);
        if (jsonpath_is_reference(p) && jsonpath_root(p) == JSONPATH_INPUT &&
            utf8_valid(text, len)) /* as all paths of a definition are */
            check_put(p, input);
        json_unref(input);
    }
    jsonpath_free(p);
    return 0;
}
