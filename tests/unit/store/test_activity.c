/* Activities and tags. */
#include "tests/unit/store/fixture.h"

static int add_activity(struct store *s, const char *name, int64_t *ret_id)
{
    struct store_activity act = {.account = ACCOUNT,
                                 .region = REGION,
                                 .name = name,
                                 .creation_ms = 1700000000000,
                                 .encryption = "{\"type\":\"AWS_OWNED_KEY\"}"};
    int r = store_add_activity(s, &act);

    *ret_id = act.id;
    return r;
}

static void activity_comes_and_goes(void **state)
{
    struct fixture *f = *state;
    struct store_activity act;
    int64_t id;
    int64_t again;

    assert_int_equal(add_activity(f->s, "a", &id), 0);
    assert_int_equal(add_activity(f->s, "a", &again), ERR_EXISTS);
    assert_int_equal(store_get_activity(f->s, &f->a, ACCOUNT, REGION, "a", &act), 0);
    assert_int_equal(act.id, id);
    assert_string_equal(act.account, ACCOUNT);
    assert_string_equal(act.region, REGION);
    assert_string_equal(act.name, "a");
    assert_int_equal(act.creation_ms, 1700000000000);
    assert_string_equal(act.encryption, "{\"type\":\"AWS_OWNED_KEY\"}");

    assert_int_equal(store_get_activity(f->s, &f->a, ACCOUNT, "eu-west-1", "a", &act),
                     ERR_NOT_FOUND);
    assert_int_equal(store_delete_activity(f->s, id), 0);
    assert_int_equal(store_delete_activity(f->s, id), ERR_NOT_FOUND);
    assert_int_equal(store_get_activity(f->s, &f->a, ACCOUNT, REGION, "a", &act), ERR_NOT_FOUND);
    assert_int_equal(add_activity(f->s, "a", &again), 0);
    assert_true(again > id);
}

static void append_activity(void *arg, const struct store_activity *act)
{
    char *out = arg;
    size_t len = strlen(out);

    (void)snprintf(out + len, 64 - len, "%s ", act->name);
}

static void activities_page_by_name(void **state)
{
    static const char *const names[] = {"c", "a", "d", "b"};
    struct fixture *f = *state;
    char out[64] = "";
    int64_t count;
    int64_t id;

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_int_equal(add_activity(f->s, names[i], &id), 0);
    assert_int_equal(store_count_activities(f->s, ACCOUNT, REGION, &count), 0);
    assert_int_equal(count, 4);
    assert_int_equal(store_count_activities(f->s, "1", REGION, &count), 0);
    assert_int_equal(count, 0);

    assert_int_equal(
        store_list_activities(f->s, &f->a, ACCOUNT, REGION, "", 2, append_activity, out), 0);
    assert_string_equal(out, "a b ");
    assert_int_equal(
        store_list_activities(f->s, &f->a, ACCOUNT, REGION, "b", 9, append_activity, out), 0);
    assert_string_equal(out, "a b c d ");
}

static void append_tag(void *arg, const char *key, const char *value)
{
    char *out = arg;
    size_t len = strlen(out);

    (void)snprintf(out + len, 64 - len, "%s=%s ", key, value);
}

static void tags_are_put_replaced_and_removed(void **state)
{
    struct fixture *f = *state;
    char out[64] = "";

    assert_int_equal(store_put_tag(f->s, "arn1", "k2", "v2"), 0);
    assert_int_equal(store_put_tag(f->s, "arn1", "k1", ""), 0);
    assert_int_equal(store_put_tag(f->s, "arn2", "k1", "other"), 0);
    assert_int_equal(store_put_tag(f->s, "arn1", "k2", "v3"), 0);
    assert_int_equal(store_list_tags(f->s, &f->a, "arn1", append_tag, out), 0);
    assert_string_equal(out, "k1= k2=v3 ");

    out[0] = '\0';
    assert_int_equal(store_delete_tag(f->s, "arn1", "k1"), 0);
    assert_int_equal(store_delete_tag(f->s, "arn1", "never put"), 0);
    assert_int_equal(store_list_tags(f->s, &f->a, "arn1", append_tag, out), 0);
    assert_string_equal(out, "k2=v3 ");

    out[0] = '\0';
    assert_int_equal(store_delete_tags(f->s, "arn1"), 0);
    assert_int_equal(store_list_tags(f->s, &f->a, "arn1", append_tag, out), 0);
    assert_string_equal(out, "");
    assert_int_equal(store_list_tags(f->s, &f->a, "arn2", append_tag, out), 0);
    assert_string_equal(out, "k1=other ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(activity_comes_and_goes),
        fixture_test(activities_page_by_name),
        fixture_test(tags_are_put_replaced_and_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
