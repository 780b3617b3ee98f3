#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/strbuf.h"
#include "tasks/http.h"
#include "tasks/url.h"

/* The request while it is made. */
struct making {
    struct arena *a;
    const struct http_parameters *p;
    struct http_message *m;
    const char *problem; /* NULL: none so far */
    size_t header_bytes;
};

static bool same_text(struct text a, struct text b)
{
    return a.len == b.len && strncasecmp(a.data, b.data, a.len) == 0;
}

static struct text as_text(const char *s)
{
    return (struct text){s, strlen(s)};
}

/* ---- headers --------------------------------------------------------------------------------- */

/* A token of RFC 9110. */
static bool is_header_name(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!isalnum((unsigned char)t.data[i]) &&
            !(t.data[i] && strchr("!#$%&'*+-.^_`|~", t.data[i])))
            return false;
    return t.len > 0;
}

/* No control characters: they would end the header. */
static bool is_header_value(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (((unsigned char)t.data[i] < ' ' && t.data[i] != '\t') || t.data[i] == 0x7f)
            return false;
    return true;
}

/* What a definition may not set (D for API Gateway, whose list this is): most of it is the
 * connection's or the client's to say. */
static bool is_forbidden(struct text name)
{
    static const char *const names[] = {
        "Authorization",
        "Connection",
        "Content-Length",
        "Content-MD5",
        "Date",
        "Expect",
        "Host",
        "Max-Forwards",
        "Proxy-Authenticate",
        "Server",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Via",
        "WWW-Authenticate",
    };
    static const char *const prefixes[] = {"X-Amz", "X-Forwarded"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (same_text(name, as_text(names[i])))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (strncasecmp(name.data, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static bool has_header(const struct http_message *m, const char *name)
{
    for (size_t i = 0; i < m->headers_len; i++)
        if (same_text(m->headers[i].name, as_text(name)))
            return true;
    return false;
}

static void add_header(struct making *k, struct text name, struct text value)
{
    struct http_message *m = k->m;

    if (k->problem)
        return;
    k->header_bytes += name.len + value.len;
    if (m->headers_len == HTTP_HEADERS || k->header_bytes > HTTP_HEADER_BYTES)
        k->problem = "The request's headers are too large";
    else if (!is_header_name(name) || !is_header_value(value))
        k->problem = "The value of the field 'Headers' has an invalid format";
    else
        m->headers[m->headers_len++] = (struct call_header){
            {arena_memdup(k->a, name.data, name.len), name.len},
            {arena_memdup(k->a, value.data, value.len), value.len},
        };
}

static void remove_header(struct http_message *m, struct text name)
{
    size_t kept = 0;

    for (size_t i = 0; i < m->headers_len; i++)
        if (!same_text(m->headers[i].name, name))
            m->headers[kept++] = m->headers[i];
    m->headers_len = kept;
}

static void set_header(struct making *k, struct text name, struct text value)
{
    remove_header(k->m, name);
    add_header(k, name, value);
}

/* One header for each element of an array. */
static void set_header_json(struct making *k, struct text name, const struct json *value)
{
    bool array = json_is(value, JSON_ARRAY);
    size_t len = array ? json_len(value) : 1;

    remove_header(k->m, name);
    for (size_t i = 0; i < len && !k->problem; i++) {
        char buf[32];
        struct text text;

        if (http_scalar(array ? json_at(value, i) : value, buf, &text))
            add_header(k, name, text);
        else
            k->problem = "The value of the field 'Headers' has an invalid format";
    }
}

static void add_definition_headers(struct making *k)
{
    const struct json *headers = k->p->headers;

    for (size_t i = 0; headers && i < json_len(headers) && !k->problem; i++) {
        struct text name;

        name.data = json_str(json_key_at(headers, i), &name.len);
        if (is_header_name(name) && is_forbidden(name))
            k->problem = arena_printf(
                k->a, "The 'Headers' field contains unsupported values: %.256s", name.data);
        else if (!json_is(json_member_at(headers, i), JSON_NULL))
            set_header_json(k, name, json_member_at(headers, i));
    }
}

/* The connection's come last: they replace those of the same name. */
static void add_connection_headers(struct making *k, const struct http_access *access)
{
    const struct connection *c = access->connection;
    CLEANUP(strbuf_done) struct strbuf sb, basic;

    for (size_t i = 0; i < c->http.headers.len; i++)
        set_header(k, c->http.headers.at[i].key, c->http.headers.at[i].value);
    strbuf_init(&sb, HTTP_HEADER_BYTES);
    strbuf_init(&basic, 2 * HTTP_HEADER_BYTES);
    switch (c->auth) {
    case CONNECTION_BASIC:
        strbuf_add(&sb, c->name.data, c->name.len);
        strbuf_addc(&sb, ':');
        strbuf_add(&sb, c->secret.data, c->secret.len);
        strbuf_adds(&basic, "Basic ");
        base64_encode(sb.data, sb.len, false, &basic);
        set_header(k, TEXT("Authorization"), (struct text){basic.data, basic.len});
        break;
    case CONNECTION_API_KEY:
        set_header(k, c->name, c->secret);
        break;
    case CONNECTION_OAUTH:
        set_header(k, TEXT("Authorization"), access->authorization);
        break;
    }
}

/* reference/integrations.md 7: what the service's client says of itself and asks for. */
static void add_headers(struct making *k, const char *region, const struct http_access *access)
{
    const char *agent = arena_printf(k->a, "Amazon|StepFunctions|HttpInvoke|%s", region);

    add_header(k, TEXT("user-agent"), as_text(agent));
    add_header(k, TEXT("range"), TEXT("bytes=0-262144"));
    add_definition_headers(k);
    if (access->connection)
        add_connection_headers(k, access);
    if (k->m->body.data && !has_header(k->m, "content-type"))
        add_header(k, TEXT("content-type"), TEXT("application/json; charset=UTF-8"));
}

/* ---- the URL --------------------------------------------------------------------------------- */

static void add_pair(struct strbuf *url, struct text key, struct text value)
{
    bool first = !strchr(url->data, '?');
    char last = url->len ? url->data[url->len - 1] : '\0';

    if (first)
        strbuf_addc(url, '?');
    else if (last != '?' && last != '&')
        strbuf_addc(url, '&');
    url_add_encoded(url, key, "");
    strbuf_addc(url, '=');
    url_add_encoded(url, value, "");
}

static bool is_key_of(struct text key, const struct connection_parameters *list)
{
    for (size_t i = 0; i < list->len; i++)
        if (list->at[i].key.len == key.len && memcmp(list->at[i].key.data, key.data, key.len) == 0)
            return true;
    return false;
}

/* Returns false when a value has parts. */
static bool add_query(struct strbuf *url, struct text key, const struct json *value)
{
    bool array = json_is(value, JSON_ARRAY);
    size_t len = array ? json_len(value) : 1;

    for (size_t i = 0; i < len; i++) {
        char buf[32];
        struct text text;

        if (!http_scalar(array ? json_at(value, i) : value, buf, &text))
            return false;
        add_pair(url, key, text);
    }
    return true;
}

static void make_url(struct making *k, const struct connection_parameters *added)
{
    const struct http_parameters *p = k->p;
    CLEANUP(strbuf_done) struct strbuf url;

    strbuf_init(&url, HTTP_URL_BYTES);
    strbuf_add(&url, p->endpoint.data, strcspn(p->endpoint.data, "#"));
    for (size_t i = 0; p->query && i < json_len(p->query) && !url.overflow; i++) {
        const struct json *value = json_member_at(p->query, i);
        struct text key;

        key.data = json_str(json_key_at(p->query, i), &key.len);
        if (is_key_of(key, added) || json_is(value, JSON_NULL))
            continue;
        if (!add_query(&url, key, value))
            k->problem = "The value of the field 'QueryParameters' has an invalid format";
    }
    for (size_t i = 0; i < added->len; i++)
        add_pair(&url, added->at[i].key, added->at[i].value);
    if (url.overflow)
        k->problem = "The request's URL is too large";
    k->m->url = arena_memdup(k->a, url.data, url.len);
}

/* ---- all of it ------------------------------------------------------------------------------- */

bool http_message_make(struct arena *a, const struct http_parameters *p, const char *region,
                       const struct http_access *access, struct http_message *ret_message,
                       struct task_result *ret_failure)
{
    static const struct connection_http nothing;
    const struct connection_http *added = access->connection ? &access->connection->http : &nothing;
    struct http_message m = {.method = p->method};
    struct making k = {.a = a, .p = p, .m = &m};

    m.headers = arena_alloc(a, HTTP_HEADERS * sizeof(*m.headers));
    k.problem = http_body(a, p, &added->body, &m.body);
    if (!k.problem)
        make_url(&k, &added->query);
    add_headers(&k, region, access);
    if (k.problem)
        return http_parameters_fail(a, p, k.problem, ret_failure);
    *ret_message = m;
    return true;
}

void http_message_call(struct arena *a, const struct http_message *m,
                       struct call_request *ret_request)
{
    const char **headers = arena_alloc(a, (m->headers_len + 2) * sizeof(*headers));
    size_t n = 0;

    for (size_t i = 0; i < m->headers_len; i++) {
        const struct call_header *h = &m->headers[i];

        /* libcurl's way to say that a header is empty. */
        headers[n++] = h->value.len ? arena_printf(a, "%s: %s", h->name.data, h->value.data)
                                    : arena_printf(a, "%s;", h->name.data);
    }
    if (!has_header(m, "content-type"))
        headers[n++] = "Content-Type:"; /* else it would call a POST without a body a form */
    *ret_request = (struct call_request){
        .method = m->method,
        .url = m->url,
        .headers = headers, /* zeroed: ended by NULL */
        .body = m->body,
        .answer_seconds = HTTP_ANSWER_SECONDS,
    };
}
