/* Aliases: reference/api.md section 3, CreateStateMachineAlias and what follows it. */
#include "tests/unit/store/fixture.h"

/* Versions 1 and 2 of the machine. */
static void publish_two(struct fixture *f)
{
    struct store_version v = {.machine = f->machine, .revision = f->revision};
    struct store_revision r;

    assert_int_equal(store_add_version(f->s, &v), 0);
    assert_int_equal(store_get_revision(f->s, &f->a, f->revision, &r), 0);
    assert_int_equal(store_add_revision(f->s, &r), 0);
    v.revision = r.id;
    assert_int_equal(store_add_version(f->s, &v), 0);
    assert_int_equal(v.number, 2);
}

static struct store_alias to_version(const struct fixture *f, const char *name, int64_t version)
{
    return (struct store_alias){
        .machine = f->machine,
        .name = name,
        .creation_ms = 1700000000000,
        .routes = {{version, 100}},
        .routes_len = 1,
    };
}

static void alias_comes_back_as_added_and_updated(void **state)
{
    struct fixture *f = *state;
    struct store_alias a = to_version(f, "live", 1);
    struct store_alias b;

    publish_two(f);
    a.description = "d";
    assert_int_equal(store_add_alias(f->s, &a), 0);
    assert_int_equal(store_get_alias(f->s, &f->a, f->machine, "live", &b), 0);
    assert_int_equal(b.machine, f->machine);
    assert_string_equal(b.name, "live");
    assert_string_equal(b.description, "d");
    assert_int_equal(b.creation_ms, 1700000000000);
    assert_int_equal(b.update_ms, 0);
    assert_int_equal(b.routes_len, 1);
    assert_int_equal(b.routes[0].version, 1);
    assert_int_equal(b.routes[0].weight, 100);

    b.description = NULL;
    b.update_ms = 1700000000001;
    b.routes[0].weight = 30;
    b.routes[1] = (struct store_route){2, 70};
    b.routes_len = 2;
    assert_int_equal(store_update_alias(f->s, &b), 0);
    assert_int_equal(store_get_alias(f->s, &f->a, f->machine, "live", &a), 0);
    assert_null(a.description);
    assert_int_equal(a.creation_ms, 1700000000000);
    assert_int_equal(a.update_ms, 1700000000001);
    assert_int_equal(a.routes_len, 2);
    assert_int_equal(a.routes[0].weight, 30);
    assert_int_equal(a.routes[1].version, 2);
    assert_int_equal(a.routes[1].weight, 70);
}

static void name_is_unique_within_the_machine(void **state)
{
    struct fixture *f = *state;
    struct store_alias a = to_version(f, "live", 1);
    int64_t count;

    publish_two(f);
    assert_int_equal(store_add_alias(f->s, &a), 0);
    assert_int_equal(store_add_alias(f->s, &a), ERR_EXISTS);
    a.name = "LIVE";
    assert_int_equal(store_add_alias(f->s, &a), 0);
    assert_int_equal(store_count_aliases(f->s, f->machine, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(store_delete_alias(f->s, f->machine, "live"), 0);
    assert_int_equal(store_delete_alias(f->s, f->machine, "live"), ERR_NOT_FOUND);
    assert_int_equal(store_get_alias(f->s, &f->a, f->machine, "live", &a), ERR_NOT_FOUND);
    assert_int_equal(store_count_aliases(f->s, f->machine, &count), 0);
    assert_int_equal(count, 1);
}

static void alias_needs_its_versions(void **state)
{
    struct fixture *f = *state;
    struct store_alias a = to_version(f, "live", 1);

    assert_int_equal(store_add_alias(f->s, &a), ERR_NOT_FOUND);
    publish_two(f);
    assert_int_equal(store_update_alias(f->s, &a), ERR_NOT_FOUND);
    a.routes[1].version = 3;
    a.routes_len = 2;
    assert_int_equal(store_add_alias(f->s, &a), ERR_NOT_FOUND);
    a.routes[1].version = 2;
    assert_int_equal(store_add_alias(f->s, &a), 0);
    a.routes[0].version = 3;
    assert_int_equal(store_update_alias(f->s, &a), ERR_NOT_FOUND);
}

/* Whichever of its two routes it is. */
static void version_in_use_stays(void **state)
{
    struct fixture *f = *state;
    struct store_alias a = to_version(f, "live", 1);
    struct store_version v;

    publish_two(f);
    a.routes[1] = (struct store_route){2, 0};
    a.routes_len = 2;
    assert_int_equal(store_add_alias(f->s, &a), 0);
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(store_delete_version(f->s, f->machine, 1), ERR_CONFLICT);
    assert_int_equal(store_delete_version(f->s, f->machine, 2), ERR_CONFLICT);
    assert_int_equal(store_commit(f->s), 0);
    assert_int_equal(store_get_version(f->s, &f->a, f->machine, 2, &v), 0);
    a.routes_len = 1;
    assert_int_equal(store_update_alias(f->s, &a), 0);
    assert_int_equal(store_delete_version(f->s, f->machine, 2), 0);
    assert_int_equal(store_delete_version(f->s, f->machine, 1), ERR_CONFLICT);
    assert_int_equal(store_delete_alias(f->s, f->machine, "live"), 0);
    assert_int_equal(store_delete_version(f->s, f->machine, 1), 0);
}

static void note_name(void *arg, const struct store_alias *alias)
{
    char *out = arg;
    size_t len = strlen(out);

    (void)snprintf(out + len, 32 - len, "%s ", alias->name);
}

static void list_is_by_name(void **state)
{
    struct fixture *f = *state;
    struct store_alias a = to_version(f, "c", 1);
    char seen[32] = "";

    publish_two(f);
    assert_int_equal(store_add_alias(f->s, &a), 0);
    a = to_version(f, "a", 2);
    assert_int_equal(store_add_alias(f->s, &a), 0);
    a = to_version(f, "b", 1);
    a.routes[1] = (struct store_route){2, 50};
    a.routes_len = 2;
    assert_int_equal(store_add_alias(f->s, &a), 0);
    assert_int_equal(store_list_aliases(f->s, &f->a, f->machine, 0, "", 2, note_name, seen), 0);
    assert_string_equal(seen, "a b ");
    assert_int_equal(store_list_aliases(f->s, &f->a, f->machine, 0, "b", 9, note_name, seen), 0);
    assert_string_equal(seen, "a b c ");
    *seen = '\0';
    assert_int_equal(store_list_aliases(f->s, &f->a, f->machine, 2, "", 9, note_name, seen), 0);
    assert_string_equal(seen, "a b ");
    *seen = '\0';
    assert_int_equal(store_list_aliases(f->s, &f->a, f->machine, 1, "b", 9, note_name, seen), 0);
    assert_string_equal(seen, "c ");
}

static void machine_takes_its_aliases_along(void **state)
{
    struct fixture *f = *state;
    struct store_alias a = to_version(f, "live", 1);
    bool done = false;

    publish_two(f);
    assert_int_equal(store_add_alias(f->s, &a), 0);
    assert_int_equal(store_delete_machine(f->s, f->machine, 10, &done), 0);
    assert_true(done);
    assert_int_equal(store_get_alias(f->s, &f->a, f->machine, "live", &a), ERR_NOT_FOUND);
}

static void reset_takes_everything(void **state)
{
    struct fixture *f = *state;
    struct store_alias a = to_version(f, "live", 1);
    struct store_version v;

    publish_two(f);
    assert_int_equal(store_add_alias(f->s, &a), 0);
    assert_int_equal(store_reset(f->s), 0);
    assert_int_equal(store_get_alias(f->s, &f->a, f->machine, "live", &a), ERR_NOT_FOUND);
    assert_int_equal(store_get_version(f->s, &f->a, f->machine, 1, &v), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(alias_comes_back_as_added_and_updated),
        fixture_test(name_is_unique_within_the_machine),
        fixture_test(alias_needs_its_versions),
        fixture_test(version_in_use_stays),
        fixture_test(list_is_by_name),
        fixture_test(machine_takes_its_aliases_along),
        fixture_test(reset_takes_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
