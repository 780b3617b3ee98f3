/* What TestState shows of an HTTP Task, in the form of the service's documentation. */
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "tasks/http.h"
#include "tasks/sdk.h"
#include "json/json.h"

/* The bytes as text that a JSON string can hold. */
static struct text readable(struct arena *a, struct text bytes)
{
    CLEANUP(json_unref_p) struct json *s = NULL;
    struct text t;

    if (!bytes.data)
        return TEXT_NONE;
    s = sdk_string(bytes);
    t.data = json_str(s, &t.len);
    return (struct text){arena_memdup(a, t.data, t.len), t.len};
}

/* "[name: value, name: value]" */
static struct text headers_text(struct arena *a, const struct call_header *headers, size_t len)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, (size_t)4 * (HTTP_HEADER_BYTES + CALLS_HEADER_BYTES));
    strbuf_addc(&sb, '[');
    for (size_t i = 0; i < len; i++) {
        if (i)
            strbuf_adds(&sb, ", ");
        strbuf_add(&sb, headers[i].name.data, headers[i].name.len);
        strbuf_adds(&sb, ": ");
        strbuf_add(&sb, headers[i].value.data, headers[i].value.len);
    }
    strbuf_addc(&sb, ']');
    return readable(a, (struct text){sb.data, sb.len});
}

static struct text plain(struct arena *a, const char *s)
{
    return (struct text){arena_memdup(a, s, strlen(s)), strlen(s)};
}

const struct task_trace *http_trace(struct arena *a, const struct http_message *shown,
                                    const struct call_response *r)
{
    struct task_trace *t = arena_alloc(a, sizeof(*t));
    struct text protocol = strncasecmp(shown->url, "https:", 6) == 0 ? TEXT("https") : TEXT("http");

    *t = (struct task_trace){
        .request =
            {
                .protocol = protocol,
                .method = plain(a, shown->method),
                .url = plain(a, shown->url),
                .headers = headers_text(a, shown->headers, shown->headers_len),
                .body = readable(a, shown->body),
            },
    };
    if (!r || (r->end != CALL_ANSWERED && r->end != CALL_TOO_LARGE))
        return t;
    t->response = (struct task_message_trace){
        .protocol = protocol,
        .status_code = plain(a, arena_printf(a, "%d", r->status)),
        .status_message = readable(a, r->status_text),
        .headers = headers_text(a, r->headers, r->headers_len),
        .body = readable(a, r->body),
    };
    return t;
}
