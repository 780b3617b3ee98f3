#include "tasks/curl_api.h"

#include <dlfcn.h>
#include <pthread.h>

/* Both builds that Debian packages have the same interface. */
static const char *const library_names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct curl_api api;
static struct err load_error; /* code 0: loaded */

static void *open_library(void)
{
    for (size_t i = 0; i < ARRAY_LEN(library_names); i++) {
        void *library = dlopen(library_names[i], RTLD_NOW | RTLD_LOCAL);

        if (library)
            return library;
    }
    return NULL;
}

static void load(void)
{
    void *library = open_library();
    bool complete = true;

    if (!library) {
        (void)err_set(&load_error, ERR_IO, "libcurl cannot be loaded: %s", dlerror());
        return;
    }
#define X(name)                                                \
    api.name##_fn = (__typeof__(name) *)dlsym(library, #name); \
    complete = complete && api.name##_fn;
    CURL_API_LIST(X)
#undef X
    if (!complete)
        (void)err_set(&load_error, ERR_IO, "libcurl is too old for this program");
    else if (api.curl_global_init_fn(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        (void)err_set(&load_error, ERR_IO, "libcurl cannot be initialised");
}

int curl_api_load(const struct curl_api **ret_api, struct err *err)
{
    (void)pthread_once(&once, load);
    if (load_error.code)
        return err_set(err, load_error.code, "%s", load_error.text);
    *ret_api = &api;
    return 0;
}
