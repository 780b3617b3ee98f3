/* Aliases: reference/api.md sections 1 to 3 and the recorded answers of the suite `api_aliasing`. */
#include "harness.h"

#define MACHINE            HEAD "stateMachine:m"
#define OF(arn)            "{\"stateMachineArn\":\"" arn "\"}"
#define ROUTE(arn, weight) "{\"stateMachineVersionArn\":\"" arn "\",\"weight\":" weight "}"
#define CREATE(name, more, routes) \
    "{\"name\":\"" name "\"" more ",\"routingConfiguration\":[" routes "]}"
#define CREATED(name) \
    "{\"creationDate\":" DATE ",\"stateMachineAliasArn\":\"" MACHINE ":" name "\"}"
#define ALIAS(name, more) "{\"stateMachineAliasArn\":\"" MACHINE ":" name "\"" more "}"
#define ONE               ROUTE(MACHINE ":1", "100")
#define BOTH              ROUTE(MACHINE ":1", "50") "," ROUTE(MACHINE ":2", "50")
#define LATER             "1790000001.5"

/* A machine m with versions 1 and 2. */
static void create_versions(struct harness *h)
{
    create_machine(h, "m", PASS);
    (void)ask(h, "AWSStepFunctions.PublishStateMachineVersion", OF(MACHINE), 200);
    (void)ask(h, "AWSStepFunctions.UpdateStateMachine",
              "{\"stateMachineArn\":\"" MACHINE "\",\"roleArn\":\"" ROLE "2\",\"publish\":true}",
              200);
}

/* Recorded: test_base_lifecycle_create_update_describe.  updateDate comes with the first update. */
static void test_create_update_describe(void **state)
{
    struct harness *h = *state;
    create_versions(h);
    ANSWERS(h, "CreateStateMachineAlias", CREATE("live", ",\"description\":\"d\"", ONE),
            CREATED("live"));
    ANSWERS(h, "DescribeStateMachineAlias", ALIAS("live", ""),
            "{\"creationDate\":" DATE ",\"description\":\"d\",\"name\":\"live\","
            "\"routingConfiguration\":[" ONE "],\"stateMachineAliasArn\":\"" MACHINE ":live\"}");
    clock_advance(h->clock, 1000);
    ANSWERS(h, "UpdateStateMachineAlias", ALIAS("live", ",\"description\":\"e\""),
            "{\"updateDate\":" LATER "}");
    clock_advance(h->clock, 1000);
    ANSWERS(h, "UpdateStateMachineAlias", ALIAS("live", ",\"description\":\"e\""),
            "{\"updateDate\":" LATER "}"); /* the same again changes nothing */
    ANSWERS(h, "UpdateStateMachineAlias", ALIAS("live", ",\"routingConfiguration\":[" BOTH "]"),
            "{\"updateDate\":1790000002.5}");
    ANSWERS(h, "DescribeStateMachineAlias", ALIAS("live", ""),
            "{\"creationDate\":" DATE ",\"description\":\"e\",\"name\":\"live\","
            "\"routingConfiguration\":[" BOTH "],\"stateMachineAliasArn\":\"" MACHINE
            ":live\",\"updateDate\":1790000002.5}");
    REFUSES(h, "UpdateStateMachineAlias", ALIAS("live", ""), SERVICE "ValidationException",
            "Either description or routing configuration must be specified");
}

static void test_create_again(void **state)
{
    struct harness *h = *state;
    create_versions(h);
    ANSWERS(h, "CreateStateMachineAlias", CREATE("live", ",\"description\":\"d\"", ONE),
            CREATED("live"));
    clock_advance(h->clock, 1000);
    ANSWERS(h, "CreateStateMachineAlias", CREATE("live", ",\"description\":\"d\"", ONE),
            CREATED("live"));
    static const char *const others[] = {
        CREATE("live", ",\"description\":\"e\"", ONE),
        CREATE("live", "", ONE),
        CREATE("live", ",\"description\":\"d\"", BOTH),
        CREATE("live", ",\"description\":\"d\"", ROUTE(MACHINE ":2", "100")),
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        REFUSES(h, "CreateStateMachineAlias", others[i], SERVICE "ConflictException",
                "Failed to create alias because an alias with the same name and a different "
                "routing configuration already exists.");
}

static void refuse_routes(struct harness *h, const char *routes, const char *message)
{
    char body[1024], answer[1024];
    (void)snprintf(body, sizeof(body), CREATE("live", "", "%s"), routes);
    (void)snprintf(answer, sizeof(answer),
                   "{\"__type\":\"" SERVICE "ValidationException\",\"message\":\"%s\","
                   "\"reason\":\"INVALID_ROUTING_CONFIGURATION\"}",
                   message);
    assert_string_equal(ask(h, "AWSStepFunctions.CreateStateMachineAlias", body, 400), answer);
}

static void test_routes(void **state)
{
    struct harness *h = *state;
    create_versions(h);
    refuse_routes(h, ROUTE(MACHINE, "100"),
                  "Routing configuration must contain state machine version ARNs. Received: "
                  "[" MACHINE "]");
    refuse_routes(h, ROUTE(MACHINE ":1", "100") "," ROUTE(MACHINE ":x", "0"),
                  "Routing configuration must contain state machine version ARNs. Received: "
                  "[" MACHINE ":1, " MACHINE ":x]");
    refuse_routes(h, ROUTE(HEAD "activity:a", "100"),
                  "Routing configuration must contain state machine version ARNs. Received: "
                  "[" HEAD "activity:a]");
    refuse_routes(h, ROUTE(MACHINE ":1", "70") "," ROUTE(MACHINE ":2", "29"),
                  "Sum of routing configuration weights must equal 100. Received: [70, 29]");
    refuse_routes(h, ROUTE(MACHINE ":1", "70") "," ROUTE(HEAD "stateMachine:n:1", "30"),
                  "Routing configuration must contain state machine version ARNs for the same "
                  "state machine. Received: [" MACHINE ":1, " HEAD "stateMachine:n:1]");
    refuse_routes(h, ROUTE(MACHINE ":1", "70") "," ROUTE(MACHINE ":1", "30"),
                  "Routing configuration must contain distinct state machine version ARNs. "
                  "Received: [" MACHINE ":1, " MACHINE ":1]");
    REFUSES(h, "CreateStateMachineAlias", CREATE("live", "", ROUTE("x", "100")),
            SERVICE "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: x'");
    static const char *const dangling[] = {
        CREATE("live", "", ROUTE(MACHINE ":3", "100")),
        CREATE("live", "", ROUTE(HEAD "stateMachine:n:1", "100")),
    };
    for (size_t i = 0; i < ARRAY_LEN(dangling); i++)
        REFUSES(h, "CreateStateMachineAlias", dangling[i], SERVICE "ResourceNotFound",
                "Request references a resource that does not exist.");
    ANSWERS(h, "CreateStateMachineAlias", CREATE("live", "", ONE), CREATED("live"));
    assert_non_null(strstr(
        ask(h, "AWSStepFunctions.UpdateStateMachineAlias",
            ALIAS("live", ",\"routingConfiguration\":[" ROUTE(HEAD "stateMachine:n:1", "100") "]"),
            400),
        "for the same state machine. Received: [" HEAD "stateMachine:n:1]"));
}

/* Section 1, "Constraint-violation message format". */
static void test_constraints(void **state)
{
    struct harness *h = *state;
    static const char *const names[] = {"123", "INVALID ALIAS", "!INVALID", "ALIAS@"};
    char body[1024], message[512];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)snprintf(body, sizeof(body), CREATE("%s", "", ONE), names[i]);
        (void)snprintf(message, sizeof(message),
                       "1 validation error detected: Value '%s' at 'name' failed to satisfy "
                       "constraint: Member must satisfy regular expression pattern: "
                       "^(?=.*[a-zA-Z_\\\\-\\\\.])[a-zA-Z0-9_\\\\-\\\\.]+$",
                       names[i]);
        assert_non_null(
            strstr(ask(h, "AWSStepFunctions.CreateStateMachineAlias", body, 400), message));
    }
#define SHOWN(n, weight) \
    "RoutingConfigurationListItem(stateMachineVersionArn=v" n ", weight=" weight ")"
    REFUSES(
        h, "CreateStateMachineAlias",
        CREATE("a", "", ROUTE("v1", "50") "," ROUTE("v2", "25") "," ROUTE("v3", "25")), CONSTRAINT,
        "1 validation error detected: Value '[" SHOWN("1", "50") ", " SHOWN("2", "25") ", " SHOWN(
            "3", "25") "]' at 'routingConfiguration' failed to satisfy constraint: Member "
                       "must have length less than or equal to 2");
    REFUSES(h, "CreateStateMachineAlias", CREATE("a", "", ""), CONSTRAINT,
            "1 validation error detected: Value '[]' at 'routingConfiguration' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1");
    REFUSES(h, "CreateStateMachineAlias", CREATE("a", "", ROUTE("v1", "101")), CONSTRAINT,
            "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' "
            "failed to satisfy constraint: Member must have value less than or equal to 100");
    REFUSES(h, "CreateStateMachineAlias", CREATE("a", "", "{}"), CONSTRAINT,
            "2 validation errors detected: Value null at "
            "'routingConfiguration.1.member.stateMachineVersionArn' failed to satisfy constraint: "
            "Member must not be null; Value null at 'routingConfiguration.1.member.weight' failed "
            "to satisfy constraint: Member must not be null");
    assert_non_null(
        strstr(ask(h, "AWSStepFunctions.CreateStateMachineAlias", CREATE("a", "", "1,2,3"), 400),
               "#SerializationException"));
    REFUSES(h, "ListStateMachineAliases", "{\"stateMachineArn\":\"x\",\"maxResults\":1001}",
            CONSTRAINT,
            "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy "
            "constraint: Member must have value less than or equal to 1000");
}

static void test_delete(void **state)
{
    struct harness *h = *state;
    create_versions(h);
    ANSWERS(h, "CreateStateMachineAlias", CREATE("live", "", ONE), CREATED("live"));
    ANSWERS(h, "CreateStateMachineAlias", CREATE("beta", "", BOTH), CREATED("beta"));
    REFUSES(h, "DeleteStateMachineVersion", "{\"stateMachineVersionArn\":\"" MACHINE ":1\"}",
            SERVICE "ConflictException",
            "Version to be deleted must not be referenced by an alias. Current list of aliases "
            "referencing this version: [beta, live]");
    ANSWERS(h, "DeleteStateMachineAlias", ALIAS("live", ""), "{}");
    ANSWERS(h, "DeleteStateMachineAlias", ALIAS("live", ""), "{}");
    ANSWERS(h, "DeleteStateMachineAlias", ALIAS("beta", ""), "{}");
    ANSWERS(h, "DeleteStateMachineVersion", "{\"stateMachineVersionArn\":\"" MACHINE ":1\"}", "{}");
    static const char *const operations[] = {
        "AWSStepFunctions.DescribeStateMachineAlias",
        "AWSStepFunctions.UpdateStateMachineAlias",
    };
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        assert_string_equal(ask(h, operations[i], ALIAS("live", ",\"description\":\"d\""), 400),
                            "{\"__type\":\"" SERVICE "ResourceNotFound\",\"message\":"
                            "\"Request references a resource that does not exist.\"}");
    REFUSES(h, "DescribeStateMachineAlias", ALIAS("1", ""), SERVICE "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: stateMachine'");
}

/* Recorded: by name; of one version when its ARN is given (section 3). */
static void test_list(void **state)
{
    struct harness *h = *state;
    create_versions(h);
    ANSWERS(h, "ListStateMachineAliases", OF(MACHINE), "{\"stateMachineAliases\":[]}");
    ANSWERS(h, "CreateStateMachineAlias", CREATE("b", "", ONE), CREATED("b"));
    ANSWERS(h, "CreateStateMachineAlias", CREATE("a", "", BOTH), CREATED("a"));
    ANSWERS(h, "ListStateMachineAliases", OF(MACHINE),
            "{\"stateMachineAliases\":[" CREATED("a") "," CREATED("b") "]}");
    ANSWERS(h, "ListStateMachineAliases", OF(MACHINE ":2"),
            "{\"stateMachineAliases\":[" CREATED("a") "]}");
    REFUSES(h, "ListStateMachineAliases", OF(MACHINE ":3"), SERVICE "ResourceNotFound",
            "Request references a resource that does not exist.");
    REFUSES(h, "ListStateMachineAliases", OF(HEAD "stateMachine:n"),
            SERVICE "StateMachineDoesNotExist",
            "State Machine Does Not Exist: '" HEAD "stateMachine:n'");
    REFUSES(h, "ListStateMachineAliases", OF(MACHINE ":a"), SERVICE "InvalidArn",
            "Invalid Arn: 'Resource type not valid in this context: stateMachine'");

    const char *page = ask(h, "AWSStepFunctions.ListStateMachineAliases",
                           "{\"stateMachineArn\":\"" MACHINE "\",\"maxResults\":1}", 200);
    const char *token = strstr(page, "\"nextToken\"");
    char body[512];
    assert_non_null(strstr(page, "[" CREATED("a") "]"));
    assert_non_null(token);
    (void)snprintf(body, sizeof(body), "{\"stateMachineArn\":\"" MACHINE "\",%s", token);
    ANSWERS(h, "ListStateMachineAliases", body, "{\"stateMachineAliases\":[" CREATED("b") "]}");
    (void)snprintf(body, sizeof(body), "{\"stateMachineArn\":\"" MACHINE "\",%s",
                   "\"nextToken\":"
                   "\"Invalid\"}");
    REFUSES(h, "ListStateMachineAliases", body, SERVICE "InvalidToken",
            "Invalid Token: 'Invalid token'");
}

/* Both ARNs are with the execution (reference/history.md section 3). */
static void test_start(void **state)
{
    struct harness *h = *state;
    create_versions(h);
    ANSWERS(h, "CreateStateMachineAlias",
            CREATE("live", "", ROUTE(MACHINE ":1", "0") "," ROUTE(MACHINE ":2", "100")),
            CREATED("live"));
    start_execution(h, "m:live", "x");
#define EXECUTION "{\"executionArn\":\"" HEAD "execution:m:x\"}"
    assert_non_null(strstr(ask(h, "AWSStepFunctions.GetExecutionHistory", EXECUTION, 200),
                           "\"roleArn\":\"" ROLE "2\",\"stateMachineAliasArn\":\"" MACHINE
                           ":live\",\"stateMachineVersionArn\":\"" MACHINE ":2\"}"));
    assert_non_null(strstr(ask(h, "AWSStepFunctions.DescribeExecution", EXECUTION, 200),
                           "\"stateMachineAliasArn\":\"" MACHINE
                           ":live\",\"stateMachineArn\":\"" MACHINE
                           "\",\"stateMachineVersionArn\":\"" MACHINE ":2\""));
    static const char *const lists[] = {OF(MACHINE ":live"), OF(MACHINE ":2"), OF(MACHINE)};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        assert_non_null(
            strstr(ask(h, "AWSStepFunctions.ListExecutions", lists[i], 200), "execution:m:x"));
    ANSWERS(h, "ListExecutions", OF(MACHINE ":1"), "{\"executions\":[]}");
    assert_non_null(
        strstr(ask(h, "AWSStepFunctions.DescribeStateMachine", OF(MACHINE ":live"), 200),
               "\"roleArn\":\"" ROLE "2\",\"stateMachineArn\":\"" MACHINE ":live\""));
    static const char *const operations[] = {"AWSStepFunctions.StartExecution",
                                             "AWSStepFunctions.DescribeStateMachine",
                                             "AWSStepFunctions.ListExecutions"};
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        assert_string_equal(ask(h, operations[i], OF(MACHINE ":beta"), 400),
                            "{\"__type\":\"" SERVICE "StateMachineDoesNotExist\",\"message\":"
                            "\"State Machine Alias Does Not Exist: '" MACHINE ":beta'\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_update_describe),
        TEST(test_create_again),
        TEST(test_routes),
        TEST(test_constraints),
        TEST(test_delete),
        TEST(test_list),
        TEST(test_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
