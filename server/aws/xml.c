#include "aws/xml.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"

struct reader {
    struct arena *arena;
    const char *at, *end;
    size_t nodes;
    struct strbuf text; /* of the innermost element so far, or of an attribute */
};

/* ---- characters ------------------------------------------------------------------------------ */

static bool starts(const struct reader *r, const char *s)
{
    size_t len = strlen(s);

    return (size_t)(r->end - r->at) >= len && memcmp(r->at, s, len) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct reader *r)
{
    while (r->at < r->end && is_space(*r->at))
        r->at++;
}

/* Moves behind the next `mark` and gives what stood before it. */
static bool read_until(struct reader *r, const char *mark, struct text *ret_text)
{
    const char *found = memmem(r->at, (size_t)(r->end - r->at), mark, strlen(mark));

    if (!found)
        return false;
    *ret_text = (struct text){r->at, (size_t)(found - r->at)};
    r->at = found + strlen(mark);
    return true;
}

/* "#65" or "#x41"; 0 when it is no character. */
static uint32_t read_number(struct text t)
{
    uint32_t base = t.len > 1 && t.data[1] == 'x' ? 16 : 10;
    uint32_t n = 0;

    for (size_t i = base == 16 ? 2 : 1; i < t.len; i++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *digit = t.data[i] ? strchr(digits, t.data[i]) : NULL;
        uint32_t value = digit ? (uint32_t)((digit - digits) % 16) : base;

        if (value >= base || n > 0x10ffff)
            return 0;
        n = n * base + value;
    }
    return n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff) ? 0 : n;
}

/* What stands between & and ;. */
static bool add_entity(struct reader *r, struct text name)
{
    static const struct {
        const char *name;
        char meaning;
    } entities[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};

    for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
        if (name.len == strlen(entities[i].name) &&
            memcmp(name.data, entities[i].name, name.len) == 0) {
            strbuf_addc(&r->text, entities[i].meaning);
            return true;
        }
    }
    if (name.len < 2 || name.len > 10 || *name.data != '#')
        return false;

    char encoded[4];
    uint32_t c = read_number(name);

    if (c == 0)
        return false;
    strbuf_add(&r->text, encoded, utf8_encode(c, encoded));
    return true;
}

/* Adds t with its references resolved. */
static bool add_text(struct reader *r, struct text t)
{
    const char *at = t.data, *end = t.data + t.len;

    while (at < end) {
        const char *mark = memchr(at, '&', (size_t)(end - at));
        const char *close = mark ? memchr(mark, ';', (size_t)MIN(end - mark, 12)) : NULL;

        strbuf_add(&r->text, at, (size_t)((mark ? mark : end) - at));
        if (!mark)
            return true;
        if (!close || !add_entity(r, (struct text){mark + 1, (size_t)(close - mark - 1)}))
            return false;
        at = close + 1;
    }
    return true;
}

/* ---- elements -------------------------------------------------------------------------------- */

/* A name without its prefix. */
static bool read_name(struct reader *r, struct text *ret_name)
{
    const char *start = r->at;

    while (r->at < r->end && !is_space(*r->at) && !strchr("<>/=\"'&!?", *r->at)) {
        if (*r->at == ':')
            start = r->at + 1;
        r->at++;
    }
    *ret_name = (struct text){start, (size_t)(r->at - start)};
    return ret_name->len > 0;
}

static struct text take_text(struct reader *r)
{
    struct text t = {arena_memdup(r->arena, r->text.data, r->text.len), r->text.len};

    strbuf_clear(&r->text);
    return t;
}

static bool read_attribute(struct reader *r, struct xml_node *node)
{
    struct xml_attribute *attribute = arena_alloc(r->arena, sizeof(*attribute));
    struct text value;
    char quote[2] = {0};

    if (++r->nodes > XML_NODES || !read_name(r, &attribute->name))
        return false;
    skip_space(r);
    if (r->at == r->end || *r->at++ != '=')
        return false;
    skip_space(r);
    if (r->at == r->end || (*r->at != '"' && *r->at != '\''))
        return false;
    quote[0] = *r->at++;
    if (!read_until(r, quote, &value))
        return false;
    strbuf_clear(&r->text);
    if (!add_text(r, value))
        return false;
    attribute->value = take_text(r);
    attribute->next = node->attributes;
    node->attributes = attribute;
    return true;
}

/* Behind "<": the name and attributes.  *ret_empty: it ended with "/>". */
static struct xml_node *read_tag(struct reader *r, bool *ret_empty)
{
    struct xml_node *node = arena_alloc(r->arena, sizeof(*node));

    node->text = TEXT("");
    if (++r->nodes > XML_NODES || !read_name(r, &node->name))
        return NULL;
    for (;;) {
        skip_space(r);
        *ret_empty = starts(r, "/>");
        if (*ret_empty || starts(r, ">")) {
            r->at += *ret_empty ? 2 : 1;
            return node;
        }
        if (!read_attribute(r, node))
            return NULL;
    }
}

/* Comments and instructions: *ret_skipped is false when there is none here. */
static bool skip_aside(struct reader *r, bool *ret_skipped)
{
    struct text ignored;

    *ret_skipped = true;
    if (starts(r, "<!--"))
        return read_until(r, "-->", &ignored);
    if (starts(r, "<?"))
        return read_until(r, "?>", &ignored);
    *ret_skipped = false;
    return true;
}

/* Text or CDATA up to the next mark-up. */
static bool read_characters(struct reader *r)
{
    struct text t;

    if (starts(r, "<![CDATA[")) {
        r->at += strlen("<![CDATA[");
        if (!read_until(r, "]]>", &t))
            return false;
        strbuf_add(&r->text, t.data, t.len);
        return true;
    }

    const char *mark = memchr(r->at, '<', (size_t)(r->end - r->at));

    if (!mark || mark == r->at) /* a declaration */
        return false;
    t = (struct text){r->at, (size_t)(mark - r->at)};
    r->at = mark;
    return add_text(r, t);
}

/* Behind "</": the name has to be the open element's. */
static bool read_close(struct reader *r, struct xml_node *node)
{
    struct text name;

    if (!read_name(r, &name) || name.len != node->name.len ||
        memcmp(name.data, node->name.data, name.len) != 0)
        return false;
    skip_space(r);
    if (r->at == r->end || *r->at++ != '>')
        return false;
    if (!node->first)
        node->text = take_text(r);
    strbuf_clear(&r->text);
    return true;
}

/* An element that is open, and the last child it has so far. */
struct open {
    struct xml_node *node, *last;
};

static void add_child(struct open *parent, struct xml_node *node)
{
    if (parent->last)
        parent->last->next = node;
    else
        parent->node->first = node;
    parent->last = node;
}

/* Reads the element that begins here, with all it holds. */
static struct xml_node *read_element(struct reader *r)
{
    struct open open[XML_DEPTH];
    size_t depth = 0;
    struct xml_node *root = NULL;

    do {
        bool skipped, empty;

        if (!skip_aside(r, &skipped))
            return NULL;
        if (skipped)
            continue;
        if (starts(r, "</")) {
            r->at += 2;
            if (!depth || !read_close(r, open[depth - 1].node))
                return NULL;
            depth--;
        } else if (starts(r, "<") && !starts(r, "<!")) {
            r->at++;

            struct xml_node *node = read_tag(r, &empty);

            if (!node || depth == XML_DEPTH)
                return NULL;
            strbuf_clear(&r->text);
            if (depth)
                add_child(&open[depth - 1], node);
            else
                root = node;
            if (!empty)
                open[depth++] = (struct open){node, NULL};
        } else if (!read_characters(r)) {
            return NULL;
        }
    } while (depth);
    return root;
}

/* What may stand around the root. */
static bool skip_outside(struct reader *r)
{
    bool skipped = true;

    while (skipped) {
        skip_space(r);
        if (!skip_aside(r, &skipped))
            return false;
    }
    return true;
}

struct xml_node *xml_parse(struct arena *a, struct text t)
{
    struct reader r = {.arena = a, .at = t.data, .end = t.data + t.len};
    struct xml_node *root = NULL;

    if (!t.len || memchr(t.data, 0, t.len) || !utf8_valid(t.data, t.len))
        return NULL;
    if (starts(&r, "\xef\xbb\xbf"))
        r.at += 3;
    strbuf_init(&r.text, t.len);
    if (skip_outside(&r) && starts(&r, "<") && !starts(&r, "<!"))
        root = read_element(&r);
    if (root && (!skip_outside(&r) || r.at != r.end))
        root = NULL;
    strbuf_done(&r.text);
    return root;
}

const struct xml_node *xml_child(const struct xml_node *node, struct text name)
{
    for (const struct xml_node *child = node ? node->first : NULL; child; child = child->next)
        if (child->name.len == name.len && memcmp(child->name.data, name.data, name.len) == 0)
            return child;
    return NULL;
}
