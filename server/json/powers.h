/* Powers of ten as fractions of 126 bits, for printing doubles. */
#pragma once

#include <stdint.h>

enum { POWER_MIN = -292, POWER_MAX = 324 };

/* 10^e is a little less than (high * 2^63 + low) * 2^(floor(log2(10^e)) - 125): the fraction is the
 * next one above, and high has 63 bits, the topmost set. */
struct power {
    uint64_t high, low;
};

/* e is from POWER_MIN to POWER_MAX.  The table is computed when it is first needed. */
const struct power *power_of_ten(int e);
