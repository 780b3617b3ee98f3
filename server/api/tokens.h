/* Page tokens: opaque, valid for 24 hours, and only for the list they were made for
 * (reference/api.md section 1, "Pagination").  They survive a restart of the server. */
#pragma once

#include "base/strbuf.h"

enum { PAGE_TOKEN_LIFE_MS = 24 * 60 * 60 * 1000 };

/* A number for the arguments a token is bound to: the words, ended by NULL, of which "" stands for one
 * that was not given. */
uint64_t page_token_binding(const char *first, ...) __attribute__((sentinel));

/* Appends a token that remembers a place in the list. */
void page_token_write(struct strbuf *out, uint64_t binding, int64_t now_ms, const void *place,
                      size_t len);
/* Reads a token back; ERR_INVALID for anything else than a token made with this binding in the last 24
 * hours. */
MUST_USE int page_token_read(const char *token, uint64_t binding, int64_t now_ms,
                             struct strbuf *ret_place);
