#include "tasks/jobs.h"

#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 3 };

enum argument_source { NO_ARGUMENT, FROM_REPLY, FROM_PARAMETERS, CONSTANT };

/* A parameter of an operation.  A name that ends in [] is a list of one. */
struct argument {
    const char *name;
    enum argument_source source;
    const char *value; /* a path, or the constant itself */
};

#define REPLY(name, path)      \
    {                          \
        name, FROM_REPLY, path \
    }
#define GIVEN(name)                 \
    {                               \
        name, FROM_PARAMETERS, name \
    }
#define REASON                                                           \
    {                                                                    \
        "Reason", CONSTANT, "The task of the state machine was stopped." \
    }

/* Paths are names and indexes with dots between them; values of a status have spaces around them. */
struct job {
    const char *type, *action;
    const char *describe;
    struct argument describe_arguments[ARGUMENTS];
    const char *subject; /* in the description; "": all of it */
    const char *wrapper; /* around the subject in what the task shows; NULL: nothing */
    const char *status;  /* in the subject */
    const char *succeeded, *failed;
    bool (*is_failure)(const struct json *subject); /* of one that succeeded; NULL: none is */
    bool until_gone; /* it is done when the service knows of it no more */
    const char *stop;
    struct argument stop_arguments[ARGUMENTS];
};

static const struct json *at_path(const struct json *v, const char *path)
{
    while (v && *path) {
        size_t len = strcspn(path, ".");

        if (json_is(v, JSON_ARRAY))
            v = json_at(v, strtoul(path, NULL, 10));
        else
            v = json_is(v, JSON_OBJECT) ? json_get(v, path, len) : NULL;
        path += len + (path[len] == '.');
    }
    return v;
}

static bool string_is(const struct json *v, const char *s)
{
    return json_is(v, JSON_STRING) && strcmp(json_str(v, NULL), s) == 0;
}

/* A task of ECS that has stopped: did it do its work? */
static bool container_failed(const struct json *task)
{
    const struct json *containers = json_gets(task, "Containers");

    if (string_is(json_gets(task, "StopCode"), "TaskFailedToStart"))
        return true;
    for (size_t i = 0; json_is(containers, JSON_ARRAY) && i < json_len(containers); i++) {
        const struct json *code = at_path(json_at(containers, i), "ExitCode");
        int64_t n = 0;

        if (json_is(code, JSON_NUMBER) && (!json_int64(code, &n) || n != 0))
            return true;
    }
    return false;
}

/* clang-format off */
#define SAGEMAKER(name)                                                                            \
    .type = "sagemaker", .action = "create" name, .describe = "describe" name,                     \
    .describe_arguments = {GIVEN(name "Name")}, .subject = "", .status = name "Status",            \
    .succeeded = " Completed ", .failed = " Failed Stopped ", .stop = "stop" name,                 \
    .stop_arguments = {GIVEN(name "Name")}
#define APPLICATION(does, where)                                                                   \
    .type = "emr-serverless", .action = does, .describe = "getApplication",                        \
    .describe_arguments = {where}, .subject = "Application", .status = "State"
#define RUN_OF_EMR_SERVERLESS(where)                                                               \
    .type = "emr-serverless", .describe = "getJobRun",                                             \
    .describe_arguments = {GIVEN("ApplicationId"), where}, .subject = "JobRun", .status = "State"
#define VIRTUAL_CLUSTER(does, where)                                                               \
    .type = "emr-containers", .action = does, .describe = "describeVirtualCluster",                \
    .describe_arguments = {where}, .subject = "VirtualCluster", .status = "State"
#define EKS(what, ...)                                                                             \
    .type = "eks", .describe = "describe" what, .describe_arguments = {__VA_ARGS__},               \
    .subject = what, .wrapper = what, .status = "Status"

/* What a task shows is recorded of ecs; of the others it is what AWS's sample workflows make of it, else the
 * bare description of the job (inferred).  So are the statuses that are a failure: all that the job does not
 * come back from. */
static const struct job table[] = {
    {.type = "ecs", .action = "runTask", .describe = "describeTasks",
     .describe_arguments = {REPLY("Cluster", "Tasks.0.ClusterArn"), REPLY("Tasks[]", "Tasks.0.TaskArn")},
     .subject = "Tasks.0", .status = "LastStatus", .succeeded = " STOPPED ", .failed = "",
     .is_failure = container_failed, .stop = "stopTask",
     .stop_arguments = {REPLY("Cluster", "Tasks.0.ClusterArn"), REPLY("Task", "Tasks.0.TaskArn"), REASON}},
    {.type = "batch", .action = "submitJob", .describe = "describeJobs",
     .describe_arguments = {REPLY("Jobs[]", "JobId")}, .subject = "Jobs.0", .status = "Status",
     .succeeded = " SUCCEEDED ", .failed = " FAILED ", .stop = "terminateJob",
     .stop_arguments = {REPLY("JobId", "JobId"), REASON}},
    {.type = "glue", .action = "startJobRun", .describe = "getJobRun",
     .describe_arguments = {GIVEN("JobName"), REPLY("RunId", "JobRunId")}, .subject = "JobRun",
     .status = "JobRunState", .succeeded = " SUCCEEDED ",
     .failed = " FAILED STOPPED TIMEOUT ERROR EXPIRED ", .stop = "batchStopJobRun",
     .stop_arguments = {GIVEN("JobName"), REPLY("JobRunIds[]", "JobRunId")}},
    {.type = "databrew", .action = "startJobRun", .describe = "describeJobRun",
     .describe_arguments = {GIVEN("Name"), REPLY("RunId", "RunId")}, .subject = "", .status = "State",
     .succeeded = " SUCCEEDED ", .failed = " FAILED STOPPED TIMEOUT ", .stop = "stopJobRun",
     .stop_arguments = {GIVEN("Name"), REPLY("RunId", "RunId")}},
    {.type = "codebuild", .action = "startBuild", .describe = "batchGetBuilds",
     .describe_arguments = {REPLY("Ids[]", "Build.Id")}, .subject = "Builds.0", .wrapper = "Build",
     .status = "BuildStatus", .succeeded = " SUCCEEDED ", .failed = " FAILED FAULT TIMED_OUT STOPPED ",
     .stop = "stopBuild", .stop_arguments = {REPLY("Id", "Build.Id")}},
    {.type = "codebuild", .action = "startBuildBatch", .describe = "batchGetBuildBatches",
     .describe_arguments = {REPLY("Ids[]", "BuildBatch.Id")}, .subject = "BuildBatches.0",
     .wrapper = "BuildBatch", .status = "BuildBatchStatus", .succeeded = " SUCCEEDED ",
     .failed = " FAILED FAULT TIMED_OUT STOPPED ", .stop = "stopBuildBatch",
     .stop_arguments = {REPLY("Id", "BuildBatch.Id")}},
    {.type = "athena", .action = "startQueryExecution", .describe = "getQueryExecution",
     .describe_arguments = {REPLY("QueryExecutionId", "QueryExecutionId")}, .subject = "QueryExecution",
     .wrapper = "QueryExecution", .status = "Status.State", .succeeded = " SUCCEEDED ",
     .failed = " FAILED CANCELLED ", .stop = "stopQueryExecution",
     .stop_arguments = {REPLY("QueryExecutionId", "QueryExecutionId")}},
    {SAGEMAKER("TrainingJob")},
    {SAGEMAKER("TransformJob")},
    {SAGEMAKER("ProcessingJob")},
    {SAGEMAKER("HyperParameterTuningJob")},
    {SAGEMAKER("LabelingJob")},
    {RUN_OF_EMR_SERVERLESS(REPLY("JobRunId", "JobRunId")), .action = "startJobRun",
     .succeeded = " SUCCESS ", .failed = " FAILED CANCELLED ", .stop = "cancelJobRun",
     .stop_arguments = {GIVEN("ApplicationId"), REPLY("JobRunId", "JobRunId")}},
    {RUN_OF_EMR_SERVERLESS(GIVEN("JobRunId")), .action = "cancelJobRun", .succeeded = " CANCELLED ",
     .failed = " SUCCESS FAILED "},
    {APPLICATION("createApplication", REPLY("ApplicationId", "ApplicationId")),
     .succeeded = " CREATED STARTED STOPPED ", .failed = " TERMINATED "},
    {APPLICATION("startApplication", GIVEN("ApplicationId")), .succeeded = " STARTED ",
     .failed = " TERMINATED "},
    {APPLICATION("stopApplication", GIVEN("ApplicationId")), .succeeded = " STOPPED ",
     .failed = " TERMINATED "},
    {APPLICATION("deleteApplication", GIVEN("ApplicationId")), .succeeded = " TERMINATED ", .failed = "",
     .until_gone = true},
    {.type = "emr-containers", .action = "startJobRun", .describe = "describeJobRun",
     .describe_arguments = {GIVEN("VirtualClusterId"), REPLY("Id", "Id")}, .subject = "JobRun",
     .status = "State", .succeeded = " COMPLETED ", .failed = " FAILED CANCELLED ",
     .stop = "cancelJobRun", .stop_arguments = {GIVEN("VirtualClusterId"), REPLY("Id", "Id")}},
    {VIRTUAL_CLUSTER("createVirtualCluster", REPLY("Id", "Id")), .succeeded = " RUNNING ",
     .failed = " TERMINATED ARRESTED "},
    {VIRTUAL_CLUSTER("deleteVirtualCluster", GIVEN("Id")), .succeeded = " TERMINATED ",
     .failed = " ARRESTED ", .until_gone = true},
    {EKS("Cluster", GIVEN("Name")), .action = "createCluster", .succeeded = " ACTIVE ",
     .failed = " FAILED "},
    {EKS("Cluster", GIVEN("Name")), .action = "deleteCluster", .succeeded = "", .failed = " FAILED ",
     .until_gone = true},
    {EKS("Nodegroup", GIVEN("ClusterName"), GIVEN("NodegroupName")), .action = "createNodegroup",
     .succeeded = " ACTIVE ", .failed = " CREATE_FAILED DEGRADED "},
    {EKS("Nodegroup", GIVEN("ClusterName"), GIVEN("NodegroupName")), .action = "deleteNodegroup",
     .succeeded = "", .failed = " DELETE_FAILED ", .until_gone = true},
    {EKS("FargateProfile", GIVEN("ClusterName"), GIVEN("FargateProfileName")),
     .action = "createFargateProfile", .succeeded = " ACTIVE ", .failed = " CREATE_FAILED "},
    {EKS("FargateProfile", GIVEN("ClusterName"), GIVEN("FargateProfileName")),
     .action = "deleteFargateProfile", .succeeded = "", .failed = " DELETE_FAILED ", .until_gone = true},
    {.type = "mediaconvert", .action = "createJob", .describe = "getJob",
     .describe_arguments = {REPLY("Id", "Job.Id")}, .subject = "Job", .wrapper = "Job", .status = "Status",
     .succeeded = " COMPLETE ", .failed = " CANCELED ERROR ", .stop = "cancelJob",
     .stop_arguments = {REPLY("Id", "Job.Id")}},
    {.type = "bedrock", .action = "createModelCustomizationJob", .describe = "getModelCustomizationJob",
     .describe_arguments = {REPLY("JobIdentifier", "JobArn")}, .subject = "", .status = "Status",
     .succeeded = " Completed ", .failed = " Failed Stopped ", .stop = "stopModelCustomizationJob",
     .stop_arguments = {REPLY("JobIdentifier", "JobArn")}},
};
/* clang-format on */

/* ---- which ----------------------------------------------------------------------------------- */

bool job_is_sync(const char *arn)
{
    const char *sync = strstr(arn, ".sync");

    return sync && (strcmp(sync, ".sync") == 0 || strcmp(sync, ".sync:2") == 0);
}

const struct job *job_find(const char *arn, const char *type, const char *action,
                           struct aws_integration *ret_start,
                           const struct aws_service **ret_service)
{
    if (!type || !action || !job_is_sync(arn))
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strcmp(type, table[i].type) == 0 && strcmp(action, table[i].action) == 0)
            return aws_integration_find(type, action, ret_start, ret_service) ? &table[i] : NULL;
    return NULL;
}

const char *job_action(const struct job *j, enum job_operation operation)
{
    return operation == JOB_DESCRIBE ? j->describe : j->stop;
}

/* ---- what is asked for ----------------------------------------------------------------------- */

static void add_argument(struct json_object *o, const char *name, struct json *value /* takes */)
{
    size_t len = strlen(name);
    struct json_array list;

    if (name[len - 1] != ']') {
        json_object_adds(o, name, value);
        return;
    }
    json_array_init(&list);
    json_array_add(&list, value);
    json_object_add(o, json_string(name, len - strlen("[]")), json_array_finish(&list));
}

struct json *job_parameters(const struct job *j, enum job_operation operation,
                            const struct json *given, const struct json *reply)
{
    const struct argument *arguments =
        operation == JOB_DESCRIBE ? j->describe_arguments : j->stop_arguments;
    struct json_object *o = json_object_new();

    for (size_t i = 0; i < ARGUMENTS && arguments[i].source; i++) {
        const struct argument *a = &arguments[i];
        const struct json *value = at_path(a->source == FROM_REPLY ? reply : given, a->value);

        if (a->source != CONSTANT && !json_is(value, JSON_STRING)) {
            json_object_free(o);
            return NULL;
        }
        add_argument(o, a->name, a->source == CONSTANT ? json_strings(a->value) : json_ref(value));
    }
    return json_object_finish(o);
}

/* ---- what is answered ------------------------------------------------------------------------ */

static struct json *shown(const struct job *j, const struct json *subject)
{
    struct json_object *o;

    if (!j->wrapper)
        return json_ref(subject);
    o = json_object_new();
    json_object_adds(o, j->wrapper, json_ref(subject));
    return json_object_finish(o);
}

/* Whether the word is one of the list's. */
static bool is_one_of(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = list; len > 0 && (at = strstr(at, word)); at++)
        if (at > list && at[-1] == ' ' && at[len] == ' ')
            return true;
    return false;
}

enum job_state job_look(const struct job *j, const struct json *description,
                        struct json **ret_shown)
{
    const struct json *subject = at_path(description, j->subject);
    const struct json *status = at_path(subject, j->status);
    enum job_state state = JOB_RUNS;

    if (!json_is(status, JSON_STRING))
        return JOB_UNKNOWN;
    if (is_one_of(j->succeeded, json_str(status, NULL)))
        state = j->is_failure && j->is_failure(subject) ? JOB_FAILED : JOB_SUCCEEDED;
    else if (is_one_of(j->failed, json_str(status, NULL)))
        state = JOB_FAILED;
    if (state != JOB_RUNS)
        *ret_shown = shown(j, subject);
    return state;
}

enum job_state job_gone(const struct job *j, const struct json *reply, struct json **ret_shown)
{
    const struct json *subject = at_path(reply, j->subject);

    if (!j->until_gone)
        return JOB_UNKNOWN;
    *ret_shown =
        json_is(subject, JSON_OBJECT) ? shown(j, subject) : json_object_finish(json_object_new());
    return JOB_SUCCEEDED;
}
