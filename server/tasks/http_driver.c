#include "tasks/http_driver.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tasks/aws_json.h"
#include "tasks/http.h"
#include "tasks/http_connection.h"
#include "tasks/pending.h"
#include "tasks/result.h"

enum http_step {
    STEP_BEGIN,
    STEP_DESCRIBE, /* the connection */
    STEP_SECRET,   /* of the connection */
    STEP_TOKEN,
    STEP_SEND,
    STEP_ENDED, /* the engine was told */
};

struct http_task {
    const struct http_driver *driver;
    struct pending *pending; /* owned */
    enum http_step step;     /* the request that is made next, or runs */
    struct http_parameters parameters;
    struct json *description; /* owned: what DescribeConnection answered */
    struct connection connection;
    struct text authorization;         /* TEXT_NONE until there is a token */
    bool token_refused;                /* once */
    struct call_request token_request; /* of a connection with OAuth */
    struct http_message message;
};

/* ---- ends ------------------------------------------------------------------------------------ */

static void finish(struct http_task *t, const struct task_result *result)
{
    t->step = STEP_ENDED;
    pending_finish(t->pending, result);
}

static void fail_connection(struct http_task *t, const char *error, const char *why)
{
    struct task_result failure;

    result_fail(&t->pending->arena, &failure, error, "The connection '%.*s': %s",
                (int)t->parameters.connection.name.len, t->parameters.connection.name.data, why);
    finish(t, &failure);
}

/* ---- from step to step ----------------------------------------------------------------------- */

/* The connection is known: a token comes next, or the request. */
static void connection_known(struct http_task *t)
{
    struct arena *a = &t->pending->arena;
    struct err err = {0};

    t->step = STEP_SEND;
    if (t->connection.auth != CONNECTION_OAUTH)
        return;
    if (oauth_request(a, &t->connection, &t->token_request, &err) < 0) {
        fail_connection(t, "Events.ConnectionResource.InvalidConnectionState", err.text);
        return;
    }
    t->authorization = oauth_tokens_get(t->driver->tokens, a, &t->token_request, clock_monotonic());
    if (!t->authorization.data)
        t->step = STEP_TOKEN;
}

/* Reads the task, and finds out where its connection is. */
static void begin(struct http_task *t)
{
    struct arena *a = &t->pending->arena;
    struct task_result failure;
    const struct connection *c;

    if (!http_parameters_read(a, &t->pending->request, &t->parameters, &failure)) {
        finish(t, &failure);
        return;
    }
    c = connections_get(t->driver->connections, t->parameters.connection.name);
    if (c) {
        t->connection = *c;
        connection_known(t);
    } else if (endpoints_get(t->driver->endpoints, "events")) {
        t->step = STEP_DESCRIBE;
    } else {
        http_connection_missing(a, &t->parameters.connection, t->driver->connections != NULL,
                                &failure);
        finish(t, &failure);
    }
}

static void read_connection(struct http_task *t, const struct json *secret)
{
    struct err err = {0};

    if (connection_read(&t->pending->arena, t->description, secret, &t->connection, &err) < 0)
        fail_connection(t, "Events.ConnectionResource.InvalidSecret", err.text);
    else
        connection_known(t);
}

static void described(struct http_task *t, const struct call_response *r)
{
    struct task_result failure;

    t->description =
        http_connection_description(&t->pending->arena, &t->parameters.connection, r, &failure);
    if (!t->description)
        finish(t, &failure);
    else if (json_is(json_gets(t->description, "SecretArn"), JSON_STRING) &&
             endpoints_get(t->driver->endpoints, "secretsmanager"))
        t->step = STEP_SECRET;
    else
        read_connection(t, NULL);
}

static void secret_read(struct http_task *t, const struct call_response *r)
{
    struct task_result failure;
    CLEANUP(json_unref_p)
    struct json *secret =
        http_connection_secret(&t->pending->arena, &t->parameters.connection, r, &failure);

    if (secret)
        read_connection(t, secret);
    else
        finish(t, &failure);
}

static void token_answered(struct http_task *t, const struct call_response *r)
{
    struct oauth_token token;
    struct err err = {0};

    if (oauth_response(&t->pending->arena, r, &token, &err) < 0) {
        fail_connection(t, "Events.ConnectionResource.InvalidConnectionState", err.text);
        return;
    }
    oauth_tokens_put(t->driver->tokens, &t->token_request, &token, clock_monotonic());
    t->authorization = token.authorization;
    t->step = STEP_SEND;
}

/* ---- the request itself ---------------------------------------------------------------------- */

/* The request as the definition alone asks for it, unless what is secret is to be seen. */
static const struct task_trace *trace(struct http_task *t, const struct call_response *r)
{
    struct pending *p = t->pending;
    struct http_access nobody = {.connection = NULL};
    struct http_message shown = t->message;
    struct task_result failure;

    if (p->request.tracing == TASK_UNTRACED)
        return NULL;
    if (p->request.tracing == TASK_TRACED &&
        !http_message_make(&p->arena, &t->parameters, p->request.region, &nobody, &shown, &failure))
        return NULL;
    return http_trace(&p->arena, &shown, r);
}

static void answered(struct http_task *t, const struct call_response *r)
{
    struct task_result result;

    if (r->end == CALL_ANSWERED && r->status == 401 && t->connection.auth == CONNECTION_OAUTH &&
        !t->token_refused) {
        t->token_refused = true;
        oauth_tokens_forget(t->driver->tokens, &t->token_request);
        t->step = STEP_TOKEN;
        return;
    }
    http_result(&t->pending->arena, t->parameters.method, r, t->driver->max_bytes, &result);
    result.trace = trace(t, r);
    finish(t, &result);
}

/* ---- on the calls' thread -------------------------------------------------------------------- */

static void prepare_send(struct http_task *t, struct call_request *ret_request)
{
    struct pending *p = t->pending;
    struct http_access access = {&t->connection, t->authorization};
    struct task_result failure;

    if (!http_message_make(&p->arena, &t->parameters, p->request.region, &access, &t->message,
                           &failure)) {
        finish(t, &failure);
        return;
    }
    http_message_call(&p->arena, &t->message, ret_request);
    ret_request->max_body = (size_t)t->driver->max_bytes;
}

static bool http_prepare(void *arg, struct call_request *ret_request)
{
    struct http_task *t = arg;
    struct arena *a = &t->pending->arena;
    const struct connection_arn *arn = &t->parameters.connection;

    if (t->step == STEP_BEGIN)
        begin(t);
    switch (t->step) {
    case STEP_DESCRIBE:
        http_connection_describe(a, endpoints_get(t->driver->endpoints, "events"), arn,
                                 ret_request);
        break;
    case STEP_SECRET:
        http_connection_ask_secret(a, endpoints_get(t->driver->endpoints, "secretsmanager"), arn,
                                   json_gets(t->description, "SecretArn"), ret_request);
        break;
    case STEP_TOKEN:
        *ret_request = t->token_request;
        break;
    case STEP_SEND:
        prepare_send(t, ret_request);
        break;
    case STEP_BEGIN:
    case STEP_ENDED:
        break;
    }
    return t->step != STEP_ENDED;
}

static void http_done(void *arg, const struct call_response *response)
{
    struct http_task *t = arg;

    switch (t->step) {
    case STEP_DESCRIBE:
        described(t, response);
        break;
    case STEP_SECRET:
        secret_read(t, response);
        break;
    case STEP_TOKEN:
        token_answered(t, response);
        break;
    default:
        answered(t, response);
        break;
    }
    if (t->step != STEP_ENDED)
        calls_again(t->driver->calls, t->pending->request.id);
}

static void http_release(void *arg)
{
    struct http_task *t = arg;

    http_parameters_done(&t->parameters);
    json_unref(t->description);
    pending_free(t->pending);
    free(t);
}

static const struct call_type http_call = {http_prepare, http_done, http_release, NULL};

/* ---- on the engine's thread ------------------------------------------------------------------ */

static bool http_driver_accepts(void *self, const char *arn, const char *type, const char *action)
{
    (void)self;
    (void)arn;
    return type && action && strcmp(type, "http") == 0 && strcmp(action, "invoke") == 0;
}

static void http_driver_start(void *self, struct engine *e, const struct task_request *request)
{
    const struct http_driver *d = self;
    struct http_task *t = xmalloc(sizeof(*t));
    int r;

    *t = (struct http_task){.driver = d, .pending = pending_new(e, request)};
    r = calls_add(d->calls, request->id, &http_call, t, 2 * request->input.len + 65536);

    if (r < 0) {
        struct task_result failure;

        result_fail(&t->pending->arena, &failure, "States.Http.Socket",
                    "Unable to execute HTTP request: %s",
                    r == ERR_LIMIT ? "too many requests wait" : "no thread could be started");
        finish(t, &failure);
        http_release(t);
    }
}

static void http_driver_cancel(void *self, uint64_t id)
{
    const struct http_driver *d = self;

    calls_cancel(d->calls, id);
}

struct task_driver http_driver_table(struct http_driver *d)
{
    return (struct task_driver){
        .name = "http",
        .self = d,
        .accepts = http_driver_accepts,
        .start = http_driver_start,
        .cancel = http_driver_cancel,
    };
}
