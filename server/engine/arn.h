/* ARNs of the service: taken apart and put together (reference/api.md section 1, "ARN forms"). */
#pragma once

#include "base/arena.h"
#include "base/strbuf.h"

enum arn_kind {
    ARN_MACHINE,   /* stateMachine:NAME, stateMachine:NAME:QUALIFIER, stateMachine:NAME/LABEL */
    ARN_EXECUTION, /* execution:MACHINE:NAME, execution:MACHINE/LABEL:NAME */
    ARN_EXPRESS,   /* express:MACHINE:NAME:UUID, express:MACHINE/LABEL:UUID:UUID */
    ARN_ACTIVITY,  /* activity:NAME */
    ARN_MAP_RUN,   /* mapRun:MACHINE/LABEL:UUID */
};

struct arn {
    enum arn_kind kind;
    const char *region, *account;
    const char *name;      /* of the state machine or activity */
    const char *label;     /* of a Distributed Map state; NULL: none */
    const char *qualifier; /* machine: version or alias; NULL: none */
    const char *test_case; /* machine: what follows '#', names a test case of a mock configuration;
                              NULL: none */
    const char *execution; /* of an execution, or the UUID of a Map Run */
};

/* The word for a kind: "stateMachine", "execution", ... */
const char *arn_kind_name(enum arn_kind kind);

/* Takes a text apart; the parts live in the arena.  ERR_INVALID when it is no ARN of this service. */
MUST_USE int arn_parse(struct arena *a, const char *text, struct arn *ret_arn);

/* The number of the version that a machine's ARN is qualified with, INT64_MAX when no version has that
 * number; 0: it is not. */
int64_t arn_version(const struct arn *arn);
/* The name of the alias that it is qualified with; NULL: it is not. */
const char *arn_alias(const struct arn *arn);

/* True for arn:PARTITION:iam::ACCOUNT:role/NAME. */
bool arn_is_role(const char *text);
/* The account of such an ARN, copied; NULL when it is none. */
char *arn_role_account(const char *text) MUST_USE;

/* Writes arn:...:KIND:NAME, or arn:...:KIND:NAME:EXECUTION, without quotes and ready to stand inside a
 * JSON string. */
void arn_write(struct strbuf *out, enum arn_kind kind, const char *region, const char *account,
               const char *name, const char *execution /* NULL: none */);
