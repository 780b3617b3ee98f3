/* Whether a mocked result looks like what the service answers (reference/integrations.md section 9,
 * "schema"), by the shapes of aws/models.h. */
#pragma once

#include "base/base.h"
#include "base/strbuf.h"
#include "json/json.h"

struct mock_operation {
    const char *shape; /* of its answers */
    bool java;         /* names of members: as aws_member_label has them */
    bool parsed;       /* the members Input and Output are handed on as JSON, whatever that is */
};

/* The operation of an integration: type and resource as in "aws-sdk:kms" and "encrypt".  False when
 * nothing is known of its answers. */
bool mock_operation_find(const char *type, const char *resource,
                         struct mock_operation *ret_operation);
/* Checks a result.  Members the operation does not know are accepted.  strict: required members must be
 * there.  False when the result does not fit; *problem then says why. */
MUST_USE bool mock_result_fits(const struct mock_operation *op, const struct json *result,
                               bool strict, struct strbuf *problem);
