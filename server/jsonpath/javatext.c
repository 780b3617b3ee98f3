#include "jsonpath/javatext.h"

#include <stdlib.h>

#include "base/mem.h"

/* A container that is being printed, and its next child. */
struct level {
    const struct json *v;
    size_t next;
};

static void print_scalar(const struct json *v, struct strbuf *out)
{
    char number[32];
    size_t len;

    switch (json_type(v)) {
    case JSON_NULL:
        strbuf_adds(out, "null");
        break;
    case JSON_FALSE:
        strbuf_adds(out, "false");
        break;
    case JSON_TRUE:
        strbuf_adds(out, "true");
        break;
    case JSON_NUMBER:
        strbuf_adds(out, json_number_text(v, number));
        break;
    default: {
        const char *s = json_str(v, &len);
        strbuf_add(out, s, len);
    }
    }
}

static bool is_container(const struct json *v)
{
    return json_type(v) == JSON_ARRAY || json_type(v) == JSON_OBJECT;
}

/* Prints what stands before the level's next child and returns the child; NULL at its end. */
static const struct json *next_child(struct level *l, struct strbuf *out)
{
    bool object = json_type(l->v) == JSON_OBJECT;
    if (l->next == json_len(l->v)) {
        strbuf_addc(out, object ? '}' : ']');
        return NULL;
    }

    size_t at = l->next++;
    if (at > 0)
        strbuf_adds(out, ", ");
    if (!object)
        return json_at(l->v, at);
    print_scalar(json_key_at(l->v, at), out);
    strbuf_addc(out, '=');
    return json_member_at(l->v, at);
}

void java_text(const struct json *v, struct strbuf *out)
{
    struct level *stack = NULL;
    size_t len = 0, cap = 0;

    for (;;) {
        if (v && is_container(v)) {
            strbuf_addc(out, json_type(v) == JSON_OBJECT ? '{' : '[');
            GROW(stack, len, cap);
            stack[len++] = (struct level){.v = v};
        } else if (v) {
            print_scalar(v, out);
        } else {
            len--; /* a container has ended */
        }
        if (len == 0 || out->overflow)
            break;
        v = next_child(&stack[len - 1], out);
    }
    free(stack);
}
