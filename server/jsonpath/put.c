/* ResultPath: a new document with a value put where a reference path points. */
#include <stdlib.h>

#include "base/mem.h"
#include "jsonpath/path.h"

static int fail_conflict(const struct jsonpath *p, const struct json *root, struct err *err)
{
    if (!err)
        return ERR_CONFLICT;
    char *text = json_text(root, sizeof(err->text), NULL);
    int r =
        err_set(err, ERR_CONFLICT, "Unable to apply ReferencePath %s to input %s", p->text, text);
    free(text);
    return r;
}

/* The place of the step's index in an array, or false when it has none. */
static bool place(const struct json *array, int32_t index, size_t *ret_place)
{
    int64_t at = index < 0 ? (int64_t)json_len(array) + index : index;
    if (at < 0 || (uint64_t)at >= json_len(array))
        return false;
    *ret_place = (size_t)at;
    return true;
}

/* Fills parents[i] with the value that step i applies to, NULL where it is yet to be made. */
static bool find_parents(const struct jsonpath *p, const struct json *root,
                         const struct json **parents)
{
    const struct json *v = root;
    for (size_t i = 0; i < p->count; i++) {
        const struct step *s = &p->steps[i];
        size_t at;
        parents[i] = v;
        if (s->kind == STEP_NAME) {
            if (v && json_type(v) != JSON_OBJECT)
                return false;
            v = v ? json_get(v, s->name.s, s->name.len) : NULL;
        } else {
            if (!v || json_type(v) != JSON_ARRAY || !place(v, s->index, &at))
                return false;
            v = json_at(v, at);
        }
    }
    return true;
}

/* One parent with its child replaced. */
static struct json *with_child(const struct json *parent, const struct step *s,
                               struct json *child /* takes */)
{
    size_t at;
    if (s->kind == STEP_INDEX) {
        CHECK(place(parent, s->index, &at));
        return json_with_at(parent, at, child);
    }

    struct json *key = json_string(s->name.s, s->name.len);
    struct json *made;
    if (parent) {
        made = json_with(parent, key, child);
        json_unref(key);
    } else {
        struct json_object *b = json_object_new();
        json_object_add(b, key, child);
        made = json_object_finish(b);
    }
    return made;
}

int jsonpath_put(const struct jsonpath *p, const struct json *root, const struct json *value,
                 struct json **ret_root, struct err *err)
{
    if (!p->reference || p->root != JSONPATH_INPUT)
        return fail_conflict(p, root, err);

    const struct json **parents = xreallocarray(NULL, p->count, sizeof(struct json *));
    if (!find_parents(p, root, parents)) {
        free(parents);
        return fail_conflict(p, root, err);
    }

    struct json *v = json_ref(value);
    for (size_t i = p->count; i-- > 0;)
        v = with_child(parents[i], &p->steps[i], v);
    free(parents);
    if (json_depth(v) > LIMIT_JSON_DEPTH) {
        json_unref(v);
        return fail_conflict(p, root, err);
    }
    *ret_root = v;
    return 0;
}
