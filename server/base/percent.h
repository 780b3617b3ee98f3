/* Percent-encoding of what goes into a URL. */
#pragma once

#include "base/strbuf.h"

/* Appends t with everything but letters, digits and "-_.~" percent-encoded; `also` are further
 * bytes that stay as they are ("/" in a path). */
void percent_encode(struct strbuf *sb, struct text t, const char *also);
