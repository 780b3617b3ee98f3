#include "config.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define VERSION "0.1.0"

/* Each reads one value into *c and returns 0 or ERR_INVALID. */
typedef int (*config_setter)(struct config *c, const char *value);

static int set_port(struct config *c, const char *value)
{
    char *end;
    unsigned long port = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || port > UINT16_MAX)
        return ERR_INVALID;
    c->port = (uint16_t)port;
    return 0;
}

static int set_address(struct config *c, const char *value)
{
    c->address = value;
    return *value ? 0 : ERR_INVALID;
}

static int set_db(struct config *c, const char *value)
{
    c->db = value;
    return *value ? 0 : ERR_INVALID;
}

static int set_durable(struct config *c, const char *value)
{
    bool on = strcmp(value, "1") == 0 || strcmp(value, "true") == 0;
    c->durable = on;
    return on || strcmp(value, "0") == 0 || strcmp(value, "false") == 0 ? 0 : ERR_INVALID;
}

static int set_clock(struct config *c, const char *value)
{
    return clock_mode_parse(value, &c->clock) ? 0 : ERR_INVALID;
}

/* NAME=VALUE, or several with commas between them. */
static int set_limits(struct config *c, const char *value)
{
    CLEANUP(free_p) char *list = xstrdup(value);
    char *rest = list;
    char *one;
    while ((one = strsep(&rest, ","))) {
        char *number = strchr(one, '=');
        if (!number)
            return ERR_INVALID;
        *number++ = '\0';
        if (limits_set(&c->limits, one, number) < 0)
            return ERR_INVALID;
    }
    return 0;
}

static int set_account(struct config *c, const char *value)
{
    c->account = value;
    return strlen(value) == 12 && strspn(value, "0123456789") == 12 ? 0 : ERR_INVALID;
}

static int set_region(struct config *c, const char *value)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    c->region = value;
    return *value && strspn(value, allowed) == strlen(value) ? 0 : ERR_INVALID;
}

static int set_wait_time_scale(struct config *c, const char *value)
{
    char *end;
    double scale = strtod(value, &end);
    if (!*value || *end || !isfinite(scale) || scale < 0)
        return ERR_INVALID;
    c->wait_time_scale = scale;
    return 0;
}

static int set_log_level(struct config *c, const char *value)
{
    return log_level_parse(value, &c->log_level) ? 0 : ERR_INVALID;
}

static int add_endpoint(struct config *c, struct text service, struct text url)
{
    if (c->endpoints_len == CONFIG_ENDPOINTS || !service.len || !url.len)
        return ERR_INVALID;
    c->endpoints[c->endpoints_len++] = (struct config_endpoint){service, url};
    return 0;
}

/* SERVICE=URL, or several with commas between them. */
static int set_endpoints(struct config *c, const char *value)
{
    while (*value) {
        size_t len = strcspn(value, ",");
        const char *equals = memchr(value, '=', len);
        if (!equals)
            return ERR_INVALID;
        size_t service = (size_t)(equals - value);
        if (add_endpoint(c, (struct text){value, service},
                         (struct text){equals + 1, len - service - 1}) < 0)
            return ERR_INVALID;
        value += len;
        value += *value == ',';
    }
    return 0;
}

/* The endpoints that Step Functions Local has flags for: our flag, its own, ours in the
 * environment (its variables are for tasks/endpoints.h), the service. */
#define LOCAL_ENDPOINT_LIST(X)                                                    \
    X(batch, "batchEndpoint", "SFND_BATCH_ENDPOINT", "batch")                     \
    X(dynamodb, "dynamoDBEndpoint", "SFND_DYNAMODB_ENDPOINT", "dynamodb")         \
    X(ecs, "ecsEndpoint", "SFND_ECS_ENDPOINT", "ecs")                             \
    X(glue, "glueEndpoint", "SFND_GLUE_ENDPOINT", "glue")                         \
    X(lambda, "lambdaEndpoint", "SFND_LAMBDA_ENDPOINT", "lambda")                 \
    X(sagemaker, "sageMakerEndpoint", "SFND_SAGEMAKER_ENDPOINT", "api.sagemaker") \
    X(sns, "snsEndpoint", "SFND_SNS_ENDPOINT", "sns")                             \
    X(sqs, "sqsEndpoint", "SFND_SQS_ENDPOINT", "sqs")

#define X(name, alias, variable, service)                                           \
    static int set_##name##_endpoint(struct config *c, const char *value)           \
    {                                                                               \
        return add_endpoint(c, TEXT(service), (struct text){value, strlen(value)}); \
    }
LOCAL_ENDPOINT_LIST(X)
#undef X

/* Nested executions run in this server, wherever Step Functions Local would have sent them. */
static int set_step_functions_endpoint(struct config *c, const char *value)
{
    (void)c;
    return *value ? 0 : ERR_INVALID;
}

static int set_express_log(struct config *c, const char *value)
{
    c->express_log = value;
    return *value ? 0 : ERR_INVALID;
}

static int set_connections(struct config *c, const char *value)
{
    c->connections = value;
    return *value ? 0 : ERR_INVALID;
}

static int set_status_events(struct config *c, const char *value)
{
    c->status_events = value;
    return *value ? 0 : ERR_INVALID;
}

static int set_mock_config(struct config *c, const char *value)
{
    c->mock_config = value;
    return *value ? 0 : ERR_INVALID;
}

static const struct option_info {
    const char *flag;     /* without dashes */
    const char *alias;    /* as Step Functions Local calls it; NULL: no other name */
    const char *variable; /* of the environment */
    const char *local;    /* variable of Step Functions Local; NULL: none */
    const char *argument; /* how --help calls it; NULL: takes none */
    const char *help;
    config_setter set;
} options[] = {
    {"port", NULL, "SFND_PORT", NULL, "PORT", "TCP port; 0 for a free one (8083)", set_port},
    {"address", NULL, "SFND_ADDRESS", NULL, "IP", "address to listen on (127.0.0.1)", set_address},
    {"db", NULL, "SFND_DB", NULL, "FILE",
     "keep everything in this SQLite file (a private one, removed at exit)", set_db},
    {"durable", NULL, "SFND_DURABLE", NULL, NULL,
     "survive a power cut, not only a killed process; slower", set_durable},
    {"clock", NULL, "SFND_CLOCK", NULL, "MODE",
     "real, skip (jumps over waiting) or manual (moves by request) (real)", set_clock},
    {"limit", NULL, "SFND_LIMITS", NULL, "NAME=VALUE",
     "lower one of the limits below; may be repeated", set_limits},
    {"account", "aws-account", "SFND_ACCOUNT", "AWS_ACCOUNT_ID", "ID",
     "account of requests whose access key is none (123456789012)", set_account},
    {"region", "aws-region", "SFND_REGION", "AWS_DEFAULT_REGION", "REGION",
     "region of requests that name none (us-east-1)", set_region},
    {"wait-time-scale", "waitTimeScale", "SFND_WAIT_TIME_SCALE", "WAIT_TIME_SCALE", "FACTOR",
     "factor for the time Wait states take (1)", set_wait_time_scale},
    {"log-level", NULL, "SFND_LOG_LEVEL", NULL, "LEVEL", "debug, info, warn or error (warn)",
     set_log_level},
    {"endpoint", NULL, "SFND_ENDPOINTS", NULL, "SERVICE=URL",
     "where a service is that tasks call (sqs, s3, events, ...); may be repeated", set_endpoints},
#define X(name, alias, variable, service)                                                          \
    {#name "-endpoint",    alias, variable, NULL, "URL", "the same as --endpoint " service "=URL", \
     set_##name##_endpoint},
    LOCAL_ENDPOINT_LIST(X)
#undef X
        {"step-functions-endpoint", "stepFunctionsEndpoint", "SFND_STEP_FUNCTIONS_ENDPOINT",
         "STEP_FUNCTIONS_ENDPOINT", "URL", "accepted; nested executions always run in this server",
         set_step_functions_endpoint},
    {"express-log", NULL, "SFND_EXPRESS_LOG", NULL, "FILE",
     "write the events of machines that log to this file; - for standard error (nowhere)",
     set_express_log},
    {"connections", NULL, "SFND_CONNECTIONS", NULL, "FILE",
     "connections of HTTP Tasks by name, as EventBridge's CreateConnection takes them (none)",
     set_connections},
    {"status-events", NULL, "SFND_STATUS_EVENTS", NULL, "WHERE",
     "write status changes of executions to this file, - for standard error, or put them as events "
     "to " CONFIG_EVENTBRIDGE " (nowhere)",
     set_status_events},
    {"mock-config", NULL, "SFND_MOCK_CONFIG", "SFN_MOCK_CONFIG", "FILE",
     "mocked results of tasks (MockConfigFile.json, if there is one)", set_mock_config},
};

enum { FLAG_HELP = 1000, FLAG_VERSION };

static void print_help(void)
{
    (void)printf("usage: sfnd [OPTION]...\n"
                 "An emulator of AWS Step Functions for one machine.\n\n");
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        char flag[64];
        (void)snprintf(flag, sizeof(flag), "--%s%s%s", options[i].flag,
                       options[i].argument ? " " : "",
                       options[i].argument ? options[i].argument : "");
        (void)printf("  %-26s %s\n  %-26s [%s]\n", flag, options[i].help, "", options[i].variable);
    }
    (void)printf("  %-26s %s\n  %-26s %s\n", "--help", "print this", "--version",
                 "print the version");
    (void)printf("\nLimits:");
#define X(name, field, value) (void)printf(" %s=%d", name, value);
    SERVICE_LIMIT_LIST(X)
#undef X
    (void)printf("\n");
}

/* The variable that tells an option's value, and the value; NULL when none does. */
static const char *from_environment(const struct option_info *o, const char **ret_value)
{
    const char *names[] = {o->variable, o->local};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *value = names[i] ? getenv(names[i]) : NULL;
        if (value && *value) {
            *ret_value = value;
            return names[i];
        }
    }
    return NULL;
}

static int read_environment(struct config *c, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        const char *value;
        const char *name = from_environment(&options[i], &value);
        if (name && options[i].set(c, value) < 0)
            return err_set(err, ERR_INVALID, "%s=%s: bad value; %s", name, value, options[i].help);
    }
    return 0;
}

/* Names of flags for getopt: each option, its alias, help and version. */
static void list_flags(struct option *flags)
{
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        int argument = options[i].argument ? required_argument : no_argument;
        flags[len++] = (struct option){options[i].flag, argument, NULL, (int)i};
        if (options[i].alias)
            flags[len++] = (struct option){options[i].alias, argument, NULL, (int)i};
    }
    flags[len++] = (struct option){"help", no_argument, NULL, FLAG_HELP};
    flags[len++] = (struct option){"version", no_argument, NULL, FLAG_VERSION};
    flags[len] = (struct option){0};
}

static enum config_outcome read_flags(int argc, char **argv, struct config *c, struct err *err)
{
    struct option flags[2 * ARRAY_LEN(options) + 3];
    list_flags(flags);
    opterr = 0;
    for (;;) {
        int at = optind;
        /* The "only" form also takes long names after a single dash, as Step Functions Local does. */
        int flag = getopt_long_only(argc, argv, ":hv", flags, NULL);
        if (flag == -1)
            break;
        if (flag == FLAG_HELP || flag == 'h') {
            print_help();
            return CONFIG_DONE;
        }
        if (flag == FLAG_VERSION || flag == 'v') {
            (void)printf("sfnd " VERSION "\n");
            return CONFIG_DONE;
        }
        if (flag < 0 || (size_t)flag >= ARRAY_LEN(options)) {
            (void)err_set(err, ERR_INVALID, "%s %s", argv[at],
                          flag == ':' ? "needs a value" : "is no option of sfnd; see --help");
            return CONFIG_BAD;
        }
        const struct option_info *o = &options[flag];
        if (o->set(c, o->argument ? optarg : "1") < 0) {
            (void)err_set(err, ERR_INVALID, "--%s %s: bad value; %s", o->flag,
                          o->argument ? optarg : "", o->help);
            return CONFIG_BAD;
        }
    }
    if (optind < argc) {
        (void)err_set(err, ERR_INVALID, "%s is no option of sfnd; see --help", argv[optind]);
        return CONFIG_BAD;
    }
    return CONFIG_RUN;
}

enum config_outcome config_read(int argc, char **argv, struct config *ret_config, struct err *err)
{
    struct config c = {
        .address = "127.0.0.1",
        .port = 8083,
        .clock = CLOCK_REAL,
        .limits = limits_service,
        .account = "123456789012",
        .region = "us-east-1",
        .wait_time_scale = 1,
        .log_level = LOG_WARN,
    };
    if (read_environment(&c, err) < 0)
        return CONFIG_BAD;
    enum config_outcome outcome = read_flags(argc, argv, &c, err);
    if (outcome == CONFIG_RUN)
        *ret_config = c;
    return outcome;
}
