#include "api/actions.h"

#include <stdlib.h>
#include <string.h>

#define HAVE(name, id)                   \
    {                                    \
        (name), &shape_##id, action_##id \
    }

/* Sorted by name, for the search. */
static const struct api_action actions[] = {
    HAVE("CreateActivity", create_activity),
    HAVE("CreateStateMachine", create_machine),
    HAVE("CreateStateMachineAlias", create_alias),
    HAVE("DeleteActivity", delete_activity),
    HAVE("DeleteStateMachine", delete_machine),
    HAVE("DeleteStateMachineAlias", delete_alias),
    HAVE("DeleteStateMachineVersion", delete_version),
    HAVE("DescribeActivity", describe_activity),
    HAVE("DescribeExecution", describe_execution),
    HAVE("DescribeMapRun", describe_map_run),
    HAVE("DescribeStateMachine", describe_machine),
    HAVE("DescribeStateMachineAlias", describe_alias),
    HAVE("DescribeStateMachineForExecution", describe_machine_for_execution),
    HAVE("GetActivityTask", get_activity_task),
    HAVE("GetExecutionHistory", get_history),
    HAVE("ListActivities", list_activities),
    HAVE("ListExecutions", list_executions),
    HAVE("ListMapRuns", list_map_runs),
    HAVE("ListStateMachineAliases", list_aliases),
    HAVE("ListStateMachineVersions", list_versions),
    HAVE("ListStateMachines", list_machines),
    HAVE("ListTagsForResource", list_tags),
    HAVE("PublishStateMachineVersion", publish_version),
    HAVE("RedriveExecution", redrive_execution),
    HAVE("SendTaskFailure", send_task_failure),
    HAVE("SendTaskHeartbeat", send_task_heartbeat),
    HAVE("SendTaskSuccess", send_task_success),
    HAVE("StartExecution", start_execution),
    HAVE("StartSyncExecution", start_sync_execution),
    HAVE("StopExecution", stop_execution),
    HAVE("TagResource", tag_resource),
    HAVE("TestState", test_state),
    HAVE("UntagResource", untag_resource),
    HAVE("UpdateMapRun", update_map_run),
    HAVE("UpdateStateMachine", update_machine),
    HAVE("UpdateStateMachineAlias", update_alias),
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
