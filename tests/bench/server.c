#include "server.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

#define STARTUP_SECONDS 20

extern char **environ;

static bool spawn(const char *path, const char *db_file, int output, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    char *with_db[] = {(char *)path, "--port", "0", "--db", (char *)db_file, NULL};
    char *without[] = {(char *)path, "--port", "0", NULL};
    int r;

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    r = posix_spawn(ret_pid, path, &actions, NULL, *db_file ? with_db : without, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    return r == 0;
}

/* Finds the port in "... listening ... http://127.0.0.1:8083 ..." or "... listening ...
 * port=8083". */
static bool read_port(const char *line, unsigned *ret_port)
{
    const char *at = strstr(line, "http://");

    if (!strstr(line, "listening"))
        return false;
    at = at ? strchr(at + 7, ':') : strstr(line, "port=");
    if (!at)
        return false;
    return sscanf(at + strcspn(at, "0123456789"), "%u", ret_port) == 1;
}

/* Reads what the server prints up to that line. */
static bool wait_until_listening(int output, unsigned *ret_port)
{
    char text[8192];
    size_t len = 0;

    while (len < sizeof(text) - 1) {
        struct pollfd poller = {.fd = output, .events = POLLIN};
        ssize_t n;
        char *newline;

        if (poll(&poller, 1, 1000 * STARTUP_SECONDS) != 1)
            break;
        n = read(output, text + len, sizeof(text) - 1 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
        text[len] = '\0';
        while ((newline = strchr(text, '\n'))) {
            *newline = '\0';
            if (read_port(text, ret_port))
                return true;
            len -= (size_t)(newline + 1 - text);
            memmove(text, newline + 1, len + 1);
        }
    }
    (void)fprintf(stderr, "the server does not say that it listens: %.*s\n", (int)len, text);
    return false;
}

static void *drain(void *arg)
{
    const struct server *s = arg;
    char text[4096];

    while (read(s->output, text, sizeof(text)) > 0)
        continue;
    return NULL;
}

static bool make_directory(bool wanted, char directory[64])
{
    if (!wanted) {
        directory[0] = '\0';
        return true;
    }
    (void)snprintf(directory, 64, "/tmp/bench-sfnd-XXXXXX");
    return mkdtemp(directory) != NULL;
}

static void remove_directory(const char *directory)
{
    static const char *const files[] = {"bench.db", "bench.db-wal", "bench.db-shm",
                                        "bench.db.lock"};
    char path[128];

    if (!*directory)
        return;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", directory, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(directory);
}

bool server_start(const char *path, bool db, struct server *ret_server)
{
    struct server *s = ret_server;
    char db_file[128] = "";
    int ends[2];
    unsigned port;
    double begun;

    *s = (struct server){.path = path, .pid = -1};
    if (!make_directory(db, s->directory) || pipe(ends) < 0)
        return false;
    if (db)
        (void)snprintf(db_file, sizeof(db_file), "%s/bench.db", s->directory);
    s->output = ends[0];
    begun = client_now();
    if (!spawn(path, db_file, ends[1], &s->pid)) {
        (void)fprintf(stderr, "%s cannot be started\n", path);
        s->pid = -1;
    }
    (void)close(ends[1]);
    if (s->pid < 0 || !wait_until_listening(s->output, &port)) {
        server_stop(s);
        return false;
    }
    s->startup_ms = 1000 * (client_now() - begun);
    (void)snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%u", port);
    CHECK(pthread_create(&s->drain, NULL, drain, s) == 0);
    return true;
}

void server_stop(struct server *s)
{
    if (s->pid > 0) {
        (void)kill(s->pid, SIGTERM);
        (void)waitpid(s->pid, NULL, 0);
    }
    if (s->url[0])
        (void)pthread_join(s->drain, NULL);
    (void)close(s->output);
    remove_directory(s->directory);
    *s = (struct server){.pid = -1, .output = -1};
}

double server_resident(const struct server *s)
{
    char path[64], line[256];
    double kib = 0;
    FILE *f;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)s->pid);
    f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f)) {
        if (sscanf(line, "VmRSS: %lf kB", &kib) == 1)
            break;
    }
    if (f)
        (void)fclose(f);
    return kib / 1024;
}
