/* What is known of jobs (.sync): which operations tell of them and stop them, and what descriptions say
 * (reference/integrations.md 1, 2, 4 and 5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/request.h"
#include "base/mem.h"
#include "tasks/jobs.h"

static const struct job *find(const char *type, const char *action)
{
    struct aws_integration i;
    const struct job *j = job_find("arn:aws:states:::x.sync", type, action, &i, NULL);

    assert_non_null(j);
    assert_string_equal(i.optimized->name, type);
    return j;
}

static struct json *parse(const char *text)
{
    struct json *v = json_parse(text, strlen(text), JSON_PARSE_DEFAULT, NULL);

    assert_non_null(v);
    return v;
}

/* Takes the value. */
static void expect(struct json *v, const char *text)
{
    CLEANUP(free_p) char *shown = v ? json_text(v, SIZE_MAX, NULL) : xstrdup("none");

    assert_string_equal(shown, text);
    json_unref(v);
}

/* ---- which ---- */

static void test_find(void **state)
{
    const struct aws_service *service = NULL;
    struct aws_integration i;

    (void)state;
    assert_non_null(job_find("arn:x:runTask.sync", "ecs", "runTask", &i, &service));
    assert_string_equal(service->name, "ecs");
    assert_string_equal(i.operation.name, "RunTask");
    assert_null(job_find("arn:x:runTask", "ecs", "runTask", &i, NULL));
    assert_null(job_find("arn:x:runTask.waitForTaskToken", "ecs", "runTask", &i, NULL));
    assert_null(job_find("arn:x:runTask.sync.x", "ecs", "runTask", &i, NULL));
    assert_null(job_find("arn:x:runJob.sync", "eks", "runJob", &i, NULL));
    assert_null(job_find("arn:x:startExecution.sync", "states", "startExecution", &i, NULL));
    assert_null(job_find("arn:aws:lambda:x.sync", NULL, NULL, &i, NULL));
    assert_true(job_is_sync("arn:x:startExecution.sync:2"));
    assert_false(job_is_sync("arn:x:startExecution.sync:3"));
}

/* Every operation that the table names is there and takes the parameters that it is given. */
static void test_operations(void **state)
{
    static const char *const jobs[][2] = {
        {"ecs", "runTask"},
        {"batch", "submitJob"},
        {"glue", "startJobRun"},
        {"databrew", "startJobRun"},
        {"codebuild", "startBuild"},
        {"codebuild", "startBuildBatch"},
        {"athena", "startQueryExecution"},
        {"sagemaker", "createTrainingJob"},
        {"sagemaker", "createTransformJob"},
        {"sagemaker", "createProcessingJob"},
        {"sagemaker", "createHyperParameterTuningJob"},
        {"sagemaker", "createLabelingJob"},
        {"emr-serverless", "startJobRun"},
        {"emr-serverless", "cancelJobRun"},
        {"emr-serverless", "createApplication"},
        {"emr-serverless", "startApplication"},
        {"emr-serverless", "stopApplication"},
        {"emr-serverless", "deleteApplication"},
        {"emr-containers", "startJobRun"},
        {"emr-containers", "createVirtualCluster"},
        {"emr-containers", "deleteVirtualCluster"},
        {"eks", "createCluster"},
        {"eks", "deleteCluster"},
        {"eks", "createNodegroup"},
        {"eks", "deleteNodegroup"},
        {"eks", "createFargateProfile"},
        {"eks", "deleteFargateProfile"},
        {"mediaconvert", "createJob"},
        {"bedrock", "createModelCustomizationJob"},
    };
    /* Everything that any of them asks for. */
    CLEANUP(json_unref_p)
    struct json *given = parse(
        "{\"JobName\":\"x\",\"Name\":\"x\",\"TrainingJobName\":\"x\",\"TransformJobName\":\"x\","
        "\"ProcessingJobName\":\"x\",\"HyperParameterTuningJobName\":\"x\",\"LabelingJobName\":"
        "\"x\",\"ApplicationId\":\"x\",\"JobRunId\":\"x\",\"VirtualClusterId\":\"x\",\"Id\":\"x\","
        "\"ClusterName\":\"x\",\"NodegroupName\":\"x\",\"FargateProfileName\":\"x\"}");
    CLEANUP(json_unref_p)
    struct json *reply = parse(
        "{\"Tasks\":[{\"TaskArn\":\"x\",\"ClusterArn\":\"x\"}],\"JobId\":\"x\",\"JobRunId\":\"x\","
        "\"RunId\":\"x\",\"Build\":{\"Id\":\"x\"},\"BuildBatch\":{\"Id\":\"x\"},\"JobArn\":\"x\","
        "\"QueryExecutionId\":\"x\",\"ApplicationId\":\"x\",\"Id\":\"x\",\"Job\":{\"Id\":\"x\"}}");

    (void)state;
    for (size_t n = 0; n < ARRAY_LEN(jobs); n++) {
        const struct job *j = find(jobs[n][0], jobs[n][1]);

        for (int operation = JOB_DESCRIBE; operation <= JOB_STOP; operation++) {
            const char *action = job_action(j, (enum job_operation)operation);
            struct aws_integration i;
            struct aws_request request;
            struct arena a;
            CLEANUP(strbuf_done) struct strbuf problems;

            if (!action)
                continue;
            if (!aws_integration_find(jobs[n][0], action, &i, NULL))
                fail_msg("%s has no %s", jobs[n][0], action);

            CLEANUP(json_unref_p)
            struct json *parameters =
                job_parameters(j, (enum job_operation)operation, given, reply);

            assert_non_null(parameters);
            i.optimized = NULL; /* which knows no member that it could ignore */
            strbuf_init(&problems, 1000);
            arena_init(&a);
            /* The names of the two differ in nothing but case here. */
            CLEANUP(json_unref_p) struct json *input = aws_input(&i, parameters, &problems);

            if (!input || !aws_request_make(&a, &i, input, &request, &problems))
                fail_msg("%s:%s: %s", jobs[n][0], action, problems.data);
            arena_done(&a);
        }
    }
}

/* ---- what is asked for ---- */

static void test_parameters(void **state)
{
    CLEANUP(json_unref_p) struct json *given = parse("{\"JobName\":\"n\",\"Name\":1}");
    CLEANUP(json_unref_p) struct json *reply = parse("{\"JobRunId\":\"r\",\"Tasks\":[]}");

    (void)state;
    expect(job_parameters(find("glue", "startJobRun"), JOB_DESCRIBE, given, reply),
           "{\"JobName\":\"n\",\"RunId\":\"r\"}");
    expect(job_parameters(find("glue", "startJobRun"), JOB_STOP, given, reply),
           "{\"JobName\":\"n\",\"JobRunIds\":[\"r\"]}");
    expect(job_parameters(find("ecs", "runTask"), JOB_DESCRIBE, given, reply), "none");
    expect(job_parameters(find("eks", "createCluster"), JOB_DESCRIBE, given, reply), "none");
    expect(job_parameters(find("glue", "startJobRun"), JOB_DESCRIBE, NULL, reply), "none");
    assert_null(job_action(find("eks", "createCluster"), JOB_STOP));
}

/* ---- what is answered ---- */

static void check_look(const char *type, const char *action, const char *description,
                       enum job_state state, const char *expected)
{
    CLEANUP(json_unref_p) struct json *value = parse(description);
    struct json *shown = NULL;

    assert_int_equal(job_look(find(type, action), value, &shown), state);
    expect(shown, expected);
}

static void test_look(void **state)
{
    (void)state;
    check_look("glue", "startJobRun", "{\"JobRun\":{\"JobRunState\":\"RUNNING\"}}", JOB_RUNS,
               "none");
    check_look("glue", "startJobRun", "{\"JobRun\":{\"JobRunState\":\"SUCCEEDED\"}}", JOB_SUCCEEDED,
               "{\"JobRunState\":\"SUCCEEDED\"}");
    check_look("glue", "startJobRun", "{\"JobRun\":{\"JobRunState\":\"STOPPED\"}}", JOB_FAILED,
               "{\"JobRunState\":\"STOPPED\"}");
    /* Words that are parts of known ones, or several of them, are none. */
    check_look("glue", "startJobRun", "{\"JobRun\":{\"JobRunState\":\"STOP\"}}", JOB_RUNS, "none");
    check_look("glue", "startJobRun", "{\"JobRun\":{\"JobRunState\":\"\"}}", JOB_RUNS, "none");
    check_look("eks", "deleteCluster", "{\"Cluster\":{\"Status\":\"DELETING\"}}", JOB_RUNS, "none");
    /* Nothing is told of the job. */
    check_look("glue", "startJobRun", "{\"JobRun\":{\"JobRunState\":1}}", JOB_UNKNOWN, "none");
    check_look("glue", "startJobRun", "{\"JobRun\":[]}", JOB_UNKNOWN, "none");
    check_look("glue", "startJobRun", "[1]", JOB_UNKNOWN, "none");
    check_look("batch", "submitJob", "{\"Jobs\":[]}", JOB_UNKNOWN, "none");
    check_look("athena", "startQueryExecution",
               "{\"QueryExecution\":{\"Status\":{\"State\":\"CANCELLED\"}}}", JOB_FAILED,
               "{\"QueryExecution\":{\"Status\":{\"State\":\"CANCELLED\"}}}");
    check_look("codebuild", "startBuild", "{\"Builds\":[{\"BuildStatus\":\"SUCCEEDED\"}]}",
               JOB_SUCCEEDED, "{\"Build\":{\"BuildStatus\":\"SUCCEEDED\"}}");
    check_look("sagemaker", "createTrainingJob", "{\"TrainingJobStatus\":\"Completed\"}",
               JOB_SUCCEEDED, "{\"TrainingJobStatus\":\"Completed\"}");
}

static void test_containers(void **state)
{
    (void)state;
    check_look("ecs", "runTask", "{\"Tasks\":[{\"LastStatus\":\"DEPROVISIONING\"}]}", JOB_RUNS,
               "none");
    check_look("ecs", "runTask",
               "{\"Tasks\":[{\"LastStatus\":\"STOPPED\",\"Containers\":[{\"ExitCode\":0},{}]}]}",
               JOB_SUCCEEDED, "{\"LastStatus\":\"STOPPED\",\"Containers\":[{\"ExitCode\":0},{}]}");
    check_look("ecs", "runTask",
               "{\"Tasks\":[{\"LastStatus\":\"STOPPED\",\"Containers\":[{\"ExitCode\":137}]}]}",
               JOB_FAILED, "{\"LastStatus\":\"STOPPED\",\"Containers\":[{\"ExitCode\":137}]}");
    check_look("ecs", "runTask",
               "{\"Tasks\":[{\"LastStatus\":\"STOPPED\",\"StopCode\":\"TaskFailedToStart\"}]}",
               JOB_FAILED, "{\"LastStatus\":\"STOPPED\",\"StopCode\":\"TaskFailedToStart\"}");
    check_look("ecs", "runTask", "{\"Tasks\":[],\"Failures\":[{\"Reason\":\"MISSING\"}]}",
               JOB_UNKNOWN, "none");
}

static void test_gone(void **state)
{
    CLEANUP(json_unref_p)
    struct json *reply = parse("{\"Cluster\":{\"Name\":\"c\"},\"SdkHttpMetadata\":{}}");
    struct json *shown = NULL;

    (void)state;
    assert_int_equal(job_gone(find("eks", "createCluster"), reply, &shown), JOB_UNKNOWN);
    assert_null(shown);
    assert_int_equal(job_gone(find("eks", "deleteCluster"), reply, &shown), JOB_SUCCEEDED);
    expect(shown, "{\"Cluster\":{\"Name\":\"c\"}}");
    assert_int_equal(job_gone(find("emr-serverless", "deleteApplication"), reply, &shown),
                     JOB_SUCCEEDED);
    expect(shown, "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),       cmocka_unit_test(test_operations),
        cmocka_unit_test(test_parameters), cmocka_unit_test(test_look),
        cmocka_unit_test(test_containers), cmocka_unit_test(test_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
