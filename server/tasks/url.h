/* Parts of requests to AWS services. */
#pragma once

#include "base/arena.h"
#include "base/strbuf.h"

/* Appends t with everything but letters, digits and "-_.~" percent-encoded; `also` are further
 * bytes that stay as they are ("/" in a path). */
void url_add_encoded(struct strbuf *sb, struct text t, const char *also);

/* "Authorization: AWS4-HMAC-SHA256 Credential=<account>/...": not a signature, as no endpoint of a
 * developer's machine checks one, but some read from its credential scope whose resource is meant,
 * and which service. */
char *url_authorization(struct arena *a, struct text account, struct text region,
                        const char *service) MUST_USE;
