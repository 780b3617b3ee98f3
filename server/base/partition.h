/* The partition of AWS that a region lies in: the second part of every ARN. */
#pragma once

/* "aws", "aws-cn" or "aws-us-gov". */
const char *aws_partition(const char *region);
