/* A JSONata calculator.
 *
 *     jsonata 'expr' [name=JSON ...] < data.json     for people: prints the result
 *     jsonata -n 'expr' [name=JSON ...]              without reading any input
 *     jsonata --cases [--dialect=2.0.6]              for test runners: one JSON request a line on
 *                                                    standard input, one JSON reply a line
 *
 * A request is {"id","expr","data","bindings","timelimit","depth"}; a reply has "id" and one of
 * "result", "undefined" and "error". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "jsonata/jsonata.h"

enum { INPUT_MAX = 256 * 1024 * 1024, BINDINGS_MAX = 64 };

static const char usage[] = "usage: jsonata [-n] 'expr' [name=JSON ...] < data.json\n"
                            "       jsonata --cases [--dialect=2.0.6]\n";

static struct jsonata_limits case_limits = {
    .time_ms = 10000,
    .depth = 2000,
    .stack_bytes = (size_t)5 * 1024 * 1024,
    .memory_bytes = (size_t)512 * 1024 * 1024,
};

/* ---- one evaluation ---- */

/* The members of `bindings` as variables; returns their number. */
static size_t fill_variables(const struct json *bindings,
                             struct jsonata_variable_value to[BINDINGS_MAX])
{
    size_t n = json_is(bindings, JSON_OBJECT) ? json_len(bindings) : 0;
    n = MIN(n, (size_t)BINDINGS_MAX);
    for (size_t i = 0; i < n; i++) {
        to[i].name = json_str(json_key_at(bindings, i), &to[i].len);
        to[i].value = json_member_at(bindings, i);
    }
    return n;
}

/* Compiles and evaluates; an expression that does not compile fails like any other. */
static enum jsonata_outcome run(const char *expr, size_t len, const struct json *input,
                                const struct json *bindings, const struct jsonata_limits *limits,
                                int64_t now_ms, struct json **ret_value, struct jsonata_error *err)
{
    struct jsonata_variable_value variables[BINDINGS_MAX];
    struct jsonata *p = jsonata_compile(expr, len, err);
    if (!p)
        return JSONATA_FAILED;
    struct jsonata_call call = {
        .input = input,
        .variables = variables,
        .variables_len = fill_variables(bindings, variables),
        .now_ms = now_ms,
        .limits = limits,
    };
    enum jsonata_outcome outcome = jsonata_evaluate(p, &call, ret_value, err, NULL);
    jsonata_free(p);
    return outcome;
}

/* ---- the line protocol ---- */

static int64_t member_int(const struct json *request, const char *name, int64_t otherwise)
{
    const struct json *v = json_gets(request, name);
    int64_t n;
    return json_is(v, JSON_NUMBER) && json_int64(v, &n) && n > 0 ? n : otherwise;
}

static void add_error(struct strbuf *out, const struct jsonata_error *err)
{
    strbuf_adds(out, "\"error\":{\"code\":");
    strbuf_add_json(out, err->code, strlen(err->code));
    strbuf_adds(out, ",\"message\":");
    strbuf_add_json(out, err->message, err->message_len);
    if (err->token)
        strbuf_addf(out, ",\"token\":%s", err->token);
    if (err->position >= 0)
        strbuf_addf(out, ",\"position\":%lld", (long long)err->position);
    strbuf_addc(out, '}');
}

static void answer(const struct json *request, int64_t now_ms, struct strbuf *out)
{
    struct jsonata_limits limits = case_limits;
    struct jsonata_error err = {0};
    struct json *value = NULL;
    size_t len = 0;
    const struct json *expr = json_gets(request, "expr");
    const char *text = json_is(expr, JSON_STRING) ? json_str(expr, &len) : "";
    limits.time_ms = member_int(request, "timelimit", limits.time_ms);
    limits.depth = (unsigned)member_int(request, "depth", limits.depth);

    strbuf_adds(out, "{\"id\":");
    json_print(json_gets(request, "id"), out);
    strbuf_addc(out, ',');
    switch (run(text, len, json_gets(request, "data"), json_gets(request, "bindings"), &limits,
                now_ms, &value, &err)) {
    case JSONATA_VALUE:
        strbuf_adds(out, "\"result\":");
        json_print(value, out);
        break;
    case JSONATA_UNDEFINED:
        strbuf_adds(out, "\"undefined\":true");
        break;
    case JSONATA_FUNCTION:
        strbuf_adds(out, "\"result\":\"\"");
        break;
    case JSONATA_FAILED:
        add_error(out, &err);
        break;
    }
    strbuf_adds(out, "}\n");
    json_unref(value);
    jsonata_error_clear(&err);
}

static int run_cases(struct clock *clock)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    struct strbuf out;
    strbuf_init(&out, INPUT_MAX);
    while ((len = getline(&line, &cap, stdin)) > 0) {
        struct json *request = json_parse(line, (size_t)len, JSON_PARSE_DEFAULT, NULL);
        if (!json_is(request, JSON_OBJECT) || !json_gets(request, "id")) {
            fputs("jsonata: a request is a JSON object with an id\n", stderr);
            json_unref(request);
            break;
        }
        strbuf_clear(&out);
        answer(request, clock_now(clock), &out);
        json_unref(request);
        if (out.overflow || fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout))
            break;
    }
    strbuf_done(&out);
    free(line);
    return feof(stdin) ? 0 : 1;
}

/* ---- for people ---- */

static struct json *read_input(void)
{
    struct strbuf sb;
    struct json_error err;
    strbuf_init(&sb, INPUT_MAX);
    for (;;) {
        char *to = strbuf_reserve(&sb, 65536);
        size_t n = to ? fread(to, 1, 65536, stdin) : 0;
        if (n == 0)
            break;
        strbuf_commit(&sb, n);
    }
    struct json *input = json_parse(sb.data, sb.len, JSON_PARSE_DEFAULT, &err);
    if (!input)
        fprintf(stderr, "jsonata: line %u: %s\n", err.line, err.text);
    strbuf_done(&sb);
    return input;
}

/* name=JSON arguments as one object, or NULL. */
static struct json *read_bindings(int argc, char **argv)
{
    struct json_object *b = json_object_new();
    for (int i = 0; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        struct json *value = NULL;
        if (equals)
            value = json_parse(equals + 1, strlen(equals + 1), JSON_PARSE_DEFAULT, NULL);
        if (!value) {
            fprintf(stderr, "jsonata: not a name=JSON: %s\n", argv[i]);
            json_object_free(b);
            return NULL;
        }
        json_object_add(b, json_string(argv[i], (size_t)(equals - argv[i])), value);
    }
    return json_object_finish(b);
}

static int print_outcome(enum jsonata_outcome outcome, const struct json *value,
                         const struct jsonata_error *err)
{
    struct strbuf out;
    switch (outcome) {
    case JSONATA_VALUE:
        strbuf_init(&out, INPUT_MAX);
        json_print(value, &out);
        puts(out.data);
        strbuf_done(&out);
        return 0;
    case JSONATA_UNDEFINED:
        fputs("(nothing)\n", stderr);
        return 0;
    case JSONATA_FUNCTION:
        fputs("(a function)\n", stderr);
        return 0;
    default:
        fprintf(stderr, "jsonata: %s: %s (at %lld)\n", err->code, err->message,
                (long long)err->position);
        return 1;
    }
}

static int calculate(struct clock *clock, bool no_input, const char *expr, int argc, char **argv)
{
    struct jsonata_error err = {0};
    struct json *value = NULL, *input = NULL, *bindings = read_bindings(argc, argv);
    int status = 1;
    if (bindings && (no_input || (input = read_input()))) {
        enum jsonata_outcome outcome =
            run(expr, strlen(expr), input, bindings, &case_limits, clock_now(clock), &value, &err);
        status = print_outcome(outcome, value, &err);
    }
    json_unref(value);
    json_unref(input);
    json_unref(bindings);
    jsonata_error_clear(&err);
    return status;
}

int main(int argc, char **argv)
{
    bool cases = false, no_input = false;
    int i = 1;
    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        if (strcmp(argv[i], "--cases") == 0) {
            cases = true;
        } else if (strcmp(argv[i], "-n") == 0) {
            no_input = true;
        } else if (strcmp(argv[i], "--dialect=2.0.6") != 0) { /* the only one there is */
            fputs(usage, stderr);
            return 2;
        }
    }
    if (!cases && i == argc) {
        fputs(usage, stderr);
        return 2;
    }
    struct clock *clock = clock_new(CLOCK_REAL, 0);
    int status =
        cases ? run_cases(clock) : calculate(clock, no_input, argv[i], argc - i - 1, argv + i + 1);
    clock_free(clock);
    return status;
}
