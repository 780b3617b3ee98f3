#include "jsonata/errors.h"

static const struct {
    const char *name, *text;
} codes[JN_CODES] = {
#define X(code, message) {#code, message},
    JN_ERROR_LIST(X)
#undef X
};

const char *jn_code_name(enum jn_code code)
{
    return codes[code].name;
}

const char *jn_code_text(enum jn_code code)
{
    return codes[code].text;
}
