#include "tasks/oauth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tasks/url.h"

/* ---- the request ----------------------------------------------------------------------------- */

/* A form's or query's "key=value". */
static void add_pair(struct strbuf *sb, struct text key, struct text value)
{
    if (sb->len)
        strbuf_addc(sb, '&');
    url_add_encoded(sb, key, "");
    strbuf_addc(sb, '=');
    url_add_encoded(sb, value, "");
}

static const struct connection_parameter *find(const struct connection_parameters *list,
                                               const char *key)
{
    for (size_t i = 0; i < list->len; i++)
        if (strcasecmp(list->at[i].key.data, key) == 0)
            return &list->at[i];
    return NULL;
}

/* All that is asked with, each name once: what the connection says comes first. */
static struct connection_parameters fields(struct arena *a, const struct connection *c)
{
    const struct connection_parameters *own = &c->oauth.http.body;
    const struct connection_parameter usual[] = {
        {TEXT("grant_type"), TEXT("client_credentials")},
        {TEXT("client_id"), c->name},
        {TEXT("client_secret"), c->secret},
    };
    struct connection_parameter *all = arena_alloc(a, (own->len + 3) * sizeof(*all));
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(usual); i++)
        if (!find(own, usual[i].key.data))
            all[n++] = usual[i];
    for (size_t i = 0; i < own->len; i++)
        all[n++] = own->at[i];
    return (struct connection_parameters){all, n};
}

static void print_fields(const struct connection_parameters *list, bool json, struct strbuf *sb)
{
    if (json)
        strbuf_addc(sb, '{');
    for (size_t i = 0; i < list->len; i++) {
        const struct connection_parameter *p = &list->at[i];

        if (!json) {
            add_pair(sb, p->key, p->value);
            continue;
        }
        if (i)
            strbuf_addc(sb, ',');
        strbuf_add_json(sb, p->key.data, p->key.len);
        strbuf_addc(sb, ':');
        strbuf_add_json(sb, p->value.data, p->value.len);
    }
    if (json)
        strbuf_addc(sb, '}');
}

static bool is_line(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.data[i] < ' ')
            return false;
    return true;
}

static int make_headers(struct arena *a, const struct connection_parameters *list,
                        const char *const **ret_headers, struct err *err)
{
    const char **headers = arena_alloc(a, (list->len + 2) * sizeof(*headers));
    size_t n = 0;

    for (size_t i = 0; i < list->len; i++) {
        const struct connection_parameter *p = &list->at[i];

        if (!is_line(p->key) || !is_line(p->value) || strpbrk(p->key.data, ":; ") || !p->key.len)
            return err_set(err, ERR_INVALID,
                           "a HeaderParameter of its OAuthHttpParameters cannot "
                           "be sent");
        headers[n++] = p->value.len ? arena_printf(a, "%s: %s", p->key.data, p->value.data)
                                    : arena_printf(a, "%s;", p->key.data);
    }
    if (!find(list, "content-type"))
        headers[n++] = "Content-Type: application/x-www-form-urlencoded";
    *ret_headers = headers; /* zeroed: ended by NULL */
    return 0;
}

static bool is_url(struct text t)
{
    size_t scheme = strncasecmp(t.data, "http://", 7) == 0    ? 7
                    : strncasecmp(t.data, "https://", 8) == 0 ? 8
                                                              : 0;

    for (size_t i = 0; i < t.len; i++)
        if (t.data[i] <= ' ' || t.data[i] >= 0x7f)
            return false;
    return scheme && strcspn(t.data + scheme, "/?#") > 0;
}

int oauth_request(struct arena *a, const struct connection *c, struct call_request *ret_request,
                  struct err *err)
{
    const struct connection_http *http = &c->oauth.http;
    const struct connection_parameter *type = find(&http->headers, "content-type");
    struct connection_parameters all = fields(a, c);
    bool get = strcmp(c->oauth.method.data, "GET") == 0;
    const char *const *headers = NULL;
    CLEANUP(strbuf_done) struct strbuf query, body;

    strbuf_init(&query, OAUTH_REQUEST_BYTES);
    strbuf_init(&body, OAUTH_REQUEST_BYTES);
    if (!is_url(c->oauth.endpoint))
        return err_set(err, ERR_INVALID, "its AuthorizationEndpoint is no URL");

    int r = make_headers(a, &http->headers, &headers, err);

    if (r < 0)
        return r;
    print_fields(&http->query, false, &query);
    print_fields(&all, !get && type && strcasestr(type->value.data, "json"), get ? &query : &body);
    if (query.overflow || body.overflow)
        return err_set(err, ERR_LIMIT, "its OAuthParameters are too large");
    *ret_request = (struct call_request){
        .method = c->oauth.method.data,
        .url = arena_printf(a, "%s%s%s", c->oauth.endpoint.data,
                            !query.len                            ? ""
                            : strchr(c->oauth.endpoint.data, '?') ? "&"
                                                                  : "?",
                            query.data),
        .headers = headers,
        .body = get ? TEXT_NONE : (struct text){arena_memdup(a, body.data, body.len), body.len},
        .max_body = OAUTH_MAX_BYTES,
        .answer_seconds = OAUTH_ANSWER_SECONDS,
    };
    return 0;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static int read_token(struct arena *a, const struct json *body, struct oauth_token *ret,
                      struct err *err)
{
    const struct json *token = json_gets(body, "access_token");
    const struct json *type = json_gets(body, "token_type");
    const struct json *seconds = json_gets(body, "expires_in");
    const char *word = json_is(type, JSON_STRING) ? json_str(type, NULL) : "Bearer";
    size_t len;
    const char *text;

    if (!json_is(token, JSON_STRING))
        return err_set(err, ERR_INVALID,
                       "the answer of its AuthorizationEndpoint has no "
                       "access_token");
    text = json_str(token, &len);
    if (strcasecmp(word, "bearer") == 0)
        word = "Bearer";
    text = arena_printf(a, "%s %s", word, text);
    ret->authorization = (struct text){text, strlen(text)};
    ret->seconds = OAUTH_DEFAULT_SECONDS;
    if (json_is(seconds, JSON_NUMBER)) {
        double n = json_double(seconds);

        ret->seconds = n > 0 ? (int64_t)MIN(n, 1e9) : 0;
    }
    return 0;
}

int oauth_response(struct arena *a, const struct call_response *r, struct oauth_token *ret_token,
                   struct err *err)
{
    CLEANUP(json_unref_p) struct json *body = NULL;

    if (r->end == CALL_UNREACHABLE)
        return err_set(err, ERR_INVALID, "its AuthorizationEndpoint cannot be reached: %s",
                       r->reason);
    if (r->end != CALL_ANSWERED)
        return err_set(err, ERR_INVALID,
                       "its AuthorizationEndpoint did not answer in time, or too "
                       "much");
    if (r->status < 200 || r->status > 299)
        return err_set(err, ERR_INVALID, "its AuthorizationEndpoint answered with status %d %.*s",
                       r->status, (int)r->status_text.len, r->status_text.data);
    body = json_parse(r->body.data, r->body.len, JSON_PARSE_DEFAULT, NULL);
    if (!json_is(body, JSON_OBJECT))
        return err_set(err, ERR_INVALID,
                       "the answer of its AuthorizationEndpoint is no JSON "
                       "object");
    return read_token(a, body, ret_token, err);
}

/* ---- tokens that are kept -------------------------------------------------------------------- */

struct kept {
    char *authorization; /* owned */
    int64_t expires_ms;
};

struct oauth_tokens {
    struct map *by_request; /* struct kept, owned */
};

struct oauth_tokens *oauth_tokens_new(void)
{
    struct oauth_tokens *t = xmalloc(sizeof(*t));

    t->by_request = map_new();
    return t;
}

static void kept_free(struct kept *k)
{
    if (!k)
        return;
    free(k->authorization);
    free(k);
}

/* Drops what has expired; everything when `all`. */
static void sweep(struct oauth_tokens *t, int64_t now_ms, bool all)
{
    size_t at = 0;
    const char *key;
    size_t len;
    void *value;

    while (map_next(t->by_request, &at, &key, &len, &value)) {
        struct kept *k = value;

        if (!all && k->expires_ms > now_ms)
            continue;
        (void)map_remove(t->by_request, key, len);
        kept_free(k);
    }
}

void oauth_tokens_free(struct oauth_tokens *t)
{
    if (!t)
        return;
    sweep(t, 0, true);
    map_free(t->by_request);
    free(t);
}

/* The request as one text. */
static void key_of(const struct call_request *r, struct strbuf *sb)
{
    strbuf_init(sb, 4 * OAUTH_REQUEST_BYTES);
    strbuf_addf(sb, "%s %s\n", r->method, r->url);
    for (const char *const *h = r->headers; *h; h++)
        strbuf_addf(sb, "%s\n", *h);
    strbuf_add(sb, r->body.data ? r->body.data : "", r->body.len);
}

struct text oauth_tokens_get(struct oauth_tokens *t, struct arena *a,
                             const struct call_request *request, int64_t now_ms)
{
    CLEANUP(strbuf_done) struct strbuf key;
    const struct kept *k;

    key_of(request, &key);
    k = key.overflow ? NULL : map_get(t->by_request, key.data, key.len);
    if (!k || k->expires_ms <= now_ms)
        return TEXT_NONE;
    return (struct text){arena_memdup(a, k->authorization, strlen(k->authorization)),
                         strlen(k->authorization)};
}

void oauth_tokens_forget(struct oauth_tokens *t, const struct call_request *request)
{
    CLEANUP(strbuf_done) struct strbuf key;

    key_of(request, &key);
    kept_free(map_remove(t->by_request, key.data, key.len));
}

void oauth_tokens_put(struct oauth_tokens *t, const struct call_request *request,
                      const struct oauth_token *token, int64_t now_ms)
{
    CLEANUP(strbuf_done) struct strbuf key;
    struct kept *k;

    key_of(request, &key);
    if (key.overflow || token->seconds <= 0)
        return;
    if (map_len(t->by_request) >= OAUTH_TOKENS)
        sweep(t, now_ms, false);
    if (map_len(t->by_request) >= OAUTH_TOKENS)
        sweep(t, now_ms, true); /* it costs a request each to have them again */
    k = xmalloc(sizeof(*k));
    *k = (struct kept){
        .authorization = xmemdup(token->authorization.data, token->authorization.len),
        .expires_ms = now_ms + token->seconds * 1000,
    };
    kept_free(map_set(t->by_request, key.data, key.len, k));
}
