/* The sockets of the calls' connections, so that a transfer knows the one it uses.
 *
 * Simple servers write the head and the body of an answer separately, and their kernel then holds
 * the body back until the head is acknowledged, which ours would do 40 ms later.  libcurl tells
 * nobody which socket a transfer runs on while it runs, only its local port. */
#pragma once

#include "base/base.h"

struct sockets {
    struct open_socket {
        int fd;
        int port; /* local; 0: not asked for yet */
    } * open;     /* owned */
    size_t len, cap;
};

void sockets_done(struct sockets *s);
void sockets_add(struct sockets *s, int fd);
void sockets_remove(struct sockets *s, int fd);
/* The socket bound to a local port, or -1. */
int sockets_find(struct sockets *s, int port);
/* Acknowledges what was received at once. */
void socket_acknowledge(int fd);
