#include "base/limits.h"

#include <stddef.h>
#include <string.h>

#include "base/err.h"

const struct limits limits_service = {
#define X(name, field, value) .field = (value),
    SERVICE_LIMIT_LIST(X)
#undef X
};

static const struct {
    const char *name;
    size_t offset; /* of the field in struct limits */
    int64_t service_value;
} fields[] = {
#define X(name, field, value) {name, offsetof(struct limits, field), value},
    SERVICE_LIMIT_LIST(X)
#undef X
};

/* A whole number from 1 to max, in digits only; 0 for anything else. */
static int64_t parse_up_to(const char *s, int64_t max)
{
    int64_t value = 0;
    if (!*s)
        return 0;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return 0;
        value = value * 10 + (*s - '0');
        if (value > max)
            return 0;
    }
    return value;
}

int limits_set(struct limits *l, const char *name, const char *value)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (strcmp(fields[i].name, name) != 0)
            continue;
        int64_t number = parse_up_to(value, fields[i].service_value);
        if (number == 0)
            return ERR_LIMIT;
        memcpy((char *)l + fields[i].offset, &number, sizeof(number));
        return 0;
    }
    return ERR_NOT_FOUND;
}
