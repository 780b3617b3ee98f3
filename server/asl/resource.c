/* What a Resource names: a function, an activity or an integration (reference/integrations.md
 * section 1). */
#include <string.h>

#include "asl/compile.h"

enum {
    RR = 1 << ASL_REQUEST_RESPONSE,
    S = 1 << ASL_SYNC,
    S2 = 1 << ASL_SYNC2,
    T = 1 << ASL_CALLBACK
};

/* The optimized integrations and the patterns of each. */
static const struct optimized {
    const char *service, *action;
    unsigned patterns;
    enum resource_use use;
} table[] = {
    {"lambda", "invoke", RR | T, RESOURCE_TASK},
    {"sqs", "sendMessage", RR | T, RESOURCE_TASK},
    {"sns", "publish", RR | T, RESOURCE_TASK},
    {"states", "startExecution", RR | S | S2 | T, RESOURCE_TASK},
    {"events", "putEvents", RR | T, RESOURCE_TASK},
    {"dynamodb", "getItem", RR, RESOURCE_TASK},
    {"dynamodb", "putItem", RR, RESOURCE_TASK},
    {"dynamodb", "updateItem", RR, RESOURCE_TASK},
    {"dynamodb", "deleteItem", RR, RESOURCE_TASK},
    {"apigateway", "invoke", RR | T, RESOURCE_TASK},
    {"http", "invoke", RR, RESOURCE_TASK},
    {"ecs", "runTask", RR | S | T, RESOURCE_TASK},
    {"batch", "submitJob", RR | S, RESOURCE_TASK},
    {"glue", "startJobRun", RR | S, RESOURCE_TASK},
    {"databrew", "startJobRun", RR | S, RESOURCE_TASK},
    {"codebuild", "startBuild", RR | S, RESOURCE_TASK},
    {"codebuild", "startBuildBatch", RR | S, RESOURCE_TASK},
    {"codebuild", "stopBuild", RR, RESOURCE_TASK},
    {"codebuild", "batchDeleteBuilds", RR, RESOURCE_TASK},
    {"codebuild", "batchGetReports", RR, RESOURCE_TASK},
    {"athena", "startQueryExecution", RR | S, RESOURCE_TASK},
    {"athena", "stopQueryExecution", RR, RESOURCE_TASK},
    {"athena", "getQueryExecution", RR, RESOURCE_TASK},
    {"athena", "getQueryResults", RR, RESOURCE_TASK},
    {"sagemaker", "createTrainingJob", RR | S, RESOURCE_TASK},
    {"sagemaker", "createTransformJob", RR | S, RESOURCE_TASK},
    {"sagemaker", "createProcessingJob", RR | S, RESOURCE_TASK},
    {"sagemaker", "createHyperParameterTuningJob", RR | S, RESOURCE_TASK},
    {"sagemaker", "createLabelingJob", RR | S, RESOURCE_TASK},
    {"sagemaker", "createModel", RR, RESOURCE_TASK},
    {"sagemaker", "createEndpoint", RR, RESOURCE_TASK},
    {"sagemaker", "createEndpointConfig", RR, RESOURCE_TASK},
    {"sagemaker", "updateEndpoint", RR, RESOURCE_TASK},
    {"elasticmapreduce", "createCluster", RR | S, RESOURCE_TASK},
    {"elasticmapreduce", "terminateCluster", RR | S, RESOURCE_TASK},
    {"elasticmapreduce", "addStep", RR | S, RESOURCE_TASK},
    {"elasticmapreduce", "cancelStep", RR, RESOURCE_TASK},
    {"elasticmapreduce", "setClusterTerminationProtection", RR, RESOURCE_TASK},
    {"elasticmapreduce", "modifyInstanceFleetByName", RR, RESOURCE_TASK},
    {"elasticmapreduce", "modifyInstanceGroupByName", RR, RESOURCE_TASK},
    {"emr-containers", "createVirtualCluster", RR | S, RESOURCE_TASK},
    {"emr-containers", "deleteVirtualCluster", RR | S, RESOURCE_TASK},
    {"emr-containers", "startJobRun", RR | S, RESOURCE_TASK},
    {"emr-serverless", "createApplication", RR | S, RESOURCE_TASK},
    {"emr-serverless", "startApplication", RR | S, RESOURCE_TASK},
    {"emr-serverless", "stopApplication", RR | S, RESOURCE_TASK},
    {"emr-serverless", "deleteApplication", RR | S, RESOURCE_TASK},
    {"emr-serverless", "startJobRun", RR | S, RESOURCE_TASK},
    {"emr-serverless", "cancelJobRun", RR | S, RESOURCE_TASK},
    {"eks", "call", RR, RESOURCE_TASK},
    {"eks", "runJob", RR | S, RESOURCE_TASK},
    {"eks", "createCluster", RR | S, RESOURCE_TASK},
    {"eks", "deleteCluster", RR | S, RESOURCE_TASK},
    {"eks", "createNodegroup", RR | S, RESOURCE_TASK},
    {"eks", "deleteNodegroup", RR | S, RESOURCE_TASK},
    {"eks", "createFargateProfile", RR | S, RESOURCE_TASK},
    {"eks", "deleteFargateProfile", RR | S, RESOURCE_TASK},
    {"mediaconvert", "createJob", RR | S, RESOURCE_TASK},
    {"bedrock", "invokeModel", RR | T, RESOURCE_TASK},
    {"bedrock", "createModelCustomizationJob", RR | S, RESOURCE_TASK},
    {"s3", "getObject", RR, RESOURCE_READER},
    {"s3", "listObjectsV2", RR, RESOURCE_READER},
    {"s3", "putObject", RR, RESOURCE_WRITER},
};

/* ---- pieces of an ARN ---- */

static bool text_is(struct text t, const char *s)
{
    return t.len == strlen(s) && !memcmp(t.data, s, t.len);
}

static bool text_starts(struct text t, const char *s)
{
    return t.len >= strlen(s) && !memcmp(t.data, s, strlen(s));
}

static bool text_ends(struct text t, const char *s)
{
    return t.len >= strlen(s) && !memcmp(t.data + t.len - strlen(s), s, strlen(s));
}

/* Takes the part up to the next colon off the front; all of it when there is none. */
static struct text take_part(struct text *rest)
{
    const char *colon = memchr(rest->data, ':', rest->len);
    struct text part = {rest->data, colon ? (size_t)(colon - rest->data) : rest->len};
    size_t skip = part.len + (colon != NULL);
    rest->data += skip;
    rest->len -= skip;
    return part;
}

static bool is_partition(struct text t)
{
    return text_is(t, "aws") || text_is(t, "aws-cn") || text_is(t, "aws-us-gov");
}

/* Letters and digits, the first a small letter; big ones only when `upper`. */
static bool is_word(struct text t, bool upper)
{
    if (t.len == 0 || t.data[0] < 'a' || t.data[0] > 'z')
        return false;
    for (size_t i = 0; i < t.len; i++) {
        char ch = t.data[i];
        bool letter = (ch >= 'a' && ch <= 'z') || (upper && ch >= 'A' && ch <= 'Z');
        if (!letter && !(ch >= '0' && ch <= '9'))
            return false;
    }
    return true;
}

/* ---- the kinds ---- */

/* Splits "sendMessage.waitForTaskToken" into the action and its pattern. */
static struct text split_pattern(struct text resource, enum asl_pattern *ret_pattern)
{
    static const struct {
        const char *suffix;
        enum asl_pattern pattern;
    } suffixes[] = {
        {".sync", ASL_SYNC},
        {".sync:2", ASL_SYNC2},
        {".waitForTaskToken", ASL_CALLBACK},
    };
    *ret_pattern = ASL_REQUEST_RESPONSE;
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        if (!text_ends(resource, suffixes[i].suffix))
            continue;
        *ret_pattern = suffixes[i].pattern;
        return (struct text){resource.data, resource.len - strlen(suffixes[i].suffix)};
    }
    return resource;
}

static bool is_optimized(struct text service, struct text action, enum asl_pattern pattern,
                         enum resource_use use)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (text_is(service, table[i].service) && text_is(action, table[i].action))
            return table[i].use == use && (table[i].patterns & (1u << pattern));
    return false;
}

/* rest is what stands behind "arn:aws:states:::". */
static bool parse_integration(struct text rest, enum resource_use use, struct arena *arena,
                              struct asl_resource *r)
{
    struct text type = rest;
    struct text service = take_part(&rest);
    bool sdk = text_is(service, "aws-sdk");
    if (sdk)
        service = take_part(&rest);
    type.len = (size_t)(service.data + service.len - type.data);
    struct text action = split_pattern(rest, &r->pattern);

    bool known = sdk ? use == RESOURCE_TASK && is_word(service, false) && is_word(action, true) &&
                           (r->pattern == ASL_REQUEST_RESPONSE || r->pattern == ASL_CALLBACK)
                     : is_optimized(service, action, r->pattern, use);
    if (!known)
        return false;
    r->kind = ASL_RESOURCE_INTEGRATION;
    r->type = arena_memdup(arena, type.data, type.len);
    r->resource = arena_memdup(arena, rest.data, rest.len);
    r->action = arena_memdup(arena, action.data, action.len);
    return true;
}

bool resource_parse(const char *arn, enum resource_use use, struct arena *arena,
                    struct asl_resource *ret_resource)
{
    struct asl_resource r = {.arn = arn};
    struct text rest = {arn, strlen(arn)};
    if (!text_is(take_part(&rest), "arn") || !is_partition(take_part(&rest)))
        return false;
    struct text service = take_part(&rest);
    struct text region = take_part(&rest);
    struct text account = take_part(&rest);
    bool known;
    if (text_is(service, "states") && region.len == 0 && account.len == 0) {
        known = parse_integration(rest, use, arena, &r);
    } else if (text_is(service, "lambda")) {
        r.kind = ASL_RESOURCE_LAMBDA;
        known = use == RESOURCE_TASK && text_starts(rest, "function:") &&
                rest.len > strlen("function:");
    } else {
        r.kind = ASL_RESOURCE_ACTIVITY;
        known = use == RESOURCE_TASK && text_is(service, "states") &&
                text_starts(rest, "activity:") && rest.len > strlen("activity:");
    }
    if (known && r.kind != ASL_RESOURCE_INTEGRATION)
        known = region.len > 0 && account.len > 0;
    if (known)
        *ret_resource = r;
    return known;
}
