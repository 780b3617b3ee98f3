/* Page tokens: reference/api.md section 1, "Pagination". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/tokens.h"
#include "base/err.h"

#define NOW INT64_C(1790000000000)

static int read_back(const char *token, uint64_t binding, int64_t now, struct strbuf *place)
{
    strbuf_clear(place);
    return page_token_read(token, binding, now, place);
}

static void test_life_and_binding(void **state)
{
    (void)state;
    CLEANUP(strbuf_done) struct strbuf token;
    CLEANUP(strbuf_done) struct strbuf place;
    strbuf_init(&token, 4096);
    strbuf_init(&place, 4096);
    uint64_t binding = page_token_binding("ListActivities", "1", "r", NULL);
    page_token_write(&token, binding, NOW, "name", 4);

    assert_int_equal(read_back(token.data, binding, NOW, &place), 0);
    assert_string_equal(place.data, "name");
    assert_int_equal(read_back(token.data, binding, NOW + PAGE_TOKEN_LIFE_MS, &place), 0);
    assert_int_equal(read_back(token.data, binding, NOW + PAGE_TOKEN_LIFE_MS + 1, &place),
                     ERR_INVALID);
    assert_int_equal(place.len, 0);

    uint64_t other = page_token_binding("ListActivities", "2", "r", NULL);
    assert_int_equal(read_back(token.data, other, NOW, &place), ERR_INVALID);
}

static void test_words_do_not_run_together(void **state)
{
    (void)state;
    assert_true(page_token_binding("ab", "c", NULL) != page_token_binding("a", "bc", NULL));
    assert_true(page_token_binding("a", "", "b", NULL) != page_token_binding("a", "b", NULL));
    assert_true(page_token_binding("a", "b", NULL) == page_token_binding("a", "b", NULL));
}

static void test_every_damage_is_found(void **state)
{
    (void)state;
    CLEANUP(strbuf_done) struct strbuf token;
    CLEANUP(strbuf_done) struct strbuf place;
    strbuf_init(&token, 4096);
    strbuf_init(&place, 4096);
    page_token_write(&token, 7, NOW, "0123456789a", 11); /* fills its last group: no padding */
    for (size_t i = 0; i < token.len; i++) {
        char kept = token.data[i];
        token.data[i] = kept == 'A' ? 'B' : 'A';
        assert_int_equal(read_back(token.data, 7, NOW, &place), ERR_INVALID);
        token.data[i] = kept;
    }
    for (size_t i = 0; i < token.len; i++) {
        char kept = token.data[i];
        token.data[i] = '\0';
        assert_int_equal(read_back(token.data, 7, NOW, &place), ERR_INVALID);
        token.data[i] = kept;
    }
    assert_int_equal(read_back(token.data, 7, NOW, &place), 0);
    assert_int_equal(read_back("", 7, NOW, &place), ERR_INVALID);
    assert_int_equal(read_back("no token at all", 7, NOW, &place), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life_and_binding),
        cmocka_unit_test(test_words_do_not_run_together),
        cmocka_unit_test(test_every_damage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
