/* Mocked results of tasks: a configuration in the format of MockConfigFile.json
 * (reference/integrations.md section 8), read once and never changed.
 *
 * An execution started as STATE-MACHINE-ARN#TEST-CASE runs with a test case: its tasks that the test case
 * lists get their results from here and reach nobody; all others run as ever.  Results are counted by
 * state within the execution, from 0: retries, loops and Map iterations are invocations of their own.
 *
 * A configuration belongs to one thread at a time. */
#pragma once

#include "base/err.h"

enum { MOCKS_FILE_BYTES = 16 * 1024 * 1024, MOCKS_INDEX_MAX = 1000000 };

struct mocks;

/* Reads a configuration.  ERR_INVALID with the place and what is wrong there. */
MUST_USE int mocks_parse(const char *text, size_t len, struct mocks **ret_mocks, struct err *err);
/* The same from a file, whose name err begins with; ERR_NOT_FOUND when there is none. */
MUST_USE int mocks_load(const char *file, struct mocks **ret_mocks, struct err *err);
void mocks_free(struct mocks *m); /* NULL is fine */
/* The text it was read from. */
struct text mocks_text(const struct mocks *m);

/* What a test case says; m may be NULL, which knows none. */
struct mock_case;
const struct mock_case *mocks_case(const struct mocks *m, const char *machine,
                                   const char *test_case);
/* The results for a state; NULL when the test case does not list it. */
struct mock_responses;
const struct mock_responses *mocks_of_state(const struct mock_case *c, const char *state);

/* One result: output, or error and cause. */
struct mock_result {
    struct text output; /* JSON text; TEXT_NONE: the task fails */
    struct text
        direct; /* the same of a Task whose Resource is a function's ARN: of what looks like the
                           answer of Lambda's Invoke, its Payload */
    const char *error;
    struct text cause;
};
/* False when there is none for invocation `index`, counted from 0. */
bool mocks_result(const struct mock_responses *r, uint32_t index, struct mock_result *ret_result);
const char *mocks_responses_name(const struct mock_responses *r);
