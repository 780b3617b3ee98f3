/* Numbers to text: integers, and doubles in the shape of Java's Double.toString. */
#include <math.h>
#include <string.h>

#include "json/node.h"
#include "json/powers.h"

static const char digit_pairs[201] = "00010203040506070809101112131415161718192021222324"
                                     "25262728293031323334353637383940414243444546474849"
                                     "50515253545556575859606162636465666768697071727374"
                                     "75767778798081828384858687888990919293949596979899";

/* Writes the digits of u and returns their number. */
static size_t print_digits(uint64_t u, char buf[20])
{
    char text[20];
    size_t at = sizeof(text);
    while (u >= 100) {
        at -= 2;
        memcpy(text + at, digit_pairs + u % 100 * 2, 2);
        u /= 100;
    }
    if (u >= 10) {
        at -= 2;
        memcpy(text + at, digit_pairs + u * 2, 2);
    } else {
        text[--at] = (char)('0' + u);
    }
    memcpy(buf, text + at, sizeof(text) - at);
    return sizeof(text) - at;
}

size_t int_print(int64_t i, char *buf)
{
    char *out = buf;
    if (i < 0)
        *out++ = '-';
    return (size_t)(out - buf) + print_digits(i < 0 ? 0 - (uint64_t)i : (uint64_t)i, out);
}

/* The positive number digits * 10^exponent. */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* Logarithms of powers, rounded down; exact over the range of doubles. */
static int log10_pow2(int e)
{
    return (int)((e * INT64_C(661971961083)) >> 41);
}

static int log10_three_quarters_pow2(int e)
{
    return (int)((e * INT64_C(661971961083) - INT64_C(274743187321)) >> 41);
}

static int log2_pow10(int e)
{
    return (int)((e * INT64_C(913124641741)) >> 38);
}

/* n * power / 2^127, with the lowest bit set when that is not whole: enough to compare it with whole
 * numbers ("round to odd"). */
static uint64_t scale(uint64_t n, const struct power *power)
{
    uint64_t low = (uint64_t)((unsigned __int128)power->low * n >> 64);
    unsigned __int128 high = (unsigned __int128)power->high * n;
    uint64_t middle = ((uint64_t)high >> 1) + low;
    return ((uint64_t)(high >> 64) + (middle >> 63)) | ((middle & INT64_MAX) != 0);
}

/* The decimal of fewest digits (two at least) that reads back as c * 2^q, and of those the nearest.
 * This is Giulietti's Schubfach method: scaled to 10^k, which is just below the distance between
 * doubles, the numbers that read back as d lie between `lower` and `upper`, and only two multiples of
 * 10^(k+1) and two of 10^k can be the answer.  All is multiplied by 4 to make the bounds whole. */
static struct decimal shortest_decimal(uint64_t c, int q)
{
    /* Below a power of two doubles lie half as far apart as above it. */
    bool even_gaps = c != UINT64_C(1) << 52 || q == -1074;
    int k = even_gaps ? log10_pow2(q) : log10_three_quarters_pow2(q);
    int shift = q + log2_pow10(-k) + 2;
    const struct power *power = power_of_ten(-k);
    uint64_t value = scale(c * 4 << shift, power);
    uint64_t lower = scale((c * 4 - (even_gaps ? 2 : 1)) << shift, power);
    uint64_t upper = scale((c * 4 + 2) << shift, power);
    lower += c & 1; /* a bound itself reads back as d only when c is even */
    upper -= c & 1;

    uint64_t s = value / 4;
    if (s >= 100) {
        uint64_t down = s / 10 * 10;
        uint64_t up = down + 10;
        bool down_fits = lower <= down * 4;
        bool up_fits = up * 4 <= upper;
        if (down_fits != up_fits)
            return (struct decimal){down_fits ? down : up, k};
    }
    bool down_fits = lower <= s * 4;
    bool up_fits = s * 4 + 4 <= upper;
    bool down = down_fits;
    if (down_fits == up_fits)
        down = value < s * 4 + 2 || (value == s * 4 + 2 && s % 2 == 0);
    return (struct decimal){down ? s : s + 1, k};
}

static struct decimal decimal_of(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof(bits));
    uint64_t c = bits & ((UINT64_C(1) << 52) - 1);
    int q = (int)(bits >> 52) - 1075;
    if (q > -1075)
        c |= UINT64_C(1) << 52;
    else
        q = -1074;

    struct decimal dec;
    if (c < 3) { /* so small that two digits are more than the gaps give: 4.9E-324 */
        dec = shortest_decimal(c * 10, q);
        dec.exponent--;
    } else {
        dec = shortest_decimal(c, q);
    }
    while (dec.digits % 100000000 == 0) {
        dec.digits /= 100000000;
        dec.exponent += 8;
    }
    while (dec.digits % 10 == 0) {
        dec.digits /= 10;
        dec.exponent++;
    }
    return dec;
}

/* Puts a decimal point in or behind the digits, or zeros before them. */
static size_t layout(const char *digits, size_t count, int exponent, char *buf)
{
    char *out = buf;
    int point = (int)count + exponent; /* digits before the point */
    if (point > -3 && point <= 0) {    /* 0.001 and up */
        memcpy(out, "0.00", 4);
        out += 2 - point;
        memcpy(out, digits, count);
        return (size_t)(out - buf) + count;
    }

    bool scientific = point <= 0 || point > 7; /* 10^7 and up */
    size_t whole = scientific ? 1 : (size_t)point;
    size_t given = MIN(whole, count);
    memcpy(out, digits, given);
    memset(out + given, '0', whole - given);
    out += whole;
    *out++ = '.';
    if (count > given) {
        memcpy(out, digits + given, count - given);
        out += count - given;
    } else {
        *out++ = '0';
    }
    if (scientific) {
        *out++ = 'E';
        out += int_print(point - 1, out);
    }
    return (size_t)(out - buf);
}

size_t real_print(double d, char buf[REAL_TEXT_SIZE])
{
    char *out = buf;
    if (signbit(d)) {
        *out++ = '-';
        d = -d;
    }
    if (d == 0) {
        memcpy(out, "0.0", 3);
        return (size_t)(out - buf) + 3;
    }

    struct decimal dec = decimal_of(d);
    char digits[20];
    size_t count = print_digits(dec.digits, digits);
    return (size_t)(out - buf) + layout(digits, count, dec.exponent, out);
}
