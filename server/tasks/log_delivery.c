#include "tasks/log_delivery.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/timefmt.h"
#include "tasks/aws_json.h"
#include "tasks/log_group.h"
#include "json/json.h"

/* Of a lane.  The stream is made at first, and again when it is gone. */
enum { STAGE_CREATE = 0, STAGE_PUT = 1 };

/* PutLogEvents, per AWS documentation: 10,000 events; 1,048,576 bytes, of which each event has 26. */
enum { EVENTS = 10000, EVENTS_BYTES = 1048576, EVENT_BYTES = 26, BODY_BYTES = 8 * EVENTS_BYTES };

/* "states/order/2026-09-24-02-56/1f0c3a5d" */
static void add_stream(struct strbuf *sb, const struct delivery_batch *batch)
{
    char time[ISO_TIME_SIZE];
    CLEANUP(strbuf_done) struct strbuf name;

    (void)iso_time_format(batch->begun_ms, time);
    time[10] = time[13] = '-';
    strbuf_init(&name, BODY_BYTES);
    strbuf_addf(&name, "states/%s/%.16s/%s", batch->part, time, batch->id);
    strbuf_adds(sb, ",\"logStreamName\":");
    strbuf_add_json(sb, name.data, name.len);
}

static void add_events(struct strbuf *sb, const struct delivery_batch *batch)
{
    strbuf_adds(sb, ",\"logEvents\":[");
    for (const struct delivery_record *r = batch->first; r; r = r->next) {
        strbuf_adds(sb, r == batch->first ? "{\"timestamp\":" : ",{\"timestamp\":");
        strbuf_add_int(sb, r->time_ms);
        strbuf_adds(sb, ",\"message\":");
        strbuf_add_json(sb, r->data, r->len);
        strbuf_addc(sb, '}');
    }
    strbuf_addc(sb, ']');
}

static bool request(struct arena *a, const char *endpoint, unsigned stage,
                    const struct delivery_batch *batch, struct call_request *ret_request)
{
    CLEANUP(strbuf_done) struct strbuf body;
    struct log_group group;

    strbuf_init(&body, BODY_BYTES);
    if (!log_group_parse(batch->place, &group))
        return false;
    strbuf_adds(&body, "{\"logGroupName\":");
    strbuf_add_json(&body, group.name.data, group.name.len);
    add_stream(&body, batch);
    if (stage == STAGE_PUT)
        add_events(&body, batch);
    strbuf_addc(&body, '}');
    if (body.overflow)
        return false;

    struct aws_json_call call = {
        .service = "logs",
        .target =
            stage == STAGE_PUT ? "Logs_20140328.PutLogEvents" : "Logs_20140328.CreateLogStream",
        .version = "1.1",
        .account = arena_memdup(a, group.account.data, group.account.len),
        .region = arena_memdup(a, group.region.data, group.region.len),
        .body = {arena_memdup(a, body.data, body.len), body.len},
    };

    aws_json_request(a, endpoint, &call, ret_request);
    return true;
}

static int64_t number_in(const struct json *info, const char *name, int64_t otherwise)
{
    const struct json *value = json_gets(info, name);
    int64_t number;

    return json_is(value, JSON_NUMBER) && json_int64(value, &number) ? number : otherwise;
}

/* The service says where the events begin or end that are too new, too old or expired. */
static size_t count_rejected(const struct call_response *response, size_t sent)
{
    CLEANUP(json_unref_p)
    struct json *body =
        json_parse(response->body.data, response->body.len, JSON_PARSE_DEFAULT, NULL);
    const struct json *info =
        json_is(body, JSON_OBJECT) ? json_gets(body, "rejectedLogEventsInfo") : NULL;

    if (!json_is(info, JSON_OBJECT))
        return 0;

    int64_t begin = MAX(number_in(info, "tooOldLogEventEndIndex", 0),
                        number_in(info, "expiredLogEventEndIndex", 0));
    int64_t end = number_in(info, "tooNewLogEventStartIndex", (int64_t)sent);

    return begin < 0 || end > (int64_t)sent || begin >= end ? sent : sent - (size_t)(end - begin);
}

static bool is_code(struct text code, const char *name)
{
    return code.data && code.len == strlen(name) && memcmp(code.data, name, code.len) == 0;
}

static void answered(struct arena *a, const struct call_response *response,
                     struct delivery_answer *answer)
{
    bool creating = answer->stage == STAGE_CREATE;
    bool good = response->end == CALL_ANSWERED && response->status / 100 == 2;
    struct text code = TEXT_NONE;

    if (good && !creating) {
        answer->verdict = DELIVERY_DONE;
        answer->lost = count_rejected(response, answer->sent);
        answer->reason = "CloudWatch Logs found events too old or too new";
        return;
    }
    if (!good)
        delivery_failed(a, response, answer, &code);
    if (creating && (good || is_code(code, "ResourceAlreadyExistsException"))) {
        answer->verdict = DELIVERY_ONWARD;
        answer->stage = STAGE_PUT;
    } else if (!creating && is_code(code, "ResourceNotFoundException")) {
        answer->verdict = DELIVERY_ONWARD;
        answer->stage = STAGE_CREATE;
    } else if (!creating && is_code(code, "DataAlreadyAcceptedException")) {
        answer->verdict = DELIVERY_DONE;
    }
}

const struct delivery_type log_delivery = {
    .name = "logs",
    .batch_records = EVENTS,
    .batch_bytes = EVENTS_BYTES,
    .record_bytes = EVENT_BYTES,
    .request = request,
    .answered = answered,
};
