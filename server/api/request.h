/* The body of a request: checked, parsed, and read by name. */
#pragma once

#include "api/api.h"
#include "api/constraints.h"
#include "api/fail.h"

struct cJSON;

/* Parses call->body into call->request.  False when the call was answered with an error: not JSON, not
 * UTF-8, nested too deep, an escaped NUL character in a string, or no object. */
MUST_USE bool request_parse(struct api_call *call);
/* The same, and checks the members against the shape of the operation. */
MUST_USE bool request_read(struct api_call *call, const struct shape *shape);

/* Members by name, after request_read.  Absent and null are the same. */
const struct cJSON *request_get(const struct api_call *call, const char *name);
const char *request_string(const struct api_call *call, const char *name); /* NULL: absent */
bool request_bool(const struct api_call *call, const char *name, bool otherwise);
int64_t request_int(const struct api_call *call, const char *name, int64_t otherwise);

/* The same of an object inside the request (NULL gives the answers for absent members). */
const struct cJSON *request_get_in(const struct cJSON *object, const char *name);
const char *request_string_in(const struct cJSON *object, const char *name);
bool request_bool_in(const struct cJSON *object, const char *name, bool otherwise);
int64_t request_int_in(const struct cJSON *object, const char *name, int64_t otherwise);

/* Tells cJSON to allocate from the arena of the request being parsed.  Once, before any thread. */
void request_setup(void);
