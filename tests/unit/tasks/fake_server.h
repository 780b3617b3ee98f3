/* An HTTP server that is a few threads of a test: one accepts, each connection has one of its own.
 * Include after cmocka.h. */
#pragma once

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base.h"

struct fake_server {
    int listener;
    uint16_t port;
    void (*work)(int fd); /* a connection, on its thread; fd is closed behind it */
    pthread_t thread, workers[512];
    atomic_size_t connections; /* that there ever were */
};

struct fake_connection {
    void (*work)(int fd);
    int fd;
};

static void *fake_server_work(void *arg)
{
    struct fake_connection c = *(struct fake_connection *)arg;

    free(arg);
    c.work(c.fd);
    (void)close(c.fd);
    return NULL;
}

static void *fake_server_accept(void *arg)
{
    struct fake_server *s = arg;

    for (int fd; (fd = accept(s->listener, NULL, NULL)) >= 0;) {
        struct fake_connection *c = malloc(sizeof(*c));

        *c = (struct fake_connection){s->work, fd};
        if (s->connections < ARRAY_LEN(s->workers) &&
            pthread_create(&s->workers[s->connections], NULL, fake_server_work, c) == 0) {
            s->connections++;
        } else {
            (void)close(fd);
            free(c);
        }
    }
    return NULL;
}

static void fake_server_open(struct fake_server *s, void (*work)(int fd))
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);

    *s = (struct fake_server){.work = work};
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(s->listener, 128), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &len), 0);
    s->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, fake_server_accept, s), 0);
}

/* After every client has gone: connections end with them, and so do their threads. */
static void fake_server_close(struct fake_server *s)
{
    (void)shutdown(s->listener, SHUT_RDWR);
    (void)pthread_join(s->thread, NULL);
    (void)close(s->listener);
    for (size_t i = 0; i < s->connections; i++)
        (void)pthread_join(s->workers[i], NULL);
}

/* Reads one request whole, with a NUL behind it; NULL when the connection ends, else its body. */
static char *fake_server_read(int fd, char *buffer, size_t cap, size_t *ret_body_len)
{
    size_t len = 0, wanted = SIZE_MAX;
    char *body = NULL;

    while (len < wanted) {
        ssize_t n = len < cap - 1 ? recv(fd, buffer + len, cap - 1 - len, 0) : 0;
        char *end;

        if (n <= 0)
            return NULL;
        len += (size_t)n;
        buffer[len] = '\0';
        end = body ? NULL : strstr(buffer, "\r\n\r\n");
        if (end) {
            const char *length = strstr(buffer, "Content-Length: ");

            body = end + 4;
            *ret_body_len = length ? strtoul(length + 16, NULL, 10) : 0;
            wanted = (size_t)(body - buffer) + *ret_body_len;
        }
    }
    return body;
}
