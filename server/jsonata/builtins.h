/* The table of built-in functions. */
#pragma once

#include "jsonata/signature.h"
#include "jsonata/value.h"

struct ev;

enum { JN_PARAMS_MAX = 4 };

/* Arguments have been checked against the parameters; missing ones are V_UNDEF, and there are always
 * at least JN_PARAMS_MAX of them to read. */
typedef struct value (*builtin_fn)(struct ev *ev, const struct value *args, size_t nargs);

struct builtin {
    const char *name;
    builtin_fn fn;
    uint8_t arity; /* what it says it takes when it is passed as an argument */
    uint8_t nparams;
    struct sig_param params[JN_PARAMS_MAX];
};

/* NULL when there is none of that name. */
const struct builtin *builtin_find(const char *name, size_t len);
