/* What the tests of the store begin with: a store in memory with a machine, or a file. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

#define ACCOUNT "123456789012"
#define REGION  "us-east-1"
#define ROLE    "arn:aws:iam::123456789012:role/r"

struct fixture {
    struct store *s;
    struct arena a;
    int64_t machine, revision;
    char dir[64]; /* "" for a store in memory */
    char file[80];
};

static inline int fixture_add_machine(struct store *s, const char *name, int64_t *ret_machine,
                                      int64_t *ret_revision)
{
    struct store_machine m = {
        .account = ACCOUNT,
        .region = REGION,
        .name = name,
        .type = MACHINE_STANDARD,
        .status = MACHINE_ACTIVE,
        .creation_ms = 1700000000000,
    };
    struct store_revision r = {
        .creation_ms = 1700000000000,
        .definition = TEXT("{\"StartAt\":\"A\"}"),
        .role_arn = ROLE,
        .logging = "{\"level\":\"OFF\"}",
        .tracing = "{\"enabled\":false}",
        .encryption = "{\"type\":\"AWS_OWNED_KEY\"}",
    };
    int result = store_add_machine(s, &m, &r);

    if (result == 0) {
        *ret_machine = m.id;
        *ret_revision = r.id;
    }
    return result;
}

static inline void fixture_open(struct fixture *f, unsigned flags)
{
    struct err err = {0};

    if (store_open(f->file, flags, &f->s, &err) < 0)
        fail_msg("store_open: %s", err.text);
}

/* A store in memory. */
static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    arena_init(&f->a);
    (void)snprintf(f->file, sizeof(f->file), ":memory:");
    fixture_open(f, STORE_WRITER);
    assert_int_equal(fixture_add_machine(f->s, "m", &f->machine, &f->revision), 0);
    *state = f;
    return 0;
}

/* A directory for a file, which no store has opened yet. */
static inline int fixture_setup_dir(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    const char *base = getenv("TMPDIR");

    assert_non_null(f);
    arena_init(&f->a);
    (void)snprintf(f->dir, sizeof(f->dir), "%.40s/store-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->file, sizeof(f->file), "%s/test.db", f->dir);
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;

    store_close(f->s);
    arena_done(&f->a);
    if (f->dir[0]) {
        store_remove_files(f->file);
        (void)rmdir(f->dir);
    }
    free(f);
    return 0;
}

/* An execution as the engine would add it; tests change what they are about. */
static inline struct store_execution fixture_execution(const struct fixture *f, int64_t id,
                                                       const char *name)
{
    return (struct store_execution){
        .id = id,
        .machine = f->machine,
        .revision = f->revision,
        .name = name,
        .status = EXECUTION_RUNNING,
        .start_ms = 1800000000000 + id,
        .input = {0, TEXT("{}")},
    };
}

static inline void fixture_add_event(struct store *s, int64_t execution, int64_t id)
{
    struct store_event ev = {
        .id = id,
        .previous = id - 1,
        .time_ms = 1800000000000 + id,
        .type = EVENT_PASS_STATE_ENTERED,
        .details = TEXT("\"name\":\"A\""),
        .payload = {0, TEXT("{}")},
    };

    assert_int_equal(store_add_event(s, execution, &ev), 0);
}

static inline void assert_text(struct text t, const char *expected)
{
    assert_non_null(t.data);
    assert_int_equal(t.len, strlen(expected));
    assert_memory_equal(t.data, expected, t.len);
}

#define fixture_test(f)     cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
#define fixture_dir_test(f) cmocka_unit_test_setup_teardown(f, fixture_setup_dir, fixture_teardown)
