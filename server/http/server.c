#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "http/internal.h"

enum {
    CONNECTIONS_DEFAULT = 4096,
    CONNECTION_MEMORY =
        32 * 1024,      /* the headers of a request, and what is read of a body at once */
    IDLE_SECONDS = 120, /* a connection on which nothing moves is closed */
    LEAVE_MS = 1000,    /* how long http_stop waits for answers to be sent */
    THREADS_MAX = 64,
};

static void log_message(void *cls, const char *format, va_list ap) PRINTF_LIKE(2, 0);

/* What libmicrohttpd has to say: nearly always that a client sent something that is not HTTP. */
static void log_message(void *cls, const char *format, va_list ap)
{
    (void)cls;
    char text[512];
    (void)vsnprintf(text, sizeof(text), format, ap);
    text[strcspn(text, "\n")] = '\0';
    log_info("http", "%s", text);
}

static unsigned cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (unsigned)n;
}

static struct MHD_Daemon *start_daemon(struct http *h, const struct http_config *config)
{
    unsigned threads = config->threads ? MIN(config->threads, (unsigned)THREADS_MAX) : cores();
    unsigned connections = config->connections ? config->connections : CONNECTIONS_DEFAULT;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem pool[] = {
        {MHD_OPTION_THREAD_POOL_SIZE, threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    if (threads < 2)
        pool[0].option = MHD_OPTION_END;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, exchange_handle, h, MHD_OPTION_EXTERNAL_LOGGER, log_message, NULL,
        MHD_OPTION_LISTEN_SOCKET, h->listener, MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, h,
        MHD_OPTION_NOTIFY_CONNECTION, exchange_connection, h, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT, MAX(connections, threads),
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_ARRAY, pool,
        MHD_OPTION_END);
}

static void free_http(struct http *h)
{
    (void)pthread_rwlock_destroy(&h->gate);
    if (h->left >= 0)
        (void)close(h->left);
    if (h->listener >= 0)
        (void)close(h->listener);
    free(h);
}

int http_start(const struct http_config *config, struct http **ret_http, struct err *err)
{
    struct http *h = xcalloc(1, sizeof(*h));
    h->api = config->api;
    h->listener = -1;
    CHECK(pthread_rwlock_init(&h->gate, NULL) == 0);
    h->left = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (h->left < 0) {
        free_http(h);
        return err_set(err, ERR_IO, "cannot make an event descriptor");
    }
    int r = listen_open(config->address, config->port, h->url, sizeof(h->url), &h->listener, err);
    if (r < 0) {
        free_http(h);
        return r;
    }
    h->daemon = start_daemon(h, config);
    if (!h->daemon) {
        free_http(h);
        return err_set(err, ERR_IO, "cannot start the HTTP threads");
    }
    h->listener = -1; /* the daemon's, which closes it */
    *ret_http = h;
    return 0;
}

const char *http_url(const struct http *h)
{
    return h->url;
}

void http_quiesce(struct http *h)
{
    /* MHD_quiesce_daemon would stop listening too, but ends the program when a thread of the pool
     * notices at the same moment.  Connections that come now are answered with a refusal.
     *
     * Taking the lock waits for requests on their way to the engine; those that come later see the
     * mark. */
    (void)pthread_rwlock_wrlock(&h->gate);
    h->stopping = true;
    (void)pthread_rwlock_unlock(&h->gate);
}

void http_stop(struct http *h)
{
    if (!h)
        return;
    if (!h->stopping)
        http_quiesce(h);
    atomic_store(&h->leaving, true);
    struct pollfd left = {.fd = h->left, .events = POLLIN};
    if (atomic_load(&h->open) > 0)
        (void)poll(&left, 1, LEAVE_MS);
    MHD_stop_daemon(h->daemon);
    free_http(h);
}
