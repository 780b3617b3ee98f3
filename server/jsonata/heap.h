/* Memory of one evaluation or one compilation: a chain of blocks that is freed whole.
 *
 * Unlike base/arena it does not zero what it hands out, refuses to grow past a limit (the caller is
 * told through heap->full), and can extend the newest piece in place, which keeps text that is built
 * by concatenation linear.  The first block is kept per thread, so that a small evaluation does not
 * ask the allocator at all. */
#pragma once

#include "base/base.h"

struct jn_heap;
typedef void (*jn_heap_full_fn)(struct jn_heap *h);

struct jn_heap {
    char *at, *end;         /* free part of the newest block */
    struct jn_block *block; /* newest first */
    size_t total;           /* bytes of all blocks */
    size_t limit;           /* largest total */
    jn_heap_full_fn full;   /* called when the limit would be passed; does not return */
};

void jn_heap_init(struct jn_heap *h, size_t limit, jn_heap_full_fn full);
void jn_heap_done(struct jn_heap *h);

void jn_heap_overflow(struct jn_heap *h) NORETURN COLD;
void *jn_heap_grow(struct jn_heap *h, size_t size) __attribute__((returns_nonnull));

/* Aligned to 16 bytes, not zeroed. */
static inline void *jn_heap_alloc(struct jn_heap *h, size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    if (__builtin_expect(rounded > (size_t)(h->end - h->at) || rounded < size, 0))
        return jn_heap_grow(h, size);
    void *p = h->at;
    h->at += rounded;
    return p;
}

/* True when p..p+old was the newest piece and now has room for `size` bytes in place. */
static inline bool jn_heap_extend(struct jn_heap *h, const void *p, size_t old, size_t size)
{
    const char *start = p;
    size_t rounded = (old + 15) & ~(size_t)15, wanted = (size + 15) & ~(size_t)15;
    if (start + rounded != h->at || wanted - rounded > (size_t)(h->end - h->at))
        return false;
    h->at += wanted - rounded;
    return true;
}
