/* Unpacks gzip data in small steps.  The only user of zlib.h is gunzip.c. */
#pragma once

#include "base/base.h"
#include "base/err.h"

struct gunzip;

/* Whether the data begins as gzip data does. */
bool gunzip_wanted(const char *data, size_t len);
struct gunzip *gunzip_new(char *data /* takes */, size_t len, size_t max) MUST_USE;
void gunzip_free(struct gunzip *g);
/* Unpacks some more: 1, or 0 when all is unpacked, ERR_INVALID (no gzip data) or ERR_LIMIT (it unpacks to
 * more than max bytes). */
MUST_USE int gunzip_step(struct gunzip *g);
char *gunzip_take(struct gunzip *g, size_t *ret_len) MUST_USE;
