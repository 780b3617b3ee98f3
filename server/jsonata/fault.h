/* How an error leaves: a record is filled and control jumps to the entry point.
 *
 * Everything between the entry point and the place of the error has its memory in a heap that the
 * entry point frees, so nothing is skipped by the jump. */
#pragma once

#include <setjmp.h>

#include "jsonata/errors.h"
#include "jsonata/value.h"

struct fault {
    enum jn_code code;
    bool placed;       /* position was given */
    bool has_token;    /* token was given (it may be undefined all the same) */
    uint32_t position; /* byte offset in the source */
    struct value token, value, value2, exp;
    unsigned index;   /* of the argument, from 1 */
    const char *type; /* T0412 */
    const char *function;
    const char *message; /* D3137, D3141, S0303: the text itself, in the heap */
    size_t message_len;
};

struct thrower {
    jmp_buf target;
    struct fault fault;
};

/* Jumps to t->target with the fault as it stands in t->fault. */
static inline void NORETURN jn_jump(struct thrower *t)
{
    longjmp(t->target, 1);
}
