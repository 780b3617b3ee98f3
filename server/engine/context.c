/* The context object ($$, $states.context): reference/asl.md section 4.  Built only when an expression asks
 * for it, and once per evaluation. */
#include <string.h>

#include "base/timefmt.h"
#include "engine/map_objects.h"

static struct json *time_value(int64_t ms)
{
    char buf[ISO_TIME_SIZE];

    return json_strings(iso_time_format(ms, buf));
}

static struct json *execution_object(struct execution *x)
{
    struct json_object *o = json_object_new();

    json_object_adds(o, "Id", json_strings(execution_arn(x)));
    json_object_adds(o, "Input", json_ref(payload_value(x->input)));
    json_object_adds(o, "StartTime", time_value(x->start_ms));
    json_object_adds(o, "Name", json_strings(x->name));
    json_object_adds(o, "RoleArn",
                     x->revision->role_arn ? json_strings(x->revision->role_arn) : json_null());
    if (!x->test)
        json_object_adds(o, "RedriveCount", json_int(x->redrive_count));
    if (x->redrive_ms > 0)
        json_object_adds(o, "RedriveTime", time_value(x->redrive_ms));
    return json_object_finish(o);
}

static struct json *state_object(struct branch *b)
{
    struct json_object *o = json_object_new();
    enum asl_state_type type = b->state->type;

    json_object_adds(o, "Name", json_strings(b->execution->test ? "StateName" : b->state->name));
    json_object_adds(o, "EnteredTime", time_value(b->entered_ms));
    if (type == ASL_TASK || type == ASL_PARALLEL || type == ASL_MAP)
        json_object_adds(o, "RetryCount", json_int(b->retry_count));
    return json_object_finish(o);
}

/* Map.Item of the innermost iteration b lies in, NULL outside of any. */
static struct json *map_object(struct branch *b)
{
    for (; b->parent; b = b->parent) {
        if (b->parent->state->type != ASL_MAP)
            continue;

        struct map_run *run = b->parent->map_run;
        const char *source = MAP_SOURCE_STATE;
        const struct json *value = run ? map_objects_item(run, (int64_t)b->slot, &source)
                                       : json_at(payload_value(b->parent->work), b->slot);
        struct json_object *item = json_object_new();
        struct json_object *map = json_object_new();

        json_object_adds(item, "Index", json_int((int64_t)b->slot));
        json_object_adds(item, "Value", json_ref(value));
        if (b->parent->state->u.map.distributed)
            json_object_adds(item, "Source", json_strings(source));
        json_object_adds(map, "Item", json_object_finish(item));
        return json_object_finish(map);
    }
    return NULL;
}

static const struct json *context_get(void *arg)
{
    struct flow_env *env = arg;

    if (env->context)
        return env->context;

    struct branch *b = env->branch;
    struct execution *x = b->execution;
    struct json *given = x->test ? test_context(b) : NULL;
    struct json *map = map_object(env->item ? env->item : b);

    if (given) {
        CLEANUP(json_unref_p) struct json *key = json_strings("Map");

        env->context = map ? json_with(given, key, map) : json_ref(given);
        json_unref(given);
        return env->context;
    }

    struct json_object *o = json_object_new();
    struct json_object *machine = json_object_new();

    json_object_adds(o, "Execution", execution_object(x));
    json_object_adds(
        machine, "Id",
        json_strings(x->map_run ? x->map_run->machine_arn : x->revision->machine->arn));
    json_object_adds(machine, "Name", json_strings(x->revision->machine->name));
    json_object_adds(o, "StateMachine", json_object_finish(machine));
    json_object_adds(o, "State", state_object(b));
    if (map)
        json_object_adds(o, "Map", map);
    if (env->with_token) {
        struct json_object *task = json_object_new();
        char token[TOKEN_SIZE];

        token_make(b, token);
        json_object_adds(task, "Token", json_strings(token));
        json_object_adds(o, "Task", json_object_finish(task));
    }
    env->context = json_object_finish(o);
    return env->context;
}

/* The variable as seen from a branch: its own scope first, then the ones around it. */
static const struct json *variable_get(void *arg, const char *name, size_t len)
{
    struct flow_env *env = arg;

    for (struct branch *b = env->branch; b; b = b->parent) {
        const struct json *value = b->variables ? json_get(b->variables, name, len) : NULL;

        if (value)
            return value;
    }
    return NULL;
}

void flow_env_init(struct flow_env *env, struct branch *b, const struct json *input)
{
    *env = (struct flow_env){
        .asl =
            {
                .input = input,
                .context = context_get,
                .variable = variable_get,
                .arg = env,
                .now_ms = b->execution->engine->now,
            },
        .branch = b,
    };
}

void flow_env_done(struct flow_env *env)
{
    json_unref(env->context);
    env->context = NULL;
}
