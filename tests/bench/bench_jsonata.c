/* Times compiled expressions in process: microseconds per evaluation and per compilation, and the
 * memory of one evaluation.
 *
 *     bench_jsonata bench-exprs.json [milliseconds per measurement]
 *
 * The file has "states", the value of $states, and "expressions" of {"id","expr","result"}; a result
 * that is not the expected one is an error.  bench_jsonata.mjs times the reference the same way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "jsonata/jsonata.h"

static double now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static struct json *read_file(const char *name)
{
    struct strbuf sb;
    strbuf_init(&sb, 16 * 1024 * 1024);
    FILE *f = fopen(name, "rb");
    while (f) {
        char *to = strbuf_reserve(&sb, 65536);
        size_t n = to ? fread(to, 1, 65536, f) : 0;
        if (n == 0)
            break;
        strbuf_commit(&sb, n);
    }
    struct json *v = json_parse(sb.data, sb.len, JSON_PARSE_DEFAULT, NULL);
    if (f)
        fclose(f);
    strbuf_done(&sb);
    return v;
}

static struct jsonata *compile(const char *text, size_t len)
{
    struct jsonata *p = jsonata_compile(text, len, NULL);
    if (!p) {
        fprintf(stderr, "does not compile: %s\n", text);
        exit(1);
    }
    return p;
}

static double time_compile(const char *text, size_t len, double budget_us)
{
    long n = 0;
    double begin = now_us(), elapsed;
    do {
        for (int i = 0; i < 100; i++, n++)
            jsonata_free(compile(text, len));
        elapsed = now_us() - begin;
    } while (elapsed < budget_us);
    return elapsed / (double)n;
}

static double time_evaluate(const struct jsonata *p, const struct jsonata_call *call,
                            double budget_us, struct jsonata_usage *ret_usage)
{
    long n = 0;
    double begin = now_us(), elapsed;
    do {
        for (int i = 0; i < 100; i++, n++) {
            struct json *value = NULL;
            if (jsonata_evaluate(p, call, &value, NULL, ret_usage) != JSONATA_VALUE) {
                fprintf(stderr, "no value\n");
                exit(1);
            }
            json_unref(value);
        }
        elapsed = now_us() - begin;
    } while (elapsed < budget_us);
    return elapsed / (double)n;
}

static bool is_expected(const struct jsonata *p, const struct jsonata_call *call,
                        const struct json *expected)
{
    struct json *value = NULL;
    bool same = jsonata_evaluate(p, call, &value, NULL, NULL) == JSONATA_VALUE &&
                json_equal(value, expected);
    json_unref(value);
    return same;
}

int main(int argc, char **argv)
{
    double budget_us = argc > 2 ? atof(argv[2]) * 1000 : 300e3;
    struct json *file = argc > 1 ? read_file(argv[1]) : NULL;
    if (!file) {
        fprintf(stderr, "usage: bench_jsonata bench-exprs.json [ms]\n");
        return 2;
    }
    struct jsonata_variable_value states = {"states", 6, json_gets(file, "states")};
    struct jsonata_call call = {.variables = &states, .variables_len = 1};
    const struct json *all = json_gets(file, "expressions");
    int status = 0;
    printf("%-12s %12s %12s %14s\n", "expression", "evaluate us", "parse us", "arena bytes");
    for (size_t i = 0; i < json_len(all); i++) {
        const struct json *e = json_at(all, i);
        size_t len;
        const char *text = json_str(json_gets(e, "expr"), &len);
        const char *id = json_str(json_gets(e, "id"), NULL);
        struct jsonata *p = compile(text, len);
        struct jsonata_usage usage;
        if (!is_expected(p, &call, json_gets(e, "result"))) {
            fprintf(stderr, "%s: other result\n", id);
            status = 1;
        }
        double evaluate = time_evaluate(p, &call, budget_us, &usage);
        printf("%-12s %12.3f %12.3f %14zu\n", id, evaluate, time_compile(text, len, budget_us / 3),
               usage.memory_bytes);
        jsonata_free(p);
    }
    json_unref(file);
    return status;
}
