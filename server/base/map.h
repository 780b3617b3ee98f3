/* A hash map from byte strings to pointers, with a random seed per process.
 *
 * Keys are copied; values are borrowed (the caller frees what it stored).  Iteration order is
 * unspecified. */
#pragma once

#include "base/base.h"

struct map;

struct map *map_new(void) MUST_USE;
void map_free(struct map *m);
size_t map_len(const struct map *m);

/* The value stored under key, or NULL. */
void *map_get(const struct map *m, const char *key, size_t len);
/* Stores value (not NULL) and returns the one it replaced, or NULL. */
void *map_set(struct map *m, const char *key, size_t len, void *value);
/* Removes key and returns its value, or NULL. */
void *map_remove(struct map *m, const char *key, size_t len);

/* Visits every entry: start with *at = 0; false when there are no more.  The map must not change
 * meanwhile, except that the entry just visited may be removed. */
bool map_next(const struct map *m, size_t *at, const char **ret_key, size_t *ret_len,
              void **ret_value);

/* A hash of bytes under the process's random seed. */
uint64_t map_hash(const char *key, size_t len);
