#include <stdlib.h>

#include "api/fail.h"
#include "api/internal.h"
#include "base/mem.h"

/* Connections are opened when one is missing and kept: there are never more than threads that answer
 * requests at the same time. */

bool reader_acquire(struct api_call *call, struct reader *ret_reader)
{
    struct api *api = call->api;
    struct store *store = NULL;
    (void)pthread_mutex_lock(&api->readers_lock);
    if (api->readers_len)
        store = api->readers[--api->readers_len];
    (void)pthread_mutex_unlock(&api->readers_lock);

    if (!store) {
        struct err err = {0};
        int r = store_open(api->store_file, 0, &store, &err);
        if (r < 0) {
            (void)api_fail_store(call, NULL, r);
            return false;
        }
    }
    *ret_reader = (struct reader){.api = api, .store = store};
    return true;
}

void reader_release(struct reader *r)
{
    if (!r->store)
        return;
    (void)pthread_mutex_lock(&r->api->readers_lock);
    GROW(r->api->readers, r->api->readers_len, r->api->readers_cap);
    r->api->readers[r->api->readers_len++] = r->store;
    (void)pthread_mutex_unlock(&r->api->readers_lock);
    *r = (struct reader){0};
}

void readers_close(struct api *api)
{
    for (size_t i = 0; i < api->readers_len; i++)
        store_close(api->readers[i]);
    free(api->readers);
    api->readers = NULL;
    api->readers_len = 0;
    api->readers_cap = 0;
}
