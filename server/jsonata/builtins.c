#include "jsonata/builtins.h"

#include <string.h>

#include "jsonata/fn.h"

/* Parameters: the letters of a signature. */
#define TYPES_J (SIG_A | SIG_S | SIG_N | SIG_B | SIG_L | SIG_O | SIG_M)
#define TYPES_X (TYPES_J | SIG_F)
#define P(types, flags)        \
    {                          \
        (types), (flags), 0, 0 \
    }
#define S    P(SIG_S | SIG_M, 0)
#define S_C  P(SIG_S | SIG_M, SIG_CONTEXT | SIG_OPTIONAL)
#define S_O  P(SIG_S | SIG_M, SIG_OPTIONAL)
#define N    P(SIG_N | SIG_M, 0)
#define N_C  P(SIG_N | SIG_M, SIG_CONTEXT | SIG_OPTIONAL)
#define N_O  P(SIG_N | SIG_M, SIG_OPTIONAL)
#define B    P(SIG_B | SIG_M, 0)
#define B_O  P(SIG_B | SIG_M, SIG_OPTIONAL)
#define O_C  P(SIG_O | SIG_M, SIG_CONTEXT | SIG_OPTIONAL)
#define O_O  P(SIG_O | SIG_M, SIG_OPTIONAL)
#define F    P(SIG_F, 0)
#define F_O  P(SIG_F, SIG_OPTIONAL)
#define J_O  P(TYPES_J, SIG_OPTIONAL)
#define X_   P(TYPES_X, 0)
#define X_C  P(TYPES_X, SIG_CONTEXT | SIG_OPTIONAL)
#define SF   P(SIG_S | SIG_F | SIG_M, 0)
#define NSB  P(SIG_N | SIG_S | SIG_B | SIG_M, SIG_CONTEXT | SIG_OPTIONAL)
#define OA_C P(SIG_O | SIG_A | SIG_M, SIG_CONTEXT | SIG_OPTIONAL)
#define A                        \
    {                            \
        TYPES_X, SIG_ARRAY, 0, 0 \
    }
#define A_MORE                              \
    {                                       \
        TYPES_X, SIG_ARRAY | SIG_MORE, 0, 0 \
    }
#define A_OF(letter)                  \
    {                                 \
        TYPES_X, SIG_ARRAY, letter, 1 \
    }

/* Sorted by name. */
static const struct builtin builtins[] = {
    {"abs", fn_abs, 1, 1, {N_C}},
    {"append", fn_append, 2, 2, {X_, X_}},
    {"assert", fn_assert, 2, 2, {B, S_O}},
    {"average", fn_average, 1, 1, {A_OF('n')}},
    {"base64decode", fn_base64decode, 1, 1, {S_C}},
    {"base64encode", fn_base64encode, 1, 1, {S_C}},
    {"boolean", fn_boolean, 1, 1, {X_C}},
    {"ceil", fn_ceil, 1, 1, {N_C}},
    {"clone", fn_clone, 1, 1, {OA_C}},
    {"contains", fn_contains, 2, 2, {S_C, SF}},
    {"count", fn_count, 1, 1, {A}},
    {"decodeUrl", fn_decode_url, 1, 1, {S_C}},
    {"decodeUrlComponent", fn_decode_url_component, 1, 1, {S_C}},
    {"distinct", fn_distinct, 1, 1, {X_}},
    {"each", fn_each, 2, 2, {O_C, F}},
    {"encodeUrl", fn_encode_url, 1, 1, {S_C}},
    {"encodeUrlComponent", fn_encode_url_component, 1, 1, {S_C}},
    {"error", fn_error, 1, 1, {S_O}},
    {"exists", fn_exists, 1, 1, {X_}},
    {"filter", fn_filter, 2, 2, {A, F}},
    {"floor", fn_floor, 1, 1, {N_C}},
    {"formatBase", fn_format_base, 2, 2, {N_C, N_O}},
    {"formatInteger", fn_format_integer, 2, 2, {N_C, S}},
    {"formatNumber", fn_format_number, 3, 3, {N_C, S, O_O}},
    {"fromMillis", fn_from_millis, 3, 3, {N_C, S_O, S_O}},
    {"hash", fn_hash, 2, 2, {S_C, S}},
    {"join", fn_join, 2, 2, {A_OF('s'), S_O}},
    {"keys", fn_keys, 1, 1, {X_C}},
    {"length", fn_length, 1, 1, {S_C}},
    {"lookup", fn_lookup, 2, 2, {X_C, S}},
    {"lowercase", fn_lowercase, 1, 1, {S_C}},
    {"map", fn_map, 2, 2, {A, F}},
    {"match", fn_match, 3, 3, {S_C, F, N_O}},
    {"max", fn_max, 1, 1, {A_OF('n')}},
    {"merge", fn_merge, 1, 1, {A_OF('o')}},
    {"millis", fn_millis, 0, 0, {{0}}},
    {"min", fn_min, 1, 1, {A_OF('n')}},
    {"not", fn_not, 1, 1, {X_C}},
    {"now", fn_now, 2, 2, {S_O, S_O}},
    {"number", fn_number, 1, 1, {NSB}},
    {"pad", fn_pad, 3, 3, {S_C, N, S_O}},
    {"parse", fn_parse, 1, 1, {S_C}},
    {"parseInteger", fn_parse_integer, 2, 2, {S_C, S}},
    {"partition", fn_partition, 2, 2, {A, N}},
    {"power", fn_power, 2, 2, {N_C, N}},
    {"random", fn_random, 0, 1, {N_O}},
    {"range", fn_range, 3, 3, {N, N, N_O}},
    {"reduce", fn_reduce, 3, 3, {A, F, J_O}},
    {"replace", fn_replace, 4, 4, {S_C, SF, SF, N_O}},
    {"reverse", fn_reverse, 1, 1, {A}},
    {"round", fn_round, 2, 2, {N_C, N_O}},
    {"shuffle", fn_shuffle, 1, 1, {A}},
    {"sift", fn_sift, 2, 2, {O_C, F_O}},
    {"single", fn_single, 2, 2, {A, F_O}},
    {"sort", fn_sort, 2, 2, {A, F_O}},
    {"split", fn_split, 3, 3, {S_C, SF, N_O}},
    {"spread", fn_spread, 1, 1, {X_C}},
    {"sqrt", fn_sqrt, 1, 1, {N_C}},
    {"string", fn_string, 1, 2, {X_C, B_O}},
    {"substring", fn_substring, 3, 3, {S_C, N, N_O}},
    {"substringAfter", fn_substring_after, 2, 2, {S_C, S}},
    {"substringBefore", fn_substring_before, 2, 2, {S_C, S}},
    {"sum", fn_sum, 1, 1, {A_OF('n')}},
    {"toMillis", fn_to_millis, 2, 2, {S_C, S_O}},
    {"trim", fn_trim, 1, 1, {S_C}},
    {"type", fn_type, 1, 1, {X_}},
    {"uppercase", fn_uppercase, 1, 1, {S_C}},
    {"uuid", fn_uuid, 0, 0, {{0}}},
    {"zip", fn_zip, 0, 1, {A_MORE}},
};

const struct builtin *builtin_find(const char *name, size_t len)
{
    size_t low = 0, high = ARRAY_LEN(builtins);
    while (low < high) {
        size_t middle = (low + high) / 2;
        const char *have = builtins[middle].name;
        size_t have_len = strlen(have);
        int order = memcmp(name, have, MIN(len, have_len));
        if (order == 0 && len == have_len)
            return &builtins[middle];
        if (order > 0 || (order == 0 && len > have_len))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool jsonata_is_function(const char *name, size_t len)
{
    return builtin_find(name, len) != NULL;
}
