#include "jsonata/heap.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

enum { FIRST = 32 * 1024, LARGEST = 1024 * 1024 };

struct jn_block {
    struct jn_block *next;
    size_t size; /* header included */
};

_Static_assert(sizeof(struct jn_block) % 16 == 0, "pieces stay aligned");

/* One spare block of FIRST bytes per thread; the key's only work is to free it when the thread ends. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static __thread struct jn_block *spare;

static void make_key(void)
{
    CHECK(pthread_key_create(&key, free) == 0);
}

static void add_block(struct jn_heap *h, struct jn_block *b, size_t size)
{
    b->next = h->block;
    b->size = size;
    h->block = b;
    h->total += size;
    h->at = (char *)(b + 1);
    h->end = (char *)b + size;
    JN_POISON(h->at, (size_t)(h->end - h->at));
}

void jn_heap_init(struct jn_heap *h, size_t first, size_t limit, jn_heap_full_fn full)
{
    *h = (struct jn_heap){.limit = limit, .full = full};
    if (first) {
        add_block(h, xmalloc(first), first);
        return;
    }
    struct jn_block *b = spare;
    if (b) {
        spare = NULL;
        pthread_setspecific(key, NULL);
    } else {
        b = xmalloc(FIRST);
    }
    add_block(h, b, FIRST);
}

void jn_heap_done(struct jn_heap *h)
{
    struct jn_block *b = h->block;
    while (b) {
        struct jn_block *next = b->next;
        JN_UNPOISON(b + 1, b->size - sizeof(*b));
        if (b->size == FIRST && !spare) {
            pthread_once(&once, make_key);
            if (pthread_setspecific(key, b) == 0)
                spare = b;
            else
                free(b);
        } else {
            free(b);
        }
        b = next;
    }
    h->block = NULL;
    h->at = h->end = NULL;
}

void jn_heap_overflow(struct jn_heap *h)
{
    h->full(h);
    CHECK(!"a full heap was not left");
    __builtin_unreachable();
}

void *jn_heap_grow(struct jn_heap *h, size_t size)
{
    if (size > h->limit || h->total + size > h->limit)
        jn_heap_overflow(h);
    size_t rounded = jn_heap_room(size);
    size_t want = MIN(h->total, (size_t)LARGEST);
    if (rounded + sizeof(struct jn_block) > want / 2) {
        /* A large piece gets room to grow in place, within reason. */
        want = rounded + rounded / 2 + sizeof(struct jn_block);
    }
    if (h->total + want > h->limit)
        want = MAX(h->limit - h->total, rounded + sizeof(struct jn_block));
    add_block(h, xmalloc(want), want);
    void *p = h->at;
    h->at += rounded;
    JN_UNPOISON(p, size);
    return p;
}
