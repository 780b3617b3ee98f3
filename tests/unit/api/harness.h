/* An api over a real engine and store, without threads and with a clock that stands still: every answer
 * is known to the last byte. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/api.h"
#include "base/mem.h"

#define NOW  INT64_C(1790000000500)
#define DATE "1790000000.5"
#define HEAD "arn:aws:states:us-east-1:123456789012:"
#define ROLE "arn:aws:iam::123456789012:role/r"

#define PASS                                                                                       \
    "{\\\"StartAt\\\":\\\"A\\\",\\\"States\\\":{\\\"A\\\":{\\\"Type\\\":\\\"Pass\\\",\\\"End\\\":" \
    "true}}}"
#define WAIT                                                                           \
    "{\\\"StartAt\\\":\\\"A\\\",\\\"States\\\":{\\\"A\\\":{\\\"Type\\\":\\\"Wait\\\"," \
    "\\\"Seconds\\\":60,\\\"End\\\":true}}}"
#define FAIL                                                                           \
    "{\\\"StartAt\\\":\\\"A\\\",\\\"States\\\":{\\\"A\\\":{\\\"Type\\\":\\\"Fail\\\"," \
    "\\\"Error\\\":\\\"E\\\",\\\"Cause\\\":\\\"C\\\"}}}"
#define WORK                                                                           \
    "{\\\"StartAt\\\":\\\"A\\\",\\\"States\\\":{\\\"A\\\":{\\\"Type\\\":\\\"Task\\\"," \
    "\\\"Resource\\\":\\\"" HEAD "activity:act\\\",\\\"End\\\":true}}}"

struct harness {
    char directory[64], file[128];
    struct clock *clock;
    struct engine *engine;
    struct api *api;
    struct api_call call, poll; /* poll: for a second call while the first one waits */
    int finished;               /* calls the engine has answered */
    bool client_gone;
};

static inline void harness_finish(struct api_call *call)
{
    ((struct harness *)call->arg)->finished++;
}

static inline bool harness_alive(struct api_call *call)
{
    return !((struct harness *)call->arg)->client_gone;
}

static inline int harness_set_up(void **state)
{
    struct harness *h = xcalloc(1, sizeof(*h));
    (void)snprintf(h->directory, sizeof(h->directory), "/tmp/test-api-XXXXXX");
    assert_non_null(mkdtemp(h->directory));
    (void)snprintf(h->file, sizeof(h->file), "%s/db", h->directory);
    h->clock = clock_new(CLOCK_MANUAL, NOW);

    struct err err = {0};
    struct engine_config engine = {
        .clock = h->clock, .limits = limits_service, .wait_time_scale = 1};
    engine.limits.activity_pollers = 2;
    engine.limits.activities = 3;
    engine.limits.state_machines = 3;
    assert_int_equal(store_open(h->file, STORE_WRITER, &engine.store, &err), 0);
    assert_int_equal(engine_new(&engine, &h->engine, &err), 0);
    struct api_config api = {
        .engine = h->engine,
        .clock = h->clock,
        .store_file = h->file,
        .limits = engine.limits,
        .account = "123456789012",
        .region = "us-east-1",
    };
    h->api = api_new(&api);
    api_call_init(&h->call);
    api_call_init(&h->poll);
    *state = h;
    return 0;
}

static inline int harness_tear_down(void **state)
{
    struct harness *h = *state;
    engine_free(h->engine); /* answers a poll that still waits */
    api_call_done(&h->call);
    api_call_done(&h->poll);
    api_free(h->api);
    clock_free(h->clock);
    store_remove_files(h->file);
    char lock[160];
    (void)snprintf(lock, sizeof(lock), "%s.lock", h->file);
    (void)unlink(lock);
    (void)rmdir(h->directory);
    free(h);
    return 0;
}

static inline void harness_prepare(struct harness *h, struct api_call *call, const char *target,
                                   const char *body)
{
    api_call_clear(call);
    call->target = target;
    call->body = body;
    call->body_len = strlen(body);
    call->finish = harness_finish;
    call->alive = harness_alive;
    call->arg = h;
}

static inline void harness_run(struct harness *h)
{
    while (engine_tick(h->engine))
        ;
}

/* The answer to one request: its body; the status is checked. */
static inline const char *ask(struct harness *h, const char *target, const char *body, int status)
{
    int finished = h->finished;
    harness_prepare(h, &h->call, target, body);
    if (!api_handle(h->api, &h->call)) {
        harness_run(h);
        assert_true(h->finished > finished); /* a poll may have been answered as well */
    }
    assert_int_equal(h->call.status, status);
    return h->call.reply.data;
}

#define ANSWERS(h, operation, body, answer) \
    assert_string_equal(ask((h), "AWSStepFunctions." operation, (body), 200), (answer))
#define REFUSES(h, operation, body, type, message)                            \
    assert_string_equal(ask((h), "AWSStepFunctions." operation, (body), 400), \
                        "{\"__type\":\"" type "\",\"message\":\"" message "\"}")
#define SERVICE    "com.amazonaws.swf.service.v2.model#"
#define CONSTRAINT "com.amazon.coral.validate#ValidationException"

static inline void create_machine(struct harness *h, const char *name, const char *definition)
{
    char body[2048];
    (void)snprintf(body, sizeof(body),
                   "{\"name\":\"%s\",\"roleArn\":\"" ROLE "\",\"definition\":\"%s\"}", name,
                   definition);
    (void)ask(h, "AWSStepFunctions.CreateStateMachine", body, 200);
}

static inline void start_execution(struct harness *h, const char *machine, const char *name)
{
    char body[512];
    (void)snprintf(body, sizeof(body),
                   "{\"stateMachineArn\":\"" HEAD "stateMachine:%s\",\"name\":\"%s\"}", machine,
                   name);
    (void)ask(h, "AWSStepFunctions.StartExecution", body, 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_set_up, harness_tear_down)
