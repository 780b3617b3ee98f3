/* The wire: HTTP/1.1 over libmicrohttpd, which only this module uses.
 *
 * A pool of threads reads requests and hands them to the api.  A call the engine has yet to answer is a
 * suspended connection, never a waiting thread.
 *
 * Order at the end of the program: http_quiesce, then engine_free, which answers what still waits, then
 * http_stop, then api_free. */
#pragma once

#include "api/api.h"

struct http;

struct http_config {
    struct api *api;      /* borrowed */
    const char *address;  /* an IP address */
    uint16_t port;        /* 0: a free one */
    unsigned threads;     /* 0: one for each core */
    unsigned connections; /* at most this many at once; 0: the default */
};

/* Listens and serves.  ret_http unset and ERR_INVALID (no such address) or ERR_IO otherwise. */
MUST_USE int http_start(const struct http_config *config, struct http **ret_http, struct err *err);
/* "http://127.0.0.1:8083", with the port that was found for port 0. */
const char *http_url(const struct http *h);

/* Refuses further requests.  When it returns, nobody posts to the engine any more. */
void http_quiesce(struct http *h);
/* Sends the answers that are there, for a second at most, and closes everything.  After every call was
 * finished. */
void http_stop(struct http *h);
