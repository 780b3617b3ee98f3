/* Fuzzes intrinsic calls: the first line of the input is a call, in which a NUL byte stands for a
 * newline; the rest is the document its paths read. */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/mem.h"
#include "intrinsics/intrinsics.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct json *get_context(void *arg)
{
    return arg;
}

static const struct json *get_variable(void *arg, const char *name, size_t len)
{
    return json_is(arg, JSON_OBJECT) ? json_get(arg, name, len) : NULL;
}

static void count_path(void *arg, const struct jsonpath *path)
{
    CHECK(jsonpath_text(path)[0] == '$');
    ++*(size_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *line_end = size ? memchr(text, '\n', size) : NULL;
    size_t len = line_end ? (size_t)(line_end - text) : size;
    size_t rest = line_end ? len + 1 : size;
    struct intrinsic *call;
    struct err err = {0};

    /* The first line comes from a JSON string, so that it is UTF-8. */
    char *line = xmemdup(text, len);
    for (size_t i = 0; i < len; i++)
        line[i] = line[i] ? line[i] : '\n';
    struct json *checked = NULL;
    struct strbuf quoted;
    strbuf_init(&quoted, 8 * size + 2);
    strbuf_add_json(&quoted, line, len);
    checked = json_parse(quoted.data, quoted.len, JSON_PARSE_DEFAULT, NULL);
    strbuf_done(&quoted);

    struct json *input = json_parse(text + rest, size - rest, JSON_PARSE_DEFAULT, NULL);
    if (checked && intrinsic_compile(line, len, &call, &err) == 0) {
        size_t paths = 0;
        struct jsonpath_env env = {input, get_context, get_variable, input};
        struct json *value = NULL;
        const struct jsonpath *missing = NULL;

        intrinsic_paths(call, count_path, &paths);
        int r = intrinsic_eval(call, &env, &value, &missing, &err);
        CHECK((r == 0) == (value != NULL));
        CHECK((r == ERR_NOT_FOUND) == (missing != NULL));
        if (value) {
            char *out = json_text(value, (size_t)1 << 20, NULL);
            free(out);
        }
        json_unref(value);
        intrinsic_free(call);
    } else if (checked) {
        CHECK(err.text[0]);
    }
    json_unref(checked);
    json_unref(input);
    free(line);
    return 0;
}
