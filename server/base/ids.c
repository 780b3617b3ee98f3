#include "base/ids.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* Random bytes fetched ahead, so that not every identifier costs a system call. */
static _Thread_local struct {
    unsigned char bytes[512];
    size_t left; /* unused bytes, at the end of `bytes` */
} pool;

static void fetch(void *p, size_t len)
{
    unsigned char *at = p;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0) {
            CHECK(errno == EINTR);
            continue;
        }
        at += n;
        len -= (size_t)n;
    }
}

void random_bytes(void *p, size_t len)
{
    if (len > sizeof(pool.bytes) / 4) {
        fetch(p, len);
        return;
    }
    if (len > pool.left) {
        fetch(pool.bytes, sizeof(pool.bytes));
        pool.left = sizeof(pool.bytes);
    }
    unsigned char *from = pool.bytes + sizeof(pool.bytes) - pool.left;
    memcpy(p, from, len);
    memset(from, 0, len); /* what was given out cannot be found here later */
    pool.left -= len;
}

uint64_t random_u64(void)
{
    uint64_t value;
    random_bytes(&value, sizeof(value));
    return value;
}

char *uuid4(char buf[UUID_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[16];
    random_bytes(bytes, sizeof(bytes));
    bytes[6] = (bytes[6] & 0x0F) | 0x40; /* version 4 */
    bytes[8] = (bytes[8] & 0x3F) | 0x80; /* the variant of RFC 4122 */

    char *out = buf;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = hex[bytes[i] >> 4];
        *out++ = hex[bytes[i] & 15];
    }
    *out = '\0';
    return buf;
}
