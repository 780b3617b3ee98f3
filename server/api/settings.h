/* Logging, tracing and encryption of a state machine or activity: checked, and written as the JSON that
 * the store keeps and the describing operations answer. */
#pragma once

#include "api/fail.h"

struct cJSON;

#define SETTINGS_LOGGING_OFF    "{\"level\":\"OFF\",\"includeExecutionData\":false}"
#define SETTINGS_TRACING_OFF    "{\"enabled\":false}"
#define SETTINGS_ENCRYPTION_OWN "{\"type\":\"AWS_OWNED_KEY\"}"

/* Each takes an object that satisfied its constraints and sets *ret_json (in the call's arena).  False
 * when the call was answered with an error. */
MUST_USE bool settings_logging(struct api_call *call, const struct cJSON *object,
                               const char **ret_json);
MUST_USE bool settings_tracing(struct api_call *call, const struct cJSON *object,
                               const char **ret_json);
MUST_USE bool settings_encryption(struct api_call *call, const struct cJSON *object,
                                  const char **ret_json);

/* Reads a list of tags into the arena.  False when the call was answered with an error. */
MUST_USE bool settings_tags(struct api_call *call, const struct cJSON *list,
                            const struct engine_tag **ret_tags, size_t *ret_len);
