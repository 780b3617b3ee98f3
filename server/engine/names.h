/* Names of state machines, executions and activities (reference/api.md section 1, "Names"). */
#pragma once

#include "base/base.h"

/* True when no character of the name is forbidden.  Its length is a matter of the constraints. */
bool name_is_valid(const char *name);
