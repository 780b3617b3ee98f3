/* The Amazon States Language: a definition compiled once into an immutable tree, with every
 * diagnostic collected (reference/asl.md sections 1, 2, 8 to 12), and the evaluation of its
 * expressions.
 *
 * A compiled machine and the values it holds belong to one thread at a time. */
#pragma once

#include "asl/error.h"
#include "base/arena.h"
#include "intrinsics/intrinsics.h"
#include "jsonpath/jsonpath.h"
#include "json/json.h"

/* ---- diagnostics ---- */

enum asl_severity { ASL_ERROR, ASL_WARNING };

struct asl_diagnostic {
    enum asl_severity severity;
    const char *code;     /* "SCHEMA_VALIDATION_FAILED" (static) */
    const char *message;  /* in the arena */
    const char *location; /* "/States/X/Next"; NULL: none */
};

struct asl_diagnostics {
    struct arena arena;
    struct asl_diagnostic *items;
    size_t len, cap;
    size_t errors;     /* how many there were with severity ERROR, collected or not */
    size_t dropped[2]; /* by severity: not collected, as there were too many or too much text */
};

void asl_diagnostics_init(struct asl_diagnostics *d);
void asl_diagnostics_done(struct asl_diagnostics *d);
/* "CODE: message at location, CODE: message" of all errors: the text of InvalidDefinition
 * between its quotes (reference/api.md section 1). */
void asl_diagnostics_text(const struct asl_diagnostics *d, struct strbuf *out);

/* ---- the tree ---- */

enum asl_language { ASL_JSONPATH, ASL_JSONATA };
enum asl_machine_type { ASL_STANDARD, ASL_EXPRESS };

enum asl_state_type {
    ASL_TASK,
    ASL_WAIT,
    ASL_PASS,
    ASL_SUCCEED,
    ASL_FAIL,
    ASL_CHOICE,
    ASL_PARALLEL,
    ASL_MAP,
};
#define ASL_STATE_TYPES 8
/* "Task", "Wait", ... */
const char *asl_state_type_name(enum asl_state_type type);

/* An expression or payload template: a tree whose leaves are evaluated. */
enum asl_expr_kind {
    ASL_EXPR_LITERAL,   /* a constant, any JSON */
    ASL_EXPR_PATH,      /* a JSONPath */
    ASL_EXPR_INTRINSIC, /* States.Xxx(...) */
    ASL_EXPR_JSONATA,   /* {% ... %} */
    ASL_EXPR_OBJECT,    /* members, some of which are not constant */
    ASL_EXPR_ARRAY,
};

struct asl_expr {
    enum asl_expr_kind kind;
    struct json *literal;       /* LITERAL */
    struct jsonpath *path;      /* PATH */
    struct intrinsic *call;     /* INTRINSIC */
    struct jsonata *jsonata;    /* JSONATA */
    const char *source;         /* JSONATA: its text, trimmed, as messages show it */
    const char *field;          /* as messages name it: "value.$", "Output/result", "SecondsPath" */
    struct json **keys;         /* OBJECT: names without ".$" */
    struct asl_expr **children; /* OBJECT, ARRAY */
    size_t len;
};

/* InputPath, OutputPath, ResultPath: absent (path NULL: "$"), null, or a path. */
struct asl_path {
    bool is_null;
    struct jsonpath *path;
};

struct asl_retrier {
    const char **errors;
    size_t errors_len;
    int64_t interval_seconds;  /* default 1 */
    int64_t max_attempts;      /* default 3; 0: never */
    double backoff_rate;       /* default 2.0 */
    int64_t max_delay_seconds; /* 0: none */
    bool jitter_full;
};

struct asl_catcher {
    const char **errors;
    size_t errors_len;
    struct asl_state *next;
    struct asl_path result_path; /* JSONPath */
    struct asl_expr *output;     /* JSONata; NULL: the error output */
    struct asl_expr *assign;     /* OBJECT of variables; NULL: none */
};

/* A Choice rule of JSONPath mode: a comparison or And, Or, Not of such. */
enum asl_condition_kind { ASL_AND, ASL_OR, ASL_NOT, ASL_COMPARE };
enum asl_compare {
    ASL_EQUALS,
    ASL_LESS,
    ASL_GREATER,
    ASL_LESS_EQUALS,
    ASL_GREATER_EQUALS,
    ASL_MATCHES,
    ASL_IS_NULL,
    ASL_IS_PRESENT,
    ASL_IS_NUMERIC,
    ASL_IS_STRING,
    ASL_IS_BOOLEAN,
    ASL_IS_TIMESTAMP,
};
enum asl_operand { ASL_OF_STRING, ASL_OF_NUMBER, ASL_OF_BOOLEAN, ASL_OF_TIMESTAMP, ASL_OF_ANY };

struct asl_condition {
    enum asl_condition_kind kind;
    struct asl_condition **children; /* AND, OR, NOT */
    size_t len;
    enum asl_compare compare; /* COMPARE */
    enum asl_operand operand;
    struct jsonpath *variable;
    struct json *value;          /* the constant, or NULL when value_path is set */
    struct jsonpath *value_path; /* ...Path operators */
};

struct asl_rule {
    struct asl_condition *condition; /* JSONPath */
    struct asl_expr *expression;     /* JSONata */
    struct asl_state *next;
    struct asl_expr *assign, *output;
};

enum asl_resource_kind {
    ASL_RESOURCE_LAMBDA,      /* a function ARN */
    ASL_RESOURCE_ACTIVITY,    /* an activity ARN */
    ASL_RESOURCE_INTEGRATION, /* arn:aws:states:::service:action[.pattern] */
};
enum asl_pattern { ASL_REQUEST_RESPONSE, ASL_SYNC, ASL_SYNC2, ASL_CALLBACK };

struct asl_resource {
    enum asl_resource_kind kind;
    enum asl_pattern pattern;
    const char *arn;  /* as written */
    const char *type; /* INTEGRATION: resourceType of events, "lambda", "aws-sdk:sqs" */
    const char
        *resource; /* INTEGRATION: resource of events, "invoke", "sendMessage.waitForTaskToken" */
    const char *action; /* INTEGRATION: resource without the pattern, "sendMessage" */
};

/* A `States` object: the whole machine, a branch of a Parallel, the processor of a Map. */
struct asl_scope {
    struct asl_state *start;
    struct asl_state *parent; /* the Parallel or Map it belongs to; NULL: the machine itself */
    size_t index;             /* which branch of the Parallel */
    int depth;                /* 0: the machine itself */
};

struct asl_state {
    const char *name;
    size_t index; /* in asl_machine.states */
    enum asl_state_type type;
    enum asl_language language;
    struct asl_scope *scope;
    struct asl_state *next; /* NULL: the end, or the type has none */

    /* data flow, reference/asl.md section 3 (JSONPath) and 6 (JSONata) */
    struct asl_path input_path, output_path, result_path;
    struct asl_expr *parameters; /* Parameters (not a Map's), Arguments */
    struct asl_expr *result_selector;
    struct asl_expr *assign;
    struct asl_expr *output; /* JSONata */

    struct asl_retrier *retriers;
    size_t retriers_len;
    struct asl_catcher *catchers;
    size_t catchers_len;

    union {
        struct {
            struct json *result; /* NULL: none (also for Result: null) */
        } pass;
        struct {
            struct asl_resource resource;
            struct asl_expr *timeout,
                *heartbeat;               /* seconds: LITERAL, PATH or JSONATA; NULL: none */
            struct asl_expr *credentials; /* object with RoleArn; NULL: none */
        } task;
        struct {
            struct asl_rule *rules;
            size_t rules_len;
            struct asl_state *otherwise; /* Default; NULL: none */
        } choice;
        struct {
            struct asl_expr *seconds, *timestamp; /* exactly one; LITERAL, PATH or JSONATA */
        } wait;
        struct {
            struct asl_expr *error, *cause; /* LITERAL, PATH, INTRINSIC or JSONATA; NULL: none */
        } fail;
        struct {
            struct asl_scope **branches;
            size_t branches_len;
        } parallel;
        struct {
            struct asl_scope *processor;
            struct asl_expr
                *items; /* ItemsPath (PATH) or Items (any kind); NULL: the input itself */
            struct asl_expr *item_selector;
            struct asl_expr *max_concurrency;    /* LITERAL, PATH or JSONATA; NULL: 0, no limit */
            struct asl_distributed *distributed; /* NULL: inline */
        } map;
    } u;
};

/* The fields of a Map in DISTRIBUTED mode (reference/asl.md section 9).  "Literal or expression"
 * is an asl_expr as in asl_state: LITERAL, PATH or JSONATA; NULL: not given. */
enum asl_input_type { ASL_INPUT_NONE, ASL_CSV, ASL_JSON, ASL_JSONL, ASL_PARQUET, ASL_MANIFEST };
enum asl_manifest_type { ASL_MANIFEST_NONE, ASL_ATHENA_DATA, ASL_S3_INVENTORY };
enum asl_csv_header { ASL_CSV_HEADER_NONE, ASL_FIRST_ROW, ASL_GIVEN };
enum asl_csv_delimiter { ASL_COMMA, ASL_PIPE, ASL_SEMICOLON, ASL_SPACE, ASL_TAB };
enum asl_writer_transformation {
    ASL_WRITE_DEFAULT,
    ASL_WRITE_NONE,
    ASL_WRITE_COMPACT,
    ASL_WRITE_FLATTEN
};

struct asl_item_reader {
    struct asl_resource resource;
    struct asl_expr *parameters; /* Parameters or Arguments; NULL: none */
    enum asl_input_type input_type;
    enum asl_manifest_type manifest_type;
    bool load_and_flatten;
    enum asl_csv_header csv_header;
    const struct json *csv_headers; /* array of strings; NULL: none */
    enum asl_csv_delimiter csv_delimiter;
    struct asl_expr *max_items; /* literal or expression */
    const char *items_pointer;  /* JSON Pointer; NULL: none */
};

struct asl_item_batcher {
    struct asl_expr *max_items, *max_bytes; /* literals or expressions */
    struct asl_expr *batch_input;
};

struct asl_result_writer {
    bool exports; /* has a Resource: results go to Bucket and Prefix */
    struct asl_resource resource;
    struct asl_expr *parameters;
    enum asl_writer_transformation transformation;
    bool jsonl;
};

struct asl_distributed {
    bool express;                                            /* ExecutionType of the children */
    const char *label;                                       /* NULL: none */
    struct asl_expr *tolerated_count, *tolerated_percentage; /* literals or expressions */
    struct asl_item_reader *reader;                          /* NULL: none, here and below */
    struct asl_item_batcher *batcher;
    struct asl_result_writer *writer;
};

struct asl_machine {
    unsigned refs;
    struct arena arena;
    enum asl_language language;
    int64_t timeout_seconds; /* 0: none */
    struct asl_scope *root;
    struct asl_state **states; /* all scopes, in order of the text */
    size_t states_len;
    struct map *by_name;        /* struct asl_state, names are unique over all scopes */
    char *variable_references;  /* JSON text for DescribeStateMachine; NULL: no variables used */
    struct json_array literals; /* owns every struct json of the tree */
    struct asl_owned *owned;    /* paths, calls and expressions, for asl_machine_unref */
};

struct asl_options {
    enum asl_machine_type type;
    bool warnings;            /* also collect warnings (ValidateStateMachineDefinition) */
    int64_t definition_bytes; /* ceiling; 0: the service's */
    /* TestState of one state: a transition to a state that is not there is no mistake; it leads
     * to a state that has a name and nothing else. */
    bool lone_state;
};

/* Compiles a definition.  *ret_machine is set only when there is no diagnostic of severity
 * ERROR; then 0 is returned, else ERR_INVALID.  d is initialised by the caller. */
MUST_USE int asl_compile(struct text definition, const struct asl_options *options,
                         struct asl_machine **ret_machine, struct asl_diagnostics *d);
struct asl_machine *asl_machine_ref(struct asl_machine *m) MUST_USE;
void asl_machine_unref(struct asl_machine *m);
/* NULL when there is none. */
struct asl_state *asl_machine_state(const struct asl_machine *m, const char *name);

/* The text of an expression as messages show it: JSONata without {% %}, trimmed; a path or call
 * as it was written; "" for other kinds. */
const char *asl_expr_text(const struct asl_expr *expr);

/* ---- evaluation ---- */

/* What an expression may read.  input is what "$" means at that moment (raw input, effective input,
 * result, ...) and $states.input; the callbacks hand out borrowed values. */
struct asl_env {
    const struct json *input;
    const struct json *result;       /* $states.result; NULL where it does not exist */
    const struct json *error_output; /* $states.errorOutput; NULL where it does not exist */
    const struct json *(*context)(void *arg);
    const struct json *(*variable)(void *arg, const char *name, size_t len);
    void *arg;
    int64_t now_ms; /* for $now and $millis */
};

/* Every evaluation returns 0 and a new value, or ERR_INVALID with err filled as the service
 * words it, without the prefix that names the state. */

/* A payload template or expression.  A missing path reads "The JSONPath '...' specified for the
 * field '...' could not be found in the input '...'". */
MUST_USE int asl_eval(const struct asl_expr *expr, const struct asl_env *env,
                      struct json **ret_value, struct asl_error *err);
/* A path field such as InputPath.  A missing path reads "Invalid path '...' : No results for
 * path: ...". */
MUST_USE int asl_eval_path(const struct jsonpath *path, const struct asl_env *env,
                           struct json **ret_value, struct asl_error *err);
/* InputPath and OutputPath: absent gives the input itself, null gives {}. */
MUST_USE int asl_eval_path_field(const struct asl_path *field, const struct asl_env *env,
                                 struct json **ret_value, struct asl_error *err);
/* Merges result into raw by a ResultPath: absent replaces, null keeps raw.  err:
 * States.ReferencePathConflict. */
MUST_USE int asl_apply_result_path(const struct asl_path *field, const struct json *raw,
                                   const struct json *result, struct json **ret_value,
                                   struct asl_error *err);
/* A Choice condition of JSONPath mode. */
MUST_USE int asl_eval_condition(const struct asl_condition *c, const struct asl_env *env,
                                bool *ret_match, struct asl_error *err);
