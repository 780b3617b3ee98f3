#include "tasks/fallback.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tasks/endpoints.h"
#include "tasks/lambda.h"

static bool waits_for_job(const char *arn)
{
    const char *sync = strstr(arn, ".sync");

    return sync && (strcmp(sync, ".sync") == 0 || strcmp(sync, ".sync:2") == 0);
}

char *fallback_cause(const char *arn, const char *type, const char *action)
{
    if (lambda_accepts(arn, type, action)) {
        CLEANUP(free_p) char *variables = endpoints_variables("lambda");

        return xasprintf("No endpoint is configured for Lambda, which the resource '%s' needs. Set "
                         "%s to its URL, or mock the state (SFN_MOCK_CONFIG).",
                         arn, variables);
    }
    if (type && action && waits_for_job(arn))
        return xasprintf("The integration '%s:%s' is not supported by this server with '.sync': it "
                         "waits for no jobs of other services. Mock the state (SFN_MOCK_CONFIG).",
                         type, action);
    if (type && action)
        return xasprintf(
            "The integration '%s:%s' is not supported by this server yet. Mock the state "
            "(SFN_MOCK_CONFIG).",
            type, action);
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
