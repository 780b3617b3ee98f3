/* Connections, from the form of EventBridge's CreateConnection and from secrets.  The secrets here are
 * what moto 5 keeps, which follows the layout of AWS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "tasks/connections.h"

static struct json *parse(const char *text)
{
    return text ? json_parse(text, strlen(text), JSON_PARSE_DEFAULT, NULL) : NULL;
}

static void add_list(struct strbuf *sb, char kind, const struct connection_parameters *list)
{
    for (size_t i = 0; i < list->len; i++)
        strbuf_addf(sb, " %c:%s=%s", kind, list->at[i].key.data, list->at[i].value.data);
}

static void add_http(struct strbuf *sb, const struct connection_http *http)
{
    add_list(sb, 'h', &http->headers);
    add_list(sb, 'q', &http->query);
    add_list(sb, 'b', &http->body);
}

/* A connection as one line, or what is wrong with it. */
static void expect(const char *description, const char *secret, const char *wanted)
{
    static const char *const kinds[] = {"basic", "key", "oauth"};
    CLEANUP(json_unref_p) struct json *d = parse(description);
    CLEANUP(json_unref_p) struct json *s = parse(secret);
    struct connection c;
    struct strbuf sb;
    struct arena a;
    struct err err = {0};

    arena_init(&a);
    strbuf_init(&sb, 10000);
    if (connection_read(&a, d, s, &c, &err) < 0) {
        strbuf_adds(&sb, err.text);
    } else {
        strbuf_addf(&sb, "%s %s %s", kinds[c.auth], c.name.data, c.secret.data);
        add_http(&sb, &c.http);
        if (c.auth == CONNECTION_OAUTH) {
            strbuf_addf(&sb, " | %s %s", c.oauth.method.data, c.oauth.endpoint.data);
            add_http(&sb, &c.oauth.http);
        }
    }
    assert_string_equal(sb.data, wanted);
    strbuf_done(&sb);
    arena_done(&a);
}

#define OF(type, parameters) \
    "{\"AuthorizationType\":\"" type "\",\"AuthParameters\":{" parameters "}}"
#define BASIC(more) \
    OF("BASIC", "\"BasicAuthParameters\":{\"Username\":\"u\",\"Password\":\"p\"}" more)
#define CLIENT "\"ClientParameters\":{\"ClientID\":\"i\",\"ClientSecret\":\"s\"}"

static void test_described(void **state)
{
    (void)state;
    expect(BASIC(""), NULL, "basic u p");
    expect(BASIC(",\"InvocationHttpParameters\":{\"HeaderParameters\":[{\"Key\":\"a\",\"Value\":"
                 "\"1\",\"IsValueSecret\":true}],\"QueryStringParameters\":[{\"Key\":\"b\","
                 "\"Value\":\"\"}],\"BodyParameters\":[{\"Key\":\"c\",\"Value\":\"3\"}]}"),
           NULL, "basic u p h:a=1 q:b= b:c=3");
    expect(OF("API_KEY", "\"ApiKeyAuthParameters\":{\"ApiKeyName\":\"n\",\"ApiKeyValue\":\"v\"}"),
           NULL, "key n v");
    expect(OF("OAUTH_CLIENT_CREDENTIALS",
              "\"OAuthParameters\":{" CLIENT ",\"AuthorizationEndpoint\":\"https://o/t\","
              "\"HttpMethod\":\"POST\",\"OAuthHttpParameters\":{\"BodyParameters\":[{\"Key\":"
              "\"scope\",\"Value\":\"x\"}]}}"),
           NULL, "oauth i s | POST https://o/t b:scope=x");
}

/* What DescribeConnection leaves out is in the secret. */
static void test_secrets(void **state)
{
    (void)state;
    expect(OF("BASIC", "\"BasicAuthParameters\":{\"Username\":\"u\"},\"InvocationHttpParameters\":{"
                       "\"HeaderParameters\":[{\"Key\":\"h\",\"IsValueSecret\":true}]}"),
           "{\"username\":\"u\",\"password\":\"p\",\"invocation_http_parameters\":{"
           "\"header_parameters\":[{\"key\":\"h\",\"value\":\"v\",\"is_value_secret\":true}],"
           "\"query_string_parameters\":[{\"key\":\"q_Q\",\"value\":\"1\"}]}}",
           "basic u p h:h=v q:q_Q=1");
    expect(OF("API_KEY", "\"ApiKeyAuthParameters\":{\"ApiKeyName\":\"X-Key\"}"),
           "{\"api_key_name\":\"X-Key\",\"api_key_value\":\"kv\"}", "key X-Key kv");
    expect(OF("OAUTH_CLIENT_CREDENTIALS", ""),
           "{\"client_parameters\":{\"client_id\":\"id\",\"client_secret\":\"s\"},"
           "\"authorization_endpoint\":\"http://x/y\",\"http_method\":\"GET\","
           "\"o_auth_http_parameters\":{\"query_string_parameters\":[{\"key\":\"q\",\"value\":\"1\""
           "}]}}",
           "oauth id s | GET http://x/y q:q=1");
    expect(OF("OAUTH_CLIENT_CREDENTIALS", ""),
           "{\"client_id\":\"id\",\"client_secret\":\"s\",\"authorization_endpoint\":\"http://x\","
           "\"http_method\":\"PUT\",\"oauth_http_parameters\":{}}",
           "oauth id s | PUT http://x");
}

static void test_problems(void **state)
{
    (void)state;
    expect("{}", NULL, "AuthorizationType is none of BASIC, API_KEY and OAUTH_CLIENT_CREDENTIALS");
    expect("[]", NULL, "AuthorizationType is none of BASIC, API_KEY and OAUTH_CLIENT_CREDENTIALS");
    expect(OF("BASIC", ""), NULL, "Username is missing or no string");
    expect(OF("BASIC", "\"BasicAuthParameters\":{\"Username\":\"u\"}"), NULL,
           "Password is missing or no string");
    expect(OF("BASIC", "\"BasicAuthParameters\":{\"Username\":\"u\",\"Password\":1}"), NULL,
           "Password is missing or no string");
    expect(OF("OAUTH_CLIENT_CREDENTIALS", "\"OAuthParameters\":{" CLIENT "}"), NULL,
           "AuthorizationEndpoint is missing or no string");
    expect(OF("OAUTH_CLIENT_CREDENTIALS", "\"OAuthParameters\":{" CLIENT
                                          ",\"AuthorizationEndpoint\":\"x\",\"HttpMethod\":\"X\"}"),
           NULL, "HttpMethod is none of GET, POST and PUT");
    expect(BASIC(",\"InvocationHttpParameters\":{\"BodyParameters\":1}"), NULL,
           "BodyParameters is no array");
    expect(BASIC(",\"InvocationHttpParameters\":{\"BodyParameters\":[1]}"), NULL,
           "a Key of BodyParameters is missing or no string");
    expect(BASIC(",\"InvocationHttpParameters\":{\"BodyParameters\":[{\"Key\":\"k\"}]}"), NULL,
           "the Value of 'k' in BodyParameters is missing or no string");
}

static void test_parameters_ceiling(void **state)
{
    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        struct strbuf sb;
        struct connections *c = NULL;
        struct err err;
        int r;

        strbuf_init(&sb, 100000);
        strbuf_adds(&sb, "{\"c\":{\"AuthorizationType\":\"BASIC\",\"AuthParameters\":{"
                         "\"BasicAuthParameters\":{\"Username\":\"u\",\"Password\":\"p\"},"
                         "\"InvocationHttpParameters\":{\"BodyParameters\":[");
        for (unsigned i = 0; i < CONNECTION_PARAMETERS + more; i++)
            strbuf_addf(&sb, "%s{\"Key\":\"k%u\",\"Value\":\"\"}", i ? "," : "", i);
        strbuf_adds(&sb, "]}}}}");
        r = connections_parse(sb.data, sb.len, &c, &err);
        assert_int_equal(r, more ? ERR_LIMIT : 0);
        if (more)
            assert_string_equal(err.text, "c: BodyParameters has more than 100 members");
        connections_free(c);
        strbuf_done(&sb);
    }
}

static void test_arns(void **state)
{
    static const char *const wrong[] = {
        "",
        "arn",
        "arn:aws:events:us-east-1:1:connection",
        "arn:aws:events:us-east-1:1:connection/",
        "arn:aws:events:us-east-1:1:rule/n",
        "arn:aws:lambda:us-east-1:1:connection/n",
        "arn:aws:events::1:connection/n",
        "arn:aws:events:us-east-1:1:connection/a b",
        "arn:aws:events:us-\n:1:connection/n",
    };
    const char *arn = "arn:aws:events:eu-west-1:123456789012:connection/my.c-1_x/uuid";
    struct connection_arn a;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(connection_arn_parse((struct text){wrong[i], strlen(wrong[i])}, &a));
    assert_true(connection_arn_parse((struct text){arn, strlen(arn)}, &a));
    assert_int_equal(a.region.len, strlen("eu-west-1"));
    assert_memory_equal(a.account.data, "123456789012", a.account.len);
    assert_int_equal(a.name.len, strlen("my.c-1_x"));
    assert_memory_equal(a.name.data, "my.c-1_x", a.name.len);
    assert_true(connection_arn_parse(TEXT("arn:aws:events:r:1:connection/n"), &a));
}

static void test_files(void **state)
{
    struct connections *c;
    struct err err;
    const char *text = "{\"one\":" BASIC("") ",\"two\":" BASIC("") "}";

    (void)state;
    assert_int_equal(connections_parse(text, strlen(text), &c, &err), 0);
    assert_non_null(connections_get(c, TEXT("two")));
    assert_null(connections_get(c, TEXT("three")));
    connections_free(c);
    assert_null(connections_get(NULL, TEXT("one")));
    assert_int_equal(connections_parse("[]", 2, &c, &err), ERR_INVALID);
    assert_string_equal(err.text, "is no object of connections by name");
    assert_int_equal(connections_parse("{\"a\":1}", 7, &c, &err), ERR_INVALID);
    assert_int_equal(connections_parse("{", 1, &c, &err), ERR_INVALID);
    assert_int_equal(connections_load("/no/such/file", &c, &err), ERR_NOT_FOUND);
    assert_string_equal(err.text, "the connections /no/such/file: No such file or directory");
    assert_int_equal(connections_load("/", &c, &err), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_described), cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_problems),  cmocka_unit_test(test_parameters_ceiling),
        cmocka_unit_test(test_arns),      cmocka_unit_test(test_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
