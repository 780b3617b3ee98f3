#include "tasks/endpoints.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"

#define VARIABLES 3 /* of a service */

struct endpoints {
    endpoints_variable *variable;
    pthread_mutex_t lock;
    struct map *urls; /* by service: owned; NOWHERE: there is none */
};

static char NOWHERE[] = "";

/* Services that the variables do not call like their prefix: what stands before _ENDPOINT and after
 * AWS_ENDPOINT_URL_. */
static const struct {
    const char *service, *local, *sdk;
} stems[] = {
    {"api.ecr", "ECR", "ECR"},
    {"api.sagemaker", "SAGE_MAKER", "SAGEMAKER"},
    {"elasticmapreduce", "EMR", "EMR"},
    {"email", "SES", "SES"},
    {"events", "EVENTS", "EVENTBRIDGE"},
    {"logs", "LOGS", "CLOUDWATCH_LOGS"},
    {"monitoring", "CLOUDWATCH", "CLOUDWATCH"},
    {"secretsmanager", "SECRETS_MANAGER", "SECRETS_MANAGER"},
};

static const char *const often_used[] = {
    "lambda",         "sqs",  "sns", "dynamodb", "events", "s3",
    "secretsmanager", "logs", "ecs", "batch",    "glue",   "api.sagemaker",
};

struct endpoints *endpoints_new(endpoints_variable *variable)
{
    struct endpoints *e = xmalloc(sizeof(*e));

    *e = (struct endpoints){.variable = variable, .urls = map_new()};
    (void)pthread_mutex_init(&e->lock, NULL);
    return e;
}

void endpoints_free(struct endpoints *e)
{
    size_t at = 0;
    const char *key;
    size_t len;
    void *url;

    if (!e)
        return;
    while (map_next(e->urls, &at, &key, &len, &url))
        if (url != NOWHERE)
            free(url);
    map_free(e->urls);
    (void)pthread_mutex_destroy(&e->lock);
    free(e);
}

/* Copies a URL without slashes at its end. */
static int copy_url(const char *what, const char *url, char **ret_url, struct err *err)
{
    size_t len = strlen(url);
    size_t scheme = strncasecmp(url, "http://", 7) == 0    ? 7
                    : strncasecmp(url, "https://", 8) == 0 ? 8
                                                           : 0;

    if (!scheme || strcspn(url + scheme, "/?#") == 0 || strpbrk(url, "?# \t\r\n"))
        return err_set(err, ERR_INVALID, "%s has to be a URL like http://127.0.0.1:3001, not '%s'",
                       what, url);
    while (url[len - 1] == '/')
        len--;
    *ret_url = xmemdup(url, len);
    return 0;
}

int endpoints_set(struct endpoints *e, const char *service, const char *url, struct err *err)
{
    CLEANUP(free_p) char *what = xasprintf("the endpoint of %s", service);
    char *copy;
    const char *before;
    int r = copy_url(what, url, &copy, err);

    if (r < 0)
        return r;
    (void)pthread_mutex_lock(&e->lock);
    before = map_get(e->urls, service, strlen(service));
    if (!before || before == NOWHERE)
        (void)map_set(e->urls, service, strlen(service), copy);
    else
        free(copy);
    (void)pthread_mutex_unlock(&e->lock);
    return 0;
}

/* ---- variables ------------------------------------------------------------------------------- */

/* "data-sync" -> "DATA_SYNC" */
static char *stem_of(const char *service)
{
    char *stem = xstrdup(service);

    for (char *c = stem; *c; c++)
        *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
    return stem;
}

/* In the order in which they are asked; memory from malloc. */
static void variables_of(const char *service, char *ret_names[VARIABLES])
{
    CLEANUP(free_p) char *stem = stem_of(service);
    const char *local = stem;
    const char *sdk = stem;

    for (size_t i = 0; i < ARRAY_LEN(stems); i++) {
        if (strcmp(stems[i].service, service) == 0) {
            local = stems[i].local;
            sdk = stems[i].sdk;
        }
    }
    ret_names[0] = xasprintf("%s_ENDPOINT", local);
    ret_names[1] = xasprintf("AWS_ENDPOINT_URL_%s", sdk);
    ret_names[2] = xstrdup("AWS_ENDPOINT_URL");
}

static void free_names(char *names[VARIABLES])
{
    for (size_t i = 0; i < VARIABLES; i++)
        free(names[i]);
}

/* *ret_url is NULL when no variable is set. */
static int from_environment(struct endpoints *e, const char *service, char **ret_url,
                            struct err *err)
{
    char *names[VARIABLES];
    int r = 0;

    *ret_url = NULL;
    variables_of(service, names);
    for (size_t i = 0; e->variable && i < VARIABLES && r == 0 && !*ret_url; i++) {
        const char *value = e->variable(names[i]);

        if (value && *value)
            r = copy_url(names[i], value, ret_url, err);
    }
    free_names(names);
    return r;
}

int endpoints_check(struct endpoints *e, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(often_used); i++) {
        char *url = NULL;
        int r = 0;

        if (!map_get(e->urls, often_used[i], strlen(often_used[i])))
            r = from_environment(e, often_used[i], &url, err);
        if (r < 0)
            return r;
        free_p(&url);
    }
    return 0;
}

const char *endpoints_get(struct endpoints *e, const char *service)
{
    struct err err = {0};
    char *url;

    (void)pthread_mutex_lock(&e->lock);
    url = map_get(e->urls, service, strlen(service));
    if (!url) {
        if (from_environment(e, service, &url, &err) < 0) {
            log_warn("tasks", "%s", err.text);
            url = NULL;
        }
        (void)map_set(e->urls, service, strlen(service), url ? url : NOWHERE);
    }
    (void)pthread_mutex_unlock(&e->lock);
    return url && url != NOWHERE ? url : NULL;
}

char *endpoints_variables(const char *service)
{
    char *names[VARIABLES];
    char *text;

    variables_of(service, names);
    text = xasprintf("%s, %s or %s", names[0], names[1], names[2]);
    free_names(names);
    return text;
}
