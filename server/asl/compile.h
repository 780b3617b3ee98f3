/* Inside of the compiler: what its files share.  Not for other modules. */
#pragma once

#include "asl/asl.h"
#include "base/strbuf.h"

/* ---- where one stands in the definition ---- */

/* A step of a location, kept in the compiler's scratch arena. */
struct loc {
    const struct loc *up; /* NULL: the definition itself, printed as "/" */
    const char *name;     /* a member; NULL: element `index` of an array */
    size_t len;
    size_t index;
};

/* A part of the definition and where it stands; v NULL: it is not there. */
struct node {
    const struct json *v;
    const struct loc *at;
};

/* ---- variables and transitions, collected on the way ---- */

struct variable_name {
    const char *name;
    size_t len;
    bool twice; /* assigned, though it is set when the scope begins */
};

/* The variables that one Assign gives a value. */
struct assign_set {
    struct variable_name *names;
    size_t len;
    size_t number; /* in the order of the text */
    const struct loc *at;
    const struct asl_state *state;
    const struct asl_state *leads_to; /* the state that follows; NULL: none, or it is missing */
    struct assign_set *next;
};

struct variable_read {
    struct variable_name name;
    const struct asl_state *state;
    const struct loc *at;
    bool unset; /* may be read before it was set */
};

/* "Next", "Default" or "StartAt": *slot is set once the states of the scope are known. */
struct transition {
    const struct asl_state *from; /* NULL: StartAt */
    const struct asl_scope *scope;
    struct asl_state **slot;
    struct asl_state *target; /* what *slot became; NULL: no such state */
    const char *name;
    size_t len;
    const struct loc *at;
    struct assign_set *assign; /* what is assigned on the way; NULL: nothing */
};

struct state_info {
    const struct loc *at;
    size_t first_transition, transitions_len;
    bool reached;
};

struct compiler {
    struct asl_machine *m;
    struct asl_diagnostics *d;
    const struct asl_options *options;
    struct arena scratch;
    struct asl_state *state;    /* the one being compiled */
    const struct loc *state_at; /* and where it stands */
    bool express;               /* the states compiled now run in an Express workflow */
    struct state_info *info;    /* by state index */
    size_t info_cap;
    size_t states_cap;
    struct transition *transitions;
    size_t transitions_len, transitions_cap;
    struct variable_read *reads;
    size_t reads_len, reads_cap;
    struct assign_set *assigns, **assigns_end;
    size_t assigns_len;
    size_t expressions; /* JSONata expressions compiled so far */
};

/* ---- diagnostics.c ---- */

#define CODE_SCHEMA    "SCHEMA_VALIDATION_FAILED"
#define CODE_TARGET    "MISSING_TRANSITION_TARGET"
#define CODE_JSON      "INVALID_JSON_DESCRIPTION"
#define CODE_DUPLICATE "DUPLICATE_STATE_NAME"
#define CODE_NAME      "INVALID_STATE_NAME"
#define CODE_END       "MISSING_END_STATE"
#define CODE_DEPTH     "TOO_DEEPLY_NESTED"
#define CODE_VARIABLE  "DUPLICATE_VARIABLE_NAME"
#define CODE_UNDEFINED "POSSIBLY_UNDEFINED_VARIABLE"
#define CODE_JSONATA   "UNSUPPORTED_JSONATA_EXPRESSION"
#define CODE_NO_DOLLAR "NO_DOLLAR"

const struct loc *loc_member(struct compiler *c, const struct loc *up, const char *name,
                             size_t len);
const struct loc *loc_index(struct compiler *c, const struct loc *up, size_t index);
/* "/States/X/Branches[0]"; the steps below `from` only and without the leading slash when that
 * is not NULL ("Output/result"). */
void loc_print(const struct loc *at, const struct loc *from, struct strbuf *out);

/* Collects one diagnostic; field names a member below `at` (NULL: at itself). */
void report(struct compiler *c, enum asl_severity severity, const char *code, const struct loc *at,
            const char *field, const char *format, ...) PRINTF_LIKE(6, 7);
/* The common one: SCHEMA_VALIDATION_FAILED. */
#define schema_error(c, at, field, ...) report(c, ASL_ERROR, CODE_SCHEMA, at, field, __VA_ARGS__)
/* Collects a diagnostic whose text is complete; location NULL: none. */
void diagnostics_add(struct asl_diagnostics *d, enum asl_severity severity, const char *code,
                     struct text message, const char *location);

/* ---- node.c: reading members with their types checked ---- */

/* The member; v is NULL when there is none. */
struct node node_get(struct compiler *c, struct node object, const char *name);
struct node node_at(struct compiler *c, struct node array, size_t index);
struct node node_member(struct compiler *c, struct node object, size_t index);

/* Each is false when the member is absent (no diagnostic) or wrong (a diagnostic was collected). */
bool node_is(struct compiler *c, struct node n, enum json_type type);
bool node_string(struct compiler *c, struct node n,
                 const char **ret_string); /* holds no NUL byte */
bool node_bool(struct compiler *c, struct node n, bool *ret_value);
bool node_int(struct compiler *c, struct node n, int64_t min, int64_t max, int64_t *ret_value);
bool node_real(struct compiler *c, struct node n, double min, double max, double *ret_value);
/* One of the words, whose index is the value. */
bool node_word(struct compiler *c, struct node n, const char *const *words, size_t count,
               size_t *ret_index);
bool node_timestamp(struct compiler *c, struct node n);
/* At most `max` characters. */
bool node_short(struct compiler *c, struct node n, size_t max);

/* ---- fields.c: which fields there are ---- */

struct field {
    const char *name;
    unsigned languages; /* of FIELD_JSONPATH and FIELD_JSONATA */
};
#define FIELD_JSONPATH 1u
#define FIELD_JSONATA  2u
#define FIELD_BOTH     3u

/* Refuses the members of object that the table does not know, or not in this language. */
void check_fields(struct compiler *c, struct node object, const struct field *fields, size_t count,
                  enum asl_language language);
/* The same for a state; the type is already known. */
void check_state_fields(struct compiler *c, struct node state);
/* "These fields are required: [...]" for the names that are absent. */
bool require_fields(struct compiler *c, struct node object, const char *const *names, size_t count);
/* At most one of the names, and exactly one when `needed`.  Returns the one there is, or NULL. */
const char *choose_field(struct compiler *c, struct node object, const char *const *names,
                         size_t count, bool needed);
/* Appends "[A, B, C]". */
void list_names(struct strbuf *out, const char *const *names, size_t count);

/* ---- compile.c ---- */

enum owned_kind { OWNED_PATH, OWNED_CALL, OWNED_JSONATA };
/* Makes the machine the owner. */
void own(struct asl_machine *m, enum owned_kind kind, void *p);
/* Registers a transition of the state that is compiled now. */
void add_transition(struct compiler *c, struct node name, struct asl_state **slot,
                    struct assign_set *assign);
/* A `States` object with its StartAt; NULL when it is too broken to have one. */
struct asl_scope *compile_scope(struct compiler *c, struct node n, struct asl_state *parent,
                                size_t index, const struct field *fields, size_t fields_len);

/* ---- compile_state.c and its siblings ---- */

void compile_state(struct compiler *c, struct asl_state *s, struct node n);
void compile_task(struct compiler *c, struct asl_state *s, struct node n);
void compile_choice(struct compiler *c, struct asl_state *s, struct node n,
                    struct assign_set *assign);
void compile_parallel(struct compiler *c, struct asl_state *s, struct node n);
void compile_map(struct compiler *c, struct asl_state *s, struct node n);
void compile_distributed(struct compiler *c, struct asl_state *s, struct node n, struct node config,
                         bool express);
/* Refuses the fields that only a distributed Map has. */
void refuse_distributed_fields(struct compiler *c, struct node n);
void compile_retry(struct compiler *c, struct asl_state *s, struct node n);
void compile_catch(struct compiler *c, struct asl_state *s, struct node n);

/* ---- compile_template.c: expressions ---- */

/* What a JSONata expression may read besides $states.input and $states.context. */
enum { SEES_RESULT = 1, SEES_ERROR = 2 };

/* A payload template (JSONPath: an object) or any JSON with expressions in it (JSONata). */
struct asl_expr *compile_template(struct compiler *c, struct node n, unsigned sees);
/* Assign; *ret_set is untouched when there is none. */
struct asl_expr *compile_assign(struct compiler *c, struct node n, unsigned sees,
                                struct assign_set **ret_set);
/* A JSONPath; NULL after a diagnostic. */
struct jsonpath *compile_path(struct compiler *c, struct node n);
/* The same as an expression, its messages naming the field. */
struct asl_expr *compile_path_expr(struct compiler *c, struct node n, bool intrinsics);
/* InputPath and OutputPath, which may be null. */
struct asl_path compile_path_field(struct compiler *c, struct node n);
/* ResultPath. */
struct asl_path compile_result_path(struct compiler *c, struct node n);
struct asl_expr *literal_expr(struct compiler *c, const struct json *v);
/* True for a string "{% ... %}" in a JSONata state; it is then compiled into *ret_expr, which
 * stays NULL when it is wrong. */
bool compile_if_jsonata(struct compiler *c, struct node n, unsigned sees,
                        struct asl_expr **ret_expr);

/* A number that may be given as a literal, by a path ("...Path", JSONPath) or by an expression. */
struct quantity {
    const char *name;
    const char *path_name; /* NULL: no such field */
    double min, max;
    bool real; /* fractions allowed */
};
struct asl_expr *compile_quantity(struct compiler *c, struct node object, const struct quantity *q);

/* ---- resource.c, parameters.c ---- */

enum resource_use { RESOURCE_TASK, RESOURCE_READER, RESOURCE_WRITER };
/* Classifies arn, which must live as long as the arena.  False when it is not recognised or not of
 * this use. */
bool resource_parse(const char *arn, enum resource_use use, struct arena *arena,
                    struct asl_resource *ret_resource);
/* What is known of the parameters that an integration takes; n is Parameters or Arguments, v
 * NULL when there are none. */
void check_parameters(struct compiler *c, const struct asl_resource *resource, struct node n);

/* ---- reach.c, variables.c: what needs the whole scope or machine ---- */

/* How far the lists were when a scope began: what lies behind is the scope's, or in scopes
 * inside it. */
struct scope_mark {
    size_t transitions, states, errors;
};
/* Resolves the transitions of a scope, finds the states that nothing leads to and a scope
 * without end. */
void resolve_scope(struct compiler *c, struct asl_scope *scope, struct scope_mark from,
                   const struct map *names);
void read_variable(struct compiler *c, const char *name, size_t len, const struct loc *at);
void read_path(struct compiler *c, const struct jsonpath *path, const struct loc *at);
bool variable_name_valid(const char *name, size_t len);
/* Checks scopes and definedness, and writes machine->variable_references. */
void finish_variables(struct compiler *c);

/* ---- expr_jsonata.c: the only place that knows the engine ---- */

struct jsonata;
/* Compiles what stands between {% and %}; NULL after a diagnostic. */
struct jsonata *jsonata_expr_compile(struct compiler *c, struct text source, const struct loc *at,
                                     unsigned sees);
void jsonata_expr_free(struct jsonata *j);
MUST_USE int jsonata_expr_eval(const struct asl_expr *expr, const struct asl_env *env,
                               struct json **ret_value, struct asl_error *err);
