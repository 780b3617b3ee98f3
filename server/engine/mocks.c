#include "engine/mocks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "json/json.h"

/* A result for the invocations first to last. */
struct mock_entry {
    uint32_t first, last;
    struct mock_result result; /* in the arena */
};

struct mock_responses {
    const char *name;
    struct mock_entry *entries; /* by first, without overlap */
    size_t len;
};

struct mock_case {
    struct map *states; /* struct mock_responses by name of the state */
};

struct mocks {
    struct arena arena;
    struct text text;
    struct map *responses; /* struct mock_responses by name */
    struct map *machines;  /* a struct map of struct mock_case by name, by name of the machine */
};

/* ---- reading ---- */

/* Where in the text a value stands, and what is wrong with it. */
static int wrong(struct err *err, const char *place, const char *what)
{
    return err_set(err, ERR_INVALID, "%s: %s", place, what);
}

static const char *key_at(const struct json *object, size_t i, size_t *ret_len)
{
    return json_str(json_key_at(object, i), ret_len);
}

/* The names of states and responses are shown in messages and compared with names that hold no NUL. */
static int check_object(const struct json *value, const char *place, struct err *err)
{
    if (!json_is(value, JSON_OBJECT))
        return wrong(err, place, "has to be an object");
    for (size_t i = 0; i < json_len(value); i++) {
        size_t len;
        const char *key = key_at(value, i, &len);

        if (len == 0 || strlen(key) != len)
            return wrong(err, place, "has a member whose name is empty or holds U+0000");
    }
    return 0;
}

/* Only the members named; `members` ends with NULL. */
static int check_members(const struct json *object, const char *const *members, const char *place,
                         struct err *err)
{
    int r = check_object(object, place, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < json_len(object); i++) {
        const char *key = key_at(object, i, NULL);
        size_t at = 0;

        while (members[at] && strcmp(members[at], key) != 0)
            at++;
        if (!members[at])
            return err_set(err, ERR_INVALID, "%s: has an unknown member '%s'", place, key);
    }
    return 0;
}

static struct text keep_text(struct mocks *m, const char *s, size_t len)
{
    return (struct text){arena_memdup(&m->arena, s, len), len};
}

/* {"Error": ..., "Cause": ...} */
static int read_throw(struct mocks *m, const struct json *value, const char *place,
                      struct mock_result *ret_result, struct err *err)
{
    static const char *const members[] = {"Error", "Cause", NULL};
    int r = check_members(value, members, place, err);

    if (r < 0)
        return r;

    const struct json *error = json_gets(value, "Error");
    const struct json *cause = json_gets(value, "Cause");
    size_t error_len;
    size_t cause_len;

    if (!json_is(error, JSON_STRING) || !json_is(cause, JSON_STRING))
        return wrong(err, place, "needs Error and Cause, both strings");

    const char *error_text = json_str(error, &error_len);
    const char *cause_text = json_str(cause, &cause_len);

    if (strlen(error_text) != error_len || strlen(cause_text) != cause_len)
        return wrong(err, place, "holds U+0000, which no error may contain");
    if (error_len > LIMIT_ERROR_CHARS || cause_len > LIMIT_CAUSE_CHARS)
        return err_set(err, ERR_INVALID, "%s: Error has at most %d bytes, Cause %d", place,
                       LIMIT_ERROR_CHARS, LIMIT_CAUSE_CHARS);
    *ret_result = (struct mock_result){
        .error = keep_text(m, error_text, error_len).data,
        .cause = keep_text(m, cause_text, cause_len),
    };
    return 0;
}

static int read_result(struct mocks *m, const struct json *value, const char *place,
                       struct mock_result *ret_result, struct err *err)
{
    static const char *const members[] = {"Return", "Throw", NULL};
    int r = check_members(value, members, place, err);

    if (r < 0)
        return r;
    if (json_len(value) != 1)
        return wrong(err, place, "needs exactly one of Return and Throw");

    const struct json *output = json_gets(value, "Return");

    if (!output) {
        CLEANUP(free_p) char *inner = xasprintf("%s/Throw", place);

        return read_throw(m, json_gets(value, "Throw"), inner, ret_result, err);
    }

    size_t len;
    CLEANUP(free_p) char *text = json_text(output, SIZE_MAX, &len);

    *ret_result = (struct mock_result){.output = keep_text(m, text, len)};
    ret_result->direct = ret_result->output;
    if (json_is(output, JSON_OBJECT) && json_gets(output, "Payload") &&
        json_is(json_gets(output, "StatusCode"), JSON_NUMBER)) {
        CLEANUP(free_p) char *payload = json_text(json_gets(output, "Payload"), SIZE_MAX, &len);

        ret_result->direct = keep_text(m, payload, len);
    }
    return 0;
}

/* Reads digits; false when there are none, or the number is too large. */
static bool read_index(const char **at, uint32_t *ret_index)
{
    uint32_t value = 0;

    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        value = value * 10 + (uint32_t)(**at - '0');
        if (value > MOCKS_INDEX_MAX)
            return false;
    }
    *ret_index = value;
    return true;
}

/* "3" or "1-2". */
static bool read_range(const char *key, struct mock_entry *ret_entry)
{
    uint32_t first;
    uint32_t last;

    if (!read_index(&key, &first))
        return false;
    last = first;
    if (*key == '-') {
        key++;
        if (!read_index(&key, &last))
            return false;
    }
    ret_entry->first = first;
    ret_entry->last = last;
    return !*key && first <= last;
}

static int by_first(const void *a, const void *b)
{
    const struct mock_entry *x = a;
    const struct mock_entry *y = b;

    return x->first < y->first ? -1 : x->first > y->first;
}

static int read_responses(struct mocks *m, const char *name, const struct json *value,
                          struct err *err)
{
    CLEANUP(free_p) char *place = xasprintf("MockedResponses/%s", name);
    struct mock_responses *responses = arena_alloc(&m->arena, sizeof(*responses));
    int r = check_object(value, place, err);

    if (r < 0)
        return r;
    if (json_len(value) == 0)
        return wrong(err, place, "has no result");
    responses->name = keep_text(m, name, strlen(name)).data;
    responses->len = json_len(value);
    responses->entries = arena_alloc(&m->arena, responses->len * sizeof(*responses->entries));
    for (size_t i = 0; i < responses->len; i++) {
        CLEANUP(free_p) char *inner = xasprintf("%s/%s", place, key_at(value, i, NULL));
        struct mock_entry *entry = &responses->entries[i];

        if (!read_range(key_at(value, i, NULL), entry))
            return err_set(err, ERR_INVALID,
                           "%s: has to be a number from 0 to %d, or a range like 1-2", inner,
                           MOCKS_INDEX_MAX);
        r = read_result(m, json_member_at(value, i), inner, &entry->result, err);
        if (r < 0)
            return r;
    }
    qsort(responses->entries, responses->len, sizeof(*responses->entries), by_first);
    for (size_t i = 1; i < responses->len; i++)
        if (responses->entries[i].first <= responses->entries[i - 1].last)
            return err_set(err, ERR_INVALID, "%s: there are two results for invocation %" PRIu32,
                           place, responses->entries[i].first);
    (void)map_set(m->responses, name, strlen(name), responses);
    return 0;
}

static int read_case(struct mocks *m, struct map *cases, const char *machine, const char *name,
                     const struct json *value, struct err *err)
{
    CLEANUP(free_p)
    char *place = xasprintf("StateMachines/%s/TestCases/%s", machine, name);
    int r = check_object(value, place, err);

    if (r < 0)
        return r;

    struct mock_case *c = arena_alloc(&m->arena, sizeof(*c));

    c->states = map_new();
    (void)map_set(cases, name, strlen(name), c);
    for (size_t i = 0; i < json_len(value); i++) {
        const char *state = key_at(value, i, NULL);
        const struct json *response = json_member_at(value, i);
        size_t len = 0;
        const char *wanted = json_is(response, JSON_STRING) ? json_str(response, &len) : NULL;
        struct mock_responses *responses = wanted ? map_get(m->responses, wanted, len) : NULL;

        if (!wanted)
            return err_set(err, ERR_INVALID, "%s/%s: has to name a member of MockedResponses",
                           place, state);
        if (!responses)
            return err_set(err, ERR_INVALID, "%s/%s: MockedResponses has no '%s'", place, state,
                           wanted);
        (void)map_set(c->states, state, strlen(state), responses);
    }
    return 0;
}

static int read_machine(struct mocks *m, const char *name, const struct json *value,
                        struct err *err)
{
    static const char *const members[] = {"TestCases", NULL};
    CLEANUP(free_p) char *place = xasprintf("StateMachines/%s", name);
    CLEANUP(free_p) char *inner = xasprintf("%s/TestCases", place);
    const struct json *cases = NULL;
    int r = check_members(value, members, place, err);

    if (r == 0) {
        cases = json_gets(value, "TestCases");
        r = check_object(cases, inner, err);
    }
    if (r < 0)
        return r;

    struct map *map = map_new();

    (void)map_set(m->machines, name, strlen(name), map);
    for (size_t i = 0; i < json_len(cases) && r == 0; i++)
        r = read_case(m, map, name, key_at(cases, i, NULL), json_member_at(cases, i), err);
    return r;
}

static int read_root(struct mocks *m, const struct json *root, struct err *err)
{
    static const char *const members[] = {"StateMachines", "MockedResponses", NULL};
    int r = check_members(root, members, "the configuration", err);

    if (r < 0)
        return r;

    const struct json *machines = json_gets(root, "StateMachines");
    const struct json *responses = json_gets(root, "MockedResponses");

    if (responses)
        r = check_object(responses, "MockedResponses", err);
    for (size_t i = 0; r == 0 && responses && i < json_len(responses); i++)
        r = read_responses(m, key_at(responses, i, NULL), json_member_at(responses, i), err);
    if (r == 0)
        r = check_object(machines, "StateMachines", err);
    for (size_t i = 0; r == 0 && i < json_len(machines); i++)
        r = read_machine(m, key_at(machines, i, NULL), json_member_at(machines, i), err);
    return r;
}

int mocks_parse(const char *text, size_t len, struct mocks **ret_mocks, struct err *err)
{
    struct json_error error;
    CLEANUP(json_unref_p)
    struct json *root = json_parse(text, len, JSON_PARSE_REJECT_DUPLICATES, &error);

    if (!root)
        return err_set(err, ERR_INVALID, "line %u, column %u: %s", error.line, error.column,
                       error.text);

    struct mocks *m = xcalloc(1, sizeof(*m));

    arena_init(&m->arena);
    m->text = keep_text(m, text, len);
    m->responses = map_new();
    m->machines = map_new();

    int r = read_root(m, root, err);

    if (r < 0) {
        mocks_free(m);
        return r;
    }
    *ret_mocks = m;
    return 0;
}

int mocks_load(const char *file, struct mocks **ret_mocks, struct err *err)
{
    CLEANUP(free_p) char *text = NULL;
    struct err inner = {0};
    size_t len = 0;
    int r = file_read(file, MOCKS_FILE_BYTES, &text, &len, &inner);

    if (r == 0)
        r = mocks_parse(text, len, ret_mocks, &inner);
    return r < 0 ? err_set(err, r, "the mock configuration %s: %s", file, inner.text) : 0;
}

/* ---- life ---- */

void mocks_free(struct mocks *m)
{
    size_t at = 0;
    const char *key;
    size_t len;
    void *cases;

    if (!m)
        return;
    while (map_next(m->machines, &at, &key, &len, &cases)) {
        size_t inner = 0;
        void *value;

        while (map_next(cases, &inner, &key, &len, &value))
            map_free(((struct mock_case *)value)->states);
        map_free(cases);
    }
    map_free(m->machines);
    map_free(m->responses);
    arena_done(&m->arena);
    free_p(&m);
}

struct text mocks_text(const struct mocks *m)
{
    return m->text;
}

/* ---- looking up ---- */

const struct mock_case *mocks_case(const struct mocks *m, const char *machine,
                                   const char *test_case)
{
    const struct map *cases = m ? map_get(m->machines, machine, strlen(machine)) : NULL;

    return cases ? map_get(cases, test_case, strlen(test_case)) : NULL;
}

const struct mock_responses *mocks_of_state(const struct mock_case *c, const char *state)
{
    return c ? map_get(c->states, state, strlen(state)) : NULL;
}

bool mocks_result(const struct mock_responses *r, uint32_t index, struct mock_result *ret_result)
{
    size_t lo = 0;

    for (size_t hi = r->len; lo < hi;) {
        size_t mid = (lo + hi) / 2;

        if (r->entries[mid].last < index)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == r->len || r->entries[lo].first > index)
        return false;
    *ret_result = r->entries[lo].result;
    return true;
}

const char *mocks_responses_name(const struct mock_responses *r)
{
    return r->name;
}
