/* The states that hold other states: Parallel and Map. */
#include <stdint.h>
#include <string.h>

#include "asl/compile.h"

static const struct field branch_fields[] = {
    {"Comment", FIELD_BOTH},
    {"StartAt", FIELD_BOTH},
    {"States", FIELD_BOTH},
};

static const struct field processor_fields[] = {
    {"Comment", FIELD_BOTH},
    {"StartAt", FIELD_BOTH},
    {"States", FIELD_BOTH},
    {"ProcessorConfig", FIELD_BOTH},
};

static const struct field config_fields[] = {
    {"Mode", FIELD_BOTH},
    {"ExecutionType", FIELD_BOTH},
};

void compile_parallel(struct compiler *c, struct asl_state *s, struct node n)
{
    static const char *const required[] = {"Branches"};
    (void)require_fields(c, n, required, ARRAY_LEN(required));
    struct node branches = node_get(c, n, "Branches");
    if (!node_is(c, branches, JSON_ARRAY))
        return;
    size_t len = json_len(branches.v);
    if (len == 0)
        schema_error(c, branches.at, NULL, "Value cannot be empty");
    s->u.parallel.branches = arena_alloc(&c->m->arena, len * sizeof(*s->u.parallel.branches));
    s->u.parallel.branches_len = len;
    for (size_t i = 0; i < len; i++)
        s->u.parallel.branches[i] = compile_scope(c, node_at(c, branches, i), s, i, branch_fields,
                                                  ARRAY_LEN(branch_fields));
}

/* ---- Map ---- */

/* Items of JSONata: an array, an object, or an expression that gives one. */
static struct asl_expr *compile_items(struct compiler *c, struct node n)
{
    struct asl_expr *e = NULL;
    if (!n.v)
        return NULL;
    if (compile_if_jsonata(c, n, 0, &e))
        return e;
    if (json_is(n.v, JSON_ARRAY) || json_is(n.v, JSON_OBJECT))
        return compile_template(c, n, 0);
    schema_error(c, n.at, NULL, "Value must be an array, an object or a JSONata expression");
    return NULL;
}

/* The processor's configuration: whether it is distributed, and whether its children are
 * Express. */
static bool compile_config(struct compiler *c, struct node n, bool *ret_express)
{
    static const char *const modes[] = {"INLINE", "DISTRIBUTED"};
    static const char *const types[] = {"STANDARD", "EXPRESS"};
    static const char *const required[] = {"ExecutionType"};
    size_t mode = 0;
    size_t type = 0;
    if (!node_is(c, n, JSON_OBJECT))
        return false;
    check_fields(c, n, config_fields, ARRAY_LEN(config_fields), c->state->language);
    (void)node_word(c, node_get(c, n, "Mode"), modes, ARRAY_LEN(modes), &mode);
    (void)node_word(c, node_get(c, n, "ExecutionType"), types, ARRAY_LEN(types), &type);
    if (mode == 1)
        (void)require_fields(c, n, required, ARRAY_LEN(required));
    *ret_express = mode == 1 && type == 1;
    return mode == 1;
}

static struct node find_processor(struct compiler *c, struct node n)
{
    static const char *const names[] = {"ItemProcessor", "Iterator"};
    static const char *const required[] = {"ItemProcessor"};
    bool legacy = c->state->language == ASL_JSONPATH && json_gets(n.v, "Iterator");
    if (!legacy && !require_fields(c, n, required, ARRAY_LEN(required)))
        return (struct node){NULL, NULL};
    const char *name = choose_field(c, n, names, legacy ? 2 : 1, true);
    return name ? node_get(c, n, name) : (struct node){NULL, NULL};
}

static void compile_item_fields(struct compiler *c, struct asl_state *s, struct node n)
{
    static const struct quantity concurrency = {"MaxConcurrency", "MaxConcurrencyPath", 0,
                                                INT32_MAX, false};
    static const char *const selectors[] = {"ItemSelector", "Parameters"};
    bool jsonata = s->language == ASL_JSONATA;
    if (jsonata)
        s->u.map.items = compile_items(c, node_get(c, n, "Items"));
    else
        s->u.map.items = compile_path_expr(c, node_get(c, n, "ItemsPath"), false);
    const char *selector = choose_field(c, n, selectors, jsonata ? 1 : 2, false);
    if (selector)
        s->u.map.item_selector = compile_template(c, node_get(c, n, selector), 0);
    s->u.map.max_concurrency = compile_quantity(c, n, &concurrency);
}

void compile_map(struct compiler *c, struct asl_state *s, struct node n)
{
    bool express = false;
    compile_item_fields(c, s, n);
    struct node processor = find_processor(c, n);
    struct node config = node_get(c, processor, "ProcessorConfig");
    bool distributed = compile_config(c, config, &express);
    if (distributed)
        compile_distributed(c, s, n, config, express);
    else
        refuse_distributed_fields(c, n);
    if (!processor.v)
        return;
    bool outer = c->express;
    c->express = outer || express;
    s->u.map.processor =
        compile_scope(c, processor, s, 0, processor_fields, ARRAY_LEN(processor_fields));
    c->express = outer;
}
