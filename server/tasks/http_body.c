/* The body of an HTTP Task's request: RequestBody and what the connection adds to it, as JSON or
 * as a form. */
#include <string.h>

#include "base/strbuf.h"
#include "tasks/http.h"
#include "tasks/url.h"

bool http_scalar(const struct json *value, char buf[32], struct text *ret_text)
{
    const char *text;

    switch (json_type(value)) {
    case JSON_STRING:
        ret_text->data = json_str(value, &ret_text->len);
        return true;
    case JSON_NUMBER:
        text = json_number_text(value, buf);
        break;
    case JSON_NULL:
        text = "";
        break;
    case JSON_TRUE:
        text = "true";
        break;
    case JSON_FALSE:
        text = "false";
        break;
    default:
        return false;
    }
    *ret_text = (struct text){text, strlen(text)};
    return true;
}

/* ---- forms ----------------------------------------------------------------------------------- */

struct form {
    enum http_arrays arrays;
    struct strbuf name; /* of the value being written, encoded: "a[0][b]" */
    struct strbuf out;
};

static void form_add(struct form *f, const struct json *value);

static void form_add_pair(struct form *f, const struct json *value)
{
    char buf[32];
    struct text text;

    if (!http_scalar(value, buf, &text))
        return;
    if (f->out.len)
        strbuf_addc(&f->out, '&');
    strbuf_add(&f->out, f->name.data, f->name.len);
    strbuf_addc(&f->out, '=');
    url_add_encoded(&f->out, text, "");
}

static void form_add_object(struct form *f, const struct json *object)
{
    size_t len = f->name.len;

    for (size_t i = 0; i < json_len(object) && !f->out.overflow; i++) {
        struct text key;

        key.data = json_str(json_key_at(object, i), &key.len);
        if (len)
            strbuf_addc(&f->name, '[');
        url_add_encoded(&f->name, key, "");
        if (len)
            strbuf_addc(&f->name, ']');
        form_add(f, json_member_at(object, i));
        strbuf_truncate(&f->name, len);
    }
}

/* a=1,2: only of what has no parts itself. */
static bool form_add_commas(struct form *f, const struct json *array)
{
    char buf[32];
    struct text text;

    for (size_t i = 0; i < json_len(array); i++)
        if (!http_scalar(json_at(array, i), buf, &text))
            return false;
    if (f->out.len)
        strbuf_addc(&f->out, '&');
    strbuf_add(&f->out, f->name.data, f->name.len);
    strbuf_addc(&f->out, '=');
    for (size_t i = 0; i < json_len(array); i++) {
        if (i)
            strbuf_addc(&f->out, ',');
        (void)http_scalar(json_at(array, i), buf, &text);
        url_add_encoded(&f->out, text, "");
    }
    return true;
}

/* Elements that have parts are written with their index where commas cannot tell them apart. */
static void form_add_array(struct form *f, const struct json *array)
{
    size_t len = f->name.len;

    if (f->arrays == HTTP_COMMAS && form_add_commas(f, array))
        return;
    for (size_t i = 0; i < json_len(array) && !f->out.overflow; i++) {
        if (f->arrays == HTTP_INDICES || f->arrays == HTTP_COMMAS)
            strbuf_addf(&f->name, "[%zu]", i);
        else if (f->arrays == HTTP_BRACKETS)
            strbuf_adds(&f->name, "[]");
        form_add(f, json_at(array, i));
        strbuf_truncate(&f->name, len);
    }
}

static void form_add(struct form *f, const struct json *value)
{
    if (json_is(value, JSON_OBJECT))
        form_add_object(f, value);
    else if (json_is(value, JSON_ARRAY))
        form_add_array(f, value);
    else
        form_add_pair(f, value);
}

/* False when it comes to too much. */
static bool form_print(const struct json *object, enum http_arrays arrays, struct strbuf *out)
{
    struct form f = {.arrays = arrays};

    strbuf_init(&f.name, out->max);
    strbuf_init(&f.out, out->max);
    form_add_object(&f, object);

    bool fits = !f.out.overflow && !f.name.overflow;

    if (fits)
        strbuf_add(out, f.out.data, f.out.len);
    strbuf_done(&f.name);
    strbuf_done(&f.out);
    return fits;
}

/* ---- the body -------------------------------------------------------------------------------- */

/* The connection's parameters take the place of members of the same name. */
static struct json *merge(const struct json *body, const struct connection_parameters *added)
{
    struct json_object *o = json_object_new();

    for (size_t i = 0; body && i < json_len(body); i++)
        json_object_add(o, json_ref(json_key_at(body, i)), json_ref(json_member_at(body, i)));
    for (size_t i = 0; i < added->len; i++) {
        const struct connection_parameter *p = &added->at[i];

        json_object_add(o, json_string(p->key.data, p->key.len),
                        json_string(p->value.data, p->value.len));
    }
    return json_object_finish(o);
}

const char *http_body(struct arena *a, const struct http_parameters *p,
                      const struct connection_parameters *added, struct text *ret_body)
{
    CLEANUP(strbuf_done) struct strbuf sb;
    CLEANUP(json_unref_p) struct json *body = NULL;
    bool fits = true;

    strbuf_init(&sb, HTTP_BODY_BYTES);
    *ret_body = TEXT_NONE;
    if (!p->body && added->len == 0)
        return NULL;
    if (p->body && !json_is(p->body, JSON_OBJECT) && (added->len > 0 || p->encode))
        return added->len > 0 ? "The field 'RequestBody' must be an object, because the connection "
                                "adds body parameters to it"
                              : "The value of the field 'RequestBody' has an invalid format";
    body = added->len > 0 ? merge(p->body, added) : json_ref(p->body);
    if (p->encode)
        fits = form_print(body, p->arrays, &sb);
    else if (json_is(body, JSON_STRING))
        ret_body->data = json_str(body, &ret_body->len);
    else
        json_print(body, &sb);
    if (!fits || sb.overflow)
        return "The request's body is too large";
    if (!ret_body->data)
        *ret_body = (struct text){sb.data, sb.len};
    *ret_body = (struct text){arena_memdup(a, ret_body->data, ret_body->len), ret_body->len};
    return NULL;
}
