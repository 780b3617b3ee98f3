/* What is known of the parameters of integrations (reference/asl.md section 12,
 * reference/integrations.md sections 5 and 7).  A member that the table does not have is let
 * through unless the list is `closed`: the services take more than is written down here. */
#include <string.h>
#include <strings.h>

#include "asl/compile.h"

enum parameter_type { ANY, STRING, INTEGER, BOOLEAN, OBJECT, ARRAY };

struct parameter {
    const char *name;
    enum parameter_type type;
    bool required;
};

#define NEEDED true
#define OPT    false

static const struct parameter lambda_invoke[] = {
    {"FunctionName", STRING, NEEDED}, {"Payload", ANY, OPT},      {"InvocationType", STRING, OPT},
    {"ClientContext", ANY, OPT},      {"Qualifier", STRING, OPT}, {"LogType", STRING, OPT},
};

static const struct parameter start_execution[] = {
    {"StateMachineArn", STRING, NEEDED},
    {"Input", ANY, OPT},
    {"Name", STRING, OPT},
    {"TraceHeader", STRING, OPT},
};

static const struct parameter send_message[] = {
    {"QueueUrl", STRING, NEEDED},
    {"MessageBody", ANY, NEEDED},
    {"DelaySeconds", INTEGER, OPT},
    {"MessageAttributes", OBJECT, OPT},
    {"MessageDeduplicationId", STRING, OPT},
    {"MessageGroupId", STRING, OPT},
};

static const struct parameter publish[] = {
    {"Message", ANY, NEEDED},
    {"TopicArn", STRING, OPT},
    {"TargetArn", STRING, OPT},
    {"PhoneNumber", STRING, OPT},
    {"MessageStructure", STRING, OPT},
    {"Subject", STRING, OPT},
    {"MessageAttributes", OBJECT, OPT},
    {"MessageGroupId", STRING, OPT},
    {"MessageDeduplicationId", STRING, OPT},
};

static const struct parameter put_events[] = {{"Entries", ARRAY, NEEDED}};

static const struct parameter get_item[] = {
    {"TableName", STRING, NEEDED},
    {"Key", OBJECT, NEEDED},
    {"ConsistentRead", BOOLEAN, OPT},
    {"ProjectionExpression", STRING, OPT},
    {"ExpressionAttributeNames", OBJECT, OPT},
};

static const struct parameter put_item[] = {
    {"TableName", STRING, NEEDED},
    {"Item", OBJECT, NEEDED},
    {"ConditionExpression", STRING, OPT},
    {"ExpressionAttributeNames", OBJECT, OPT},
    {"ExpressionAttributeValues", OBJECT, OPT},
    {"ReturnValues", STRING, OPT},
};

/* UpdateItem and DeleteItem. */
static const struct parameter change_item[] = {
    {"TableName", STRING, NEEDED},
    {"Key", OBJECT, NEEDED},
    {"UpdateExpression", STRING, OPT},
    {"ConditionExpression", STRING, OPT},
    {"ExpressionAttributeNames", OBJECT, OPT},
    {"ExpressionAttributeValues", OBJECT, OPT},
    {"ReturnValues", STRING, OPT},
};

static const struct parameter gateway_invoke[] = {
    {"ApiEndpoint", STRING, NEEDED}, {"Method", STRING, NEEDED}, {"Headers", OBJECT, OPT},
    {"Stage", STRING, OPT},          {"Path", STRING, OPT},      {"QueryParameters", OBJECT, OPT},
    {"RequestBody", ANY, OPT},       {"AuthType", STRING, OPT},  {"AllowNullValues", BOOLEAN, OPT},
};

static const struct parameter http_invoke[] = {
    {"ApiEndpoint", STRING, NEEDED},   {"Method", STRING, NEEDED}, {"Authentication", OBJECT, OPT},
    {"InvocationConfig", OBJECT, OPT}, {"Headers", OBJECT, OPT},   {"QueryParameters", OBJECT, OPT},
    {"RequestBody", ANY, OPT},         {"Transform", OBJECT, OPT},
};

static const struct parameter run_task[] = {
    {"TaskDefinition", STRING, NEEDED},
    {"Cluster", STRING, OPT},
    {"Overrides", OBJECT, OPT},
    {"NetworkConfiguration", OBJECT, OPT},
    {"LaunchType", STRING, OPT},
    {"Count", INTEGER, OPT},
    {"EnableECSManagedTags", BOOLEAN, OPT},
    {"EnableExecuteCommand", BOOLEAN, OPT},
    {"Group", STRING, OPT},
    {"PropagateTags", STRING, OPT},
    {"Tags", ARRAY, OPT},
};

static const struct parameter s3_object[] = {
    {"Bucket", STRING, NEEDED},
    {"Key", STRING, NEEDED},
    {"Body", ANY, OPT},
    {"ContentType", STRING, OPT},
    {"ContentEncoding", STRING, OPT},
    {"ContentLanguage", STRING, OPT},
    {"CacheControl", STRING, OPT},
    {"ContentDisposition", STRING, OPT},
    {"PartNumber", INTEGER, OPT},
    {"StorageClass", STRING, OPT},
    {"ServerSideEncryption", STRING, OPT},
    {"Tagging", STRING, OPT},
    {"BucketKeyEnabled", BOOLEAN, OPT},
    {"Metadata", OBJECT, OPT},
    {"VersionId", STRING, OPT},
};

static const struct parameter s3_list[] = {
    {"Bucket", STRING, NEEDED},  {"Prefix", STRING, OPT},       {"Delimiter", STRING, OPT},
    {"MaxKeys", INTEGER, OPT},   {"FetchOwner", BOOLEAN, OPT},  {"ContinuationToken", STRING, OPT},
    {"StartAfter", STRING, OPT}, {"EncodingType", STRING, OPT},
};

static const struct schema {
    const char *type, *action;
    const struct parameter *parameters;
    size_t len;
    bool closed;
} schemas[] = {
#define SCHEMA(type, action, list, closed)          \
    {                                               \
        type, action, list, ARRAY_LEN(list), closed \
    }
    SCHEMA("lambda", "invoke", lambda_invoke, true),
    SCHEMA("states", "startExecution", start_execution, true),
    SCHEMA("sqs", "sendMessage", send_message, false),
    SCHEMA("sns", "publish", publish, false),
    SCHEMA("events", "putEvents", put_events, false),
    SCHEMA("dynamodb", "getItem", get_item, false),
    SCHEMA("dynamodb", "putItem", put_item, false),
    SCHEMA("dynamodb", "updateItem", change_item, false),
    SCHEMA("dynamodb", "deleteItem", change_item, false),
    SCHEMA("apigateway", "invoke", gateway_invoke, false),
    SCHEMA("http", "invoke", http_invoke, true),
    SCHEMA("ecs", "runTask", run_task, false),
    SCHEMA("aws-sdk:s3", "putObject", s3_object, false),
    SCHEMA("aws-sdk:s3", "getObject", s3_object, false),
    SCHEMA("aws-sdk:s3", "listObjectsV2", s3_list, false),
};

/* ---- one member ---- */

/* A name as the service knows it, and whether the value is only known at run time. */
struct member {
    const char *name;
    size_t len;
    bool dynamic;
};

static struct member member_of(const struct compiler *c, struct node n, size_t index)
{
    struct member m = {.dynamic = false};
    const struct json *v = json_member_at(n.v, index);
    m.name = json_str(json_key_at(n.v, index), &m.len);
    if (c->state->language == ASL_JSONPATH) {
        m.dynamic = m.len >= 2 && !memcmp(m.name + m.len - 2, ".$", 2);
        m.len -= m.dynamic ? 2 : 0;
    } else if (json_is(v, JSON_STRING)) {
        size_t len;
        const char *s = json_str(v, &len);
        m.dynamic = len >= 4 && !memcmp(s, "{%", 2) && !memcmp(s + len - 2, "%}", 2);
    }
    return m;
}

/* What Jackson makes a java.lang.Boolean of. */
static bool is_lenient_bool(const struct json *v)
{
    static const char *const words[] = {"",     "null",  "true",  "True",
                                        "TRUE", "false", "False", "FALSE"};
    size_t len;
    if (json_is(v, JSON_NUMBER))
        return json_is_int(v);
    if (!json_is(v, JSON_STRING))
        return json_is_bool(v);
    const char *s = json_str(v, &len);
    while (len && (unsigned char)s[len - 1] <= ' ')
        len--;
    while (len && (unsigned char)*s <= ' ') {
        s++;
        len--;
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (len == strlen(words[i]) && !memcmp(s, words[i], len))
            return true;
    return false;
}

static void check_bool(struct compiler *c, const struct loc *at, const struct parameter *p,
                       const struct json *v)
{
    if (is_lenient_bool(v))
        return;
    if (json_is(v, JSON_STRING))
        schema_error(
            c, at, NULL,
            "Cannot deserialize value of type `java.lang.Boolean` from String \"%s\": only "
            "\"true\" or \"false\" recognized",
            json_str(v, NULL));
    else
        schema_error(c, at, NULL, "The value for the field '%s' must be a BOOLEAN", p->name);
}

static void check_type(struct compiler *c, const struct loc *at, const struct parameter *p,
                       const struct json *v)
{
    static const struct {
        enum json_type type;
        const char *word;
    } types[] = {
        [STRING] = {JSON_STRING, "a STRING"},
        [INTEGER] = {JSON_NUMBER, "an INTEGER"},
        [OBJECT] = {JSON_OBJECT, "an OBJECT"},
        [ARRAY] = {JSON_ARRAY, "an ARRAY"},
    };
    if (p->type == ANY || json_is(v, JSON_NULL)) /* null skips the check */
        return;
    if (p->type == BOOLEAN) {
        check_bool(c, at, p, v);
        return;
    }
    if (!json_is(v, types[p->type].type) || (p->type == INTEGER && !json_is_int(v)))
        schema_error(c, at, NULL, "The value for the field '%s' must be %s", p->name,
                     types[p->type].word);
}

static const struct parameter *find_parameter(const struct schema *schema, struct member m,
                                              bool exact)
{
    for (size_t i = 0; i < schema->len; i++) {
        const char *name = schema->parameters[i].name;
        if (m.len == strlen(name) &&
            !(exact ? memcmp(m.name, name, m.len) : strncasecmp(m.name, name, m.len)))
            return &schema->parameters[i];
    }
    return NULL;
}

static void check_member(struct compiler *c, const struct schema *schema, struct node n,
                         size_t index)
{
    struct member m = member_of(c, n, index);
    const struct parameter *p = find_parameter(schema, m, true);
    if (p) {
        if (!m.dynamic)
            check_type(c, n.at, p, json_member_at(n.v, index));
        return;
    }
    const struct parameter *near = find_parameter(schema, m, false);
    if (near)
        schema_error(c, n.at, NULL,
                     "The field \"%.*s\" is not supported by Step Functions. Did you mean '%s'?",
                     (int)m.len, m.name, near->name);
    else if (schema->closed)
        schema_error(c, n.at, NULL, "The field \"%.*s\" is not supported by Step Functions",
                     (int)MIN(m.len, 1000), m.name);
}

/* ---- the whole ---- */

static bool has_member(const struct compiler *c, struct node n, const char *name)
{
    for (size_t i = 0; i < json_len(n.v); i++) {
        struct member m = member_of(c, n, i);
        if (m.len == strlen(name) && !memcmp(m.name, name, m.len))
            return true;
    }
    return false;
}

static void require_member(struct compiler *c, struct node n, const char *name)
{
    if (!has_member(c, n, name))
        schema_error(c, n.at, NULL, "The field '%s' is required but was missing", name);
}

/* Rules that are not about one member alone. */
static void check_special(struct compiler *c, const struct asl_resource *r, struct node n)
{
    static const char *const not_in_sync[] = {"StartedBy",
                                              "Count"}; /* the service sets them itself */
    if (!strcmp(r->type, "http") && !has_member(c, n, "InvocationConfig"))
        require_member(c, n, "Authentication");
    if (strcmp(r->type, "ecs") != 0 || r->pattern != ASL_SYNC)
        return;
    for (size_t i = 0; i < ARRAY_LEN(not_in_sync); i++)
        if (has_member(c, n, not_in_sync[i]))
            schema_error(c, n.at, NULL, "The field '%s' is not supported by Step Functions",
                         not_in_sync[i]);
}

void check_parameters(struct compiler *c, const struct asl_resource *resource, struct node n)
{
    if (resource->kind != ASL_RESOURCE_INTEGRATION || !json_is(n.v, JSON_OBJECT))
        return; /* without any, the state's input has them; text is an expression */
    for (size_t s = 0; s < ARRAY_LEN(schemas); s++) {
        const struct schema *schema = &schemas[s];
        if (strcmp(resource->type, schema->type) != 0 ||
            strcmp(resource->action, schema->action) != 0)
            continue;
        for (size_t i = 0; i < json_len(n.v); i++)
            check_member(c, schema, n, i);
        for (size_t i = 0; i < schema->len; i++)
            if (schema->parameters[i].required)
                require_member(c, n, schema->parameters[i].name);
    }
    check_special(c, resource, n);
}
