/* What the members of a request must look like, as tables, and the messages when they do not
 * (reference/api.md section 1, "Constraint-violation message format"). */
#pragma once

#include "api/api.h"

struct shape;

enum member_kind {
    MEMBER_STRING,
    MEMBER_INTEGER,
    MEMBER_NUMBER, /* any, also with a fraction */
    MEMBER_BOOLEAN,
    MEMBER_LIST,
    MEMBER_OBJECT,
};

enum member_flags {
    MEMBER_REQUIRED = 1,
    MEMBER_SENSITIVE = 2,  /* messages do not show the value */
    MEMBER_PAYLOAD = 4,    /* a string of at most limits.payload_bytes bytes */
    MEMBER_DEFINITION = 8, /* a string of at most limits.definition_bytes bytes */
};

/* A form that strings must have, and how messages call it. */
struct member_pattern {
    bool (*matches)(const char *s);
    const char *text;
};

struct member {
    const char *name; /* of a list's element: NULL */
    enum member_kind kind;
    unsigned flags;
    int64_t min, max;                     /* of a length, or of a number's value; max 0: none */
    const struct member_pattern *pattern; /* NULL: none */
    const char *const *values;            /* the enumeration, ended by NULL; NULL: none */
    const struct member *element;         /* of a list */
    const struct shape *shape;            /* of an object */
    const char *shown_as;                 /* of a list's object: its name in messages */
};

/* An object: its members, in the order in which violations are told. */
struct shape {
    const struct member *members;
    size_t len;
};

/* Checks call->request.  False when the call was answered with an error: a value of the wrong type, or
 * all violations of constraints in one message.  Members a shape does not know are ignored, as the
 * service does. */
MUST_USE bool constraints_check(struct api_call *call, const struct shape *shape);
