#include <string.h>

#include "api/actions.h"
#include "api/tokens.h"

enum { PAGE_DEFAULT = 100 };

bool page_read(struct api_call *call, uint64_t binding, struct page *ret_page)
{
    struct page page = {.binding = binding, .name = ""};
    page.max = (int)request_int(call, "maxResults", 0);
    if (page.max == 0)
        page.max = PAGE_DEFAULT;

    const char *token = request_string(call, "nextToken");
    if (token) {
        CLEANUP(strbuf_done) struct strbuf place;
        strbuf_init(&place, strlen(token));
        if (page_token_read(token, binding, clock_now(call->api->clock), &place) < 0) {
            (void)api_fail(call, API_ERR_INVALID_TOKEN, "Invalid Token: 'Invalid token'");
            return false;
        }
        page.name = arena_memdup(&call->arena, place.data, place.len);
        if (place.len == sizeof(page.number))
            memcpy(&page.number, place.data, sizeof(page.number));
    }
    *ret_page = page;
    return true;
}

static void write_token(struct api_call *call, const struct page *page, const void *place,
                        size_t len)
{
    reply_key(&call->reply, "nextToken");
    strbuf_addc(&call->reply, '"');
    page_token_write(&call->reply, page->binding, clock_now(call->api->clock), place, len);
    strbuf_addc(&call->reply, '"');
}

void page_write_number(struct api_call *call, const struct page *page, int64_t number)
{
    write_token(call, page, &number, sizeof(number));
}

void page_write_name(struct api_call *call, const struct page *page, const char *name)
{
    write_token(call, page, name, strlen(name));
}
