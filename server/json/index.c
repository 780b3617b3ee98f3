#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "json/node.h"

/* Open addressing with linear probing, never more than half full.  Hashes are kept, so growing does
 * not look at the names again. */
struct slot {
    uint32_t hash;
    uint32_t place; /* of the member, plus 1; 0: free */
};

struct json_index {
    uint32_t mask; /* number of slots minus 1 */
    struct slot slots[];
};

static uint32_t hash_name(const char *name, size_t len)
{
    return (uint32_t)map_hash(name, len);
}

static struct json_index *index_new(size_t slots)
{
    CHECK(slots <= UINT32_MAX / 2);
    struct json_index *index = xcalloc(1, sizeof(*index) + slots * sizeof(struct slot));
    index->mask = (uint32_t)slots - 1;
    return index;
}

static void put(struct json_index *index, struct slot entry)
{
    uint32_t i = entry.hash & index->mask;
    while (index->slots[i].place)
        i = (i + 1) & index->mask;
    index->slots[i] = entry;
}

static bool is_called(const struct json_member *m, const char *name, size_t len)
{
    const struct string_node *key = as_string(m->key);
    return key->len == len && memcmp(key->bytes, name, len) == 0;
}

size_t json_members_find(const struct json_member *members, size_t len,
                         const struct json_index *index, const char *key, size_t key_len,
                         uint32_t *ret_hash)
{
    if (!index) {
        for (size_t i = 0; i < len; i++)
            if (is_called(&members[i], key, key_len))
                return i;
        if (ret_hash)
            *ret_hash = 0; /* json_index_add hashes all names when it creates the index */
        return NOT_A_MEMBER;
    }
    uint32_t hash = hash_name(key, key_len);
    if (ret_hash)
        *ret_hash = hash;
    for (uint32_t i = hash & index->mask; index->slots[i].place; i = (i + 1) & index->mask)
        if (index->slots[i].hash == hash &&
            is_called(&members[index->slots[i].place - 1], key, key_len))
            return index->slots[i].place - 1;
    return NOT_A_MEMBER;
}

static void create(struct json_index **index, const struct json_member *members, size_t len)
{
    size_t slots = 32;
    while (slots < len * 2)
        slots *= 2;
    *index = index_new(slots);
    for (size_t i = 0; i < len; i++) {
        const struct string_node *key = as_string(members[i].key);
        put(*index, (struct slot){hash_name(key->bytes, key->len), (uint32_t)i + 1});
    }
}

static void grow(struct json_index **index)
{
    struct json_index *old = *index;
    *index = index_new(((size_t)old->mask + 1) * 2);
    for (size_t i = 0; i <= old->mask; i++)
        if (old->slots[i].place)
            put(*index, old->slots[i]);
    free(old);
}

void json_index_add(struct json_index **index, const struct json_member *members, size_t len,
                    uint32_t hash)
{
    if (*index) {
        if (len * 2 > (size_t)(*index)->mask + 1)
            grow(index);
        put(*index, (struct slot){hash, (uint32_t)len});
    } else if (len > INDEX_FROM) {
        create(index, members, len);
    }
}

struct json_index *json_index_copy(const struct json_index *index)
{
    if (!index)
        return NULL;
    size_t size = sizeof(*index) + ((size_t)index->mask + 1) * sizeof(struct slot);
    struct json_index *copy = xmalloc(size);
    memcpy(copy, index, size);
    return copy;
}

void json_index_free(struct json_index *index)
{
    free(index);
}
