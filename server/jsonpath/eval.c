/* Evaluation: the leading names and indices directly, what follows step by step over lists of
 * borrowed values.  Nothing recurses over the document. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "jsonpath/javatext.h"
#include "jsonpath/path.h"

/* ---- what went wrong ---- */

static void print_root(const struct jsonpath *p, struct strbuf *out)
{
    strbuf_addc(out, p->relative ? '@' : '$');
    if (p->variable)
        strbuf_addf(out, "['%s']", p->variable);
}

/* The text of a message that shows the path up to a step. */
static int fail_path(const struct jsonpath *p, const char *what, size_t count, char quote,
                     const char *after, struct err *err)
{
    if (!err)
        return ERR_NOT_FOUND;

    CLEANUP(strbuf_done) struct strbuf path;
    strbuf_init(&path, sizeof(err->text));
    print_root(p, &path);
    path_print_steps(p, 0, count, quote, &path);
    return err_set(err, ERR_NOT_FOUND, "%s%s%s", what, path.data, after);
}

static int fail_no_results(const struct jsonpath *p, struct err *err)
{
    return fail_path(p, "No results for path: ", p->count, 0, "", err);
}

/* A name step met something that is not an object. */
static int fail_not_object(const struct jsonpath *p, size_t step, struct err *err)
{
    CLEANUP(strbuf_done) struct strbuf what;
    strbuf_init(&what, sizeof(err->text));
    strbuf_adds(&what, "Property ");
    path_print_steps(p, step, 1, 0, &what);
    strbuf_adds(&what, " not found in path ");
    return fail_path(p, what.data, step, '\'', "", err);
}

/* A step for arrays met something else, or a filter a scalar. */
static int fail_wrong_type(const struct jsonpath *p, size_t step, const struct json *v,
                           struct err *err)
{
    if (!err)
        return ERR_NOT_FOUND;
    bool filter = p->steps[step].kind == STEP_FILTER;
    if (json_type(v) == JSON_NULL && !filter)
        return fail_path(p, "The path ", step, '\'', " is null", err);

    CLEANUP(strbuf_done) struct strbuf steps;
    CLEANUP(strbuf_done) struct strbuf value;
    strbuf_init(&steps, sizeof(err->text));
    strbuf_init(&value, sizeof(err->text));
    path_print_steps(p, step, p->count - step, 0, &steps);
    java_text(v, &value);
    return err_set(err, ERR_NOT_FOUND, "Filter: %s %s. Current context is: %s", steps.data,
                   filter ? "can not be applied to primitives" : "can only be applied to arrays",
                   value.data);
}

static int fail_limit(struct err *err)
{
    return err_set(err, ERR_LIMIT, "The path matches too many values");
}

/* ---- lists of values ---- */

/* The evaluation of the steps behind the leading names and indices. */
struct walk {
    const struct jsonpath *path;
    struct path_run *run;
    bool strict;
    size_t step;   /* the one being applied */
    bool definite; /* nothing before it could have more than one match */
    struct err *err;
    const struct json **found; /* matches of this step */
    size_t len, cap;
};

static int add_match(struct walk *w, const struct json *v)
{
    if (w->len >= LIMIT_PATH_RESULTS || !path_run_charge(w->run, 1))
        return fail_limit(w->err);
    GROW(w->found, w->len, w->cap);
    w->found[w->len++] = v;
    return 0;
}

static const struct json *item_at(const struct json *array, int32_t index)
{
    int64_t at = index < 0 ? (int64_t)json_len(array) + index : index;
    return at >= 0 && (uint64_t)at < json_len(array) ? json_at(array, (size_t)at) : NULL;
}

static int apply_names(struct walk *w, const struct step *s, const struct json *v)
{
    const struct span *names = s->kind == STEP_NAME ? &s->name : s->names.items;
    size_t count = s->kind == STEP_NAME ? 1 : s->names.count;

    if (json_type(v) != JSON_OBJECT)
        return w->definite ? fail_not_object(w->path, w->step, w->err) : 0;
    if (!path_run_charge(w->run, count))
        return fail_limit(w->err);
    if (s->kind == STEP_NAMES && w->step + 1 == w->path->count)
        return add_match(w, v); /* its members are picked in the end */
    for (size_t i = 0; i < count; i++) {
        const struct json *member = json_get(v, names[i].s, names[i].len);
        int r = 0;
        if (member)
            r = add_match(w, member);
        else if (w->strict)
            r = ERR_NOT_FOUND;
        if (r < 0)
            return r;
    }
    return 0;
}

static int apply_range(struct walk *w, const struct json *array, int64_t from, int64_t to)
{
    int r = 0;
    for (int64_t i = MAX(from, 0); r == 0 && i < to; i++)
        r = add_match(w, json_at(array, (size_t)i));
    return r;
}

static int apply_slice(struct walk *w, const struct step *s, const struct json *array)
{
    int64_t len = (int64_t)json_len(array);
    int64_t from = s->slice.has_from ? s->slice.from : 0;
    int64_t to = s->slice.has_to ? s->slice.to : len;

    /* The library compares both ends before it counts from the end of the array, so that [1:-1] is
     * empty. */
    if (s->slice.has_from && s->slice.has_to && from >= to)
        return 0;
    from = from < 0 ? from + len : from;
    to = to < 0 ? to + len : to;
    return apply_range(w, array, from, MIN(to, len));
}

static int apply_array(struct walk *w, const struct step *s, const struct json *v)
{
    const int32_t *indices = s->kind == STEP_INDEX ? &s->index : s->indices.items;
    size_t count = s->kind == STEP_INDEX ? 1 : s->indices.count;

    if (json_type(v) != JSON_ARRAY)
        return w->definite ? fail_wrong_type(w->path, w->step, v, w->err) : 0;
    if (s->kind == STEP_SLICE)
        return apply_slice(w, s, v);
    if (!path_run_charge(w->run, count))
        return fail_limit(w->err);
    for (size_t i = 0; i < count; i++) {
        const struct json *item = item_at(v, indices[i]);
        int r = item ? add_match(w, item) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

static int apply_wildcard(struct walk *w, const struct json *v)
{
    int r = 0;
    if (json_type(v) == JSON_ARRAY)
        return apply_range(w, v, 0, (int64_t)json_len(v));
    for (size_t i = 0; r == 0 && json_type(v) == JSON_OBJECT && i < json_len(v); i++)
        r = add_match(w, json_member_at(v, i));
    return r;
}

/* An object passes or not as a whole; of an array, its items do. */
static int apply_filter(struct walk *w, const struct step *s, const struct json *v)
{
    bool array = json_type(v) == JSON_ARRAY;
    size_t count = array ? json_len(v) : 1;

    if (!array && json_type(v) != JSON_OBJECT)
        return w->definite ? fail_wrong_type(w->path, w->step, v, w->err) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct json *item = array ? json_at(v, i) : v;
        int r = filter_accepts(s->filter, w->run, item);
        if (r == ERR_LIMIT)
            return fail_limit(w->err);
        if (r == 1)
            r = add_match(w, item);
        if (r < 0)
            return r;
    }
    return 0;
}

static int apply(struct walk *w, const struct step *s, const struct json *v)
{
    switch (s->kind) {
    case STEP_NAME:
    case STEP_NAMES:
        return apply_names(w, s, v);
    case STEP_INDEX:
    case STEP_INDICES:
    case STEP_SLICE:
        return apply_array(w, s, v);
    case STEP_WILDCARD:
        return apply_wildcard(w, v);
    case STEP_FILTER:
        return apply_filter(w, s, v);
    case STEP_FUNCTION:
        return add_match(w, v); /* called in the end */
    case STEP_SCAN:
        break;
    }
    CHECK(!"a scan is applied by scan()");
    return 0;
}

/* ---- .. ---- */

static bool has_all_names(const struct json *object, const struct step *s)
{
    for (size_t i = 0; i < s->names.count; i++)
        if (!json_get(object, s->names.items[i].s, s->names.items[i].len))
            return false;
    return true;
}

/* Whether the step behind a scan is applied to this array or object: 1, 0 or ERR_LIMIT. */
static int scan_wants(struct walk *w, const struct step *s, const struct json *v)
{
    bool object = json_type(v) == JSON_OBJECT;

    switch (s->kind) {
    case STEP_NAME:
        return object && json_get(v, s->name.s, s->name.len);
    case STEP_NAMES:
        if (!path_run_charge(w->run, s->names.count))
            return ERR_LIMIT;
        return object && (w->step + 1 < w->path->count || has_all_names(v, s));
    case STEP_INDEX:
    case STEP_INDICES:
    case STEP_SLICE:
        return !object;
    case STEP_FILTER:
        /* An object that passes is met both as itself and as an item of its array: it counts once.
         * The items of an array are looked at when the array itself passes. */
        return filter_accepts(s->filter, w->run, v);
    default:
        return 1;
    }
}

static bool is_container(const struct json *v)
{
    return json_type(v) == JSON_ARRAY || json_type(v) == JSON_OBJECT;
}

/* A container below the start of a scan, and its next child. */
struct level {
    const struct json *v;
    size_t next;
};

/* Applies s to v and to all arrays and objects below it, each before its children. */
static int scan(struct walk *w, const struct step *s, const struct json *v)
{
    struct level *stack = NULL;
    size_t depth = 0, cap = 0;
    int r = 0;

    for (;;) {
        if (is_container(v)) {
            r = scan_wants(w, s, v);
            if (r == 1)
                r = apply(w, s, v);
            if (r < 0)
                break;
            GROW(stack, depth, cap);
            stack[depth++] = (struct level){.v = v};
        }
        while (depth > 0 && stack[depth - 1].next == json_len(stack[depth - 1].v))
            depth--;
        if (depth == 0)
            break;
        if (!path_run_charge(w->run, 1)) {
            r = ERR_LIMIT;
            break;
        }
        struct level *top = &stack[depth - 1];
        v = json_type(top->v) == JSON_ARRAY ? json_at(top->v, top->next)
                                            : json_member_at(top->v, top->next);
        top->next++;
    }
    free(stack);
    return r == ERR_LIMIT ? fail_limit(w->err) : r;
}

/* ---- the end of a path ---- */

/* What ['a','b'] picks from each match: the members that are there, in the order of the names. */
static void pick(const struct walk *w, const struct step *s, struct json_array *out)
{
    struct json **keys = xreallocarray(NULL, s->names.count, sizeof(*keys));
    for (size_t n = 0; n < s->names.count; n++)
        keys[n] = json_string(s->names.items[n].s, s->names.items[n].len);

    for (size_t i = 0; i < w->len; i++) {
        struct json_object *b = json_object_new();
        for (size_t n = 0; n < s->names.count; n++) {
            const struct span *name = &s->names.items[n];
            const struct json *member = json_get(w->found[i], name->s, name->len);
            if (member)
                json_object_add(b, json_ref(keys[n]), json_ref(member));
        }
        json_array_add(out, json_object_finish(b));
    }
    for (size_t n = 0; n < s->names.count; n++)
        json_unref(keys[n]);
    free(keys);
}

/* All matches as an array: the result of an indefinite path, also with one match or none. */
static struct json *collect(const struct walk *w)
{
    const struct step *last = &w->path->steps[w->path->count - 1];
    struct json_array b;

    json_array_init(&b);
    if (last->kind == STEP_NAMES)
        pick(w, last, &b);
    for (size_t i = 0; last->kind != STEP_NAMES && i < w->len; i++)
        json_array_add(&b, json_ref(w->found[i]));
    return json_array_finish(&b);
}

/* The result of a definite path that ends with ['a','b'] or a function. */
static int finish_definite(const struct walk *w, struct json **ret_value)
{
    const struct json *v = w->found[0];
    const struct step *last = &w->path->steps[w->step];
    struct json *result;

    if (last->kind == STEP_NAMES) {
        if (w->strict && !has_all_names(v, last))
            return ERR_NOT_FOUND;
        struct json *picked = collect(w);
        result = json_ref(json_at(picked, 0));
        json_unref(picked);
    } else {
        result = last->function->call(v);
    }
    if (!result)
        return err_set(w->err, ERR_NOT_FOUND, "Function %s is not defined for the value of %s",
                       last->function->name, w->path->text);
    *ret_value = result;
    return 0;
}

/* Applies the steps from p->plain on, which begin at v. */
static int walk_steps(struct walk *w, const struct json *v)
{
    const struct jsonpath *p = w->path;
    const struct json **from = NULL;
    size_t count = 1;
    int r = 0;

    for (size_t i = p->plain; i < p->count && r == 0; i++) {
        bool scans = p->steps[i].kind == STEP_SCAN;
        w->definite = i == p->plain && !scans;
        w->step = scans ? ++i : i;
        w->found = NULL;
        w->len = w->cap = 0;
        for (size_t n = 0; n < count && r == 0; n++) {
            const struct json *start = from ? from[n] : v;
            r = scans ? scan(w, &p->steps[i], start) : apply(w, &p->steps[i], start);
        }
        free(from);
        from = w->found;
        count = w->len;
        if (count == 0)
            break; /* later steps have nothing to apply to */
    }
    return r;
}

static int find_many(const struct jsonpath *p, struct path_run *run, const struct json *start,
                     bool strict, struct found *ret_found, struct err *err)
{
    struct walk w = {.path = p, .run = run, .strict = strict, .err = err};
    struct json *result = NULL;
    int r = walk_steps(&w, start);
    if (r == 0 && p->definite)
        r = finish_definite(&w, &result);
    else if (r == 0)
        result = collect(&w);
    free(w.found);
    if (r == 0)
        *ret_found = (struct found){.value = result, .owned = result};
    return r;
}

/* ---- the beginning ---- */

/* A name or index was not there: an error for a definite path, no match for another. */
static int find_nothing(const struct jsonpath *p, size_t step, bool strict, struct found *ret_found,
                        struct err *err)
{
    if (!p->definite && !strict) {
        struct json_array none;
        json_array_init(&none);
        struct json *empty = json_array_finish(&none);
        *ret_found = (struct found){.value = empty, .owned = empty};
        return 0;
    }
    if (p->steps[step].kind == STEP_NAME && step + 1 < p->count)
        return fail_path(p, "Missing property in path ", step + 1, '\'', "", err);
    return fail_no_results(p, err);
}

int path_find(const struct jsonpath *p, struct path_run *run, const struct json *start, bool strict,
              struct found *ret_found, struct err *err)
{
    const struct json *v = start;

    if (!path_run_charge(run, p->plain + 1))
        return fail_limit(err);
    for (size_t i = 0; i < p->plain; i++) {
        const struct step *s = &p->steps[i];
        if (s->kind == STEP_NAME) {
            if (json_type(v) != JSON_OBJECT)
                return fail_not_object(p, i, err);
            v = json_get(v, s->name.s, s->name.len);
        } else {
            if (json_type(v) != JSON_ARRAY)
                return fail_wrong_type(p, i, v, err);
            v = item_at(v, s->index);
        }
        if (!v)
            return find_nothing(p, i, strict, ret_found, err);
    }
    if (p->plain < p->count)
        return find_many(p, run, v, strict, ret_found, err);
    *ret_found = (struct found){.value = v};
    return 0;
}

/* The document the path starts from, or NULL. */
static const struct json *find_root(const struct jsonpath *p, const struct jsonpath_env *env)
{
    switch (p->root) {
    case JSONPATH_INPUT:
        return env->input;
    case JSONPATH_CONTEXT:
        return env->context ? env->context(env->arg) : NULL;
    case JSONPATH_VARIABLE:
        return env->variable ? env->variable(env->arg, p->variable, strlen(p->variable)) : NULL;
    }
    return NULL;
}

int jsonpath_eval(const struct jsonpath *p, const struct jsonpath_env *env, struct json **ret_value,
                  struct err *err)
{
    const struct json *root = find_root(p, env);
    if (!root && p->count > 0 && p->variable)
        return fail_path(p, "Missing property in path ", 0, 0, "", err);
    if (!root)
        return fail_no_results(p, err);

    struct path_run run = {.document = root};
    struct found found;
    int r = path_find(p, &run, root, false, &found, err);
    if (r < 0)
        return r;
    if (json_depth(found.value) > LIMIT_JSON_DEPTH) {
        json_unref(found.owned);
        return fail_limit(err);
    }
    *ret_value = found.owned ? found.owned : json_ref(found.value);
    return 0;
}
