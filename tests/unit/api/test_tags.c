/* Tags: reference/api.md section 3 and the recorded answers of the suite `api_tagging`. */
#include "harness.h"

#define MACHINE          HEAD "stateMachine:m"
#define OF(arn)          "{\"resourceArn\":\"" arn "\"}"
#define TAGS(arn, list)  "{\"resourceArn\":\"" arn "\",\"tags\":[" list "]}"
#define KEYS(arn, list)  "{\"resourceArn\":\"" arn "\",\"tagKeys\":[" list "]}"
#define PAIR(key, value) "{\"key\":\"" key "\",\"value\":\"" value "\"}"

static void test_tag_and_untag(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", PASS);
    (void)ask(h, "AWSStepFunctions.CreateActivity", "{\"name\":\"a\"}", 200);
    static const char *const arns[] = {MACHINE, HEAD "activity:a"};
    for (size_t i = 0; i < ARRAY_LEN(arns); i++) {
        char list[256], body[512];
        (void)snprintf(list, sizeof(list), OF("%s"), arns[i]);
        (void)snprintf(body, sizeof(body), TAGS("%s", PAIR("a", "1") "," PAIR("b", "")), arns[i]);
        ANSWERS(h, "TagResource", body, "{}");
        ANSWERS(h, "ListTagsForResource", list,
                "{\"tags\":[" PAIR("a", "1") "," PAIR("b", "") "]}");
        (void)snprintf(body, sizeof(body),
                       TAGS("%s", PAIR("A", "2") "," PAIR("a", "3") "," PAIR("a", "4")), arns[i]);
        ANSWERS(h, "TagResource", body, "{}");
        ANSWERS(h, "ListTagsForResource", list,
                "{\"tags\":[" PAIR("A", "2") "," PAIR("a", "4") "," PAIR("b", "") "]}");
        (void)snprintf(body, sizeof(body), KEYS("%s", "\"a\",\"a\",\"c\",\"A\""), arns[i]);
        ANSWERS(h, "UntagResource", body, "{}");
        ANSWERS(h, "ListTagsForResource", list, "{\"tags\":[" PAIR("b", "") "]}");
    }
    ANSWERS(h, "TagResource", TAGS(MACHINE, ""), "{}");
    ANSWERS(h, "UntagResource", KEYS(MACHINE, ""), "{}");
    ANSWERS(h, "ListTagsForResource", OF(MACHINE), "{\"tags\":[" PAIR("b", "") "]}");
}

/* Recorded: test_tag_state_machine_version. */
static void test_nothing_to_tag(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", PASS);
    (void)ask(h, "AWSStepFunctions.PublishStateMachineVersion",
              "{\"stateMachineArn\":\"" MACHINE "\"}", 200);
    ANSWERS(h, "ListTagsForResource", OF(MACHINE ":1"), "{\"tags\":[]}");
    REFUSES(h, "TagResource", TAGS(MACHINE ":1", PAIR("a", "1")), SERVICE "ResourceNotFound",
            "Resource not found: '" MACHINE ":1'");
    REFUSES(h, "UntagResource", KEYS(MACHINE ":1", "\"a\""), SERVICE "ResourceNotFound",
            "Resource not found: '" MACHINE ":1'");
    REFUSES(h, "TagResource", TAGS(HEAD "stateMachine:n", PAIR("a", "1")),
            SERVICE "ResourceNotFound", "Resource not found: '" HEAD "stateMachine:n'");
    REFUSES(h, "UntagResource", KEYS(HEAD "activity:a", "\"a\""), SERVICE "ResourceNotFound",
            "Resource not found: '" HEAD "activity:a'");
    REFUSES(h, "TagResource", TAGS("x", ""), SERVICE "InvalidArn",
            "Invalid Arn: 'Invalid ARN prefix: x'");
    REFUSES(h, "TagResource", TAGS(HEAD "execution:m:x", ""), SERVICE "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: execution'");
}

static void test_refused(void **state)
{
    struct harness *h = *state;
    create_machine(h, "m", PASS);
    assert_string_equal(
        ask(h, "AWSStepFunctions.TagResource", TAGS(MACHINE, PAIR("aws:x", "1")), 400),
        "{\"__type\":\"com.amazon.coral.service#AccessDeniedException\","
        "\"Message\":\"Caller is an end user and not allowed to mutate system "
        "tags\"}");
    REFUSES(h, "UntagResource", KEYS(MACHINE, "\"\""), CONSTRAINT,
            "1 validation error detected: Value '' at 'tagKeys.1.member' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1");
    REFUSES(h, "UntagResource", OF(MACHINE), CONSTRAINT,
            "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: "
            "Member must not be null");
}

/* 50 in all, whichever request they came with; known keys do not count twice. */
static void test_limit(void **state)
{
    struct harness *h = *state;
    char body[256];
    create_machine(h, "m", PASS);
    for (int i = 0; i < 50; i++) {
        (void)snprintf(body, sizeof(body), TAGS(MACHINE, PAIR("k%d", "")), i);
        ANSWERS(h, "TagResource", body, "{}");
    }
    ANSWERS(h, "TagResource", TAGS(MACHINE, PAIR("k7", "x") "," PAIR("k8", "y")), "{}");
    REFUSES(h, "TagResource", TAGS(MACHINE, PAIR("k7", "z") "," PAIR("new", "")),
            SERVICE "TooManyTags", "Too many tags: '" MACHINE "'");
    const char *tags = ask(h, "AWSStepFunctions.ListTagsForResource", OF(MACHINE), 200);
    assert_non_null(strstr(tags, PAIR("k7", "x")));
    ANSWERS(h, "UntagResource", KEYS(MACHINE, "\"k9\""), "{}");
    ANSWERS(h, "TagResource", TAGS(MACHINE, PAIR("k7", "z") "," PAIR("new", "")), "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tag_and_untag),
        TEST(test_nothing_to_tag),
        TEST(test_refused),
        TEST(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
