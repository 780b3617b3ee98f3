/* The tokens of JSON text, and what is wrong with it: used by parse.c only. */
#pragma once

#include "json/node.h"

/* An array or object whose end has not been read yet. */
struct frame {
    size_t offset;            /* of the bracket that opened it */
    size_t first;             /* of its elements or members, on the parser's stack */
    size_t replaces;          /* the member whose name was repeated, or NOT_A_MEMBER */
    struct json *key;         /* owned; name of the member whose value comes next */
    struct json_index *index; /* owned */
    uint32_t hash;            /* of key */
    uint16_t deepest;         /* depth of its deepest element */
    bool object;
    bool replaced; /* a member's value was */
};

enum { FRAMES_AT_HAND = 16, STACK_AT_HAND = 32, KNOWN_KEYS = 64 };

struct parser {
    const char *text, *end;
    const char *at; /* what was not read yet */
    unsigned flags;
    struct json_error *err; /* may be NULL */

    struct frame *frames; /* open arrays and objects, outermost first */
    size_t depth, frames_cap;
    struct json_member *stack; /* elements (without a key) and members of the open ones */
    size_t stack_len, stack_cap;
    struct json *root;
    struct json *known_keys[KNOWN_KEYS]; /* names seen lately, so that like objects share them */

    /* Where `frames` and `stack` lie until more is needed. */
    struct frame frames_at_hand[FRAMES_AT_HAND];
    struct json_member stack_at_hand[STACK_AT_HAND];
};

/* A string's raw bytes, between the quotes. */
struct raw_string {
    const char *start, *end;
    bool escapes;
};

/* All return false when there is an error, which then is in p->err. */

/* Moves to the next byte that is not white space. */
bool lex_skip_space(struct parser *p);
/* p->at is behind the opening quote; moves behind the closing one. */
bool lex_string(struct parser *p, bool name, struct raw_string *ret);
bool lex_number(struct parser *p, struct number_scan *ret);
/* Reads the literal that begins at p->at. */
bool lex_literal(struct parser *p, const char *literal);
/* p->at is at a byte that starts no value. */
bool lex_bad_value(struct parser *p);

/* Undoes the escapes of a string that lex_string accepted. */
struct json *lex_unescape(const struct raw_string *raw) MUST_USE;

/* ---- errors: all return false ---- */

/* Fills in the error; its place is p->at, behind what was read. */
bool fail(struct parser *p, const char *format, ...) PRINTF_LIKE(2, 3) COLD;
/* The same for an error of the character at p->at, which counts as read. */
bool fail_char(struct parser *p, const char *format, ...) PRINTF_LIKE(2, 3) COLD;
/* "Unexpected character ('x' (code 120)): what", about the character at p->at. */
bool fail_unexpected(struct parser *p, const char *what) COLD;
/* The same as fail; OPEN_PLACE in the format stands for the place where `open` begins, NULL for that
 * of the whole text. */
bool fail_open(struct parser *p, const struct frame *open, const char *format, ...)
    PRINTF_LIKE(3, 4) COLD;
#define OPEN_PLACE "\1"

/* 'x' (code 120) */
struct char_name {
    char text[48];
};
struct char_name name_char(const char *s, const char *end) COLD;
/* The length of the run of letters, digits and such at s. */
size_t token_run(const char *s, const char *end);
/* Bytes of at most `units` UTF-16 units of the text at s, in whole characters. */
size_t text_prefix(const char *s, const char *end, size_t units) COLD;
