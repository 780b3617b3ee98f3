/* Short ways to say: this expression gives that. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "jsonata/jsonata.h"

#define CHECK_NOW 1700000000000 /* 2023-11-14T22:13:20Z */

static inline struct json *check_parse(const char *text)
{
    struct json *v = text ? json_parse(text, strlen(text), JSON_PARSE_DEFAULT, NULL) : NULL;
    assert_true(!text == !v);
    return v;
}

static inline struct jsonata *check_compile(const char *expr)
{
    struct jsonata_error err = {0};
    struct jsonata *p = jsonata_compile(expr, strlen(expr), &err);
    if (!p)
        fail_msg("%s: %s %s", expr, err.code, err.message);
    return p;
}

/* The outcome of expr on input (JSON text or NULL) with $states bound to the same, as text: the
 * result's JSON, "undefined", "function", or the error's code. */
static inline char *check_run(const char *expr, size_t len, const char *input,
                              const struct jsonata_limits *limits, struct jsonata_error *err)
{
    struct json *data = check_parse(input), *value = NULL;
    struct jsonata_variable_value states = {"states", 6, data};
    struct jsonata_call call = {.input = data,
                                .variables = &states,
                                .variables_len = data ? 1 : 0,
                                .now_ms = CHECK_NOW,
                                .limits = limits};
    struct jsonata *p = jsonata_compile(expr, len, err);
    enum jsonata_outcome outcome =
        p ? jsonata_evaluate(p, &call, &value, err, NULL) : JSONATA_FAILED;
    char *text;
    if (outcome == JSONATA_FAILED)
        text = xstrdup(err->code);
    else if (outcome == JSONATA_VALUE)
        text = json_text(value, 1 << 20, NULL);
    else
        text = xstrdup(outcome == JSONATA_FUNCTION ? "function" : "undefined");
    jsonata_free(p);
    json_unref(value);
    json_unref(data);
    return text;
}

static inline void check_gives(const char *expr, const char *input, const char *expected)
{
    struct jsonata_error err = {0};
    char *text = check_run(expr, strlen(expr), input, NULL, &err);
    if (strcmp(text, expected) != 0)
        fail_msg("%s: expected %s, got %s (%s)", expr, expected, text,
                 err.message ? err.message : "");
    free(text);
    jsonata_error_clear(&err);
}

/* Fails with the code and message, at the position. */
static inline void check_fails(const char *expr, const char *input, const char *code,
                               const char *message, int64_t position)
{
    struct jsonata_error err = {0};
    free(check_run(expr, strlen(expr), input, NULL, &err));
    if (strcmp(err.code, code) != 0)
        fail_msg("%s: expected %s, got %s %s", expr, code, err.code, err.message);
    if (message)
        assert_string_equal(err.message, message);
    assert_int_equal(err.message_len, strlen(err.message));
    if (position >= 0)
        assert_int_equal(err.position, position);
    jsonata_error_clear(&err);
}
