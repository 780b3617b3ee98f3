/* The smallest state machines, and a world for each test; the test opens it. */
#pragma once

#include "harness.h"

#define PASS        "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}"
#define PASS_SPACED "{ \"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}"
#define FAIL        "{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Fail\",\"Error\":\"E\"}}}"
#define WAIT(seconds)                                                              \
    "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":" seconds \
    ",\"End\":true}}}"
#define ACTIVITY_ARN(name) "arn:aws:states:" REGION ":" ACCOUNT ":activity:" name
#define TASK(arn)                                                                 \
    "{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" arn \
    "\",\"End\":true}}}"
#define LAMBDA "arn:aws:lambda:us-east-1:123456789012:function:f"

static inline int setup(void **state)
{
    struct world *w = xmalloc(sizeof(*w));

    world_init(w);
    *state = w;
    return 0;
}

static inline int teardown(void **state)
{
    struct world *w = *state;

    world_done(w);
    free(w);
    return 0;
}

static inline enum execution_status status_of(struct world *w, const char *machine,
                                              const char *execution)
{
    struct arena a;
    struct store_execution row;
    enum execution_status status = 0;

    arena_init(&a);
    if (world_execution(w, &a, machine, execution, &row))
        status = row.status;
    arena_done(&a);
    return status;
}

static inline enum engine_outcome heartbeat_of(struct world *w, const char *account,
                                               const char *region, const char *token)
{
    struct call call;
    enum engine_outcome outcome;

    call_init(&call, ENGINE_TASK_HEARTBEAT, NULL);
    call.c.account = account;
    call.c.region = region;
    call.c.u.task.token = token;
    outcome = world_do(w, &call);
    call_done(&call);
    return outcome;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
