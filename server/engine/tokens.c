/* Task tokens: which attempt of which task, sealed with the store's secret.  Nothing about a token is stored;
 * whether its task is still open is read off the branch (reference/api.md, SendTaskSuccess).
 *
 * Bytes: version 1, execution 8, branch 4, scheduled event 4, seal 16; base64url. */
#include <openssl/evp.h>
#include <string.h>

#include "base/base64.h"
#include "engine/internal.h"

enum { TOKEN_BODY = 17, TOKEN_SEAL = 16, TOKEN_VERSION = 1 };

/* The seal covers account and region, so that a token of another region is not a token here. */
static void seal(const struct engine *e, const unsigned char *body, const char *account,
                 const char *region, unsigned char out[TOKEN_SEAL])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    struct strbuf sb;

    strbuf_init(&sb, 4096);
    strbuf_add(&sb, e->secret, sizeof(e->secret));
    strbuf_add(&sb, body, TOKEN_BODY);
    strbuf_adds(&sb, account);
    strbuf_addc(&sb, '\0');
    strbuf_adds(&sb, region);
    CHECK(EVP_Digest(sb.data, sb.len, digest, &len, EVP_sha256(), NULL) == 1);
    strbuf_done(&sb);
    memcpy(out, digest, TOKEN_SEAL);
}

static void put(unsigned char *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> (8 * (bytes - 1 - i)));
}

static uint64_t get(const unsigned char *at, int bytes)
{
    uint64_t value = 0;

    for (int i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

void token_make(struct branch *b, char token[TOKEN_SIZE])
{
    const struct machine *m = b->execution->revision->machine;
    unsigned char bytes[TOKEN_BODY + TOKEN_SEAL];
    struct strbuf sb;

    bytes[0] = TOKEN_VERSION;
    put(bytes + 1, (uint64_t)b->execution->id, 8);
    put(bytes + 9, b->number, 4);
    put(bytes + 13, (uint64_t)b->scheduled_event, 4);
    seal(b->execution->engine, bytes, m->account, m->region, bytes + TOKEN_BODY);
    strbuf_init(&sb, TOKEN_SIZE);
    base64_encode(bytes, sizeof(bytes), true, &sb);
    CHECK(!sb.overflow && sb.len < TOKEN_SIZE);
    memcpy(token, sb.data, sb.len + 1);
    strbuf_done(&sb);
}

struct token {
    int64_t execution, scheduled_event;
    uint32_t branch;
};

static bool token_read(const struct engine *e, const struct engine_command *c,
                       struct token *ret_token)
{
    unsigned char expected[TOKEN_SEAL];
    struct strbuf sb;
    bool good = false;

    strbuf_init(&sb, LIMIT_TOKEN_CHARS);
    if (base64_decode(c->u.task.token, strlen(c->u.task.token), true, &sb) == 0 &&
        sb.len == TOKEN_BODY + TOKEN_SEAL && sb.data[0] == TOKEN_VERSION) {
        const unsigned char *bytes = (const unsigned char *)sb.data;

        seal(e, bytes, c->account, c->region, expected);
        good = memcmp(expected, bytes + TOKEN_BODY, TOKEN_SEAL) == 0;
        *ret_token = (struct token){
            .execution = (int64_t)get(bytes + 1, 8),
            .branch = (uint32_t)get(bytes + 9, 4),
            .scheduled_event = (int64_t)get(bytes + 13, 4),
        };
    }
    strbuf_done(&sb);
    return good;
}

static struct branch *find_branch(struct branch *b, uint32_t number)
{
    if (b->number == number)
        return b;
    for (size_t i = 0; b->children && i < b->children_len; i++) {
        struct branch *found = b->children[i] ? find_branch(b->children[i], number) : NULL;

        if (found)
            return found;
    }
    return NULL;
}

/* The branch whose open attempt the token names. */
static struct branch *open_branch(struct engine *e, const struct token *t)
{
    struct execution *x = execution_in_memory(e, t->execution);
    struct branch *b = x && x->status == EXECUTION_RUNNING ? find_branch(x->root, t->branch) : NULL;

    if (!b || b->status != BRANCH_ACTIVE || b->scheduled_event != t->scheduled_event)
        return NULL;
    return b->phase == PHASE_TASK_RUNNING || b->phase == PHASE_TASK_CALLBACK ? b : NULL;
}

static void keep_resource(void *arg, const struct store_event *ev)
{
    CLEANUP(free_p) char *text = xasprintf("{%.*s}", (int)ev->details.len, ev->details.data);
    CLEANUP(json_unref_p) struct json *details = json_parse(text, strlen(text), 0, NULL);
    const struct json *resource =
        json_is(details, JSON_OBJECT) ? json_gets(details, "resource") : NULL;
    char **out = arg;

    if (json_is(resource, JSON_STRING))
        *out = xstrdup(json_str(resource, NULL));
}

static void answer_closed(struct engine *e, struct engine_command *c, const struct token *t)
{
    c->u.task.resource = NULL;
    if (t->execution >= EXPRESS_FIRST_ID) { /* nothing of it was stored */
        engine_answer(e, c, ENGINE_BAD_TOKEN);
        return;
    }
    engine_must(e,
                store_read_events(e->store, t->execution, t->scheduled_event, 1, false, false,
                                  keep_resource, &c->u.task.resource),
                "read event");
    engine_answer(e, c, c->u.task.resource ? ENGINE_TASK_CLOSED : ENGINE_BAD_TOKEN);
}

void command_task(struct engine *e, struct engine_command *c)
{
    CLEANUP(asl_error_done) struct asl_error err = {0};
    struct token t;
    struct branch *b;

    if (!token_read(e, c, &t)) {
        engine_answer(e, c, ENGINE_BAD_TOKEN);
        return;
    }
    b = open_branch(e, &t);
    if (!b) {
        answer_closed(e, c, &t);
        return;
    }
    engine_answer(e, c, ENGINE_OK);
    switch (c->type) {
    case ENGINE_TASK_SUCCESS:
        /* An early answer to a callback counts as the callback's, not as the request's reply. */
        if (b->task_id)
            tasks_cancel(b);
        if (b->state->u.task.resource.pattern == ASL_CALLBACK)
            b->phase = PHASE_TASK_CALLBACK;
        task_succeeded(b, c->u.task.output);
        return;
    case ENGINE_TASK_FAILURE:
        err.name = c->u.task.error ? xstrdup(c->u.task.error) : NULL;
        err.cause = c->u.task.cause ? xstrdup(c->u.task.cause) : NULL;
        task_failed(b, &err);
        return;
    case ENGINE_TASK_CHECK:
        return;
    default: /* a heartbeat: no event, the time starts over */
        if (b->heartbeat_seconds > 0) {
            b->heartbeat_at_ms = e->now + b->heartbeat_seconds * 1000;
            task_set_timer(b);
        }
        return;
    }
}
