#include "engine/event_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/event_text.h"
#include "json/json.h"

enum {
    PIPE_BYTES = 4096, /* a pipe that poll() calls writable takes as much without blocking */
    FILE_BYTES = 1 << 20,
    PATIENCE_MS = 1000, /* at the end, with a reader that takes nothing */
    LINES_KEPT = 1 << 20,
};

struct event_log {
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

static bool is_stopping(struct event_log *log)
{
    pthread_mutex_lock(&log->lock);

    bool stopping = log->stopping;

    pthread_mutex_unlock(&log->lock);
    return stopping;
}

/* Waits until the reader takes more; false when the program ends and it does not. */
static bool wait_writable(struct event_log *log)
{
    struct pollfd p = {.fd = log->fd, .events = POLLOUT};

    if (log->regular)
        return true;
    for (;;) {
        int n = poll(&p, 1, PATIENCE_MS);

        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
        if (is_stopping(log))
            return false;
    }
}

static void write_all(struct event_log *log, const char *data, size_t len)
{
    size_t most = log->regular ? FILE_BYTES : PIPE_BYTES;

    while (len > 0 && wait_writable(log)) {
        ssize_t n = write(log->fd, data, MIN(len, most));

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
    struct event_log *log = arg;
    struct strbuf taken;
    bool more = true;

    strbuf_init(&taken, EVENT_LOG_BACKLOG);
    while (more) {
        pthread_mutex_lock(&log->lock);
        while (log->queue.len == 0 && !log->stopping)
            pthread_cond_wait(&log->wake, &log->lock);

        struct strbuf swap = taken;
        uint64_t dropped = log->dropped;

        taken = log->queue;
        log->queue = swap;
        log->dropped = 0;
        more = !log->stopping || taken.len > 0;
        pthread_mutex_unlock(&log->lock);
        write_all(log, taken.data, taken.len);
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

int event_log_open(const char *file, struct event_log **ret_log, struct err *err)
{
    bool standard = strcmp(file, "-") == 0;
    int fd = standard ? STDERR_FILENO
                      : open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);

    if (fd < 0)
        return err_set(err, ERR_IO, "cannot open the event log %s: %s", file, strerror(errno));

    struct event_log *log = xcalloc(1, sizeof(*log));

    log->fd = fd;
    log->regular = !standard && lseek(fd, 0, SEEK_CUR) >= 0;
    strbuf_init(&log->lines, EVENT_LOG_BACKLOG);
    strbuf_init(&log->queue, EVENT_LOG_BACKLOG);
    pthread_mutex_init(&log->lock, NULL);
    pthread_cond_init(&log->wake, NULL);
    if (pthread_create(&log->thread, NULL, write_lines, log) != 0) {
        if (!standard)
            close(fd);
        pthread_cond_destroy(&log->wake);
        pthread_mutex_destroy(&log->lock);
        free_p(&log);
        return err_set(err, ERR_IO, "cannot start the thread of the event log");
    }
    *ret_log = log;
    return 0;
}

void event_log_close(struct event_log *log)
{
    if (!log)
        return;
    event_log_flush(log);
    pthread_mutex_lock(&log->lock);
    log->stopping = true;
    pthread_cond_signal(&log->wake);
    pthread_mutex_unlock(&log->lock);
    pthread_join(log->thread, NULL);
    if (log->fd != STDERR_FILENO)
        close(log->fd);
    strbuf_done(&log->lines);
    strbuf_done(&log->queue);
    pthread_cond_destroy(&log->wake);
    pthread_mutex_destroy(&log->lock);
    free_p(&log);
}

static void add_text_int(struct strbuf *out, const char *name, int64_t value)
{
    strbuf_adds(out, name);
    strbuf_add_int(out, value);
    strbuf_addc(out, '"');
}

void event_log_add(struct event_log *log, const struct store_event *ev, const char *execution_arn,
                   int64_t redrive_count, bool with_data)
{
    struct strbuf *out = &log->lines;
    size_t start = out->len;

    add_text_int(out, "{\"id\":\"", ev->id);
    strbuf_adds(out, ",\"type\":\"");
    strbuf_adds(out, event_type_info(ev->type)->name);
    strbuf_adds(out, "\",\"details\":");
    event_text_details(out, ev, with_data);
    add_text_int(out, ",\"previous_event_id\":\"", ev->previous);
    add_text_int(out, ",\"event_timestamp\":\"", ev->time_ms);
    strbuf_adds(out, ",\"execution_arn\":");
    strbuf_add_json(out, execution_arn, strlen(execution_arn));
    add_text_int(out, ",\"redrive_count\":\"", redrive_count);
    strbuf_adds(out, "}\n");
    if (!out->overflow)
        return;
    log->lost++;
    out->overflow = false;
    strbuf_truncate(out, start);
}

static uint64_t count_lines(const struct strbuf *sb)
{
    uint64_t n = 0;

    for (size_t i = 0; i < sb->len; i++)
        n += sb->data[i] == '\n';
    return n;
}

void event_log_flush(struct event_log *log)
{
    if (log->lines.len == 0)
        return;
    pthread_mutex_lock(&log->lock);
    log->dropped += log->lost;
    log->lost = 0;
    if (log->queue.len == 0) {
        struct strbuf swap = log->queue;

        log->queue = log->lines;
        log->lines = swap;
    } else if (log->queue.len + log->lines.len <= EVENT_LOG_BACKLOG) {
        strbuf_add(&log->queue, log->lines.data, log->lines.len);
    } else {
        log->dropped += count_lines(&log->lines);
    }
    pthread_cond_signal(&log->wake);
    pthread_mutex_unlock(&log->lock);
    strbuf_clear(&log->lines);
}

/* ---- settings ---- */

struct event_log_settings event_log_settings(const char *logging)
{
    static const struct {
        const char *name;
        enum event_log_level level;
    } levels[] = {{"ALL", EVENT_LOG_ALL}, {"ERROR", EVENT_LOG_ERROR}, {"FATAL", EVENT_LOG_FATAL}};
    struct event_log_settings settings = {0};
    CLEANUP(json_unref_p) struct json *value = json_parse(logging, strlen(logging), 0, NULL);

    if (!json_is(value, JSON_OBJECT))
        return settings;

    const struct json *level = json_gets(value, "level");

    for (size_t i = 0; level && i < ARRAY_LEN(levels); i++)
        if (json_str_eq(level, levels[i].name))
            settings.level = levels[i].level;
    settings.data = json_is(json_gets(value, "includeExecutionData"), JSON_TRUE);
    return settings;
}

static bool ends_with(const char *s, const char *tail)
{
    size_t len = strlen(s);
    size_t tail_len = strlen(tail);

    return len >= tail_len && strcmp(s + len - tail_len, tail) == 0;
}

bool event_log_shows(enum event_log_level level, int type)
{
    const char *name = event_type_info(type)->name;

    if (level == EVENT_LOG_ALL || level == EVENT_LOG_OFF)
        return level == EVENT_LOG_ALL;

    bool bad =
        ends_with(name, "Failed") || ends_with(name, "TimedOut") || ends_with(name, "Aborted");

    if (level == EVENT_LOG_FATAL)
        return bad && strncmp(name, "Execution", strlen("Execution")) == 0;
    return bad || type == EVENT_FAIL_STATE_ENTERED;
}
