#include "tasks/pending.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static char *copy(struct arena *a, const char *s)
{
    return s ? arena_memdup(a, s, strlen(s)) : NULL;
}

struct pending *pending_new(struct engine *e, const struct task_request *r)
{
    struct pending *p = xmalloc(sizeof(*p));
    struct arena *a = &p->arena;

    arena_init(a);
    p->engine = e;
    p->request = (struct task_request){
        .id = r->id,
        .arn = copy(a, r->arn),
        .type = copy(a, r->type),
        .action = copy(a, r->action),
        .input = {arena_memdup(a, r->input.data, r->input.len), r->input.len},
        .account = copy(a, r->account),
        .region = copy(a, r->region),
        .execution_arn = copy(a, r->execution_arn),
        .state = copy(a, r->state),
        .token = copy(a, r->token),
        .role_arn = copy(a, r->role_arn),
        .max_bytes = r->max_bytes,
        .raw = r->raw,
        .tracing = r->tracing,
    };
    if (r->submitted.data)
        p->request.submitted =
            (struct text){arena_memdup(a, r->submitted.data, r->submitted.len), r->submitted.len};
    return p;
}

void pending_free(struct pending *p)
{
    if (!p)
        return;
    arena_done(&p->arena);
    free(p);
}

void pending_finish(struct pending *p, const struct task_result *result)
{
    engine_task_finished(p->engine, p->request.id, result);
}
