/* The private database of a server that keeps nothing: a directory of its own under $TMPDIR or /tmp,
 * locked while the server lives and removed when it ends.  What killed servers left is removed by the
 * next one that starts. */
#pragma once

#include "base/err.h"

struct scratch {
    char *directory; /* owned */
    char *file;      /* owned; of the database */
    int lock;        /* the open directory, locked; -1: none */
};

MUST_USE int scratch_new(struct scratch *ret_scratch, struct err *err);
/* Zero-initialised is fine. */
void scratch_remove(struct scratch *s);
