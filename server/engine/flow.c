/* The data flow through a state: reference/asl.md section 3 (JSONPath), section 6 (JSONata), section 7
 * (variables).  Where nothing looks into a payload it goes through untouched, text and all. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/internal.h"

void flow_data_limit(struct asl_error *err, const char *name)
{
    asl_error_set(
        err, "States.DataLimitExceeded",
        "The state/task '%s' returned a result with a size exceeding the maximum number of "
        "bytes service limit.",
        name);
    err->no_prefix = true;
}

char *flow_shown(const struct json *value)
{
    if (json_is(value, JSON_STRING))
        return xstrdup(json_str(value, NULL));
    return json_text(value, 1024, NULL);
}

int flow_type_error(struct asl_error *err, const struct asl_expr *expr, const char *expected,
                    const struct json *value)
{
    CLEANUP(free_p) char *text = json_text(value, 1024, NULL);

    asl_error_set(
        err, "States.QueryEvaluationError",
        "The JSONata expression '%s' specified for the field '%s' returned an unexpected result "
        "type. Expected '%s', but was '%s' for value: %s",
        asl_expr_text(expr), expr->field, expected, json_type_name(value), text);
    err->evaluation = true;
    err->location = xstrdup(expr->field);
    return ERR_INVALID;
}

int flow_check(struct branch *b, const struct payload *p, struct asl_error *err)
{
    if (p->depth > LIMIT_JSON_DEPTH) {
        asl_error_set(err, "States.Runtime", "The data is nested deeper than %d levels.",
                      LIMIT_JSON_DEPTH);
        return ERR_INVALID;
    }
    if ((int64_t)p->len <= b->execution->engine->limits.payload_bytes)
        return 0;
    flow_data_limit(err, b->state->name);
    return ERR_INVALID;
}

int flow_make(struct branch *b, struct json *value, struct payload **ret_payload,
              struct asl_error *err)
{
    struct payload *p = payload_from_value(value);
    int r = flow_check(b, p, err);

    if (r < 0) {
        payload_unref(p);
        return r;
    }
    *ret_payload = p;
    return 0;
}

/* A path field over a payload: absent hands the payload on as it is. */
static int path_field(struct branch *b, const struct asl_path *field, struct payload *in,
                      struct payload **ret_out, struct asl_error *err)
{
    if (!field->is_null && (!field->path || (jsonpath_root(field->path) == JSONPATH_INPUT &&
                                             jsonpath_is_root(field->path)))) {
        *ret_out = payload_ref(in);
        return 0;
    }

    CLEANUP(flow_env_done) struct flow_env env;
    struct json *value;

    flow_env_init(&env, b, payload_value(in));

    int r = asl_eval_path_field(field, &env.asl, &value, err);

    if (r < 0)
        return r;
    return flow_make(b, value, ret_out, err);
}

int flow_input(struct branch *b, struct payload **ret_input, struct asl_error *err)
{
    if (b->state->language == ASL_JSONATA) {
        *ret_input = payload_ref(b->input);
        return 0;
    }

    int r = path_field(b, &b->state->input_path, b->input, ret_input, err);

    if (r == 0)
        test_note(b, TEST_AFTER_INPUT_PATH, *ret_input);
    return r;
}

int flow_parameters(struct branch *b, struct payload *input, bool with_token,
                    struct payload **ret_work, struct asl_error *err)
{
    enum test_note note =
        b->state->language == ASL_JSONATA ? TEST_AFTER_ARGUMENTS : TEST_AFTER_PARAMETERS;

    if (!b->state->parameters) {
        *ret_work = payload_ref(input);
        test_note(b, note, input);
        return 0;
    }

    CLEANUP(flow_env_done) struct flow_env env;
    struct json *value;

    flow_env_init(&env, b, payload_value(input));
    env.with_token = with_token;

    int r = asl_eval(b->state->parameters, &env.asl, &value, err);

    if (r < 0)
        return r;
    r = flow_make(b, value, ret_work, err);
    if (r == 0)
        test_note(b, note, *ret_work);
    return r;
}

void flow_output_done(struct flow_output *o)
{
    payload_unref(o->output);
    json_unref(o->assigned);
    *o = (struct flow_output){0};
}

/* ---- variables ---- */

static int variable_limit(struct asl_error *err, const char *format, ...) PRINTF_LIKE(2, 3);

static int variable_limit(struct asl_error *err, const char *format, ...)
{
    CLEANUP(free_p) char *text = NULL;
    va_list ap;

    va_start(ap, format);
    if (vasprintf(&text, format, ap) < 0)
        text = xstrdup("Variable size limit exceeded.");
    va_end(ap);
    asl_error_set(err, "States.DataLimitExceeded", "%s", text);
    err->evaluation = true;
    free_p(&err->location);
    err->location = xstrdup("Assign");
    return ERR_INVALID;
}

/* Checks the sizes of what a state is about to assign (reference/asl.md section 7). */
static int check_variables(struct branch *b, const struct json *values, int64_t *ret_delta,
                           struct asl_error *err)
{
    const struct limits *limits = &b->execution->engine->limits;
    int64_t sum = 0;
    int64_t delta = 0;

    for (size_t i = 0; i < json_len(values); i++) {
        size_t key_len;
        const char *key = json_str(json_key_at(values, i), &key_len);
        int64_t size = (int64_t)json_text_size(json_member_at(values, i), SIZE_MAX);
        const struct json *old = b->variables ? json_get(b->variables, key, key_len) : NULL;

        /* A checkpoint wraps the value in the object of all variables and has to be read back. */
        if (json_depth(json_member_at(values, i)) >= LIMIT_JSON_DEPTH)
            return variable_limit(err, "Variable '%s' in state '%s' is nested too deeply.", key,
                                  b->state->name);
        sum += size;
        delta += size - (old ? (int64_t)json_text_size(old, SIZE_MAX) : 0);
        if (size > limits->variable_bytes)
            return variable_limit(err,
                                  "Variable size limit exceeded. Variable '%s' in state '%s' was "
                                  "assigned %" PRId64 " bytes.",
                                  key, b->state->name, size);
        if (sum > limits->assign_bytes)
            return variable_limit(
                err,
                "State total variable size limit exceeded. Variable '%s' in state "
                "'%s' was assigned %" PRId64 " bytes, which caused the size of "
                "variables assigned in the state to exceed its limit by %" PRId64 " bytes.",
                key, b->state->name, size, sum - limits->assign_bytes);
    }

    int64_t total = b->execution->variable_bytes + delta;

    if (total > limits->execution_variable_bytes)
        return variable_limit(err,
                              "Execution total variable size limit exceeded. State '%s' assigned "
                              "variables that exceed the total execution limit by %" PRId64
                              " bytes.",
                              b->state->name, total - limits->execution_variable_bytes);
    *ret_delta = delta;
    return 0;
}

/* Evaluates an Assign and stores what it sets in the branch's scope. */
static int assign(struct branch *b, const struct asl_expr *expr, struct flow_env *env,
                  struct json **ret_assigned, struct asl_error *err)
{
    *ret_assigned = NULL;
    if (!expr)
        return 0;

    CLEANUP(json_unref_p) struct json *values = NULL;
    int64_t delta = 0;
    int r = asl_eval(expr, &env->asl, &values, err);

    if (r < 0)
        return r;
    r = check_variables(b, values, &delta, err);
    if (r < 0)
        return r;
    *ret_assigned = json_ref(values);
    return 0;
}

/* Makes assigned values visible; Assign and Output both see those of the state's entry, so this comes
 * last. */
static void keep_variables(struct branch *b, const struct json *values)
{
    if (!values || json_len(values) == 0)
        return;

    int64_t before = b->variable_bytes;

    if (!b->variables) {
        b->variables = json_ref(values);
    } else {
        for (size_t i = 0; i < json_len(values); i++) {
            struct json *next = json_with(b->variables, json_key_at(values, i),
                                          json_ref(json_member_at(values, i)));

            json_unref(b->variables);
            b->variables = next;
        }
    }
    b->variable_bytes = 0;
    for (size_t i = 0; i < json_len(b->variables); i++)
        b->variable_bytes += (int64_t)json_text_size(json_member_at(b->variables, i), SIZE_MAX);
    b->execution->variable_bytes += b->variable_bytes - before;
}

/* ---- outputs ---- */

/* JSONata: Output by expression, or `otherwise` when there is none; then Assign. */
static int jsonata_output(struct branch *b, const struct asl_expr *output,
                          const struct asl_expr *assigns, struct flow_env *env,
                          struct payload *otherwise, struct flow_output *ret_output,
                          struct asl_error *err)
{
    CLEANUP(flow_output_done) struct flow_output out = {0};
    struct json *value;
    int r = 0;

    if (!output) {
        out.output = payload_ref(otherwise);
    } else {
        r = asl_eval(output, &env->asl, &value, err);
        if (r < 0)
            return r;
        r = flow_make(b, value, &out.output, err);
        if (r < 0)
            return r;
    }
    r = assign(b, assigns, env, &out.assigned, err);
    if (r < 0)
        return r;
    keep_variables(b, out.assigned);
    *ret_output = out;
    out = (struct flow_output){0};
    return 0;
}

/* ResultPath over a payload: absent or "$" takes the result as it is, null the input. */
static int result_path(struct branch *b, const struct asl_path *field, struct payload *result,
                       struct payload **ret_out, struct asl_error *err)
{
    if (field->is_null) {
        *ret_out = payload_ref(b->input);
        return 0;
    }
    if (!field->path || jsonpath_is_root(field->path)) {
        *ret_out = payload_ref(result);
        return 0;
    }

    struct json *value;
    int r =
        asl_apply_result_path(field, payload_value(b->input), payload_value(result), &value, err);

    if (r < 0)
        return r;
    return flow_make(b, value, ret_out, err);
}

/* ResultPath, then OutputPath, then what Assign set. */
static int jsonpath_output(struct branch *b, const struct asl_path *where,
                           const struct asl_path *select, struct payload *result,
                           struct json *assigned /* takes */, struct flow_output *ret_output,
                           struct asl_error *err)
{
    CLEANUP(flow_output_done) struct flow_output out = {.assigned = assigned};
    CLEANUP(payload_unref_p) struct payload *merged = NULL;
    static const struct asl_path whole;
    int r = result_path(b, where, result, &merged, err);

    if (r < 0)
        return r;
    test_note(b, TEST_AFTER_RESULT_PATH, merged);
    r = path_field(b, select ? select : &whole, merged, &out.output, err);
    if (r < 0)
        return r;
    keep_variables(b, out.assigned);
    *ret_output = out;
    out = (struct flow_output){0};
    return 0;
}

int flow_result(struct branch *b, struct payload *input, struct payload *result,
                struct flow_output *ret_output, struct asl_error *err)
{
    struct asl_state *state = b->state;
    CLEANUP(flow_env_done) struct flow_env env;
    CLEANUP(payload_unref_p) struct payload *selected = NULL;
    bool looks = state->assign || state->output || state->result_selector;
    int r;

    if (state->language == ASL_JSONATA) {
        bool has_result = state->type != ASL_PASS;

        flow_env_init(&env, b, looks ? payload_value(input) : NULL);
        env.asl.result = has_result && looks ? payload_value(result) : NULL;
        return jsonata_output(b, state->output, state->assign, &env, result, ret_output, err);
    }

    flow_env_init(&env, b, looks ? payload_value(result) : NULL);
    if (state->result_selector) {
        struct json *value;

        r = asl_eval(state->result_selector, &env.asl, &value, err);
        if (r < 0)
            return r;
        r = flow_make(b, value, &selected, err);
        if (r < 0)
            return r;
        env.asl.input = payload_value(selected);
    } else {
        selected = payload_ref(result);
    }
    test_note(b, TEST_AFTER_RESULT_SELECTOR, selected);

    struct json *assigned;

    r = assign(b, state->assign, &env, &assigned, err);
    if (r < 0)
        return r;
    return jsonpath_output(b, &state->result_path, &state->output_path, selected, assigned,
                           ret_output, err);
}

static struct json *error_output(const struct asl_error *caught)
{
    struct json_object *o = json_object_new();

    json_object_adds(o, "Error", json_strings(caught->name ? caught->name : ""));
    json_object_adds(o, "Cause", json_strings(caught->cause ? caught->cause : ""));
    return json_object_finish(o);
}

int flow_caught(struct branch *b, const struct asl_catcher *catcher, const struct asl_error *caught,
                struct flow_output *ret_output, struct asl_error *err)
{
    CLEANUP(flow_env_done) struct flow_env env;
    CLEANUP(payload_unref_p) struct payload *error = payload_from_value(error_output(caught));

    if (b->state->language == ASL_JSONATA) {
        flow_env_init(&env, b, payload_value(b->input));
        env.asl.error_output = payload_value(error);
        return jsonata_output(b, catcher->output, catcher->assign, &env, error, ret_output, err);
    }
    flow_env_init(&env, b, payload_value(error));

    struct json *assigned;
    int r = assign(b, catcher->assign, &env, &assigned, err);

    if (r < 0)
        return r;
    return jsonpath_output(b, &catcher->result_path, NULL, error, assigned, ret_output, err);
}

int flow_pass_on(struct branch *b, const struct asl_expr *output, const struct asl_expr *assigns,
                 struct flow_output *ret_output, struct asl_error *err)
{
    CLEANUP(flow_env_done) struct flow_env env;

    if (b->state->language == ASL_JSONATA) {
        flow_env_init(&env, b, output || assigns ? payload_value(b->input) : NULL);
        return jsonata_output(b, output, assigns, &env, b->input, ret_output, err);
    }

    CLEANUP(flow_output_done) struct flow_output out = {0};
    CLEANUP(payload_unref_p) struct payload *input = NULL;
    int r = flow_input(b, &input, err);

    if (r < 0)
        return r;
    flow_env_init(&env, b, assigns ? payload_value(input) : NULL);
    r = assign(b, assigns, &env, &out.assigned, err);
    if (r < 0)
        return r;
    r = path_field(b, &b->state->output_path, input, &out.output, err);
    if (r < 0)
        return r;
    keep_variables(b, out.assigned);
    *ret_output = out;
    out = (struct flow_output){0};
    return 0;
}
