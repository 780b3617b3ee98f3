#include "api/scope.h"

#include <string.h>

enum { ACCOUNT_DIGITS = 12, REGION_MAX = 40 };

bool scope_is_account(const char *s, size_t len)
{
    if (len != ACCOUNT_DIGITS)
        return false;
    for (size_t i = 0; i < len; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
}

bool scope_is_region(const char *s, size_t len)
{
    if (len == 0 || len > REGION_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '-')
            return false;
    return true;
}

void scope_read(struct arena *a, const char *authorization, struct scope *scope)
{
    static const char mark[] = "Credential=";
    const char *at = authorization ? strstr(authorization, mark) : NULL;
    if (!at)
        return;
    at += sizeof(mark) - 1;

    const char *key_end = strchr(at, '/');
    const char *end = at + strcspn(at, ", ");
    if (!key_end || key_end >= end)
        return;
    size_t key_len = (size_t)(key_end - at);
    if (scope_is_account(at, key_len) && memcmp(at, scope->account, key_len) != 0)
        scope->account = arena_memdup(a, at, key_len);

    const char *date_end = memchr(key_end + 1, '/', (size_t)(end - key_end - 1));
    if (!date_end)
        return;
    const char *region = date_end + 1;
    const char *region_end = memchr(region, '/', (size_t)(end - region));
    size_t region_len = region_end ? (size_t)(region_end - region) : 0;
    if (!scope_is_region(region, region_len))
        return;
    if (strncmp(region, scope->region, region_len) != 0 || scope->region[region_len])
        scope->region = arena_memdup(a, region, region_len);
}
