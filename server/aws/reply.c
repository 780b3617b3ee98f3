#include "aws/reply.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "aws/value.h"
#include "aws/xml.h"
#include "base/strbuf.h"

/* ---- headers --------------------------------------------------------------------------------- */

struct text aws_reply_header(const struct aws_reply *r, struct text name)
{
    for (size_t i = 0; i < r->headers_len; i++)
        if (r->headers[i].name.len == name.len &&
            strncasecmp(r->headers[i].name.data, name.data, name.len) == 0)
            return r->headers[i].value;
    return TEXT_NONE;
}

struct text aws_request_id(const struct aws_reply *r)
{
    struct text id = aws_reply_header(r, TEXT("x-amzn-RequestId"));

    return id.data ? id : aws_reply_header(r, TEXT("x-amz-request-id"));
}

/* ---- the result ------------------------------------------------------------------------------ */

/* All headers that begin with the member's wire name, without it; {} when there are none (recorded:
 * the Metadata of an S3 object). */
static struct json *header_map(const struct aws_reply *r, struct text prefix)
{
    struct json_object *map = json_object_new();

    for (size_t i = 0; i < r->headers_len; i++) {
        const struct aws_header *h = &r->headers[i];

        if (h->name.len > prefix.len && strncasecmp(h->name.data, prefix.data, prefix.len) == 0)
            json_object_add(
                map, aws_string((struct text){h->name.data + prefix.len, h->name.len - prefix.len}),
                aws_string(h->value));
    }
    return json_object_finish(map);
}

/* The member's value when it stands outside of the body; NULL when it is not there. */
static struct json *place_value(const struct aws_reply *r, const struct aws_member *m, bool java)
{
    struct text header;

    switch (m->place) {
    case 's':
        return json_int(r->status);
    case 'H':
        return header_map(r, m->wire);
    case 'h':
        header = aws_reply_header(r, m->wire);
        return header.data ? value_of_text(m->type, header, java) : NULL;
    default:
        return NULL;
    }
}

static const struct json *body_json(const struct aws_reply *r, struct json **ret_json)
{
    *ret_json = json_parse(r->body.data, r->body.len, JSON_PARSE_DEFAULT, NULL);
    return *ret_json;
}

/* A structure that is the whole body. */
static bool payload_structure(const struct aws_integration *i, const struct aws_reply *r,
                              const struct aws_member *m, struct json **ret_value)
{
    if (r->body.len == 0)
        return true;
    if (i->operation.service->protocol != AWS_REST_XML) {
        CLEANUP(json_unref_p) struct json *body = NULL;

        if (!body_json(r, &body))
            return false;
        *ret_value = value_of_json(m->type, body, !i->optimized);
        return true;
    }

    struct arena a;

    arena_init(&a);

    const struct xml_node *root = xml_parse(&a, r->body);

    if (root)
        *ret_value = value_of_xml(m->type, root, !i->optimized);
    arena_done(&a);
    return root != NULL;
}

/* The member that is the body: text as it is, or a structure. */
static bool payload_value(const struct aws_integration *i, const struct aws_reply *r,
                          const struct aws_member *m, struct json **ret_value)
{
    char kind = *aws_shape(m->type);

    *ret_value = NULL;
    if (kind == '{' || kind == '*' || kind == '[' || kind == '%')
        return payload_structure(i, r, m, ret_value);
    *ret_value = aws_string(r->body);
    return true;
}

/* What XML answers with inside: "<PublishResponse><PublishResult>..." */
static const struct xml_node *result_node(const struct aws_operation *op,
                                          const struct xml_node *root)
{
    char name[AWS_NAME_SIZE + 8];
    const struct xml_node *inner;

    if (op->service->protocol != AWS_QUERY)
        return root;
    (void)snprintf(name, sizeof(name), "%sResult", op->name);
    inner = xml_child(root, (struct text){name, strlen(name)});
    return inner ? inner : root;
}

/* S3 answers GetBucketLocation with an element that has the member's name and no other around it. */
static void add_root(struct values *values, const char *shape, const struct xml_node *root)
{
    struct aws_member m;

    for (const char *at = shape + 1; *at && !root->first;) {
        at = aws_member_read(at, &m);
        if (m.wire.len == root->name.len && memcmp(m.wire.data, root->name.data, m.wire.len) == 0 &&
            *aws_shape(m.type) != '{')
            values_add(values, &m, value_of_text(m.type, root->text, values->java));
    }
}

/* Adds the members that stand in the body. */
static bool add_body(const struct aws_integration *i, const struct aws_reply *r,
                     struct values *values)
{
    enum aws_protocol protocol = i->operation.service->protocol;
    struct arena a;

    if (r->body.len == 0)
        return true;
    if (protocol == AWS_JSON || protocol == AWS_REST_JSON) {
        CLEANUP(json_unref_p) struct json *body = NULL;

        if (!json_is(body_json(r, &body), JSON_OBJECT))
            return false;
        values_add_json(values, i->operation.output, body);
        return true;
    }
    arena_init(&a);

    const struct xml_node *root = xml_parse(&a, r->body);

    if (root) {
        add_root(values, i->operation.output, root);
        values_add_xml(values, i->operation.output, result_node(&i->operation, root));
    }
    arena_done(&a);
    return root != NULL;
}

struct json *aws_result(const struct aws_integration *i, const struct aws_reply *r)
{
    struct values values = {.java = !i->optimized};
    struct aws_member m;
    struct json *stream = NULL;
    char stream_label[AWS_NAME_SIZE];
    bool in_body = false, good = true;

    for (const char *at = i->operation.output ? i->operation.output + 1 : ""; *at && good;) {
        struct json *value = NULL;

        at = aws_member_read(at, &m);
        in_body = in_body || m.place == 0;
        if (m.place == 'p' || m.place == 'b')
            good = payload_value(i, r, &m, &value);
        else
            value = place_value(r, &m, values.java);
        if (value && m.place == 'b') {
            aws_member_label(&m, values.java, stream_label);
            stream = value;
        } else if (value) {
            values_add(&values, &m, value);
        }
    }
    if (good && in_body)
        good = add_body(i, r, &values);
    if (good)
        return values_finish(&values, stream ? stream_label : NULL, stream);
    json_unref(stream);
    values_done(&values);
    return NULL;
}

/* ---- failures -------------------------------------------------------------------------------- */

struct text aws_bare_code(struct text t)
{
    const char *hash = t.len ? memchr(t.data, '#', t.len) : NULL;
    const char *colon;

    if (hash)
        t = (struct text){hash + 1, t.len - (size_t)(hash + 1 - t.data)};
    colon = t.len ? memchr(t.data, ':', t.len) : NULL;
    if (colon)
        t.len = (size_t)(colon - t.data);
    return t;
}

static struct text member_text(struct arena *a, const struct json *body, const char *const *names)
{
    for (; *names; names++) {
        const struct json *value = json_gets(body, *names);
        size_t len;

        if (json_is(value, JSON_STRING)) {
            const char *s = json_str(value, &len);

            return (struct text){arena_memdup(a, s, len), len};
        }
    }
    return TEXT_NONE;
}

static void read_json_failure(struct arena *a, const struct aws_reply *r, struct aws_failure *f)
{
    static const char *const codes[] = {"__type", "code", NULL};
    static const char *const messages[] = {"message", "Message", "errorMessage", NULL};
    CLEANUP(json_unref_p) struct json *body = NULL;
    const struct json *object = body_json(r, &body);

    f->code = aws_reply_header(r, TEXT("x-amzn-ErrorType"));
    if (json_is(object, JSON_OBJECT)) {
        if (!f->code.data)
            f->code = member_text(a, object, codes);
        f->message = member_text(a, object, messages);
    }
    f->code = aws_bare_code(f->code);
    /* "AWS.SimpleQueueService.NonExistentQueue;Sender" */
    f->query_code = aws_reply_header(r, TEXT("x-amzn-query-error"));
    if (f->query_code.data) {
        const char *end = memchr(f->query_code.data, ';', f->query_code.len);

        f->query_code.len = end ? (size_t)(end - f->query_code.data) : f->query_code.len;
    }
}

static struct text child_text(const struct xml_node *node, struct text name)
{
    const struct xml_node *child = xml_child(node, name);

    return child ? child->text : TEXT_NONE;
}

/* <ErrorResponse><Error>, <Response><Errors><Error>, or <Error> alone. */
static void read_xml_failure(struct arena *a, const struct aws_reply *r, struct aws_failure *f)
{
    const struct xml_node *root = xml_parse(a, r->body);
    const struct xml_node *errors = xml_child(root, TEXT("Errors"));
    const struct xml_node *error = xml_child(errors ? errors : root, TEXT("Error"));

    if (!root)
        return;
    error = error ? error : root;
    f->code = child_text(error, TEXT("Code"));
    f->message = child_text(error, TEXT("Message"));
    if (!f->request_id.data)
        f->request_id = child_text(root, TEXT("RequestId"));
    if (!f->request_id.data)
        f->request_id = child_text(root, TEXT("RequestID"));
    if (!f->extended_request_id.data)
        f->extended_request_id = child_text(root, TEXT("HostId"));
}

void aws_failure_read(struct arena *a, const struct aws_service *service, const struct aws_reply *r,
                      struct aws_failure *ret_failure)
{
    struct aws_failure f = {
        .request_id = aws_request_id(r),
        .extended_request_id = aws_reply_header(r, TEXT("x-amz-id-2")),
    };

    if (service->protocol == AWS_JSON || service->protocol == AWS_REST_JSON)
        read_json_failure(a, r, &f);
    else
        read_xml_failure(a, r, &f);
    *ret_failure = f;
}
