#include "api/tokens.h"

#include <stdarg.h>
#include <string.h>

#include "base/base64.h"
#include "base/err.h"

/* A token is the Base64 of: version, when it was made, what it is bound to, the place, and a hash of all
 * that.  The hash finds damage; who forges a token gains nothing but another place in the list. */
enum { VERSION = 1, NUMBER = 8, HEAD = 1 + NUMBER + NUMBER, TAIL = NUMBER, TOKEN_MAX = 4096 };

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a, followed by a final mix, so that short texts reach all bits. */
static uint64_t hash(uint64_t h, const void *data, size_t len)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3);
    h ^= h >> 32;
    return h * UINT64_C(0x9e3779b97f4a7c15);
}

static void put_number(char *at, uint64_t value)
{
    for (int i = NUMBER - 1; i >= 0; i--, value >>= 8)
        at[i] = (char)(value & 0xFF);
}

static uint64_t get_number(const char *at)
{
    uint64_t value = 0;
    for (int i = 0; i < NUMBER; i++)
        value = value << 8 | (unsigned char)at[i];
    return value;
}

uint64_t page_token_binding(const char *first, ...)
{
    uint64_t h = HASH_START;
    va_list ap;
    va_start(ap, first);
    for (const char *word = first; word; word = va_arg(ap, const char *))
        h = hash(h, word, strlen(word) + 1); /* with its end, so that words do not run together */
    va_end(ap);
    return h;
}

void page_token_write(struct strbuf *out, uint64_t binding, int64_t now_ms, const void *place,
                      size_t len)
{
    char number[NUMBER];
    CLEANUP(strbuf_done) struct strbuf bytes;
    strbuf_init(&bytes, TOKEN_MAX);
    strbuf_addc(&bytes, VERSION);
    put_number(number, (uint64_t)now_ms);
    strbuf_add(&bytes, number, NUMBER);
    put_number(number, binding);
    strbuf_add(&bytes, number, NUMBER);
    strbuf_add(&bytes, place, len);
    put_number(number, hash(HASH_START, bytes.data, bytes.len));
    strbuf_add(&bytes, number, NUMBER);
    base64_encode(bytes.data, bytes.len, false, out);
}

int page_token_read(const char *token, uint64_t binding, int64_t now_ms, struct strbuf *ret_place)
{
    CLEANUP(strbuf_done) struct strbuf bytes;
    strbuf_init(&bytes, TOKEN_MAX);
    int r = base64_decode(token, strlen(token), false, &bytes);
    if (r < 0 || bytes.overflow || bytes.len < HEAD + TAIL || bytes.data[0] != VERSION)
        return ERR_INVALID;

    size_t body = bytes.len - TAIL;
    int64_t made_ms = (int64_t)get_number(bytes.data + 1);
    if (get_number(bytes.data + body) != hash(HASH_START, bytes.data, body))
        return ERR_INVALID;
    if (get_number(bytes.data + 1 + NUMBER) != binding)
        return ERR_INVALID;
    if (made_ms < now_ms - PAGE_TOKEN_LIFE_MS)
        return ERR_INVALID;

    strbuf_add(ret_place, bytes.data + HEAD, body - HEAD);
    return 0;
}
