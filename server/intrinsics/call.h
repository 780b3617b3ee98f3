/* The compiled form of intrinsic calls: shared by the files of this folder, included by no
 * other. */
#pragma once

#include "base/limits.h"
#include "intrinsics/intrinsics.h"

#define INTRINSIC_ARGUMENTS_MAX 1000  /* of one call and all calls within it */
#define INTRINSIC_CHARS_MAX     10000 /* of what Base64Encode, Base64Decode and Hash take */
#define INTRINSIC_RANGE_MAX     1000  /* items of ArrayRange */

/* A template of States.Format: text, and the places in it where arguments go. */
struct format_template {
    struct strbuf text;
    size_t *holes; /* offsets in text, ascending */
    size_t count, cap;
};

void template_init(struct format_template *t);
void template_done(struct format_template *t);
/* Reads a template.  In a literal (text between the quotes of a call) a backslash protects
 * braces, and braces that are neither protected nor a pair are refused: false.  In a value only
 * {} means anything. */
MUST_USE bool template_read(struct format_template *t, const char *s, size_t len, bool literal);

enum argument_kind { ARGUMENT_VALUE, ARGUMENT_PATH, ARGUMENT_CALL };

struct argument {
    enum argument_kind kind;
    union {
        struct json *value;    /* owned */
        struct jsonpath *path; /* owned */
        struct call *call;     /* owned */
    };
};

struct call {
    const struct function *function;
    struct format_template *format; /* owned; States.Format with a literal template */
    struct argument *args;          /* owned */
    size_t count, cap;
};

struct intrinsic {
    char *text;        /* owned */
    struct call *call; /* owned */
};

/* ---- evaluation ---- */

struct run {
    const struct jsonpath_env *env;
    const struct jsonpath *missing; /* the path that had no result */
    size_t bytes;                   /* of the texts that were read or made */
    struct err *err;
};

/* Counts bytes of work; false past LIMIT_VALUE_BYTES. */
bool run_charge(struct run *run, size_t bytes);
/* The same for the text of a value. */
bool run_charge_value(struct run *run, const struct json *v);

/* What a function is called with. */
struct args {
    struct run *run;
    struct json *const *items;
    size_t count;
    const struct format_template *format;
};

/* Computes the result.  Returns 0, ERR_INVALID (arguments) or ERR_LIMIT. */
typedef int (*function_body)(const struct args *a, struct json **ret_value);

struct function {
    const char *name; /* without "States." */
    size_t min, max;  /* number of arguments */
    function_body body;
};

/* The function of that name (without "States."), or NULL. */
const struct function *function_find(const char *name, size_t len);

/* The whole number nearest to a number, halves toward positive infinity; false when v is no
 * number or the result does not fit. */
bool round_argument(const struct json *v, int64_t *ret_value);

/* The functions, each described in reference/asl.md section 5. */
int function_array(const struct args *a, struct json **ret_value);
int function_array_contains(const struct args *a, struct json **ret_value);
int function_array_get_item(const struct args *a, struct json **ret_value);
int function_array_length(const struct args *a, struct json **ret_value);
int function_array_partition(const struct args *a, struct json **ret_value);
int function_array_range(const struct args *a, struct json **ret_value);
int function_array_unique(const struct args *a, struct json **ret_value);
int function_base64_decode(const struct args *a, struct json **ret_value);
int function_base64_encode(const struct args *a, struct json **ret_value);
int function_format(const struct args *a, struct json **ret_value);
int function_hash(const struct args *a, struct json **ret_value);
int function_json_merge(const struct args *a, struct json **ret_value);
int function_json_to_string(const struct args *a, struct json **ret_value);
int function_math_add(const struct args *a, struct json **ret_value);
int function_math_random(const struct args *a, struct json **ret_value);
int function_string_split(const struct args *a, struct json **ret_value);
int function_string_to_json(const struct args *a, struct json **ret_value);
int function_uuid(const struct args *a, struct json **ret_value);
