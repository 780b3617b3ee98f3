/* The Task state. */
#include <string.h>

#include "asl/compile.h"

/* Express workflows neither wait for jobs nor for callbacks nor for activities.  The space at
 * the end of one text is the service's. */
static void check_express(struct compiler *c, const struct asl_resource *r, const struct loc *at)
{
    if (r->kind == ASL_RESOURCE_ACTIVITY)
        schema_error(c, at, NULL, "Express state machine does not support Activity ARN");
    else if (r->pattern == ASL_SYNC || r->pattern == ASL_SYNC2)
        schema_error(c, at, NULL,
                     "Express state machine does not support '.sync' service integration");
    else if (r->pattern == ASL_CALLBACK)
        schema_error(c, at, NULL,
                     "Express state machine does not support '.waitForTaskToken' service "
                     "integration ");
}

static bool compile_resource(struct compiler *c, struct asl_state *s, struct node n)
{
    const char *arn;
    if (!node_string(c, n, &arn))
        return false;
    if (!resource_parse(arn, RESOURCE_TASK, &c->m->arena, &s->u.task.resource)) {
        schema_error(
            c, n.at, NULL,
            "The resource provided %s is not recognized. The value is not a valid resource ARN, "
            "or the resource is not available in this region.",
            arn);
        return false;
    }
    if (c->express)
        check_express(c, &s->u.task.resource, n.at);
    return true;
}

/* Members other than RoleArn are let through without a word: reference/asl.md 11. */
static struct asl_expr *compile_credentials(struct compiler *c, struct node n)
{
    if (!n.v)
        return NULL;
    if (json_is(n.v, JSON_OBJECT) && !json_gets(n.v, "RoleArn") &&
        !(c->state->language == ASL_JSONPATH && json_gets(n.v, "RoleArn.$"))) {
        schema_error(c, n.at, NULL, "The field 'RoleArn' is required but was missing");
        return NULL;
    }
    struct asl_expr *e = NULL;
    if (compile_if_jsonata(c, n, 0, &e))
        return e;
    if (!node_is(c, n, JSON_OBJECT))
        return NULL;
    struct node role = node_get(c, n, "RoleArn");
    if (role.v && !node_is(c, role, JSON_STRING))
        return NULL;
    return compile_template(c, n, 0);
}

static bool literal_seconds(const struct asl_expr *e, int64_t *ret_seconds)
{
    return e && e->kind == ASL_EXPR_LITERAL && json_int64(e->literal, ret_seconds);
}

void compile_task(struct compiler *c, struct asl_state *s, struct node n)
{
    static const char *const required[] = {"Resource"};
    static const struct quantity timeout = {"TimeoutSeconds", "TimeoutSecondsPath", 1, 99999999,
                                            false};
    static const struct quantity heartbeat = {"HeartbeatSeconds", "HeartbeatSecondsPath", 1,
                                              99999999, false};
    (void)require_fields(c, n, required, ARRAY_LEN(required));
    bool known = compile_resource(c, s, node_get(c, n, "Resource"));
    s->u.task.timeout = compile_quantity(c, n, &timeout);
    s->u.task.heartbeat = compile_quantity(c, n, &heartbeat);
    s->u.task.credentials = compile_credentials(c, node_get(c, n, "Credentials"));

    int64_t within;
    int64_t beat;
    if (literal_seconds(s->u.task.timeout, &within) &&
        literal_seconds(s->u.task.heartbeat, &beat) && beat >= within)
        schema_error(
            c, n.at, "HeartbeatSeconds",
            "The value of 'HeartbeatSeconds' must be smaller than that of 'TimeoutSeconds'");
    if (known)
        check_parameters(c, &s->u.task.resource,
                         node_get(c, n, s->language == ASL_JSONATA ? "Arguments" : "Parameters"));
}
