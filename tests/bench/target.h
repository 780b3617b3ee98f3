/* One endpoint under test, with the API calls that scenarios need, and the numbers it gave. */
#pragma once

#include "client.h"
#include "server.h"

#define ARN_SIZE 512

struct target {
    struct endpoint endpoint;
    struct client *client; /* owned */
    struct server *server; /* NULL: it was running */
};

void target_open(struct target *t, const struct endpoint *e, struct server *server);
void target_close(struct target *t);

/* All of these: false, with a line on standard error, when the endpoint answers something else. */
MUST_USE bool target_create_machine(struct target *t, const char *name, const char *definition,
                                    char ret_arn[ARN_SIZE]);
MUST_USE bool target_start(struct target *t, const char *machine, const char *input,
                           char ret_arn[ARN_SIZE]);
/* Waits until the execution is no longer RUNNING; true when it then has that status. */
MUST_USE bool target_wait(struct target *t, const char *execution, const char *status);
/* Waits until no execution of the machine is RUNNING. */
MUST_USE bool target_wait_all(struct target *t, const char *machine);
/* True when the machine has exactly `count` executions with that status. */
MUST_USE bool target_has(struct target *t, const char *machine, const char *status, size_t count);
/* Any call; the answer has to have status 200. */
MUST_USE bool target_call(struct target *t, const char *operation, struct text body,
                          struct text *ret_answer);

/* ---- pieces of requests and answers ---------------------------------------------------------- */
void body_start(struct strbuf *sb, const char *machine, const char *input);
/* {"<member>":"<value>"} */
void body_member(struct strbuf *sb, const char *member, const char *value);
/* The string member `name` wherever it first comes in the text; false when it is not there. */
MUST_USE bool find_string(struct text text, const char *name, char *ret_value, size_t size);
size_t count_in(struct text text, const char *piece);
