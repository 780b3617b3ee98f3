#include "tasks/http_connection.h"

#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "tasks/aws_json.h"
#include "tasks/endpoints.h"
#include "tasks/result.h"

void http_connection_missing(struct arena *a, const struct connection_arn *arn, bool has_file,
                             struct task_result *ret_failure)
{
    CLEANUP(free_p) char *events = endpoints_variables("events");
    CLEANUP(free_p) char *secrets = endpoints_variables("secretsmanager");

    /* What the server lacks is not for Retry and Catch to hide. */
    result_fail(a, ret_failure, has_file ? "Events.ConnectionResource.NotFound" : "States.Runtime",
                "The connection '%.*s' is not known: %s. Describe it in the file of --connections "
                "(SFND_CONNECTIONS), or set %s and %s to the URL of an EventBridge and a Secrets "
                "Manager that have it, or mock the state (SFN_MOCK_CONFIG).",
                (int)arn->name.len, arn->name.data,
                has_file ? "the file of connections does not have it"
                         : "no file of connections and no endpoint of EventBridge is configured",
                events, secrets);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void make_request(struct arena *a, const char *endpoint, const struct connection_arn *arn,
                         const struct aws_json_call *call, const char *member, struct text value,
                         struct call_request *ret_request)
{
    CLEANUP(strbuf_done) struct strbuf sb;
    struct aws_json_call c = *call;

    strbuf_init(&sb, 6 * value.len + 64);
    strbuf_addf(&sb, "{\"%s\":", member);
    strbuf_add_json(&sb, value.data, value.len);
    strbuf_addc(&sb, '}');
    c.version = "1.1";
    c.account = arena_memdup(a, arn->account.data, arn->account.len);
    c.region = arena_memdup(a, arn->region.data, arn->region.len);
    c.body = (struct text){arena_memdup(a, sb.data, sb.len), sb.len};
    aws_json_request(a, endpoint, &c, ret_request);
    ret_request->max_body = HTTP_CONNECTION_BYTES;
    ret_request->answer_seconds = HTTP_CONNECTION_SECONDS;
}

void http_connection_describe(struct arena *a, const char *endpoint,
                              const struct connection_arn *arn, struct call_request *ret_request)
{
    struct aws_json_call call = {.service = "events", .target = "AWSEvents.DescribeConnection"};

    make_request(a, endpoint, arn, &call, "Name", arn->name, ret_request);
}

void http_connection_ask_secret(struct arena *a, const char *endpoint,
                                const struct connection_arn *arn, const struct json *secret_arn,
                                struct call_request *ret_request)
{
    struct aws_json_call call = {.service = "secretsmanager",
                                 .target = "secretsmanager.GetSecretValue"};
    struct text id;

    id.data = json_str(secret_arn, &id.len);
    make_request(a, endpoint, arn, &call, "SecretId", id, ret_request);
}

/* ---- answers --------------------------------------------------------------------------------- */

/* "ResourceNotFoundException" -> "Events.ConnectionResource.NotFound" */
static const char *error_name(struct arena *a, struct text code)
{
    static const char suffix[] = "Exception";
    static const char prefix[] = "Resource";
    size_t end = strlen(suffix), begin = strlen(prefix);

    if (code.len > end && memcmp(code.data + code.len - end, suffix, end) == 0)
        code.len -= end;
    if (code.len > begin && memcmp(code.data, prefix, begin) == 0) {
        code.data += begin;
        code.len -= begin;
    }
    return arena_printf(a, "Events.ConnectionResource.%.*s", (int)MIN(code.len, (size_t)128),
                        code.data);
}

/* What stands in the way of a good answer; false: nothing.  `who` answered, or did not. */
static bool has_failed(struct arena *a, const char *who, const struct call_response *r,
                       struct task_result *ret_failure)
{
    struct text code, message;

    if (r->end == CALL_UNREACHABLE || r->end == CALL_TIMED_OUT) {
        result_fail(a, ret_failure, "Events.SdkClientException",
                    "Unable to execute HTTP request to %s: %s", who,
                    r->reason ? r->reason : "no answer in time");
        return true;
    }
    if (r->end == CALL_ANSWERED && r->status >= 200 && r->status <= 299)
        return false;
    aws_json_error(a, r, &code, &message);
    if (!code.len)
        code = TEXT("InvalidConnectionState");
    if (!message.len)
        message = TEXT("no error that can be read");
    result_fail(a, ret_failure, error_name(a, code), "%s answered: %.*s (Status Code: %d)", who,
                (int)MIN(message.len, (size_t)8192), message.data, r->status);
    return true;
}

/* States in which EventBridge itself could not use the connection.  One that waits for its first
 * token is good enough: the token is asked for here. */
static bool is_unusable(const struct json *state)
{
    static const char *const names[] = {"DEAUTHORIZED", "DEAUTHORIZING", "DELETING"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (json_str_eq(state, names[i]))
            return true;
    return false;
}

struct json *http_connection_description(struct arena *a, const struct connection_arn *arn,
                                         const struct call_response *r,
                                         struct task_result *ret_failure)
{
    struct json *body;

    if (has_failed(a, "EventBridge", r, ret_failure))
        return NULL;
    body = json_parse(r->body.data, r->body.len, JSON_PARSE_DEFAULT, NULL);
    if (json_is(body, JSON_OBJECT) && !is_unusable(json_gets(body, "ConnectionState")))
        return body;
    result_fail(a, ret_failure, "Events.ConnectionResource.InvalidConnectionState",
                "The connection '%.*s' %s.", (int)arn->name.len, arn->name.data,
                json_is(body, JSON_OBJECT) ? "is not authorized"
                                           : "could not be described: the answer is no JSON");
    json_unref(body);
    return NULL;
}

struct json *http_connection_secret(struct arena *a, const struct connection_arn *arn,
                                    const struct call_response *r, struct task_result *ret_failure)
{
    CLEANUP(json_unref_p) struct json *body = NULL;
    const struct json *text;
    struct json *secret = NULL;

    if (has_failed(a, "Secrets Manager", r, ret_failure))
        return NULL;
    body = json_parse(r->body.data, r->body.len, JSON_PARSE_DEFAULT, NULL);
    text = json_is(body, JSON_OBJECT) ? json_gets(body, "SecretString") : NULL;
    if (json_is(text, JSON_STRING)) {
        size_t len;
        const char *s = json_str(text, &len);

        secret = json_parse(s, len, JSON_PARSE_DEFAULT, NULL);
    }
    if (json_is(secret, JSON_OBJECT))
        return secret;
    json_unref(secret);
    result_fail(a, ret_failure, "Events.ConnectionResource.InvalidSecret",
                "The secret of the connection '%.*s' is no JSON object.", (int)arn->name.len,
                arn->name.data);
    return NULL;
}
