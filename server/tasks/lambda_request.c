#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "tasks/lambda.h"
#include "tasks/result.h"
#include "tasks/sdk.h"
#include "tasks/url.h"
#include "json/json.h"

#define FUNCTION_NAME_BYTES  512
#define CLIENT_CONTEXT_BYTES 4096

static bool text_is(struct text t, const char *s)
{
    return t.len == strlen(s) && memcmp(t.data, s, t.len) == 0;
}

/* What may go into a URL or a header as it is. */
static bool is_printable_ascii(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        if (t.data[i] <= 0x20 || t.data[i] >= 0x7f)
            return false;
    }
    return true;
}

/* ---- names of functions ---------------------------------------------------------------------- */

bool lambda_function_parse(struct text s, struct lambda_function *ret_function)
{
    struct text part[9] = {{0}};
    size_t parts = 1;
    size_t first; /* which part is the name */

    if (!is_printable_ascii(s) || s.len > FUNCTION_NAME_BYTES)
        return false;
    part[0].data = s.data;
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] != ':') {
            part[parts - 1].len++;
        } else {
            if (parts == ARRAY_LEN(part))
                return false;
            part[parts++].data = s.data + i + 1;
        }
    }
    if (text_is(part[0], "arn")) {
        if (parts < 7 || !text_is(part[2], "lambda") || !text_is(part[5], "function"))
            return false;
        first = 6;
    } else {
        first = parts > 2 && text_is(part[1], "function") ? 2 : 0;
    }
    if (parts > first + 2 || !part[first].len || (parts == first + 2 && !part[first + 1].len))
        return false;
    *ret_function = (struct lambda_function){
        .name = part[first],
        .qualifier = parts == first + 2 ? part[first + 1] : TEXT_NONE,
        .account = first == 6   ? part[4]
                   : first == 2 ? part[0]
                                : TEXT_NONE,
        .region = first == 6 ? part[3] : TEXT_NONE,
    };
    return true;
}

bool lambda_accepts(const char *arn, const char *type, const char *action)
{
    struct lambda_function function;

    if (type)
        return strcmp(type, "lambda") == 0 && action && strcmp(action, "invoke") == 0;
    return strncmp(arn, "arn:", 4) == 0 &&
           lambda_function_parse((struct text){arn, strlen(arn)}, &function);
}

/* ---- the parameters of lambda:invoke --------------------------------------------------------- */

enum parameter {
    CLIENT_CONTEXT,
    FUNCTION_NAME,
    INVOCATION_TYPE,
    LOG_TYPE,
    PAYLOAD,
    QUALIFIER,
    PARAMETERS
};

static const char *const invocation_types[] = {"RequestResponse", "Event", "DryRun", NULL};
static const char *const log_types[] = {"None", "Tail", NULL};

static const struct {
    const char *name;
    bool required, any;        /* any: of any type; else a string */
    size_t max;                /* bytes of a string */
    const char *const *values; /* the only strings allowed, or NULL */
} parameters[PARAMETERS] = {
    [CLIENT_CONTEXT] = {"ClientContext", .max = CLIENT_CONTEXT_BYTES},
    [FUNCTION_NAME] = {"FunctionName", .required = true, .max = FUNCTION_NAME_BYTES},
    [INVOCATION_TYPE] = {"InvocationType", .max = 32, .values = invocation_types},
    [LOG_TYPE] = {"LogType", .max = 32, .values = log_types},
    [PAYLOAD] = {"Payload", .any = true},
    [QUALIFIER] = {"Qualifier", .max = FUNCTION_NAME_BYTES},
};

static bool string_is_valid(enum parameter p, const struct json *value)
{
    struct text t;

    if (!json_is(value, JSON_STRING))
        return false;
    t.data = json_str(value, &t.len);
    if (t.len == 0 || t.len > parameters[p].max || !is_printable_ascii(t))
        return false;
    for (const char *const *v = parameters[p].values; v; v++) {
        if (!*v)
            return false;
        if (strcmp(*v, t.data) == 0)
            break;
    }
    return true;
}

static void add_problem(struct strbuf *problems, const char *before, const struct json *name,
                        const char *after)
{
    size_t len;
    const char *s = json_str(name, &len);

    if (problems->len)
        strbuf_adds(problems, ", ");
    strbuf_adds(problems, before);
    strbuf_add(problems, s, utf8_cut(s, len, 256));
    strbuf_adds(problems, after);
}

/* Sets values[] (NULL: not given, or null) and says what is wrong in problems. */
static void read_parameters(const struct json *object, const struct json *values[PARAMETERS],
                            struct strbuf *problems)
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
        else if (!parameters[p].any && !string_is_valid(p, value))
            add_problem(problems, "The value of the field '", name, "' has an invalid format");
        else
            values[p] = value;
    }
    if (!problems->len && !values[FUNCTION_NAME])
        strbuf_adds(problems, "The field 'FunctionName' is required but was missing");
}

/* ---- the request ----------------------------------------------------------------------------- */

struct invocation {
    struct lambda_function function;
    struct text type, log_type, client_context; /* TEXT_NONE: not given */
    struct text payload;
};

/* A failure that Lambda itself would have answered with; no request was made, so it has no id. */
static void refuse(struct arena *a, struct task_result *ret_failure, const char *error,
                   struct text code, struct text message)
{
    struct text cause = sdk_error_text(a, "AWSLambda", 400, code, message, TEXT_NONE);

    result_fail_text(a, ret_failure, (struct text){error, strlen(error)}, cause);
}

bool lambda_payload_valid(struct text payload, struct strbuf *problem)
{
    struct json_error error;

    if (json_valid(payload.data, payload.len, &error))
        return true;
    strbuf_adds(problem,
                "Could not parse request body into json: Could not parse payload into json: ");
    json_error_message(&error, payload.data, payload.len, problem);
    strbuf_adds(problem, "\n at ");
    json_error_location(&error, payload.data, payload.len, problem);
    return false;
}

/* The string's content is the JSON text (reference/integrations.md 5). */
static bool payload_of_string(struct arena *a, const struct json *value, struct text *ret_payload,
                              struct task_result *ret_failure)
{
    CLEANUP(strbuf_done) struct strbuf problem;
    struct text content;

    strbuf_init(&problem, LIMIT_CAUSE_CHARS);
    content.data = json_str(value, &content.len);
    if (content.len == 0) {
        *ret_payload = TEXT("{}");
        return true;
    }
    if (lambda_payload_valid(content, &problem)) {
        *ret_payload = (struct text){arena_memdup(a, content.data, content.len), content.len};
        return true;
    }
    refuse(a, ret_failure, "Lambda.InvalidRequestContentException",
           TEXT("InvalidRequestContentException"), (struct text){problem.data, problem.len});
    return false;
}

static bool read_payload(struct arena *a, const struct json *value, struct text *ret_payload,
                         struct task_result *ret_failure)
{
    if (!value) {
        *ret_payload = TEXT("{}");
        return true;
    }
    if (json_is(value, JSON_STRING))
        return payload_of_string(a, value, ret_payload, ret_failure);

    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    json_print(value, &sb);
    *ret_payload = (struct text){arena_memdup(a, sb.data, sb.len), sb.len};
    return true;
}

static struct text copy_string(struct arena *a, const struct json *value)
{
    size_t len;
    const char *s;

    if (!value)
        return TEXT_NONE;
    s = json_str(value, &len);
    return (struct text){arena_memdup(a, s, len), len};
}

/* A qualifier in the name and another beside it is what Lambda refuses. */
static bool read_qualifier(struct arena *a, const struct json *value, struct invocation *inv,
                           struct task_result *ret_failure)
{
    struct text *from_name = &inv->function.qualifier;
    struct text given = copy_string(a, value);

    if (given.data && from_name->data &&
        (given.len != from_name->len || memcmp(given.data, from_name->data, given.len) != 0)) {
        refuse(a, ret_failure, "Lambda.InvalidParameterValueException",
               TEXT("InvalidParameterValueException"),
               TEXT("The derived qualifier from the function name does not match the specified "
                    "qualifier."));
        return false;
    }
    if (given.data)
        *from_name = given;
    return true;
}

/* reference/integrations.md 3: parameters that cannot be used. */
static bool fail_parameters(struct arena *a, const struct json *input,
                            const struct strbuf *problems, struct task_result *ret_failure)
{
    char *text = json_text(input, LIMIT_CAUSE_CHARS / 2, NULL);

    result_fail(a, ret_failure, "States.Runtime",
                "The Parameters '%s' could not be used to start the Task: [%s]", text,
                problems->data);
    free_p(&text);
    return false;
}

static bool read_invocation(struct arena *a, const struct json *input, struct invocation *ret,
                            struct task_result *ret_failure)
{
    CLEANUP(strbuf_done) struct strbuf problems;
    const struct json *values[PARAMETERS] = {0};

    strbuf_init(&problems, 4096);
    if (!json_is(input, JSON_OBJECT))
        strbuf_adds(&problems, "The value must be an object");
    else
        read_parameters(input, values, &problems);
    if (!problems.len &&
        !lambda_function_parse(copy_string(a, values[FUNCTION_NAME]), &ret->function))
        strbuf_adds(&problems, "The value of the field 'FunctionName' has an invalid format");
    if (problems.len)
        return fail_parameters(a, input, &problems, ret_failure);

    ret->type = copy_string(a, values[INVOCATION_TYPE]);
    ret->log_type = copy_string(a, values[LOG_TYPE]);
    ret->client_context = copy_string(a, values[CLIENT_CONTEXT]);
    return read_qualifier(a, values[QUALIFIER], ret, ret_failure) &&
           read_payload(a, values[PAYLOAD], &ret->payload, ret_failure);
}

static char *make_url(struct arena *a, const char *endpoint, const struct lambda_function *f)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, strlen(endpoint) + 3 * 2 * FUNCTION_NAME_BYTES + 64);
    strbuf_addf(&sb, "%s/2015-03-31/functions/", endpoint);
    url_add_encoded(&sb, f->name, "");
    strbuf_adds(&sb, "/invocations");
    if (f->qualifier.data) {
        strbuf_adds(&sb, "?Qualifier=");
        url_add_encoded(&sb, f->qualifier, "");
    }
    return arena_memdup(a, sb.data, sb.len);
}

static char *make_header(struct arena *a, const char *name, struct text value)
{
    return arena_printf(a, "%s: %.*s", name, (int)value.len, value.data);
}

/* The function's own account and region, where its name has them. */
static char *make_authorization(struct arena *a, const struct task_request *task,
                                const struct lambda_function *f)
{
    struct text account = f->account, region = f->region;

    if (!account.data)
        account = (struct text){task->account, strlen(task->account)};
    if (!region.data)
        region = (struct text){task->region, strlen(task->region)};
    return url_authorization(a, account, region, "lambda");
}

static const char *const *make_headers(struct arena *a, const struct task_request *task,
                                       const struct invocation *inv)
{
    const char **headers = arena_alloc(a, 6 * sizeof(*headers));
    size_t n = 0;

    headers[n++] = "Content-Type: application/json";
    headers[n++] = make_authorization(a, task, &inv->function);
    headers[n++] = make_header(a, "X-Amz-Invocation-Type",
                               inv->type.data ? inv->type : TEXT("RequestResponse"));
    if (inv->log_type.data)
        headers[n++] = make_header(a, "X-Amz-Log-Type", inv->log_type);
    if (inv->client_context.data)
        headers[n++] = make_header(a, "X-Amz-Client-Context", inv->client_context);
    return headers; /* zeroed: ended by NULL */
}

bool lambda_request(struct arena *a, const char *endpoint, const struct task_request *task,
                    struct call_request *ret_request, struct task_result *ret_failure)
{
    struct invocation inv = {.payload = task->input};

    if (task->type) {
        CLEANUP(json_unref_p)
        struct json *input =
            json_parse(task->input.data, task->input.len, JSON_PARSE_DEFAULT, NULL);

        CHECK(input); /* the engine printed it */
        if (!read_invocation(a, input, &inv, ret_failure))
            return false;
    } else {
        CHECK(lambda_function_parse((struct text){task->arn, strlen(task->arn)}, &inv.function));
    }
    *ret_request = (struct call_request){
        .url = make_url(a, endpoint, &inv.function),
        .headers = make_headers(a, task, &inv),
        .body = inv.payload,
    };
    return true;
}
