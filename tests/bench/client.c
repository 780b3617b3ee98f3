#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/ids.h"
#include "base/mem.h"

/* ---- endpoints and time ---------------------------------------------------------------------- */

bool endpoint_parse(const char *url, struct endpoint *ret_endpoint)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    struct endpoint e = {0};
    char name[256];
    const char *port = "80";
    char *colon;

    if (strncmp(url, "http://", 7) != 0)
        return false;
    (void)snprintf(e.host, sizeof(e.host), "%.*s", (int)strcspn(url + 7, "/"), url + 7);
    memcpy(name, e.host, sizeof(name));
    colon = strrchr(name, ':');
    if (colon) {
        *colon = '\0';
        port = colon + 1;
    }
    if (getaddrinfo(name, port, &hints, &found) != 0)
        return false;
    memcpy(&e.address, found->ai_addr, found->ai_addrlen);
    e.address_len = found->ai_addrlen;
    freeaddrinfo(found);
    endpoint_new_account(&e);
    *ret_endpoint = e;
    return true;
}

void endpoint_new_account(struct endpoint *e)
{
    (void)snprintf(e->account, sizeof(e->account), "%012llu",
                   (unsigned long long)(100000000000 + random_u64() % 800000000000));
}

double client_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void client_sleep(double seconds)
{
    struct timespec t = {.tv_sec = (time_t)seconds};

    t.tv_nsec = (long)((seconds - (double)t.tv_sec) * 1e9);
    (void)nanosleep(&t, NULL);
}

/* ---- one connection -------------------------------------------------------------------------- */

enum length_kind { LENGTH_GIVEN, LENGTH_CHUNKED, LENGTH_UNTIL_CLOSE };

struct conn {
    const struct endpoint *endpoint;
    int fd; /* -1: closed */
    struct strbuf out;
    size_t sent;

    struct strbuf in;
    size_t head; /* bytes of the head; 0: not complete */
    enum length_kind kind;
    size_t length;   /* LENGTH_GIVEN: of the body */
    size_t chunk_at; /* LENGTH_CHUNKED: where the next chunk's size is */
    size_t body_len; /* LENGTH_CHUNKED: joined so far, right behind the head */
    int status;
    bool closes; /* the server said that it will */

    /* Of load_run: */
    uint64_t n; /* number of the request that is out */
    double begun;
    bool busy;
};

static void conn_init(struct conn *c, const struct endpoint *e)
{
    *c = (struct conn){.endpoint = e, .fd = -1};
    strbuf_init(&c->out, CLIENT_BODY_BYTES);
    strbuf_init(&c->in, CLIENT_BODY_BYTES);
}

static void conn_close(struct conn *c)
{
    if (c->fd >= 0)
        (void)close(c->fd);
    c->fd = -1;
}

static void conn_done(struct conn *c)
{
    conn_close(c);
    strbuf_done(&c->out);
    strbuf_done(&c->in);
}

static bool conn_open(struct conn *c)
{
    int one = 1;

    if (c->fd >= 0)
        return true;
    c->fd = socket(c->endpoint->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        return false;
    /* On one machine a connection is made at once, so this does not wait. */
    if (connect(c->fd, (const struct sockaddr *)&c->endpoint->address, c->endpoint->address_len) <
        0) {
        conn_close(c);
        return false;
    }
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    (void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
    return true;
}

/* Puts a request into out; nothing is sent yet. */
static void conn_request(struct conn *c, const char *operation, struct text body)
{
    strbuf_clear(&c->out);
    strbuf_addf(&c->out,
                "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-amz-json-1.0\r\n"
                "X-Amz-Target: AWSStepFunctions.%s\r\nAuthorization: AWS4-HMAC-SHA256 "
                "Credential=%s/20250101/us-east-1/states/aws4_request, SignedHeaders=host, "
                "Signature=0\r\nContent-Length: %zu\r\n\r\n",
                c->endpoint->host, operation, c->endpoint->account, body.len);
    strbuf_add(&c->out, body.data, body.len);
    c->sent = 0;
    strbuf_clear(&c->in);
    c->head = 0;
}

/* Sends what the socket takes; false when the connection is broken. */
static bool conn_send(struct conn *c)
{
    while (c->sent < c->out.len) {
        ssize_t n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);

        if (n < 0)
            return errno == EAGAIN;
        c->sent += (size_t)n;
    }
    return true;
}

static const char *header_value(const char *line, const char *name)
{
    size_t len = strlen(name);

    if (strncasecmp(line, name, len) != 0 || line[len] != ':')
        return NULL;
    line += len + 1;
    return line + strspn(line, " ");
}

static bool parse_head(struct conn *c, const char *end)
{
    c->head = (size_t)(end - c->in.data) + 4;
    c->kind = LENGTH_UNTIL_CLOSE;
    c->closes = strncmp(c->in.data, "HTTP/1.1 ", 9) != 0;
    if (sscanf(c->in.data, "HTTP/1.%*d %d", &c->status) != 1)
        return false;
    for (const char *line = c->in.data; line < end; line = strstr(line, "\r\n") + 2) {
        const char *value;

        if ((value = header_value(line, "Content-Length"))) {
            c->kind = LENGTH_GIVEN;
            c->length = strtoul(value, NULL, 10);
        } else if ((value = header_value(line, "Transfer-Encoding"))) {
            if (strncasecmp(value, "chunked", 7) == 0)
                c->kind = LENGTH_CHUNKED;
        } else if ((value = header_value(line, "Connection"))) {
            if (strncasecmp(value, "close", 5) == 0)
                c->closes = true;
        }
    }
    c->chunk_at = c->head;
    c->body_len = 0;
    return true;
}

/* Joins the chunks that are there; true when the last one was. */
static bool join_chunks(struct conn *c)
{
    for (;;) {
        char *size_end;
        const char *line_end = strstr(c->in.data + c->chunk_at, "\r\n");
        size_t size, at;

        if (!line_end)
            return false;
        size = strtoul(c->in.data + c->chunk_at, &size_end, 16);
        at = (size_t)(line_end - c->in.data) + 2;
        if (size > CLIENT_BODY_BYTES || c->in.len < at + size + 2)
            return false;
        memmove(c->in.data + c->head + c->body_len, c->in.data + at, size);
        c->body_len += size;
        c->chunk_at = at + size + 2;
        if (size == 0)
            return true;
    }
}

enum progress { MORE, COMPLETE, BROKEN };

/* Looks at what was received; eof: nothing more will be. */
static enum progress conn_parse(struct conn *c, bool eof)
{
    while (!c->head) {
        const char *end = strstr(c->in.data, "\r\n\r\n");

        if (!end)
            return eof ? BROKEN : MORE;
        if (!parse_head(c, end))
            return BROKEN;
    }
    switch (c->kind) {
    case LENGTH_GIVEN:
        if (c->in.len >= c->head + c->length) {
            c->body_len = c->length;
            return COMPLETE;
        }
        break;
    case LENGTH_CHUNKED:
        if (join_chunks(c))
            return COMPLETE;
        break;
    case LENGTH_UNTIL_CLOSE:
        c->body_len = c->in.len - c->head;
        c->closes = true;
        if (eof)
            return COMPLETE;
        break;
    }
    return eof ? BROKEN : MORE;
}

/* Reads what is there. */
static enum progress conn_receive(struct conn *c)
{
    for (;;) {
        char *room = strbuf_reserve(&c->in, 65536);
        ssize_t n;

        if (!room)
            return BROKEN;
        n = recv(c->fd, room, 65536, 0);
        if (n < 0)
            return errno == EAGAIN ? MORE : BROKEN;
        strbuf_commit(&c->in, (size_t)n);

        enum progress p = conn_parse(c, n == 0);

        if (p != MORE)
            return p;
    }
}

static struct text conn_body(const struct conn *c)
{
    return (struct text){c->in.data + c->head, c->body_len};
}

/* ---- one call at a time ---------------------------------------------------------------------- */

struct client {
    struct conn conn;
};

struct client *client_new(const struct endpoint *e)
{
    struct client *c = xmalloc(sizeof(*c));

    conn_init(&c->conn, e);
    return c;
}

void client_free(struct client *c)
{
    if (!c)
        return;
    conn_done(&c->conn);
    free(c);
}

static bool call_once(struct conn *c, const char *operation, struct text body)
{
    double end = client_now() + CLIENT_WAIT_SECONDS;
    enum progress p = MORE;

    if (!conn_open(c))
        return false;
    conn_request(c, operation, body);
    while (p == MORE && client_now() < end) {
        struct pollfd poller = {.fd = c->fd, .events = POLLIN};

        if (!conn_send(c))
            return false;
        if (c->sent < c->out.len)
            poller.events |= POLLOUT;
        (void)poll(&poller, 1, 1000);
        if (poller.revents & (POLLIN | POLLHUP | POLLERR))
            p = conn_receive(c);
    }
    return p == COMPLETE;
}

int client_call(struct client *c, const char *operation, struct text body, struct text *ret_body)
{
    bool was_open = c->conn.fd >= 0;
    bool ok = call_once(&c->conn, operation, body);

    if (!ok) {
        conn_close(&c->conn);
        /* A kept connection may have been closed meanwhile. */
        if (!was_open || !call_once(&c->conn, operation, body)) {
            conn_close(&c->conn);
            return 0;
        }
    }
    if (c->conn.closes)
        conn_close(&c->conn);
    if (ret_body)
        *ret_body = conn_body(&c->conn);
    return c->conn.status;
}

/* ---- load ------------------------------------------------------------------------------------ */

struct running {
    const struct load *load;
    struct load_result result;
    int epoll;
    struct conn *conns;
    struct strbuf body;
    uint64_t begun;
    unsigned busy;
    double start;
    double *latencies;
    size_t latencies_len, latencies_cap;
};

static void note_error(struct running *r, int status, struct text body)
{
    if (r->result.errors++ == 0)
        (void)snprintf(r->result.first_error, sizeof(r->result.first_error), "status %d: %.*s",
                       status, (int)MIN(body.len, (size_t)400), body.data);
}

static bool watch(struct running *r, struct conn *c, int operation)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

    if (c->sent < c->out.len)
        e.events |= EPOLLOUT;
    return epoll_ctl(r->epoll, operation, c->fd, &e) == 0;
}

static bool load_is_over(const struct running *r)
{
    const struct load *l = r->load;

    if (l->requests && r->begun == l->requests)
        return true;
    return l->seconds > 0 && client_now() - r->start >= l->seconds;
}

/* Begins the next request on a connection, unless the load is over. */
static void begin(struct running *r, struct conn *c)
{
    bool was_open = c->fd >= 0;

    c->busy = false;
    if (load_is_over(r))
        return;
    strbuf_clear(&r->body);
    c->n = r->begun++;
    r->load->body(r->load->arg, c->n, &r->body);
    if (!conn_open(c)) {
        note_error(r, 0, TEXT("no connection"));
        return;
    }
    conn_request(c, r->load->operation, (struct text){r->body.data, r->body.len});
    c->begun = client_now();
    if (!conn_send(c) || ((!was_open || c->sent < c->out.len) &&
                          !watch(r, c, was_open ? EPOLL_CTL_MOD : EPOLL_CTL_ADD))) {
        note_error(r, 0, TEXT("the connection broke"));
        conn_close(c);
        return;
    }
    c->busy = true;
    r->busy++;
}

static void finish(struct running *r, struct conn *c, enum progress p)
{
    r->busy--;
    if (p == BROKEN) {
        note_error(r, 0, TEXT("the connection broke"));
        conn_close(c);
    } else if (c->status != 200) {
        note_error(r, c->status, conn_body(c));
    } else {
        GROW(r->latencies, r->latencies_len, r->latencies_cap);
        r->latencies[r->latencies_len++] = client_now() - c->begun;
        if (r->load->answer)
            r->load->answer(r->load->arg, c->n, conn_body(c));
    }
    if (p == COMPLETE && c->closes)
        conn_close(c);
    begin(r, c);
}

static void advance(struct running *r, struct conn *c, uint32_t events)
{
    enum progress p = MORE;

    if (c->sent < c->out.len) {
        if (!conn_send(c))
            p = BROKEN;
        else if (c->sent == c->out.len && !watch(r, c, EPOLL_CTL_MOD))
            p = BROKEN;
    }
    if (p == MORE && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        p = conn_receive(c);
    if (p != MORE && c->busy)
        finish(r, c, p);
    else if (p != MORE)
        conn_close(c); /* closed by the server while idle */
}

static void run_until_over(struct running *r)
{
    double last = client_now();

    while (r->busy && client_now() - last < CLIENT_WAIT_SECONDS) {
        struct epoll_event events[64];
        int n = epoll_wait(r->epoll, events, ARRAY_LEN(events), 1000);

        if (n > 0)
            last = client_now();
        for (int i = 0; i < n; i++)
            advance(r, events[i].data.ptr, events[i].events);
    }
    for (; r->busy; r->busy--)
        note_error(r, 0, TEXT("no answer"));
}

void load_run(const struct load *l, struct load_result *ret_result)
{
    struct running r = {
        .load = l,
        .epoll = epoll_create1(EPOLL_CLOEXEC),
        .conns = xcalloc(l->connections, sizeof(*r.conns)),
        .start = client_now(),
    };

    CHECK(r.epoll >= 0);
    strbuf_init(&r.body, CLIENT_BODY_BYTES);
    for (unsigned i = 0; i < l->connections; i++) {
        conn_init(&r.conns[i], l->endpoint);
        begin(&r, &r.conns[i]);
    }
    run_until_over(&r);
    r.result.requests = r.latencies_len;
    r.result.seconds = client_now() - r.start;
    r.result.per_second = (double)r.latencies_len / r.result.seconds;
    r.result.p50_ms = 1000 * percentile(r.latencies, r.latencies_len, 0.5);
    r.result.p99_ms = 1000 * percentile(r.latencies, r.latencies_len, 0.99);
    for (unsigned i = 0; i < l->connections; i++)
        conn_done(&r.conns[i]);
    free(r.conns);
    free(r.latencies);
    strbuf_done(&r.body);
    (void)close(r.epoll);
    *ret_result = r.result;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

double percentile(double *values, size_t n, double p)
{
    if (n == 0)
        return 0;
    qsort(values, n, sizeof(*values), by_value);
    return values[MIN(n - 1, (size_t)(p * (double)n))];
}
