#include "engine/gunzip.h"

#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/strbuf.h"

enum { STEP_BYTES = 64 * 1024, GZIP_WINDOW = 15 + 16 /* zlib: with a gzip header */ };

struct gunzip {
    char *data; /* owned */
    z_stream z;
    struct strbuf out;
    bool in_member;
};

bool gunzip_wanted(const char *data, size_t len)
{
    return len >= 2 && memcmp(data, "\x1F\x8B", 2) == 0;
}

struct gunzip *gunzip_new(char *data, size_t len, size_t max)
{
    struct gunzip *g = xcalloc(1, sizeof(*g));

    g->data = data;
    g->z.next_in = (unsigned char *)data;
    g->z.avail_in = (unsigned)len;
    CHECK((size_t)g->z.avail_in == len); /* below LIMIT_OBJECT_BYTES */
    CHECK(inflateInit2(&g->z, GZIP_WINDOW) == Z_OK);
    g->in_member = true;
    strbuf_init(&g->out, max);
    return g;
}

void gunzip_free(struct gunzip *g)
{
    if (!g)
        return;
    (void)inflateEnd(&g->z);
    strbuf_done(&g->out);
    free_p(&g->data);
    free_p(&g);
}

int gunzip_step(struct gunzip *g)
{
    unsigned char buf[STEP_BYTES];

    if (!g->in_member) {
        if (g->z.avail_in == 0)
            return 0;
        if (inflateReset(&g->z) != Z_OK) /* another member follows */
            return ERR_INVALID;
        g->in_member = true;
    }
    g->z.next_out = buf;
    g->z.avail_out = sizeof(buf);

    int rc = inflate(&g->z, Z_NO_FLUSH);

    strbuf_add(&g->out, buf, sizeof(buf) - g->z.avail_out);
    if (g->out.overflow)
        return ERR_LIMIT;
    if (rc == Z_STREAM_END)
        g->in_member = false;
    else if (rc != Z_OK)
        return ERR_INVALID;
    return 1;
}

char *gunzip_take(struct gunzip *g, size_t *ret_len)
{
    return strbuf_take(&g->out, ret_len);
}
