/* One line to standard error per record: time, level, module, message with key=value pairs.
 *
 *     log_info("engine", "execution ended execution=%s status=%s", arn, status);
 *
 * Safe from any thread.  State data (inputs, outputs) is never logged above debug. */
#pragma once

#include "base/base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

extern enum log_level log_threshold; /* records below it are dropped; default LOG_WARN */

void log_write(enum log_level level, const char *module, const char *format, ...) PRINTF_LIKE(3, 4);

#define log_debug(module, ...) log_at(LOG_DEBUG, module, __VA_ARGS__)
#define log_info(module, ...)  log_at(LOG_INFO, module, __VA_ARGS__)
#define log_warn(module, ...)  log_at(LOG_WARN, module, __VA_ARGS__)
#define log_error(module, ...) log_at(LOG_ERROR, module, __VA_ARGS__)
#define log_at(level, module, ...)                 \
    do {                                           \
        if ((level) >= log_threshold)              \
            log_write(level, module, __VA_ARGS__); \
    } while (0)

/* "debug", "info", "warn", "error"; false for anything else. */
bool log_level_parse(const char *name, enum log_level *ret_level);
