/* The table of operations, and what is answered for those this server does not have. */
#include "harness.h"

static void test_unknown_operations(void **state)
{
    struct harness *h = *state;
    static const char *const targets[] = {
        "",
        "StartExecution",
        "AWSStepFunctions.",
        "AWSStepFunctions.startExecution",
        "DynamoDB_20120810.ListTables",
    };
    for (size_t i = 0; i < ARRAY_LEN(targets); i++)
        assert_non_null(strstr(ask(h, targets[i], "{}", 400),
                               "\"com.amazon.coral.service#UnknownOperationException\""));
    assert_non_null(strstr(ask(h, NULL, "{}", 400), "UnknownOperationException"));
}

static void test_request_ids_differ(void **state)
{
    struct harness *h = *state;
    char first[UUID_SIZE];
    (void)ask(h, "AWSStepFunctions.ListActivities", "{}", 200);
    memcpy(first, h->call.request_id, sizeof(first));
    (void)ask(h, "AWSStepFunctions.ListActivities", "{}", 200);
    assert_int_equal(strlen(first), 36);
    assert_string_not_equal(first, h->call.request_id);
}

/* What the server offers beside the API: design section 6. */
static const char *admin(struct harness *h, enum api_admin what, const char *body, int status)
{
    harness_prepare(h, &h->call, NULL, body);
    if (!api_handle_admin(h->api, &h->call, what))
        harness_run(h);
    assert_int_equal(h->call.status, status);
    return h->call.reply.data;
}

static void test_clock(void **state)
{
    struct harness *h = *state;
    assert_string_equal(admin(h, API_ADMIN_GET_CLOCK, "", 200),
                        "{\"mode\":\"manual\",\"now\":" DATE
                        ",\"time\":\"2026-09-21T14:13:20.500Z\"}");
    assert_string_equal(admin(h, API_ADMIN_ADVANCE_CLOCK, "{\"advance\":\"P14DT1S\"}", 200),
                        "{\"mode\":\"manual\",\"now\":1791209601.5,"
                        "\"time\":\"2026-10-05T14:13:21.500Z\"}");
    assert_string_equal(admin(h, API_ADMIN_ADVANCE_CLOCK, "{\"advanceSeconds\":0.25}", 200),
                        "{\"mode\":\"manual\",\"now\":1791209601.75,"
                        "\"time\":\"2026-10-05T14:13:21.750Z\"}");
    static const char *const bad[] = {
        "{}",
        "",
        "[]",
        "{\"advance\":\"1 day\"}",
        "{\"advance\":7}",
        "{\"advanceSeconds\":-1}",
        "{\"advanceSeconds\":\"1\"}",
        "{\"advanceSeconds\":1e300}",
        "{\"advance\":\"P1D\",\"advanceSeconds\":1}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        (void)admin(h, API_ADMIN_ADVANCE_CLOCK, bad[i], 400);
    assert_non_null(strstr(admin(h, API_ADMIN_GET_CLOCK, "", 200), "1791209601.75"));
}

static void test_reset(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", PASS);
    start_execution(h, "m", "x");
    assert_string_equal(admin(h, API_ADMIN_RESET, "{}", 200), "{}");
    ANSWERS(h, "ListStateMachines", "{}", "{\"stateMachines\":[]}");
    REFUSES(h, "DescribeExecution", "{\"executionArn\":\"" HEAD "execution:m:x\"}",
            SERVICE "ExecutionDoesNotExist", "Execution Does Not Exist: '" HEAD "execution:m:x'");
}

static void test_metrics(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", PASS);
    start_execution(h, "m", "x");
    (void)ask(h, "AWSStepFunctions.DescribeActivity", "{}", 400);
    const char *answer = admin(h, API_ADMIN_METRICS, "", 200);
    assert_non_null(strstr(answer, "\"requests\":3,\"requestsRefused\":1,\"requestsFailed\":0,"));
    assert_non_null(strstr(answer, "\"executionsStarted\":1,\"executionsSucceeded\":1,"));
    assert_non_null(strstr(admin(h, API_ADMIN_HEALTH, "", 200), "\"status\":\"ok\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_unknown_operations),
        TEST(test_request_ids_differ),
        TEST(test_clock),
        TEST(test_reset),
        TEST(test_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
