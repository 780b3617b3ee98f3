/* JSONata: the only file that knows its engine (reference/asl.md section 6). */
#include "jsonata/jsonata.h"

#include <stdlib.h>
#include <string.h>

#include "asl/compile.h"
#include "base/limits.h"
#include "base/mem.h"

/* Expressions of one definition: each takes some kilobytes once compiled, and its text can be a
 * single character. */
enum { EXPRESSIONS_MAX = 10000 };

/* ---- compiling ---- */

static void free_error(struct jsonata_error *e)
{
    jsonata_error_clear(e);
}

/* What follows `$states` directly, and what it takes to be there. */
static const struct states_member {
    const char *name;
    unsigned sees;
} states_members[] = {
    {"input", 0},
    {"context", 0},
    {"result", SEES_RESULT},
    {"errorOutput", SEES_ERROR},
};

static bool sees_member(const char *name, unsigned sees)
{
    for (size_t i = 0; i < ARRAY_LEN(states_members); i++)
        if (!strcmp(name, states_members[i].name))
            return (sees & states_members[i].sees) == states_members[i].sees;
    return false;
}

static void check_references(struct compiler *c, const struct jsonata_references *r,
                             const struct loc *at, unsigned sees)
{
    /* There is no input document, so nothing may be read from one. */
    if (r->field)
        report(c, ASL_ERROR, CODE_JSONATA, at, NULL, "Field '%s' does not exist.", r->field);
    else if (r->uses_input)
        report(c, ASL_ERROR, CODE_JSONATA, at, NULL, "Field '$' does not exist.");
    if (r->uses_root)
        report(c, ASL_ERROR, CODE_JSONATA, at, NULL, "Field '$$' does not exist.");
    for (size_t i = 0; i < r->states_len; i++)
        if (r->states[i].len && !sees_member(r->states[i].names[0], sees))
            report(c, ASL_ERROR, CODE_JSONATA, at, NULL, "Field '$states.%s' does not exist.",
                   r->states[i].names[0]);
    for (size_t i = 0; i < r->variables_len; i++) {
        const struct jsonata_variable *v = &r->variables[i];
        bool states = v->len == strlen("states") && !memcmp(v->name, "states", v->len);
        if (!states && !v->function)
            read_variable(c, v->name, v->len, at);
    }
}

struct jsonata *jsonata_expr_compile(struct compiler *c, struct text source, const struct loc *at,
                                     unsigned sees)
{
    CLEANUP(free_error) struct jsonata_error error = {0};
    if (c->expressions == EXPRESSIONS_MAX) {
        schema_error(c, at, NULL, "A definition has at most %d JSONata expressions",
                     EXPRESSIONS_MAX);
        return NULL;
    }
    c->expressions++;
    struct jsonata *j = jsonata_compile(source.data, source.len, &error);
    if (!j) {
        schema_error(c, at, NULL, "The JSONata expression '%.*s' is not valid. %s: %s",
                     (int)MIN(source.len, 1000), source.data, error.code,
                     error.message ? error.message : "");
        return NULL;
    }
    own(c->m, OWNED_JSONATA, j);
    check_references(c, jsonata_references(j), at, sees);
    return j;
}

void jsonata_expr_free(struct jsonata *j)
{
    jsonata_free(j);
}

/* ---- evaluating ---- */

static int fail(const struct asl_expr *expr, struct asl_error *err, const char *what)
{
    asl_error_set(err, "States.QueryEvaluationError",
                  "The JSONata expression '%s' specified for the field '%s' %s", expr->source,
                  expr->field, what);
    err->location = xstrdup(expr->field);
    err->evaluation = true;
    return ERR_INVALID;
}

static int fail_evaluation(const struct asl_expr *expr, const struct jsonata_error *error,
                           struct asl_error *err)
{
    CLEANUP(strbuf_done) struct strbuf what;
    const char *message = error->message ? error->message : "";
    strbuf_init(&what, LIMIT_VALUE_BYTES);
    strbuf_adds(&what, "threw an error during evaluation");
    switch (error->kind) {
    case JSONATA_SYNTAX:
    case JSONATA_EVALUATION:
        strbuf_addf(&what, ". %s: %s", error->code, message);
        break;
    case JSONATA_TIMEOUT:
        strbuf_adds(&what, ": Expression evaluation timeout");
        break;
    case JSONATA_STACK:
        strbuf_adds(&what, ": Stack overflow error");
        break;
    case JSONATA_MEMORY:
    case JSONATA_SIZE:
        strbuf_addf(&what, ": %s", message);
        break;
    }
    return fail(expr, err, what.data);
}

/* What an expression asks for by name: $states, made when it is asked for, and the variables. */
struct scope {
    const struct asl_env *env;
    const struct jsonata *program;
    struct json *states;
};

/* Whether the expression can read this member of $states; the context object is dear to build. */
static bool reads_member(const struct jsonata *program, const char *name)
{
    const struct jsonata_references *r = jsonata_references(program);
    for (size_t i = 0; i < r->states_len; i++)
        if (r->states[i].len == 0 || !strcmp(r->states[i].names[0], name))
            return true;
    return false;
}

static struct json *make_states(const struct scope *s)
{
    const struct asl_env *env = s->env;
    struct json_object *object = json_object_new();
    const struct json *context = NULL;
    if (env->context && reads_member(s->program, "context"))
        context = env->context(env->arg);
    json_object_adds(object, "input", json_ref(env->input));
    if (context)
        json_object_adds(object, "context", json_ref(context));
    if (env->result)
        json_object_adds(object, "result", json_ref(env->result));
    if (env->error_output)
        json_object_adds(object, "errorOutput", json_ref(env->error_output));
    return json_object_finish(object);
}

static const struct json *look_up(void *arg, const char *name, size_t len)
{
    struct scope *s = arg;
    if (len == strlen("states") && !memcmp(name, "states", len)) {
        if (!s->states)
            s->states = make_states(s);
        return s->states;
    }
    return s->env->variable ? s->env->variable(s->env->arg, name, len) : NULL;
}

int jsonata_expr_eval(const struct asl_expr *expr, const struct asl_env *env,
                      struct json **ret_value, struct asl_error *err)
{
    CLEANUP(free_error) struct jsonata_error error = {0};
    struct scope scope = {.env = env, .program = expr->jsonata};
    struct jsonata_limits limits = jsonata_limits_default;
    limits.result_bytes = LIMIT_VALUE_BYTES;
    struct jsonata_call call = {
        .lookup = look_up, .arg = &scope, .now_ms = env->now_ms, .limits = &limits};
    enum jsonata_outcome outcome = jsonata_evaluate(expr->jsonata, &call, ret_value, &error, NULL);
    json_unref(scope.states);
    switch (outcome) {
    case JSONATA_VALUE:
        return 0;
    case JSONATA_UNDEFINED:
        return fail(expr, err, "returned nothing (undefined).");
    case JSONATA_FUNCTION:
        return fail(expr, err, "returned an unsupported result type.");
    case JSONATA_FAILED:
        break;
    }
    return fail_evaluation(expr, &error, err);
}
