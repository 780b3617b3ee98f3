/* How values lie in memory: shared by the files of this folder, included by no other. */
#pragma once

#include "base/mem.h"
#include "json/json.h"

/* The first member of every node.  Nodes are small blocks of the heap; a string's bytes, an array's
 * elements and an object's members lie in the same block as their header. */
struct json {
    uint32_t refs;  /* owners; JSON_IMMORTAL is never changed */
    uint8_t type;   /* enum json_type */
    uint8_t kind;   /* of a number: enum number_kind; of a string: enum string_kind */
    uint16_t depth; /* levels of arrays and objects, saturating; 0 for the others */
};

#define JSON_IMMORTAL UINT32_MAX

enum number_kind {
    NUMBER_INT,       /* struct int_node */
    NUMBER_REAL,      /* struct real_node */
    NUMBER_INT_TEXT,  /* struct string_node: an int that does not fit int64_t */
    NUMBER_REAL_TEXT, /* struct string_node: a decimal that a double would make infinite or zero */
};

enum string_kind {
    STRING_PLAIN,  /* prints as it is */
    STRING_ESCAPE, /* some bytes print as escapes */
};

struct int_node {
    struct json head;
    int64_t value;
};

struct real_node {
    struct json head;
    double value;
};

struct string_node {
    struct json head;
    uint32_t len;
    char bytes[]; /* and a NUL byte */
};

struct array_node {
    struct json head;
    uint32_t len;
    uint32_t text_size; /* of the JSON text, saturating; 0: not counted yet */
    struct json *items[];
};

struct json_member {
    struct json *key; /* a string */
    struct json *value;
};

struct object_node {
    struct json head;
    uint32_t len;
    uint32_t text_size;
    struct json_index *index; /* owned; NULL up to INDEX_FROM members */
    struct json_member members[];
};

static inline struct string_node *as_string(const struct json *v)
{
    return (struct string_node *)v;
}

static inline struct array_node *as_array(const struct json *v)
{
    return (struct array_node *)v;
}

static inline struct object_node *as_object(const struct json *v)
{
    return (struct object_node *)v;
}

/* Room for a string of len bytes, its NUL byte set; the caller fills in the bytes and the kind. */
struct string_node *string_node_new(uint8_t type, uint8_t kind, size_t len) MUST_USE;

/* One level above the deepest of the children, where `deepest` is theirs. */
static inline uint16_t depth_above(uint16_t deepest)
{
    return deepest < UINT16_MAX ? deepest + 1 : deepest;
}

/* ---- the index of an object: member names to places, by hash ---- */

#define INDEX_FROM   8 /* up to so many members are searched one by one */
#define NOT_A_MEMBER SIZE_MAX

struct json_index;

/* The place of the member called key among `len` members, or NOT_A_MEMBER.  *ret_hash is for
 * json_index_add, in case the member is about to be added. */
size_t json_members_find(const struct json_member *members, size_t len,
                         const struct json_index *index, const char *key, size_t key_len,
                         uint32_t *ret_hash);
/* To be called when members[len - 1] was added: keeps the index, or creates it when there are enough
 * members by now. */
void json_index_add(struct json_index **index, const struct json_member *members, size_t len,
                    uint32_t hash);
struct json_index *json_index_copy(const struct json_index *index) MUST_USE;
void json_index_free(struct json_index *index);

/* ---- numbers ---- */

#define REAL_TEXT_SIZE 32

/* A number found in a text: what the scan learned about it. */
struct number_scan {
    const char *start, *end;
    bool integer; /* neither fraction nor exponent */
    bool negative;
    bool exact;       /* `digits` holds all digits that matter */
    uint64_t digits;  /* up to 19 digits without leading zeros */
    int64_t exponent; /* the value is digits * 10^exponent (if exact) */
};

enum number_fault {
    NUMBER_OK,
    NUMBER_NO_DIGIT, /* the minus sign is followed by something else */
    NUMBER_LEADING_ZERO,
    NUMBER_NO_FRACTION, /* no digit behind the point */
    NUMBER_NO_EXPONENT, /* no digit behind the e */
};

/* Scans the number that begins at s (a digit or a minus sign).  On a fault ret->end is where the
 * missing digit should be. */
enum number_fault number_scan(const char *s, const char *end, struct number_scan *ret);
/* The value of a scanned number. */
struct json *number_from_scan(const struct number_scan *n) MUST_USE;
/* Writes d as Java's Double.toString does, without a NUL byte; returns the length. */
size_t real_print(double d, char buf[REAL_TEXT_SIZE]);
/* Writes an integer of up to 20 characters, without a NUL byte; returns the length. */
size_t int_print(int64_t i, char *buf);
/* The double nearest to a number's text. */
double real_from_text(const char *s, size_t len);
