/* The HTTP Task, http:invoke: what is sent for it, and what the answer means
 * (reference/integrations.md 7).  Pure functions; the driver around them is http_driver.c. */
#pragma once

#include "base/arena.h"
#include "engine/task.h"
#include "tasks/calls.h"
#include "tasks/connection.h"

#define HTTP_ANSWER_SECONDS 60      /* the service's hard limit */
#define HTTP_URL_BYTES      65536   /* of a request, */
#define HTTP_BODY_BYTES     1048576 /* encoded, */
#define HTTP_HEADERS        512
#define HTTP_HEADER_BYTES   65536

/* How RequestEncodingOptions.ArrayFormat writes {"a":[1,2]}. */
enum http_arrays {
    HTTP_INDICES,  /* a[0]=1&a[1]=2 */
    HTTP_REPEAT,   /* a=1&a=2 */
    HTTP_COMMAS,   /* a=1,2 */
    HTTP_BRACKETS, /* a[]=1&a[]=2 */
};

struct http_parameters {
    struct json *input; /* owned; the rest points into it, or at constants */
    struct text endpoint;
    const char *method;
    struct connection_arn connection;
    const struct json *headers, *query; /* objects; NULL: not given */
    const struct json *body;            /* NULL: not given */
    bool encode;                        /* RequestBodyEncoding is URL_ENCODED */
    enum http_arrays arrays;
};

/* Reads the task's input.  Returns false when the task has failed, with *ret_failure set; memory
 * comes from a. */
bool http_parameters_read(struct arena *a, const struct task_request *task,
                          struct http_parameters *ret_parameters, struct task_result *ret_failure);
void http_parameters_done(struct http_parameters *p); /* also of zeroed ones, and for CLEANUP */
/* States.Runtime, with the parameters shown.  Returns false. */
bool http_parameters_fail(struct arena *a, const struct http_parameters *p, const char *problem,
                          struct task_result *ret_failure);

/* ---- the request ---- */

struct http_message {
    const char *method;
    const char *url;
    struct call_header *headers;
    size_t headers_len;
    struct text body; /* TEXT_NONE: none */
};

/* What connects a request with the outside: NULL and TEXT_NONE make the request as the definition
 * alone asks for it. */
struct http_access {
    const struct connection *connection;
    struct text authorization; /* the header, of a connection with OAuth */
};

/* Makes the request; memory comes from a, and p is borrowed by the result.  Returns false when the
 * task has failed before anything is sent, with *ret_failure set. */
bool http_message_make(struct arena *a, const struct http_parameters *p, const char *region,
                       const struct http_access *access, struct http_message *ret_message,
                       struct task_result *ret_failure);
/* The call that sends it, without max_body. */
void http_message_call(struct arena *a, const struct http_message *m,
                       struct call_request *ret_request);

/* The body: RequestBody with the connection's parameters.  *ret_body is TEXT_NONE when there is
 * none.  Returns NULL, or what is wrong. */
const char *http_body(struct arena *a, const struct http_parameters *p,
                      const struct connection_parameters *added, struct text *ret_body);

/* A number, a boolean, null (empty) or a string's content; false for others.  Borrows from value
 * or from buf. */
bool http_scalar(const struct json *value, char buf[32], struct text *ret_text);

/* ---- the answer ---- */

/* What the answer means; max_bytes is the service's limit for a result. */
void http_result(struct arena *a, const char *method, const struct call_response *r,
                 int64_t max_bytes, struct task_result *ret_result);

/* What TestState shows of it; r NULL: no answer came.  Memory from a, which the messages and the
 * response must outlive. */
const struct task_trace *http_trace(struct arena *a, const struct http_message *shown,
                                    const struct call_response *r) MUST_USE;
