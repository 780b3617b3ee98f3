/* The functions a path may end with: $.nums.max(). */
#include <math.h>
#include <string.h>

#include "jsonpath/path.h"

/* Sums over the numbers of an array. */
struct totals {
    size_t count;
    double sum, squares, min, max;
};

/* False when v is not an array or has no number. */
static bool total(const struct json *v, struct totals *ret)
{
    struct totals t = {.min = INFINITY, .max = -INFINITY};

    if (json_type(v) != JSON_ARRAY)
        return false;
    for (size_t i = 0; i < json_len(v); i++) {
        const struct json *item = json_at(v, i);
        if (json_type(item) != JSON_NUMBER)
            continue;
        double d = json_double(item);
        t.count++;
        t.sum += d;
        t.squares += d * d;
        t.min = fmin(t.min, d);
        t.max = fmax(t.max, d);
    }
    *ret = t;
    return t.count > 0;
}

static struct json *real_or_null(double d)
{
    return isfinite(d) ? json_real(d) : NULL;
}

static struct json *call_min(const struct json *v)
{
    struct totals t;
    return total(v, &t) ? real_or_null(t.min) : NULL;
}

static struct json *call_max(const struct json *v)
{
    struct totals t;
    return total(v, &t) ? real_or_null(t.max) : NULL;
}

static struct json *call_sum(const struct json *v)
{
    struct totals t;
    return total(v, &t) ? real_or_null(t.sum) : NULL;
}

static struct json *call_avg(const struct json *v)
{
    struct totals t;
    return total(v, &t) ? real_or_null(t.sum / (double)t.count) : NULL;
}

static struct json *call_stddev(const struct json *v)
{
    struct totals t;
    if (!total(v, &t))
        return NULL;
    double mean = t.sum / (double)t.count;
    return real_or_null(sqrt(fmax(t.squares / (double)t.count - mean * mean, 0)));
}

static struct json *call_length(const struct json *v)
{
    if (json_type(v) != JSON_ARRAY && json_type(v) != JSON_OBJECT)
        return json_null();
    return json_int((int64_t)json_len(v));
}

static struct json *call_keys(const struct json *v)
{
    struct json_array keys;
    if (json_type(v) != JSON_OBJECT)
        return NULL;
    json_array_init(&keys);
    for (size_t i = 0; i < json_len(v); i++)
        json_array_add(&keys, json_ref(json_key_at(v, i)));
    return json_array_finish(&keys);
}

static struct json *call_first(const struct json *v)
{
    bool some = json_type(v) == JSON_ARRAY && json_len(v) > 0;
    return some ? json_ref(json_at(v, 0)) : NULL;
}

static struct json *call_last(const struct json *v)
{
    bool some = json_type(v) == JSON_ARRAY && json_len(v) > 0;
    return some ? json_ref(json_at(v, json_len(v) - 1)) : NULL;
}

static const struct path_function functions[] = {
    {"min", call_min},     {"max", call_max},       {"avg", call_avg},     {"stddev", call_stddev},
    {"sum", call_sum},     {"length", call_length}, {"size", call_length}, {"keys", call_keys},
    {"first", call_first}, {"last", call_last},
};

const struct path_function *path_function_find(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(functions); i++)
        if (strlen(functions[i].name) == len && memcmp(functions[i].name, name, len) == 0)
            return &functions[i];
    return NULL;
}
