#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "http/internal.h"

struct route {
    const char *method, *path;
    bool admin; /* else the API of the service */
    enum api_admin what;
    bool needs_json; /* a form of another site cannot send that type */
};

static const struct route routes[] = {
    {.method = "POST", .path = "/"},
    {"GET", "/_sfnd/health", true, API_ADMIN_HEALTH, false},
    {"GET", "/_sfnd/metrics", true, API_ADMIN_METRICS, false},
    {"GET", "/_sfnd/clock", true, API_ADMIN_GET_CLOCK, false},
    {"POST", "/_sfnd/clock", true, API_ADMIN_ADVANCE_CLOCK, true},
    {"POST", "/_sfnd/reset", true, API_ADMIN_RESET, true},
    {"GET", "/_sfnd/mocks", true, API_ADMIN_GET_MOCKS, false},
    {"POST", "/_sfnd/mocks", true, API_ADMIN_SET_MOCKS, true},
    {"DELETE", "/_sfnd/mocks", true, API_ADMIN_DELETE_MOCKS, false},
};

static const char *header(const struct exchange *ex, const char *name)
{
    return MHD_lookup_connection_value(ex->connection, MHD_HEADER_KIND, name);
}

/* The host without its port: "[::1]:8083" -> "::1". */
static bool host_name(const char *host, char *out, size_t size)
{
    bool bracket = *host == '[';
    host += bracket;
    size_t len = strcspn(host, bracket ? "]" : ":");
    if (len == 0 || len >= size)
        return false;
    memcpy(out, host, len);
    out[len] = '\0';
    return true;
}

/* Names that no foreign site can make its own: a site of another name could point that name at this
 * server, and then the Host header would agree with its Origin. */
static bool is_own_name(const char *name)
{
    unsigned char address[16];
    size_t len = strlen(name);
    static const char tail[] = ".localhost";
    return strcasecmp(name, "localhost") == 0 ||
           (len > sizeof(tail) && strcasecmp(name + len - (sizeof(tail) - 1), tail) == 0) ||
           inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

bool route_origin_is_ours(const char *origin, const char *host)
{
    static const char *const schemes[] = {"http://", "https://"};
    char name[256];
    if (!host || !host_name(host, name, sizeof(name)) || !is_own_name(name))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        size_t len = strlen(schemes[i]);
        if (strncasecmp(origin, schemes[i], len) == 0 && strcasecmp(origin + len, host) == 0)
            return true;
    }
    return false;
}

static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    size_t len = sizeof(json) - 1;
    return type && strncasecmp(type, json, len) == 0 &&
           (!type[len] || type[len] == ';' || type[len] == ' ');
}

/* The route of method and path; NULL after the refusal was written. */
static const struct route *match(struct exchange *ex, const char *method, const char *path)
{
    const struct route *other = NULL;
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (strcmp(path, routes[i].path) != 0)
            continue;
        if (strcmp(method, routes[i].method) == 0)
            return &routes[i];
        other = &routes[i];
    }
    if (other || page_is_at(path))
        api_refuse(&ex->call, MHD_HTTP_METHOD_NOT_ALLOWED, "MethodNotAllowedException",
                   "%s is not a method of %s", method, path);
    else
        api_refuse(&ex->call, MHD_HTTP_NOT_FOUND, "NotFoundException",
                   "There is nothing at this path; the API is at POST /, its console at GET /");
    return NULL;
}

/* Browsers send no Origin with a page's own GET; Sec-Fetch-Site tells that it is a page's at all. */
static bool is_foreign_get(struct exchange *ex)
{
    const char *site = header(ex, "Sec-Fetch-Site");
    const char *host = header(ex, "Host");
    char name[256];
    if (!site || strcmp(site, "none") == 0)
        return false;
    return !host || !host_name(host, name, sizeof(name)) || !is_own_name(name);
}

/* True when the request was refused: it comes from a web page that is not ours.  The console's own files
 * tell nothing, so a browser may have them under any name: the page then says what is wrong. */
static bool refuse_foreign(struct exchange *ex, bool file)
{
    const char *origin = header(ex, "Origin");
    if (origin ? route_origin_is_ours(origin, header(ex, "Host")) : file || !is_foreign_get(ex))
        return false;
    api_refuse(&ex->call, MHD_HTTP_FORBIDDEN, "ForbiddenException",
               "Requests of web pages from elsewhere are refused");
    return true;
}

void route_find(struct exchange *ex, const char *method, const char *path)
{
    if (page_find(ex, method, path)) {
        ex->page = !refuse_foreign(ex, true);
        return;
    }
    const struct route *route = match(ex, method, path);
    if (!route || refuse_foreign(ex, false))
        return;
    if (route->needs_json && !is_json(header(ex, "Content-Type"))) {
        api_refuse(&ex->call, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaTypeException",
                   "This path takes Content-Type: application/json");
        return;
    }
    const char *length = header(ex, "Content-Length");
    if (length && strtoull(length, NULL, 10) > LIMIT_BODY_BYTES) {
        api_refuse(&ex->call, MHD_HTTP_CONTENT_TOO_LARGE, "RequestEntityTooLargeException",
                   "A request body has at most %d bytes", LIMIT_BODY_BYTES);
        return;
    }
    ex->route = route;
}

bool route_run(struct exchange *ex)
{
    struct api_call *call = &ex->call;
    call->authorization = header(ex, "Authorization");
    if (ex->route->admin)
        return api_handle_admin(ex->http->api, call, ex->route->what);
    call->target = header(ex, "X-Amz-Target");
    return api_handle(ex->http->api, call);
}

const char *route_content_type(const struct exchange *ex)
{
    return ex->route && !ex->route->admin ? "application/x-amz-json-1.0" : "application/json";
}
