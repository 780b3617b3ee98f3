#include "tasks/tasks.h"

#include <stdlib.h>

#include "base/mem.h"
#include "engine/engine.h"
#include "tasks/calls.h"
#include "tasks/fallback.h"
#include "tasks/http_driver.h"
#include "tasks/job_driver.h"
#include "tasks/lambda_driver.h"
#include "tasks/service_driver.h"

struct tasks {
    struct calls *calls; /* owned */
    struct lambda_driver lambda;
    struct http_driver http; /* owns its tokens */
    struct service_driver service;
    struct job_driver jobs;
};

struct tasks *tasks_new(const struct tasks_config *config)
{
    struct tasks *t = xmalloc(sizeof(*t));

    t->calls = calls_new(config->transfers);
    t->lambda = (struct lambda_driver){
        .calls = t->calls,
        .endpoints = config->endpoints,
        .max_bytes = config->payload_bytes,
    };
    t->http = (struct http_driver){
        .calls = t->calls,
        .endpoints = config->endpoints,
        .connections = config->connections,
        .tokens = oauth_tokens_new(),
        .max_bytes = config->payload_bytes,
    };
    t->service = (struct service_driver){
        .calls = t->calls,
        .endpoints = config->endpoints,
        .max_bytes = config->payload_bytes,
    };
    t->jobs = (struct job_driver){
        .calls = t->calls,
        .endpoints = config->endpoints,
        .max_bytes = config->payload_bytes,
        .first_ms = JOB_FIRST_MS,
        .most_ms = JOB_MOST_MS,
    };
    return t;
}

void tasks_free(struct tasks *t)
{
    if (!t)
        return;
    calls_free(t->calls);
    oauth_tokens_free(t->http.tokens);
    free(t);
}

void tasks_register(struct tasks *t, struct engine *e)
{
    struct task_driver lambda = lambda_driver_table(&t->lambda);
    struct task_driver http = http_driver_table(&t->http);
    struct task_driver service = service_driver_table(&t->service);
    struct task_driver jobs = job_driver_table(&t->jobs);
    struct task_driver fallback = fallback_driver_table();

    engine_add_driver(e, &lambda);
    engine_add_driver(e, &http);
    engine_add_driver(e, &service);
    engine_add_driver(e, &jobs);
    engine_add_driver(e, &fallback);
}
