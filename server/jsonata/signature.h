/* Signatures of functions: <s-nn?:s> and the like. */
#pragma once

#include "jsonata/fault.h"
#include "jsonata/value.h"

enum sig_type { /* bits */
                SIG_S = 1,
                SIG_N = 2,
                SIG_B = 4,
                SIG_L = 8, /* null */
                SIG_A = 16,
                SIG_O = 32,
                SIG_F = 64,
                SIG_M = 128, /* missing: every type but f accepts it */
};

enum sig_flag {
    SIG_CONTEXT = 1,  /* - : the context when missing */
    SIG_OPTIONAL = 2, /* ? (and -) */
    SIG_MORE = 4,     /* + */
    SIG_ARRAY = 8,    /* type a: wrap what is not an array */
};

struct sig_param {
    uint8_t types, flags;
    char member;        /* first letter of a<..>, 0: none */
    uint8_t member_len; /* of the whole text between the brackets, at most 255 */
};

struct signature {
    uint32_t len;
    struct sig_param params[];
};

struct ev;
struct jn_heap;

/* NULL with the fault filled (its position is the offset within the text). */
const struct signature *signature_parse(struct jn_heap *heap, const char *s, size_t len,
                                        struct fault *ret_fault);

/* Checks args against params and returns the arguments to pass, in a new array when they differ. */
const struct value *signature_check(struct ev *ev, const struct sig_param *params, size_t nparams,
                                    const struct value *args, size_t nargs, struct value context,
                                    size_t *ret_len);
