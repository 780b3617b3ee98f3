/* One event of a history as the API shows it (reference/history.md sections 1 and 3). */
#pragma once

#include "base/strbuf.h"
#include "store/store.h"

/* Appends an event.  Without data the payload and the variables assigned are left out; names, errors and
 * causes stay. */
void history_write_event(struct strbuf *out, const struct store_event *ev, bool with_data);
