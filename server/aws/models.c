#include "aws/models.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "aws/data.h"

#define REFERENCE_DIGITS 4

static bool text_is(struct text t, const char *s)
{
    return t.len == strlen(s) && memcmp(t.data, s, t.len) == 0;
}

/* Orders t before, like or behind s. */
static int compare(struct text t, const char *s)
{
    int order = strncmp(t.data, s, t.len);

    return order != 0 ? order : (s[t.len] ? -1 : 0);
}

/* ---- services and operations ----------------------------------------------------------------- */

const struct aws_service *aws_service_find(struct text name)
{
    for (size_t i = 0; i < aws_services_len; i++)
        if (text_is(name, aws_services[i].name))
            return &aws_services[i];
    return NULL;
}

/* Takes the part up to the next space off the front; TEXT_NONE when nothing is left. */
static struct text take_word(const char **at)
{
    struct text word = {*at, strcspn(*at, " ")};

    *at += word.len + ((*at)[word.len] == ' ');
    return word.len ? word : TEXT_NONE;
}

static void operation_of(const struct aws_service *service, const struct aws_operation_row *row,
                         struct aws_operation *ret_operation)
{
    const char *http = aws_text + row->http;

    *ret_operation = (struct aws_operation){
        .service = service,
        .name = aws_text + row->name,
        .method = TEXT("POST"),
        .path = TEXT("/"),
        .input = row->input ? aws_text + row->input : NULL,
        .output = row->output ? aws_text + row->output : NULL,
    };
    if (*http) {
        ret_operation->method = take_word(&http);
        ret_operation->path = take_word(&http);
        ret_operation->root = take_word(&http);
    }
}

bool aws_operation_find(const struct aws_service *service, struct text action,
                        struct aws_operation *ret_operation)
{
    char name[AWS_NAME_SIZE];
    size_t low = 0, high = service->operations;

    if (action.len == 0 || action.len >= sizeof(name) || !islower((unsigned char)*action.data))
        return false;
    memcpy(name, action.data, action.len);
    name[0] = (char)toupper((unsigned char)name[0]);
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct aws_operation_row *row = &aws_operation_rows[service->first + middle];
        int order = compare((struct text){name, action.len}, aws_text + row->name);

        if (order == 0) {
            operation_of(service, row, ret_operation);
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* ---- integrations ---------------------------------------------------------------------------- */

/* Names in errors: recorded for sqs, sns, dynamodb, events, ecs and states (reference/integrations.md
 * 4), for the others those of the SDK's classes.  batch and what follows it: inferred. */
static const struct aws_optimized optimized[] = {
    {"sqs", "sqs", "SQS", "AmazonSQS", "AmazonSQSException", true},
    {"sns", "sns", "SNS", "AmazonSNS", "AmazonSNSException", true},
    {"dynamodb", "dynamodb", "DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException", true},
    {"events", "eventbridge", "EventBridge", "AmazonEventBridge", "AmazonEventBridgeException",
     false},
    {"ecs", "ecs", "ECS", "AmazonECS", "AmazonECSException", true},
    {"lambda", "lambda", "Lambda", "AWSLambda", "AWSLambdaException", true},
    {"states", "sfn", "StepFunctions", "AWSStepFunctions", "AWSStepFunctionsException", true},
    {"batch", "batch", "Batch", "AWSBatch", "AWSBatchException", true},
    {"glue", "glue", "Glue", "AWSGlue", "AWSGlueException", true},
    {"databrew", "databrew", "DataBrew", "AWSGlueDataBrew", "AWSGlueDataBrewException", true},
    {"codebuild", "codebuild", "CodeBuild", "AWSCodeBuild", "AWSCodeBuildException", true},
    {"athena", "athena", "Athena", "AmazonAthena", "AmazonAthenaException", true},
    {"sagemaker", "sagemaker", "SageMaker", "AmazonSageMaker", "AmazonSageMakerException", true},
    {"emr-containers", "emrcontainers", "EMRContainers", "AmazonEMRContainers",
     "AmazonEMRContainersException", true},
    {"emr-serverless", "emrserverless", "EMRServerless", "AWSEMRServerless",
     "AWSEMRServerlessException", true},
    {"eks", "eks", "EKS", "AmazonEKS", "AmazonEKSException", true},
    {"mediaconvert", "mediaconvert", "MediaConvert", "AWSMediaConvert", "AWSMediaConvertException",
     true},
    {"bedrock", "bedrock", "Bedrock", "AmazonBedrock", "AmazonBedrockException", true},
    {"bedrock", "bedrockruntime", "Bedrock", "AmazonBedrockRuntime",
     "AmazonBedrockRuntimeException", false},
};

static bool find_sdk(const char *name, const char *action, struct aws_integration *ret,
                     const struct aws_service **ret_service)
{
    const struct aws_service *service = aws_service_find((struct text){name, strlen(name)});

    if (!service)
        return false;
    *ret_service = service;
    ret->optimized = NULL;
    ret->own = false;
    ret->token = NULL;
    return aws_operation_find(service, (struct text){action, strlen(action)}, &ret->operation);
}

bool aws_integration_find(const char *type, const char *action,
                          struct aws_integration *ret_integration,
                          const struct aws_service **ret_service)
{
    const struct aws_service *none;
    struct aws_integration found;
    bool known = false;

    ret_service = ret_service ? ret_service : &none;
    if (strncmp(type, "aws-sdk:", strlen("aws-sdk:")) == 0)
        known = find_sdk(type + strlen("aws-sdk:"), action, &found, ret_service);
    else if (strcmp(type, "s3") == 0) /* what a Map asks for itself */
        known = found.own = find_sdk(type, action, &found, ret_service);
    for (size_t i = 0; i < ARRAY_LEN(optimized) && !known; i++) {
        if (strcmp(optimized[i].name, type) != 0)
            continue;
        known = find_sdk(optimized[i].service, action, &found, ret_service);
        found.optimized = &optimized[i];
    }
    if (known)
        *ret_integration = found;
    return known;
}

/* ---- errors ---------------------------------------------------------------------------------- */

struct text aws_error_class(const struct aws_service *service, struct text code, bool v2)
{
    const char *at = aws_text + service->errors;

    for (struct text word = take_word(&at); word.data; word = take_word(&at)) {
        const char *colon = memchr(word.data, ':', word.len);
        struct text known = {word.data, colon ? (size_t)(colon - word.data) : word.len};

        if (known.len != code.len || memcmp(known.data, code.data, code.len) != 0)
            continue;
        if (!colon)
            return word;

        const char *second = memchr(colon + 1, ':', (size_t)(word.data + word.len - colon - 1));

        return v2 ? (struct text){second + 1, (size_t)(word.data + word.len - second - 1)}
                  : (struct text){colon + 1, (size_t)(second - colon - 1)};
    }
    return TEXT_NONE;
}

/* ---- shapes ---------------------------------------------------------------------------------- */

const char *aws_shape(const char *type)
{
    uint32_t offset = 0;

    if (*type != '#')
        return type;
    for (size_t i = 1; i <= REFERENCE_DIGITS; i++)
        offset = offset * 36 +
                 (uint32_t)(isdigit((unsigned char)type[i]) ? type[i] - '0' : type[i] - 'a' + 10);
    return aws_text + offset;
}

const char *aws_type_end(const char *type)
{
    if (*type == '#')
        return type + 1 + REFERENCE_DIGITS;
    if (*type == 't')
        return type + 1 + (isdigit((unsigned char)type[1]) != 0);
    type++;
    return *type == '<' ? strchr(type, '>') + 1 : type;
}

/* The run of characters up to one that marks the next part of a member. */
static struct text take_name(const char **at, const char *marks)
{
    struct text t = {*at, strcspn(*at, marks)};

    *at += t.len;
    return t;
}

const char *aws_member_read(const char *at, struct aws_member *ret_member)
{
    struct aws_member m = {.name = take_name(&at, "^!+@~ ")};

    m.wire = m.name;
    for (; *at != ' ';) {
        switch (*at++) {
        case '^':
            m.java = take_name(&at, "!+@~ ");
            break;
        case '!':
            m.required = true;
            break;
        case '+':
            m.token = true;
            break;
        case '@':
            m.place = *at++;
            break;
        default: /* ~ */
            m.wire = take_name(&at, " ");
        }
    }
    m.type = at + 1;
    *ret_member = m;
    at = aws_type_end(m.type);
    return at + (*at == ',');
}

/* As the Java SDK's getters are called: the capitals at the front become small ones, but for the
 * last of them when a small letter follows (MD5OfBody: md5OfBody, ETag: eTag, SSEKMSKeyId:
 * ssekmsKeyId).  Results have the first one capital again (recorded: Md5OfMessageBody, ETag,
 * ChecksumCRC32). */
static void java_label(char *label, size_t len)
{
    size_t i = 1;

    while (i < len && isupper((unsigned char)label[i]) &&
           !(i + 1 < len && islower((unsigned char)label[i + 1]))) {
        label[i] = (char)tolower((unsigned char)label[i]);
        i++;
    }
}

void aws_member_label(const struct aws_member *m, bool java, char ret_label[AWS_NAME_SIZE])
{
    struct text name = java && m->java.data ? m->java : m->name;

    CHECK(name.len > 0 && name.len < AWS_NAME_SIZE);
    memcpy(ret_label, name.data, name.len);
    ret_label[name.len] = '\0';
    ret_label[0] = (char)toupper((unsigned char)ret_label[0]);
    if (java && !m->java.data)
        java_label(ret_label, name.len);
}

void aws_container_read(const char *shape, struct aws_container *ret_container)
{
    struct aws_container c = {.element = shape + 1};
    const char *at = aws_type_end(c.element);

    if (*at == '(')
        at = strchr(at, ')') + 1;
    if (*at == '|') {
        c.flattened = at[1] == '!';
        at += 1 + c.flattened;
        if (*shape == '%') {
            c.key = take_name(&at, "=");
            at++;
            c.value = (struct text){at, strlen(at)};
        } else if (*at) {
            c.name = (struct text){at, strlen(at)};
        }
    }
    *ret_container = c;
}
