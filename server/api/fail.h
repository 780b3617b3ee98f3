/* The second of the three kinds of failure: the caller's.  One table maps each error to its AWS name,
 * the namespace it comes in and the HTTP status (reference/api.md section 1). */
#pragma once

#include "api/api.h"

/* Where an error's name belongs.  Errors of the service and of its constraints say "message"; those of
 * the framework under it say "Message". */
enum api_namespace {
    API_OF_SERVICE,     /* com.amazonaws.swf.service.v2.model# */
    API_OF_CONSTRAINTS, /* com.amazon.coral.validate# */
    API_OF_FRAMEWORK,   /* com.amazon.coral.service# */
};

/* constant, namespace, name, status */
#define API_ERROR_LIST(X)                                                                \
    X(API_ERR_ACCESS_DENIED, API_OF_FRAMEWORK, "AccessDeniedException", 400)             \
    X(API_ERR_INTERNAL, API_OF_FRAMEWORK, "InternalFailure", 500)                        \
    X(API_ERR_SERIALIZATION, API_OF_FRAMEWORK, "SerializationException", 400)            \
    X(API_ERR_UNAVAILABLE, API_OF_FRAMEWORK, "ServiceUnavailableException", 503)         \
    X(API_ERR_UNKNOWN_OPERATION, API_OF_FRAMEWORK, "UnknownOperationException", 400)     \
    X(API_ERR_CONSTRAINT, API_OF_CONSTRAINTS, "ValidationException", 400)                \
    X(API_ERR_CONFLICT, API_OF_SERVICE, "ConflictException", 400)                        \
    X(API_ERR_ACTIVITY_EXISTS, API_OF_SERVICE, "ActivityAlreadyExists", 400)             \
    X(API_ERR_ACTIVITY_DOES_NOT_EXIST, API_OF_SERVICE, "ActivityDoesNotExist", 400)      \
    X(API_ERR_ACTIVITY_LIMIT, API_OF_SERVICE, "ActivityLimitExceeded", 400)              \
    X(API_ERR_ACTIVITY_WORKER_LIMIT, API_OF_SERVICE, "ActivityWorkerLimitExceeded", 400) \
    X(API_ERR_EXECUTION_EXISTS, API_OF_SERVICE, "ExecutionAlreadyExists", 400)           \
    X(API_ERR_EXECUTION_DOES_NOT_EXIST, API_OF_SERVICE, "ExecutionDoesNotExist", 400)    \
    X(API_ERR_EXECUTION_LIMIT, API_OF_SERVICE, "ExecutionLimitExceeded", 400)            \
    X(API_ERR_EXECUTION_NOT_REDRIVABLE, API_OF_SERVICE, "ExecutionNotRedrivable", 400)   \
    X(API_ERR_INVALID_ARN, API_OF_SERVICE, "InvalidArn", 400)                            \
    X(API_ERR_INVALID_DEFINITION, API_OF_SERVICE, "InvalidDefinition", 400)              \
    X(API_ERR_INVALID_ENCRYPTION, API_OF_SERVICE, "InvalidEncryptionConfiguration", 400) \
    X(API_ERR_INVALID_INPUT, API_OF_SERVICE, "InvalidExecutionInput", 400)               \
    X(API_ERR_INVALID_LOGGING, API_OF_SERVICE, "InvalidLoggingConfiguration", 400)       \
    X(API_ERR_INVALID_NAME, API_OF_SERVICE, "InvalidName", 400)                          \
    X(API_ERR_INVALID_OUTPUT, API_OF_SERVICE, "InvalidOutput", 400)                      \
    X(API_ERR_INVALID_TOKEN, API_OF_SERVICE, "InvalidToken", 400)                        \
    X(API_ERR_INVALID_TRACING, API_OF_SERVICE, "InvalidTracingConfiguration", 400)       \
    X(API_ERR_MISSING_PARAMETER, API_OF_SERVICE, "MissingRequiredParameter", 400)        \
    X(API_ERR_RESOURCE_NOT_FOUND, API_OF_SERVICE, "ResourceNotFound", 400)               \
    X(API_ERR_MACHINE_EXISTS, API_OF_SERVICE, "StateMachineAlreadyExists", 400)          \
    X(API_ERR_MACHINE_DELETING, API_OF_SERVICE, "StateMachineDeleting", 400)             \
    X(API_ERR_MACHINE_DOES_NOT_EXIST, API_OF_SERVICE, "StateMachineDoesNotExist", 400)   \
    X(API_ERR_MACHINE_LIMIT, API_OF_SERVICE, "StateMachineLimitExceeded", 400)           \
    X(API_ERR_MACHINE_TYPE, API_OF_SERVICE, "StateMachineTypeNotSupported", 400)         \
    X(API_ERR_SERVICE_QUOTA, API_OF_SERVICE, "ServiceQuotaExceededException", 400)       \
    X(API_ERR_TASK_TIMED_OUT, API_OF_SERVICE, "TaskTimedOut", 400)                       \
    X(API_ERR_TOO_MANY_TAGS, API_OF_SERVICE, "TooManyTags", 400)                         \
    X(API_ERR_VALIDATION, API_OF_SERVICE, "ValidationException", 400)

#define X(constant, space, name, status) constant,
enum api_error { API_ERROR_LIST(X) };
#undef X

/* What became of a call that an action looked at. */
enum api_step {
    API_REPLIED, /* the answer is there */
    API_POSTED,  /* the engine has it; the call is no longer ours to touch */
};

/* Answers with an error, in place of what the reply held so far.  Always API_REPLIED, so that
 * `return api_fail(...)` reads well. */
enum api_step api_fail(struct api_call *call, enum api_error error, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* The same with a member "reason", a word for programs. */
enum api_step api_fail_reason(struct api_call *call, enum api_error error, const char *reason,
                              const char *format, ...) PRINTF_LIKE(4, 5);
/* Answers for a command the engine refused; messages name call->subject. */
enum api_step api_fail_outcome(struct api_call *call, enum engine_outcome outcome);
/* Answers for a store that failed with code r (logged, not told to the caller). */
enum api_step api_fail_store(struct api_call *call, const struct store *store, int r);
