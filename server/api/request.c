#include "api/request.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "json/json.h"

/* The arena that takes what cJSON allocates on this thread; NULL outside of request_parse, when
 * somebody else on this thread uses cJSON with the heap. */
static _Thread_local struct arena *parse_arena;

static void *allocate(size_t size)
{
    return parse_arena ? arena_alloc(parse_arena, size) : malloc(size);
}

static void release(void *p)
{
    if (!parse_arena)
        free(p);
}

void request_setup(void)
{
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = allocate, .free_fn = release});
}

/* True when a \u0000 stands in the text.  Text that is JSON has backslashes in strings only, and each
 * takes the character behind it along. */
static bool has_escaped_nul(const char *text, size_t len)
{
    const char *end = text + len;
    const char *at = memchr(text, '\\', len);
    while (at && end - at >= 2) {
        if (at[1] == 'u' && end - at >= 6 && memcmp(at + 2, "0000", 4) == 0)
            return true;
        at = memchr(at + 2, '\\', (size_t)(end - at - 2));
    }
    return false;
}

bool request_parse(struct api_call *call)
{
    const char *body = call->body_len ? call->body : "{}";
    size_t len = call->body_len ? call->body_len : 2;

    struct json_error error;
    if (!json_valid(body, len, &error)) {
        (void)api_fail(call, API_ERR_SERIALIZATION, "The request body is not JSON: %s", error.text);
        return false;
    }
    if (has_escaped_nul(body, len)) {
        (void)api_fail(call, API_ERR_SERIALIZATION,
                       "The request body holds the character U+0000, which no member may contain");
        return false;
    }

    parse_arena = &call->arena;
    call->request = cJSON_ParseWithLengthOpts(body, len + 1, NULL, true);
    parse_arena = NULL;
    if (!call->request) {
        (void)api_fail(call, API_ERR_SERIALIZATION,
                       "The request body holds half of a surrogate pair, or is nested too deep");
        return false;
    }
    if (!cJSON_IsObject(call->request)) {
        (void)api_fail(call, API_ERR_SERIALIZATION, "The request body is not a JSON object");
        return false;
    }
    return true;
}

bool request_read(struct api_call *call, const struct shape *shape)
{
    return request_parse(call) && constraints_check(call, shape);
}

const cJSON *request_get_in(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNull(item) ? NULL : item;
}

const char *request_string_in(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(request_get_in(object, name));
}

bool request_bool_in(const cJSON *object, const char *name, bool otherwise)
{
    const cJSON *item = request_get_in(object, name);
    return item ? cJSON_IsTrue(item) : otherwise;
}

int64_t request_int_in(const cJSON *object, const char *name, int64_t otherwise)
{
    const cJSON *item = request_get_in(object, name);
    return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : otherwise;
}

const cJSON *request_get(const struct api_call *call, const char *name)
{
    return request_get_in(call->request, name);
}

const char *request_string(const struct api_call *call, const char *name)
{
    return request_string_in(call->request, name);
}

bool request_bool(const struct api_call *call, const char *name, bool otherwise)
{
    return request_bool_in(call->request, name, otherwise);
}

int64_t request_int(const struct api_call *call, const char *name, int64_t otherwise)
{
    return request_int_in(call->request, name, otherwise);
}
