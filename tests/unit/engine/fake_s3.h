/* S3 as far as a Map needs it: a driver that answers at once, and a list of what it was asked for. */
#pragma once

#include "harness.h"

enum { FAKE_OBJECTS = 64, FAKE_PAGE = 2 };

struct fake_s3 {
    struct world *w;
    struct task_driver driver;
    struct {
        char *name; /* "bucket/key", owned */
        char *data; /* owned */
        size_t len;
    } objects[FAKE_OBJECTS];
    size_t len;
    struct strbuf log;    /* "get b/k\n" ... */
    char *refused;        /* a part of the names that it answers with an error; owned */
    bool silent;          /* it never answers */
    unsigned open;        /* requests it has not answered */
    struct engine *asked; /* the last one by ... */
    uint64_t last;        /* ... under this number */
};

static inline size_t s3_find(struct fake_s3 *s3, const char *name)
{
    size_t i = 0;

    while (i < s3->len && strcmp(s3->objects[i].name, name) != 0)
        i++;
    return i;
}

static inline void s3_put(struct fake_s3 *s3, const char *name, const char *data, size_t len)
{
    size_t i = s3_find(s3, name);

    if (i == s3->len) {
        assert_true(s3->len < FAKE_OBJECTS);
        s3->objects[s3->len++].name = xstrdup(name);
        s3->objects[i].data = NULL;
    }
    free(s3->objects[i].data);
    s3->objects[i].data = xmemdup(data, len);
    s3->objects[i].len = len;
}

static inline void s3_puts(struct fake_s3 *s3, const char *name, const char *data)
{
    s3_put(s3, name, data, strlen(data));
}

/* Names with this part in them are refused; NULL: none. */
static inline void s3_refuse_names(struct fake_s3 *s3, const char *part)
{
    free(s3->refused);
    s3->refused = copy_or_null(part);
}

/* "" when there is no such object. */
static inline const char *s3_object(struct fake_s3 *s3, const char *name)
{
    size_t i = s3_find(s3, name);

    return i < s3->len ? s3->objects[i].data : "";
}

static inline void s3_answer(struct fake_s3 *s3, struct engine *e, uint64_t id, struct text output)
{
    struct task_result result = {.outcome = TASK_SUCCEEDED, .output = output};

    s3->w->pending++;
    engine_task_finished(e, id, &result);
}

static inline void s3_refuse(struct fake_s3 *s3, struct engine *e, uint64_t id, const char *error,
                             const char *cause)
{
    struct task_result result = {
        .outcome = TASK_FAILED,
        .error = error,
        .cause = {cause, strlen(cause)},
    };

    s3->w->pending++;
    engine_task_finished(e, id, &result);
}

/* Objects of a bucket with the prefix, FAKE_PAGE of them, from the one whose number the token is. */
static inline void s3_list(struct fake_s3 *s3, struct engine *e, uint64_t id, const char *prefix,
                           const struct json *token)
{
    size_t from = token ? (size_t)atol(json_str(token, NULL)) : 0;
    size_t n = 0, i = from;
    struct strbuf sb;

    strbuf_init(&sb, 65536);
    strbuf_adds(&sb, "{\"Contents\":[");
    for (; i < s3->len && n < FAKE_PAGE; i++) {
        const char *key = strchr(s3->objects[i].name, '/') + 1;

        if (strncmp(s3->objects[i].name, prefix, strlen(prefix)) != 0)
            continue;
        strbuf_addf(&sb,
                    "%s{\"Key\":\"%s\",\"Size\":%zu,\"ETag\":\"e\",\"LastModified\":"
                    "\"2024-01-01T00:00:00Z\",\"StorageClass\":\"STANDARD\"}",
                    n++ ? "," : "", key, s3->objects[i].len);
    }
    strbuf_addf(&sb, "],\"IsTruncated\":%s", i < s3->len ? "true" : "false");
    if (i < s3->len)
        strbuf_addf(&sb, ",\"NextContinuationToken\":\"%zu\"", i);
    strbuf_addc(&sb, '}');
    s3_answer(s3, e, id, (struct text){sb.data, sb.len});
    strbuf_done(&sb);
}

static inline const char *s3_text(const struct json *v, const char *name)
{
    const struct json *member = json_gets(v, name);

    return json_is(member, JSON_STRING) ? json_str(member, NULL) : "";
}

static inline void s3_start(void *self, struct engine *e, const struct task_request *request)
{
    struct fake_s3 *s3 = self;
    CLEANUP(json_unref_p)
    struct json *in = json_parse(request->input.data, request->input.len, 0, NULL);
    bool lists = strcmp(request->action, "listObjectsV2") == 0;
    CLEANUP(free_p)
    char *name = xasprintf("%s/%s", s3_text(in, "Bucket"), s3_text(in, lists ? "Prefix" : "Key"));

    assert_non_null(in);
    assert_string_equal(request->type, "s3");
    assert_string_equal(request->account, ACCOUNT);
    strbuf_addf(&s3->log, "%.3s %s\n", request->action, name);
    s3->asked = e;
    s3->last = request->id;
    if (s3->silent) {
        s3->open++;
        return;
    }
    if (s3->refused && strstr(name, s3->refused)) {
        s3_refuse(s3, e, request->id, "S3.S3Exception", "refused");
        return;
    }
    if (lists) {
        s3_list(s3, e, request->id, name, json_gets(in, "ContinuationToken"));
    } else if (strcmp(request->action, "putObject") == 0) {
        size_t len;
        const char *body = json_str(json_gets(in, "Body"), &len);

        assert_true(request->raw);
        s3_put(s3, name, body, len);
        s3_answer(s3, e, request->id, TEXT("{}"));
    } else if (s3_find(s3, name) == s3->len) {
        s3_refuse(s3, e, request->id, "S3.NoSuchKeyException", "The specified key does not exist.");
    } else {
        size_t i = s3_find(s3, name);

        assert_true(request->raw);
        if (s3->objects[i].len <= request->max_bytes)
            s3_answer(s3, e, request->id, (struct text){s3->objects[i].data, s3->objects[i].len});
        else
            s3_refuse(s3, e, request->id, "States.DataLimitExceeded", "too large");
    }
}

static inline void s3_cancel(void *self, uint64_t id)
{
    struct fake_s3 *s3 = self;

    (void)id;
    s3->open--;
}

static inline bool s3_accepts(void *self, const char *arn, const char *type, const char *action)
{
    (void)self;
    (void)arn;
    (void)action;
    return type && strcmp(type, "s3") == 0;
}

static inline void s3_init(struct fake_s3 *s3, struct world *w)
{
    *s3 = (struct fake_s3){
        .w = w,
        .driver = {"s3", s3, s3_accepts, s3_start, s3_cancel},
    };
    strbuf_init(&s3->log, 65536);
    w->first = &s3->driver;
}

static inline void s3_done(struct fake_s3 *s3)
{
    for (size_t i = 0; i < s3->len; i++) {
        free(s3->objects[i].name);
        free(s3->objects[i].data);
    }
    free(s3->refused);
    strbuf_done(&s3->log);
}
