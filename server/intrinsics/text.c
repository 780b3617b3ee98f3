/* The functions on texts and JSON: Format, StringSplit, JsonMerge, encodings. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/ids.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "intrinsics/call.h"
#include "jsonpath/javatext.h"

/* A buffer for the text of a result. */
static void text_init(const struct args *a, struct strbuf *out)
{
    strbuf_init(out, LIMIT_VALUE_BYTES - a->run->bytes);
}

/* Makes the content of out a string. */
static int text_finish(const struct args *a, const struct strbuf *out, struct json **ret_value)
{
    if (out->overflow || !run_charge(a->run, out->len))
        return ERR_LIMIT;
    *ret_value = json_string(out->data, out->len);
    return 0;
}

/* ---- Format ---- */

void template_init(struct format_template *t)
{
    *t = (struct format_template){0};
    strbuf_init(&t->text, LIMIT_VALUE_BYTES);
}

void template_done(struct format_template *t)
{
    strbuf_done(&t->text);
    free(t->holes);
}

bool template_read(struct format_template *t, const char *s, size_t len, bool literal)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '{' && i + 1 < len && s[i + 1] == '}') {
            GROW(t->holes, t->count, t->cap);
            t->holes[t->count++] = t->text.len;
            i++;
            continue;
        }
        if (literal && (s[i] == '{' || s[i] == '}'))
            return false;
        if (literal && s[i] == '\\' && i + 1 < len)
            i++;
        strbuf_addc(&t->text, s[i]);
    }
    return !t->text.overflow;
}

static int fill_template(const struct args *a, const struct format_template *t,
                         struct json **ret_value)
{
    size_t from = 0;
    if (t->count != a->count - 1)
        return ERR_INVALID;

    CLEANUP(strbuf_done) struct strbuf out;
    text_init(a, &out);
    for (size_t i = 0; i < t->count; i++) {
        strbuf_add(&out, t->text.data + from, t->holes[i] - from);
        java_text(a->items[i + 1], &out);
        from = t->holes[i];
    }
    strbuf_add(&out, t->text.data + from, t->text.len - from);
    return text_finish(a, &out, ret_value);
}

int function_format(const struct args *a, struct json **ret_value)
{
    if (a->format)
        return fill_template(a, a->format, ret_value);
    if (!json_is(a->items[0], JSON_STRING))
        return ERR_INVALID;

    size_t len;
    const char *s = json_str(a->items[0], &len);
    CLEANUP(template_done) struct format_template t;
    template_init(&t);
    if (!template_read(&t, s, len, false))
        return ERR_LIMIT;
    return fill_template(a, &t, ret_value);
}

/* ---- StringSplit ---- */

/* Bytes of the character at s; strings are UTF-8, or surrogates in the same form. */
static size_t char_size(const char *s)
{
    unsigned char lead = (unsigned char)*s;
    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

int function_string_split(const struct args *a, struct json **ret_value)
{
    if (!json_is(a->items[0], JSON_STRING) || !json_is(a->items[1], JSON_STRING))
        return ERR_INVALID;

    size_t len, marks_len;
    const char *s = json_str(a->items[0], &len);
    const char *marks = json_str(a->items[1], &marks_len);
    size_t from = 0;
    struct json_array b;

    /* Each character is looked up among the delimiters. */
    if (!run_charge(a->run, len) || (marks_len > 0 && len > 16u * LIMIT_VALUE_BYTES / marks_len))
        return ERR_LIMIT;
    json_array_init(&b);
    for (size_t at = 0; at <= len;) {
        size_t size = at < len ? char_size(s + at) : 1;
        if (at == len || memmem(marks, marks_len, s + at, size)) {
            if (at > from)
                json_array_add(&b, json_string(s + from, at - from));
            from = at + size;
        }
        at += size;
    }
    *ret_value = json_array_finish(&b);
    return 0;
}

/* ---- JSON ---- */

int function_json_to_string(const struct args *a, struct json **ret_value)
{
    CLEANUP(strbuf_done) struct strbuf out;
    text_init(a, &out);
    json_print(a->items[0], &out);
    return text_finish(a, &out, ret_value);
}

int function_string_to_json(const struct args *a, struct json **ret_value)
{
    if (!json_is(a->items[0], JSON_STRING))
        return ERR_INVALID;

    size_t len;
    const char *s = json_str(a->items[0], &len);
    if (!run_charge(a->run, len))
        return ERR_LIMIT;
    if (strspn(s, " \t\r\n") == len) {
        *ret_value = json_null();
        return 0;
    }
    struct json *v = json_parse(s, len, JSON_PARSE_DEFAULT, NULL);
    if (!v)
        return ERR_INVALID;
    *ret_value = v;
    return 0;
}

static void add_members(struct json_object *b, const struct json *object)
{
    for (size_t i = 0; i < json_len(object); i++)
        json_object_add(b, json_ref(json_key_at(object, i)), json_ref(json_member_at(object, i)));
}

/* Shallow: the service has no deep merge and says so with an error. */
int function_json_merge(const struct args *a, struct json **ret_value)
{
    if (!json_is(a->items[0], JSON_OBJECT) || !json_is(a->items[1], JSON_OBJECT) ||
        !json_is(a->items[2], JSON_FALSE))
        return ERR_INVALID;

    struct json_object *b = json_object_new();
    add_members(b, a->items[0]);
    add_members(b, a->items[1]);
    *ret_value = json_object_finish(b);
    return 0;
}

/* ---- encodings ---- */

/* A string short enough to be encoded; NULL for anything else. */
static const char *short_string(const struct json *v, size_t *ret_len)
{
    if (!json_is(v, JSON_STRING))
        return NULL;
    const char *s = json_str(v, ret_len);
    return utf8_utf16_length(s, *ret_len) <= INTRINSIC_CHARS_MAX ? s : NULL;
}

int function_base64_encode(const struct args *a, struct json **ret_value)
{
    size_t len;
    const char *s = short_string(a->items[0], &len);
    if (!s)
        return ERR_INVALID;

    CLEANUP(strbuf_done) struct strbuf out;
    text_init(a, &out);
    base64_encode(s, len, false, &out);
    return text_finish(a, &out, ret_value);
}

int function_base64_decode(const struct args *a, struct json **ret_value)
{
    size_t len;
    const char *s = short_string(a->items[0], &len);
    if (!s)
        return ERR_INVALID;

    CLEANUP(strbuf_done) struct strbuf bytes;
    CLEANUP(strbuf_done) struct strbuf out;
    text_init(a, &bytes);
    text_init(a, &out);
    if (base64_decode(s, len, false, &bytes) < 0)
        return ERR_INVALID;
    /* Bytes that are not UTF-8 become U+FFFD, as in a Java string. */
    for (size_t at = 0, size; at < bytes.len; at += size) {
        char utf8[4];
        uint32_t cp = utf8_decode(bytes.data + at, bytes.len - at, &size);
        strbuf_add(&out, utf8, utf8_encode(cp, utf8));
    }
    return text_finish(a, &out, ret_value);
}

static const struct {
    const char *name;
    const EVP_MD *(*digest)(void);
} digests[] = {
    {"MD5", EVP_md5},        {"SHA-1", EVP_sha1},     {"SHA-256", EVP_sha256},
    {"SHA-384", EVP_sha384}, {"SHA-512", EVP_sha512},
};

static int hash_text(const char *s, size_t len, const EVP_MD *digest, struct json **ret_value)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char hash[EVP_MAX_MD_SIZE];
    char text[2 * EVP_MAX_MD_SIZE];
    unsigned size;

    if (!EVP_Digest(s, len, hash, &size, digest, NULL))
        return ERR_INVALID; /* a digest that the system's policy forbids */
    for (unsigned i = 0; i < size; i++) {
        text[2 * i] = hex[hash[i] >> 4];
        text[2 * i + 1] = hex[hash[i] & 15];
    }
    *ret_value = json_string(text, (size_t)2 * size);
    return 0;
}

int function_hash(const struct args *a, struct json **ret_value)
{
    const EVP_MD *digest = NULL;
    for (size_t i = 0; i < ARRAY_LEN(digests); i++)
        if (json_str_eq(a->items[1], digests[i].name))
            digest = digests[i].digest();
    if (!digest)
        return ERR_INVALID;

    size_t len;
    const char *s;
    CLEANUP(strbuf_done) struct strbuf text;
    text_init(a, &text);
    if (json_is(a->items[0], JSON_STRING)) {
        s = json_str(a->items[0], &len);
    } else {
        json_print(a->items[0], &text);
        s = text.data;
        len = text.len;
    }
    if (text.overflow || !run_charge(a->run, len))
        return ERR_LIMIT;
    if (utf8_utf16_length(s, len) > INTRINSIC_CHARS_MAX)
        return ERR_INVALID;
    return hash_text(s, len, digest, ret_value);
}

int function_uuid(const struct args *a, struct json **ret_value)
{
    char uuid[UUID_SIZE];
    (void)a;
    *ret_value = json_strings(uuid4(uuid));
    return 0;
}
