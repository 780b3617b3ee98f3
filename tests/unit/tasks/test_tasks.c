/* The drivers with a Lambda that is a thread of this test: calls, errors, cancelling, and what
 * is missing.
 *
 * The engine here is a list of drivers and of results; it takes the place of the real one, of
 * which nothing is linked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fake_server.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "tasks/tasks.h"

#define PATIENCE_SECONDS 20 /* a test that waits longer has failed */

/* ---- the engine ------------------------------------------------------------------------------ */

#define MAX_TASKS 512

struct ended {
    unsigned times;
    enum task_outcome outcome;
    char *output, *error, *cause; /* owned */
};

struct engine {
    struct task_driver drivers[8];
    size_t drivers_len;
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t changed;
    struct ended ended[MAX_TASKS];
    unsigned ended_len;
};

void engine_add_driver(struct engine *e, const struct task_driver *driver)
{
    e->drivers[e->drivers_len++] = *driver;
}

void engine_task_submitted(struct engine *e, uint64_t id, struct text output)
{
    (void)e;
    (void)id;
    (void)output;
    fail(); /* jobs: test_job_driver.c */
}

void engine_task_finished(struct engine *e, uint64_t id, const struct task_result *result)
{
    (void)pthread_mutex_lock(&e->lock);

    struct ended *x = &e->ended[id];

    if (x->times++ == 0) {
        x->outcome = result->outcome;
        x->output = result->output.data ? xmemdup(result->output.data, result->output.len) : NULL;
        x->error = result->error ? xstrdup(result->error) : NULL;
        x->cause = result->cause.data ? xmemdup(result->cause.data, result->cause.len) : NULL;
    }
    e->ended_len++;
    (void)pthread_cond_broadcast(&e->changed);
    (void)pthread_mutex_unlock(&e->lock);
}

static struct timespec deadline(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += PATIENCE_SECONDS;
    return t;
}

static const struct task_driver *driver_for(struct engine *e, const struct task_request *r)
{
    for (size_t i = 0; i < e->drivers_len; i++) {
        const struct task_driver *d = &e->drivers[i];

        if (d->accepts(d->self, r->arn, r->type, r->action))
            return d;
    }
    fail_msg("no driver takes %s", r->arn);
    return NULL;
}

/* ---- the Lambda ------------------------------------------------------------------------------ */

/* What the functions do, by name. */
static const struct {
    const char *name, *answer; /* the head without Content-Length; NULL: see serve() */
    const char *body;          /* NULL: the request's body */
} functions[] = {
    {"echo", "200 OK\r\nX-Amz-Executed-Version: $LATEST", NULL},
    {"raise", "200 OK\r\nX-Amz-Function-Error: Unhandled",
     "{\"errorType\":\"E\",\"errorMessage\":\"m\"}"},
    {"missing", "404 Not Found\r\nx-amzn-ErrorType: ResourceNotFoundException",
     "{\"Message\":\"Function not found: missing\"}"},
    {"moved", "302 Found\r\nLocation: /2015-03-31/functions/echo/invocations", ""},
    {"interim", "100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Final: 1", "1"},
    {"slow", NULL, NULL},     /* never answers */
    {"hang-up", NULL, NULL},  /* closes the connection */
    {"large", NULL, NULL},    /* 400 KB */
    {"chatty", NULL, NULL},   /* a head without end */
    {"nonsense", NULL, NULL}, /* not HTTP */
};

struct lambda {
    struct fake_server fake;

    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t changed;
    size_t requests, slow_begun, slow_ended, at_once, most_at_once;
    bool hold; /* requests wait before they are served */
};

static struct lambda lambda;

static void count(size_t *counter)
{
    (void)pthread_mutex_lock(&lambda.lock);
    ++*counter;
    (void)pthread_cond_broadcast(&lambda.changed);
    (void)pthread_mutex_unlock(&lambda.lock);
}

static void wait_for(const size_t *counter, size_t value)
{
    struct timespec end = deadline();
    bool in_time = true;

    (void)pthread_mutex_lock(&lambda.lock);
    while (*counter < value && in_time)
        in_time = pthread_cond_timedwait(&lambda.changed, &lambda.lock, &end) == 0;
    (void)pthread_mutex_unlock(&lambda.lock);
    assert_true(in_time);
}

static bool send_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static bool answer(int fd, const char *head, const char *body, size_t len)
{
    char *text = xasprintf("HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", head, len);
    bool ok = send_all(fd, text, strlen(text)) && send_all(fd, body, len);

    free(text);
    return ok;
}

/* Answers one of the functions that do not just answer; false ends the connection. */
static bool misbehave(int fd, const char *name)
{
    char byte;

    if (strcmp(name, "slow") == 0) {
        count(&lambda.slow_begun);
        while (recv(fd, &byte, 1, 0) > 0)
            continue;
        count(&lambda.slow_ended);
    } else if (strcmp(name, "large") == 0) {
        char *body = xcalloc(1, 400001);

        memset(body, 'x', 400000);
        (void)answer(fd, "200 OK", body, 400000);
        free(body);
    } else if (strcmp(name, "chatty") == 0) {
        bool ok = send_all(fd, "HTTP/1.1 200 OK\r\n", 17);

        for (unsigned i = 0; ok && i < 100000; i++)
            ok = send_all(fd, "X-More: and more\r\n", 18);
    } else if (strcmp(name, "nonsense") == 0) {
        (void)send_all(fd, "\x01\x02\x03 what?\r\n\r\n", 14);
    }
    return false; /* hang-up, too */
}

static bool serve(int fd, const char *name, const char *body, size_t len)
{
    (void)pthread_mutex_lock(&lambda.lock);
    lambda.requests++;
    lambda.at_once++;
    lambda.most_at_once = MAX(lambda.most_at_once, lambda.at_once);
    (void)pthread_cond_broadcast(&lambda.changed);
    while (lambda.hold)
        (void)pthread_cond_wait(&lambda.changed, &lambda.lock);
    lambda.at_once--;
    (void)pthread_mutex_unlock(&lambda.lock);

    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        if (strcmp(functions[i].name, name) != 0)
            continue;
        if (!functions[i].answer)
            return misbehave(fd, name);
        if (functions[i].body)
            return answer(fd, functions[i].answer, functions[i].body, strlen(functions[i].body));
        return answer(fd, functions[i].answer, body, len);
    }
    return answer(fd, "500 Oops", "", 0);
}

static void work(int fd)
{
    size_t cap = 600000, len;
    char *buffer = xmalloc(cap);
    bool open = true;

    while (open) {
        const char *body = fake_server_read(fd, buffer, cap, &len);
        char name[64];

        if (!body)
            open = false;
        else if (sscanf(buffer, "POST /2015-03-31/functions/%63[^/]/invocations HTTP/1.1\r\n",
                        name) != 1)
            open = answer(fd, "400 Bad Request", buffer, 0);
        else
            open = serve(fd, name, body, len);
    }
    free(buffer);
}

static void lambda_open(void)
{
    memset(&lambda, 0, sizeof(lambda));
    (void)pthread_mutex_init(&lambda.lock, NULL);
    (void)pthread_cond_init(&lambda.changed, NULL);
    fake_server_open(&lambda.fake, work);
}

/* After tasks_free: every connection has ended, and so do their threads. */
static void lambda_close(void)
{
    fake_server_close(&lambda.fake);
    (void)pthread_cond_destroy(&lambda.changed);
    (void)pthread_mutex_destroy(&lambda.lock);
}

static void hold(bool on)
{
    (void)pthread_mutex_lock(&lambda.lock);
    lambda.hold = on;
    (void)pthread_cond_broadcast(&lambda.changed);
    (void)pthread_mutex_unlock(&lambda.lock);
}

/* ---- one test's set-up ----------------------------------------------------------------------- */

static struct engine engine;
static struct endpoints *endpoints;
static struct tasks *tasks;

static void open_tasks(const char *endpoint, unsigned transfers)
{
    struct tasks_config config = {
        .endpoints = endpoints_new(NULL),
        .payload_bytes = limits_service.payload_bytes,
        .transfers = transfers,
    };
    struct err err;

    memset(&engine, 0, sizeof(engine));
    (void)pthread_mutex_init(&engine.lock, NULL);
    (void)pthread_cond_init(&engine.changed, NULL);
    if (endpoint)
        assert_int_equal(endpoints_set(config.endpoints, "lambda", endpoint, &err), 0);
    endpoints = config.endpoints;
    tasks = tasks_new(&config);
    tasks_register(tasks, &engine);
}

static void close_tasks(void)
{
    tasks_free(tasks);
    endpoints_free(endpoints);
    for (size_t i = 0; i < MAX_TASKS; i++) {
        free(engine.ended[i].output);
        free(engine.ended[i].error);
        free(engine.ended[i].cause);
    }
    (void)pthread_cond_destroy(&engine.changed);
    (void)pthread_mutex_destroy(&engine.lock);
}

static int set_up(void **state)
{
    char endpoint[64];

    (void)state;
    lambda_open();
    (void)snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u/", lambda.fake.port);
    open_tasks(endpoint, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_tasks();
    lambda_close();
    return 0;
}

static const struct task_driver *start(uint64_t id, const char *function, const char *input)
{
    char *arn = xasprintf("arn:aws:lambda:us-east-1:123456789012:function:%s", function);
    struct task_request request = {
        .id = id,
        .arn = arn,
        .input = {input, strlen(input)},
        .account = "123456789012",
        .region = "us-east-1",
        .execution_arn = "x",
        .state = "S",
        .token = "t",
    };
    const struct task_driver *d = driver_for(&engine, &request);

    d->start(d->self, &engine, &request);
    free(arn);
    return d;
}

static const struct ended *end_of(uint64_t id)
{
    struct timespec end = deadline();
    bool in_time = true;

    (void)pthread_mutex_lock(&engine.lock);
    while (!engine.ended[id].times && in_time)
        in_time = pthread_cond_timedwait(&engine.changed, &engine.lock, &end) == 0;
    (void)pthread_mutex_unlock(&engine.lock);
    assert_true(in_time);
    return &engine.ended[id];
}

static void expect_failure(const char *function, const char *error, const char *cause)
{
    const struct ended *x;

    (void)start(1, function, "{}");
    x = end_of(1);
    assert_int_equal(x->outcome, TASK_FAILED);
    assert_string_equal(x->error, error);
    if (strcmp(cause, x->cause) != 0 && !strstr(x->cause, cause))
        fail_msg("'%s' is not in '%s'", cause, x->cause);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_success(void **state)
{
    const struct ended *x;

    (void)state;
    (void)start(1, "echo", "{\"a\":[1,2]}");
    x = end_of(1);
    assert_int_equal(x->outcome, TASK_SUCCEEDED);
    assert_string_equal(x->output, "{\"a\":[1,2]}");
}

static void test_integration(void **state)
{
    const struct task_request request = {
        .id = 1,
        .arn = "arn:aws:states:::lambda:invoke",
        .type = "lambda",
        .action = "invoke",
        .input = TEXT("{\"FunctionName\":\"echo\",\"Payload\":{\"a\":1}}"),
        .account = "123456789012",
        .region = "us-east-1",
    };
    const struct task_driver *d = driver_for(&engine, &request);
    const struct ended *x;

    (void)state;
    d->start(d->self, &engine, &request);
    x = end_of(1);
    assert_int_equal(x->outcome, TASK_SUCCEEDED);
    assert_string_equal(
        x->output, "{\"ExecutedVersion\":\"$LATEST\",\"Payload\":{\"a\":1},\"SdkHttpMetadata\":{"
                   "\"AllHttpHeaders\":{\"X-Amz-Executed-Version\":[\"$LATEST\"],"
                   "\"Content-Length\":[\"7\"]},\"HttpHeaders\":{\"Content-Length\":\"7\","
                   "\"X-Amz-Executed-Version\":\"$LATEST\"},\"HttpStatusCode\":200},"
                   "\"SdkResponseMetadata\":{\"RequestId\":null},\"StatusCode\":200}");
}

/* Parameters that cannot be sent: no request is made. */
static void test_bad_parameters(void **state)
{
    const struct task_request request = {
        .id = 1,
        .arn = "arn:aws:states:::lambda:invoke",
        .type = "lambda",
        .action = "invoke",
        .input = TEXT("{}"),
        .account = "123456789012",
        .region = "us-east-1",
    };
    const struct task_driver *d = driver_for(&engine, &request);

    (void)state;
    d->start(d->self, &engine, &request);
    assert_string_equal(end_of(1)->error, "States.Runtime");
    assert_int_equal(lambda.fake.connections, 0);
}

static void test_large_input(void **state)
{
    char *input = xmalloc(262145);

    (void)state;
    memset(input, 'a', 262144);
    input[0] = input[262143] = '"';
    input[262144] = '\0';
    (void)start(1, "echo", input);
    assert_int_equal(end_of(1)->outcome, TASK_SUCCEEDED);
    assert_string_equal(engine.ended[1].output, input);
    free(input);
}

static void test_function_error(void **state)
{
    (void)state;
    expect_failure("raise", "E", "{\"errorType\":\"E\",\"errorMessage\":\"m\"}");
}

static void test_not_found(void **state)
{
    (void)state;
    expect_failure("missing", "Lambda.ResourceNotFoundException",
                   "Function not found: missing (Service: AWSLambda; Status Code: 404; Error Code: "
                   "ResourceNotFoundException; Request ID: null; Proxy: null)");
}

/* A redirect is an answer, not an order. */
static void test_redirect(void **state)
{
    (void)state;
    expect_failure("moved", "Lambda.AWSLambdaException", "Status Code: 302");
    assert_int_equal(lambda.requests, 1);
}

static void test_interim_answer(void **state)
{
    (void)state;
    (void)start(1, "interim", "{}");
    assert_string_equal(end_of(1)->output, "1");
}

static void test_large_answer(void **state)
{
    (void)state;
    expect_failure(
        "large", "States.DataLimitExceeded",
        "The state/task 'arn:aws:lambda:us-east-1:123456789012:function:large' returned a "
        "result with a size exceeding the maximum number of bytes service limit.");
}

static void test_endless_head(void **state)
{
    (void)state;
    expect_failure("chatty", "Lambda.SdkClientException", "the head of the response is too large");
}

static void test_hang_up(void **state)
{
    (void)state;
    expect_failure("hang-up", "Lambda.SdkClientException",
                   "Unable to execute HTTP request: 127.0.0.1:");
}

static void test_not_http(void **state)
{
    (void)state;
    expect_failure("nonsense", "Lambda.SdkClientException",
                   "Unable to execute HTTP request: 127.0.0.1:");
}

/* Connections are kept: a hundred calls one after the other need one.  This Lambda sends head and
 * body separately, which must not cost a delayed acknowledgement (40 ms) for each of them. */
static void test_connection_reuse(void **state)
{
    int64_t begun = clock_monotonic();

    (void)state;
    for (uint64_t id = 1; id <= 100; id++) {
        (void)start(id, "echo", "{}");
        assert_int_equal(end_of(id)->outcome, TASK_SUCCEEDED);
    }
    assert_int_equal(lambda.requests, 100);
    assert_int_equal(lambda.fake.connections, 1);
    assert_true(clock_monotonic() - begun < 2000);
}

static void test_cancel(void **state)
{
    const struct task_driver *d;

    (void)state;
    d = start(1, "slow", "{}");
    wait_for(&lambda.slow_begun, 1);
    d->cancel(d->self, 1);
    wait_for(&lambda.slow_ended, 1); /* the connection is closed */
    d->cancel(d->self, 1);
    d->cancel(d->self, 77); /* never started */
    (void)start(2, "echo", "{}");
    assert_int_equal(end_of(2)->outcome, TASK_SUCCEEDED);
    assert_int_equal(engine.ended[1].times, 0);
}

/* Free ends what runs, and nobody hears of it. */
static void test_free_while_running(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 10; id++)
        (void)start(id, "slow", "{}");
    wait_for(&lambda.slow_begun, 10);
    (void)start(11, "slow", "{}");
    tasks_free(tasks);
    tasks = NULL;
    wait_for(&lambda.slow_ended, 10);
    assert_int_equal(engine.ended_len, 0);
}

static void test_many(void **state)
{
    (void)state;
    for (uint64_t id = 1; id < MAX_TASKS; id++)
        (void)start(id, "echo", "{\"n\":1}");
    for (uint64_t id = 1; id < MAX_TASKS; id++)
        assert_string_equal(end_of(id)->output, "{\"n\":1}");
    assert_int_equal(engine.ended_len, MAX_TASKS - 1);
}

/* No more transfers at once than allowed; those that wait can be cancelled. */
static void test_queue(void **state)
{
    char endpoint[64];
    const struct task_driver *d = NULL;

    (void)state;
    close_tasks();
    (void)snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u", lambda.fake.port);
    open_tasks(endpoint, 3);
    hold(true);
    for (uint64_t id = 1; id <= 20; id++)
        d = start(id, "echo", "{}");
    wait_for(&lambda.requests, 3);
    for (uint64_t id = 11; id <= 20; id++)
        d->cancel(d->self, id);
    hold(false);
    for (uint64_t id = 1; id <= 10; id++)
        assert_int_equal(end_of(id)->outcome, TASK_SUCCEEDED);
    assert_int_equal(lambda.most_at_once, 3);
    assert_int_equal(engine.ended_len, 10);
    assert_int_equal(lambda.requests, 10);
}

static void test_refused(void **state)
{
    char endpoint[64];
    char cause[128];
    uint16_t port;

    (void)state;
    lambda_open();
    port = lambda.fake.port;
    lambda_close(); /* nobody listens there now */
    (void)snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u", port);
    (void)snprintf(
        cause, sizeof(cause),
        "Unable to execute HTTP request: Connect to 127.0.0.1:%u failed: Connection refused", port);
    open_tasks(endpoint, 0);
    expect_failure("echo", "Lambda.SdkClientException", cause);
    close_tasks();
}

/* Longer than a part of a name can be, so that no name server is asked. */
#define NO_HOST "no-such-host-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789"

/* The recorded words for a name without an address (reference/integrations.md 4). */
static void test_no_such_host(void **state)
{
    (void)state;
    open_tasks("http://" NO_HOST ":3001", 0);
    expect_failure("echo", "Lambda.SdkClientException",
                   "Unable to execute HTTP request: " NO_HOST ": Name or service not known");
    close_tasks();
}

/* Nothing is configured: the cause says what to do. */
static void test_fallback(void **state)
{
    static const struct {
        struct task_request request;
        const char *cause;
    } cases[] = {
        {{.arn = "arn:aws:states:::lambda:invoke", .type = "lambda", .action = "invoke"},
         "No endpoint is configured for Lambda, which the resource "
         "'arn:aws:states:::lambda:invoke' "
         "needs. Set LAMBDA_ENDPOINT, AWS_ENDPOINT_URL_LAMBDA or AWS_ENDPOINT_URL to its URL, or "
         "mock the state (SFN_MOCK_CONFIG)."},
        {{.arn = "arn:aws:lambda:us-east-1:1:function:f"},
         "No endpoint is configured for Lambda, which the resource "
         "'arn:aws:lambda:us-east-1:1:function:f' needs. Set LAMBDA_ENDPOINT, "
         "AWS_ENDPOINT_URL_LAMBDA or AWS_ENDPOINT_URL to its URL, or mock the state "
         "(SFN_MOCK_CONFIG)."},
        {{.arn = "arn:aws:states:::sqs:sendMessage", .type = "sqs", .action = "sendMessage"},
         "No endpoint is configured for Sqs, which the resource 'arn:aws:states:::sqs:sendMessage' "
         "needs. Set SQS_ENDPOINT, AWS_ENDPOINT_URL_SQS or AWS_ENDPOINT_URL to its URL, or mock "
         "the "
         "state (SFN_MOCK_CONFIG)."},
        {{.arn = "arn:aws:states:::aws-sdk:s3:flyObject",
          .type = "aws-sdk:s3",
          .action = "flyObject"},
         "The operation 'flyObject' of 'aws-sdk:s3' is not known to this server. Mock the state "
         "(SFN_MOCK_CONFIG)."},
        {{.arn = "arn:aws:states:::aws-sdk:braket:getJob",
          .type = "aws-sdk:braket",
          .action = "getJob"},
         "The integration 'arn:aws:states:::aws-sdk:braket:getJob' is not supported by this server "
         "yet. Mock the state (SFN_MOCK_CONFIG)."},
        {{.arn = "arn:aws:states:::aws-sdk:s3:getObject",
          .type = "aws-sdk:s3",
          .action = "getObject"},
         "No endpoint is configured for S3, which the resource "
         "'arn:aws:states:::aws-sdk:s3:getObject' needs. Set S3_ENDPOINT, AWS_ENDPOINT_URL_S3 or "
         "AWS_ENDPOINT_URL to its URL, or mock the state (SFN_MOCK_CONFIG)."},
        {{.arn = "arn:aws:states:::ecs:runTask.sync", .type = "ecs", .action = "runTask"},
         "No endpoint is configured for Ecs, which the resource "
         "'arn:aws:states:::ecs:runTask.sync' needs. Set ECS_ENDPOINT, AWS_ENDPOINT_URL_ECS or "
         "AWS_ENDPOINT_URL to its URL, or mock the state (SFN_MOCK_CONFIG)."},
        {{.arn = "arn:aws:states:::eks:runJob.sync", .type = "eks", .action = "runJob"},
         "The integration 'eks:runJob' is not supported by this server with '.sync'. Mock the "
         "state "
         "(SFN_MOCK_CONFIG)."},
        {{.arn = "arn:aws:else:::x"},
         "The resource 'arn:aws:else:::x' is not supported by this server."},
    };

    (void)state;
    open_tasks(NULL, 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct task_request request = cases[i].request;
        const struct task_driver *d = driver_for(&engine, &request);
        const struct ended *x;

        request.id = i + 1;
        d->start(d->self, &engine, &request);
        x = end_of(request.id);
        assert_int_equal(x->outcome, TASK_FAILED);
        assert_string_equal(x->error, "States.Runtime");
        assert_string_equal(x->cause, cases[i].cause);
        d->cancel(d->self, request.id);
    }
    close_tasks();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_success, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_integration, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_parameters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_large_input, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_function_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_redirect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_interim_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_large_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_endless_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hang_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_http, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connection_reuse, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_free_while_running, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_queue, set_up, tear_down),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_such_host),
        cmocka_unit_test(test_fallback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
