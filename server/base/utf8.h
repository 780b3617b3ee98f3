/* UTF-8: validity, decoding, lengths as AWS counts them. */
#pragma once

#include "base/base.h"

/* True when the bytes are well-formed UTF-8 (no overlong forms, surrogates or code points beyond
 * U+10FFFF). */
bool utf8_valid(const char *s, size_t len);
/* Decodes the code point at s (len > 0 bytes available) and sets *ret_size to its bytes; malformed
 * bytes give U+FFFD with size 1. */
uint32_t utf8_decode(const char *s, size_t len, size_t *ret_size);
/* Writes cp as UTF-8 and returns the number of bytes (1 to 4). */
size_t utf8_encode(uint32_t cp, char out[4]);
/* Number of code points. */
size_t utf8_length(const char *s, size_t len);
/* Number of UTF-16 code units, which is what Java's String.length() counts. */
size_t utf8_utf16_length(const char *s, size_t len);
/* How many of the first max bytes of s stay when no character is to be cut in two. */
size_t utf8_cut(const char *s, size_t len, size_t max);
