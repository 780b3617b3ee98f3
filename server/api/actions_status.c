/* Executions as they are described and listed. */
#include <string.h>

#include "api/actions.h"
#include "api/pages.h"

/* What DescribeExecution and ListExecutions both tell. */
static void write_execution(struct api_call *call, const struct store_machine *m,
                            const struct store_map_run *run /* NULL: no child */,
                            const struct store_execution *x)
{
    struct strbuf *out = &call->reply;
    const char *name = run ? action_labelled(call, m, run) : m->name;
    reply_arn(out, "executionArn", run && run->express ? ARN_EXPRESS : ARN_EXECUTION, m->region,
              m->account, name, x->name);
    if (run)
        reply_map_run_arn(call, m, run);
    reply_string(out, "name", x->name);
    reply_int(out, "redriveCount", x->redrive_count);
    reply_date(out, "redriveDate", x->redrive_ms);
    reply_date(out, "startDate", x->start_ms);
    reply_string(out, "stateMachineAliasArn", x->alias_arn);
    reply_arn(out, "stateMachineArn", ARN_MACHINE, m->region, m->account, name, NULL);
    reply_string(out, "stateMachineVersionArn", x->version_arn);
    reply_string(out, "status", execution_status_name(x->status));
    if (execution_status_is_closed(x->status))
        reply_date(out, "stopDate", x->stop_ms);
}

/* redriveStatus never tells that the machine is being deleted (reference/redrive.md section 2). */
static void write_redrive_status(struct api_call *call, const struct store_map_run *run,
                                 const struct store_execution *x)
{
    enum redrive_reason reason =
        redrive_check(x, MACHINE_ACTIVE, clock_now(call->api->clock), &call->api->limits);
    /* An EXPRESS child that did not succeed can always be started again. */
    if (run && run->express && reason != REDRIVE_RUNNING && reason != REDRIVE_SUCCEEDED)
        reason = REDRIVE_OK;
    reply_string(&call->reply, "redriveStatus",
                 reason != REDRIVE_OK ? "NOT_REDRIVABLE"
                 : run                ? "REDRIVABLE_BY_MAP_RUN"
                                      : "REDRIVABLE");
    reply_string(&call->reply, "redriveStatusReason",
                 x->status == EXECUTION_PENDING_REDRIVE
                     ? "Execution is PENDING_REDRIVE and cannot be redriven"
                     : redrive_reason_text(reason));
}

static void write_data(struct api_call *call, const struct store_execution *x)
{
    bool data = action_wants_data(call);
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
    if (!action_child_arn(call, "executionArn", &arn))
        return API_REPLIED;
    CLEANUP(reader_release) struct reader reader = {0};
    if (!reader_acquire(call, &reader))
        return API_REPLIED;

    struct store_machine machine;
    struct store_execution execution;
    const struct store_map_run *run;
    if (!action_find_execution(call, reader.store, &arn, &machine, &execution) ||
        !action_find_parent_run(call, reader.store, &execution, &run))
        return API_REPLIED;
    reply_open(&call->reply);
    write_execution(call, &machine, run, &execution);
    write_redrive_status(call, run, &execution);
    write_data(call, &execution);
    reply_string(&call->reply, "traceHeader", execution.trace_header);
    reply_close(&call->reply);
    return API_REPLIED;
}

struct execution_list {
    struct listing *list;
    const struct store_machine *machine;
    const struct store_map_run *run; /* NULL: not the children of one */
};

static void add_execution(void *arg, const struct store_execution *x)
{
    const struct execution_list *executions = arg;
    struct listing *list = executions->list;
    if (!listing_row(list, (struct list_place){.number = x->id}))
        return;
    struct strbuf *out = &list->call->reply;
    reply_open(out);
    write_execution(list->call, executions->machine, executions->run, x);
    if (executions->run)
        reply_int(out, "itemCount", x->item_count);
    reply_close(out);
}

/* ListExecutions by mapRunArn. */
static enum api_step list_children(struct api_call *call)
{
    const char *status_name = request_string(call, "statusFilter");
    const char *redriven = request_string(call, "redriveFilter");
    enum execution_status status = 0;
    enum store_redriven filter = STORE_ANY;
    struct arn arn;
    if (request_get(call, "stateMachineArn"))
        return api_fail(call, API_ERR_VALIDATION,
                        "Only one of stateMachineArn and mapRunArn can be specified");
    if (!action_arn(call, "mapRunArn", ARN_MAP_RUN, &arn))
        return API_REPLIED;
    if (status_name)
        CHECK(execution_status_parse(status_name, &status));
    if (redriven)
        filter = strcmp(redriven, "NOT_REDRIVEN") == 0 ? STORE_NOT_REDRIVEN : STORE_REDRIVEN;
    uint64_t binding =
        page_token_binding("ListExecutions", call->subject, status_name ? status_name : "",
                           redriven ? redriven : "", NULL);
    CLEANUP(listing_done) struct listing list = {0};
    if (!listing_begin(call, binding, "executions", &list))
        return API_REPLIED;

    struct store_machine machine;
    struct store_map_run run;
    if (!action_find_map_run(call, list.reader.store, &arn, &machine, &run))
        return API_REPLIED;
    struct execution_list executions = {.list = &list, .machine = &machine, .run = &run};
    int r = store_list_children(list.reader.store, &call->arena, run.id, status, filter,
                                listing_before(&list), list.max + 1, add_execution, &executions);
    return listing_finish(&list, r);
}

/* One page of what the ARN of a machine, a version or an alias started: 0, or a failure of the store. */
static int list_executions(struct execution_list *executions, const struct arn *arn,
                           enum execution_status status)
{
    const struct listing *list = executions->list;
    const struct store_machine *m = executions->machine;
    struct store *store = list->reader.store;
    struct arena *a = &list->call->arena;
    int64_t before = listing_before(list);
    if (!arn->qualifier)
        return store_list_executions(store, a, m->id, status, before, list->max + 1, add_execution,
                                     executions);
    const char *text =
        action_arn_text(list->call, ARN_MACHINE, m->region, m->account, m->name, arn->qualifier);
    return store_list_executions_started(
        store, a, arn_alias(arn) ? STARTED_BY_ALIAS : STARTED_BY_VERSION, text, status, before,
        list->max + 1, add_execution, executions);
}

/* Whether the ARN's version or alias, if it has one, exists: 0, ERR_NOT_FOUND or a failure of the
 * store. */
static int find_qualifier(struct api_call *call, struct store *store, const struct arn *arn,
                          int64_t machine)
{
    struct store_version version;
    struct store_alias alias;
    if (arn_alias(arn))
        return store_get_alias(store, &call->arena, machine, arn_alias(arn), &alias);
    if (arn_version(arn))
        return store_get_version(store, &call->arena, machine, arn_version(arn), &version);
    return 0;
}

/* The arguments that do not go together.  False when the call was answered with an error. */
static bool check_filters(struct api_call *call, enum execution_status *ret_status)
{
    const char *status = request_string(call, "statusFilter");
    *ret_status = 0;
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
    if (request_get(call, "mapRunArn"))
        return list_children(call);
    if (!check_filters(call, &status) || !action_qualified_arn(call, "stateMachineArn", &arn))
        return API_REPLIED;
    uint64_t binding = page_token_binding("ListExecutions", call->subject,
                                          status ? execution_status_name(status) : "", NULL);
    CLEANUP(listing_done) struct listing list = {0};
    if (!listing_begin(call, binding, "executions", &list))
        return API_REPLIED;

    struct store_machine machine;
    if (!action_find_machine(call, list.reader.store, &arn, &machine))
        return API_REPLIED;
    if (machine.type == MACHINE_EXPRESS)
        return api_fail(call, API_ERR_MACHINE_TYPE,
                        "This operation is not supported by this type of state machine");

    struct execution_list executions = {.list = &list, .machine = &machine};
    int r = list_executions(&executions, &arn, status);
    if (r == 0 && !list.rows) /* a version that was deleted still has its executions */
        r = find_qualifier(call, list.reader.store, &arn, machine.id);
    if (r == ERR_NOT_FOUND)
        return api_fail_outcome(call, arn_alias(&arn) ? ENGINE_NO_ALIAS : ENGINE_NO_VERSION);
    return listing_finish(&list, r);
}
