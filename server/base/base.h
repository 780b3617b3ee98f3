/* Words every file uses: attributes, the always-on assertion, array length, min and max. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define NORETURN          __attribute__((noreturn))
#define COLD              __attribute__((cold))

/* Runs f(&variable) when the variable goes out of scope; f accepts a pointer to NULL. */
#define CLEANUP(f) __attribute__((cleanup(f)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)    ((a) < (b) ? (a) : (b))
#define MAX(a, b)    ((a) > (b) ? (a) : (b))

/* An assertion that is always on and means: our bug.  Never on input, files or the network. */
#define CHECK(x)                                  \
    do {                                          \
        if (__builtin_expect(!(x), 0))            \
            check_failed(#x, __FILE__, __LINE__); \
    } while (0)

/* A borrowed run of bytes; data is NULL when there is none (not the same as an empty one). */
struct text {
    const char *data;
    size_t len;
};
#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})
#define TEXT_NONE     ((struct text){NULL, 0})

void check_failed(const char *expression, const char *file, int line) NORETURN COLD;
