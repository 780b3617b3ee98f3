/* Random bytes and UUIDs. */
#pragma once

#include "base/base.h"

#define UUID_SIZE 37 /* 36 characters and a NUL byte */

/* Fills p with bytes nobody can guess. */
void random_bytes(void *p, size_t len);
/* A fast random number for identifiers and jitter, from the same source, buffered per thread. */
uint64_t random_u64(void);
/* A version 4 UUID in lower case.  Returns buf. */
char *uuid4(char buf[UUID_SIZE]);
