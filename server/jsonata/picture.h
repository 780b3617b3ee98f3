/* Integer pictures ("#,##0", "Ww;o", "i"): shared by $formatInteger, $parseInteger and dates. */
#pragma once

#include "jsonata/eval.h"

enum picture_kind {
    PICTURE_DECIMAL,
    PICTURE_LETTERS,
    PICTURE_ROMAN,
    PICTURE_WORDS,
    PICTURE_SEQUENCE
};
enum picture_case { PICTURE_LOWER, PICTURE_UPPER, PICTURE_TITLE };

struct picture_separator {
    unsigned position; /* digits to its right */
    uint32_t point;
};

struct picture_integer {
    enum picture_kind kind;
    enum picture_case letters;
    bool ordinal;
    uint32_t zero; /* the digit family's 0 */
    unsigned mandatory, optional;
    unsigned regular; /* distance of the separators when it is always the same; else 0 */
    struct picture_separator *separators; /* from right to left */
    size_t separators_len;
    struct value token; /* PICTURE_SEQUENCE: the picture */
};

void picture_analyse(struct ev *ev, struct value picture, struct picture_integer *ret);
void picture_format(struct ev *ev, double value, const struct picture_integer *p,
                    struct textbuf *out);
/* NaN when the text is not one. */
double picture_parse(struct ev *ev, struct value text, const struct picture_integer *p);
/* The words a number may be spelled with, separated by |. */
void picture_words_pattern(struct textbuf *out);
