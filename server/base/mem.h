/* Allocation that cannot fail: running out of memory ends the program with a message.  Anything whose
 * size comes from input is checked against base/limits.h before it is allocated. */
#pragma once

#include "base/base.h"

void *xmalloc(size_t size) MUST_USE __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) MUST_USE __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t size) MUST_USE __attribute__((returns_nonnull));
/* For `count` elements of `size` bytes; ends the program on overflow. */
void *xreallocarray(void *p, size_t count, size_t size) MUST_USE __attribute__((returns_nonnull));
char *xstrdup(const char *s) MUST_USE;
/* Copies len bytes and adds a NUL byte after them. */
char *xmemdup(const void *p, size_t len) MUST_USE;
char *xasprintf(const char *format, ...) MUST_USE PRINTF_LIKE(1, 2);

/* Frees the pointer that p points to and sets it to NULL; also for CLEANUP. */
void free_p(void *p);

/* Makes room for one more element in a growing array of `*cap` elements. */
#define GROW(array, len, cap)                                          \
    do {                                                               \
        if ((len) >= (cap)) {                                          \
            (cap) = (cap) ? (cap)*2 : 8;                               \
            (array) = xreallocarray((array), (cap), sizeof(*(array))); \
        }                                                              \
    } while (0)
