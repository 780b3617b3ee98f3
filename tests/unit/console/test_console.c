/* The page's files as they are compiled in, and what a browser has of them already. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "console/console.h"

static void test_files_are_those_of_the_folder(void **state)
{
    (void)state;
    size_t files = 0;
    for (const struct console_file *file; (file = console_file_at(files)); files++) {
        char path[256];
        (void)snprintf(path, sizeof(path), "server/console/page/%s", file->name);
        FILE *source = fopen(path, "r");
        if (!source)
            skip(); /* not run from the project's folder */
        static char text[256 * 1024];
        size_t len = fread(text, 1, sizeof(text), source);
        (void)fclose(source);
        assert_int_equal(len, file->len);
        assert_memory_equal(text, file->data, len);
    }
    assert_true(files > 4);
}

static void test_find(void **state)
{
    (void)state;
    const struct console_file *index = console_find("/_sfnd/console/");
    assert_non_null(index);
    assert_string_equal(index->name, "index.html");
    assert_ptr_equal(console_find("/_sfnd/console/index.html"), index);
    for (size_t i = 0; console_file_at(i); i++) {
        char path[256];
        (void)snprintf(path, sizeof(path), CONSOLE_PATH "%s", console_file_at(i)->name);
        assert_ptr_equal(console_find(path), console_file_at(i));
    }
    static const char *const nothing[] = {
        "",
        "/",
        "/_sfnd/console",
        "/_sfnd/console/x",
        "/_sfnd/console//index.html",
        "/_sfnd/console/index.html/",
        "/_sfnd/console/INDEX.HTML",
        "/_sfnd/console/../console/index.html",
        "index.html",
    };
    for (size_t i = 0; i < ARRAY_LEN(nothing); i++)
        assert_null(console_find(nothing[i]));
}

static void test_types(void **state)
{
    (void)state;
    static const char *const types[][2] = {
        {"index.html", "text/html; charset=utf-8"},
        {"console.css", "text/css; charset=utf-8"},
        {"console.js", "text/javascript; charset=utf-8"},
        {"icon.svg", "image/svg+xml"},
        {"x", "application/octet-stream"},
        {"x.txt", "application/octet-stream"},
    };
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        assert_string_equal(console_type(&(struct console_file){.name = types[i][0]}), types[i][1]);
    /* The browser takes a module or a style sheet of no other type: every file has one. */
    for (size_t i = 0; console_file_at(i); i++)
        assert_string_not_equal(console_type(console_file_at(i)), types[4][1]);
}

static void test_what_the_browser_has(void **state)
{
    (void)state;
    const struct console_file file = {.name = "a.js", .etag = "\"12-3\""};
    assert_true(console_matches(&file, "\"12-3\""));
    assert_true(console_matches(&file, "W/\"12-3\""));
    assert_true(console_matches(&file, "\"1\", \"12-3\""));
    assert_true(console_matches(&file, "*"));
    assert_false(console_matches(&file, NULL));
    assert_false(console_matches(&file, ""));
    assert_false(console_matches(&file, "12-3"));
    assert_false(console_matches(&file, "\"112-3\""));
}

static void test_etags_differ(void **state)
{
    (void)state;
    for (size_t i = 0; console_file_at(i); i++) {
        const char *etag = console_file_at(i)->etag;
        assert_int_equal(etag[0], '"');
        assert_int_equal(etag[strlen(etag) - 1], '"');
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(etag, console_file_at(k)->etag);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_are_those_of_the_folder),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_what_the_browser_has),
        cmocka_unit_test(test_etags_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
