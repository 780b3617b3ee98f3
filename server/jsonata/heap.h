/* Memory of one evaluation or one compilation: a chain of blocks that is freed whole.
 *
 * Unlike base/arena it does not zero what it hands out, refuses to grow past a limit (the caller is
 * told through heap->full), and can extend the newest piece in place, which keeps text that is built
 * by concatenation linear.  The first block is kept per thread, so that a small evaluation does not
 * ask the allocator at all. */
#pragma once

#include "base/base.h"

/* Under AddressSanitizer every piece is followed by poisoned bytes, and free space is poisoned. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define JN_HEAP_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define JN_HEAP_ASAN 1
#endif
#ifdef JN_HEAP_ASAN
#include <sanitizer/asan_interface.h>
#define JN_POISON(p, size)   ASAN_POISON_MEMORY_REGION((p), (size))
#define JN_UNPOISON(p, size) ASAN_UNPOISON_MEMORY_REGION((p), (size))
#define JN_REDZONE           16
#else
#define JN_POISON(p, size)   ((void)(p), (void)(size))
#define JN_UNPOISON(p, size) ((void)(p), (void)(size))
#define JN_REDZONE           0
#endif

struct jn_heap;
typedef void (*jn_heap_full_fn)(struct jn_heap *h);

struct jn_heap {
    char *at, *end;         /* free part of the newest block */
    struct jn_block *block; /* newest first */
    size_t total;           /* bytes of all blocks */
    size_t limit;           /* largest total */
    jn_heap_full_fn full;   /* called when the limit would be passed; does not return */
};

/* first: bytes of the first block; 0 for one that is kept per thread. */
void jn_heap_init(struct jn_heap *h, size_t first, size_t limit, jn_heap_full_fn full);
void jn_heap_done(struct jn_heap *h);

void jn_heap_overflow(struct jn_heap *h) NORETURN COLD;
void *jn_heap_grow(struct jn_heap *h, size_t size) __attribute__((returns_nonnull));

/* What a piece of `size` bytes takes. */
static inline size_t jn_heap_room(size_t size)
{
    return ((size + 15) & ~(size_t)15) + JN_REDZONE;
}

/* Aligned to 16 bytes, not zeroed. */
static inline void *jn_heap_alloc(struct jn_heap *h, size_t size)
{
    size_t room = jn_heap_room(size);
    if (__builtin_expect(room > (size_t)(h->end - h->at) || room < size, 0))
        return jn_heap_grow(h, size);
    void *p = h->at;
    h->at += room;
    JN_UNPOISON(p, size);
    return p;
}

/* True when p..p+old was the newest piece and now has room for `size` (>= old) bytes in place. */
static inline bool jn_heap_extend(struct jn_heap *h, const void *p, size_t old, size_t size)
{
    const char *start = p;
    size_t before = jn_heap_room(old), wanted = jn_heap_room(size);
    if (start + before != h->at || wanted - before > (size_t)(h->end - h->at))
        return false;
    h->at += wanted - before;
    JN_UNPOISON(p, size);
    return true;
}

/* A place to come back to: what was taken since is given up, if it was all in one block. */
struct jn_mark {
    struct jn_block *block;
    char *at;
};

static inline struct jn_mark jn_heap_mark(const struct jn_heap *h)
{
    return (struct jn_mark){h->block, h->at};
}
static inline bool jn_heap_release(struct jn_heap *h, struct jn_mark m)
{
    if (h->block != m.block)
        return false;
    JN_POISON(m.at, (size_t)(h->at - m.at));
    h->at = m.at;
    return true;
}
