/* Where other services are.
 *
 * A service is named by its prefix in AWS's host names: "sqs", "events", "secretsmanager", "logs".
 * Where it is, in this order: what endpoints_set was told; the variables that Step Functions Local
 * (SQS_ENDPOINT, reference/integrations.md 8) and the SDKs (AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL)
 * know.  Nothing is ever sent to AWS itself unless one of these says so. */
#pragma once

#include "base/err.h"

struct endpoints;

/* getenv, or what takes its place in a test; NULL: no variable is set. */
typedef char *endpoints_variable(const char *name);

struct endpoints *endpoints_new(endpoints_variable *variable) MUST_USE;
void endpoints_free(struct endpoints *e);

/* Copies the URL, unless the service has one already.  ERR_INVALID when it is none of http or
 * https. */
MUST_USE int endpoints_set(struct endpoints *e, const char *service, const char *url,
                           struct err *err);
/* ERR_INVALID when a variable of a service that integrations often use is no such URL. */
MUST_USE int endpoints_check(struct endpoints *e, struct err *err);

/* Without a slash at its end; NULL when there is none.  Lives as long as e; safe from any
 * thread. */
const char *endpoints_get(struct endpoints *e, const char *service);

/* The variables that would tell: "SQS_ENDPOINT, AWS_ENDPOINT_URL_SQS or AWS_ENDPOINT_URL".  Memory
 * from malloc. */
char *endpoints_variables(const char *service) MUST_USE;
