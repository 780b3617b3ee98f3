/* The console's files: constant answers that no other module sees. */
#include <string.h>

#include "console/console.h"
#include "http/internal.h"

#define CONSOLE_FOLDER "/_sfnd/console" /* CONSOLE_PATH without its slash */

static bool is_redirected(const char *path)
{
    return strcmp(path, "/") == 0 || strcmp(path, CONSOLE_FOLDER) == 0;
}

bool page_find(struct exchange *ex, const char *method, const char *path)
{
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return false;
    const struct console_file *file = console_find(path);
    bool redirected = is_redirected(path);
    if (!file && !redirected)
        return false;

    ex->file = file;
    ex->call.status = redirected ? MHD_HTTP_FOUND : MHD_HTTP_OK;
    const char *known =
        MHD_lookup_connection_value(ex->connection, MHD_HEADER_KIND, "If-None-Match");
    if (file && console_matches(file, known))
        ex->call.status = MHD_HTTP_NOT_MODIFIED;
    return true;
}

bool page_is_at(const char *path)
{
    return is_redirected(path) || console_find(path);
}

struct MHD_Response *page_response(const struct exchange *ex)
{
    /* With a referrer of its own site a page's POST requests always tell their true origin. */
    static const char *const headers[][2] = {
        {"Content-Security-Policy", CONSOLE_POLICY},
        {"X-Content-Type-Options", "nosniff"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Referrer-Policy", "same-origin"},
        {"Cache-Control", "no-cache"},
    };
    const struct console_file *file = ex->file;
    /* libmicrohttpd leaves the body out of a 304 and of the answer to HEAD, not its length. */
    struct MHD_Response *response = MHD_create_response_from_buffer(
        file ? file->len : 0, file ? (void *)(uintptr_t)file->data : NULL, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        (void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
    if (!file) {
        (void)MHD_add_response_header(response, "Location", CONSOLE_PATH);
        return response;
    }
    (void)MHD_add_response_header(response, "Content-Type", console_type(file));
    (void)MHD_add_response_header(response, "ETag", file->etag);
    return response;
}
