#include "tasks/tasks.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "engine/engine.h"
#include "tasks/calls.h"
#include "tasks/fallback.h"
#include "tasks/lambda_driver.h"

struct tasks {
    struct calls *calls; /* owned */
    struct lambda_driver lambda;
};

/* Copies an endpoint without slashes at its end; *ret_endpoint NULL when there is none. */
static int copy_endpoint(const char *service, const char *url, char **ret_endpoint, struct err *err)
{
    size_t len = url ? strlen(url) : 0;
    size_t scheme;

    if (len == 0) {
        *ret_endpoint = NULL;
        return 0;
    }
    scheme = strncasecmp(url, "http://", 7) == 0 ? 7 : strncasecmp(url, "https://", 8) == 0 ? 8 : 0;
    if (!scheme || strcspn(url + scheme, "/?#") == 0 || strpbrk(url, "?# \t\r\n"))
        return err_set(err, ERR_INVALID,
                       "the endpoint of %s has to be a URL like http://127.0.0.1:3001, not '%s'",
                       service, url);
    while (url[len - 1] == '/')
        len--;
    *ret_endpoint = xmemdup(url, len);
    return 0;
}

int tasks_new(const struct tasks_config *config, struct tasks **ret_tasks, struct err *err)
{
    char *endpoint = NULL;
    struct tasks *t;
    int r;

    r = copy_endpoint("Lambda", config->lambda_endpoint, &endpoint, err);
    if (r < 0)
        return r;

    t = xmalloc(sizeof(*t));
    t->calls = calls_new(config->transfers);
    t->lambda = (struct lambda_driver){
        .calls = t->calls,
        .endpoint = endpoint,
        .max_bytes = config->payload_bytes,
    };
    *ret_tasks = t;
    return 0;
}

void tasks_free(struct tasks *t)
{
    if (!t)
        return;
    calls_free(t->calls);
    free(t->lambda.endpoint);
    free(t);
}

void tasks_register(struct tasks *t, struct engine *e)
{
    struct task_driver lambda = lambda_driver_table(&t->lambda);
    struct task_driver fallback = fallback_driver_table();

    engine_add_driver(e, &lambda);
    engine_add_driver(e, &fallback);
}
