#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(size_t size) NORETURN COLD;

static void out_of_memory(size_t size)
{
    (void)fprintf(stderr, "out of memory: could not allocate %zu bytes\n", size);
    abort();
}

void *xmalloc(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (__builtin_expect(!p, 0))
        out_of_memory(size);
    return p;
}

void *xcalloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (__builtin_expect(!p, 0))
        out_of_memory(count);
    return p;
}

void *xrealloc(void *p, size_t size)
{
    void *q = realloc(p, size ? size : 1);
    if (__builtin_expect(!q, 0))
        out_of_memory(size);
    return q;
}

void *xreallocarray(void *p, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        out_of_memory(SIZE_MAX);
    return xrealloc(p, total);
}

char *xstrdup(const char *s)
{
    return xmemdup(s, strlen(s));
}

char *xmemdup(const void *p, size_t len)
{
    CHECK(len < SIZE_MAX);
    char *copy = xmalloc(len + 1);
    if (len)
        memcpy(copy, p, len);
    copy[len] = '\0';
    return copy;
}

char *xasprintf(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    char *text;
    int n = vasprintf(&text, format, ap);
    va_end(ap);
    if (n < 0)
        out_of_memory(0);
    return text;
}

void free_p(void *p)
{
    void *owned;

    /* By memcpy: the pointer may be to any type. */
    memcpy(&owned, p, sizeof(owned));
    free(owned);
    owned = NULL;
    memcpy(p, &owned, sizeof(owned));
}
