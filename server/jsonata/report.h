/* From a fault to the error a caller sees. */
#pragma once

#include "jsonata/ast.h"
#include "jsonata/fault.h"

/* Fills *err. */
void report_fault(const struct jsonata *p, const struct fault *f, enum jsonata_kind kind,
                  struct jsonata_error *err);
