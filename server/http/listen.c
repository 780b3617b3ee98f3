#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "http/internal.h"

static int resolve(const char *address, uint16_t port, struct addrinfo **ret_info, struct err *err)
{
    char service[8];
    (void)snprintf(service, sizeof(service), "%u", port);
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
    };
    int r = getaddrinfo(address, service, &hints, ret_info);
    if (r != 0)
        return err_set(err, ERR_INVALID, "'%s' is not an IP address: %s", address, gai_strerror(r));
    return 0;
}

static bool prepare(int fd, const struct addrinfo *info)
{
    const int on = 1;
    /* Accepted sockets inherit TCP_NODELAY. */
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
           bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0;
}

static uint16_t bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = {0};
    socklen_t len = sizeof(at);
    if (getsockname(fd, &at.any, &len) < 0)
        return 0;
    return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}

int listen_open(const char *address, uint16_t port, char *url, size_t url_size, int *ret_fd,
                struct err *err)
{
    struct addrinfo *info;
    int r = resolve(address, port, &info, err);
    if (r < 0)
        return r;

    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ready = fd >= 0 && prepare(fd, info);
    int error = errno;
    bool v6 = info->ai_family == AF_INET6;
    freeaddrinfo(info);
    if (!ready) {
        if (fd >= 0)
            (void)close(fd);
        return err_set(err, ERR_IO, "cannot listen on %s port %u: %s", address, port,
                       strerror(error));
    }

    (void)snprintf(url, url_size, v6 ? "http://[%s]:%u" : "http://%s:%u", address, bound_port(fd));
    *ret_fd = fd;
    return 0;
}
