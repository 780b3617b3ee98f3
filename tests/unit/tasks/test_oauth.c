/* Tokens of OAuth: how they are asked for, what the answer means (RFC 6749, 4.4 and 5.1), and how long
 * they are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "tasks/oauth.h"

#define T(literal)                     \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

static struct connection client(const char *method, const char *endpoint)
{
    return (struct connection){
        .auth = CONNECTION_OAUTH,
        .name = TEXT("i d"),
        .secret = TEXT("s&1"),
        .oauth = {.endpoint = {endpoint, strlen(endpoint)}, .method = {method, strlen(method)}},
    };
}

/* "METHOD URL | headers | body", or the error. */
static void expect_request(const struct connection *c, const char *wanted)
{
    struct arena a;
    struct strbuf sb;
    struct call_request r;
    struct err err;

    arena_init(&a);
    strbuf_init(&sb, 10000);
    if (oauth_request(&a, c, &r, &err) < 0) {
        strbuf_adds(&sb, err.text);
    } else {
        strbuf_addf(&sb, "%s %s | ", r.method, r.url);
        for (const char *const *h = r.headers; *h; h++)
            strbuf_addf(&sb, "%s; ", *h);
        strbuf_addf(&sb, "| %s", r.body.data ? r.body.data : "-");
    }
    assert_string_equal(sb.data, wanted);
    strbuf_done(&sb);
    arena_done(&a);
}

#define FORM_TYPE "Content-Type: application/x-www-form-urlencoded; "

static void test_requests(void **state)
{
    static const struct connection_parameter body[] = {{T("scope"), T("a b")},
                                                       {T("grant_type"), T("x")}};
    static const struct connection_parameter query[] = {{T("q"), T("1+1")}};
    static const struct connection_parameter json[] = {{T("content-type"), T("application/json")}};
    static const struct connection_parameter bad[] = {{T("a"), T("b\nc")}};
    struct connection c = client("POST", "https://o/t");

    (void)state;
    expect_request(&c, "POST https://o/t | " FORM_TYPE
                       "| grant_type=client_credentials&client_id=i%20d&client_secret=s%261");
    c.oauth.http.body = (struct connection_parameters){body, 2};
    c.oauth.http.query = (struct connection_parameters){query, 1};
    expect_request(&c, "POST https://o/t?q=1%2B1 | " FORM_TYPE
                       "| client_id=i%20d&client_secret=s%261&scope=a%20b&grant_type=x");
    c.oauth.http.headers = (struct connection_parameters){json, 1};
    expect_request(&c, "POST https://o/t?q=1%2B1 | content-type: application/json; | "
                       "{\"client_id\":\"i d\",\"client_secret\":\"s&1\",\"scope\":\"a b\","
                       "\"grant_type\":\"x\"}");
    c = client("GET", "http://o?p=2");
    expect_request(&c, "GET http://o?p=2&grant_type=client_credentials&client_id=i%20d&"
                       "client_secret=s%261 | " FORM_TYPE "| -");
    c = client("POST", "o/t");
    expect_request(&c, "its AuthorizationEndpoint is no URL");
    c = client("POST", "http://o");
    c.oauth.http.headers = (struct connection_parameters){bad, 1};
    expect_request(&c, "a HeaderParameter of its OAuthHttpParameters cannot be sent");
}

static void expect_token(int status, const char *body, const char *authorization, int64_t seconds)
{
    struct call_response r = {.end = CALL_ANSWERED,
                              .status = status,
                              .status_text = TEXT("Why"),
                              .body = {body, strlen(body)}};
    struct oauth_token token;
    struct arena a;
    struct err err;

    arena_init(&a);
    if (oauth_response(&a, &r, &token, &err) < 0) {
        assert_string_equal(err.text, authorization);
    } else {
        assert_string_equal(token.authorization.data, authorization);
        assert_int_equal(token.seconds, seconds);
    }
    arena_done(&a);
}

static void test_answers(void **state)
{
    (void)state;
    expect_token(200, "{\"access_token\":\"t\",\"token_type\":\"bearer\",\"expires_in\":60}",
                 "Bearer t", 60);
    expect_token(201, "{\"access_token\":\"t\",\"token_type\":\"MAC\"}", "MAC t",
                 OAUTH_DEFAULT_SECONDS);
    expect_token(200, "{\"access_token\":\"t\",\"expires_in\":1e300}", "Bearer t", 1000000000);
    expect_token(200, "{\"access_token\":\"t\",\"expires_in\":-1}", "Bearer t", 0);
    expect_token(200, "{\"access_token\":1}",
                 "the answer of its AuthorizationEndpoint has no access_token", 0);
    expect_token(200, "t", "the answer of its AuthorizationEndpoint is no JSON object", 0);
    expect_token(401, "{}", "its AuthorizationEndpoint answered with status 401 Why", 0);
}

/* ---- kept tokens ----------------------------------------------------------------------------- */

static const char *const no_headers[] = {NULL};

static void expect_kept(struct oauth_tokens *t, const char *url, int64_t now, const char *wanted)
{
    struct call_request r = {.method = "POST", .url = url, .headers = no_headers};
    struct arena a;
    struct text kept;

    arena_init(&a);
    kept = oauth_tokens_get(t, &a, &r, now);
    if (wanted)
        assert_string_equal(kept.data, wanted);
    else
        assert_null(kept.data);
    arena_done(&a);
}

static void put(struct oauth_tokens *t, const char *url, const char *token, int64_t seconds,
                int64_t now)
{
    struct call_request r = {.method = "POST", .url = url, .headers = no_headers};
    struct oauth_token o = {{token, strlen(token)}, seconds};

    oauth_tokens_put(t, &r, &o, now);
}

static void test_expiry(void **state)
{
    struct oauth_tokens *t = oauth_tokens_new();
    struct call_request r = {.method = "POST", .url = "u", .headers = no_headers};

    (void)state;
    put(t, "u", "one", 10, 1000);
    expect_kept(t, "u", 10999, "one");
    expect_kept(t, "u", 11000, NULL);
    expect_kept(t, "v", 1000, NULL);
    put(t, "u", "two", 10, 11000);
    expect_kept(t, "u", 11000, "two");
    put(t, "w", "never", 0, 0);
    expect_kept(t, "w", 0, NULL);
    oauth_tokens_forget(t, &r);
    oauth_tokens_forget(t, &r);
    expect_kept(t, "u", 11000, NULL);
    oauth_tokens_free(t);
    oauth_tokens_free(NULL);
}

/* At the ceiling all are kept; one more drops what has expired, or else all others. */
static void test_ceiling(void **state)
{
    struct oauth_tokens *t = oauth_tokens_new();
    char url[32];

    (void)state;
    for (unsigned i = 0; i < OAUTH_TOKENS; i++) {
        (void)snprintf(url, sizeof(url), "u%u", i);
        put(t, url, "t", i == 0 ? 1 : 100, 0);
    }
    expect_kept(t, "u0", 0, "t");
    expect_kept(t, url, 0, "t");
    put(t, "more", "t", 100, 2000);
    expect_kept(t, url, 2000, "t");
    expect_kept(t, "more", 2000, "t");
    put(t, "and more", "t", 100, 2000);
    expect_kept(t, url, 2000, NULL);
    expect_kept(t, "and more", 2000, "t");
    oauth_tokens_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
