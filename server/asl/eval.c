/* Evaluation of expressions, templates and paths (reference/asl.md sections 3, 5 and 6). */
#include <stdlib.h>
#include <string.h>

#include "asl/compile.h"
#include "base/limits.h"

static struct jsonpath_env path_env(const struct asl_env *env)
{
    return (struct jsonpath_env){
        .input = env->input, .context = env->context, .variable = env->variable, .arg = env->arg};
}

/* ---- failures ---- */

/* How a missing path reads depends on the field that has the path. */
static const struct {
    const char *field;
    enum missing { MISSING_INVALID_PATH, MISSING_INPUT_VALUE } wording;
} missing_wordings[] = {
    {"SecondsPath", MISSING_INPUT_VALUE},
    {"TimestampPath", MISSING_INPUT_VALUE},
    {"TimeoutSecondsPath", MISSING_INVALID_PATH},
    {"HeartbeatSecondsPath", MISSING_INVALID_PATH},
    {"ItemsPath", MISSING_INVALID_PATH},
    {"MaxConcurrencyPath", MISSING_INVALID_PATH},
    {"ToleratedFailureCountPath", MISSING_INVALID_PATH},
    {"ToleratedFailurePercentagePath", MISSING_INVALID_PATH},
    {"MaxItemsPath", MISSING_INVALID_PATH},
    {"MaxItemsPerBatchPath", MISSING_INVALID_PATH},
    {"MaxInputBytesPerBatchPath", MISSING_INVALID_PATH},
};

static int fail_invalid_path(const struct jsonpath *path, const char *reason, struct asl_error *err)
{
    asl_error_set(err, "States.Runtime", "Invalid path '%s' : %s", jsonpath_text(path), reason);
    return ERR_INVALID;
}

/* Names the document that the path was looked up in. */
static int fail_not_in_input(const struct jsonpath *path, const char *field,
                             const struct asl_env *env, struct asl_error *err)
{
    const struct json *document = env->input;
    if (jsonpath_root(path) == JSONPATH_CONTEXT && env->context)
        document = env->context(env->arg);
    char *text = document ? json_text(document, LIMIT_CAUSE_CHARS, NULL) : NULL;
    asl_error_set(
        err, "States.Runtime",
        "The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'",
        jsonpath_text(path), field, text ? text : "");
    free(text);
    return ERR_INVALID;
}

static int fail_missing(const struct asl_expr *expr, const struct asl_env *env, const char *reason,
                        struct asl_error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(missing_wordings); i++) {
        if (strcmp(expr->field, missing_wordings[i].field) != 0)
            continue;
        if (missing_wordings[i].wording == MISSING_INVALID_PATH)
            return fail_invalid_path(expr->path, reason, err);
        asl_error_set(err, "States.Runtime",
                      "The %s parameter does not reference an input value: %s", expr->field,
                      jsonpath_text(expr->path));
        return ERR_INVALID;
    }
    return fail_not_in_input(expr->path, expr->field, env, err);
}

/* ---- expressions ---- */

static int eval_path_expr(const struct asl_expr *expr, const struct asl_env *env,
                          struct json **ret_value, struct asl_error *err)
{
    struct err why = {0};
    struct jsonpath_env paths = path_env(env);
    int r = jsonpath_eval(expr->path, &paths, ret_value, &why);
    if (r == ERR_NOT_FOUND)
        return fail_missing(expr, env, why.text, err);
    if (r < 0)
        return fail_invalid_path(expr->path, why.text, err);
    return 0;
}

static int eval_call(const struct asl_expr *expr, const struct asl_env *env,
                     struct json **ret_value, struct asl_error *err)
{
    struct err why = {0};
    struct jsonpath_env paths = path_env(env);
    const struct jsonpath *missing = NULL;
    int r = intrinsic_eval(expr->call, &paths, ret_value, &missing, &why);
    if (r == ERR_NOT_FOUND && missing)
        return fail_not_in_input(missing, expr->field, env, err);
    if (r < 0) {
        asl_error_set(err, "States.Runtime", "%s", why.text);
        return ERR_INVALID;
    }
    return 0;
}

static int eval_object(const struct asl_expr *expr, const struct asl_env *env,
                       struct json **ret_value, struct asl_error *err)
{
    struct json_object *object = json_object_new();
    for (size_t i = 0; i < expr->len; i++) {
        struct json *value;
        int r = asl_eval(expr->children[i], env, &value, err);
        if (r < 0) {
            json_object_free(object);
            return r;
        }
        json_object_add(object, json_ref(expr->keys[i]), value);
    }
    *ret_value = json_object_finish(object);
    return 0;
}

static int eval_array(const struct asl_expr *expr, const struct asl_env *env,
                      struct json **ret_value, struct asl_error *err)
{
    struct json_array array;
    json_array_init(&array);
    for (size_t i = 0; i < expr->len; i++) {
        struct json *value;
        int r = asl_eval(expr->children[i], env, &value, err);
        if (r < 0) {
            json_array_done(&array);
            return r;
        }
        json_array_add(&array, value);
    }
    *ret_value = json_array_finish(&array);
    return 0;
}

/* As deep as the definition's JSON at most (LIMIT_JSON_DEPTH). */
int asl_eval(const struct asl_expr *expr, const struct asl_env *env, struct json **ret_value,
             struct asl_error *err)
{
    switch (expr->kind) {
    case ASL_EXPR_LITERAL:
        *ret_value = json_ref(expr->literal);
        return 0;
    case ASL_EXPR_PATH:
        return eval_path_expr(expr, env, ret_value, err);
    case ASL_EXPR_INTRINSIC:
        return eval_call(expr, env, ret_value, err);
    case ASL_EXPR_JSONATA:
        return jsonata_expr_eval(expr, env, ret_value, err);
    case ASL_EXPR_OBJECT:
        return eval_object(expr, env, ret_value, err);
    case ASL_EXPR_ARRAY:
        return eval_array(expr, env, ret_value, err);
    }
    CHECK(false);
    return ERR_INVALID;
}

/* ---- paths ---- */

int asl_eval_path(const struct jsonpath *path, const struct asl_env *env, struct json **ret_value,
                  struct asl_error *err)
{
    struct err why = {0};
    struct jsonpath_env paths = path_env(env);
    int r = jsonpath_eval(path, &paths, ret_value, &why);
    return r < 0 ? fail_invalid_path(path, why.text, err) : 0;
}

int asl_eval_path_field(const struct asl_path *field, const struct asl_env *env,
                        struct json **ret_value, struct asl_error *err)
{
    if (field->is_null) {
        *ret_value = json_object_finish(json_object_new());
        return 0;
    }
    if (!field->path) {
        *ret_value = json_ref(env->input);
        return 0;
    }
    return asl_eval_path(field->path, env, ret_value, err);
}

int asl_apply_result_path(const struct asl_path *field, const struct json *raw,
                          const struct json *result, struct json **ret_value, struct asl_error *err)
{
    struct err why = {0};
    if (field->is_null || !field->path || jsonpath_is_root(field->path)) {
        *ret_value = json_ref(field->is_null ? raw : result);
        return 0;
    }
    if (jsonpath_put(field->path, raw, result, ret_value, &why) == 0)
        return 0;
    asl_error_set(err, "States.ReferencePathConflict", "%s", why.text);
    return ERR_INVALID;
}
