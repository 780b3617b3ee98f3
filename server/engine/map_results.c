/* Results of children as a ResultWriter writes them (reference/asl.md section 9, result files). */
#include <inttypes.h>
#include <string.h>

#include "base/partition.h"
#include "base/timefmt.h"
#include "engine/map_objects.h"

static void add_text(struct strbuf *out, const char *name, struct text value)
{
    strbuf_addf(out, "\"%s\":", name);
    strbuf_add_json(out, value.data, value.len);
    strbuf_addc(out, ',');
}

static void add_string(struct strbuf *out, const char *name, const char *value)
{
    if (value)
        add_text(out, name, (struct text){value, strlen(value)});
}

static void add_time(struct strbuf *out, const char *name, int64_t ms)
{
    char buf[ISO_TIME_SIZE];

    add_string(out, name, iso_time_format(ms, buf));
}

static void add_arn(struct map_run *run, const char *name, struct strbuf *out)
{
    const struct machine *m = run->revision->machine;
    CLEANUP(free_p)
    char *arn = xasprintf("arn:%s:states:%s:%s:%s:%s/%s:%s", aws_partition(m->region), m->region,
                          m->account, run->row.express ? "express" : "execution", m->name,
                          run->row.label, name);

    add_string(out, "ExecutionArn", arn);
}

static const char *status_name(enum execution_status status)
{
    switch (status) {
    case EXECUTION_SUCCEEDED:
        return "SUCCEEDED";
    case EXECUTION_TIMED_OUT:
        return "TIMED_OUT";
    case EXECUTION_ABORTED:
        return "ABORTED";
    default:
        return "FAILED";
    }
}

/* An EXPRESS child that failed is always redrivable (reference/redrive.md section 6). */
static const char *why_not_redrivable(struct map_run *run, const struct store_execution *child)
{
    if (run->row.express && child->status != EXECUTION_SUCCEEDED)
        return NULL;
    return redrive_reason_text(redrive_check(child, run->revision->machine->status,
                                             run->engine->now, &run->engine->limits));
}

/* Members are in alphabetical order, as recorded. */
void map_result_entry(struct map_run *run, const struct store_execution *child, struct strbuf *out)
{
    const char *reason = why_not_redrivable(run, child);

    strbuf_addc(out, '{');
    add_string(out, "Cause", child->cause);
    add_string(out, "Error", child->error);
    add_arn(run, child->name, out);
    add_text(out, "Input", child->input.text);
    strbuf_adds(out, "\"InputDetails\":{\"Included\":true},");
    add_string(out, "Name", child->name);
    if (child->output.text.data)
        add_text(out, "Output", child->output.text);
    strbuf_adds(out, "\"OutputDetails\":{\"Included\":true},");
    strbuf_addf(out, "\"RedriveCount\":%" PRId64 ",", child->redrive_count);
    add_string(out, "RedriveStatus", reason ? "NOT_REDRIVABLE" : "REDRIVABLE_BY_MAP_RUN");
    add_string(out, "RedriveStatusReason", reason);
    add_time(out, "StartDate", child->start_ms);
    add_string(out, "StateMachineArn", run->machine_arn);
    add_string(out, "Status", status_name(child->status));
    add_time(out, "StopDate", child->stop_ms);
    if (!out->overflow)
        strbuf_truncate(out, out->len - 1);
    strbuf_addc(out, '}');
}

void map_pending_entry(struct text input, struct strbuf *out)
{
    strbuf_addc(out, '{');
    add_text(out, "Input", input);
    strbuf_adds(out, "\"InputDetails\":{\"Included\":true},\"Status\":\"PENDING\"}");
}

size_t map_result_output(enum asl_writer_transformation how, struct text output,
                         const char *separator, struct strbuf *out)
{
    CLEANUP(json_unref_p)
    struct json *value = how == ASL_WRITE_FLATTEN
                             ? json_parse(output.data, output.len, JSON_PARSE_DEFAULT, NULL)
                             : NULL;

    if (!json_is(value, JSON_ARRAY)) {
        strbuf_add(out, output.data, output.len);
        return 1;
    }
    for (size_t i = 0; i < json_len(value); i++) {
        if (i > 0)
            strbuf_adds(out, separator);
        json_print(json_at(value, i), out);
    }
    return json_len(value);
}
