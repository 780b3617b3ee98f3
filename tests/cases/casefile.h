/* Reads case files: blocks of lines divided by empty lines, for test programs to run.
 *
 *     # A comment.                          %%FAIL
 *     what to evaluate                      what to evaluate
 *     its input                             its input
 *     the expected value                    the expected message
 *
 * A first line that begins with a quote is a JSON string that holds the text, for texts of more
 * than one line. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/mem.h"
#include "json/json.h"

struct casefile {
    FILE *file;
    const char *name;
    unsigned line;
};

struct case_block {
    bool fails;        /* marked with %%FAIL */
    unsigned line;     /* of its first line */
    char *lines[3];    /* owned; without their newlines */
    struct json *text; /* owned; the first line's text */
};

static inline void casefile_open(struct casefile *f, const char *name)
{
    *f = (struct casefile){.file = fopen(name, "r"), .name = name};
    if (!f->file) {
        perror(name);
        exit(1);
    }
}

static inline void case_done(struct case_block *c)
{
    for (size_t i = 0; i < ARRAY_LEN(c->lines); i++)
        free(c->lines[i]);
    json_unref(c->text);
    *c = (struct case_block){0};
}

/* Reads the next line that is not a comment; NULL at the end of the file. */
static inline char *casefile_line(struct casefile *f)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    do {
        len = getline(&line, &cap, f->file);
        f->line++;
    } while (len > 0 && line[0] == '#');
    if (len < 0) {
        free(line);
        return NULL;
    }
    if (line[len - 1] == '\n')
        line[len - 1] = '\0';
    return line;
}

/* Reads the next block; false at the end of the file.  An incomplete block ends the program. */
static inline bool casefile_next(struct casefile *f, struct case_block *ret)
{
    struct case_block c = {0};
    size_t count = 0;
    char *line;

    while (count < ARRAY_LEN(c.lines) && (line = casefile_line(f)) != NULL) {
        if (count == 0 && (!line[0] || strcmp(line, "%%FAIL") == 0)) {
            c.fails = c.fails || line[0];
            free(line);
            continue;
        }
        if (count == 0)
            c.line = f->line;
        c.lines[count++] = line;
    }
    if (count == 0)
        return false;
    if (count < ARRAY_LEN(c.lines) || !c.lines[1][0] || !c.lines[2][0]) {
        (void)fprintf(stderr, "%s:%u: a block has three lines\n", f->name, c.line);
        exit(1);
    }
    const char *first = c.lines[0];
    c.text = first[0] == '"' ? json_parse(first, strlen(first), JSON_PARSE_DEFAULT, NULL)
                             : json_string(first, strlen(first));
    if (!json_is(c.text, JSON_STRING)) {
        (void)fprintf(stderr, "%s:%u: not a JSON string\n", f->name, c.line);
        exit(1);
    }
    *ret = c;
    return true;
}

/* Parses a line of a block as JSON; ends the program when it is not. */
static inline struct json *casefile_json(const struct casefile *f, const struct case_block *c,
                                         int line)
{
    const char *text = c->lines[line];
    struct json_error why;
    struct json *v = json_parse(text, strlen(text), JSON_PARSE_DEFAULT, &why);
    if (!v) {
        (void)fprintf(stderr, "%s:%u: line %d is not JSON: %s\n", f->name, c->line, line + 1,
                      why.text);
        exit(1);
    }
    return v;
}

/* Compares what came (a value, or NULL and a message) with what the block expects: values as
 * printed, so that 1 and 1.0 differ.  Prints the difference and returns false when they are not
 * the same. */
static inline bool case_check(const struct casefile *f, const struct case_block *c,
                              const struct json *value, const char *message)
{
    char *got = value ? json_text(value, (size_t)16 * 1024 * 1024, NULL) : xstrdup(message);
    char *expected;
    if (c->fails) {
        expected = xstrdup(c->lines[2]);
    } else {
        struct json *v = casefile_json(f, c, 2);
        expected = json_text(v, (size_t)16 * 1024 * 1024, NULL);
        json_unref(v);
    }
    bool same = c->fails == !value && strcmp(got, expected) == 0;
    if (!same)
        (void)fprintf(stderr, "%s:%u: %s\n  expected %s\n  got      %s\n", f->name, c->line,
                      c->lines[0], expected, got);
    free(got);
    free(expected);
    return same;
}
