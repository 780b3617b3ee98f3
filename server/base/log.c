#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/timefmt.h"

enum { LINE_SIZE = 8192 };

enum log_level log_threshold = LOG_WARN;

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFO] = "info",
    [LOG_WARN] = "warn",
    [LOG_ERROR] = "error",
};

/* A record is one line whatever its message holds, so that nobody can forge a second one. */
static void hide_control_characters(char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F)
            line[i] = ' ';
}

void log_write(enum log_level level, const char *module, const char *format, ...)
{
    char line[LINE_SIZE];
    char time[ISO_TIME_SIZE];
    int head = snprintf(line, sizeof(line), "%s %-5s %s: ", iso_time_format(clock_system(), time),
                        level_names[level], module);
    CHECK(head > 0 && head < 256);

    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(line + head, sizeof(line) - (size_t)head, format, ap);
    va_end(ap);
    CHECK(n >= 0);

    size_t len = MIN((size_t)head + (size_t)n, sizeof(line) - 1);
    hide_control_characters(line, len);
    line[len++] = '\n';
    /* One call per record keeps the records of several threads apart; a full or closed standard
     * error is not worth failing for. */
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written;
}

bool log_level_parse(const char *name, enum log_level *ret_level)
{
    for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *ret_level = (enum log_level)i;
            return true;
        }
    }
    return false;
}
