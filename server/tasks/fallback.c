#include "tasks/fallback.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tasks/endpoints.h"
#include "tasks/gateway.h"
#include "tasks/jobs.h"
#include "tasks/lambda.h"
#include "tasks/service.h"

static char *no_endpoint(const char *arn, const char *client, const char *service)
{
    CLEANUP(free_p) char *variables = endpoints_variables(service);

    return xasprintf(
        "No endpoint is configured for %s, which the resource '%s' needs. Set %s to its "
        "URL, or mock the state (SFN_MOCK_CONFIG).",
        client, arn, variables);
}

char *fallback_cause(const char *arn, const char *type, const char *action)
{
    const struct aws_service *service = NULL;
    struct aws_integration i;

    if (job_find(arn, type, action, &i, &service))
        return no_endpoint(arn, service->client, service->endpoint);
    if (type && action && job_is_sync(arn))
        return xasprintf("The integration '%s:%s' is not supported by this server with '.sync'. "
                         "Mock the state (SFN_MOCK_CONFIG).",
                         type, action);
    if (lambda_accepts(arn, type, action))
        return no_endpoint(arn, "Lambda", "lambda");
    if (gateway_accepts(type, action))
        return no_endpoint(arn, "the APIs of API Gateway", "execute-api");
    if (service_find(arn, type, action, &i, &service))
        return no_endpoint(arn, service->client, service->endpoint);
    if (service && strncmp(type, "aws-sdk:", strlen("aws-sdk:")) == 0)
        return xasprintf("The operation '%s' of '%s' is not known to this server. Mock the state "
                         "(SFN_MOCK_CONFIG).",
                         action, type);
    if (type && action)
        return xasprintf("The integration '%s' is not supported by this server yet. Mock the state "
                         "(SFN_MOCK_CONFIG).",
                         arn);
    return xasprintf("The resource '%s' is not supported by this server.", arn);
}

static bool fallback_accepts(void *self, const char *arn, const char *type, const char *action)
{
    (void)self;
    (void)arn;
    (void)type;
    (void)action;
    return true;
}

/* States.Runtime: neither Retry nor Catch should hide that the server lacks something. */
static void fallback_start(void *self, struct engine *e, const struct task_request *request)
{
    CLEANUP(free_p) char *cause = fallback_cause(request->arn, request->type, request->action);

    (void)self;
    engine_task_finished(e, request->id,
                         &(struct task_result){
                             .outcome = TASK_FAILED,
                             .error = "States.Runtime",
                             .cause = {cause, strlen(cause)},
                         });
}

static void fallback_cancel(void *self, uint64_t id)
{
    (void)self;
    (void)id; /* it was over when start returned */
}

struct task_driver fallback_driver_table(void)
{
    return (struct task_driver){
        .name = "fallback",
        .accepts = fallback_accepts,
        .start = fallback_start,
        .cancel = fallback_cancel,
    };
}
