#include "base/partition.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/actions.h"
#include "asl/asl.h"

/* An ARN of another region has not the prefix that this endpoint expects; what belongs to another account is not the
 * caller's to see (reference/api.md section 1, AccessDeniedException). */
bool action_parse_arn(struct api_call *call, const char *text, struct arn *ret_arn)
{
    struct arn arn;
    if (arn_parse(&call->arena, text, &arn) < 0 || strcmp(arn.region, call->region) != 0) {
        (void)api_fail(call, API_ERR_INVALID_ARN, "Invalid Arn: 'Invalid ARN prefix: %s'", text);
        return false;
    }
    if (strcmp(arn.account, call->account) != 0) {
        const char *operation =
            strchr(call->target, '.') + 1; /* it was dispatched, so it has one */

        (void)api_fail(
            call, API_ERR_ACCESS_DENIED,
            "User: arn:%s:iam::%s:root is not authorized to perform: states:%s on resource: "
            "%s because no identity-based policy allows the states:%s action",
            aws_partition(call->region), call->account, operation, text, operation);
        return false;
    }
    *ret_arn = arn;
    return true;
}

bool action_arn(struct api_call *call, const char *member, enum arn_kind kind, struct arn *ret_arn)
{
    const char *text = request_string(call, member);
    call->subject = text;
    struct arn arn;
    if (!action_parse_arn(call, text, &arn))
        return false;
    if (arn.kind != kind) {
        (void)action_refuse_kind(call, &arn);
        return false;
    }
    *ret_arn = arn;
    return true;
}

enum { ARN_MAY_BE_QUALIFIED = 1, ARN_MAY_BE_MOCKED = 2 };

static bool machine_arn(struct api_call *call, const char *member, unsigned flags,
                        struct arn *ret_arn)
{
    struct arn arn;
    if (!action_arn(call, member, ARN_MACHINE, &arn))
        return false;

    bool good = false;
    if (arn.label)
        (void)api_fail_reason(call, API_ERR_VALIDATION, "API_DOES_NOT_SUPPORT_LABELED_ARNS",
                              "Labeled State Machine ARNs are not supported for this API");
    else if (arn.test_case && !(flags & ARN_MAY_BE_MOCKED))
        (void)api_fail(call, API_ERR_VALIDATION,
                       "%s: a test case can be named only when an execution is started", member);
    else if (arn.qualifier && !(flags & ARN_MAY_BE_QUALIFIED))
        (void)api_fail_outcome(call, ENGINE_NO_MACHINE);
    else
        good = true;
    if (good)
        *ret_arn = arn;
    return good;
}

bool action_machine_arn(struct api_call *call, const char *member, struct arn *ret_arn)
{
    return machine_arn(call, member, 0, ret_arn);
}

bool action_qualified_arn(struct api_call *call, const char *member, struct arn *ret_arn)
{
    return machine_arn(call, member, ARN_MAY_BE_QUALIFIED, ret_arn);
}

bool action_start_arn(struct api_call *call, const char *member, struct arn *ret_arn)
{
    return machine_arn(call, member, ARN_MAY_BE_QUALIFIED | ARN_MAY_BE_MOCKED, ret_arn);
}

bool action_check_role(struct api_call *call, const char *role)
{
    if (arn_is_role(role))
        return true;
    (void)api_fail(call, API_ERR_INVALID_ARN, "Invalid Role Arn: '%s'", role);
    return false;
}

enum api_step action_refuse_kind(struct api_call *call, const struct arn *arn)
{
    return api_fail(call, API_ERR_INVALID_ARN,
                    "Invalid Arn: 'Resource type not valid in this context: %s'",
                    arn_kind_name(arn->kind));
}

bool action_find_machine(struct api_call *call, struct store *store, const struct arn *arn,
                         struct store_machine *ret_machine)
{
    int r =
        store_get_machine(store, &call->arena, arn->account, arn->region, arn->name, ret_machine);
    if (r == ERR_NOT_FOUND)
        (void)api_fail_outcome(call, ENGINE_NO_MACHINE);
    else if (r < 0)
        (void)api_fail_store(call, store, r);
    return r == 0;
}

bool action_child_arn(struct api_call *call, const char *member, struct arn *ret_arn)
{
    struct arn arn;
    if (arn_parse(&call->arena, request_string(call, member), &arn) == 0 &&
        arn.kind == ARN_EXPRESS && arn.label)
        return action_arn(call, member, ARN_EXPRESS, ret_arn);
    return action_arn(call, member, ARN_EXECUTION, ret_arn);
}

/* A child of a Map Run goes by its label, and by its label only: 0, ERR_NOT_FOUND or a failure of the
 * store. */
static int check_label(struct api_call *call, struct store *store, const struct arn *arn,
                       const struct store_execution *x)
{
    struct store_map_run run;
    if (!x->map_run)
        return arn->label ? ERR_NOT_FOUND : 0;
    if (!arn->label)
        return ERR_NOT_FOUND;
    int r = store_get_map_run_by_id(store, &call->arena, x->map_run, &run);
    if (r < 0)
        return r;
    bool same = strcmp(run.label, arn->label) == 0 && run.express == (arn->kind == ARN_EXPRESS);
    return same ? 0 : ERR_NOT_FOUND;
}

bool action_find_execution(struct api_call *call, struct store *store, const struct arn *arn,
                           struct store_machine *ret_machine, struct store_execution *ret_execution)
{
    struct store_machine machine;
    int r = store_get_machine(store, &call->arena, arn->account, arn->region, arn->name, &machine);
    if (r == 0)
        r = store_get_execution(store, &call->arena, machine.id, arn->execution, ret_execution);
    if (r == 0)
        r = check_label(call, store, arn, ret_execution);
    if (r == ERR_NOT_FOUND) {
        (void)api_fail_outcome(call, ENGINE_NO_EXECUTION);
        return false;
    }
    if (r < 0) {
        (void)api_fail_store(call, store, r);
        return false;
    }
    *ret_machine = machine;
    return true;
}

bool action_find_parent_run(struct api_call *call, struct store *store,
                            const struct store_execution *x, const struct store_map_run **ret_run)
{
    struct store_map_run *run = NULL;
    int r = 0;
    if (x->map_run) {
        run = arena_alloc(&call->arena, sizeof(*run));
        r = store_get_map_run_by_id(store, &call->arena, x->map_run, run);
    }
    if (r == 0)
        *ret_run = run;
    else if (r == ERR_NOT_FOUND) /* removed between the reads */
        (void)api_fail_outcome(call, ENGINE_NO_EXECUTION);
    else
        (void)api_fail_store(call, store, r);
    return r == 0;
}

bool action_wants_data(struct api_call *call)
{
    const char *included = request_string(call, "includedData");
    return !included || strcmp(included, "ALL_DATA") == 0;
}

bool action_compile(struct api_call *call, struct text text, const struct asl_options *options,
                    struct asl_machine **ret_machine)
{
    struct asl_diagnostics diagnostics;
    asl_diagnostics_init(&diagnostics);
    int r = asl_compile(text, options, ret_machine, &diagnostics);
    if (r < 0) {
        CLEANUP(strbuf_done) struct strbuf problems;
        strbuf_init(&problems, call->reply.max);
        asl_diagnostics_text(&diagnostics, &problems);
        (void)api_fail(call, API_ERR_INVALID_DEFINITION, "Invalid State Machine Definition: '%s'",
                       problems.data);
    }
    asl_diagnostics_done(&diagnostics);
    return r >= 0;
}

void action_prepare(struct api_call *call, enum engine_command_type type, const char *region,
                    const char *account, const char *name, void (*done)(struct engine_command *c))
{
    struct engine_command *c = &call->command;
    c->type = type;
    c->done = done;
    c->arg = call;
    c->account = account;
    c->region = region;
    c->name = name;
}

enum api_step action_post(struct api_call *call, enum engine_command_type type, const char *region,
                          const char *account, const char *name,
                          void (*done)(struct engine_command *c))
{
    action_prepare(call, type, region, account, name, done);
    engine_post(call->api->engine, &call->command);
    return API_POSTED;
}

struct api_call *action_accepted(struct engine_command *c)
{
    struct api_call *call = c->arg;
    if (c->outcome == ENGINE_OK)
        return call;
    (void)api_fail_outcome(call, c->outcome);
    api_finish(call);
    return NULL;
}

void action_done_empty(struct engine_command *c)
{
    struct api_call *call = action_accepted(c);
    if (!call)
        return;
    strbuf_adds(&call->reply, "{}");
    api_finish(call);
}

void reply_arn(struct strbuf *out, const char *member, enum arn_kind kind, const char *region,
               const char *account, const char *name, const char *execution)
{
    reply_key(out, member);
    strbuf_addc(out, '"');
    arn_write(out, kind, region, account, name, execution);
    strbuf_addc(out, '"');
}

void reply_version_arn(struct strbuf *out, const char *region, const char *account,
                       const char *machine, int64_t number)
{
    char digits[24];
    (void)snprintf(digits, sizeof(digits), "%" PRId64, number);
    reply_arn(out, "stateMachineVersionArn", ARN_MACHINE, region, account, machine, digits);
}

const char *action_arn_text(struct api_call *call, enum arn_kind kind, const char *region,
                            const char *account, const char *name, const char *execution)
{
    return arena_printf(&call->arena, "arn:%s:states:%s:%s:%s:%s%s%s", aws_partition(region),
                        region, account, arn_kind_name(kind), name, execution ? ":" : "",
                        execution ? execution : "");
}
