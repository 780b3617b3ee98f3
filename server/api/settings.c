#include "api/settings.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "api/internal.h"
#include "api/reply.h"
#include "api/request.h"

enum { SETTINGS_MAX = 64 * 1024, KEY_REUSE_SECONDS = 300 };

static const char *keep(struct api_call *call, const struct strbuf *json)
{
    return arena_memdup(&call->arena, json->data, json->len);
}

/* "arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*" */
static bool is_log_group(const char *arn)
{
    size_t len = arn ? strlen(arn) : 0;
    return len > 2 && strncmp(arn, "arn:aws", 7) == 0 && strstr(arn, ":log-group:") &&
           strcmp(arn + len - 2, ":*") == 0;
}

bool settings_logging(struct api_call *call, const cJSON *object, const char **ret_json)
{
    const char *level = request_string_in(object, "level");
    const cJSON *destinations = request_get_in(object, "destinations");
    int count = cJSON_GetArraySize(destinations);
    bool off = !level || strcmp(level, "OFF") == 0;
    if (count > 1 || (count == 0 && !off)) {
        (void)api_fail(call, API_ERR_INVALID_LOGGING,
                       "Invalid Logging Configuration: Must specify exactly one Log Destination.");
        return false;
    }

    CLEANUP(strbuf_done) struct strbuf json;
    strbuf_init(&json, SETTINGS_MAX);
    reply_open(&json);
    reply_string(&json, "level", level ? level : "OFF");
    reply_bool(&json, "includeExecutionData",
               request_bool_in(object, "includeExecutionData", false));
    if (count) {
        const cJSON *group =
            request_get_in(cJSON_GetArrayItem(destinations, 0), "cloudWatchLogsLogGroup");
        const char *arn = request_string_in(group, "logGroupArn");
        if (!is_log_group(arn)) {
            (void)api_fail(call, API_ERR_INVALID_LOGGING,
                           "Invalid Logging Configuration: Log Destination not found.");
            return false;
        }
        call->log_group = arn;
        strbuf_adds(&json, ",\"destinations\":[{\"cloudWatchLogsLogGroup\":{");
        reply_string(&json, "logGroupArn", arn);
        strbuf_adds(&json, "}}]");
    }
    reply_close(&json);
    *ret_json = keep(call, &json);
    return true;
}

bool settings_tracing(struct api_call *call, const cJSON *object, const char **ret_json)
{
    if (!request_get_in(object, "enabled")) { /* the one member it has, so it was misspelt */
        (void)api_fail(call, API_ERR_INVALID_TRACING,
                       "Invalid Tracing Configuration: enabled must be set to true or false.");
        return false;
    }
    *ret_json =
        request_bool_in(object, "enabled", false) ? "{\"enabled\":true}" : SETTINGS_TRACING_OFF;
    return true;
}

bool settings_encryption(struct api_call *call, const cJSON *object, const char **ret_json)
{
    const char *key = request_string_in(object, "kmsKeyId");
    int64_t seconds = request_int_in(object, "kmsDataKeyReusePeriodSeconds", 0);
    if (strcmp(request_string_in(object, "type"), "AWS_OWNED_KEY") == 0) {
        if (key || seconds) {
            (void)api_fail(call, API_ERR_INVALID_ENCRYPTION,
                           "Invalid Encryption Configuration: kmsKeyId and "
                           "kmsDataKeyReusePeriodSeconds cannot be set for AWS_OWNED_KEY.");
            return false;
        }
        *ret_json = SETTINGS_ENCRYPTION_OWN;
        return true;
    }
    if (!key) {
        (void)api_fail(call, API_ERR_INVALID_ENCRYPTION,
                       "Invalid Encryption Configuration: kmsKeyId must be set for "
                       "CUSTOMER_MANAGED_KMS_KEY.");
        return false;
    }

    CLEANUP(strbuf_done) struct strbuf json;
    strbuf_init(&json, SETTINGS_MAX);
    reply_open(&json);
    reply_string(&json, "kmsKeyId", key);
    reply_int(&json, "kmsDataKeyReusePeriodSeconds", seconds ? seconds : KEY_REUSE_SECONDS);
    reply_string(&json, "type", "CUSTOMER_MANAGED_KMS_KEY");
    reply_close(&json);
    *ret_json = keep(call, &json);
    return true;
}

/* The last one with a key counts; earlier ones with the same key drop out. */
static void put_tag(struct engine_tag *tags, size_t *len, const char *key, const char *value)
{
    for (size_t i = 0; i < *len; i++) {
        if (strcmp(tags[i].key, key) == 0) {
            tags[i].value = value;
            return;
        }
    }
    tags[(*len)++] = (struct engine_tag){.key = key, .value = value};
}

bool settings_tags(struct api_call *call, const cJSON *list, const struct engine_tag **ret_tags,
                   size_t *ret_len)
{
    size_t limit = (size_t)call->api->limits.tags;
    struct engine_tag *tags = arena_alloc(&call->arena, (limit + 1) * sizeof(*tags));
    size_t len = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        const char *key = request_string_in(item, "key");
        const char *value = request_string_in(item, "value");
        if (!key) {
            (void)api_fail(call, API_ERR_VALIDATION, "A tag must have a key");
            return false;
        }
        if (strncmp(key, "aws:", 4) == 0) {
            (void)api_fail(call, API_ERR_ACCESS_DENIED,
                           "Caller is an end user and not allowed to mutate system tags");
            return false;
        }
        put_tag(tags, &len, key, value ? value : "");
        if (len > limit) {
            (void)api_fail(call, API_ERR_TOO_MANY_TAGS, "Too many tags: a resource has at most %zu",
                           limit);
            return false;
        }
    }
    *ret_tags = tags;
    *ret_len = len;
    return true;
}
