/* A file that events are appended to, one JSON object a line.
 *
 * Lines gather on the engine's thread and leave with line_file_flush, which never blocks: a thread of its
 * own writes them, in their order.  A reader that does not keep up loses lines, not the engine its time:
 * beyond LINE_FILE_BACKLOG bytes whole flushes are dropped, and a line in the program's log counts them. */
#pragma once

#include "base/err.h"
#include "engine/event_sink.h"

enum { LINE_FILE_BACKLOG = 64 * 1024 * 1024 };

struct line_file;

/* Opens a file for appending, made when there is none; "-" is standard error. */
MUST_USE int line_file_open(const char *name, struct line_file **ret_file, struct err *err);
/* Writes what is left, unless nobody takes it.  Accepts NULL. */
void line_file_close(struct line_file *file);

/* Adds a line, without its end, to what the next flush sends. */
void line_file_add(struct line_file *file, struct text line);
void line_file_flush(struct line_file *file);

/* What a file takes as a sink: log lines as they are, or status changes, each in the envelope that
 * EventBridge puts around it.  The file must outlive the sink. */
struct event_sink line_file_log_sink(struct line_file *file);
struct event_sink line_file_status_sink(struct line_file *file);
