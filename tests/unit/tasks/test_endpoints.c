/* Which URL a service has: flags before variables, the service's before the one for all
 * (reference/integrations.md section 8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tasks/endpoints.h"

static const char *const *environment; /* name, value, ..., NULL */

static char *variable(const char *name)
{
    for (const char *const *v = environment; v && *v; v += 2)
        if (strcmp(v[0], name) == 0)
            return (char *)v[1];
    return NULL;
}

static struct endpoints *with(const char *const *variables)
{
    environment = variables;
    return endpoints_new(variable);
}

static void expect(struct endpoints *e, const char *service, const char *url)
{
    const char *found = endpoints_get(e, service);

    if (url)
        assert_string_equal(found ? found : "(none)", url);
    else
        assert_null(found);
    assert_ptr_equal(endpoints_get(e, service), found);
}

static void test_order(void **state)
{
    static const char *const variables[] = {
        "SQS_ENDPOINT",
        "http://local/",
        "AWS_ENDPOINT_URL_SQS",
        "http://sdk",
        "AWS_ENDPOINT_URL_SNS",
        "http://sns",
        "AWS_ENDPOINT_URL",
        "https://all:1/x//",
        "SECRETS_MANAGER_ENDPOINT",
        "http://secrets",
        "AWS_ENDPOINT_URL_EVENTBRIDGE",
        "http://bus",
        "AWS_ENDPOINT_URL_DATA_SYNC",
        "http://ds",
        NULL,
    };
    struct endpoints *e = with(variables);
    struct err err;

    (void)state;
    assert_int_equal(endpoints_set(e, "lambda", "http://flag//", &err), 0);
    assert_int_equal(endpoints_set(e, "lambda", "http://later", &err), 0);
    assert_int_equal(endpoints_check(e, &err), 0);
    expect(e, "lambda", "http://flag");
    expect(e, "sqs", "http://local");
    expect(e, "sns", "http://sns");
    expect(e, "dynamodb", "https://all:1/x");
    expect(e, "secretsmanager", "http://secrets");
    expect(e, "events", "http://bus");
    expect(e, "data-sync", "http://ds");
    endpoints_free(e);
}

static void test_none(void **state)
{
    struct endpoints *e = with(NULL);
    struct err err;

    (void)state;
    assert_int_equal(endpoints_check(e, &err), 0);
    expect(e, "sqs", NULL);
    assert_int_equal(endpoints_set(e, "sqs", "http://late", &err), 0);
    expect(e, "sqs", "http://late");
    endpoints_free(e);
    e = endpoints_new(NULL);
    expect(e, "sqs", NULL);
    endpoints_free(e);
}

static void test_bad(void **state)
{
    static const char *const bad[] = {"127.0.0.1:3001",     "ftp://h",    "http://",
                                      "file:///etc/passwd", "http://h?a", "http://h /",
                                      "https:///x"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *const variables[] = {"AWS_ENDPOINT_URL", bad[i], NULL};
        struct endpoints *e = with(variables);
        struct err err = {0};

        assert_int_equal(endpoints_set(e, "sqs", bad[i], &err), ERR_INVALID);
        assert_non_null(strstr(err.text, bad[i]));
        assert_int_equal(endpoints_check(e, &err), ERR_INVALID);
        assert_non_null(strstr(err.text, "AWS_ENDPOINT_URL has to be"));
        expect(e, "sqs", NULL);
        endpoints_free(e);
    }
}

static void test_variables(void **state)
{
    CLEANUP(free_p) char *sqs = endpoints_variables("sqs");
    CLEANUP(free_p) char *logs = endpoints_variables("logs");

    (void)state;
    assert_string_equal(sqs, "SQS_ENDPOINT, AWS_ENDPOINT_URL_SQS or AWS_ENDPOINT_URL");
    assert_string_equal(logs,
                        "LOGS_ENDPOINT, AWS_ENDPOINT_URL_CLOUDWATCH_LOGS or AWS_ENDPOINT_URL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_variables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
