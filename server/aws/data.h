/* The tables that tests/tools/generate_aws_models.py writes; what they mean stands in models.h. */
#pragma once

#include "aws/models.h"

/* Offsets into aws_text; 0, the empty text, where there is none. */
struct aws_operation_row {
    uint32_t name;  /* sorted by it, within a service */
    uint32_t http;  /* "GET /{Bucket}", and behind a space the name of the XML element */
    uint32_t input; /* shapes */
    uint32_t output;
};

extern const char aws_text[];
extern const struct aws_operation_row aws_operation_rows[];
extern const struct aws_service aws_services[]; /* sorted by name */
extern const size_t aws_services_len;
