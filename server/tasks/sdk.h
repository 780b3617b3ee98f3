/* What the service's own client, the AWS SDK for Java, adds to results and errors of integrations:
 * reference/integrations.md 2 and 4. */
#pragma once

#include "base/arena.h"
#include "tasks/calls.h"
#include "json/json.h"

/* Adds the members SdkHttpMetadata and SdkResponseMetadata. */
void sdk_add_metadata(struct json_object *o, const struct call_response *r);

/* The id the service gave the request; TEXT_NONE when it gave none. */
struct text sdk_request_id(const struct call_response *r);

/* "<message> (Service: AWSLambda; Status Code: 404; Error Code: <code>; Request ID: <id>; Proxy:
 * null)". A part that is not there is "null". */
struct text sdk_error_text(struct arena *a, const char *service, int status, struct text code,
                           struct text message, struct text request_id) MUST_USE;

/* A JSON string of bytes from outside: what is not UTF-8 is read as ISO 8859-1, as the client
 * does. */
struct json *sdk_string(struct text bytes) MUST_USE;
