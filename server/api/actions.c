#include "api/actions.h"

#include <stdlib.h>
#include <string.h>

#define HAVE(name, id)                   \
    {                                    \
        (name), &shape_##id, action_##id \
    }
#define MISSING(name)      \
    {                      \
        (name), NULL, NULL \
    }

/* Sorted by name, for the search. */
static const struct api_action actions[] = {
    HAVE("CreateActivity", create_activity),
    HAVE("CreateStateMachine", create_machine),
    MISSING("CreateStateMachineAlias"),
    HAVE("DeleteActivity", delete_activity),
    HAVE("DeleteStateMachine", delete_machine),
    MISSING("DeleteStateMachineAlias"),
    MISSING("DeleteStateMachineVersion"),
    HAVE("DescribeActivity", describe_activity),
    HAVE("DescribeExecution", describe_execution),
    MISSING("DescribeMapRun"),
    HAVE("DescribeStateMachine", describe_machine),
    MISSING("DescribeStateMachineAlias"),
    HAVE("DescribeStateMachineForExecution", describe_machine_for_execution),
    HAVE("GetActivityTask", get_activity_task),
    HAVE("GetExecutionHistory", get_history),
    HAVE("ListActivities", list_activities),
    HAVE("ListExecutions", list_executions),
    MISSING("ListMapRuns"),
    MISSING("ListStateMachineAliases"),
    MISSING("ListStateMachineVersions"),
    HAVE("ListStateMachines", list_machines),
    HAVE("ListTagsForResource", list_tags),
    MISSING("PublishStateMachineVersion"),
    HAVE("RedriveExecution", redrive_execution),
    HAVE("SendTaskFailure", send_task_failure),
    HAVE("SendTaskHeartbeat", send_task_heartbeat),
    HAVE("SendTaskSuccess", send_task_success),
    HAVE("StartExecution", start_execution),
    MISSING("StartSyncExecution"),
    HAVE("StopExecution", stop_execution),
    MISSING("TagResource"),
    MISSING("TestState"),
    MISSING("UntagResource"),
    MISSING("UpdateMapRun"),
    HAVE("UpdateStateMachine", update_machine),
    MISSING("UpdateStateMachineAlias"),
    HAVE("ValidateStateMachineDefinition", validate_definition),
};
_Static_assert(ARRAY_LEN(actions) == 37, "every operation of the service has its row");

static int compare(const void *name, const void *action)
{
    return strcmp(name, ((const struct api_action *)action)->name);
}

const struct api_action *action_find(const char *name)
{
    return bsearch(name, actions, ARRAY_LEN(actions), sizeof(actions[0]), compare);
}
