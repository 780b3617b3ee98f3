/* jsonpath: tries a path or an intrinsic call on the JSON of standard input.
 *
 *     echo '{"a":[{"b":1},{"b":2}]}' | jsonpath '$.a[?(@.b > 1)]'
 *     echo '{"name":"Ada"}' | jsonpath "States.Format('Hello {}', $.name)"
 *
 * With --cases it answers one request a line: {"id","path","data","context","bindings"} is answered by
 * {"id","result"} or {"id","error":{"code","message"}}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "intrinsics/intrinsics.h"

#define MAX_INPUT (64u * 1024 * 1024)

/* What a path may start from. */
struct documents {
    const struct json *input, *context, *variables; /* NULL: not there */
};

static const struct json *get_context(void *arg)
{
    const struct documents *docs = arg;
    return docs->context;
}

static const struct json *get_variable(void *arg, const char *name, size_t len)
{
    const struct documents *docs = arg;
    return json_is(docs->variables, JSON_OBJECT) ? json_get(docs->variables, name, len) : NULL;
}

/* Evaluates a path or an intrinsic call.  *ret_code names the kind of failure. */
static int evaluate(const char *text, size_t len, struct documents *docs, struct json **ret_value,
                    const char **ret_code, struct err *err)
{
    struct jsonpath_env env = {
        .input = docs->input, .context = get_context, .variable = get_variable, .arg = docs};
    int r;

    if (intrinsic_looks_like(text, len)) {
        struct intrinsic *call;
        *ret_code = "InvalidIntrinsic";
        r = intrinsic_compile(text, len, &call, err);
        if (r < 0)
            return r;
        *ret_code = "IntrinsicFailure";
        r = intrinsic_eval(call, &env, ret_value, NULL, err);
        intrinsic_free(call);
        return r;
    }

    struct jsonpath *path;
    *ret_code = "InvalidPath";
    r = jsonpath_compile(text, len, &path, err);
    if (r < 0)
        return r;
    r = jsonpath_eval(path, &env, ret_value, err);
    *ret_code = r == ERR_LIMIT ? "LimitExceeded" : "PathNotFound";
    jsonpath_free(path);
    return r;
}

/* ---- --cases ---- */

static void answer(const struct json *request, struct strbuf *out)
{
    struct documents docs = {
        .input = json_gets(request, "data"),
        .context = json_gets(request, "context"),
        .variables = json_gets(request, "bindings"),
    };
    const struct json *id = json_gets(request, "id");
    const struct json *path = json_gets(request, "path");
    struct json *value = NULL;
    const char *code = "InvalidRequest";
    struct err err = {.text = "the request has no path"};
    size_t len = 0;
    int r = ERR_INVALID;

    if (json_is(path, JSON_STRING)) {
        const char *text = json_str(path, &len);
        r = evaluate(text, len, &docs, &value, &code, &err);
    }

    strbuf_adds(out, "{\"id\":");
    if (id)
        json_print(id, out);
    else
        strbuf_adds(out, "null");
    if (r == 0) {
        strbuf_adds(out, ",\"result\":");
        json_print(value, out);
    } else {
        strbuf_addf(out, ",\"error\":{\"code\":\"%s\",\"message\":", code);
        strbuf_add_json(out, err.text, strlen(err.text));
        strbuf_addc(out, '}');
    }
    strbuf_adds(out, "}\n");
    json_unref(value);
}

static int run_cases(void)
{
    CLEANUP(free_p) char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    while ((len = getline(&line, &cap, stdin)) > 0) {
        CLEANUP(strbuf_done) struct strbuf out;
        strbuf_init(&out, MAX_INPUT);
        CLEANUP(json_unref_p)
        struct json *request = json_parse(line, (size_t)len, JSON_PARSE_DEFAULT, NULL);
        if (!json_is(request, JSON_OBJECT)) {
            (void)fprintf(stderr, "jsonpath: a request is not a JSON object\n");
            return 1;
        }
        answer(request, &out);
        if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)
            return 1;
    }
    return 0;
}

/* ---- one path ---- */

/* Reads all of f as JSON; ends the program when it is not. */
static struct json *read_json(FILE *f, const char *name)
{
    CLEANUP(strbuf_done) struct strbuf text;
    struct json_error why;
    char *room;

    strbuf_init(&text, MAX_INPUT);
    while ((room = strbuf_reserve(&text, 65536)) != NULL) {
        size_t n = fread(room, 1, 65536, f);
        if (n == 0)
            break;
        strbuf_commit(&text, n);
    }
    struct json *v = room ? json_parse(text.data, text.len, JSON_PARSE_DEFAULT, &why) : NULL;
    if (!v) {
        (void)fprintf(stderr, "jsonpath: %s: %s\n", name, room ? why.text : "too large");
        exit(2);
    }
    return v;
}

static int run_one(const char *text, const char *context_file)
{
    CLEANUP(json_unref_p) struct json *input = read_json(stdin, "standard input");
    CLEANUP(json_unref_p) struct json *context = NULL;
    CLEANUP(json_unref_p) struct json *value = NULL;
    struct err err = {0};
    const char *code;

    if (context_file) {
        FILE *f = fopen(context_file, "r");
        if (!f) {
            perror(context_file);
            return 2;
        }
        context = read_json(f, context_file);
        (void)fclose(f);
    }

    struct documents docs = {.input = input, .context = context};
    if (evaluate(text, strlen(text), &docs, &value, &code, &err) < 0) {
        (void)fprintf(stderr, "jsonpath: %s: %s\n", code, err.text);
        return 1;
    }

    CLEANUP(strbuf_done) struct strbuf out;
    strbuf_init(&out, MAX_INPUT);
    json_print(value, &out);
    (void)puts(out.data);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--cases") == 0)
        return run_cases();
    if (argc == 2 && argv[1][0] != '-')
        return run_one(argv[1], NULL);
    if (argc == 4 && strcmp(argv[1], "--context") == 0)
        return run_one(argv[3], argv[2]);
    (void)fprintf(stderr, "usage: jsonpath [--context FILE] PATH < INPUT.json\n"
                          "       jsonpath --cases < REQUESTS\n");
    return 2;
}
