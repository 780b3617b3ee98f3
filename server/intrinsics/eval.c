/* Evaluation of calls, and the table of functions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "intrinsics/call.h"

static const struct function functions[] = {
    {"Array", 0, SIZE_MAX, function_array},
    {"ArrayContains", 2, 2, function_array_contains},
    {"ArrayGetItem", 2, 2, function_array_get_item},
    {"ArrayLength", 1, 1, function_array_length},
    {"ArrayPartition", 2, 2, function_array_partition},
    {"ArrayRange", 3, 3, function_array_range},
    {"ArrayUnique", 1, 1, function_array_unique},
    {"Base64Decode", 1, 1, function_base64_decode},
    {"Base64Encode", 1, 1, function_base64_encode},
    {"Format", 1, SIZE_MAX, function_format},
    {"Hash", 2, 2, function_hash},
    {"JsonMerge", 3, 3, function_json_merge},
    {"JsonToString", 1, 1, function_json_to_string},
    {"MathAdd", 2, 2, function_math_add},
    {"MathRandom", 2, 3, function_math_random},
    {"StringSplit", 2, 2, function_string_split},
    {"StringToJson", 1, 1, function_string_to_json},
    {"UUID", 0, 0, function_uuid},
};

const struct function *function_find(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(functions); i++)
        if (strlen(functions[i].name) == len && memcmp(functions[i].name, name, len) == 0)
            return &functions[i];
    return NULL;
}

bool run_charge(struct run *run, size_t bytes)
{
    if (bytes > LIMIT_VALUE_BYTES - run->bytes)
        return false;
    run->bytes += bytes;
    return true;
}

bool run_charge_value(struct run *run, const struct json *v)
{
    size_t left = LIMIT_VALUE_BYTES - run->bytes;
    return run_charge(run, json_text_size(v, left + 1));
}

bool round_argument(const struct json *v, int64_t *ret_value)
{
    if (!json_is(v, JSON_NUMBER))
        return false;
    if (json_is_int(v))
        return json_int64(v, ret_value);

    double d = json_double(v);
    double down = floor(d);
    double nearest = d - down >= 0.5 ? down + 1 : down;
    if (!(nearest >= -0x1p63 && nearest < 0x1p63))
        return false;
    *ret_value = (int64_t)nearest;
    return true;
}

static int eval_call(struct run *run, const struct call *call, struct json **ret_value);

static int eval_argument(struct run *run, const struct argument *arg, struct json **ret_value)
{
    int r = 0;

    switch (arg->kind) {
    case ARGUMENT_VALUE:
        *ret_value = json_ref(arg->value);
        break;
    case ARGUMENT_PATH:
        r = jsonpath_eval(arg->path, run->env, ret_value, run->err);
        if (r == ERR_NOT_FOUND)
            run->missing = arg->path;
        break;
    case ARGUMENT_CALL:
        r = eval_call(run, arg->call, ret_value);
        break;
    }
    return r;
}

static int call_function(struct run *run, const struct call *call, struct json *const *items,
                         struct json **ret_value)
{
    const struct function *f = call->function;
    struct args args = {.run = run, .items = items, .count = call->count, .format = call->format};
    struct json *value;
    int r = ERR_INVALID;

    if (call->count >= f->min && call->count <= f->max)
        r = f->body(&args, &value);
    if (r == 0 && json_depth(value) > LIMIT_JSON_DEPTH) {
        json_unref(value);
        r = ERR_LIMIT;
    }
    if (r == ERR_LIMIT)
        return err_set(run->err, ERR_INVALID, "The result of States.%s is too large", f->name);
    if (r < 0)
        return err_set(run->err, ERR_INVALID, "Invalid arguments in States.%s", f->name);
    *ret_value = value;
    return 0;
}

static int eval_call(struct run *run, const struct call *call, struct json **ret_value)
{
    struct json **items = xreallocarray(NULL, call->count, sizeof(*items));
    size_t done = 0;
    int r = 0;

    while (done < call->count && r == 0) {
        r = eval_argument(run, &call->args[done], &items[done]);
        done += r == 0;
    }
    if (r == 0)
        r = call_function(run, call, items, ret_value);
    while (done > 0)
        json_unref(items[--done]);
    free(items);
    return r;
}

int intrinsic_eval(const struct intrinsic *call, const struct jsonpath_env *env,
                   struct json **ret_value, const struct jsonpath **ret_missing, struct err *err)
{
    struct err why = {0};
    struct run run = {.env = env, .err = &why};
    int r = eval_call(&run, call->call, ret_value);

    if (r == ERR_NOT_FOUND) {
        if (ret_missing)
            *ret_missing = run.missing;
        return err_set(err, r, "%s", why.text);
    }
    if (r < 0)
        return err_set(err, ERR_INVALID,
                       "There was an error while evaluating the intrinsic function: %s. %s",
                       call->text, why.text);
    return 0;
}
