/* The driver of jobs over a server that plays Glue: the order of the requests, what is reported, and what becomes of a
 * job that is cancelled at each step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fake_server.h"

#include "base/mem.h"
#include "engine/task.h"
#include "tasks/job_driver.h"

#define PATIENCE_SECONDS 20
#define FOREVER_MS       3600000

/* ---- the engine: what was reported ----------------------------------------------------------- */

struct engine {
    pthread_mutex_t lock; /* guards the rest, and the server's */
    pthread_cond_t changed;
    unsigned submitted, ended;
    char *reply, *outcome; /* owned: the output, or "error: cause" */
};

static struct engine engine;

void engine_task_submitted(struct engine *e, uint64_t id, struct text output)
{
    assert_int_equal(id, 1);
    (void)pthread_mutex_lock(&e->lock);
    assert_int_equal(e->ended, 0);
    free(e->reply);
    e->reply = xmemdup(output.data, output.len);
    e->submitted++;
    (void)pthread_cond_broadcast(&e->changed);
    (void)pthread_mutex_unlock(&e->lock);
}

void engine_task_finished(struct engine *e, uint64_t id, const struct task_result *r)
{
    assert_int_equal(id, 1);
    (void)pthread_mutex_lock(&e->lock);
    free(e->outcome);
    e->outcome = r->outcome == TASK_SUCCEEDED
                     ? xmemdup(r->output.data, r->output.len)
                     : xasprintf("%s: %s", r->error, r->cause.data ? r->cause.data : "");
    e->ended++;
    (void)pthread_cond_broadcast(&e->changed);
    (void)pthread_mutex_unlock(&e->lock);
}

/* ---- the server ------------------------------------------------------------------------------ */

static struct {
    struct fake_server fake;
    /* The engine's lock guards the rest. */
    char seen[64];           /* Start, Look, X: stop */
    char silent;             /* one of them that is not answered while this stays; 0: all are */
    unsigned looks;          /* answered with `running`; then comes `description` */
    const char *reply;       /* to Start */
    const char *description; /* NULL: an error */
} server;

static const char running[] = "{\"JobRun\":{\"Id\":\"jr\",\"JobRunState\":\"RUNNING\"}}";

/* Notes the request and waits until it is to be answered. */
static const char *note(const char *request, int *ret_status)
{
    const char *body = "{}";
    char letter = strstr(request, "AWSGlue.StartJobRun") ? 'S'
                  : strstr(request, "AWSGlue.GetJobRun") ? 'L'
                                                         : 'X';

    (void)pthread_mutex_lock(&engine.lock);
    if (strlen(server.seen) < sizeof(server.seen) - 1)
        server.seen[strlen(server.seen)] = letter;
    (void)pthread_cond_broadcast(&engine.changed);
    while (server.silent == letter)
        (void)pthread_cond_wait(&engine.changed, &engine.lock);
    *ret_status = 200;
    if (letter == 'S') {
        body = server.reply;
    } else if (letter == 'L' && server.looks > 0) {
        server.looks--;
        body = running;
    } else if (letter == 'L') {
        body = server.description ? server.description : "{\"__type\":\"EntityNotFoundException\"}";
        *ret_status = server.description ? 200 : 400;
    }
    (void)pthread_mutex_unlock(&engine.lock);
    return body;
}

static void work(int fd)
{
    char *buffer = xmalloc(65536);
    size_t len;

    while (fake_server_read(fd, buffer, 65536, &len)) {
        int status;
        const char *body = note(buffer, &status);
        CLEANUP(free_p)
        char *text = xasprintf("HTTP/1.1 %d Why\r\nContent-Length: %zu\r\n\r\n%s", status,
                               strlen(body), body);

        if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
            break;
    }
    free(buffer);
}

static void server_open(void)
{
    memset(&server, 0, sizeof(server));
    server.reply = "{\"JobRunId\":\"jr\"}";
    server.description = "{\"JobRun\":{\"Id\":\"jr\",\"JobRunState\":\"SUCCEEDED\"}}";
    fake_server_open(&server.fake, work);
}

static void speak_again(void)
{
    (void)pthread_mutex_lock(&engine.lock);
    server.silent = 0;
    (void)pthread_cond_broadcast(&engine.changed);
    (void)pthread_mutex_unlock(&engine.lock);
}

static void server_close(void)
{
    speak_again();
    fake_server_close(&server.fake);
}

/* ---- one test's set-up ----------------------------------------------------------------------- */

static struct endpoints *endpoints;
static struct job_driver jobs;
static struct task_driver driver;

static int set_up(void **state)
{
    CLEANUP(free_p) char *url = NULL;
    struct err err;

    (void)state;
    memset(&engine, 0, sizeof(engine));
    (void)pthread_mutex_init(&engine.lock, NULL);
    (void)pthread_cond_init(&engine.changed, NULL);
    server_open();
    url = xasprintf("http://127.0.0.1:%u", server.fake.port);
    endpoints = endpoints_new(NULL);
    assert_int_equal(endpoints_set(endpoints, "glue", url, &err), 0);
    jobs = (struct job_driver){
        .calls = calls_new(0),
        .endpoints = endpoints,
        .max_bytes = 1000,
        .first_ms = 1,
        .most_ms = 4,
    };
    driver = job_driver_table(&jobs);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    calls_free(jobs.calls);
    server_close();
    endpoints_free(endpoints);
    free(engine.reply);
    free(engine.outcome);
    (void)pthread_cond_destroy(&engine.changed);
    (void)pthread_mutex_destroy(&engine.lock);
    return 0;
}

static void start(struct text submitted)
{
    const struct task_request request = {
        .id = 1,
        .arn = "arn:aws:states:::glue:startJobRun.sync",
        .type = "glue",
        .action = "startJobRun",
        .input = TEXT("{\"JobName\":\"n\"}"),
        .account = "111111111111",
        .region = "eu-west-1",
        .execution_arn = "x",
        .token = "t",
        .submitted = submitted,
    };

    assert_true(driver.accepts(driver.self, request.arn, request.type, request.action));
    driver.start(driver.self, &engine, &request);
}

/* Waits until the server has seen these requests and nothing else. */
static void await_seen(const char *letters)
{
    struct timespec end;
    bool in_time = true;

    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_SECONDS;
    (void)pthread_mutex_lock(&engine.lock);
    while (strcmp(server.seen, letters) != 0 && in_time)
        in_time = pthread_cond_timedwait(&engine.changed, &engine.lock, &end) == 0;
    (void)pthread_mutex_unlock(&engine.lock);
    assert_string_equal(server.seen, letters);
}

static void await_count(const unsigned *count)
{
    struct timespec end;
    bool in_time = true;

    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_SECONDS;
    (void)pthread_mutex_lock(&engine.lock);
    while (*count == 0 && in_time)
        in_time = pthread_cond_timedwait(&engine.changed, &engine.lock, &end) == 0;
    (void)pthread_mutex_unlock(&engine.lock);
    assert_true(in_time);
}

static void expect(const char *outcome, const char *seen)
{
    await_count(&engine.ended);
    assert_string_equal(engine.outcome, outcome);
    assert_string_equal(server.seen, seen);
    assert_int_equal(engine.ended, 1);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_success(void **state)
{
    (void)state;
    server.looks = 5;
    start(TEXT_NONE);
    expect("{\"Id\":\"jr\",\"JobRunState\":\"SUCCEEDED\"}", "SLLLLLL");
    assert_int_equal(engine.submitted, 1);
    assert_non_null(strstr(engine.reply, "{\"JobRunId\":\"jr\",\"SdkHttpMetadata\":{"));
}

static void test_failure(void **state)
{
    (void)state;
    server.description = "{\"JobRun\":{\"JobRunState\":\"ERROR\",\"ErrorMessage\":\"m\"}}";
    start(TEXT_NONE);
    expect("States.TaskFailed: {\"ErrorMessage\":\"m\",\"JobRunState\":\"ERROR\"}", "SL");
}

static void test_not_started(void **state)
{
    (void)state;
    server.reply = "{}";
    start(TEXT_NONE);
    expect(
        "States.TaskFailed: The answer to 'glue:startJobRun' does not say which job was started.",
        "S");
}

/* What a restart hands in: the job is there. */
static void test_resumed(void **state)
{
    (void)state;
    server.looks = 1;
    start(TEXT("{\"JobRunId\":\"jr\"}"));
    expect("{\"Id\":\"jr\",\"JobRunState\":\"SUCCEEDED\"}", "LL");
    assert_int_equal(engine.submitted, 0);
}

/* The result is at the limit, and one past it. */
static void test_size(void **state)
{
    (void)state;
    jobs.max_bytes = (int64_t)strlen("{\"Id\":\"jr\",\"JobRunState\":\"SUCCEEDED\"}");
    start(TEXT("{\"JobRunId\":\"jr\"}"));
    expect("{\"Id\":\"jr\",\"JobRunState\":\"SUCCEEDED\"}", "L");
    engine.ended = 0;
    jobs.max_bytes--;
    start(TEXT("{\"JobRunId\":\"jr\"}"));
    expect("States.DataLimitExceeded: The state/task 'glue' returned a result with a size "
           "exceeding the "
           "maximum number of bytes service limit.",
           "LL");
}

/* Ten descriptions that tell nothing, whatever the reason; one that does starts the count over. */
static void test_bad_looks(void **state)
{
    (void)state;
    server.description = "{}";
    start(TEXT("{\"JobRunId\":\"jr\"}"));
    expect("States.TaskFailed: {}", "LLLLLLLLLL");
    engine.ended = 0;
    memset(server.seen, 0, sizeof(server.seen));
    server.description = NULL;
    server.looks = 1;
    start(TEXT("{\"JobRunId\":\"jr\"}"));
    expect("Glue.EntityNotFoundException: null (Service: AWSGlue; Status Code: 400; Error Code: "
           "EntityNotFoundException; Request ID: null; Proxy: null)",
           "LLLLLLLLLLL");
}

/* While it is being started the answer is waited for: without it nobody could stop the job. */
static void test_cancel_start(void **state)
{
    (void)state;
    server.silent = 'S';
    start(TEXT_NONE);
    await_seen("S");
    driver.cancel(driver.self, 1);
    speak_again();
    await_seen("SX");
    assert_int_equal(engine.ended, 0);
}

static void test_cancel_look(void **state)
{
    (void)state;
    server.silent = 'L';
    server.looks = 100;
    start(TEXT_NONE);
    await_seen("SL");
    driver.cancel(driver.self, 1);
    driver.cancel(driver.self, 1);
    speak_again();
    await_seen("SLX");
    assert_int_equal(engine.ended, 0);
}

/* The time between two looks does not hold up a cancellation, nor the end of the server; the latter stops
 * no job. */
static void test_cancel_delay(void **state)
{
    (void)state;
    jobs.first_ms = FOREVER_MS;
    start(TEXT_NONE);
    await_count(&engine.submitted);
    driver.cancel(driver.self, 1);
    await_seen("SX");
}

static void test_end_in_delay(void **state)
{
    (void)state;
    jobs.first_ms = FOREVER_MS;
    start(TEXT_NONE);
    await_count(&engine.submitted);
    calls_free(jobs.calls);
    jobs.calls = NULL;
    assert_string_equal(server.seen, "S");
    assert_int_equal(engine.ended, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_success, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_started, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_resumed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_looks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel_start, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel_look, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel_delay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_end_in_delay, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
