/* Delivery of status changes to EventBridge: a lane is an account and a region.
 *
 * EventBridge itself takes no source that begins with "aws."; emulators of it do. */
#pragma once

#include "engine/event_sink.h"
#include "tasks/delivery.h"

/* place: the account; part: the region; records: entries of PutEvents, made by the next function. */
extern const struct delivery_type status_delivery;

/* Adds the event to what the next delivery_flush sends. */
void status_delivery_add(struct delivery *d, const struct status_change *change);
