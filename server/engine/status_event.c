/* "Step Functions Execution Status Change": the event of every new status of a STANDARD execution, a redrive's
 * included.  reference/integrations.md section 10 and redrive.md section 7 have its members; all of them are
 * always there. */
#include <string.h>

#include "base/partition.h"
#include "engine/map_run.h"

/* Data that is longer, escaped, is left out of the event (per AWS documentation). */
enum { DATA_BYTES = 248 * 1024 };

static void add_text(struct strbuf *out, const char *name, const char *value)
{
    strbuf_addf(out, ",\"%s\":", name);
    if (value)
        strbuf_add_json(out, value, strlen(value));
    else
        strbuf_adds(out, "null");
}

static void add_ms(struct strbuf *out, const char *name, int64_t ms)
{
    strbuf_addf(out, ",\"%s\":", name);
    if (ms)
        strbuf_add_int(out, ms);
    else
        strbuf_adds(out, "null");
}

static size_t escaped(struct text t)
{
    size_t n = 0;

    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.data[i];

        n += c < 0x20 ? 6 : c == '"' || c == '\\' ? 2 : 1;
    }
    return n;
}

/* An input or output, unless it is left out. */
static void add_data(struct strbuf *out, const char *name, struct text data, bool included)
{
    strbuf_addf(out, ",\"%s\":", name);
    if (data.data && included)
        strbuf_add_json(out, data.data, data.len);
    else
        strbuf_adds(out, "null");
}

static void add_data_details(struct strbuf *out, const char *name, struct text data, bool included)
{
    strbuf_addf(out, ",\"%s\":", name);
    strbuf_adds(out, !data.data ? "null"
                     : included ? "{\"included\":true}"
                                : "{\"included\":false}");
}

/* As DescribeExecution tells it; that the machine is being deleted never shows (reference/redrive.md
 * section 2). */
static void add_redrive(struct engine *e, struct strbuf *out, const struct store_execution *row)
{
    enum redrive_reason reason = redrive_check(row, MACHINE_ACTIVE, e->now, &e->limits);

    strbuf_adds(out, ",\"redriveCount\":");
    strbuf_add_int(out, row->redrive_count);
    add_ms(out, "redriveDate", row->redrive_ms);
    add_text(out, "redriveStatus",
             reason != REDRIVE_OK ? "NOT_REDRIVABLE"
             : row->map_run       ? "REDRIVABLE_BY_MAP_RUN"
                                  : "REDRIVABLE");
    add_text(out, "redriveStatusReason",
             row->status == EXECUTION_PENDING_REDRIVE
                 ? "Execution is PENDING_REDRIVE and cannot be redriven"
                 : redrive_reason_text(reason));
}

static void tell(struct engine *e, const struct machine *m, const char *machine_arn,
                 const char *execution_arn, const struct store_execution *row)
{
    struct strbuf *out = &e->line;
    struct text input = row->input.text;
    struct text output = row->status == EXECUTION_SUCCEEDED ? row->output.text : TEXT_NONE;
    bool input_fits = escaped(input) + escaped(output) <= DATA_BYTES;
    bool output_fits = escaped(output) <= DATA_BYTES;
    bool failed = row->status == EXECUTION_FAILED || row->status == EXECUTION_ABORTED;

    strbuf_clear(out);
    strbuf_adds(out, "{\"executionArn\":");
    strbuf_add_json(out, execution_arn, strlen(execution_arn));
    add_text(out, "stateMachineArn", machine_arn);
    add_text(out, "name", row->name);
    add_text(out, "status", execution_status_name(row->status));
    add_ms(out, "startDate", row->start_ms);
    add_ms(out, "stopDate", execution_status_is_closed(row->status) ? row->stop_ms : 0);
    add_data(out, "input", input, input_fits);
    add_data(out, "output", output, output_fits);
    add_text(out, "stateMachineVersionArn", row->version_arn);
    add_text(out, "stateMachineAliasArn", row->alias_arn);
    add_redrive(e, out, row);
    add_data_details(out, "inputDetails", input, input_fits);
    add_data_details(out, "outputDetails", output, output_fits);
    add_text(out, "error", failed ? row->error : NULL);
    add_text(out, "cause", failed ? row->cause : NULL);
    strbuf_addc(out, '}');
    CHECK(!out->overflow);

    struct status_change change = {
        .account = m->account,
        .region = m->region,
        .execution_arn = execution_arn,
        .time_ms = e->now,
        .detail = {out->data, out->len},
    };

    for (size_t i = 0; i < e->sinks_len; i++)
        if (e->sinks[i].status)
            e->sinks[i].status(e->sinks[i].self, &change);
}

void status_event_tell(struct execution *x)
{
    const struct machine *m = x->revision->machine;

    if (!x->engine->sinks_status || x->express_id || x->test)
        return;

    struct store_execution row;

    execution_row(x, &row);
    tell(x->engine, m, x->map_run ? x->map_run->machine_arn : m->arn, execution_arn(x), &row);
}

void status_event_tell_child(struct map_run *run, int64_t execution)
{
    struct engine *e = run->engine;
    const struct machine *m = run->revision->machine;
    struct store_execution row;

    if (!e->sinks_status || run->row.express)
        return;

    CLEANUP(arena_done) struct arena arena;

    arena_init(&arena);
    engine_must(e, store_get_execution_by_id(e->store, &arena, execution, &row), "read execution");

    CLEANUP(free_p)
    char *arn = xasprintf("arn:%s:states:%s:%s:execution:%s/%s:%s", aws_partition(m->region),
                          m->region, m->account, m->name, run->row.label, row.name);

    tell(e, m, run->machine_arn, arn, &row);
}
