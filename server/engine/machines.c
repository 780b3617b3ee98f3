/* State machines and their compiled revisions, kept in memory while they are of use. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ids.h"
#include "base/partition.h"
#include "engine/internal.h"

enum { MACHINES_KEPT = 4096, REVISIONS_KEPT = 1024 };

static size_t machine_key(char *key, size_t size, const char *account, const char *region,
                          const char *name)
{
    int len = snprintf(key, size, "%s:%s:%s", account, region, name);

    return MIN((size_t)len, size - 1);
}

static struct machine *keep_machine(struct engine *e, const struct store_machine *row)
{
    char key[1024];
    struct machine *m = xmalloc(sizeof(*m));

    *m = (struct machine){
        .refs = 1,
        .id = row->id,
        .account = xstrdup(row->account),
        .region = xstrdup(row->region),
        .name = xstrdup(row->name),
        .arn = xasprintf("arn:%s:states:%s:%s:stateMachine:%s", aws_partition(row->region),
                         row->region, row->account, row->name),
        .type = row->type,
        .status = row->status,
        .creation_ms = row->creation_ms,
        .revision = row->revision,
    };
    (void)map_set(e->machines, key, machine_key(key, sizeof(key), m->account, m->region, m->name),
                  m);
    (void)map_set(e->machines_by_id, (const char *)&m->id, sizeof(m->id), m);
    return m;
}

struct machine *machine_find(struct engine *e, const char *account, const char *region,
                             const char *name)
{
    char key[1024];
    struct machine *m =
        map_get(e->machines, key, machine_key(key, sizeof(key), account, region, name));
    struct store_machine row;

    if (m)
        return m;

    int r = store_get_machine(e->store, &e->arena, account, region, name, &row);

    if (r == ERR_NOT_FOUND)
        return NULL;
    engine_must(e, r, "read state machine");
    return keep_machine(e, &row);
}

struct machine *machine_by_id(struct engine *e, int64_t id)
{
    struct machine *m = map_get(e->machines_by_id, (const char *)&id, sizeof(id));
    struct store_machine row;

    if (m)
        return m;

    int r = store_get_machine_by_id(e->store, &e->arena, id, &row);

    if (r == ERR_NOT_FOUND)
        return NULL;
    engine_must(e, r, "read state machine");
    return keep_machine(e, &row);
}

void machine_unref(struct machine *m)
{
    if (!m || --m->refs > 0)
        return;
    free_p(&m->account);
    free_p(&m->region);
    free_p(&m->name);
    free_p(&m->arn);
    free_p(&m);
}

void machine_forget(struct engine *e, struct machine *m)
{
    char key[1024];

    (void)map_remove(e->machines, key,
                     machine_key(key, sizeof(key), m->account, m->region, m->name));
    (void)map_remove(e->machines_by_id, (const char *)&m->id, sizeof(m->id));
    machine_unref(m);
}

/* ---- revisions ---- */

static void name_states(struct revision *r)
{
    r->name_details = xcalloc(r->asl->states_len, sizeof(char *));
    for (size_t i = 0; i < r->asl->states_len; i++) {
        struct strbuf sb;

        strbuf_init(&sb, 4096);
        history_add_member(&sb, "name", r->asl->states[i]->name);
        r->name_details[i] = strbuf_take(&sb, NULL);
    }
}

struct revision *revision_get(struct engine *e, int64_t id)
{
    struct revision *r = map_get(e->revisions, (const char *)&id, sizeof(id));
    struct store_revision row;
    struct asl_diagnostics diagnostics;
    struct asl_machine *asl = NULL;

    if (r) {
        r->refs++;
        return r;
    }

    int code = store_get_revision(e->store, &e->arena, id, &row);

    if (code == ERR_NOT_FOUND)
        return NULL;
    engine_must(e, code, "read revision");

    struct machine *m = machine_by_id(e, row.machine);
    struct asl_options options = {.type = m->type == MACHINE_EXPRESS ? ASL_EXPRESS : ASL_STANDARD};

    asl_diagnostics_init(&diagnostics);
    code = asl_compile(row.definition, &options, &asl, &diagnostics);
    asl_diagnostics_done(&diagnostics);
    if (code < 0)
        return NULL;
    m->refs++;
    r = xmalloc(sizeof(*r));
    *r = (struct revision){
        .refs = 2, /* the caller's and the map's */
        .id = id,
        .machine = m,
        .asl = asl,
        .role_arn = xstrdup(row.role_arn),
        .logging = event_log_settings(row.logging),
    };
    name_states(r);
    (void)map_set(e->revisions, (const char *)&id, sizeof(id), r);
    return r;
}

void revision_unref(struct revision *r)
{
    if (!r || --r->refs > 0)
        return;
    for (size_t i = 0; i < r->asl->states_len; i++)
        free_p(&r->name_details[i]);
    free_p(&r->name_details);
    asl_machine_unref(r->asl);
    machine_unref(r->machine);
    free_p(&r->role_arn);
    free_p(&r->logging.group_arn);
    free_p(&r);
}

/* Forgets revisions (of one machine, or of all) that nothing runs. */
static void drop_revisions(struct engine *e, const struct machine *of)
{
    size_t at = 0;
    const char *key;
    size_t len;
    void *value;

    while (map_next(e->revisions, &at, &key, &len, &value)) {
        struct revision *r = value;

        if (r->refs > 1 || (of && r->machine != of))
            continue;
        (void)map_remove(e->revisions, (const char *)&r->id, sizeof(r->id));
        revision_unref(r);
    }
}

void machines_trim(struct engine *e)
{
    size_t at = 0;
    const char *key;
    size_t len;
    void *value;

    if (map_len(e->revisions) > REVISIONS_KEPT)
        drop_revisions(e, NULL);
    if (map_len(e->machines_by_id) <= MACHINES_KEPT)
        return;
    drop_revisions(e, NULL);
    while (map_next(e->machines, &at, &key, &len, &value)) {
        struct machine *m = value;
        char name[1024];

        if (m->refs > 1 || m->running > 0)
            continue;
        (void)map_remove(e->machines_by_id, (const char *)&m->id, sizeof(m->id));
        (void)map_remove(e->machines, name,
                         machine_key(name, sizeof(name), m->account, m->region, m->name));
        machine_unref(m);
    }
}

void machines_clear(struct engine *e)
{
    size_t at = 0;
    const char *key;
    size_t len;
    void *value;

    drop_revisions(e, NULL);
    while (map_next(e->machines_by_id, &at, &key, &len, &value))
        machine_unref(value);
    map_free(e->machines);
    map_free(e->machines_by_id);
    e->machines = map_new();
    e->machines_by_id = map_new();
}

/* ---- commands ---- */

static const char *or_else(const char *given, const char *otherwise)
{
    return given ? given : otherwise;
}

static bool text_equal(struct text a, struct text b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* A machine with versions is the one asked for when its first version is asked for as well
 * (reference/api.md section 3, CreateStateMachine). */
static enum engine_outcome publish_again(struct engine *e, struct engine_command *c,
                                         const struct machine *m)
{
    struct store_version first;
    int r = store_get_first_version(e->store, &e->arena, m->id, &first);

    if (r == ERR_NOT_FOUND)
        return c->u.machine.publish ? ENGINE_MACHINE_EXISTS : ENGINE_OK;
    engine_must(e, r, "read version");
    if (!c->u.machine.publish)
        return ENGINE_PUBLISHED;
    c->u.machine.version = first.number;
    return strings_equal(first.description, c->u.machine.version_description)
               ? ENGINE_OK
               : ENGINE_PUBLISHED_OTHERWISE;
}

/* reference/api.md section 2: the same name again is answered with the original's dates when everything but
 * role and tags is the same as it is now. */
static void create_again(struct engine *e, struct engine_command *c, struct machine *m)
{
    struct store_revision row;

    if (m->status == MACHINE_DELETING) {
        engine_answer(e, c, ENGINE_MACHINE_DELETING);
        return;
    }
    engine_must(e, store_get_revision(e->store, &e->arena, m->revision, &row), "read revision");

    bool same = m->type == c->u.machine.type &&
                text_equal(row.definition, c->u.machine.definition) &&
                strcmp(row.logging, c->u.machine.logging) == 0 &&
                strcmp(row.tracing, c->u.machine.tracing) == 0 &&
                strcmp(row.encryption, c->u.machine.encryption) == 0;

    c->u.machine.date_ms = m->creation_ms;
    c->u.machine.revision_id[0] = '\0';
    engine_answer(e, c, same ? publish_again(e, c, m) : ENGINE_MACHINE_EXISTS);
}

void command_create_machine(struct engine *e, struct engine_command *c)
{
    struct machine *known = machine_find(e, c->account, c->region, c->name);
    int64_t count;

    if (known) {
        create_again(e, c, known);
        return;
    }
    engine_must(e, store_count_machines(e->store, c->account, c->region, &count),
                "count state machines");
    if (count >= e->limits.state_machines) {
        engine_answer(e, c, ENGINE_MACHINE_LIMIT);
        return;
    }

    struct store_machine m = {
        .account = c->account,
        .region = c->region,
        .name = c->name,
        .type = c->u.machine.type,
        .status = MACHINE_ACTIVE,
        .creation_ms = e->now,
    };
    struct store_revision r = {
        .creation_ms = e->now,
        .definition = c->u.machine.definition,
        .role_arn = c->u.machine.role_arn,
        .logging = c->u.machine.logging,
        .tracing = c->u.machine.tracing,
        .encryption = c->u.machine.encryption,
        .variable_references = c->u.machine.variable_references,
    };

    engine_write(e);
    engine_must(e, store_add_machine(e->store, &m, &r), "add state machine");
    if (c->u.machine.publish) {
        struct store_version version = {
            .machine = m.id,
            .revision = r.id,
            .creation_ms = e->now,
            .description = c->u.machine.version_description,
        };

        engine_must(e, store_add_version(e->store, &version), "publish version");
        c->u.machine.version = version.number;
    }
    if (c->u.machine.tags_len > 0) {
        CLEANUP(free_p)
        char *arn = xasprintf("arn:%s:states:%s:%s:stateMachine:%s", aws_partition(c->region),
                              c->region, c->account, c->name);

        for (size_t i = 0; i < c->u.machine.tags_len; i++)
            engine_must(
                e,
                store_put_tag(e->store, arn, c->u.machine.tags[i].key, c->u.machine.tags[i].value),
                "add tag");
    }
    c->u.machine.date_ms = e->now;
    c->u.machine.revision_id[0] = '\0';
    engine_answer(e, c, ENGINE_OK);
}

/* Answers an update, after publishing what is current now if that was asked for too. */
static void finish_update(struct engine *e, struct engine_command *c, const struct machine *m)
{
    struct store_version version = {0};
    enum engine_outcome outcome = ENGINE_OK;

    if (c->u.machine.publish)
        outcome = version_publish(e, m, c->u.machine.version_description, &version);
    c->u.machine.version = version.number;
    engine_answer(e, c, outcome);
}

void command_update_machine(struct engine *e, struct engine_command *c)
{
    struct machine *m = machine_find(e, c->account, c->region, c->name);
    struct store_revision old;

    if (!m || m->status == MACHINE_DELETING) {
        engine_answer(e, c, m ? ENGINE_MACHINE_DELETING : ENGINE_NO_MACHINE);
        return;
    }
    engine_must(e, store_get_revision(e->store, &e->arena, m->revision, &old), "read revision");

    bool has_definition = c->u.machine.definition.data != NULL;
    struct store_revision next = {
        .machine = m->id,
        .creation_ms = e->now,
        .definition = has_definition ? c->u.machine.definition : old.definition,
        .role_arn = or_else(c->u.machine.role_arn, old.role_arn),
        .logging = or_else(c->u.machine.logging, old.logging),
        .tracing = or_else(c->u.machine.tracing, old.tracing),
        .encryption = or_else(c->u.machine.encryption, old.encryption),
        .variable_references =
            has_definition ? c->u.machine.variable_references : old.variable_references,
    };
    bool same = text_equal(next.definition, old.definition) &&
                strcmp(next.role_arn, old.role_arn) == 0 &&
                strcmp(next.logging, old.logging) == 0 && strcmp(next.tracing, old.tracing) == 0 &&
                strcmp(next.encryption, old.encryption) == 0;

    if (same) { /* unchanged revisionId and the old date (reference/api.md section 2) */
        c->u.machine.date_ms = old.creation_ms;
        snprintf(c->u.machine.revision_id, sizeof(c->u.machine.revision_id), "%s",
                 old.revision_id ? old.revision_id : "");
        finish_update(e, c, m);
        return;
    }
    if (c->u.machine.publish && versions_full(e, m)) {
        engine_answer(e, c, ENGINE_VERSION_LIMIT);
        return;
    }
    next.revision_id = uuid4(c->u.machine.revision_id);
    engine_write(e);
    engine_must(e, store_add_revision(e->store, &next), "add revision");
    m->revision = next.id;
    c->u.machine.date_ms = e->now;
    finish_update(e, c, m);
}

void command_delete_machine(struct engine *e, struct engine_command *c)
{
    struct machine *m = machine_find(e, c->account, c->region, c->name);

    if (m && m->status != MACHINE_DELETING) {
        engine_write(e);
        engine_must(e, store_set_machine_status(e->store, m->id, MACHINE_DELETING),
                    "delete state machine");
        m->status = MACHINE_DELETING;
        GROW(e->deleting, e->deleting_len, e->deleting_cap);
        e->deleting[e->deleting_len++] = m->id;
    }
    engine_answer(e, c, ENGINE_OK); /* also when there is none */
}

bool machines_delete_some(struct engine *e)
{
    bool more = false;

    for (size_t i = e->deleting_len; i-- > 0;) {
        struct machine *m = machine_by_id(e, e->deleting[i]);
        bool done = !m;

        if (m && m->running > 0)
            continue; /* its executions end first, at their next transition */
        if (m) {
            engine_write(e);
            drop_revisions(e, m);
            engine_must(e, store_delete_tags(e->store, m->arn), "delete tags");
            engine_must(e, store_delete_machine(e->store, m->id, 200, &done),
                        "delete state machine");
            if (done)
                machine_forget(e, m);
        }
        if (done)
            e->deleting[i] = e->deleting[--e->deleting_len];
        else
            more = true;
    }
    return more;
}
