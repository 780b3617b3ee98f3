/* Tags of state machines and activities. */
#include <string.h>

#include "engine/internal.h"

/* The ARN under which the resource of a command has its tags; NULL when there is no such resource. */
static const char *resource_arn(struct engine *e, const struct engine_command *c)
{
    if (c->u.tag.activity) {
        const struct activity *a = activity_by_name(e, c->account, c->region, c->name);

        return a ? a->arn : NULL;
    }

    const struct machine *m = machine_find(e, c->account, c->region, c->name);

    return m ? m->arn : NULL;
}

struct count {
    const struct engine_command *c;
    int64_t tags;  /* that the resource has */
    int64_t known; /* of the command's, those that it has */
};

static void count_tag(void *arg, const char *key, const char *value)
{
    struct count *count = arg;
    const struct engine_command *c = count->c;

    (void)value;
    count->tags++;
    for (size_t i = 0; i < c->u.tag.tags_len; i++)
        if (strcmp(c->u.tag.tags[i].key, key) == 0) {
            count->known++;
            return;
        }
}

void command_tag(struct engine *e, struct engine_command *c)
{
    const char *arn = resource_arn(e, c);
    struct count count = {.c = c};

    if (!arn) {
        engine_answer(e, c, ENGINE_NO_RESOURCE);
        return;
    }
    engine_must(e, store_list_tags(e->store, &e->arena, arn, count_tag, &count), "read tags");
    if (count.tags - count.known + (int64_t)c->u.tag.tags_len > e->limits.tags) {
        engine_answer(e, c, ENGINE_TOO_MANY_TAGS);
        return;
    }
    engine_write(e);
    for (size_t i = 0; i < c->u.tag.tags_len; i++)
        engine_must(e, store_put_tag(e->store, arn, c->u.tag.tags[i].key, c->u.tag.tags[i].value),
                    "add tag");
    engine_answer(e, c, ENGINE_OK);
}

void command_untag(struct engine *e, struct engine_command *c)
{
    const char *arn = resource_arn(e, c);

    if (!arn) {
        engine_answer(e, c, ENGINE_NO_RESOURCE);
        return;
    }
    engine_write(e);
    for (size_t i = 0; i < c->u.tag.tags_len; i++) /* a key the resource does not have is ignored */
        engine_must(e, store_delete_tag(e->store, arn, c->u.tag.tags[i].key), "delete tag");
    engine_answer(e, c, ENGINE_OK);
}
