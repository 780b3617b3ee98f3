/* What the files of http share.  Included by http/ only. */
#pragma once

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/http.h"

struct http {
    struct MHD_Daemon *daemon;
    struct api *api; /* borrowed */
    int listener;    /* -1 once closed, or when it belongs to the daemon */
    char url[128];

    /* Held for reading while a request is handed to the api; written by http_quiesce. */
    pthread_rwlock_t gate;
    bool stopping; /* guarded by gate */

    _Atomic int open;     /* requests between their first byte and the end of their answer */
    _Atomic bool leaving; /* tell `left` when the last of them ends */
    int left;             /* an eventfd */
};

enum { HTTP_BODY_KEEP = 32 * 1024 }; /* a larger body buffer is not kept for the next request */

/* How far an exchange has come, for the two threads that may finish it. */
enum exchange_state {
    EXCHANGE_READING, /* also: handed to the api, not yet suspended */
    EXCHANGE_SUSPENDED,
    EXCHANGE_FINISHED,
};

struct route;
struct console_file;

/* One connection, and the request it is at. */
struct exchange {
    struct http *http;
    struct MHD_Connection *connection;
    int fd;
    struct api_call call;
    struct strbuf body;
    size_t received;           /* bytes of the body, including those thrown away */
    const struct route *route; /* NULL: a page, or the request is refused, call has the answer */
    bool page;                 /* of the console: call has the status, page_response the rest */
    const struct console_file *file; /* NULL: the way to the page */
    bool begun;
    _Atomic int state; /* enum exchange_state */
};

/* ---- route.c ---- */
/* Looks at the request line and the headers.  Sets ex->route or ex->page, or neither and puts the refusal
 * into ex->call. */
void route_find(struct exchange *ex, const char *method, const char *path);
/* Hands the request to the api; as api_handle. */
MUST_USE bool route_run(struct exchange *ex);
const char *route_content_type(const struct exchange *ex);
/* True when a web page of this origin may call: one that this server itself serves. */
bool route_origin_is_ours(const char *origin, const char *host);

/* ---- page.c ---- */
/* True when something of the console is to be read; sets ex->file and the status. */
bool page_find(struct exchange *ex, const char *method, const char *path);
/* True when there is something to read at the path, whatever the method. */
bool page_is_at(const char *path);
/* The answer to ex->page; NULL: no memory. */
struct MHD_Response *page_response(const struct exchange *ex);

/* ---- exchange.c ---- */
/* The handlers of libmicrohttpd. */
enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *data,
                                size_t *data_len, void **request);
void exchange_completed(void *cls, struct MHD_Connection *connection, void **request,
                        enum MHD_RequestTerminationCode code);
void exchange_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                         enum MHD_ConnectionNotificationCode code);

/* ---- listen.c ---- */
/* A listening socket, and the URL it is reached under. */
MUST_USE int listen_open(const char *address, uint16_t port, char *url, size_t url_size,
                         int *ret_fd, struct err *err);
