/* Delivery to CloudWatch Logs: a lane is a log group and a state machine, and has a log stream of its own,
 * called as the service calls them (reference/integrations.md section 10). */
#pragma once

#include "tasks/delivery.h"

/* place: the ARN of the log group; part: the name of the state machine; records: messages. */
extern const struct delivery_type log_delivery;
