/* What the server is told when it starts: flags, or environment variables of the same meaning.
 *
 * A flag wins over its SFND_ variable, which wins over the variable Step Functions Local knows
 * (reference/integrations.md section 8). */
#pragma once

#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/log.h"

#define CONFIG_ENDPOINTS   64
#define CONFIG_EVENTBRIDGE "eventbridge"

struct config {
    const char *address;
    uint16_t port;
    const char *db; /* NULL: a private file that goes with the process */
    bool durable;
    enum clock_mode clock;
    struct limits limits;
    const char *account, *region;
    double wait_time_scale;
    enum log_level log_level;
    struct config_endpoint {
        struct text service, url;  /* as in tasks/endpoints.h */
    } endpoints[CONFIG_ENDPOINTS]; /* later ones win */
    size_t endpoints_len;
    const char *express_log;   /* NULL: none */
    const char *status_events; /* a file, or CONFIG_EVENTBRIDGE; NULL: none */
    const char *connections;   /* NULL: none */
    const char *mock_config;   /* NULL: the default file, when there is one */
};

enum config_outcome {
    CONFIG_RUN,
    CONFIG_DONE, /* --help or --version: text was printed, nothing else to do */
    CONFIG_BAD,  /* err tells what is wrong */
};

/* Strings in *ret_config are those of argv and the environment. */
enum config_outcome config_read(int argc, char **argv, struct config *ret_config, struct err *err);
