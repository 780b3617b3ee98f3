/* TestState: one state of a definition, run alone by the interpreter that runs executions
 * (reference/integrations.md section 9).
 *
 * The test is an execution that is not in the store: nothing of it is written, no token leads to it,
 * and a restart forgets it.  Its command, ENGINE_TEST_STATE, is answered when the state has succeeded
 * or failed, at the latest after TEST_STATE_MAX_MS. */
#pragma once

#include "asl/asl.h"
#include "engine/task.h"

#define TEST_STATE_MAX_MS INT64_C(300000) /* (D): five minutes */

enum test_status { TEST_SUCCEEDED, TEST_FAILED, TEST_RETRIABLE, TEST_CAUGHT_ERROR };

/* What inspection shows of the data flow. */
enum test_note {
    TEST_INPUT,
    TEST_AFTER_INPUT_PATH,
    TEST_AFTER_PARAMETERS,
    TEST_AFTER_ARGUMENTS,
    TEST_AFTER_ITEMS_PATH,
    TEST_AFTER_ITEMS_POINTER,
    TEST_AFTER_ITEM_SELECTOR,
    TEST_AFTER_ITEM_BATCHER,
    TEST_RESULT,
    TEST_AFTER_RESULT_SELECTOR,
    TEST_AFTER_RESULT_PATH,
    TEST_VARIABLES,
};
#define TEST_NOTES 12

struct test_state {
    /* in: borrowed until done() */
    struct asl_machine *machine;
    struct asl_state *state;      /* of the machine */
    const char *role_arn;         /* NULL: none */
    struct text input;            /* JSON text */
    const struct json *variables; /* an object; NULL: none */
    const struct json *context;   /* takes the place of the context object; NULL: none */
    struct text mock_result;      /* JSON text; TEXT_NONE: none */
    const char *mock_error;       /* the mocked failure; NULL: none */
    const char *mock_cause;       /* its cause; NULL: none */
    int64_t retry_count;          /* how often the retrier has retried already */
    int64_t failed_iterations;    /* of a Map; 0: none */
    struct text reader_data;      /* what a Map's ItemReader reads; TEXT_NONE: none */
    enum task_tracing tracing;    /* of an HTTP Task */

    /* out: valid during done() only */
    enum test_status status;
    struct text output;        /* TEXT_NONE: none */
    const char *error, *cause; /* NULL: none */
    const char *next_state;    /* NULL: none */
    const char *refusal;       /* not NULL: the mock does not fit the state; nothing else is set */
    struct text notes[TEST_NOTES]; /* JSON text; TEXT_NONE: did not come to that */
    int64_t catch_index, retry_index, backoff_seconds; /* -1: none, here and below */
    int64_t max_concurrency, tolerated_count;
    double tolerated_percentage;
    const struct task_trace *trace; /* NULL: none */
};
