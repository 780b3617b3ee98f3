#include "tasks/url.h"

#include <string.h>

#include "base/percent.h"

void url_add_encoded(struct strbuf *sb, struct text t, const char *also)
{
    percent_encode(sb, t, also);
}

char *url_authorization(struct arena *a, struct text account, struct text region,
                        const char *service)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, 3 * (account.len + region.len) + strlen(service) + 256);
    strbuf_adds(&sb, "Authorization: AWS4-HMAC-SHA256 Credential=");
    url_add_encoded(&sb, account, "");
    strbuf_adds(&sb, "/20150331/");
    url_add_encoded(&sb, region, "");
    strbuf_addf(&sb, "/%s/aws4_request, SignedHeaders=host, Signature=0", service);
    return arena_memdup(a, sb.data, sb.len);
}
