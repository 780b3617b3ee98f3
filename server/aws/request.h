/* A request to a service, made of a task's parameters.
 *
 * Two steps: aws_input reads the parameters by the operation's shape (names, types: the caller's
 * mistakes end here), aws_request_make writes what they say in the service's protocol. */
#pragma once

#include "aws/models.h"
#include "base/arena.h"
#include "base/strbuf.h"
#include "json/json.h"

struct aws_request {
    const char *method;
    const char *path;           /* with the query, if there is one: behind the endpoint's URL */
    const char *const *headers; /* "Name: value", ended by NULL */
    struct text body;           /* TEXT_NONE: none */
};

/* The parameters under the names of the model, each of its type: text where text is wanted (values
 * that are none: their JSON), times as epoch milliseconds.  Members that are null are left out.  A
 * member the operation does not have is a mistake of aws-sdk's and ignored in an optimized
 * integration (recorded: reference/integrations.md 3).  NULL when something is wrong; problems then
 * says what, as the service does. */
struct json *aws_input(const struct aws_integration *i, const struct json *parameters,
                       struct strbuf *problems) MUST_USE;

/* What the service says of required members that are null, where its words are recorded and every
 * endpoint should know them: the code of the error, or NULL when there is nothing to say. */
const char *aws_input_refusal(const struct aws_integration *i, const struct json *parameters,
                              struct strbuf *message);

/* Memory comes from the arena.  False when a value cannot go where it has to; problems says which. */
MUST_USE bool aws_request_make(struct arena *a, const struct aws_integration *i,
                               const struct json *input, struct aws_request *ret_request,
                               struct strbuf *problems);
