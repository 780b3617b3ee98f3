/* Records on their way, with a service that is a thread of this test: one request a connection, one after
 * the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tasks/delivery.h"

#define PATIENCE_SECONDS 30 /* a test that waits longer has failed */

enum { BATCH_RECORDS = 50, BATCH_BYTES = 2000, RECORD_BYTES = 10 };

/* ---- the service ----------------------------------------------------------------------------- */

static struct service {
    int listener;
    uint16_t port;
    pthread_t thread;

    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t changed;
    bool hold;
    int statuses[8]; /* of the next answers; 200 without any */
    size_t statuses_len, statuses_at;
    size_t requests;
    struct strbuf taken; /* bodies that were answered with 200 */
    size_t most_records, most_bytes;
} service;

static void note_sizes(const char *body, size_t len)
{
    size_t records = 0;

    for (size_t i = 0; i < len; i++)
        records += body[i] == '\n';
    service.most_records = MAX(service.most_records, records);
    service.most_bytes = MAX(service.most_bytes, len + records * (RECORD_BYTES - 1));
}

static int next_status(const char *body, size_t len)
{
    int status = 200;

    (void)pthread_mutex_lock(&service.lock);
    service.requests++;
    (void)pthread_cond_broadcast(&service.changed);
    while (service.hold)
        (void)pthread_cond_wait(&service.changed, &service.lock);
    if (service.statuses_at < service.statuses_len)
        status = service.statuses[service.statuses_at++];
    if (status == 200) {
        note_sizes(body, len);
        strbuf_add(&service.taken, body, len);
    }
    (void)pthread_cond_broadcast(&service.changed);
    (void)pthread_mutex_unlock(&service.lock);
    return status;
}

static void serve(int fd, char *buffer, size_t cap)
{
    size_t len = 0;
    size_t want = SIZE_MAX;
    char head[128];

    while (len < want) {
        ssize_t n = recv(fd, buffer + len, cap - 1 - len, 0);

        if (n <= 0)
            return;
        len += (size_t)n;
        buffer[len] = '\0';

        const char *end = strstr(buffer, "\r\n\r\n");
        const char *length = strstr(buffer, "Content-Length: ");

        if (end && length)
            want = (size_t)(end + 4 - buffer) + strtoul(length + 16, NULL, 10);
    }

    const char *body = strstr(buffer, "\r\n\r\n") + 4;
    int status = next_status(body, len - (size_t)(body - buffer));
    int size = snprintf(head, sizeof(head),
                        "HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status);

    (void)!send(fd, head, (size_t)size, MSG_NOSIGNAL);
}

static void *listen_on(void *arg)
{
    size_t cap = 1 << 20;
    char *buffer = xmalloc(cap);

    (void)arg;
    for (int fd; (fd = accept(service.listener, NULL, NULL)) >= 0; (void)close(fd))
        serve(fd, buffer, cap);
    free(buffer);
    return NULL;
}

static int open_service(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);

    (void)state;
    memset(&service, 0, sizeof(service));
    log_threshold = LOG_ERROR; /* what is dropped here is dropped on purpose */
    strbuf_init(&service.taken, SIZE_MAX / 2);
    (void)pthread_mutex_init(&service.lock, NULL);
    (void)pthread_cond_init(&service.changed, NULL);
    service.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(service.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(service.listener, 128), 0);
    assert_int_equal(getsockname(service.listener, (struct sockaddr *)&address, &len), 0);
    service.port = ntohs(address.sin_port);
    return pthread_create(&service.thread, NULL, listen_on, NULL);
}

static int close_service(void **state)
{
    (void)state;
    (void)shutdown(service.listener, SHUT_RDWR);
    (void)pthread_join(service.thread, NULL);
    (void)close(service.listener);
    strbuf_done(&service.taken);
    (void)pthread_cond_destroy(&service.changed);
    (void)pthread_mutex_destroy(&service.lock);
    return 0;
}

static void hold(bool on)
{
    (void)pthread_mutex_lock(&service.lock);
    service.hold = on;
    (void)pthread_cond_broadcast(&service.changed);
    (void)pthread_mutex_unlock(&service.lock);
}

static void wait_for_requests(size_t n)
{
    struct timespec end;
    bool in_time = true;

    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_SECONDS;
    (void)pthread_mutex_lock(&service.lock);
    while (service.requests < n && in_time)
        in_time = pthread_cond_timedwait(&service.changed, &service.lock, &end) == 0;
    (void)pthread_mutex_unlock(&service.lock);
    assert_true(in_time);
}

/* ---- a type whose requests are lines "place/part record" ---------------------------------------- */

static bool request(struct arena *a, const char *endpoint, unsigned stage,
                    const struct delivery_batch *batch, struct call_request *ret_request)
{
    static const char *const headers[] = {NULL};
    CLEANUP(strbuf_done) struct strbuf body;

    strbuf_init(&body, 1 << 20);
    if (strcmp(batch->place, "nowhere") == 0)
        return false;
    for (const struct delivery_record *r = batch->first; r; r = r->next) {
        strbuf_add(&body, r->data, r->len);
        strbuf_addc(&body, '\n');
    }
    *ret_request = (struct call_request){
        .headers = headers,
        .url = arena_printf(a, "%s/%s/%s/%u", endpoint, batch->place, batch->part, stage),
        .body = {arena_memdup(a, body.data, body.len), body.len},
    };
    return true;
}

static void answered(struct arena *a, const struct call_response *response,
                     struct delivery_answer *answer)
{
    struct text code;

    if (response->status == 200) {
        answer->verdict = DELIVERY_DONE;
    } else if (response->status == 202) {
        answer->verdict = DELIVERY_ONWARD;
        answer->stage++;
    } else {
        delivery_failed(a, response, answer, &code);
    }
}

static const struct delivery_type lines = {
    .name = "lines",
    .batch_records = BATCH_RECORDS,
    .batch_bytes = BATCH_BYTES,
    .record_bytes = RECORD_BYTES,
    .request = request,
    .answered = answered,
};

static struct delivery *open_delivery(size_t queue_bytes)
{
    CLEANUP(free_p) char *url = xasprintf("http://127.0.0.1:%u", service.port);

    return delivery_new(&lines, url, queue_bytes);
}

static void add(struct delivery *d, const char *place, int number)
{
    CLEANUP(free_p) char *text = xasprintf("%s %d", place, number);

    delivery_add(d, place, "p", (struct text){text, strlen(text)});
}

/* The numbers that a place was sent, which have to ascend; returns how many, and the last one. */
static size_t numbers(const char *place, int *ret_first, int *ret_last)
{
    size_t n = 0;
    int last = -1;
    size_t len = strlen(place);

    for (const char *at = service.taken.data; *at; at = strchr(at, '\n') + 1) {
        if (strncmp(at, place, len) != 0 || at[len] != ' ')
            continue;

        int number = (int)strtol(at + len, NULL, 10);

        assert_true(number > last);
        if (n++ == 0)
            *ret_first = number;
        last = number;
    }
    *ret_last = last;
    return n;
}

static void assert_all(const char *place, int len)
{
    int first = -1, last;

    assert_int_equal(numbers(place, &first, &last), len);
    assert_int_equal(first, 0);
    assert_int_equal(last, len - 1);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_order(void **state)
{
    static const char *const places[] = {"a", "b", "c"};
    struct delivery *d = open_delivery(0);

    (void)state;
    for (int i = 0; i < 3000; i++) {
        for (size_t k = 0; k < ARRAY_LEN(places); k++)
            add(d, places[k], i);
        if (i % 7 == 0)
            delivery_flush(d);
    }
    delivery_free(d);
    for (size_t k = 0; k < ARRAY_LEN(places); k++)
        assert_all(places[k], 3000);
    assert_true(service.most_records <= BATCH_RECORDS && service.most_records > 1);
    assert_true(service.most_bytes <= BATCH_BYTES);
}

/* While one request is out the others gather, as many as a batch may have. */
static void test_batches(void **state)
{
    struct delivery *d = open_delivery(0);

    (void)state;
    hold(true);
    add(d, "a", 0);
    delivery_flush(d);
    wait_for_requests(1);
    for (int i = 1; i <= 2 * BATCH_RECORDS; i++) {
        add(d, "a", i);
        delivery_flush(d);
    }
    hold(false);
    delivery_free(d);
    assert_all("a", 2 * BATCH_RECORDS + 1);
    assert_int_equal(service.requests, 3);
}

/* A record that is larger than a batch goes alone. */
static void test_large(void **state)
{
    struct delivery *d = open_delivery(0);
    CLEANUP(free_p) char *text = xasprintf("a 1 %0*d", 3 * BATCH_BYTES, 0);

    (void)state;
    add(d, "a", 0);
    delivery_add(d, "a", "p", (struct text){text, strlen(text)});
    add(d, "a", 2);
    delivery_free(d);
    assert_all("a", 3);
    assert_int_equal(service.requests, 3);
}

/* With a service that takes nothing the queue keeps its bound, and the newest records. */
static void test_bound(void **state)
{
    enum { BOUND = 64 * 1024, RECORDS = 20000 };
    struct delivery *d = open_delivery(BOUND);
    int first, last;

    (void)state;
    hold(true);
    add(d, "a", 0);
    delivery_flush(d);
    wait_for_requests(1);
    for (int i = 1; i < RECORDS; i++) {
        add(d, i % 2 ? "a" : "b", i);
        delivery_flush(d);
    }
    hold(false);
    delivery_free(d);

    size_t a = numbers("a", &first, &last);

    assert_int_equal(first, 0); /* it was on its way */
    assert_int_equal(last, RECORDS - 1);

    size_t b = numbers("b", &first, &last);

    assert_int_equal(last, RECORDS - 2);
    assert_true(first > 0 || a + b < RECORDS);
    assert_true((a + b) * sizeof(struct delivery_record) <= BOUND + 2 * BATCH_BYTES * 8);
}

/* What was added since the last flush has the same bound. */
static void test_bound_of_a_tick(void **state)
{
    struct delivery *d = open_delivery(8192);
    int first = -1, last;

    (void)state;
    for (int i = 0; i < 10000; i++)
        add(d, "a", i);
    delivery_free(d);

    size_t n = numbers("a", &first, &last);

    assert_int_equal(first, 0);
    assert_true(n > 0 && n * sizeof(struct delivery_record) <= 8192);
}

static void answer_with(int first, int second, int third)
{
    service.statuses[0] = first;
    service.statuses[1] = second;
    service.statuses[2] = third;
    service.statuses_len = 3;
}

static void test_again(void **state)
{
    struct delivery *d = open_delivery(0);

    (void)state;
    answer_with(503, 202, 500);
    for (int i = 0; i < 100; i++)
        add(d, "a", i);
    delivery_flush(d);
    wait_for_requests(5); /* three that failed, two batches */
    delivery_free(d);
    assert_all("a", 100);
}

/* A batch that is refused is dropped, and the next one goes. */
static void test_refused(void **state)
{
    struct delivery *d = open_delivery(0);
    int first, last;

    (void)state;
    answer_with(404, 200, 200);
    for (int i = 0; i < 60; i++)
        add(d, "a", i);
    delivery_free(d);
    assert_int_equal(numbers("a", &first, &last), 10);
    assert_int_equal(first, BATCH_RECORDS);
    assert_int_equal(last, 59);
}

/* A service that never ends asking for more is left alone. */
static void test_endless(void **state)
{
    struct delivery *d = open_delivery(0);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(service.statuses); i++)
        service.statuses[i] = 202;
    service.statuses_len = DELIVERY_TRIES;
    add(d, "a", 0);
    delivery_flush(d);
    wait_for_requests(DELIVERY_TRIES);
    add(d, "b", 0);
    delivery_free(d);
    assert_int_equal(service.taken.len, strlen("b 0\n"));
}

static void test_nobody_there(void **state)
{
    struct delivery *d;
    uint16_t port = service.port;

    (void)state;
    service.port = 1;
    d = open_delivery(0);
    service.port = port;
    for (int i = 0; i < 1000; i++) {
        add(d, "a", i);
        add(d, "nowhere", i);
        delivery_flush(d);
    }
    delivery_free(d);
    assert_int_equal(service.requests, 0);
}

/* A service that holds a request does not hold up the end for long. */
static void test_end(void **state)
{
    struct delivery *d = open_delivery(0);

    (void)state;
    hold(true);
    add(d, "a", 0);
    delivery_flush(d);
    wait_for_requests(1);
    add(d, "a", 1);
    delivery_free(d);
    hold(false);
    assert_int_equal(service.requests, 1);
}

/* Places that nothing goes to any more make room for others. */
static void test_many_places(void **state)
{
    struct delivery *d = open_delivery(0);
    char place[32];
    int first, last;

    (void)state;
    hold(true);
    for (int i = 0; i < DELIVERY_LANES + 100; i++) {
        (void)snprintf(place, sizeof(place), "x%d", i);
        delivery_add(d, place, "p", TEXT("nowhere 1"));
    }
    hold(false);
    add(d, "a", 0); /* one too many */
    delivery_free(d);
    assert_int_equal(numbers("a", &first, &last), 0);

    d = open_delivery(0);
    for (int i = 0; i < DELIVERY_LANES; i++) {
        (void)snprintf(place, sizeof(place), "x%d", i);
        delivery_add(d, place, "p", TEXT("x 1"));
    }
    delivery_flush(d);
    wait_for_requests(DELIVERY_LANES + 1); /* the one before has sent some */
    delivery_free(d);
}

static void test_unused(void **state)
{
    (void)state;
    delivery_free(open_delivery(0));
    delivery_free(NULL);
    delivery_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, open_service, close_service),
        cmocka_unit_test_setup_teardown(test_batches, open_service, close_service),
        cmocka_unit_test_setup_teardown(test_large, open_service, close_service),
        cmocka_unit_test_setup_teardown(test_bound, open_service, close_service),
        cmocka_unit_test_setup_teardown(test_bound_of_a_tick, open_service, close_service),
        cmocka_unit_test_setup_teardown(test_again, open_service, close_service),
        cmocka_unit_test_setup_teardown(test_refused, open_service, close_service),
        cmocka_unit_test_setup_teardown(test_endless, open_service, close_service),
        cmocka_unit_test_setup_teardown(test_nobody_there, open_service, close_service),
        cmocka_unit_test_setup_teardown(test_end, open_service, close_service),
        cmocka_unit_test_setup_teardown(test_many_places, open_service, close_service),
        cmocka_unit_test_setup_teardown(test_unused, open_service, close_service),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
