/* What a service answers, as the result of a task; reference/integrations.md 2 and 4. */
#pragma once

#include "aws/models.h"
#include "base/arena.h"
#include "json/json.h"

struct aws_header {
    struct text name, value;
};

struct aws_reply {
    int status;
    const struct aws_header *headers;
    size_t headers_len;
    struct text body;
};

/* The value of a header (any case), TEXT_NONE when there is none. */
struct text aws_reply_header(const struct aws_reply *r, struct text name);

/* The members that the operation's API has, sorted by name but for a stream, which comes last;
 * times as ISO 8601 (aws-sdk) or epoch milliseconds.  NULL when the body is none of the protocol's. */
struct json *aws_result(const struct aws_integration *i, const struct aws_reply *r) MUST_USE;

/* What an error's answer says; TEXT_NONE for what it does not.  Texts come from the arena or r. */
struct aws_failure {
    struct text code, message;
    struct text query_code; /* of a service that spoke the query protocol once; else TEXT_NONE */
    struct text request_id, extended_request_id;
};
void aws_failure_read(struct arena *a, const struct aws_service *service, const struct aws_reply *r,
                      struct aws_failure *ret_failure);

/* "com.amazon.coral.service#ValidationException:http://..." -> "ValidationException" */
struct text aws_bare_code(struct text t);

/* The id the service gave the request; TEXT_NONE when its headers have none. */
struct text aws_request_id(const struct aws_reply *r);

/* A JSON string of bytes from outside: what is not UTF-8 is read as ISO 8859-1, as the service's
 * client does. */
struct json *aws_string(struct text bytes) MUST_USE;
