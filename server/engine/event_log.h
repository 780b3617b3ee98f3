/* Where the events of machines with a loggingConfiguration are written: one JSON object a line, in the
 * form the service gives CloudWatch Logs (reference/history.md section 5).
 *
 * Lines gather on the engine's thread and leave with event_log_flush, which never blocks: a thread of its
 * own writes them, in their order.  A reader that does not keep up loses lines, not the engine its time:
 * beyond EVENT_LOG_BACKLOG bytes whole flushes are dropped, and a line in the program's log counts them. */
#pragma once

#include "base/err.h"
#include "store/store.h"

enum { EVENT_LOG_BACKLOG = 64 * 1024 * 1024 };

struct event_log;

/* Opens FILE for appending, made when there is none; "-" is standard error. */
MUST_USE int event_log_open(const char *file, struct event_log **ret_log, struct err *err);
/* Writes what is left, unless nobody takes it.  Accepts NULL. */
void event_log_close(struct event_log *log);

/* Adds the line of an event to what the next flush sends. */
void event_log_add(struct event_log *log, const struct store_event *ev, const char *execution_arn,
                   int64_t redrive_count, bool with_data);
void event_log_flush(struct event_log *log);

/* ---- what a machine's loggingConfiguration asks for ---- */
enum event_log_level {
    EVENT_LOG_OFF,
    EVENT_LOG_FATAL, /* what ends an execution badly */
    EVENT_LOG_ERROR, /* whatever failed, timed out or was aborted */
    EVENT_LOG_ALL,
};

struct event_log_settings {
    enum event_log_level level;
    bool data; /* includeExecutionData */
};

/* From the JSON that DescribeStateMachine shows. */
struct event_log_settings event_log_settings(const char *logging);
/* Whether an event of a type (enum event_type) is shown at a level. */
bool event_log_shows(enum event_log_level level, int type);
