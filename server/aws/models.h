/* What the APIs of AWS services look like: which operations there are, how they are asked for, and
 * the shapes of what goes in and comes out.
 *
 * A shape is a text of a generated table (models_data.c), read where it lies:
 *     {MEMBER,MEMBER          a structure
 *     [TYPE(min,max)|!NAME    a list: bounds of its length; behind | what XML calls its elements,
 *                             with ! when they stand in their parent without an element around them
 *     %TYPE|!KEY=VALUE        a map, and what XML calls its keys and values
 *     =A|B|C                  an enumeration
 * TYPE is #REF (a shape), s<min,max> (a string and the bounds of its length; either, or both, may be
 * missing), x<min,max> (bytes), n<min,max> (a number), b (a boolean), t (a time; with a digit where
 * its form is not the protocol's: 1 ISO 8601, 2 as in HTTP headers, 3 seconds), * (anything).
 * A MEMBER is "name TYPE"; what may stand between the two is in struct aws_member.
 * Bounds and enumerations are there for answers only. */
#pragma once

#include "base/base.h"

enum aws_protocol { AWS_JSON, AWS_REST_JSON, AWS_QUERY, AWS_EC2, AWS_REST_XML };

struct aws_service {
    const char *name;     /* in arn:aws:states:::aws-sdk:NAME: "cloudwatchlogs" */
    const char *client;   /* its class in the Java SDK v2: "CloudWatchLogs" */
    const char *endpoint; /* its prefix in AWS's host names: "logs" */
    const char *signing;  /* its name in credential scopes */
    const char *api_version;
    const char *target_prefix, *json_version; /* AWS_JSON, else NULL */
    const char *xml_namespace;                /* NULL: none */
    enum aws_protocol protocol;
    uint32_t first, operations; /* rows of data.h, as the next */
    uint32_t errors;
};

struct aws_operation {
    const struct aws_service *service;
    const char *name;   /* "PutItem" */
    struct text method; /* of HTTP */
    struct text path;   /* "/{Bucket}/{Key+}?acl"; "/" but for the REST protocols */
    struct text root;   /* the XML element around the input; TEXT_NONE: none is named */
    const char *input;  /* shapes; NULL: nothing goes in, or comes out */
    const char *output;
};

/* NULL when the table does not have it. */
const struct aws_service *aws_service_find(struct text name);
/* action: "putItem".  False when the service has none of that name (or it streams events). */
bool aws_operation_find(const struct aws_service *service, struct text action,
                        struct aws_operation *ret_operation);

/* ---- integrations ---- */

/* An optimized integration speaks through the Java SDK v1, whose names errors carry
 * (reference/integrations.md 4). */
struct aws_optimized {
    const char *name;     /* in the ARN: "sqs" */
    const char *service;  /* in the table: aws_service.name */
    const char *errors;   /* before the dot of error names: "SQS" */
    const char *client;   /* in causes: "AmazonSQS" */
    const char *fallback; /* the class of errors that have none: "AmazonSQSException" */
    bool metadata;        /* whether results tell of the HTTP answer */
};

struct aws_integration {
    struct aws_operation operation;
    const struct aws_optimized *optimized; /* NULL: aws-sdk */
    bool own; /* asked for by a Map itself, not by a state: names as for aws-sdk */
    /* For a member by which the service knows a request that comes again; NULL: one is made up.
     * Borrowed; NULL when found. */
    const char *token;
};

/* The operation that "sqs" or "aws-sdk:sqs" and "sendMessage" stand for.  *ret_service, which may be
 * NULL, is set whenever the service is known, also when false is returned. */
bool aws_integration_find(const char *type, const char *action,
                          struct aws_integration *ret_integration,
                          const struct aws_service **ret_service);

/* The class of the error that an answer's code stands for, in the Java SDK v2 or v1; TEXT_NONE when
 * the service's API does not have it. */
struct text aws_error_class(const struct aws_service *service, struct text code, bool v2);

/* ---- shapes ---- */

#define AWS_NAME_SIZE 128 /* room for a name, NUL included */

struct aws_member {
    struct text name;     /* in the model: "queueUrl" */
    struct text java;     /* in the Java SDK v2, where it is not made of name; else TEXT_NONE */
    struct text wire;     /* in requests and answers */
    bool required, token; /* token: made up when it is not given */
    /* Where it goes; 0: into the body.  h: a header; H: headers, which begin with wire; u: the path;
     * q: the query; s: the status; a: an XML attribute; p: it is the body; b: likewise, a stream. */
    char place;
    const char *type;
};

/* The shape a type refers to, or the type itself. */
const char *aws_shape(const char *type);
/* What follows a type. */
const char *aws_type_end(const char *type);
/* Reads the member at `at`, from shape + 1 on, and returns where the next one begins; at the end
 * that is "". */
const char *aws_member_read(const char *at, struct aws_member *ret_member);
/* Its name in parameters and results: upper camel case, and of the Java SDK v2 for aws-sdk. */
void aws_member_label(const struct aws_member *m, bool java, char ret_label[AWS_NAME_SIZE]);

/* A list or a map, as XML has them. */
struct aws_container {
    const char *element; /* type */
    bool flattened;
    struct text name; /* of a list's elements; TEXT_NONE: the usual */
    struct text key, value;
};
void aws_container_read(const char *shape, struct aws_container *ret_container);
