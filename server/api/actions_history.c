/* GetExecutionHistory: events go from the store's rows straight into the answer. */
#include "api/actions.h"
#include "api/history.h"
#include "api/tokens.h"

/* Events are read in portions, so that a page of large payloads ends when its answer is large enough. */
enum { PORTION = 100, ANSWER_ENOUGH = 6 * 1024 * 1024 };

struct history_page {
    struct strbuf *out;
    bool with_data;
    int rows, max;
    int64_t last; /* id of the last event written; 0: none */
    bool full;    /* the answer is large enough */
    bool more;    /* there was an event after the last one written */
};

static void add_event(void *arg, const struct store_event *ev)
{
    struct history_page *page = arg;
    if (page->full || page->rows == page->max) {
        page->more = true;
        return;
    }
    reply_key(page->out, NULL);
    history_write_event(page->out, ev, page->with_data);
    page->rows++;
    page->last = ev->id;
    page->full = page->out->len > ANSWER_ENOUGH;
}

/* Reads the events of a page beginning with `from`. */
static int read_events(struct store *store, int64_t execution, int64_t from, bool reverse,
                       struct history_page *page)
{
    while (!page->more && from >= 1) {
        int64_t before = page->last;
        int want = MIN(PORTION, page->max + 1 - page->rows);
        int r = store_read_events(store, execution, from, want, reverse, page->with_data, add_event,
                                  page);
        if (r < 0)
            return r;
        if (page->last == before)
            break;
        from = page->last + (reverse ? -1 : 1);
    }
    return 0;
}

enum api_step action_get_history(struct api *api, struct api_call *call)
{
    (void)api;
    struct arn arn;
    if (!action_arn(call, "executionArn", ARN_EXECUTION, &arn))
        return API_REPLIED;
    bool reverse = request_bool(call, "reverseOrder", false);
    bool with_data = request_bool(call, "includeExecutionData", true);
    struct page page;
    uint64_t binding = page_token_binding("GetExecutionHistory", call->subject,
                                          reverse ? "reverse" : "", with_data ? "" : "bare", NULL);
    if (!page_read(call, binding, &page))
        return API_REPLIED;
    CLEANUP(reader_release) struct reader reader = {0};
    if (!reader_acquire(call, &reader))
        return API_REPLIED;

    struct store_machine machine;
    struct store_execution execution;
    if (!action_find_execution(call, reader.store, &arn, &machine, &execution))
        return API_REPLIED;
    struct history_page events = {.out = &call->reply, .with_data = with_data, .max = page.max};
    int64_t from = page.number ? page.number : reverse ? execution.event_count : 1;
    strbuf_adds(&call->reply, "{\"events\":[");
    int r = read_events(reader.store, execution.id, from, reverse, &events);
    if (r < 0)
        return api_fail_store(call, reader.store, r);
    strbuf_addc(&call->reply, ']');
    if (events.more)
        page_write_number(call, &page, events.last + (reverse ? -1 : 1));
    reply_close(&call->reply);
    return API_REPLIED;
}
