/* Events that go to other services, and what is asked there about them: log lines to CloudWatch Logs, status
 * changes to EventBridge, whether a log group exists.
 *
 * Order at the end of the program: http_quiesce, publisher_stop_asking, engine_stop, publisher_free. */
#pragma once

#include "engine/event_sink.h"
#include "engine/log_groups.h"
#include "tasks/endpoints.h"

struct publisher;

/* Without an endpoint for a service nothing goes there.  ERR_INVALID when status changes shall go to
 * EventBridge and there is none. */
MUST_USE int publisher_new(struct endpoints *endpoints /* borrowed */, bool status,
                           struct publisher **ret_publisher, struct err *err);
/* Answers those who ask; nobody may ask any more.  Accepts NULL. */
void publisher_stop_asking(struct publisher *p);
/* Sends what is queued, for a second at most.  Accepts NULL. */
void publisher_free(struct publisher *p);

/* What goes to other services.  p must outlive the engine's thread. */
struct event_sink publisher_sink(struct publisher *p);
/* p must outlive whoever asks. */
struct log_groups publisher_log_groups(struct publisher *p);
