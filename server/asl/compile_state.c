/* One state: what all types share, and the types that need no file of their own. */
#include <string.h>

#include "asl/compile.h"
#include "base/limits.h"

static const char *const type_names[ASL_STATE_TYPES] = {
    [ASL_TASK] = "Task",         [ASL_WAIT] = "Wait", [ASL_PASS] = "Pass",
    [ASL_SUCCEED] = "Succeed",   [ASL_FAIL] = "Fail", [ASL_CHOICE] = "Choice",
    [ASL_PARALLEL] = "Parallel", [ASL_MAP] = "Map",
};

const char *asl_state_type_name(enum asl_state_type type)
{
    CHECK((unsigned)type < ASL_STATE_TYPES);
    return type_names[type];
}

static bool is_work(const struct asl_state *s)
{
    return s->type == ASL_TASK || s->type == ASL_PARALLEL || s->type == ASL_MAP;
}

static bool has_next(const struct asl_state *s)
{
    return is_work(s) || s->type == ASL_PASS || s->type == ASL_WAIT;
}

static void compile_language(struct compiler *c, struct asl_state *s, struct node n)
{
    static const char *const languages[] = {[ASL_JSONPATH] = "JSONPath", [ASL_JSONATA] = "JSONata"};
    size_t language = s->language;
    if (!node_word(c, node_get(c, n, "QueryLanguage"), languages, ARRAY_LEN(languages), &language))
        return;
    s->language = (enum asl_language)language;
    if (c->m->language == ASL_JSONATA && s->language == ASL_JSONPATH)
        schema_error(c, n.at, NULL,
                     "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole "
                     "state machine");
}

/* ---- the way out ---- */

static void compile_next(struct compiler *c, struct asl_state *s, struct node n,
                         struct assign_set *assign)
{
    bool end = false;
    struct node next = node_get(c, n, "Next");
    struct node end_field = node_get(c, n, "End");
    if (end_field.v && !node_bool(c, end_field, &end))
        return;
    if ((next.v != NULL) == end)
        schema_error(c, n.at, NULL, "Exactly one of these fields is required: [Next, End]");
    if (next.v)
        add_transition(c, next, &s->next, assign);
}

/* Where a state of no known type leads to, so that its followers are not called unreachable. */
static void follow_unknown(struct compiler *c, struct node n)
{
    static const char *const lists[] = {"Choices", "Catch"};
    struct node next = node_get(c, n, "Next");
    struct node otherwise = node_get(c, n, "Default");
    if (json_is(next.v, JSON_STRING))
        add_transition(c, next, NULL, NULL);
    if (json_is(otherwise.v, JSON_STRING))
        add_transition(c, otherwise, NULL, NULL);
    for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
        struct node list = node_get(c, n, lists[l]);
        for (size_t i = 0; json_is(list.v, JSON_ARRAY) && i < json_len(list.v); i++) {
            next = node_get(c, node_at(c, list, i), "Next");
            if (json_is(next.v, JSON_STRING))
                add_transition(c, next, NULL, NULL);
        }
    }
}

/* ---- data flow ---- */

static void compile_data_flow(struct compiler *c, struct asl_state *s, struct node n,
                              struct assign_set **ret_assign)
{
    unsigned sees = is_work(s) ? SEES_RESULT : 0;
    if (s->language == ASL_JSONATA) {
        s->parameters = compile_template(c, node_get(c, n, "Arguments"), 0);
        s->output = compile_template(c, node_get(c, n, "Output"), sees);
    } else {
        s->input_path = compile_path_field(c, node_get(c, n, "InputPath"));
        s->output_path = compile_path_field(c, node_get(c, n, "OutputPath"));
        s->result_path = compile_result_path(c, node_get(c, n, "ResultPath"));
        if (s->type != ASL_MAP)
            s->parameters = compile_template(c, node_get(c, n, "Parameters"), 0);
        s->result_selector = compile_template(c, node_get(c, n, "ResultSelector"), 0);
    }
    s->assign = compile_assign(c, node_get(c, n, "Assign"), sees, ret_assign);
}

/* ---- Pass, Wait, Fail ---- */

static void compile_pass(struct asl_state *s, struct node n)
{
    const struct json *result = json_gets(n.v, "Result");
    if (result && !json_is(result, JSON_NULL)) /* null acts as if it were absent */
        s->u.pass.result = (struct json *)result;
}

static void compile_wait(struct compiler *c, struct asl_state *s, struct node n)
{
    static const char *const names[] = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"};
    static const char *const jsonata_names[] = {"Seconds", "Timestamp"};
    static const struct quantity seconds = {"Seconds", "SecondsPath", 0, 99999999, false};
    bool jsonata = s->language == ASL_JSONATA;
    const char *name = choose_field(c, n, jsonata ? jsonata_names : names, jsonata ? 2 : 4, true);
    if (!name)
        return;
    struct node field = node_get(c, n, name);
    if (!strncmp(name, "Seconds", strlen("Seconds")))
        s->u.wait.seconds = compile_quantity(c, n, &seconds);
    else if (!strcmp(name, "TimestampPath"))
        s->u.wait.timestamp = compile_path_expr(c, field, false);
    else if (!compile_if_jsonata(c, field, 0, &s->u.wait.timestamp) && node_timestamp(c, field))
        s->u.wait.timestamp = literal_expr(c, field.v);
}

/* Error and Cause: a literal, an expression, or a path or intrinsic call under name + "Path". */
static struct asl_expr *compile_fail_text(struct compiler *c, struct node n, const char *name,
                                          const char *path_name, size_t max)
{
    const char *const names[] = {name, path_name};
    bool paths = c->state->language == ASL_JSONPATH;
    const char *found = choose_field(c, n, names, paths ? 2 : 1, false);
    if (!found)
        return NULL;
    struct asl_expr *e = NULL;
    struct node field = node_get(c, n, found);
    if (found != name)
        return compile_path_expr(c, field, true);
    if (compile_if_jsonata(c, field, 0, &e))
        return e;
    return node_short(c, field, max) ? literal_expr(c, field.v) : NULL;
}

static void compile_fail(struct compiler *c, struct asl_state *s, struct node n)
{
    s->u.fail.error = compile_fail_text(c, n, "Error", "ErrorPath", LIMIT_ERROR_CHARS);
    s->u.fail.cause = compile_fail_text(c, n, "Cause", "CausePath", LIMIT_CAUSE_CHARS);
}

/* ---- dispatch ---- */

static void compile_own_fields(struct compiler *c, struct asl_state *s, struct node n,
                               struct assign_set *assign)
{
    switch (s->type) {
    case ASL_TASK:
        compile_task(c, s, n);
        break;
    case ASL_WAIT:
        compile_wait(c, s, n);
        break;
    case ASL_PASS:
        compile_pass(s, n);
        break;
    case ASL_SUCCEED:
        break;
    case ASL_FAIL:
        compile_fail(c, s, n);
        break;
    case ASL_CHOICE:
        compile_choice(c, s, n, assign);
        break;
    case ASL_PARALLEL:
        compile_parallel(c, s, n);
        break;
    case ASL_MAP:
        compile_map(c, s, n);
        break;
    }
}

void compile_state(struct compiler *c, struct asl_state *s, struct node n)
{
    static const char *const required[] = {"Type"};
    size_t type;
    const char *comment;
    struct assign_set *assign = NULL;
    if (!require_fields(c, n, required, 1) ||
        !node_word(c, node_get(c, n, "Type"), type_names, ASL_STATE_TYPES, &type)) {
        c->info[s->index].first_transition = c->transitions_len;
        follow_unknown(c, n);
        c->info[s->index].transitions_len = c->transitions_len - c->info[s->index].first_transition;
        return;
    }
    s->type = (enum asl_state_type)type;
    compile_language(c, s, n);
    check_state_fields(c, n);
    (void)node_string(c, node_get(c, n, "Comment"), &comment);
    compile_data_flow(c, s, n, &assign);

    /* A state's own transitions stand together; those of states inside it come behind. */
    size_t first = c->transitions_len;
    if (has_next(s))
        compile_next(c, s, n, assign);
    if (is_work(s)) {
        compile_retry(c, s, node_get(c, n, "Retry"));
        compile_catch(c, s, node_get(c, n, "Catch"));
    }
    c->info[s->index].first_transition = first;
    c->info[s->index].transitions_len = c->transitions_len - first;
    compile_own_fields(c, s, n, assign);
    if (s->type == ASL_CHOICE)
        c->info[s->index].transitions_len = c->transitions_len - first;
}
