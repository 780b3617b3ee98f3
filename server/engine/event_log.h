/* The log of a machine with a loggingConfiguration: which events it shows, and the form of its lines, which is
 * that of CloudWatch Logs (reference/history.md section 5). */
#pragma once

#include "base/strbuf.h"
#include "store/store.h"

/* CloudWatch Logs takes events of 256 KiB, of which it counts 26 bytes for itself. */
enum { EVENT_LOG_LINE_BYTES = 256 * 1024 - 26, EVENT_LOG_ROOM = 4 * EVENT_LOG_LINE_BYTES };

/* Appends the line of an event, without its end, to a buffer that has EVENT_LOG_ROOM.  Values that make it longer than EVENT_LOG_LINE_BYTES are
 * cut, and say so: "truncated":true. */
void event_log_line(struct strbuf *out, const struct store_event *ev, const char *execution_arn,
                    int64_t redrive_count, bool with_data);

/* ---- what a machine's loggingConfiguration asks for ---- */
enum event_log_level {
    EVENT_LOG_OFF,
    EVENT_LOG_FATAL, /* what ends an execution badly */
    EVENT_LOG_ERROR, /* whatever failed, timed out or was aborted */
    EVENT_LOG_ALL,
};

struct event_log_settings {
    enum event_log_level level;
    bool data;       /* includeExecutionData */
    char *group_arn; /* owned; NULL: none */
};

/* From the JSON that DescribeStateMachine shows.  The caller frees group_arn. */
struct event_log_settings event_log_settings(const char *logging);
/* Whether an event of a type (enum event_type) is shown at a level. */
bool event_log_shows(enum event_log_level level, int type);
