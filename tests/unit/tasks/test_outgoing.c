/* What is sent to CloudWatch Logs and EventBridge, and what their answers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tasks/log_delivery.h"
#include "tasks/log_group.h"
#include "tasks/publisher.h"
#include "tasks/status_delivery.h"

#define GROUP "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/vendedlogs/g:*"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct delivery_record *record(const char *text, struct delivery_record *next)
{
    struct delivery_record *r = arena_alloc(&arena, sizeof(*r) + strlen(text));

    r->next = next;
    r->time_ms = 1700000000123;
    r->len = strlen(text);
    memcpy(r->data, text, r->len);
    return r;
}

static void assert_header(const struct call_request *request, const char *header)
{
    for (const char *const *h = request->headers; *h; h++)
        if (strncmp(*h, header, strlen(header)) == 0)
            return;
    fail_msg("there is no header %s", header);
}

/* Streams are called as the service calls them (reference/integrations.md section 10). */
static void test_log_requests(void **state)
{
    struct delivery_batch batch = {
        .place = GROUP,
        .part = "order",
        .id = "0a1b2c3d",
        .begun_ms = INT64_C(1700000000123),
        .first = record("{\"id\":\"1\"}", record("{}", NULL)),
        .len = 2,
    };
    struct call_request r;

    (void)state;
    assert_true(log_delivery.request(&arena, "http://h:1", 0, &batch, &r));
    assert_string_equal(r.url, "http://h:1/");
    assert_header(&r, "X-Amz-Target: Logs_20140328.CreateLogStream");
    assert_header(&r, "Content-Type: application/x-amz-json-1.1");
    assert_header(&r, "Authorization: AWS4-HMAC-SHA256 Credential=111122223333/20150331/eu-west-1/"
                      "logs/");
    assert_string_equal(r.body.data,
                        "{\"logGroupName\":\"/aws/vendedlogs/g\",\"logStreamName\":\"states/order/"
                        "2023-11-14-22-13/0a1b2c3d\"}");
    assert_true(log_delivery.request(&arena, "http://h:1", 1, &batch, &r));
    assert_header(&r, "X-Amz-Target: Logs_20140328.PutLogEvents");
    assert_string_equal(r.body.data,
                        "{\"logGroupName\":\"/aws/vendedlogs/g\",\"logStreamName\":\"states/order/"
                        "2023-11-14-22-13/0a1b2c3d\",\"logEvents\":[{\"timestamp\":1700000000123,"
                        "\"message\":\"{\\\"id\\\":\\\"1\\\"}\"},{\"timestamp\":1700000000123,"
                        "\"message\":\"{}\"}]}");
    batch.place = "arn:aws:logs:eu-west-1::log-group:g:*";
    assert_false(log_delivery.request(&arena, "http://h:1", 0, &batch, &r));
}

struct answer_case {
    unsigned stage;
    int status;
    const char *body;
    enum delivery_verdict verdict;
    unsigned then;
    size_t lost;
};

static void check_answers(const struct delivery_type *type, const struct answer_case *cases,
                          size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const struct answer_case *c = &cases[i];
        struct delivery_answer a = {.verdict = DELIVERY_REFUSED, .stage = c->stage, .sent = 10};
        struct call_response r = {
            .end = c->status ? CALL_ANSWERED : CALL_UNREACHABLE,
            .reason = "nobody",
            .status = c->status,
            .body = {c->body, strlen(c->body)},
        };

        type->answered(&arena, &r, &a);
        assert_int_equal(a.verdict, c->verdict);
        assert_int_equal(a.stage, c->then);
        assert_int_equal(a.lost, c->lost);
        assert_true(a.verdict == DELIVERY_DONE || a.verdict == DELIVERY_ONWARD || a.reason);
    }
}

static void test_log_answers(void **state)
{
    static const struct answer_case cases[] = {
        {0, 200, "", DELIVERY_ONWARD, 1, 0},
        {0, 400, "{\"__type\":\"ResourceAlreadyExistsException\"}", DELIVERY_ONWARD, 1, 0},
        {0, 400, "{\"__type\":\"ResourceNotFoundException\",\"message\":\"no group\"}",
         DELIVERY_REFUSED, 0, 0},
        {0, 400, "{\"__type\":\"ThrottlingException\"}", DELIVERY_LATER, 0, 0},
        {0, 500, "<html>", DELIVERY_LATER, 0, 0},
        {0, 0, "", DELIVERY_LATER, 0, 0},
        {1, 200, "{\"nextSequenceToken\":\"1\"}", DELIVERY_DONE, 1, 0},
        {1, 200, "what?", DELIVERY_DONE, 1, 0},
        {1, 200, "{\"rejectedLogEventsInfo\":{}}", DELIVERY_DONE, 1, 0},
        {1, 200, "{\"rejectedLogEventsInfo\":{\"tooNewLogEventStartIndex\":7}}", DELIVERY_DONE, 1,
         3},
        {1, 200, "{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":4}}", DELIVERY_DONE, 1, 4},
        {1, 200, "{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":-4}}", DELIVERY_DONE, 1,
         0},
        {1, 200, "{\"rejectedLogEventsInfo\":{\"tooNewLogEventStartIndex\":99}}", DELIVERY_DONE, 1,
         10},
        {1, 400, "{\"__type\":\"com.amazon#ResourceNotFoundException\"}", DELIVERY_ONWARD, 0, 0},
        {1, 400, "{\"__type\":\"DataAlreadyAcceptedException\"}", DELIVERY_DONE, 1, 0},
        {1, 400, "{\"__type\":\"InvalidParameterException\"}", DELIVERY_REFUSED, 1, 0},
        {1, 503, "", DELIVERY_LATER, 1, 0},
    };

    (void)state;
    check_answers(&log_delivery, cases, ARRAY_LEN(cases));
}

static void test_status_request(void **state)
{
    const struct delivery_batch batch = {
        .place = "111122223333",
        .part = "eu-west-1",
        .first = record("{\"a\":1}", record("{\"b\":2}", NULL)),
        .len = 2,
    };
    struct call_request r;

    (void)state;
    assert_true(status_delivery.request(&arena, "http://h:1", 0, &batch, &r));
    assert_header(&r, "X-Amz-Target: AWSEvents.PutEvents");
    assert_header(&r, "Authorization: AWS4-HMAC-SHA256 Credential=111122223333/20150331/eu-west-1/"
                      "events/");
    assert_string_equal(r.body.data, "{\"Entries\":[{\"a\":1},{\"b\":2}]}");
}

static void test_status_answers(void **state)
{
    static const struct answer_case cases[] = {
        {0, 200, "{\"FailedEntryCount\":0,\"Entries\":[{\"EventId\":\"1\"}]}", DELIVERY_DONE, 0, 0},
        {0, 200,
         "{\"FailedEntryCount\":1,\"Entries\":[{\"EventId\":\"1\"},{\"ErrorCode\":"
         "\"NotAuthorizedForSourceException\"}]}",
         DELIVERY_DONE, 0, 1},
        {0, 200, "[]", DELIVERY_DONE, 0, 0},
        {0, 400, "{\"__type\":\"ValidationException\"}", DELIVERY_REFUSED, 0, 0},
        {0, 500, "", DELIVERY_LATER, 0, 0},
    };

    (void)state;
    check_answers(&status_delivery, cases, ARRAY_LEN(cases));
}

static void test_log_group(void **state)
{
    static const char *const bad[] = {
        "",
        "arn",
        "arn:aws:logs:r:a:log-group:n",
        "arn:aws:logs:r:a:log-group:n:x",
        "arn:aws:logs:r:a:log-group::*",
        "arn:aws:logs::a:log-group:n:*",
        "arn:aws:sqs:r:a:log-group:n:*",
        "arn:aws:logs:r:a:other:n:*",
        "x:aws:logs:r:a:log-group:n:*",
        "arn:aws:logs:r:a:log-group:n:log-stream:s:*",
    };
    struct log_group group;

    (void)state;
    assert_true(log_group_parse(GROUP, &group));
    assert_int_equal(group.region.len, strlen("eu-west-1"));
    assert_memory_equal(group.account.data, "111122223333", group.account.len);
    assert_memory_equal(group.name.data, "/aws/vendedlogs/g", group.name.len);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(log_group_parse(bad[i], &group));
}

static void never(void *arg, bool missing)
{
    (void)arg;
    (void)missing;
    fail_msg("nobody was asked");
}

static void count(void *arg, bool missing)
{
    int *answers = arg;

    assert_false(missing); /* nobody knows */
    ++*answers;
}

static void test_endpoints(void **state)
{
    struct endpoints *endpoints = endpoints_new(NULL);
    struct publisher *p = NULL;
    struct err err = {0};
    int answers = 0;

    (void)state;
    assert_int_equal(publisher_new(endpoints, true, &p, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "AWS_ENDPOINT_URL_EVENTBRIDGE"));
    assert_null(p);
    assert_int_equal(publisher_new(endpoints, false, &p, &err), 0);

    struct event_sink sink = publisher_sink(p);
    struct log_groups groups = publisher_log_groups(p);

    assert_true(!sink.log && !sink.status && sink.flush);
    sink.flush(sink.self);
    assert_false(groups.ask(groups.self, GROUP, never, NULL));
    publisher_free(p);
    endpoints_free(endpoints);

    endpoints = endpoints_new(NULL);
    assert_int_equal(endpoints_set(endpoints, "logs", "http://127.0.0.1:1", &err), 0);
    assert_int_equal(publisher_new(endpoints, false, &p, &err), 0);
    groups = publisher_log_groups(p);
    assert_false(groups.ask(groups.self, "arn:no:group", never, NULL));
    for (int i = 0; i < 20; i++)
        assert_true(groups.ask(groups.self, GROUP, count, &answers));
    publisher_stop_asking(p); /* answers whoever still waits */
    assert_int_equal(answers, 20);
    publisher_free(p);
    publisher_stop_asking(NULL);
    publisher_free(NULL);
    endpoints_free(endpoints);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_log_requests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_status_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_status_answers, set_up, tear_down),
        cmocka_unit_test(test_log_group),
        cmocka_unit_test(test_endpoints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
