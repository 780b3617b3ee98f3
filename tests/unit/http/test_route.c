/* Which web pages may call: design section 8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/internal.h"

static void test_origins(void **state)
{
    (void)state;
    static const struct {
        const char *origin, *host;
        bool ours;
    } cases[] = {
        {"http://127.0.0.1:8083", "127.0.0.1:8083", true},
        {"http://localhost:8083", "localhost:8083", true},
        {"http://LOCALHOST:8083", "localhost:8083", true},
        {"http://sfn.localhost:8083", "sfn.localhost:8083", true},
        {"http://[::1]:8083", "[::1]:8083", true},
        {"http://192.168.1.7:8083", "192.168.1.7:8083", true},
        {"https://localhost", "localhost", true},
        /* another page of the same machine */
        {"http://localhost:3000", "localhost:8083", false},
        {"http://127.0.0.1:8083", "localhost:8083", false},
        {"http://example.com", "localhost:8083", false},
        {"null", "localhost:8083", false},
        {"", "localhost:8083", false},
        {"file://", "localhost:8083", false},
        /* a foreign name that was pointed at this server */
        {"http://example.com:8083", "example.com:8083", false},
        {"http://localhost.example.com:8083", "localhost.example.com:8083", false},
        {"http://xlocalhost:8083", "xlocalhost:8083", false},
        {"http://.localhost:8083", ".localhost:8083", false},
        {"http://localhost:8083", NULL, false},
        {"http://", "", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(route_origin_is_ours(cases[i].origin, cases[i].host), cases[i].ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_origins)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
