#include "jsonata/picture.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "jsonata/fn.h"

/* The first digit of every decimal family of the basic plane that pictures may use. */
static const uint16_t families[] = {
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6,
    0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0,
    0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
    0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
};

/* ---- analysis ---- */

static uint32_t family_of(uint32_t cp)
{
    for (size_t i = 0; i < ARRAY_LEN(families); i++)
        if (cp >= families[i] && cp <= families[i] + 9u)
            return families[i];
    return 0;
}

static unsigned gcd(unsigned a, unsigned b)
{
    while (b) {
        unsigned rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The distance between separators that are all the same and evenly spaced, or 0. */
static unsigned regular_distance(const struct picture_separator *s, size_t n)
{
    if (n == 0)
        return 0;
    unsigned factor = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i].point != s[0].point)
            return 0;
        factor = gcd(factor, s[i].position);
    }
    /* They come in ascending order: multiples 1 to n of the factor must all be there. */
    size_t next = 1;
    for (size_t i = 0; i < n && factor; i++)
        if (s[i].position == next * factor)
            next++;
    return factor && next > n ? factor : 0;
}

static void analyse_digits(struct ev *ev, struct value s, struct picture_integer *p)
{
    unsigned position = 0;
    p->separators = jn_alloc(ev, s.len * sizeof(*p->separators));
    jn_charge(ev, s.len);
    for (size_t end = s.len, start; end > 0; end = start) {
        start = end - 1;
        while (start > 0 && ((unsigned char)s.str[start] & 0xC0) == 0x80)
            start--;
        size_t size;
        uint32_t cp = text_decode(s.str + start, end - start, &size), family = family_of(cp);
        if (family) {
            p->mandatory++;
            position++;
            if (p->zero && p->zero != family)
                jn_throw(ev, D3131, 0);
            p->zero = family;
        } else if (cp == '#') {
            p->optional++;
            position++;
        } else {
            p->separators[p->separators_len++] = (struct picture_separator){position, cp};
        }
    }
    if (p->mandatory == 0) {
        p->kind = PICTURE_SEQUENCE;
        p->token = s;
        return;
    }
    p->regular = regular_distance(p->separators, p->separators_len);
}

void picture_analyse(struct ev *ev, struct value picture, struct picture_integer *ret)
{
    static const struct {
        const char *text;
        enum picture_kind kind;
        enum picture_case letters;
    } named[] = {
        {"A", PICTURE_LETTERS, PICTURE_UPPER}, {"a", PICTURE_LETTERS, PICTURE_LOWER},
        {"I", PICTURE_ROMAN, PICTURE_UPPER},   {"i", PICTURE_ROMAN, PICTURE_LOWER},
        {"W", PICTURE_WORDS, PICTURE_UPPER},   {"w", PICTURE_WORDS, PICTURE_LOWER},
        {"Ww", PICTURE_WORDS, PICTURE_TITLE},
    };
    *ret = (struct picture_integer){.kind = PICTURE_DECIMAL};
    const char *semicolon = memrchr(picture.str, ';', picture.len);
    if (semicolon) {
        size_t at = (size_t)(semicolon - picture.str);
        ret->ordinal = at + 1 < picture.len && picture.str[at + 1] == 'o';
        picture.len = (uint32_t)at;
    }
    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        if (v_str_is(picture, named[i].text)) {
            ret->kind = named[i].kind;
            ret->letters = named[i].letters;
            return;
        }
    }
    analyse_digits(ev, picture, ret);
}

/* ---- formatting ---- */

static void format_letters(double value, char first, struct textbuf *out)
{
    char letters[256];
    size_t at = sizeof(letters);
    while (value > 0 && at > 0) {
        letters[--at] = (char)(first + (int)fmod(value - 1, 26));
        value = floor((value - 1) / 26);
    }
    text_add(out, letters + at, sizeof(letters) - at);
}

static const struct {
    unsigned value;
    char text[3];
} numerals[] = {
    {1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"},
    {40, "xl"},  {10, "x"},   {9, "ix"},  {5, "v"},    {4, "iv"},  {1, "i"},
};

static void format_roman(struct ev *ev, double value, struct textbuf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(numerals); i++) {
        /* Large values are rows of m, as long as memory lasts. */
        for (; value >= numerals[i].value; value -= numerals[i].value) {
            text_adds(out, numerals[i].text);
            jn_charge(ev, 1);
        }
    }
}

/* Moves the digits into the picture's family; they are ASCII until here. */
static void add_digits(struct textbuf *out, const char *digits, size_t len, uint32_t zero)
{
    for (size_t i = 0; i < len; i++) {
        if (zero == '0')
            text_addc(out, digits[i]);
        else
            text_add_point(out, (uint32_t)(unsigned char)digits[i] + zero - '0');
    }
}

static void add_ordinal(struct textbuf *out, const char *digits, size_t len, uint32_t zero)
{
    const char *suffix = "th";
    char last = digits[len - 1], before = len > 1 ? digits[len - 2] : 0;
    if (zero == '0' && before != '1')
        suffix = last == '1' ? "st" : last == '2' ? "nd" : last == '3' ? "rd" : "th";
    text_adds(out, suffix);
}

static void format_decimal(struct ev *ev, double value, const struct picture_integer *p,
                           struct textbuf *out)
{
    char text[NUMBER_TEXT];
    size_t len = number_text(value, text);
    struct textbuf digits;
    text_init(&digits, &ev->heap, len + p->mandatory);
    for (size_t i = len; i < p->mandatory; i++)
        text_addc(&digits, '0');
    text_add(&digits, text, len);
    len = digits.len;
    jn_charge(ev, len);
    /* Separators are placed by the number of digits to their right. */
    size_t next = p->separators_len;
    for (size_t i = 0; i < len; i++) {
        size_t right = len - i;
        if (p->regular) {
            if (i > 0 && right % p->regular == 0)
                text_add_point(out, p->separators[0].point);
        } else {
            for (; next > 0 && p->separators[next - 1].position >= right; next--)
                if (i > 0 && p->separators[next - 1].position == right)
                    text_add_point(out, p->separators[next - 1].point);
        }
        add_digits(out, digits.data + i, 1, p->zero);
    }
    if (!p->regular)
        for (; next > 0; next--)
            text_add_point(out, p->separators[next - 1].point);
    if (p->ordinal)
        add_ordinal(out, digits.data, len, p->zero);
}

/* ---- words ---- */

static const char *const small[] = {
    "Zero",     "One",     "Two",     "Three",     "Four",     "Five",     "Six",
    "Seven",    "Eight",   "Nine",    "Ten",       "Eleven",   "Twelve",   "Thirteen",
    "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
};
static const char *const small_ordinals[] = {
    "Zeroth",     "First",     "Second",    "Third",       "Fourth",     "Fifth",      "Sixth",
    "Seventh",    "Eighth",    "Ninth",     "Tenth",       "Eleventh",   "Twelfth",    "Thirteenth",
    "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth",
};
static const char *const tens[] = {
    "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety",
};
static const char *const magnitudes[] = {"Thousand", "Million", "Billion", "Trillion"};
static const double magnitude_values[] = {1e3, 1e6, 1e9, 1e12};

static void words_below_hundred(double num, bool follows, bool ordinal, struct textbuf *out)
{
    int n = (int)num;
    if (follows)
        text_adds(out, " and ");
    if (n <= 19) {
        text_adds(out, ordinal ? small_ordinals[n] : small[n]);
        return;
    }
    text_adds(out, tens[n / 10 - 2]);
    if (n % 10) {
        text_addc(out, '-');
        text_adds(out, ordinal ? small_ordinals[n % 10] : small[n % 10]);
    } else if (ordinal) {
        out->len--;
        text_adds(out, "ieth");
    }
}

/* The reference's recursion, at most some thirty levels deep for a double. */
static void words(double num, bool follows, bool ordinal, struct textbuf *out)
{
    if (num < 100) {
        words_below_hundred(num, follows, ordinal, out);
        return;
    }
    double rest;
    if (follows)
        text_adds(out, ", ");
    if (num < 1000) {
        rest = fmod(num, 100);
        text_adds(out, small[(int)(num / 100)]);
        text_adds(out, " Hundred");
    } else {
        size_t at = 0;
        while (at + 1 < ARRAY_LEN(magnitudes) && num >= magnitude_values[at + 1])
            at++;
        double factor = magnitude_values[at], mantissa = floor(num / factor);
        rest = num - mantissa * factor;
        words(mantissa, false, false, out);
        text_addc(out, ' ');
        text_adds(out, magnitudes[at]);
    }
    if (rest > 0)
        words(rest, true, ordinal, out);
    else if (ordinal)
        text_adds(out, "th");
}

static void format_words(double value, const struct picture_integer *p, struct textbuf *out)
{
    size_t from = out->len;
    words(value, false, p->ordinal, out);
    for (size_t i = from; i < out->len && p->letters != PICTURE_TITLE; i++) {
        char c = out->data[i];
        if (p->letters == PICTURE_UPPER && c >= 'a' && c <= 'z')
            out->data[i] = (char)(c - 32);
        else if (p->letters == PICTURE_LOWER && c >= 'A' && c <= 'Z')
            out->data[i] = (char)(c + 32);
    }
}

void picture_format(struct ev *ev, double value, const struct picture_integer *p,
                    struct textbuf *out)
{
    if (!isfinite(value))
        jn_throw(ev, D1001, .value = v_num(value));
    if (p->kind == PICTURE_SEQUENCE)
        jn_throw(ev, D3130, .value = p->token);
    if (value < 0)
        text_addc(out, '-');
    value = fabs(value);
    size_t from = out->len;
    switch (p->kind) {
    case PICTURE_LETTERS:
        format_letters(value, p->letters == PICTURE_UPPER ? 'A' : 'a', out);
        break;
    case PICTURE_ROMAN:
        format_roman(ev, value, out);
        for (size_t i = from; i < out->len && p->letters == PICTURE_UPPER; i++)
            out->data[i] = (char)(out->data[i] - 32);
        break;
    case PICTURE_WORDS:
        format_words(value, p, out);
        break;
    default:
        format_decimal(ev, value, p, out);
    }
}

/* ---- parsing ---- */

static double parse_letters(struct value s, char first)
{
    double result = 0, power = 1;
    for (size_t i = s.len; i > 0; i--, power *= 26)
        result += (s.str[i - 1] - first + 1) * power;
    return result;
}

static double parse_roman(struct value s)
{
    static const char digits[] = "mdclxvi";
    static const unsigned values[] = {1000, 500, 100, 50, 10, 5, 1};
    double result = 0, max = 1;
    for (size_t i = s.len; i > 0; i--) {
        char c = (char)(s.str[i - 1] | 0x20);
        const char *found = strchr(digits, c);
        if (!found || !c)
            return NAN;
        double value = values[found - digits];
        if (value < max) {
            result -= value;
        } else {
            max = value;
            result += value;
        }
    }
    return result;
}

static bool same_word(const char *word, size_t cut, const char *ending, struct value s)
{
    size_t stem = strlen(word) - cut, len = stem + strlen(ending);
    return s.len == len && strncasecmp(s.str, word, stem) == 0 &&
           strncasecmp(s.str + stem, ending, len - stem) == 0;
}

static double word_value(struct value s)
{
    for (size_t i = 0; i < ARRAY_LEN(small); i++)
        if (same_word(small[i], 0, "", s) || same_word(small_ordinals[i], 0, "", s))
            return (double)i;
    for (size_t i = 0; i < ARRAY_LEN(tens); i++)
        if (same_word(tens[i], 0, "", s) || same_word(tens[i], 1, "ieth", s))
            return (double)(i + 2) * 10;
    if (same_word("Hundred", 0, "", s) || same_word("Hundred", 0, "th", s))
        return 100;
    for (size_t i = 0; i < ARRAY_LEN(magnitudes); i++)
        if (same_word(magnitudes[i], 0, "", s) || same_word(magnitudes[i], 0, "th", s))
            return magnitude_values[i];
    return NAN;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Bytes of the separator between words at s[i], or 0. */
static size_t word_break(struct value s, size_t i)
{
    if (s.str[i] == ',' && i + 1 < s.len && is_blank(s.str[i + 1]))
        return 2;
    if (is_blank(s.str[i]) && i + 4 < s.len && strncasecmp(s.str + i + 1, "and", 3) == 0 &&
        is_blank(s.str[i + 4]))
        return 5;
    return is_blank(s.str[i]) || s.str[i] == '\\' || s.str[i] == '-';
}

static double parse_words(struct ev *ev, struct value s)
{
    /* Sums of segments: a word below a hundred adds to the last one, others multiply it. */
    double sum = 0, top = 0;
    jn_charge(ev, s.len);
    for (size_t start = 0, i = 0;; i++) {
        size_t gap = i < s.len ? word_break(s, i) : 1;
        if (!gap)
            continue;
        double value = word_value(v_str(s.str + start, i - start));
        if (value < 100) {
            if (top >= 1000) {
                sum += top;
                top = 0;
            }
            top += value;
        } else {
            top *= value;
        }
        if (i >= s.len)
            return sum + top;
        start = i + gap;
        i += gap - 1;
    }
}

static double parse_decimal(struct ev *ev, struct value s, const struct picture_integer *p)
{
    if (p->ordinal)
        s.len = s.len >= 2 ? s.len - 2 : 0;
    struct textbuf digits;
    text_init(&digits, &ev->heap, s.len);
    jn_charge(ev, s.len);
    for (size_t i = 0, size; i < s.len; i += size) {
        uint32_t cp = text_decode(s.str + i, s.len - i, &size);
        bool separator = p->regular && cp == ',';
        for (size_t k = 0; k < p->separators_len && !p->regular; k++)
            separator |= p->separators[k].point == cp;
        if (separator)
            continue;
        if (p->zero != '0')
            cp = cp - p->zero + '0';
        text_addc(&digits, cp < 0x80 ? (char)cp : '?');
    }
    size_t from = 0, end;
    while (from < digits.len && is_blank(digits.data[from]))
        from++;
    end = from;
    if (end < digits.len && (digits.data[end] == '-' || digits.data[end] == '+'))
        end++;
    while (end < digits.len && digits.data[end] >= '0' && digits.data[end] <= '9')
        end++;
    return number_parse(digits.data + from, end - from);
}

double picture_parse(struct ev *ev, struct value text, const struct picture_integer *p)
{
    switch (p->kind) {
    case PICTURE_LETTERS:
        return parse_letters(text, p->letters == PICTURE_UPPER ? 'A' : 'a');
    case PICTURE_ROMAN:
        return parse_roman(text);
    case PICTURE_WORDS:
        return parse_words(ev, text);
    case PICTURE_SEQUENCE:
        jn_throw(ev, D3130, .value = p->token);
    default:
        return parse_decimal(ev, text, p);
    }
}

void picture_words_pattern(struct textbuf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(small); i++) {
        text_adds(out, small[i]);
        text_addc(out, '|');
    }
    for (size_t i = 0; i < ARRAY_LEN(small_ordinals); i++) {
        text_adds(out, small_ordinals[i]);
        text_addc(out, '|');
    }
    for (size_t i = 0; i < ARRAY_LEN(tens); i++) {
        text_adds(out, tens[i]);
        text_addc(out, '|');
        text_add(out, tens[i], strlen(tens[i]) - 1);
        text_adds(out, "ieth|");
    }
    text_adds(out, "Hundred|Hundredth|");
    for (size_t i = 0; i < ARRAY_LEN(magnitudes); i++) {
        text_adds(out, magnitudes[i]);
        text_addc(out, '|');
        text_adds(out, magnitudes[i]);
        text_adds(out, "th|");
    }
    text_adds(out, "and|[\\-, ]");
}

/* ---- the functions ---- */

FN(format_integer)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    struct jn_mark mark = jn_heap_mark(&ev->heap);
    struct picture_integer p;
    picture_analyse(ev, args[1].tag ? args[1] : v_lit(""), &p);
    struct textbuf out;
    text_init(&out, &ev->heap, 32);
    picture_format(ev, floor(v_double(args[0])), &p, &out);
    return jn_keep_text(ev, mark, text_value(&out));
}

FN(parse_integer)
{
    (void)nargs;
    if (!args[0].tag)
        return UNDEF;
    struct jn_mark mark = jn_heap_mark(&ev->heap);
    struct picture_integer p;
    picture_analyse(ev, args[1].tag ? args[1] : v_lit(""), &p);
    double number = picture_parse(ev, args[0], &p);
    (void)jn_heap_release(&ev->heap, mark);
    return v_num(number);
}
