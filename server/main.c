/* Reads the flags, makes all objects and ties them together, waits for a signal, takes everything apart
 * again. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "api/api.h"
#include "base/log.h"
#include "base/mem.h"
#include "config.h"
#include "engine/engine.h"
#include "engine/line_file.h"
#include "http/http.h"
#include "scratch.h"
#include "tasks/endpoints.h"
#include "tasks/publisher.h"
#include "tasks/tasks.h"

enum { EXIT_BAD_VALUE = 2, CONNECTIONS_MAX = 8192, OTHER_FILES = 256 };

struct server {
    struct scratch scratch;
    struct clock *clock;
    struct line_file *log_file, *status_file;
    struct engine *engine;
    struct endpoints *endpoints;
    struct connections *connections;
    struct publisher *publisher;
    struct tasks *tasks;
    struct api *api;
    struct http *http;
};

/* As many connections as the limit of open files leaves room for, after raising it. */
static unsigned connections(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return 0;
    rlim_t wanted = MIN(files.rlim_max, (rlim_t)(CONNECTIONS_MAX + OTHER_FILES));
    if (files.rlim_cur < wanted) {
        struct rlimit raised = {.rlim_cur = wanted, .rlim_max = files.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            files.rlim_cur = wanted;
    }
    rlim_t room = files.rlim_cur > 2 * OTHER_FILES ? files.rlim_cur - OTHER_FILES : OTHER_FILES;
    return (unsigned)MIN(room, (rlim_t)CONNECTIONS_MAX);
}

/* The file that was named has to be there; the default one need not. */
static int load_mocks(const struct config *config, struct mocks **ret_mocks, struct err *err)
{
    int r = mocks_load(config->mock_config ? config->mock_config : "MockConfigFile.json", ret_mocks,
                       err);
    return r == ERR_NOT_FOUND && !config->mock_config ? 0 : r;
}

/* What takes the events of executions.  A file that is named twice is opened once: lines stay whole. */
static int open_outlets(struct server *s, const struct config *config, struct err *err)
{
    const char *status = config->status_events;
    bool bridge = status && strcmp(status, CONFIG_EVENTBRIDGE) == 0;
    int r = publisher_new(s->endpoints, bridge, &s->publisher, err);
    if (r == 0 && config->express_log)
        r = line_file_open(config->express_log, &s->log_file, err);
    if (r < 0 || !status || bridge)
        return r;
    if (config->express_log && strcmp(status, config->express_log) == 0) {
        s->status_file = s->log_file;
        return 0;
    }
    return line_file_open(status, &s->status_file, err);
}

static void add_sinks(const struct server *s, struct engine_config *engine)
{
    engine->sinks[engine->sinks_len++] = publisher_sink(s->publisher);
    if (s->log_file)
        engine->sinks[engine->sinks_len++] = line_file_log_sink(s->log_file);
    if (s->status_file)
        engine->sinks[engine->sinks_len++] = line_file_status_sink(s->status_file);
}

static int open_engine(struct server *s, const struct config *config, const char *file,
                       struct err *err)
{
    struct store *store;
    struct mocks *mocks = NULL;
    int r = load_mocks(config, &mocks, err);
    if (r < 0)
        return r;
    r = open_outlets(s, config, err);
    if (r < 0) {
        mocks_free(mocks);
        return r;
    }
    unsigned flags = STORE_WRITER;
    if (!config->db)
        flags |= STORE_TEMPORARY; /* removed at exit: nothing of it needs to reach the disk */
    else if (config->durable)
        flags |= STORE_DURABLE;
    r = store_open(file, flags, &store, err);
    if (r < 0) {
        mocks_free(mocks);
        return r;
    }
    struct engine_config engine = {
        .store = store,
        .clock = s->clock,
        .limits = config->limits,
        .wait_time_scale = config->wait_time_scale,
        .mocks = mocks,
    };
    add_sinks(s, &engine);
    r = engine_new(&engine, &s->engine, err);
    if (r < 0)
        return r;
    struct tasks_config tasks = {
        .endpoints = s->endpoints,
        .connections = s->connections,
        .payload_bytes = config->limits.payload_bytes,
    };
    s->tasks = tasks_new(&tasks);
    tasks_register(s->tasks, s->engine);
    return 0;
}

static int read_endpoints(struct server *s, const struct config *config, struct err *err)
{
    int r = 0;
    s->endpoints = endpoints_new(getenv);
    for (size_t i = config->endpoints_len; i-- > 0 && r >= 0;) {
        const struct config_endpoint *one = &config->endpoints[i];
        CLEANUP(free_p) char *service = xmemdup(one->service.data, one->service.len);
        CLEANUP(free_p) char *url = xmemdup(one->url.data, one->url.len);
        r = endpoints_set(s->endpoints, service, url, err);
    }
    return r < 0 ? r : endpoints_check(s->endpoints, err);
}

static int start(struct server *s, const struct config *config, struct err *err)
{
    const char *file = config->db;
    if (!file) {
        int r = scratch_new(&s->scratch, err);
        if (r < 0)
            return r;
        file = s->scratch.file;
    }
    s->clock = clock_new(config->clock, 0);
    int r = read_endpoints(s, config, err);
    if (r < 0)
        return r;
    if (config->connections)
        r = connections_load(config->connections, &s->connections, err);
    if (r < 0)
        return r;
    r = open_engine(s, config, file, err);
    if (r < 0)
        return r;

    struct log_groups log_groups = publisher_log_groups(s->publisher);
    struct api_config api = {
        .engine = s->engine,
        .clock = s->clock,
        .store_file = file,
        .limits = config->limits,
        .account = config->account,
        .region = config->region,
        .log_groups = &log_groups,
    };
    s->api = api_new(&api);
    struct http_config http = {
        .api = s->api,
        .address = config->address,
        .port = config->port,
        .connections = connections(),
    };
    r = http_start(&http, &s->http, err);
    if (r < 0)
        return r;
    /* Tasks that call Step Functions come back here. */
    r = endpoints_set(s->endpoints, "states", http_url(s->http), err);
    if (r < 0)
        return r;
    r = engine_start(s->engine);
    return r < 0 ? err_set(err, r, "cannot start the engine's thread") : 0;
}

/* In the order that leaves nobody waiting: see http/http.h, tasks/tasks.h and tasks/publisher.h.  Also after
 * a start that went half way. */
static void stop(struct server *s)
{
    if (s->http)
        http_quiesce(s->http);
    publisher_stop_asking(s->publisher);
    if (s->engine)
        engine_stop(s->engine);
    tasks_free(s->tasks);
    engine_free(s->engine);
    publisher_free(s->publisher);
    endpoints_free(s->endpoints);
    connections_free(s->connections);
    if (s->status_file != s->log_file)
        line_file_close(s->status_file);
    line_file_close(s->log_file);
    http_stop(s->http);
    api_free(s->api);
    clock_free(s->clock);
    scratch_remove(&s->scratch);
}

/* SIGTERM and SIGINT, blocked in every thread, for sigwait. */
static void block_signals(sigset_t *ret_signals)
{
    (void)sigemptyset(ret_signals);
    (void)sigaddset(ret_signals, SIGTERM);
    (void)sigaddset(ret_signals, SIGINT);
    CHECK(pthread_sigmask(SIG_BLOCK, ret_signals, NULL) == 0);
    (void)signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    struct config config;
    struct err err = {0};
    switch (config_read(argc, argv, &config, &err)) {
    case CONFIG_DONE:
        return EXIT_SUCCESS;
    case CONFIG_BAD:
        (void)fprintf(stderr, "sfnd: %s\n", err.text);
        return EXIT_BAD_VALUE;
    case CONFIG_RUN:
        break;
    }
    log_threshold = config.log_level;
    sigset_t signals;
    block_signals(&signals);

    struct server server = {0};
    int r = start(&server, &config, &err);
    if (r < 0) {
        (void)fprintf(stderr, "sfnd: %s\n", err.text);
        stop(&server);
        return r == ERR_INVALID ? EXIT_BAD_VALUE : EXIT_FAILURE;
    }
    (void)printf("sfnd listening on %s\n", http_url(server.http));
    (void)fflush(stdout);

    int number = 0;
    (void)sigwait(&signals, &number);
    log_info("main", "stopping signal=%d", number);
    stop(&server);
    return EXIT_SUCCESS;
}
