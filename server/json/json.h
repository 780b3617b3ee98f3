/* Values of the data plane: immutable, counted, exact.
 *
 * Ownership, in one sentence: `const struct json *` is borrowed, `struct json *` returned is new and
 * must be given up with json_unref, and a parameter marked "takes" is consumed even when the call
 * fails.  Values are immutable once built, so they are shared freely; a value and all it holds belong
 * to one thread at a time (counters are not atomic), except null, true, false and the empty string,
 * array and object, which are immortal.
 *
 * Exactness: an integer keeps every digit; a decimal is an IEEE double printed with the fewest digits
 * that read back the same, in the shape of Java's Double.toString (1.00 -> 1.0, 1e3 -> 1000.0,
 * 1e10 -> 1.0E10: reference/asl.md section 3), and one beyond the range of a double keeps its text.
 * The integer -0 is 0; the decimal -0.0 stays.  Strings hold any bytes of valid UTF-8 including NUL; a
 * lone surrogate escape is kept as three bytes of its own (WTF-8) and printed back as the escape.  Members keep their order; a repeated member name
 * keeps the first one's place and the last one's value. */
#pragma once

#include "base/err.h"
#include "base/strbuf.h"

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json; /* opaque */

/* ---- counting ---- */
struct json *json_ref(const struct json *v) MUST_USE; /* one more owner; returns v */
void json_unref(struct json *v);    /* NULL is fine; no recursion on the C stack */
void json_unref_p(struct json **v); /* for CLEANUP */

/* ---- reading ---- */
enum json_type json_type(const struct json *v);
const char *json_type_name(const struct json *v); /* null boolean number string array object */
static inline bool json_is(const struct json *v, enum json_type t)
{
    return v && json_type(v) == t;
}
static inline bool json_is_bool(const struct json *v)
{
    return json_is(v, JSON_TRUE) || json_is(v, JSON_FALSE);
}

/* Strings: bytes (NUL-terminated, but may hold NUL) and their number; v must be a string. */
const char *json_str(const struct json *v, size_t *ret_len /* may be NULL */);
bool json_str_eq(const struct json *v, const char *s); /* false for other types */

/* Numbers; v must be a number. */
bool json_is_int(const struct json *v); /* written without fraction or exponent */
bool json_int64(const struct json *v, int64_t *ret_value); /* an int that fits */
double json_double(const struct json *v);                  /* nearest double */
/* The number's text as it prints; valid while v lives or until buf is reused. */
const char *json_number_text(const struct json *v, char buf[32]);

/* Arrays and objects. */
size_t json_len(const struct json *v); /* elements or members; 0 for other types */
/* Levels of arrays and objects in v: 0 for a scalar, 1 for [], at most 65535.  Constant time.  A value
 * deeper than LIMIT_JSON_DEPTH can be built and printed, but its text cannot be parsed again. */
unsigned json_depth(const struct json *v);
/* NULL past the end, or when v is no array. */
const struct json *json_at(const struct json *array, size_t index);
/* The member's value or NULL; constant time for large objects. */
const struct json *json_get(const struct json *object, const char *key, size_t len);
const struct json *json_gets(const struct json *object, const char *key);
const struct json *json_key_at(const struct json *object, size_t index); /* a string */
const struct json *json_member_at(const struct json *object, size_t index);

/* Deep equality: numbers by value (1 equals 1.0), members in any order. */
bool json_equal(const struct json *a, const struct json *b);

/* ---- building ---- */
struct json *json_null(void) MUST_USE;
struct json *json_bool(bool b) MUST_USE;
struct json *json_int(int64_t i) MUST_USE;
struct json *json_real(
    double d) MUST_USE; /* always a decimal: json_real(1) prints 1.0; d is finite */
/* JSONata's and JavaScript's view: an int when d is whole and |d| < 2^53, else a decimal. */
struct json *json_number(double d) MUST_USE;
/* From the text of a JSON number, exact; NULL when it is not one. */
struct json *json_number_from_text(const char *s, size_t len) MUST_USE;
struct json *json_string(const char *s, size_t len) MUST_USE; /* valid UTF-8 (or WTF-8) */
struct json *json_strings(const char *s) MUST_USE;

/* A value under construction: append, then finish, which hands over the value. */
struct json_array {
    struct json **items;
    size_t len, cap;
};
struct json_object; /* opaque builder */

void json_array_init(struct json_array *b);
void json_array_done(struct json_array *b); /* drops an unfinished one */
void json_array_add(struct json_array *b, struct json *item /* takes */);
struct json *json_array_finish(struct json_array *b) MUST_USE;

struct json_object *json_object_new(void) MUST_USE;
void json_object_free(struct json_object *b); /* drops an unfinished one */
/* Adds a member, or replaces the value of one that exists. */
void json_object_add(struct json_object *b, struct json *key /* takes */,
                     struct json *value /* takes */);
void json_object_adds(struct json_object *b, const char *key, struct json *value /* takes */);
struct json *json_object_finish(struct json_object *b /* takes */) MUST_USE;

/* New values that share all but what changed. */
struct json *json_with(const struct json *object, const struct json *key,
                       struct json *value /* takes */) MUST_USE;
/* Replaces element `index` (< length) or appends (== length). */
struct json *json_with_at(const struct json *array, size_t index,
                          struct json *value /* takes */) MUST_USE;

/* ---- text ---- */
enum json_parse_flags {
    JSON_PARSE_DEFAULT = 0,
    JSON_PARSE_REJECT_DUPLICATES = 1, /* repeated member names are an error (definitions) */
};

/* Where and why a text is not JSON, worded as the service's parser words it
 * (reference/asl.md section 12, reference/api.md StartExecution). */
struct json_error {
    char text[1024]; /* without the "at [Source: ...]" part */
    size_t offset;   /* byte offset, behind what was read when the error showed */
    unsigned line,
        column; /* 1-based, as Jackson counts them: in UTF-16 units, behind what was read */
    /* Some texts name a second place, where the array or object begins that lacks its end.  Its
     * "[Source: ...]" part belongs at text[marker_at]; 0 when there is none. */
    size_t marker_at;
    unsigned marker_line, marker_column;
};

/* Appends the message of an error in `text`, with the second place where there is one. */
void json_error_message(const struct json_error *err, const char *text, size_t len,
                        struct strbuf *out);
/* Appends the place of the error, as in [Source: (String)"not a definition"; line: 1, column: 4];
 * of a long text only the first 500 characters are shown, as Jackson does. */
void json_error_location(const struct json_error *err, const char *text, size_t len,
                         struct strbuf *out);

/* Parses exactly one JSON value with white space around it.  Returns NULL and fills *err (may be NULL)
 * when the text is not JSON, not UTF-8, or nested deeper than LIMIT_JSON_DEPTH. */
struct json *json_parse(const char *text, size_t len, unsigned flags,
                        struct json_error *err) MUST_USE;
/* The same verdict without building anything. */
MUST_USE bool json_valid(const char *text, size_t len, struct json_error *err);

/* Appends v as compact JSON text: no white space, members in order, non-ASCII as UTF-8. */
void json_print(const struct json *v, struct strbuf *out);
/* The same, for messages, cut behind max bytes (never inside a character). */
char *json_text(const struct json *v, size_t max, size_t *ret_len /* may be NULL */) MUST_USE;
/* Number of bytes json_print would write, or `stop_at` when it is that or more.  Arrays and objects
 * remember it, so asking again is cheap.  Sharing can make a value's text far larger than its memory:
 * ask before walking a value that is not known to be small. */
size_t json_text_size(const struct json *v, size_t stop_at);
