#include "json/powers.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/base.h"

/* A large whole number, lowest word first: room for 10^324 and for 2^1152. */
enum { WORDS = 19 };

struct large {
    uint64_t words[WORDS];
};

static struct power table[POWER_MAX - POWER_MIN + 1];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void multiply_by_ten(struct large *n)
{
    unsigned __int128 carry = 0;
    for (int i = 0; i < WORDS; i++) {
        carry += (unsigned __int128)n->words[i] * 10;
        n->words[i] = (uint64_t)carry;
        carry >>= 64;
    }
    CHECK(carry == 0);
}

/* Rounds down. */
static void divide_by_ten(struct large *n)
{
    unsigned __int128 rest = 0;
    for (int i = WORDS - 1; i >= 0; i--) {
        rest = rest << 64 | n->words[i];
        n->words[i] = (uint64_t)(rest / 10);
        rest %= 10;
    }
}

static uint64_t word_at(const struct large *n, int i)
{
    return i >= 0 ? n->words[i] : 0;
}

/* The topmost 126 bits of n, plus one in the last place. */
static struct power top_bits(const struct large *n)
{
    int i = WORDS - 1;
    while (n->words[i] == 0)
        i--;
    int shift = __builtin_clzll(n->words[i]);
    unsigned __int128 top = (unsigned __int128)word_at(n, i) << 64 | word_at(n, i - 1);
    if (shift > 0)
        top = top << shift | word_at(n, i - 2) >> (64 - shift);
    top = (top >> 2) + 1;
    return (struct power){(uint64_t)(top >> 63), (uint64_t)top & INT64_MAX};
}

static void make_table(void)
{
    struct large n = {{1}};
    for (int e = 0; e <= POWER_MAX; e++) {
        table[e - POWER_MIN] = top_bits(&n);
        multiply_by_ten(&n);
    }
    /* Dividing a power of two again and again rounds down as one division by 10^-e would. */
    n = (struct large){.words = {[WORDS - 1] = 1}};
    for (int e = -1; e >= POWER_MIN; e--) {
        divide_by_ten(&n);
        table[e - POWER_MIN] = top_bits(&n);
    }
}

const struct power *power_of_ten(int e)
{
    (void)pthread_once(&table_once, make_table);
    CHECK(e >= POWER_MIN && e <= POWER_MAX);
    return &table[e - POWER_MIN];
}
