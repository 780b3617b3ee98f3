#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"

#define READ_BYTES 65536

static int read_all(int fd, size_t max, struct strbuf *sb, struct err *err)
{
    struct stat status;
    ssize_t n = 1;

    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
        return err_set(err, ERR_INVALID, "is no regular file");
    while (n > 0) {
        char *to = strbuf_reserve(sb, READ_BYTES);

        n = to ? read(fd, to, READ_BYTES) : 0;
        if (n < 0 && errno == EINTR) {
            n = 1;
            continue;
        }
        if (n < 0)
            return err_set(err, ERR_IO, "%s", strerror(errno));
        if (!to || sb->len + (size_t)n > max)
            return err_set(err, ERR_LIMIT, "has more than %zu bytes", max);
        strbuf_commit(sb, (size_t)n);
    }
    return 0;
}

int file_read(const char *path, size_t max, char **ret_text, size_t *ret_len, struct err *err)
{
    CLEANUP(strbuf_done) struct strbuf sb;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int r;

    strbuf_init(&sb, max + READ_BYTES);
    if (fd < 0)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s", strerror(errno));
    r = read_all(fd, max, &sb, err);
    (void)close(fd);
    if (r == 0)
        *ret_text = strbuf_take(&sb, ret_len);
    return r;
}
