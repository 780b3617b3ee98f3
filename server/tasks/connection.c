#include "tasks/connection.h"

#include <ctype.h>
#include <string.h>

/* Objects that may have a member, the most trusted first. */
struct sources {
    const struct json *at[8];
    size_t len;
};

static void sources_add(struct sources *s, const struct json *object)
{
    if (json_is(object, JSON_OBJECT) && s->len < ARRAY_LEN(s->at))
        s->at[s->len++] = object;
}

/* "api_key_value" is "ApiKeyValue", and "o_auth_http_parameters" is "OAuthHttpParameters". */
static bool same_name(const struct json *key, const char *name)
{
    size_t len;
    const char *s = json_str(key, &len);

    for (const char *end = s + len; s < end; s++) {
        if (*s == '_')
            continue;
        if (tolower((unsigned char)*s) != tolower((unsigned char)*name))
            return false;
        name++;
    }
    return !*name;
}

static const struct json *member_of(const struct json *object, const char *name)
{
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    for (size_t i = 0; i < json_len(object); i++) {
        const struct json *value = json_member_at(object, i);

        if (same_name(json_key_at(object, i), name) && !json_is(value, JSON_NULL))
            return value;
    }
    return NULL;
}

static const struct json *lookup(const struct sources *s, const char *name)
{
    const struct json *value = NULL;

    for (size_t i = 0; i < s->len && !value; i++)
        value = member_of(s->at[i], name);
    return value;
}

/* The objects called `name` in s. */
static struct sources inside(const struct sources *s, const char *name)
{
    struct sources found = {.len = 0};

    for (size_t i = 0; i < s->len; i++)
        sources_add(&found, member_of(s->at[i], name));
    return found;
}

/* The same, and s itself: a secret has no such object where AuthParameters has one. */
static struct sources with_inside(const struct sources *s, const char *name)
{
    struct sources all = inside(s, name);

    for (size_t i = 0; i < s->len; i++)
        sources_add(&all, s->at[i]);
    return all;
}

static int read_string(struct arena *a, const struct sources *s, const char *name,
                       struct text *ret_text, struct err *err)
{
    const struct json *value = lookup(s, name);
    size_t len;
    const char *text;

    if (!json_is(value, JSON_STRING))
        return err_set(err, ERR_INVALID, "%s is missing or no string", name);
    text = json_str(value, &len);
    *ret_text = (struct text){arena_memdup(a, text, len), len};
    return 0;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static int read_parameter(struct arena *a, const char *list, const struct json *value,
                          struct connection_parameter *ret, struct err *err)
{
    struct sources s = {.len = 0};

    sources_add(&s, value);
    if (read_string(a, &s, "Key", &ret->key, NULL) < 0)
        return err_set(err, ERR_INVALID, "a Key of %s is missing or no string", list);
    if (read_string(a, &s, "Value", &ret->value, NULL) < 0)
        return err_set(err, ERR_INVALID, "the Value of '%.200s' in %s is missing or no string",
                       ret->key.data, list);
    return 0;
}

static int read_list(struct arena *a, const struct sources *s, const char *name,
                     struct connection_parameters *ret, struct err *err)
{
    const struct json *list = lookup(s, name);
    struct connection_parameter *at;
    size_t len;

    *ret = (struct connection_parameters){NULL, 0};
    if (!list)
        return 0;
    if (!json_is(list, JSON_ARRAY))
        return err_set(err, ERR_INVALID, "%s is no array", name);
    len = json_len(list);
    if (len > CONNECTION_PARAMETERS)
        return err_set(err, ERR_LIMIT, "%s has more than %d members", name, CONNECTION_PARAMETERS);
    at = arena_alloc(a, MAX(len, (size_t)1) * sizeof(*at));
    for (size_t i = 0; i < len; i++) {
        int r = read_parameter(a, name, json_at(list, i), &at[i], err);

        if (r < 0)
            return r;
    }
    *ret = (struct connection_parameters){at, len};
    return 0;
}

static int read_http(struct arena *a, struct sources s, struct connection_http *ret,
                     struct err *err)
{
    int r = read_list(a, &s, "HeaderParameters", &ret->headers, err);

    if (r == 0)
        r = read_list(a, &s, "QueryStringParameters", &ret->query, err);
    if (r == 0)
        r = read_list(a, &s, "BodyParameters", &ret->body, err);
    return r;
}

/* ---- kinds of authorisation ------------------------------------------------------------------ */

static const struct {
    const char *type, *group, *name, *secret;
} kinds[] = {
    [CONNECTION_BASIC] = {"BASIC", "BasicAuthParameters", "Username", "Password"},
    [CONNECTION_API_KEY] = {"API_KEY", "ApiKeyAuthParameters", "ApiKeyName", "ApiKeyValue"},
    [CONNECTION_OAUTH] = {"OAUTH_CLIENT_CREDENTIALS", "OAuthParameters", "ClientID",
                          "ClientSecret"},
};

static int read_oauth(struct arena *a, const struct sources *s, struct connection *c,
                      struct err *err)
{
    static const char *const methods[] = {"GET", "POST", "PUT"};
    int r = read_string(a, s, "AuthorizationEndpoint", &c->oauth.endpoint, err);

    if (r == 0)
        r = read_string(a, s, "HttpMethod", &c->oauth.method, err);
    if (r == 0)
        r = read_http(a, inside(s, "OAuthHttpParameters"), &c->oauth.http, err);
    for (size_t i = 0; r == 0 && i < ARRAY_LEN(methods); i++)
        if (strcmp(methods[i], c->oauth.method.data) == 0)
            return 0;
    return r < 0 ? r : err_set(err, ERR_INVALID, "HttpMethod is none of GET, POST and PUT");
}

static int read_kind(const struct json *description, enum connection_auth *ret_auth,
                     struct err *err)
{
    const struct json *type = member_of(description, "AuthorizationType");

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (json_str_eq(type, kinds[i].type)) {
            *ret_auth = (enum connection_auth)i;
            return 0;
        }
    }
    return err_set(err, ERR_INVALID,
                   "AuthorizationType is none of BASIC, API_KEY and OAUTH_CLIENT_CREDENTIALS");
}

int connection_read(struct arena *a, const struct json *description, const struct json *secret,
                    struct connection *ret_connection, struct err *err)
{
    struct connection c = {0};
    struct sources all = {.len = 0};
    struct sources group, names;
    int r = read_kind(description, &c.auth, err);

    if (r < 0)
        return r;
    sources_add(&all, secret);
    sources_add(&all, member_of(description, "AuthParameters"));
    group = with_inside(&all, kinds[c.auth].group);
    names = with_inside(&group, "ClientParameters");
    r = read_string(a, &names, kinds[c.auth].name, &c.name, err);
    if (r == 0)
        r = read_string(a, &names, kinds[c.auth].secret, &c.secret, err);
    if (r == 0 && c.auth == CONNECTION_OAUTH)
        r = read_oauth(a, &group, &c, err);
    if (r == 0)
        r = read_http(a, inside(&all, "InvocationHttpParameters"), &c.http, err);
    if (r == 0)
        *ret_connection = c;
    return r;
}

/* ---- ARNs ------------------------------------------------------------------------------------ */

static struct text take_part(struct text *rest, char separator)
{
    const char *at = rest->len ? memchr(rest->data, separator, rest->len) : NULL;
    struct text part = {rest->data, at ? (size_t)(at - rest->data) : rest->len};
    size_t skip = part.len + (at != NULL);

    rest->data += skip;
    rest->len -= skip;
    return part;
}

static bool text_is(struct text t, const char *s)
{
    return t.len == strlen(s) && memcmp(t.data, s, t.len) == 0;
}

static bool is_name(struct text t)
{
    for (size_t i = 0; i < t.len; i++)
        if (!isalnum((unsigned char)t.data[i]) && !strchr(".-_", t.data[i] ? t.data[i] : '!'))
            return false;
    return t.len > 0 && t.len <= 64;
}

bool connection_arn_parse(struct text s, struct connection_arn *ret_arn)
{
    struct connection_arn arn;

    if (!text_is(take_part(&s, ':'), "arn") || take_part(&s, ':').len == 0 ||
        !text_is(take_part(&s, ':'), "events"))
        return false;
    arn.region = take_part(&s, ':');
    arn.account = take_part(&s, ':');
    if (!is_name(arn.region) || !is_name(arn.account) || !text_is(take_part(&s, '/'), "connection"))
        return false;
    arn.name = take_part(&s, '/');
    if (!is_name(arn.name))
        return false;
    *ret_arn = arn;
    return true;
}
