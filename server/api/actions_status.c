/* Executions as they are described and listed. */
#include <string.h>

#include "api/actions.h"
#include "api/tokens.h"

/* What DescribeExecution and ListExecutions both tell. */
static void write_execution(struct strbuf *out, const struct store_machine *m,
                            const struct store_execution *x)
{
    reply_arn(out, "executionArn", ARN_EXECUTION, m->region, m->account, m->name, x->name);
    reply_string(out, "name", x->name);
    reply_int(out, "redriveCount", x->redrive_count);
    reply_date(out, "redriveDate", x->redrive_ms);
    reply_date(out, "startDate", x->start_ms);
    reply_string(out, "stateMachineAliasArn", x->alias_arn);
    reply_arn(out, "stateMachineArn", ARN_MACHINE, m->region, m->account, m->name, NULL);
    reply_string(out, "stateMachineVersionArn", x->version_arn);
    reply_string(out, "status", execution_status_name(x->status));
    reply_date(out, "stopDate", x->stop_ms);
}

/* redriveStatus never tells that the machine is being deleted (reference/redrive.md section 2). */
static void write_redrive_status(struct api_call *call, const struct store_execution *x)
{
    enum redrive_reason reason =
        redrive_check(x, MACHINE_ACTIVE, clock_now(call->api->clock), &call->api->limits);
    reply_string(&call->reply, "redriveStatus",
                 reason == REDRIVE_OK ? "REDRIVABLE" : "NOT_REDRIVABLE");
    reply_string(&call->reply, "redriveStatusReason", redrive_reason_text(reason));
}

static void write_data(struct api_call *call, const struct store_execution *x)
{
    const char *included = request_string(call, "includedData");
    bool data = !included || strcmp(included, "ALL_DATA") == 0;
    const char *details = data ? "{\"included\":true}" : "{\"included\":false}";
    struct strbuf *out = &call->reply;
    bool failed = x->status == EXECUTION_FAILED || x->status == EXECUTION_ABORTED;
    if (data && failed) {
        reply_string(out, "cause", x->cause);
        reply_string(out, "error", x->error);
    }
    if (data)
        reply_text(out, "input", x->input.text);
    reply_raw(out, "inputDetails", details);
    if (x->status != EXECUTION_SUCCEEDED)
        return;
    if (data)
        reply_text(out, "output", x->output.text);
    reply_raw(out, "outputDetails", details);
}

enum api_step action_describe_execution(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_arn(call, "executionArn", ARN_EXECUTION, &arn))
        return API_REPLIED;
    CLEANUP(reader_release) struct reader reader = {0};
    if (!reader_acquire(call, &reader))
        return API_REPLIED;

    struct store_machine machine;
    struct store_execution execution;
    if (!action_find_execution(call, reader.store, &arn, &machine, &execution))
        return API_REPLIED;
    reply_open(&call->reply);
    write_execution(&call->reply, &machine, &execution);
    write_redrive_status(call, &execution);
    write_data(call, &execution);
    reply_string(&call->reply, "traceHeader", execution.trace_header);
    reply_close(&call->reply);
    return API_REPLIED;
}

struct execution_list {
    struct api_call *call;
    const struct store_machine *machine;
    int rows, max;
    int64_t last; /* the last id on this page */
    bool more;
};

static void add_execution(void *arg, const struct store_execution *x)
{
    struct execution_list *list = arg;
    if (list->rows == list->max) {
        list->more = true;
        return;
    }
    list->rows++;
    list->last = x->id;
    struct strbuf *out = &list->call->reply;
    reply_key(out, NULL);
    reply_open(out);
    write_execution(out, list->machine, x);
    reply_close(out);
}

/* The arguments that do not go together.  False when the call was answered with an error. */
static bool check_filters(struct api_call *call, enum execution_status *ret_status)
{
    const char *status = request_string(call, "statusFilter");
    *ret_status = 0;
    if (request_get(call, "mapRunArn")) {
        (void)api_fail_unsupported(call, "mapRunArn");
        return false;
    }
    if (!request_get(call, "stateMachineArn")) {
        (void)api_fail(call, API_ERR_VALIDATION,
                       "Either stateMachineArn or mapRunArn must be specified");
        return false;
    }
    if (request_get(call, "redriveFilter")) {
        (void)api_fail(
            call, API_ERR_CONSTRAINT,
            "RedriveFilter cannot be applied to ListExecutions call with StateMachine ARN");
        return false;
    }
    if (!status)
        return true;
    CHECK(execution_status_parse(status, ret_status));
    if (*ret_status == EXECUTION_PENDING_REDRIVE) {
        (void)api_fail(call, API_ERR_CONSTRAINT,
                       "StatusFilter PENDING_REDRIVE cannot be applied to ListExecutions call with "
                       "StateMachine ARN");
        return false;
    }
    return true;
}

enum api_step action_list_executions(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    enum execution_status status;
    if (!check_filters(call, &status) || !action_machine_arn(call, "stateMachineArn", &arn))
        return API_REPLIED;
    struct page page;
    uint64_t binding = page_token_binding("ListExecutions", call->subject,
                                          status ? execution_status_name(status) : "", NULL);
    if (!page_read(call, binding, &page))
        return API_REPLIED;
    CLEANUP(reader_release) struct reader reader = {0};
    if (!reader_acquire(call, &reader))
        return API_REPLIED;

    struct store_machine machine;
    int r =
        store_get_machine(reader.store, &call->arena, arn.account, arn.region, arn.name, &machine);
    if (r == ERR_NOT_FOUND)
        return api_fail_outcome(call, ENGINE_NO_MACHINE);
    if (r < 0)
        return api_fail_store(call, reader.store, r);
    if (machine.type == MACHINE_EXPRESS)
        return api_fail(call, API_ERR_MACHINE_TYPE,
                        "This operation is not supported by this type of state machine");

    struct execution_list list = {.call = call, .machine = &machine, .max = page.max};
    strbuf_adds(&call->reply, "{\"executions\":[");
    r = store_list_executions(reader.store, &call->arena, machine.id, status,
                              page.number ? page.number : INT64_MAX, page.max + 1, add_execution,
                              &list);
    if (r < 0)
        return api_fail_store(call, reader.store, r);
    strbuf_addc(&call->reply, ']');
    if (list.more)
        page_write_number(call, &page, list.last);
    reply_close(&call->reply);
    return API_REPLIED;
}
