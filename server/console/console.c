#include "console/console.h"

#include <string.h>

/* make writes one line for each file: see the rule of page_files.h. */
#define PAGE_FILE(name, sum, text) {(name), "\"" sum "\"", (text), sizeof(text) - 1},
static const struct console_file files[] = {
#include "page_files.h"
};

const struct console_file *console_file_at(size_t n)
{
    return n < ARRAY_LEN(files) ? &files[n] : NULL;
}

const struct console_file *console_find(const char *path)
{
    static const size_t prefix = sizeof(CONSOLE_PATH) - 1;
    if (strncmp(path, CONSOLE_PATH, prefix) != 0)
        return NULL;
    const char *name = path[prefix] ? path + prefix : "index.html";
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        if (strcmp(name, files[i].name) == 0)
            return &files[i];
    return NULL;
}

const char *console_type(const struct console_file *file)
{
    static const struct {
        const char *suffix, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
    };
    const char *suffix = strrchr(file->name, '.');
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (suffix && strcmp(suffix, types[i].suffix) == 0)
            return types[i].type;
    return "application/octet-stream";
}

bool console_matches(const struct console_file *file, const char *if_none_match)
{
    /* An ETag has its quotes, so that none is a part of another. */
    return if_none_match &&
           (strcmp(if_none_match, "*") == 0 || strstr(if_none_match, file->etag) != NULL);
}
