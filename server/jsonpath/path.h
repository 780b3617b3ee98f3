/* The compiled form of paths and filters: shared by the files of this folder, included by no
 * other. */
#pragma once

#include "base/limits.h"
#include "jsonpath/jsonpath.h"

#define FILTER_DEPTH_MAX 16                       /* parentheses, negations, filters in filters */
#define PATH_WORK_MAX    (4 * LIMIT_PATH_RESULTS) /* values one evaluation may look at */

/* ---- steps ---- */

enum step_kind {
    STEP_NAME,     /* .a or ['a'] */
    STEP_INDEX,    /* [0] or [-1] */
    STEP_NAMES,    /* ['a','b']: one object at the end of a path, else each in turn */
    STEP_INDICES,  /* [0,2] */
    STEP_SLICE,    /* [1:3] */
    STEP_WILDCARD, /* .* or [*] */
    STEP_FILTER,   /* [?(...)] */
    STEP_SCAN,     /* ..: the next step applies to a value and to everything below it */
    STEP_FUNCTION, /* .length(), only at the end */
};

struct span {
    const char *s;
    size_t len;
};

struct filter_node;

struct step {
    enum step_kind kind;
    char quote; /* around the names, for messages */
    union {
        struct span name;
        struct {
            struct span *items;
            size_t count;
        } names;
        int32_t index;
        struct {
            int32_t *items;
            size_t count;
        } indices;
        struct {
            bool has_from, has_to;
            int32_t from, to;
        } slice;
        const struct filter_node *filter;
        const struct path_function *function;
    };
};

struct jsonpath {
    enum jsonpath_root root;
    bool relative; /* begins with @; then root means nothing */
    bool definite;
    bool reference;
    char *variable;     /* owned; NULL for other roots */
    struct step *steps; /* owned */
    size_t count, cap;
    size_t plain; /* so many steps at the beginning are single names and indices */

    /* What the steps point to, freed with the path. */
    struct path_piece *pieces;
    struct jsonpath *children; /* the paths in its filters, linked by sibling */
    struct jsonpath *sibling;
    struct json_array literals;

    size_t len;  /* of text */
    char text[]; /* as it was written, and a NUL byte; names of steps are spans of it */
};

/* Memory that lives as long as the path, zeroed. */
void *path_alloc(struct jsonpath *p, size_t size) MUST_USE;
/* Compiles a path that stands alone, or the operand of a filter (`relative`: @ and $ only). */
MUST_USE int path_compile(const char *text, size_t len, bool relative, unsigned depth,
                          struct jsonpath **ret_path, struct err *err);
/* Steps first .. first + count - 1 as messages show them: ['a'][0].  Names stand in the quotes
 * they were written with, or in `quote` when it is not 0. */
void path_print_steps(const struct jsonpath *p, size_t first, size_t count, char quote,
                      struct strbuf *out);

/* ---- filters ---- */

enum filter_kind {
    FILTER_OR,      /* of the children */
    FILTER_AND,     /* of the children */
    FILTER_NOT,     /* of the only child */
    FILTER_COMPARE, /* left operator right */
    FILTER_EXISTS,  /* left is there */
    FILTER_ABSENT,  /* left is not there */
};

/* Either a path or a literal. */
struct operand {
    const struct jsonpath *path;
    const struct json *literal;
};

struct path_run;

/* Compares; NULL stands for a path without result.  Returns 1, 0 or ERR_LIMIT. */
typedef int (*filter_operator)(struct path_run *run, const struct json *left,
                               const struct json *right);

struct filter_node {
    enum filter_kind kind;
    struct filter_node *child;   /* first operand of a logical node */
    struct filter_node *sibling; /* next operand of the same node */
    struct operand left, right;
    filter_operator compare;
};

/* Compiles "[?( ... )]"; what the result points to belongs to owner. */
MUST_USE int filter_compile(struct jsonpath *owner, const char *text, size_t len, unsigned depth,
                            const struct filter_node **ret_filter, struct err *err);
/* The operator of that name in any case, or NULL. */
filter_operator filter_operator_find(const char *name, size_t len);
/* 1 when the filter accepts item, 0 when not, or ERR_LIMIT. */
MUST_USE int filter_accepts(const struct filter_node *f, struct path_run *run,
                            const struct json *item);

/* ---- evaluation ---- */

/* One evaluation: bounds its work, and knows what $ means in a filter. */
struct path_run {
    const struct json *document;
    size_t work;
};

/* Counts `amount` more values as looked at; false past the bound. */
static inline bool path_run_charge(struct path_run *run, size_t amount)
{
    run->work += amount;
    return run->work <= PATH_WORK_MAX;
}

/* A result: borrowed, unless `owned` has it too. */
struct found {
    const struct json *value;
    struct json *owned;
};

/* Evaluates the steps from start.  `strict`: a missing name is an error even where an indefinite
 * path would have no match.  Returns 0, ERR_NOT_FOUND or ERR_LIMIT. */
MUST_USE int path_find(const struct jsonpath *p, struct path_run *run, const struct json *start,
                       bool strict, struct found *ret_found, struct err *err);

/* ---- functions ---- */

struct path_function {
    const char *name;
    struct json *(*call)(const struct json *v); /* NULL: not for such a value */
};

const struct path_function *path_function_find(const char *name, size_t len);
