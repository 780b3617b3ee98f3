/* The driver of HTTP Tasks over one server that plays EventBridge, Secrets Manager, the OAuth server and
 * the API: the order of the requests, and that a task can be cancelled at each of them. */
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

#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/engine.h"
#include "tasks/tasks.h"

#define PATIENCE_SECONDS 20

/* ---- the engine: one driver, one result ------------------------------------------------------ */

struct engine {
    struct task_driver driver;
    pthread_mutex_t lock; /* guards the rest, and the server's */
    pthread_cond_t changed;
    unsigned ended;
    char *outcome; /* owned: the output, or "error: cause" */
    bool traced;
};

static struct engine engine;

void engine_add_driver(struct engine *e, const struct task_driver *driver)
{
    if (strcmp(driver->name, "http") == 0)
        e->driver = *driver;
}

void engine_task_finished(struct engine *e, uint64_t id, const struct task_result *r)
{
    (void)id;
    (void)pthread_mutex_lock(&e->lock);
    free(e->outcome);
    e->outcome = r->outcome == TASK_SUCCEEDED
                     ? xmemdup(r->output.data, r->output.len)
                     : xasprintf("%s: %s", r->error, r->cause.data ? r->cause.data : "");
    e->traced = r->trace != NULL;
    e->ended++;
    (void)pthread_cond_broadcast(&e->changed);
    (void)pthread_mutex_unlock(&e->lock);
}

void engine_task_submitted(struct engine *e, uint64_t id, struct text output)
{
    (void)e;
    (void)id;
    (void)output;
    fail(); /* no HTTP Task is a job */
}

/* ---- the server ------------------------------------------------------------------------------ */

enum part { DESCRIBE, SECRET, TOKEN, API, PARTS, NONE = PARTS };

static struct {
    struct fake_server fake;
    /* The engine's lock guards the rest. */
    char seen[64];    /* the parts that were asked, by their first letter */
    enum part silent; /* does not answer */
    unsigned gone;    /* clients that went away instead */
    const char *bodies[PARTS];
    int refusals; /* so many more requests the API answers with 401 */
} server;

static enum part part_of(const char *request)
{
    if (strstr(request, "AWSEvents.DescribeConnection"))
        return DESCRIBE;
    if (strstr(request, "secretsmanager.GetSecretValue"))
        return SECRET;
    return strncmp(request, "POST /token", 11) == 0 ? TOKEN : API;
}

/* Notes the request; returns whether it is to be answered, with what. */
static bool note(enum part part, int *ret_status, char **ret_body)
{
    static const char letters[] = "DSTA";
    bool answers;

    (void)pthread_mutex_lock(&engine.lock);
    server.seen[strlen(server.seen)] = letters[part];
    *ret_status = part == API && server.refusals > 0 ? 401 : 200;
    if (part == API && server.refusals > 0)
        server.refusals--;
    *ret_body = xstrdup(server.bodies[part]);
    answers = server.silent != part;
    (void)pthread_cond_broadcast(&engine.changed);
    (void)pthread_mutex_unlock(&engine.lock);
    return answers;
}

static void wait_until_gone(int fd)
{
    char byte;

    while (recv(fd, &byte, 1, 0) > 0)
        continue;
    (void)pthread_mutex_lock(&engine.lock);
    server.gone++;
    (void)pthread_cond_broadcast(&engine.changed);
    (void)pthread_mutex_unlock(&engine.lock);
}

static void work(int fd)
{
    char *buffer = xmalloc(65536);
    size_t len;

    while (fake_server_read(fd, buffer, 65536, &len)) {
        CLEANUP(free_p) char *body = NULL;
        int status;

        if (!note(part_of(buffer), &status, &body)) {
            wait_until_gone(fd);
            break;
        }

        CLEANUP(free_p)
        char *text = xasprintf("HTTP/1.1 %d Why\r\nContent-Type: text/plain\r\nContent-Length: "
                               "%zu\r\n\r\n%s",
                               status, strlen(body), body);

        if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
            break;
    }
    free(buffer);
}

static void server_open(void)
{
    memset(&server, 0, sizeof(server));
    server.silent = NONE;
    fake_server_open(&server.fake, work);
}

static void server_close(void)
{
    fake_server_close(&server.fake);
}

/* ---- one test's set-up ----------------------------------------------------------------------- */

static struct endpoints *endpoints;
static struct connections *connections;
static struct tasks *tasks;
static char *secret; /* what Secrets Manager answers */

static void set_endpoint(const char *service)
{
    CLEANUP(free_p) char *url = xasprintf("http://127.0.0.1:%u", server.fake.port);
    struct err err;

    assert_int_equal(endpoints_set(endpoints, service, url, &err), 0);
}

static int set_up(void **state)
{
    static const char file[] = "{\"filed\":{\"AuthorizationType\":\"API_KEY\",\"AuthParameters\":{"
                               "\"ApiKeyAuthParameters\":{\"ApiKeyName\":\"K\",\"ApiKeyValue\":"
                               "\"v\"}}}}";
    struct tasks_config config = {.payload_bytes = limits_service.payload_bytes};
    struct err err;

    (void)state;
    memset(&engine, 0, sizeof(engine));
    (void)pthread_mutex_init(&engine.lock, NULL);
    (void)pthread_cond_init(&engine.changed, NULL);
    server_open();
    endpoints = endpoints_new(NULL);
    set_endpoint("events");
    set_endpoint("secretsmanager");
    assert_int_equal(connections_parse(file, sizeof(file) - 1, &connections, &err), 0);
    config.endpoints = endpoints;
    config.connections = connections;
    tasks = tasks_new(&config);
    tasks_register(tasks, &engine);
    server.bodies[DESCRIBE] =
        "{\"AuthorizationType\":\"OAUTH_CLIENT_CREDENTIALS\",\"SecretArn\":\"s\"}";
    secret = xasprintf("{\"SecretString\":\"{\\\"client_id\\\":\\\"i\\\",\\\"client_secret\\\":"
                       "\\\"s\\\",\\\"http_method\\\":\\\"POST\\\",\\\"authorization_endpoint\\\":"
                       "\\\"http://127.0.0.1:%u/token\\\"}\"}",
                       server.fake.port);
    server.bodies[SECRET] = secret;
    server.bodies[TOKEN] = "{\"access_token\":\"t\",\"expires_in\":3600}";
    server.bodies[API] = "done";
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tasks_free(tasks);
    server_close();
    endpoints_free(endpoints);
    connections_free(connections);
    free(secret);
    free(engine.outcome);
    (void)pthread_cond_destroy(&engine.changed);
    (void)pthread_mutex_destroy(&engine.lock);
    return 0;
}

static void start(uint64_t id, const char *connection, enum task_tracing tracing)
{
    CLEANUP(free_p)
    char *input = xasprintf("{\"ApiEndpoint\":\"http://127.0.0.1:%u/\",\"Method\":\"GET\","
                            "\"Authentication\":{\"ConnectionArn\":\"arn:aws:events:r:1:connection/"
                            "%s\"}}",
                            server.fake.port, connection);
    struct task_request request = {
        .id = id,
        .arn = "arn:aws:states:::http:invoke",
        .type = "http",
        .action = "invoke",
        .input = {input, strlen(input)},
        .account = "1",
        .region = "r",
        .tracing = tracing,
    };

    assert_true(
        engine.driver.accepts(engine.driver.self, request.arn, request.type, request.action));
    engine.driver.start(engine.driver.self, &engine, &request);
}

/* The server's part of a test: which requests are not answered from now on. */
static void watch(enum part silent)
{
    (void)pthread_mutex_lock(&engine.lock);
    memset(server.seen, 0, sizeof(server.seen));
    server.silent = silent;
    (void)pthread_mutex_unlock(&engine.lock);
}

static void answer_with(enum part part, const char *body)
{
    (void)pthread_mutex_lock(&engine.lock);
    server.bodies[part] = body;
    (void)pthread_mutex_unlock(&engine.lock);
}

static void refuse(int times)
{
    (void)pthread_mutex_lock(&engine.lock);
    server.refusals = times;
    (void)pthread_mutex_unlock(&engine.lock);
}

/* Waits until *counter is `value`; with the lock. */
static void wait_for(const unsigned *counter, unsigned value)
{
    struct timespec end;
    bool in_time = true;

    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_SECONDS;
    while (*counter < value && in_time)
        in_time = pthread_cond_timedwait(&engine.changed, &engine.lock, &end) == 0;
    assert_true(in_time);
}

/* A task's outcome begins so, after these requests. */
static void expect(const char *connection, const char *outcome, const char *seen)
{
    unsigned before = engine.ended;

    watch(NONE);
    start(before + 1, connection, TASK_UNTRACED);
    (void)pthread_mutex_lock(&engine.lock);
    wait_for(&engine.ended, before + 1);
    if (!strstr(engine.outcome, outcome))
        fail_msg("'%s' is not in '%s'", outcome, engine.outcome);
    assert_string_equal(server.seen, seen);
    (void)pthread_mutex_unlock(&engine.lock);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_steps(void **state)
{
    (void)state;
    expect("filed", "\"ResponseBody\":\"done\"", "A");
    expect("c", "\"ResponseBody\":\"done\"", "DSTA");
    expect("c", "\"ResponseBody\":\"done\"", "DSA"); /* the token is kept */
    refuse(1);
    expect("c", "\"ResponseBody\":\"done\"", "DSATA"); /* and asked for again */
    refuse(2);
    expect("c", "States.Http.StatusCode.401: Why", "DSATA"); /* once */
    refuse(1);
    expect("filed", "States.Http.StatusCode.401: Why", "A");
}

static void test_failing_steps(void **state)
{
    (void)state;
    answer_with(TOKEN, "{}");
    expect("c",
           "Events.ConnectionResource.InvalidConnectionState: The connection 'c': the answer "
           "of its AuthorizationEndpoint has no access_token",
           "DST");
    answer_with(SECRET, "{\"SecretString\":\"text\"}");
    expect("c", "Events.ConnectionResource.InvalidSecret: The secret of the connection 'c'", "DS");
    answer_with(SECRET, "[]");
    expect("c", "Events.ConnectionResource.InvalidSecret: The secret of the connection 'c'", "DS");
    answer_with(SECRET, "{\"SecretString\":\"{}\"}");
    expect("c", "InvalidSecret: The connection 'c': ClientID is missing", "DS");
    answer_with(DESCRIBE, "{\"ConnectionState\":\"DEAUTHORIZED\"}");
    expect("c", "InvalidConnectionState: The connection 'c' is not authorized.", "D");
    answer_with(DESCRIBE, "what?");
    expect("c", "the answer is no JSON", "D");
}

/* Without a secret the description has to do. */
static void test_no_secret(void **state)
{
    (void)state;
    answer_with(DESCRIBE, "{\"AuthorizationType\":\"BASIC\",\"AuthParameters\":{"
                          "\"BasicAuthParameters\":{\"Username\":\"u\",\"Password\":\"p\"}}}");
    expect("c", "\"ResponseBody\":\"done\"", "DA");
}

/* At each step: the connection is closed, nothing more is sent, nobody hears of it. */
static void test_cancel(void **state)
{
    static const char *const seen[PARTS] = {"D", "DS", "DST", "DSTA"};

    (void)state;
    for (enum part part = DESCRIBE; part < PARTS; part++) {
        watch(part);
        start(part + 1, "c", TASK_UNTRACED);
        (void)pthread_mutex_lock(&engine.lock);
        while (strlen(server.seen) < strlen(seen[part]))
            (void)pthread_cond_wait(&engine.changed, &engine.lock);
        (void)pthread_mutex_unlock(&engine.lock);
        engine.driver.cancel(engine.driver.self, part + 1);
        (void)pthread_mutex_lock(&engine.lock);
        wait_for(&server.gone, part + 1);
        assert_string_equal(server.seen, seen[part]);
        (void)pthread_mutex_unlock(&engine.lock);
    }
    watch(NONE);
    expect("filed", "\"ResponseBody\":\"done\"", "A");
    assert_int_equal(engine.ended, 1);
}

/* Cancelled at any moment, also between two requests: everything is freed. */
static void test_cancel_anywhere(void **state)
{
    (void)state;
    answer_with(TOKEN, "{\"access_token\":\"t\",\"expires_in\":0}");
    for (uint64_t id = 1; id <= 60; id++) {
        struct timespec pause = {.tv_nsec = (long)(id * 37 % 60) * 20000};

        watch(NONE);
        start(id, "c", TASK_UNTRACED);
        (void)nanosleep(&pause, NULL);
        engine.driver.cancel(engine.driver.self, id);
    }
}

static void test_free_while_running(void **state)
{
    (void)state;
    for (enum part part = DESCRIBE; part < PARTS; part++) {
        watch(part);
        start(part + 1, "c", TASK_UNTRACED);
        (void)pthread_mutex_lock(&engine.lock);
        while (strlen(server.seen) <= part)
            (void)pthread_cond_wait(&engine.changed, &engine.lock);
        (void)pthread_mutex_unlock(&engine.lock);
    }
    tasks_free(tasks);
    tasks = NULL;
    assert_int_equal(engine.ended, 0);
}

static void test_traces(void **state)
{
    (void)state;
    for (unsigned tracing = TASK_UNTRACED; tracing <= TASK_TRACED_WITH_SECRETS; tracing++) {
        start(tracing + 1, "filed", (enum task_tracing)tracing);
        (void)pthread_mutex_lock(&engine.lock);
        wait_for(&engine.ended, tracing + 1);
        assert_int_equal(engine.traced, tracing != TASK_UNTRACED);
        (void)pthread_mutex_unlock(&engine.lock);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_steps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failing_steps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_secret, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel_anywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_free_while_running, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_traces, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
