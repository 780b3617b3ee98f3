/* Memory of one request or one parse, freed whole.  Freed space is poisoned under AddressSanitizer. */
#pragma once

#include "base/base.h"

struct arena {
    struct arena_block *head; /* newest block first */
    size_t used;              /* bytes handed out, for limits */
};

void arena_init(struct arena *a);
void arena_done(struct arena *a);  /* frees everything; also for CLEANUP */
void arena_clear(struct arena *a); /* empties for reuse, keeps one block */

/* Aligned to 16 bytes, zeroed. */
void *arena_alloc(struct arena *a, size_t size) MUST_USE __attribute__((returns_nonnull));
/* Copies len bytes and adds a NUL byte. */
char *arena_memdup(struct arena *a, const void *p, size_t len) MUST_USE;
char *arena_printf(struct arena *a, const char *format, ...) MUST_USE PRINTF_LIKE(2, 3);
