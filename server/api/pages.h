/* Lists that are answered page by page.
 *
 *     CLEANUP(listing_done) struct listing list = {0};
 *     uint64_t binding = page_token_binding("ListThings", call->account, NULL);
 *     if (!listing_begin(call, binding, "things", &list))
 *         return API_REPLIED;
 *     int r = store_list_things(list.reader.store, &call->arena, list.from.name, list.max + 1,
 *                               add_thing, &list);
 *     return listing_finish(&list, r);
 *
 * The store is asked for one row more than a page has, which tells whether the list goes on.
 * add_thing() shows each row to listing_row() and writes those that belong to the page. */
#pragma once

#include "api/api.h"
#include "api/internal.h"
#include "api/tokens.h"

/* Where a page begins; a list is ordered by numbers or by names. */
struct list_place {
    int64_t number;
    const char *name; /* NULL: the list is ordered by numbers */
};

struct listing {
    struct api_call *call;
    struct reader reader;
    uint64_t binding; /* of its tokens */
    int max, rows;    /* rows of a page, and of this one so far */
    bool more;        /* there was a row after those of the page */
    struct list_place from,
        next; /* of this page (0 and "": the start of the list), and of the next one */
};

/* Reads maxResults and nextToken, opens the store for reading and begins the answer, whose one array is
 * the member.  False when the call was answered with an error, such as InvalidToken. */
MUST_USE bool listing_begin(struct api_call *call, uint64_t binding, const char *member,
                            struct listing *ret_list);
/* The first number of the page in a list that goes down, as the store takes it. */
int64_t listing_before(const struct listing *list);
/* Counts a row and begins its element; `next` is where the page begins that follows it.  False when the
 * page is full: the row is not of this page. */
MUST_USE bool listing_row(struct listing *list, struct list_place next);
/* Ends the array, with nextToken when there is more; r is what reading the rows returned, and when that
 * is a failure the call is answered with it. */
enum api_step listing_finish(struct listing *list, int r);
void listing_done(struct listing *list); /* for CLEANUP */
