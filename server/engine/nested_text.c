/* The texts of states:startExecution: what the service's own client makes of the answers of StartExecution and
 * DescribeExecution (recorded: reference/integrations.md sections 2 and 5).  Members come in the order of
 * their names; dates are epoch milliseconds. */
#include <inttypes.h>
#include <string.h>

#include "base/ids.h"
#include "base/partition.h"
#include "base/timefmt.h"
#include "engine/nested.h"

static void add_key(struct strbuf *sb, const char *name)
{
    if (sb->len > 1)
        strbuf_addc(sb, ',');
    strbuf_addf(sb, "\"%s\":", name);
}

static void add_text(struct strbuf *sb, const char *name, struct text value)
{
    if (!value.data)
        return;
    add_key(sb, name);
    strbuf_add_json(sb, value.data, value.len);
}

static void add_string(struct strbuf *sb, const char *name, const char *value)
{
    if (value)
        add_text(sb, name, (struct text){value, strlen(value)});
}

static void add_int(struct strbuf *sb, const char *name, int64_t value)
{
    add_key(sb, name);
    strbuf_add_int(sb, value);
}

/* ---- the answer of StartExecution ---- */

/* How long the body was that such a call is answered with.  To the service's own client the date is printed
 * as Java prints a double (1.688565356077E9): the recorded lengths come to that, and to nothing else. */
static size_t body_length(const char *arn, int64_t start_ms)
{
    CLEANUP(strbuf_done) struct strbuf sb;
    CLEANUP(json_unref_p) struct json *date = json_real((double)start_ms / 1000);

    strbuf_init(&sb, 65536);
    strbuf_adds(&sb, "{\"executionArn\":");
    strbuf_add_json(&sb, arn, strlen(arn));
    strbuf_adds(&sb, ",\"startDate\":");
    json_print(date, &sb);
    strbuf_addc(&sb, '}');
    return sb.len;
}

/* The headers of an answer that was never sent, in the two orders that were recorded. */
static void add_metadata(struct strbuf *sb, size_t length, int64_t now_ms)
{
    char id[UUID_SIZE], date[HTTP_TIME_SIZE];

    uuid4(id);
    http_time_format(now_ms, date);
    add_key(sb, "SdkHttpMetadata");
    strbuf_addf(
        sb,
        "{\"AllHttpHeaders\":{\"x-amzn-RequestId\":[\"%s\"],\"connection\":[\"keep-alive\"],"
        "\"Content-Length\":[\"%zu\"],\"Date\":[\"%s\"],"
        "\"Content-Type\":[\"application/x-amz-json-1.0\"]},",
        id, length, date);
    strbuf_addf(sb,
                "\"HttpHeaders\":{\"connection\":\"keep-alive\",\"Content-Length\":\"%zu\","
                "\"Content-Type\":\"application/x-amz-json-1.0\",\"Date\":\"%s\","
                "\"x-amzn-RequestId\":\"%s\"},\"HttpStatusCode\":200}",
                length, date, id);
    add_key(sb, "SdkResponseMetadata");
    strbuf_addf(sb, "{\"RequestId\":\"%s\"}", id);
}

char *nested_reply_text(struct execution *child)
{
    const char *arn = execution_arn(child);
    struct strbuf sb;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    strbuf_addc(&sb, '{');
    add_string(&sb, "ExecutionArn", arn);
    add_metadata(&sb, body_length(arn, child->start_ms), child->engine->now);
    add_int(&sb, "StartDate", child->start_ms);
    strbuf_addc(&sb, '}');
    CHECK(!sb.overflow);
    return strbuf_take(&sb, NULL);
}

/* ---- the answer of DescribeExecution ---- */

/* Input or Output, and that it is there. */
static void add_data(struct strbuf *sb, const char *name, struct text value, bool parsed)
{
    if (!value.data)
        return;
    if (parsed) {
        CLEANUP(json_unref_p)
        struct json *v = json_parse(value.data, value.len, JSON_PARSE_DEFAULT, NULL);

        CHECK(v); /* an execution's data is JSON */
        add_key(sb, name);
        json_print(v, sb);
    } else {
        add_text(sb, name, value);
    }
    if (sb->len > 1)
        strbuf_addc(sb, ',');
    strbuf_addf(sb, "\"%sDetails\":{\"Included\":true}", name);
}

static void add_redrive(struct strbuf *sb, struct engine *e, const struct store_execution *row)
{
    enum redrive_reason reason = redrive_check(row, MACHINE_ACTIVE, e->now, &e->limits);

    add_int(sb, "RedriveCount", row->redrive_count);
    if (row->redrive_ms > 0)
        add_int(sb, "RedriveDate", row->redrive_ms);
    add_string(sb, "RedriveStatus", reason == REDRIVE_OK ? "REDRIVABLE" : "NOT_REDRIVABLE");
    add_string(sb, "RedriveStatusReason", redrive_reason_text(reason));
}

char *nested_description_text(struct engine *e, const struct machine *m,
                              const struct store_execution *row, bool parsed)
{
    CLEANUP(free_p)
    char *arn = xasprintf("arn:%s:states:%s:%s:execution:%s:%s", aws_partition(m->region),
                          m->region, m->account, m->name, row->name);
    struct strbuf sb;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    strbuf_addc(&sb, '{');
    add_string(&sb, "Cause", row->cause);
    add_string(&sb, "Error", row->error);
    add_string(&sb, "ExecutionArn", arn);
    add_data(&sb, "Input", row->input.text, parsed);
    add_string(&sb, "Name", row->name);
    add_data(&sb, "Output", row->output.text, parsed);
    add_redrive(&sb, e, row);
    add_int(&sb, "StartDate", row->start_ms);
    add_string(&sb, "StateMachineAliasArn", row->alias_arn);
    add_string(&sb, "StateMachineArn", m->arn);
    add_string(&sb, "StateMachineVersionArn", row->version_arn);
    add_string(&sb, "Status", execution_status_name(row->status));
    add_int(&sb, "StopDate", row->stop_ms);
    add_string(&sb, "TraceHeader", row->trace_header);
    strbuf_addc(&sb, '}');
    CHECK(!sb.overflow);
    return strbuf_take(&sb, NULL);
}
