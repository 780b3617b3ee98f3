#include "aws/request.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "aws/wire.h"
#include "base/base64.h"
#include "base/limits.h"
#include "base/percent.h"

struct request {
    struct arena *arena;
    const struct aws_operation *operation;
    const struct json *input;
    enum wire_bytes bytes;
    bool own; /* of a Map */
    struct strbuf *problems;
    const char **headers; /* LIMIT_SENT_HEADERS and the NULL behind them */
    size_t headers_len;
};

/* ---- headers --------------------------------------------------------------------------------- */

static void refuse(struct request *r, struct text name, const char *why)
{
    if (r->problems->len)
        strbuf_adds(r->problems, ", ");
    strbuf_addf(r->problems, "The value of the field '%c%.*s' %s",
                toupper((unsigned char)*name.data), (int)name.len - 1, name.data + 1, why);
}

static bool is_token(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!isalnum((unsigned char)t.data[i]) &&
            (!t.data[i] || !strchr("!#$%&'*+-.^_`|~", t.data[i])))
            return false;
    return t.len > 0;
}

static bool is_header_value(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.data[i] < 0x20 || t.data[i] == 0x7f)
            return false;
    return true;
}

/* field: what messages call it. */
static void add_header(struct request *r, struct text field, struct text name, struct text value)
{
    if (!value.len)
        return;
    if (!is_token(name) || !is_header_value(value)) {
        refuse(r, field, "has an invalid format");
        return;
    }
    if (value.len > LIMIT_PLACE_BYTES || name.len > LIMIT_PLACE_BYTES ||
        r->headers_len >= LIMIT_SENT_HEADERS - 3) { /* those of the protocol come yet */
        refuse(r, field, "is too long for a header");
        return;
    }
    r->headers[r->headers_len++] =
        arena_printf(r->arena, "%.*s: %.*s", (int)name.len, name.data, (int)value.len, value.data);
}

static void add_fixed_header(struct request *r, const char *name, const char *value)
{
    for (size_t i = 0; i < r->headers_len; i++)
        if (strncasecmp(r->headers[i], name, strlen(name)) == 0 &&
            r->headers[i][strlen(name)] == ':')
            return; /* given as a parameter */
    r->headers[r->headers_len++] = arena_printf(r->arena, "%s: %s", name, value);
}

/* A scalar, or a list of them with commas between. */
static void add_place_text(const struct request *r, struct strbuf *sb, const char *type,
                           const struct json *value, enum wire_time time)
{
    const char *shape = aws_shape(type);

    if (*shape != '[') {
        wire_add_text(sb, shape, value, time, r->bytes);
        return;
    }
    for (size_t i = 0; i < json_len(value); i++) {
        if (i)
            strbuf_addc(sb, ',');
        wire_add_text(sb, aws_shape(shape + 1), json_at(value, i), time, r->bytes);
    }
}

static void add_header_map(struct request *r, const struct aws_member *m, const struct json *map)
{
    for (size_t i = 0; i < json_len(map) && !r->problems->len; i++) {
        CLEANUP(strbuf_done) struct strbuf name;
        struct text key, value;

        strbuf_init(&name, LIMIT_VALUE_BYTES);
        key.data = json_str(json_key_at(map, i), &key.len);
        value.data = json_str(json_member_at(map, i), &value.len);
        strbuf_add(&name, m->wire.data, m->wire.len);
        strbuf_add(&name, key.data, key.len);
        add_header(r, m->name, (struct text){name.data, name.len}, value);
    }
}

static void add_header_member(struct request *r, const struct aws_member *m,
                              const struct json *value)
{
    CLEANUP(strbuf_done) struct strbuf text;

    strbuf_init(&text, LIMIT_VALUE_BYTES);
    if (m->place == 'H') {
        add_header_map(r, m, value);
        return;
    }
    add_place_text(r, &text, m->type, value, WIRE_HTTP);
    add_header(r, m->name, m->wire, (struct text){text.data, text.len});
}

/* ---- the URL --------------------------------------------------------------------------------- */

static bool find_member(const char *shape, char place, struct text wire,
                        struct aws_member *ret_member)
{
    for (const char *at = shape + 1; *at;) {
        at = aws_member_read(at, ret_member);
        if (ret_member->place == place && ret_member->wire.len == wire.len &&
            memcmp(ret_member->wire.data, wire.data, wire.len) == 0)
            return true;
    }
    return false;
}

static void add_url_value(struct request *r, struct strbuf *sb, const struct aws_member *m,
                          const char *type, const struct json *value, const char *plain)
{
    CLEANUP(strbuf_done) struct strbuf text;

    strbuf_init(&text, LIMIT_VALUE_BYTES);
    if (value)
        add_place_text(r, &text, type, value, WIRE_ISO);
    if (m->place == 'u' && !text.len)
        refuse(r, m->name, "has an invalid format");
    else if (text.len > LIMIT_PLACE_BYTES)
        refuse(r, m->name, "is too long for a URL");
    else
        percent_encode(sb, (struct text){text.data, text.len}, plain);
}

/* "{Key+}" takes slashes as they are. */
static void add_label(struct request *r, struct strbuf *sb, struct text label)
{
    bool greedy = label.len && label.data[label.len - 1] == '+';
    struct aws_member m;

    label.len -= greedy;
    CHECK(find_member(r->operation->input, 'u', label, &m));
    add_url_value(r, sb, &m, m.type, json_get(r->input, m.name.data, m.name.len),
                  greedy ? "/" : "");
}

static void add_query_pair(struct request *r, struct strbuf *sb, struct text name,
                           const struct aws_member *m, const char *type, const struct json *value)
{
    strbuf_addc(sb, memchr(sb->data, '?', sb->len) ? '&' : '?');
    percent_encode(sb, name, "");
    strbuf_addc(sb, '=');
    add_url_value(r, sb, m, type, value, "");
}

/* A list gives a pair for each element, a map one for each entry. */
static void add_query_member(struct request *r, struct strbuf *sb, const struct aws_member *m,
                             const struct json *value)
{
    const char *shape = aws_shape(m->type);

    if (*shape != '[' && *shape != '%') {
        add_query_pair(r, sb, m->wire, m, m->type, value);
        return;
    }
    for (size_t i = 0; i < json_len(value) && sb->len < LIMIT_PLACE_BYTES; i++) {
        if (*shape == '[') {
            add_query_pair(r, sb, m->wire, m, shape + 1, json_at(value, i));
        } else {
            struct text key;

            key.data = json_str(json_key_at(value, i), &key.len);
            add_query_pair(r, sb, key, m, shape + 1, json_member_at(value, i));
        }
    }
}

static void add_path(struct request *r, struct strbuf *sb)
{
    struct text path = r->operation->path;
    const char *end = path.data + path.len;

    for (const char *at = path.data; at < end; at++) {
        if (*at != '{') {
            strbuf_addc(sb, *at);
            continue;
        }

        const char *close = memchr(at, '}', (size_t)(end - at));

        add_label(r, sb, (struct text){at + 1, (size_t)(close - at - 1)});
        at = close;
    }
}

/* Everything of the input that does not go into the body. */
static void add_places(struct request *r, struct strbuf *url)
{
    struct aws_member m;

    add_path(r, url);
    for (const char *at = r->operation->input + 1; *at;) {
        at = aws_member_read(at, &m);

        const struct json *value = json_get(r->input, m.name.data, m.name.len);

        if (value && m.place == 'q')
            add_query_member(r, url, &m, value);
        else if (value && (m.place == 'h' || m.place == 'H'))
            add_header_member(r, &m, value);
    }
}

/* ---- the body -------------------------------------------------------------------------------- */

static void add_json_body(const struct request *r, struct strbuf *body, const char *type,
                          const struct json *value)
{
    struct json *json = wire_json(type, value, r->bytes);

    json_print(json, body);
    json_unref(json);
}

/* One member is the body.  Returns its type of content.  A stream is the parameter's JSON, also of a
 * text, which keeps its quotes (recorded: services.aws-sdk-task-service.test-s3-put-object-str). */
static const char *add_payload(struct request *r, struct strbuf *body, const struct aws_member *m,
                               const struct json *value)
{
    const char *shape = aws_shape(m->type);
    size_t len;

    if (*shape == '{' && r->operation->service->protocol == AWS_REST_XML) {
        wire_add_xml(body, m->wire, r->operation->service->xml_namespace, m->type, value, r->bytes);
        return "application/xml";
    }
    if (*shape == 'x' && m->place == 'b' && !r->own) {
        json_print(value, body);
        return "application/octet-stream";
    }
    if (!json_is(value, JSON_STRING) || *shape == '*') {
        add_json_body(r, body, m->type, value);
        return "application/json";
    }

    const char *s = json_str(value, &len);

    strbuf_add(body, s, len);
    return *shape == 'x' ? "application/octet-stream" : "text/plain; charset=UTF-8";
}

/* The members that have no other place. */
static const char *add_members(struct request *r, struct strbuf *body)
{
    const struct aws_operation *op = r->operation;

    if (op->service->protocol != AWS_REST_XML) {
        add_json_body(r, body, op->input, r->input);
        return "application/json";
    }
    wire_add_xml(body, op->root.data ? op->root : (struct text){op->name, strlen(op->name)},
                 op->service->xml_namespace, op->input, r->input, r->bytes);
    return "application/xml";
}

/* NULL when the operation has no body, or is given none. */
static const char *add_rest_body(struct request *r, struct strbuf *body)
{
    struct aws_member m;
    bool members = false;

    for (const char *at = r->operation->input + 1; *at;) {
        at = aws_member_read(at, &m);
        members = members || m.place == 0;
        if (m.place == 'p' || m.place == 'b') {
            const struct json *value = json_get(r->input, m.name.data, m.name.len);

            return value ? add_payload(r, body, &m, value) : NULL;
        }
    }
    return members ? add_members(r, body) : NULL;
}

static const char *add_body(struct request *r, struct strbuf *body, struct strbuf *url)
{
    const struct aws_service *service = r->operation->service;

    switch (service->protocol) {
    case AWS_JSON:
        add_json_body(r, body, r->operation->input, r->input);
        add_fixed_header(
            r, "X-Amz-Target",
            arena_printf(r->arena, "%s.%s", service->target_prefix, r->operation->name));
        if (strcmp(service->name, "sqs") == 0) /* errors then tell the codes they once had */
            add_fixed_header(r, "X-Amzn-Query-Mode", "true");
        strbuf_adds(url, "/");
        return arena_printf(r->arena, "application/x-amz-json-%s", service->json_version);
    case AWS_QUERY:
    case AWS_EC2:
        strbuf_addf(body, "Action=%s&Version=%s", r->operation->name, service->api_version);
        wire_add_query(body, r->operation->input, r->input, service->protocol == AWS_EC2, r->bytes);
        strbuf_adds(url, "/");
        return "application/x-www-form-urlencoded; charset=utf-8";
    case AWS_REST_JSON:
    case AWS_REST_XML:
        break;
    }
    add_places(r, url);
    return add_rest_body(r, body);
}

/* CRC-32, as in zip. */
static uint32_t crc32(struct text t)
{
    uint32_t crc = UINT32_MAX;
    uint32_t table[16];

    for (uint32_t n = 0; n < 16; n++) {
        table[n] = n;
        for (int bit = 0; bit < 4; bit++)
            table[n] = table[n] & 1 ? 0xedb88320 ^ table[n] >> 1 : table[n] >> 1;
    }
    for (size_t i = 0; i < t.len; i++) {
        crc ^= (unsigned char)t.data[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/* The service's client sends a sum of what it stores in S3 (recorded: the ChecksumCRC32 of services.
 * aws-sdk-task-service.test-s3-put-object-dict). */
static void add_checksum(struct request *r, struct text body)
{
    CLEANUP(strbuf_done) struct strbuf sum;
    uint32_t crc = crc32(body);
    unsigned char bytes[4] = {(unsigned char)(crc >> 24), (unsigned char)(crc >> 16),
                              (unsigned char)(crc >> 8), (unsigned char)crc};

    strbuf_init(&sum, 16);
    for (size_t i = 0; i < r->headers_len; i++)
        if (strncasecmp(r->headers[i], "x-amz-checksum-", strlen("x-amz-checksum-")) == 0 ||
            strncasecmp(r->headers[i], "x-amz-sdk-checksum-", strlen("x-amz-sdk-checksum-")) == 0)
            return; /* of the caller's choice */
    base64_encode(bytes, sizeof(bytes), false, &sum);
    add_fixed_header(r, "x-amz-sdk-checksum-algorithm", "CRC32");
    add_fixed_header(r, "x-amz-checksum-crc32", sum.data);
}

bool aws_request_make(struct arena *a, const struct aws_integration *i, const struct json *input,
                      struct aws_request *ret_request, struct strbuf *problems)
{
    struct aws_operation op = i->operation;
    CLEANUP(strbuf_done) struct strbuf body;
    CLEANUP(strbuf_done) struct strbuf url;
    struct request r = {
        .arena = a,
        .operation = &op,
        .input = input,
        .bytes = i->optimized ? WIRE_BASE64 : WIRE_TEXT,
        .own = i->own,
        .problems = problems,
        .headers = arena_alloc(a, (LIMIT_SENT_HEADERS + 1) * sizeof(*r.headers)),
    };
    const char *type;

    op.input = op.input ? op.input : "{";
    strbuf_init(&body, LIMIT_VALUE_BYTES);
    strbuf_init(&url, LIMIT_VALUE_BYTES);
    type = add_body(&r, &body, &url);
    if (body.overflow || url.len > 4 * LIMIT_PLACE_BYTES)
        strbuf_adds(problems, "The request is too large");
    if (problems->len)
        return false;
    if (type)
        add_fixed_header(&r, "Content-Type", type);
    if (type && strcmp(op.service->name, "s3") == 0)
        add_checksum(&r, (struct text){body.data, body.len});
    *ret_request = (struct aws_request){
        .method = arena_memdup(a, op.method.data, op.method.len),
        .path = arena_memdup(a, url.data, url.len),
        .headers = r.headers, /* zeroed: ended by NULL */
        .body = type ? (struct text){arena_memdup(a, body.data, body.len), body.len} : TEXT_NONE,
    };
    return true;
}
