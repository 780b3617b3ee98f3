#include "tests/unit/store/fixture.h"

static void machine_comes_back_as_added(void **state)
{
    struct fixture *f = *state;
    struct store_machine m;

    assert_int_equal(store_get_machine(f->s, &f->a, ACCOUNT, REGION, "m", &m), 0);
    assert_int_equal(m.id, f->machine);
    assert_string_equal(m.account, ACCOUNT);
    assert_string_equal(m.region, REGION);
    assert_string_equal(m.name, "m");
    assert_int_equal(m.type, MACHINE_STANDARD);
    assert_int_equal(m.status, MACHINE_ACTIVE);
    assert_int_equal(m.creation_ms, 1700000000000);
    assert_int_equal(m.revision, f->revision);

    memset(&m, 0, sizeof(m));
    assert_int_equal(store_get_machine_by_id(f->s, &f->a, f->machine, &m), 0);
    assert_string_equal(m.name, "m");
}

static void unknown_machines_are_not_found(void **state)
{
    struct fixture *f = *state;
    struct store_machine m;
    struct store_revision r;

    assert_int_equal(store_get_machine(f->s, &f->a, ACCOUNT, REGION, "M", &m), ERR_NOT_FOUND);
    assert_int_equal(store_get_machine(f->s, &f->a, ACCOUNT, "eu-west-1", "m", &m), ERR_NOT_FOUND);
    assert_int_equal(store_get_machine(f->s, &f->a, "1", REGION, "m", &m), ERR_NOT_FOUND);
    assert_int_equal(store_get_machine_by_id(f->s, &f->a, 99, &m), ERR_NOT_FOUND);
    assert_int_equal(store_get_revision(f->s, &f->a, 99, &r), ERR_NOT_FOUND);
    assert_int_equal(store_set_machine_status(f->s, 99, MACHINE_DELETING), ERR_NOT_FOUND);
}

static void name_is_unique_per_account_and_region(void **state)
{
    struct fixture *f = *state;
    struct store_machine m = {.account = ACCOUNT,
                              .region = "eu-west-1",
                              .name = "m",
                              .type = MACHINE_EXPRESS,
                              .status = MACHINE_ACTIVE};
    struct store_revision r = {.definition = TEXT("{}"),
                               .role_arn = ROLE,
                               .logging = "{}",
                               .tracing = "{}",
                               .encryption = "{}"};
    int64_t id = -1;
    int64_t revision = -1;
    int64_t count;

    assert_int_equal(fixture_add_machine(f->s, "m", &id, &revision), ERR_EXISTS);
    assert_int_equal(id, -1);
    assert_int_equal(store_add_machine(f->s, &m, &r), 0);
    assert_int_equal(r.machine, m.id);
    assert_int_equal(m.revision, r.id);
    assert_int_equal(store_count_machines(f->s, ACCOUNT, REGION, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(store_count_machines(f->s, ACCOUNT, "eu-west-1", &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(store_count_machines(f->s, "1", REGION, &count), 0);
    assert_int_equal(count, 0);
}

/* A refused name leaves the transaction around it usable. */
static void taken_name_does_not_harm_the_transaction(void **state)
{
    struct fixture *f = *state;
    int64_t id;
    int64_t revision;
    struct store_machine m;

    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(fixture_add_machine(f->s, "m", &id, &revision), ERR_EXISTS);
    assert_int_equal(fixture_add_machine(f->s, "n", &id, &revision), 0);
    assert_int_equal(store_commit(f->s), 0);
    assert_int_equal(store_get_machine(f->s, &f->a, ACCOUNT, REGION, "n", &m), 0);
}

static void revision_becomes_the_current_one(void **state)
{
    struct fixture *f = *state;
    struct store_revision r = {
        .machine = f->machine,
        .revision_id = "4f1a3a52-8c0e-4f5e-9d6b-0a1b2c3d4e5f",
        .creation_ms = 1700000001000,
        .definition = TEXT("{\"StartAt\":\"B\"}"),
        .role_arn = ROLE "2",
        .logging = "L",
        .tracing = "T",
        .encryption = "E",
        .variable_references = "{\"A\":[\"x\"]}",
    };
    struct store_revision got;
    struct store_machine m;

    assert_int_equal(store_add_revision(f->s, &r), 0);
    assert_true(r.id > f->revision);
    assert_int_equal(store_get_machine_by_id(f->s, &f->a, f->machine, &m), 0);
    assert_int_equal(m.revision, r.id);

    assert_int_equal(store_get_revision(f->s, &f->a, r.id, &got), 0);
    assert_int_equal(got.id, r.id);
    assert_int_equal(got.machine, f->machine);
    assert_string_equal(got.revision_id, r.revision_id);
    assert_int_equal(got.creation_ms, r.creation_ms);
    assert_text(got.definition, "{\"StartAt\":\"B\"}");
    assert_string_equal(got.role_arn, r.role_arn);
    assert_string_equal(got.logging, "L");
    assert_string_equal(got.tracing, "T");
    assert_string_equal(got.encryption, "E");
    assert_string_equal(got.variable_references, r.variable_references);

    /* The first one is as it was: executions stay pinned to it. */
    assert_int_equal(store_get_revision(f->s, &f->a, f->revision, &got), 0);
    assert_null(got.revision_id);
    assert_null(got.variable_references);
    assert_text(got.definition, "{\"StartAt\":\"A\"}");
}

static void revision_needs_its_machine(void **state)
{
    struct fixture *f = *state;
    struct store_revision r = {.machine = 99,
                               .definition = TEXT("{}"),
                               .role_arn = ROLE,
                               .logging = "{}",
                               .tracing = "{}",
                               .encryption = "{}"};

    assert_int_equal(store_add_revision(f->s, &r), ERR_NOT_FOUND);
    assert_int_equal(r.id, 0);
}

struct names {
    char text[256];
    int count;
};

static void add_name(void *arg, const struct store_machine *m)
{
    struct names *n = arg;
    size_t len = strlen(n->text);

    (void)snprintf(n->text + len, sizeof(n->text) - len, "%s ", m->name);
    n->count++;
}

static void pages_by_name(void **state)
{
    static const char *const names[] = {"zeta", "Alpha", "beta", "m2"};
    struct fixture *f = *state;
    struct names n = {{0}, 0};
    int64_t id;
    int64_t revision;

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_int_equal(fixture_add_machine(f->s, names[i], &id, &revision), 0);

    assert_int_equal(store_list_machines(f->s, &f->a, ACCOUNT, REGION, "", 3, add_name, &n), 0);
    assert_string_equal(n.text, "Alpha beta m ");
    n = (struct names){{0}, 0};
    assert_int_equal(store_list_machines(f->s, &f->a, ACCOUNT, REGION, "m", 3, add_name, &n), 0);
    assert_string_equal(n.text, "m2 zeta ");
    n = (struct names){{0}, 0};
    assert_int_equal(store_list_machines(f->s, &f->a, ACCOUNT, REGION, "zeta", 3, add_name, &n), 0);
    assert_int_equal(n.count, 0);
    assert_int_equal(store_list_machines(f->s, &f->a, "1", REGION, "", 3, add_name, &n), 0);
    assert_int_equal(n.count, 0);
}

static void count_event(void *arg, const struct store_event *ev)
{
    (void)ev;
    ++*(int *)arg;
}

static void add_full_execution(struct fixture *f, int64_t machine, int64_t id)
{
    char name[32] = "";
    struct store_execution e = fixture_execution(f, id, name);
    struct store_branch b = {.state = "A"};

    (void)snprintf(name, sizeof(name), "e%lld", (long long)id);
    e.machine = machine;
    assert_int_equal(store_add_execution(f->s, &e), 0);
    fixture_add_event(f->s, id, 1);
    fixture_add_event(f->s, id, 2);
    assert_int_equal(store_put_payload(f->s, id, 1, TEXT("big")), 0);
    assert_int_equal(store_put_branch(f->s, id, &b), 0);
}

static void deletion_goes_in_bounded_steps(void **state)
{
    struct fixture *f = *state;
    struct store_machine m;
    struct store_revision r;
    struct store_execution e;
    struct store_branch *branches;
    struct text text;
    int64_t other;
    int64_t other_revision;
    int64_t *ids;
    size_t len;
    bool done = true;
    int events = 0;

    assert_int_equal(fixture_add_machine(f->s, "other", &other, &other_revision), 0);
    for (int64_t id = 1; id <= 5; id++)
        add_full_execution(f, id == 3 ? other : f->machine, id);

    assert_int_equal(store_set_machine_status(f->s, f->machine, MACHINE_DELETING), 0);
    assert_int_equal(store_list_deleting(f->s, &f->a, &ids, &len), 0);
    assert_int_equal(len, 1);
    assert_int_equal(ids[0], f->machine);

    /* Four executions, three a call: the machine is there until the last of them is gone. */
    assert_int_equal(store_delete_machine(f->s, f->machine, 3, &done), 0);
    assert_false(done);
    assert_int_equal(store_get_machine_by_id(f->s, &f->a, f->machine, &m), 0);
    assert_int_equal(store_delete_machine(f->s, f->machine, 3, &done), 0);
    assert_true(done);

    assert_int_equal(store_get_machine_by_id(f->s, &f->a, f->machine, &m), ERR_NOT_FOUND);
    assert_int_equal(store_get_revision(f->s, &f->a, f->revision, &r), ERR_NOT_FOUND);
    assert_int_equal(store_list_deleting(f->s, &f->a, &ids, &len), 0);
    assert_int_equal(len, 0);
    for (int64_t id = 1; id <= 5; id++) {
        int expected = id == 3 ? 0 : ERR_NOT_FOUND;

        assert_int_equal(store_get_execution_by_id(f->s, &f->a, id, &e), expected);
        assert_int_equal(store_get_payload(f->s, &f->a, id, 1, &text), expected);
        assert_int_equal(store_list_branches(f->s, &f->a, id, &branches, &len), 0);
        assert_int_equal(len, id == 3 ? 1 : 0);
        assert_int_equal(store_read_events(f->s, id, 1, 10, false, false, count_event, &events), 0);
    }
    assert_int_equal(events, 2);

    /* The name is free, and the new machine is not taken for the old one. */
    assert_int_equal(fixture_add_machine(f->s, "m", &other, &other_revision), 0);
    assert_true(other > f->machine);
    assert_true(other_revision > f->revision);
}

static void ids_are_not_given_out_twice(void **state)
{
    struct fixture *f = *state;
    int64_t machine;
    int64_t revision;
    bool done;

    assert_int_equal(store_delete_machine(f->s, f->machine, 1, &done), 0);
    assert_true(done);
    assert_int_equal(fixture_add_machine(f->s, "m", &machine, &revision), 0);
    assert_true(machine > f->machine && revision > f->revision);
    assert_int_equal(store_delete_machine(f->s, 99, 1, &done), 0);
    assert_true(done);
}

static void many_deleting(void **state)
{
    struct fixture *f = *state;
    int64_t *ids;
    size_t len;

    for (int i = 0; i < 40; i++) {
        char name[32] = "";
        int64_t machine;
        int64_t revision;

        (void)snprintf(name, sizeof(name), "m%d", i);
        assert_int_equal(fixture_add_machine(f->s, name, &machine, &revision), 0);
        assert_int_equal(store_set_machine_status(f->s, machine, MACHINE_DELETING), 0);
    }
    assert_int_equal(store_list_deleting(f->s, &f->a, &ids, &len), 0);
    assert_int_equal(len, 40);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(ids[i], f->machine + 1 + (int64_t)i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(machine_comes_back_as_added),
        fixture_test(unknown_machines_are_not_found),
        fixture_test(name_is_unique_per_account_and_region),
        fixture_test(taken_name_does_not_harm_the_transaction),
        fixture_test(revision_becomes_the_current_one),
        fixture_test(revision_needs_its_machine),
        fixture_test(pages_by_name),
        fixture_test(deletion_goes_in_bounded_steps),
        fixture_test(ids_are_not_given_out_twice),
        fixture_test(many_deleting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
