/* Any bytes: the first picks an operation, the rest is the body of its request, handed to an api over a real engine
 * and store.  Whatever comes, the answer is a JSON object, status 200, 400 or 503, and the world goes on. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "base/mem.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const operations[] = {
    "CreateActivity",
    "CreateStateMachine",
    "CreateStateMachineAlias",
    "DeleteActivity",
    "DeleteStateMachine",
    "DeleteStateMachineAlias",
    "DeleteStateMachineVersion",
    "DescribeActivity",
    "DescribeExecution",
    "DescribeMapRun",
    "DescribeStateMachine",
    "DescribeStateMachineAlias",
    "DescribeStateMachineForExecution",
    "GetActivityTask",
    "GetExecutionHistory",
    "ListActivities",
    "ListExecutions",
    "ListMapRuns",
    "ListStateMachineAliases",
    "ListStateMachineVersions",
    "ListStateMachines",
    "ListTagsForResource",
    "PublishStateMachineVersion",
    "RedriveExecution",
    "SendTaskFailure",
    "SendTaskHeartbeat",
    "SendTaskSuccess",
    "StartExecution",
    "StartSyncExecution",
    "StopExecution",
    "TagResource",
    "TestState",
    "UntagResource",
    "UpdateMapRun",
    "UpdateStateMachine",
    "UpdateStateMachineAlias",
    "ValidateStateMachineDefinition",
};
_Static_assert(ARRAY_LEN(operations) == 37, "every operation");

enum { RUNS_PER_WORLD = 2000, TICKS_MAX = 2000 };

static struct {
    char file[64];
    struct clock *clock;
    struct engine *engine;
    struct api *api;
    unsigned runs;
} world;

static bool finished;

static void finish(struct api_call *call)
{
    (void)call;
    finished = true;
}

static void begin_world(void)
{
    struct err err = {0};
    struct engine_config engine = {.limits = limits_service, .wait_time_scale = 1};

    (void)snprintf(world.file, sizeof(world.file), "/dev/shm/fuzz-api-%d.db", (int)getpid());
    store_remove_files(world.file);
    world.clock = clock_new(CLOCK_MANUAL, INT64_C(1790000000500));
    engine.clock = world.clock;
    engine.limits.history_events = 500;
    CHECK(store_open(world.file, STORE_WRITER | STORE_TEMPORARY, &engine.store, &err) == 0);
    CHECK(engine_new(&engine, &world.engine, &err) == 0);

    struct api_config api = {
        .engine = world.engine,
        .clock = world.clock,
        .store_file = world.file,
        .limits = engine.limits,
        .account = "123456789012",
        .region = "us-east-1",
    };
    world.api = api_new(&api);
    world.runs = 0;
}

static void end_world(void)
{
    engine_free(world.engine); /* answers what still waits */
    api_free(world.api);
    clock_free(world.clock);
    store_remove_files(world.file);
}

static void check_answer(const struct api_call *call)
{
    struct json *answer = json_parse(call->reply.data, call->reply.len, 0, NULL);

    CHECK(call->status == 200 || call->status == 400 || call->status == 503);
    CHECK(json_is(answer, JSON_OBJECT));
    json_unref(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct api_call call;
    char target[64];
    bool here;

    if (size < 1)
        return 0;
    if (!world.api)
        begin_world();
    (void)snprintf(target, sizeof(target), "AWSStepFunctions.%s",
                   operations[data[0] % ARRAY_LEN(operations)]);

    char *body = xmemdup(data + 1, size - 1);

    api_call_init(&call);
    call.target = target;
    call.body = body;
    call.body_len = size - 1;
    call.finish = finish;
    finished = false;
    here = api_handle(world.api, &call);
    for (int i = 0; i < TICKS_MAX && engine_tick(world.engine); i++)
        ;
    if (!here && !finished)
        world.runs = RUNS_PER_WORLD; /* it waits: for time, or for a task */
    if (world.runs++ >= RUNS_PER_WORLD) {
        end_world();
        world.api = NULL;
    }
    CHECK(here || finished);
    check_answer(&call);
    api_call_done(&call);
    free_p(&body);
    return 0;
}
