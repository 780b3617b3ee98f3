/* From a fault to the error a caller sees. */
#pragma once

#include "jsonata/ast.h"
#include "jsonata/fault.h"

struct ev;

/* Fills *err.  `ev` (may be NULL: the fault is a compiler's) lends its memory for texts. */
void report_fault(const struct jsonata *p, struct ev *ev, const struct fault *f,
                  enum jsonata_kind kind, struct jsonata_error *err);
