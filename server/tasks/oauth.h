/* Tokens of OAuth's client credentials grant (RFC 6749, 4.4), for connections that use it. */
#pragma once

#include "tasks/calls.h"
#include "tasks/connection.h"

#define OAUTH_TOKENS          128 /* kept at once */
#define OAUTH_ANSWER_SECONDS  30
#define OAUTH_MAX_BYTES       65536 /* of an answer */
#define OAUTH_REQUEST_BYTES   65536 /* its body */
#define OAUTH_DEFAULT_SECONDS 300   /* a token's life when the answer does not tell it */

/* Makes the request for a token: the client's id and secret, grant_type and the connection's body
 * parameters, as a form, or as JSON when the connection sets such a Content-Type; in the query of a
 * GET.  Returns 0, ERR_INVALID (an endpoint or a header that cannot be used) or ERR_LIMIT. */
MUST_USE int oauth_request(struct arena *a, const struct connection *c,
                           struct call_request *ret_request, struct err *err);

struct oauth_token {
    struct text authorization; /* the header's value: "Bearer ..." */
    int64_t seconds;           /* until it expires */
};

/* What the answer brought.  ERR_INVALID when that is no token; err says why, without secrets. */
MUST_USE int oauth_response(struct arena *a, const struct call_response *r,
                            struct oauth_token *ret_token, struct err *err);

/* The tokens that are still good, by the request that asked for them, so that a connection that was
 * changed gets a new one.  For one thread. */
struct oauth_tokens;

struct oauth_tokens *oauth_tokens_new(void) MUST_USE;
void oauth_tokens_free(struct oauth_tokens *t);
/* TEXT_NONE when there is none; memory from a.  now_ms: clock_monotonic(), as a server outside goes
 * by the real time. */
struct text oauth_tokens_get(struct oauth_tokens *t, struct arena *a,
                             const struct call_request *request, int64_t now_ms);
void oauth_tokens_put(struct oauth_tokens *t, const struct call_request *request,
                      const struct oauth_token *token, int64_t now_ms);
void oauth_tokens_forget(struct oauth_tokens *t, const struct call_request *request);
