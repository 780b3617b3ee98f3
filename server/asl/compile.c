/* A definition becomes a machine: parsing, scopes, and the life of the result. */
#include <stdlib.h>
#include <string.h>

#include "asl/compile.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"

/* ---- the machine's life ---- */

struct asl_owned {
    enum owned_kind kind;
    void *p;
    struct asl_owned *next;
};

void own(struct asl_machine *m, enum owned_kind kind, void *p)
{
    struct asl_owned *o = arena_alloc(&m->arena, sizeof(*o));
    *o = (struct asl_owned){.kind = kind, .p = p, .next = m->owned};
    m->owned = o;
}

static void free_machine(struct asl_machine *m)
{
    for (struct asl_owned *o = m->owned; o; o = o->next) {
        switch (o->kind) {
        case OWNED_PATH:
            jsonpath_free(o->p);
            break;
        case OWNED_CALL:
            intrinsic_free(o->p);
            break;
        case OWNED_JSONATA:
            jsonata_expr_free(o->p);
            break;
        }
    }
    json_array_done(&m->literals);
    map_free(m->by_name);
    free(m->states);
    free(m->variable_references);
    arena_done(&m->arena);
    free(m);
}

struct asl_machine *asl_machine_ref(struct asl_machine *m)
{
    m->refs++;
    return m;
}

void asl_machine_unref(struct asl_machine *m)
{
    if (m && --m->refs == 0)
        free_machine(m);
}

static void unref_machine_p(struct asl_machine **m)
{
    asl_machine_unref(*m);
}

struct asl_state *asl_machine_state(const struct asl_machine *m, const char *name)
{
    return map_get(m->by_name, name, strlen(name));
}

static struct asl_machine *new_machine(void)
{
    struct asl_machine *m = xcalloc(1, sizeof(*m));
    m->refs = 1;
    arena_init(&m->arena);
    json_array_init(&m->literals);
    m->by_name = map_new();
    return m;
}

/* ---- states and scopes ---- */

static const struct field machine_fields[] = {
    {"Comment", FIELD_BOTH},       {"StartAt", FIELD_BOTH}, {"States", FIELD_BOTH},
    {"QueryLanguage", FIELD_BOTH}, {"Version", FIELD_BOTH}, {"TimeoutSeconds", FIELD_BOTH},
};

void add_transition(struct compiler *c, struct node name, struct asl_state **slot,
                    struct assign_set *assign)
{
    size_t len;
    if (!node_is(c, name, JSON_STRING))
        return;
    const char *s = json_str(name.v, &len);
    GROW(c->transitions, c->transitions_len, c->transitions_cap);
    c->transitions[c->transitions_len++] = (struct transition){
        .from = c->state,
        .scope = c->state->scope,
        .slot = slot,
        .name = s,
        .len = len,
        .at = name.at,
        .assign = assign,
    };
}

static void check_name(struct compiler *c, const struct loc *at, const char *name, size_t len)
{
    if (len == 0 || strlen(name) != len)
        report(c, ASL_ERROR, CODE_NAME, at, NULL,
               "State name must have at least one character and no "
               "NUL character");
    else if (utf8_utf16_length(name, len) > 80)
        report(c, ASL_ERROR, CODE_NAME, at, NULL,
               "State name must not be longer than 80 characters");
}

static struct asl_state *new_state(struct compiler *c, struct asl_scope *scope,
                                   const struct json *key, const struct loc *at)
{
    size_t len;
    const char *name = json_str(key, &len);
    struct asl_state *s = arena_alloc(&c->m->arena, sizeof(*s));
    s->name = name;
    s->scope = scope;
    s->language = c->m->language;
    s->index = c->m->states_len;
    GROW(c->m->states, c->m->states_len, c->states_cap);
    c->m->states[c->m->states_len++] = s;
    GROW(c->info, s->index, c->info_cap);
    c->info[s->index] = (struct state_info){.at = at};
    check_name(c, at, name, len);
    if (map_get(c->m->by_name, name, len))
        report(c, ASL_ERROR, CODE_DUPLICATE, at, NULL, "Duplicate State name: %s", name);
    else
        map_set(c->m->by_name, name, len, s);
    return s;
}

static void compile_states(struct compiler *c, struct asl_scope *scope, struct node states,
                           struct map *names)
{
    struct asl_state *outer = c->state;
    const struct loc *outer_at = c->state_at;
    for (size_t i = 0; i < json_len(states.v); i++) {
        if (c->m->states_len == LIMIT_STATES) {
            schema_error(c, states.at, NULL, "A definition has at most %d states", LIMIT_STATES);
            break;
        }
        size_t len;
        const struct json *key = json_key_at(states.v, i);
        const char *name = json_str(key, &len);
        struct node n = node_member(c, states, i);
        struct asl_state *s = new_state(c, scope, key, n.at);
        map_set(names, name, len, s);
        c->state = s;
        c->state_at = n.at;
        if (node_is(c, n, JSON_OBJECT))
            compile_state(c, s, n);
    }
    c->state = outer;
    c->state_at = outer_at;
}

static void add_start(struct compiler *c, struct asl_scope *scope, struct node name)
{
    size_t len;
    const char *s = json_str(name.v, &len);
    GROW(c->transitions, c->transitions_len, c->transitions_cap);
    c->transitions[c->transitions_len++] = (struct transition){
        .scope = scope, .slot = &scope->start, .name = s, .len = len, .at = name.at};
}

struct asl_scope *compile_scope(struct compiler *c, struct node n, struct asl_state *parent,
                                size_t index, const struct field *fields, size_t fields_len)
{
    static const char *const required[] = {"States", "StartAt"};
    struct asl_scope *scope = arena_alloc(&c->m->arena, sizeof(*scope));
    *scope = (struct asl_scope){
        .parent = parent, .index = index, .depth = parent ? parent->scope->depth + 1 : 0};
    if (!node_is(c, n, JSON_OBJECT))
        return NULL;
    if (scope->depth > LIMIT_NESTING) {
        report(c, ASL_ERROR, CODE_DEPTH, n.at, NULL, "States are nested more than %d levels deep",
               LIMIT_NESTING);
        return NULL;
    }
    check_fields(c, n, fields, fields_len, c->m->language);
    require_fields(c, n, required, ARRAY_LEN(required));
    struct node states = node_get(c, n, "States");
    struct node start = node_get(c, n, "StartAt");
    if (!node_is(c, states, JSON_OBJECT))
        return NULL;
    if (json_len(states.v) == 0) {
        schema_error(c, states.at, NULL, "Value cannot be empty");
        return NULL;
    }

    struct map *names = map_new();
    struct scope_mark from = {c->transitions_len, c->m->states_len, c->d->errors};
    if (node_is(c, start, JSON_STRING))
        add_start(c, scope, start);
    compile_states(c, scope, states, names);
    resolve_scope(c, scope, from, names);
    map_free(names);
    return scope;
}

/* ---- the text ---- */

static void report_syntax(struct asl_diagnostics *d, struct text definition,
                          const struct json_error *error)
{
    CLEANUP(strbuf_done) struct strbuf message;
    CLEANUP(strbuf_done) struct strbuf location;
    strbuf_init(&message, 16384);
    strbuf_init(&location, 16384);
    json_error_location(error, definition.data, definition.len, &location);
    json_error_message(error, definition.data, definition.len, &message);
    strbuf_addf(&message, "\n at %s", location.data);
    diagnostics_add(d, ASL_ERROR, CODE_JSON, (struct text){message.data, message.len},
                    location.data);
}

static bool is_blank(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!memchr(" \t\r\n", t.data[i], 4))
            return false;
    return true;
}

/* The definition as an object, or NULL after a diagnostic. */
static struct json *parse_definition(struct text definition, const struct asl_options *options,
                                     struct asl_diagnostics *d)
{
    static const struct text not_object = TEXT("Definition must be a valid JSON object");
    int64_t max =
        options->definition_bytes ? options->definition_bytes : limits_service.definition_bytes;
    if (definition.len > (uint64_t)max) {
        static const struct text too_large = TEXT("Definition is larger than the maximum size");
        diagnostics_add(d, ASL_ERROR, CODE_SCHEMA, too_large, NULL);
        return NULL;
    }
    if (is_blank(definition)) {
        diagnostics_add(d, ASL_ERROR, CODE_SCHEMA, not_object, NULL);
        return NULL;
    }
    struct json_error error = {0};
    struct json *v =
        json_parse(definition.data, definition.len, JSON_PARSE_REJECT_DUPLICATES, &error);
    if (!v) {
        report_syntax(d, definition, &error);
        return NULL;
    }
    if (!json_is(v, JSON_OBJECT)) {
        diagnostics_add(d, ASL_ERROR, CODE_SCHEMA, not_object, NULL);
        json_unref(v);
        return NULL;
    }
    return v;
}

static void compile_machine(struct compiler *c, struct node n)
{
    static const char *const languages[] = {[ASL_JSONPATH] = "JSONPath", [ASL_JSONATA] = "JSONata"};
    size_t language = ASL_JSONPATH;
    const char *text;
    (void)node_word(c, node_get(c, n, "QueryLanguage"), languages, ARRAY_LEN(languages), &language);
    (void)node_string(c, node_get(c, n, "Comment"), &text);
    (void)node_string(c, node_get(c, n, "Version"), &text);
    (void)node_int(c, node_get(c, n, "TimeoutSeconds"), 1, 99999999, &c->m->timeout_seconds);
    c->m->language = (enum asl_language)language;
    c->m->root = compile_scope(c, n, NULL, 0, machine_fields, ARRAY_LEN(machine_fields));
    finish_variables(c);
}

int asl_compile(struct text definition, const struct asl_options *options,
                struct asl_machine **ret_machine, struct asl_diagnostics *d)
{
    size_t errors = d->errors;
    struct json *root = parse_definition(definition, options, d);
    if (!root)
        return ERR_INVALID;

    CLEANUP(unref_machine_p) struct asl_machine *m = new_machine();
    json_array_add(&m->literals, root);
    struct compiler c = {
        .m = m, .d = d, .options = options, .express = options->type == ASL_EXPRESS};
    arena_init(&c.scratch);
    c.assigns_end = &c.assigns;
    compile_machine(&c, (struct node){root, NULL});
    arena_done(&c.scratch);
    free(c.info);
    free(c.transitions);
    free(c.reads);
    if (d->errors > errors)
        return ERR_INVALID;
    CHECK(m->root && m->root->start);
    *ret_machine = m;
    m = NULL;
    return 0;
}
