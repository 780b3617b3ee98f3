#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_SECONDS 600

void target_open(struct target *t, const struct endpoint *e, struct server *server)
{
    *t = (struct target){.endpoint = *e, .server = server};
    endpoint_new_account(&t->endpoint);
    t->client = client_new(&t->endpoint);
}

void target_close(struct target *t)
{
    client_free(t->client);
}

/* ---- pieces ---------------------------------------------------------------------------------- */

void body_start(struct strbuf *sb, const char *machine, const char *input)
{
    strbuf_adds(sb, "{\"stateMachineArn\":");
    strbuf_add_json(sb, machine, strlen(machine));
    strbuf_adds(sb, ",\"input\":");
    strbuf_add_json(sb, input, strlen(input));
    strbuf_adds(sb, "}");
}

void body_member(struct strbuf *sb, const char *member, const char *value)
{
    strbuf_adds(sb, "{");
    strbuf_add_json(sb, member, strlen(member));
    strbuf_adds(sb, ":");
    strbuf_add_json(sb, value, strlen(value));
    strbuf_adds(sb, "}");
}

static const char *find_value(struct text text, const char *name)
{
    char key[128];
    const char *at;

    (void)snprintf(key, sizeof(key), "\"%s\"", name);
    at = memmem(text.data, text.len, key, strlen(key));
    return at ? at + strlen(key) + strspn(at + strlen(key), " :") : NULL;
}

bool find_string(struct text text, const char *name, char *ret_value, size_t size)
{
    const char *at = find_value(text, name);
    size_t len;

    if (!at || *at != '"')
        return false;
    len = strcspn(at + 1, "\"");
    if (len >= size)
        return false;
    memcpy(ret_value, at + 1, len);
    ret_value[len] = '\0';
    return true;
}

size_t count_in(struct text text, const char *piece)
{
    size_t n = 0, len = strlen(piece);
    const char *at = text.data, *end = text.data + text.len;

    while ((at = memmem(at, (size_t)(end - at), piece, len))) {
        at += len;
        n++;
    }
    return n;
}

/* ---- calls ----------------------------------------------------------------------------------- */

bool target_call(struct target *t, const char *operation, struct text body, struct text *ret_answer)
{
    struct text answer = TEXT("no answer");
    int status = client_call(t->client, operation, body, &answer);

    if (status != 200) {
        (void)fprintf(stderr, "%s at %s: status %d: %.*s\n", operation, t->endpoint.host, status,
                      (int)MIN(answer.len, (size_t)400), answer.data);
        return false;
    }
    if (ret_answer)
        *ret_answer = answer;
    return true;
}

static bool call_for_arn(struct target *t, const char *operation, const struct strbuf *body,
                         const char *member, char ret_arn[ARN_SIZE])
{
    struct text answer;

    return target_call(t, operation, (struct text){body->data, body->len}, &answer) &&
           find_string(answer, member, ret_arn, ARN_SIZE);
}

bool target_create_machine(struct target *t, const char *name, const char *definition,
                           char ret_arn[ARN_SIZE])
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, CLIENT_BODY_BYTES);
    strbuf_addf(&sb,
                "{\"name\":\"%s\",\"roleArn\":\"arn:aws:iam::%s:role/bench\",\"definition\":", name,
                t->endpoint.account);
    strbuf_add_json(&sb, definition, strlen(definition));
    strbuf_adds(&sb, "}");
    return call_for_arn(t, "CreateStateMachine", &sb, "stateMachineArn", ret_arn);
}

bool target_start(struct target *t, const char *machine, const char *input, char ret_arn[ARN_SIZE])
{
    CLEANUP(strbuf_done) struct strbuf sb;

    strbuf_init(&sb, CLIENT_BODY_BYTES);
    body_start(&sb, machine, input);
    return call_for_arn(t, "StartExecution", &sb, "executionArn", ret_arn);
}

bool target_wait(struct target *t, const char *execution, const char *status)
{
    CLEANUP(strbuf_done) struct strbuf sb;
    double end = client_now() + PATIENCE_SECONDS;
    double begun = client_now();
    char now[32] = "";

    strbuf_init(&sb, CLIENT_BODY_BYTES);
    body_member(&sb, "executionArn", execution);
    while (client_now() < end) {
        struct text answer;

        if (!target_call(t, "DescribeExecution", (struct text){sb.data, sb.len}, &answer) ||
            !find_string(answer, "status", now, sizeof(now)))
            return false;
        if (strcmp(now, "RUNNING") != 0)
            break;
        if (client_now() - begun > 0.05)
            client_sleep(0.002); /* a long one: leave it the processor */
    }
    if (strcmp(now, status) != 0)
        (void)fprintf(stderr, "%s is %s, not %s\n", execution, now, status);
    return strcmp(now, status) == 0;
}

static void body_list(struct strbuf *sb, const char *machine, const char *status,
                      unsigned max_results, const char *token)
{
    strbuf_clear(sb);
    strbuf_adds(sb, "{\"stateMachineArn\":");
    strbuf_add_json(sb, machine, strlen(machine));
    strbuf_addf(sb, ",\"statusFilter\":\"%s\",\"maxResults\":%u", status, max_results);
    if (*token) {
        strbuf_adds(sb, ",\"nextToken\":");
        strbuf_add_json(sb, token, strlen(token));
    }
    strbuf_adds(sb, "}");
}

bool target_wait_all(struct target *t, const char *machine)
{
    CLEANUP(strbuf_done) struct strbuf sb;
    double end = client_now() + PATIENCE_SECONDS;

    strbuf_init(&sb, CLIENT_BODY_BYTES);
    body_list(&sb, machine, "RUNNING", 1, "");
    while (client_now() < end) {
        struct text answer;

        if (!target_call(t, "ListExecutions", (struct text){sb.data, sb.len}, &answer))
            return false;
        if (count_in(answer, "\"executionArn\"") == 0)
            return true;
        client_sleep(0.002);
    }
    (void)fprintf(stderr, "executions of %s still run\n", machine);
    return false;
}

bool target_has(struct target *t, const char *machine, const char *status, size_t count)
{
    CLEANUP(strbuf_done) struct strbuf sb;
    char token[4096] = "";
    size_t found = 0;

    strbuf_init(&sb, CLIENT_BODY_BYTES);
    do {
        struct text answer;

        body_list(&sb, machine, status, 1000, token);
        if (!target_call(t, "ListExecutions", (struct text){sb.data, sb.len}, &answer))
            return false;
        found += count_in(answer, "\"executionArn\"");
        if (!find_string(answer, "nextToken", token, sizeof(token)))
            token[0] = '\0';
    } while (*token);
    if (found != count)
        (void)fprintf(stderr, "%zu executions of %s are %s, not %zu\n", found, machine, status,
                      count);
    return found == count;
}
