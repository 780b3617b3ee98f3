/* Every type of history event, as the API names it, with the name of its details member (NULL:
 * none) and the name of the member that shows the event's payload (NULL: it has none).
 * reference/history.md section 3. */
#pragma once

/* number, constant, type, details member, payload member */
#define EVENT_TYPE_LIST(X)                                                                       \
    X(1, EXECUTION_STARTED, "ExecutionStarted", "executionStartedEventDetails", "input")         \
    X(2, EXECUTION_SUCCEEDED, "ExecutionSucceeded", "executionSucceededEventDetails", "output")  \
    X(3, EXECUTION_FAILED, "ExecutionFailed", "executionFailedEventDetails", NULL)               \
    X(4, EXECUTION_ABORTED, "ExecutionAborted", "executionAbortedEventDetails", NULL)            \
    X(5, EXECUTION_TIMED_OUT, "ExecutionTimedOut", "executionTimedOutEventDetails", NULL)        \
    X(6, EXECUTION_REDRIVEN, "ExecutionRedriven", "executionRedrivenEventDetails", NULL)         \
    X(10, PASS_STATE_ENTERED, "PassStateEntered", "stateEnteredEventDetails", "input")           \
    X(11, PASS_STATE_EXITED, "PassStateExited", "stateExitedEventDetails", "output")             \
    X(12, CHOICE_STATE_ENTERED, "ChoiceStateEntered", "stateEnteredEventDetails", "input")       \
    X(13, CHOICE_STATE_EXITED, "ChoiceStateExited", "stateExitedEventDetails", "output")         \
    X(14, WAIT_STATE_ENTERED, "WaitStateEntered", "stateEnteredEventDetails", "input")           \
    X(15, WAIT_STATE_EXITED, "WaitStateExited", "stateExitedEventDetails", "output")             \
    X(16, WAIT_STATE_ABORTED, "WaitStateAborted", NULL, NULL)                                    \
    X(17, SUCCEED_STATE_ENTERED, "SucceedStateEntered", "stateEnteredEventDetails", "input")     \
    X(18, SUCCEED_STATE_EXITED, "SucceedStateExited", "stateExitedEventDetails", "output")       \
    X(19, FAIL_STATE_ENTERED, "FailStateEntered", "stateEnteredEventDetails", "input")           \
    X(20, TASK_STATE_ENTERED, "TaskStateEntered", "stateEnteredEventDetails", "input")           \
    X(21, TASK_STATE_EXITED, "TaskStateExited", "stateExitedEventDetails", "output")             \
    X(22, TASK_STATE_ABORTED, "TaskStateAborted", NULL, NULL)                                    \
    X(30, PARALLEL_STATE_ENTERED, "ParallelStateEntered", "stateEnteredEventDetails", "input")   \
    X(31, PARALLEL_STATE_EXITED, "ParallelStateExited", "stateExitedEventDetails", "output")     \
    X(32, PARALLEL_STATE_STARTED, "ParallelStateStarted", NULL, NULL)                            \
    X(33, PARALLEL_STATE_SUCCEEDED, "ParallelStateSucceeded", NULL, NULL)                        \
    X(34, PARALLEL_STATE_FAILED, "ParallelStateFailed", NULL, NULL)                              \
    X(35, PARALLEL_STATE_ABORTED, "ParallelStateAborted", NULL, NULL)                            \
    X(40, MAP_STATE_ENTERED, "MapStateEntered", "stateEnteredEventDetails", "input")             \
    X(41, MAP_STATE_EXITED, "MapStateExited", "stateExitedEventDetails", "output")               \
    X(42, MAP_STATE_STARTED, "MapStateStarted", "mapStateStartedEventDetails", NULL)             \
    X(43, MAP_STATE_SUCCEEDED, "MapStateSucceeded", NULL, NULL)                                  \
    X(44, MAP_STATE_FAILED, "MapStateFailed", NULL, NULL)                                        \
    X(45, MAP_STATE_ABORTED, "MapStateAborted", NULL, NULL)                                      \
    X(46, MAP_ITERATION_STARTED, "MapIterationStarted", "mapIterationStartedEventDetails", NULL) \
    X(47, MAP_ITERATION_SUCCEEDED, "MapIterationSucceeded", "mapIterationSucceededEventDetails", \
      NULL)                                                                                      \
    X(48, MAP_ITERATION_FAILED, "MapIterationFailed", "mapIterationFailedEventDetails", NULL)    \
    X(49, MAP_ITERATION_ABORTED, "MapIterationAborted", "mapIterationAbortedEventDetails", NULL) \
    X(50, MAP_RUN_STARTED, "MapRunStarted", "mapRunStartedEventDetails", NULL)                   \
    X(51, MAP_RUN_SUCCEEDED, "MapRunSucceeded", NULL, NULL)                                      \
    X(52, MAP_RUN_FAILED, "MapRunFailed", "mapRunFailedEventDetails", NULL)                      \
    X(53, MAP_RUN_ABORTED, "MapRunAborted", NULL, NULL)                                          \
    X(54, MAP_RUN_REDRIVEN, "MapRunRedriven", "mapRunRedrivenEventDetails", NULL)                \
    X(60, TASK_SCHEDULED, "TaskScheduled", "taskScheduledEventDetails", "parameters")            \
    X(61, TASK_STARTED, "TaskStarted", "taskStartedEventDetails", NULL)                          \
    X(62, TASK_START_FAILED, "TaskStartFailed", "taskStartFailedEventDetails", NULL)             \
    X(63, TASK_SUBMITTED, "TaskSubmitted", "taskSubmittedEventDetails", "output")                \
    X(64, TASK_SUBMIT_FAILED, "TaskSubmitFailed", "taskSubmitFailedEventDetails", NULL)          \
    X(65, TASK_SUCCEEDED, "TaskSucceeded", "taskSucceededEventDetails", "output")                \
    X(66, TASK_FAILED, "TaskFailed", "taskFailedEventDetails", NULL)                             \
    X(67, TASK_TIMED_OUT, "TaskTimedOut", "taskTimedOutEventDetails", NULL)                      \
    X(70, LAMBDA_FUNCTION_SCHEDULED, "LambdaFunctionScheduled",                                  \
      "lambdaFunctionScheduledEventDetails", "input")                                            \
    X(71, LAMBDA_FUNCTION_SCHEDULE_FAILED, "LambdaFunctionScheduleFailed",                       \
      "lambdaFunctionScheduleFailedEventDetails", NULL)                                          \
    X(72, LAMBDA_FUNCTION_STARTED, "LambdaFunctionStarted", NULL, NULL)                          \
    X(73, LAMBDA_FUNCTION_START_FAILED, "LambdaFunctionStartFailed",                             \
      "lambdaFunctionStartFailedEventDetails", NULL)                                             \
    X(74, LAMBDA_FUNCTION_SUCCEEDED, "LambdaFunctionSucceeded",                                  \
      "lambdaFunctionSucceededEventDetails", "output")                                           \
    X(75, LAMBDA_FUNCTION_FAILED, "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails",    \
      NULL)                                                                                      \
    X(76, LAMBDA_FUNCTION_TIMED_OUT, "LambdaFunctionTimedOut",                                   \
      "lambdaFunctionTimedOutEventDetails", NULL)                                                \
    X(80, ACTIVITY_SCHEDULED, "ActivityScheduled", "activityScheduledEventDetails", "input")     \
    X(81, ACTIVITY_SCHEDULE_FAILED, "ActivityScheduleFailed",                                    \
      "activityScheduleFailedEventDetails", NULL)                                                \
    X(82, ACTIVITY_STARTED, "ActivityStarted", "activityStartedEventDetails", NULL)              \
    X(83, ACTIVITY_SUCCEEDED, "ActivitySucceeded", "activitySucceededEventDetails", "output")    \
    X(84, ACTIVITY_FAILED, "ActivityFailed", "activityFailedEventDetails", NULL)                 \
    X(85, ACTIVITY_TIMED_OUT, "ActivityTimedOut", "activityTimedOutEventDetails", NULL)          \
    X(90, EVALUATION_FAILED, "EvaluationFailed", "evaluationFailedEventDetails", NULL)

#define X(number, constant, type, member, payload) EVENT_##constant = (number),
enum event_type { EVENT_TYPE_LIST(X) EVENT_TYPE_END = 100 };
#undef X

struct event_type_info {
    const char *name;    /* "PassStateEntered" */
    const char *member;  /* "stateEnteredEventDetails", or NULL */
    const char *payload; /* "input", or NULL */
};

/* NULL for a number that is no event type. */
const struct event_type_info *event_type_info(int type);
