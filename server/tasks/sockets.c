#include "tasks/sockets.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"

void sockets_done(struct sockets *s)
{
    free(s->open);
    *s = (struct sockets){0};
}

void sockets_add(struct sockets *s, int fd)
{
    GROW(s->open, s->len, s->cap);
    s->open[s->len++] = (struct open_socket){.fd = fd};
}

void sockets_remove(struct sockets *s, int fd)
{
    for (size_t i = 0; i < s->len; i++) {
        if (s->open[i].fd == fd) {
            s->open[i] = s->open[--s->len];
            return;
        }
    }
}

static int local_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } address;
    socklen_t len = sizeof(address);

    if (getsockname(fd, &address.any, &len) < 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.in6.sin6_port : address.in.sin_port);
}

int sockets_find(struct sockets *s, int port)
{
    for (size_t i = 0; i < s->len; i++) {
        struct open_socket *o = &s->open[i];

        if (!o->port)
            o->port = local_port(o->fd);
        if (o->port == port)
            return o->fd;
    }
    return -1;
}

void socket_acknowledge(int fd)
{
    int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}
