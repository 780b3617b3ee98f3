#include "tasks/aws_json.h"

#include <string.h>

#include "aws/reply.h"
#include "tasks/url.h"
#include "json/json.h"

void aws_json_request(struct arena *a, const char *endpoint, const struct aws_json_call *call,
                      struct call_request *ret_request)
{
    const char **headers = arena_alloc(a, 4 * sizeof(*headers));

    headers[0] = arena_printf(a, "Content-Type: application/x-amz-json-%s", call->version);
    headers[1] = arena_printf(a, "X-Amz-Target: %s", call->target);
    headers[2] =
        url_authorization(a, (struct text){call->account, strlen(call->account)},
                          (struct text){call->region, strlen(call->region)}, call->service);
    *ret_request = (struct call_request){
        .url = arena_printf(a, "%s/", endpoint),
        .headers = headers, /* zeroed: ended by NULL */
        .body = call->body,
    };
}

static struct text member(struct arena *a, const struct json *body, const char *name)
{
    const struct json *value = body ? json_gets(body, name) : NULL;
    size_t len;
    const char *s;

    if (!json_is(value, JSON_STRING))
        return TEXT_NONE;
    s = json_str(value, &len);
    return (struct text){arena_memdup(a, s, len), len};
}

void aws_json_error(struct arena *a, const struct call_response *r, struct text *ret_code,
                    struct text *ret_message)
{
    CLEANUP(json_unref_p)
    struct json *body = json_parse(r->body.data, r->body.len, JSON_PARSE_DEFAULT, NULL);
    struct text code = call_response_header(r, "X-Amzn-ErrorType");

    if (!code.data)
        code = member(a, body, "__type");
    if (!code.data)
        code = member(a, body, "code");
    *ret_code = aws_bare_code(code);
    *ret_message = member(a, body, "message");
    if (!ret_message->data)
        *ret_message = member(a, body, "Message");
}
