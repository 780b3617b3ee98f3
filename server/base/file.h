/* Files that are read whole: configuration. */
#pragma once

#include "base/err.h"

/* The content of a regular file, malloc'ed and ended by a NUL byte that ret_len does not count.
 * Returns 0, ERR_NOT_FOUND, ERR_INVALID (no regular file), ERR_LIMIT (more than max bytes) or
 * ERR_IO; err says why, without the file's name. */
MUST_USE int file_read(const char *path, size_t max, char **ret_text, size_t *ret_len,
                       struct err *err);
