#include <string.h>

#include "api/actions.h"
#include "api/pages.h"

enum { PAGE_DEFAULT = 100 };

/* False when the call was answered with InvalidToken. */
static bool read_token(struct api_call *call, uint64_t binding, struct list_place *ret_from)
{
    struct list_place from = {.name = ""};
    const char *token = request_string(call, "nextToken");
    if (token) {
        CLEANUP(strbuf_done) struct strbuf place;
        strbuf_init(&place, strlen(token));
        if (page_token_read(token, binding, clock_now(call->api->clock), &place) < 0) {
            (void)api_fail(call, API_ERR_INVALID_TOKEN, "Invalid Token: 'Invalid token'");
            return false;
        }
        from.name = arena_memdup(&call->arena, place.data, place.len);
        if (place.len == sizeof(from.number))
            memcpy(&from.number, place.data, sizeof(from.number));
    }
    *ret_from = from;
    return true;
}

bool listing_begin(struct api_call *call, uint64_t binding, const char *member,
                   struct listing *ret_list)
{
    struct listing list = {.call = call, .binding = binding};
    list.max = (int)request_int(call, "maxResults", 0);
    if (list.max == 0)
        list.max = PAGE_DEFAULT;
    if (!read_token(call, binding, &list.from) || !reader_acquire(call, &list.reader))
        return false;

    reply_open(&call->reply);
    reply_key(&call->reply, member);
    strbuf_addc(&call->reply, '[');
    *ret_list = list;
    return true;
}

int64_t listing_before(const struct listing *list)
{
    return list->from.number ? list->from.number : INT64_MAX;
}

bool listing_row(struct listing *list, struct list_place next)
{
    if (list->rows == list->max) {
        list->more = true;
        return false;
    }
    list->rows++;
    list->next = next;
    reply_key(&list->call->reply, NULL);
    return true;
}

static void write_token(const struct listing *list)
{
    struct strbuf *out = &list->call->reply;
    const struct list_place *next = &list->next;
    const void *place = next->name ? (const void *)next->name : &next->number;
    size_t len = next->name ? strlen(next->name) : sizeof(next->number);
    reply_key(out, "nextToken");
    strbuf_addc(out, '"');
    page_token_write(out, list->binding, clock_now(list->call->api->clock), place, len);
    strbuf_addc(out, '"');
}

enum api_step listing_finish(struct listing *list, int r)
{
    if (r < 0)
        return api_fail_store(list->call, list->reader.store, r);
    strbuf_addc(&list->call->reply, ']');
    if (list->more)
        write_token(list);
    reply_close(&list->call->reply);
    return API_REPLIED;
}

void listing_done(struct listing *list)
{
    reader_release(&list->reader);
}
