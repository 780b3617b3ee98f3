/* Fuzzes definitions: the first line of the input is a document, the rest a definition, which is
 * compiled and, when it is right, all of its expressions are evaluated on that document. */
#include <stdlib.h>
#include <string.h>

#include "asl/asl.h"
#include "base/strbuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Expressions of one definition that are evaluated; each may take its full second. */
enum { EVALUATIONS = 30 };

struct documents {
    const struct json *input;
    unsigned evaluations;
};

static const struct json *get_context(void *arg)
{
    return ((struct documents *)arg)->input;
}

static const struct json *get_variable(void *arg, const char *name, size_t len)
{
    const struct json *input = ((struct documents *)arg)->input;
    return json_is(input, JSON_OBJECT) ? json_get(input, name, len) : NULL;
}

/* An evaluation gives a value or an error, never both and never none. */
static void check_outcome(int r, struct json *value, struct asl_error *err)
{
    CHECK((r == 0) == (value != NULL));
    CHECK((r == 0) == (err->cause == NULL));
    if (value)
        (void)json_text_size(value, (size_t)1 << 20);
    json_unref(value);
    asl_error_done(err);
}

static void run(const struct asl_expr *expr, const struct asl_env *env)
{
    struct documents *docs = env->arg;
    struct asl_error err = {0};
    struct json *value = NULL;
    if (!expr || docs->evaluations++ >= EVALUATIONS)
        return;
    int r = asl_eval(expr, env, &value, &err);
    check_outcome(r, value, &err);
}

static void run_path(const struct asl_path *path, const struct asl_env *env)
{
    struct asl_error err = {0};
    struct json *value = NULL;
    int r = asl_eval_path_field(path, env, &value, &err);
    check_outcome(r, value, &err);
}

static void run_choice(const struct asl_state *s, const struct asl_env *env)
{
    for (size_t i = 0; i < s->u.choice.rules_len; i++) {
        const struct asl_rule *rule = &s->u.choice.rules[i];
        struct asl_error err = {0};
        bool match;
        CHECK(rule->next);
        run(rule->expression, env);
        run(rule->assign, env);
        run(rule->output, env);
        if (rule->condition && asl_eval_condition(rule->condition, env, &match, &err) < 0)
            CHECK(err.cause);
        asl_error_done(&err);
    }
}

static void run_own(const struct asl_state *s, const struct asl_env *env)
{
    switch (s->type) {
    case ASL_TASK:
        run(s->u.task.timeout, env);
        run(s->u.task.heartbeat, env);
        run(s->u.task.credentials, env);
        break;
    case ASL_WAIT:
        CHECK(!s->u.wait.seconds != !s->u.wait.timestamp);
        run(s->u.wait.seconds, env);
        run(s->u.wait.timestamp, env);
        break;
    case ASL_FAIL:
        run(s->u.fail.error, env);
        run(s->u.fail.cause, env);
        break;
    case ASL_CHOICE:
        run_choice(s, env);
        break;
    case ASL_PARALLEL:
        for (size_t i = 0; i < s->u.parallel.branches_len; i++)
            CHECK(s->u.parallel.branches[i]->start);
        break;
    case ASL_MAP:
        CHECK(s->u.map.processor->start);
        run(s->u.map.items, env);
        run(s->u.map.item_selector, env);
        run(s->u.map.max_concurrency, env);
        break;
    case ASL_PASS:
    case ASL_SUCCEED:
        break;
    }
}

static void run_state(const struct asl_state *s, const struct asl_env *env)
{
    struct asl_error err = {0};
    struct json *value = NULL;
    run_path(&s->input_path, env);
    run_path(&s->output_path, env);
    int r = asl_apply_result_path(&s->result_path, env->input, env->input, &value, &err);
    check_outcome(r, value, &err);
    run(s->parameters, env);
    run(s->result_selector, env);
    run(s->assign, env);
    run(s->output, env);
    for (size_t i = 0; i < s->catchers_len; i++) {
        CHECK(s->catchers[i].next);
        run(s->catchers[i].output, env);
        run(s->catchers[i].assign, env);
    }
    run_own(s, env);
}

static void run_machine(const struct asl_machine *m, const struct json *input)
{
    struct documents docs = {.input = input};
    struct asl_env env = {.input = input,
                          .result = input,
                          .error_output = input,
                          .context = get_context,
                          .variable = get_variable,
                          .arg = &docs};
    if (m->variable_references)
        CHECK(json_valid(m->variable_references, strlen(m->variable_references), NULL));
    for (size_t i = 0; i < m->states_len; i++)
        run_state(m->states[i], &env);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *end = memchr(text, '\n', size);
    if (!end)
        return 0;
    size_t first = (size_t)(end - text);
    struct json *input = json_parse(text, first, JSON_PARSE_DEFAULT, NULL);
    if (!input)
        input = json_null();

    struct asl_options options = {.type = ASL_STANDARD, .warnings = true};
    struct asl_diagnostics d;
    struct asl_machine *m = NULL;
    struct strbuf message;
    asl_diagnostics_init(&d);
    strbuf_init(&message, (size_t)4 << 20);
    int r = asl_compile((struct text){end + 1, size - first - 1}, &options, &m, &d);
    asl_diagnostics_text(&d, &message);
    CHECK((r == 0) == (d.errors == 0) && (r == 0) == (m != NULL));
    CHECK((message.len > 0) == (d.errors > 0));
    if (m)
        run_machine(m, input);
    asl_machine_unref(m);
    asl_diagnostics_done(&d);
    strbuf_done(&message);
    json_unref(input);
    return 0;
}
