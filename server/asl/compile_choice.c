/* The Choice state (reference/asl.md section 8). */
#include <string.h>

#include "asl/compile.h"

static const struct operator_row {
    const char *name;
    enum asl_compare compare;
    enum asl_operand operand;
    bool path; /* the operand is a path to the value */
} operators[] = {
#define COMPARISON(name, compare, operand)  \
    {name, compare, operand, false},        \
    {                                       \
        name "Path", compare, operand, true \
    }
#define ORDERED(type, operand)                                       \
    COMPARISON(type "Equals", ASL_EQUALS, operand),                  \
        COMPARISON(type "LessThan", ASL_LESS, operand),              \
        COMPARISON(type "GreaterThan", ASL_GREATER, operand),        \
        COMPARISON(type "LessThanEquals", ASL_LESS_EQUALS, operand), \
        COMPARISON(type "GreaterThanEquals", ASL_GREATER_EQUALS, operand)
    ORDERED("String", ASL_OF_STRING),
    ORDERED("Numeric", ASL_OF_NUMBER),
    ORDERED("Timestamp", ASL_OF_TIMESTAMP),
    COMPARISON("BooleanEquals", ASL_EQUALS, ASL_OF_BOOLEAN),
    {"StringMatches", ASL_MATCHES, ASL_OF_STRING, false},
    {"IsNull", ASL_IS_NULL, ASL_OF_ANY, false},
    {"IsPresent", ASL_IS_PRESENT, ASL_OF_ANY, false},
    {"IsNumeric", ASL_IS_NUMERIC, ASL_OF_ANY, false},
    {"IsString", ASL_IS_STRING, ASL_OF_ANY, false},
    {"IsBoolean", ASL_IS_BOOLEAN, ASL_OF_ANY, false},
    {"IsTimestamp", ASL_IS_TIMESTAMP, ASL_OF_ANY, false},
};

static const struct combination {
    const char *name;
    enum asl_condition_kind kind;
} combinations[] = {{"And", ASL_AND}, {"Or", ASL_OR}, {"Not", ASL_NOT}};

static const struct field jsonata_rule_fields[] = {
    {"Comment", FIELD_BOTH}, {"Condition", FIELD_JSONATA}, {"Next", FIELD_BOTH},
    {"Assign", FIELD_BOTH},  {"Output", FIELD_JSONATA},
};

static const struct operator_row *find_operator(const struct json *key)
{
    for (size_t i = 0; i < ARRAY_LEN(operators); i++)
        if (json_str_eq(key, operators[i].name))
            return &operators[i];
    return NULL;
}

static const struct combination *find_combination(const struct json *key)
{
    for (size_t i = 0; i < ARRAY_LEN(combinations); i++)
        if (json_str_eq(key, combinations[i].name))
            return &combinations[i];
    return NULL;
}

/* ---- comparisons ---- */

static bool constant_fits(struct compiler *c, struct node n, enum asl_operand operand)
{
    bool truth;
    switch (operand) {
    case ASL_OF_STRING:
        return node_is(c, n, JSON_STRING);
    case ASL_OF_NUMBER:
        return node_is(c, n, JSON_NUMBER);
    case ASL_OF_TIMESTAMP:
        return node_timestamp(c, n);
    case ASL_OF_BOOLEAN:
    case ASL_OF_ANY:
        return node_bool(c, n, &truth);
    }
    return false;
}

static void compile_comparison(struct compiler *c, struct node n, struct node operand,
                               const struct operator_row *op, struct asl_condition *condition)
{
    static const char *const required[] = {"Variable"};
    condition->kind = ASL_COMPARE;
    condition->compare = op->compare;
    condition->operand = op->operand;
    if (require_fields(c, n, required, ARRAY_LEN(required)))
        condition->variable = compile_path(c, node_get(c, n, "Variable"));
    if (op->path)
        condition->value_path = compile_path(c, operand);
    else if (constant_fits(c, operand, op->operand))
        condition->value = (struct json *)operand.v;
}

/* ---- rules ---- */

static struct asl_condition *compile_condition(struct compiler *c, struct node n, bool top);

static void compile_combination(struct compiler *c, struct node n, struct asl_condition *condition,
                                enum asl_condition_kind kind)
{
    bool list = kind != ASL_NOT;
    condition->kind = kind;
    if (!node_is(c, n, list ? JSON_ARRAY : JSON_OBJECT))
        return;
    size_t len = list ? json_len(n.v) : 1;
    if (len == 0)
        schema_error(c, n.at, NULL, "Value cannot be empty");
    condition->children = arena_alloc(&c->m->arena, len * sizeof(*condition->children));
    condition->len = len;
    for (size_t i = 0; i < len; i++)
        condition->children[i] = compile_condition(c, list ? node_at(c, n, i) : n, false);
}

/* Fields that stand beside the operator; only the rule itself has a transition. */
static bool is_rule_field(const struct json *key, bool top, bool comparison)
{
    if (json_str_eq(key, "Comment"))
        return true;
    if (json_str_eq(key, "Variable"))
        return comparison;
    return top && (json_str_eq(key, "Next") || json_str_eq(key, "Assign"));
}

/* The one operator of a rule: the index of its member, or -1 when there is none or more than
 * one. */
static ptrdiff_t find_rule_operator(struct compiler *c, struct node n)
{
    ptrdiff_t found = -1;
    size_t count = 0;
    for (size_t i = 0; i < json_len(n.v); i++) {
        const struct json *key = json_key_at(n.v, i);
        if (!find_operator(key) && !find_combination(key))
            continue;
        found = (ptrdiff_t)i;
        count++;
    }
    if (count == 1)
        return found;
    schema_error(c, n.at, NULL, "A Choice Rule must have exactly one comparison operator");
    return -1;
}

static void check_rule_fields(struct compiler *c, struct node n, bool top, bool comparison)
{
    for (size_t i = 0; i < json_len(n.v); i++) {
        const struct json *key = json_key_at(n.v, i);
        if (find_operator(key) || find_combination(key) || is_rule_field(key, top, comparison))
            continue;
        if (top && (json_str_eq(key, "Condition") || json_str_eq(key, "Output")))
            schema_error(
                c, n.at, NULL,
                "The QueryLanguage is set to 'JSONPath', but field '%s' is only supported for "
                "the 'JSONata' QueryLanguage",
                json_str(key, NULL));
        else
            schema_error(c, n.at, NULL, "Field '%s' is not supported", json_str(key, NULL));
    }
}

static struct asl_condition *compile_condition(struct compiler *c, struct node n, bool top)
{
    struct asl_condition *condition = arena_alloc(&c->m->arena, sizeof(*condition));
    if (!node_is(c, n, JSON_OBJECT))
        return condition;
    ptrdiff_t at = find_rule_operator(c, n);
    const struct json *key = at < 0 ? NULL : json_key_at(n.v, (size_t)at);
    const struct operator_row *op = key ? find_operator(key) : NULL;
    check_rule_fields(c, n, top, op || !key);
    if (!key)
        return condition;
    struct node operand = node_member(c, n, (size_t)at);
    if (op)
        compile_comparison(c, n, operand, op, condition);
    else
        compile_combination(c, operand, condition, find_combination(key)->kind);
    return condition;
}

static void compile_jsonata_rule(struct compiler *c, struct node n, struct asl_rule *rule)
{
    static const char *const required[] = {"Condition"};
    check_fields(c, n, jsonata_rule_fields, ARRAY_LEN(jsonata_rule_fields), ASL_JSONATA);
    (void)require_fields(c, n, required, ARRAY_LEN(required));
    struct node condition = node_get(c, n, "Condition");
    if (condition.v && !compile_if_jsonata(c, condition, 0, &rule->expression)) {
        if (json_is_bool(condition.v))
            rule->expression = literal_expr(c, condition.v);
        else
            schema_error(c, condition.at, NULL, "Value must be a boolean or a JSONata expression");
    }
    rule->output = compile_template(c, node_get(c, n, "Output"), 0);
}

static void compile_rule(struct compiler *c, struct node n, struct asl_rule *rule)
{
    static const char *const required[] = {"Next"};
    const char *comment;
    struct assign_set *assign = NULL;
    if (!node_is(c, n, JSON_OBJECT))
        return;
    if (c->state->language == ASL_JSONATA)
        compile_jsonata_rule(c, n, rule);
    else
        rule->condition = compile_condition(c, n, true);
    (void)require_fields(c, n, required, ARRAY_LEN(required));
    (void)node_string(c, node_get(c, n, "Comment"), &comment);
    rule->assign = compile_assign(c, node_get(c, n, "Assign"), 0, &assign);
    add_transition(c, node_get(c, n, "Next"), &rule->next, assign);
}

void compile_choice(struct compiler *c, struct asl_state *s, struct node n,
                    struct assign_set *assign)
{
    static const char *const required[] = {"Choices"};
    (void)require_fields(c, n, required, ARRAY_LEN(required));
    add_transition(c, node_get(c, n, "Default"), &s->u.choice.otherwise, assign);
    struct node choices = node_get(c, n, "Choices");
    if (!node_is(c, choices, JSON_ARRAY))
        return;
    size_t len = json_len(choices.v);
    if (len == 0)
        schema_error(c, choices.at, NULL, "Value cannot be empty");
    s->u.choice.rules = arena_alloc(&c->m->arena, len * sizeof(*s->u.choice.rules));
    s->u.choice.rules_len = len;
    for (size_t i = 0; i < len; i++)
        compile_rule(c, node_at(c, choices, i), &s->u.choice.rules[i]);
}
