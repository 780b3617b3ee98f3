/* states:startExecution beyond its histories (tests/cases/histories/nested*.txt): depth, clocks, types, accounts, and
 * roles (reference/integrations.md sections 2, 4 and 5; reference/asl.md section 11). */
#include "simple.h"

#define MACHINE_ARN(account, name) "arn:aws:states:" REGION ":" account ":stateMachine:" name
#define START_TASK(form, parameters)                                                     \
    "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Task\",\"End\":true,\"Resource\":" \
    "\"arn:aws:states:::states:startExecution" form "\"," parameters "}}}"
#define CALL(form, name) \
    START_TASK(form, "\"Parameters\":{\"StateMachineArn\":\"" MACHINE_ARN(ACCOUNT, name) "\"}")

#define OTHER      "111122223333"
#define OTHER_ROLE "arn:aws:iam::" OTHER ":role/there"

/* Starts itself n times, one inside the other; the last one asks a function. */
#define DEEP                                                                                 \
    "{\"StartAt\":\"More\",\"States\":{\"More\":{\"Type\":\"Choice\",\"Choices\":[{"         \
    "\"Variable\":\"$.n\",\"NumericGreaterThan\":1,\"Next\":\"S\"}],\"Default\":\"Work\"},"  \
    "\"S\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::states:startExecution.sync\"," \
    "\"Parameters\":{\"StateMachineArn.$\":\"$$.StateMachine.Id\",\"Input\":{\"n.$\":"       \
    "\"States.MathAdd($.n, -1)\"}},\"ResultPath\":null,\"End\":true},"                       \
    "\"Work\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA "\",\"End\":true}}}"

enum { DEPTH = 3000 }; /* more than one tick aborts */

static void create_as(struct world *w, const char *account, const char *name,
                      enum machine_type type, const char *definition)
{
    struct call call;

    call_machine(&call, ENGINE_CREATE_MACHINE, name, definition);
    call.c.account = account;
    call.c.u.machine.type = type;
    assert_int_equal(world_do(w, &call), ENGINE_OK);
}

static int64_t open_executions(struct world *w)
{
    int64_t count;

    assert_int_equal(store_count_open_executions(w->store, &count), 0);
    return count;
}

/* The row of an execution; in the arena. */
static struct store_execution row_of(struct world *w, struct arena *a, const char *machine,
                                     const char *execution)
{
    struct store_execution row;

    assert_true(world_execution(w, a, machine, execution, &row));
    return row;
}

static void assert_contains(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("%s is not in %s", part, text ? text : "(null)");
}

/* ---- depth ---- */

static void test_deep_success(void **state)
{
    struct world *w = *state;

    world_use_file(w);
    world_open(w);
    assert_int_equal(world_create(w, "m", DEEP), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "top", "{\"n\":3000}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(open_executions(w), DEPTH);
    assert_int_equal(w->requests_len, 1);
    world_kill(w);
    world_settle(w);
    assert_int_equal(open_executions(w), DEPTH);

    struct fake_outcome ok = {.kind = FAKE_SUCCESS, .output = (char *)"{}"};

    fake_finish(w, w->engine, &w->requests[0], &ok);
    (void)world_tick(w); /* some have ended, and those above them do not know it yet, or do */
    world_kill(w);
    world_settle(w);
    if (open_executions(w) > 0) { /* the result died with the process */
        fake_finish(w, w->engine, &w->requests[0], &ok);
        world_settle(w);
    }
    assert_int_equal(open_executions(w), 0);
    assert_int_equal(status_of(w, "m", "top"), EXECUTION_SUCCEEDED);
}

/* All the way down, over ticks and a kill, and not down the stack. */
static void test_deep_abort(void **state)
{
    struct world *w = *state;

    world_use_file(w);
    world_open(w);
    assert_int_equal(world_create(w, "m", DEEP), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "top", "{\"n\":3000}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(open_executions(w), DEPTH);
    assert_int_equal(world_stop(w, "m", "top", NULL, NULL), ENGINE_OK);
    assert_in_range(open_executions(w), 1, DEPTH - 1);
    world_kill(w);
    world_settle(w);
    assert_int_equal(open_executions(w), 0);
    assert_false(w->requests[0].open);
}

/* An execution that waits for itself: its task times out, and aborts what it waited for. */
static void test_itself(void **state)
{
    struct world *w = *state;

    w->mode = CLOCK_SKIP;
    world_open(w);
    assert_int_equal(
        world_create(w, "m",
                     START_TASK(".sync", "\"TimeoutSeconds\":60,\"Parameters\":{"
                                         "\"StateMachineArn.$\":\"$$.StateMachine.Id\",\"Name\":"
                                         "\"e\",\"Input\":{}}")),
        ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_ABORTED);
    assert_int_equal(open_executions(w), 0);
}

/* ---- clocks ---- */

static void test_skip_clock(void **state)
{
    struct world *w = *state;

    w->mode = CLOCK_SKIP;
    world_open(w);
    assert_int_equal(world_create(w, "wait", WAIT("99999")), ENGINE_OK);
    assert_int_equal(world_create(w, "m", CALL(".sync", "wait")), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_settle(w);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
}

/* Both are written by one commit, and end within another. */
static void test_one_tick(void **state)
{
    struct world *w = *state;
    struct engine_stats before, after;

    world_open(w);
    assert_int_equal(world_create(w, "pass", PASS), ENGINE_OK);
    assert_int_equal(world_create(w, "m", CALL(".sync:2", "pass")), ENGINE_OK);
    engine_get_stats(w->engine, &before);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    engine_get_stats(w->engine, &after);
    assert_int_equal(after.commits, before.commits + 1);
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_SUCCEEDED);
    assert_int_equal(open_executions(w), 0);
}

/* ---- what it shows ---- */

static void test_reply(void **state)
{
    struct world *w = *state;
    struct arena a;

    world_open(w);
    assert_int_equal(world_create(w, "pass", PASS), ENGINE_OK);
    assert_int_equal(world_create(w, "m", CALL("", "pass")), ENGINE_OK);
    world_advance(w, 123);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    arena_init(&a);

    const char *text = row_of(w, &a, "m", "e").output.text.data;

    assert_contains(text, "{\"ExecutionArn\":\"arn:aws:states:us-east-1:123456789012:execution:"
                          "pass:");
    /* 53 + a UUID's 36 + 34 around it + 1.704067200123E9 */
    assert_contains(text, "\"HttpHeaders\":{\"connection\":\"keep-alive\",\"Content-Length\":"
                          "\"137\",\"Content-Type\":\"application/x-amz-json-1.0\",\"Date\":\"Mon, "
                          "01 Jan 2024 00:00:00 GMT\",\"x-amzn-RequestId\":\"");
    assert_contains(text, "},\"HttpStatusCode\":200},\"SdkResponseMetadata\":{\"RequestId\":\"");
    assert_contains(text, "\"},\"StartDate\":1704067200123}");
    arena_done(&a);
}

/* Members that only some executions have. */
static void test_description(void **state)
{
    struct world *w = *state;
    struct call call;
    struct arena a;

    world_open(w);
    assert_int_equal(world_create(w, "slow",
                                  "{\"StartAt\":\"W\",\"TimeoutSeconds\":5,\"States\":{\"W\":{"
                                  "\"Type\":\"Wait\",\"Seconds\":9,\"End\":true}}}"),
                     ENGINE_OK);
    call_init(&call, ENGINE_PUBLISH_VERSION, "slow");
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    assert_int_equal(
        world_create(w, "m",
                     START_TASK(".sync:2", "\"Parameters\":{\"StateMachineArn\":\"" MACHINE_ARN(
                                               ACCOUNT, "slow:1") "\",\"Name\":\"c\","
                                                                  "\"TraceHeader\":\"Root=1\"}")),
        ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    world_advance(w, 5000);
    arena_init(&a);

    struct store_execution row = row_of(w, &a, "m", "e");

    assert_int_equal(row.status, EXECUTION_FAILED);
    assert_string_equal(row.error, "States.TaskFailed");
    assert_string_equal(
        row.cause,
        "{\"ExecutionArn\":\"arn:aws:states:us-east-1:123456789012:execution:slow:c\",\"Input\":{},"
        "\"InputDetails\":{\"Included\":true},\"Name\":\"c\",\"RedriveCount\":0,\"RedriveStatus\":"
        "\"REDRIVABLE\",\"StartDate\":1704067200000,\"StateMachineArn\":\"arn:aws:states:us-east-1:"
        "123456789012:stateMachine:slow\",\"StateMachineVersionArn\":\"arn:aws:states:us-east-1:"
        "123456789012:stateMachine:slow:1\",\"Status\":\"TIMED_OUT\",\"StopDate\":1704067205000,"
        "\"TraceHeader\":\"Root=1\"}");
    arena_done(&a);
}

/* Input and Output together may be more than a state can have. */
static void test_large_output(void **state)
{
    struct world *w = *state;
    struct arena a;
    char *input = xmalloc(200001);

    world_open(w);
    assert_int_equal(world_create(w, "pass", PASS), ENGINE_OK);
    assert_int_equal(
        world_create(w, "m",
                     START_TASK(".sync:2", "\"Parameters\":{\"StateMachineArn\":\"" MACHINE_ARN(
                                               ACCOUNT, "pass") "\",\"Input.$\":\"$\"}")),
        ENGINE_OK);
    memset(input, '1', 200000);
    input[0] = input[199999] = '"';
    input[1] = '[';
    input[199998] = ']';
    input[200000] = '\0';
    assert_int_equal(world_start(w, "m", "e", input), ENGINE_OK);
    arena_init(&a);

    struct store_execution row = row_of(w, &a, "m", "e");

    assert_string_equal(row.error, "States.DataLimitExceeded");
    assert_contains(row.cause, "The state/task 'states' returned");
    arena_done(&a);
    free(input);
}

/* ---- types ---- */

static void test_express(void **state)
{
    struct world *w = *state;
    struct arena a;

    world_open(w);
    create_as(w, ACCOUNT, "x", MACHINE_EXPRESS, TASK(LAMBDA));
    assert_int_equal(world_create(w, "plain", CALL("", "x")), ENGINE_OK);
    assert_int_equal(world_create(w, "sync", CALL(".sync", "x")), ENGINE_OK);
    arena_init(&a);

    assert_int_equal(world_start(w, "plain", "e", "{}"), ENGINE_OK);
    assert_contains(row_of(w, &a, "plain", "e").output.text.data,
                    "{\"ExecutionArn\":\"arn:aws:states:us-east-1:123456789012:express:x:");
    assert_int_equal(w->requests_len, 1);

    /* It cannot be described, so it is not started. */
    assert_int_equal(world_start(w, "sync", "e", "{}"), ENGINE_OK);
    assert_string_equal(row_of(w, &a, "sync", "e").error,
                        "StepFunctions.StateMachineTypeNotSupportedException");
    assert_int_equal(w->requests_len, 1);

    /* An EXPRESS parent of a STANDARD child. */
    assert_int_equal(world_create(w, "standard", WAIT("60")), ENGINE_OK);
    create_as(w, ACCOUNT, "y", MACHINE_EXPRESS,
              START_TASK("", "\"Parameters\":{\"StateMachineArn\":\"" MACHINE_ARN(
                                 ACCOUNT, "standard") "\",\"Name\":\"child\"}"));
    assert_int_equal(world_start(w, "y", "e", "{}"), ENGINE_OK);
    assert_int_equal(status_of(w, "standard", "child"), EXECUTION_RUNNING);
    arena_done(&a);
}

/* ---- roles ---- */

static void keep_role(struct world *w, const struct task_request *request,
                      struct fake_outcome *ret_outcome)
{
    char *seen = w->arg;

    (void)ret_outcome;
    snprintf(seen, 256, "%s %s", request->account, request->role_arn ? request->role_arn : "-");
}

/* A driver acts in the account of the role, also after a restart. */
static void test_role_of_a_request(void **state)
{
    struct world *w = *state;
    char seen[256] = "";

    world_use_file(w);
    w->choose = keep_role;
    w->arg = seen;
    world_open(w);
    assert_int_equal(
        world_create(w, "m",
                     "{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":"
                     "\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke\",\"Arguments\":{"
                     "\"FunctionName\":\"f\"},\"Credentials\":{\"RoleArn\":\"{% "
                     "$states.input.role %}\"},\"Next\":\"U\"},\"U\":{\"Type\":\"Task\","
                     "\"Resource\":\"" LAMBDA "\",\"End\":true}}}"),
        ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{\"role\":\"" OTHER_ROLE "\"}"), ENGINE_OK);
    assert_string_equal(seen, OTHER " " OTHER_ROLE);

    /* Asked for again by another process, under the same token. */
    for (size_t i = 0; i < w->requests_len; i++)
        w->requests[i].token[0] = '!';
    *seen = '\0';
    world_kill(w);
    world_settle(w);
    assert_string_equal(seen, OTHER " " OTHER_ROLE);

    /* The next state has none; what is no role's ARN names no account. */
    struct fake_outcome ok = {.kind = FAKE_SUCCESS, .output = (char *)"{}"};

    fake_finish(w, w->engine, &w->requests[w->requests_len - 1], &ok);
    world_settle(w);
    assert_string_equal(seen, ACCOUNT " -");
    assert_int_equal(world_start(w, "m", "f", "{\"role\":\"someone\"}"), ENGINE_OK);
    assert_string_equal(seen, ACCOUNT " someone");
}

static void test_other_account(void **state)
{
    struct world *w = *state;
    struct arena a;

    world_open(w);
    create_as(w, OTHER, "pass", MACHINE_STANDARD, PASS);
    assert_int_equal(
        world_create(w, "m",
                     START_TASK(".sync", "\"Credentials\":{\"RoleArn\":\"" OTHER_ROLE
                                         "\"},\"Parameters\":{\"StateMachineArn\":\"" MACHINE_ARN(
                                             OTHER, "pass") "\",\"Name\":\"c\"}")),
        ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    arena_init(&a);
    assert_contains(row_of(w, &a, "m", "e").output.text.data,
                    "{\"ExecutionArn\":\"arn:aws:states:us-east-1:" OTHER ":execution:pass:c\"");
    arena_done(&a);
}

/* ---- ends of other kinds ---- */

static void command(struct world *w, enum engine_command_type type, const char *name)
{
    struct call call;

    call_init(&call, type, name);
    assert_int_equal(world_do(w, &call), ENGINE_OK);
    world_settle(w);
}

/* The machine of the child is deleted: the child fails, and so does the task, whether it still sees it or
 * not. */
static void test_deleted_machine(void **state)
{
    struct world *w = *state;
    struct arena a;

    world_open(w);
    assert_int_equal(world_create(w, "wait", WAIT("60")), ENGINE_OK);
    assert_int_equal(world_create(w, "m", CALL(".sync", "wait")), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    command(w, ENGINE_DELETE_MACHINE, "wait");
    assert_int_equal(status_of(w, "m", "e"), EXECUTION_RUNNING);
    world_advance(w, 60000);
    arena_init(&a);
    assert_string_equal(row_of(w, &a, "m", "e").error, "States.TaskFailed");
    assert_contains(row_of(w, &a, "m", "e").cause, "State machine wait has been deleted");
    arena_done(&a);
}

/* The machine of the parent is deleted: the child goes on, and the parent's end is told by nobody. */
static void test_deleted_parent(void **state)
{
    struct world *w = *state;

    world_open(w);
    assert_int_equal(world_create(w, "wait", WAIT("60")), ENGINE_OK);
    assert_int_equal(world_create(w, "m", CALL(".sync", "wait")), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    command(w, ENGINE_DELETE_MACHINE, "m");
    assert_int_equal(open_executions(w), 2);
    world_advance(w, 60000);
    assert_int_equal(open_executions(w), 0);
}

static void test_reset(void **state)
{
    struct world *w = *state;

    world_open(w);
    assert_int_equal(world_create(w, "wait", WAIT("60")), ENGINE_OK);
    assert_int_equal(world_create(w, "m", CALL(".sync", "wait")), ENGINE_OK);
    assert_int_equal(world_start(w, "m", "e", "{}"), ENGINE_OK);
    assert_int_equal(open_executions(w), 2);
    command(w, ENGINE_RESET, NULL);
    assert_int_equal(open_executions(w), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_deep_success),      TEST(test_deep_abort),    TEST(test_itself),
        TEST(test_skip_clock),        TEST(test_one_tick),      TEST(test_reply),
        TEST(test_description),       TEST(test_large_output),  TEST(test_express),
        TEST(test_role_of_a_request), TEST(test_other_account), TEST(test_deleted_machine),
        TEST(test_deleted_parent),    TEST(test_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
