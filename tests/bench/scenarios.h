/* What is measured. */
#pragma once

#include "target.h"

#define REPORT_ROWS 64

/* The numbers of one run. */
struct report {
    struct report_row {
        char name[64];
        char unit[16];
        double value;
        bool more_is_better;
    } rows[REPORT_ROWS];
    size_t len;
};

struct scenario {
    const char *name;
    bool own_server; /* looks at the process: only with --server */
    bool (*run)(struct target *t, struct report *r, unsigned divisor /* of all counts */);
};

extern const struct scenario scenarios[];
extern const size_t scenarios_len;
