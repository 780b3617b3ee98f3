#include "api/test_request.h"

#include <string.h>

#include "api/mock_schema.h"

#define STATE_NAME "StateName" /* what the service calls a state that comes alone */

static bool refuse(struct api_call *call, const char *message)
{
    (void)api_fail(call, API_ERR_VALIDATION, "%s", message);
    return false;
}

/* ---- the definition ---- */

/* Compiles a text.  False when the call was answered with InvalidDefinition. */
static bool compile(struct api_call *call, struct text text, bool lone,
                    struct asl_machine **ret_machine)
{
    struct asl_options options = {
        .type = ASL_STANDARD,
        .definition_bytes = call->api->limits.definition_bytes + (lone ? 64 : 0),
        .lone_state = lone,
    };

    return action_compile(call, text, &options, ret_machine);
}

/* A state alone becomes a machine of one.  What is no JSON object is compiled as it is, so that messages
 * show the caller's own text. */
static bool compile_lone(struct api_call *call, const char *definition,
                         struct asl_machine **ret_machine)
{
    size_t len = strlen(definition);
    CLEANUP(json_unref_p)
    struct json *state = json_parse(definition, len, JSON_PARSE_REJECT_DUPLICATES, NULL);

    if (!json_is(state, JSON_OBJECT)) {
        if (!compile(call, (struct text){definition, len}, false, ret_machine))
            return false;
        asl_machine_unref(*ret_machine); /* cannot be */
        return refuse(call, "Definition must be a valid JSON object");
    }

    CLEANUP(strbuf_done) struct strbuf text;

    strbuf_init(&text, len + 64);
    strbuf_adds(&text, "{\"StartAt\":\"" STATE_NAME "\",\"States\":{\"" STATE_NAME "\":");
    strbuf_add(&text, definition, len);
    strbuf_adds(&text, "}}");
    return compile(call, (struct text){text.data, text.len}, true, ret_machine);
}

static bool read_definition(struct api_call *call, struct test_request *r)
{
    const char *definition = request_string(call, "definition");
    const char *name = request_string(call, "stateName");

    if (!name) {
        if (!compile_lone(call, definition, &r->machine))
            return false;
        name = STATE_NAME;
    } else if (!compile(call, (struct text){definition, strlen(definition)}, false, &r->machine)) {
        return false;
    }
    r->test.machine = r->machine;
    r->test.state = asl_machine_state(r->machine, name);
    return r->test.state || refuse(call, "State not found in definition");
}

/* ---- data ---- */

static bool read_input(struct api_call *call, struct test_request *r)
{
    const char *input = request_string(call, "input");
    struct json_error error;

    r->test.input = input ? (struct text){input, strlen(input)} : TEXT("{}");
    if (json_valid(r->test.input.data, r->test.input.len, &error))
        return true;

    bool blank = input[strspn(input, " \t\r\n")] == '\0';

    (void)api_fail(call, API_ERR_INVALID_INPUT, "Invalid State Machine Execution Input: '%s'",
                   blank ? "Invalid execution input." : error.text);
    return false;
}

static bool read_variables(struct api_call *call, struct test_request *r)
{
    const char *text = request_string(call, "variables");

    if (!text)
        return true;
    r->variables = json_parse(text, strlen(text), JSON_PARSE_DEFAULT, NULL);
    r->test.variables = r->variables;
    return json_is(r->variables, JSON_OBJECT) ||
           refuse(call, "Variables must be a valid JSON object.");
}

/* ---- the mock ---- */

static bool is_container(const struct asl_state *s)
{
    return s->type == ASL_MAP || s->type == ASL_PARALLEL;
}

/* Which part of a mock is there, and that it is one. */
static bool read_mock(struct api_call *call, const struct cJSON *mock, struct test_request *r)
{
    const char *result = request_string_in(mock, "result");
    const struct cJSON *failure = request_get_in(mock, "errorOutput");

    if (!result && !failure)
        return refuse(call, "One of the following fields is required for a test mock: [result, "
                            "errorOutput].");
    if (result && failure)
        return refuse(call, "A test mock should have only one of the following fields: [result, "
                            "errorOutput].");
    if (failure) {
        r->test.mock_error = request_string_in(failure, "error");
        r->test.mock_cause = request_string_in(failure, "cause");
        return r->test.mock_error ||
               refuse(call, "An error was not specified in the mocked error output.");
    }
    r->test.mock_result = (struct text){result, strlen(result)};
    return true;
}

/* The operation whose answers a Task's result has to look like.  False when there is none to compare
 * with: what a callback brings, or a job comes to, is not the service's answer. */
static bool find_operation(const struct asl_resource *resource, struct mock_operation *ret_op)
{
    return resource->kind == ASL_RESOURCE_INTEGRATION && resource->pattern != ASL_CALLBACK &&
           mock_operation_find(resource->type, resource->resource, ret_op);
}

static bool check_task_result(struct api_call *call, const struct asl_resource *resource,
                              const struct json *result, const char *mode)
{
    if (resource->kind == ASL_RESOURCE_INTEGRATION && resource->pattern != ASL_CALLBACK &&
        !json_is(result, JSON_OBJECT))
        return refuse(call, "Mocked result must be a valid JSON object.");
    if (mode && strcmp(mode, "NONE") == 0)
        return true;

    struct mock_operation op;
    CLEANUP(strbuf_done) struct strbuf problem;

    strbuf_init(&problem, call->reply.max);
    if (!find_operation(resource, &op) ||
        mock_result_fits(&op, result, !mode || strcmp(mode, "STRICT") == 0, &problem))
        return true;
    (void)api_fail(call, API_ERR_VALIDATION, "Mock result schema validation error: %s",
                   problem.data);
    return false;
}

static bool check_result(struct api_call *call, const struct asl_state *s,
                         const struct test_state *t, const char *mode)
{
    CLEANUP(json_unref_p)
    struct json *result =
        json_parse(t->mock_result.data, t->mock_result.len, JSON_PARSE_DEFAULT, NULL);

    if (!result)
        return refuse(call, "Mocked result must be valid JSON");
    if (s->type == ASL_TASK)
        return check_task_result(call, &s->u.task.resource, result, mode);
    if (s->type == ASL_MAP && s->u.map.distributed && s->u.map.distributed->writer &&
        s->u.map.distributed->writer->exports)
        return json_is(result, JSON_OBJECT) || refuse(call, "Mocked result must be a JSON object.");
    if (!json_is(result, JSON_ARRAY))
        return refuse(call, "Mocked result must be an array.");
    if (s->type == ASL_PARALLEL && json_len(result) != s->u.parallel.branches_len)
        return refuse(call, "Mocked result must contain the same number of items as number of "
                            "Parallel branches.");
    return true;
}

/* ---- without a mock ---- */

/* What cannot be run here and now needs a mock. */
static bool check_runs(struct api_call *call, const struct asl_state *s, const char *role)
{
    const struct asl_resource *resource = &s->u.task.resource;

    if (is_container(s)) {
        (void)api_fail(call, API_ERR_INVALID_DEFINITION,
                       "TestState API does not support Map or Parallel states. Supported state "
                       "types include: [Task, Wait, Pass, Succeed, Fail, Choice]");
        return false;
    }
    if (s->type != ASL_TASK)
        return true;
    if (!role)
        return refuse(call, "RoleArn must be specified when testing a Task state");
    if (resource->kind == ASL_RESOURCE_ACTIVITY || resource->pattern != ASL_REQUEST_RESPONSE) {
        (void)api_fail(call, API_ERR_INVALID_DEFINITION,
                       "TestState API does not support Activity tasks, nor the service integration "
                       "patterns '.sync' and '.waitForTaskToken', when a mock is not specified");
        return false;
    }
    return true;
}

/* ---- stateConfiguration ---- */

/* Members of stateConfiguration, as messages name them. */
static const struct {
    const char *member, *name;
    bool maps_only;
} configuration[] = {
    {"retrierRetryCount", "RetrierRetryCount", false},
    {"errorCausedByState", "ErrorCausedByState", false},
    {"mapIterationFailureCount", "MapIterationFailureCount", true},
    {"mapItemReaderData", "MapItemReaderData", true},
};

static bool read_configuration(struct api_call *call, bool mocked, struct test_request *r)
{
    const struct cJSON *given = request_get(call, "stateConfiguration");
    const struct asl_state *s = r->test.state;
    const char *origin = request_string_in(given, "errorCausedByState");
    const char *data = request_string_in(given, "mapItemReaderData");

    for (size_t i = 0; i < ARRAY_LEN(configuration); i++) {
        const char *wrong = mocked && (s->type == ASL_MAP || !configuration[i].maps_only) ? NULL
                            : mocked ? "is only supported when testing a Map state."
                                     : "when a mock is not specified.";

        if (!wrong || !request_get_in(given, configuration[i].member))
            continue;
        (void)api_fail(call, API_ERR_VALIDATION, "%s%s %s",
                       mocked ? "" : "TestState does not support ", configuration[i].name, wrong);
        return false;
    }
    if (origin && !is_container(s))
        return refuse(call,
                      "ErrorCausedByState is only supported when testing a Map or Parallel state.");
    if (origin && !asl_machine_state(r->machine, origin))
        return refuse(call, "State not found in definition");
    r->test.retry_count = request_int_in(given, "retrierRetryCount", 0);
    r->test.failed_iterations = request_int_in(given, "mapIterationFailureCount", 0);
    if (data)
        r->test.reader_data = (struct text){data, strlen(data)};
    if (s->type != ASL_MAP || !mocked)
        return true;

    bool reads = s->u.map.distributed && s->u.map.distributed->reader;

    if (reads && !data)
        return refuse(call, "ItemReader data must be specified when testing a Map state with "
                            "ItemReader specified.");
    if (data && !reads)
        return refuse(call, "MapItemReaderData is only supported when testing a Map state with "
                            "ItemReader specified.");
    return true;
}

/* ---- context ---- */

/* The members a Context object may have. */
enum context_kind { CONTEXT_STRING, CONTEXT_NUMBER, CONTEXT_ANY };
static const struct {
    const char *parent, *name;
    enum context_kind kind;
} context_members[] = {
    {"Execution", "Id", CONTEXT_STRING},
    {"Execution", "Input", CONTEXT_ANY},
    {"Execution", "Name", CONTEXT_STRING},
    {"Execution", "RoleArn", CONTEXT_STRING},
    {"Execution", "StartTime", CONTEXT_STRING},
    {"Execution", "RedriveCount", CONTEXT_NUMBER},
    {"Execution", "RedriveTime", CONTEXT_STRING},
    {"State", "EnteredTime", CONTEXT_STRING},
    {"State", "Name", CONTEXT_STRING},
    {"State", "RetryCount", CONTEXT_NUMBER},
    {"StateMachine", "Id", CONTEXT_STRING},
    {"StateMachine", "Name", CONTEXT_STRING},
    {"Task", "Token", CONTEXT_STRING},
};

static bool refuse_context(struct api_call *call, const char *format, const char *a, const char *b)
    __attribute__((nonnull(1, 2)));

static bool refuse_context(struct api_call *call, const char *format, const char *a, const char *b)
{
    CLEANUP(strbuf_done) struct strbuf text;

    strbuf_init(&text, call->reply.max);
    for (const char *at = format; *at; at++) {
        if (*at == '@')
            strbuf_adds(&text, a);
        else if (*at == '#')
            strbuf_adds(&text, b);
        else
            strbuf_addc(&text, *at);
    }
    (void)api_fail(call, API_ERR_VALIDATION, "Invalid Context object provided: %s", text.data);
    return false;
}

static bool check_context_member(struct api_call *call, const char *parent, const char *name,
                                 const struct json *value)
{
    for (size_t i = 0; i < ARRAY_LEN(context_members); i++) {
        enum context_kind kind = context_members[i].kind;

        if (strcmp(context_members[i].parent, parent) != 0 ||
            strcmp(context_members[i].name, name) != 0)
            continue;
        if (kind == CONTEXT_STRING && !json_is(value, JSON_STRING))
            return refuse_context(call, "@.# must be a string", parent, name);
        if (kind == CONTEXT_NUMBER && !json_is(value, JSON_NUMBER))
            return refuse_context(call, "@.# must be a number", parent, name);
        return true;
    }
    return refuse_context(call, "Field '@' is not allowed", name, "");
}

static bool check_context_object(struct api_call *call, const struct asl_state *s,
                                 const char *parent, const struct json *object)
{
    static const char *const parents[] = {"Execution", "State", "StateMachine", "Task"};
    bool known = false;

    for (size_t i = 0; i < ARRAY_LEN(parents); i++)
        known |= strcmp(parents[i], parent) == 0;
    if (strcmp(parent, "Map") == 0)
        return refuse_context(call, "'Map' field is not supported when mocking a Context object",
                              "", "");
    if (!known)
        return refuse_context(call, "Field '@' is not allowed", parent, "");
    if (strcmp(parent, "Task") == 0 &&
        (s->type != ASL_TASK || s->u.task.resource.pattern == ASL_REQUEST_RESPONSE))
        return refuse_context(call,
                              "Context object contains 'Task' when state is not a Task state with "
                              "a '.sync' or '.waitForTaskToken' service integration pattern",
                              "", "");
    if (!json_is(object, JSON_OBJECT))
        return refuse_context(call, "@ must be an object", parent, "");
    for (size_t i = 0; i < json_len(object); i++)
        if (!check_context_member(call, parent, json_str(json_key_at(object, i), NULL),
                                  json_member_at(object, i)))
            return false;
    return true;
}

static bool read_context(struct api_call *call, bool mocked, struct test_request *r)
{
    const char *text = request_string(call, "context");

    if (!text)
        return true;
    if (!mocked)
        return refuse(call, "TestState does not support Context when a mock is not specified.");
    r->context = json_parse(text, strlen(text), JSON_PARSE_DEFAULT, NULL);
    if (!json_is(r->context, JSON_OBJECT))
        return refuse_context(call, "Context must be a valid JSON object", "", "");
    for (size_t i = 0; i < json_len(r->context); i++)
        if (!check_context_object(call, r->test.state, json_str(json_key_at(r->context, i), NULL),
                                  json_member_at(r->context, i)))
            return false;
    r->test.context = r->context;
    return true;
}

/* ---- all of it ---- */

static bool read_all(struct api_call *call, struct test_request *r)
{
    const struct cJSON *mock = request_get(call, "mock");
    const char *level = request_string(call, "inspectionLevel");

    r->inspects = level && strcmp(level, "INFO") != 0;
    if (level && strcmp(level, "TRACE") == 0)
        r->test.tracing =
            request_bool(call, "revealSecrets", false) ? TASK_TRACED_WITH_SECRETS : TASK_TRACED;
    r->test.role_arn = request_string(call, "roleArn");
    if (r->test.role_arn && !action_check_role(call, r->test.role_arn))
        return false;
    if (!read_definition(call, r) || !read_input(call, r) || !read_variables(call, r))
        return false;

    const struct asl_state *s = r->test.state;

    if (!mock)
        return read_configuration(call, false, r) && read_context(call, false, r) &&
               check_runs(call, s, r->test.role_arn);
    if (s->type != ASL_TASK && !is_container(s)) {
        (void)api_fail(call, API_ERR_VALIDATION,
                       "State type '%s' is not supported when a mock is specified",
                       asl_state_type_name(s->type));
        return false;
    }
    if (!read_mock(call, mock, r))
        return false;
    if (request_bool(call, "revealSecrets", false))
        return refuse(call, "TestState does not support RevealSecrets when a mock is specified.");
    return read_configuration(call, true, r) && read_context(call, true, r) &&
           (!r->test.mock_result.data ||
            check_result(call, s, &r->test, request_string_in(mock, "fieldValidationMode")));
}

bool test_request_read(struct api_call *call, struct test_request *r)
{
    *r = (struct test_request){0};
    if (read_all(call, r))
        return true;
    test_request_done(r);
    return false;
}

void test_request_done(struct test_request *r)
{
    asl_machine_unref(r->machine);
    json_unref(r->variables);
    json_unref(r->context);
    *r = (struct test_request){0};
}
