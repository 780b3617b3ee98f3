/* EventBridge connections: how an HTTP Task authorises itself, and what is added to its requests.
 *
 * A connection is read from what CreateConnection takes, {"AuthorizationType", "AuthParameters"},
 * or from what DescribeConnection answers together with the secret it names, in which the values
 * are that the answer leaves out. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "json/json.h"

#define CONNECTION_PARAMETERS 100 /* of one kind, as in CreateConnection */

struct connection_parameter {
    struct text key, value;
};

struct connection_parameters {
    const struct connection_parameter *at;
    size_t len;
};

struct connection_http {
    struct connection_parameters headers, query, body;
};

enum connection_auth { CONNECTION_BASIC, CONNECTION_API_KEY, CONNECTION_OAUTH };

struct connection {
    enum connection_auth auth;
    /* The user and the password, the name and the value of the API key, or the client's id and
     * secret. */
    struct text name, secret;
    struct {
        struct text endpoint, method;
        struct connection_http http; /* added to the request for a token */
    } oauth;
    struct connection_http http; /* added to every request */
};

/* Reads a connection into memory of a.  secret: the content of the connection's secret, whose
 * members are named as EventBridge writes them ("api_key_value") or as CreateConnection does; NULL
 * when there is none.  ERR_INVALID when something is missing, ERR_LIMIT for too many parameters. */
MUST_USE int connection_read(struct arena *a, const struct json *description,
                             const struct json *secret, struct connection *ret_connection,
                             struct err *err);

/* "arn:aws:events:<region>:<account>:connection/<name>/<uuid>", the last part may be missing. */
struct connection_arn {
    struct text region, account, name;
};
/* Returns false when it is no such ARN.  Borrows from s. */
bool connection_arn_parse(struct text s, struct connection_arn *ret_arn);
