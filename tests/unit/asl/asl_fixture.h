/* What the tests of asl share: compiling texts, and an environment to evaluate in. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "asl/asl.h"
#include "base/mem.h"
#include "base/strbuf.h"

/* The input of an evaluation; $name reads its members, $$ is
 * {"Execution":{"Input":...,"Name":"run"}}. */
struct documents {
    struct json *input;   /* owned */
    struct json *context; /* owned */
    unsigned context_asked;
};

static inline const struct json *documents_context(void *arg)
{
    struct documents *d = arg;
    d->context_asked++;
    return d->context;
}

static inline const struct json *documents_variable(void *arg, const char *name, size_t len)
{
    struct documents *d = arg;
    return json_is(d->input, JSON_OBJECT) ? json_get(d->input, name, len) : NULL;
}

static inline struct documents documents_of(struct json *input /* takes */)
{
    struct json_object *execution = json_object_new();
    struct json_object *context = json_object_new();
    json_object_adds(execution, "Input", json_ref(input));
    json_object_adds(execution, "Name", json_strings("run"));
    json_object_adds(context, "Execution", json_object_finish(execution));
    return (struct documents){.input = input, .context = json_object_finish(context)};
}

static inline void documents_done(struct documents *d)
{
    json_unref(d->input);
    json_unref(d->context);
}

static inline struct asl_env documents_env(struct documents *d)
{
    return (struct asl_env){.input = d->input,
                            .context = documents_context,
                            .variable = documents_variable,
                            .arg = d,
                            .now_ms = 1700000000000};
}

static inline struct json *json_of(const char *text)
{
    struct json *v = json_parse(text, strlen(text), JSON_PARSE_DEFAULT, NULL);
    assert_non_null(v);
    return v;
}

static inline void assert_json(const struct json *v, const char *expected)
{
    char *text = json_text(v, (size_t)1 << 24, NULL);
    assert_string_equal(text, expected);
    free(text);
}

/* Compiles a definition that must be right. */
static inline struct asl_machine *machine_of(const char *definition)
{
    struct asl_options options = {.type = ASL_STANDARD};
    struct asl_diagnostics d;
    struct asl_machine *m = NULL;
    struct strbuf text;
    asl_diagnostics_init(&d);
    strbuf_init(&text, (size_t)1 << 20);
    int r = asl_compile((struct text){definition, strlen(definition)}, &options, &m, &d);
    asl_diagnostics_text(&d, &text);
    assert_string_equal(text.data, "");
    assert_int_equal(r, 0);
    strbuf_done(&text);
    asl_diagnostics_done(&d);
    return m;
}

static inline struct asl_state *state_of(const struct asl_machine *m, const char *name)
{
    struct asl_state *s = asl_machine_state(m, name);
    assert_non_null(s);
    return s;
}
