/* One request after another on a connection.
 *
 * The answer of a call that the engine has comes on the engine's thread, possibly before this thread has
 * suspended the connection.  Whoever exchanges the state second sees what the other did:
 *
 *     this thread:   suspend;  state <- SUSPENDED;  was FINISHED?   resume
 *     the engine's:            state <- FINISHED;   was SUSPENDED?  resume */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "http/internal.h"

/* A body beyond its ceiling is read to its end and thrown away, so that the sender gets to see the
 * refusal; beyond this it is cut off. */
#define BODY_HOPELESS (16 * 1024 * 1024)

/* The engine answered; see above. */
static void finish(struct api_call *call)
{
    struct exchange *ex = call->arg;
    if (atomic_exchange(&ex->state, EXCHANGE_FINISHED) == EXCHANGE_SUSPENDED)
        MHD_resume_connection(ex->connection);
}

/* Whether the client still waits.  The socket cannot become another's meanwhile: libmicrohttpd keeps it
 * open while the connection is suspended. */
static bool alive(struct api_call *call)
{
    const struct exchange *ex = call->arg;
    char byte;
    ssize_t n = recv(ex->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

static void begin(struct exchange *ex, const char *method, const char *path)
{
    ex->begun = true;
    ex->received = 0;
    ex->route = NULL;
    ex->page = false;
    ex->file = NULL;
    atomic_store(&ex->state, EXCHANGE_READING);
    atomic_fetch_add(&ex->http->open, 1);
    ex->call.finish = finish;
    ex->call.alive = alive;
    ex->call.arg = ex;
    route_find(ex, method, path);
}

/* The answer in ex->call, whose buffer stays as it is until the request is completed; NULL: no memory. */
static struct MHD_Response *call_response(const struct exchange *ex)
{
    const struct api_call *call = &ex->call;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(call->reply.len, call->reply.data, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return NULL;
    (void)MHD_add_response_header(response, "Content-Type", route_content_type(ex));
    if (call->request_id[0])
        (void)MHD_add_response_header(response, "x-amzn-RequestId", call->request_id);
    return response;
}

static enum MHD_Result reply(struct exchange *ex)
{
    struct MHD_Response *response = ex->page ? page_response(ex) : call_response(ex);
    if (!response)
        return MHD_NO;
    enum MHD_Result result =
        MHD_queue_response(ex->connection, (unsigned)ex->call.status, response);
    MHD_destroy_response(response);
    return result;
}

/* Hands the request to the api, unless the server is going down. */
static bool run(struct exchange *ex)
{
    struct http *h = ex->http;
    bool answered = true;
    (void)pthread_rwlock_rdlock(&h->gate);
    if (h->stopping)
        api_refuse(&ex->call, MHD_HTTP_SERVICE_UNAVAILABLE,
                   "com.amazon.coral.service#ServiceUnavailableException",
                   "The server is shutting down");
    else
        answered = route_run(ex);
    (void)pthread_rwlock_unlock(&h->gate);
    return answered;
}

/* The body is complete, or the connection was resumed. */
static enum MHD_Result proceed(struct exchange *ex)
{
    if (!ex->route || atomic_load(&ex->state) == EXCHANGE_FINISHED)
        return reply(ex);

    ex->call.body = ex->body.data;
    ex->call.body_len = ex->body.len;
    if (run(ex))
        return reply(ex);

    MHD_suspend_connection(ex->connection);
    if (atomic_exchange(&ex->state, EXCHANGE_SUSPENDED) == EXCHANGE_FINISHED) {
        atomic_store(&ex->state, EXCHANGE_FINISHED);
        MHD_resume_connection(ex->connection);
    }
    return MHD_YES;
}

/* Takes a part of the body.  MHD_NO ends the connection. */
static enum MHD_Result take(struct exchange *ex, const char *data, size_t len)
{
    ex->received += len;
    if (ex->received > BODY_HOPELESS)
        return MHD_NO;
    if (!ex->route)
        return MHD_YES;
    strbuf_add(&ex->body, data, len);
    if (ex->body.overflow) {
        ex->route = NULL;
        api_refuse(&ex->call, MHD_HTTP_CONTENT_TOO_LARGE, "RequestEntityTooLargeException",
                   "A request body has at most %d bytes", LIMIT_BODY_BYTES);
    }
    return MHD_YES;
}

enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *data,
                                size_t *data_len, void **request)
{
    (void)cls;
    (void)version;
    struct exchange *ex = *request;
    if (!ex) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        ex = info->socket_context;
        *request = ex;
        begin(ex, method, url);
        return MHD_YES;
    }
    if (*data_len) {
        enum MHD_Result result = take(ex, data, *data_len);
        *data_len = 0;
        return result;
    }
    return proceed(ex);
}

void exchange_completed(void *cls, struct MHD_Connection *connection, void **request,
                        enum MHD_RequestTerminationCode code)
{
    (void)connection;
    (void)code;
    struct http *h = cls;
    struct exchange *ex = *request;
    *request = NULL;
    if (!ex || !ex->begun)
        return;
    ex->begun = false;
    api_call_clear(&ex->call);
    strbuf_clear(&ex->body);
    if (ex->body.cap > HTTP_BODY_KEEP)
        strbuf_done(&ex->body);
    if (atomic_fetch_sub(&h->open, 1) == 1 && atomic_load(&h->leaving)) {
        const uint64_t one = 1;
        (void)!write(h->left, &one, sizeof(one));
    }
}

void exchange_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                         enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        struct exchange *ex = xcalloc(1, sizeof(*ex));
        ex->http = cls;
        ex->connection = connection;
        ex->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        api_call_init(&ex->call);
        strbuf_init(&ex->body, LIMIT_BODY_BYTES);
        *socket_context = ex;
        return;
    }
    struct exchange *ex = *socket_context;
    if (!ex)
        return;
    api_call_done(&ex->call);
    strbuf_done(&ex->body);
    free(ex);
    *socket_context = NULL;
}
