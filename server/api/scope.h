/* Whose request it is: account and region, from the credential scope of the Authorization header.
 * Signatures are not checked; an access key of twelve digits is an account of its own, so that tests can
 * keep apart. */
#pragma once

#include "base/arena.h"

struct scope {
    const char *account, *region;
};

/* Reads `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/states/aws4_request, ...`.  What the header (may be
 * NULL) does not tell stays as it is in *scope. */
void scope_read(struct arena *a, const char *authorization, struct scope *scope);

/* True for twelve digits. */
bool scope_is_account(const char *s, size_t len);
/* True for a word of lower-case letters, digits and dashes. */
bool scope_is_region(const char *s, size_t len);
