/* Paths, payload templates and the places where an expression may stand. */
#include <math.h>
#include <string.h>

#include "asl/compile.h"

/* The name of a field in messages is cut there: it stands once for each expression, and member
 * names can be of any length. */
enum { FIELD_BYTES = 500 };

static struct asl_expr *new_expr(struct compiler *c, enum asl_expr_kind kind)
{
    struct asl_expr *e = arena_alloc(&c->m->arena, sizeof(*e));
    e->kind = kind;
    return e;
}

struct asl_expr *literal_expr(struct compiler *c, const struct json *v)
{
    struct asl_expr *e = new_expr(c, ASL_EXPR_LITERAL);
    e->literal = (struct json *)v; /* the machine owns the definition, and the value with it */
    return e;
}

static const char *keep_text(struct compiler *c, const char *s, size_t len)
{
    return arena_memdup(&c->m->arena, s, len);
}

/* ---- paths ---- */

static struct jsonpath *try_path(struct compiler *c, const struct json *text, const struct loc *at,
                                 struct err *err)
{
    size_t len;
    const char *s = json_str(text, &len);
    struct jsonpath *path;
    if (jsonpath_compile(s, len, &path, err) < 0)
        return NULL;
    own(c->m, OWNED_PATH, path);
    read_path(c, path, at);
    return path;
}

struct jsonpath *compile_path(struct compiler *c, struct node n)
{
    struct err err = {0};
    if (!node_is(c, n, JSON_STRING))
        return NULL;
    struct jsonpath *path = try_path(c, n.v, n.at, &err);
    if (!path)
        schema_error(c, n.at, NULL, "Value is not a valid JSONPath: %s", err.text);
    return path;
}

struct asl_path compile_path_field(struct compiler *c, struct node n)
{
    if (!n.v)
        return (struct asl_path){0};
    if (json_is(n.v, JSON_NULL))
        return (struct asl_path){.is_null = true};
    return (struct asl_path){.path = compile_path(c, n)};
}

struct asl_path compile_result_path(struct compiler *c, struct node n)
{
    struct asl_path field = compile_path_field(c, n);
    if (!field.path)
        return field;
    if (jsonpath_root(field.path) != JSONPATH_INPUT)
        schema_error(c, n.at, NULL, "Value is not a Reference Path: it must start with '$'");
    else if (!jsonpath_is_reference(field.path))
        schema_error(
            c, n.at, NULL,
            "Value is not a Reference Path: it may only have field names and array indices");
    return field;
}

struct visit {
    struct compiler *c;
    const struct loc *at;
};

static void visit_path(void *arg, const struct jsonpath *path)
{
    struct visit *v = arg;
    read_path(v->c, path, v->at);
}

static struct intrinsic *try_intrinsic(struct compiler *c, const struct json *text,
                                       const struct loc *at)
{
    size_t len;
    const char *s = json_str(text, &len);
    struct intrinsic *call;
    struct err err = {0};
    if (!intrinsic_looks_like(s, len) || intrinsic_compile(s, len, &call, &err) < 0)
        return NULL;
    own(c->m, OWNED_CALL, call);
    intrinsic_paths(call, visit_path, &(struct visit){c, at});
    return call;
}

/* A path or an intrinsic call; NULL when it is neither. */
static struct asl_expr *try_dynamic(struct compiler *c, struct node n)
{
    struct err err = {0};
    if (!json_is(n.v, JSON_STRING))
        return NULL;
    struct intrinsic *call = try_intrinsic(c, n.v, n.at);
    struct jsonpath *path = call ? NULL : try_path(c, n.v, n.at, &err);
    if (!call && !path)
        return NULL;
    struct asl_expr *e = new_expr(c, call ? ASL_EXPR_INTRINSIC : ASL_EXPR_PATH);
    e->call = call;
    e->path = path;
    e->field = keep_text(c, n.at->name, n.at->len);
    return e;
}

struct asl_expr *compile_path_expr(struct compiler *c, struct node n, bool intrinsics)
{
    if (intrinsics) {
        struct asl_expr *e = node_is(c, n, JSON_STRING) ? try_dynamic(c, n) : NULL;
        if (!e && json_is(n.v, JSON_STRING))
            schema_error(
                c, n.at, NULL,
                "The value for the field '%s' must be a valid JSONPath or a valid intrinsic "
                "function call",
                n.at->name);
        return e;
    }
    struct jsonpath *path = n.v ? compile_path(c, n) : NULL;
    if (!path)
        return NULL;
    struct asl_expr *e = new_expr(c, ASL_EXPR_PATH);
    e->path = path;
    e->field = keep_text(c, n.at->name, n.at->len);
    return e;
}

/* ---- JSONata ---- */

static struct text trim(struct text t)
{
    while (t.len && memchr(" \t\r\n", t.data[t.len - 1], 4))
        t.len--;
    while (t.len && memchr(" \t\r\n", t.data[0], 4)) {
        t.data++;
        t.len--;
    }
    return t;
}

bool compile_if_jsonata(struct compiler *c, struct node n, unsigned sees,
                        struct asl_expr **ret_expr)
{
    size_t len;
    if (c->state->language != ASL_JSONATA || !json_is(n.v, JSON_STRING))
        return false;
    const char *s = json_str(n.v, &len);
    if (len < 4 || memcmp(s, "{%", 2) != 0 || memcmp(s + len - 2, "%}", 2) != 0)
        return false;

    struct text source = trim((struct text){s + 2, len - 4});
    struct jsonata *compiled = jsonata_expr_compile(c, source, n.at, sees);
    if (!compiled)
        return true;
    CLEANUP(strbuf_done) struct strbuf field;
    strbuf_init(&field, FIELD_BYTES);
    loc_print(n.at, c->state_at, &field);
    struct asl_expr *e = new_expr(c, ASL_EXPR_JSONATA);
    e->jsonata = compiled;
    e->source = keep_text(c, source.data, source.len);
    e->field = keep_text(c, field.data, field.len);
    *ret_expr = e;
    return true;
}

/* ---- templates ---- */

/* The name that a member has in the result: without ".$" in JSONPath.  Returns whether it had
 * that. */
static bool is_dynamic_key(const struct compiler *c, const struct json *key)
{
    size_t len;
    const char *s = json_str(key, &len);
    return c->state->language == ASL_JSONPATH && len >= 2 && !memcmp(s + len - 2, ".$", 2);
}

static struct json *result_key(struct compiler *c, const struct json *key)
{
    size_t len;
    const char *s = json_str(key, &len);
    if (!is_dynamic_key(c, key))
        return (struct json *)key;
    struct json *bare = json_string(s, len - 2);
    json_array_add(&c->m->literals, bare);
    return bare;
}

/* "x" and "x.$" side by side would make the same member twice. */
static void check_twins(struct compiler *c, struct node object)
{
    for (size_t i = 0; i < json_len(object.v); i++) {
        size_t len;
        const struct json *key = json_key_at(object.v, i);
        if (!is_dynamic_key(c, key))
            continue;
        const char *s = json_str(key, &len);
        if (json_get(object.v, s, len - 2))
            schema_error(c, object.at, NULL, "The field '%.*s' is specified more than once",
                         (int)MIN(len - 2, 1000), s);
    }
}

/* A constant string that would have been a path with ".$" behind its name. */
static void warn_no_dollar(struct compiler *c, struct node object, size_t index)
{
    size_t len;
    const struct json *v = json_member_at(object.v, index);
    if (!c->options->warnings || c->state->language != ASL_JSONPATH || !json_is(v, JSON_STRING))
        return;
    const char *s = json_str(v, &len);
    if (strncmp(s, "$.", 2) != 0 && strncmp(s, "$[", 2) != 0 && strncmp(s, "$$.", 3) != 0)
        return;
    struct jsonpath *path;
    if (jsonpath_compile(s, len, &path, NULL) < 0)
        return;
    jsonpath_free(path);
    const char *name = json_str(json_key_at(object.v, index), NULL);
    report(
        c, ASL_WARNING, CODE_NO_DOLLAR, object.at, NULL,
        "The value of '%s' looks like a JSONPath. Instead of '%s', use '%s.$' to evaluate it as a "
        "JSONPath at runtime.",
        name, name, name);
}

/* Returns NULL for what is constant, and for what is wrong (*ok is then false). */
static struct asl_expr *compile_value(struct compiler *c, struct node n, unsigned sees, bool *ok);

static struct asl_expr *compile_member(struct compiler *c, struct node object, size_t index,
                                       unsigned sees, bool *ok)
{
    const struct json *key = json_key_at(object.v, index);
    struct node member = node_member(c, object, index);
    if (!is_dynamic_key(c, key)) {
        warn_no_dollar(c, object, index);
        return compile_value(c, member, sees, ok);
    }
    struct asl_expr *e = try_dynamic(c, member);
    if (!e) {
        schema_error(c, object.at, NULL,
                     "The value for the field '%s' must be a valid JSONPath or a valid intrinsic "
                     "function call",
                     json_str(key, NULL));
        *ok = false;
    }
    return e;
}

static struct asl_expr *compile_value(struct compiler *c, struct node n, unsigned sees, bool *ok)
{
    struct asl_expr *e = NULL;
    bool object = json_is(n.v, JSON_OBJECT);
    size_t len = json_len(n.v);
    if (compile_if_jsonata(c, n, sees, &e)) {
        *ok = *ok && e;
        return e;
    }
    if (!object && !json_is(n.v, JSON_ARRAY))
        return NULL;

    size_t dynamic = 0;
    struct asl_expr **children = arena_alloc(&c->m->arena, len * sizeof(*children));
    if (object)
        check_twins(c, n);
    for (size_t i = 0; i < len; i++) {
        children[i] = object ? compile_member(c, n, i, sees, ok)
                             : compile_value(c, node_at(c, n, i), sees, ok);
        dynamic += children[i] != NULL;
    }
    if (!dynamic)
        return NULL;

    e = new_expr(c, object ? ASL_EXPR_OBJECT : ASL_EXPR_ARRAY);
    e->children = children;
    e->len = len;
    if (object)
        e->keys = arena_alloc(&c->m->arena, len * sizeof(*e->keys));
    for (size_t i = 0; i < len; i++) {
        if (object)
            e->keys[i] = result_key(c, json_key_at(n.v, i));
        if (!children[i])
            children[i] = literal_expr(c, object ? json_member_at(n.v, i) : json_at(n.v, i));
    }
    return e;
}

struct asl_expr *compile_template(struct compiler *c, struct node n, unsigned sees)
{
    bool ok = true;
    if (!n.v)
        return NULL;
    if (c->state->language == ASL_JSONPATH && !node_is(c, n, JSON_OBJECT))
        return NULL;
    struct asl_expr *e = compile_value(c, n, sees, &ok);
    return e || !ok ? e : literal_expr(c, n.v);
}

/* ---- Assign ---- */

struct asl_expr *compile_assign(struct compiler *c, struct node n, unsigned sees,
                                struct assign_set **ret_set)
{
    if (!n.v || !node_is(c, n, JSON_OBJECT))
        return NULL;
    struct assign_set *set = arena_alloc(&c->scratch, sizeof(*set));
    *set = (struct assign_set){.at = n.at, .state = c->state, .number = c->assigns_len++};
    set->names = arena_alloc(&c->scratch, json_len(n.v) * sizeof(*set->names));
    for (size_t i = 0; i < json_len(n.v); i++) {
        size_t len;
        const struct json *key = json_key_at(n.v, i);
        const char *name = json_str(key, &len);
        if (is_dynamic_key(c, key))
            len -= 2;
        if (!variable_name_valid(name, len))
            schema_error(c, n.at, NULL, "The variable name '%.*s' is not valid.",
                         (int)MIN(len, 1000), name);
        else
            set->names[set->len++] = (struct variable_name){.name = name, .len = len};
    }
    *c->assigns_end = set;
    c->assigns_end = &set->next;
    *ret_set = set;

    /* An OBJECT even when all of it is constant, so that its keys are the variables' names. */
    struct asl_expr *e = compile_template(c, n, sees);
    if (!e || e->kind != ASL_EXPR_LITERAL)
        return e;
    struct asl_expr *object = new_expr(c, ASL_EXPR_OBJECT);
    object->len = json_len(n.v);
    object->keys = arena_alloc(&c->m->arena, object->len * sizeof(*object->keys));
    object->children = arena_alloc(&c->m->arena, object->len * sizeof(*object->children));
    for (size_t i = 0; i < object->len; i++) {
        object->keys[i] = (struct json *)json_key_at(n.v, i);
        object->children[i] = literal_expr(c, json_member_at(n.v, i));
    }
    return object;
}

/* ---- numbers given in one of three ways ---- */

struct asl_expr *compile_quantity(struct compiler *c, struct node object, const struct quantity *q)
{
    const char *const names[] = {q->name, q->path_name};
    bool paths = c->state->language == ASL_JSONPATH && q->path_name;
    const char *name = choose_field(c, object, names, paths ? 2 : 1, false);
    if (!name)
        return NULL;
    struct node n = node_get(c, object, name);
    if (name != q->name)
        return compile_path_expr(c, n, false);

    struct asl_expr *e = NULL;
    int64_t whole;
    double real;
    if (compile_if_jsonata(c, n, 0, &e))
        return e;
    bool good = q->real ? node_real(c, n, q->min, q->max, &real)
                        : node_int(c, n, (int64_t)q->min, (int64_t)q->max, &whole);
    return good ? literal_expr(c, n.v) : NULL;
}
