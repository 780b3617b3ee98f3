#include "engine/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/timefmt.h"

enum {
    PIPE_BYTES = 4096, /* a pipe that poll() calls writable takes as much without blocking */
    FILE_BYTES = 1 << 20,
    PATIENCE_MS = 1000, /* at the end, with a reader that takes nothing */
    LINES_KEPT = 1 << 20,
};

struct line_file {
    struct strbuf lines; /* the engine's thread only, as the next */
    uint64_t lost;       /* lines without room */
    int fd;
    bool regular; /* a file: never blocks for long */
    pthread_t thread;

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t wake;
    struct strbuf queue; /* flushed, not yet taken by the thread */
    uint64_t dropped;    /* lines, since the last time it was told */
    bool stopping;
};

/* ---- the thread ---- */

static bool is_stopping(struct line_file *file)
{
    pthread_mutex_lock(&file->lock);

    bool stopping = file->stopping;

    pthread_mutex_unlock(&file->lock);
    return stopping;
}

/* Waits until the reader takes more; false when the program ends and it does not. */
static bool wait_writable(struct line_file *file)
{
    struct pollfd p = {.fd = file->fd, .events = POLLOUT};

    if (file->regular)
        return true;
    for (;;) {
        int n = poll(&p, 1, PATIENCE_MS);

        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
        if (is_stopping(file))
            return false;
    }
}

static void write_all(struct line_file *file, const char *data, size_t len)
{
    size_t most = file->regular ? FILE_BYTES : PIPE_BYTES;

    while (len > 0 && wait_writable(file)) {
        ssize_t n = write(file->fd, data, MIN(len, most));

        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            log_warn("engine", "events are not logged error=\"%s\" bytes=%zu", strerror(errno),
                     len);
            return;
        }
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
    }
}

static void *write_lines(void *arg)
{
    struct line_file *file = arg;
    struct strbuf taken;
    bool more = true;

    strbuf_init(&taken, LINE_FILE_BACKLOG);
    while (more) {
        pthread_mutex_lock(&file->lock);
        while (file->queue.len == 0 && !file->stopping)
            pthread_cond_wait(&file->wake, &file->lock);

        struct strbuf swap = taken;
        uint64_t dropped = file->dropped;

        taken = file->queue;
        file->queue = swap;
        file->dropped = 0;
        more = !file->stopping || taken.len > 0;
        pthread_mutex_unlock(&file->lock);
        write_all(file, taken.data, taken.len);
        if (dropped > 0)
            log_warn("engine", "events are logged too slowly, some were left out lines=%llu",
                     (unsigned long long)dropped);
        strbuf_clear(&taken);
        if (taken.cap > LINES_KEPT)
            strbuf_done(&taken);
    }
    strbuf_done(&taken);
    return NULL;
}

/* ---- life ---- */

int line_file_open(const char *name, struct line_file **ret_file, struct err *err)
{
    bool standard = strcmp(name, "-") == 0;
    int fd = standard ? STDERR_FILENO
                      : open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);

    if (fd < 0)
        return err_set(err, ERR_IO, "cannot open the event log %s: %s", name, strerror(errno));

    struct line_file *file = xcalloc(1, sizeof(*file));

    file->fd = fd;
    file->regular = !standard && lseek(fd, 0, SEEK_CUR) >= 0;
    strbuf_init(&file->lines, LINE_FILE_BACKLOG);
    strbuf_init(&file->queue, LINE_FILE_BACKLOG);
    pthread_mutex_init(&file->lock, NULL);
    pthread_cond_init(&file->wake, NULL);
    if (pthread_create(&file->thread, NULL, write_lines, file) != 0) {
        if (!standard)
            close(fd);
        pthread_cond_destroy(&file->wake);
        pthread_mutex_destroy(&file->lock);
        free_p(&file);
        return err_set(err, ERR_IO, "cannot start the thread of the event log");
    }
    *ret_file = file;
    return 0;
}

void line_file_close(struct line_file *file)
{
    if (!file)
        return;
    line_file_flush(file);
    pthread_mutex_lock(&file->lock);
    file->stopping = true;
    pthread_cond_signal(&file->wake);
    pthread_mutex_unlock(&file->lock);
    pthread_join(file->thread, NULL);
    if (file->fd != STDERR_FILENO)
        close(file->fd);
    strbuf_done(&file->lines);
    strbuf_done(&file->queue);
    pthread_cond_destroy(&file->wake);
    pthread_mutex_destroy(&file->lock);
    free_p(&file);
}

/* Ends the line that began at `start`, or takes it back when there was no room for it. */
static void end_line(struct line_file *file, size_t start)
{
    struct strbuf *out = &file->lines;

    strbuf_addc(out, '\n');
    if (!out->overflow)
        return;
    file->lost++;
    out->overflow = false;
    strbuf_truncate(out, start);
}

void line_file_add(struct line_file *file, struct text line)
{
    size_t start = file->lines.len;

    strbuf_add(&file->lines, line.data, line.len);
    end_line(file, start);
}

static uint64_t count_lines(const struct strbuf *sb)
{
    uint64_t n = 0;

    for (size_t i = 0; i < sb->len; i++)
        n += sb->data[i] == '\n';
    return n;
}

void line_file_flush(struct line_file *file)
{
    if (file->lines.len == 0)
        return;
    pthread_mutex_lock(&file->lock);
    file->dropped += file->lost;
    file->lost = 0;
    if (file->queue.len == 0) {
        struct strbuf swap = file->queue;

        file->queue = file->lines;
        file->lines = swap;
    } else if (file->queue.len + file->lines.len <= LINE_FILE_BACKLOG) {
        strbuf_add(&file->queue, file->lines.data, file->lines.len);
    } else {
        file->dropped += count_lines(&file->lines);
    }
    pthread_cond_signal(&file->wake);
    pthread_mutex_unlock(&file->lock);
    strbuf_clear(&file->lines);
}

/* ---- as a sink ---- */

static void flush_sink(void *self)
{
    line_file_flush(self);
}

static void take_log(void *self, const struct log_line *line)
{
    line_file_add(self, line->text);
}

struct event_sink line_file_log_sink(struct line_file *file)
{
    return (struct event_sink){.self = file, .log = take_log, .flush = flush_sink};
}

static void add_member(struct strbuf *out, const char *name, const char *value)
{
    strbuf_adds(out, name);
    strbuf_add_json(out, value, strlen(value));
}

/* The whole event as EventBridge hands it to its targets. */
static void take_status(void *self, const struct status_change *change)
{
    struct line_file *file = self;
    struct strbuf *out = &file->lines;
    size_t start = out->len;
    char id[UUID_SIZE], time[ISO_TIME_SIZE];

    (void)iso_time_format(change->time_ms, time);
    memcpy(strrchr(time, '.'), "Z", 2); /* whole seconds, here only */
    add_member(out, "{\"version\":\"0\",\"id\":", uuid4(id));
    add_member(out, ",\"detail-type\":", STATUS_DETAIL_TYPE);
    add_member(out, ",\"source\":", STATUS_SOURCE);
    add_member(out, ",\"account\":", change->account);
    add_member(out, ",\"time\":", time);
    add_member(out, ",\"region\":", change->region);
    add_member(out, ",\"resources\":[", change->execution_arn);
    strbuf_adds(out, "],\"detail\":");
    strbuf_add(out, change->detail.data, change->detail.len);
    strbuf_addc(out, '}');
    end_line(file, start);
}

struct event_sink line_file_status_sink(struct line_file *file)
{
    return (struct event_sink){.self = file, .status = take_status, .flush = flush_sink};
}
