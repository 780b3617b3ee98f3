/* Upper and lower case of single code points. */
#pragma once

#include "base/base.h"

uint32_t casemap_upper(uint32_t cp);
uint32_t casemap_lower(uint32_t cp);
/* The several code points (UTF-8) whose upper case this one has, or NULL. */
const char *casemap_upper_expansion(uint32_t cp);
