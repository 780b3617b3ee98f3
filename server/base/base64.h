/* Base64 (RFC 4648), standard and URL-safe alphabets. */
#pragma once

#include "base/strbuf.h"

void base64_encode(const void *data, size_t len, bool url_safe, struct strbuf *out);
/* Decodes the standard alphabet with optional padding, or the URL-safe one; refuses everything else.
 * Returns 0 or ERR_INVALID. */
MUST_USE int base64_decode(const char *s, size_t len, bool url_safe, struct strbuf *out);
