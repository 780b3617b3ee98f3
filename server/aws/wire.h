/* Values in the forms in which services want them: inside the module. */
#pragma once

#include "aws/models.h"
#include "base/strbuf.h"
#include "json/json.h"

/* The digits of models.h. */
enum wire_time { WIRE_ISO = '1', WIRE_HTTP = '2', WIRE_SECONDS = '3' };

/* How bytes stand in parameters: as text for aws-sdk, in base64 for optimized integrations (the Java
 * SDK v1 is given JSON, in which they are). */
enum wire_bytes { WIRE_TEXT, WIRE_BASE64 };

/* Appends a scalar of aws_input's as text; time: the form of times that have none of their own. */
void wire_add_text(struct strbuf *sb, const char *type, const struct json *value,
                   enum wire_time time, enum wire_bytes bytes);

/* What JSON protocols send for a value. */
struct json *wire_json(const char *type, const struct json *value, enum wire_bytes bytes) MUST_USE;

/* Appends <name>...</name>.  namespace: of this element, or NULL. */
void wire_add_xml(struct strbuf *sb, struct text name, const char *namespace, const char *type,
                  const struct json *value, enum wire_bytes bytes);

/* Appends &name=value pairs for all members of a structure; ec2: in that dialect. */
void wire_add_query(struct strbuf *sb, const char *shape, const struct json *input, bool ec2,
                    enum wire_bytes bytes);
