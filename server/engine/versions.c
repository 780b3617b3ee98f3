/* Published versions: numbers that stand for revisions and never change what they stand for. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ids.h"
#include "engine/internal.h"

bool versions_full(struct engine *e, const struct machine *m)
{
    int64_t count = 0;

    engine_must(e, store_count_versions(e->store, m->id, &count), "count versions");
    return count >= e->limits.versions;
}

enum engine_outcome version_publish(struct engine *e, const struct machine *m,
                                    const char *description, struct store_version *ret_version)
{
    int r = store_get_version_of_revision(e->store, &e->arena, m->revision, ret_version);

    if (r == 0)
        return ENGINE_OK;
    if (r != ERR_NOT_FOUND)
        engine_must(e, r, "read version");
    if (versions_full(e, m))
        return ENGINE_VERSION_LIMIT;
    *ret_version = (struct store_version){
        .machine = m->id,
        .revision = m->revision,
        .creation_ms = e->now,
        .description = description,
    };
    engine_write(e);
    engine_must(e, store_add_version(e->store, ret_version), "publish version");
    return ENGINE_OK;
}

/* Whether the current revision is the one the caller believes it to be; if not, tells which it is. */
static bool is_current(struct engine *e, const struct machine *m, struct engine_command *c)
{
    struct store_revision row;

    if (!c->u.version.revision_id)
        return true;
    engine_must(e, store_get_revision(e->store, &e->arena, m->revision, &row), "read revision");
    snprintf(c->u.version.current, sizeof(c->u.version.current), "%s",
             row.revision_id ? row.revision_id : ENGINE_INITIAL_REVISION);
    return strcmp(c->u.version.current, c->u.version.revision_id) == 0;
}

void command_publish_version(struct engine *e, struct engine_command *c)
{
    struct machine *m = machine_find(e, c->account, c->region, c->name);
    struct store_version version;

    if (!m || m->status == MACHINE_DELETING) {
        engine_answer(e, c, m ? ENGINE_MACHINE_DELETING : ENGINE_NO_MACHINE);
        return;
    }
    if (!is_current(e, m, c)) {
        engine_answer(e, c, ENGINE_REVISION_CONFLICT);
        return;
    }

    enum engine_outcome outcome = version_publish(e, m, c->u.version.description, &version);

    if (outcome == ENGINE_OK) {
        c->u.version.number = version.number;
        c->u.version.date_ms = version.creation_ms;
    }
    engine_answer(e, c, outcome);
}

static void add_name(void *arg, const struct store_alias *alias)
{
    struct strbuf *names = arg;

    if (names->len)
        strbuf_adds(names, ", ");
    strbuf_adds(names, alias->name);
}

void command_delete_version(struct engine *e, struct engine_command *c)
{
    struct machine *m = machine_find(e, c->account, c->region, c->name);
    CLEANUP(strbuf_done) struct strbuf names;

    strbuf_init(&names, LIMIT_VALUE_BYTES);
    c->u.version.aliases = NULL;
    if (!m) {
        engine_answer(e, c, ENGINE_OK); /* nothing there, nothing to delete */
        return;
    }
    engine_must(e,
                store_list_aliases(e->store, &e->arena, m->id, c->u.version.number, "", INT32_MAX,
                                   add_name, &names),
                "list aliases");
    if (names.len) {
        c->u.version.aliases = arena_memdup(&e->arena, names.data, names.len);
        engine_answer(e, c, ENGINE_VERSION_IN_USE);
        return;
    }
    engine_write(e);

    int r = store_delete_version(e->store, m->id, c->u.version.number);

    if (r != ERR_NOT_FOUND)
        engine_must(e, r, "delete version");
    engine_answer(e, c, ENGINE_OK);
}

/* ---- what a start refers to ---- */

/* By weight, at random. */
static int64_t choose(const struct store_alias *alias)
{
    if (alias->routes_len < 2)
        return alias->routes[0].version;
    return (int64_t)(random_u64() % 100) < alias->routes[0].weight ? alias->routes[0].version
                                                                   : alias->routes[1].version;
}

enum engine_outcome pinned_find(struct engine *e, const struct machine *m,
                                const struct engine_command *c, struct pinned *ret_pinned)
{
    int64_t number = c->u.start.version;
    struct store_version version;
    struct store_alias alias;
    int r;

    *ret_pinned = (struct pinned){.revision = m->revision};
    if (c->u.start.alias) {
        r = store_get_alias(e->store, &e->arena, m->id, c->u.start.alias, &alias);
        if (r == ERR_NOT_FOUND)
            return ENGINE_NO_ALIAS;
        engine_must(e, r, "read alias");
        number = choose(&alias);
    } else if (!number) {
        return ENGINE_OK;
    }
    r = store_get_version(e->store, &e->arena, m->id, number, &version);
    if (r == ERR_NOT_FOUND)
        return ENGINE_NO_VERSION;
    engine_must(e, r, "read version");
    *ret_pinned = (struct pinned){
        .revision = version.revision,
        .version_arn = xasprintf("%s:%" PRId64, m->arn, number),
        .alias_arn = c->u.start.alias ? xasprintf("%s:%s", m->arn, c->u.start.alias) : NULL,
    };
    return ENGINE_OK;
}

void pinned_move(struct pinned *p, struct execution *x)
{
    x->version_arn = p->version_arn;
    x->alias_arn = p->alias_arn;
    p->version_arn = p->alias_arn = NULL;
}

void pinned_done(struct pinned *p)
{
    free_p(&p->version_arn);
    free_p(&p->alias_arn);
}
