#include "json/walk.h"

/* ---- writing ---- */

/* Writes into the room that a strbuf has, and asks it for more when that is used up. */
struct writer {
    struct strbuf *sb;
    char *at, *end; /* room not used yet */
    bool cut;       /* at the ceiling, write what still fits */
    bool full;      /* the ceiling was reached; nothing is written any more */
};

static void writer_flush(struct writer *w)
{
    if (w->at)
        strbuf_commit(w->sb, (size_t)(w->at - (w->sb->data + w->sb->len)));
}

/* put, when there is no room at hand. */
static __attribute__((noinline)) void put_more(struct writer *w, const char *s, size_t len)
{
    if (w->full)
        return;
    writer_flush(w);
    size_t left = w->sb->max - w->sb->len;
    char *room = w->cut && len > left ? NULL : strbuf_reserve(w->sb, len);
    if (room) {
        memcpy(room, s, len);
        w->at = room + len;
        w->end = w->sb->data + w->sb->cap - 1;
        return;
    }
    w->full = true;
    w->at = w->end = NULL;
    if (w->cut)
        strbuf_add(w->sb, s, left);
}

static inline void put(struct writer *w, const char *s, size_t len)
{
    if (__builtin_expect((size_t)(w->end - w->at) <= len, 0)) {
        put_more(w, s, len);
        return;
    }
    memcpy(w->at, s, len);
    w->at += len;
}

static inline void put_char(struct writer *w, char c)
{
    if (__builtin_expect(w->at == w->end, 0))
        put_more(w, &c, 1);
    else
        *w->at++ = c;
}

/* ---- scalars ---- */

/* How a byte of a string prints: 0 as it is, 'u' as \u00XX, 's' as \uXXXX with the two that follow
 * when they are a lone surrogate, any other as the escape of that letter. */
static const char escapes[256] = {
    ['\b'] = 'b',  ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"',
    ['\\'] = '\\', [0xED] = 's', [0x00] = 'u', [0x01] = 'u', [0x02] = 'u', [0x03] = 'u',
    [0x04] = 'u',  [0x05] = 'u', [0x06] = 'u', [0x07] = 'u', [0x0B] = 'u', [0x0E] = 'u',
    [0x0F] = 'u',  [0x10] = 'u', [0x11] = 'u', [0x12] = 'u', [0x13] = 'u', [0x14] = 'u',
    [0x15] = 'u',  [0x16] = 'u', [0x17] = 'u', [0x18] = 'u', [0x19] = 'u', [0x1A] = 'u',
    [0x1B] = 'u',  [0x1C] = 'u', [0x1D] = 'u', [0x1E] = 'u', [0x1F] = 'u',
};

/* True at the first byte of a surrogate's three. */
static bool is_surrogate(const char *s, const char *end)
{
    return end - s >= 3 && (unsigned char)s[1] >= 0xA0;
}

static void put_unit(struct writer *w, unsigned unit)
{
    static const char hex[] = "0123456789ABCDEF";
    const char text[6] = {
        '\\', 'u', hex[unit >> 12], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15],
    };
    put(w, text, sizeof(text));
}

static void put_escaped(struct writer *w, const char *s, size_t len)
{
    const char *end = s + len;
    const char *run = s;
    while (s < end) {
        char how = escapes[(unsigned char)*s];
        if (how == 0 || (how == 's' && !is_surrogate(s, end))) {
            s++;
            continue;
        }
        put(w, run, (size_t)(s - run));
        if (how == 's') {
            put_unit(w, 0xD000U | (s[1] & 0x3FU) << 6 | (s[2] & 0x3FU));
            s += 3;
        } else if (how == 'u') {
            put_unit(w, (unsigned char)*s++);
        } else {
            const char text[2] = {'\\', how};
            put(w, text, sizeof(text));
            s++;
        }
        run = s;
    }
    put(w, run, (size_t)(s - run));
}

static inline void put_string(struct writer *w, const struct json *v)
{
    const struct string_node *s = as_string(v);
    put_char(w, '"');
    if (v->kind == STRING_PLAIN)
        put(w, s->bytes, s->len);
    else
        put_escaped(w, s->bytes, s->len);
    put_char(w, '"');
}

static void put_number(struct writer *w, const struct json *v)
{
    char text[REAL_TEXT_SIZE];
    switch ((enum number_kind)v->kind) {
    case NUMBER_INT:
        put(w, text, int_print(((const struct int_node *)v)->value, text));
        return;
    case NUMBER_REAL:
        put(w, text, real_print(((const struct real_node *)v)->value, text));
        return;
    case NUMBER_INT_TEXT:
    case NUMBER_REAL_TEXT:
        break;
    }
    put(w, as_string(v)->bytes, as_string(v)->len);
}

/* ---- values ---- */

/* Prints v, or only its opening bracket when it has children; true then. */
static bool put_value(struct writer *w, const struct json *v)
{
    switch ((enum json_type)v->type) {
    case JSON_NULL:
        put(w, "null", 4);
        break;
    case JSON_FALSE:
        put(w, "false", 5);
        break;
    case JSON_TRUE:
        put(w, "true", 4);
        break;
    case JSON_NUMBER:
        put_number(w, v);
        break;
    case JSON_STRING:
        put_string(w, v);
        break;
    case JSON_ARRAY:
        put_char(w, '[');
        if (as_array(v)->len > 0)
            return true;
        put_char(w, ']');
        break;
    case JSON_OBJECT:
        put_char(w, '{');
        if (as_object(v)->len > 0)
            return true;
        put_char(w, '}');
        break;
    }
    return false;
}

/* Prints what stands before the next child of the innermost open value and returns the child; closes
 * what has no more.  NULL at the end of all. */
static const struct json *next_child(struct writer *w, struct walk *walk)
{
    while (walk->len > 0) {
        struct walk_step *step = walk_top(walk);
        bool object = step->v->type == JSON_OBJECT;
        uint32_t len = object ? as_object(step->v)->len : as_array(step->v)->len;
        if (step->next == len) {
            put_char(w, object ? '}' : ']');
            walk->len--;
            continue;
        }
        if (step->next > 0)
            put_char(w, ',');
        uint32_t i = step->next++;
        if (!object)
            return as_array(step->v)->items[i];
        put_string(w, as_object(step->v)->members[i].key);
        put_char(w, ':');
        return as_object(step->v)->members[i].value;
    }
    return NULL;
}

static void print(const struct json *v, struct strbuf *out, bool cut)
{
    struct writer w = {.sb = out, .cut = cut};
    struct walk walk;
    walk_init(&walk);
    while (v && !w.full) {
        if (put_value(&w, v))
            walk_push(&walk, (struct walk_step){.v = v});
        v = next_child(&w, &walk);
    }
    walk_done(&walk);
    writer_flush(&w);
}

void json_print(const struct json *v, struct strbuf *out)
{
    print(v, out, false);
}

char *json_text(const struct json *v, size_t max, size_t *ret_len)
{
    CLEANUP(strbuf_done) struct strbuf sb;
    strbuf_init(&sb, max);
    print(v, &sb, true);

    /* A character that was cut has fewer bytes behind its first one than that calls for. */
    size_t tail = 0;
    while (tail < 3 && tail < sb.len && ((unsigned char)sb.data[sb.len - 1 - tail] & 0xC0) == 0x80)
        tail++;
    if (tail < sb.len) {
        unsigned char lead = (unsigned char)sb.data[sb.len - 1 - tail];
        size_t wanted = lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        if (tail < wanted)
            strbuf_truncate(&sb, sb.len - 1 - tail);
    }
    return strbuf_take(&sb, ret_len);
}

/* ---- sizes ---- */

static size_t string_size(const struct json *v)
{
    const struct string_node *s = as_string(v);
    size_t size = (size_t)s->len + 2;
    if (v->kind == STRING_PLAIN)
        return size;
    const char *end = s->bytes + s->len;
    for (const char *at = s->bytes; at < end; at++) {
        char how = escapes[(unsigned char)*at];
        if (how == 's')
            size += is_surrogate(at, end) ? 3 : 0;
        else if (how)
            size += how == 'u' ? 5 : 1;
    }
    return size;
}

static size_t number_size(const struct json *v)
{
    char text[REAL_TEXT_SIZE];
    switch ((enum number_kind)v->kind) {
    case NUMBER_INT:
        return int_print(((const struct int_node *)v)->value, text);
    case NUMBER_REAL:
        return real_print(((const struct real_node *)v)->value, text);
    case NUMBER_INT_TEXT:
    case NUMBER_REAL_TEXT:
        break;
    }
    return as_string(v)->len;
}

/* The size of a scalar's text, or what is remembered of a container's; 0 when it must be counted. */
static size_t known_size(const struct json *v)
{
    switch ((enum json_type)v->type) {
    case JSON_NULL:
    case JSON_TRUE:
        return 4;
    case JSON_FALSE:
        return 5;
    case JSON_NUMBER:
        return number_size(v);
    case JSON_STRING:
        return string_size(v);
    case JSON_ARRAY:
        return as_array(v)->text_size;
    case JSON_OBJECT:
        break;
    }
    return as_object(v)->text_size;
}

/* Remembers the size of a container whose children's sizes are `sum`. */
static size_t remember_size(const struct json *v, uint64_t sum)
{
    uint64_t len = json_len(v);
    uint64_t size = sum + len + 1; /* brackets and commas */
    if (v->type == JSON_OBJECT)
        size += len; /* colons */
    uint32_t kept = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
    if (v->type == JSON_OBJECT)
        as_object(v)->text_size = kept;
    else
        as_array(v)->text_size = kept;
    return kept;
}

size_t json_text_size(const struct json *v, size_t stop_at)
{
    struct walk walk;
    walk_init(&walk);
    size_t size = known_size(v);
    if (size == 0)
        walk_push(&walk, (struct walk_step){.v = v});
    while (walk.len > 0) {
        struct walk_step *step = walk_top(&walk);
        if (step->next == json_len(step->v)) {
            size = remember_size(step->v, step->sum);
            walk.len--;
            if (walk.len > 0)
                walk_top(&walk)->sum += size;
            continue;
        }
        uint32_t i = step->next++;
        const struct json *next;
        if (step->v->type == JSON_OBJECT) {
            step->sum += string_size(as_object(step->v)->members[i].key);
            next = as_object(step->v)->members[i].value;
        } else {
            next = as_array(step->v)->items[i];
        }
        size = known_size(next);
        if (size == 0)
            walk_push(&walk, (struct walk_step){.v = next});
        else
            step->sum += size;
    }
    walk_done(&walk);
    return MIN(size, stop_at);
}
