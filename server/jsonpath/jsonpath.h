/* JSONPath in the dialect of the service (Jayway's, with $$ for the context object and $name for
 * variables): shared/jsonpath README and reference/asl.md sections 3 and 7.
 *
 * A path is compiled once and evaluated many times; a compiled path is immutable.  Evaluation
 * copies nothing but the array of an indefinite path's matches. */
#pragma once

#include "json/json.h"

struct jsonpath;

enum jsonpath_root { JSONPATH_INPUT, JSONPATH_CONTEXT, JSONPATH_VARIABLE };

/* The documents a path may start from.  Callbacks return borrowed values; they are asked only
 * when a path needs them, so a context object that nobody reads is never built. */
struct jsonpath_env {
    const struct json *input;
    /* NULL, or NULL result: there is no context object. */
    const struct json *(*context)(void *arg);
    /* NULL result: unset. */
    const struct json *(*variable)(void *arg, const char *name, size_t len);
    void *arg;
};

/* Compiles text.  Returns 0 or ERR_INVALID with the reason in err. */
MUST_USE int jsonpath_compile(const char *text, size_t len, struct jsonpath **ret_path,
                              struct err *err);
void jsonpath_free(struct jsonpath *p);

const char *jsonpath_text(const struct jsonpath *p); /* as it was written */
enum jsonpath_root jsonpath_root(const struct jsonpath *p);
/* The variable's name, NULL for other roots. */
const char *jsonpath_variable(const struct jsonpath *p);
/* True for a bare root: "$", "$$", "$name". */
bool jsonpath_is_root(const struct jsonpath *p);
bool jsonpath_is_definite(const struct jsonpath *p);
/* True when it has only names and single indices, from any root: what ResultPath accepts from $. */
bool jsonpath_is_reference(const struct jsonpath *p);

/* Evaluates.  Returns 0 and a new reference; or ERR_NOT_FOUND (nothing there: err has Jayway's
 * text, "No results for path: $['a']" or "Missing property in path $['a']") or ERR_LIMIT. */
MUST_USE int jsonpath_eval(const struct jsonpath *p, const struct jsonpath_env *env,
                           struct json **ret_value, struct err *err);

/* A new document: `root` with `value` put where the reference path points, parents created on
 * the way (reference/asl.md section 3, ResultPath).  Returns 0, or ERR_CONFLICT when a name
 * meets something that is not an object, an index something that is not an array or lies past its
 * end, the result is nested too deeply, or p is not a reference path from $; err then has "Unable
 * to apply ReferencePath $.child to input 4". */
MUST_USE int jsonpath_put(const struct jsonpath *p, const struct json *root,
                          const struct json *value, struct json **ret_root, struct err *err);
