/* The functions on numbers. */
#include "base/ids.h"
#include "intrinsics/call.h"

int function_math_add(const struct args *a, struct json **ret_value)
{
    int64_t left, right, sum;
    if (!round_argument(a->items[0], &left) || !round_argument(a->items[1], &right) ||
        __builtin_add_overflow(left, right, &sum))
        return ERR_INVALID;
    *ret_value = json_int(sum);
    return 0;
}

/* The generator that the documentation of java.util.Random describes, so that a seed means here
 * what it means there: 48 bits of state. */
struct java_random {
    uint64_t state;
};

#define JAVA_MULTIPLIER 0x5DEECE66Du
#define JAVA_MASK       ((1ull << 48) - 1)

static struct java_random java_random_seeded(int64_t seed)
{
    return (struct java_random){((uint64_t)seed ^ JAVA_MULTIPLIER) & JAVA_MASK};
}

static uint32_t java_random_bits(struct java_random *r, unsigned bits)
{
    r->state = (r->state * JAVA_MULTIPLIER + 0xB) & JAVA_MASK;
    return (uint32_t)(r->state >> (48 - bits));
}

/* Java's nextInt(bound): 0 <= result < bound. */
static uint32_t java_random_below(struct java_random *r, uint32_t bound)
{
    if ((bound & (bound - 1)) == 0)
        return (uint32_t)(((uint64_t)bound * java_random_bits(r, 31)) >> 31);

    uint32_t bits, value;
    do {
        bits = java_random_bits(r, 31);
        value = bits % bound;
    } while (bits - value + (bound - 1) > INT32_MAX); /* the last, incomplete round of values */
    return value;
}

/* 0 <= result < range, from a seed or from nowhere. */
static uint64_t random_below(uint64_t range, const int64_t *seed)
{
    if (seed) {
        struct java_random r = java_random_seeded(*seed);
        if (range <= INT32_MAX)
            return java_random_below(&r, (uint32_t)range);
        uint64_t high = java_random_bits(&r, 32);
        return (high << 32 | java_random_bits(&r, 32)) % range;
    }

    /* Values of the last, incomplete round would come more often than the others. */
    uint64_t skip = (0 - range) % range;
    uint64_t value;
    do
        value = random_u64();
    while (value < skip);
    return value % range;
}

int function_math_random(const struct args *a, struct json **ret_value)
{
    int64_t from, to, seed = 0;
    if (!round_argument(a->items[0], &from) || !round_argument(a->items[1], &to) || from >= to ||
        (a->count > 2 && !round_argument(a->items[2], &seed)))
        return ERR_INVALID;

    uint64_t range = (uint64_t)to - (uint64_t)from;
    uint64_t offset = random_below(range, a->count > 2 ? &seed : NULL);
    *ret_value = json_int((int64_t)((uint64_t)from + offset));
    return 0;
}
