#include "base/percent.h"

#include <string.h>

void percent_encode(struct strbuf *sb, struct text t, const char *also)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";

    for (size_t i = 0; i < t.len; i++) {
        if (t.data[i] && (strchr(plain, t.data[i]) || strchr(also, t.data[i])))
            strbuf_addc(sb, t.data[i]);
        else
            strbuf_addf(sb, "%%%02X", (unsigned char)t.data[i]);
    }
}
