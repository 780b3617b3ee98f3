/* The functions of libcurl that calls use, looked up when the first call is made.
 *
 * Linking libcurl would load twenty more shared libraries into every server, also those that never
 * call out: about 2 ms of start-up and 1.8 MiB of resident memory.  Each pointer has the type that
 * its prototype in curl.h declares. */
#pragma once

#include <curl/curl.h>

#include "base/err.h"

#define CURL_API_LIST(X)        \
    X(curl_easy_cleanup)        \
    X(curl_easy_getinfo)        \
    X(curl_easy_init)           \
    X(curl_easy_setopt)         \
    X(curl_easy_strerror)       \
    X(curl_global_init)         \
    X(curl_multi_add_handle)    \
    X(curl_multi_cleanup)       \
    X(curl_multi_info_read)     \
    X(curl_multi_init)          \
    X(curl_multi_perform)       \
    X(curl_multi_poll)          \
    X(curl_multi_remove_handle) \
    X(curl_multi_setopt)        \
    X(curl_multi_strerror)      \
    X(curl_multi_wakeup)        \
    X(curl_slist_append)        \
    X(curl_slist_free_all)

/* curl.h defines some of these names as macros with arguments: hence the suffix. */
struct curl_api {
#define X(name) __typeof__(name) *name##_fn;
    CURL_API_LIST(X)
#undef X
};

/* Loads and initialises the library once per process; safe from any thread.  Returns 0 or
 * ERR_IO. */
MUST_USE int curl_api_load(const struct curl_api **ret_api, struct err *err);
