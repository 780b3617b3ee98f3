#include "aws/wire.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "base/limits.h"
#include "base/percent.h"
#include "base/timefmt.h"

/* ---- scalars --------------------------------------------------------------------------------- */

static enum wire_time time_form(const char *type, enum wire_time otherwise)
{
    return isdigit((unsigned char)type[1]) ? (enum wire_time)type[1] : otherwise;
}

/* "2026-09-24T02:56:17Z", with milliseconds where there are any. */
static void add_iso(struct strbuf *sb, int64_t ms)
{
    char text[ISO_TIME_SIZE];
    size_t len = strlen(iso_time_format(ms, text));

    if (ms % 1000 == 0 && len > 5)
        (void)memmove(text + len - 5, "Z", 2);
    strbuf_adds(sb, text);
}

/* "Thu, 24 Sep 2026 02:56:17 GMT" */
static void add_http_date(struct strbuf *sb, int64_t ms)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char iso[ISO_TIME_SIZE];
    int64_t day = ms / 86400000 - (ms % 86400000 < 0);
    unsigned month;

    (void)iso_time_format(ms, iso);

    const char *at = strchr(iso + 1, '-'); /* behind the year */

    month = (unsigned)(at[1] - '0') * 10 + (unsigned)(at[2] - '0');
    strbuf_addf(sb, "%s, %.2s %s %.*s %.8s GMT", days[(day % 7 + 7) % 7], at + 4,
                months[(month - 1) % 12], (int)(at - iso), iso, at + 7);
}

static void add_seconds(struct strbuf *sb, int64_t ms)
{
    strbuf_addf(sb, "%s%" PRId64, ms < 0 && ms > -1000 ? "-" : "", ms / 1000);
    if (ms % 1000)
        strbuf_addf(sb, ".%03d", (int)(ms % 1000 < 0 ? -(ms % 1000) : ms % 1000));
}

static void add_time(struct strbuf *sb, const struct json *value, enum wire_time form)
{
    int64_t ms = 0;

    (void)json_int64(value, &ms);
    if (form == WIRE_HTTP)
        add_http_date(sb, ms);
    else if (form == WIRE_SECONDS)
        add_seconds(sb, ms);
    else
        add_iso(sb, ms);
}

void wire_add_text(struct strbuf *sb, const char *type, const struct json *value,
                   enum wire_time time, enum wire_bytes bytes)
{
    size_t len;
    const char *s;

    if (*type == 't') {
        add_time(sb, value, time_form(type, time));
        return;
    }
    if (!json_is(value, JSON_STRING)) {
        json_print(value, sb);
        return;
    }
    s = json_str(value, &len);
    if (*type == 'x' && bytes == WIRE_TEXT)
        base64_encode(s, len, false, sb);
    else
        strbuf_add(sb, s, len);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static struct json *json_of_scalar(const char *type, const struct json *value,
                                   enum wire_bytes bytes)
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, LIMIT_VALUE_BYTES);
    if (*type != 't' && (*type != 'x' || bytes == WIRE_BASE64))
        return json_ref(value);
    wire_add_text(&sb, type, value, WIRE_SECONDS, bytes);
    if (*type == 't' && time_form(type, WIRE_SECONDS) == WIRE_SECONDS)
        return json_number_from_text(sb.data, sb.len);
    return json_string(sb.data, sb.len);
}

static struct json *json_of_structure(const char *shape, const struct json *value,
                                      enum wire_bytes bytes)
{
    struct json_object *o = json_object_new();
    struct aws_member m;

    for (const char *at = shape + 1; *at;) {
        at = aws_member_read(at, &m);

        const struct json *member = json_get(value, m.name.data, m.name.len);

        if (member && m.place == 0)
            json_object_add(o, json_string(m.wire.data, m.wire.len),
                            wire_json(m.type, member, bytes));
    }
    return json_object_finish(o);
}

struct json *wire_json(const char *type, const struct json *value, enum wire_bytes bytes)
{
    const char *shape = aws_shape(type);
    struct json_array list;
    struct json_object *map;

    switch (*shape) {
    case '{':
        return json_of_structure(shape, value, bytes);
    case '[':
        json_array_init(&list);
        for (size_t i = 0; i < json_len(value); i++)
            json_array_add(&list, wire_json(shape + 1, json_at(value, i), bytes));
        return json_array_finish(&list);
    case '%':
        map = json_object_new();
        for (size_t i = 0; i < json_len(value); i++)
            json_object_add(map, json_ref(json_key_at(value, i)),
                            wire_json(shape + 1, json_member_at(value, i), bytes));
        return json_object_finish(map);
    default:
        return json_of_scalar(shape, value, bytes);
    }
}

/* ---- XML ------------------------------------------------------------------------------------- */

static void add_escaped(struct strbuf *sb, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        switch (s[i]) {
        case '&':
            strbuf_adds(sb, "&amp;");
            break;
        case '<':
            strbuf_adds(sb, "&lt;");
            break;
        case '>':
            strbuf_adds(sb, "&gt;");
            break;
        case '"':
            strbuf_adds(sb, "&quot;");
            break;
        case '\r':
            strbuf_adds(sb, "&#13;");
            break;
        default:
            strbuf_addc(sb, s[i]);
        }
    }
}

static void add_escaped_scalar(struct strbuf *sb, const char *type, const struct json *value,
                               enum wire_bytes bytes)
{
    CLEANUP(strbuf_done) struct strbuf text;

    strbuf_init(&text, LIMIT_VALUE_BYTES);
    wire_add_text(&text, type, value, WIRE_ISO, bytes);
    add_escaped(sb, text.data, text.len);
}

/* xsi:type is the one attribute of all APIs that has a prefix. */
static void add_attributes(struct strbuf *sb, const char *shape, const struct json *value,
                           enum wire_bytes bytes)
{
    struct aws_member m;

    for (const char *at = shape + 1; *at;) {
        at = aws_member_read(at, &m);

        const struct json *member = json_get(value, m.name.data, m.name.len);

        if (!member || m.place != 'a')
            continue;
        if (m.wire.len > 4 && memcmp(m.wire.data, "xsi:", 4) == 0)
            strbuf_adds(sb, " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"");
        strbuf_addf(sb, " %.*s=\"", (int)m.wire.len, m.wire.data);
        add_escaped_scalar(sb, m.type, member, bytes);
        strbuf_addc(sb, '"');
    }
}

static void add_open(struct strbuf *sb, struct text name)
{
    strbuf_addf(sb, "<%.*s>", (int)name.len, name.data);
}

static void add_close(struct strbuf *sb, struct text name)
{
    strbuf_addf(sb, "</%.*s>", (int)name.len, name.data);
}

static void add_xml_entry(struct strbuf *sb, const struct aws_container *c, const struct json *key,
                          const struct json *value, enum wire_bytes bytes)
{
    wire_add_xml(sb, c->key, NULL, "s", key, bytes);
    wire_add_xml(sb, c->value, NULL, c->element, value, bytes);
}

static void add_xml_container(struct strbuf *sb, struct text name, const char *shape,
                              const struct json *value, enum wire_bytes bytes)
{
    struct aws_container c;
    struct text inner;

    aws_container_read(shape, &c);
    inner = c.flattened ? name : *shape == '%' ? TEXT("entry") : c.name;
    if (!inner.data)
        inner = TEXT("member");
    if (!c.flattened)
        add_open(sb, name);
    for (size_t i = 0; i < json_len(value); i++) {
        if (*shape == '[') {
            wire_add_xml(sb, inner, NULL, c.element, json_at(value, i), bytes);
        } else {
            add_open(sb, inner);
            add_xml_entry(sb, &c, json_key_at(value, i), json_member_at(value, i), bytes);
            add_close(sb, inner);
        }
    }
    if (!c.flattened)
        add_close(sb, name);
}

static void add_xml_members(struct strbuf *sb, const char *shape, const struct json *value,
                            enum wire_bytes bytes)
{
    struct aws_member m;

    for (const char *at = shape + 1; *at;) {
        at = aws_member_read(at, &m);

        const struct json *member = json_get(value, m.name.data, m.name.len);

        if (member && m.place == 0)
            wire_add_xml(sb, m.wire, NULL, m.type, member, bytes);
    }
}

void wire_add_xml(struct strbuf *sb, struct text name, const char *namespace, const char *type,
                  const struct json *value, enum wire_bytes bytes)
{
    const char *shape = aws_shape(type);

    if (*shape == '[' || *shape == '%') {
        add_xml_container(sb, name, shape, value, bytes);
        return;
    }
    strbuf_addf(sb, "<%.*s", (int)name.len, name.data);
    if (namespace)
        strbuf_addf(sb, " xmlns=\"%s\"", namespace);
    if (*shape == '{')
        add_attributes(sb, shape, value, bytes);
    strbuf_addc(sb, '>');
    if (*shape == '{')
        add_xml_members(sb, shape, value, bytes);
    else
        add_escaped_scalar(sb, shape, value, bytes);
    add_close(sb, name);
}

/* ---- query ----------------------------------------------------------------------------------- */

struct query {
    struct strbuf *out;
    struct strbuf name; /* of the value at hand: "Entries.member.1.Id" */
    bool ec2;
    enum wire_bytes bytes;
};

static void add_query_value(struct query *q, const char *type, const struct json *value);

/* Adds to the name and returns what to cut it back to. */
static size_t extend(struct query *q, struct text part)
{
    size_t before = q->name.len;

    if (before)
        strbuf_addc(&q->name, '.');
    strbuf_add(&q->name, part.data, part.len);
    return before;
}

static size_t extend_number(struct query *q, size_t number)
{
    size_t before = q->name.len;

    strbuf_addf(&q->name, ".%zu", number);
    return before;
}

static void add_query_pair(struct query *q, struct text value)
{
    if (q->out->len)
        strbuf_addc(q->out, '&');
    percent_encode(q->out, (struct text){q->name.data, q->name.len}, "");
    strbuf_addc(q->out, '=');
    percent_encode(q->out, value, "");
}

static void add_query_list(struct query *q, const struct aws_container *c, const struct json *value)
{
    size_t before = q->name.len;

    if (json_len(value) == 0 && !q->ec2)
        add_query_pair(q, TEXT(""));
    if (!c->flattened && !q->ec2)
        (void)extend(q, c->name.data ? c->name : TEXT("member"));
    for (size_t i = 0; i < json_len(value); i++) {
        size_t at = extend_number(q, i + 1);

        add_query_value(q, c->element, json_at(value, i));
        strbuf_truncate(&q->name, at);
    }
    strbuf_truncate(&q->name, before);
}

static void add_query_map(struct query *q, const struct aws_container *c, const struct json *value)
{
    size_t before = q->name.len;

    if (!c->flattened)
        (void)extend(q, TEXT("entry"));
    for (size_t i = 0; i < json_len(value); i++) {
        size_t at = extend_number(q, i + 1);
        size_t entry = extend(q, c->key);

        add_query_value(q, "s", json_key_at(value, i));
        strbuf_truncate(&q->name, entry);
        (void)extend(q, c->value);
        add_query_value(q, c->element, json_member_at(value, i));
        strbuf_truncate(&q->name, at);
    }
    strbuf_truncate(&q->name, before);
}

static void add_query_members(struct query *q, const char *shape, const struct json *value)
{
    struct aws_member m;

    for (const char *at = shape + 1; *at;) {
        at = aws_member_read(at, &m);

        const struct json *member = json_get(value, m.name.data, m.name.len);

        if (member) {
            size_t before = extend(q, m.wire);

            add_query_value(q, m.type, member);
            strbuf_truncate(&q->name, before);
        }
    }
}

static void add_query_value(struct query *q, const char *type, const struct json *value)
{
    const char *shape = aws_shape(type);
    CLEANUP(strbuf_done) struct strbuf text;
    struct aws_container c;

    strbuf_init(&text, LIMIT_VALUE_BYTES);
    switch (*shape) {
    case '{':
        add_query_members(q, shape, value);
        break;
    case '[':
        aws_container_read(shape, &c);
        add_query_list(q, &c, value);
        break;
    case '%':
        aws_container_read(shape, &c);
        add_query_map(q, &c, value);
        break;
    default:
        wire_add_text(&text, shape, value, WIRE_ISO, q->bytes);
        add_query_pair(q, (struct text){text.data, text.len});
    }
}

void wire_add_query(struct strbuf *sb, const char *shape, const struct json *input, bool ec2,
                    enum wire_bytes bytes)
{
    struct query q = {.out = sb, .ec2 = ec2, .bytes = bytes};

    strbuf_init(&q.name, LIMIT_VALUE_BYTES);
    add_query_members(&q, shape, input);
    strbuf_done(&q.name);
}
