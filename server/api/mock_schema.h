/* Whether a mocked result looks like what the service answers (reference/integrations.md section 9,
 * "schema").
 *
 * The shapes are a generated table of texts:
 *     {Name:TYPE,Name!:TYPE   a structure; ! marks required members
 *     [TYPE(min,max)          a list, with bounds of its length
 *     %TYPE                   a map
 *     =A|B|C                  an enumeration
 * where TYPE is #N (shape N), s<min,max> (a string and the bounds of its length; either bound, or both,
 * may be missing), x<min,max> (bytes, written in base64), n<min,max> (a number and its bounds), b (a
 * boolean), t (a time: text, or a number), * (anything). */
#pragma once

#include "base/base.h"
#include "base/strbuf.h"
#include "json/json.h"

struct mock_operation {
    const char *name; /* "events:putEvents", "aws-sdk:kms:encrypt" */
    uint32_t shape;
};

extern const char *const mock_shapes[];
extern const size_t mock_shapes_len;
extern const struct mock_operation mock_operations[]; /* sorted by name */
extern const size_t mock_operations_len;

/* The operation of that name, NULL when the table does not have it: then nothing is known of its
 * answers. */
const struct mock_operation *mock_operation_find(const char *name);
/* Checks a result.  Members the operation does not know are accepted.  strict: required members must be
 * there.  False when the result does not fit; *problem then says why. */
MUST_USE bool mock_result_fits(const struct mock_operation *op, const struct json *result,
                               bool strict, struct strbuf *problem);
