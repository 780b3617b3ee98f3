/* Aliases: names that stand for one version, or for two of them by weight. */
#include <string.h>

#include "engine/internal.h"

static bool routes_equal(const struct store_alias *a, const struct store_alias *b)
{
    bool same = a->routes_len == b->routes_len;

    for (size_t i = 0; same && i < a->routes_len; i++)
        same = a->routes[i].version == b->routes[i].version &&
               a->routes[i].weight == b->routes[i].weight;
    return same;
}

static bool versions_exist(struct engine *e, const struct store_alias *alias)
{
    struct store_version version;

    for (size_t i = 0; i < alias->routes_len; i++) {
        int r = store_get_version(e->store, &e->arena, alias->machine, alias->routes[i].version,
                                  &version);

        if (r == ERR_NOT_FOUND)
            return false;
        engine_must(e, r, "read version");
    }
    return true;
}

static void take_routes(struct store_alias *alias, const struct engine_command *c)
{
    CHECK(c->u.alias.routes_len <= STORE_ROUTES_MAX);
    memcpy(alias->routes, c->u.alias.routes, sizeof(alias->routes));
    alias->routes_len = c->u.alias.routes_len;
}

/* ENGINE_OK when the command's machine and, unless it is being made, its alias exist. */
static enum engine_outcome find(struct engine *e, struct engine_command *c,
                                struct machine **ret_machine, struct store_alias *ret_alias,
                                bool *ret_known)
{
    struct machine *m = machine_find(e, c->account, c->region, c->name);

    if (!m)
        return ENGINE_DANGLING;
    if (m->status == MACHINE_DELETING)
        return ENGINE_MACHINE_DELETING;

    int r = store_get_alias(e->store, &e->arena, m->id, c->u.alias.alias, ret_alias);

    if (r != ERR_NOT_FOUND)
        engine_must(e, r, "read alias");
    *ret_machine = m;
    *ret_known = r == 0;
    return ENGINE_OK;
}

/* The same again is answered with the original's date (reference/api.md section 2). */
static enum engine_outcome create(struct engine *e, struct engine_command *c)
{
    struct machine *m;
    struct store_alias old;
    bool known;
    int64_t count = 0;
    enum engine_outcome outcome = find(e, c, &m, &old, &known);

    if (outcome != ENGINE_OK)
        return outcome;

    struct store_alias alias = {
        .machine = m->id,
        .name = c->u.alias.alias,
        .creation_ms = e->now,
        .description = c->u.alias.description,
    };

    take_routes(&alias, c);
    if (known) {
        bool same = strings_equal(old.description, alias.description) && routes_equal(&old, &alias);

        c->u.alias.date_ms = old.creation_ms;
        return same ? ENGINE_OK : ENGINE_ALIAS_EXISTS;
    }
    if (!versions_exist(e, &alias))
        return ENGINE_DANGLING;
    engine_must(e, store_count_aliases(e->store, m->id, &count), "count aliases");
    if (count >= e->limits.aliases)
        return ENGINE_ALIAS_LIMIT;
    engine_write(e);
    engine_must(e, store_add_alias(e->store, &alias), "add alias");
    c->u.alias.date_ms = e->now;
    return ENGINE_OK;
}

void command_create_alias(struct engine *e, struct engine_command *c)
{
    engine_answer(e, c, create(e, c));
}

static enum engine_outcome update(struct engine *e, struct engine_command *c)
{
    struct machine *m;
    struct store_alias old;
    bool known;
    enum engine_outcome outcome = find(e, c, &m, &old, &known);

    if (outcome != ENGINE_OK)
        return outcome;
    if (!known)
        return ENGINE_DANGLING;

    struct store_alias alias = old;

    alias.update_ms = e->now;
    if (c->u.alias.description)
        alias.description = c->u.alias.description;
    if (c->u.alias.routes_len > 0)
        take_routes(&alias, c);
    if (!versions_exist(e, &alias))
        return ENGINE_DANGLING;
    if (old.update_ms && strings_equal(old.description, alias.description) &&
        routes_equal(&old, &alias)) {
        c->u.alias.date_ms = old.update_ms;
        return ENGINE_OK;
    }
    engine_write(e);
    engine_must(e, store_update_alias(e->store, &alias), "update alias");
    c->u.alias.date_ms = e->now;
    return ENGINE_OK;
}

void command_update_alias(struct engine *e, struct engine_command *c)
{
    engine_answer(e, c, update(e, c));
}

void command_delete_alias(struct engine *e, struct engine_command *c)
{
    struct machine *m = machine_find(e, c->account, c->region, c->name);

    if (m) {
        engine_write(e);

        int r = store_delete_alias(e->store, m->id, c->u.alias.alias);

        if (r != ERR_NOT_FOUND)
            engine_must(e, r, "delete alias");
    }
    engine_answer(e, c, ENGINE_OK); /* also when there is none */
}
