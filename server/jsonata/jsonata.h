/* JSONata 2.0.6 as Step Functions runs it.
 *
 * A text is compiled once and evaluated many times.  A compiled expression is immutable: any number
 * of threads may evaluate it at once, each with its own call.  The input and the variables are the
 * caller's JSON values, borrowed for the call and never converted: a value that an expression only
 * passes through comes out as the very same json value, with every digit.  Arithmetic is double.
 *
 * The dialect is the service's: no `??`, no `?:` and no $eval; $partition, $range, $hash, $random,
 * $uuid and $parse are there (reference/asl.md section 6).  There is no global state. */
#pragma once

#include "json/json.h"

struct jsonata; /* a compiled expression */

/* ---- errors ---- */

/* What stopped an expression: a limit has its own kind, because the service words it differently. */
enum jsonata_kind {
    JSONATA_SYNTAX,     /* jsonata_compile refused the text (codes S....) */
    JSONATA_EVALUATION, /* the expression's own error (T...., D....) */
    JSONATA_TIMEOUT,    /* time or steps used up: "Expression evaluation timeout" (D1012) */
    JSONATA_STACK,      /* nested too deeply: "Stack overflow error" (D1011) */
    JSONATA_MEMORY, /* memory limit: "Expression evaluation memory limit exceeded: ..." (U1001) */
    JSONATA_SIZE,   /* the result's text is longer than allowed (U1002) */
};

struct jsonata_error {
    enum jsonata_kind kind;
    char code[6];  /* "T2001" */
    char *message; /* owned: the code's text with its values filled in */
    size_t message_len;
    char *token;      /* owned: operator or function it happened at, as JSON text; NULL: none */
    int64_t position; /* in UTF-16 units of the text; -1: unknown */
};

/* Frees what the error owns and zeroes it; also for one that was only zero-initialised. */
void jsonata_error_clear(struct jsonata_error *err);

/* ---- compiling ---- */

#define JSONATA_TEXT_MAX (1024 * 1024) /* bytes of one expression */

/* Returns the compiled expression, or NULL with *err filled (when err is not NULL; it must be
 * zero-initialised or cleared).  Hostile text is refused, never a crash: nesting is bounded. */
struct jsonata *jsonata_compile(const char *text, size_t len, struct jsonata_error *err) MUST_USE;
void jsonata_free(struct jsonata *p);

/* ---- static analysis: what a state machine's validation asks of an expression ---- */

/* A name used but not bound in the expression (by :=, a parameter, @ or #). */
struct jsonata_variable {
    const char *name; /* without the $ */
    size_t len;
    bool function;    /* a built-in function of that name exists */
    int64_t position; /* of the first use, in UTF-16 units */
};

/* A path of plain field names that begins at $states: $states.input.a.b is {"input", "a", "b"}. */
struct jsonata_states_path {
    const char *const *names; /* NUL-terminated; NULL entries never occur */
    size_t len;               /* 0: $states itself, or followed by something computed */
    int64_t position;
};

struct jsonata_references {
    bool uses_input; /* reads the top-level input: `$`, a bare field name, `*`, `**` or `%` there */
    const char *field;                     /* the first bare field name among these, or NULL */
    bool uses_root;                        /* `$$` anywhere */
    int64_t input_position, root_position; /* of the first such use; -1: none */
    const struct jsonata_variable *variables;
    size_t variables_len;
    const struct jsonata_states_path *states;
    size_t states_len;
};

/* Borrowed; lives as long as p. */
const struct jsonata_references *jsonata_references(const struct jsonata *p);
/* True when a built-in function has this name (without the $). */
bool jsonata_is_function(const char *name, size_t len);

/* ---- evaluating ---- */

struct jsonata_variable_value {
    const char *name; /* without the $ */
    size_t len;
    const struct json *value; /* borrowed */
};

struct jsonata_limits {
    int64_t time_ms;     /* real time; 0: none */
    uint64_t steps;      /* evaluations of tree nodes and members of loops; 0: none */
    unsigned depth;      /* nested evaluations of tree nodes */
    size_t stack_bytes;  /* of the C stack, measured from the call */
    size_t memory_bytes; /* taken by one evaluation */
    size_t result_bytes; /* JSON text of the result; 0: not checked */
};

/* 1 s, no step limit, depth 2000, 3 MiB of stack, 128 MiB of memory, result not checked. */
extern const struct jsonata_limits jsonata_limits_default;

struct jsonata_call {
    const struct json *input; /* NULL: none ("undefined"), as the service has it */
    const struct jsonata_variable_value *variables;
    size_t variables_len;
    /* Asked for names that are not in the table; returns a borrowed value or NULL.  May be NULL. */
    const struct json *(*lookup)(void *arg, const char *name, size_t len);
    void *arg;
    int64_t now_ms;                      /* what $now and $millis say */
    const struct jsonata_limits *limits; /* NULL: the defaults */
};

enum jsonata_outcome {
    JSONATA_FAILED = -1,
    JSONATA_VALUE = 0,     /* *ret_value is new */
    JSONATA_UNDEFINED = 1, /* the expression yielded nothing */
    JSONATA_FUNCTION = 2,  /* it yielded a function ("unsupported result type") */
};

/* What an evaluation took, for benchmarks and for setting limits. */
struct jsonata_usage {
    size_t memory_bytes; /* peak of the evaluation's heap */
    uint64_t steps;
};

/* Evaluates p.  *ret_value is set only for JSONATA_VALUE, *err (may be NULL) only for JSONATA_FAILED,
 * *ret_usage (may be NULL) always.  A function inside the result becomes the empty string. */
MUST_USE enum jsonata_outcome jsonata_evaluate(const struct jsonata *p,
                                               const struct jsonata_call *call,
                                               struct json **ret_value, struct jsonata_error *err,
                                               struct jsonata_usage *ret_usage);
