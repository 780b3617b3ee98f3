/* Results against the shapes of services: the words of reference/integrations.md section 9, "schema". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/mock_schema.h"

/* "aws-sdk:kms:encrypt": a type and a resource, which may have a colon in its pattern. */
static bool find(const char *operation, struct mock_operation *ret_op)
{
    const char *colon = strchr(operation, ':');
    char type[64];

    if (colon && strncmp(operation, "aws-sdk:", 8) == 0)
        colon = strchr(colon + 1, ':');
    (void)snprintf(type, sizeof(type), "%.*s", colon ? (int)(colon - operation) : 0, operation);
    return mock_operation_find(type, colon ? colon + 1 : "", ret_op);
}

/* What is wrong with a result; "" when it fits. */
static void check(const char *operation, const char *text, bool strict, const char *expected)
{
    struct mock_operation op;
    CLEANUP(json_unref_p) struct json *result = json_parse(text, strlen(text), 0, NULL);
    CLEANUP(strbuf_done) struct strbuf problem;

    strbuf_init(&problem, 4096);
    assert_true(find(operation, &op));
    assert_non_null(result);
    assert_int_equal(mock_result_fits(&op, result, strict, &problem), *expected == '\0');
    assert_string_equal(problem.data, expected);
}

static void test_types(void **state)
{
    (void)state;
    check("lambda:invoke", "{\"StatusCode\":\"200\"}", false,
          "Field 'StatusCode' must be a number");
    check("events:putEvents", "{\"Entries\":\"x\"}", false, "Field 'Entries' must be an array");
    check("events:putEvents", "{\"Entries\":[{\"EventId\":\"a\"},{\"EventId\":[]}]}", true,
          "Field 'EventId' must be a string");
    check("events:putEvents", "{\"Entries\":[1]}", true, "Field 'Entries' must be an object");
    check("dynamodb:putItem", "{\"ConsumedCapacity\":{\"CapacityUnits\":\"1.5\"}}", true,
          "Field 'CapacityUnits' must be a number");
    check("dynamodb:getItem", "{\"Item\":{\"id\":{\"S\":1}}}", true, "Field 'S' must be a string");
    check("dynamodb:getItem", "{\"Item\":{\"id\":1}}", true, "Field 'id' must be an object");
    check("dynamodb:getItem", "{\"Item\":{\"id\":{\"L\":[{\"M\":{\"x\":{\"N\":\"1\"}}}]}}}", true,
          "");
    check("dynamodb:getItem", "{\"Item\":{\"id\":{\"BOOL\":\"true\"}}}", true,
          "Field 'BOOL' must be a boolean");
    check("aws-sdk:s3:getObject", "{\"ContentLength\":\"9000\"}", true,
          "Field 'ContentLength' must be a number");
}

static void test_bounds(void **state)
{
    (void)state;
    check("aws-sdk:lambda:getFunction", "{\"Configuration\":{\"MemorySize\":127}}", true,
          "Field 'MemorySize' is less than the minimum value");
    check("aws-sdk:lambda:getFunction", "{\"Configuration\":{\"MemorySize\":10241}}", true,
          "Field 'MemorySize' exceeds the maximum value");
    check("aws-sdk:lambda:getFunction", "{\"Configuration\":{\"MemorySize\":10240}}", true, "");
    check("aws-sdk:kms:encrypt", "{\"CiphertextBlob\":\"\"}", true,
          "Field 'CiphertextBlob' is smaller than the minimum length");
    check("aws-sdk:s3:getObject", "{\"StorageClass\":\"Papyrus\"}", true,
          "Field 'StorageClass' is not an expected value");
    check("aws-sdk:s3:getObject", "{\"StorageClass\":\"GLACIER\"}", true, "");
    check("aws-sdk:s3:getObject", "{\"StorageClass\":\"\"}", true,
          "Field 'StorageClass' is not an expected value");
}

static void test_presence(void **state)
{
    (void)state;
    check("states:startExecution", "{}", true, "Required field 'ExecutionArn' is missing");
    check("states:startExecution", "{}", false, "");
    check("states:startExecution", "{\"ExecutionArn\":\"a\"}", true,
          "Required field 'StartDate' is missing");
    check("states:startExecution", "{\"ExecutionArn\":\"a\",\"StartDate\":\"b\"}", true, "");
    check("states:startExecution", "{\"executionArn\":1,\"startDate\":[]}", false, "");
    check("events:putEvents", "{\"random\":{\"json\":[]}}", true, "");
    check("states:startExecution.sync", "{\"ExecutionArn\":\"a\"}", true,
          "Required field 'StateMachineArn' is missing");
    /* The .sync:2 form hands on the output as JSON. */
    check("states:startExecution.sync", "{\"Output\":{}}", false,
          "Field 'Output' must be a string");
    check("states:startExecution.sync:2", "{\"Output\":{}}", false, "");

    struct mock_operation op;

    assert_false(find("aws-sdk:nothing:atAll", &op));
    assert_false(find("", &op));
    assert_false(find("ecs:runTask.sync", &op));
}

/* Names as the Java client has them. */
static void test_names(void **state)
{
    (void)state;
    check("sqs:sendMessage", "{\"MD5OfMessageBody\":1}", false,
          "Field 'MD5OfMessageBody' must be a string");
    check("aws-sdk:sqs:sendMessage", "{\"MD5OfMessageBody\":1}", false, "");
    check("aws-sdk:sqs:sendMessage", "{\"Md5OfMessageBody\":1}", false,
          "Field 'Md5OfMessageBody' must be a string");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_presence),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
