/* states:startExecution: a task that starts another execution of this server (reference/integrations.md
 * section 5).
 *
 *     branch of the parent, in PHASE_TASK_CHILD --- id ---> the execution
 *                                      <--- watchers ---    (.sync, while both are in memory)
 *
 * No driver and no request: nothing leaves the process.  After TaskStarted one step of the branch begins the
 * execution and writes TaskSubmitted (or TaskSucceeded, or TaskFailed), so both are in one transaction.
 * Whatever moment the process is killed at, either the child is there and the parent knows it, or neither has
 * happened and the step is taken again: there is never a second child.
 *
 * A .sync task's checkpoint has the id of its child.  The branch is woken when the child closes, and reads
 * what became of it from memory or from its row; after a restart it looks again.  The child is an ordinary
 * execution: a later redrive of it is nothing to the parent, a redrive of the parent starts another one.
 *
 * When a .sync task is given up - its execution is stopped, fails or times out, or it times out itself - its
 * child is aborted.  That goes through a list and not down the stack, since children can be nested a million
 * deep; a mark in the child's checkpoint keeps its place in the list over a restart. */
#pragma once

#include "engine/internal.h"

/* Whether a Resource is such a task. */
bool nested_is(const struct asl_resource *r);

/* PHASE_TASK_CHILD: starts the execution, or goes on when it has ended. */
void nested_step(struct branch *b);
/* The task is given up: what it waits for is aborted.  Nothing to do for other tasks. */
void nested_abandon(struct branch *b);
/* The branch leaves memory, nothing else. */
void nested_detach(struct branch *b);
/* x has closed: those that wait for it go on. */
void nested_closed(struct execution *x);
/* x leaves memory, nothing else. */
void nested_freed(struct execution *x);
/* Puts x into the list of executions to be aborted. */
void nested_stop_later(struct execution *x);
/* Aborts a bounded number of them; true when more are left. */
bool nested_stop_some(struct engine *e);

/* ---- nested_request.c ---- */
/* Begins what b->work asks for.  0, or ERR_INVALID with err as the task fails with it. */
MUST_USE int nested_start(struct branch *b, struct execution **ret_child, struct asl_error *err);

/* ---- nested_text.c ---- */
/* What StartExecution answered, as the integration shows it; owned by the caller. */
char *nested_reply_text(struct execution *child) MUST_USE;
/* The description of an execution of m that has closed; parsed: Input and Output as JSON (.sync:2), not as
 * text.  Owned by the caller. */
char *nested_description_text(struct engine *e, const struct machine *m,
                              const struct store_execution *row, bool parsed) MUST_USE;
