/* Transitions: where they lead, and the states they never lead to. */
#include <stdlib.h>

#include "asl/compile.h"
#include "base/map.h"
#include "base/mem.h"

/* A state that only has a name, for TestState of a state whose neighbours are not there. */
static struct asl_state *stand_in(struct compiler *c, const struct transition *t)
{
    struct asl_state *s = arena_alloc(&c->m->arena, sizeof(*s));
    *s = (struct asl_state){.name = t->name,
                            .index = SIZE_MAX,
                            .type = ASL_SUCCEED,
                            .language = c->m->language,
                            .scope = (struct asl_scope *)t->scope};
    return s;
}

static void resolve(struct compiler *c, struct transition *t, const struct map *names)
{
    t->target = map_get(names, t->name, t->len);
    struct asl_state *to = t->target;
    if (!to && c->options->lone_state && t->from)
        to = stand_in(c, t);
    else if (!to)
        report(c, ASL_ERROR, CODE_TARGET, t->at, NULL, "Missing 'Next' target: %s", t->name);
    if (t->slot)
        *t->slot = to;
}

/* Marks everything that `start` leads to within its scope. */
static void mark(struct compiler *c, size_t start, size_t *stack)
{
    size_t len = 0;
    c->info[start].reached = true;
    stack[len++] = start;
    while (len) {
        const struct state_info *info = &c->info[stack[--len]];
        for (size_t i = 0; i < info->transitions_len; i++) {
            const struct asl_state *to = c->transitions[info->first_transition + i].target;
            if (!to || c->info[to->index].reached)
                continue;
            c->info[to->index].reached = true;
            stack[len++] = to->index;
        }
    }
}

static void report_unreached(struct compiler *c, const struct asl_scope *scope, size_t first_state)
{
    for (size_t i = first_state; i < c->m->states_len; i++)
        if (c->m->states[i]->scope == scope && !c->info[i].reached)
            report(c, ASL_ERROR, CODE_TARGET, c->info[i].at, NULL, "State \"%s\" is not reachable.",
                   c->m->states[i]->name);
}

/* A state with a way out but no transition behind it says End, or lacks both, which was
 * reported. */
static bool is_terminal(const struct compiler *c, const struct asl_state *s)
{
    const struct state_info *info = &c->info[s->index];
    if (s->type == ASL_CHOICE)
        return false;
    for (size_t i = 0; i < info->transitions_len; i++)
        if (c->transitions[info->first_transition + i].slot == &s->next)
            return false;
    return true;
}

/* A scope must be able to end.  Asked only where all else is right: a missing target is one
 * mistake. */
static void check_terminal(struct compiler *c, const struct asl_scope *scope, size_t first_state)
{
    for (size_t i = first_state; i < c->m->states_len; i++)
        if (c->m->states[i]->scope == scope && is_terminal(c, c->m->states[i]))
            return;
    report(c, ASL_ERROR, CODE_END, c->info[first_state].at->up, NULL,
           "There must be at least one state that ends: 'End' set to true, Succeed or Fail");
}

void resolve_scope(struct compiler *c, struct asl_scope *scope, struct scope_mark from,
                   const struct map *names)
{
    bool has_start = false;
    for (size_t i = from.transitions; i < c->transitions_len; i++) {
        struct transition *t = &c->transitions[i];
        if (t->scope != scope)
            continue;
        resolve(c, t, names);
        has_start = has_start || !t->from;
    }
    if (!has_start)
        return; /* StartAt is missing, which was said: nothing can be reached */

    size_t *stack = xreallocarray(NULL, c->m->states_len - from.states + 1, sizeof(*stack));
    if (scope->start)
        mark(c, scope->start->index, stack);
    free(stack);
    report_unreached(c, scope, from.states);
    if (!c->options->lone_state && c->d->errors == from.errors)
        check_terminal(c, scope, from.states);
}
