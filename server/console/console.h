/* The server's own web page: a few files compiled into the program, which the browser runs.
 *
 * The page is an ordinary client of the API and of /_sfnd/; nothing here knows what it shows.  Files are
 * constant and live as long as the program. */
#pragma once

#include "base/base.h"

#define CONSOLE_PATH "/_sfnd/console/"

struct console_file {
    const char *name;
    const char *etag; /* with its quotes; changes whenever the data does */
    const char *data;
    size_t len;
};

/* What the page may do, for its header Content-Security-Policy: load and call what this server serves,
 * run no script and use no style but its files'. */
#define CONSOLE_POLICY                                                                      \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src " \
    "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* The file at a path, CONSOLE_PATH itself being index.html; NULL: there is none. */
const struct console_file *console_find(const char *path);
/* Its Content-Type. */
const char *console_type(const struct console_file *file);
/* Walks all files: the n-th, NULL after the last. */
const struct console_file *console_file_at(size_t n);
/* True when the list of an If-None-Match (may be NULL) names the file's ETag, or any. */
bool console_matches(const struct console_file *file, const char *if_none_match);
