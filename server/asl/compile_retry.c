/* Retry and Catch (reference/asl.md section 11). */
#include <math.h>
#include <string.h>

#include "asl/compile.h"

static const struct field retrier_fields[] = {
    {"Comment", FIELD_BOTH},        {"ErrorEquals", FIELD_BOTH}, {"IntervalSeconds", FIELD_BOTH},
    {"MaxAttempts", FIELD_BOTH},    {"BackoffRate", FIELD_BOTH}, {"MaxDelaySeconds", FIELD_BOTH},
    {"JitterStrategy", FIELD_BOTH},
};

static const struct field catcher_fields[] = {
    {"Comment", FIELD_BOTH},        {"ErrorEquals", FIELD_BOTH}, {"Next", FIELD_BOTH},
    {"ResultPath", FIELD_JSONPATH}, {"Output", FIELD_JSONATA},   {"Assign", FIELD_BOTH},
};

/* ErrorEquals; `last`: nothing follows in the list. */
static const char **compile_errors(struct compiler *c, struct node n, bool last, size_t *ret_len)
{
    if (!node_is(c, n, JSON_ARRAY))
        return NULL;
    size_t len = json_len(n.v);
    if (len == 0) {
        schema_error(c, n.at, NULL, "Value cannot be empty");
        return NULL;
    }
    const char **errors = arena_alloc(&c->m->arena, len * sizeof(*errors));
    bool all = false;
    for (size_t i = 0; i < len; i++) {
        if (!node_string(c, node_at(c, n, i), &errors[i]))
            return NULL;
        all = all || !strcmp(errors[i], "States.ALL");
    }
    if (all && (len > 1 || !last))
        schema_error(c, n.at, NULL,
                     len > 1 ? "'States.ALL' must be the only element of the list"
                             : "'States.ALL' is only allowed in the last element of the list");
    *ret_len = len;
    return errors;
}

static void compile_retrier(struct compiler *c, struct node n, bool last, struct asl_retrier *r)
{
    static const char *const required[] = {"ErrorEquals"};
    static const char *const strategies[] = {"NONE", "FULL"};
    size_t strategy = 0;
    const char *comment;
    *r = (struct asl_retrier){.interval_seconds = 1, .max_attempts = 3, .backoff_rate = 2.0};
    if (!node_is(c, n, JSON_OBJECT))
        return;
    check_fields(c, n, retrier_fields, ARRAY_LEN(retrier_fields), c->state->language);
    (void)require_fields(c, n, required, ARRAY_LEN(required));
    (void)node_string(c, node_get(c, n, "Comment"), &comment);
    r->errors = compile_errors(c, node_get(c, n, "ErrorEquals"), last, &r->errors_len);
    (void)node_int(c, node_get(c, n, "IntervalSeconds"), 1, 99999999, &r->interval_seconds);
    (void)node_int(c, node_get(c, n, "MaxAttempts"), 0, 99999999, &r->max_attempts);
    (void)node_real(c, node_get(c, n, "BackoffRate"), 1.0, HUGE_VAL, &r->backoff_rate);
    struct node max_delay = node_get(c, n, "MaxDelaySeconds");
    if (node_int(c, max_delay, 1, 31622400, &r->max_delay_seconds) &&
        r->max_delay_seconds <= r->interval_seconds)
        schema_error(
            c, max_delay.at, NULL,
            "The value of 'MaxDelaySeconds' must be greater than that of 'IntervalSeconds'");
    if (node_word(c, node_get(c, n, "JitterStrategy"), strategies, ARRAY_LEN(strategies),
                  &strategy))
        r->jitter_full = strategy == 1;
}

void compile_retry(struct compiler *c, struct asl_state *s, struct node n)
{
    if (!node_is(c, n, JSON_ARRAY))
        return;
    size_t len = json_len(n.v);
    s->retriers = arena_alloc(&c->m->arena, len * sizeof(*s->retriers));
    s->retriers_len = len;
    for (size_t i = 0; i < len; i++)
        compile_retrier(c, node_at(c, n, i), i + 1 == len, &s->retriers[i]);
}

static void compile_catcher(struct compiler *c, struct node n, bool last,
                            struct asl_catcher *catcher)
{
    static const char *const required[] = {"ErrorEquals", "Next"};
    const char *comment;
    struct assign_set *assign = NULL;
    if (!node_is(c, n, JSON_OBJECT))
        return;
    check_fields(c, n, catcher_fields, ARRAY_LEN(catcher_fields), c->state->language);
    (void)require_fields(c, n, required, ARRAY_LEN(required));
    (void)node_string(c, node_get(c, n, "Comment"), &comment);
    catcher->errors = compile_errors(c, node_get(c, n, "ErrorEquals"), last, &catcher->errors_len);
    catcher->assign = compile_assign(c, node_get(c, n, "Assign"), SEES_ERROR, &assign);
    if (c->state->language == ASL_JSONATA)
        catcher->output = compile_template(c, node_get(c, n, "Output"), SEES_ERROR);
    else
        catcher->result_path = compile_result_path(c, node_get(c, n, "ResultPath"));
    add_transition(c, node_get(c, n, "Next"), &catcher->next, assign);
}

void compile_catch(struct compiler *c, struct asl_state *s, struct node n)
{
    if (!node_is(c, n, JSON_ARRAY))
        return;
    size_t len = json_len(n.v);
    s->catchers = arena_alloc(&c->m->arena, len * sizeof(*s->catchers));
    s->catchers_len = len;
    for (size_t i = 0; i < len; i++)
        compile_catcher(c, node_at(c, n, i), i + 1 == len, &s->catchers[i]);
}
