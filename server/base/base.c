#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *expression, const char *file, int line)
{
    (void)fprintf(stderr, "internal error: %s:%d: CHECK(%s) failed\n", file, line, expression);
    abort();
}
