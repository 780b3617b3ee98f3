/* Unicode's ID_Start and ID_Continue: what names of variables are made of. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

bool identifier_starts(uint32_t code_point);
bool identifier_continues(uint32_t code_point);
