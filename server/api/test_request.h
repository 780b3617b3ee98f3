/* The request of TestState: read, and checked as far as that needs no run
 * (reference/integrations.md section 9). */
#pragma once

#include "api/actions.h"
#include "engine/test_state.h"

/* In the arena of the call; test_request_done it. */
struct test_request {
    struct test_state test;
    struct asl_machine *machine; /* owned, as the next two */
    struct json *variables, *context;
    bool inspects; /* inspectionLevel is not INFO */
};

/* False when the call was answered with an error. */
MUST_USE bool test_request_read(struct api_call *call, struct test_request *r);
void test_request_done(struct test_request *r);
