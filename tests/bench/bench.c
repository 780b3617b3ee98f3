/* Measures a Step Functions endpoint: one line "name  value  unit" for each number.
 *
 *     bench --server build/sfnd [--db]     starts the server itself, a new one for each scenario
 *     bench --endpoint URL                 measures one that runs
 *     ... --vs URL                         the same against a second one, in turns, with ratios */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios.h"

struct options {
    const char *server, *endpoint, *vs, *only;
    bool db;
    unsigned divisor;
    /* --load: one operation, instead of the scenarios */
    const char *load, *body;
    unsigned connections;
    double seconds;
    uint64_t requests;
};

static const char usage[] =
    "usage: bench (--server PATH [--db] | --endpoint URL) [--vs URL] [--only NAME] [--quick]\n"
    "       bench --endpoint URL --load OPERATION --body JSON [--connections N]\n"
    "             [--seconds N | --requests N]\n"
    "       bench --list\n"
    "\n"
    "  --server PATH      start this server, a new one for each scenario\n"
    "  --db               with a database file, removed at the end\n"
    "  --endpoint URL     measure a running server\n"
    "  --vs URL           run each scenario against a second server, too, and print ratios:\n"
    "                     2x means that the first one is twice as good\n"
    "  --only NAME        scenarios whose name begins so\n"
    "  --quick            a tenth of all counts\n"
    "  --load OPERATION   send one request over and over, from N connections (8) for N seconds "
    "(5)\n"
    "                     or N times\n";

enum {
    OPT_SERVER = 256,
    OPT_DB,
    OPT_ENDPOINT,
    OPT_VS,
    OPT_ONLY,
    OPT_QUICK,
    OPT_LIST,
    OPT_LOAD,
    OPT_BODY,
    OPT_CONNECTIONS,
    OPT_SECONDS,
    OPT_REQUESTS,
    OPT_HELP
};

static const struct option long_options[] = {
    {"server", required_argument, NULL, OPT_SERVER},
    {"db", no_argument, NULL, OPT_DB},
    {"endpoint", required_argument, NULL, OPT_ENDPOINT},
    {"vs", required_argument, NULL, OPT_VS},
    {"only", required_argument, NULL, OPT_ONLY},
    {"quick", no_argument, NULL, OPT_QUICK},
    {"list", no_argument, NULL, OPT_LIST},
    {"load", required_argument, NULL, OPT_LOAD},
    {"body", required_argument, NULL, OPT_BODY},
    {"connections", required_argument, NULL, OPT_CONNECTIONS},
    {"seconds", required_argument, NULL, OPT_SECONDS},
    {"requests", required_argument, NULL, OPT_REQUESTS},
    {"help", no_argument, NULL, OPT_HELP},
    {0},
};

static NORETURN void leave_with_usage(void)
{
    (void)fputs(usage, stderr);
    exit(2);
}

static NORETURN void list_and_leave(void)
{
    for (size_t i = 0; i < scenarios_len; i++)
        (void)printf("%s%s\n", scenarios[i].name,
                     scenarios[i].own_server ? " (needs --server)" : "");
    exit(0);
}

static void read_options(int argc, char **argv, struct options *o)
{
    int opt;

    *o = (struct options){.divisor = 1, .connections = 8};
    while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (opt) {
        case OPT_SERVER:
            o->server = optarg;
            break;
        case OPT_DB:
            o->db = true;
            break;
        case OPT_ENDPOINT:
            o->endpoint = optarg;
            break;
        case OPT_VS:
            o->vs = optarg;
            break;
        case OPT_ONLY:
            o->only = optarg;
            break;
        case OPT_QUICK:
            o->divisor = 10;
            break;
        case OPT_LIST:
            list_and_leave();
        case OPT_LOAD:
            o->load = optarg;
            break;
        case OPT_BODY:
            o->body = optarg;
            break;
        case OPT_CONNECTIONS:
            o->connections = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case OPT_SECONDS:
            o->seconds = strtod(optarg, NULL);
            break;
        case OPT_REQUESTS:
            o->requests = strtoull(optarg, NULL, 10);
            break;
        case OPT_HELP:
            (void)fputs(usage, stdout);
            exit(0);
        default:
            leave_with_usage();
        }
    }
    if (optind != argc || !o->server == !o->endpoint || (o->db && !o->server) || !o->connections ||
        o->connections > 10000)
        leave_with_usage();
    if (o->load ? !o->endpoint || !o->body || o->vs : o->body || o->seconds > 0 || o->requests)
        leave_with_usage();
}

static void parse_or_leave(const char *url, struct endpoint *ret_endpoint)
{
    if (endpoint_parse(url, ret_endpoint))
        return;
    (void)fprintf(stderr, "'%s' is not the URL of an endpoint\n", url);
    exit(2);
}

/* ---- one operation --------------------------------------------------------------------------- */

static void add_given_body(void *arg, uint64_t n, struct strbuf *out)
{
    (void)n;
    strbuf_adds(out, arg);
}

static int run_load(const struct options *o)
{
    struct endpoint e;
    struct load l = {
        .endpoint = &e,
        .operation = o->load,
        .connections = o->connections,
        .seconds = o->requests || o->seconds > 0 ? o->seconds : 5,
        .requests = o->requests,
        .body = add_given_body,
        .arg = (void *)o->body,
    };
    struct load_result result;

    parse_or_leave(o->endpoint, &e);
    /* The default account of servers that know accounts, so that ARNs in the body fit. */
    (void)snprintf(e.account, sizeof(e.account), "123456789012");
    load_run(&l, &result);
    (void)printf("requests  %llu\nerrors  %llu\n", (unsigned long long)result.requests,
                 (unsigned long long)result.errors);
    (void)printf("rate  %.0f 1/s\np50  %.3f ms\np99  %.3f ms\n", result.per_second, result.p50_ms,
                 result.p99_ms);
    if (result.errors)
        (void)fprintf(stderr, "the first error: %s\n", result.first_error);
    return result.errors ? 1 : 0;
}

/* ---- scenarios ------------------------------------------------------------------------------- */

static bool run_at(const struct scenario *s, const struct endpoint *e, struct server *server,
                   unsigned divisor, struct report *ret_report)
{
    struct target t;
    bool ok;

    ret_report->len = 0;
    target_open(&t, e, server);
    ok = s->run(&t, ret_report, divisor);
    target_close(&t);
    if (!ok)
        (void)fprintf(stderr, "%s failed at http://%s\n", s->name, e->host);
    return ok;
}

static bool run_first(const struct options *o, const struct scenario *s, struct report *ret_report)
{
    struct endpoint e;
    struct server server;
    bool ok;

    if (!o->server) {
        parse_or_leave(o->endpoint, &e);
        return run_at(s, &e, NULL, o->divisor, ret_report);
    }
    if (!server_start(o->server, o->db, &server))
        return false;
    parse_or_leave(server.url, &e);
    ok = run_at(s, &e, &server, o->divisor, ret_report);
    server_stop(&server);
    return ok;
}

static const struct report_row *find_row(const struct report *r, const char *name)
{
    for (size_t i = 0; i < r->len; i++) {
        if (strcmp(r->rows[i].name, name) == 0)
            return &r->rows[i];
    }
    return NULL;
}

static void print_number(double value, const char *unit)
{
    (void)printf("  %.*f %s", value < 10 ? 3 : value < 1000 ? 1 : 0, value, unit);
}

static void print_report(const struct report *first, const struct report *second)
{
    for (size_t i = 0; i < first->len; i++) {
        const struct report_row *a = &first->rows[i];
        const struct report_row *b = find_row(second, a->name);

        (void)fputs(a->name, stdout);
        print_number(a->value, a->unit);
        if (b) {
            double better = a->more_is_better ? a->value / b->value : b->value / a->value;

            print_number(b->value, b->unit);
            (void)printf("  %.2fx", better);
        }
        (void)putchar('\n');
    }
    (void)fflush(stdout);
}

static bool run_scenario(const struct options *o, const struct scenario *s)
{
    struct report first = {0}, second = {0};
    struct endpoint e;
    bool ok = run_first(o, s, &first);

    if (o->vs && !s->own_server) {
        parse_or_leave(o->vs, &e);
        ok = run_at(s, &e, NULL, o->divisor, &second) && ok;
    }
    print_report(&first, &second);
    return ok;
}

int main(int argc, char **argv)
{
    struct options o;
    unsigned failed = 0;

    read_options(argc, argv, &o);
    if (o.load)
        return run_load(&o);
    for (size_t i = 0; i < scenarios_len; i++) {
        const struct scenario *s = &scenarios[i];

        if (s->own_server && !o.server)
            continue;
        if (o.only && strncmp(s->name, o.only, strlen(o.only)) != 0)
            continue;
        failed += !run_scenario(&o, s);
    }
    return failed ? 1 : 0;
}
