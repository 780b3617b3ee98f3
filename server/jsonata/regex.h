/* Regular expressions with JavaScript's syntax, run by PCRE2 under match limits. */
#pragma once

#include "jsonata/value.h"

enum { REGEX_CASELESS = 1, REGEX_MULTILINE = 2 };

struct regex {
    struct regex *next; /* list of its program */
    void *code;         /* pcre2_code */
    unsigned groups;
};

struct ev;

/* NULL with a message when the pattern is not one JavaScript accepts. */
struct regex *regex_new(const char *pattern, size_t len, unsigned flags, char *message,
                        size_t message_size);
void regex_free_all(struct regex *list);

/* A match in `subject`: byte offsets, -1 for groups that took no part. */
struct regex_match {
    size_t start, end;
    const size_t *groups; /* pairs, SIZE_MAX: unset; in the heap until the next match */
};
/* False when nothing matches at or after `from`.  Raises a timeout when the match limits are hit. */
struct regex_state;
void regex_state_free(struct regex_state *s);

bool regex_exec(struct ev *ev, const struct regex *re, struct value subject, size_t from,
                struct regex_match *ret);
