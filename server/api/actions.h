/* The operations of the service: one table, one file per family.
 *
 * To add one: its row in actions.c, its request members in shapes.c, its function in the file of its
 * family. */
#pragma once

#include "api/constraints.h"
#include "api/fail.h"
#include "api/internal.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/arn.h"

struct asl_machine;
struct asl_options;

struct api_action {
    const char *name;
    const struct shape *shape; /* of its request */
    enum api_step (*run)(struct api *api, struct api_call *call);
};

/* NULL for what is no operation of the service. */
const struct api_action *action_find(const char *name);
/* The operations that are not of the service: admin.c. */
enum api_step admin_run(struct api *api, struct api_call *call, enum api_admin what);

/* ---- requests of the operations: shapes.c ---- */
#define ACTION_SHAPES(X)              \
    X(create_activity)                \
    X(create_alias)                   \
    X(create_machine)                 \
    X(delete_activity)                \
    X(delete_alias)                   \
    X(delete_machine)                 \
    X(delete_version)                 \
    X(describe_activity)              \
    X(describe_alias)                 \
    X(describe_execution)             \
    X(describe_machine)               \
    X(describe_machine_for_execution) \
    X(get_activity_task)              \
    X(get_history)                    \
    X(list_activities)                \
    X(list_aliases)                   \
    X(list_executions)                \
    X(list_machines)                  \
    X(describe_map_run)               \
    X(list_map_runs)                  \
    X(update_map_run)                 \
    X(list_tags)                      \
    X(list_versions)                  \
    X(publish_version)                \
    X(redrive_execution)              \
    X(send_task_failure)              \
    X(send_task_heartbeat)            \
    X(send_task_success)              \
    X(start_execution)                \
    X(start_sync_execution)           \
    X(stop_execution)                 \
    X(tag_resource)                   \
    X(untag_resource)                 \
    X(update_alias)                   \
    X(test_state)                     \
    X(update_machine)                 \
    X(validate_definition)
#define X(name)                             \
    extern const struct shape shape_##name; \
    enum api_step action_##name(struct api *api, struct api_call *call);
ACTION_SHAPES(X)
#undef X

/* ---- what several families need: common.c ---- */

/* Takes a text apart.  False when the call was answered with InvalidArn. */
MUST_USE bool action_parse_arn(struct api_call *call, const char *text, struct arn *ret_arn);
/* The ARN in a required member, which becomes the call's subject.  False when the call was answered
 * with InvalidArn, or because the ARN is of another kind. */
MUST_USE bool action_arn(struct api_call *call, const char *member, enum arn_kind kind,
                         struct arn *ret_arn);
/* The same for a state machine.  A version or an alias is no state machine, and a label is refused. */
MUST_USE bool action_machine_arn(struct api_call *call, const char *member, struct arn *ret_arn);
/* The same for a state machine, a version or an alias: arn_version, arn_alias. */
MUST_USE bool action_qualified_arn(struct api_call *call, const char *member, struct arn *ret_arn);

/* The same for what is to be started, which may also have a test case of a mock configuration. */
MUST_USE bool action_start_arn(struct api_call *call, const char *member, struct arn *ret_arn);

/* Reads what StartExecution and StartSyncExecution have in common into the command.  False when the call
 * was answered with an error. */
MUST_USE bool action_read_start(struct api_call *call, struct arn *ret_arn);

/* The type of a machine.  False when the call was answered with an error, such as
 * StateMachineDoesNotExist. */
MUST_USE bool action_read_type(struct api_call *call, const struct arn *arn,
                               enum machine_type *ret_type);

/* Whether a text is the ARN of a role.  False when the call was answered with InvalidArn. */
MUST_USE bool action_check_role(struct api_call *call, const char *role);

/* InvalidArn for a machine's ARN that should be a version's or an alias's, or the other way round. */
enum api_step action_refuse_kind(struct api_call *call, const struct arn *arn);

/* The machine an ARN names.  False when the call was answered with an error. */
MUST_USE bool action_find_machine(struct api_call *call, struct store *store, const struct arn *arn,
                                  struct store_machine *ret_machine);

/* The execution an ARN names, with its machine, read from the store.  False when the call was answered
 * with an error, such as ExecutionDoesNotExist. */
MUST_USE bool action_find_execution(struct api_call *call, struct store *store,
                                    const struct arn *arn, struct store_machine *ret_machine,
                                    struct store_execution *ret_execution);

/* The Map Run whose child an execution is; NULL: it is no child.  False when the call was answered with
 * an error. */
MUST_USE bool action_find_parent_run(struct api_call *call, struct store *store,
                                     const struct store_execution *x,
                                     const struct store_map_run **ret_run);

/* As action_arn, for what has a description of its own also when it is EXPRESS: a child of a Map Run. */
MUST_USE bool action_child_arn(struct api_call *call, const char *member, struct arn *ret_arn);
/* The Map Run an ARN names.  False when the call was answered with an error. */
MUST_USE bool action_find_map_run(struct api_call *call, struct store *store, const struct arn *arn,
                                  struct store_machine *ret_machine, struct store_map_run *ret_run);
/* "machine/label" */
const char *action_labelled(struct api_call *call, const struct store_machine *m,
                            const struct store_map_run *run);
/* The member mapRunArn. */
void reply_map_run_arn(struct api_call *call, const struct store_machine *m,
                       const struct store_map_run *run);

/* Whether includedData asks for more than metadata. */
bool action_wants_data(struct api_call *call);

/* Compiles a definition.  False when the call was answered with InvalidDefinition. */
MUST_USE bool action_compile(struct api_call *call, struct text text,
                             const struct asl_options *options, struct asl_machine **ret_machine);

/* Fills call->command for account, region and name. */
void action_prepare(struct api_call *call, enum engine_command_type type, const char *region,
                    const char *account, const char *name, void (*done)(struct engine_command *c));
/* The same, and posts it; the answer comes through done(). */
enum api_step action_post(struct api_call *call, enum engine_command_type type, const char *region,
                          const char *account, const char *name,
                          void (*done)(struct engine_command *c));
/* For done(): the call; or NULL after the refusal of the engine was answered. */
struct api_call *action_accepted(struct engine_command *c);
/* The done() of commands whose answer has no members. */
void action_done_empty(struct engine_command *c);

/* A member that holds ARN text. */
void reply_arn(struct strbuf *out, const char *member, enum arn_kind kind, const char *region,
               const char *account, const char *name, const char *execution);
/* The member stateMachineVersionArn. */
void reply_version_arn(struct strbuf *out, const char *region, const char *account,
                       const char *machine, int64_t number);
const char *action_arn_text(struct api_call *call, enum arn_kind kind, const char *region,
                            const char *account, const char *name, const char *execution);
