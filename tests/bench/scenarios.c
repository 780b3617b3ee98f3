#include "scenarios.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/timefmt.h"

#define LOAD_SECONDS 3.0

/* ---- definitions ----------------------------------------------------------------------------- */

#define ONE_PASS "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"

#define PASS(name, next) "\"" name "\":{\"Type\":\"Pass\",\"Next\":\"" next "\"},"
#define TEN_PASSES                                                                                \
    "{\"StartAt\":\"A\",\"States\":{" PASS("A", "B") PASS("B", "C") PASS("C", "D") PASS("D", "E") \
        PASS("E", "F") PASS("F", "G") PASS("G", "H") PASS("H", "I")                               \
            PASS("I", "J") "\"J\":{\"Type\":\"Pass\",\"End\":true}}}"

#define MAP_OF_PASSES                                                                             \
    "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemsPath\":\"$.items\",\"End\":"   \
    "true,"                                                                                       \
    "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"INLINE\"},\"StartAt\":\"A\",\"States\":{" \
    "\"A\":{\"Type\":\"Pass\",\"End\":true}}}}}}"

#define BRANCH(name) \
    "{\"StartAt\":\"" name "\",\"States\":{\"" name "\":{\"Type\":\"Pass\",\"End\":true}}}"
#define TEN_BRANCHES                                                                            \
    "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":"    \
    "[" BRANCH("A") "," BRANCH("B") "," BRANCH("C") "," BRANCH("D") "," BRANCH("E") "," BRANCH( \
        "F") "," BRANCH("G") "," BRANCH("H") "," BRANCH("I") "," BRANCH("J") "]}}}"

/* Counts n up to limit, four events a round, then goes to the state that is its last part. */
#define LOOP(last)                                                                    \
    "{\"StartAt\":\"More\",\"States\":{\"More\":{\"Type\":\"Choice\",\"Choices\":[{"  \
    "\"Variable\":\"$.n\",\"NumericLessThanPath\":\"$.limit\",\"Next\":\"Add\"}],"    \
    "\"Default\":\"Last\"},\"Add\":{\"Type\":\"Pass\",\"Parameters\":{"               \
    "\"n.$\":\"States.MathAdd($.n, 1)\",\"limit.$\":\"$.limit\"},\"Next\":\"More\"}," \
    "\"Last\":" last "}}"
#define LOOP_TO_SUCCESS LOOP("{\"Type\":\"Succeed\"}")
#define LOOP_TO_FAILURE LOOP("{\"Type\":\"Fail\",\"Error\":\"Bench\",\"Cause\":\"asked for\"}")

#define WAIT_UNTIL                                                                                \
    "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"TimestampPath\":\"$.at\",\"End\":" \
    "true}}}"

/* ---- helpers --------------------------------------------------------------------------------- */

static void PRINTF_LIKE(5, 6) add_row(struct report *r, double value, const char *unit,
                                      bool more_is_better, const char *format, ...)
{
    struct report_row *row = &r->rows[r->len++];
    va_list ap;

    CHECK(r->len <= REPORT_ROWS);
    *row = (struct report_row){.value = value, .more_is_better = more_is_better};
    (void)snprintf(row->unit, sizeof(row->unit), "%s", unit);
    va_start(ap, format);
    (void)vsnprintf(row->name, sizeof(row->name), format, ap);
    va_end(ap);
}

/* Requests that all have the same body. */
static void same_body(void *arg, uint64_t n, struct strbuf *out)
{
    const struct strbuf *body = arg;

    (void)n;
    strbuf_add(out, body->data, body->len);
}

static bool load_went_well(const struct load *l, const struct load_result *result)
{
    if (result->errors)
        (void)fprintf(stderr, "%s: %llu of %llu requests failed; the first: %s\n", l->operation,
                      (unsigned long long)result->errors,
                      (unsigned long long)(result->errors + result->requests), result->first_error);
    return result->errors == 0 && result->requests > 0;
}

/* A load of one request over and over; requests 0: for LOAD_SECONDS. */
static bool repeat(struct target *t, const char *operation, unsigned connections, uint64_t requests,
                   struct strbuf *body, struct load_result *ret_result)
{
    struct load l = {
        .endpoint = &t->endpoint,
        .operation = operation,
        .connections = connections,
        .seconds = requests ? 0 : LOAD_SECONDS,
        .requests = requests,
        .body = same_body,
        .arg = body,
    };

    load_run(&l, ret_result);
    return load_went_well(&l, ret_result);
}

static bool repeat_start(struct target *t, const char *machine, const char *input,
                         unsigned connections, uint64_t requests, struct load_result *ret_result)
{
    CLEANUP(strbuf_done) struct strbuf body;

    strbuf_init(&body, CLIENT_BODY_BYTES);
    body_start(&body, machine, input);
    return repeat(t, "StartExecution", connections, requests, &body, ret_result);
}

/* Starts `count` executions, waits until all have SUCCEEDED; *ret_seconds from first to last. */
static bool run_all(struct target *t, const char *machine, const char *input, unsigned connections,
                    uint64_t count, double *ret_seconds)
{
    double begun = client_now();
    struct load_result result;

    if (!repeat_start(t, machine, input, connections, count, &result) ||
        !target_wait_all(t, machine))
        return false;
    *ret_seconds = client_now() - begun;
    return true;
}

static void add_load_rows(struct report *r, const char *name, unsigned connections,
                          const struct load_result *result)
{
    add_row(r, result->per_second, "1/s", true, "%s-%u", name, connections);
    add_row(r, result->p50_ms, "ms", false, "%s-%u-p50", name, connections);
    add_row(r, result->p99_ms, "ms", false, "%s-%u-p99", name, connections);
}

/* A machine, and one execution of it that has SUCCEEDED. */
static bool one_execution(struct target *t, const char *definition, const char *input,
                          char machine[ARN_SIZE], char execution[ARN_SIZE])
{
    return target_create_machine(t, "bench", definition, machine) &&
           target_start(t, machine, input, execution) && target_wait(t, execution, "SUCCEEDED");
}

/* ---- the process ----------------------------------------------------------------------------- */

/* The server of this scenario, and some more beside it. */
static bool run_startup(struct target *t, struct report *r, unsigned divisor)
{
    double times[11] = {t->server->startup_ms};

    (void)divisor;
    client_sleep(0.5);
    for (size_t i = 1; i < ARRAY_LEN(times); i++) {
        struct server another;

        if (!server_start(t->server->path, t->server->directory[0], &another))
            return false;
        times[i] = another.startup_ms;
        server_stop(&another);
    }
    add_row(r, percentile(times, ARRAY_LEN(times), 0.5), "ms", false, "startup");
    add_row(r, server_resident(t->server), "MiB", false, "resident-idle");
    return true;
}

static bool run_resident(struct target *t, struct report *r, unsigned divisor)
{
    uint64_t count = 10000 / divisor;
    char machine[ARN_SIZE];
    double seconds;

    if (!target_create_machine(t, "bench", ONE_PASS, machine) ||
        !run_all(t, machine, "{}", 64, count, &seconds))
        return false;
    add_row(r, server_resident(t->server), "MiB", false, "resident-after-%llu",
            (unsigned long long)count);
    return true;
}

/* ---- single operations ----------------------------------------------------------------------- */

static bool run_reads(struct target *t, struct report *r, unsigned divisor)
{
    char machine[ARN_SIZE], execution[ARN_SIZE];
    struct {
        const char *row, *operation, *member, *arn;
    } const reads[] = {
        {"describe-machine", "DescribeStateMachine", "stateMachineArn", machine},
        {"describe-execution", "DescribeExecution", "executionArn", execution},
        {"history", "GetExecutionHistory", "executionArn", execution},
    };

    (void)divisor;
    if (!one_execution(t, ONE_PASS, "{}", machine, execution))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(reads); i++) {
        CLEANUP(strbuf_done) struct strbuf body;
        struct load_result result;

        strbuf_init(&body, 4096);
        body_member(&body, reads[i].member, reads[i].arn);
        if (!repeat(t, reads[i].operation, 8, 0, &body, &result))
            return false;
        add_load_rows(r, reads[i].row, 8, &result);
    }
    return true;
}

static bool run_start(struct target *t, struct report *r, unsigned divisor)
{
    static const unsigned connections[] = {8, 64};
    char machine[ARN_SIZE];

    (void)divisor;
    if (!target_create_machine(t, "bench", ONE_PASS, machine))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(connections); i++) {
        struct load_result result;

        if (!repeat_start(t, machine, "{}", connections[i], 0, &result) ||
            !target_wait_all(t, machine))
            return false;
        add_load_rows(r, "start", connections[i], &result);
    }
    return true;
}

/* ---- executions ------------------------------------------------------------------------------ */

static bool run_end_to_end(struct target *t, struct report *r, unsigned divisor)
{
    uint64_t count = 20000 / divisor;
    char machine[ARN_SIZE];
    double seconds;

    if (!target_create_machine(t, "bench", ONE_PASS, machine) ||
        !run_all(t, machine, "{}", 64, count, &seconds) ||
        !target_has(t, machine, "SUCCEEDED", count))
        return false;
    add_row(r, (double)count / seconds, "1/s", true, "executions-64");
    return true;
}

/* From the start of one execution alone until a client sees that it SUCCEEDED. */
static bool run_alone(struct target *t, struct report *r, unsigned divisor)
{
    size_t count = 1000 / divisor;
    char machine[ARN_SIZE], execution[ARN_SIZE];
    double *latencies = xcalloc(count, sizeof(*latencies));
    bool ok = target_create_machine(t, "bench", ONE_PASS, machine);

    for (size_t i = 0; ok && i < count; i++) {
        double begun = client_now();

        ok = target_start(t, machine, "{}", execution) && target_wait(t, execution, "SUCCEEDED");
        latencies[i] = client_now() - begun;
    }
    if (ok) {
        add_row(r, 1000 * percentile(latencies, count, 0.5), "ms", false, "execution-alone-p50");
        add_row(r, 1000 * percentile(latencies, count, 0.99), "ms", false, "execution-alone-p99");
    }
    free(latencies);
    return ok;
}

static void add_numbers(struct strbuf *sb, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        strbuf_addf(sb, "%s%u", i ? "," : "", i);
}

static bool run_states(struct target *t, struct report *r, unsigned divisor)
{
    static const struct {
        const char *name, *definition;
        unsigned states, executions;
    } cases[] = {
        {"chain-of-10", TEN_PASSES, 10, 5000},
        {"map-of-100", MAP_OF_PASSES, 101, 500},
        {"parallel-of-10", TEN_BRANCHES, 11, 3000},
    };
    CLEANUP(strbuf_done) struct strbuf input;

    strbuf_init(&input, 4096);
    strbuf_adds(&input, "{\"items\":[");
    add_numbers(&input, 100);
    strbuf_adds(&input, "]}");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t count = cases[i].executions / divisor;
        char machine[ARN_SIZE];
        double seconds;

        if (!target_create_machine(t, cases[i].name, cases[i].definition, machine) ||
            !run_all(t, machine, input.data, 16, count, &seconds) ||
            !target_has(t, machine, "SUCCEEDED", count))
            return false;
        add_row(r, (double)(count * cases[i].states) / seconds, "states/s", true, "%s",
                cases[i].name);
    }
    return true;
}

/* Reads a whole history, 1,000 events at a time; false unless it has so many events. */
static bool read_history(struct target *t, const char *execution, size_t events)
{
    CLEANUP(strbuf_done) struct strbuf sb;
    char token[4096] = "";
    size_t found = 0;

    strbuf_init(&sb, 16384);
    do {
        struct text answer;

        strbuf_clear(&sb);
        strbuf_addf(&sb, "{\"executionArn\":\"%s\",\"maxResults\":1000", execution);
        if (*token)
            strbuf_addf(&sb, ",\"nextToken\":\"%s\"", token);
        strbuf_adds(&sb, "}");
        if (!target_call(t, "GetExecutionHistory", (struct text){sb.data, sb.len}, &answer))
            return false;
        found += count_in(answer, "\"previousEventId\"");
        if (!find_string(answer, "nextToken", token, sizeof(token)))
            token[0] = '\0';
    } while (*token);
    if (found != events)
        (void)fprintf(stderr, "the history has %zu events, not %zu\n", found, events);
    return found == events;
}

static bool run_loop(struct target *t, struct report *r, unsigned divisor)
{
    unsigned rounds = 5998 / divisor;
    size_t events = 4 * (size_t)rounds + 6; /* Started; Choice and Succeed, twice each; Succeeded */
    char machine[ARN_SIZE], execution[ARN_SIZE], input[64];
    double begun = client_now();

    (void)snprintf(input, sizeof(input), "{\"n\":0,\"limit\":%u}", rounds);
    if (!one_execution(t, LOOP_TO_SUCCESS, input, machine, execution))
        return false;
    add_row(r, client_now() - begun, "s", false, "loop-to-%zu-events", events);
    begun = client_now();
    if (!read_history(t, execution, events))
        return false;
    add_row(r, 1000 * (client_now() - begun), "ms", false, "page-through-%zu-events", events);
    return true;
}

static bool run_redrive(struct target *t, struct report *r, unsigned divisor)
{
    CLEANUP(strbuf_done) struct strbuf body;
    unsigned rounds = 2499 / divisor;
    size_t events = 4 * (size_t)rounds + 5; /* Started, Choice twice, Fail, Failed */
    char machine[ARN_SIZE], execution[ARN_SIZE], input[64];
    double begun, answered;

    (void)snprintf(input, sizeof(input), "{\"n\":0,\"limit\":%u}", rounds);
    strbuf_init(&body, 4096);
    if (!target_create_machine(t, "bench", LOOP_TO_FAILURE, machine) ||
        !target_start(t, machine, input, execution) || !target_wait(t, execution, "FAILED"))
        return false;
    body_member(&body, "executionArn", execution);
    begun = client_now();
    if (!target_call(t, "RedriveExecution", (struct text){body.data, body.len}, NULL))
        return false;
    answered = client_now();
    if (!target_wait(t, execution, "FAILED"))
        return false;
    add_row(r, 1000 * (answered - begun), "ms", false, "redrive-of-%zu-events", events);
    /* ExecutionRedriven and Failed: reference/redrive.md 5.7 */
    return read_history(t, execution, events + 2);
}

/* An array of small objects, a little under the service's 256 KB. */
static void add_small_objects(struct strbuf *sb)
{
    strbuf_adds(sb, "[");
    for (unsigned i = 0; sb->len < 262000; i++)
        strbuf_addf(sb, "%s{\"id\":%u,\"name\":\"item %u\",\"ok\":true}", i ? "," : "", i, i);
    strbuf_adds(sb, "]");
}

static bool run_large(struct target *t, struct report *r, unsigned divisor)
{
    CLEANUP(strbuf_done) struct strbuf input;
    uint64_t count = 500 / divisor;
    char machine[ARN_SIZE];
    double seconds;

    strbuf_init(&input, 300000);
    add_small_objects(&input);
    if (!target_create_machine(t, "bench", TEN_PASSES, machine) ||
        !run_all(t, machine, input.data, 8, count, &seconds) ||
        !target_has(t, machine, "SUCCEEDED", count))
        return false;
    add_row(r, (double)count / seconds, "1/s", true, "chain-of-10-with-256KB");
    return true;
}

/* ---- many executions ------------------------------------------------------------------------- */

/* Half times of starting and describing, alone, with what is stored by now. */
static bool add_p50_rows(struct target *t, struct report *r, const char *machine,
                         const char *execution, uint64_t stored)
{
    CLEANUP(strbuf_done) struct strbuf body;
    struct load_result starts, reads;

    strbuf_init(&body, 4096);
    body_member(&body, "executionArn", execution);
    if (!repeat(t, "DescribeExecution", 1, 1000, &body, &reads) ||
        !repeat_start(t, machine, "{}", 1, 500, &starts) || !target_wait_all(t, machine))
        return false;
    add_row(r, starts.p50_ms, "ms", false, "start-p50-at-%llu", (unsigned long long)stored);
    add_row(r, reads.p50_ms, "ms", false, "describe-p50-at-%llu", (unsigned long long)stored);
    return true;
}

static bool run_stored(struct target *t, struct report *r, unsigned divisor)
{
    const uint64_t sizes[] = {1000, 100000 / divisor};
    char machine[ARN_SIZE], execution[ARN_SIZE];
    uint64_t stored = 1;

    if (!one_execution(t, ONE_PASS, "{}", machine, execution))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        double seconds;

        if (!run_all(t, machine, "{}", 64, sizes[i] - stored, &seconds) ||
            !add_p50_rows(t, r, machine, execution, sizes[i]))
            return false;
        stored = sizes[i] + 500; /* which add_p50_rows started */
    }
    return true;
}

static bool run_waiting(struct target *t, struct report *r, unsigned divisor)
{
    uint64_t count = 10000 / divisor;
    double delay = divisor > 1 ? 5 : 20; /* long enough to start all of them */
    char machine[ARN_SIZE], input[64], at[ISO_TIME_SIZE];
    struct load_result result;
    struct timespec now;
    double due;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    due = client_now() + delay;
    (void)snprintf(
        input, sizeof(input), "{\"at\":\"%s\"}",
        iso_time_format(((int64_t)now.tv_sec + (int64_t)delay) * 1000 + now.tv_nsec / 1000000, at));
    if (!target_create_machine(t, "bench", WAIT_UNTIL, machine) ||
        !repeat_start(t, machine, input, 64, count, &result))
        return false;
    if (client_now() >= due) {
        (void)fprintf(stderr, "starting %llu executions took longer than they were to wait\n",
                      (unsigned long long)count);
        return false;
    }
    if (t->server)
        add_row(r, server_resident(t->server), "MiB", false, "resident-with-%llu-waiting",
                (unsigned long long)count);
    client_sleep(due - client_now());
    if (!target_wait_all(t, machine) || !target_has(t, machine, "SUCCEEDED", count))
        return false;
    /* From the moment at which all of them are due. */
    add_row(r, client_now() - due, "s", false, "wake-%llu-waiting", (unsigned long long)count);
    return true;
}

const struct scenario scenarios[] = {
    {"startup", true, run_startup},        {"resident", true, run_resident},
    {"reads", false, run_reads},           {"start", false, run_start},
    {"executions", false, run_end_to_end}, {"alone", false, run_alone},
    {"states", false, run_states},         {"loop", false, run_loop},
    {"redrive", false, run_redrive},       {"large", false, run_large},
    {"stored", false, run_stored},         {"waiting", false, run_waiting},
};
const size_t scenarios_len = ARRAY_LEN(scenarios);
