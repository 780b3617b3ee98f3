/* The intrinsic functions of JSONPath mode: States.Format and its seventeen siblings
 * (reference/asl.md section 5).  A call is parsed once into an immutable tree and evaluated many
 * times, always by the same thread: its literals are values, and results share them. */
#pragma once

#include "jsonpath/jsonpath.h"

struct intrinsic;

/* True when text starts like an intrinsic call ("States."). */
bool intrinsic_looks_like(const char *text, size_t len);
/* Returns 0, or ERR_INVALID (syntax, unknown function, nesting) with the reason in err. */
MUST_USE int intrinsic_compile(const char *text, size_t len, struct intrinsic **ret_call,
                               struct err *err);
void intrinsic_free(struct intrinsic *call);
const char *intrinsic_text(const struct intrinsic *call); /* as it was written */

/* Calls visit for every path among the arguments, at any depth. */
void intrinsic_paths(const struct intrinsic *call,
                     void (*visit)(void *arg, const struct jsonpath *path), void *arg);

/* Evaluates.  Returns 0 and a new value; or ERR_INVALID with the recorded cause in err
 * ("There was an error while evaluating the intrinsic function: ..."), or ERR_NOT_FOUND when a path
 * argument has no result; then *ret_missing (may be NULL) is that path, borrowed from the call. */
MUST_USE int intrinsic_eval(const struct intrinsic *call, const struct jsonpath_env *env,
                            struct json **ret_value, const struct jsonpath **ret_missing,
                            struct err *err);
