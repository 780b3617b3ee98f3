/* Variables: names, scopes, which state reads which, and whether they are set by then
 * (reference/asl.md section 7). */
#include <stdlib.h>
#include <string.h>

#include "asl/compile.h"
#include "asl/identifier.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"

/* Looking for unset variables costs (names read) x (transitions); a hostile definition could
 * make that 10^9.  Past this many steps no more warnings are sought. */
enum { DEFINEDNESS_STEPS = 10 * 1000 * 1000 };

enum { NAME_CHARS = 80, NAME_BYTES = NAME_CHARS * 4 };

bool variable_name_valid(const char *name, size_t len)
{
    if (len == 0 || len > NAME_BYTES || utf8_utf16_length(name, len) > NAME_CHARS)
        return false;
    if (len == strlen("states") && !memcmp(name, "states", len))
        return false;
    for (size_t i = 0, size; i < len; i += size) {
        uint32_t cp = utf8_decode(name + i, len - i, &size);
        if (!(i ? identifier_continues(cp) : identifier_starts(cp)))
            return false;
    }
    return true;
}

void read_variable(struct compiler *c, const char *name, size_t len, const struct loc *at)
{
    GROW(c->reads, c->reads_len, c->reads_cap);
    c->reads[c->reads_len++] =
        (struct variable_read){.name = {.name = name, .len = len}, .state = c->state, .at = at};
}

void read_path(struct compiler *c, const struct jsonpath *path, const struct loc *at)
{
    const char *name = jsonpath_variable(path);
    if (name)
        read_variable(c, name, strlen(name), at);
}

/* ---- a set of (owner, name), the owner being a scope or an Assign ---- */

struct pair_key {
    char bytes[sizeof(void *) + NAME_BYTES];
    size_t len;
};

/* Names longer than a variable's may be are in no set. */
static bool make_key(const void *owner, struct variable_name name, struct pair_key *ret_key)
{
    if (name.len > NAME_BYTES)
        return false;
    memcpy(ret_key->bytes, &owner, sizeof(owner));
    memcpy(ret_key->bytes + sizeof(owner), name.name, name.len);
    ret_key->len = sizeof(owner) + name.len;
    return true;
}

static bool pair_has(const struct map *pairs, const void *owner, struct variable_name name)
{
    struct pair_key key;
    return make_key(owner, name, &key) && map_get(pairs, key.bytes, key.len);
}

static void pair_add(struct map *pairs, const void *owner, struct variable_name name)
{
    static char present;
    struct pair_key key;
    if (make_key(owner, name, &key))
        (void)map_set(pairs, key.bytes, key.len, &present);
}

static struct map *collect_pairs(const struct compiler *c)
{
    struct map *pairs = map_new();
    for (const struct assign_set *set = c->assigns; set; set = set->next) {
        for (size_t i = 0; i < set->len; i++) {
            pair_add(pairs, set, set->names[i]);
            pair_add(pairs, set->state->scope, set->names[i]);
        }
    }
    return pairs;
}

/* ---- a name that is set when an inner scope begins may not be assigned there ---- */

static int compare_names(struct variable_name a, struct variable_name b)
{
    int order = memcmp(a.name, b.name, MIN(a.len, b.len));
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* One name in one Assign. */
struct occurrence {
    struct variable_name name;
    struct assign_set *set;
    size_t index;
};

static int by_occurrence(const void *a, const void *b)
{
    return compare_names(((const struct occurrence *)a)->name,
                         ((const struct occurrence *)b)->name);
}

static struct occurrence *list_occurrences(const struct compiler *c, size_t *ret_len)
{
    struct occurrence *all = NULL;
    size_t len = 0;
    size_t cap = 0;
    for (struct assign_set *set = c->assigns; set; set = set->next) {
        for (size_t i = 0; i < set->len; i++) {
            GROW(all, len, cap);
            all[len++] = (struct occurrence){set->names[i], set, i};
        }
    }
    if (len)
        qsort(all, len, sizeof(*all), by_occurrence);
    *ret_len = len;
    return all;
}

static bool outer_has(const struct map *pairs, const struct asl_scope *scope,
                      struct variable_name name)
{
    for (; scope->parent; scope = scope->parent->scope)
        if (pair_has(pairs, scope->parent->scope, name))
            return true;
    return false;
}

static void enter(const struct asl_state *s, bool *marks, size_t *stack, size_t *len)
{
    if (!s || marks[s->index])
        return;
    marks[s->index] = true;
    stack[(*len)++] = s->index;
}

/* Marks the states that may be entered after one of the occurrences gave the variable a value. */
static void mark_defined(const struct compiler *c, const struct occurrence *group, size_t count,
                         bool *defined, size_t *stack)
{
    size_t len = 0;
    memset(defined, 0, c->m->states_len * sizeof(*defined));
    for (size_t i = 0; i < count; i++)
        enter(group[i].set->leads_to, defined, stack, &len);
    while (len) {
        const struct state_info *info = &c->info[stack[--len]];
        for (size_t i = 0; i < info->transitions_len; i++)
            enter(c->transitions[info->first_transition + i].target, defined, stack, &len);
    }
}

/* What is known of one group of occurrences, all of the same name. */
struct group {
    const struct occurrence *first;
    size_t len;
    bool *defined; /* by state index */
    size_t *stack;
};

static bool is_suspect(const struct map *pairs, const struct occurrence *o, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (outer_has(pairs, o[i].set->state->scope, o[i].name))
            return true;
    return false;
}

/* Names often come together, so the marks of one group are often those of the one before. */
static bool same_ways(const struct group *g, const struct occurrence *o, size_t count)
{
    if (g->len != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (g->first[i].set->leads_to != o[i].set->leads_to)
            return false;
    return true;
}

static void check_group(const struct compiler *c, struct group *g, const struct occurrence *o,
                        size_t count)
{
    if (!same_ways(g, o, count)) {
        mark_defined(c, o, count, g->defined, g->stack);
        g->first = o;
        g->len = count;
    }
    for (size_t i = 0; i < count; i++) {
        struct assign_set *set = o[i].set;
        for (const struct asl_state *p = set->state->scope->parent; p; p = p->scope->parent)
            set->names[o[i].index].twice |= g->defined[p->index];
    }
}

static void check_scopes(struct compiler *c, const struct map *pairs)
{
    size_t len;
    struct occurrence *all = list_occurrences(c, &len);
    struct group group = {.defined = xcalloc(c->m->states_len + 1, sizeof(*group.defined)),
                          .stack = xreallocarray(NULL, c->m->states_len + 1, sizeof(size_t))};
    for (size_t i = 0, end; i < len; i = end) {
        for (end = i + 1; end < len && compare_names(all[i].name, all[end].name) == 0; end++)
            ;
        if (is_suspect(pairs, all + i, end - i))
            check_group(c, &group, all + i, end - i);
    }
    free(all);
    free(group.defined);
    free(group.stack);

    for (const struct assign_set *set = c->assigns; set; set = set->next) {
        for (size_t i = 0; i < set->len; i++) {
            struct variable_name name = set->names[i];
            if (name.twice)
                report(c, ASL_ERROR, CODE_VARIABLE, loc_member(c, set->at, name.name, name.len),
                       NULL, "The variable name '%.*s' was already defined in a parent scope.",
                       (int)name.len, name.name);
        }
    }
}

/* ---- variableReferences ---- */

static int by_state_and_name(const void *a, const void *b)
{
    const struct variable_read *x = a;
    const struct variable_read *y = b;
    if (x->state->index != y->state->index)
        return x->state->index < y->state->index ? -1 : 1;
    return compare_names(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
    const struct variable_read *x = a;
    const struct variable_read *y = b;
    int order = compare_names(x->name, y->name);
    return order ? order : by_state_and_name(a, b);
}

/* {"state":["name",...],...}: states in the order of the text, names in order and once each. */
static void write_references(struct compiler *c)
{
    if (c->reads_len == 0)
        return;
    struct strbuf out;
    const struct variable_read *last = NULL;
    strbuf_init(&out, LIMIT_VALUE_BYTES);
    qsort(c->reads, c->reads_len, sizeof(*c->reads), by_state_and_name);
    for (size_t i = 0; i < c->reads_len; last = &c->reads[i++]) {
        const struct variable_read *r = &c->reads[i];
        bool same_state = last && last->state == r->state;
        if (same_state && compare_names(last->name, r->name) == 0)
            continue;
        if (!same_state) {
            strbuf_adds(&out, last ? "]," : "{");
            strbuf_add_json(&out, r->state->name, strlen(r->state->name));
            strbuf_addc(&out, ':');
        }
        strbuf_addc(&out, same_state ? ',' : '[');
        strbuf_add_json(&out, r->name.name, r->name.len);
    }
    strbuf_adds(&out, "]}");
    c->m->variable_references = strbuf_take(&out, NULL);
}

/* ---- definedness ---- */

struct walk {
    struct compiler *c;
    const struct map *pairs;
    struct variable_name name;
    bool *unset; /* by state index: may be entered before the variable was set */
    size_t *stack;
    size_t len;
    size_t steps;
};

static void enter_unset(struct walk *w, const struct asl_state *s)
{
    if (!s || w->unset[s->index])
        return;
    w->unset[s->index] = true;
    w->stack[w->len++] = s->index;
}

static void enter_inner(struct walk *w, const struct asl_state *s)
{
    if (s->type == ASL_MAP && s->u.map.processor)
        enter_unset(w, s->u.map.processor->start);
    for (size_t i = 0; s->type == ASL_PARALLEL && i < s->u.parallel.branches_len; i++)
        if (s->u.parallel.branches[i])
            enter_unset(w, s->u.parallel.branches[i]->start);
}

static void walk_unset(struct walk *w)
{
    const struct asl_machine *m = w->c->m;
    memset(w->unset, 0, m->states_len * sizeof(*w->unset));
    enter_unset(w, m->root->start);
    for (size_t i = 0; i < m->states_len;
         i++) /* children of a distributed Map see nothing outside */
        if (m->states[i]->type == ASL_MAP && m->states[i]->u.map.distributed)
            enter_inner(w, m->states[i]);
    while (w->len) {
        size_t index = w->stack[--w->len];
        const struct state_info *info = &w->c->info[index];
        enter_inner(w, m->states[index]);
        w->steps += 1 + info->transitions_len;
        for (size_t i = 0; i < info->transitions_len; i++) {
            const struct transition *t = &w->c->transitions[info->first_transition + i];
            if (!t->assign || !pair_has(w->pairs, t->assign, w->name))
                enter_unset(w, t->target);
        }
    }
    w->steps += m->states_len;
}

static void warn_undefined(struct compiler *c, const struct map *pairs)
{
    if (!c->options->warnings || c->reads_len == 0 || !c->m->root)
        return;
    size_t states = c->m->states_len;
    struct walk w = {.c = c, .pairs = pairs};
    w.unset = xcalloc(states, sizeof(*w.unset));
    w.stack = xreallocarray(NULL, states, sizeof(*w.stack));
    qsort(c->reads, c->reads_len, sizeof(*c->reads), by_name);
    for (size_t i = 0; i < c->reads_len && w.steps < DEFINEDNESS_STEPS; i++) {
        struct variable_read *r = &c->reads[i];
        if (i == 0 || compare_names(r->name, w.name) != 0) {
            w.name = r->name;
            walk_unset(&w);
        }
        r->unset = w.unset[r->state->index];
    }
    qsort(c->reads, c->reads_len, sizeof(*c->reads), by_state_and_name);
    for (size_t i = 0; i < c->reads_len; i++)
        if (c->reads[i].unset)
            report(c, ASL_WARNING, CODE_UNDEFINED, c->reads[i].at, NULL,
                   "Variable '%.*s' is possibly not defined.", (int)MIN(c->reads[i].name.len, 1000),
                   c->reads[i].name.name);
    free(w.unset);
    free(w.stack);
}

void finish_variables(struct compiler *c)
{
    struct map *pairs = collect_pairs(c);
    for (size_t i = 0; i < c->transitions_len; i++)
        if (c->transitions[i].assign)
            c->transitions[i].assign->leads_to = c->transitions[i].target;
    check_scopes(c, pairs);
    write_references(c);
    warn_undefined(c, pairs);
    map_free(pairs);
}
