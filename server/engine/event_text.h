/* The details of a history event as JSON: as the API answers them, and as the event log shows them. */
#pragma once

#include "base/strbuf.h"
#include "store/store.h"

/* Appends the details object of an event, {} when it has none.  Without data it has neither payload nor
 * variables (reference/history.md section 1). */
void event_text_details(struct strbuf *out, const struct store_event *ev, bool with_data);
/* The same with data, in about `room` bytes: a payload that is too long is cut, variables that are too long
 * are left out, and "truncated" is true then (reference/history.md section 1). */
void event_text_details_cut(struct strbuf *out, const struct store_event *ev, size_t room);
