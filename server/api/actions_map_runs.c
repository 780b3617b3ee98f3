/* Map Runs: described, listed, updated; and their children, listed. */
#include <cjson/cJSON.h>
#include <string.h>

#include "api/actions.h"
#include "api/pages.h"
#include "json/json.h"

bool action_find_map_run(struct api_call *call, struct store *store, const struct arn *arn,
                         struct store_machine *ret_machine, struct store_map_run *ret_run)
{
    int r =
        store_get_machine(store, &call->arena, arn->account, arn->region, arn->name, ret_machine);
    if (r == 0)
        r = store_get_map_run(store, &call->arena, ret_machine->id, arn->execution, ret_run);
    if (r == 0 && strcmp(ret_run->label, arn->label) != 0)
        r = ERR_NOT_FOUND;
    if (r == ERR_NOT_FOUND)
        (void)api_fail_outcome(call, ENGINE_NO_MAP_RUN);
    else if (r < 0)
        (void)api_fail_store(call, store, r);
    return r == 0;
}

const char *action_labelled(struct api_call *call, const struct store_machine *m,
                            const struct store_map_run *run)
{
    return arena_printf(&call->arena, "%s/%s", m->name, run->label);
}

void reply_map_run_arn(struct api_call *call, const struct store_machine *m,
                       const struct store_map_run *run)
{
    reply_arn(&call->reply, "mapRunArn", ARN_MAP_RUN, m->region, m->account,
              action_labelled(call, m, run), run->uuid);
}

/* ---- DescribeMapRun ---- */

static void write_counts(struct strbuf *out, const char *member, const struct store_map_counts *c)
{
    const struct {
        const char *name;
        int64_t value;
    } counts[] = {
        {"aborted", c->aborted},
        {"failed", c->failed},
        {"failuresNotRedrivable", c->not_redrivable},
        {"pending", c->total - c->started},
        {"pendingRedrive", c->pending_redrive},
        {"resultsWritten", c->written},
        {"running", c->running},
        {"succeeded", c->succeeded},
        {"timedOut", c->timed_out},
        {"total", c->total},
    };
    reply_key(out, member);
    reply_open(out);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        reply_int(out, counts[i].name, MAX(counts[i].value, 0));
    reply_close(out);
}

/* A number with a point, as floats are written. */
static void write_percentage(struct strbuf *out, double value)
{
    struct json *number = json_real(value);
    reply_key(out, "toleratedFailurePercentage");
    json_print(number, out);
    json_unref(number);
}

/* The ARN of an execution, which may be a child itself. */
static bool write_execution_arn(struct api_call *call, struct store *store,
                                const struct store_machine *m, int64_t execution)
{
    struct store_execution x;
    struct store_map_run run;
    int r = store_get_execution_by_id(store, &call->arena, execution, &x);
    if (r == 0 && x.map_run)
        r = store_get_map_run_by_id(store, &call->arena, x.map_run, &run);
    if (r == ERR_NOT_FOUND) { /* removed between the reads */
        (void)api_fail_outcome(call, ENGINE_NO_MAP_RUN);
        return false;
    }
    if (r < 0) {
        (void)api_fail_store(call, store, r);
        return false;
    }
    reply_arn(&call->reply, "executionArn", ARN_EXECUTION, m->region, m->account,
              x.map_run ? action_labelled(call, m, &run) : m->name, x.name);
    return true;
}

enum api_step action_describe_map_run(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_arn(call, "mapRunArn", ARN_MAP_RUN, &arn))
        return API_REPLIED;
    CLEANUP(reader_release) struct reader reader = {0};
    if (!reader_acquire(call, &reader))
        return API_REPLIED;

    struct store_machine m;
    struct store_map_run run;
    if (!action_find_map_run(call, reader.store, &arn, &m, &run))
        return API_REPLIED;
    struct strbuf *out = &call->reply;
    reply_open(out);
    if (!write_execution_arn(call, reader.store, &m, run.execution))
        return API_REPLIED;
    write_counts(out, "executionCounts", &run.executions);
    write_counts(out, "itemCounts", &run.items);
    reply_map_run_arn(call, &m, &run);
    reply_int(out, "maxConcurrency", run.max_concurrency);
    reply_int(out, "redriveCount", run.redrive_count);
    reply_date(out, "redriveDate", run.redrive_ms);
    reply_date(out, "startDate", run.start_ms);
    reply_string(out, "status", execution_status_name(run.status));
    reply_date(out, "stopDate", run.stop_ms);
    reply_int(out, "toleratedFailureCount", run.tolerated_count);
    write_percentage(out, run.tolerated_percentage);
    reply_close(out);
    return API_REPLIED;
}

/* ---- ListMapRuns ---- */

struct map_run_list {
    struct listing *list;
    const struct store_machine *machine;
};

static void add_map_run(void *arg, const struct store_map_run *run)
{
    const struct map_run_list *runs = arg;
    struct listing *list = runs->list;
    if (!listing_row(list, (struct list_place){.number = run->id}))
        return;
    const struct store_machine *m = runs->machine;
    struct strbuf *out = &list->call->reply;
    reply_open(out);
    reply_string(out, "executionArn", list->call->subject);
    reply_map_run_arn(list->call, m, run);
    reply_date(out, "startDate", run->start_ms);
    reply_arn(out, "stateMachineArn", ARN_MACHINE, m->region, m->account,
              action_labelled(list->call, m, run), NULL);
    reply_date(out, "stopDate", run->stop_ms);
    reply_close(out);
}

enum api_step action_list_map_runs(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_arn(call, "executionArn", ARN_EXECUTION, &arn))
        return API_REPLIED;
    uint64_t binding = page_token_binding("ListMapRuns", call->subject, NULL);
    CLEANUP(listing_done) struct listing list = {0};
    if (!listing_begin(call, binding, "mapRuns", &list))
        return API_REPLIED;

    struct store_machine machine;
    struct store_execution execution;
    if (!action_find_execution(call, list.reader.store, &arn, &machine, &execution))
        return API_REPLIED;
    struct map_run_list runs = {.list = &list, .machine = &machine};
    int r = store_list_map_runs(list.reader.store, &call->arena, execution.id,
                                listing_before(&list), list.max + 1, add_map_run, &runs);
    return listing_finish(&list, r);
}

/* ---- UpdateMapRun ---- */

static void updated(struct engine_command *c)
{
    struct api_call *call = c->arg;
    if (c->outcome == ENGINE_MAP_RUN_CLOSED) {
        (void)api_fail_reason(call, API_ERR_VALIDATION, "CANNOT_UPDATE_COMPLETED_MAP_RUN",
                              "Map Run '%s' has completed and cannot be updated", call->subject);
        api_finish(call);
        return;
    }
    action_done_empty(c);
}

enum api_step action_update_map_run(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_arn(call, "mapRunArn", ARN_MAP_RUN, &arn))
        return API_REPLIED;
    const cJSON *percentage = request_get(call, "toleratedFailurePercentage");
    if (!percentage && !request_get(call, "maxConcurrency") &&
        !request_get(call, "toleratedFailureCount"))
        return api_fail_reason(call, API_ERR_VALIDATION, "MISSING_REQUIRED_PARAMETER",
                               "At least one of maxConcurrency, toleratedFailurePercentage and "
                               "toleratedFailureCount must be specified");
    struct engine_command *c = &call->command;
    c->u.map_run.label = arn.label;
    c->u.map_run.uuid = arn.execution;
    c->u.map_run.max_concurrency = request_int(call, "maxConcurrency", -1);
    c->u.map_run.tolerated_count = request_int(call, "toleratedFailureCount", -1);
    c->u.map_run.tolerated_percentage = percentage ? percentage->valuedouble : -1;
    return action_post(call, ENGINE_UPDATE_MAP_RUN, arn.region, arn.account, arn.name, updated);
}
