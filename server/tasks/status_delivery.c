#include "tasks/status_delivery.h"

#include <string.h>

#include "base/strbuf.h"
#include "tasks/aws_json.h"
#include "json/json.h"

/* PutEvents, per AWS documentation: 10 entries, 256 KiB. */
enum { ENTRIES = 10, ENTRIES_BYTES = 256 * 1024, BODY_BYTES = 16 * 1024 * 1024 };

void status_delivery_add(struct delivery *d, const struct status_change *change)
{
    CLEANUP(strbuf_done) struct strbuf entry;

    strbuf_init(&entry, BODY_BYTES);
    strbuf_adds(&entry, "{\"Source\":\"" STATUS_SOURCE "\",\"DetailType\":\"" STATUS_DETAIL_TYPE
                        "\",\"Time\":");
    strbuf_add_int(&entry, change->time_ms / 1000);
    strbuf_adds(&entry, ",\"Resources\":[");
    strbuf_add_json(&entry, change->execution_arn, strlen(change->execution_arn));
    strbuf_adds(&entry, "],\"Detail\":");
    strbuf_add_json(&entry, change->detail.data, change->detail.len);
    strbuf_addc(&entry, '}');
    delivery_add(d, change->account, change->region, (struct text){entry.data, entry.len});
}

static bool request(struct arena *a, const char *endpoint, unsigned stage,
                    const struct delivery_batch *batch, struct call_request *ret_request)
{
    CLEANUP(strbuf_done) struct strbuf body;

    (void)stage;
    strbuf_init(&body, BODY_BYTES);
    strbuf_adds(&body, "{\"Entries\":[");
    for (const struct delivery_record *r = batch->first; r; r = r->next) {
        if (r != batch->first)
            strbuf_addc(&body, ',');
        strbuf_add(&body, r->data, r->len);
    }
    strbuf_adds(&body, "]}");
    if (body.overflow)
        return false;

    struct aws_json_call call = {
        .service = "events",
        .target = "AWSEvents.PutEvents",
        .version = "1.1",
        .account = batch->place,
        .region = batch->part,
        .body = {arena_memdup(a, body.data, body.len), body.len},
    };

    aws_json_request(a, endpoint, &call, ret_request);
    return true;
}

static const char *code_of(struct arena *a, const struct json *entry)
{
    const struct json *code = json_is(entry, JSON_OBJECT) ? json_gets(entry, "ErrorCode") : NULL;
    size_t len;

    if (!json_is(code, JSON_STRING))
        return NULL;

    const char *text = json_str(code, &len);

    return arena_memdup(a, text, len);
}

/* Entries that were refused say so one by one; FailedEntryCount counts them. */
static void count_failed(struct arena *a, const struct call_response *response,
                         struct delivery_answer *answer)
{
    CLEANUP(json_unref_p)
    struct json *body =
        json_parse(response->body.data, response->body.len, JSON_PARSE_DEFAULT, NULL);
    const struct json *entries = json_is(body, JSON_OBJECT) ? json_gets(body, "Entries") : NULL;

    for (size_t i = 0; json_is(entries, JSON_ARRAY) && i < json_len(entries); i++) {
        const char *code = code_of(a, json_at(entries, i));

        if (!code)
            continue;
        answer->lost++;
        answer->reason = arena_printf(a, "EventBridge answered %s", code);
    }
}

static void answered(struct arena *a, const struct call_response *response,
                     struct delivery_answer *answer)
{
    struct text code;

    if (response->end == CALL_ANSWERED && response->status / 100 == 2) {
        answer->verdict = DELIVERY_DONE;
        count_failed(a, response, answer);
    } else {
        delivery_failed(a, response, answer, &code);
    }
}

const struct delivery_type status_delivery = {
    .name = "events",
    .batch_records = ENTRIES,
    .batch_bytes = ENTRIES_BYTES,
    .request = request,
    .answered = answered,
};
