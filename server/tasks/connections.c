#include "tasks/connections.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"

#define FILE_BYTES (1024 * 1024)

struct connections {
    struct arena arena;
    struct map *by_name; /* struct connection, in the arena */
};

void connections_free(struct connections *c)
{
    if (!c)
        return;
    map_free(c->by_name);
    arena_done(&c->arena);
    free(c);
}

static int read_all(struct connections *c, const struct json *root, struct err *err)
{
    if (!json_is(root, JSON_OBJECT))
        return err_set(err, ERR_INVALID, "is no object of connections by name");
    for (size_t i = 0; i < json_len(root); i++) {
        struct connection *one = arena_alloc(&c->arena, sizeof(*one));
        struct err inner = {0};
        size_t len;
        const char *name = json_str(json_key_at(root, i), &len);
        int r = connection_read(&c->arena, json_member_at(root, i), NULL, one, &inner);

        if (r < 0)
            return err_set(err, r, "%.200s: %s", name, inner.text);
        (void)map_set(c->by_name, name, len, one);
    }
    return 0;
}

int connections_parse(const char *text, size_t len, struct connections **ret_connections,
                      struct err *err)
{
    struct json_error error;
    CLEANUP(json_unref_p)
    struct json *root = json_parse(text, len, JSON_PARSE_REJECT_DUPLICATES, &error);

    if (!root)
        return err_set(err, ERR_INVALID, "line %u, column %u: %s", error.line, error.column,
                       error.text);

    struct connections *c = xmalloc(sizeof(*c));

    arena_init(&c->arena);
    c->by_name = map_new();

    int r = read_all(c, root, err);

    if (r < 0) {
        connections_free(c);
        return r;
    }
    *ret_connections = c;
    return 0;
}

int connections_load(const char *path, struct connections **ret_connections, struct err *err)
{
    CLEANUP(free_p) char *text = NULL;
    struct err inner = {0};
    size_t len = 0;
    int r = file_read(path, FILE_BYTES, &text, &len, &inner);

    if (r == 0)
        r = connections_parse(text, len, ret_connections, &inner);
    return r < 0 ? err_set(err, r, "the connections %s: %s", path, inner.text) : 0;
}

const struct connection *connections_get(const struct connections *c, struct text name)
{
    return c ? map_get(c->by_name, name.data, name.len) : NULL;
}
