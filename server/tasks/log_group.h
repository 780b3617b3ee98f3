/* The ARN of a log group, taken apart: "arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*". */
#pragma once

#include "base/base.h"

struct log_group {
    struct text region, account, name;
};

/* Borrows from arn.  False when it is no such ARN. */
bool log_group_parse(const char *arn, struct log_group *ret_group);
