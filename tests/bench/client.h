/* An HTTP/1.1 client for AWS JSON requests: one call at a time, or many connections kept busy. */
#pragma once

#include <sys/socket.h>

#include "base/base.h"
#include "base/strbuf.h"

#define CLIENT_BODY_BYTES   (64 * 1024 * 1024) /* of an answer */
#define CLIENT_WAIT_SECONDS 60                 /* without an answer, a call has failed */

/* Where requests go, and as whom. */
struct endpoint {
    struct sockaddr_storage address;
    socklen_t address_len;
    char host[256];   /* as in the URL, with the port */
    char account[13]; /* the access key: the server makes it the account */
};

/* Reads "http://host:port[/]"; false when that is not what it is, or the host is unknown. */
MUST_USE bool endpoint_parse(const char *url, struct endpoint *ret_endpoint);
/* Makes up an account that nothing was done in. */
void endpoint_new_account(struct endpoint *e);

/* Seconds since some moment. */
double client_now(void);
void client_sleep(double seconds);

/* ---- one call at a time ---------------------------------------------------------------------- */
struct client;

struct client *client_new(const struct endpoint *e /* borrowed */) MUST_USE;
void client_free(struct client *c);
/* Sends one request and waits.  Returns the HTTP status, 0 when there was no answer; *ret_body
 * (may be NULL) is valid until the next call. */
int client_call(struct client *c, const char *operation, struct text body, struct text *ret_body);

/* ---- load ------------------------------------------------------------------------------------ */
struct load {
    const struct endpoint *endpoint;
    const char *operation;
    unsigned connections;
    double seconds;    /* how long requests are begun; 0: until `requests` are */
    uint64_t requests; /* 0: no limit */

    /* Appends the body of request number n (from 0). */
    void (*body)(void *arg, uint64_t n, struct strbuf *out);
    /* Sees every answer with status 200; may be NULL. */
    void (*answer)(void *arg, uint64_t n, struct text body);
    void *arg;
};

struct load_result {
    uint64_t requests, errors; /* errors: other than status 200, not in the numbers below */
    double seconds;
    double per_second;
    double p50_ms, p99_ms;
    char first_error[512];
};

/* Keeps the connections busy until the load is done. */
void load_run(const struct load *l, struct load_result *ret_result);

/* The p-th (0 to 1) of n values, which are sorted by this. */
double percentile(double *values, size_t n, double p);
