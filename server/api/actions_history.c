/* GetExecutionHistory: events go from the store's rows straight into the answer. */
#include "api/actions.h"
#include "api/history.h"
#include "api/pages.h"

/* Events are read in portions, so that a page of large payloads ends when its answer is large enough. */
enum { PORTION = 100, ANSWER_ENOUGH = 6 * 1024 * 1024 };

struct history_page {
    struct listing *list;
    bool with_data;
    int step; /* from one event to the next: 1 or, in reverse order, -1 */
};

static void add_event(void *arg, const struct store_event *ev)
{
    const struct history_page *page = arg;
    struct listing *list = page->list;
    if (!listing_row(list, (struct list_place){.number = ev->id + page->step}))
        return;
    struct strbuf *out = &list->call->reply;
    history_write_event(out, ev, page->with_data);
    if (out->len > ANSWER_ENOUGH)
        list->max = list->rows;
}

/* Reads the events of a page beginning with `from`. */
static int read_events(struct history_page *page, int64_t execution, int64_t from)
{
    struct listing *list = page->list;
    while (!list->more && from >= 1) {
        int before = list->rows;
        int want = MIN(PORTION, list->max + 1 - list->rows);
        int r = store_read_events(list->reader.store, execution, from, want, page->step < 0,
                                  page->with_data, add_event, page);
        if (r < 0)
            return r;
        if (list->rows == before)
            break;
        from = list->next.number;
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
    uint64_t binding = page_token_binding("GetExecutionHistory", call->subject,
                                          reverse ? "reverse" : "", with_data ? "" : "bare", NULL);
    CLEANUP(listing_done) struct listing list = {0};
    if (!listing_begin(call, binding, "events", &list))
        return API_REPLIED;

    struct store_machine machine;
    struct store_execution execution;
    if (!action_find_execution(call, list.reader.store, &arn, &machine, &execution))
        return API_REPLIED;
    struct history_page page = {&list, with_data, reverse ? -1 : 1};
    int64_t from = list.from.number ? list.from.number : reverse ? execution.event_count : 1;
    return listing_finish(&list, read_events(&page, execution.id, from));
}
