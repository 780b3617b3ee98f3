#include <string.h>

#include "engine/internal.h"

static struct payload *payload_new(char *text /* takes */, size_t len, size_t depth)
{
    struct payload *p = xmalloc(sizeof(*p));

    *p = (struct payload){.refs = 1, .text = text, .len = len, .depth = depth};
    return p;
}

/* How deeply a JSON text nests. */
static size_t text_depth(struct text text)
{
    size_t depth = 0;
    size_t deepest = 0;
    bool string = false;

    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '"':
            string = !string;
            break;
        case '\\':
            i += string;
            break;
        case '[':
        case '{':
            depth += !string;
            deepest = MAX(deepest, depth);
            break;
        case ']':
        case '}':
            depth -= !string;
            break;
        default:
            break;
        }
    }
    return deepest;
}

struct payload *payload_from_text(struct text text)
{
    return payload_new(xmemdup(text.data, text.len), text.len, text_depth(text));
}

struct payload *payload_from_value(struct json *value)
{
    struct strbuf sb;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    json_print(value, &sb);

    size_t len;
    char *text = strbuf_take(&sb, &len);
    struct payload *p = payload_new(text, len, json_depth(value));

    p->value = value;
    return p;
}

struct payload *payload_ref(struct payload *p)
{
    p->refs++;
    return p;
}

void payload_unref(struct payload *p)
{
    if (!p || --p->refs > 0)
        return;
    json_unref(p->value);
    free_p(&p->text);
    free_p(&p);
}

void payload_unref_p(struct payload **p)
{
    payload_unref(*p);
}

const struct json *payload_value(struct payload *p)
{
    if (!p->value) {
        p->value = json_parse(p->text, p->len, JSON_PARSE_DEFAULT, NULL);
        CHECK(p->value); /* every text was checked, or printed by us */
    }
    return p->value;
}

struct payload *payload_from_list(struct payload *const *items, size_t len)
{
    size_t size = 2;
    size_t depth = 0;

    for (size_t i = 0; i < len; i++) {
        size += items[i]->len + 1;
        depth = MAX(depth, items[i]->depth);
    }

    char *text = xmalloc(size + 1);
    size_t at = 0;

    text[at++] = '[';
    for (size_t i = 0; i < len; i++) {
        if (i > 0)
            text[at++] = ',';
        memcpy(text + at, items[i]->text, items[i]->len);
        at += items[i]->len;
    }
    text[at++] = ']';
    text[at] = '\0';
    return payload_new(text, at, depth + 1);
}
