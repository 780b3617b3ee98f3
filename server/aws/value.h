/* Values of answers, as results have them: inside the module. */
#pragma once

#include "aws/models.h"
#include "aws/xml.h"
#include "json/json.h"

/* java: names and times as aws-sdk has them.  What is not of the type it should be is handed on as it
 * is; what the shape does not have is dropped. */
struct json *value_of_json(const char *type, const struct json *value, bool java) MUST_USE;
struct json *value_of_xml(const char *type, const struct xml_node *node, bool java) MUST_USE;
struct json *value_of_text(const char *type, struct text t, bool java) MUST_USE;

/* Members of a structure, to be sorted. */
struct values {
    bool java;
    struct labelled {
        char label[AWS_NAME_SIZE];
        struct json *value;
    } * items; /* owned, as the values */
    size_t len, cap;
};

void values_add(struct values *v, const struct aws_member *m, struct json *value /* takes */);
void values_add_json(struct values *v, const char *shape, const struct json *value);
void values_add_xml(struct values *v, const char *shape, const struct xml_node *node);
/* The object, with one more member at its end unless last_label is NULL. */
struct json *values_finish(struct values *v, const char *last_label,
                           struct json *last /* takes */) MUST_USE;
void values_done(struct values *v);
