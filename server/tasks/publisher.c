#include "tasks/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tasks/aws_json.h"
#include "tasks/log_delivery.h"
#include "tasks/log_group.h"
#include "tasks/status_delivery.h"
#include "json/json.h"

enum { ASKED_AT_ONCE = 8, ASK_SECONDS = 5, MAX_ANSWER = 1024 * 1024 };

struct publisher {
    const char *logs_endpoint;      /* borrowed; NULL: none */
    struct delivery *logs, *status; /* owned; NULL: not delivered */
    struct calls *asking;           /* owned */
    _Atomic uint64_t asked;
};

/* ---- whether a log group exists -------------------------------------------------------------- */

struct question {
    const struct publisher *publisher;
    struct arena arena;
    struct log_group group; /* into arena */
    bool missing;
    void (*answer)(void *arg, bool missing);
    void *arg;
};

static bool ask_prepare(void *arg, struct call_request *ret_request)
{
    struct question *q = arg;
    struct arena *a = &q->arena;
    CLEANUP(strbuf_done) struct strbuf body;

    strbuf_init(&body, 64 * 1024);
    strbuf_adds(&body, "{\"logGroupNamePrefix\":");
    strbuf_add_json(&body, q->group.name.data, q->group.name.len);
    strbuf_addc(&body, '}');

    struct aws_json_call call = {
        .service = "logs",
        .target = "Logs_20140328.DescribeLogGroups",
        .version = "1.1",
        .account = arena_memdup(a, q->group.account.data, q->group.account.len),
        .region = arena_memdup(a, q->group.region.data, q->group.region.len),
        .body = {arena_memdup(a, body.data, body.len), body.len},
    };

    aws_json_request(a, q->publisher->logs_endpoint, &call, ret_request);
    ret_request->max_body = MAX_ANSWER;
    ret_request->answer_seconds = ASK_SECONDS;
    return true;
}

/* The group itself comes before all others whose names it begins: it is on the first page, or nowhere. */
static void ask_done(void *arg, const struct call_response *response)
{
    struct question *q = arg;
    CLEANUP(json_unref_p)
    struct json *body =
        json_parse(response->body.data, response->body.len, JSON_PARSE_DEFAULT, NULL);
    const struct json *groups = json_is(body, JSON_OBJECT) ? json_gets(body, "logGroups") : NULL;

    if (response->end != CALL_ANSWERED || response->status != 200 || !json_is(groups, JSON_ARRAY)) {
        log_info("tasks", "a log group could not be looked up group=%.*s status=%d",
                 (int)q->group.name.len, q->group.name.data, response->status);
        return;
    }
    q->missing = true;
    for (size_t i = 0; i < json_len(groups); i++) {
        const struct json *group = json_at(groups, i);
        const struct json *name =
            json_is(group, JSON_OBJECT) ? json_gets(group, "logGroupName") : NULL;
        size_t len;

        if (!json_is(name, JSON_STRING))
            continue;

        const char *text = json_str(name, &len);

        if (len == q->group.name.len && memcmp(text, q->group.name.data, len) == 0)
            q->missing = false;
    }
}

static void question_free(struct question *q)
{
    arena_done(&q->arena);
    free(q);
}

static void ask_release(void *arg)
{
    struct question *q = arg;

    q->answer(q->arg, q->missing);
    question_free(q);
}

static bool ask(void *self, const char *group_arn, void (*answer)(void *arg, bool missing),
                void *arg)
{
    static const struct call_type type = {ask_prepare, ask_done, ask_release, NULL};
    struct publisher *p = self;
    struct question *q;
    size_t len = strlen(group_arn);

    if (!p->logs_endpoint)
        return false;
    q = xcalloc(1, sizeof(*q));
    *q = (struct question){.publisher = p, .answer = answer, .arg = arg};
    arena_init(&q->arena);
    if (log_group_parse(arena_memdup(&q->arena, group_arn, len), &q->group) &&
        calls_add(p->asking, ++p->asked, &type, q, len) == 0)
        return true;
    question_free(q);
    return false;
}

struct log_groups publisher_log_groups(struct publisher *p)
{
    return (struct log_groups){.self = p, .ask = ask};
}

/* ---- events ---------------------------------------------------------------------------------- */

static void take_log(void *self, const struct log_line *line)
{
    struct publisher *p = self;

    if (line->group_arn)
        delivery_add(p->logs, line->group_arn, line->machine, line->text);
}

static void take_status(void *self, const struct status_change *change)
{
    struct publisher *p = self;

    status_delivery_add(p->status, change);
}

static void flush(void *self)
{
    struct publisher *p = self;

    if (p->logs)
        delivery_flush(p->logs);
    if (p->status)
        delivery_flush(p->status);
}

struct event_sink publisher_sink(struct publisher *p)
{
    return (struct event_sink){
        .self = p,
        .log = p->logs ? take_log : NULL,
        .status = p->status ? take_status : NULL,
        .flush = flush,
    };
}

/* ---- life ------------------------------------------------------------------------------------ */

int publisher_new(struct endpoints *endpoints, bool status, struct publisher **ret_publisher,
                  struct err *err)
{
    const char *events = status ? endpoints_get(endpoints, "events") : NULL;
    struct publisher *p;

    if (status && !events) {
        CLEANUP(free_p) char *variables = endpoints_variables("events");

        return err_set(err, ERR_INVALID,
                       "status events can go to EventBridge only with an endpoint for events: %s",
                       variables);
    }
    p = xcalloc(1, sizeof(*p));
    p->logs_endpoint = endpoints_get(endpoints, "logs");
    if (p->logs_endpoint)
        p->logs = delivery_new(&log_delivery, p->logs_endpoint, 0);
    if (events)
        p->status = delivery_new(&status_delivery, events, 0);
    p->asking = calls_new(ASKED_AT_ONCE);
    *ret_publisher = p;
    return 0;
}

void publisher_stop_asking(struct publisher *p)
{
    if (!p)
        return;
    calls_free(p->asking);
    p->asking = NULL;
}

void publisher_free(struct publisher *p)
{
    if (!p)
        return;
    calls_free(p->asking);
    delivery_stop(p->status); /* both have the same second */
    delivery_free(p->logs);
    delivery_free(p->status);
    free(p);
}
