/* Requests in the protocol that most AWS services speak: a POST of JSON, with the operation's name
 * in X-Amz-Target. */
#pragma once

#include "base/arena.h"
#include "tasks/calls.h"

struct aws_json_call {
    const char *service;          /* in the credential scope: "events" */
    const char *target;           /* "AWSEvents.DescribeConnection" */
    const char *version;          /* "1.0" or "1.1" */
    const char *account, *region; /* whose resources are meant */
    struct text body;             /* borrowed until the call's release, as endpoint until then */
};

/* Fills all of *ret_request but max_body. */
void aws_json_request(struct arena *a, const char *endpoint, const struct aws_json_call *call,
                      struct call_request *ret_request);

/* What an error's answer says: the code without its prefix ("ResourceNotFoundException"), from the
 * body's __type or the header X-Amzn-ErrorType, and the message.  TEXT_NONE for what it lacks. */
void aws_json_error(struct arena *a, const struct call_response *r, struct text *ret_code,
                    struct text *ret_message);
