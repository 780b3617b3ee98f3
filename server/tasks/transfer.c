#include "tasks/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

struct transfer {
    const struct curl_api *api;
    const struct call_request *request;
    void *owner;
    struct sockets *sockets;                    /* borrowed */
    int fd;                                     /* of the connection in use; -1: not known */
    CURL *handle;                               /* owned */
    struct curl_slist *headers;                 /* owned; sent */
    struct strbuf head, body;                   /* received: "name\0value\0...", and the body */
    struct call_header received[CALLS_HEADERS]; /* into head, made when it is complete */
    size_t received_len;
    char status_text[256]; /* cut there */
    bool head_refused;
    char reason[CURL_ERROR_SIZE + 512];
    char curl_text[CURL_ERROR_SIZE];
};

/* ---- receiving ------------------------------------------------------------------------------- */

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count;

    strbuf_add(&t->body, data, len);
    return t->body.overflow ? 0 : len; /* 0 ends the transfer */
}

static struct text trim(const char *s, size_t len)
{
    while (len && strchr(" \t\r\n", *s)) {
        s++;
        len--;
    }
    while (len && strchr(" \t\r\n", s[len - 1]))
        len--;
    return (struct text){s, len};
}

/* Ends the transfer, and forgets what was received of the head. */
static size_t refuse_head(struct transfer *t)
{
    t->head_refused = true;
    t->received_len = 0;
    return 0;
}

/* "HTTP/1.1 404 Not Found\r\n" */
static void keep_status_text(struct transfer *t, const char *line, size_t len)
{
    const char *at = line;
    struct text rest;

    for (int words = 0; words < 2 && at; words++) {
        at = memchr(at, ' ', len - (size_t)(at - line));
        at = at ? at + 1 : NULL;
    }
    rest = at ? trim(at, len - (size_t)(at - line)) : TEXT_NONE;
    (void)snprintf(t->status_text, sizeof(t->status_text), "%.*s", (int)rest.len, rest.data);
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count;
    const char *colon = memchr(data, ':', len);

    if (len >= 5 && memcmp(data, "HTTP/", 5) == 0) {
        if (t->fd >= 0)
            socket_acknowledge(t->fd);
        /* The head of another response: what came before was an interim one. */
        strbuf_clear(&t->head);
        t->received_len = 0;
        keep_status_text(t, data, len);
        return len;
    }
    if (!colon)
        return len;
    if (t->received_len == CALLS_HEADERS || memchr(data, 0, len))
        return refuse_head(t);

    struct text name = trim(data, (size_t)(colon - data));
    struct text value = trim(colon + 1, len - (size_t)(colon + 1 - data));

    /* head may still move: only the lengths are good until received_in_place. */
    t->received[t->received_len++] = (struct call_header){{NULL, name.len}, {NULL, value.len}};
    strbuf_add(&t->head, name.data, name.len);
    strbuf_add(&t->head, "", 1);
    strbuf_add(&t->head, value.data, value.len);
    strbuf_add(&t->head, "", 1);
    return t->head.overflow ? refuse_head(t) : len;
}

static void received_in_place(struct transfer *t)
{
    const char *at = t->head.data;

    for (size_t i = 0; i < t->received_len; i++) {
        t->received[i].name.data = at;
        at += t->received[i].name.len + 1;
        t->received[i].value.data = at;
        at += t->received[i].value.len + 1;
    }
}

/* ---- sockets --------------------------------------------------------------------------------- */

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct sockets *sockets = arg;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    if (fd < 0)
        return CURL_SOCKET_BAD;
    sockets_add(sockets, fd);
    return fd;
}

/* The connection may outlive the transfer that opened it. */
static int on_close(void *arg, curl_socket_t fd)
{
    sockets_remove(arg, fd);
    return close(fd);
}

/* The connection is chosen, a new one or a kept one, and the request comes next. */
static int on_connected(void *arg, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct transfer *t = arg;

    (void)remote_ip;
    (void)local_ip;
    (void)remote_port;
    t->fd = sockets_find(t->sockets, local_port);
    return CURL_PREREQFUNC_OK;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Returns whether something failed. */
static unsigned set_method(struct transfer *t)
{
    __typeof__(curl_easy_setopt) *set = t->api->curl_easy_setopt_fn;
    const struct call_request *r = t->request;
    const char *method = r->method ? r->method : "POST";
    unsigned failed = 0;

    if (strcmp(method, "HEAD") == 0)
        return set(t->handle, CURLOPT_NOBODY, 1L); /* none is waited for */
    if (r->body.data || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0) {
        failed |= set(t->handle, CURLOPT_POST, 1L);
        failed |= set(t->handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
        failed |= set(t->handle, CURLOPT_POSTFIELDS, r->body.data ? r->body.data : "");
    }
    failed |= set(t->handle, CURLOPT_CUSTOMREQUEST, method);
    return failed;
}

/* The options of every transfer.  libcurl copies strings, but neither the body nor the headers. */
static bool set_options(struct transfer *t)
{
    __typeof__(curl_easy_setopt) *set = t->api->curl_easy_setopt_fn;
    const struct call_request *r = t->request;
    CURL *h = t->handle;
    unsigned failed = 0;

    failed |= set(h, CURLOPT_URL, r->url);
    failed |= set(h, CURLOPT_PATH_AS_IS, 1L); /* the names of objects may have ".." in them */
    failed |= set(h, CURLOPT_PROTOCOLS_STR, "http,https");
    failed |= set(h, CURLOPT_FOLLOWLOCATION, 0L);
    failed |= set(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1); /* keeps header case */
    failed |= set(h, CURLOPT_PROXY, ""); /* an endpoint is asked itself, whatever the environment */
    failed |= set(h, CURLOPT_NOSIGNAL, 1L);
    failed |= set(h, CURLOPT_QUICK_EXIT, 1L); /* cancelling does not wait for a slow name server */
    failed |= set(h, CURLOPT_CONNECTTIMEOUT, (long)CALLS_CONNECT_SECONDS);
    failed |= set(h, CURLOPT_TIMEOUT,
                  (long)(r->answer_seconds ? r->answer_seconds : CALLS_ANSWER_SECONDS));
    failed |= set(h, CURLOPT_TCP_KEEPALIVE, 1L);
    failed |= set_method(t);
    failed |= set(h, CURLOPT_HTTPHEADER, t->headers);
    failed |= set(h, CURLOPT_WRITEFUNCTION, on_body);
    failed |= set(h, CURLOPT_WRITEDATA, t);
    failed |= set(h, CURLOPT_HEADERFUNCTION, on_header);
    failed |= set(h, CURLOPT_HEADERDATA, t);
    failed |= set(h, CURLOPT_OPENSOCKETFUNCTION, on_open);
    failed |= set(h, CURLOPT_OPENSOCKETDATA, t->sockets);
    failed |= set(h, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    failed |= set(h, CURLOPT_CLOSESOCKETDATA, t->sockets);
    failed |= set(h, CURLOPT_PREREQFUNCTION, on_connected);
    failed |= set(h, CURLOPT_PREREQDATA, t);
    failed |= set(h, CURLOPT_ERRORBUFFER, t->curl_text);
    failed |= set(h, CURLOPT_PRIVATE, t);
    return !failed;
}

static bool set_headers(struct transfer *t)
{
    /* libcurl's own idea of asking before it sends a large body costs a second with most
     * servers. */
    t->headers = t->api->curl_slist_append_fn(NULL, "Expect:");
    for (const char *const *h = t->request->headers; t->headers && *h; h++) {
        struct curl_slist *longer = t->api->curl_slist_append_fn(t->headers, *h);

        if (!longer)
            return false;
        t->headers = longer;
    }
    return t->headers != NULL;
}

int transfer_new(const struct curl_api *api, const struct call_request *request, void *owner,
                 struct sockets *sockets, struct transfer **ret_transfer, struct err *err)
{
    struct transfer *t = xcalloc(1, sizeof(*t));

    t->api = api;
    t->request = request;
    t->owner = owner;
    t->sockets = sockets;
    t->fd = -1;
    strbuf_init(&t->head, CALLS_HEADER_BYTES);
    strbuf_init(&t->body, request->max_body);
    t->handle = api->curl_easy_init_fn();
    if (!t->handle || !set_headers(t) || !set_options(t)) {
        transfer_free(t);
        return err_set(err, ERR_IO, "the request to %s could not be made", request->url);
    }
    *ret_transfer = t;
    return 0;
}

void transfer_free(struct transfer *t)
{
    if (!t)
        return;
    if (t->handle)
        t->api->curl_easy_cleanup_fn(t->handle);
    t->api->curl_slist_free_all_fn(t->headers);
    strbuf_done(&t->head);
    strbuf_done(&t->body);
    free(t);
}

CURL *transfer_handle(struct transfer *t)
{
    return t->handle;
}

void *transfer_owner(const struct curl_api *api, CURL *handle)
{
    struct transfer *t = NULL;

    CHECK(api->curl_easy_getinfo_fn(handle, CURLINFO_PRIVATE, &t) == CURLE_OK && t);
    return t->owner;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* "host" or "host:port" of a URL. */
static struct text url_host(const char *url, bool with_port)
{
    const char *start = strstr(url, "://");

    start = start ? start + 3 : url;

    size_t len = strcspn(start, "/?#");
    const char *at = memchr(start, '@', len);

    if (at) {
        len -= (size_t)(at + 1 - start);
        start = at + 1;
    }
    if (!with_port && len && *start != '[') {
        const char *colon = memchr(start, ':', len);

        if (colon)
            len = (size_t)(colon - start);
    }
    return (struct text){start, len};
}

/* Why no answer came, in the words of the service's own client (reference/integrations.md 4). */
static void describe_failure(struct transfer *t, CURLcode code)
{
    struct text host = url_host(t->request->url, code != CURLE_COULDNT_RESOLVE_HOST);
    int width = (int)MIN(host.len, (size_t)300);
    long number = 0;

    if (t->head_refused) {
        (void)snprintf(t->reason, sizeof(t->reason), "%.*s: the head of the response is too large",
                       width, host.data);
        return;
    }
    if (code == CURLE_COULDNT_RESOLVE_HOST) {
        (void)snprintf(t->reason, sizeof(t->reason), "%.*s: Name or service not known", width,
                       host.data);
        return;
    }
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT) {
        char buffer[128];
        const char *why = "connect timed out";

        (void)t->api->curl_easy_getinfo_fn(t->handle, CURLINFO_OS_ERRNO, &number);
        if (code == CURLE_COULDNT_CONNECT)
            why = number ? strerror_r((int)number, buffer, sizeof(buffer)) : "Connection refused";
        (void)snprintf(t->reason, sizeof(t->reason), "Connect to %.*s failed: %s", width, host.data,
                       why);
        return;
    }
    (void)snprintf(t->reason, sizeof(t->reason), "%.*s: %s", width, host.data,
                   t->curl_text[0] ? t->curl_text : t->api->curl_easy_strerror_fn(code));
}

static enum call_end how_it_ended(struct transfer *t, CURLcode code)
{
    long sent = 0;

    if (code == CURLE_OK)
        return CALL_ANSWERED;
    if (t->body.overflow)
        return CALL_TOO_LARGE;
    (void)t->api->curl_easy_getinfo_fn(t->handle, CURLINFO_REQUEST_SIZE, &sent);
    if (code == CURLE_OPERATION_TIMEDOUT && sent > 0)
        return CALL_TIMED_OUT;
    return CALL_UNREACHABLE;
}

void transfer_response(struct transfer *t, CURLcode code, struct call_response *ret_response)
{
    enum call_end end = how_it_ended(t, code);
    long status = 0;

    (void)t->api->curl_easy_getinfo_fn(t->handle, CURLINFO_RESPONSE_CODE, &status);
    received_in_place(t);
    if (end == CALL_UNREACHABLE)
        describe_failure(t, code);
    *ret_response = (struct call_response){
        .end = end,
        .reason = end == CALL_UNREACHABLE ? t->reason : NULL,
        .status = (int)status,
        .status_text = {t->status_text, strlen(t->status_text)},
        .headers = t->received,
        .headers_len = t->received_len,
        .body = {t->body.data, t->body.len},
    };
}

struct text call_response_header(const struct call_response *r, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < r->headers_len; i++) {
        const struct call_header *h = &r->headers[i];

        if (h->name.len == len && strncasecmp(h->name.data, name, len) == 0)
            return h->value;
    }
    return TEXT_NONE;
}
