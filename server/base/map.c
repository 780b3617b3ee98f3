#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/ids.h"
#include "base/mem.h"

/* Entries lie in the order they were added; `slots` finds them.  A slot holds the number of an entry
 * plus one, or 0 when it is free:
 *
 *     slots    [ 0 | 3 | 0 | 1 | 2 | 0 | 0 | 0 ]      linear probing, always half free or more
 *     entries  [ a | - | c ]                          "-" was removed and is skipped
 *
 * Removing an entry leaves a hole, so that a walk over the entries is not disturbed by it; holes
 * vanish when the array of entries is full. */
struct entry {
    char *key; /* owned; NULL for a hole */
    size_t len;
    uint64_t hash;
    void *value;
};

struct map {
    struct entry *entries;
    size_t used;     /* entries in use, holes included */
    size_t live;     /* entries without the holes */
    size_t capacity; /* of entries; half the number of slots */
    uint32_t *slots;
    size_t mask; /* number of slots minus 1 */
};

enum { FIRST_CAPACITY = 8 };

/* ---- hash: SipHash-1-3 ---- */

static uint64_t seed[2];
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void make_seed(void)
{
    random_bytes(seed, sizeof(seed));
}

static inline uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

uint64_t map_hash(const char *key, size_t len)
{
    (void)pthread_once(&seed_once, make_seed);

    uint64_t v[4] = {seed[0] ^ 0x736f6d6570736575ULL, seed[1] ^ 0x646f72616e646f6dULL,
                     seed[0] ^ 0x6c7967656e657261ULL, seed[1] ^ 0x7465646279746573ULL};
    size_t whole = len & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t word;
        memcpy(&word, key + i, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)len << 56;
    for (size_t i = whole; i < len; i++)
        last |= (uint64_t)(unsigned char)key[i] << 8 * (i - whole);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- the table ---- */

struct map *map_new(void)
{
    return xcalloc(1, sizeof(struct map));
}

void map_free(struct map *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->used; i++)
        free(m->entries[i].key);
    free(m->entries);
    free(m->slots);
    free(m);
}

size_t map_len(const struct map *m)
{
    return m->live;
}

/* The slot that holds key, or the free one where it would go. */
static size_t find_slot(const struct map *m, const char *key, size_t len, uint64_t hash)
{
    size_t slot = hash & m->mask;
    for (; m->slots[slot]; slot = (slot + 1) & m->mask) {
        const struct entry *e = &m->entries[m->slots[slot] - 1];
        if (e->hash == hash && e->len == len && memcmp(e->key, key, len) == 0)
            break;
    }
    return slot;
}

static struct entry *find(const struct map *m, const char *key, size_t len)
{
    if (m->live == 0)
        return NULL;
    uint32_t number = m->slots[find_slot(m, key, len, map_hash(key, len))];
    return number ? &m->entries[number - 1] : NULL;
}

/* Squeezes out the holes, doubles the capacity if that did not free half of it, and fills the slots
 * anew. */
static void rebuild(struct map *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->used; i++)
        if (m->entries[i].key)
            m->entries[kept++] = m->entries[i];
    m->used = kept;

    if (m->capacity == 0 || kept > m->capacity / 2) {
        m->capacity = m->capacity ? m->capacity * 2 : FIRST_CAPACITY;
        CHECK(m->capacity < UINT32_MAX);
        m->entries = xreallocarray(m->entries, m->capacity, sizeof(*m->entries));
        free(m->slots);
        m->slots = xcalloc(m->capacity * 2, sizeof(*m->slots));
        m->mask = m->capacity * 2 - 1;
    } else {
        memset(m->slots, 0, (m->mask + 1) * sizeof(*m->slots));
    }
    for (size_t i = 0; i < m->used; i++) {
        size_t slot = m->entries[i].hash & m->mask;
        while (m->slots[slot])
            slot = (slot + 1) & m->mask;
        m->slots[slot] = (uint32_t)(i + 1);
    }
}

void *map_get(const struct map *m, const char *key, size_t len)
{
    struct entry *e = find(m, key, len);
    return e ? e->value : NULL;
}

void *map_set(struct map *m, const char *key, size_t len, void *value)
{
    CHECK(value);
    struct entry *e = find(m, key, len);
    if (e) {
        void *old = e->value;
        e->value = value;
        return old;
    }
    if (m->used == m->capacity)
        rebuild(m);

    uint64_t hash = map_hash(key, len);
    size_t slot = find_slot(m, key, len, hash);
    m->entries[m->used++] =
        (struct entry){.key = xmemdup(key, len), .len = len, .hash = hash, .value = value};
    m->slots[slot] = (uint32_t)m->used;
    m->live++;
    return NULL;
}

/* Frees a slot and closes the gap: entries behind it that probing could no longer reach move up. */
static void free_slot(struct map *m, size_t gap)
{
    m->slots[gap] = 0;
    for (size_t at = (gap + 1) & m->mask; m->slots[at]; at = (at + 1) & m->mask) {
        size_t home = m->entries[m->slots[at] - 1].hash & m->mask;
        if (((at - home) & m->mask) >= ((at - gap) & m->mask)) {
            m->slots[gap] = m->slots[at];
            m->slots[at] = 0;
            gap = at;
        }
    }
}

void *map_remove(struct map *m, const char *key, size_t len)
{
    if (m->live == 0)
        return NULL;
    size_t slot = find_slot(m, key, len, map_hash(key, len));
    if (!m->slots[slot])
        return NULL;

    struct entry *e = &m->entries[m->slots[slot] - 1];
    void *value = e->value;
    free_slot(m, slot);
    free(e->key);
    *e = (struct entry){0};
    if (--m->live == 0)
        m->used = 0; /* a walk that removed the last entry ends here in any case */
    return value;
}

bool map_next(const struct map *m, size_t *at, const char **ret_key, size_t *ret_len,
              void **ret_value)
{
    for (; *at < m->used; ++*at) {
        const struct entry *e = &m->entries[*at];
        if (!e->key)
            continue;
        if (ret_key)
            *ret_key = e->key;
        if (ret_len)
            *ret_len = e->len;
        if (ret_value)
            *ret_value = e->value;
        ++*at;
        return true;
    }
    return false;
}
