/* The members of every request, in the order in which violations are told.  Ranges are those of the API
 * model; enumerations are listed as the service prints them where that was recorded
 * (reference/api.md sections 1 and 3). */
#include <string.h>

#include "api/actions.h"

#define SHAPE(id) \
    const struct shape shape_##id = {.members = id##_members, .len = ARRAY_LEN(id##_members)}
#define ARN(member)                                                                             \
    {                                                                                           \
        .name = (member), .kind = MEMBER_STRING, .flags = MEMBER_REQUIRED, .min = 1, .max = 256 \
    }
#define TEXT_MEMBER(member, least, most)                                       \
    {                                                                          \
        .name = (member), .kind = MEMBER_STRING, .min = (least), .max = (most) \
    }
#define PAGE_SIZE                                                           \
    {                                                                       \
        .name = "maxResults", .kind = MEMBER_INTEGER, .min = 0, .max = 1000 \
    }
#define PAGE_TOKEN(most)                                                    \
    {                                                                       \
        .name = "nextToken", .kind = MEMBER_STRING, .min = 1, .max = (most) \
    }
#define BOOLEAN(member)                          \
    {                                            \
        .name = (member), .kind = MEMBER_BOOLEAN \
    }
#define ONE_OF(member, list)                                      \
    {                                                             \
        .name = (member), .kind = MEMBER_STRING, .values = (list) \
    }
#define OBJECT(member, id)                                      \
    {                                                           \
        .name = (member), .kind = MEMBER_OBJECT, .shape = &(id) \
    }
#define LIST(member, of)                                        \
    {                                                           \
        .name = (member), .kind = MEMBER_LIST, .element = &(of) \
    }

/* ---- values and patterns ---- */
static const char *const machine_types[] = {"STANDARD", "EXPRESS", NULL};
static const char *const included_data[] = {"ALL_DATA", "METADATA_ONLY", NULL};
static const char *const log_levels[] = {"ALL", "ERROR", "FATAL", "OFF", NULL};
static const char *const encryption_types[] = {"CUSTOMER_MANAGED_KMS_KEY", "AWS_OWNED_KEY", NULL};
static const char *const execution_statuses[] = {
    "SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING", NULL};
static const char *const redrive_filters[] = {"REDRIVEN", "NOT_REDRIVEN", NULL};
static const char *const severities[] = {"ERROR", "WARNING", NULL};

static bool is_printable(const char *s)
{
    const char *at = s;
    while (*at >= '!' && *at <= '~')
        at++;
    return at != s && !*at;
}

static bool is_ascii(const char *s)
{
    while (*s && !(*s & 0x80))
        s++;
    return !*s;
}

static const struct member_pattern printable = {is_printable, "[!-~]+"};
static const struct member_pattern ascii = {is_ascii, "\\p{ASCII}*"};

/* Not only digits: those are versions. */
static bool is_alias_name(const char *s)
{
    static const char other[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.";
    bool any = false;
    for (; *s; s++) {
        bool digit = *s >= '0' && *s <= '9';
        if (!digit && !strchr(other, *s))
            return false;
        any = any || !digit;
    }
    return any;
}

static const struct member_pattern alias_name = {is_alias_name,
                                                 "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$"};

/* ---- objects inside requests ---- */
static const struct member tag_members[] = {
    TEXT_MEMBER("key", 1, 128),
    TEXT_MEMBER("value", 0, 256),
};
static const struct shape tag = {tag_members, ARRAY_LEN(tag_members)};
static const struct member tag_element = {.kind = MEMBER_OBJECT, .shape = &tag};

static const struct member log_group_members[] = {TEXT_MEMBER("logGroupArn", 1, 256)};
static const struct shape log_group = {log_group_members, ARRAY_LEN(log_group_members)};
static const struct member destination_members[] = {OBJECT("cloudWatchLogsLogGroup", log_group)};
static const struct shape destination = {destination_members, ARRAY_LEN(destination_members)};
static const struct member destination_element = {.kind = MEMBER_OBJECT, .shape = &destination};
static const struct member logging_members[] = {
    ONE_OF("level", log_levels),
    BOOLEAN("includeExecutionData"),
    LIST("destinations", destination_element),
};
static const struct shape logging = {logging_members, ARRAY_LEN(logging_members)};

static const struct member tracing_members[] = {BOOLEAN("enabled")};
static const struct shape tracing = {tracing_members, ARRAY_LEN(tracing_members)};

static const struct member encryption_members[] = {
    TEXT_MEMBER("kmsKeyId", 1, 2048),
    {.name = "kmsDataKeyReusePeriodSeconds", .kind = MEMBER_INTEGER, .min = 60, .max = 900},
    {.name = "type", .kind = MEMBER_STRING, .flags = MEMBER_REQUIRED, .values = encryption_types},
};
static const struct shape encryption = {encryption_members, ARRAY_LEN(encryption_members)};

static const struct member route_members[] = {
    ARN("stateMachineVersionArn"),
    {.name = "weight", .kind = MEMBER_INTEGER, .flags = MEMBER_REQUIRED, .min = 0, .max = 100},
};
static const struct shape route = {route_members, ARRAY_LEN(route_members)};
static const struct member route_element = {
    .kind = MEMBER_OBJECT, .shape = &route, .shown_as = "RoutingConfigurationListItem"};

#define INPUT(member, more)                                 \
    {                                                       \
        .name = (member), .kind = MEMBER_STRING,            \
        .flags = MEMBER_PAYLOAD | MEMBER_SENSITIVE | (more) \
    }
#define DEFINITION(more)                                                 \
    {                                                                    \
        .name = "definition", .kind = MEMBER_STRING,                     \
        .flags = MEMBER_DEFINITION | MEMBER_SENSITIVE | (more), .min = 1 \
    }
#define NAME(member, more)                                                            \
    {                                                                                 \
        .name = (member), .kind = MEMBER_STRING, .flags = (more), .min = 1, .max = 80 \
    }
#define DESCRIPTION(member)                                                            \
    {                                                                                  \
        .name = (member), .kind = MEMBER_STRING, .flags = MEMBER_SENSITIVE, .max = 256 \
    }
#define ERROR_MEMBER                                                       \
    {                                                                      \
        .name = "error", .kind = MEMBER_STRING, .flags = MEMBER_SENSITIVE, \
        .max = LIMIT_ERROR_CHARS                                           \
    }
#define CAUSE_MEMBER                                                       \
    {                                                                      \
        .name = "cause", .kind = MEMBER_STRING, .flags = MEMBER_SENSITIVE, \
        .max = LIMIT_CAUSE_CHARS                                           \
    }
#define TASK_TOKEN                                                                      \
    {                                                                                   \
        .name = "taskToken", .kind = MEMBER_STRING, .flags = MEMBER_REQUIRED, .min = 1, \
        .max = LIMIT_TOKEN_CHARS                                                        \
    }

/* ---- state machines ---- */
static const struct member create_machine_members[] = {
    NAME("name", MEMBER_REQUIRED),
    DEFINITION(MEMBER_REQUIRED),
    ARN("roleArn"),
    ONE_OF("type", machine_types),
    OBJECT("loggingConfiguration", logging),
    LIST("tags", tag_element),
    OBJECT("tracingConfiguration", tracing),
    BOOLEAN("publish"),
    DESCRIPTION("versionDescription"),
    OBJECT("encryptionConfiguration", encryption),
};
SHAPE(create_machine);

static const struct member update_machine_members[] = {
    ARN("stateMachineArn"),
    DEFINITION(0),
    TEXT_MEMBER("roleArn", 1, 256),
    OBJECT("loggingConfiguration", logging),
    OBJECT("tracingConfiguration", tracing),
    BOOLEAN("publish"),
    DESCRIPTION("versionDescription"),
    OBJECT("encryptionConfiguration", encryption),
};
SHAPE(update_machine);

static const struct member describe_machine_members[] = {
    ARN("stateMachineArn"),
    ONE_OF("includedData", included_data),
};
SHAPE(describe_machine);

static const struct member delete_machine_members[] = {ARN("stateMachineArn")};
SHAPE(delete_machine);

static const struct member list_machines_members[] = {PAGE_SIZE, PAGE_TOKEN(1024)};
SHAPE(list_machines);

static const struct member describe_machine_for_execution_members[] = {
    ARN("executionArn"),
    ONE_OF("includedData", included_data),
};
SHAPE(describe_machine_for_execution);

static const struct member validate_definition_members[] = {
    DEFINITION(MEMBER_REQUIRED),
    ONE_OF("type", machine_types),
    ONE_OF("severity", severities),
    {.name = "maxResults", .kind = MEMBER_INTEGER, .min = 0, .max = 100},
};
SHAPE(validate_definition);

/* ---- versions and aliases ---- */
#define ROUTES(more)                                                                    \
    {                                                                                   \
        .name = "routingConfiguration", .kind = MEMBER_LIST, .flags = (more), .min = 1, \
        .max = STORE_ROUTES_MAX, .element = &route_element                              \
    }

static const struct member publish_version_members[] = {
    ARN("stateMachineArn"),
    TEXT_MEMBER("revisionId", 0, 0),
    DESCRIPTION("description"),
};
SHAPE(publish_version);

static const struct member delete_version_members[] = {
    {.name = "stateMachineVersionArn",
     .kind = MEMBER_STRING,
     .flags = MEMBER_REQUIRED,
     .min = 1,
     .max = 2000},
};
SHAPE(delete_version);

static const struct member list_versions_members[] = {
    ARN("stateMachineArn"),
    PAGE_TOKEN(1024),
    PAGE_SIZE,
};
SHAPE(list_versions);

static const struct member create_alias_members[] = {
    DESCRIPTION("description"),
    {.name = "name",
     .kind = MEMBER_STRING,
     .flags = MEMBER_REQUIRED,
     .min = 1,
     .max = 80,
     .pattern = &alias_name},
    ROUTES(MEMBER_REQUIRED),
};
SHAPE(create_alias);

static const struct member update_alias_members[] = {
    ARN("stateMachineAliasArn"),
    DESCRIPTION("description"),
    ROUTES(0),
};
SHAPE(update_alias);

static const struct member describe_alias_members[] = {ARN("stateMachineAliasArn")};
SHAPE(describe_alias);

static const struct member delete_alias_members[] = {ARN("stateMachineAliasArn")};
SHAPE(delete_alias);

static const struct member list_aliases_members[] = {
    ARN("stateMachineArn"),
    PAGE_TOKEN(1024),
    PAGE_SIZE,
};
SHAPE(list_aliases);

/* ---- tests of a state ---- */
static const char *const inspection_levels[] = {"INFO", "DEBUG", "TRACE", NULL};
static const char *const validation_modes[] = {"STRICT", "PRESENT", "NONE", NULL};

static const struct member mock_error_members[] = {ERROR_MEMBER, CAUSE_MEMBER};
static const struct shape mock_error = {.members = mock_error_members,
                                        .len = ARRAY_LEN(mock_error_members)};
static const struct member mock_members[] = {
    INPUT("result", 0),
    OBJECT("errorOutput", mock_error),
    ONE_OF("fieldValidationMode", validation_modes),
};
static const struct shape mock = {.members = mock_members, .len = ARRAY_LEN(mock_members)};

static const struct member test_configuration_members[] = {
    {.name = "retrierRetryCount", .kind = MEMBER_INTEGER, .min = 0},
    NAME("errorCausedByState", 0),
    {.name = "mapIterationFailureCount", .kind = MEMBER_INTEGER, .min = 0},
    INPUT("mapItemReaderData", 0),
};
static const struct shape test_configuration = {.members = test_configuration_members,
                                                .len = ARRAY_LEN(test_configuration_members)};

static const struct member test_state_members[] = {
    DEFINITION(MEMBER_REQUIRED), TEXT_MEMBER("roleArn", 1, 256),
    INPUT("input", 0),           ONE_OF("inspectionLevel", inspection_levels),
    BOOLEAN("revealSecrets"),    INPUT("variables", 0),
    NAME("stateName", 0),        OBJECT("mock", mock),
    INPUT("context", 0),         OBJECT("stateConfiguration", test_configuration),
};
SHAPE(test_state);

/* ---- executions ---- */
static const struct member start_execution_members[] = {
    ARN("stateMachineArn"),
    NAME("name", 0),
    INPUT("input", 0),
    {.name = "traceHeader", .kind = MEMBER_STRING, .max = 256, .pattern = &ascii},
};
SHAPE(start_execution);

static const struct member start_sync_execution_members[] = {
    ARN("stateMachineArn"),
    NAME("name", 0),
    INPUT("input", 0),
    {.name = "traceHeader", .kind = MEMBER_STRING, .max = 256, .pattern = &ascii},
    ONE_OF("includedData", included_data),
};
SHAPE(start_sync_execution);

static const struct member describe_execution_members[] = {
    ARN("executionArn"),
    ONE_OF("includedData", included_data),
};
SHAPE(describe_execution);

static const struct member list_executions_members[] = {
    TEXT_MEMBER("stateMachineArn", 1, 256),
    ONE_OF("statusFilter", execution_statuses),
    PAGE_SIZE,
    PAGE_TOKEN(3096),
    TEXT_MEMBER("mapRunArn", 1, 2000),
    ONE_OF("redriveFilter", redrive_filters),
};
SHAPE(list_executions);

static const struct member stop_execution_members[] = {
    ARN("executionArn"),
    ERROR_MEMBER,
    CAUSE_MEMBER,
};
SHAPE(stop_execution);

static const struct member redrive_execution_members[] = {
    ARN("executionArn"),
    {.name = "clientToken", .kind = MEMBER_STRING, .min = 1, .max = 64, .pattern = &printable},
};
SHAPE(redrive_execution);

static const struct member get_history_members[] = {
    ARN("executionArn"),
    PAGE_SIZE,
    BOOLEAN("reverseOrder"),
    PAGE_TOKEN(1024),
    BOOLEAN("includeExecutionData"),
};
SHAPE(get_history);

/* ---- Map Runs ---- */
#define MAP_RUN_ARN                                                                     \
    {                                                                                   \
        .name = "mapRunArn", .kind = MEMBER_STRING, .flags = MEMBER_REQUIRED, .min = 1, \
        .max = 2000                                                                     \
    }

static const struct member describe_map_run_members[] = {MAP_RUN_ARN};
SHAPE(describe_map_run);

static const struct member list_map_runs_members[] = {
    ARN("executionArn"),
    PAGE_SIZE,
    PAGE_TOKEN(1024),
};
SHAPE(list_map_runs);

static const struct member update_map_run_members[] = {
    MAP_RUN_ARN,
    {.name = "maxConcurrency", .kind = MEMBER_INTEGER, .min = 0},
    {.name = "toleratedFailurePercentage", .kind = MEMBER_NUMBER, .min = 0, .max = 100},
    {.name = "toleratedFailureCount", .kind = MEMBER_INTEGER, .min = 0},
};
SHAPE(update_map_run);

/* ---- activities and tasks ---- */
static const struct member create_activity_members[] = {
    NAME("name", MEMBER_REQUIRED),
    LIST("tags", tag_element),
    OBJECT("encryptionConfiguration", encryption),
};
SHAPE(create_activity);

static const struct member describe_activity_members[] = {ARN("activityArn")};
SHAPE(describe_activity);

static const struct member delete_activity_members[] = {ARN("activityArn")};
SHAPE(delete_activity);

static const struct member list_activities_members[] = {PAGE_SIZE, PAGE_TOKEN(1024)};
SHAPE(list_activities);

static const struct member get_activity_task_members[] = {
    ARN("activityArn"),
    NAME("workerName", 0),
};
SHAPE(get_activity_task);

static const struct member send_task_success_members[] = {
    TASK_TOKEN,
    INPUT("output", MEMBER_REQUIRED),
};
SHAPE(send_task_success);

static const struct member send_task_failure_members[] = {TASK_TOKEN, ERROR_MEMBER, CAUSE_MEMBER};
SHAPE(send_task_failure);

static const struct member send_task_heartbeat_members[] = {TASK_TOKEN};
SHAPE(send_task_heartbeat);

/* ---- tags ---- */
static const struct member list_tags_members[] = {ARN("resourceArn")};
SHAPE(list_tags);

static const struct member tag_resource_members[] = {
    ARN("resourceArn"),
    {.name = "tags", .kind = MEMBER_LIST, .flags = MEMBER_REQUIRED, .element = &tag_element},
};
SHAPE(tag_resource);

/* The service has no limit to the keys; no resource has so many tags. */
static const struct member tag_key_element = TEXT_MEMBER(NULL, 1, 128);
static const struct member untag_resource_members[] = {
    ARN("resourceArn"),
    {.name = "tagKeys",
     .kind = MEMBER_LIST,
     .flags = MEMBER_REQUIRED,
     .max = 1000,
     .element = &tag_key_element},
};
SHAPE(untag_resource);
