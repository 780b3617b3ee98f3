/* The mock configuration: reference/integrations.md section 8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "engine/mocks.h"

#define GOOD                                                                                    \
    "{\"StateMachines\":{\"m\":{\"TestCases\":{\"Happy\":{\"A\":\"ok\",\"B\":\"mixed\"},"       \
    "\"Empty\":{}}}},\"MockedResponses\":{"                                                     \
    "\"ok\":{\"0\":{\"Return\":{\"n\":9007199254740993}}},"                                     \
    "\"mixed\":{\"3\":{\"Return\":null},\"1-2\":{\"Throw\":{\"Error\":\"E\",\"Cause\":\"C\"}}," \
    "\"0\":{\"Return\":{\"StatusCode\":200,\"Payload\":[1]}}}}}"

static struct mocks *parse(const char *text)
{
    struct err err = {0};
    struct mocks *m = NULL;

    if (mocks_parse(text, strlen(text), &m, &err) < 0)
        fail_msg("%s", err.text);
    return m;
}

static void assert_text(struct text t, const char *expected)
{
    assert_int_equal(t.len, strlen(expected));
    assert_memory_equal(t.data, expected, t.len);
}

static void test_lookup(void **state)
{
    struct mocks *m = parse(GOOD);
    const struct mock_case *c = mocks_case(m, "m", "Happy");
    struct mock_result result;

    (void)state;
    assert_text(mocks_text(m), GOOD);
    assert_non_null(c);
    assert_non_null(mocks_case(m, "m", "Empty"));
    assert_null(mocks_case(m, "m", "happy"));
    assert_null(mocks_case(m, "n", "Happy"));
    assert_null(mocks_case(NULL, "m", "Happy"));
    assert_null(mocks_of_state(c, "C"));
    assert_null(mocks_of_state(NULL, "A"));

    const struct mock_responses *ok = mocks_of_state(c, "A");
    const struct mock_responses *mixed = mocks_of_state(c, "B");

    assert_string_equal(mocks_responses_name(ok), "ok");
    assert_true(mocks_result(ok, 0, &result));
    assert_text(result.output, "{\"n\":9007199254740993}");
    assert_text(result.direct, "{\"n\":9007199254740993}");
    assert_false(mocks_result(ok, 1, &result));

    assert_true(mocks_result(mixed, 0, &result));
    assert_text(result.output, "{\"StatusCode\":200,\"Payload\":[1]}");
    assert_text(result.direct, "[1]");
    for (uint32_t i = 1; i <= 2; i++) {
        assert_true(mocks_result(mixed, i, &result));
        assert_null(result.output.data);
        assert_string_equal(result.error, "E");
        assert_text(result.cause, "C");
    }
    assert_true(mocks_result(mixed, 3, &result));
    assert_text(result.output, "null");
    assert_false(mocks_result(mixed, 4, &result));
    mocks_free(m);
    mocks_free(NULL);
}

#define RESPONSE(content) "{\"StateMachines\":{},\"MockedResponses\":{\"r\":" content "}}"
#define CASES(content) \
    "{\"StateMachines\":{\"m\":" content "},\"MockedResponses\":{\"r\":{\"0\":{\"Return\":1}}}}"

static void test_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"", "line 1, column 0: "},
        {"[]", "the configuration: has to be an object"},
        {"{}", "StateMachines: has to be an object"},
        {"{\"StateMachines\":{},\"MockedResponse\":{}}",
         "the configuration: has an unknown member 'MockedResponse'"},
        {"{\"StateMachines\":{},\"StateMachines\":{}}", "StateMachines"},
        {"{\"StateMachines\":{},\"MockedResponses\":[]}", "MockedResponses: has to be an object"},
        {RESPONSE("1"), "MockedResponses/r: has to be an object"},
        {RESPONSE("{}"), "MockedResponses/r: has no result"},
        {RESPONSE("{\"x\":{\"Return\":1}}"),
         "MockedResponses/r/x: has to be a number from 0 to 1000000, or a range like 1-2"},
        {RESPONSE("{\"2-1\":{\"Return\":1}}"), "MockedResponses/r/2-1: has to be a number"},
        {RESPONSE("{\"1-\":{\"Return\":1}}"), "MockedResponses/r/1-: has to be a number"},
        {RESPONSE("{\"-1\":{\"Return\":1}}"), "MockedResponses/r/-1: has to be a number"},
        {RESPONSE("{\"1000001\":{\"Return\":1}}"), "MockedResponses/r/1000001: has to be"},
        {RESPONSE("{\"99999999999999999999\":{\"Return\":1}}"), "has to be a number"},
        {RESPONSE("{\"0-2\":{\"Return\":1},\"2\":{\"Return\":1}}"),
         "MockedResponses/r: there are two results for invocation 2"},
        {RESPONSE("{\"0\":{}}"), "MockedResponses/r/0: needs exactly one of Return and Throw"},
        {RESPONSE("{\"0\":{\"Return\":1,\"Throw\":{\"Error\":\"E\",\"Cause\":\"C\"}}}"),
         "MockedResponses/r/0: needs exactly one of Return and Throw"},
        {RESPONSE("{\"0\":{\"return\":1}}"), "MockedResponses/r/0: has an unknown member 'return'"},
        {RESPONSE("{\"0\":{\"Throw\":{\"Error\":\"E\"}}}"),
         "MockedResponses/r/0/Throw: needs Error and Cause, both strings"},
        {RESPONSE("{\"0\":{\"Throw\":{\"Error\":1,\"Cause\":\"C\"}}}"),
         "MockedResponses/r/0/Throw: needs Error and Cause, both strings"},
        {RESPONSE("{\"0\":{\"Throw\":{\"Error\":\"a\\u0000\",\"Cause\":\"C\"}}}"),
         "MockedResponses/r/0/Throw: holds U+0000"},
        {CASES("1"), "StateMachines/m: has to be an object"},
        {CASES("{}"), "StateMachines/m/TestCases: has to be an object"},
        {CASES("{\"TestCases\":{},\"X\":1}"), "StateMachines/m: has an unknown member 'X'"},
        {CASES("{\"TestCases\":{\"T\":1}}"), "StateMachines/m/TestCases/T: has to be an object"},
        {CASES("{\"TestCases\":{\"T\":{\"A\":1}}}"),
         "StateMachines/m/TestCases/T/A: has to name a member of MockedResponses"},
        {CASES("{\"TestCases\":{\"T\":{\"A\":\"x\"}}}"),
         "StateMachines/m/TestCases/T/A: MockedResponses has no 'x'"},
        {CASES("{\"TestCases\":{\"\":{\"A\":\"r\"}}}"),
         "StateMachines/m/TestCases: has a member whose name is empty"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err err = {0};
        struct mocks *m = NULL;

        assert_int_equal(mocks_parse(bad[i].text, strlen(bad[i].text), &m, &err), ERR_INVALID);
        assert_null(m);
        if (!strstr(err.text, bad[i].message))
            fail_msg("%s\nis told as: %s\nexpected:   %s", bad[i].text, err.text, bad[i].message);
    }
}

/* At the ceiling, and one past it. */
static void test_throw_lengths(void **state)
{
    (void)state;
    for (int over = 0; over < 2; over++) {
        char error[LIMIT_ERROR_CHARS + 2] = {0};
        CLEANUP(free_p) char *text = NULL;
        struct err err = {0};
        struct mocks *m = NULL;

        memset(error, 'e', (size_t)LIMIT_ERROR_CHARS + (size_t)over);
        text = xasprintf(RESPONSE("{\"0\":{\"Throw\":{\"Error\":\"%s\",\"Cause\":\"\"}}}"), error);
        assert_int_equal(mocks_parse(text, strlen(text), &m, &err), over ? ERR_INVALID : 0);
        mocks_free(m);
    }
}

static void test_file(void **state)
{
    char file[] = "/tmp/test-mocks-XXXXXX";
    struct err err = {0};
    struct mocks *m = NULL;
    int fd = mkstemp(file);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, GOOD, sizeof(GOOD) - 1), sizeof(GOOD) - 1);
    assert_int_equal(mocks_load(file, &m, &err), 0);
    assert_non_null(mocks_case(m, "m", "Happy"));
    mocks_free(m);
    m = NULL;

    assert_int_equal(write(fd, "}", 1), 1);
    assert_int_equal(mocks_load(file, &m, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, file));
    assert_non_null(strstr(err.text, "line 1, column"));

    assert_int_equal(ftruncate(fd, MOCKS_FILE_BYTES + 1), 0);
    assert_int_equal(mocks_load(file, &m, &err), ERR_LIMIT);
    close(fd);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(mocks_load(file, &m, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, file));
    assert_int_equal(mocks_load("/tmp", &m, &err), ERR_INVALID);
    assert_null(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_throw_lengths),
        cmocka_unit_test(test_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
