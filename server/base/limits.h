/* Every ceiling in one place.  "Service" limits are those of AWS (reference/quotas.md) and can be
 * lowered for tests with --limit NAME=VALUE, never raised; the others bound what a caller can make
 * this program do and are fixed. */
#pragma once

#include "base/base.h"

/* name (as in --limit), field, the service's value.  reference/quotas.md has the source of each. */
#define SERVICE_LIMIT_LIST(X)                                            \
    X("history-events", history_events, 25000)                           \
    X("open-executions", open_executions, 1000000)                       \
    X("payload-bytes", payload_bytes, 262144)                            \
    X("definition-bytes", definition_bytes, 1048576)                     \
    X("state-machines", state_machines, 100000)                          \
    X("activities", activities, 100000)                                  \
    X("activity-pollers", activity_pollers, 1000)                        \
    X("variable-bytes", variable_bytes, 262144)                          \
    X("assign-bytes", assign_bytes, 262144)                              \
    X("execution-variable-bytes", execution_variable_bytes, 10485760)    \
    X("inline-map-concurrency", inline_map_concurrency, 40)              \
    X("map-run-concurrency", map_run_concurrency, 10000)                 \
    X("open-map-runs", open_map_runs, 1000)                              \
    X("map-run-redrives", map_run_redrives, 1000)                        \
    /* Ours, not the service's: it takes 100,000,000 items and 10 GB. */ \
    X("map-run-items", map_run_items, 5000000)                           \
    X("object-bytes", object_bytes, 134217728)                           \
    X("versions", versions, 1000)                                        \
    X("aliases", aliases, 100)                                           \
    X("tags", tags, 50)                                                  \
    X("execution-seconds", execution_seconds, 31536000)                  \
    X("express-seconds", express_seconds, 300)                           \
    X("redrive-window-seconds", redrive_window_seconds, 1209600)         \
    X("retention-seconds", retention_seconds, 7776000)

struct limits {
#define X(name, field, value) int64_t field;
    SERVICE_LIMIT_LIST(X)
#undef X
};

extern const struct limits limits_service; /* the service's own values */

/* Sets one limit by name.  Returns 0, ERR_NOT_FOUND (no such name) or ERR_LIMIT (not a whole number
 * from 1 to the service's value). */
MUST_USE int limits_set(struct limits *l, const char *name, const char *value);

#define LIMIT_BODY_BYTES \
    (1048576 + 65536 + 1048576)        /* request body: a 1 MiB definition, JSON-escaped */
#define LIMIT_JSON_DEPTH       1000    /* nesting of a JSON text */
#define LIMIT_PATH_BYTES       4096    /* text of one JSONPath */
#define LIMIT_PATH_RESULTS     1000000 /* matches of one JSONPath evaluation */
#define LIMIT_INTRINSIC_DEPTH  10      /* nesting of intrinsic calls (D) */
#define LIMIT_VALUE_BYTES      (16 * 1024 * 1024) /* text of a value while it is being built */
#define LIMIT_STATES           10000              /* states of one definition, all scopes */
#define LIMIT_NESTING          100                /* Parallel and Map inside each other */
#define LIMIT_ITEM_BYTES       (8 * 1024 * 1024)  /* of a Distributed Map, before selection (D) */
#define LIMIT_CSV_HEADER_BYTES (10 * 1024)        /* (D) */
#define LIMIT_MANIFEST_BYTES \
    (16 * 1024 * 1024) /* of an object that names others, and of a listing's page */
#define LIMIT_RESULT_FILE_BYTES  (8 * 1024 * 1024) /* of a ResultWriter: then the next file begins */
#define LIMIT_OBJECTS_AT_ONCE    8                 /* objects in memory, of all Map Runs */
#define LIMIT_EXPRESS_EXECUTIONS 100000            /* express executions at once, in memory */
#define LIMIT_ERROR_CHARS        256
#define LIMIT_CAUSE_CHARS        32768
#define LIMIT_TOKEN_CHARS        2048
#define LIMIT_PLACE_BYTES        8192 /* of a parameter that goes into a URL or a header */
#define LIMIT_SENT_HEADERS       64
