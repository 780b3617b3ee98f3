/* The compiled tree: asl.h. */
#include "tests/unit/asl/asl_fixture.h"

static void test_states_and_scopes(void **state)
{
    struct asl_machine *m = machine_of(
        "{\"StartAt\":\"A\",\"TimeoutSeconds\":60,\"States\":{"
        "\"A\":{\"Type\":\"Pass\",\"Next\":\"P\"},"
        "\"P\":{\"Type\":\"Parallel\",\"Next\":\"Z\",\"Branches\":["
        "{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Succeed\"}}},"
        "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"End\":true,\"ItemProcessor\":"
        "{\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Pass\",\"End\":true}}}}}}]},"
        "\"Z\":{\"Type\":\"Succeed\"}}}");
    static const char *const order[] = {"A", "P", "B", "M", "I", "Z"};
    (void)state;
    assert_int_equal(m->timeout_seconds, 60);
    assert_int_equal(m->states_len, ARRAY_LEN(order));
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        assert_string_equal(m->states[i]->name, order[i]);
        assert_int_equal(m->states[i]->index, i);
        assert_ptr_equal(state_of(m, order[i]), m->states[i]);
    }
    assert_null(asl_machine_state(m, "Q"));
    assert_null(m->variable_references);

    const struct asl_state *p = state_of(m, "P");
    const struct asl_state *map = state_of(m, "M");
    assert_ptr_equal(m->root->start, state_of(m, "A"));
    assert_null(m->root->parent);
    assert_int_equal(m->root->depth, 0);
    assert_ptr_equal(state_of(m, "A")->next, p);
    assert_ptr_equal(p->next, state_of(m, "Z"));
    assert_null(state_of(m, "Z")->next);
    assert_int_equal(p->u.parallel.branches_len, 2);
    assert_ptr_equal(p->u.parallel.branches[1]->parent, p);
    assert_int_equal(p->u.parallel.branches[1]->index, 1);
    assert_int_equal(p->u.parallel.branches[1]->depth, 1);
    assert_ptr_equal(p->u.parallel.branches[1]->start, map);
    assert_ptr_equal(map->scope, p->u.parallel.branches[1]);
    assert_ptr_equal(map->u.map.processor->start, state_of(m, "I"));
    assert_int_equal(map->u.map.processor->depth, 2);
    assert_null(map->u.map.items);
    assert_null(map->u.map.max_concurrency);
    assert_string_equal(asl_state_type_name(map->type), "Map");

    struct asl_machine *again = asl_machine_ref(m);
    asl_machine_unref(m);
    assert_string_equal(again->states[0]->name, "A");
    asl_machine_unref(again);
    asl_machine_unref(NULL);
}

static void test_retry_and_catch(void **state)
{
    struct asl_machine *m = machine_of(
        "{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"End\":true,"
        "\"Resource\":\"arn:aws:lambda:us-east-1:1:function:f\","
        "\"TimeoutSeconds\":10,\"HeartbeatSecondsPath\":\"$.b\","
        "\"Retry\":[{\"ErrorEquals\":[\"A\",\"B\"]},{\"ErrorEquals\":[\"States.ALL\"],"
        "\"IntervalSeconds\":5,\"MaxAttempts\":0,\"BackoffRate\":1,\"MaxDelaySeconds\":9,"
        "\"JitterStrategy\":\"FULL\"}],"
        "\"Catch\":[{\"ErrorEquals\":[\"A\"],\"Next\":\"S\",\"ResultPath\":null},"
        "{\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"S\",\"Assign\":{\"x.$\":\"$.Error\"}}]},"
        "\"S\":{\"Type\":\"Succeed\"}}}");
    const struct asl_state *t = state_of(m, "T");
    const struct asl_retrier *r = t->retriers;
    (void)state;
    assert_int_equal(t->retriers_len, 2);
    assert_int_equal(r[0].errors_len, 2);
    assert_string_equal(r[0].errors[1], "B");
    assert_int_equal(r[0].interval_seconds, 1);
    assert_int_equal(r[0].max_attempts, 3);
    assert_true(r[0].backoff_rate > 1.99 && r[0].backoff_rate < 2.01);
    assert_int_equal(r[0].max_delay_seconds, 0);
    assert_false(r[0].jitter_full);
    assert_int_equal(r[1].interval_seconds, 5);
    assert_int_equal(r[1].max_attempts, 0);
    assert_int_equal(r[1].max_delay_seconds, 9);
    assert_true(r[1].jitter_full);

    assert_int_equal(t->catchers_len, 2);
    assert_ptr_equal(t->catchers[0].next, state_of(m, "S"));
    assert_true(t->catchers[0].result_path.is_null);
    assert_null(t->catchers[0].assign);
    assert_false(t->catchers[1].result_path.is_null);
    assert_null(t->catchers[1].result_path.path);
    assert_int_equal(t->catchers[1].assign->kind, ASL_EXPR_OBJECT);
    assert_true(json_str_eq(t->catchers[1].assign->keys[0], "x"));

    assert_int_equal(t->u.task.timeout->kind, ASL_EXPR_LITERAL);
    assert_json(t->u.task.timeout->literal, "10");
    assert_int_equal(t->u.task.heartbeat->kind, ASL_EXPR_PATH);
    assert_string_equal(t->u.task.heartbeat->field, "HeartbeatSecondsPath");
    assert_null(t->u.task.credentials);
    asl_machine_unref(m);
}

static void test_pass_results(void **state)
{
    struct asl_machine *m = machine_of(
        "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Result\":null,\"Next\":\"B\"},"
        "\"B\":{\"Type\":\"Pass\",\"Result\":{\"x.$\":\"$.y\"},\"Assign\":{\"v\":{\"a\":1}},"
        "\"Parameters\":{\"k\":[1]},\"End\":true}}}");
    const struct asl_state *b = state_of(m, "B");
    (void)state;
    assert_null(state_of(m, "A")->u.pass.result); /* reference/asl.md 3 */
    assert_json(b->u.pass.result, "{\"x.$\":\"$.y\"}");
    assert_int_equal(b->parameters->kind, ASL_EXPR_LITERAL);
    assert_int_equal(b->assign->kind, ASL_EXPR_OBJECT); /* its keys are the names */
    assert_int_equal(b->assign->len, 1);
    assert_int_equal(b->assign->children[0]->kind, ASL_EXPR_LITERAL);
    asl_machine_unref(m);
}

static void test_choice_rules(void **state)
{
    struct asl_machine *m = machine_of(
        "{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Assign\":{\"d\":1},"
        "\"Choices\":["
        "{\"Variable\":\"$.a\",\"NumericLessThanEqualsPath\":\"$.b\",\"Next\":\"S\",\"Assign\":{"
        "\"r\":1}},"
        "{\"Not\":{\"Variable\":\"$.a\",\"IsNull\":true},\"Next\":\"C\"}],\"Default\":\"S\"},"
        "\"S\":{\"Type\":\"Succeed\"}}}");
    const struct asl_state *c = state_of(m, "C");
    const struct asl_rule *rules = c->u.choice.rules;
    (void)state;
    assert_int_equal(c->u.choice.rules_len, 2);
    assert_ptr_equal(c->u.choice.otherwise, state_of(m, "S"));
    assert_ptr_equal(rules[0].next, state_of(m, "S"));
    assert_ptr_equal(rules[1].next, c);
    assert_non_null(rules[0].assign);
    assert_null(rules[1].assign);
    assert_int_equal(rules[0].condition->compare, ASL_LESS_EQUALS);
    assert_int_equal(rules[0].condition->operand, ASL_OF_NUMBER);
    assert_string_equal(jsonpath_text(rules[0].condition->value_path), "$.b");
    assert_int_equal(rules[1].condition->kind, ASL_NOT);
    assert_int_equal(rules[1].condition->children[0]->compare, ASL_IS_NULL);
    asl_machine_unref(m);
}

/* The forms of reference/integrations.md 1. */
static void test_resources(void **state)
{
    static const struct {
        const char *arn;
        enum asl_resource_kind kind;
        enum asl_pattern pattern;
        const char *type, *resource, *action;
    } rows[] = {
        {"arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST", ASL_RESOURCE_LAMBDA,
         ASL_REQUEST_RESPONSE, NULL, NULL, NULL},
        {"arn:aws:lambda:your-region:your-account-id:function:f", ASL_RESOURCE_LAMBDA,
         ASL_REQUEST_RESPONSE, NULL, NULL, NULL},
        {"arn:aws-us-gov:states:us-gov-east-1:123456789012:activity:a", ASL_RESOURCE_ACTIVITY,
         ASL_REQUEST_RESPONSE, NULL, NULL, NULL},
        {"arn:aws:states:::lambda:invoke", ASL_RESOURCE_INTEGRATION, ASL_REQUEST_RESPONSE, "lambda",
         "invoke", "invoke"},
        {"arn:aws:states:::sqs:sendMessage.waitForTaskToken", ASL_RESOURCE_INTEGRATION,
         ASL_CALLBACK, "sqs", "sendMessage.waitForTaskToken", "sendMessage"},
        {"arn:aws:states:::states:startExecution.sync", ASL_RESOURCE_INTEGRATION, ASL_SYNC,
         "states", "startExecution.sync", "startExecution"},
        {"arn:aws:states:::states:startExecution.sync:2", ASL_RESOURCE_INTEGRATION, ASL_SYNC2,
         "states", "startExecution.sync:2", "startExecution"},
        {"arn:aws-cn:states:::aws-sdk:dynamodb:putItem", ASL_RESOURCE_INTEGRATION,
         ASL_REQUEST_RESPONSE, "aws-sdk:dynamodb", "putItem", "putItem"},
        {"arn:aws:states:::aws-sdk:sfn:startExecution.waitForTaskToken", ASL_RESOURCE_INTEGRATION,
         ASL_CALLBACK, "aws-sdk:sfn", "startExecution.waitForTaskToken", "startExecution"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *text =
            xasprintf("{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"End\":true,"
                      "\"Resource\":\"%s\"}}}",
                      rows[i].arn);
        struct asl_machine *m = machine_of(text);
        const struct asl_resource *r = &state_of(m, "T")->u.task.resource;
        assert_string_equal(r->arn, rows[i].arn);
        assert_int_equal(r->kind, rows[i].kind);
        assert_int_equal(r->pattern, rows[i].pattern);
        assert_int_equal(r->type != NULL, rows[i].type != NULL);
        if (rows[i].type) {
            assert_string_equal(r->type, rows[i].type);
            assert_string_equal(r->resource, rows[i].resource);
            assert_string_equal(r->action, rows[i].action);
        }
        asl_machine_unref(m);
        free(text);
    }
}

/* Suite api_variable_references: names in order, states in the order of the text. */
static void test_variable_references(void **state)
{
    struct asl_machine *m = machine_of(
        "{\"StartAt\":\"Set\",\"States\":{\"Set\":{\"Type\":\"Pass\",\"Assign\":{\"b\":1,\"a\":1},"
        "\"Next\":\"Choose\"},"
        "\"Choose\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$b\",\"StringEqualsPath\":\"$"
        "a\","
        "\"Next\":\"Use\"}],\"Default\":\"Use\"},"
        "\"Use\":{\"Type\":\"Pass\",\"Parameters\":{\"x\":[{\"y.$\":\"States.Format('{}{}', $b.c, "
        "States.MathAdd($b, $d))\"}]},\"OutputPath\":\"$a\",\"Next\":\"Each\"},"
        "\"Each\":{\"Type\":\"Map\",\"ItemsPath\":\"$list\",\"End\":true,\"ItemProcessor\":{"
        "\"StartAt\":"
        "\"In\",\"States\":{\"In\":{\"Type\":\"Wait\",\"SecondsPath\":\"$b\",\"End\":true}}}}}}");
    (void)state;
    assert_string_equal(m->variable_references,
                        "{\"Choose\":[\"a\",\"b\"],\"Use\":[\"a\",\"b\",\"d\"],"
                        "\"Each\":[\"list\"],\"In\":[\"b\"]}");
    asl_machine_unref(m);
}

static void test_jsonata_expressions(void **state)
{
    struct asl_machine *m = machine_of(
        "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"QueryLanguage\":\"JSONata\","
        "\"Seconds\":\"{%  $n  %}\",\"Output\":{\"a\":[1,{\"b\":\"{% $sum($m) "
        "%}\"}]},\"Next\":\"B\"},"
        "\"B\":{\"Type\":\"Choice\",\"QueryLanguage\":\"JSONata\",\"Choices\":[{\"Condition\":true,"
        "\"Next\":\"C\"}]},\"C\":{\"Type\":\"Succeed\"}}}");
    const struct asl_state *a = state_of(m, "A");
    (void)state;
    assert_int_equal(m->language, ASL_JSONPATH);
    assert_int_equal(a->language, ASL_JSONATA);
    assert_int_equal(state_of(m, "C")->language, ASL_JSONPATH);
    assert_int_equal(a->u.wait.seconds->kind, ASL_EXPR_JSONATA);
    assert_string_equal(a->u.wait.seconds->source, "$n");
    assert_string_equal(a->u.wait.seconds->field, "Seconds");
    assert_int_equal(a->output->kind, ASL_EXPR_OBJECT);
    const struct asl_expr *list = a->output->children[0];
    assert_int_equal(list->kind, ASL_EXPR_ARRAY);
    assert_int_equal(list->children[0]->kind, ASL_EXPR_LITERAL);
    assert_string_equal(list->children[1]->children[0]->field, "Output/a[1]/b");
    assert_int_equal(state_of(m, "B")->u.choice.rules[0].expression->kind, ASL_EXPR_LITERAL);
    assert_string_equal(m->variable_references, "{\"A\":[\"m\",\"n\"]}");
    asl_machine_unref(m);
}

static void test_lone_state(void **state)
{
    static const char text[] =
        "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Task\",\"Resource\":"
        "\"arn:aws:states:::lambda:invoke\",\"Next\":\"There\",\"Catch\":[{\"ErrorEquals\":"
        "[\"States.ALL\"],\"Next\":\"Else\"}]}}}";
    struct asl_options options = {.lone_state = true};
    struct asl_diagnostics d;
    struct asl_machine *m;
    (void)state;
    asl_diagnostics_init(&d);
    assert_int_equal(asl_compile((struct text){text, sizeof(text) - 1}, &options, &m, &d), 0);
    assert_string_equal(state_of(m, "S")->next->name, "There");
    assert_string_equal(state_of(m, "S")->catchers[0].next->name, "Else");
    assert_null(asl_machine_state(m, "There"));
    asl_machine_unref(m);
    asl_diagnostics_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states_and_scopes),   cmocka_unit_test(test_retry_and_catch),
        cmocka_unit_test(test_pass_results),        cmocka_unit_test(test_choice_rules),
        cmocka_unit_test(test_resources),           cmocka_unit_test(test_variable_references),
        cmocka_unit_test(test_jsonata_expressions), cmocka_unit_test(test_lone_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
