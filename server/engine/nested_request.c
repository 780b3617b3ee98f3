/* The parameters of states:startExecution, and the answers of StartExecution when it refuses: the texts are
 * the API's (reference/api.md), dressed as the service's own client does (reference/integrations.md
 * section 4). */
#include <stdarg.h>
#include <string.h>

#include "base/ids.h"
#include "base/partition.h"
#include "base/utf8.h"
#include "engine/arn.h"
#include "engine/names.h"
#include "engine/nested.h"

/* ---- refusals ---- */

/* Error codes whose exception is not called by the code and "Exception". */
static const struct {
    const char *code, *exception;
} exceptions[] = {
    {"ValidationException", "ValidationException"},
    {"AccessDeniedException", "AWSStepFunctionsException"}, /* none of the operation's own */
};

static int refuse(struct asl_error *err, const char *code, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Returns ERR_INVALID. */
static int refuse(struct asl_error *err, const char *code, const char *format, ...)
{
    CLEANUP(strbuf_done) struct strbuf message;
    CLEANUP(free_p) char *name = NULL;
    char id[UUID_SIZE];
    va_list ap;

    strbuf_init(&message, LIMIT_VALUE_BYTES);
    va_start(ap, format);
    strbuf_vaddf(&message, format, ap);
    va_end(ap);
    for (size_t i = 0; i < ARRAY_LEN(exceptions); i++)
        if (strcmp(exceptions[i].code, code) == 0)
            name = xasprintf("StepFunctions.%s", exceptions[i].exception);
    if (!name)
        name = xasprintf("StepFunctions.%sException", code);
    asl_error_set(err, name,
                  "%s (Service: AWSStepFunctions; Status Code: 400; Error Code: %s; Request ID: "
                  "%s; Proxy: null)",
                  message.data, code, uuid4(id));
    return ERR_INVALID;
}

/* What the start came to, when it did not; each format has one %s, for the ARN. */
static const struct {
    const char *code, *before, *after;
} outcomes[] = {
    [ENGINE_NO_MACHINE] = {"StateMachineDoesNotExist", "State Machine Does Not Exist: '", "'"},
    [ENGINE_NO_VERSION] = {"StateMachineDoesNotExist", "State Machine Version Does Not Exist: '",
                           "'"},
    [ENGINE_NO_ALIAS] = {"StateMachineDoesNotExist", "State Machine Alias Does Not Exist: '", "'"},
    [ENGINE_MACHINE_DELETING] = {"StateMachineDeleting", "State Machine is being deleted: '", "'"},
    [ENGINE_MACHINE_TYPE] = {"StateMachineTypeNotSupported",
                             "This operation is not supported by this type of state machine: '",
                             "'"},
    [ENGINE_BAD_DEFINITION] = {"InvalidDefinition", "The stored definition is no longer valid: '",
                               "'"},
    [ENGINE_NO_TEST_CASE] = {"ValidationException",
                             "The mock configuration has no such test case: '", "'"},
    [ENGINE_EXECUTION_EXISTS] = {"ExecutionAlreadyExists", "Execution Already Exists: '", "'"},
    [ENGINE_EXECUTION_LIMIT] = {"ExecutionLimitExceeded",
                                "The maximum number of running executions has been reached: '",
                                "'"},
};

static int refuse_outcome(struct asl_error *err, enum engine_outcome outcome, const char *arn)
{
    CHECK((size_t)outcome < ARRAY_LEN(outcomes) && outcomes[outcome].code);
    return refuse(err, outcomes[outcome].code, "%s%s%s", outcomes[outcome].before, arn,
                  outcomes[outcome].after);
}

/* ---- the parameters ---- */

enum parameter { INPUT, NAME, STATE_MACHINE_ARN, TRACE_HEADER, PARAMETERS };

static const struct {
    const char *name, *member; /* as the state has it, as the API calls it */
    bool required, any;        /* any: of any type; else a string */
    size_t min, max;           /* UTF-16 units of a string, as the API counts characters */
} parameters[PARAMETERS] = {
    [INPUT] = {"Input", "input", .any = true},
    [NAME] = {"Name", "name", .min = 1, .max = 80},
    [STATE_MACHINE_ARN] = {"StateMachineArn", "stateMachineArn", .required = true, .min = 1,
                           .max = 256},
    [TRACE_HEADER] = {"TraceHeader", "traceHeader", .max = 256},
};

/* The texts of one start; NULL: not given. */
struct request {
    const char *strings[PARAMETERS]; /* those that are strings, but for Input */
    const struct json *input;
    struct arn arn;
};

/* Neither NUL nor half a character: what the API takes for a string. */
static bool is_text(const struct json *value)
{
    size_t len;
    const char *s = json_is(value, JSON_STRING) ? json_str(value, &len) : NULL;

    return s && strlen(s) == len && utf8_valid(s, len);
}

static void add_problem(struct strbuf *problems, const char *before, const struct json *name,
                        const char *after)
{
    size_t len;
    const char *s = json_str(name, &len);

    if (problems->len > 0)
        strbuf_adds(problems, ", ");
    strbuf_adds(problems, before);
    strbuf_add(problems, s, utf8_cut(s, len, 256));
    strbuf_adds(problems, after);
}

static void read_members(const struct json *object, struct request *q, struct strbuf *problems)
{
    for (size_t i = 0; i < json_len(object) && problems->len < 1024; i++) {
        const struct json *name = json_key_at(object, i);
        const struct json *value = json_member_at(object, i);
        enum parameter p = 0;

        while (p < PARAMETERS && !json_str_eq(name, parameters[p].name))
            p++;
        if (p == PARAMETERS)
            add_problem(problems, "The field '", name, "' is not supported by Step Functions");
        else if (json_is(value, JSON_NULL))
            continue;
        else if (p == INPUT)
            q->input = value;
        else if (!is_text(value))
            add_problem(problems, "The value of the field '", name, "' has an invalid format");
        else
            q->strings[p] = json_str(value, NULL);
    }
    for (enum parameter p = 0; p < PARAMETERS && problems->len == 0; p++)
        if (parameters[p].required && !q->strings[p])
            strbuf_addf(problems, "The field '%s' is required but was missing", parameters[p].name);
}

/* What cannot be sent at all (reference/integrations.md section 3). */
static int read_parameters(const struct json *work, struct request *q, struct asl_error *err)
{
    CLEANUP(strbuf_done) struct strbuf problems;
    CLEANUP(free_p) char *shown = NULL;

    strbuf_init(&problems, 4096);
    if (json_is(work, JSON_OBJECT))
        read_members(work, q, &problems);
    else
        strbuf_adds(&problems, "The value must be an object");
    if (problems.len == 0)
        return 0;
    shown = json_text(work, LIMIT_CAUSE_CHARS / 2, NULL);
    asl_error_set(err, "States.Runtime",
                  "The Parameters '%s' could not be used to start the Task: [%s]", shown,
                  problems.data);
    return ERR_INVALID;
}

static int check_lengths(const struct request *q, struct asl_error *err)
{
    for (enum parameter p = 0; p < PARAMETERS; p++) {
        const char *s = q->strings[p];
        size_t len = s ? utf8_utf16_length(s, strlen(s)) : parameters[p].min;
        bool less = len < parameters[p].min;

        if (less || (s && len > parameters[p].max))
            return refuse(err, "ValidationException",
                          "1 validation error detected: Value '%s' at '%s' failed to satisfy "
                          "constraint: Member must have length %s than or equal to %zu",
                          s, parameters[p].member, less ? "greater" : "less",
                          less ? parameters[p].min : parameters[p].max);
    }
    return 0;
}

/* The state machine, of the account that the task acts in and of its execution's region. */
static int read_arn(struct branch *b, const char *account, struct request *q, struct asl_error *err)
{
    const struct revision *r = b->execution->revision;
    const char *text = q->strings[STATE_MACHINE_ARN];

    if (arn_parse(&b->execution->engine->arena, text, &q->arn) < 0 ||
        strcmp(q->arn.region, r->machine->region) != 0)
        return refuse(err, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: %s'", text);
    if (strcmp(q->arn.account, account) != 0)
        return refuse(err, "AccessDeniedException",
                      "User: %s is not authorized to perform: states:StartExecution on resource: "
                      "%s because no identity-based policy allows the states:StartExecution action",
                      b->role       ? b->role
                      : r->role_arn ? r->role_arn
                                    : "anonymous",
                      text);
    if (q->arn.kind != ARN_MACHINE)
        return refuse(err, "InvalidArn",
                      "Invalid Arn: 'Resource type not valid in this context: %s'",
                      arn_kind_name(q->arn.kind));
    if (q->arn.label)
        return refuse(err, "ValidationException",
                      "Labeled State Machine ARNs are not supported for this API");
    return 0;
}

/* A string is the JSON text itself; anything else is printed; nothing is {} (recorded: reference/integrations.md
 * section 3). */
static int read_input(const struct json *value, struct strbuf *sb, struct asl_error *err)
{
    struct json_error error;
    const char *text;
    size_t len;

    if (!value) {
        strbuf_adds(sb, "{}");
        return 0;
    }
    if (!json_is(value, JSON_STRING)) {
        json_print(value, sb);
        return 0;
    }
    text = json_str(value, &len);

    bool blank = strspn(text, " \t\r\n") == len;

    if (blank || !json_valid(text, len, &error))
        return refuse(err, "InvalidExecutionInput", "Invalid State Machine Execution Input: '%s'",
                      blank ? "Invalid execution input." : error.text);
    strbuf_add(sb, text, len);
    return 0;
}

/* ---- the start ---- */

/* There is nothing to wait for: an EXPRESS execution cannot be described. */
static bool is_never_described(struct branch *b, const struct arn *arn)
{
    enum asl_pattern pattern = b->state->u.task.resource.pattern;
    const struct machine *m;

    if (pattern != ASL_SYNC && pattern != ASL_SYNC2)
        return false;
    m = machine_find(b->execution->engine, arn->account, arn->region, arn->name);
    return m && m->type == MACHINE_EXPRESS;
}

static int begin(struct branch *b, const struct request *q, struct text input,
                 struct execution **ret_child, struct asl_error *err)
{
    const struct arn *arn = &q->arn;
    struct engine_command c = {
        .type = ENGINE_START_EXECUTION,
        .account = arn->account,
        .region = arn->region,
        .name = arn->name,
        .u.start =
            {
                .execution = q->strings[NAME],
                .version = arn_version(arn),
                .alias = arn_alias(arn),
                .input = input,
                .trace_header = q->strings[TRACE_HEADER],
                .test_case = arn->test_case,
            },
    };
    enum engine_outcome outcome = is_never_described(b, arn)
                                      ? ENGINE_MACHINE_TYPE
                                      : execution_start(b->execution->engine, &c, ret_child);

    if (outcome == ENGINE_OK)
        return 0;
    if (outcome != ENGINE_EXECUTION_EXISTS)
        return refuse_outcome(err, outcome, q->strings[STATE_MACHINE_ARN]);

    CLEANUP(free_p)
    char *execution = xasprintf("arn:%s:states:%s:%s:execution:%s:%s", aws_partition(arn->region),
                                arn->region, arn->account, arn->name, q->strings[NAME]);

    return refuse_outcome(err, outcome, execution);
}

int nested_start(struct branch *b, struct execution **ret_child, struct asl_error *err)
{
    CLEANUP(free_p) char *account = b->role ? arn_role_account(b->role) : NULL;
    CLEANUP(strbuf_done) struct strbuf input;
    struct request q = {0};
    int r = read_parameters(payload_value(b->work), &q, err);

    strbuf_init(&input, LIMIT_VALUE_BYTES);
    if (r < 0)
        return r;
    r = check_lengths(&q, err);
    if (r < 0)
        return r;
    r = read_arn(b, account ? account : b->execution->revision->machine->account, &q, err);
    if (r < 0)
        return r;
    if (q.strings[NAME] && !name_is_valid(q.strings[NAME]))
        return refuse(err, "InvalidName", "Invalid Name: '%s'", q.strings[NAME]);
    r = read_input(q.input, &input, err);
    if (r < 0)
        return r;
    return begin(b, &q, (struct text){input.data, input.len}, ret_child, err);
}
