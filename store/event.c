/* History and the payloads that rows share. */
#include "store/internal.h"

#define X(number, constant, type, member, payload) [number] = {type, member, payload},
static const struct event_type_info event_types[EVENT_TYPE_END] = {EVENT_TYPE_LIST(X)};
#undef X

const struct event_type_info *event_type_info(int type)
{
    if (type < 0 || type >= EVENT_TYPE_END || !event_types[type].name)
        return NULL;

    return &event_types[type];
}

int store_put_payload(struct store *s, int64_t execution, uint32_t number, struct text text)
{
    sqlite3_stmt *st = statement_get(s, STMT_PUT_PAYLOAD);

    CHECK(number > 0 && number < 1U << NUMBER_KEY_BITS);
    if (!st)
        return ERR_DB;

    bind_int(st, 1, number_key(execution, number));
    bind_text(st, 2, text);
    return statement_run(s, st);
}

int payload_borrow(struct store *s, int64_t execution, uint32_t number, sqlite3_stmt **ret_st,
                   struct text *ret_text)
{
    sqlite3_stmt *st = statement_get(s, STMT_GET_PAYLOAD);
    int r;

    if (!st)
        return ERR_DB;

    bind_int(st, 1, number_key(execution, number));
    r = statement_one(s, st);
    if (r < 0)
        return r;

    *ret_st = st;
    *ret_text = column_borrow(st, 0);
    return 0;
}

int store_get_payload(struct store *s, struct arena *a, int64_t execution, uint32_t number,
                      struct text *ret_text)
{
    sqlite3_stmt *st;
    struct text text;
    int r;

    r = payload_borrow(s, execution, number, &st, &text);
    if (r < 0)
        return r;

    *ret_text = (struct text){arena_memdup(a, text.data, text.len), text.len};
    (void)sqlite3_reset(st);
    return 0;
}

/* The statement that holds the row keeps its snapshot open, so the payload is there as well. */
int column_store_text(struct store *s, sqlite3_stmt *st, int i, struct arena *a, int64_t execution,
                      struct store_text *ret_text)
{
    struct store_text t = {0, TEXT_NONE};

    if (sqlite3_column_type(st, i) == SQLITE_INTEGER) {
        int r;

        t.number = (uint32_t)sqlite3_column_int64(st, i);
        r = store_get_payload(s, a, execution, t.number, &t.text);
        if (r < 0)
            return r == ERR_NOT_FOUND ? store_fail_content(s, "a payload is missing") : r;
    } else {
        t.text = column_text(st, i, a);
    }
    *ret_text = t;
    return 0;
}

int store_add_event(struct store *s, int64_t execution, const struct store_event *ev)
{
    sqlite3_stmt *st = statement_get(s, STMT_ADD_EVENT);

    CHECK(ev->id > 0 && ev->id < 1 << EVENT_KEY_BITS);
    if (!st)
        return ERR_DB;

    bind_int(st, 1, event_key(execution, ev->id));
    bind_int(st, 2, ev->previous);
    bind_int(st, 3, ev->time_ms);
    bind_int(st, 4, ev->type);
    bind_text(st, 5, ev->details.len ? ev->details : TEXT_NONE);
    bind_store_text(st, 6, &ev->payload);
    return statement_run(s, st);
}

/* The payload read last; neighbouring events often show the same one. */
struct payload_cursor {
    sqlite3_stmt *st; /* stands on its row; NULL: none was read */
    uint32_t number;
    struct text text;
};

static int read_event_payload(struct store *s, sqlite3_stmt *st, int64_t execution,
                              struct payload_cursor *at, struct store_text *ret_text)
{
    uint32_t number;

    if (sqlite3_column_type(st, 5) != SQLITE_INTEGER) {
        *ret_text = (struct store_text){0, column_borrow(st, 5)};
        return 0;
    }

    number = (uint32_t)sqlite3_column_int64(st, 5);
    if (!at->st || at->number != number) {
        int r;

        (void)sqlite3_reset(at->st);
        at->st = NULL;
        r = payload_borrow(s, execution, number, &at->st, &at->text);
        if (r < 0)
            return r == ERR_NOT_FOUND ? store_fail_content(s, "a payload is missing") : r;

        at->number = number;
    }
    *ret_text = (struct store_text){number, at->text};
    return 0;
}

static int read_events(struct store *s, sqlite3_stmt *st, int64_t execution, bool with_payload,
                       struct payload_cursor *at,
                       void (*visit)(void *arg, const struct store_event *ev), void *arg)
{
    int r;

    while ((r = statement_row(s, st)) > 0) {
        struct store_event ev = {
            .id = sqlite3_column_int64(st, 0) & ((1 << EVENT_KEY_BITS) - 1),
            .previous = sqlite3_column_int64(st, 1),
            .time_ms = sqlite3_column_int64(st, 2),
            .type = (enum event_type)sqlite3_column_int(st, 3),
            .details = column_borrow(st, 4),
        };

        if (!ev.details.data)
            ev.details = TEXT("");
        if (with_payload) {
            r = read_event_payload(s, st, execution, at, &ev.payload);
            if (r < 0) {
                (void)sqlite3_reset(st);
                return r;
            }
        }
        visit(arg, &ev);
    }
    return r;
}

int store_read_events(struct store *s, int64_t execution, int64_t from, int max, bool reverse,
                      bool with_payload, void (*visit)(void *arg, const struct store_event *ev),
                      void *arg)
{
    sqlite3_stmt *st = statement_get(s, reverse ? STMT_READ_EVENTS_REVERSE : STMT_READ_EVENTS);
    const int64_t last = (1 << EVENT_KEY_BITS) - 1;
    struct payload_cursor at = {0};
    int r;

    if (!st)
        return ERR_DB;

    /* Ids outside of what an execution can have must not reach into its neighbours' keys. */
    from = from < 0 ? 0 : MIN(from, last + 1);
    bind_int(st, 1, event_key(execution, 0) + (reverse ? 0 : from));
    bind_int(st, 2, event_key(execution, 0) + (reverse ? MIN(from, last) : last));
    bind_int(st, 3, max);
    r = read_events(s, st, execution, with_payload, &at, visit, arg);
    (void)sqlite3_reset(at.st);
    return r;
}
