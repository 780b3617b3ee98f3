#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ARENA_POISONS
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS
#endif

#ifdef ARENA_POISONS
#include <sanitizer/asan_interface.h>
#define POISON(p, size)   ASAN_POISON_MEMORY_REGION((p), (size))
#define UNPOISON(p, size) ASAN_UNPOISON_MEMORY_REGION((p), (size))
#else
#define POISON(p, size)   ((void)(p), (void)(size))
#define UNPOISON(p, size) ((void)(p), (void)(size))
#endif

enum { ALIGN = 16, FIRST_BLOCK = 4096, LARGEST_BLOCK = 65536 };

struct arena_block {
    struct arena_block *next;
    size_t size; /* bytes behind this header */
    size_t used;
    size_t padding; /* keeps the bytes behind the header aligned */
};

_Static_assert(sizeof(struct arena_block) % ALIGN == 0, "the header keeps the alignment");

static char *block_bytes(struct arena_block *b)
{
    return (char *)(b + 1);
}

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

static void free_blocks(struct arena_block *b)
{
    while (b) {
        struct arena_block *next = b->next;
        UNPOISON(block_bytes(b), b->size);
        free(b);
        b = next;
    }
}

void arena_done(struct arena *a)
{
    free_blocks(a->head);
    *a = (struct arena){0};
}

void arena_clear(struct arena *a)
{
    struct arena_block *keep = a->head;
    if (!keep)
        return;
    free_blocks(keep->next);
    keep->next = NULL;
    keep->used = 0;
    POISON(block_bytes(keep), keep->size);
    a->used = 0;
    if (keep->size > LARGEST_BLOCK)
        arena_done(a); /* one large request must not hold its memory for ever */
}

static struct arena_block *block_new(size_t size)
{
    CHECK(size <= SIZE_MAX - sizeof(struct arena_block));
    struct arena_block *b = xmalloc(sizeof(*b) + size);
    *b = (struct arena_block){.size = size};
    POISON(block_bytes(b), size);
    return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    CHECK(size < SIZE_MAX - ALIGN);
    size_t need = ((size ? size : 1) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    struct arena_block *b = a->head;
    if (!b || need > b->size - b->used) {
        size_t next = b ? MIN(b->size * 2, (size_t)LARGEST_BLOCK) : FIRST_BLOCK;
        b = block_new(MAX(need, next));
        b->next = a->head;
        a->head = b;
    }
    char *p = block_bytes(b) + b->used;
    b->used += need;
    a->used += need;
    UNPOISON(p, size);
    memset(p, 0, size);
    return p;
}

char *arena_memdup(struct arena *a, const void *p, size_t len)
{
    CHECK(len < SIZE_MAX);
    char *copy = arena_alloc(a, len + 1);
    if (len)
        memcpy(copy, p, len);
    return copy;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list ap;
    va_list again;
    va_start(ap, format);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    CHECK(n >= 0);

    char *text = arena_alloc(a, (size_t)n + 1);
    (void)vsnprintf(text, (size_t)n + 1, format, ap);
    va_end(ap);
    return text;
}
