#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

const char *err_name(int code)
{
    switch (code) {
    case 0:
        return "success";
#define X(name, value, text) \
    case name:               \
        return text;
        ERR_LIST(X)
#undef X
    }
    return "unknown error";
}

int err_set(struct err *err, int code, const char *format, ...)
{
    if (!err)
        return code;
    err->code = code;

    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(err->text, sizeof(err->text), format, ap);
    va_end(ap);
    CHECK(n >= 0);

    /* A text that was cut must not end in the middle of a UTF-8 sequence. */
    if ((size_t)n >= sizeof(err->text)) {
        size_t end = sizeof(err->text) - 1;
        size_t start = end;
        while (start > 0 && end - start < 3 && ((unsigned char)err->text[start - 1] & 0xC0) == 0x80)
            start--;
        if (start > 0) {
            unsigned char lead = (unsigned char)err->text[start - 1];
            size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
            if (end - (start - 1) < need)
                err->text[start - 1] = '\0';
        }
    }
    return code;
}
