/* TestState. */
#include <inttypes.h>

#include "api/test_request.h"

static const char *const statuses[] = {
    [TEST_SUCCEEDED] = "SUCCEEDED",
    [TEST_FAILED] = "FAILED",
    [TEST_RETRIABLE] = "RETRIABLE",
    [TEST_CAUGHT_ERROR] = "CAUGHT_ERROR",
};

static const char *const notes[TEST_NOTES] = {
    [TEST_INPUT] = "input",
    [TEST_AFTER_INPUT_PATH] = "afterInputPath",
    [TEST_AFTER_PARAMETERS] = "afterParameters",
    [TEST_AFTER_ARGUMENTS] = "afterArguments",
    [TEST_AFTER_ITEMS_PATH] = "afterItemsPath",
    [TEST_AFTER_ITEMS_POINTER] = "afterItemsPointer",
    [TEST_AFTER_ITEM_SELECTOR] = "afterItemSelector",
    [TEST_AFTER_ITEM_BATCHER] = "afterItemBatcher",
    [TEST_RESULT] = "result",
    [TEST_AFTER_RESULT_SELECTOR] = "afterResultSelector",
    [TEST_AFTER_RESULT_PATH] = "afterResultPath",
    [TEST_VARIABLES] = "variables",
};

static void write_number(struct strbuf *out, const char *name, int64_t value)
{
    if (value >= 0)
        reply_int(out, name, value);
}

static void write_text(struct strbuf *out, const char *name, struct text value)
{
    if (value.data)
        reply_text(out, name, value);
}

static void write_message(struct strbuf *out, const char *name, const struct task_message_trace *m)
{
    if (!m->protocol.data)
        return;
    reply_key(out, name);
    reply_open(out);
    write_text(out, "body", m->body);
    write_text(out, "headers", m->headers);
    write_text(out, "method", m->method);
    write_text(out, "protocol", m->protocol);
    write_text(out, "statusCode", m->status_code);
    write_text(out, "statusMessage", m->status_message);
    write_text(out, "url", m->url);
    reply_close(out);
}

static void write_inspection(struct strbuf *out, const struct test_state *t)
{
    reply_key(out, "inspectionData");
    reply_open(out);
    for (size_t i = 0; i < TEST_NOTES; i++)
        if (t->notes[i].data)
            reply_text(out, notes[i], t->notes[i]);
    if (t->trace) {
        write_message(out, "request", &t->trace->request);
        write_message(out, "response", &t->trace->response);
    }
    write_number(out, "maxConcurrency", t->max_concurrency);
    write_number(out, "toleratedFailureCount", t->tolerated_count);
    if (t->tolerated_percentage >= 0) {
        CLEANUP(json_unref_p) struct json *percentage = json_real(t->tolerated_percentage);

        reply_key(out, "toleratedFailurePercentage");
        json_print(percentage, out);
    }
    if (t->catch_index >= 0 || t->retry_index >= 0) {
        reply_key(out, "errorDetails");
        reply_open(out);
        write_number(out, "catchIndex", t->catch_index);
        write_number(out, "retryBackoffIntervalSeconds", t->backoff_seconds);
        write_number(out, "retryIndex", t->retry_index);
        reply_close(out);
    }
    reply_close(out);
}

static void write_answer(struct strbuf *out, const struct test_state *t, bool inspects)
{
    reply_open(out);
    reply_string(out, "cause", t->cause);
    reply_string(out, "error", t->error);
    if (inspects)
        write_inspection(out, t);
    reply_string(out, "nextState", t->next_state);
    if (t->output.data)
        reply_text(out, "output", t->output);
    reply_string(out, "status", statuses[t->status]);
    reply_close(out);
}

static void tested(struct engine_command *c)
{
    struct test_state *t = c->u.test;
    /* A copy: the arena it lives in is the next request's as soon as this one is finished. */
    struct test_request r =
        *(struct test_request *)((char *)t - offsetof(struct test_request, test));
    struct api_call *call = action_accepted(c);

    if (call) {
        if (t->refusal)
            (void)api_fail(call, API_ERR_VALIDATION, "%s", t->refusal);
        else
            write_answer(&call->reply, t, r.inspects);
        api_finish(call);
    }
    test_request_done(&r);
}

enum api_step action_test_state(struct api *api, struct api_call *call)
{
    struct test_request *r = arena_alloc(&call->arena, sizeof(*r));

    (void)api;
    if (!test_request_read(call, r))
        return API_REPLIED;
    call->command.u.test = &r->test;
    return action_post(call, ENGINE_TEST_STATE, call->region, call->account, NULL, tested);
}
